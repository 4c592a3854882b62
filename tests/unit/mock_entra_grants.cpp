#include "../entra_office.hpp"

#include <outkit/mock/graph.hpp>

// The ways to a token beside code, refresh token and client credentials: device code, password, the v1 endpoints; and what
// else clients ask for: user info, admin consent.

BOOST_AUTO_TEST_SUITE(mock_entra_grants)
namespace {

namespace json = boost::json;
using namespace outkit::tests;
using namespace outkit::mock;
using namespace std::chrono_literals;
namespace http = outkit::http;

constexpr char urn[] = "urn:ietf:params:oauth:grant-type:device_code";

struct office : entra_office
{
    office() { app.allow_public_client = true; }

    http::response post(std::string target, pairs const& fields, http::fields more = {})
    {
        http::request r{.method = "POST", .target = std::move(target), .headers = std::move(more)};
        r.headers.push_back({"Host", "localhost:8443"});
        r.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
        r.body = form(fields);
        return entra.answer(r);
    }
    http::response device(std::string tenant = "common", std::string scope = mail_scope)
    {
        return post("/" + tenant + "/oauth2/v2.0/devicecode",
                    {{"client_id", app.app_id}, {"scope", std::move(scope)}, {"x-client-SKU", "MSAL.Python"}});
    }
    http::response poll(json::object const& o, std::string tenant = "common", std::string grant = urn)
    {
        return token({{"grant_type", std::move(grant)},
                      {"client_id", app.app_id},
                      {"device_code", text_of(o, "device_code")},
                      {"client_info", "1"}},
                     std::move(tenant));
    }
    // Follows the redirect of the short address to the page, and types the code there.
    http::response type(std::string const& code)
    {
        http::response const r = ie.get("/device");
        BOOST_TEST(r.status == 302u);
        return ie.submit(ie.get(header(r, "Location")), {{"otc", code}});
    }
};

}  // namespace

// Members and their order recorded from the real service (Azure SDK for JS), the sentence from MSAL's fixtures.
BOOST_FIXTURE_TEST_CASE(a_device_gets_a_code_and_a_person_signs_in_for_it, office)
{
    http::response const first = device();
    json::object const o = json_of(first);
    std::string names;
    for (auto const& member : o)
        names += std::string(member.key()) + ' ';
    BOOST_TEST(names == "user_code device_code verification_uri expires_in interval message ");
    std::string const code = text_of(o, "user_code");
    BOOST_TEST(code.size() == 9u);
    BOOST_TEST(code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == code.npos);
    BOOST_TEST(text_of(o, "verification_uri") == "https://localhost:8443/device");
    BOOST_TEST(o.at("expires_in").as_int64() == 900);
    BOOST_TEST(o.at("interval").as_int64() == 5);
    BOOST_TEST(text_of(o, "message") == "To sign in, use a web browser to open the page https://localhost:8443/device "
                                        "and enter the code " +
                                            code + " to authenticate.");
    http::response const pending = poll(o);
    is_error(pending, 70016, "authorization_pending",
             "OAuth 2.0 device flow error. Authorization is pending. Continue polling. Trace ID: ");
    BOOST_TEST(header(pending, "Retry-After") == "");
    BOOST_TEST(text_of(json_of(pending), "error_uri") == "https://localhost:8443/error?code=70016");

    // In lower case and in groups, as people type.
    std::string typed = code;
    for (char& c : typed)
        c = char(std::tolower(c));
    http::response page = type(typed.insert(4, "-"));
    page = ie.submit(page, {{"loginfmt", "adele@woodgrove.example"}});
    page = ie.submit(page, {{"passwd", "correct horse"}});
    BOOST_TEST(page.body.find("Are you trying to sign in to Mail program?") != page.body.npos);
    is_error(poll(o), 70016, "authorization_pending", "OAuth 2.0 device flow error.");
    page = ie.submit(page);
    BOOST_TEST(page.body.find("Permissions requested") != page.body.npos);
    page = ie.submit(page, {}, "accept");
    BOOST_TEST(page.body.find("You have signed in to the Mail program application on your device.") != page.body.npos);

    json::object const t = json_of(poll(o));
    names.clear();
    for (auto const& member : t)
        names += std::string(member.key()) + ' ';
    BOOST_TEST(names == "token_type scope expires_in ext_expires_in access_token refresh_token id_token client_info ");
    access_verdict const v = verify_access_token(w.keys, w, text_of(t, "access_token"));
    BOOST_TEST(bool(v));
    BOOST_TEST(v.claims.person.login == "adele@woodgrove.example");
    BOOST_TEST(v.claims.client_authentication == 0);
    // Once.
    is_error(poll(o), 70019, "bad_verification_code", "Verification code expired.");
    BOOST_TEST(type(code).body.find("AADSTS90120: The request was already authorized or declined.") != page.body.npos);
    // What came of it lives on by itself.
    pairs const refresh{
        {"client_id", app.app_id}, {"grant_type", "refresh_token"}, {"refresh_token", text_of(t, "refresh_token")}};
    w.advance(1h);
    BOOST_TEST(token(refresh).status == 200u);
    // A browser that knows the person asks for confirmation only.
    json::object const again = json_of(device());
    ie.submit(type(text_of(again, "user_code")));
    BOOST_TEST(poll(again, "common", "device_code").status == 200u);
    BOOST_TEST(w.journal.to_json().find(text_of(again, "device_code")) == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_personal_account_has_another_page_and_shorter_codes, office)
{
    json::object const o = json_of(device("consumers"));
    BOOST_TEST(text_of(o, "user_code").size() == 8u);
    BOOST_TEST(text_of(o, "verification_uri") == "https://localhost:8443/link");
    http::response const page = ie.submit(ie.get("/common/oauth2/deviceauth"), {{"otc", text_of(o, "user_code")}});
    go_through(page, "robin@outlook.test");
    BOOST_TEST(text_of(json_of(poll(o, "consumers")), "access_token").starts_with("EwB"));
}

// Documented: Microsoft Learn, device code flow, expected errors.
BOOST_FIXTURE_TEST_CASE(codes_that_are_wrong_late_declined_or_somebody_elses, office)
{
    json::object const o = json_of(device());
    json::object const late = json_of(device()), waiting = json_of(device());
    BOOST_TEST(type("NOTACODE1").body.find("AADSTS70018: Invalid verification code") != std::string::npos);
    http::response const empty = ie.submit(ie.get("/common/oauth2/deviceauth"), {{"otc", " "}});
    BOOST_TEST(empty.body.find("AADSTS90119: The user code is null or empty.") != empty.body.npos);

    http::response page = go_through(type(text_of(o, "user_code")), "adele@woodgrove.example", "wrong");
    BOOST_TEST(page.body.find("AADSTS50126") != page.body.npos);
    page = ie.submit(page, {}, "cancel");
    BOOST_TEST(page.body.find("You have declined") != page.body.npos);
    is_error(poll(o), 65004, "authorization_declined", "User declined to consent");

    json::object strange = o;
    strange["device_code"] = "x";
    is_error(poll(strange), 70018, "bad_verification_code", "Invalid verification code");
    is_error(poll(late, "organizations"), 700005, "invalid_grant", "Provided Authorization Code is intended");
    application& second = add_app(sign_in_audience::orgs_and_personal);
    second.allow_public_client = true;
    is_error(token({{"grant_type", urn}, {"client_id", second.app_id}, {"device_code", text_of(late, "device_code")}}),
             70018, "bad_verification_code", "Invalid verification code");
    is_error(token({{"grant_type", urn}, {"client_id", app.app_id}}), 900144, "invalid_request",
             "The request body must contain the following parameter: 'device_code'.");
    // Only the copy that MSAL Python sends along.
    is_error(token({{"grant_type", urn}, {"client_id", app.app_id}, {"code", text_of(late, "device_code")}}), 70016,
             "authorization_pending", "OAuth 2.0 device flow error.");

    app.allow_public_client = false;
    is_error(poll(late), 7000218, "invalid_client",
             "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.", 401);
    app.allow_public_client = true;
    http::response const half = type(text_of(waiting, "user_code"));
    w.advance(14min);
    is_error(poll(late), 70016, "authorization_pending", "OAuth 2.0 device flow error.");
    w.advance(1min);
    is_error(poll(late), 70020, "expired_token",
             "The provided value for the input parameter 'device_code' is not valid. This device code has expired.");
    BOOST_TEST(type(text_of(late, "user_code")).body.find("AADSTS70019: Verification code expired.") !=
               std::string::npos);
    BOOST_TEST(ie.submit(half, {{"loginfmt", "adele@woodgrove.example"}}).body.find("AADSTS70019") !=
               std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(device_code_requests_that_are_refused, office)
{
    std::string const at = "/common/oauth2/v2.0/devicecode";
    is_error(post(at, {}), 900144, "invalid_request",
             "The request body must contain the following parameter: 'client_id'.");
    is_error(post(at, {{"client_id", app.app_id}}), 900144, "invalid_request",
             "The request body must contain the following parameter: 'scope'.");
    is_error(device("common", "openid,profile"), 70011, "invalid_scope", "The provided request must include");
    is_error(device("nobody.example"), 90002, "invalid_request", "Tenant 'nobody.example' not found.");
    app.audience = sign_in_audience::my_org;
    is_error(device(), 50194, "invalid_request", "Application '" + app.app_id + "'(Mail program) is not configured");
    BOOST_TEST(device(home.id).status == 200u);
    http::request get{.method = "GET", .target = at, .headers = {{"Host", "localhost:8443"}}};
    is_error(entra.answer(get), 900561, "invalid_request", "The endpoint only accepts POST requests.");
}

BOOST_FIXTURE_TEST_CASE(a_device_signs_in_for_two_resources_and_gets_the_first_ones_token, office)
{
    json::object const o = json_of(device("common", "offline_access https://outlook.office.com/IMAP.AccessAsUser.All "
                                                    "https://graph.microsoft.com/User.Read"));
    go_through(type(text_of(o, "user_code")));
    json::object const t = json_of(poll(o));
    BOOST_TEST(verify_access_token(w.keys, w, text_of(t, "access_token")).claims.audience ==
               "https://outlook.office.com");
    json::object const graph = json_of(token({{"client_id", app.app_id},
                                              {"grant_type", "refresh_token"},
                                              {"refresh_token", text_of(t, "refresh_token")},
                                              {"scope", "https://graph.microsoft.com/User.Read"}}));
    BOOST_TEST(text_of(graph, "scope") == "https://graph.microsoft.com/User.Read");
}

// Documented: Microsoft Learn, resource owner password credentials.
BOOST_FIXTURE_TEST_CASE(a_password_is_taken_from_programs_only_where_the_tenant_allows_it, office)
{
    pairs fields{{"client_id", app.app_id},
                 {"grant_type", "password"},
                 {"username", "adele@woodgrove.example"},
                 {"password", "correct horse"},
                 {"scope", mail_scope}};
    is_error(token(fields, "organizations"), 530032, "invalid_grant", "User blocked due to policies");
    w.policy.edit_tenant(home.id).password_grant = true;
    is_error(token(fields, "organizations"), 65001, "invalid_grant", "The user or administrator has not consented");
    w.directory.grant_all(w, app, home.id);
    fields.back().second = "openid offline_access https://graph.microsoft.com/User.Read";
    http::response const r = token(fields, "organizations");
    BOOST_TEST_REQUIRE(r.status == 200u, r.body);
    json::object const o = json_of(r);
    BOOST_TEST(verify_access_token(w.keys, w, text_of(o, "access_token")).claims.person.login ==
               "adele@woodgrove.example");
    BOOST_TEST(token({{"client_id", app.app_id},
                      {"grant_type", "refresh_token"},
                      {"refresh_token", text_of(o, "refresh_token")}},
                     home.id)
                   .status == 200u);
    is_error(token(fields, "common"), 9001023, "invalid_request",
             "The grant type is not supported over the /common or /consumers endpoints.");
    w.policy.edit_tenant(home.id).conditional_access = conditional_access::mfa;
    http::response const mfa = token(fields, home.id);
    is_error(mfa, 50076, "invalid_grant", "Due to a configuration change");
    BOOST_TEST(text_of(json_of(mfa), "suberror") == "basic_action");
    BOOST_TEST(w.journal.to_json().find("correct horse") == std::string::npos);
}

// Shapes observed: public fixtures of v1 discovery; OneDrive-for-Kodi and jstedfast/MailKit#178 for numbers as strings.
BOOST_FIXTURE_TEST_CASE(the_endpoints_of_v1, office)
{
    auto const get = [&](std::string target) {
        http::request r{.method = "GET", .target = std::move(target), .headers = {{"Host", "localhost:8443"}}};
        return entra.answer(r);
    };
    json::object const metadata = json_of(get("/common/.well-known/openid-configuration"));
    BOOST_TEST(text_of(metadata, "issuer") == "https://sts.windows.net/{tenantid}/");
    BOOST_TEST(text_of(metadata, "token_endpoint") == "https://localhost:8443/common/oauth2/token");
    BOOST_TEST(json_of(get("/common/discovery/keys")).at("keys").at(0).as_object().contains("issuer") == false);

    application_request more;
    more.add_permission("IMAP.AccessAsUser.All");
    app.permissions = more.permissions;
    app.permissions.push_back({std::string(exchange_app_id), "195adc35-e27b-454b-a7ed-1ecdffa1c09f"});
    auto const authorize_v1 = [&](pairs changed) {
        changed.push_back({"scope", "-"});
        return ie.get("/woodgrove.example/oauth2/authorize?" + form(authorize_fields(std::move(changed))));
    };
    pairs const p = redirect_parameters(go_through(authorize_v1({{"resource", "https://outlook.office365.com"}})));
    http::response const r = post("/woodgrove.example/oauth2/token", code_fields(value_of(p, "code")));
    BOOST_TEST_REQUIRE(r.status == 200u, r.body);
    json::object const o = json_of(r);
    std::string names;
    for (auto const& member : o)
        names += std::string(member.key()) + ' ';
    BOOST_TEST(names == "token_type scope expires_in ext_expires_in expires_on not_before resource access_token "
                        "refresh_token id_token ");
    BOOST_TEST(text_of(o, "expires_in") == "3599");
    BOOST_TEST(text_of(o, "scope") == "IMAP.AccessAsUser.All");
    BOOST_TEST(text_of(o, "resource") == "https://outlook.office365.com");
    BOOST_TEST(bool(verify_access_token(w.keys, w, text_of(o, "access_token"))));
    json::object const id = payload_of(text_of(o, "id_token"));
    BOOST_TEST(text_of(id, "iss") == "https://sts.windows.net/" + home.id + "/");
    BOOST_TEST(text_of(id, "upn") == "adele@woodgrove.example");
    pairs const refresh{{"client_id", app.app_id},
                        {"grant_type", "refresh_token"},
                        {"client_secret", secret},
                        {"refresh_token", text_of(o, "refresh_token")},
                        {"resource", "https://graph.microsoft.com/"}};
    BOOST_TEST(text_of(json_of(post("/woodgrove.example/oauth2/token", refresh)), "resource") ==
               "https://graph.microsoft.com");

    pairs const app_only{{"client_id", app.app_id},
                         {"grant_type", "client_credentials"},
                         {"client_secret", secret},
                         {"resource", "https://outlook.office365.com"}};
    BOOST_TEST(text_of(json_of(post("/woodgrove.example/oauth2/token", app_only)), "expires_in") == "3599");
    json::object const d = json_of(post("/woodgrove.example/oauth2/devicecode",
                                        {{"client_id", app.app_id}, {"resource", "https://graph.microsoft.com"}}));
    BOOST_TEST(text_of(d, "verification_url") == "https://localhost:8443/device");
    BOOST_TEST(!d.contains("verification_uri"));
}

// Documented: Microsoft Learn, UserInfo endpoint; OpenID Connect Core 1.0 section 5.3.2: the same sub as in the ID token.
BOOST_FIXTURE_TEST_CASE(user_info_says_who_a_graph_token_is_for, office)
{
    auto const ask = [&](std::string const& bearer) {
        http::request r{.method = "GET", .target = "/oidc/userinfo", .headers = {{"Host", "localhost:8443"}}};
        r.headers.push_back({"Authorization", "Bearer " + bearer});
        return entra.answer(r);
    };
    for (std::string const login : {"adele@woodgrove.example", "robin@outlook.test"})
    {
        ie.jar().clear();
        json::object const o = json_of(
            token(code_fields(code({{"scope", "openid profile email offline_access User.Read"}}, "common", login))));
        http::response const r = ask(text_of(o, "access_token"));
        BOOST_TEST_REQUIRE(r.status == 200u, r.body);
        json::object const info = json::parse(r.body).as_object();
        BOOST_TEST(text_of(info, "sub") == text_of(payload_of(text_of(o, "id_token")), "sub"));
        BOOST_TEST(text_of(info, "email") == login);
        BOOST_TEST(text_of(info, "family_name") == "Doe");
        // A token for Outlook is none for Graph.
        json::object const mail = json_of(token({{"client_id", app.app_id},
                                                 {"grant_type", "refresh_token"},
                                                 {"client_secret", secret},
                                                 {"refresh_token", text_of(o, "refresh_token")},
                                                 {"scope", "User.Read"}}));
        BOOST_TEST(ask(text_of(mail, "access_token")).status == 200u);
    }
    json::object const outlook = json_of(token(code_fields(code())));
    http::response const refused = ask(text_of(outlook, "access_token"));
    BOOST_TEST(refused.status == 401u);
    BOOST_TEST(refused.body.find("InvalidAuthenticationToken") != std::string::npos);
    BOOST_TEST(ask("nonsense").status == 401u);
    // The real metadata name it at Graph.
    outkit::mock::graph graph(w);
    http::request r{.method = "GET", .target = "/oidc/userinfo", .headers = {{"Host", "localhost"}}};
    BOOST_TEST(graph.answer(r).status == 401u);
    json::object const o = json_of(token(code_fields(code({{"scope", "openid User.Read"}}))));
    r.headers.push_back({"Authorization", "Bearer " + text_of(o, "access_token")});
    BOOST_TEST(json::parse(graph.answer(r).body).at("sub").as_string() ==
               payload_of(text_of(o, "id_token")).at("sub").as_string());
    BOOST_TEST(header(ask(""), "WWW-Authenticate").starts_with("Bearer"));
}

// Documented: Microsoft Learn, admin consent (v2) and client credentials (v1).
BOOST_FIXTURE_TEST_CASE(an_administrator_grants_for_everybody, office)
{
    application_request asked;
    asked.add_permission("IMAP.AccessAsUser.All");
    asked.add_permission("IMAP.AccessAsApp", permission_type::application);
    app.permissions = asked.permissions;
    auto const open = [&](std::string path, pairs changed = {}) {
        pairs fields{{"client_id", app.app_id}, {"redirect_uri", callback}, {"state", "12&45"}};
        for (auto& f : changed)
            fields.push_back(f);
        return ie.get("/" + path + "?" + form(fields));
    };
    std::string const v2 = "woodgrove.example/v2.0/adminconsent";
    pairs const scope{{"scope", "https://outlook.office.com/.default"}};
    http::response const denied = go_through(open(v2, scope), "adele@woodgrove.example");
    BOOST_TEST(denied.body.find("AADSTS90094") != denied.body.npos);
    BOOST_TEST(value_of(redirect_parameters(ie.submit(denied, {}, "cancel")), "error") == "consent_required");
    ie.jar().clear();
    http::response page = ie.submit(open(v2, scope), {{"loginfmt", "admin@woodgrove.example"}});
    page = ie.submit(page, {{"passwd", "correct horse"}});
    BOOST_TEST(page.body.find("for all users in your organization") != page.body.npos);
    pairs const no = redirect_parameters(ie.submit(page, {}, "decline"));
    BOOST_TEST(value_of(no, "admin_consent") == "True");
    BOOST_TEST(value_of(no, "error_description").starts_with("AADSTS65004: "));
    BOOST_TEST(w.directory.consents().empty());
    http::response const done = ie.submit(page, {}, "accept");
    BOOST_TEST(header(done, "Location")
                   .starts_with("http://localhost:3000/oauth?admin_consent=True&tenant=" + home.id + "&scope="));
    BOOST_TEST(value_of(redirect_parameters(done), "state") == "12&45");
    BOOST_TEST(w.directory.consented(app.app_id, adele, exchange_app_id, "IMAP.AccessAsUser.All"));
    BOOST_TEST(w.directory.granted_roles(app.app_id, home.id, exchange_app_id).size() == 1u);

    pairs const v1 = redirect_parameters(ie.submit(open("organizations/adminconsent"), {}, "decline"));
    BOOST_TEST(value_of(v1, "error") == "permission_denied");
    BOOST_TEST(value_of(v1, "error_description") == "The admin canceled the request");
    BOOST_TEST(open("common/v2.0/adminconsent", scope).body.find("AADSTS90130") != std::string::npos);
    BOOST_TEST(open(v2).body.find("AADSTS900144") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
