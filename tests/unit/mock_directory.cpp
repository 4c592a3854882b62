#include <outkit/mock/directory.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <set>

BOOST_AUTO_TEST_SUITE(mock_directory)
namespace {

using namespace outkit::mock;
using outkit::detail::wall_time;
using std::chrono::hours;

// Repeats from run to run.
class fixed_world final : public outkit::detail::environment
{
public:
    outkit::detail::time_point now() const override { return {}; }
    wall_time date() const override { return today; }
    void random(std::span<unsigned char> fill) override
    {
        for (unsigned char& byte : fill)
            byte = static_cast<unsigned char>(dice_());
    }
    wall_time today = wall_time(hours(24) * 20'000);

private:
    std::mt19937_64 dice_{7};
};

struct fixture
{
    fixed_world world;
    directory d;
    tenant& home = d.add_tenant(world, {.display_name = "Woodgrove", .domains = {"woodgrove.example"}});
    user& adele = d.add_user(world, {.tenant_id = home.id, .principal_name = "adele@woodgrove.example"});

    application_request request(std::string uri = "http://localhost:3000/oauth", platform p = platform::web,
                                sign_in_audience a = sign_in_audience::my_org)
    {
        application_request r;
        r.display_name = "Mail program";
        r.audience = a;
        r.redirect_uris = {{std::move(uri), p}};
        return r;
    }
    application& registered(application_request r)
    {
        auto const made = d.register_application(world, home.id, std::move(r));
        BOOST_TEST_REQUIRE(!!made);
        return *made.app;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(names_are_compared_without_case_and_whole)
{
    BOOST_TEST(same_name("Adele@Woodgrove.EXAMPLE", "adele@woodgrove.example"));
    BOOST_TEST(!same_name("adele", "adele2"));
    BOOST_TEST(!same_name("[", "{"));  // these differ by the bit that makes the case of letters
    BOOST_TEST(same_name("", ""));
}

BOOST_AUTO_TEST_CASE(guids_have_their_shape)
{
    fixed_world world;
    std::set<std::string> seen;
    for (int i = 0; i != 200; ++i)
    {
        std::string const g = new_guid(world);
        BOOST_TEST(is_guid(g), g);
        BOOST_TEST(g[14] == '4');
        BOOST_TEST(std::string("89ab").find(g[19]) != std::string::npos, g);
        BOOST_TEST(seen.insert(g).second);
    }
    BOOST_TEST(new_tenant_guid(world).starts_with("00000000-0000-4000-8000-"));
    BOOST_TEST(is_guid(new_tenant_guid(world)));
    for (char const* bad : {"", "x", "00000000-0000-4000-8000-00000000000", "00000000-0000-4000-8000-0000000000000",
                            "00000000x0000-4000-8000-000000000000", "0000000g-0000-4000-8000-000000000000"})
        BOOST_TEST(!is_guid(bad), bad);
}

BOOST_AUTO_TEST_CASE(names_of_enumerators_are_graphs_and_parse_back)
{
    for (auto const a : {sign_in_audience::my_org, sign_in_audience::multiple_orgs, sign_in_audience::orgs_and_personal,
                         sign_in_audience::personal})
    {
        sign_in_audience back{};
        BOOST_TEST(parse(to_string(a), back));
        BOOST_TEST((back == a));
    }
    sign_in_audience a = sign_in_audience::personal;
    BOOST_TEST(!parse("azureadmyorg", a));
    BOOST_TEST((a == sign_in_audience::personal));
    BOOST_TEST(to_string(sign_in_audience::orgs_and_personal) == "AzureADandPersonalMicrosoftAccount");
    BOOST_TEST(to_string(platform::public_client) == "publicClient");
    platform p{};
    BOOST_TEST((parse("spa", p) && p == platform::spa));
    BOOST_TEST(!parse("desktop", p));
    permission_type t{};
    BOOST_TEST((parse("Role", t) && t == permission_type::application));
}

BOOST_AUTO_TEST_CASE(the_catalogue_has_no_id_or_name_twice)
{
    std::set<std::pair<std::string_view, std::string_view>> ids;
    std::set<std::tuple<std::string_view, std::string_view, permission_type>> names;
    for (permission const& p : permission_catalogue())
    {
        BOOST_TEST(is_guid(p.id), p.name);
        BOOST_TEST(ids.emplace(p.resource, p.id).second, p.name);
        BOOST_TEST(names.emplace(p.resource, p.name, p.type).second, p.name);
        BOOST_TEST((find_resource(p.resource) != nullptr));
        // what a program may do on its own, an administrator must grant
        BOOST_TEST((p.type == permission_type::delegated || p.admin_only), p.name);
        BOOST_TEST(!(p.admin_only && p.low_impact), p.name);
    }
}

BOOST_AUTO_TEST_CASE(graphs_mail_protocol_ids_are_unknown_to_exchange)
{
    // The cause of AADSTS65006 (observed: kellylford/QuickMail#511).
    std::string_view const imap = "652390e4-393a-48de-9484-05f9b1212954", smtp = "258f6531-6087-4cc4-bb90-092c5fb3ed3f";
    BOOST_TEST_REQUIRE(find_permission_id(graph_app_id, imap));
    BOOST_TEST(find_permission_id(graph_app_id, imap)->name == "IMAP.AccessAsUser.All");
    BOOST_TEST(find_permission_id(graph_app_id, smtp)->name == "SMTP.Send");
    BOOST_TEST(!find_permission_id(exchange_app_id, imap));
    BOOST_TEST(!find_permission_id(exchange_app_id, smtp));
    BOOST_TEST(find_permission(exchange_app_id, "imap.accessasapp", permission_type::application));
    BOOST_TEST(!find_permission(graph_app_id, "IMAP.AccessAsApp", permission_type::application));
}

BOOST_AUTO_TEST_CASE(resources_have_several_names)
{
    for (char const* name :
         {"https://outlook.office.com", "https://outlook.office365.com/", "HTTPS://Outlook.Office.com",
          "https://ps.outlook.com", "00000002-0000-0ff1-ce00-000000000000"})
        BOOST_TEST((find_resource(name) && find_resource(name)->app_id == exchange_app_id), name);
    BOOST_TEST((find_resource("https://graph.microsoft.com") == find_resource(graph_app_id)));
    for (char const* name : {"https://outlook.office.com//", "http://outlook.office.com", "", "https://example.com"})
        BOOST_TEST(!find_resource(name), name);
}

BOOST_FIXTURE_TEST_CASE(tenants_are_found_by_id_and_domain, fixture)
{
    BOOST_TEST(home.id.starts_with("00000000-0000-4000-8000-"));
    BOOST_TEST(home.initial_domain == "woodgrove.example");
    BOOST_TEST((d.find_tenant("WOODGROVE.example") == &home));
    BOOST_TEST((d.find_tenant(home.id) == &home));
    BOOST_TEST(!d.find_tenant("common"));
    BOOST_TEST(!d.find_tenant(""));
    BOOST_TEST_REQUIRE(d.find_tenant(consumers_tenant));
    BOOST_TEST(d.find_tenant("outlook.test")->personal());
    BOOST_TEST(!home.personal());
    tenant const& other =
        d.add_tenant(world, {.domains = {"mail.fabrikam.example"}, .initial_domain = "fabrikam.example"});
    BOOST_TEST((d.find_tenant("fabrikam.example") == &other));
    BOOST_TEST(other.domains.size() == 2u);
    BOOST_TEST((d.find_tenant(home.id) == &home));  // references stay
}

BOOST_FIXTURE_TEST_CASE(users_get_what_is_left_out, fixture)
{
    BOOST_TEST(is_guid(adele.id));
    BOOST_TEST(adele.mail == "adele@woodgrove.example");
    BOOST_TEST(adele.display_name == "Adele");
    BOOST_TEST((adele.kind == account_kind::work));
    user const& eve =
        d.add_user(world, {.tenant_id = std::string(consumers_tenant), .principal_name = "eve@outlook.test"});
    BOOST_TEST((eve.kind == account_kind::personal));
    BOOST_TEST(eve.id.starts_with("00000000-0000-0000-"), eve.id);
    BOOST_TEST(is_guid(eve.id));
    user const& leaver =
        d.add_user(world, {.tenant_id = home.id, .principal_name = "x@woodgrove.example", .licensed = false});
    BOOST_TEST(leaver.mail == "");
}

BOOST_FIXTURE_TEST_CASE(users_are_found_by_every_address, fixture)
{
    adele.aliases = {"a.vance@woodgrove.example"};
    adele.mail = "adele.vance@woodgrove.example";
    for (char const* address :
         {"adele@woodgrove.example", "A.Vance@woodgrove.example", "ADELE.VANCE@WOODGROVE.EXAMPLE"})
        BOOST_TEST((d.find_user(address) == &adele), address);
    BOOST_TEST(!d.find_user(""));
    BOOST_TEST(!d.find_user("adele@woodgrove.example "));
    adele.mail.clear();
    BOOST_TEST(!adele.answers_to(""));
    BOOST_TEST((d.find_user_id(adele.id) == &adele));
    BOOST_TEST(d.remove_user(std::string(adele.id)));
    BOOST_TEST(!d.find_user("adele@woodgrove.example"));
    BOOST_TEST(!d.remove_user("nobody"));
}

BOOST_FIXTURE_TEST_CASE(only_certain_roles_consent_for_the_tenant, fixture)
{
    BOOST_TEST(!adele.is_admin());
    adele.roles = {"Exchange Administrator"};
    BOOST_TEST(!adele.is_admin());
    adele.roles = {"global administrator"};
    BOOST_TEST(adele.is_admin());
}

BOOST_FIXTURE_TEST_CASE(a_registration_gets_ids_and_a_service_principal, fixture)
{
    application& app = registered(request());
    BOOST_TEST(is_guid(app.app_id));
    BOOST_TEST(is_guid(app.object_id));
    BOOST_TEST(app.app_id != app.object_id);
    BOOST_TEST(app.tenant_id == home.id);
    BOOST_TEST((app.created == world.today));
    BOOST_TEST((d.find_application(app.app_id) == &app));
    BOOST_TEST((d.find_application_object(app.object_id) == &app));
    BOOST_TEST(!d.find_application(app.object_id));
    service_principal const* const sp = d.find_service_principal(app.app_id, home.id);
    BOOST_TEST_REQUIRE(sp);
    BOOST_TEST(sp->object_id != app.object_id);  // the confusion behind many a failed New-ServicePrincipal
    BOOST_TEST(!d.find_service_principal(app.app_id, consumers_tenant));
    // new registrations list exactly User.Read
    BOOST_TEST_REQUIRE(app.permissions.size() == 1u);
    BOOST_TEST(find_permission_id(app.permissions[0].resource, app.permissions[0].id)->name == "User.Read");
    BOOST_TEST(app.secrets.empty());
}

BOOST_FIXTURE_TEST_CASE(an_unknown_tenant_takes_no_registration, fixture)
{
    auto const refused = d.register_application(world, "00000000-0000-4000-8000-999999999999", request());
    BOOST_TEST(!refused);
    BOOST_TEST_REQUIRE(refused.errors.size() == 1u);
    BOOST_TEST(refused.errors[0].status == 404);
    BOOST_TEST(refused.errors[0].code == "Request_ResourceNotFound");
    BOOST_TEST(d.applications().empty());
}

BOOST_FIXTURE_TEST_CASE(a_name_is_needed_and_limited, fixture)
{
    application_request r = request();
    r.display_name = "";
    auto errors = d.check(r);
    BOOST_TEST_REQUIRE(errors.size() == 1u);
    BOOST_TEST(errors[0].message == "A value is required for property 'displayName' of resource 'Application'.");
    BOOST_TEST(errors[0].code == "Request_BadRequest");
    r.display_name = std::string(256, 'x');
    BOOST_TEST(d.check(r).empty());
    r.display_name += 'x';
    errors = d.check(r);
    BOOST_TEST_REQUIRE(errors.size() == 1u);
    BOOST_TEST(errors[0].message == "Invalid value specified for property 'displayName' of resource 'Application'.");
    r.display_name.clear();
    for (int i = 0; i != 256; ++i)
        r.display_name += "\xC3\xBC";  // 256 characters in 512 octets
    BOOST_TEST(d.check(r).empty());
    r.display_name = "<script>";
    BOOST_TEST(d.check(r).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(MK_10_redirect_uris_the_directory_refuses, fixture)
{
    struct row
    {
        char const* uri;
        platform type;
        char const* part;  // of the explanation; null: accepted
    };
    for (row const& r : std::initializer_list<row>{
             {"https://app.example/oauth", platform::web, nullptr},
             {"https://app.example", platform::spa, nullptr},
             {"http://localhost", platform::web, nullptr},
             {"http://LOCALHOST:3000/oauth", platform::web, nullptr},
             {"http://127.0.0.1/", platform::public_client, nullptr},
             {"https://app.example/oauth?tenant=1", platform::web, nullptr},
             {"https://*.app.example/", platform::web, nullptr},
             {"msal11111111-2222-4333-8444-555555555555://auth", platform::public_client, nullptr},
             {"urn:ietf:wg:oauth:2.0:oob", platform::public_client, nullptr},
             {"http://app.example/oauth", platform::web, "must begin with https"},
             {"http://localhost.example/", platform::web, "must begin with https"},
             {"http://127.0.0.2/", platform::web, "must begin with https"},
             {"http://[::1]:3000/", platform::web, "not supported"},
             {"urn:ietf:wg:oauth:2.0:oob", platform::web, "must begin with https"},
             {"com.example.app:/cb", platform::spa, "must begin with https"},
             {"javascript:alert", platform::public_client, "scheme that is not allowed"},
             {"data:text/html", platform::public_client, "scheme that is not allowed"},
             {"https://user:pass@app.example/", platform::web, "user information"},
             {"https://app.example/#x", platform::web, "fragment"},
             {"https://app.example/a(b)", platform::web, "the character ("},
             {"https://app.example/a;b", platform::web, "the character ;"},
             {"https://app.example/a b", platform::web, "no absolute URI"},
             {"/oauth", platform::web, "no absolute URI"},
             {"", platform::web, "no absolute URI"},
             {"https:///oauth", platform::web, "names no host"},
         })
        BOOST_TEST_CONTEXT(r.uri << " as " << to_string(r.type))
        {
            auto const made = d.register_application(world, home.id, request(r.uri, r.type));
            BOOST_TEST(!!made == (r.part == nullptr));
            if (!r.part || made)
                continue;
            BOOST_TEST_REQUIRE(made.errors.size() == 1u);
            directory_error const& e = made.errors[0];
            BOOST_TEST(e.status == 400);
            BOOST_TEST(e.property == to_string(r.type));
            BOOST_TEST(e.message ==
                       "Invalid value specified for property '" + e.property + "' of resource 'Application'.");
            BOOST_TEST(e.detail.find(r.part) != std::string::npos, e.detail);
        }
}

BOOST_FIXTURE_TEST_CASE(applications_for_personal_accounts_have_narrower_limits, fixture)
{
    auto const personal = sign_in_audience::orgs_and_personal;
    BOOST_TEST(d.check(request("https://app.example/cb?x=1", platform::web, personal)).size() == 1u);
    BOOST_TEST(d.check(request("https://*.app.example/", platform::web, personal)).size() == 1u);
    auto const with_uris = [&](sign_in_audience a, int n) {
        application_request r = request();
        r.audience = a;
        r.redirect_uris.clear();
        for (int i = 0; i != n; ++i)
            r.redirect_uris.push_back({"https://app.example/" + std::to_string(i), platform::web});
        return r;
    };
    BOOST_TEST(d.check(with_uris(personal, 100)).empty());
    BOOST_TEST(d.check(with_uris(personal, 101)).size() == 1u);
    BOOST_TEST(d.check(with_uris(sign_in_audience::my_org, 256)).empty());
    BOOST_TEST(d.check(with_uris(sign_in_audience::my_org, 257)).size() == 1u);

    auto const with_permissions = [&](sign_in_audience a, int resources, int each) {
        application_request r = request();
        r.audience = a;
        r.permissions.clear();
        for (int k = 0; k != resources; ++k)
        {
            std::string const resource = new_guid(world);
            for (int i = 0; i != each; ++i)
                r.permissions.push_back({resource, new_guid(world)});
        }
        return r;
    };
    BOOST_TEST(d.check(with_permissions(personal, 1, 30)).empty());
    BOOST_TEST(d.check(with_permissions(personal, 1, 31)).size() == 1u);
    BOOST_TEST(d.check(with_permissions(personal, 20, 10)).empty());
    BOOST_TEST(d.check(with_permissions(personal, 21, 10)).size() == 1u);
    BOOST_TEST(d.check(with_permissions(sign_in_audience::my_org, 40, 10)).empty());
    BOOST_TEST(d.check(with_permissions(sign_in_audience::my_org, 41, 10)).size() == 1u);
    BOOST_TEST(d.check(with_permissions(sign_in_audience::my_org, 51, 1)).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_redirect_uri_is_short_and_listed_once, fixture)
{
    std::string const base = "https://app.example/";
    BOOST_TEST(d.check(request(base + std::string(256 - base.size(), 'a'))).empty());
    BOOST_TEST(d.check(request(base + std::string(257 - base.size(), 'a'))).size() == 1u);
    application_request r = request();
    r.redirect_uris.push_back(r.redirect_uris[0]);
    BOOST_TEST(d.check(r).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(every_fault_of_a_request_is_reported_at_once, fixture)
{
    application_request r = request("http://app.example/");
    r.redirect_uris.push_back({"nonsense", platform::spa});
    r.display_name = "";
    r.permissions.push_back({"x", "y"});
    auto const errors = d.check(r);
    BOOST_TEST_REQUIRE(errors.size() == 4u);
    BOOST_TEST(errors[0].property == "displayName");
    BOOST_TEST(errors[1].property == "web");
    BOOST_TEST(errors[2].property == "spa");
    BOOST_TEST(errors[3].property == "requiredResourceAccess");
}

BOOST_FIXTURE_TEST_CASE(MK_10_only_the_port_of_a_loopback_uri_is_free, fixture)
{
    application_request r = request("http://localhost:3000/oauth");
    r.redirect_uris.push_back({"https://app.example/cb", platform::spa});
    r.redirect_uris.push_back({"http://127.0.0.1/", platform::public_client});
    r.redirect_uris.push_back({"http://localhost/q?a=1", platform::web});
    application const& app = registered(std::move(r));
    auto const type = [&](std::string_view uri) -> std::string_view {
        redirect_uri const* const found = app.match_redirect(uri);
        return found ? to_string(found->type) : "none";
    };
    BOOST_TEST(type("http://localhost:3000/oauth") == "web");
    BOOST_TEST(type("http://localhost:41234/oauth") == "web");
    BOOST_TEST(type("http://localhost/oauth") == "web");
    BOOST_TEST(type("http://127.0.0.1:55555/") == "publicClient");
    BOOST_TEST(type("https://app.example/cb") == "spa");
    BOOST_TEST(type("http://localhost:1/q?a=1") == "web");
    for (char const* other :
         {"http://localhost:3000/OAuth", "http://localhost:3000/oauth/", "http://localhost:3000/oauth?x=1",
          "http://localhost:3000/oauth#f", "http://127.0.0.1:3000/oauth", "https://localhost:3000/oauth",
          "http://evil@localhost:3000/oauth", "http://localhost.evil.example/oauth", "http://localhost:3000/oauth/../x",
          "https://app.example/cb/extra", "https://app.example:8443/cb", "https://APP.example/cb",
          "javascript:alert(1)", "http://localhost:1/q?a=2", "http://localhost:1/q", ""})
        BOOST_TEST(type(other) == "none", other);
}

BOOST_FIXTURE_TEST_CASE(permissions_are_added_by_name_as_in_the_portal, fixture)
{
    application_request r = request();
    BOOST_TEST(r.add_permission("IMAP.AccessAsUser.All"));
    BOOST_TEST(r.add_permission("imap.accessasuser.all"));  // a second time changes nothing
    BOOST_TEST(r.add_permission("SMTP.SendAsApp", permission_type::application));
    BOOST_TEST(!r.add_permission("IMAP.AccessAsApp"));  // there is no delegated one
    BOOST_TEST(!r.add_permission("Mail.Reed"));
    BOOST_TEST_REQUIRE(r.permissions.size() == 3u);
    BOOST_TEST(r.permissions[1].resource == graph_app_id);
    BOOST_TEST(r.permissions[1].id == "652390e4-393a-48de-9484-05f9b1212954");
    BOOST_TEST(r.permissions[2].resource == exchange_app_id);
    BOOST_TEST(d.check(r).empty());
}

BOOST_FIXTURE_TEST_CASE(secrets_are_fake_of_the_real_length_and_told_apart, fixture)
{
    application& app = registered(request());
    directory_error error;
    client_secret const* const made = d.add_secret(world, app, "first", hours(24) * 180, error);
    BOOST_TEST_REQUIRE(made);
    client_secret const first = *made;
    BOOST_TEST(first.value.starts_with("mock-secret-"));
    BOOST_TEST(first.value.size() == 40u);
    BOOST_TEST(first.hint == "moc");
    BOOST_TEST(is_guid(first.id));
    client_secret const second = *d.add_secret(world, app, "second", hours(24) * 730, error);
    BOOST_TEST(second.value != first.value);

    auto const check = [&](std::string_view s, wall_time when) { return directory::check(app, s, when); };
    BOOST_TEST((check(first.value, world.today) == secret_check::ok));
    BOOST_TEST((check(second.value, world.today) == secret_check::ok));
    BOOST_TEST((check(first.id, world.today) == secret_check::id_pasted));
    BOOST_TEST((check("", world.today) == secret_check::wrong));
    BOOST_TEST((check(first.value + "x", world.today) == secret_check::wrong));
    BOOST_TEST((check(first.value, first.end - std::chrono::seconds(1)) == secret_check::ok));
    BOOST_TEST((check(first.value, first.end) == secret_check::expired));
    BOOST_TEST((check(second.value, first.end) == secret_check::ok));
    BOOST_TEST((check(first.value, world.today - hours(1)) == secret_check::not_yet_valid));
    BOOST_TEST(d.remove_secret(app, first.id));
    BOOST_TEST(!d.remove_secret(app, first.id));
    BOOST_TEST((check(first.value, world.today) == secret_check::wrong));
}

BOOST_FIXTURE_TEST_CASE(a_secret_lives_at_most_24_months, fixture)
{
    application& app = registered(request());
    directory_error error;
    BOOST_TEST(!d.add_secret(world, app, "", hours(24) * 732, error));
    BOOST_TEST(error.property == "passwordCredentials");
    BOOST_TEST(!d.add_secret(world, app, "", hours(0), error));
    BOOST_TEST(!d.add_secret(world, app, "", hours(-1), error));
    BOOST_TEST(app.secrets.empty());
}

BOOST_FIXTURE_TEST_CASE(applications_for_personal_accounts_have_two_secrets, fixture)
{
    application& app = registered(request("https://app.example/", platform::web, sign_in_audience::personal));
    directory_error error;
    BOOST_TEST(d.add_secret(world, app, "", hours(24), error));
    BOOST_TEST(d.add_secret(world, app, "", hours(24), error));
    BOOST_TEST(!d.add_secret(world, app, "", hours(24), error));
    BOOST_TEST(error.detail.find("two client secrets") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(consent_is_per_user_and_tenant_or_for_everybody, fixture)
{
    application& app = registered(request());
    user const& bob = d.add_user(world, {.tenant_id = home.id, .principal_name = "bob@woodgrove.example"});
    tenant const& other = d.add_tenant(world, {.domains = {"fabrikam.example"}});
    user const& carol = d.add_user(world, {.tenant_id = other.id, .principal_name = "carol@fabrikam.example"});
    BOOST_TEST(!d.consented(app.app_id, adele, graph_app_id, "Mail.Read"));

    d.grant({app.app_id, home.id, adele.id, std::string(graph_app_id), permission_type::delegated, {"Mail.Read"}});
    d.grant({app.app_id,
             home.id,
             adele.id,
             std::string(graph_app_id),
             permission_type::delegated,
             {"mail.read", "Mail.Send"}});
    BOOST_TEST(d.consents().size() == 1u);
    BOOST_TEST(d.consented(app.app_id, adele, graph_app_id, "MAIL.READ"));
    BOOST_TEST(!d.consented(app.app_id, bob, graph_app_id, "Mail.Read"));
    BOOST_TEST(!d.consented(app.app_id, adele, exchange_app_id, "Mail.Read"));

    d.grant({app.app_id, home.id, "", std::string(graph_app_id), permission_type::delegated, {"User.Read"}});
    BOOST_TEST(d.consented(app.app_id, bob, graph_app_id, "User.Read"));
    BOOST_TEST(!d.consented(app.app_id, carol, graph_app_id, "User.Read"));
    BOOST_TEST((d.granted_scopes(app.app_id, adele, graph_app_id) ==
                std::vector<std::string>{"Mail.Read", "Mail.Send", "User.Read"}));

    d.revoke(app.app_id, home.id, adele.id);
    BOOST_TEST((d.granted_scopes(app.app_id, adele, graph_app_id) == std::vector<std::string>{"User.Read"}));
    d.revoke(app.app_id, home.id, "");
    BOOST_TEST(d.consents().empty());
}

BOOST_FIXTURE_TEST_CASE(mail_protocol_consent_counts_for_both_resources, fixture)
{
    // Listed under Microsoft Graph in the portal, asked for from Exchange.
    application_request r = request();
    r.add_permission("IMAP.AccessAsUser.All");
    r.add_permission("IMAP.AccessAsApp", permission_type::application);
    application& app = registered(std::move(r));
    d.grant_all(world, app, home.id);
    BOOST_TEST(d.consented(app.app_id, adele, exchange_app_id, "IMAP.AccessAsUser.All"));
    BOOST_TEST(d.consented(app.app_id, adele, graph_app_id, "IMAP.AccessAsUser.All"));
    BOOST_TEST(!d.consented(app.app_id, adele, exchange_app_id, "User.Read"));
    BOOST_TEST(!d.consented(app.app_id, adele, exchange_app_id, "IMAP.AccessAsApp"));  // that is no scope
    BOOST_TEST((d.granted_roles(app.app_id, home.id, exchange_app_id) == std::vector<std::string>{"IMAP.AccessAsApp"}));
    BOOST_TEST(d.granted_roles(app.app_id, home.id, graph_app_id).empty());
}

BOOST_FIXTURE_TEST_CASE(granting_in_another_tenant_makes_a_service_principal_there, fixture)
{
    application& app = registered(request());
    tenant const& other = d.add_tenant(world, {.domains = {"fabrikam.example"}});
    BOOST_TEST(!d.find_service_principal(app.app_id, other.id));
    d.grant_all(world, app, other.id);
    service_principal const* const there = d.find_service_principal(app.app_id, other.id);
    BOOST_TEST_REQUIRE(there);
    BOOST_TEST(there->object_id != d.find_service_principal(app.app_id, home.id)->object_id);
    BOOST_TEST((&d.ensure_service_principal(world, app.app_id, other.id) == there));
    BOOST_TEST((d.find_service_principal_object(there->object_id) == there));
}

BOOST_FIXTURE_TEST_CASE(a_removed_application_leaves_nothing_behind, fixture)
{
    application& app = registered(request());
    d.grant_all(world, app, home.id);
    BOOST_TEST(!d.consents().empty());
    BOOST_TEST(d.remove_application(app.app_id));
    BOOST_TEST(d.applications().empty());
    BOOST_TEST(d.service_principals().empty());
    BOOST_TEST(d.consents().empty());
}

BOOST_AUTO_TEST_CASE(the_same_randomness_makes_the_same_directory)
{
    std::string ids[2];
    for (std::string& all : ids)
    {
        fixture f;
        application& app = f.registered(f.request());
        directory_error error;
        all = f.home.id + f.adele.id + app.app_id + f.d.add_secret(f.world, app, "", hours(1), error)->value;
    }
    BOOST_TEST(ids[0] == ids[1]);
}

BOOST_AUTO_TEST_SUITE_END()
