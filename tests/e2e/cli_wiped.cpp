// Memory that has carried a secret is overwritten before it is freed. The program's operator delete looks for it in what
// this thread frees; the servers run on another one. OpenSSL's own buffers are not seen by it.

#include "e2e/offline_token.hpp"
#include "store_support.hpp"

#include <outkit/blocking.hpp>
#include <outkit/detail/encoding.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/oauth2/client.hpp>
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
// Not inlined: g++ would see memory of `new` go to free(), and warn.
[[gnu::noinline]] void operator delete(void* p) noexcept
{
    look_into(p);
    std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept
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
        return tests::token_of(here, audience, {permission});
    }
    stream line() { return stream(io.get_executor(), trust); }

    cli::offline here;
    tls_context trust;
    blocking_context io;
};

// How often what `act` frees holds the first octets of one of the two.
template <class F>
std::size_t left_behind_by(std::string_view one, std::string_view two, F act)
{
    // kept where they cannot be mistaken for what is looked for
    char first[piece], second[piece];
    one.copy(first, piece);
    two.copy(second, piece);
    left_behind = 0;
    wanted[1] = second;
    wanted[0] = first;
    act();
    wanted[0] = wanted[1] = nullptr;
    return left_behind;
}

// The token as it is or as XOAUTH2 encodes it, from the middle.
template <class F>
std::size_t left_behind_by(access_token const& token, std::string const& user, F act)
{
    std::string const encoded = detail::base64_encode("user=" + user + "\1auth=Bearer " + std::string(token.reveal()));
    return left_behind_by(token.reveal().substr(token.size() / 2),
                          std::string_view(encoded).substr(token.size() / 2 / 4 * 4), act);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_wiped)

BOOST_AUTO_TEST_CASE(a_token_that_is_freed_is_noticed)
{
    access_token const token(std::string(200, 'a') + std::string(200, 'b') + "canary");
    BOOST_TEST(left_behind_by(token, "ann", [&] { std::string const copy(token.reveal()); }) == 1u);
    BOOST_TEST(left_behind_by(token, "ann", [&] { access_token const copy = token.clone(); }) == 0u);
}

BOOST_AUTO_TEST_CASE(LG_10_what_carries_a_token_to_a_mail_server_is_wiped)
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

BOOST_AUTO_TEST_CASE(LG_10_what_carries_a_token_to_Graph_is_wiped)
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

BOOST_AUTO_TEST_CASE(LG_10_what_carries_secrets_to_Entra_and_tokens_back_is_wiped)
{
    house h;
    auto const settings = h.here.settings(account::base_scope::imap);
    std::string const tenant =
        h.here.world().run([&] { return h.here.world().directory.find_user(h.here.user())->tenant_id; });
    auto const cloud = oauth2::global_cloud().with_login(settings.endpoints.login);
    error_code ec;
    auto const from = oauth2::authority::make(cloud, tenant, ec);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto const client = [&] {
        oauth2::app a;
        a.client_id = settings.client_id;
        a.client_secret = settings.client_secret.clone();
        return oauth2::client(h.line(), std::move(a), from);
    };
    auto const scopes = oauth2::app_scopes_for(oauth2::base_scope::imap, cloud);
    // The first octets of a JWT are its header: the same for all that one key has signed.
    std::string const header(h.token("https://outlook.office.com", "IMAP.AccessAsUser.All").reveal().substr(0, piece));
    std::string const password(settings.client_secret.reveal());

    bool came = false;
    BOOST_TEST(left_behind_by(password, header, [&] {
                   came = !client().async_client_credentials(scopes, h.io.wait(ec)).access.empty();
               }) == 0u);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST(came);

    std::string const canary = "canary." + std::string(500, 'c');
    auto const delegated = oauth2::scopes_for(oauth2::base_scope::imap, cloud);
    BOOST_TEST(left_behind_by(canary, password, [&] {
                   client().async_refresh(secret(std::string(canary)), delegated, {}, h.io.wait(ec));
               }) == 0u);
    BOOST_TEST((ec == oauth2::error::invalid_grant), ec.message());

    BOOST_TEST(left_behind_by(canary, password, [&] {
                   oauth2::redemption r;
                   r.code = secret(std::string(canary));
                   r.verifier = secret(std::string(43, 'v'));
                   r.redirect_uri = settings.redirect_uri;
                   r.scopes = delegated;
                   client().async_redeem(std::move(r), h.io.wait(ec));
               }) == 0u);
    BOOST_TEST((ec == oauth2::error::invalid_grant), ec.message());
}

BOOST_AUTO_TEST_CASE(TS_32_what_carries_a_sign_in_to_a_file_and_back_is_wiped)
{
    std::string const refresh = "canary-refresh." + std::string(500, 'r'),
                      access = "canary-access." + std::string(500, 'a');
    std::string const more = "\"more\":\"" + refresh + '"';
    for (secret const& key : {secret(), secret(std::string(32, 'k'))})
    {
        tests::folder const f;
        error_code ec;
        bool right = false;
        BOOST_TEST(left_behind_by(refresh, access, [&] {
                       auto const store = oauth2::make_file_token_store(f.at("tokens"), {.key = key.clone()});
                       for (char const* const who : {"anna", "adele"})
                       {
                           oauth2::stored_account a = tests::account("none", tests::id(who));
                           a.refresh = secret(std::string(refresh));
                           a.tokens.front().access = access_token(std::string(access));
                           a.unknown = secret(std::string(more));
                           ec = tests::keep(*store, a);
                       }
                       std::string said;
                       auto const a = store->read(tests::id("anna"), ec, said);
                       right = a && a->refresh.size() == refresh.size() && store->accounts(ec, said).size() == 2;
                       store->erase(tests::id("anna"), ec, said);
                   }) == 0u);
        BOOST_TEST(!ec, ec.message());
        BOOST_TEST(right);
    }
}

BOOST_AUTO_TEST_SUITE_END()
