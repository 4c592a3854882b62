#include "../entra_office.hpp"

#include <outkit/mock/graph.hpp>

// The request parameter `claims`, and the challenges that it answers. Documented: Microsoft Learn, claims challenges,
// on-behalf-of flow.

BOOST_AUTO_TEST_SUITE(mock_entra_claims)
namespace {

namespace json = boost::json;
using namespace outkit::tests;
using namespace outkit::mock;
namespace http = outkit::http;

struct office : entra_office
{
    void conditions(conditional_access c) { w.policy.edit_tenant(home.id).conditional_access = c; }
    void exempt(user const& u) { w.policy.edit_mailbox(u.mail).conditional_access = conditional_access::pass; }

    std::string refresh_token(pairs changed = {})
    {
        json::object const o = json_of(token(code_fields(code(std::move(changed)))));
        return text_of(o, "refresh_token");
    }
    http::response refresh(std::string const& with, std::string const& claims = {})
    {
        pairs p{{"client_id", app.app_id},
                {"grant_type", "refresh_token"},
                {"refresh_token", with},
                {"client_secret", secret}};
        if (!claims.empty())
            p.emplace_back("claims", claims);
        return token(p);
    }
    // What the next request has to say.
    std::string challenge_of(http::response const& r)
    {
        BOOST_TEST(r.status == 400u, r.body);
        std::string const claims = text_of(json_of(r), "claims");
        BOOST_TEST(
            claims.starts_with(R"({"access_token":{"capolids":{"essential":true,"values":["00000000-0000-4000-)"),
            claims);
        return claims;
    }
    // The challenge of the tenant's policy, asked of somebody for whom it holds.
    std::string of_tenant(conditional_access demands)
    {
        std::string const mine = refresh_token();
        conditions(demands);
        return challenge_of(refresh(mine));
    }
};

bool asks_for_second_factor(http::response const& r)
{
    return r.status == 200u && r.body.find("Approve sign in request") != r.body.npos;
}

json::value cp1_of(std::string const& access)
{
    json::object const o = payload_of(access);
    json::value const* const v = o.if_contains("xms_cc");
    return v ? *v : json::value();
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_sign_in_with_the_claims_of_a_challenge_satisfies_its_policy, office)
{
    std::string const old = refresh_token();
    conditions(conditional_access::mfa);
    http::response const refused = refresh(old);
    is_error(refused, 50076, "invalid_grant", "Due to a configuration change");
    std::string const claims = challenge_of(refused);

    http::response const page = authorize({{"claims", claims}});
    BOOST_TEST(asks_for_second_factor(page));
    std::string const code = value_of(redirect_parameters(go_through(page)), "code");
    json::object const o = json_of(token(code_fields(code, {{"claims", claims}})));
    BOOST_TEST(text_of(o, "access_token") != "");
    BOOST_TEST(refresh(text_of(o, "refresh_token"), claims).status == 200u);
    // The grant of before knows of no second factor, whatever it says now.
    is_error(refresh(old, claims), 50076, "invalid_grant", "Due to a configuration change");
}

// Policies are about tenants, mailboxes and people: who is challenged by another one gets another id.
BOOST_FIXTURE_TEST_CASE(a_challenge_names_the_policy_that_sent_it, office)
{
    std::string const adeles = refresh_token();
    ie.jar().clear();
    json::object const o = json_of(token(code_fields(code({}, "common", "admin@woodgrove.example"))));
    std::string const admins = text_of(o, "refresh_token");
    conditions(conditional_access::mfa);
    std::string const of_tenant = challenge_of(refresh(adeles));
    BOOST_TEST(challenge_of(refresh(admins)) == of_tenant);
    conditions(conditional_access::mfa_registration);  // the same policy, edited
    BOOST_TEST(challenge_of(refresh(adeles)) == of_tenant);
    w.policy.edit_mailbox(adele.mail).conditional_access = conditional_access::mfa;
    std::string const of_mailbox = challenge_of(refresh(adeles));
    BOOST_TEST(of_mailbox != of_tenant);
    conditions(conditional_access::pass);
    exempt(adele);
    adele.mfa_required = true;
    std::string const of_user = challenge_of(refresh(adeles));
    BOOST_TEST(of_user != of_tenant);
    BOOST_TEST(of_user != of_mailbox);

    w.policy.edit_tenant(other.id).conditional_access = conditional_access::mfa;
    ie.jar().clear();
    std::string const olgas =
        text_of(json_of(token(code_fields(code({}, "common", "olga@fabrikam.example")))), "refresh_token");
    BOOST_TEST(refresh(olgas).status == 200u);  // signed in with a second factor
    w.policy.edit_tenant(other.id).conditional_access = conditional_access::blocked;
    BOOST_TEST(challenge_of(refresh(olgas)) != of_tenant);
}

BOOST_FIXTURE_TEST_CASE(every_policy_that_refuses_says_which_it_is, office)
{
    std::string const mine = refresh_token();
    for (conditional_access const demands :
         {conditional_access::blocked, conditional_access::compliant_device, conditional_access::joined_device,
          conditional_access::approved_app, conditional_access::managed_device, conditional_access::registered_device,
          conditional_access::device_authentication, conditional_access::device_platform,
          conditional_access::external_challenge, conditional_access::mfa})
    {
        conditions(demands);
        challenge_of(refresh(mine));
    }
    conditions(conditional_access::pass);
    BOOST_TEST(refresh(mine).status == 200u);
}

// A policy that the request names is looked at, though by itself it would not be about this person.
BOOST_FIXTURE_TEST_CASE(a_policy_that_is_named_is_looked_at, office)
{
    std::string const claims = of_tenant(conditional_access::mfa);
    exempt(adele);
    BOOST_TEST(value_of(redirect_parameters(authorize()), "code") != "");
    std::string const mine = refresh_token();
    BOOST_TEST(refresh(mine).status == 200u);

    is_error(refresh(mine, claims), 50076, "invalid_grant", "Due to a configuration change");
    BOOST_TEST(challenge_of(refresh(mine, claims)) == claims);
    pairs const silent = redirect_parameters(authorize({{"claims", claims}, {"prompt", "none"}}));
    BOOST_TEST(value_of(silent, "error") == "interaction_required");
    BOOST_TEST(value_of(silent, "claims") == claims);

    BOOST_TEST(asks_for_second_factor(authorize({{"claims", claims}})));
    BOOST_TEST(refresh(refresh_token({{"claims", claims}}), claims).status == 200u);
    conditions(conditional_access::blocked);
    BOOST_TEST(go_through(authorize({{"claims", claims}})).body.find("AADSTS53003") != std::string::npos);
    conditions(conditional_access::pass);
    BOOST_TEST(value_of(redirect_parameters(authorize({{"claims", claims}})), "code") != "");
}

// A resource challenges, too: what has made it ask has ended the grant and the session, so a new sign-in answers it.
BOOST_FIXTURE_TEST_CASE(a_challenge_of_graph_is_answered_by_a_new_sign_in, office)
{
    outkit::mock::graph graph(w);
    auto const me = [&](json::object const& o) {
        http::request r{.method = "GET", .target = "/v1.0/me"};
        r.headers = {{"Host", "localhost"}, {"Authorization", "Bearer " + text_of(o, "access_token")}};
        return graph.answer(r);
    };
    pairs const scope{{"scope", "openid offline_access User.Read"}};
    json::object const o = json_of(token(code_fields(code(scope))));
    BOOST_TEST(me(o).status == 200u);
    w.advance(std::chrono::minutes(10));
    adele.tokens_valid_from = w.date();

    http::response const refused = me(o);
    BOOST_TEST(refused.status == 401u);
    std::string const said = header(refused, "WWW-Authenticate");
    std::size_t const at = said.find("claims=\"");
    BOOST_TEST_REQUIRE(at != said.npos, said);
    std::string const claims =
        outkit::detail::base64_decode(said.substr(at + 8, said.find('"', at + 8) - at - 8)).value();
    is_error(refresh(text_of(o, "refresh_token"), claims), 50173, "invalid_grant", "The provided grant has expired");
    pairs with = scope;
    with.emplace_back("claims", claims);
    http::response const page = authorize(with);
    BOOST_TEST(form_of(page.body).asks_for("loginfmt"));
    json::object const again =
        json_of(token(code_fields(value_of(redirect_parameters(go_through(page)), "code"), {{"claims", claims}})));
    BOOST_TEST(me(again).status == 200u);
}

BOOST_FIXTURE_TEST_CASE(a_device_passes_a_challenge_on, office)
{
    app.allow_public_client = true;
    std::string const claims = of_tenant(conditional_access::mfa);
    exempt(adele);
    auto const sign_in = [&](pairs more) {
        pairs fields{{"client_id", app.app_id}, {"scope", mail_scope}};
        fields.insert(fields.end(), more.begin(), more.end());
        http::request r{.method = "POST", .target = "/common/oauth2/v2.0/devicecode"};
        r.headers = {{"Host", "localhost:8443"}, {"Content-Type", "application/x-www-form-urlencoded"}};
        r.body = form(fields);
        json::object const o = json_of(entra.answer(r));
        http::response page = ie.submit(ie.get("/common/oauth2/deviceauth"), {{"otc", text_of(o, "user_code")}});
        return ie.submit(page);  // "Are you trying to sign in?"
    };
    BOOST_TEST(asks_for_second_factor(sign_in({{"claims", claims}})));
    BOOST_TEST(sign_in({}).body.find("You have signed in") != std::string::npos);
}

// Documented: Microsoft Learn, claims challenges: the token says so of a client that understands them.
BOOST_FIXTURE_TEST_CASE(a_capable_client_is_told_by_its_token, office)
{
    constexpr char capable[] = R"({"access_token":{"xms_cc":{"values":["cp1"]}}})";
    std::string const mine = refresh_token();
    BOOST_TEST(json::serialize(cp1_of(text_of(json_of(refresh(mine, capable)), "access_token"))) == R"(["cp1"])");
    BOOST_TEST(cp1_of(text_of(json_of(refresh(mine)), "access_token")).is_null());
    for (char const* other : {R"({"access_token":{"xms_cc":{"values":["cp2"]}}})",
                              R"({"id_token":{"xms_cc":{"values":["cp1"]}}})", R"({"access_token":{"xms_cc":null}})"})
        BOOST_TEST(cp1_of(text_of(json_of(refresh(mine, other)), "access_token")).is_null(), other);
    json::object const app_only = json_of(token({{"client_id", app.app_id},
                                                 {"grant_type", "client_credentials"},
                                                 {"scope", "https://outlook.office365.com/.default"},
                                                 {"client_secret", secret},
                                                 {"claims", capable}},
                                                "woodgrove.example"));
    BOOST_TEST(json::serialize(cp1_of(text_of(app_only, "access_token"))) == R"(["cp1"])");
    app.access_token_issuance = true;
    pairs const p = redirect_parameters(authorize({{"response_type", "token"}, {"claims", capable}}));
    BOOST_TEST(json::serialize(cp1_of(value_of(p, "access_token"))) == R"(["cp1"])");

    // As MSAL merges it with a challenge.
    conditions(conditional_access::mfa);
    std::string both = challenge_of(refresh(mine));
    both.insert(both.find("\"capolids\""), R"("xms_cc":{"values":["cp1"]},)");
    std::string const after = refresh_token({{"claims", both}});
    BOOST_TEST(json::serialize(cp1_of(text_of(json_of(refresh(after, both)), "access_token"))) == R"(["cp1"])");
}

BOOST_FIXTURE_TEST_CASE(claims_that_cannot_be_read_are_refused, office)
{
    app.allow_public_client = true;
    std::string const mine = refresh_token();
    std::string deep = "{\"access_token\":";
    for (int i = 0; i != 100; ++i)
        deep += "{\"a\":";
    auto const device = [&](std::string const& claims) {
        http::request r{.method = "POST", .target = "/common/oauth2/v2.0/devicecode"};
        r.headers = {{"Host", "localhost:8443"}, {"Content-Type", "application/x-www-form-urlencoded"}};
        r.body = form({{"client_id", app.app_id}, {"scope", mail_scope}, {"claims", claims}});
        return entra.answer(r);
    };
    constexpr char text[] = "Failed to deserialize policy specified in the request's claim parameter.";
    for (std::string const& bad :
         {std::string("{"), std::string("cp1"), std::string("[]"), std::string("null"), std::string("\"x\""),
          std::string("{} {}"), std::string(R"({"access_token":[]})"), std::string(R"({"access_token":null})"),
          std::string(R"({"access_token":{"capolids":true}})"),
          std::string(R"({"access_token":{"capolids":{"values":"x"}}})"),
          std::string(R"({"access_token":{"capolids":{"values":[1]}}})"), std::string(R"({"id_token":1})"),
          std::string(R"(%7B%7D)"), deep})
        BOOST_TEST_CONTEXT(bad)
        {
            pairs const p = redirect_parameters(authorize({{"claims", bad}}));
            BOOST_TEST(value_of(p, "error") == "invalid_request");
            BOOST_TEST(value_of(p, "error_description").starts_with(std::string("AADSTS50117: ") + text));
            is_error(refresh(mine, bad), 50117, "invalid_request", text);
            is_error(device(bad), 50117, "invalid_request", text);
        }
    // What nobody here knows asks for nothing: the metadata announce no such claims.
    for (char const* other :
         {"{}", R"({"access_token":{}})", R"({"access_token":{"acrs":{"essential":true,"value":"c1"}}})",
          R"({"access_token":{"capolids":{"essential":true,"values":["00000000-0000-4000-8000-00000000dead"]}}})",
          R"({"access_token":{"capolids":{"values":[]}}})", R"({"id_token":{"auth_time":{"essential":true}}})",
          R"({"userinfo":{"given_name":null},"id_token":{"acr":{"values":["1"]}}})", R"({"other":7})"})
        BOOST_TEST_CONTEXT(other)
        {
            BOOST_TEST(value_of(redirect_parameters(authorize({{"claims", other}})), "code") != "");
            BOOST_TEST(refresh(mine, other).status == 200u);
            BOOST_TEST(device(other).status == 200u);
        }
}

BOOST_AUTO_TEST_SUITE_END()
