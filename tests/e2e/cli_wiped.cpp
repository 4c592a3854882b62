// Memory that has carried an access token to a server is overwritten before it is freed. The program's operator delete looks
// for the token in what this thread frees; the servers run on another one.

#include "../../tools/offline.hpp"

#include <outkit/blocking.hpp>
#include <outkit/detail/encoding.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/smtp/client.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>
#include <optional>
#include <string>
#include <string_view>

using namespace outkit;

namespace {

constexpr std::size_t piece = 24;  // of a token: enough to know it by

thread_local char const* wanted[2] = {};  // looked for while set; null: not
thread_local std::size_t left_behind = 0;

void look_into(void* p)
{
    if (!p || !wanted[0])
        return;
    std::size_t const size = ::malloc_usable_size(p);
    for (char const* const w : wanted)
        if (w && ::memmem(p, size, w, piece))
            ++left_behind;
}

}  // namespace

// Blank, so that nobody is blamed for what was there before.
void* operator new(std::size_t n, std::nothrow_t const&) noexcept { return std::calloc(1, n ? n : 1); }
void* operator new(std::size_t n)
{
    if (void* const p = operator new(n, std::nothrow))
        return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept
{
    look_into(p);
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept
{
    look_into(p);
    std::free(p);
}

namespace {

struct house
{
    house() : here({.scenario = "everything-works"})
    {
        error_code ec;
        trust = tls_context::client(ec, {.system = false, .authorities_file = here.ca_file()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    access_token token(char const* audience, char const* permission)
    {
        return here.world().run([&] {
            mock::user const& u = *here.world().directory.find_user(here.user());
            mock::access_claims c;
            c.audience = audience;
            c.tenant = u.tenant_id;
            c.client_id = "00000000-0000-4000-8000-00000000a001";
            c.person = {u.tenant_id, u.id, u.principal_name, u.display_name, "", "", ""};
            c.permissions = {permission};
            return access_token(mock::issue_access_token(here.world().keys, here.world(), c));
        });
    }
    stream line() { return stream(io.get_executor(), trust); }

    cli::offline here;
    tls_context trust;
    blocking_context io;
};

// How often what `act` frees holds the token, as it is or as XOAUTH2 encodes it.
template <class F>
std::size_t left_behind_by(access_token const& token, std::string const& user, F act)
{
    // both from the middle, kept where they cannot be mistaken for what is looked for
    char plain[piece], encoded[piece];
    token.reveal().substr(token.size() / 2).copy(plain, piece);
    detail::base64_encode("user=" + user + "\1auth=Bearer " + std::string(token.reveal()))
        .substr(token.size() / 2 / 4 * 4)
        .copy(encoded, piece);
    left_behind = 0;
    wanted[1] = encoded;
    wanted[0] = plain;
    act();
    wanted[0] = wanted[1] = nullptr;
    return left_behind;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_wiped)

BOOST_AUTO_TEST_CASE(a_token_that_is_freed_is_noticed)
{
    access_token const token(std::string(200, 'a') + std::string(200, 'b') + "canary");
    BOOST_TEST(left_behind_by(token, "ann", [&] { std::string const copy(token.reveal()); }) == 1u);
    BOOST_TEST(left_behind_by(token, "ann", [&] { access_token const copy = token.clone(); }) == 0u);
}

BOOST_AUTO_TEST_CASE(what_carries_a_token_to_a_mail_server_is_wiped)
{
    house h;
    std::string const user = h.here.user();
    access_token const token = h.token("https://outlook.office.com", "IMAP.AccessAsUser.All");
    error_code ec;
    std::optional<imap::client> mail(h.line());
    mail->async_connect("localhost", h.here.servers().ports().imap, imap::security::implicit_tls, h.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST(left_behind_by(token, user, [&] {
                   mail->async_authenticate(user, token.clone(), h.io.wait(ec));
                   mail.reset();
               }) == 0u);
    BOOST_TEST(!ec, ec.message());

    access_token const other = h.token("https://outlook.office.com", "SMTP.Send");
    std::optional<smtp::client> submission(h.line());
    submission->async_connect({.host = "localhost", .port = h.here.servers().ports().smtp}, h.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST(left_behind_by(other, user, [&] {
                   submission->async_authenticate(user, other.clone(), h.io.wait(ec));
                   submission.reset();
               }) == 0u);
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(what_carries_a_token_to_Graph_is_wiped)
{
    house h;
    access_token const token = h.token("https://graph.microsoft.com", "User.Read");
    graph::options o;
    o.host = "localhost";
    o.port = h.here.servers().ports().graph;
    error_code ec;
    BOOST_TEST(left_behind_by(token, h.here.user(), [&] {
                   graph::client api(h.line(), token.clone(), o);
                   api.async_me(h.io.wait(ec));
               }) == 0u);
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_SUITE_END()
