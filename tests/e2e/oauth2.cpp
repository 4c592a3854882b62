// The OAuth 2.0 client, the redirect listener and a browser against the mock Entra: real sockets, TLS and HTML forms.

#include <outkit/blocking.hpp>
#include <outkit/mock/entra.hpp>
#include <outkit/mock/form_browser.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/oauth2/client.hpp>
#include <outkit/oauth2/redirect_listener.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using outkit::condition;
using outkit::error_code;
using outkit::secret;
using outkit::detail::flow;
using outkit::detail::wire;
namespace asio = outkit::asio;
namespace http = outkit::http;
namespace mock = outkit::mock;
namespace oauth2 = outkit::oauth2;

namespace {

// A tenant with Adele and an application, Entra in front of it, and an application's own machine.
struct office
{
    office()
    {
        mock::tenant t;
        t.display_name = "Contoso";
        t.domains = {"contoso.example"};
        tenant = world.directory.add_tenant(world, t).id;
        add_user("adele@contoso.example", tenant);
        add_user("robin@outlook.test", std::string(mock::consumers_tenant));

        mock::application_request r;
        r.display_name = "Mail program";
        r.audience = mock::sign_in_audience::orgs_and_personal;
        r.redirect_uris = {{"http://localhost/oauth", mock::platform::web}};
        for (char const* const name : {"IMAP.AccessAsUser.All", "SMTP.Send", "Mail.ReadWrite", "Mail.Send"})
            BOOST_TEST_REQUIRE(r.add_permission(name));
        BOOST_TEST_REQUIRE(r.add_permission("IMAP.AccessAsApp", mock::permission_type::application));
        auto const made = world.directory.register_application(world, tenant, std::move(r));
        BOOST_TEST_REQUIRE(!!made);
        application = made.app;
        mock::directory_error refused;
        auto const* const s = world.directory.add_secret(world, *application, "first", 24h * 90, refused);
        BOOST_TEST_REQUIRE(s);
        secret_value = s->value;
        secret_id = s->id;
        client_id = application->app_id;

        entra = std::make_unique<mock::entra>(world);
        world.start_thread();
        error_code ec;
        world.run([&] {
            auto serve = [this](wire& w, mock::visitor&) -> flow<> {
                mock::http_handler answer = [this](http::request const& q) { return entra->answer(q); };
                co_await mock::serve_http(w, std::move(answer));
            };
            door = std::make_unique<mock::listener>(world, "entra", serve, world.certificates.server_context(),
                                                    mock::listener::mode::implicit_tls, 0, ec);
        });
        BOOST_TEST_REQUIRE(!ec, ec.message());
        cloud = oauth2::global_cloud().with_login("https://localhost:" + std::to_string(door->port()));
        trust = outkit::tls_context::client(ec, {.system = false, .authorities_pem = world.certificates.ca_pem()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    ~office()
    {
        world.run([&] {
            door.reset();
            entra.reset();
        });
    }

    void add_user(std::string name, std::string in)
    {
        mock::user u;
        u.tenant_id = std::move(in);
        u.principal_name = std::move(name);
        u.display_name = "Somebody";
        u.password = "mock password";
        world.directory.add_user(world, u);
    }

    oauth2::authority authority(std::string_view name)
    {
        error_code ec;
        auto a = oauth2::authority::make(cloud, name, ec);
        BOOST_TEST_REQUIRE(!ec);
        return a;
    }
    oauth2::app app() { return {.client_id = client_id, .client_secret = secret(secret_value)}; }
    oauth2::client client(std::string_view name) { return client(name, app()); }
    oauth2::client client(std::string_view name, oauth2::app a)
    {
        return oauth2::client(outkit::stream(io.get_executor(), trust), std::move(a), authority(name));
    }

    struct signed_in
    {
        oauth2::pending_authorization pending;
        oauth2::authorization_response answer;
        mock::browser_page page;
        error_code ec, browser_ec;
        bool answered = false;
    };

    // Listener and browser at once, as in life.
    signed_in sign_in(std::string_view tenant_name,
                      mock::person_at_browser who = {"adele@contoso.example", "mock password"},
                      oauth2::base_scope base = oauth2::base_scope::imap, oauth2::authorization_options o = {},
                      std::string const& uri = "http://localhost/oauth")
    {
        signed_in s;
        asio::io_context context;
        oauth2::redirect_listener listener(context.get_executor(), uri, s.ec, {.wait = 20s});
        BOOST_TEST_REQUIRE(!s.ec, s.ec.message());
        oauth2::app a = app();
        a.redirect_uri = listener.redirect_uri();
        o.scopes = oauth2::scopes_for(base, cloud);
        s.pending = begin_authorization(outkit::detail::real_environment(), authority(tenant_name), a, o, s.ec);
        BOOST_TEST_REQUIRE(!s.ec, s.ec.message());
        listener.async_wait(s.pending, [&](error_code ec, oauth2::authorization_response r) {
            s.ec = ec;
            s.answer = std::move(r);
            s.answered = !ec;
        });
        outkit::stream network(context.get_executor(), trust);
        auto const said = std::make_shared<std::string>();
        error_code ec;
        http::url const start = http::parse_url(s.pending.url(), ec);
        async_run(network, browser.sign_in(start, who), said, [&](error_code e, mock::browser_page p) {
            s.browser_ec = e;
            s.page = std::move(p);
            if (!s.answered && s.page.at.server.tls)  // ended on a page of the authority
                listener.cancel();
        });
        context.run();
        BOOST_TEST(!s.browser_ec, s.browser_ec.message() << ": " << *said);
        return s;
    }

    bool journal_has(std::string_view what)
    {
        return world.run([&] { return !world.journal.find({.server = "entra", .what = what}).empty(); });
    }

    mock::world world;
    std::string tenant, client_id, secret_value, secret_id;
    mock::application* application = nullptr;
    std::unique_ptr<mock::entra> entra;
    std::unique_ptr<mock::listener> door;
    oauth2::cloud cloud;
    outkit::tls_context trust;
    outkit::blocking_context io;
    mock::form_browser browser;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(oauth2_e2e)

BOOST_AUTO_TEST_CASE(a_user_signs_in_consents_and_the_token_is_renewed)
{
    office o;
    for (char const* const name : {"common", "organizations", "contoso.example"})
    {
        auto const s = o.sign_in(name);
        BOOST_TEST_REQUIRE((!s.ec && !s.answer.ec), s.ec.message() << s.answer.refusal.text() << s.page.html);
        BOOST_TEST(s.page.html.find("handed over") != std::string::npos);

        error_code ec;
        oauth2::client c = o.client(name);
        auto const metadata = c.async_discover(o.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
        BOOST_TEST((metadata.token_endpoint.server == c.from().login()));

        auto first = c.async_redeem(oauth2::redemption::of(s.pending, s.answer), o.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
        BOOST_TEST(!first.access.empty());
        BOOST_TEST(!first.refresh.empty());
        BOOST_TEST((first.lifetime > 50min && first.lifetime < 95min));
        BOOST_TEST_REQUIRE(first.identity.has_value());
        BOOST_TEST(first.identity->preferred_username == "adele@contoso.example");
        BOOST_TEST(first.identity->tenant_id == o.tenant);
        BOOST_TEST(oauth2::is_guid(first.identity->object_id));
        BOOST_TEST(!first.scopes.contains("offline_access"));

        auto const second = c.async_refresh(first.refresh.clone(), {}, *first.identity, o.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
        BOOST_TEST((second.refresh.reveal() != first.refresh.reveal()));
        BOOST_TEST((second.access.reveal() != first.access.reveal()));

        // Entra leaves the old refresh token valid, and gives tokens for other resources that were consented to.
        auto const again = c.async_refresh(first.refresh.clone(), oauth2::scopes_for(oauth2::base_scope::imap, o.cloud),
                                           *first.identity, o.io.wait(ec));
        BOOST_TEST(!ec, ec.message() << c.diagnostics());
    }
    BOOST_TEST(o.journal_has("POST /common/oauth2/v2.0/token"));
    BOOST_TEST(o.journal_has("GET /common/oauth2/v2.0/authorize"));
    BOOST_TEST(o.journal_has("/discovery/v2.0/keys"));
}

BOOST_AUTO_TEST_CASE(the_answer_may_come_as_a_posted_form)
{
    office o;
    oauth2::authorization_options options;
    options.mode = oauth2::response_mode::form_post;
    auto const s = o.sign_in("common", {"adele@contoso.example", "mock password"}, oauth2::base_scope::api, options);
    BOOST_TEST_REQUIRE((!s.ec && !s.answer.ec), s.ec.message() << s.page.html);
    error_code ec;
    oauth2::client c = o.client("common");
    auto const token = c.async_redeem(oauth2::redemption::of(s.pending, s.answer), o.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    BOOST_TEST(token.scopes.contains("https://graph.microsoft.com/Mail.ReadWrite"), token.scopes.text());
}

BOOST_AUTO_TEST_CASE(personal_accounts_get_opaque_tokens)
{
    office o;
    auto const s = o.sign_in("consumers", {"robin@outlook.test", "mock password"});
    BOOST_TEST_REQUIRE((!s.ec && !s.answer.ec), s.ec.message() << s.page.html);
    error_code ec;
    oauth2::client c = o.client("consumers");
    auto const token = c.async_redeem(oauth2::redemption::of(s.pending, s.answer), o.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
    BOOST_TEST((token.access.reveal().starts_with("EwB")));
    BOOST_TEST(token.identity->tenant_id == oauth2::consumers_tenant_id);
}

BOOST_AUTO_TEST_CASE(a_known_browser_need_not_type_again)
{
    office o;
    BOOST_TEST(!o.sign_in("common").ec);
    auto const again = o.sign_in("common", {"adele@contoso.example", "another password"});
    BOOST_TEST((!again.ec && !again.answer.ec), again.page.html);
    o.browser.forget();
    auto const stranger = o.sign_in("common", {"adele@contoso.example", "another password"});
    BOOST_TEST(!!stranger.ec);
    BOOST_TEST(stranger.page.text_of("role=\"alert\"").find("password is incorrect") != std::string::npos,
               stranger.page.html);
}

BOOST_AUTO_TEST_CASE(a_user_asks_an_administrator_and_signs_in_when_they_have_approved)
{
    office o;
    o.world.run([&] {
        o.world.policy.edit_tenant(o.tenant).user_consent = mock::user_consent::disabled;
        o.world.policy.edit_tenant(o.tenant).admin_consent_requests = true;
    });
    mock::person_at_browser who{"adele@contoso.example", "mock password"};
    auto const gave_up = o.sign_in("common", who);
    BOOST_TEST(!!gave_up.ec);
    BOOST_TEST(gave_up.page.html.find("Approval required") != std::string::npos, gave_up.page.html);

    who.justification = "for my mail";
    auto const asked = o.sign_in("common", who);
    BOOST_TEST(!!asked.ec);  // nobody came back to the application
    BOOST_TEST(asked.page.text_of("<h1>") == "Request sent", asked.page.html);
    o.world.run([&] {
        auto const entries = o.world.journal.find({.server = "entra", .what = "POST /common/login"});
        BOOST_TEST_REQUIRE(!entries.empty());
        BOOST_TEST(entries.back()->reason ==
                   "adele@contoso.example asks an administrator to approve Mail program: for my mail");
        o.world.directory.grant_all(o.world, *o.application, o.tenant);
    });
    auto const approved = o.sign_in("common", who);
    BOOST_TEST((!approved.ec && !approved.answer.ec), approved.ec.message() << approved.page.html);
}

BOOST_AUTO_TEST_CASE(a_user_who_refuses_consent_comes_back_with_access_denied)
{
    office o;
    mock::person_at_browser who{"adele@contoso.example", "mock password"};
    who.consents = false;
    auto const s = o.sign_in("common", who);
    BOOST_TEST_REQUIRE(!s.ec, s.ec.message() << s.page.html);
    BOOST_TEST((s.answer.ec == make_error_code(oauth2::error::access_denied)));
    BOOST_TEST((s.answer.ec == condition::authentication_failed));
    BOOST_TEST(s.answer.code.empty());
}

BOOST_AUTO_TEST_CASE(a_redirect_uri_that_is_not_registered_ends_on_a_page)
{
    office o;
    auto const s = o.sign_in("common", {"adele@contoso.example", "mock password"}, oauth2::base_scope::imap, {},
                             "http://localhost/other");
    BOOST_TEST((s.ec == asio::error::operation_aborted));
    BOOST_TEST(s.page.html.find("AADSTS50011") != std::string::npos, s.page.html);
}

BOOST_AUTO_TEST_CASE(a_secret_id_instead_of_the_secret_is_named)
{
    office o;
    auto const s = o.sign_in("common");
    BOOST_TEST_REQUIRE(!s.ec);
    for (std::string const& wrong : {o.secret_id, std::string("mock-secret-guessed")})
    {
        oauth2::app a = o.app();
        a.client_secret = secret(wrong);
        oauth2::client c = o.client("common", std::move(a));
        error_code ec;
        auto const token = c.async_redeem(oauth2::redemption::of(s.pending, s.answer), o.io.wait(ec));
        BOOST_TEST((ec == make_error_code(oauth2::error::invalid_client)), ec.message());
        BOOST_TEST((ec == condition::authentication_failed));
        BOOST_TEST(c.last_refusal().code() == 7000215u);
        BOOST_TEST(c.last_refusal().status == 401u);
        BOOST_TEST(oauth2::is_guid(c.last_refusal().correlation_id));
        BOOST_TEST(oauth2::is_guid(c.last_refusal().trace_id));
        BOOST_TEST(c.diagnostics().find("not the client secret ID") != std::string::npos);
        BOOST_TEST(c.diagnostics().find(wrong) == std::string::npos);
        BOOST_TEST(token.access.empty());
    }
}

BOOST_AUTO_TEST_CASE(codes_work_once_and_for_their_verifier_only)
{
    office o;
    auto const s = o.sign_in("common");
    BOOST_TEST_REQUIRE(!s.ec);
    oauth2::client c = o.client("common");
    error_code ec;
    auto stolen = oauth2::redemption::of(s.pending, s.answer);
    stolen.verifier = secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    c.async_redeem(std::move(stolen), o.io.wait(ec));
    BOOST_TEST((ec == make_error_code(oauth2::error::invalid_grant)), ec.message());
    BOOST_TEST(c.last_refusal().code() == 501481u, c.diagnostics());

    auto const t = o.sign_in("common");
    c.async_redeem(oauth2::redemption::of(t.pending, t.answer), o.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    c.async_redeem(oauth2::redemption::of(t.pending, t.answer), o.io.wait(ec));
    BOOST_TEST((ec == make_error_code(oauth2::error::invalid_grant)));
    BOOST_TEST(c.last_refusal().code() == 54005u, c.diagnostics());
    BOOST_TEST((ec == condition::interaction_required));
}

BOOST_AUTO_TEST_CASE(a_revoked_refresh_token_asks_for_a_new_sign_in)
{
    office o;
    auto const s = o.sign_in("common");
    oauth2::client c = o.client("common");
    error_code ec;
    auto const token = c.async_redeem(oauth2::redemption::of(s.pending, s.answer), o.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    c.async_refresh(secret("mock garbage"), {}, {}, o.io.wait(ec));
    BOOST_TEST((ec == make_error_code(oauth2::error::invalid_grant)), ec.message() << c.diagnostics());
    // The connection is still good, and so is the client.
    c.async_refresh(token.refresh.clone(), {}, {}, o.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
}

BOOST_AUTO_TEST_CASE(an_application_gets_a_token_for_itself)
{
    office o;
    o.world.run([&] { o.world.directory.grant_all(o.world, *o.application, o.tenant); });
    error_code ec;
    auto const scopes = oauth2::app_scopes_for(oauth2::base_scope::imap, o.cloud);
    for (std::string const& name : {o.tenant, std::string("contoso.example")})
    {
        oauth2::client c = o.client(name);
        auto const token = c.async_client_credentials(scopes, o.io.wait(ec));
        BOOST_TEST(!ec, ec.message() << c.diagnostics());
        BOOST_TEST(!token.access.empty());
        BOOST_TEST(token.refresh.empty());
    }
    oauth2::client c = o.client(o.tenant);
    oauth2::scope_set delegated;
    delegated.add("https://outlook.office.com/IMAP.AccessAsUser.All");
    c.async_client_credentials(delegated, o.io.wait(ec));
    BOOST_TEST((ec == make_error_code(oauth2::error::invalid_scope)), ec.message());
    BOOST_TEST(c.last_refusal().code() == 1002012u, c.diagnostics());
    BOOST_TEST(c.diagnostics().find("https://outlook.office.com/IMAP.AccessAsUser.All") != std::string::npos,
               c.diagnostics());
}

BOOST_AUTO_TEST_CASE(unknown_tenants_and_applications_are_told_apart)
{
    office o;
    error_code ec;
    oauth2::client nowhere = o.client("00000000-0000-4000-8000-0000000000ff");
    nowhere.async_discover(o.io.wait(ec));
    BOOST_TEST(!!ec);
    BOOST_TEST(nowhere.last_refusal().code() == 90002u, nowhere.diagnostics());

    oauth2::app a = o.app();
    a.client_id = "00000000-0000-4000-8000-00000000beef";
    oauth2::client unknown = o.client(o.tenant, std::move(a));
    unknown.async_client_credentials(oauth2::app_scopes_for(oauth2::base_scope::api, o.cloud), o.io.wait(ec));
    BOOST_TEST((ec == make_error_code(oauth2::error::unauthorized_client)), ec.message());
    BOOST_TEST(unknown.last_refusal().code() == 700016u, unknown.diagnostics());
}

BOOST_AUTO_TEST_CASE(without_trust_nothing_is_sent)
{
    office o;
    error_code ec;
    auto const nobody = outkit::tls_context::client(ec, {.system = false});
    oauth2::client c(outkit::stream(o.io.get_executor(), nobody), o.app(), o.authority(o.tenant));
    c.async_client_credentials(oauth2::app_scopes_for(oauth2::base_scope::api, o.cloud), o.io.wait(ec));
    BOOST_TEST(!!ec);
    BOOST_TEST(!o.journal_has("token"));
}

BOOST_AUTO_TEST_SUITE_END()
