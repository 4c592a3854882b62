// The token file: what it refuses, what it keeps, and what is left of it when calls fail or the process dies.

#include <outkit/oauth2/detail/token_file.hpp>
#include <outkit/oauth2/token_store.hpp>

#include "store_support.hpp"

#include <outkit/detail/encoding.hpp>

#include <algorithm>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <openssl/sha.h>
#include <sys/wait.h>

using namespace outkit;
using namespace outkit::tests;
using oauth2::make_file_token_store;
namespace fs = std::filesystem;

namespace {

std::string error_of(oauth2::token_store& s, std::string* said = nullptr)
{
    error_code ec;
    std::string words;
    s.accounts(ec, words);
    if (said)
        *said = words;
    return ec ? ec.message() : "";
}

std::string message(oauth2::error e) { return make_error_code(e).message(); }

// A token file as another program would write it (the format is in token_file.hpp).
std::string file_text(std::string const& json, std::string const& version = "1.0")
{
    std::string const beginning = "outkit-tokens " + version + " plain";
    std::string const hashed = beginning + '\n' + json;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    ::SHA256(reinterpret_cast<unsigned char const*>(hashed.data()), hashed.size(), digest);
    return beginning + ' ' + std::to_string(json.size()) + ' ' +
           detail::hex_encode({reinterpret_cast<char const*>(digest), sizeof digest}) + '\n' + json;
}

// Runs f in a child and says how it ended: its exit status, or minus the signal.
template <class F>
int in_a_child(F f)
{
    pid_t const child = ::fork();
    BOOST_TEST_REQUIRE(child >= 0);
    if (child == 0)
        ::_exit(f());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

mode_t mode_of(std::string const& path)
{
    struct stat is = {};
    BOOST_TEST_REQUIRE(::lstat(path.c_str(), &is) == 0, path);
    return is.st_mode & 07777;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(token_store)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back_by_another)
{
    folder f;
    for (secret const& key : {secret(), secret(std::string(32, 'k'))})
    {
        std::string const path = f.at(key.empty() ? "plain" : "sealed");
        auto const one = make_file_token_store(path, {.key = key.clone()});
        BOOST_TEST(kept(*one) == "none");
        BOOST_TEST(!keep(*one, account("r1")));
        BOOST_TEST(!keep(*one, account("r2", id("other"))));
        oauth2::stored_account marked = account("r3");
        marked.refused = true;
        oauth2::stored_token graph;
        graph.scopes = scopes("https://graph.microsoft.com/Mail.Read");
        graph.access = access_token("opaque!*$");
        graph.refresh_in = std::chrono::seconds(1800);
        marked.put(std::move(graph));
        BOOST_TEST(!keep(*one, marked));
        auto const two = make_file_token_store(path, {.key = key.clone()});
        error_code ec;
        std::string said;
        auto const all = two->accounts(ec, said);
        BOOST_TEST_REQUIRE(all.size() == 2u);
        auto const a = two->read(id(), ec, said);
        BOOST_TEST_REQUIRE(!!a);
        BOOST_TEST((a->id == marked.id && a->refresh == marked.refresh && a->refused && a->name == marked.name));
        BOOST_TEST((a->tenant == "common" && a->signed_in == marked.signed_in && a->subject == "sub"));
        BOOST_TEST_REQUIRE(a->tokens.size() == 2u);
        // In another order and other case they are the same scopes.
        auto const* const mail = a->find(scopes("Offline_Access https://outlook.office.com/imap.accessasuser.all"));
        BOOST_TEST_REQUIRE(mail != nullptr);
        BOOST_TEST((mail->access.reveal() == "access-of-r3" && mail->lifetime.count() == 3599 && !mail->refresh_in));
        BOOST_TEST(a->find(scopes("https://graph.microsoft.com/Mail.Read"))->refresh_in->count() == 1800);
        BOOST_TEST(a->find(scopes("offline_access")) == nullptr);
        two->erase(id(), ec, said);
        BOOST_TEST(!ec);
        BOOST_TEST(kept(*one) == "none");
        BOOST_TEST(kept(*one, id("other")) == "r2");
        BOOST_TEST((text_of(path).find("r2") == std::string::npos) == !key.empty());
    }
}

BOOST_AUTO_TEST_CASE(in_memory_the_same_goes_without_a_file)
{
    auto const s = oauth2::make_memory_token_store();
    BOOST_TEST(!keep(*s, account("r1")));
    BOOST_TEST(!keep(*s, account("r2")));
    BOOST_TEST(kept(*s) == "r2");
    error_code ec;
    std::string said;
    auto lock = s->try_lock(id(), ec, said);
    BOOST_TEST_REQUIRE(lock != nullptr);
    BOOST_TEST(s->try_lock(id(), ec, said) == nullptr);
    BOOST_TEST(s->try_lock(id("other"), ec, said) != nullptr);
    lock.reset();
    BOOST_TEST(s->try_lock(id(), ec, said) != nullptr);
    s->erase(id(), ec, said);
    BOOST_TEST(kept(*s) == "none");
}

BOOST_AUTO_TEST_CASE(of_more_than_16_tokens_the_oldest_goes)
{
    oauth2::stored_account a;
    for (int i = 0; i != 18; ++i)
    {
        oauth2::stored_token t;
        t.scopes = scopes("s" + std::to_string(i));
        t.received = detail::wall_time(std::chrono::seconds(100 - i));
        a.put(std::move(t));
    }
    BOOST_TEST(a.tokens.size() == 16u);
    BOOST_TEST(a.find(scopes("s17")) != nullptr);
    BOOST_TEST(a.find(scopes("s16")) == nullptr);
}

BOOST_AUTO_TEST_CASE(TS_01_file_and_folder_are_private_whatever_the_umask)
{
    for (mode_t const mask : {0000, 0022, 0077})
    {
        folder f;
        mode_t const before = ::umask(mask);
        auto const s = make_file_token_store(f.at("new/deep/tokens"), {});
        BOOST_TEST(!keep(*s, account("r1")));
        ::umask(before);
        BOOST_TEST(mode_of(f.at("new/deep/tokens")) == 0600u);
        BOOST_TEST(mode_of(f.at("new/deep/tokens.lock")) == 0600u);
        BOOST_TEST(mode_of(f.at("new/deep")) == 0700u);
        BOOST_TEST(mode_of(f.at("new")) == 0700u);
    }
}

BOOST_AUTO_TEST_CASE(TS_02_a_file_or_folder_that_others_can_use_is_refused_with_the_remedy)
{
    for (int const mode : {0644, 0660, 0604, 0620})
    {
        folder f;
        auto const s = make_file_token_store(f.at("tokens"), {});
        BOOST_TEST(!keep(*s, account("r1")));
        ::chmod(f.at("tokens").c_str(), static_cast<mode_t>(mode));
        std::string said;
        BOOST_TEST(error_of(*s, &said) == message(oauth2::error::store_insecure));
        BOOST_TEST(said.find("chmod 600") != std::string::npos, said);
        BOOST_TEST(said.find(f.at("tokens")) != std::string::npos, said);
        BOOST_TEST((keep(*s, account("r2")) == oauth2::error::store_insecure));
    }
    folder f;
    fs::create_directory(f.at("open"));
    ::chmod(f.at("open").c_str(), 0777);
    auto const s = make_file_token_store(f.at("open/tokens"), {});
    std::string said;
    BOOST_TEST((keep(*s, account("r1"), &said) == oauth2::error::store_insecure));
    BOOST_TEST(said.find("chmod 700") != std::string::npos, said);
    BOOST_TEST(!fs::exists(f.at("open/tokens")));
    if (::geteuid() == 0)  // only root can give a file away
    {
        auto const given = make_file_token_store(f.at("given"), {});
        BOOST_TEST(!keep(*given, account("r1")));
        BOOST_TEST_REQUIRE(::chown(f.at("given").c_str(), 65534, 65534) == 0);
        BOOST_TEST(error_of(*given) == message(oauth2::error::store_insecure));
    }
}

BOOST_AUTO_TEST_CASE(TS_03_links_pipes_devices_and_folders_are_refused)
{
    folder f;
    auto const real = make_file_token_store(f.at("real"), {});
    BOOST_TEST(!keep(*real, account("r1")));
    std::string const before = text_of(f.at("real"));
    fs::create_symlink(f.at("real"), f.at("link"));
    fs::create_symlink(f.at("nowhere"), f.at("dangling"));
    BOOST_TEST_REQUIRE(::mkfifo(f.at("pipe").c_str(), 0600) == 0);
    fs::create_directory(f.at("folder"));
    for (char const* name : {"link", "dangling", "pipe", "folder"})
        BOOST_TEST_CONTEXT(name)
        {
            auto const s = make_file_token_store(f.at(name), {});
            BOOST_TEST(error_of(*s) == message(oauth2::error::store_insecure));
            BOOST_TEST((keep(*s, account("r2")) == oauth2::error::store_insecure));
        }
    BOOST_TEST(error_of(*make_file_token_store("/dev/null", {})) == message(oauth2::error::store_insecure));
    BOOST_TEST(text_of(f.at("real")) == before);
    BOOST_TEST(!fs::exists(f.at("nowhere")));
    fs::create_hard_link(f.at("real"), f.at("second"));
    BOOST_TEST(error_of(*real) == message(oauth2::error::store_insecure));
    // The same for the file of the locks.
    fs::create_symlink(f.at("target"), f.at("locked.lock"));
    auto const s = make_file_token_store(f.at("locked"), {});
    BOOST_TEST((keep(*s, account("r1")) == oauth2::error::store_insecure));
    BOOST_TEST(!fs::exists(f.at("target")));
}

BOOST_AUTO_TEST_CASE(TS_04_a_link_planted_at_the_temporary_name_is_passed_by)
{
    struct planting : detail::system_calls
    {
        int planted = 0;
        std::string target;
        int open(char const* path, int flags, unsigned mode) override
        {
            if ((flags & O_EXCL) != 0 && planted++ < 2)
                fs::create_symlink(target, path);
            return system_calls::open(path, flags, mode);
        }
    } calls;
    folder f;
    calls.target = f.at("victim");
    f.file("victim", "untouched");
    auto const disk = detail::make_files(calls);
    auto const s = make_file_token_store(f.at("tokens"), {}, *disk);
    BOOST_TEST(!keep(*s, account("r1")));
    BOOST_TEST(calls.planted == 3);
    BOOST_TEST(kept(*s) == "r1");
    BOOST_TEST(text_of(calls.target) == "untouched");
}

BOOST_AUTO_TEST_CASE(TS_05_killed_at_any_time_the_file_is_the_old_or_the_new_one)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    BOOST_TEST(!keep(*s, account("start")));
    for (int round = 0; round != 12; ++round)
    {
        int go[2];
        BOOST_TEST_REQUIRE(::pipe(go) == 0);
        pid_t const child = ::fork();
        BOOST_TEST_REQUIRE(child >= 0);
        if (child == 0)
        {
            auto const mine = make_file_token_store(f.at("tokens"), {});
            for (int n = 0; n != 5000; ++n)
            {
                keep(*mine, account("r" + std::to_string(n)));
                if (n == round && ::write(go[1], "x", 1) != 1)
                    ::_exit(1);
            }
            ::_exit(0);
        }
        char c = 0;
        BOOST_TEST_REQUIRE(::read(go[0], &c, 1) == 1);  // it is in the middle of saving
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ::close(go[0]);
        ::close(go[1]);
        BOOST_TEST(WIFSIGNALED(status));
        std::string const now = kept(*s);
        BOOST_TEST((now == "start" || now.front() == 'r'), now);
        BOOST_TEST(f.size() <= 3u);               // file, locks, and one temporary file at most
        BOOST_TEST(!keep(*s, account("start")));  // the lock is free
        BOOST_TEST(f.size() == 2u);               // and what was left is gone
    }
}

BOOST_AUTO_TEST_CASE(TS_06_killed_after_each_call_the_file_is_the_old_or_the_new_one)
{
    std::size_t k = 1;
    bool seen_old = false, seen_new = false;
    for (;; ++k)
    {
        folder f;
        auto const s = make_file_token_store(f.at("tokens"), {});
        BOOST_TEST(!keep(*s, account("old")));
        int const end = in_a_child([&] {
            troubled_calls calls;
            calls.at = k;
            calls.what = troubled_calls::trouble::kills_after;
            auto const disk = detail::make_files(calls);
            keep(*make_file_token_store(f.at("tokens"), {}, *disk), account("new"));
            return 0;
        });
        if (end == 0)
            break;
        BOOST_TEST_CONTEXT("call " << k)
        {
            BOOST_TEST(end == -SIGKILL);
            std::string const now = kept(*s);
            BOOST_TEST((now == "old" || now == "new"), now);
            (now == "old" ? seen_old : seen_new) = true;
            BOOST_TEST(f.size() <= 3u);
            BOOST_TEST(!keep(*s, account("after")));
            BOOST_TEST(kept(*s) == "after");
            BOOST_TEST(f.size() == 2u);
        }
    }
    BOOST_TEST((seen_old && seen_new));
    BOOST_TEST(k > 12u);
    BOOST_TEST_MESSAGE("counts: killed after each of " << k - 1 << " calls of a save");
}

BOOST_AUTO_TEST_CASE(TS_07_after_a_power_cut_the_file_is_the_old_or_the_new_one)
{
    // What a save does to the disk, in its order. What has not been synced may be lost in part: text may be missing, short
    // or zeros, names may still be the old ones.
    struct recording : detail::system_calls
    {
        std::vector<std::string> done;
        std::string text;
        bool syncs = true;
        int open(char const* path, int flags, unsigned mode) override
        {
            if ((flags & O_EXCL) != 0)
                done.push_back("create");
            return system_calls::open(path, flags, mode);
        }
        ssize_t write(int fd, void const* from, std::size_t n) override
        {
            text.append(static_cast<char const*>(from), n);
            done.push_back("write");
            return system_calls::write(fd, from, n);
        }
        int sync(int fd) override
        {
            struct stat is = {};
            ::fstat(fd, &is);
            if (syncs)
                done.push_back(S_ISDIR(is.st_mode) ? "sync folder" : "sync file");
            return 0;
        }
        int rename(char const* from, char const* to) override
        {
            done.push_back("rename");
            return system_calls::rename(from, to);
        }
    };
    for (bool const syncs : {true, false})
    {
        folder f;
        auto const s = make_file_token_store(f.at("tokens"), {});
        BOOST_TEST(!keep(*s, account("old")));
        std::string const before = text_of(f.at("tokens"));
        recording calls;
        calls.syncs = syncs;
        auto const disk = detail::make_files(calls);
        BOOST_TEST(!keep(*make_file_token_store(f.at("tokens"), {}, *disk), account("new")));
        std::size_t states = 0, bad = 0, lost = 0;
        for (std::size_t n = 0; n <= calls.done.size(); ++n)  // the power goes after n of them
        {
            auto const has = [&](char const* what) {
                return std::find(calls.done.begin(), calls.done.begin() + static_cast<std::ptrdiff_t>(n), what) !=
                       calls.done.begin() + static_cast<std::ptrdiff_t>(n);
            };
            std::vector<std::string> texts = {calls.text};
            if (!has("sync file"))
                texts = {"", calls.text.substr(0, calls.text.size() / 2), std::string(calls.text.size(), '\0'),
                         calls.text};
            std::vector<std::string> whole;
            if (!has("sync folder"))
                whole.push_back(before);
            if (has("rename"))
                whole.insert(whole.end(), texts.begin(), texts.end());
            for (std::string const& text : whole)
            {
                ++states;
                f.file("tokens", text);
                std::string const now = kept(*s);
                bad += now != "old" && now != "new";
                lost += n == calls.done.size() && now != "new";
            }
        }
        BOOST_TEST(states > 6u);
        if (syncs)
        {
            BOOST_TEST(bad == 0u);
            BOOST_TEST(lost == 0u);
            BOOST_TEST_MESSAGE("counts: " << states << " states after a power cut");
        }
        else  // so much for what the syncs are there for
            BOOST_TEST((bad != 0u && lost != 0u));
    }
}

BOOST_AUTO_TEST_CASE(TS_08_each_call_that_fails_is_an_error_and_the_old_file_stays)
{
    std::size_t tried = 0;
    for (int const error : {ENOSPC, EDQUOT, EIO, EROFS, EACCES, EMFILE, ENOLCK})
        for (std::size_t k = 1;; ++k)
        {
            folder f;
            auto const s = make_file_token_store(f.at("tokens"), {});
            BOOST_TEST(!keep(*s, account("old")));
            troubled_calls calls;
            calls.at = k;
            calls.error = error;
            auto const disk = detail::make_files(calls);
            error_code const ec = keep(*make_file_token_store(f.at("tokens"), {}, *disk), account("new"));
            if (calls.calls < k)
                break;
            ++tried;
            BOOST_TEST_CONTEXT("call " << k << ", " << calls.last << ", " << os_error(error).message())
            {
                BOOST_TEST(calls.open_now == 0u);
                std::string const now = kept(*s);
                // Where the call did not matter any more, or could not be told from a lock that somebody has, it is as
                // if it had not failed, or as if somebody was writing. A folder that was not made durable has the new one.
                if (!ec)
                    BOOST_TEST(now == "new");
                else if (calls.last == "fsync" || calls.last == "open")
                    BOOST_TEST((now == "old" || now == "new"), now);
                else
                    BOOST_TEST(now == "old");
                if (ec && error != EACCES)
                    BOOST_TEST((ec == oauth2::error::store_io || ec == oauth2::error::store_busy ||
                                ec == oauth2::error::store_full),
                               ec.message());
                BOOST_TEST(!keep(*s, account("after")));
                BOOST_TEST(f.size() == 2u);
            }
        }
    for (auto const what : {troubled_calls::trouble::interrupted, troubled_calls::trouble::falls_short})
        for (std::size_t k = 1;; ++k)
        {
            folder f;
            auto const s = make_file_token_store(f.at("tokens"), {});
            BOOST_TEST(!keep(*s, account("old")));
            troubled_calls calls;
            calls.at = k;
            calls.what = what;
            auto const disk = detail::make_files(calls);
            auto const troubled = make_file_token_store(f.at("tokens"), {}, *disk);
            BOOST_TEST(!keep(*troubled, account("new")));
            BOOST_TEST(kept(*troubled) == "new");
            BOOST_TEST(calls.open_now == 0u);
            ++tried;
            if (calls.calls < k)
                break;
        }
    BOOST_TEST_MESSAGE("counts: " << tried << " saves with a call that fails, falls short or is interrupted");
    folder f;
    troubled_calls every;
    every.at = 1;
    every.for_good = true;
    every.what = troubled_calls::trouble::falls_short;
    auto const disk = detail::make_files(every);
    auto const s = make_file_token_store(f.at("tokens"), {}, *disk);
    BOOST_TEST(!keep(*s, account("an octet at a time")));
    BOOST_TEST(kept(*s) == "an octet at a time");
}

BOOST_AUTO_TEST_CASE(TS_09_a_sync_that_failed_once_is_not_believed_the_second_time)
{
    struct : troubled_calls
    {
        std::string fails;
        int seen = 0;
        std::vector<std::string> log;
        int sync(int fd) override
        {
            log.push_back("fsync");
            if (++seen == 1)
            {
                errno = EIO;
                return -1;
            }
            return troubled_calls::sync(fd);
        }
        int rename(char const* from, char const* to) override
        {
            log.push_back("rename");
            return troubled_calls::rename(from, to);
        }
    } calls;
    folder f;
    auto const disk = detail::make_files(calls);
    auto const s = make_file_token_store(f.at("tokens"), {}, *disk);
    BOOST_TEST((keep(*s, account("r1")) == oauth2::error::store_io));
    BOOST_TEST(kept(*s) == "none");
    BOOST_TEST(f.size() == 1u);  // that of the locks
    // The next one writes a new file and syncs that.
    BOOST_TEST(!keep(*s, account("r1")));
    BOOST_TEST(calls.log == (std::vector<std::string>{"fsync", "fsync", "rename", "fsync"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(TS_10_a_close_or_rename_that_fails_leaves_the_old_file_and_nothing_else)
{
    for (std::string const call : {"close", "rename"})
    {
        folder f;
        auto const s = make_file_token_store(f.at("tokens"), {});
        BOOST_TEST(!keep(*s, account("old")));
        std::size_t found = 0;
        for (std::size_t k = 1; k != 60; ++k)
        {
            troubled_calls calls;
            calls.at = k;
            calls.error = EDQUOT;
            auto const disk = detail::make_files(calls);
            error_code const ec = keep(*make_file_token_store(f.at("tokens"), {}, *disk), account("new"));
            if (calls.last == call && ec)
            {
                ++found;
                BOOST_TEST((ec == oauth2::error::store_io), ec.message());
                BOOST_TEST(kept(*s) == "old");
                BOOST_TEST(f.size() == 2u);
            }
            BOOST_TEST(!keep(*s, account("old")));
        }
        BOOST_TEST(found == 1u);
    }
}

BOOST_AUTO_TEST_CASE(TS_11_a_damaged_file_is_reported_and_kept_and_a_sign_in_works_again)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    BOOST_TEST(!keep(*s, account("r1")));
    std::string const whole = text_of(f.at("tokens"));
    std::size_t const version_at = whole.find("1.0");
    std::string const damaged = message(oauth2::error::store_corrupt), newer = message(oauth2::error::store_version);
    for (std::size_t n = 0; n != whole.size(); ++n)
    {
        error_code ec;
        std::string said;
        oauth2::detail::read_token_file(std::string_view(whole).substr(0, n), secret(), ec, said);
        BOOST_TEST((ec == oauth2::error::store_corrupt), "cut at " << n << ": " << ec.message());
        for (int bit = 0; bit != 8; ++bit)
        {
            std::string flipped = whole;
            flipped[n] = static_cast<char>(flipped[n] ^ (1 << bit));
            oauth2::detail::read_token_file(flipped, secret(), ec, said);
            bool const expected =
                ec == oauth2::error::store_corrupt || (n == version_at && ec == oauth2::error::store_version);
            BOOST_TEST(expected, "bit " << bit << " of octet " << n << ": " << ec.message());
        }
    }
    f.file("tokens", whole.substr(0, whole.size() - 1));
    std::string said;
    BOOST_TEST(error_of(*s, &said) == damaged);
    BOOST_TEST(said.find("length") != std::string::npos, said);
    error_code ec;
    s->erase(id(), ec, said);  // only a sign-in makes room
    BOOST_TEST((ec == oauth2::error::store_corrupt));
    BOOST_TEST(!keep(*s, account("r2")));
    BOOST_TEST(kept(*s) == "r2");
    BOOST_TEST(text_of(f.at("tokens.corrupt-1")) == whole.substr(0, whole.size() - 1));
    BOOST_TEST(mode_of(f.at("tokens.corrupt-1")) == 0600u);
    f.file("tokens", "");
    BOOST_TEST(!keep(*s, account("r3")));
    BOOST_TEST(text_of(f.at("tokens.corrupt-2")) == "");
    BOOST_TEST(text_of(f.at("tokens.corrupt-1")).size() == whole.size() - 1);
}

BOOST_AUTO_TEST_CASE(TS_12_what_the_first_line_says_is_not_believed)
{
    struct row
    {
        std::string text;
        oauth2::error expected;
    };
    std::string const hash(64, '0');
    row const rows[] = {
        {"outkit-tokens 1.0 plain 4294967296 " + hash + "\n{}", oauth2::error::store_corrupt},
        {"outkit-tokens 1.0 plain 18446744073709551616 " + hash + "\n{}", oauth2::error::store_corrupt},
        {"outkit-tokens 1.0 plain 2 " + hash + "\n{}", oauth2::error::store_corrupt},
        {"outkit-tokens 1.0 plain -2 " + hash + "\n{}", oauth2::error::store_corrupt},
        {"outkit-tokens 255.0 plain 2 " + hash + "\n{}", oauth2::error::store_version},
        {"outkit-tokens 2.0 anything at all\n", oauth2::error::store_version},
        {"outkit-tokens 0.9 plain 2 " + hash + "\n{}", oauth2::error::store_corrupt},
        {"outkit-tokens 01.0 plain 2 " + hash + "\n{}", oauth2::error::store_corrupt},
        {"outkit-tokens one plain 2 " + hash + "\n{}", oauth2::error::store_corrupt},
        {"outkit-token 1.0 plain 2 " + hash + "\n{}", oauth2::error::store_corrupt},
        {std::string(200, 'x'), oauth2::error::store_corrupt},
        {file_text("{}"), oauth2::error::store_corrupt},
        {file_text("[]"), oauth2::error::store_corrupt},
        {file_text(R"({"accounts":[)"), oauth2::error::store_corrupt},
        {file_text(R"({"accounts":[{"kind":"user"}]})"), oauth2::error::store_corrupt},
        {file_text(R"({"accounts":[],"accounts":[]})"), oauth2::error::store_corrupt},
        {file_text(R"({"accounts":[{"kind":"user","client_id":"c","login":"l","tenant_id":"t","object_id":"o",)"
                   R"("tenant":"t","subject":"s","issuer":"i","username":"u","name":"n","refresh_token":"r",)"
                   R"("signed_in":17000000000,"tokens":[]}]})"),
         oauth2::error::store_corrupt},
        {file_text(R"({"accounts":)" + std::string(40, '[') + std::string(40, ']') + "}"),
         oauth2::error::store_corrupt},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.text.substr(0, 80))
        {
            error_code ec;
            std::string said;
            oauth2::detail::read_token_file(r.text, secret(), ec, said);
            BOOST_TEST((ec == r.expected), ec.message());
            BOOST_TEST(!said.empty());
        }
    error_code ec;
    std::string said;
    oauth2::detail::read_token_file(file_text(R"({"accounts":[]})"), secret(), ec, said);
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(TS_13_a_huge_file_is_refused_by_its_size)
{
    folder f;
    f.file("tokens", "");
    BOOST_TEST_REQUIRE(::truncate(f.at("tokens").c_str(), 1 << 30) == 0);
    troubled_calls calls;
    auto const disk = detail::make_files(calls);
    auto const s = make_file_token_store(f.at("tokens"), {}, *disk);
    BOOST_TEST(error_of(*s) == message(oauth2::error::store_full));
    BOOST_TEST(calls.calls == 3u);  // open, fstat, close
}

BOOST_AUTO_TEST_CASE(TS_14_what_a_newer_minor_version_wrote_is_kept_octet_by_octet)
{
    std::string const robot = R"({"kind":"robot" , "n":1.00e2,"list":[1,{"a":"]}"}]})";
    std::string const in_account = R"("fl\u0061vour":{"x" : [ "\"," ,null]})", in_token = R"("bound":1e5)";
    std::string const whole = R"("checked":true)";
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    BOOST_TEST(!keep(*s, account("r1")));
    std::string json = text_of(f.at("tokens"));
    json = json.substr(json.find('\n') + 1);
    json.insert(json.find("\"scopes\""), in_token + ", ");
    json.insert(json.find("\"kind\""), in_account + " , ");
    json.insert(json.find("\"accounts\""), whole + ",");
    json.insert(json.find('[') + 1, robot + ",");
    f.file("tokens", file_text(json, "1.7"));
    BOOST_TEST_REQUIRE(error_of(*s) == "");
    BOOST_TEST(!keep(*s, account("r2", id("other"))));
    std::string const after = text_of(f.at("tokens"));
    for (std::string const& part : {robot, in_account, in_token, whole})
        BOOST_TEST(after.find(part) != std::string::npos, part << "\n" << after);
    BOOST_TEST(after.starts_with("outkit-tokens 1.7 plain "));
    BOOST_TEST(kept(*s) == "r1");
    // The account itself is read, changed and written: what is not known of it stays, too.
    error_code ec;
    std::string said;
    auto a = s->read(id(), ec, said);
    a->refused = true;
    BOOST_TEST(!keep(*s, *a));
    BOOST_TEST(text_of(f.at("tokens")).find(in_account) != std::string::npos);
    BOOST_TEST(text_of(f.at("tokens")).find(in_token) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(TS_15_a_newer_major_version_is_not_touched)
{
    folder f;
    std::string const text = file_text(R"({"accounts":{}})", "2.0");
    f.file("tokens", text);
    auto const s = make_file_token_store(f.at("tokens"), {});
    BOOST_TEST(error_of(*s) == message(oauth2::error::store_version));
    BOOST_TEST((keep(*s, account("r1")) == oauth2::error::store_version));
    BOOST_TEST(text_of(f.at("tokens")) == text);
}

BOOST_AUTO_TEST_CASE(TS_19_a_lock_ends_with_its_holder)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    error_code ec;
    std::string said;
    int ready[2];
    BOOST_TEST_REQUIRE(::pipe(ready) == 0);
    pid_t const child = ::fork();
    if (child == 0)
    {
        auto const lock = make_file_token_store(f.at("tokens"), {})->try_lock(id(), ec, said);
        bool const told = ::write(ready[1], lock ? "y" : "n", 1) == 1;
        if (!told)
            ::_exit(1);
        for (;;)
            ::pause();
    }
    char c = 0;
    BOOST_TEST_REQUIRE(::read(ready[0], &c, 1) == 1);
    BOOST_TEST(c == 'y');
    BOOST_TEST(s->try_lock(id(), ec, said) == nullptr);
    BOOST_TEST(!ec);
    BOOST_TEST(s->try_lock(id("other"), ec, said) != nullptr);  // each account has its own
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    BOOST_TEST(s->try_lock(id(), ec, said) != nullptr);
    ::close(ready[0]);
    ::close(ready[1]);
}

BOOST_AUTO_TEST_CASE(TS_20_who_has_a_lock_of_a_file_that_was_removed_does_not_write)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    error_code ec;
    std::string said;
    auto const lock = s->try_lock(id(), ec, said);
    BOOST_TEST_REQUIRE(lock != nullptr);
    BOOST_TEST(lock->held());
    fs::remove(f.at("tokens.lock"));
    BOOST_TEST(!lock->held());
    auto const other = s->try_lock(id(), ec, said);
    BOOST_TEST_REQUIRE(other != nullptr);
    BOOST_TEST((other->held() && !lock->held()));
    // Removed between opening and locking, and again while a save is under way.
    struct : detail::system_calls
    {
        std::string path;
        int removals = 0, left = 0;
        short when = F_WRLCK;
        int lock(int fd, short type, off_t place) override
        {
            int const r = system_calls::lock(fd, type, place);
            if (type == F_WRLCK && left-- > 0)
                removals += fs::remove(path);
            return r;
        }
    } calls;
    calls.path = f.at("tokens.lock");
    auto const disk = detail::make_files(calls);
    auto const troubled = make_file_token_store(f.at("tokens"), {}, *disk);
    calls.left = 1;
    BOOST_TEST(!keep(*troubled, account("r1")));  // found out, and tried again
    calls.left = 1000;
    BOOST_TEST((keep(*troubled, account("r2")) == oauth2::error::store_busy));
    BOOST_TEST(kept(*s) == "r1");
    BOOST_TEST(calls.removals == 4);
}

BOOST_AUTO_TEST_CASE(TS_21_a_file_system_without_locks_is_said_to_be_one)
{
    for (int const error : {ENOLCK, EOPNOTSUPP})
    {
        struct : detail::system_calls
        {
            int error = 0;
            int lock(int, short, off_t) override
            {
                errno = error;
                return -1;
            }
        } calls;
        calls.error = error;
        folder f;
        auto const disk = detail::make_files(calls);
        std::string said;
        BOOST_TEST(
            (keep(*make_file_token_store(f.at("tokens"), {}, *disk), account("r1"), &said) == oauth2::error::store_io));
        BOOST_TEST(said.find("no locks") != std::string::npos, said);
        BOOST_TEST(!fs::exists(f.at("tokens")));
        auto const alone = make_file_token_store(f.at("tokens"), {.single_process = true}, *disk);
        BOOST_TEST(!keep(*alone, account("r1")));
        BOOST_TEST(kept(*alone) == "r1");
    }
}

BOOST_AUTO_TEST_CASE(TS_22_two_threads_use_one_store)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    // No assertions in a thread: Boost.Test has no lock for them.
    auto const write = [&s](oauth2::stored_account a) {
        std::string const who = a.id.object_id;
        for (int n = 0; n != 20;)
        {
            a.refresh = secret(who + std::to_string(n));
            n += keep(*s, a) != oauth2::error::store_busy;
        }
    };
    oauth2::stored_account one = account("", id("a")), two = account("", id("b"));
    std::thread other([&] { write(std::move(two)); });
    write(std::move(one));
    other.join();
    BOOST_TEST(kept(*s, id("a")) == "a19");
    BOOST_TEST(kept(*s, id("b")) == "b19");
    error_code ec;
    std::string said;
    auto const file = oauth2::detail::read_token_file(text_of(f.at("tokens")), secret(), ec, said);
    BOOST_TEST(file.generation == 40u);  // no write was lost
}

BOOST_AUTO_TEST_CASE(TS_23_a_child_has_no_part_in_its_parents_lock)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    error_code ec;
    std::string said;
    auto lock = s->try_lock(id(), ec, said);
    BOOST_TEST(in_a_child([&] {
                   bool const mine = lock->held();
                   bool const another = s->try_lock(id(), ec, said) != nullptr;
                   lock.reset();  // not the child's to give up
                   return mine || another ? 1 : 0;
               }) == 0);
    BOOST_TEST(in_a_child([&] { return s->try_lock(id(), ec, said) == nullptr ? 0 : 1; }) == 0);
    BOOST_TEST(lock->held());
    lock.reset();
    BOOST_TEST(in_a_child([&] { return s->try_lock(id(), ec, said) == nullptr ? 1 : 0; }) == 0);
}

BOOST_AUTO_TEST_CASE(TS_24_a_later_write_is_later_by_its_number_not_by_a_clock)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    std::uint64_t last = 0;
    for (int n = 0; n != 3; ++n)
    {
        BOOST_TEST(!keep(*s, account("r" + std::to_string(n))));
        fs::last_write_time(f.at("tokens"), fs::file_time_type::clock::now() - std::chrono::hours(24 * n));
        error_code ec;
        std::string said;
        auto const file = oauth2::detail::read_token_file(text_of(f.at("tokens")), secret(), ec, said);
        BOOST_TEST(file.generation == last + 1);
        last = file.generation;
        BOOST_TEST(kept(*make_file_token_store(f.at("tokens"), {})) == "r" + std::to_string(n));
    }
}

BOOST_AUTO_TEST_CASE(TS_26_after_a_sign_out_nothing_of_the_secret_is_on_the_disk)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    BOOST_TEST(!keep(*s, account("canary-refresh")));
    BOOST_TEST(text_of(f.at("tokens")).find("canary-refresh") != std::string::npos);
    error_code ec;
    std::string said;
    s->erase(id(), ec, said);
    BOOST_TEST(!ec);
    for (auto const& entry : fs::directory_iterator(f.path))
        BOOST_TEST(text_of(entry.path()).find("canary") == std::string::npos, entry.path());
}

BOOST_AUTO_TEST_CASE(TS_27_paths_that_cannot_be_are_named)
{
    folder f;
    for (std::string const& path : {std::string(), f.path.string() + "/", f.at(std::string(5000, 'x')), f.at("a\nb"),
                                    f.at("a\xff"), std::string("\x1b[31m")})
    {
        auto const s = make_file_token_store(path, {});
        std::string said;
        BOOST_TEST((keep(*s, account("r1"), &said) == oauth2::error::store_io));
        BOOST_TEST(said.find("path") != std::string::npos, said);
        BOOST_TEST(error_of(*s) == message(oauth2::error::store_io));
    }
    f.file("file", "x");
    BOOST_TEST(!!keep(*make_file_token_store(f.at("file/tokens"), {}), account("r1")));
    BOOST_TEST(text_of(f.at("file")) == "x");
    BOOST_TEST(kept(*make_file_token_store(f.at("no/such/folder/tokens"), {})) == "none");
    BOOST_TEST(!fs::exists(f.at("no")));  // reading makes nothing
}

BOOST_AUTO_TEST_CASE(TS_29_a_file_that_was_removed_is_made_anew)
{
    folder f;
    auto const s = make_file_token_store(f.at("in/tokens"), {});
    BOOST_TEST(!keep(*s, account("r1")));
    fs::remove_all(f.at("in"));
    BOOST_TEST(kept(*s) == "none");
    BOOST_TEST(!keep(*s, account("r2")));
    BOOST_TEST(mode_of(f.at("in/tokens")) == 0600u);
}

BOOST_AUTO_TEST_CASE(TS_30_a_file_put_in_its_place_is_what_counts)
{
    folder f;
    auto const s = make_file_token_store(f.at("tokens"), {});
    for (char const* r : {"r1", "r2", "r3"})
        BOOST_TEST(!keep(*s, account(r)));
    auto const other = make_file_token_store(f.at("other"), {});
    BOOST_TEST(!keep(*other, account("theirs", id("other"))));
    fs::rename(f.at("other"), f.at("tokens"));
    BOOST_TEST(!keep(*s, account("r4")));
    BOOST_TEST(kept(*s) == "r4");
    BOOST_TEST(kept(*s, id("other")) == "theirs");
}

BOOST_AUTO_TEST_CASE(TS_31_without_the_right_key_nothing_is_read_or_written)
{
    folder f;
    auto const key = [](char c, std::size_t n = 32) {
        return oauth2::file_protection{.key = secret(std::string(n, c))};
    };
    auto const sealed = make_file_token_store(f.at("tokens"), key('k'));
    BOOST_TEST(!keep(*sealed, account("canary")));
    std::string const before = text_of(f.at("tokens"));
    BOOST_TEST(before.find("canary") == std::string::npos);
    BOOST_TEST(before.find("anna@") == std::string::npos);
    for (auto* other : {new oauth2::file_protection(key('x')), new oauth2::file_protection(),
                        new oauth2::file_protection(key('k', 31))})
    {
        auto const s = make_file_token_store(f.at("tokens"), std::move(*other));
        delete other;
        BOOST_TEST(error_of(*s) == message(oauth2::error::store_key));
        BOOST_TEST((keep(*s, account("r2")) == oauth2::error::store_key));
    }
    BOOST_TEST(text_of(f.at("tokens")) == before);
    // One without encryption is not taken for one with it, and a short key makes no file.
    BOOST_TEST(!keep(*make_file_token_store(f.at("plain"), {}), account("r1")));
    BOOST_TEST(error_of(*make_file_token_store(f.at("plain"), key('k'))) == message(oauth2::error::store_key));
    BOOST_TEST((keep(*make_file_token_store(f.at("short"), key('k', 8)), account("r1")) == oauth2::error::store_key));
    BOOST_TEST(!fs::exists(f.at("short")));
    // The same text twice is not the same file twice.
    BOOST_TEST(!keep(*sealed, account("canary")));
    BOOST_TEST(text_of(f.at("tokens")).substr(120) != before.substr(120));
}

BOOST_AUTO_TEST_CASE(TS_31_a_keyring_that_does_not_give_the_key_ends_in_an_error_and_never_in_a_plain_file)
{
    folder f;
    int asked = 0;
    bool locked = true;
    secret in_keyring(std::string(32, 'k'));
    auto const keyring = [&](error_code& ec, std::string& said) {
        ++asked;
        if (locked)
        {
            ec = os_error(EACCES);
            said = "the keyring is locked, and the dialog was refused";
            return secret();
        }
        return in_keyring.clone();
    };
    auto const store = [&] { return make_file_token_store(f.at("tokens"), {.find_key = keyring}); };
    auto const s = store();
    error_code ec;
    std::string said;
    s->write(account("canary"), ec, said);
    BOOST_TEST((ec == oauth2::error::store_key));
    BOOST_TEST(said.find("the keyring is locked, and the dialog was refused") != std::string::npos, said);
    BOOST_TEST(error_of(*s) == message(oauth2::error::store_key));
    BOOST_TEST(!fs::exists(f.at("tokens")));

    // The user has unlocked it: the same store goes on, and asks no more.
    locked = false;
    BOOST_TEST(!keep(*s, account("canary")));
    int const before = asked;
    BOOST_TEST(error_of(*s).empty());
    locked = true;
    BOOST_TEST(!keep(*s, account("canary")));
    BOOST_TEST(asked == before);
    std::string const kept = text_of(f.at("tokens"));
    BOOST_TEST(kept.find("canary") == std::string::npos);

    // A file that is there stays as it is while there is no key, the wrong one, or half of one.
    for (char const* what : {"locked", "empty", "short", "wrong"})
    {
        locked = what == std::string("locked");
        in_keyring = secret(what == std::string("empty")   ? std::string()
                            : what == std::string("short") ? std::string(16, 'k')
                                                           : std::string(32, 'x'));
        auto const other = store();
        BOOST_TEST(error_of(*other) == message(oauth2::error::store_key), what);
        BOOST_TEST((keep(*other, account("r2")) == oauth2::error::store_key), what);
        BOOST_TEST(text_of(f.at("tokens")) == kept, what);
    }
}

BOOST_AUTO_TEST_CASE(TS_33_a_secret_is_overwritten_wherever_it_has_been)
{
    static_assert(!std::is_copy_constructible_v<secret> && !std::is_convertible_v<secret, std::string>);
    static_assert(!std::is_copy_constructible_v<oauth2::stored_account>);
    secret a(std::string(100, 'a'));
    char const* const was = a.reveal().data();
    secret b = std::move(a);
    BOOST_TEST((a.empty() && b.size() == 100u && b.reveal().data() == was));
    secret c(std::string(50, 'c'));
    char const* const of_c = c.reveal().data();
    c = secret(std::string(60, 'd'));
    BOOST_TEST((c.size() == 60u && c.reveal().data() != of_c));
    try
    {
        secret const thrown(std::string(80, 'e'));
        throw 1;
    }
    catch (int)
    {
    }
    a = b.clone();
    BOOST_TEST((a == b));
    BOOST_TEST((a.reveal().data() != b.reveal().data()));
}

BOOST_AUTO_TEST_CASE(TS_34_there_is_room_for_1000_accounts_and_4_MiB)
{
    folder f;
    oauth2::detail::token_file file;
    for (int n = 0; n != 1000; ++n)
        file.accounts.push_back(account("r" + std::to_string(n), id(std::to_string(n))));
    error_code ec;
    f.file("tokens", oauth2::detail::write_token_file(file, secret(), ec));
    auto const s = make_file_token_store(f.at("tokens"), {});
    BOOST_TEST(kept(*s, id("999")) == "r999");
    BOOST_TEST((keep(*s, account("one too many", id("1000"))) == oauth2::error::store_full));
    BOOST_TEST(!keep(*s, account("changed", id("7"))));
    BOOST_TEST(kept(*s, id("999")) == "r999");
    // 4 MiB: refused before anything is written.
    oauth2::stored_account large = account("x", id("8"));
    large.tokens.front().access = access_token(std::string(4 * 1024 * 1024, 'x'));
    BOOST_TEST((keep(*s, large) == oauth2::error::store_full));
    BOOST_TEST(kept(*s, id("8")) == "r8");
}

BOOST_AUTO_TEST_SUITE_END()
