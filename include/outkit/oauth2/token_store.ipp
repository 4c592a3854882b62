#ifndef OUTKIT_OAUTH2_TOKEN_STORE_IPP
#define OUTKIT_OAUTH2_TOKEN_STORE_IPP

#include <outkit/detail/utf8.hpp>
#include <outkit/detail/wiping.hpp>
#include <outkit/oauth2/detail/token_file.hpp>
#include <outkit/oauth2/token_store.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace outkit::inline OUTKIT_ABI::oauth2 {

namespace detail {

OUTKIT_DECL class memory_token_store final : public token_store
{
public:
    std::unique_ptr<lock> try_lock(account_id const& of, error_code& ec, std::string&) override
    {
        ec = {};
        std::lock_guard const guard(held_->mutex);
        if (!held_->accounts.insert(of).second)
            return nullptr;
        return std::make_unique<holding>(held_, of);
    }

    std::vector<stored_account> accounts(error_code& ec, std::string&) override
    {
        ec = {};
        std::lock_guard const guard(mutex_);
        std::vector<stored_account> all;
        for (auto const& [unused, a] : accounts_)
            all.push_back(a.clone());
        return all;
    }

    std::optional<stored_account> read(account_id const& of, error_code& ec, std::string&) override
    {
        ec = {};
        std::lock_guard const guard(mutex_);
        auto const at = accounts_.find(of);
        if (at == accounts_.end())
            return std::nullopt;
        return at->second.clone();
    }

    void write(stored_account const& a, error_code& ec, std::string&) override
    {
        ec = {};
        std::lock_guard const guard(mutex_);
        accounts_.insert_or_assign(a.id, a.clone());
    }

    void erase(account_id const& of, error_code& ec, std::string&) override
    {
        ec = {};
        std::lock_guard const guard(mutex_);
        accounts_.erase(of);
    }

private:
    struct locked
    {
        std::mutex mutex;
        std::set<account_id> accounts;
    };
    class holding final : public lock
    {
    public:
        holding(std::shared_ptr<locked> in, account_id of) : in_(std::move(in)), of_(std::move(of)) {}
        ~holding() override
        {
            std::lock_guard const guard(in_->mutex);
            in_->accounts.erase(of_);
        }
        bool held() const override { return true; }

    private:
        std::shared_ptr<locked> in_;
        account_id of_;
    };

    std::mutex mutex_;
    std::map<account_id, stored_account> accounts_;
    std::shared_ptr<locked> held_ = std::make_shared<locked>();
};

OUTKIT_DECL class file_token_store final : public token_store
{
public:
    file_token_store(std::string path, file_protection protection, outkit::detail::files& disk)
        : path_(std::move(path)), protection_(std::move(protection)), disk_(disk)
    {
    }

    std::unique_ptr<lock> try_lock(account_id const& of, error_code& ec, std::string& said) override
    {
        // A number of its own for each account, as far as 31 bits go: two that share one wait for each other.
        std::uint32_t hash = 2'166'136'261u;  // FNV-1a
        for (std::string const* part : {&of.client_id, &of.login, &of.tenant_id, &of.object_id})
            for (char const c : *part + '\n')
                hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619u;
        return lock_number(hash % 0x7fff'fffeu + 1, ec, said);
    }

    std::vector<stored_account> accounts(error_code& ec, std::string& said) override
    {
        std::vector<stored_account> all = load(ec, said).accounts;
        std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.id < b.id; });
        return all;
    }

    std::optional<stored_account> read(account_id const& of, error_code& ec, std::string& said) override
    {
        for (stored_account& a : load(ec, said).accounts)
            if (a.id == of)
                return std::move(a);
        return std::nullopt;
    }

    void write(stored_account const& a, error_code& ec, std::string& said) override { change(a.id, &a, ec, said); }
    void erase(account_id const& of, error_code& ec, std::string& said) override { change(of, nullptr, ec, said); }

private:
    static constexpr std::size_t most_octets = 4 * 1024 * 1024;
    static constexpr std::size_t most_accounts = 1'000;
    static constexpr std::uint32_t whole_file = 0;  // the number of the lock for writing

    class holding final : public lock
    {
    public:
        explicit holding(std::unique_ptr<outkit::detail::file_lock> l) : lock_(std::move(l)) {}
        bool held() const override { return !lock_ || lock_->held(); }

    private:
        std::unique_ptr<outkit::detail::file_lock> lock_;  // null: nothing is locked by wish
    };

    void blame(error e, std::string const& file, std::string_view why, error_code& ec, std::string& said) const
    {
        ec = e;
        said = file + ": " + std::string(why);
    }

    bool usable_path(error_code& ec, std::string& said) const
    {
        static constexpr std::size_t longest_path = 4000;
        bool const usable = !path_.empty() && path_.size() <= longest_path && path_.back() != '/' &&
                            outkit::detail::valid_utf8(path_) && std::none_of(path_.begin(), path_.end(), [](char c) {
                                return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                            });
        if (!usable)
        {
            ec = error::store_io;
            said =
                "the path of the token file is empty, too long, a folder, or has characters that no path should have";
        }
        return usable;
    }

    std::unique_ptr<lock> lock_number(std::uint32_t number, error_code& ec, std::string& said)
    {
        ec = {};
        if (protection_.single_process)
            return std::make_unique<holding>(nullptr);
        if (!make_folder(ec, said))
            return nullptr;
        std::string const name = path_ + ".lock";
        std::unique_ptr<outkit::detail::file_lock> l = disk_.try_lock(name, number, ec);
        if (ec == os_error(ENOLCK) || ec == os_error(EOPNOTSUPP))
            blame(error::store_io, name,
                  "this file system has no locks; put the token file elsewhere, or say that a single process uses it",
                  ec, said);
        else if (ec == os_error(EACCES) || ec == os_error(ELOOP))
            blame(error::store_insecure, name, "it is a link, or belongs to somebody else", ec, said);
        else if (ec)
            blame(error::store_io, name, ec.message(), ec, said);
        return l ? std::make_unique<holding>(std::move(l)) : nullptr;
    }

    bool make_folder(error_code& ec, std::string& said)
    {
        if (!usable_path(ec, said))
            return false;
        disk_.make_folder_of(path_, ec);
        if (!ec)
            return true;
        std::string const folder = path_.find('/') == std::string::npos ? "." : path_.substr(0, path_.rfind('/'));
        if (ec == os_error(EACCES))
            blame(error::store_insecure, folder,
                  "this folder belongs to somebody else, or others can write to it, or it cannot be made; chmod 700 it",
                  ec, said);
        else
            blame(error::store_io, folder, ec.message(), ec, said);
        return false;
    }

    // The key, empty when the file has none.
    secret key(error_code& ec, std::string& said)
    {
        ec = {};
        if (!protection_.find_key)
            return protection_.key.clone();
        std::lock_guard const guard(key_mutex_);
        if (protection_.key.empty())
        {
            std::string why;
            secret found = protection_.find_key(ec, why);
            if (!ec && found.size() != token_key_octets)
            {
                ec = error::store_key;
                why = found.empty() ? "there is none" : "it must have 32 octets";
            }
            if (ec)
            {
                if (why.empty())
                    why = ec.message();
                blame(error::store_key, path_, "its key cannot be had: " + why, ec, said);
                return secret();
            }
            protection_.key = std::move(found);
        }
        return protection_.key.clone();
    }

    token_file load(error_code& ec, std::string& said)
    {
        ec = {};
        if (!usable_path(ec, said))
            return {};
        secret const its_key = key(ec, said);
        if (ec)
            return {};
        outkit::detail::file_facts facts;
        std::string text = disk_.read_private(path_, most_octets, facts, ec);
        outkit::detail::wipe_at_end const wiped(text);
        if (ec == os_error(ENOENT) || ec == os_error(ENOTDIR))
        {
            ec = {};
            return {};
        }
        if (ec == os_error(ELOOP))
            blame(error::store_insecure, path_, "it is a link; give the path of the file itself", ec, said);
        else if (ec == os_error(EFBIG))
            blame(error::store_full, path_, "it is larger than 4 MiB", ec, said);
        else if (ec == os_error(EISDIR))
            blame(error::store_insecure, path_, "it is a folder", ec, said);
        else if (ec == os_error(EACCES) && facts.regular && facts.ours && facts.sole_link && !facts.is_private)
            blame(error::store_insecure, path_,
                  "others can read or write it; sign out everywhere if somebody may have, and chmod 600 it", ec, said);
        else if (ec == os_error(EACCES))
            blame(error::store_insecure, path_,
                  "it is not a file of this user alone: of somebody else, with a second name, or not a file at all", ec,
                  said);
        else if (ec)
            blame(error::store_io, path_, ec.message(), ec, said);
        if (ec)
            return {};
        token_file f = read_token_file(text, its_key, ec, said);
        if (ec)
            said = path_ + ": " + said;
        return f;
    }

    // Puts the account into the file, or takes it out. What is damaged makes room for a sign-in, but is kept.
    void change(account_id const& of, stored_account const* to, error_code& ec, std::string& said)
    {
        std::unique_ptr<lock> const writing = lock_number(whole_file, ec, said);
        if (ec)
            return;
        if (!writing)
            return blame(error::store_busy, path_, "another process is writing it", ec, said);
        token_file f = load(ec, said);
        bool const damaged = ec == error::store_corrupt;
        if (ec && !(damaged && to))
            return;
        auto const at = std::find_if(f.accounts.begin(), f.accounts.end(), [&](auto const& a) { return a.id == of; });
        if (!to && at == f.accounts.end())
            return;
        if (to && at == f.accounts.end())
        {
            if (f.accounts.size() + f.other_accounts.size() >= most_accounts)
                return blame(error::store_full, path_, "1,000 accounts", ec, said);
            f.accounts.push_back(to->clone());
        }
        else if (to)
            *at = to->clone();
        else
            f.accounts.erase(at);
        ++f.generation;
        error_code unread;
        secret const its_key = key(unread, said);  // load() has had it
        std::string text = write_token_file(f, its_key, ec);
        outkit::detail::wipe_at_end const wiped(text);
        if (ec)
            return blame(error::store_key, path_, "the key must have 32 octets", ec, said);
        if (text.size() > most_octets)
            return blame(error::store_full, path_, "it would be larger than 4 MiB", ec, said);
        if (!writing->held())  // somebody has removed the lock's file: who knows who else writes
            return blame(error::store_busy, path_ + ".lock", "it was removed or replaced", ec, said);
        if (damaged)
        {
            disk_.set_aside(path_, ec);
            if (ec)
                return blame(error::store_io, path_, ec.message(), ec, said);
        }
        disk_.remove_leftovers(path_);
        disk_.replace(path_, text, ec);
        if (ec)
            blame(error::store_io, path_, ec.message(), ec, said);
    }

    std::string path_;
    file_protection protection_;
    std::mutex key_mutex_;  // for protection_.key, when it is asked for
    outkit::detail::files& disk_;
};

}  // namespace detail

OUTKIT_DEF std::shared_ptr<token_store> make_memory_token_store()
{
    return std::shared_ptr<token_store>(new detail::memory_token_store());
}

OUTKIT_DEF std::shared_ptr<token_store> make_file_token_store(std::string path, file_protection protection,
                                                              outkit::detail::files& disk)
{
    return std::shared_ptr<token_store>(new detail::file_token_store(std::move(path), std::move(protection), disk));
}

OUTKIT_DEF std::shared_ptr<token_store> make_file_token_store(std::string path, file_protection protection)
{
    return make_file_token_store(std::move(path), std::move(protection), outkit::detail::real_files());
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
