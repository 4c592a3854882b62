// The directory's part of the mock Graph: what a set-up script asks for, and what comes of it.

#include "graph_outlook.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using outkit::tests::outlook;
using outkit::tests::refused;
namespace http = outkit::http;
namespace mock = outkit::mock;

namespace {

struct office : outlook
{
    office() { adele->roles = {"Global Administrator"}; }

    http::response admin(std::string method, std::string target, std::string body = {})
    {
        return ask(std::move(method), "/v1.0/" + target,
                   token(*adele, {"Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All",
                                  "AppRoleAssignment.ReadWrite.All", "User.Read.All"}),
                   {{"Content-Type", "application/json"}}, std::move(body));
    }
};

bool has(http::response const& r, std::string_view text) { return r.body.find(text) != std::string::npos; }

std::string member(http::response const& r, std::string const& name)
{
    std::string const mark = "\"" + name + "\":\"";
    std::size_t const at = r.body.find(mark);
    BOOST_TEST_REQUIRE(at != std::string::npos, r.status << ' ' << r.body.substr(0, 400));
    return r.body.substr(at + mark.size(), r.body.find('"', at + mark.size()) - at - mark.size());
}

char const* const mailer =
    R"({"displayName":"Set up","signInAudience":"AzureADMultipleOrgs","isFallbackPublicClient":true,)"
    R"("publicClient":{"redirectUris":["http://localhost"]},"web":{"redirectUris":["https://app.example/cb"]},)"
    R"("requiredResourceAccess":[{"resourceAppId":"00000003-0000-0000-c000-000000000000","resourceAccess":)"
    R"([{"id":"652390e4-393a-48de-9484-05f9b1212954","type":"Scope"},{"id":"810c84a8-4a9e-49e6-bf7d-12d183f40d01","type":"Role"}]}]})";

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_directory)

BOOST_AUTO_TEST_CASE(an_application_is_registered_changed_and_removed)
{
    office o;
    auto const made = o.admin("POST", "applications", mailer);
    BOOST_TEST(made.status == 201u, made.body);
    BOOST_TEST(made.body.starts_with(
        "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#applications/$entity\",\"id\":\""));
    std::string const id = member(made, "id"), app_id = member(made, "appId");
    mock::application const* const app = o.w.directory.find_application(app_id);
    BOOST_TEST_REQUIRE(app != nullptr);
    BOOST_TEST(app->display_name == "Set up");
    BOOST_TEST((app->audience == mock::sign_in_audience::multiple_orgs));
    BOOST_TEST(app->allow_public_client);
    BOOST_TEST((app->match_redirect("https://app.example/cb")->type == mock::platform::web));
    BOOST_TEST((app->match_redirect("http://localhost:8080")->type == mock::platform::public_client));
    BOOST_TEST(app->permissions.size() == 2u);
    BOOST_TEST(has(
        made,
        R"("requiredResourceAccess":[{"resourceAppId":"00000003-0000-0000-c000-000000000000","resourceAccess":[{"id":"652390e4-393a-48de-9484-05f9b1212954","type":"Scope"},{"id":"810c)"));

    BOOST_TEST(member(o.admin("GET", "applications?$filter=appId%20eq%20'" + app_id + "'"), "id") == id);
    BOOST_TEST(has(o.admin("GET", "applications?$filter=displayName%20eq%20'nobody'"), "\"value\":[]"));
    refused(o.admin("GET", "applications?$filter=contains(displayName,'x')"), 400, "Request_UnsupportedQuery");
    BOOST_TEST(o.admin("PATCH", "applications/" + id,
                       R"({"displayName":"Renamed","spa":{"redirectUris":["https://app.example/spa"]}})")
                   .status == 204u);
    BOOST_TEST(app->display_name == "Renamed");
    BOOST_TEST(app->redirect_uris.size() == 3u);
    refused(o.admin("PATCH", "applications/" + id, R"({"web":{"redirectUris":["http://evil.example"]}})"), 400,
            "Request_BadRequest", "Invalid value specified for property 'web' of resource 'Application'.");
    refused(o.admin("PATCH", "applications/" + id, R"({"signInAudience":"Everybody"})"), 400, "Request_BadRequest");
    refused(o.admin("POST", "applications", "{}"), 400, "Request_BadRequest",
            "A value is required for property 'displayName' of resource 'Application'.");
    refused(o.admin("POST", "applications", "["), 400, "BadRequest");
    BOOST_TEST(has(o.admin("GET", "applications/" + id), "\"displayName\":\"Renamed\""));
    BOOST_TEST(o.admin("DELETE", "applications/" + id).status == 204u);
    refused(o.admin("GET", "applications/" + id), 404, "Request_ResourceNotFound");
}

BOOST_AUTO_TEST_CASE(secrets_are_shown_once)
{
    office o;
    std::string const id = member(o.admin("POST", "applications", mailer), "id");
    auto const made =
        o.admin("POST", "applications/" + id + "/addPassword",
                R"({"passwordCredential":{"displayName":"for tests","endDateTime":"2027-05-23T10:00:00Z"}})");
    BOOST_TEST(made.status == 200u, made.body);
    std::string const value = member(made, "secretText"), key = member(made, "keyId");
    mock::application* const app = o.w.directory.find_application_object(id);
    BOOST_TEST((mock::directory::check(*app, value, o.w.date()) == mock::secret_check::ok));
    BOOST_TEST((mock::directory::check(*app, value, o.w.date() + 24h * 200) == mock::secret_check::expired));
    BOOST_TEST(member(made, "hint") == value.substr(0, 3));
    auto const shown = o.admin("GET", "applications/" + id);
    BOOST_TEST(!has(shown, value));
    BOOST_TEST(has(shown, "\"keyId\":\"" + key + "\",\"secretText\":null"));
    BOOST_TEST(o.w.journal.to_json().find(value) == std::string::npos);
    refused(o.admin("POST", "applications/" + id + "/addPassword",
                    R"({"passwordCredential":{"endDateTime":"2036-01-01T00:00:00Z"}})"),
            400, "Request_BadRequest");
    BOOST_TEST(o.admin("POST", "applications/" + id + "/removePassword", "{\"keyId\":\"" + key + "\"}").status == 204u);
    BOOST_TEST(app->secrets.empty());
    refused(o.admin("POST", "applications/" + id + "/removePassword", "{\"keyId\":\"" + key + "\"}"), 400,
            "Request_BadRequest");
}

BOOST_AUTO_TEST_CASE(consent_is_given_by_requests)
{
    office o;
    std::string const app_id = member(o.admin("POST", "applications", mailer), "appId");
    auto const principal = o.admin("POST", "servicePrincipals", "{\"appId\":\"" + app_id + "\"}");
    BOOST_TEST(principal.status == 201u, principal.body);
    std::string const client = member(principal, "id");
    refused(o.admin("POST", "servicePrincipals", "{\"appId\":\"" + app_id + "\"}"), 409,
            "Request_MultipleObjectsWithSameKeyValue");
    refused(o.admin("POST", "servicePrincipals", R"({"appId":"00000000-0000-4000-8000-0000000000ff"})"), 400,
            "Request_BadRequest");
    auto const graph = o.admin("GET", "servicePrincipals?$filter=appId%20eq%20'00000003-0000-0000-c000-000000000000'");
    std::string const resource = member(graph, "id");
    BOOST_TEST(
        has(graph, "\"id\":\"810c84a8-4a9e-49e6-bf7d-12d183f40d01\",\"isEnabled\":true,\"value\":\"Mail.Read\""));
    BOOST_TEST(has(graph, "\"value\":\"IMAP.AccessAsUser.All\""));

    std::string const grant = "{\"clientId\":\"" + client + "\",\"consentType\":\"AllPrincipals\",\"resourceId\":\"" +
                              resource + "\",\"scope\":\"IMAP.AccessAsUser.All SMTP.Send\"}";
    auto const given = o.admin("POST", "oauth2PermissionGrants", grant);
    BOOST_TEST(given.status == 201u, given.body);
    BOOST_TEST(has(given, "\"principalId\":null"));
    BOOST_TEST(o.w.directory.consented(app_id, *o.adele, mock::graph_app_id, "SMTP.Send"));
    BOOST_TEST(o.w.directory.consented(app_id, *o.alex, mock::graph_app_id, "IMAP.AccessAsUser.All"));
    refused(o.admin("POST", "oauth2PermissionGrants", grant), 409, "Request_MultipleObjectsWithSameKeyValue");
    std::string const id = member(given, "id");
    BOOST_TEST(member(o.admin("GET", "oauth2PermissionGrants?$filter=clientId%20eq%20'" + client + "'"), "id") == id);

    std::string const assignment = "{\"principalId\":\"" + client + "\",\"resourceId\":\"" + resource +
                                   "\",\"appRoleId\":\"810c84a8-4a9e-49e6-bf7d-12d183f40d01\"}";
    auto const assigned = o.admin("POST", "servicePrincipals/" + client + "/appRoleAssignments", assignment);
    BOOST_TEST(assigned.status == 201u, assigned.body);
    BOOST_TEST(o.w.directory.granted_roles(app_id, o.tenant, mock::graph_app_id) ==
                   std::vector<std::string>{"Mail.Read"},
               boost::test_tools::per_element());
    BOOST_TEST(has(o.admin("GET", "servicePrincipals/" + client + "/appRoleAssignments"), "\"appRoleId\":\"810c84a8"));
    refused(o.admin("POST", "servicePrincipals/" + resource + "/appRoleAssignedTo", assignment), 400,
            "Request_BadRequest", "Permission being assigned already exists on the object");

    BOOST_TEST(o.admin("PATCH", "oauth2PermissionGrants/" + id, R"({"scope":"SMTP.Send"})").status == 204u);
    BOOST_TEST(o.w.directory.consented(app_id, *o.alex, mock::graph_app_id, "SMTP.Send"));
    BOOST_TEST(!o.w.directory.consented(app_id, *o.alex, mock::graph_app_id, "IMAP.AccessAsUser.All"));
    BOOST_TEST(o.w.directory.granted_roles(app_id, o.tenant, mock::graph_app_id).size() == 1u);  // is another matter
    BOOST_TEST(o.admin("DELETE", "oauth2PermissionGrants/" + id).status == 204u);
    BOOST_TEST(!o.w.directory.consented(app_id, *o.alex, mock::graph_app_id, "SMTP.Send"));
    refused(o.admin("DELETE", "oauth2PermissionGrants/" + id), 404, "Request_ResourceNotFound");
}

BOOST_AUTO_TEST_CASE(the_directory_needs_rights)
{
    office o;
    auto const with = [&](mock::user const& u, char const* permission, char const* method, std::string target) {
        return o.ask(method, "/v1.0/" + target, o.token(u, {permission}), {{"Content-Type", "application/json"}},
                     mailer);
    };
    refused(with(*o.adele, "Mail.Read", "GET", "applications"), 403, "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.");
    refused(with(*o.adele, "Application.Read.All", "POST", "applications"), 403, "Authorization_RequestDenied");
    refused(with(*o.alex, "Application.ReadWrite.All", "POST", "applications"), 403,
            "Authorization_RequestDenied");  // no administrator
    refused(with(*o.adele, "Application.ReadWrite.All", "POST", "oauth2PermissionGrants"), 403,
            "Authorization_RequestDenied");
    BOOST_TEST(with(*o.alex, "Application.Read.All", "GET", "applications").status == 200u);
    BOOST_TEST(o.ask("POST", "/v1.0/applications", o.app_token({"Application.ReadWrite.All"}), {}, mailer).status ==
               201u);
    refused(o.ask("GET", "/v1.0/applications", {}), 401, "InvalidAuthenticationToken");
}

BOOST_AUTO_TEST_CASE(users_and_the_organisation_are_listed)
{
    office o;
    auto const all = o.admin("GET", "users?$top=2&$select=displayName");
    BOOST_TEST(has(all, "$metadata#users(displayName)\",\"@odata.nextLink\":\"https://graph.microsoft.com/v1.0/"
                        "users?%24top=2&%24skip=2"),
               all.body);
    auto const one = o.admin("GET", "users?$filter=userPrincipalName%20eq%20'alex@contoso.example'");
    BOOST_TEST(member(one, "id") == o.alex->id);
    auto const organisation = o.ask("GET", "/v1.0/organization", o.token(*o.alex, {"User.Read"}));
    BOOST_TEST(
        has(organisation, "\"value\":[{\"id\":\"" + o.tenant + "\",\"displayName\":\"Contoso\",\"verifiedDomains\":["),
        organisation.body);
    BOOST_TEST(has(organisation, "\"isDefault\":true,\"isInitial\":true,\"name\":\"contoso.example\""));
}

BOOST_AUTO_TEST_SUITE_END()
