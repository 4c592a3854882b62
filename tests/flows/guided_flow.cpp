// The guided way to a connected mailbox, from "New registration" to a token that renews itself, as far as identity goes:
// with every account that each authority and each supported account type lets in, and then the wrong turns that people
// take there, each in a world of its own. The client's own flows talk to the mock Entra in memory; a browser fills in the
// forms. docs/aadsts.md has how each number is produced; here it is what somebody meets who uses the library.
//
// Steps of the guide that cannot be walked here:
//   S1   the list of registrations and the choice of a cloud: pages of the portal, which have no protocol.
//   S6   copying the Application ID: the portal's button. Pasting the wrong one is here (S2).
//   S8   that application permissions are not offered for registrations with personal accounts only: the portal hides the
//        choice, its API has no such rule.
//   S11  the column that says what is granted, and S12 its button: pages of the portal. What they lead to is here.
//   S14  that a secret's value is shown once: a view of the portal and the admin API. Pasting its id is here.
//   S16, S19, S21, S23, S24: fields, switches, page and links of the program that is being configured. What of its
//        settings cannot work is here, by check_settings().
//   S30  fewer scopes than were asked for: the mock grants all or refuses; tests/unit/oauth2_token_answers.cpp has fewer.
//   S31  where a program sends its user afterwards: the program's choice. That nothing comes back to it from an error on
//        Microsoft's page is here, with each of them.

#include <outkit/check/atlas.hpp>
#include <outkit/check/checks.hpp>
#include <outkit/detail/simulate.hpp>
#include <outkit/mock/aadsts.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/oauth2/admin_consent.hpp>
#include <outkit/oauth2/detail/renewal.hpp>
#include <outkit/oauth2/legality.hpp>

#include "entra_office.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(guided_flow)
namespace {

using namespace outkit;
using namespace std::chrono_literals;
using detail::flow;
using oauth2::authority_form;
using oauth2::base_scope;
using who = oauth2::account_kind;
using audience = mock::sign_in_audience;
using mock::platform;
using tests::value_of;
using e = oauth2::error;

constexpr std::chrono::hours day{24};
constexpr char origin[] = "https://login.entra.test";

// The world's, with a clock that may be wrong.
struct machine : detail::environment
{
    explicit machine(mock::world& in) : w(in) {}
    detail::time_point now() const override { return w.now(); }
    detail::wall_time date() const override { return w.date() + ahead; }
    void random(std::span<unsigned char> fill) override { w.random(fill); }

    mock::world& w;
    std::chrono::hours ahead{0};
};

// Where a way has ended, and what the person is told there.
struct ending
{
    std::string where = {};  // "directory", "program", "authority", "page", "redirect", "token", "mailbox", "renewal";
                             // empty: it goes on
    std::uint32_t code = 0;  // AADSTS
    error_code ec = {};
    std::string text = {};

    explicit operator bool() const { return !where.empty(); }
};

std::uint32_t number_in(std::string_view text)
{
    std::size_t const at = text.find("AADSTS");
    return at == text.npos ? 0 : std::uint32_t(std::strtoul(std::string(text.substr(at + 6, 8)).c_str(), nullptr, 10));
}

struct guide : tests::entra_office
{
    guide()
    {
        for (char const* const name :
             {"IMAP.AccessAsUser.All", "SMTP.Send", "Mail.ReadWrite", "Mail.Send", "offline_access"})
            registration.add_permission(name);
        registration.display_name = "Post office";
        registration.audience = audience::orgs_and_personal;
        registration.redirect_uris = {{callback, platform::web}};
        settings.redirect_uri = callback;
        ie = tests::browser([this](http::request const& r) { return entra.answer(r); }, "login.entra.test");
    }

    // S2 to S15
    mock::application_request registration;
    std::chrono::hours secret_lifetime{180 * day};
    mock::application* mine = nullptr;
    // S16 to S20
    oauth2::app settings;
    std::string authority = "common";
    oauth2::base_scope base = base_scope::imap;
    oauth2::authorization_options options;
    bool discovers = false, hints = false;  // asks for the metadata first; says who will sign in
    // S25 to S28
    std::string login = "adele@woodgrove.example", password = "correct horse";
    std::string press;                                       // on a page with that button, instead of the first one
    std::vector<std::string> pages;                          // as they were shown
    std::function<void(guide&)> hesitates = [](auto&) {};    // on the first page
    std::function<void(std::string&)> alter = [](auto&) {};  // what comes back to the redirect URI
    std::function<void(guide&)> meanwhile = [](auto&) {};    // between the redirect and the token request
    // S29 to S38
    std::string parameters;  // of the redirect
    oauth2::redemption redemption;
    oauth2::token_response token;
    std::string mailbox;
    std::function<void(guide&)> later = [](auto&) {};  // before the renewal
    int renewals = 1;

    machine here{w};
    bool asked = false;  // the authority, in the last conversation
    oauth2::detail::session client;
    oauth2::pending_authorization pending;
    oauth2::cloud cloud = oauth2::global_cloud().with_login(origin);

    void conditions(mock::conditional_access c) { w.policy.edit_tenant(home.id).conditional_access = c; }
    mock::tenant_policy& policy() { return w.policy.edit_tenant(home.id); }
    void scopes(std::string_view text)
    {
        error_code ec;
        options.scopes = oauth2::scope_set::parse(text, ec);
        BOOST_TEST_REQUIRE(!ec, text);
    }

    // The client's flow, and the mock at the other end of what it writes. Without TLS, which other tests are about.
    template <class T>
    detail::simulator::result<T> converse(flow<T> f)
    {
        detail::simulator::result<T> out;
        detail::flow_state st;
        proxy_settings const none;
        st.world = &here;
        st.proxies = &none;
        f.start(st);
        std::string sent, answered;
        asked = false;
        detail::io_result r;
        for (;;)
        {
            detail::io_request const& rq = detail::resume(st, std::move(r));
            r = {};
            using kind = detail::io_request::kind;
            if (rq.what == kind::none)
                break;
            if (rq.what == kind::connect || rq.what == kind::close)
            {
                sent.clear();
                answered.clear();
            }
            else if (rq.what == kind::write)
            {
                sent += rq.output;
                asked = true;
                r.n = rq.output.size();
            }
            else if (rq.what == kind::wait)
                r.why = rq.for_input && !(sent.empty() && answered.empty()) ? detail::wake::input : detail::wake::time;
            else if (rq.what == kind::read)
            {
                if (answered.empty())
                    answered = reply(std::exchange(sent, {}));
                r.n = std::min(rq.max, answered.size());
                rq.input->append(answered, 0, r.n);
                answered.erase(0, r.n);
            }
        }
        out.ec = st.ec;
        out.diagnostics = st.diagnostics;
        if (!st.ec)
            out.value = f.take();
        return out;
    }
    flow<> serve(detail::wire& end)
    {
        http::limits const l;
        while (auto r = co_await http::detail::read_request(end, l))
        {
            http::response answer = entra.answer(r->message);
            co_await http::detail::write_response(end, std::move(answer));
        }
    }
    std::string reply(std::string const& to)
    {
        detail::wire end;
        return detail::play(serve(end), {to}).written;
    }

    ending refused(char const* where, error_code ec, std::string said) const
    {
        std::string const text = client.last.name.empty() ? said : client.last.text();
        return {asked ? where : "program", client.last.code(), ec, text.empty() ? ec.message() : text};
    }

    static ending refused_by_redirect(error_code ec, oauth2::refusal const& r)
    {
        std::string const text = r.text();
        return {"redirect", r.code(), ec, text.empty() ? ec.message() : text};
    }

    // S2 to S15
    ending register_it()
    {
        auto const made = w.directory.register_application(w, home.id, registration);
        if (!made)
            return {"directory", 0, {}, made.errors.front().detail};
        mine = made.app;
        mock::directory_error error;
        auto const* const s = w.directory.add_secret(w, *mine, "first", secret_lifetime, error);
        if (!s)
            return {"directory", 0, {}, error.detail};
        settings.client_id = mine->app_id;
        settings.client_secret = outkit::secret(s->value);
        return {};
    }

    // S16 to S20
    ending configure()
    {
        error_code ec;
        client.from = oauth2::authority::make(cloud, authority, ec);
        if (ec)
            return {"program", 0, ec, ec.message()};
        client.application = settings.clone();
        if (discovers)
            if (auto const r = converse(oauth2::detail::discover(client)); r.ec)
                return refused("authority", r.ec, r.diagnostics);
        if (options.scopes.empty())
            options.scopes = scopes_for(base, cloud);
        return {};
    }

    http::response walk(http::response r)
    {
        for (int n = 0; r.status == 200u && n != 9; ++n)
        {
            pages.push_back(r.body);
            bool const stuck = r.body.find("AADSTS") != r.body.npos || r.body.find("role=\"alert\"") != r.body.npos;
            if (stuck || r.body.find("<form") == r.body.npos)
                break;
            tests::html_form const f = tests::form_of(r.body);
            bool const special = !press.empty() && std::any_of(f.buttons.begin(), f.buttons.end(),
                                                               [&](auto const& b) { return b.second == press; });
            r = special                  ? ie.submit(r, {}, press)
                : f.asks_for("passwd")   ? ie.submit(r, {{"passwd", password}})
                : f.asks_for("loginfmt") ? ie.submit(r, {{"loginfmt", login}})
                                         : ie.submit(r);
        }
        return r;
    }
    // Through the browser to the query that comes back.
    ending browse(std::string const& url)
    {
        BOOST_TEST_REQUIRE(url.starts_with(origin));
        pages.clear();
        http::response first = ie.get(url.substr(sizeof origin - 1));
        hesitates(*this);
        http::response const r = walk(std::move(first));
        std::string back = tests::header(r, "Location");
        if (back.empty())
            return {"page", number_in(r.body), {}, tests::unescaped(r.body)};
        back.resize(std::min(back.find('#'), back.size()));  // a browser keeps the fragment to itself
        BOOST_TEST(back.starts_with(settings.redirect_uri + '?'), back);
        parameters = back.substr(back.find('?') + 1);
        alter(parameters);
        return {};
    }

    // S25 to S29
    ending sign_in()
    {
        error_code ec;
        oauth2::authorization_options o = options;
        if (hints && o.prompt.empty() && o.login_hint.empty())
            o.login_hint = login;
        pending =
            begin_authorization(here, client.from, settings, o, ec, client.discovered ? &*client.discovered : nullptr);
        if (ec)
            return {"program", 0, ec, ec.message()};
        if (auto at = browse(pending.url()))
            return at;
        auto const answer = pending.read(parameters, ec);
        if (ec)
            return {"program", 0, ec, ec.message()};
        if (answer.ec)
            return refused_by_redirect(answer.ec, answer.refusal);
        redemption = oauth2::redemption::of(pending, answer);
        return {};
    }

    oauth2::redemption the_code() const
    {
        return {redemption.code.clone(), redemption.verifier.clone(), redemption.redirect_uri, redemption.nonce,
                redemption.scopes};
    }
    // S29, S30
    ending redeem()
    {
        meanwhile(*this);
        auto r = converse(oauth2::detail::redeem(client, the_code()));
        if (r.ec)
            return refused("token", r.ec, r.diagnostics);
        token = std::move(*r.value);
        return {};
    }

    // Beyond the steps of this file, but it is where a wrong token shows.
    mock::access_denial opens(std::string_view access, oauth2::base_scope with)
    {
        std::string const user = mailbox.empty() ? login : mailbox;
        if (with == base_scope::api)
        {
            auto const a = mock::open(w, access, mock::protocol::graph, "me");
            return a && !a.has("Mail.ReadWrite") ? mock::access_denial::scope_missing : a.denial;
        }
        auto const a = mock::open(w, access, mock::protocol::imap, user);
        return a ? mock::open(w, access, mock::protocol::smtp, user).denial : a.denial;
    }
    ending open_mailbox()
    {
        mock::access_denial const d = opens(token.access.reveal(), base);
        if (d != mock::access_denial::none)
            return {"mailbox", 0, {}, std::string(describe(d))};
        return {};
    }

    detail::simulator::result<oauth2::token_response> refresh(oauth2::scope_set with = {})
    {
        return converse(oauth2::detail::refresh(client, token.refresh.clone(), std::move(with), *token.identity));
    }
    // S38
    ending renew()
    {
        if (token.refresh.empty())  // what a program is told that wants to keep this sign-in
        {
            auto state = std::make_shared<oauth2::detail::token_state>();
            state->authority_session.application = settings.clone();
            state->authority_session.from = client.from;
            auto const r = converse(oauth2::detail::keep_sign_in(state, std::move(token)));
            return {"renewal", 0, r.ec, r.diagnostics};
        }
        later(*this);
        for (int n = 0; n != renewals; ++n)
            if (auto const r = refresh(); r.ec)
                return refused("renewal", r.ec, r.diagnostics);
        return {};
    }
};

// The ways, each as somebody goes it who makes no mistake.

ending the_whole_way(guide& g)
{
    ending at = g.configure();
    at = at ? at : g.sign_in();
    at = at ? at : g.redeem();
    at = at ? at : g.open_mailbox();
    return at ? at : g.renew();
}

ending two_hours_later(guide& g)
{
    ending at = g.configure();
    at = at ? at : g.sign_in();
    at = at ? at : g.redeem();
    g.w.advance(2h);
    return at ? at : g.open_mailbox();
}

// Another secret, and the sign-in with that one.
ending with_another_secret(guide& g)
{
    mock::directory_error error;
    auto const* const s = g.w.directory.add_secret(g.w, *g.mine, "another", 180 * day, error);
    if (!s)
        return {"directory", 0, {}, error.detail};
    g.settings.client_secret = outkit::secret(s->value);
    return the_whole_way(g);
}

// Several people have signed in with this browser. The program expects the first of them.
ending with_a_picker(guide& g)
{
    ending at = the_whole_way(g);
    oauth2::id_claims const expected = *g.token.identity;
    g.login = "admin@woodgrove.example";
    g.options.prompt = "login";
    at = at ? at : the_whole_way(g);
    g.options.prompt = "select_account";
    at = at ? at : g.sign_in();
    BOOST_TEST(g.pages.front().find("Pick an account") != std::string::npos);
    for (char const* const one : {"adele Doe<", "admin Doe<", "Use another account"})
        BOOST_TEST(g.pages.front().find(one) != std::string::npos, g.pages.front());
    at = at ? at : g.redeem();
    if (at)
        return at;
    // It goes on with whoever it is, and the next answer is about somebody else than the program knows.
    auto const r = g.converse(oauth2::detail::refresh(g.client, g.token.refresh.clone(), {}, expected));
    return r.ec ? g.refused("renewal", r.ec, r.diagnostics) : ending();
}

// An administrator consents for everybody, in the tenant of `authority`; then Adele signs in at home, where nobody else may.
ending with_admin_consent(guide& g)
{
    g.policy().user_consent = mock::user_consent::disabled;
    if (ending at = g.configure())
        return at;
    error_code ec;
    auto const granting = begin_admin_consent(g.here, g.client.from, g.settings, g.options.scopes, ec);
    if (ec)
        return {"program", 0, ec, ec.message()};
    if (ending at = g.browse(granting.url()))
        return at;
    auto const answer = granting.read(g.parameters, ec);
    if (ec)
        return {"program", 0, ec, ec.message()};
    if (answer.ec)
        return g.refused_by_redirect(answer.ec, answer.refusal);
    g.ie.jar().clear();
    g.login = "adele@woodgrove.example";
    g.authority = "woodgrove.example";
    ending at = the_whole_way(g);
    BOOST_TEST((at || g.pages.back().find("Permissions requested") == std::string::npos));
    if (at)
        at.text.insert(0, "after consent in tenant " + answer.tenant_id + ": ");
    return at;
}

// Without a person.
ending app_only(guide& g)
{
    if (ending at = g.configure())
        return at;
    auto r = g.converse(oauth2::detail::client_credentials(g.client, g.options.scopes));
    if (r.ec)
        return g.refused("token", r.ec, r.diagnostics);
    auto const a = mock::open(g.w, r.value->access.reveal(), mock::protocol::graph, g.login);
    if (!a || !a.has("Mail.ReadWrite"))
        return {"mailbox", 0, {}, std::string(describe(a ? mock::access_denial::scope_missing : a.denial))};
    return {};
}

// Where somebody signs in, with which registration.
struct way
{
    oauth2::base_scope base;
    audience registered;
    char const* authority;  // "{tenant}": the tenant by its id
    authority_form form;
    who account;
};

// All that legality allows: of the two base scopes, the five forms of an authority, and who signs in; and with base scope
// imap of the supported account types, too.
std::vector<way> ways()
{
    static constexpr std::pair<char const*, authority_form> authorities[] = {
        {"common", authority_form::common},
        {"organizations", authority_form::organizations},
        {"consumers", authority_form::consumers},
        {"{tenant}", authority_form::home_tenant},
        {"{tenant}", authority_form::other_tenant},
        {"woodgrove.example", authority_form::home_tenant},
        {"fabrikam.example", authority_form::other_tenant}};
    std::vector<way> all;
    for (auto const base : {base_scope::imap, base_scope::api})
        for (auto const& [authority, form] : authorities)
            for (who const account : {who::home_work, who::other_work, who::guest, who::personal})
                for (audience const registered :
                     {audience::my_org, audience::multiple_orgs, audience::orgs_and_personal, audience::personal})
                {
                    if (!find_legality(oauth2::sign_in_audience(registered), form, account).allowed ||
                        (form == authority_form::other_tenant && account == who::guest))
                        continue;
                    all.push_back({base, registered, authority, form, account});
                    if (base == base_scope::api)
                        break;
                }
    return all;
}

bool shows(std::vector<std::string> const& pages, std::string_view text)
{
    return std::any_of(pages.begin(), pages.end(), [&](std::string const& p) { return p.find(text) != p.npos; });
}

void go(way const& way)
{
    guide g;
    mock::user& gus = g.add_user("gus@fabrikam.example", g.other.id);
    mock::guest const& invited = g.w.directory.add_guest(g.w, g.home, gus);
    mock::user const& person = way.account == who::home_work    ? g.adele
                               : way.account == who::other_work ? g.olga
                               : way.account == who::guest      ? gus
                                                                : g.robin;
    bool const elsewhere = way.form == authority_form::other_tenant;
    bool const as_guest = way.account == who::guest && way.form == authority_form::home_tenant;
    g.login = person.principal_name;
    g.base = way.base;
    g.authority = way.authority != std::string_view("{tenant}") ? way.authority : elsewhere ? g.other.id : g.home.id;
    g.discovers = true;
    g.hints = way.base == base_scope::api;  // straight to the password
    g.options.extra = {{"client_info", "1"}};

    // S2, S7: three ids, and nothing but User.Read unless more is chosen
    mock::application_request const untouched;
    BOOST_TEST_REQUIRE(untouched.permissions.size() == 1u);
    BOOST_TEST(mock::find_permission_id(mock::graph_app_id, untouched.permissions.front().id)->name == "User.Read");
    g.registration.audience = way.registered;
    BOOST_TEST_REQUIRE(!g.register_it());
    BOOST_TEST((mock::is_guid(g.mine->app_id) && mock::is_guid(g.mine->object_id)));
    BOOST_TEST((g.mine->app_id != g.mine->object_id && g.mine->tenant_id == g.home.id));
    BOOST_TEST(!mock::is_guid(g.settings.client_secret.reveal()));
    g.mine->display_name = "Renamed since";  // S3

    // S25 to S28
    ending at = g.configure();
    at = at ? at : g.sign_in();
    BOOST_TEST_REQUIRE(!at, at.where << ": " << at.text);
    BOOST_TEST(shows(g.pages, "Renamed since"));
    BOOST_TEST(g.pages.back().find("Permissions requested") != std::string::npos);
    char const* const permission = way.base == base_scope::imap ? "IMAP.AccessAsUser.All" : "Mail.ReadWrite";
    BOOST_TEST(g.pages.back().find(permission) != std::string::npos);

    // S29, S30
    auto const sent = tests::parsed(g.parameters);
    for (char const* const name : {"code", "state", "session_state", "client_info"})
        BOOST_TEST(!value_of(sent, name).empty(), name);
    auto r = g.converse(oauth2::detail::redeem(g.client, g.the_code()));
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message() << r.diagnostics);
    g.token = std::move(*r.value);
    BOOST_TEST((g.token.lifetime > 59min && g.token.lifetime <= 90min));
    BOOST_TEST(g.options.scopes.missing_in(g.token.scopes).empty());
    BOOST_TEST_REQUIRE((!g.token.refresh.empty() && g.token.identity));
    BOOST_TEST(g.token.identity->preferred_username == g.login);
    BOOST_TEST(g.token.identity->tenant_id == (as_guest ? g.home.id : person.tenant_id));
    BOOST_TEST_REQUIRE(g.client.options.keys);  // fetched, as the signature was looked at
    BOOST_TEST(g.client.options.keys->keys->has(g.w.keys.kid()));
    error_code ec;
    auto const home = oauth2::read_client_info(g.token.client_info, ec);
    BOOST_TEST((!ec && home.tenant_id == person.tenant_id));
    if (as_guest)
    {
        BOOST_TEST(g.token.identity->object_id == invited.id);
        BOOST_TEST((g.opens(g.token.access.reveal(), way.base) != mock::access_denial::none));  // it lives at home
    }
    else
        BOOST_TEST(g.opens(g.token.access.reveal(), way.base) == mock::access_denial::none);

    // S27: remembered, and no page at all
    BOOST_TEST_REQUIRE(!g.sign_in());
    BOOST_TEST(g.pages.empty());

    // S38: after an hour, without scopes; both refresh tokens are good
    g.w.advance(91min);
    BOOST_TEST(g.opens(g.token.access.reveal(), way.base) == mock::access_denial::token_expired);
    oauth2::scope_set const others =
        scopes_for(way.base == base_scope::imap ? base_scope::api : base_scope::imap, g.cloud);
    auto const renewed = g.refresh();
    BOOST_TEST_REQUIRE(!renewed.ec, renewed.ec.message() << renewed.diagnostics);
    BOOST_TEST((renewed.value->refresh.reveal() != g.token.refresh.reveal()));
    BOOST_TEST((g.opens(renewed.value->access.reveal(), way.base) == mock::access_denial::none) == !as_guest);

    // S9: another resource, with the first refresh token, once that is consented to
    auto const early = g.refresh(others);
    BOOST_TEST((early.ec == condition::interaction_required), early.ec.message());
    BOOST_TEST(g.client.last.code() == (way.account == who::personal ? 70000u : 65001u));
    g.options.scopes = others;
    at = g.sign_in();
    BOOST_TEST_REQUIRE(!at, at.where << ": " << at.text);
    BOOST_TEST(g.pages.size() == 1u);
    auto const other = g.refresh(others);
    BOOST_TEST_REQUIRE(!other.ec, other.ec.message() << other.diagnostics);
    auto const opened =
        g.opens(other.value->access.reveal(), way.base == base_scope::imap ? base_scope::api : base_scope::imap);
    BOOST_TEST((opened == mock::access_denial::none) == !as_guest);
    BOOST_TEST(
        (g.opens(other.value->access.reveal(), way.base) != mock::access_denial::none));  // one resource per token
}

struct turn
{
    char const* step;   // and what somebody does there
    char const* where;  // it shows; empty: it is no mistake
    std::uint32_t code;
    error_code error;
    char const* says;  // part of it
    void (*change)(guide&);
    void (*registering)(guide&) = nullptr;
    ending (*way)(guide&) = the_whole_way;
};

error_code const none;
error_code const busy = make_error_code(http::error::service_unavailable);
using G = guide;
using ca = mock::conditional_access;

void multi_tenant(G& g) { g.registration.audience = audience::multiple_orgs; }
void single_tenant(G& g) { g.registration.audience = audience::my_org; }
void personal_only(G& g)
{
    g.registration.audience = audience::personal;
    g.login = "robin@outlook.test";
}
void a_guest(G& g)
{
    g.w.directory.add_guest(g.w, g.home, g.olga);
    g.login = "olga@fabrikam.example";
    g.authority = "woodgrove.example";
}
void by_itself(G& g)
{
    g.registration.add_permission("Mail.ReadWrite", mock::permission_type::application);
    g.authority = "woodgrove.example";
    g.base = base_scope::api;
    g.scopes("https://graph.microsoft.com/.default");
}
void redirect(G& g, char const* uri, platform p = platform::web) { g.registration.redirect_uris = {{uri, p}}; }
void administrator(G& g)
{
    g.authority = "woodgrove.example";
    g.login = "admin@woodgrove.example";
}

// clang-format off
turn const turns[] = {
    {"S1 registered in one tenant, signed in at another", "page", 700016, none, "was not found in the directory",
     [](G& g) { g.authority = "fabrikam.example"; }, single_tenant},
    {"S1 a directory that does not exist", "page", 90002, none, "not found", [](G& g) { g.authority = "nobody.example"; }},
    {"S1 the same, found out before the browser opens", "authority", 90002, e::invalid_tenant, "not found",
     [](G& g) { g.authority = "nobody.example"; g.discovers = true; }},

    {"S2 the Object ID instead of the client id", "page", 700016, none, "was not found in the directory",
     [](G& g) { g.settings.client_id = g.mine->object_id; }},
    {"S2 the Directory ID instead of the client id", "page", 700016, none, "was not found in the directory",
     [](G& g) { g.settings.client_id = g.home.id; }},
    {"S2 the Secret ID instead of the client id", "page", 700016, none, "was not found in the directory",
     [](G& g) { g.settings.client_id = g.mine->secrets.front().id; }},
    {"S2 the client id instead of the Directory ID", "page", 90002, none, "not found",
     [](G& g) { g.authority = g.mine->app_id; }},
    {"S2 the Object ID instead of the secret", "token", 7000215, e::invalid_client, "Invalid client secret provided",
     [](G& g) { g.settings.client_secret = secret(g.mine->object_id); }},
    {"S2 zeros from an example", "page", 700038, none, "is not a valid application identifier",
     [](G& g) { g.settings.client_id = "00000000-0000-0000-0000-000000000000"; }},
    {"S2 no client id", "program", 0, e::invalid_app, "", [](G& g) { g.settings.client_id.clear(); }},
    {"S2 a client id with a line break", "program", 0, e::invalid_app, "", [](G& g) { g.settings.client_id += '\n'; }},

    {"S3 no name", "directory", 0, none, "needs a name", nullptr, [](G& g) { g.registration.display_name.clear(); }},
    {"S3 brackets in the name", "directory", 0, none, "may not contain", nullptr,
     [](G& g) { g.registration.display_name = "<Mail>"; }},
    {"S3 a name of 257 characters", "directory", 0, none, "longer than 256", nullptr,
     [](G& g) { g.registration.display_name.assign(257, 'x'); }},

    {"S4 this organisation only, at common", "page", 50194, none, "not configured as a multi-tenant application",
     [](G&) {}, single_tenant},
    {"S4 this organisation only, at organizations", "page", 50194, none, "not configured as a multi-tenant application",
     [](G& g) { g.authority = "organizations"; }, single_tenant},
    {"S4 this organisation only, and a personal account", "page", 50020, none, "does not exist in tenant",
     [](G& g) { g.authority = "woodgrove.example"; g.login = "robin@outlook.test"; }, single_tenant},
    {"S4 this organisation only, and an account of another", "page", 50020, none, "does not exist in tenant",
     [](G& g) { g.authority = "woodgrove.example"; g.login = "olga@fabrikam.example"; }, single_tenant},
    {"S4 organisations only, at consumers", "page", 9002332, none, "", [](G& g) { g.authority = "consumers"; }, multi_tenant},
    {"S4 organisations only, and a personal account at common", "page", 0, none, "not enabled for consumers",
     [](G& g) { g.login = "robin@outlook.test"; }, multi_tenant},
    {"S4 personal accounts only, at common", "page", 9002346, none, "", [](G&) {}, personal_only},
    {"S4 personal accounts only, at organizations", "page", 9002346, none, "", [](G& g) { g.authority = "organizations"; }, personal_only},
    {"S4 personal accounts only, at the tenant", "page", 9002346, none, "", [](G& g) { g.authority = g.home.id; }, personal_only},
    {"S4 a personal account at organizations", "page", 500208, none, "can't sign in here with a personal account",
     [](G& g) { g.authority = "organizations"; g.login = "robin@outlook.test"; }},
    {"S4 a work account at consumers", "page", 0, none, "That Microsoft account doesn't exist",
     [](G& g) { g.authority = "consumers"; }},
    {"S4 changed to personal accounts between sign-in and code", "token", 9002331, e::invalid_request, "",
     [](G& g) { g.meanwhile = [](G& h) { h.mine->audience = audience::personal; }; }},

    {"S5 http on a real host, registered", "directory", 0, none, "must begin with https", nullptr,
     [](G& g) { redirect(g, "http://mail.example/oauth"); }},
    {"S5 http on a real host, configured", "program", 0, e::invalid_redirect_uri, "",
     [](G& g) { g.settings.redirect_uri = "http://mail.example/oauth"; }},
    {"S5 no scheme, registered", "directory", 0, none, "no absolute URI", nullptr, [](G& g) { redirect(g, "/oauth"); }},
    {"S5 no scheme, configured", "program", 0, e::invalid_redirect_uri, "",
     [](G& g) { g.settings.redirect_uri = "localhost/oauth"; }},
    {"S5 a fragment", "directory", 0, none, "fragment", nullptr, [](G& g) { redirect(g, "https://mail.example/#oauth"); }},
    {"S5 a wildcard", "directory", 0, none, "wildcard", nullptr, [](G& g) { redirect(g, "https://*.mail.example/oauth"); }},
    {"S5 a query", "directory", 0, none, "query", nullptr, [](G& g) { redirect(g, "https://mail.example/oauth?a=1"); }},
    {"S5 a user name before the host", "directory", 0, none, "user information", nullptr,
     [](G& g) { redirect(g, "https://me@mail.example/oauth"); }},
    {"S5 IPv6", "directory", 0, none, "IPv6 loopback", nullptr, [](G& g) { redirect(g, "http://[::1]:3000/oauth"); }},
    {"S5 listed twice", "directory", 0, none, "listed twice", nullptr,
     [](G& g) { g.registration.redirect_uris.push_back({G::callback, platform::spa}); }},
    {"S5 a slash too many", "page", 50011, none, "does not match the redirect URIs",
     [](G& g) { g.settings.redirect_uri += '/'; }},
    {"S5 127.0.0.1 instead of localhost", "page", 50011, none, "does not match the redirect URIs",
     [](G& g) { g.settings.redirect_uri = "http://127.0.0.1:3000/oauth"; }},
    {"S5 other letter case", "page", 50011, none, "does not match the redirect URIs",
     [](G& g) { g.settings.redirect_uri = "http://localhost:3000/OAuth"; }},
    {"S5 https instead of http", "page", 50011, none, "does not match the redirect URIs",
     [](G& g) { g.settings.redirect_uri = "https://localhost:3000/oauth"; }},
    {"S5 a typing mistake", "page", 50011, none, "does not match the redirect URIs",
     [](G& g) { g.settings.redirect_uri = "http://localhost:3000/oaut"; }},
    {"S5 another port of this machine", "", 0, none, "", [](G& g) { g.settings.redirect_uri = "http://localhost:4000/oauth"; }},
    {"S5 none registered", "page", 500113, none, "No reply address", [](G& g) { g.mine->redirect_uris.clear(); }},
    {"S5 registered for a single-page application", "token", 9002327, e::invalid_request, "cross-origin",
     [](G&) {}, [](G& g) { redirect(g, G::callback, platform::spa); }},

    {"S7 left at User.Read, and IMAP", "mailbox", 0, none, "the token is for another resource",
     [](G& g) { g.scopes("openid profile offline_access https://graph.microsoft.com/.default"); },
     [](G& g) { g.registration.permissions = mock::application_request::default_permissions(); }},
    {"S7 left at User.Read, and Graph", "mailbox", 0, none, "lacks the scope or role",
     [](G& g) { g.base = base_scope::api; g.scopes("openid profile offline_access https://graph.microsoft.com/.default"); },
     [](G& g) { g.registration.permissions = mock::application_request::default_permissions(); }},
    {"S7 left at User.Read, and all that is listed for Outlook", "page", 650056, none, "",
     [](G& g) { g.scopes("openid profile offline_access https://outlook.office.com/.default"); },
     [](G& g) { g.registration.permissions = mock::application_request::default_permissions(); }},

    {"S8 Application instead of Delegated", "mailbox", 0, none, "lacks the scope or role",
     [](G& g) { g.base = base_scope::api; g.scopes("openid profile offline_access https://graph.microsoft.com/.default"); },
     [](G& g) {
         g.registration.permissions = mock::application_request::default_permissions();
         g.registration.add_permission("Mail.ReadWrite", mock::permission_type::application);
     }},
    {"S8 Graph's permission listed under Exchange", "page", 65006, none, "",
     [](G& g) { g.mine->permissions.push_back({std::string(mock::exchange_app_id), "652390e4-393a-48de-9484-05f9b1212954"}); }},
    {"S8 a permission of a resource that does not exist", "page", 650054, none, "",
     [](G& g) { g.mine->permissions.push_back({"00000000-0000-4000-8000-00000000dead", "652390e4-393a-48de-9484-05f9b1212954"}); }},

    {"S9a scopes without the Outlook prefix", "mailbox", 0, none, "the token is for another resource",
     [](G& g) { g.scopes("openid profile offline_access IMAP.AccessAsUser.All SMTP.Send"); }},
    {"S9a scopes with Graph's prefix", "mailbox", 0, none, "the token is for another resource",
     [](G& g) { g.scopes("openid profile offline_access https://graph.microsoft.com/IMAP.AccessAsUser.All https://graph.microsoft.com/SMTP.Send"); }},
    {"S9a SMTP.Send forgotten", "mailbox", 0, none, "lacks the scope or role",
     [](G& g) { g.scopes("openid profile offline_access https://outlook.office.com/IMAP.AccessAsUser.All"); }},
    {"S9a IMAP.AccessAsUser.All forgotten", "mailbox", 0, none, "lacks the scope or role",
     [](G& g) { g.scopes("openid profile offline_access https://outlook.office.com/SMTP.Send"); }},
    {"S9a a scope that does not exist", "page", 650053, none, "",
     [](G& g) { g.scopes("openid offline_access https://outlook.office.com/IMAP.All"); }},
    {"S9a scopes parted by commas", "redirect", 70011, e::invalid_scope, "", [](G& g) { g.scopes("openid,profile"); }},
    {"S9b both sets in one request", "program", 0, e::several_resources, "",
     [](G& g) { g.scopes("openid offline_access https://outlook.office.com/SMTP.Send https://graph.microsoft.com/Mail.Send"); }},

    {"S10 without offline_access", "renewal", 0, e::missing_claim, "ask for offline_access",
     [](G& g) { g.scopes("openid profile https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"); }},
    {"S10 without offline_access, and an hour is over", "mailbox", 0, none, "expired",
     [](G& g) { g.scopes("openid profile https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"); },
     nullptr, two_hours_later},

    {"S11 users may not consent", "page", 90094, none, "", [](G& g) { g.policy().user_consent = mock::user_consent::disabled; }},
    {"S11 users may consent to little", "page", 90094, none, "",
     [](G& g) { g.policy().user_consent = mock::user_consent::low_impact_only; }},
    {"S11 users may ask for consent", "page", 90095, none, "",
     [](G& g) { g.policy().user_consent = mock::user_consent::disabled; g.policy().admin_consent_requests = true; }},
    {"S11 consent withdrawn before the code is redeemed", "token", 65001, e::invalid_grant, "",
     [](G& g) { g.meanwhile = [](G& h) { h.w.directory.revoke(h.mine->app_id, h.home.id, h.adele.id); }; }},
    {"S11 consent withdrawn later", "renewal", 65001, e::invalid_grant, "",
     [](G& g) { g.later = [](G& h) { h.w.directory.revoke(h.mine->app_id, h.home.id, h.adele.id); }; }},

    {"S12 an administrator consents for all", "", 0, none, "", administrator, nullptr, with_admin_consent},
    {"S12 by somebody who is none", "page", 90094, none, "", [](G& g) { g.authority = "woodgrove.example"; }, nullptr, with_admin_consent},
    {"S12 the administrator cancels", "redirect", 65004, e::consent_required, "",
     [](G& g) { administrator(g); g.press = "decline"; }, nullptr, with_admin_consent},
    {"S12 in the wrong tenant", "page", 90094, none, "after consent in tenant 00000000-0000-4000-8000-000000000002",
     [](G& g) { g.authority = "fabrikam.example"; g.login = "olga@fabrikam.example"; g.olga.roles = {"Global Administrator"}; },
     nullptr, with_admin_consent},
    {"S12 another tenant's administrator", "page", 50020, none, "",
     [](G& g) { administrator(g); g.login = "olga@fabrikam.example"; g.olga.roles = {"Global Administrator"}; },
     nullptr, with_admin_consent},
    {"S12 at common", "program", 0, e::invalid_authority, "", [](G& g) { administrator(g); g.authority = "common"; },
     nullptr, with_admin_consent},

    {"S13 a second secret", "", 0, none, "", [](G&) {}, nullptr, with_another_secret},
    {"S13 a third secret, where personal accounts sign in", "directory", 0, none, "at most two",
     [](G& g) { mock::directory_error never; g.w.directory.add_secret(g.w, *g.mine, "second", day, never); }, nullptr, with_another_secret},
    {"S13 a secret for more than 24 months", "directory", 0, none, "at most 24 months", nullptr,
     [](G& g) { g.secret_lifetime = 900 * day; }},
    {"S14 the Secret ID instead of its Value", "token", 7000215, e::invalid_client, "client secret value, not the client secret ID",
     [](G& g) { g.settings.client_secret = secret(g.mine->secrets.front().id); }},
    {"S14 the hint instead of the Value", "token", 7000215, e::invalid_client, "", [](G& g) { g.settings.client_secret = secret(g.mine->secrets.front().hint); }},
    {"S14 the end of the Value is missing", "token", 7000215, e::invalid_client, "",
     [](G& g) { g.settings.client_secret = secret(g.mine->secrets.front().value.substr(0, 36)); }},
    {"S14 removed since", "renewal", 7000215, e::invalid_client, "", [](G& g) { g.later = [](G& h) { h.mine->secrets.clear(); }; }},
    {"S15 the secret has expired", "token", 7000222, e::invalid_client, "",
     [](G& g) { g.mine->secrets.front().end = g.w.date(); }},
    {"S15 it works until the day it does not", "renewal", 7000222, e::invalid_client, "",
     [](G& g) { g.later = [](G& h) { h.w.advance(8 * day); }; }, [](G& g) { g.secret_lifetime = 7 * day; }},
    {"S15 no secret", "token", 7000218, e::invalid_client, "", [](G& g) { g.settings.client_secret = secret(); }},
    {"S15 a secret from a public client", "token", 700025, e::invalid_client, "", [](G&) {},
     [](G& g) { redirect(g, G::callback, platform::public_client); }},
    {"S15 a public client without one", "", 0, none, "", [](G& g) { g.settings.client_secret = secret(); },
     [](G& g) { redirect(g, G::callback, platform::public_client); }},

    {"S17 another redirect URL with the code", "token", 500112, e::invalid_grant, "",
     [](G& g) { g.meanwhile = [](G& h) { h.redemption.redirect_uri = "http://localhost:3001/oauth"; }; }},

    {"S18 a misspelt Directory ID", "page", 90002, none, "", [](G& g) { g.authority = "00000000-0000-4000-8000-00000000dead"; }},
    {"S18 the company's name", "program", 0, e::invalid_authority, "", [](G& g) { g.authority = "Woodgrove"; }},
    {"S18 the whole address", "program", 0, e::invalid_authority, "",
     [](G& g) { g.authority = "https://login.microsoftonline.com/common"; }},
    {"S18 somebody else's Directory ID", "page", 50020, none, "", [](G& g) { g.authority = g.other.id; }, multi_tenant},
    {"S18 a tenant of a national cloud", "page", 90038, none, "", [](G& g) { g.home.cloud = "MicrosoftOnline.US"; g.authority = "woodgrove.example"; }},

    {"S19 the application is switched off", "page", 7000112, none, "is disabled", [](G& g) { g.mine->enabled = false; }},
    {"S19 the enterprise application is switched off", "page", 7000112, none, "is disabled",
     [](G& g) { g.w.directory.find_service_principal(g.mine->app_id, g.home.id)->enabled = false; }},
    {"S19 switched off later", "renewal", 7000112, e::unauthorized_client, "", [](G& g) { g.later = [](G& h) { h.mine->enabled = false; }; }},
    {"S19 removed", "page", 700016, none, "", [](G& g) { g.w.directory.remove_application(g.mine->app_id); }},

    {"S20 Graph's permissions, and base scope imap", "mailbox", 0, none, "the token is for another resource", [](G& g) { g.options.scopes = scopes_for(base_scope::api, g.cloud); }},
    {"S20 IMAP's permissions, and base scope api", "mailbox", 0, none, "the token is for another resource",
     [](G& g) { g.base = base_scope::api; g.options.scopes = scopes_for(base_scope::imap, g.cloud); }},

    {"S22 the application by itself", "", 0, none, "", [](G& g) { g.w.directory.grant_all(g.w, *g.mine, g.home.id); }, by_itself, app_only},
    {"S22 without an administrator's consent", "mailbox", 0, none, "lacks the scope or role", [](G&) {}, by_itself, app_only},
    {"S22 at common", "program", 0, e::invalid_authority, "", [](G& g) { g.authority = "common"; }, by_itself, app_only},
    {"S22 at organizations", "program", 0, e::invalid_authority, "", [](G& g) { g.authority = "organizations"; }, by_itself, app_only},
    {"S22 at consumers", "program", 0, e::invalid_authority, "", [](G& g) { g.authority = "consumers"; }, by_itself, app_only},
    {"S22 without a secret", "program", 0, e::invalid_app, "", [](G& g) { g.settings.client_secret = secret(); }, by_itself, app_only},
    {"S22 with a named scope", "token", 1002012, e::invalid_scope, "",
     [](G& g) { g.scopes("https://graph.microsoft.com/Mail.ReadWrite"); }, by_itself, app_only},
    {"S22 in a tenant that does not know the application", "token", 7000229, e::invalid_client, "",
     [](G& g) { g.authority = "fabrikam.example"; }, by_itself, app_only},

    {"S25 a parameter that is set already", "program", 0, e::parameter_is_ours, "", [](G& g) { g.options.extra = {{"scope", "x"}}; }},
    {"S25 an unknown prompt", "redirect", 90100, e::invalid_request, "", [](G& g) { g.options.prompt = "admin_consent"; }},
    {"S25 prompt=none, and nobody is signed in", "redirect", 50058, e::login_required, "", [](G& g) { g.options.prompt = "none"; }},
    {"S25 a request of more than 8 KiB", "page", 90015, none, "", [](G& g) { g.options.login_hint.assign(8192, 'x'); }},
    {"S25 an answer to another sign-in", "program", 0, e::state_mismatch, "",
     [](G& g) { g.alter = [](std::string& p) { p.insert(p.find("state=") + 6, "x"); }; }},
    {"S25 an answer with two codes", "program", 0, e::malformed_response, "",
     [](G& g) { g.alter = [](std::string& p) { p += "&code=x"; }; }},
    {"S25 an answer of another authority", "redirect", 0, e::issuer_mismatch, "",
     [](G& g) { g.alter = [](std::string& p) { p += "&iss=https%3A%2F%2Flogin.evil.test%2Fv2.0"; }; }},

    {"S26 several have signed in, and the right one is picked", "", 0, none, "",
     [](G& g) { g.press = g.adele.id; }, nullptr, with_a_picker},
    {"S26 the wrong account is picked", "renewal", 0, e::account_mismatch, "",
     [](G& g) { g.press = g.admin.id; }, nullptr, with_a_picker},
    {"S26 signed in as somebody else than the mailbox", "mailbox", 0, none, "has no rights on this mailbox", [](G& g) { g.mailbox = "admin@woodgrove.example"; }},
    {"S26 a name that does not exist", "page", 50034, none, "", [](G& g) { g.login = "nobody@woodgrove.example"; }},
    {"S26 a domain that does not exist", "page", 50128, none, "",
     [](G& g) { g.login = "adele@nowhere.example"; g.authority = "organizations"; }},
    {"S26 a wrong password", "page", 50126, none, "Your account or password is incorrect", [](G& g) { g.password = "wrong"; }},
    {"S26 locked", "page", 50053, none, "", [](G& g) { g.adele.locked = true; }},
    {"S26 no password", "page", 50056, none, "", [](G& g) { g.adele.password.clear(); }},
    {"S26 the password has expired", "page", 50055, none, "", [](G& g) { g.adele.password_expired = true; }},
    {"S26 the password of a company's own directory has expired", "page", 50144, none, "",
     [](G& g) { g.adele.password_expired = g.adele.on_premises = true; }},
    {"S26 the account is at risk", "page", 50135, none, "", [](G& g) { g.adele.risk = mock::user_risk::compromised; }},
    {"S26 disabled", "page", 50057, none, "The user account is disabled", [](G& g) { g.adele.enabled = false; }},
    {"S26 a shared mailbox signs in", "page", 50057, none, "", [](G& g) { g.adele.shared_mailbox = true; }},
    {"S26 under age", "page", 54000, none, "", [](G& g) { g.adele.minor = true; }},
    {"S26 the page is an hour old", "page", 50089, none, "", [](G& g) { g.hesitates = [](G& h) { h.w.advance(61min); }; }},
    {"S26 cancelled", "redirect", 0, e::access_denied, "", [](G& g) { g.press = "cancel"; }},
    {"S26 a guest who has not accepted yet", "page", 50014, none, "", [](G& g) { g.home.guests.front().accepted = false; }, a_guest},
    {"S26 a guest with a risk at home", "page", 53011, none, "", [](G& g) { g.olga.risk = mock::user_risk::blocked; }, a_guest},
    {"S26 a guest who may not go out", "page", 500212, none, "",
     [](G& g) { g.w.policy.edit_tenant(g.other.id).outbound_access = false; }, a_guest},
    {"S26 a guest who may not come in", "page", 500213, none, "", [](G& g) { g.policy().inbound_access = false; }, a_guest},

    {"S27 consent is declined", "redirect", 65004, e::access_denied, "declined", [](G& g) { g.press = "decline"; }},

    {"S28 a second factor", "", 0, none, "", [](G& g) { g.conditions(ca::mfa); }},
    {"S28 a second factor that has to be set up", "", 0, none, "", [](G& g) { g.conditions(ca::mfa_registration); }},
    {"S28 the second factor is denied", "page", 500121, none, "", [](G& g) { g.conditions(ca::mfa); g.press = "deny"; }},
    {"S28 a second factor may not be set up from here", "page", 53004, none, "",
     [](G& g) { g.conditions(ca::mfa_registration); g.adele.risk = mock::user_risk::sign_in; }},
    {"S28 a second factor is wanted since", "renewal", 50076, e::invalid_grant, "", [](G& g) { g.later = [](G& h) { h.conditions(ca::mfa); }; }},
    {"S28 and has to be set up", "renewal", 50079, e::invalid_grant, "",
     [](G& g) { g.later = [](G& h) { h.conditions(ca::mfa); h.adele.mfa_registered = false; }; }},
    {"S28 the second factor does not count any more", "renewal", 50078, e::invalid_grant, "",
     [](G& g) { g.conditions(ca::mfa); g.policy().mfa_lifetime = 12; g.later = [](G& h) { h.w.advance(12h); }; }},
    {"S28 blocked", "page", 53003, none, "blocked by Conditional Access", [](G& g) { g.conditions(ca::blocked); }},
    {"S28 blocked since", "renewal", 53003, e::invalid_grant, "", [](G& g) { g.later = [](G& h) { h.conditions(ca::blocked); }; }},
    {"S28 no compliant device", "page", 53000, none, "", [](G& g) { g.conditions(ca::compliant_device); }},
    {"S28 no joined device", "page", 53001, none, "", [](G& g) { g.conditions(ca::joined_device); }},
    {"S28 no approved application", "page", 53002, none, "", [](G& g) { g.conditions(ca::approved_app); }},
    {"S28 no managed device", "page", 530003, none, "", [](G& g) { g.conditions(ca::managed_device); }},
    {"S28 no registered device", "page", 50129, none, "", [](G& g) { g.conditions(ca::registered_device); }},
    {"S28 no device's authentication", "page", 50097, none, "", [](G& g) { g.conditions(ca::device_authentication); }},
    {"S28 an unknown platform", "page", 50005, none, "", [](G& g) { g.conditions(ca::device_platform); }},
    {"S28 somebody else's challenge", "page", 50158, none, "", [](G& g) { g.conditions(ca::external_challenge); }},
    {"S28 mail protocols are kept out", "mailbox", 0, none, "Conditional Access keeps this protocol out", [](G& g) { g.conditions(ca::mail_protocols_only); }},
    {"S28 not assigned", "page", 50105, none, "",
     [](G& g) { g.w.directory.find_service_principal(g.mine->app_id, g.home.id)->assignment_required = true; }},
    {"S28 Exchange is switched off", "page", 500014, none, "",
     [](G& g) { g.home.resources.push_back({.app_id = std::string(mock::exchange_app_id), .enabled = false}); }},
    {"S28 the tenant has no Exchange", "page", 650052, none, "", [](G& g) { g.home.has_exchange = false; }},

    {"S29 the code is used twice", "token", 54005, e::invalid_grant, "",
     [](G& g) { g.meanwhile = [](G& h) { BOOST_TEST(!h.converse(oauth2::detail::redeem(h.client, h.the_code())).ec); }; }},
    {"S29 the code is ten minutes old", "token", 70008, e::invalid_grant, "", [](G& g) { g.meanwhile = [](G& h) { h.w.advance(10min); }; }},
    {"S29 in a strict world, one minute", "token", 70008, e::invalid_grant, "",
     [](G& g) { g.w.policy.service.strict_oauth = true; g.meanwhile = [](G& h) { h.w.advance(1min); }; }},
    {"S29 the verifier of another sign-in", "token", 501481, e::invalid_grant, "",
     [](G& g) { g.meanwhile = [](G& h) { h.redemption.verifier = secret(G::verifier); }; }},
    {"S29 at another authority", "token", 700005, e::invalid_grant, "",
     [](G& g) { g.meanwhile = [](G& h) { error_code ec; h.client.from = oauth2::authority::make(h.cloud, "organizations", ec); }; }},
    {"S29 the code is cut off", "token", 9002313, e::invalid_grant, "",
     [](G& g) { g.meanwhile = [](G& h) { h.redemption.code = secret(std::string(h.redemption.code.reveal().substr(0, 100))); }; }},
    {"S29 somebody else's code is planted", "token", 0, e::nonce_mismatch, "",
     [](G& g) { g.meanwhile = [](G& h) { h.redemption.nonce = "another"; }; }},
    {"S29 another application redeems it", "token", 70000, e::invalid_grant, "",
     [](G& g) { g.meanwhile = [](G& h) { h.client.application.client_id = h.app.app_id; h.client.application.client_secret = secret(h.secret); }; }},

    {"S30 this machine's clock is slow", "token", 0, e::id_token_not_yet_valid, "", [](G& g) { g.here.ahead = -2h; }},
    {"S30 this machine's clock is fast", "token", 0, e::id_token_expired, "", [](G& g) { g.here.ahead = 2h; }},
    {"S30 the keys have just changed", "", 0, none, "", [](G& g) { g.meanwhile = [](G& h) { h.w.keys.rotate(); }; }},
    {"S30 Microsoft is busy", "token", 0, busy, "",
     [](G& g) { g.meanwhile = [](G& h) { h.w.faults.next_status("entra", "token", 503, 5s); }; }},

    {"S38 the password has changed", "renewal", 50173, e::invalid_grant, "",
     [](G& g) { g.later = [](G& h) { h.w.advance(1min); h.w.directory.change_password(h.w, h.adele, "battery staple"); }; }},
    {"S38 not used for 90 days", "renewal", 700082, e::invalid_grant, "", [](G& g) { g.later = [](G& h) { h.w.advance(90 * day); }; }},
    {"S38 the tenant lets no sign-in live longer", "renewal", 700081, e::invalid_grant, "",
     [](G& g) { g.policy().refresh_token_lifetime = 30; g.later = [](G& h) { h.w.advance(30 * day); }; }},
    {"S38 sign-in frequency", "renewal", 70043, e::invalid_grant, "",
     [](G& g) { g.policy().sign_in_frequency = 4; g.later = [](G& h) { h.w.advance(4h); }; }},
    {"S38 the account is disabled", "renewal", 50057, e::invalid_grant, "", [](G& g) { g.later = [](G& h) { h.adele.enabled = false; }; }},
    {"S38 the application is removed", "renewal", 700016, e::unauthorized_client, "",
     [](G& g) { g.later = [](G& h) { h.w.directory.remove_application(h.mine->app_id); }; }},
    {"S38 another application's refresh token", "renewal", 70000, e::invalid_grant, "",
     [](G& g) { g.later = [](G& h) { h.client.application.client_id = h.app.app_id; h.client.application.client_secret = secret(h.secret); }; }},
    {"S38 the refresh token is cut off", "renewal", 9002313, e::invalid_grant, "",
     [](G& g) { g.later = [](G& h) { h.token.refresh = secret(std::string(h.token.refresh.reveal().substr(0, 100))); }; }},
    {"S38 an old refresh token", "", 0, none, "", [](G& g) { g.renewals = 2; }},
    {"S38 an old refresh token, in a strict world", "renewal", 70000, e::invalid_grant, "",
     [](G& g) { g.w.policy.service.strict_oauth = true; g.renewals = 2; }},
    {"S38 too often", "renewal", 90055, e::temporarily_unavailable, "",
     [](G& g) { g.policy().token_requests_per_minute = 3; g.renewals = 4; }},
    {"S38 in a loop", "renewal", 50196, e::invalid_grant, "", [](G& g) { g.w.policy.service.loop_limit = 4; g.renewals = 5; }},
    {"S38 Microsoft is busy", "renewal", 0, busy, "",
     [](G& g) { g.later = [](G& h) { h.w.faults.next_status("entra", "token", 503, 5s); }; }},
    {"S38 the answer is about somebody else", "renewal", 0, e::account_mismatch, "",
     [](G& g) { g.later = [](G& h) { h.token.identity->subject = "somebody else"; }; }},
};
// clang-format on

std::size_t wrong_turns()
{
    return std::size_t(std::count_if(std::begin(turns), std::end(turns), [](turn const& t) { return *t.where; }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_account_gets_from_the_registration_to_a_token_that_renews_itself)
{
    auto const all = ways();
    std::set<std::string> combinations;
    for (way const& one : all)
        BOOST_TEST_CONTEXT(account::name(one.base) << ", " << to_string(one.registered) << " at " << one.authority
                                                   << ' ' << int(one.form) << ", account " << int(one.account))
        {
            go(one);
            combinations.insert(std::string(one.authority) + std::to_string(int(one.account)) +
                                std::string(account::name(one.base)));
        }
    // common: 4, organizations: 3, consumers: 1, and a tenant by id and by domain: 3 each, with two base scopes.
    BOOST_TEST(combinations.size() == 28u);
    BOOST_TEST_MESSAGE("counts: " << all.size() << " ways, " << wrong_turns() << " wrong turns");
}

BOOST_AUTO_TEST_CASE(every_wrong_turn_is_told_where_it_is_taken)
{
    std::set<std::string_view> steps;
    for (turn const& t : turns)
        BOOST_TEST_CONTEXT(t.step)
        {
            BOOST_TEST(steps.insert(t.step).second);
            guide g;
            g.hints = true;
            if (t.registering)
                t.registering(g);
            ending at = g.register_it();
            BOOST_TEST_REQUIRE((at || t.change));
            if (!at)
            {
                t.change(g);
                at = t.way(g);
            }
            BOOST_TEST(at.where == t.where, at.where << ": " << at.ec.message() << ' ' << at.text);
            BOOST_TEST(at.code == t.code, at.text);
            BOOST_TEST((at.ec == t.error), at.ec.message());
            BOOST_TEST(at.text.find(t.says) != std::string::npos, at.text);
            if (!at)
                continue;
            BOOST_TEST(!at.text.empty());
            if (at.code == 0)
                continue;
            // The number is in the words that the person can paste, and there is advice about it.
            auto const known = check::explain(at.text);
            BOOST_TEST_REQUIRE(!known.empty());
            BOOST_TEST(known.front().id == "AADSTS" + std::to_string(at.code));
            BOOST_TEST(!known.front().causes.empty());
            if (at.where == "token" || at.where == "renewal")
                BOOST_TEST(!g.client.last.correlation_id.empty());
        }
}

// What people paste into the wrong field is found before anything is asked (S2, S5, S9, S14, S18, S20).
BOOST_AUTO_TEST_CASE(settings_that_cannot_work_are_named_without_asking_anybody)
{
    using check::outcome;
    struct row
    {
        char const* step;
        outcome result;
        char const* says;
        char const* symptom;
        void (*change)(account::settings&);
    };
    using A = account::settings;
    static constexpr row rows[] = {
        {"as the guide has it", outcome::passed, "", "", [](A&) {}},
        {"S2 the secret as client id", outcome::failed, "client_id is no GUID", "AADSTS700038",
         [](A& s) { s.client_id = "mock-secret-value"; }},
        {"S5 http on a real host", outcome::failed, "neither https nor http on this machine", "AADSTS50011",
         [](A& s) { s.redirect_uri = "http://mail.example/oauth"; }},
        {"S5 another machine", outcome::failed, "leads to another machine", "AADSTS50011",
         [](A& s) { s.redirect_uri = "https://mail.example/oauth"; }},
        {"S9a without the Outlook prefix", outcome::warning, "no Outlook prefix", "",
         [](A& s) { s.scopes = "IMAP.AccessAsUser.All SMTP.Send offline_access"; }},
        {"S9b both sets", outcome::failed, "more than one resource", "AADSTS28000",
         [](A& s) { s.scopes = "https://outlook.office.com/SMTP.Send https://graph.microsoft.com/Mail.Send"; }},
        {"S14 the Secret ID", outcome::warning, "form of a Secret ID", "AADSTS7000215",
         [](A& s) { s.client_secret = secret("00000000-0000-4000-8000-000000000009"); }},
        {"S18 the company's name", outcome::failed, "authority", "AADSTS900023",
         [](A& s) { s.authority = "Woodgrove"; }},
        {"S18 no such cloud", outcome::failed, "no cloud of that name", "", [](A& s) { s.cloud = "moon"; }},
        {"S20 Graph's scopes, and base scope imap", outcome::warning, "no Outlook prefix", "",
         [](A& s) { s.scopes = "https://graph.microsoft.com/Mail.ReadWrite offline_access"; }},
        {"S20 Graph's scopes, and base scope api", outcome::passed, "", "",
         [](A& s) {
             s.base_scope = base_scope::api;
             s.scopes = "Mail.ReadWrite https://graph.microsoft.com/SMTP.Send offline_access";
         }},
        {"S20 Outlook's scopes, and base scope api", outcome::warning, "set base_scope to imap", "graph-wrong-audience",
         [](A& s) {
             s.base_scope = base_scope::api;
             s.scopes = "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send";
         }},
        {"S20 the same without the prefix", outcome::warning, "ask for https://graph.microsoft.com/Mail.ReadWrite", "",
         [](A& s) {
             s.base_scope = base_scope::api;
             s.scopes = "imap.accessasuser.all SMTP.Send offline_access";
         }},
        {"S14 and S20", outcome::warning, "secret's Value; and the scopes are for https://outlook.office365.com,",
         "AADSTS7000215", [](A& s) {
             s.client_secret = secret("00000000-0000-4000-8000-000000000009");
             s.base_scope = base_scope::api;
             s.scopes = "https://outlook.office365.com/IMAP.AccessAsUser.All";
         }}};
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.step)
        {
            account::settings s;
            s.client_id = "00000000-0000-4000-8000-000000000001";
            s.client_secret = secret("mock-secret-value");
            r.change(s);
            auto const step = check::check_settings(s);
            BOOST_TEST((step.result == r.result), check::name(step.result) << ' ' << step.problem);
            BOOST_TEST(step.problem.find(r.says) != std::string::npos, step.problem);
            BOOST_TEST((step.symptoms.empty() ? "" : step.symptoms.front().id) == r.symptom);
        }
}

// S4, S18: what the registration and the account are, and what becomes of a sign-in then. What is only inferred does not keep
// anybody from trying, and nothing is claimed that depends on what is not said.
BOOST_AUTO_TEST_CASE(a_refusal_that_is_bound_to_come_is_told_before_anybody_signs_in)
{
    using check::outcome;
    using check::owner;
    using A = account::settings;
    using oauth2::account_kind;
    struct row
    {
        char const* what;
        outcome result;
        char const* says;
        char const* symptom;
        check::evidence mark;
        owner who;
        void (*change)(A&);
        check::principal principal = check::principal::user;
    };
    constexpr auto documented = check::evidence::documented, observed = check::evidence::observed,
                   inferred = check::evidence::inferred;
    static constexpr char const *home = "00000000-0000-4000-8000-00000000000a",
                                *other = "00000000-0000-4000-8000-00000000000b";
    static constexpr auto own = audience::my_org, orgs = audience::multiple_orgs, all = audience::orgs_and_personal,
                          personal = audience::personal;
    constexpr auto passed = outcome::passed, warning = outcome::warning, failed = outcome::failed;
    constexpr auto developer = owner::developer, user = owner::user;
    constexpr auto application = check::principal::application;
    // Whatever signs in
    static constexpr auto is = [](A& s, audience a, char const* authority, char const* home_tenant = "") {
        s.sign_in_audience = oauth2::sign_in_audience(a);
        s.authority = authority;
        s.home_tenant = home_tenant;
    };
    row const rows[] = {
        {"nothing is known",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) {
             s.account_kind = account_kind::personal;
             s.authority = "organizations";
         }},
        {"one tenant, at common", failed, "a sign-in will be refused with AADSTS50194", "AADSTS50194", observed,
         developer, [](A& s) { is(s, own, "common"); }},
        {"one tenant, at organizations", warning, "will probably be refused with AADSTS50194", "AADSTS50194", inferred,
         developer, [](A& s) { is(s, own, "organizations"); }},
        {"one tenant, at consumers", failed, "AADSTS9002332, or AADSTS700016", "AADSTS9002332", documented, developer,
         [](A& s) { is(s, own, "consumers"); }},
        {"one tenant, at home", passed, "", "", {}, {}, [](A& s) { is(s, own, home, home); }},
        {"one tenant, at another", warning, "AADSTS700016", "AADSTS700016", inferred, developer,
         [](A& s) { is(s, own, other, home); }},
        {"one tenant, at one that may be home", passed, "", "", {}, {}, [](A& s) { is(s, own, other); }},
        {"one tenant, by domain, known by id",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) { is(s, own, "contoso.example", home); }},
        {"one tenant, by another domain",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) { is(s, own, "contoso.example", "contoso.onmicrosoft.com"); }},
        {"one tenant, and a stranger", failed, "AADSTS50020", "AADSTS50020", documented, user,
         [](A& s) {
             is(s, own, home, home);
             s.account_kind = account_kind::other_work;
         }},
        {"one tenant, and a guest",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) {
             is(s, own, home, home);
             s.account_kind = account_kind::guest;
         }},
        {"work accounts, at common", passed, "", "", {}, {}, [](A& s) { is(s, orgs, "common"); }},
        {"work accounts, a personal one", failed, "on a page without a number, or AADSTS500200", "AADSTS500200",
         observed, user,
         [](A& s) {
             is(s, orgs, "common");
             s.account_kind = account_kind::personal;
         }},
        {"work accounts, an address of Outlook.com", warning, "the domain of the address", "AADSTS500200", inferred,
         user,
         [](A& s) {
             is(s, orgs, "common");
             s.user = "robin@Outlook.com";
         }},
        {"the same, known to be of work",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) {
             is(s, orgs, "common");
             s.user = "robin@outlook.com";
             s.account_kind = account_kind::home_work;
         }},
        {"an address that only ends so",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) {
             is(s, orgs, "common");
             s.user = "robin@notoutlook.com";
         }},
        {"an address of Outlook.com at a tenant, which may have invited it",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) {
             is(s, all, home, home);
             s.user = "robin@outlook.com";
         }},
        {"all accounts, a personal one at organizations", warning, "AADSTS500208, or AADSTS50020", "AADSTS500208",
         inferred, user,
         [](A& s) {
             is(s, all, "organizations");
             s.account_kind = account_kind::personal;
         }},
        {"all accounts, one of work at consumers", failed, "on a page without a number: ", "account-not-served",
         documented, user,
         [](A& s) {
             is(s, all, "consumers");
             s.account_kind = account_kind::home_work;
         }},
        {"all accounts, at consumers", passed, "", "", {}, {}, [](A& s) { is(s, all, "consumers"); }},
        {"personal accounts, at common", failed, "AADSTS9002346 (with a device code AADSTS9002331)", "AADSTS9002346",
         observed, developer, [](A& s) { is(s, personal, "common"); }},
        {"personal accounts, in a national cloud", failed, "no personal accounts", "account-not-served", documented,
         developer,
         [](A& s) {
             is(s, personal, "consumers");
             s.cloud = "china";
         }},
        {"by itself, at home", passed, "", "", {}, {}, [](A& s) { is(s, own, home, home); }, application},
        {"by itself, where an administrator may have consented",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) { is(s, orgs, other, home); },
         application},
        {"by itself, at another tenant", warning,
         "the application's request for a token will probably be refused with AADSTS700016, or AADSTS7000229",
         "AADSTS700016", inferred, developer, [](A& s) { is(s, own, other, home); }, application},
        {"by itself, at common", warning, "AADSTS50059", "AADSTS50059", inferred, developer,
         [](A& s) { is(s, orgs, "common"); }, application},
        {"by itself, at consumers", failed, "AADSTS9002332", "AADSTS9002332", documented, developer,
         [](A& s) { is(s, orgs, "consumers"); }, application},
        {"by itself, with scopes that it does not send",
         passed,
         "",
         "",
         {},
         {},
         [](A& s) {
             is(s, orgs, home, home);
             s.scopes = "IMAP.AccessAsUser.All";
             s.account_kind = account_kind::personal;
         },
         application},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.what)
        {
            A s;
            s.client_id = "00000000-0000-4000-8000-000000000001";
            s.client_secret = secret("mock-secret-value");
            r.change(s);
            auto const step = check::check_settings(s, r.principal);
            BOOST_TEST((step.result == r.result), check::name(step.result) << ' ' << step.problem);
            BOOST_TEST(step.problem.find(r.says) != std::string::npos, step.problem);
            BOOST_TEST(step.asked.empty());
            BOOST_TEST_REQUIRE(step.symptoms.size() == (*r.symptom ? 1u : 0u));
            if (!*r.symptom)
                continue;
            check::symptom const& found = step.symptoms.front();
            BOOST_TEST(found.id == r.symptom);
            BOOST_TEST(!found.meaning.empty());
            BOOST_TEST_REQUIRE(found.causes.size() == 1u);
            check::cause const& c = found.causes.front();
            BOOST_TEST((c.mark == r.mark), check::name(c.mark));
            BOOST_TEST((c.who == r.who), check::name(c.who));
            BOOST_TEST((!c.what.empty() && !c.remedy.empty() && !c.source.empty()));
            BOOST_TEST(step.problem.find(std::string(check::name(c.mark)) + ": ") != std::string::npos, step.problem);
        }
}

// Whatever the mock can say, and whatever is predicted of a sign-in, somebody gets advice about it.
BOOST_AUTO_TEST_CASE(there_is_advice_about_every_number)
{
    auto const advised = [](std::uint32_t code) {
        auto const known = check::explain("AADSTS" + std::to_string(code) + ": x");
        BOOST_TEST((known.size() == 1u && !known.front().causes.empty()), "AADSTS" << code);
    };
    for (mock::aadsts_row const& row : mock::aadsts_rows())
        advised(std::uint32_t(row.code));
    for (oauth2::legality_rule const& rule : oauth2::legality_rules())
        for (std::uint32_t const code : {rule.outcome.page, rule.outcome.also, rule.outcome.token})
            if (code != 0)
                advised(code);
    for (oauth2::app_legality_rule const& rule : oauth2::app_legality_rules())
        for (std::uint32_t const code : {rule.outcome.also, rule.outcome.token})
            if (code != 0)
                advised(code);
}

BOOST_AUTO_TEST_SUITE_END()
