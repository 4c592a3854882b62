#include <outkit/mock/access.hpp>
#include <outkit/mock/world.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <ostream>
#include <set>

BOOST_AUTO_TEST_SUITE(mock_access)
namespace {

using namespace outkit::mock;
using namespace std::chrono_literals;
using granted = outkit::mock::access;  // POSIX has a function of that name

// A tenant in which everything works, with an application, and tokens for it without a sign-in.
struct office
{
    world w{1};
    tenant& home = w.directory.add_tenant(w, {.domains = {"woodgrove.example"}});
    user& adele = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "adele@woodgrove.example"});
    user& bob = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "bob@woodgrove.example"});
    user& team = w.directory.add_user(
        w,
        {.tenant_id = home.id, .principal_name = "team@woodgrove.example", .licensed = false, .shared_mailbox = true});
    user& robin =
        w.directory.add_user(w, {.tenant_id = std::string(consumers_tenant), .principal_name = "robin@outlook.test"});
    application& app = *w.directory.register_application(w, home.id, {.display_name = "Mail program"}).app;

    office() { team.mail = team.principal_name; }

    access_claims claims(user const& who, std::string audience = "https://outlook.office.com",
                         std::vector<std::string> scopes = {"IMAP.AccessAsUser.All", "SMTP.Send"})
    {
        access_claims c;
        c.kind = who.kind == account_kind::personal ? access_claims::shape::opaque : access_claims::shape::v1;
        c.audience = std::move(audience);
        c.tenant = who.tenant_id;
        c.client_id = app.app_id;
        c.person.home_tenant = who.tenant_id;
        c.person.object_id = who.id;
        c.person.login = who.principal_name;
        c.permissions = std::move(scopes);
        return c;
    }
    access_claims app_claims(std::vector<std::string> roles, std::string audience = "https://outlook.office365.com")
    {
        access_claims c = claims(adele, std::move(audience), std::move(roles));
        c.person = {};
        c.app_only = true;
        c.service_principal = w.directory.find_service_principal(app.app_id, home.id)->object_id;
        return c;
    }
    std::string token(access_claims c) { return issue_access_token(w.keys, w, c); }
    std::string graph_token(user const& who)
    {
        return token(claims(who, "https://graph.microsoft.com", {"Mail.Read"}));
    }

    granted try_open(std::string_view bearer, protocol p, std::string_view user)
    {
        return outkit::mock::open(w, bearer, p, user);
    }
    access_denial imap(std::string_view bearer, std::string_view user = "adele@woodgrove.example")
    {
        return try_open(bearer, protocol::imap, user).denial;
    }
    access_denial smtp(std::string_view bearer, std::string_view user = "adele@woodgrove.example")
    {
        return try_open(bearer, protocol::smtp, user).denial;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_good_token_opens_its_owners_mailbox)
{
    office o;
    std::string const token = o.token(o.claims(o.adele));
    for (protocol const p : {protocol::imap, protocol::smtp})
    {
        granted const a = o.try_open(token, p, "ADELE@woodgrove.example");
        BOOST_TEST(!!a, a.denial);
        BOOST_TEST(a.authenticated());
        BOOST_TEST(a.mailbox == "adele@woodgrove.example");
        BOOST_TEST(a.owner_id == o.adele.id);
        BOOST_TEST(a.actor_id == o.adele.id);
        BOOST_TEST(a.is_owner);
        BOOST_TEST(a.full_access);
        BOOST_TEST(a.send_as);
        BOOST_TEST(a.has("smtp.send"));
        BOOST_TEST(!a.has("Mail.Read"));
    }
}

BOOST_AUTO_TEST_CASE(an_alias_opens_the_mailbox_under_its_primary_address)
{
    office o;
    o.adele.aliases = {"a.vance@woodgrove.example"};
    o.adele.mail = "adele.vance@woodgrove.example";
    for (char const* user : {"a.vance@woodgrove.example", "adele@woodgrove.example", "adele.vance@woodgrove.example"})
    {
        granted const a = o.try_open(o.token(o.claims(o.adele)), protocol::imap, user);
        BOOST_TEST(!!a, a.denial);
        BOOST_TEST(a.mailbox == "adele.vance@woodgrove.example");
    }
}

BOOST_AUTO_TEST_CASE(a_personal_account_has_an_opaque_token_and_the_same_doors)
{
    office o;
    std::string const token = o.token(o.claims(o.robin));
    BOOST_TEST(token.starts_with("EwB"));
    BOOST_TEST(o.imap(token, "robin@outlook.test") == access_denial::none);
    BOOST_TEST(o.smtp(token, "robin@outlook.test") == access_denial::none);
    BOOST_TEST(o.imap(token) == access_denial::mailbox_unknown);
    o.w.policy.edit_tenant(o.home.id).smtp_auth = false;  // no business of a personal account
    BOOST_TEST(o.smtp(token, "robin@outlook.test") == access_denial::none);
}

BOOST_AUTO_TEST_CASE(tokens_that_are_none)
{
    office o;
    BOOST_TEST(o.imap("") == access_denial::token_missing);
    BOOST_TEST(o.imap("nonsense") == access_denial::token_malformed);
    BOOST_TEST(o.imap("a.b.c") == access_denial::token_malformed);
    std::string const good = o.token(o.claims(o.adele));
    BOOST_TEST(!o.try_open("nonsense", protocol::imap, "adele@woodgrove.example").authenticated());

    std::string altered = good;
    char& in_payload = altered[good.find('.') + 40];
    in_payload = in_payload == 'A' ? 'B' : 'A';
    granted const a = o.try_open(altered, protocol::imap, "adele@woodgrove.example");
    BOOST_TEST((a.denial == access_denial::token_signature || a.denial == access_denial::token_malformed ||
                a.denial == access_denial::real_credential),
               a.denial);
    BOOST_TEST(!a.authenticated());
    BOOST_TEST(a.claims.client_id == "");
    BOOST_TEST(a.scopes.empty());

    o.w.keys.rotate();
    BOOST_TEST(o.imap(good) == access_denial::none);  // older keys stay published for a while
    o.w.keys.retire_old();
    BOOST_TEST(o.imap(good) != access_denial::none);
}

BOOST_AUTO_TEST_CASE(MK_03_a_token_of_the_real_service_is_refused_as_such)
{
    office o;
    // {"typ":"JWT","alg":"RS256","kid":"real"} . {"iss":"https://sts.windows.net/x/","aud":"https://outlook.office.com"}
    granted const a =
        o.try_open("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6InJlYWwifQ."
                   "eyJpc3MiOiJodHRwczovL3N0cy53aW5kb3dzLm5ldC94LyIsImF1ZCI6Imh0dHBzOi8vb3V0bG9vay5vZmZpY2"
                   "UuY29tIn0.c2lnbmF0dXJl",
                   protocol::imap, "adele@woodgrove.example");
    BOOST_TEST(a.denial == access_denial::real_credential);
    BOOST_TEST(!a.authenticated());
}

BOOST_AUTO_TEST_CASE(times_are_the_worlds)
{
    office o;
    std::string const token = o.token(o.claims(o.adele));
    BOOST_TEST(o.imap(token) == access_denial::none);
    o.w.advance(59min);
    BOOST_TEST(o.imap(token) == access_denial::none);
    o.w.advance(2min);
    BOOST_TEST(o.imap(token) == access_denial::token_expired);
    BOOST_TEST(o.imap(o.token(o.claims(o.adele))) == access_denial::none);
    std::string const later = o.token(o.claims(o.adele));
    o.w.clock.set_date(o.w.date() - 10min);  // tokens are dated back five minutes only
    BOOST_TEST(o.imap(later) == access_denial::token_not_yet_valid);
}

BOOST_AUTO_TEST_CASE(a_token_is_for_one_resource)
{
    office o;
    BOOST_TEST(o.imap(o.graph_token(o.adele)) == access_denial::token_audience);
    BOOST_TEST(o.smtp(o.graph_token(o.adele)) == access_denial::token_audience);
    // the right name of the permission at the wrong resource: the commonest silent fault of mail programs
    BOOST_TEST(o.imap(o.token(o.claims(o.adele, "https://graph.microsoft.com", {"IMAP.AccessAsUser.All"}))) ==
               access_denial::token_audience);
    BOOST_TEST(o.try_open(o.token(o.claims(o.adele)), protocol::graph, "me").denial == access_denial::token_audience);
    BOOST_TEST(o.imap(o.token(o.claims(o.adele, "https://api.woodgrove.example"))) == access_denial::token_audience);
    for (char const* same :
         {"https://outlook.office365.com", "https://outlook.office.com/", "00000002-0000-0ff1-ce00-000000000000"})
        BOOST_TEST(o.imap(o.token(o.claims(o.adele, same))) == access_denial::none, same);
    for (char const* same :
         {"https://graph.microsoft.com", "https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000"})
        BOOST_TEST(o.try_open(o.token(o.claims(o.adele, same, {"Mail.Read"})), protocol::graph, "me").denial ==
                       access_denial::none,
                   same);
}

BOOST_AUTO_TEST_CASE(each_mail_protocol_has_its_scope)
{
    office o;
    std::string const imap_only = o.token(o.claims(o.adele, "https://outlook.office.com", {"IMAP.AccessAsUser.All"}));
    std::string const smtp_only = o.token(o.claims(o.adele, "https://outlook.office.com", {"smtp.send"}));
    BOOST_TEST(o.imap(imap_only) == access_denial::none);
    BOOST_TEST(o.smtp(imap_only) == access_denial::scope_missing);
    BOOST_TEST(o.smtp(smtp_only) == access_denial::none);
    BOOST_TEST(o.imap(smtp_only) == access_denial::scope_missing);
    // a role is no scope
    BOOST_TEST(o.imap(o.token(o.claims(o.adele, "https://outlook.office.com", {"IMAP.AccessAsApp"}))) ==
               access_denial::scope_missing);
}

BOOST_AUTO_TEST_CASE(a_tenant_that_this_world_does_not_have_issues_nothing)
{
    office o;
    access_claims c = o.claims(o.adele);
    c.tenant = "00000000-0000-4000-8000-0000000000ff";
    BOOST_TEST(o.imap(o.token(c)) == access_denial::token_issuer);
}

BOOST_AUTO_TEST_CASE(somebody_elses_mailbox_takes_rights)
{
    office o;
    std::string const bobs = o.token(o.claims(o.bob));
    granted a = o.try_open(bobs, protocol::imap, "adele@woodgrove.example");
    BOOST_TEST(a.denial == access_denial::no_rights);
    BOOST_TEST(a.authenticated());  // "authenticated but not connected"
    BOOST_TEST(o.smtp(bobs) == access_denial::no_rights);
    BOOST_TEST(o.imap(bobs, "nobody@woodgrove.example") == access_denial::mailbox_unknown);
    BOOST_TEST(o.imap(bobs, "") == access_denial::mailbox_unknown);

    o.w.policy.edit_mailbox("adele@woodgrove.example").delegates = {
        {.who = "bob@woodgrove.example", .full_access = true}};
    a = o.try_open(bobs, protocol::imap, "adele@woodgrove.example");
    BOOST_TEST(!!a, a.denial);
    BOOST_TEST(!a.is_owner);
    BOOST_TEST(a.full_access);
    BOOST_TEST(!a.send_as);
    BOOST_TEST(a.mailbox == "adele@woodgrove.example");
    // the other way round nothing has been granted
    BOOST_TEST(o.imap(o.token(o.claims(o.adele)), "bob@woodgrove.example") == access_denial::no_rights);

    // rights may be given to the object id, too; SendAs alone opens no IMAP
    o.w.policy.edit_mailbox("adele@woodgrove.example").delegates = {{.who = o.bob.id, .send_as = true}};
    BOOST_TEST(o.imap(bobs) == access_denial::no_rights);
    BOOST_TEST(o.smtp(bobs) == access_denial::none);
}

BOOST_AUTO_TEST_CASE(a_shared_mailbox_needs_no_licence_but_rights)
{
    office o;
    std::string const bobs = o.token(o.claims(o.bob));
    BOOST_TEST(o.imap(bobs, "team@woodgrove.example") == access_denial::no_rights);
    o.w.policy.edit_mailbox("team@woodgrove.example").delegates = {
        {.who = "bob@woodgrove.example", .full_access = true}};
    BOOST_TEST(o.imap(bobs, "team@woodgrove.example") == access_denial::none);
}

BOOST_AUTO_TEST_CASE(imap_is_switched_off_for_one_mailbox_only)
{
    office o;
    std::string problem;
    BOOST_TEST(o.w.policy.set("mailbox.imap", "off", "adele@woodgrove.example", problem));
    granted const a = o.try_open(o.token(o.claims(o.adele)), protocol::imap, "adele@woodgrove.example");
    BOOST_TEST(a.denial == access_denial::imap_disabled);
    BOOST_TEST(a.authenticated());
    BOOST_TEST(o.smtp(o.token(o.claims(o.adele))) == access_denial::none);
    BOOST_TEST(o.imap(o.token(o.claims(o.bob)), "bob@woodgrove.example") == access_denial::none);
    BOOST_TEST(!!o.try_open(o.graph_token(o.adele), protocol::graph, "me"));  // Graph is not affected
}

BOOST_AUTO_TEST_CASE(the_mailboxs_smtp_switch_wins_over_the_tenants)
{
    office o;
    std::string const token = o.token(o.claims(o.adele));
    auto const outcome = [&](bool tenant, std::optional<bool> box) {
        o.w.policy.edit_tenant(o.home.id).smtp_auth = tenant;
        o.w.policy.edit_mailbox("adele@woodgrove.example").smtp_auth = box;
        return o.smtp(token);
    };
    BOOST_TEST(outcome(true, {}) == access_denial::none);
    BOOST_TEST(outcome(true, true) == access_denial::none);
    BOOST_TEST(outcome(true, false) == access_denial::smtp_auth_disabled_mailbox);
    BOOST_TEST(outcome(false, {}) == access_denial::smtp_auth_disabled_tenant);
    BOOST_TEST(outcome(false, true) == access_denial::none);
    BOOST_TEST(outcome(false, false) == access_denial::smtp_auth_disabled_mailbox);
    BOOST_TEST(o.imap(token) == access_denial::none);
}

BOOST_AUTO_TEST_CASE(security_defaults_and_authentication_policies_win_over_the_switches)
{
    office o;
    std::string const token = o.token(o.claims(o.adele));
    o.w.policy.edit_mailbox("adele@woodgrove.example").smtp_auth = true;
    o.w.policy.edit_tenant(o.home.id).security_defaults = true;
    BOOST_TEST(o.smtp(token) == access_denial::security_defaults);
    o.w.policy.edit_tenant(o.home.id).security_defaults = false;
    o.w.policy.edit_tenant(o.home.id).authentication_policy_smtp = false;
    BOOST_TEST(o.smtp(token) == access_denial::authentication_policy);
    BOOST_TEST(o.imap(token) == access_denial::none);
}

BOOST_AUTO_TEST_CASE(switches_are_named_only_to_the_mailboxs_own_token)
{
    office o;
    o.w.policy.edit_mailbox("adele@woodgrove.example").smtp_auth = false;
    o.w.policy.edit_mailbox("adele@woodgrove.example").imap = false;
    std::string const bobs = o.token(o.claims(o.bob));
    BOOST_TEST(o.smtp(bobs) == access_denial::no_rights);
    BOOST_TEST(o.imap(bobs) == access_denial::no_rights);
}

BOOST_AUTO_TEST_CASE(conditional_access_may_keep_mail_protocols_out_only)
{
    office o;
    o.w.policy.edit_tenant(o.home.id).conditional_access = conditional_access::mail_protocols_only;
    granted const a = o.try_open(o.token(o.claims(o.adele)), protocol::imap, "adele@woodgrove.example");
    BOOST_TEST(a.denial == access_denial::conditional_access);
    BOOST_TEST(!a.authenticated());
    BOOST_TEST(o.smtp(o.token(o.claims(o.adele))) == access_denial::conditional_access);
    BOOST_TEST(!!o.try_open(o.graph_token(o.adele), protocol::graph, "me"));
    o.w.policy.edit_mailbox("adele@woodgrove.example").conditional_access = conditional_access::pass;
    BOOST_TEST(o.smtp(o.token(o.claims(o.adele))) == access_denial::none);
    BOOST_TEST(o.smtp(o.token(o.claims(o.bob)), "bob@woodgrove.example") == access_denial::conditional_access);
}

BOOST_AUTO_TEST_CASE(users_without_a_mailbox_are_authenticated_but_not_connected)
{
    office o;
    std::string const token = o.token(o.claims(o.adele));
    auto const opened = [&] { return o.try_open(token, protocol::imap, "adele@woodgrove.example"); };
    o.adele.licensed = false;
    BOOST_TEST(opened().denial == access_denial::mailbox_not_licensed);
    BOOST_TEST(opened().authenticated());
    BOOST_TEST(o.smtp(token) == access_denial::mailbox_not_licensed);
    o.adele.licensed = true;
    o.w.policy.edit_mailbox("adele@woodgrove.example").connectable = false;
    BOOST_TEST(opened().denial == access_denial::not_connectable);
    BOOST_TEST(opened().authenticated());
    BOOST_TEST(o.smtp(token) == access_denial::none);
    o.w.policy.edit_mailbox("adele@woodgrove.example").connectable = true;
    o.w.policy.edit_mailbox("adele@woodgrove.example").blocked = true;
    BOOST_TEST(opened().denial == access_denial::mailbox_blocked);
    o.adele.enabled = false;
    BOOST_TEST(opened().denial == access_denial::user_disabled);
    BOOST_TEST(opened().authenticated());
    o.w.directory.remove_user(o.adele.id);
    BOOST_TEST(opened().denial == access_denial::user_unknown);
    BOOST_TEST(!opened().authenticated());
}

BOOST_AUTO_TEST_CASE(an_application_needs_three_things_in_exchange)
{
    office o;
    std::string const token = o.token(o.app_claims({"IMAP.AccessAsApp"}));
    std::string const object = o.w.directory.find_service_principal(o.app.app_id, o.home.id)->object_id;
    auto const opened = [&] { return o.try_open(token, protocol::imap, "adele@woodgrove.example"); };

    BOOST_TEST(opened().denial == access_denial::app_not_registered);
    BOOST_TEST(opened().authenticated());
    o.w.policy.edit_tenant(o.home.id).exchange_principals = {{o.app.app_id, o.app.object_id}};
    BOOST_TEST(opened().denial == access_denial::app_wrong_object_id);  // the registration's, as people do
    o.w.policy.edit_tenant(o.home.id).exchange_principals = {{o.app.app_id, object}};
    BOOST_TEST(opened().denial == access_denial::app_no_rights);
    o.w.policy.edit_mailbox("adele@woodgrove.example").delegates = {{.who = object, .full_access = true}};
    granted const a = opened();
    BOOST_TEST(!!a, a.denial);
    BOOST_TEST(a.app_only);
    BOOST_TEST(a.actor_id == object);
    BOOST_TEST(!a.is_owner);
    BOOST_TEST(a.full_access);
    // rights are per mailbox, roles per protocol, and the mailbox's switches hold for applications, too
    BOOST_TEST(o.imap(token, "bob@woodgrove.example") == access_denial::app_no_rights);
    BOOST_TEST(o.smtp(token) == access_denial::scope_missing);
    std::string const smtp = o.token(o.app_claims({"SMTP.SendAsApp"}));
    BOOST_TEST(o.smtp(smtp) == access_denial::none);
    o.w.policy.edit_mailbox("adele@woodgrove.example").smtp_auth = false;
    BOOST_TEST(o.smtp(smtp) == access_denial::smtp_auth_disabled_mailbox);
    // a delegated scope is no role
    BOOST_TEST(o.imap(o.token(o.app_claims({"IMAP.AccessAsUser.All"}))) == access_denial::scope_missing);
    // not beyond the tenant
    BOOST_TEST(o.imap(token, "robin@outlook.test") == access_denial::mailbox_unknown);
    o.w.directory.find_service_principal(o.app.app_id, o.home.id)->enabled = false;
    BOOST_TEST(opened().denial == access_denial::user_unknown);
}

BOOST_AUTO_TEST_CASE(at_graph_a_token_opens_its_owner_by_me_address_or_id)
{
    office o;
    std::string const token = o.graph_token(o.adele);
    for (std::string const& user :
         {std::string("me"), std::string("ME"), std::string(), o.adele.principal_name, o.adele.id})
    {
        granted const a = o.try_open(token, protocol::graph, user);
        BOOST_TEST(!!a, user << ": " << a.denial);
        BOOST_TEST(a.is_owner);
        BOOST_TEST(a.has("Mail.Read"));
    }
    granted const other = o.try_open(token, protocol::graph, o.bob.id);
    BOOST_TEST(other.denial == access_denial::no_rights);
    BOOST_TEST(other.authenticated());
    o.adele.licensed = false;
    BOOST_TEST(o.try_open(token, protocol::graph, "me").denial == access_denial::mailbox_not_licensed);
    BOOST_TEST(o.try_open(token, protocol::graph, "me").authenticated());
    o.adele.enabled = false;
    BOOST_TEST(!o.try_open(token, protocol::graph, "me").authenticated());
}

BOOST_AUTO_TEST_CASE(at_graph_an_application_opens_all_mailboxes_or_those_of_its_policy)
{
    office o;
    std::string const token = o.token(o.app_claims({"Mail.Read"}, "https://graph.microsoft.com"));
    BOOST_TEST(!!o.try_open(token, protocol::graph, o.bob.principal_name));
    BOOST_TEST(o.try_open(token, protocol::graph, "me").denial == access_denial::mailbox_unknown);
    o.w.policy.edit_tenant(o.home.id).graph_mailboxes = {"adele@woodgrove.example"};
    BOOST_TEST(!!o.try_open(token, protocol::graph, o.adele.id));
    BOOST_TEST(o.try_open(token, protocol::graph, o.bob.id).denial == access_denial::app_no_rights);
}

BOOST_AUTO_TEST_CASE(who_may_send_as_whom)
{
    office o;
    o.adele.aliases = {"a.vance@woodgrove.example"};
    granted const owner = o.try_open(o.token(o.claims(o.adele)), protocol::smtp, "adele@woodgrove.example");
    BOOST_TEST(may_send_as(o.w, owner, "Adele@woodgrove.example"));
    BOOST_TEST(may_send_as(o.w, owner, "a.vance@woodgrove.example"));
    BOOST_TEST(!may_send_as(o.w, owner, "bob@woodgrove.example"));
    BOOST_TEST(!may_send_as(o.w, owner, "somebody@else.example"));
    BOOST_TEST(!may_send_as(o.w, owner, ""));
    o.w.policy.edit_mailbox("bob@woodgrove.example").delegates = {
        {.who = "a.vance@woodgrove.example", .send_as = true}};
    BOOST_TEST(may_send_as(o.w, owner, "bob@woodgrove.example"));

    // FullAccess opens the shared mailbox, and does not let send as it
    o.w.policy.edit_mailbox("team@woodgrove.example").delegates = {
        {.who = "bob@woodgrove.example", .full_access = true}};
    granted const team = o.try_open(o.token(o.claims(o.bob)), protocol::smtp, "team@woodgrove.example");
    BOOST_TEST(!!team, team.denial);
    BOOST_TEST(!may_send_as(o.w, team, "team@woodgrove.example"));
    o.w.policy.edit_mailbox("team@woodgrove.example").delegates[0].send_as = true;
    BOOST_TEST(may_send_as(o.w, o.try_open(o.token(o.claims(o.bob)), protocol::smtp, "team@woodgrove.example"),
                           "team@woodgrove.example"));
}

BOOST_AUTO_TEST_CASE(a_switch_flipped_for_later_counts_when_its_time_has_come)
{
    office o;
    std::string problem;
    BOOST_TEST(o.w.policy.set_later(o.w.date() + 30min, "mailbox.imap", "off", "adele@woodgrove.example", problem));
    BOOST_TEST(o.imap(o.token(o.claims(o.adele))) == access_denial::none);
    o.w.advance(29min);
    BOOST_TEST(o.imap(o.token(o.claims(o.adele))) == access_denial::none);
    o.w.advance(2min);
    BOOST_TEST(o.imap(o.token(o.claims(o.adele))) == access_denial::imap_disabled);
}

BOOST_AUTO_TEST_CASE(every_denial_is_described_in_words_of_its_own)
{
    std::set<std::string_view> seen;
    for (int d = 0; d <= static_cast<int>(access_denial::not_connectable); ++d)
    {
        BOOST_TEST(describe(static_cast<access_denial>(d)) != "unknown");
        BOOST_TEST(seen.insert(describe(static_cast<access_denial>(d))).second);
    }
}

BOOST_AUTO_TEST_SUITE_END()
