#include "../entra_office.hpp"

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
    w.advance(14min + 59s);
    is_error(poll(late), 70016, "authorization_pending", "OAuth 2.0 device flow error.");
    w.advance(1s);
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

BOOST_AUTO_TEST_SUITE_END()
