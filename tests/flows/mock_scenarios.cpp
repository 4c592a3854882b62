#include "../entra_office.hpp"

#include <outkit/check/atlas.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/scenarios.hpp>
#include <outkit/mock/world_json.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

// Each scenario is gone through as a mail program and its user would, from the authorization request to the mailbox, and
// must show at its step, with its words, and nowhere before.

BOOST_AUTO_TEST_SUITE(mock_scenarios)
namespace {

using namespace outkit::mock;
namespace tests = outkit::tests;

struct showing
{
    std::string step;  // empty: everything went well
    std::string says;
    access_denial denial = access_denial::none;
};

showing go(world& w, client_setup const& c)
{
    entra login(w);
    tests::browser ie([&](outkit::http::request const& r) { return login.answer(r); });
    static constexpr char verifier[] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    std::string const scopes = c.scopes.empty() ? std::string(default_scopes(c.base_scope)) : c.scopes;
    std::string const base = "/" + c.authority + "/oauth2/v2.0/";
    outkit::http::response r = ie.get(base + "authorize?" +
                                      tests::form({{"client_id", c.client_id},
                                                   {"response_type", "code"},
                                                   {"redirect_uri", c.redirect_uri},
                                                   {"scope", scopes},
                                                   {"state", "s"},
                                                   {"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
                                                   {"code_challenge_method", "S256"}}));
    for (int pages = 0; r.status == 200u && pages != 8; ++pages)
    {
        if (r.body.find("<form") == r.body.npos || r.body.find("AADSTS") != r.body.npos)
            break;
        tests::html_form const f = tests::form_of(r.body);
        if (f.asks_for("passwd"))
            r = ie.submit(r, {{"passwd", c.password}});
        else if (f.asks_for("loginfmt"))
            r = ie.submit(r, {{"loginfmt", c.login}});
        else
            r = ie.submit(r);
    }
    tests::pairs const answer = tests::redirect_parameters(r);
    std::string const code = tests::value_of(answer, "code");
    if (code.empty())
        return {"sign-in", tests::value_of(answer, "error_description") + tests::unescaped(r.body)};

    tests::pairs fields{{"client_id", c.client_id},       {"grant_type", "authorization_code"}, {"code", code},
                        {"redirect_uri", c.redirect_uri}, {"code_verifier", verifier},          {"scope", scopes}};
    if (!c.client_secret.empty())
        fields.emplace_back("client_secret", c.client_secret);
    outkit::http::request request{.method = "POST", .target = base + "token"};
    request.headers = {{"Host", "localhost:8443"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = tests::form(fields);
    outkit::http::response const redeemed = login.answer(request);
    boost::json::object const o = boost::json::parse(redeemed.body).as_object();
    std::string const token = tests::text_of(o, "access_token");
    if (token.empty())
        return {"code", tests::text_of(o, "error_description")};

    if (c.base_scope == "api")
    {
        auto const a = open(w, token, protocol::graph, "me");
        return a ? showing{} : showing{"graph.folders", std::string(describe(a.denial)), a.denial};
    }
    if (auto const a = open(w, token, protocol::imap, c.user); !a)
        return {"imap.sign-in", a.authenticated() ? "User is authenticated but not connected." : "AUTHENTICATE failed.",
                a.denial};
    if (auto const a = open(w, token, protocol::smtp, c.user); !a)
        return {"smtp.sign-in", std::string(describe(a.denial)), a.denial};
    return {};
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_scenario_shows_at_its_step_in_its_words_and_not_before)
{
    std::map<std::string_view, access_denial> const denials = {
        {"token-for-graph-sent-to-imap", access_denial::token_audience},
        {"imap-scope-missing", access_denial::scope_missing},
        {"another-users-mailbox", access_denial::no_rights},
        {"smtp-auth-disabled-for-tenant", access_denial::smtp_auth_disabled_tenant},
        {"security-defaults", access_denial::security_defaults},
        {"mail-protocols-blocked", access_denial::conditional_access},
        {"mailbox-not-licensed", access_denial::mailbox_not_licensed},
        {"mailbox-not-licensed-api", access_denial::mailbox_not_licensed},
        {"imap-disabled-for-mailbox", access_denial::imap_disabled},
        {"smtp-auth-disabled-for-mailbox", access_denial::smtp_auth_disabled_mailbox},
        {"authenticated-but-not-connected", access_denial::not_connectable},
    };
    for (scenario const& s : scenarios())
        BOOST_TEST_CONTEXT(s.name)
        {
            world w(1);
            load_default_world(w);
            client_setup client = register_client(w, "adele@woodgrove.example");
            BOOST_TEST_REQUIRE(!client.client_id.empty());
            BOOST_TEST_REQUIRE(apply(s, w, client));
            BOOST_TEST(client.base_scope == s.base_scope);
            showing const seen = go(w, client);
            BOOST_TEST(seen.step == s.step, "step " << seen.step << " instead of " << s.step << ": " << seen.says);
            if (s.step == "sign-in" || s.step == "code")
            {
                BOOST_TEST(seen.says.find(s.says) != std::string::npos, seen.says);
                // the number stands there, and not as the beginning of a longer one
                std::size_t const at = seen.says.find(s.symptom);
                BOOST_TEST(!std::isdigit(static_cast<unsigned char>(seen.says[at + s.symptom.size()])));
            }
            else
            {
                auto const expected = denials.find(s.name);
                BOOST_TEST(seen.denial == (expected == denials.end() ? access_denial::none : expected->second));
            }
            if (s.step == "imap.sign-in")
                BOOST_TEST(seen.says == s.says);
        }
}

BOOST_AUTO_TEST_CASE(a_scenario_leaves_other_people_alone)
{
    // What is wrong with Adele's account, mailbox or configuration does not keep Bob out.
    for (scenario const& s : scenarios())
        if (s.place == scenario_place::mailbox || s.place == scenario_place::account ||
            s.place == scenario_place::service || s.place == scenario_place::configuration)
            BOOST_TEST_CONTEXT(s.name)
            {
                world w(1);
                load_default_world(w);
                client_setup client = register_client(w, "adele@woodgrove.example");
                client_setup bob = client;
                bob.user = bob.login = "bob@woodgrove.example";
                bob.password = "mock-secret-bob";
                BOOST_TEST_REQUIRE(apply(s, w, client));
                if (s.name != "wrong-tenant")  // that narrows the registration, too
                    BOOST_TEST(go(w, bob).step == "");
            }
}

BOOST_AUTO_TEST_CASE(the_atlas_knows_every_symptom_and_its_cause)
{
    for (scenario const& s : scenarios())
        BOOST_TEST_CONTEXT(s.name)
        {
            BOOST_TEST(s.symptom.empty() == s.step.empty());
            if (s.symptom.empty())
                continue;
            outkit::check::symptom const known = outkit::check::lookup(s.symptom);
            BOOST_TEST(!known.causes.empty());
            BOOST_TEST((s.cause.empty() || std::any_of(known.causes.begin(), known.causes.end(),
                                                       [&](auto const& c) { return c.id == s.cause; })),
                       s.cause);
        }
}

BOOST_AUTO_TEST_CASE(names_are_unique_and_everything_is_said)
{
    std::set<std::string_view> names;
    for (scenario const& s : scenarios())
    {
        BOOST_TEST(names.insert(s.name).second, s.name);
        BOOST_TEST(!s.description.empty());
        BOOST_TEST((find_scenario(s.name) == &s));
        BOOST_TEST((s.base_scope == "imap" || s.base_scope == "api"));
        BOOST_TEST((s.place == scenario_place::nowhere) == s.step.empty());
        BOOST_TEST(s.remedy.empty() == s.step.empty());
        BOOST_TEST(!to_string(s.place).empty());
    }
    BOOST_TEST(scenarios()[0].name == "everything-works");
    BOOST_TEST(!find_scenario("nothing-works"));
    BOOST_TEST(nearest_scenario("imap-disabled-for-mailbx") == "imap-disabled-for-mailbox");
    BOOST_TEST(nearest_scenario("zzz") == "");
}

// docs/world.md has the tables of switches, misbehaviour and scenarios.
BOOST_AUTO_TEST_CASE(the_documentation_lists_everything_there_is)
{
    std::ifstream file(std::filesystem::path(OUTKIT_SOURCE_DIR) / "docs/world.md");
    BOOST_TEST_REQUIRE(file.good());
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    auto const row = [&](std::string_view name, std::string_view description) {
        std::string const begin = "\n| `" + std::string(name) + "` | ";
        std::size_t const at = text.find(begin);
        BOOST_TEST_REQUIRE(at != text.npos, name);
        std::string const line = text.substr(at + 1, text.find('\n', at + 1) - at);
        BOOST_TEST(line.find("| " + std::string(description) + " |") != line.npos, line);
    };
    for (policy_switch const& s : policy::switches())
        row(s.name, s.description);
    for (faults::named const& n : faults::names())
        row(n.name, n.description);
    for (scenario const& s : scenarios())
        row(s.name, s.description);
}

BOOST_AUTO_TEST_CASE(personal_accounts_sign_in_to_the_same_registration)
{
    world w(1);
    load_default_world(w);
    client_setup const client = register_client(w, "robin@outlook.test");
    BOOST_TEST_REQUIRE(!client.client_id.empty());
    BOOST_TEST(!w.directory.find_tenant(w.directory.find_application(client.client_id)->tenant_id)->personal());
    BOOST_TEST(go(w, client).step == "");
}

BOOST_AUTO_TEST_CASE(a_setup_that_names_nobody_takes_no_scenario)
{
    world w(1);
    load_default_world(w);
    BOOST_TEST(register_client(w, "nobody@woodgrove.example").client_id == "");
    client_setup client;
    BOOST_TEST(!apply(scenarios()[0], w, client));
    client = register_client(w, "adele@woodgrove.example");
    client.login = "nobody@woodgrove.example";
    BOOST_TEST(!apply(scenarios()[0], w, client));
    // what the directory refuses is no setup
    directory_error why;
    BOOST_TEST(register_client(w, "adele@woodgrove.example", "Mail", "http://mail.example/oauth", &why).client_id ==
               "");
    BOOST_TEST(why.message == "Invalid value specified for property 'web' of resource 'Application'.");
    BOOST_TEST(why.detail.find("must begin with https") != std::string::npos);
    BOOST_TEST(register_client(w, "nobody@woodgrove.example", "Mail", "http://localhost/", &why).client_id == "");
    BOOST_TEST(why.status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
