#include <outkit/oauth2/admin_consent.hpp>
#include <outkit/oauth2/authorization.hpp>
#include <outkit/oauth2/end_session.hpp>
#include <outkit/oauth2/legality.hpp>

#include "entra_office.hpp"

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/simulate.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace outkit;
using oauth2::authority;

namespace {

authority from(std::string_view tenant, oauth2::cloud in = oauth2::global_cloud())
{
    error_code ec;
    auto a = authority::make(std::move(in), tenant, ec);
    BOOST_TEST_REQUIRE(!ec, tenant);
    return a;
}

oauth2::app mail_app()
{
    return {.client_id = "00001111-aaaa-2222-bbbb-3333cccc4444", .redirect_uri = "http://localhost:3000/oauth"};
}

oauth2::authorization_options imap_options()
{
    oauth2::authorization_options o;
    o.scopes = oauth2::scopes_for(oauth2::base_scope::imap, oauth2::global_cloud());
    return o;
}

// What a server makes of the query of a URL.
std::map<std::string, std::string> parameters_of(std::string const& url)
{
    std::map<std::string, std::string> found;
    std::string_view rest = std::string_view(url).substr(url.find('?') + 1);
    while (!rest.empty())
    {
        auto const end = std::min(rest.find('&'), rest.size());
        auto const equals = rest.find('=');
        auto const name = detail::form_decode(rest.substr(0, equals));
        auto const value = detail::form_decode(rest.substr(equals + 1, end - equals - 1));
        BOOST_TEST_REQUIRE((name && value));
        BOOST_TEST(found.emplace(*name, *value).second);  // none twice
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return found;
}

struct begun
{
    detail::simulator world{7};
    error_code ec;
    oauth2::pending_authorization pending;
    std::map<std::string, std::string> sent;

    explicit begun(oauth2::authorization_options o = imap_options(), std::string_view tenant = "common",
                   oauth2::metadata const* discovered = nullptr)
    {
        pending = begin_authorization(world, from(tenant), mail_app(), o, ec, discovered);
        if (!ec)
            sent = parameters_of(pending.url());
    }
    oauth2::authorization_response read(std::string const& parameters, error_code& unrelated)
    {
        return pending.read(parameters, unrelated);
    }
    std::string state() { return "&state=" + sent.at("state"); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(oauth2_requests)

// RFC 7636 appendix B.
BOOST_AUTO_TEST_CASE(the_challenge_is_that_of_rfc_7636)
{
    BOOST_TEST(oauth2::s256_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") ==
               "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

BOOST_AUTO_TEST_CASE(OA_01_verifiers_states_and_nonces_are_never_the_same)
{
    detail::simulator world(1);
    std::set<std::string> seen;
    auto const where = from("common");
    auto const a = mail_app();
    auto const o = imap_options();
    for (int i = 0; i != 10'000; ++i)
    {
        error_code ec;
        auto const p = begin_authorization(world, where, a, o, ec);
        std::string const verifier(p.verifier().reveal());
        auto const state_at = p.url().find("&state=") + 7;
        bool const fresh = seen.insert(verifier).second && seen.insert(p.nonce()).second &&
                           seen.insert(p.url().substr(state_at, 43)).second;
        if (!fresh || verifier.size() != 43 || p.url()[state_at + 43] != '&')
            BOOST_FAIL("request " << i);
        if (i % 1000 != 0)
            continue;
        auto const sent = parameters_of(p.url());
        BOOST_TEST(verifier.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") ==
                   std::string::npos);
        BOOST_TEST(sent.at("code_challenge_method") == "S256");
        BOOST_TEST(sent.at("code_challenge") == oauth2::s256_challenge(verifier));
        BOOST_TEST(sent.at("state").size() == 43u);
        BOOST_TEST(sent.at("nonce") == p.nonce());
    }
}

BOOST_AUTO_TEST_CASE(OA_02_without_randomness_there_is_no_request)
{
    struct no_randomness : detail::simulator
    {
        void random(std::span<unsigned char>) override { throw std::runtime_error("no randomness"); }
    } world;
    error_code ec;
    BOOST_CHECK_THROW(begin_authorization(world, from("common"), mail_app(), imap_options(), ec), std::runtime_error);
}

// The request of the guide's sign-in (documented: Microsoft Learn, OAuth 2.0 authorization code flow).
BOOST_AUTO_TEST_CASE(the_request_has_what_entra_wants)
{
    begun b;
    BOOST_TEST_REQUIRE(!b.ec, b.ec.message());
    BOOST_TEST(b.pending.url().starts_with("https://login.microsoftonline.com/common/oauth2/v2.0/authorize?"));
    std::map<std::string, std::string> expected = {
        {"client_id", "00001111-aaaa-2222-bbbb-3333cccc4444"},
        {"response_type", "code"},
        {"redirect_uri", "http://localhost:3000/oauth"},
        {"response_mode", "query"},
        {"scope", "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send "
                  "offline_access openid profile"},
        {"code_challenge_method", "S256"},
    };
    for (auto const& [name, value] : expected)
        BOOST_TEST(b.sent[name] == value, name << ": " << b.sent[name]);
    BOOST_TEST(b.sent.size() == expected.size() + 3);  // state, nonce, code_challenge
}

BOOST_AUTO_TEST_CASE(OA_28_extra_parameters_do_not_repeat_ours)
{
    for (char const* const name :
         {"client_id", "state", "redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method",
          "response_type", "response_mode", "client_secret", "prompt", ""})
    {
        auto o = imap_options();
        o.extra.emplace_back(name, "x");
        BOOST_TEST((begun(o).ec == make_error_code(oauth2::error::parameter_is_ours)), name);
    }
    auto o = imap_options();
    o.extra = {{"client_info", "1"}, {"x", "a&b=c"}};
    begun b(o);
    BOOST_TEST_REQUIRE(!b.ec);
    BOOST_TEST(b.sent.at("x") == "a&b=c");
    o.extra.emplace_back("x", "again");
    BOOST_TEST((begun(o).ec == condition::invalid_argument));
}

BOOST_AUTO_TEST_CASE(OA_29_scopes_of_bad_alphabet_or_several_resources_are_refused)
{
    oauth2::authorization_options none;
    BOOST_TEST((begun(none).ec == make_error_code(oauth2::error::invalid_scope_text)));
    for (std::string const& bad : {std::string("a\"b"), std::string("a\\b"), std::string("\xc3\xa9"),
                                   std::string("a\tb"), std::string("a\nb"), std::string("a\0b", 3)})
    {
        error_code ec;
        oauth2::scope_set::parse(bad, ec);
        BOOST_TEST((ec == make_error_code(oauth2::error::invalid_scope_text)), bad);
    }
    for (char const* const two :
         {"https://outlook.office.com/SMTP.Send https://graph.microsoft.com/User.Read",
          "https://outlook.office.com/SMTP.Send User.Read", "https://outlook.office.com/SMTP.Send api://x/y"})
    {
        error_code ec;
        oauth2::authorization_options o;
        o.scopes = oauth2::scope_set::parse(two, ec);
        BOOST_TEST((begun(o).ec == make_error_code(oauth2::error::several_resources)), two);
    }
    oauth2::authorization_options many;
    for (int i = 0; i != 200; ++i)
        many.scopes.add("Scope.Number" + std::to_string(i));
    begun b(many);
    BOOST_TEST_REQUIRE(!b.ec);
    BOOST_TEST(b.sent.at("scope") == many.scopes.text());
}

BOOST_AUTO_TEST_CASE(OA_30_a_login_hint_cannot_change_other_parameters)
{
    for (std::string const& hint :
         {std::string("a\r\nb"), std::string("x&state=evil"), std::string("x#y"), std::string("a b+c%20"),
          std::string("\xc3\xa9@test.example"), std::string(4096, 'x')})
    {
        auto o = imap_options();
        o.login_hint = hint;
        begun b(o);
        BOOST_TEST_REQUIRE(!b.ec);
        BOOST_TEST(b.sent.at("login_hint") == hint);
        BOOST_TEST(b.sent.at("state").size() == 43u);
        BOOST_TEST(b.pending.url().find('#') == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(OA_40_authorities_that_are_not_plain_https_hosts_and_tenants_are_refused)
{
    auto const made = [](std::string login, std::string_view tenant) {
        error_code ec;
        authority::make(oauth2::global_cloud().with_login(std::move(login)), tenant, ec);
        return ec;
    };
    BOOST_TEST(!made("https://localhost:8443", "common"));
    BOOST_TEST(!made("https://localhost:8443/", "common"));
    for (char const* const login : {"http://login.microsoftonline.com", "https://user@login.microsoftonline.com",
                                    "https://login.microsoftonline.com:0", "https://login.microsoftonline.com/..",
                                    "https://login.microsoftonline.com/common", "https://login.microsoftonline.com?x",
                                    "login.microsoftonline.com", ""})
        BOOST_TEST((made(login, "common") == make_error_code(oauth2::error::invalid_authority)), login);
    for (char const* const tenant :
         {"", "..", "a/b?x=", "a b", "a", "user@contoso.com", "contoso.com/", "-a.com", "a-.com", "a..com", ".com",
          "a.", "00000000-0000-4000-8000-00000000000g", "00000000000040008000000000000001", "{tenantid}", "co%6dmon"})
        BOOST_TEST(
            (made("https://login.microsoftonline.com", tenant) == make_error_code(oauth2::error::invalid_authority)),
            tenant);
}

BOOST_AUTO_TEST_CASE(endpoints_follow_from_cloud_and_tenant)
{
    BOOST_TEST(from("COMMON").token_endpoint().text() == "https://login.microsoftonline.com/common/oauth2/v2.0/token");
    BOOST_TEST(from("contoso.onmicrosoft.com").authorization_endpoint().text() ==
               "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/authorize");
    auto const china = from("organizations", oauth2::china_cloud());
    BOOST_TEST(china.keys_endpoint().text() ==
               "https://login.partner.microsoftonline.cn/organizations/discovery/v2.0/keys");
    auto const government = from("8eaef023-2b34-4da1-9baa-8bc8c9d6a490", oauth2::us_government_l4_cloud());
    BOOST_TEST(government.discovery_endpoint().text() ==
               "https://login.microsoftonline.us/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0/.well-known/"
               "openid-configuration");
    // Five forms in four clouds: each on its own hosts, with its own issuers, and no other cloud's.
    auto const clouds = {oauth2::global_cloud(), oauth2::us_government_l4_cloud(), oauth2::us_government_dod_cloud(),
                         oauth2::china_cloud()};
    std::string const id = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
    for (auto const& in : clouds)
        for (std::string const& form : {std::string("common"), std::string("organizations"), std::string("consumers"),
                                        id, std::string("contoso.onmicrosoft.com")})
        {
            auto const a = from(form, in);
            for (auto const& endpoint :
                 {a.authorization_endpoint(), a.token_endpoint(), a.device_authorization_endpoint(), a.keys_endpoint(),
                  a.discovery_endpoint(), a.end_session_endpoint(), a.admin_consent_endpoint()})
                BOOST_TEST(endpoint.text().starts_with(in.login + '/' + form + '/'));
            std::string const tenant = form == "common" || form == "organizations" ? "{tenantid}"
                                       : form == "consumers" ? std::string(oauth2::consumers_tenant_id)
                                                             : id;
            for (auto const& other : clouds)
            {
                bool const same = other.login == in.login;
                BOOST_TEST(a.may_discover_issuer(other.issuer + '/' + tenant + "/v2.0") == same, form << other.name);
                std::string const tid = tenant == "{tenantid}" ? id : tenant;
                BOOST_TEST(a.may_issue(tid, other.issuer + '/' + tid + "/v2.0") == same, form << other.name);
                for (std::string const& alias : other.login_aliases)
                {
                    BOOST_TEST(a.owns({true, alias, 443}) == same, alias);
                    BOOST_TEST(!a.owns({true, alias, 8443}), alias);
                    BOOST_TEST(!a.owns({false, alias, 443}), alias);
                    BOOST_TEST(!a.owns({true, "x." + alias, 443}), alias);
                }
            }
        }
    BOOST_TEST((from("9188040d-6c67-4c5b-b112-36a304b66dad").kind() == authority::audience::consumers));
    BOOST_TEST(oauth2::find_cloud("us-gov-dod").graph == "https://dod-graph.microsoft.us");
    BOOST_TEST(oauth2::find_cloud("mars").name == "");
}

BOOST_AUTO_TEST_CASE(base_scopes_become_full_names_for_each_cloud)
{
    using oauth2::base_scope;
    BOOST_TEST(oauth2::scopes_for(base_scope::api, oauth2::global_cloud()).text() ==
               "https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/Mail.Send "
               "https://graph.microsoft.com/User.Read offline_access openid profile");
    BOOST_TEST(oauth2::scopes_for(base_scope::imap, oauth2::china_cloud()).text() ==
               "https://partner.outlook.cn/IMAP.AccessAsUser.All https://partner.outlook.cn/SMTP.Send offline_access "
               "openid profile");
    BOOST_TEST(oauth2::app_scopes_for(base_scope::imap, oauth2::global_cloud()).text() ==
               "https://outlook.office365.com/.default");
    BOOST_TEST(oauth2::app_scopes_for(base_scope::api, oauth2::global_cloud()).text() ==
               "https://graph.microsoft.com/.default");
    for (auto const& in : {oauth2::global_cloud(), oauth2::us_government_l4_cloud(), oauth2::us_government_dod_cloud(),
                           oauth2::china_cloud()})
        for (auto const base : {base_scope::imap, base_scope::api})
        {
            error_code ec;
            auto const resource = oauth2::scopes_for(base, in).resource(in, ec);
            BOOST_TEST((!ec && resource == (base == base_scope::imap ? in.mail_resource : in.graph)), in.name);
        }
}

// Echoed forms: Learn's code flow; microsoft-authentication-library-for-python#125; ms-identity-java-webapp#82.
BOOST_AUTO_TEST_CASE(granted_scopes_compare_without_case_order_and_prefix)
{
    error_code ec;
    auto const asked = oauth2::scopes_for(oauth2::base_scope::imap, oauth2::global_cloud());
    auto const missing = [&](char const* granted) {
        return asked.missing_in(oauth2::scope_set::parse(granted, ec)).text();
    };
    BOOST_TEST(missing("https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send") == "");
    BOOST_TEST(missing("smtp.send IMAP.ACCESSASUSER.ALL") == "");
    BOOST_TEST(missing("https://outlook.office.com/IMAP.AccessAsUser.All") == "https://outlook.office.com/SMTP.Send");
    BOOST_TEST(missing("openid profile email").starts_with("https://outlook.office.com/IMAP"));
}

BOOST_AUTO_TEST_CASE(OA_06_an_answer_of_another_issuer_is_refused)
{
    oauth2::metadata m = usual_metadata(from("common"));
    m.issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    m.answers_with_issuer = true;
    begun b(imap_options(), "common", &m);
    error_code unrelated;
    auto const code = "code=c" + b.state();
    auto const other = b.read(code + "&iss=https%3A%2F%2Fevil.test%2Fv2.0", unrelated);
    BOOST_TEST(!unrelated);
    BOOST_TEST((other.ec == make_error_code(oauth2::error::issuer_mismatch)));
    BOOST_TEST(other.code.empty());
    auto const tenant = "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0";
    auto const good = b.read(code + "&iss=" + detail::form_encode(tenant), unrelated);
    BOOST_TEST(!good.ec);
    BOOST_TEST((good.code.reveal() == "c"));
}

BOOST_AUTO_TEST_CASE(OA_07_an_answer_without_the_promised_issuer_is_refused)
{
    oauth2::metadata m = usual_metadata(from("common"));
    m.issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    m.answers_with_issuer = true;
    begun b(imap_options(), "common", &m);
    error_code unrelated;
    BOOST_TEST((b.read("code=c" + b.state(), unrelated).ec == make_error_code(oauth2::error::issuer_mismatch)));
}

BOOST_AUTO_TEST_CASE(OA_08_an_answer_to_another_sign_in_is_not_ours)
{
    detail::simulator world(3);
    error_code ec, unrelated;
    auto const a = begin_authorization(world, from("common"), mail_app(), imap_options(), ec);
    auto const b = begin_authorization(world, from("organizations"), mail_app(), imap_options(), ec);
    auto const answer = "code=c&state=" + parameters_of(a.url()).at("state");
    b.read(answer, unrelated);
    BOOST_TEST((unrelated == make_error_code(oauth2::error::state_mismatch)));
    auto const r = a.read(answer, unrelated);
    BOOST_TEST((!unrelated && !r.ec));
}

BOOST_AUTO_TEST_CASE(OA_05_OA_09_answers_without_state_or_with_repeated_parameters_are_not_ours)
{
    begun b;
    error_code unrelated;
    std::string const twice = "code=a&code=b" + b.state();
    for (std::string const& answer :
         {std::string("code=c"), std::string(), "code=c&state=x" + b.sent.at("state"), "code=c" + b.state() + b.state(),
          twice, std::string("code=c&state="), "c%6fde=a&code=b" + b.state(), "=x" + b.state(), "code=%zz" + b.state(),
          "code=%" + b.state()})
    {
        auto const r = b.read(answer, unrelated);
        BOOST_TEST(!!unrelated, answer);
        BOOST_TEST(r.code.empty());
    }
}

BOOST_AUTO_TEST_CASE(OA_10_an_error_answer_is_made_presentable)
{
    begun b;
    error_code unrelated;
    auto const r =
        b.read("error=access_denied&error_description=%3Cscript%3E%0d%0aSet-Cookie%3Ax%1b%5B2J" + b.state(), unrelated);
    BOOST_TEST(!unrelated);
    BOOST_TEST((r.ec == make_error_code(oauth2::error::access_denied)));
    BOOST_TEST((r.ec == condition::authentication_failed));
    BOOST_TEST(r.refusal.description == "<script>  Set-Cookie:x [2J");
}

BOOST_AUTO_TEST_CASE(OA_11_an_answer_with_both_code_and_error_is_malformed)
{
    begun b;
    error_code unrelated;
    for (std::string const& both :
         {"error=access_denied&code=c" + b.state(), b.state().substr(1), "code=c&access_token=x" + b.state(),
          "code=c&id_token=x" + b.state(), "code=" + b.state()})
    {
        auto const r = b.read(both, unrelated);
        BOOST_TEST(!unrelated, both);
        BOOST_TEST((r.ec == make_error_code(oauth2::error::malformed_response)), both);
        BOOST_TEST(r.code.empty());
    }
}

BOOST_AUTO_TEST_CASE(OA_12_long_codes_pass_and_broken_ones_do_not)
{
    begun b;
    error_code unrelated;
    std::string const longest(4096, 'x');
    auto const r = b.read("code=" + longest + b.state(), unrelated);
    BOOST_TEST((!unrelated && !r.ec && r.code.reveal() == longest));
    for (char const* const code : {"a%00b", "%ff", "%c3%28", "%ed%a0%80", "%c0%af"})
    {
        b.read("code=" + std::string(code) + b.state(), unrelated);
        BOOST_TEST((unrelated == make_error_code(oauth2::error::malformed_response)), code);
    }
}

// As Entra answers (observed: MSAL Android test constants; documented: Microsoft Learn).
BOOST_AUTO_TEST_CASE(answers_of_entra_are_read)
{
    begun b;
    error_code unrelated;
    auto const good = b.read("code=0.AXEAbc-_x&client_info=eyJ1aWQiOiJ4In0" + b.state() +
                                 "&session_state=7b29111d-c220-4263-99ab-6f6e135d75ef",
                             unrelated);
    BOOST_TEST((!unrelated && !good.ec && good.code.reveal() == "0.AXEAbc-_x"));
    BOOST_TEST(good.session_state == "7b29111d-c220-4263-99ab-6f6e135d75ef");
    auto const cancelled = b.read("error=access_denied&error_subcode=cancel" + b.state(), unrelated);
    BOOST_TEST((cancelled.ec == make_error_code(oauth2::error::access_denied)));
    BOOST_TEST(cancelled.refusal.suberror == "cancel");
    auto const refused = b.read(
        "error=invalid_request&error_description=AADSTS900144%3a+The+request+body+must+contain+the+following+parameter"
        "%3a+%27response_type%27.%0d%0aTrace+ID%3a+12345678-0000-0000-0000-000000000100%0d%0aCorrelation+ID%3a+"
        "87654321-0000-0000-0000-000000000000%0d%0aTimestamp%3a+2019-05-01+12%3a00%3a00Z&error_uri=https%3a%2f%2f"
        "login.microsoftonline.com%2ferror%3fcode%3d900144" +
            b.state(),
        unrelated);
    BOOST_TEST((refused.ec == make_error_code(oauth2::error::invalid_request)));
    BOOST_TEST(refused.refusal.code() == 900144u);
    BOOST_TEST(refused.refusal.description ==
               "AADSTS900144: The request body must contain the following parameter: 'response_type'.");
    BOOST_TEST(refused.refusal.correlation_id == "87654321-0000-0000-0000-000000000000");
    BOOST_TEST(refused.refusal.trace_id == "12345678-0000-0000-0000-000000000100");
    BOOST_TEST(refused.refusal.timestamp == "2019-05-01 12:00:00Z");
}

BOOST_AUTO_TEST_CASE(apps_that_cannot_work_are_refused)
{
    detail::simulator world(3);
    for (char const* const redirect : {"http://example.com/oauth", "http://localhost:3000/oauth#x", "javascript:x",
                                       "oauth", "", "https://a@b.test/"})
    {
        error_code ec;
        oauth2::app a = mail_app();
        a.redirect_uri = redirect;
        begin_authorization(world, from("common"), a, imap_options(), ec);
        BOOST_TEST((ec == make_error_code(oauth2::error::invalid_redirect_uri)), redirect);
    }
    error_code ec;
    oauth2::app a = mail_app();
    a.client_id = "a b";
    begin_authorization(world, from("common"), a, imap_options(), ec);
    BOOST_TEST((ec == make_error_code(oauth2::error::invalid_app)));
}

namespace {

struct consent
{
    detail::simulator world{7};
    error_code ec;
    oauth2::pending_admin_consent pending;
    std::string state;

    explicit consent(std::string_view tenant = "organizations", oauth2::app const& a = mail_app(),
                     oauth2::scope_set const& scopes = oauth2::app_scopes_for(oauth2::base_scope::imap,
                                                                              oauth2::global_cloud()))
    {
        pending = begin_admin_consent(world, from(tenant), a, scopes, ec);
        if (!ec)
            state = "&state=" + parameters_of(pending.url()).at("state");
    }
};

constexpr char const* a_tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";

}  // namespace

BOOST_AUTO_TEST_CASE(an_administrators_consent_is_asked_for_as_documented)
{
    consent const c("contoso.com");
    BOOST_TEST_REQUIRE(!c.ec);
    BOOST_TEST(c.pending.url().starts_with("https://login.microsoftonline.com/contoso.com/v2.0/adminconsent?"));
    auto sent = parameters_of(c.pending.url());
    BOOST_TEST(sent.at("state").size() == 43u);
    sent.erase("state");
    std::map<std::string, std::string> const expected = {{"client_id", mail_app().client_id},
                                                         {"scope", "https://outlook.office365.com/.default"},
                                                         {"redirect_uri", "http://localhost:3000/oauth"}};
    BOOST_TEST((sent == expected));

    for (char const* const nowhere : {"common", "consumers"})
        BOOST_TEST((consent(nowhere).ec == make_error_code(oauth2::error::invalid_authority)), nowhere);
    oauth2::app silent = mail_app();
    silent.redirect_uri.clear();
    BOOST_TEST((consent("contoso.com", silent).ec == make_error_code(oauth2::error::invalid_redirect_uri)));
    BOOST_TEST((consent("contoso.com", mail_app(), {}).ec == make_error_code(oauth2::error::invalid_scope_text)));
}

BOOST_AUTO_TEST_CASE(an_administrators_answer_is_read_as_strictly_as_a_sign_in)
{
    consent const any;
    error_code unrelated;
    auto const good = any.pending.read(
        std::string("admin_consent=True&tenant=") + a_tenant +
            "&scope=https%3a%2f%2foutlook.office365.com%2fIMAP.AccessAsApp+https%3a%2f%2foutlook.office365.com%2f"
            "SMTP.SendAsApp" +
            any.state,
        unrelated);
    BOOST_TEST((!unrelated && !good.ec), good.ec.message());
    BOOST_TEST(good.tenant_id == a_tenant);
    BOOST_TEST(good.scopes.contains("https://outlook.office365.com/SMTP.SendAsApp"));

    // Refusals (documented: Microsoft Learn, admin consent; client credentials for the older one)
    auto const refused = any.pending.read(
        "admin_consent=True&error=consent_required&error_description=AADSTS65004%3a+x" + any.state, unrelated);
    BOOST_TEST((refused.ec == make_error_code(oauth2::error::consent_required)));
    BOOST_TEST(refused.refusal.code() == 65004u);
    auto const cancelled = any.pending.read(
        "error=permission_denied&error_description=The+admin+canceled+the+request" + any.state, unrelated);
    BOOST_TEST((cancelled.ec == make_error_code(oauth2::error::access_denied)));
    BOOST_TEST(cancelled.refusal.name == "permission_denied");

    // Not answers to this request
    for (std::string const& other : {std::string(), std::string("admin_consent=True&tenant=") + a_tenant,
                                     std::string("admin_consent=True&state=x"), std::string("error=access_denied"),
                                     std::string("error=access_denied&state=")})
    {
        any.pending.read(other, unrelated);
        BOOST_TEST((unrelated == make_error_code(oauth2::error::state_mismatch)), other);
    }
    for (std::string const& broken : {"tenant=a&tenant=b" + any.state, any.state + any.state, "scope=%zz" + any.state,
                                      "tenant=%00" + any.state, "tenant=%ff" + any.state})
    {
        any.pending.read(broken, unrelated);
        BOOST_TEST((unrelated == make_error_code(oauth2::error::malformed_response)), broken);
    }
    BOOST_TEST((oauth2::pending_admin_consent().read("state=", unrelated).tenant_id.empty() &&
                unrelated == oauth2::error::state_mismatch));

    // Ours, and no consent
    for (std::string const& bad :
         {std::string("admin_consent=True"), std::string("admin_consent=True&tenant=contoso.com"),
          std::string("admin_consent=False&tenant=") + a_tenant, std::string("tenant=") + a_tenant,
          std::string("admin_consent=True&code=x&tenant=") + a_tenant,
          std::string("admin_consent=True&scope=%22&tenant=") + a_tenant})
    {
        auto const r = any.pending.read(bad + any.state, unrelated);
        BOOST_TEST(!unrelated, bad);
        BOOST_TEST((r.ec == make_error_code(oauth2::error::malformed_response)), bad);
        BOOST_TEST(r.tenant_id.empty());
    }

    // For the tenant that was asked, and no other
    consent const one(a_tenant);
    auto const same =
        one.pending.read("admin_consent=True&tenant=8EAEF023-2b34-4da1-9baa-8bc8c9d6a490" + one.state, unrelated);
    BOOST_TEST(!same.ec, same.ec.message());
    auto const stranger =
        one.pending.read("admin_consent=True&tenant=8eaef023-2b34-4da1-9baa-8bc8c9d6a491" + one.state, unrelated);
    BOOST_TEST((!unrelated && stranger.ec == oauth2::error::issuer_mismatch));
}

BOOST_AUTO_TEST_CASE(a_user_is_signed_out_where_discovery_says)
{
    error_code ec;
    oauth2::end_session_options o;
    BOOST_TEST(end_session_url(from("common"), o, ec) == "https://login.microsoftonline.com/common/oauth2/v2.0/logout");
    o.post_logout_redirect_uri = "http://localhost:3000/bye?x=1&y=2";
    o.logout_hint = "O.CiQ&state=evil";
    o.state = "s t";
    auto url = end_session_url(from("common"), o, ec);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto const sent = parameters_of(url);
    BOOST_TEST(sent.at("post_logout_redirect_uri") == "http://localhost:3000/bye?x=1&y=2");
    BOOST_TEST(sent.at("logout_hint") == "O.CiQ&state=evil");
    BOOST_TEST(sent.at("state") == "s t");
    BOOST_TEST(!sent.contains("id_token_hint"));
    o.id_token_hint = secret("a.b.c");
    auto metadata = oauth2::usual_metadata(from("common"));
    metadata.end_session_endpoint = http::parse_url("https://login.windows.net/out?p=1", ec);
    url = end_session_url(from("common"), o, ec, &metadata);
    BOOST_TEST(url.starts_with("https://login.windows.net/out?p=1&post_logout_redirect_uri="));
    BOOST_TEST(url.find("&id_token_hint=a.b.c&state=s") != std::string::npos, url);
    o.post_logout_redirect_uri = "http://example.com/";
    BOOST_TEST((end_session_url(from("common"), o, ec).empty() && ec == oauth2::error::invalid_redirect_uri));
    o.post_logout_redirect_uri.clear();  // a state would come back with nothing
    BOOST_TEST((end_session_url(from("common"), o, ec).empty() && ec == oauth2::error::invalid_redirect_uri));
    BOOST_TEST((oauth2::end_session_url({}, {}, ec).empty() && ec == oauth2::error::invalid_authority));
}

namespace {

using oauth2::account_kind;
using oauth2::authority_form;
using oauth2::sign_in_audience;

constexpr authority_form all_forms[] = {authority_form::home_tenant, authority_form::other_tenant,
                                        authority_form::organizations, authority_form::common,
                                        authority_form::consumers};
constexpr account_kind all_kinds[] = {account_kind::home_work, account_kind::other_work, account_kind::guest,
                                      account_kind::personal};

// "ok", "consent" (ok with the consent of another tenant), the number on the page, or "page" for one without.
std::string short_form(oauth2::legality const& l)
{
    if (l.allowed)
        return l.needs_consent ? "consent" : "ok";
    return l.page ? std::to_string(l.page) : "page";
}

}  // namespace

// Audience by authority as the table of supported account types has it (documented: Microsoft Learn, supported account
// types, error codes; observed: the issues that the rules name), for a member, a stranger, a guest and a personal account.
BOOST_AUTO_TEST_CASE(who_can_sign_in_where_is_known_before)
{
    struct row
    {
        sign_in_audience audience;
        char const* outcomes[5][4];  // by form and kind, in the order above
    };
    static constexpr row table[] = {
        {sign_in_audience::my_org,
         {{"ok", "50020", "ok", "50020"},
          {"700016", "700016", "700016", "700016"},
          {"50194", "50194", "50194", "50194"},
          {"50194", "50194", "50194", "50194"},
          {"9002332", "9002332", "9002332", "9002332"}}},
        {sign_in_audience::multiple_orgs,
         {{"ok", "50020", "ok", "50020"},
          {"50020", "consent", "consent", "50020"},
          {"ok", "consent", "consent", "500208"},
          {"ok", "consent", "consent", "page"},
          {"9002332", "9002332", "9002332", "9002332"}}},
        {sign_in_audience::orgs_and_personal,
         {{"ok", "50020", "ok", "50020"},
          {"50020", "consent", "consent", "50020"},
          {"ok", "consent", "consent", "500208"},
          {"ok", "consent", "consent", "ok"},
          {"page", "page", "page", "ok"}}},
        {sign_in_audience::personal,
         {{"9002346", "9002346", "9002346", "9002346"},
          {"700016", "700016", "700016", "700016"},
          {"9002346", "9002346", "9002346", "9002346"},
          {"9002346", "9002346", "9002346", "9002346"},
          {"page", "page", "page", "ok"}}},
    };
    std::size_t combinations = 0;
    for (row const& r : table)
        for (std::size_t f = 0; f != 5; ++f)
            for (std::size_t k = 0; k != 4; ++k, ++combinations)
                BOOST_TEST(short_form(find_legality(r.audience, all_forms[f], all_kinds[k])) == r.outcomes[f][k],
                           to_string(r.audience) << ' ' << f << ' ' << k);
    BOOST_TEST(combinations == 80u);
    for (oauth2::legality_rule const& r : oauth2::legality_rules())
    {
        BOOST_TEST(r.outcome.allowed == !*r.outcome.remedy);
        BOOST_TEST(r.outcome.allowed == !*r.outcome.reason);
        BOOST_TEST(*r.outcome.source != '\0');
        BOOST_TEST((!r.outcome.allowed || (r.outcome.page == 0 && r.outcome.token == 0)));
    }
    // A device code has no page to refuse an application on.
    BOOST_TEST(find_legality(sign_in_audience::personal, authority_form::common, account_kind::personal).token ==
               9002331u);

    auto const predicted = [](sign_in_audience a, std::string_view tenant, account_kind k,
                              oauth2::cloud const& in = oauth2::global_cloud()) {
        return short_form(predict(a, from(tenant, in), "Contoso.com", k));
    };
    BOOST_TEST(predicted(sign_in_audience::my_org, "contoso.com", account_kind::home_work) == "ok");
    BOOST_TEST(predicted(sign_in_audience::my_org, "fabrikam.com", account_kind::home_work) == "700016");
    BOOST_TEST(predicted(sign_in_audience::my_org, "common", account_kind::home_work) == "50194");
    BOOST_TEST(predicted(sign_in_audience::orgs_and_personal, "consumers", account_kind::personal) == "ok");
    BOOST_TEST(predicted(sign_in_audience::orgs_and_personal, "9188040d-6c67-4c5b-b112-36a304b66dad",
                         account_kind::home_work) == "page");
    for (auto const& national :
         {oauth2::us_government_l4_cloud(), oauth2::us_government_dod_cloud(), oauth2::china_cloud()})
    {
        BOOST_TEST(predicted(sign_in_audience::multiple_orgs, "organizations", account_kind::home_work, national) ==
                   "ok");
        BOOST_TEST(predicted(sign_in_audience::multiple_orgs, "common", account_kind::personal, national) == "page");
        BOOST_TEST(predicted(sign_in_audience::orgs_and_personal, "common", account_kind::home_work, national) ==
                   "page");
    }
}

// The same by another hand: the mock Entra decides from its directory, and knows nothing of the table.
BOOST_AUTO_TEST_CASE(the_mock_entra_lets_in_who_is_predicted)
{
    static constexpr mock::sign_in_audience registered[] = {
        mock::sign_in_audience::my_org, mock::sign_in_audience::multiple_orgs,
        mock::sign_in_audience::orgs_and_personal, mock::sign_in_audience::personal};
    tests::entra_office o;
    o.w.directory.add_guest(o.w, o.home, o.add_user("gus@fabrikam.example", o.other.id));
    o.w.directory.add_guest(o.w, o.other, o.add_user("gina@woodgrove.example", o.home.id));
    for (std::size_t a = 0; a != 4; ++a)
    {
        mock::application const& app = o.add_app(registered[a]);
        for (authority_form const f : all_forms)
            for (account_kind const k : all_kinds)
            {
                bool const at_other = f == authority_form::other_tenant;
                std::string const tenant = f == authority_form::home_tenant     ? "woodgrove.example"
                                           : at_other                           ? o.other.id
                                           : f == authority_form::organizations ? "organizations"
                                           : f == authority_form::common        ? "common"
                                                                                : "consumers";
                std::string const login = k == account_kind::home_work    ? "adele@woodgrove.example"
                                          : k == account_kind::other_work ? "olga@fabrikam.example"
                                          : k == account_kind::personal   ? "robin@outlook.test"
                                          : at_other                      ? "gina@woodgrove.example"
                                                                          : "gus@fabrikam.example";
                auto const& expected = find_legality(sign_in_audience(a), f, k);
                o.ie.jar().clear();
                auto const page = o.go_through(o.authorize({{"client_id", app.app_id}}, tenant), login);
                BOOST_TEST_CONTEXT(to_string(sign_in_audience(a)) << " at " << tenant << ": " << login)
                {
                    bool const code = !tests::value_of(tests::redirect_parameters(page), "code").empty();
                    BOOST_TEST(code == expected.allowed, page.status << tests::header(page, "Location") << page.body);
                    if (!expected.allowed)
                        BOOST_TEST(page.status == 200u);  // nothing comes back to the application
                    if (expected.page && expected.known != oauth2::evidence::inferred)
                        BOOST_TEST(page.body.find("AADSTS" + std::to_string(expected.page)) != std::string::npos);
                }
            }
    }
}

// An application on its own behalf: a token at its own tenant, and with consent at others; the tenant must be named
// (documented: Microsoft Learn, client credentials flow; numbers as the rules mark them).
BOOST_AUTO_TEST_CASE(where_an_application_gets_a_token_of_its_own_is_known_before)
{
    struct row
    {
        sign_in_audience audience;
        char const* outcomes[5];  // home, another tenant, organizations, common, consumers
    };
    static constexpr row table[] = {
        {sign_in_audience::my_org, {"ok", "700016", "50059", "50059", "9002332"}},
        {sign_in_audience::multiple_orgs, {"ok", "consent 7000229", "50059", "50059", "9002332"}},
        {sign_in_audience::orgs_and_personal, {"ok", "consent 7000229", "50059", "50059", "700016"}},
        {sign_in_audience::personal, {"9002346", "700016", "50059", "50059", "700016"}},
    };
    auto const short_of = [](oauth2::legality const& l) {
        std::string const number = std::to_string(l.token);
        return !l.allowed ? number : l.needs_consent ? "consent " + number : std::string("ok");
    };
    std::size_t combinations = 0;
    for (row const& r : table)
        for (std::size_t f = 0; f != 5; ++f, ++combinations)
            BOOST_TEST(short_of(find_legality(r.audience, all_forms[f])) == r.outcomes[f], to_string(r.audience)
                                                                                               << ' ' << f);
    BOOST_TEST(combinations == 20u);
    for (oauth2::app_legality_rule const& r : oauth2::app_legality_rules())
    {
        BOOST_TEST(r.outcome.allowed == !*r.outcome.remedy);
        BOOST_TEST(r.outcome.allowed == !*r.outcome.reason);
        BOOST_TEST(*r.outcome.source != '\0');
        BOOST_TEST(r.outcome.page == 0u);  // nobody sees one
        BOOST_TEST((r.outcome.token != 0) == (!r.outcome.allowed || r.outcome.needs_consent));
    }

    auto const predicted = [&](sign_in_audience a, std::string_view tenant,
                               oauth2::cloud const& in = oauth2::global_cloud()) {
        return short_of(predict(a, from(tenant, in), "Contoso.com"));
    };
    BOOST_TEST(predicted(sign_in_audience::my_org, "contoso.com") == "ok");
    BOOST_TEST(predicted(sign_in_audience::my_org, "fabrikam.com") == "700016");
    BOOST_TEST(predicted(sign_in_audience::multiple_orgs, "fabrikam.com") == "consent 7000229");
    BOOST_TEST(predicted(sign_in_audience::multiple_orgs, "common") == "50059");
    BOOST_TEST(predicted(sign_in_audience::personal, "consumers") == "700016");
    for (auto const& national :
         {oauth2::us_government_l4_cloud(), oauth2::us_government_dod_cloud(), oauth2::china_cloud()})
    {
        BOOST_TEST(predicted(sign_in_audience::my_org, "contoso.com", national) == "ok");
        BOOST_TEST(predicted(sign_in_audience::orgs_and_personal, "contoso.com", national) == "0");
    }
}

BOOST_AUTO_TEST_CASE(the_mock_entra_gives_an_application_what_is_predicted)
{
    static constexpr mock::sign_in_audience registered[] = {
        mock::sign_in_audience::my_org, mock::sign_in_audience::multiple_orgs,
        mock::sign_in_audience::orgs_and_personal, mock::sign_in_audience::personal};
    tests::entra_office o;
    for (std::size_t a = 0; a != 4; ++a)
    {
        mock::application& app = o.add_app(registered[a]);
        std::string const secret = o.add_secret(app);
        for (authority_form const f : all_forms)
        {
            std::string const tenant = f == authority_form::home_tenant     ? "woodgrove.example"
                                       : f == authority_form::other_tenant  ? o.other.id
                                       : f == authority_form::organizations ? "organizations"
                                       : f == authority_form::common        ? "common"
                                                                            : "consumers";
            auto const asked = [&] {
                return o.token({{"client_id", app.app_id},
                                {"client_secret", secret},
                                {"grant_type", "client_credentials"},
                                {"scope", "https://outlook.office365.com/.default"}},
                               tenant);
            };
            auto const& expected = find_legality(sign_in_audience(a), f);
            BOOST_TEST_CONTEXT(to_string(sign_in_audience(a)) << " at " << tenant)
            {
                auto const answer = asked();
                if (expected.token == 0)
                    BOOST_TEST(answer.status == 200u, answer.body);
                else
                    BOOST_TEST(answer.body.find("AADSTS" + std::to_string(expected.token) + ':') != std::string::npos,
                               answer.body);
                if (!expected.needs_consent)
                    continue;
                o.w.directory.grant_all(o.w, app, o.other.id);
                BOOST_TEST(asked().status == 200u);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_mock_entra_answers_an_administrator_and_signs_out)
{
    tests::entra_office o;
    mock::application_request asked;
    asked.add_permission("IMAP.AccessAsApp", mock::permission_type::application);
    o.app.permissions = asked.permissions;
    error_code ec;
    auto const at = oauth2::global_cloud().with_login("https://localhost:8443");
    auto const home = authority::make(at, "woodgrove.example", ec);
    oauth2::app const a = {.client_id = o.app.app_id, .redirect_uri = tests::entra_office::callback};
    auto const pending = begin_admin_consent(o.w, home, a, oauth2::app_scopes_for(oauth2::base_scope::imap, at), ec);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto const target_of = [](std::string const& url) {
        return url.substr(std::string("https://localhost:8443").size());
    };
    auto page = o.ie.submit(o.ie.get(target_of(pending.url())), {{"loginfmt", "admin@woodgrove.example"}});
    page = o.ie.submit(page, {{"passwd", "correct horse"}});
    auto const read = [&](http::response const& r) {
        std::string back = tests::header(r, "Location");
        back.resize(std::min(back.find('#'), back.size()));  // a browser keeps the empty fragment to itself
        BOOST_TEST(back.starts_with(std::string(tests::entra_office::callback) + '?'), r.body);
        return pending.read(back.substr(back.find('?') + 1), ec);
    };
    auto const no = read(o.ie.submit(page, {}, "decline"));
    BOOST_TEST((!ec && no.ec == oauth2::error::consent_required), ec.message() << no.ec.message());
    BOOST_TEST(no.refusal.code() == 65004u);
    auto const yes = read(o.ie.submit(page, {}, "accept"));
    BOOST_TEST((!ec && !yes.ec), ec.message() << yes.ec.message());
    BOOST_TEST(yes.tenant_id == o.home.id);

    oauth2::end_session_options out;
    out.post_logout_redirect_uri = tests::entra_office::callback;
    out.state = "s t";
    auto const gone = o.ie.get(target_of(end_session_url(home, out, ec)));
    BOOST_TEST(tests::value_of(tests::redirect_parameters(gone), "state") == "s t");
}

BOOST_AUTO_TEST_SUITE_END()
