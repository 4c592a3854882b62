// The calls that register an application, against scripts.

#include <outkit/graph/detail/registering.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace outkit::graph;
using outkit::access_token;
using outkit::detail::how;
using outkit::detail::play;
using outkit::graph::detail::session;
namespace flows = outkit::graph::detail;
namespace http = outkit::http;

namespace {

std::string answer(std::string status, std::string body)
{
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The shape of an answer in the documentation of "Get application" and "addPassword" (Microsoft Learn), shortened.
char const* const an_application =
    R"({"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#applications/$entity",)"
    R"("id":"03ef14b0-ca33-4840-8f4f-d6e91916010e","deletedDateTime":null,"isFallbackPublicClient":null,)"
    R"("appId":"631a96bc-a705-4eda-9f99-fdaf9f54f6a2","displayName":"Display name",)"
    R"("signInAudience":"AzureADandPersonalMicrosoftAccount","passwordCredentials":[{"customKeyIdentifier":null,)"
    R"("displayName":"Password-Name","endDateTime":"2021-09-09T19:50:29.3086381Z","hint":"[6g",)"
    R"("keyId":"f0b0b335-1d71-4883-8f98-567911bfdca6","secretText":null,"startDateTime":"2019-09-09T19:50:29Z"}],)"
    R"("publicClient":{"redirectUris":[]},"requiredResourceAccess":[{"resourceAppId":"00000003-0000-0000-c000-000000000000",)"
    R"("resourceAccess":[{"id":"e1fe6dd8-ba31-4d61-89e7-88639da4683d","type":"Scope"},)"
    R"({"id":"df021288-bdef-4463-88db-98f22de89214","type":"Role"}]}],)"
    R"("web":{"homePageUrl":null,"redirectUris":["https://app.example/cb"],"implicitGrantSettings":null},)"
    R"("spa":{"redirectUris":[]}})";

session admin() { return session(options(), access_token("secret-token")); }

template <class Flow>
auto run(session& s, Flow make, std::vector<std::string> scripts, how h = {})
{
    scripts.insert(scripts.begin(), "");  // the first is for a connection the flow starts with
    auto r = play(make(s), std::move(scripts), h);
    BOOST_TEST(r.diagnostics.find("secret-token") == std::string::npos);
    return r;
}

auto found(session& s) { return flows::find_applications(s, "displayName", "Bob's"); }

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_registering)

BOOST_AUTO_TEST_CASE(a_registration_is_read_and_asked_for_by_name)
{
    session s = admin();
    auto const r = run(s, found, {answer("200 OK", R"({"value":[)" + std::string(an_application) + "]}")});
    BOOST_TEST_REQUIRE(!r.ec, r.diagnostics);
    BOOST_TEST(r.written.starts_with("GET /v1.0/applications?$filter=displayName%20eq%20%27Bob%27%27s%27 HTTP/1.1\r\n"),
               r.written);
    BOOST_TEST_REQUIRE(r.value->size() == 1u);
    application const& a = r.value->front();
    BOOST_TEST(a.app_id == "631a96bc-a705-4eda-9f99-fdaf9f54f6a2");
    BOOST_TEST(!a.is_fallback_public_client);
    BOOST_TEST(a.web_redirect_uris.at(0) == "https://app.example/cb");
    BOOST_TEST_REQUIRE(a.permissions.size() == 2u);
    BOOST_TEST((a.permissions[1].kind == permission_kind::application));
    BOOST_TEST(a.permissions[1].resource_app_id == "00000003-0000-0000-c000-000000000000");
    BOOST_TEST_REQUIRE(a.secrets.size() == 1u);
    BOOST_TEST(flows::format(*a.secrets[0].end).starts_with("2021-09-09T19:50:29"));
}

BOOST_AUTO_TEST_CASE(all_pages_are_read_and_none_of_another_host)
{
    auto const page = [](std::string link) {
        return answer("200 OK", R"({"@odata.nextLink":")" + link + R"(","value":[)" + an_application + "]}");
    };
    std::string const last = answer("200 OK", R"({"value":[]})");
    session s = admin();
    auto r = run(s, found, {page("https://graph.microsoft.com/v1.0/applications?$skiptoken=2"), last});
    BOOST_TEST(!r.ec, r.diagnostics);
    BOOST_TEST(r.value->size() == 1u);
    BOOST_TEST(r.written.find("GET /v1.0/applications?$skiptoken=2 HTTP/1.1\r\n") != std::string::npos);
    session far = admin();
    auto const f = run(far, found, {page("https://evil.example/v1.0/applications?$skiptoken=2")});
    BOOST_TEST((f.ec == http::error::untrusted_origin));
    session round = admin();
    std::string const same = page("https://graph.microsoft.com/v1.0/applications?$skiptoken=2");
    BOOST_TEST((run(round, found, {same, same}).ec == error::page_loop));
    for (char const* const odd : {"[]", "{}", R"({"value":{}})", R"({"value":[1]})", R"({"value":[{"id":7}]})"})
    {
        session o = admin();
        BOOST_TEST((run(o, found, {answer("200 OK", odd)}).ec == error::response_malformed), odd);
    }
}

BOOST_AUTO_TEST_CASE(what_was_made_is_never_made_twice)
{
    auto const make = [](session& s) {
        application a;
        a.display_name = "Mail \"x\"";
        a.sign_in_audience = "AzureADMyOrg";
        a.permissions = {{"r", "1", permission_kind::delegated}, {"r", "2", permission_kind::application}};
        return flows::create_application(s, std::move(a));
    };
    std::string const made = answer("201 Created", an_application);
    session s = admin();
    auto const whole = run(s, make, {made});
    BOOST_TEST_REQUIRE(!whole.ec, whole.diagnostics);
    BOOST_TEST(
        whole.written.find(
            R"("requiredResourceAccess":[{"resourceAppId":"r","resourceAccess":[{"id":"1","type":"Scope"},{"id":"2","type":"Role"}]}])") !=
        std::string::npos);
    BOOST_TEST(whole.written.find(R"("displayName":"Mail \"x\"")") != std::string::npos);
    unsigned unknown = 0;
    for (std::size_t n = 0; n != made.size(); ++n)
    {
        session cut = admin();
        auto const r = run(cut, make, {made.substr(0, n), made});
        BOOST_TEST((r.ec == error::outcome_unknown), n << ": " << r.ec.message());
        unknown += r.ec == error::outcome_unknown;
    }
    BOOST_TEST(unknown == made.size());
    session denied = admin();
    auto const d =
        run(denied, make,
            {answer("403 Forbidden",
                    R"({"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}})")});
    BOOST_TEST((d.ec == error::authorization_request_denied));
    BOOST_TEST(denied.last.message == "Insufficient privileges");
}

BOOST_AUTO_TEST_CASE(the_text_of_a_secret_is_in_the_result_alone)
{
    auto const make = [](session& s) {
        return flows::add_password(s, "03ef/14b0", "for tests", *flows::parse_date_time("2027-05-23T10:00:00Z"));
    };
    session s = admin();
    std::string seen;
    s.http.w.trace = [&](outkit::detail::wire::direction, std::string_view line) { seen += line; };
    auto const r =
        run(s, make,
            {answer("200 OK", R"({"keyId":"k","displayName":"for tests","hint":"[6g","secretText":"[6gyXA5S20@MN"})")});
    BOOST_TEST_REQUIRE(!r.ec, r.diagnostics);
    BOOST_TEST(r.value->text.reveal() == "[6gyXA5S20@MN");
    BOOST_TEST(r.value->credential.key_id == "k");
    BOOST_TEST(r.written.starts_with("POST /v1.0/applications/03ef%2F14b0/addPassword HTTP/1.1\r\n"), r.written);
    BOOST_TEST(r.written.find(R"("endDateTime":"2027-05-23T10:00:00Z")") != std::string::npos, r.written);
    BOOST_TEST(!seen.empty());
    BOOST_TEST(seen.find("[6gyXA5S20@MN") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
