#ifndef OUTKIT_TESTS_STORE_SUPPORT_HPP
#define OUTKIT_TESTS_STORE_SUPPORT_HPP

// A sign-in to be kept, and a system whose calls fail when they are told to.

#include <outkit/detail/files.hpp>
#include <outkit/detail/system_calls.hpp>
#include <outkit/oauth2/token_store.hpp>

#include "folder.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace outkit::tests {

inline std::string text_of(std::string const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline oauth2::scope_set scopes(std::string_view text)
{
    error_code ec;
    auto const s = oauth2::scope_set::parse(text, ec);
    BOOST_TEST_REQUIRE(!ec);
    return s;
}

inline oauth2::account_id id(std::string const& object = "7d1d2e3f-0000-4000-8000-000000000001")
{
    return {"00001111-aaaa-2222-bbbb-3333cccc4444", "https://login.microsoftonline.com",
            "00000000-0000-4000-8000-000000000001", object};
}

inline oauth2::stored_account account(std::string const& refresh, oauth2::account_id const& of = id())
{
    oauth2::stored_account a;
    a.id = of;
    a.tenant = "common";
    a.subject = "sub";
    a.issuer = "https://login.microsoftonline.com/" + of.tenant_id + "/v2.0";
    a.username = "anna@contoso.example";
    a.name = "Anna \"Ä\" \\";
    a.refresh = secret(refresh);
    a.signed_in = detail::wall_time(std::chrono::seconds(1'700'000'000));
    oauth2::stored_token t;
    t.scopes = scopes("https://outlook.office.com/IMAP.AccessAsUser.All offline_access");
    t.access = access_token("access-of-" + refresh);
    t.received = a.signed_in;
    t.lifetime = std::chrono::seconds(3599);
    a.put(std::move(t));
    return a;
}

// What a store says of an account: its refresh token, or the error.
inline std::string kept(oauth2::token_store& in, oauth2::account_id const& of = id())
{
    error_code ec;
    std::string said;
    auto const a = in.read(of, ec, said);
    return ec ? ec.message() : a ? std::string(a->refresh.reveal()) : "none";
}

inline error_code keep(oauth2::token_store& in, oauth2::stored_account const& a, std::string* said = nullptr)
{
    error_code ec;
    std::string words;
    in.write(a, ec, words);
    if (said)
        *said = words;
    return ec;
}

// Call number `at` (from 1) fails with `error`, is carried out by halves, or is the last one of the process.
class troubled_calls : public detail::system_calls
{
public:
    enum class trouble
    {
        fails,        // with `error`, and is not carried out
        interrupted,  // EINTR once: to be repeated
        falls_short,  // one octet is read or written
        kills_after   // carried out, then SIGKILL
    };

    std::size_t at = 0;
    trouble what = trouble::fails;
    int error = EIO;
    bool for_good = false;  // every later call of the same kind, too
    std::size_t calls = 0;
    std::size_t open_now = 0;
    std::string last;  // the call that had the trouble

    int open(char const* path, int flags, unsigned mode) override
    {
        int const fd = done("open", -1, [&] { return system_calls::open(path, flags, mode); });
        open_now += fd >= 0;
        return fd;
    }
    ssize_t read(int fd, void* to, std::size_t n) override
    {
        return done("read", ssize_t(-1), [&] { return system_calls::read(fd, to, shorter(n)); });
    }
    ssize_t write(int fd, void const* from, std::size_t n) override
    {
        return done("write", ssize_t(-1), [&] { return system_calls::write(fd, from, shorter(n)); });
    }
    int facts(int fd, struct stat& is) override
    {
        return done("fstat", -1, [&] { return system_calls::facts(fd, is); });
    }
    int facts(char const* path, struct stat& is) override
    {
        return done("lstat", -1, [&] { return system_calls::facts(path, is); });
    }
    int make_private(int fd) override
    {
        return done("fchmod", -1, [&] { return system_calls::make_private(fd); });
    }
    int sync(int fd) override
    {
        return done("fsync", -1, [&] { return system_calls::sync(fd); });
    }
    int close(int fd) override
    {
        --open_now;
        int const r = system_calls::close(fd);  // whatever it says, the descriptor is gone
        return done("close", -1, [&] { return r; });
    }
    int rename(char const* from, char const* to) override
    {
        return done("rename", -1, [&] { return system_calls::rename(from, to); });
    }
    int unlink(char const* path) override
    {
        return done("unlink", -1, [&] { return system_calls::unlink(path); });
    }
    int make_folder(char const* path) override
    {
        return done("mkdir", -1, [&] { return system_calls::make_folder(path); });
    }
    int lock(int fd, short type, off_t place) override
    {
        return done(type == F_UNLCK ? "unlock" : "lock", -1, [&] { return system_calls::lock(fd, type, place); });
    }

private:
    std::size_t shorter(std::size_t n) const
    {
        bool const now = what == trouble::falls_short && (calls == at || for_good);
        return now && n != 0 ? 1 : n;
    }

    template <class R, class F>
    R done(char const* name, R failed, F call)
    {
        ++calls;
        bool const now = calls == at || (for_good && at != 0 && calls > at && last == name);
        if (now)
            last = name;
        bool const waits = std::string_view("open read write fsync").find(name) != std::string_view::npos;
        if (now && (what == trouble::fails || (what == trouble::interrupted && waits)))
        {
            errno = what == trouble::fails ? error : EINTR;
            return failed;
        }
        R const r = call();
        if (now && what == trouble::kills_after)
            std::raise(SIGKILL);
        return r;
    }
};

}  // namespace outkit::tests

#endif
