#include "../entra_office.hpp"

BOOST_AUTO_TEST_SUITE(mock_entra_metadata)
namespace {

namespace json = boost::json;
using namespace outkit::tests;
namespace http = outkit::http;

struct office : entra_office
{
    http::response get(std::string target, std::string host = "localhost:8443", std::string method = "GET",
                       http::fields more = {})
    {
        http::request r{.method = std::move(method), .target = std::move(target), .headers = std::move(more)};
        r.headers.push_back({"Host", std::move(host)});
        return entra.answer(r);
    }
};

std::string names(json::object const& o)
{
    std::string all;
    for (auto const& member : o)
        all += std::string(member.key()) + ' ';
    return all;
}

}  // namespace

// Members and order recorded from the real service (Azure SDK for JS, identity tests).
BOOST_FIXTURE_TEST_CASE(discovery_has_the_members_of_the_real_document, office)
{
    http::response const r = get("/common/v2.0/.well-known/openid-configuration");
    BOOST_TEST(r.status == 200u);
    json::object const o = json_of(r);
    BOOST_TEST(
        names(o) ==
        "token_endpoint token_endpoint_auth_methods_supported jwks_uri response_modes_supported "
        "subject_types_supported id_token_signing_alg_values_supported response_types_supported scopes_supported "
        "issuer request_uri_parameter_supported userinfo_endpoint authorization_endpoint "
        "device_authorization_endpoint http_logout_supported frontchannel_logout_supported end_session_endpoint "
        "claims_supported kerberos_endpoint tenant_region_scope cloud_instance_name cloud_graph_host_name "
        "msgraph_host rbac_url ");
    BOOST_TEST(text_of(o, "token_endpoint") == "https://localhost:8443/common/oauth2/v2.0/token");
    BOOST_TEST(text_of(o, "authorization_endpoint") == "https://localhost:8443/common/oauth2/v2.0/authorize");
    BOOST_TEST(json::serialize(o.at("subject_types_supported")) == R"(["pairwise"])");
    BOOST_TEST(json::serialize(o.at("id_token_signing_alg_values_supported")) == R"(["RS256"])");
    BOOST_TEST(o.at("tenant_region_scope").is_null());
    BOOST_TEST(header(r, "Access-Control-Allow-Origin") == "*");
    BOOST_TEST(header(r, "Cache-Control") == "max-age=86400, private");
}

BOOST_FIXTURE_TEST_CASE(the_issuer_fits_the_authority, office)
{
    struct row
    {
        char const *tenant, *issuer, *path;
    };
    for (auto const& [tenant, issuer, path] :
         {row{"common", "https://localhost:8443/{tenantid}/v2.0", "common"},
          row{"organizations", "https://localhost:8443/{tenantid}/v2.0", "organizations"},
          row{"consumers", "https://localhost:8443/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", "consumers"},
          row{"00000000-0000-4000-8000-000000000001",
              "https://localhost:8443/00000000-0000-4000-8000-000000000001/v2.0",
              "00000000-0000-4000-8000-000000000001"},
          row{"woodgrove.example", "https://localhost:8443/00000000-0000-4000-8000-000000000001/v2.0",
              "00000000-0000-4000-8000-000000000001"},
          row{"WoodGrove.Example", "https://localhost:8443/00000000-0000-4000-8000-000000000001/v2.0",
              "00000000-0000-4000-8000-000000000001"}})
        BOOST_TEST_CONTEXT(tenant)
        {
            json::object const o = json_of(get("/" + std::string(tenant) + "/v2.0/.well-known/openid-configuration"));
            BOOST_TEST(text_of(o, "issuer") == issuer);
            BOOST_TEST(text_of(o, "jwks_uri") ==
                       "https://localhost:8443/" + std::string(path) + "/discovery/v2.0/keys");
        }
}

BOOST_FIXTURE_TEST_CASE(documents_name_the_host_that_was_asked, office)
{
    json::object const o = json_of(get("/common/v2.0/.well-known/openid-configuration", "Login.Entra.Test"));
    BOOST_TEST(text_of(o, "issuer") == "https://login.entra.test/{tenantid}/v2.0");
}

BOOST_FIXTURE_TEST_CASE(unknown_tenants_are_refused, office)
{
    is_error(get("/nobody.example/v2.0/.well-known/openid-configuration"), 90002, "invalid_tenant",
             "Tenant 'nobody.example' not found. This may happen if there are no active subscriptions for the tenant.");
    is_error(get("/adele@woodgrove.example/v2.0/.well-known/openid-configuration"), 900023, "invalid_request",
             "Specified tenant identifier 'adele@woodgrove.example' is neither a valid DNS name, nor a valid external "
             "domain.");
    is_error(get("/x/v2.0/.well-known/openid-configuration"), 900023, "invalid_request",
             "Specified tenant identifier 'x' is neither");
}

BOOST_FIXTURE_TEST_CASE(keys_are_published_for_every_authority, office)
{
    for (char const* tenant : {"common", "organizations", "consumers", "woodgrove.example"})
    {
        http::response const r = get("/" + std::string(tenant) + "/discovery/v2.0/keys");
        BOOST_TEST(r.status == 200u);
        json::object const key = json_of(r).at("keys").at(0).as_object();
        BOOST_TEST(text_of(key, "kid").starts_with("mock-"));
        BOOST_TEST(text_of(key, "issuer") == "https://localhost:8443/{tenantid}/v2.0");
        BOOST_TEST(header(r, "Access-Control-Allow-Origin") == "*");
    }
}

BOOST_FIXTURE_TEST_CASE(instance_discovery_knows_microsofts_hosts_and_its_own, office)
{
    http::response const r =
        get("/common/discovery/instance?api-version=1.1&authorization_endpoint=https%3A%2F%2Flogin.microsoftonline.com"
            "%2Fcommon%2Foauth2%2Fv2.0%2Fauthorize");
    BOOST_TEST(r.status == 200u);
    json::object const o = json_of(r);
    BOOST_TEST(text_of(o, "tenant_discovery_endpoint") ==
               "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration");
    BOOST_TEST(o.at("metadata").as_array().size() == 5u);
    BOOST_TEST(text_of(o.at("metadata").at(0).as_object(), "preferred_cache") == "login.windows.net");
    BOOST_TEST(get("/common/discovery/instance?authorization_endpoint=https://localhost:8443/common/x").status == 200u);
    is_error(get("/common/discovery/instance?authorization_endpoint=https://evil.test/common/oauth2/v2.0/authorize"),
             50049, "invalid_instance", "Unknown or invalid instance.");
    is_error(get("/common/discovery/instance"), 50050, "invalid_request", "The request is malformed.");
}

BOOST_FIXTURE_TEST_CASE(user_realms_say_who_manages_a_domain, office)
{
    BOOST_TEST(text_of(json_of(get("/common/userrealm/adele@woodgrove.example?api-version=1.0")), "account_type") ==
               "Managed");
    BOOST_TEST(text_of(json_of(get("/common/userrealm/who%40nowhere.example")), "account_type") == "Unknown");
}

// Names and values recorded from the real service.
BOOST_FIXTURE_TEST_CASE(answers_carry_the_services_headers, office)
{
    http::response const r =
        get("/x/oauth2/v2.0/token", "login.entra.test", "POST",
            {{"client-request-id", "12345678-1234-4234-8234-123456789abc"}, {"return-client-request-id", "true"}});
    BOOST_TEST(header(r, "Cache-Control") == "no-store, no-cache");
    BOOST_TEST(header(r, "Pragma") == "no-cache");
    BOOST_TEST(header(r, "Expires") == "-1");
    BOOST_TEST(header(r, "Strict-Transport-Security") == "max-age=31536000; includeSubDomains");
    BOOST_TEST(header(r, "X-Content-Type-Options") == "nosniff");
    BOOST_TEST(header(r, "client-request-id") == "12345678-1234-4234-8234-123456789abc");
    json::object const o = json_of(r);
    BOOST_TEST(text_of(o, "correlation_id") == "12345678-1234-4234-8234-123456789abc");
    BOOST_TEST(text_of(o, "trace_id") == header(r, "x-ms-request-id"));
    // A browser that has believed it once would not find http://localhost:3000 any more.
    BOOST_TEST(header(get("/common/discovery/v2.0/keys"), "Strict-Transport-Security") == "");
}

BOOST_FIXTURE_TEST_CASE(errors_have_the_members_and_the_tail_of_the_real_ones, office)
{
    json::object const o = json_of(get("/common/oauth2/v2.0/token"));
    BOOST_TEST(names(o) == "error error_description error_codes timestamp trace_id correlation_id error_uri ");
    BOOST_TEST(text_of(o, "error_description") ==
               "AADSTS900561: The endpoint only accepts POST requests. Received a GET request. Trace ID: " +
                   text_of(o, "trace_id") + " Correlation ID: " + text_of(o, "correlation_id") +
                   " Timestamp: " + text_of(o, "timestamp"));
    BOOST_TEST(text_of(o, "error_uri") == "https://localhost:8443/error?code=900561");
    std::string const stamp = text_of(o, "timestamp");
    BOOST_TEST(stamp.size() == 20u);
    BOOST_TEST(stamp[10] == ' ');
    BOOST_TEST(stamp.back() == 'Z');
}

BOOST_FIXTURE_TEST_CASE(MK_15_foreign_hosts_are_turned_away, office)
{
    for (char const* host : {"evil.test", "localhost.evil.test", "entra.test", "login.microsoftonline.com", "10.0.0.1",
                             "[2001:db8::1]:8443", "", "localhost:8443:1", "localhost:x", "[::1"})
        for (char const* target :
             {"/common/discovery/v2.0/keys", "/common/oauth2/v2.0/authorize", "/common/oauth2/v2.0/token"})
            BOOST_TEST_CONTEXT(host << target)
            {
                http::response const r = get(target, host);
                BOOST_TEST((r.status == 421u || r.status == 400u));
                BOOST_TEST(header(r, "Connection") == "close");
            }
    for (char const* host : {"localhost", "LOCALHOST:1", "127.0.0.1:8443", "[::1]:8443", "login.entra.test"})
        BOOST_TEST(get("/common/discovery/v2.0/keys", host).status == 200u);
    http::request without{.target = "/common/discovery/v2.0/keys"};
    BOOST_TEST(entra.answer(without).status == 400u);
}

BOOST_FIXTURE_TEST_CASE(MK_30_routing_is_exact, office)
{
    for (char const* target : {"/",
                               "/common",
                               "/common/",
                               "//common/discovery/v2.0/keys",
                               "/common//discovery/v2.0/keys",
                               "/common/../common/discovery/v2.0/keys",
                               "/common/discovery/v2.0/keys/",
                               "/common/discovery/v2.0/./keys",
                               "/common/discovery%2fv2.0/keys",
                               "/common/discovery/v2.0/ke%79s",
                               "/common%2fdiscovery/v2.0/keys",
                               "/common;x/discovery/v2.0/keys",
                               "/common/discovery/v2.0/keys;a=b",
                               "/common\\discovery/v2.0/keys",
                               "/%2e%2e/discovery/v2.0/keysx",
                               "/.well-known/openid-configuration",
                               "common/discovery/v2.0/keys",
                               "*",
                               "",
                               "/common/v2.0/.well-known/.well-known/openid-configuration"})
        BOOST_TEST_CONTEXT(target)
    BOOST_TEST(get(target).status == 404u);
    BOOST_TEST(get("/" + std::string(65536, 'a')).status == 414u);
    BOOST_TEST(get("/common/discovery/v2.0/keys?x=%zz").status == 400u);
    BOOST_TEST(get("/COMMON/Discovery/V2.0/Keys").status == 200u);
    BOOST_TEST(get("/common/discovery/v2.0/keys", "localhost", "DELETE").status == 405u);
    BOOST_TEST(get("/common/login", "localhost", "GET").status == 405u);
}

BOOST_FIXTURE_TEST_CASE(MK_31_preflights_are_answered_where_the_service_does, office)
{
    http::response const r = get("/common/oauth2/v2.0/token", "localhost", "OPTIONS", {{"Origin", "https://app.test"}});
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(header(r, "Access-Control-Allow-Origin") == "*");
    http::response const sign_in =
        get("/common/oauth2/v2.0/authorize", "localhost", "OPTIONS", {{"Origin", "https://app.test"}});
    BOOST_TEST(sign_in.status == 405u);
    BOOST_TEST(header(sign_in, "Access-Control-Allow-Origin") == "");
}

// A page reads user info with a bearer token: the browser asks whether it may send one, and reads the answer, a refusal
// as well, only if that says so.
BOOST_FIXTURE_TEST_CASE(MK_31_user_info_can_be_read_by_a_page, office)
{
    auto const words = [](std::string const& list) { return ", " + list + ","; };
    for (char const* target : {"/oidc/userinfo", "/common/openid/userinfo"})
        BOOST_TEST_CONTEXT(target)
        {
            http::response const may = get(target, "localhost", "OPTIONS",
                                           {{"Origin", "https://app.test"},
                                            {"Access-Control-Request-Method", "GET"},
                                            {"Access-Control-Request-Headers", "authorization"}});
            BOOST_TEST(may.status == 200u);
            BOOST_TEST(header(may, "Access-Control-Allow-Origin") == "*");
            BOOST_TEST(words(header(may, "Access-Control-Allow-Methods")).find(", GET,") != std::string::npos);
            BOOST_TEST(words(header(may, "Access-Control-Allow-Headers")).find(", authorization,") !=
                       std::string::npos);
            for (char const* method : {"GET", "POST"})
            {
                http::response const refused = get(target, "localhost", method, {{"Origin", "https://app.test"}});
                BOOST_TEST(refused.status == 401u);
                BOOST_TEST(header(refused, "Access-Control-Allow-Origin") == "*");
                BOOST_TEST(header(refused, "Access-Control-Expose-Headers") == "WWW-Authenticate");
                // Nobody may ever make it send cookies along.
                BOOST_TEST(header(refused, "Access-Control-Allow-Credentials") == "");
            }
            BOOST_TEST(header(get(target), "Access-Control-Allow-Origin") == "");
        }
    json::object const o = json_of(token(code_fields(code({{"scope", "openid profile email User.Read"}}))));
    http::response const r =
        get("/oidc/userinfo", "localhost:8443", "GET",
            {{"Origin", "https://app.test"}, {"Authorization", "Bearer " + text_of(o, "access_token")}});
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(header(r, "Access-Control-Allow-Origin") == "*");
}

BOOST_FIXTURE_TEST_CASE(queued_faults_happen_instead_of_the_answer, office)
{
    w.faults.next_status("entra", "keys", 503, std::chrono::seconds(7), "busy");
    http::response const r = get("/common/discovery/v2.0/keys");
    BOOST_TEST(r.status == 503u);
    BOOST_TEST(header(r, "Retry-After") == "7");
    BOOST_TEST(r.body == "busy");
    BOOST_TEST(get("/common/discovery/v2.0/keys").status == 200u);
    BOOST_TEST(w.journal.count({.server = "entra", .text = "503"}) == 1u);
}

BOOST_FIXTURE_TEST_CASE(requests_are_in_the_journal, office)
{
    get("/common/discovery/v2.0/keys?a=b");
    auto const* const e = w.journal.last();
    BOOST_TEST_REQUIRE(e);
    BOOST_TEST(e->server == "entra");
    BOOST_TEST(e->what == "GET /common/discovery/v2.0/keys");
    BOOST_TEST(e->field("a") == "b");
    BOOST_TEST(e->answer == "200 keys");
}

BOOST_AUTO_TEST_SUITE_END()
