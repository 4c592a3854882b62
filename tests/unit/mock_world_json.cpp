#include <outkit/mock/access.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <random>

#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(mock_world_json)
namespace {

using namespace outkit::mock;
using namespace std::chrono_literals;

struct loaded
{
    world w{1};
    std::vector<world_problem> problems;
    bool ok;

    explicit loaded(std::string_view text) : ok(load_world(w, text, "world.json", problems)) {}
    std::string said() const
    {
        std::string all;
        for (world_problem const& p : problems)
            all += p.text() + "\n";
        return all;
    }
};

// A tenant, a user and an application around what a test is about.
std::string with(std::string_view members, std::string_view of_user = "", std::string_view of_app = "")
{
    std::string text = R"({
"tenants": [{"domains": ["woodgrove.example"]}],
"users": [{"principal_name": "adele@woodgrove.example")";
    if (!of_user.empty())
        text += ",\n" + std::string(of_user);
    text += R"(}],
"applications": [{"display_name": "Mail", "tenant": "woodgrove.example", "app_id": "11111111-2222-4333-8444-555555555555")";
    if (!of_app.empty())
        text += ",\n" + std::string(of_app);
    text += "}]";
    if (!members.empty())
        text += ",\n" + std::string(members);
    return text + "}\n";
}

// Whether the text is refused with just this problem, and the world is as it was.
void refused(std::string_view text, std::string_view problem)
{
    BOOST_TEST_CONTEXT(text.substr(0, 2000))
    {
        loaded l(text);
        BOOST_TEST(!l.ok);
        BOOST_TEST(l.said() == std::string(problem) + "\n");
        BOOST_TEST(l.w.directory.users().empty());
        BOOST_TEST(l.w.directory.tenants().size() == 1u);
        BOOST_TEST(l.w.mailboxes.all().empty());
        BOOST_TEST(l.w.policy.mailboxes().empty());
        BOOST_TEST(l.w.faults.queued().empty());
    }
}

void accepted(std::string_view text)
{
    loaded l(text);
    BOOST_TEST(l.ok, text << "\n" << l.said());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_default_world_is_what_its_description_says)
{
    world w(1);
    load_default_world(w);
    user const* const adele = w.directory.find_user("adele@woodgrove.example");
    BOOST_TEST_REQUIRE(adele);
    BOOST_TEST(adele->password == "mock-secret-adele");
    BOOST_TEST(adele->licensed);
    BOOST_TEST(w.directory.find_user("admin@woodgrove.example")->is_admin());
    BOOST_TEST(!w.directory.find_user("dora@woodgrove.example")->licensed);
    BOOST_TEST((w.directory.find_user("robin@outlook.test")->kind == account_kind::personal));
    BOOST_TEST(w.directory.find_tenant("fabrikam.example")->display_name == "Fabrikam");
    BOOST_TEST(w.policy.mailbox("team@woodgrove.example").find_delegate("bob@woodgrove.example")->full_access);
    BOOST_TEST(w.directory.applications().empty());
    for (tenant const& t : w.directory.tenants())
        BOOST_TEST((t.personal() || t.id.starts_with("00000000-0000-4000-8000-")));
    for (user const& u : w.directory.users())
    {
        BOOST_TEST((u.principal_name.ends_with(".example") || u.principal_name.ends_with(".test")));
        BOOST_TEST((u.password.empty() || u.password.starts_with("mock-secret-")));
        BOOST_TEST((w.mailboxes.find(u.principal_name) != nullptr) == (u.licensed || u.shared_mailbox));
    }
    mailbox const* const box = w.mailboxes.find("adele@woodgrove.example");
    auto const& mail = box->find_path("INBOX")->messages();
    BOOST_TEST_REQUIRE(mail.size() == 2u);
    BOOST_TEST(mail[0]->is(flags::seen));
    BOOST_TEST(!mail[1]->is(flags::seen));
    BOOST_TEST(mail[1]->raw().find("Subject: Welcome to this mailbox\r\n") != std::string::npos);
    BOOST_TEST((mail[1]->internal_date < w.date()));
    BOOST_TEST(w.mailboxes.find("robin@outlook.test")->personal());
}

BOOST_AUTO_TEST_CASE(an_empty_object_changes_nothing)
{
    loaded l("{}");
    BOOST_TEST(l.ok);
    BOOST_TEST(l.w.directory.tenants().size() == 1u);
    BOOST_TEST(l.w.directory.users().empty());
}

BOOST_AUTO_TEST_CASE(CL_05_what_is_no_text_or_no_json_is_said_with_its_line)
{
    refused("", "world.json:1: the file is empty; a world is a JSON object, at least {}");
    refused(" \r\n\t", "world.json:1: the file is empty; a world is a JSON object, at least {}");
    refused("[]", "world.json:1: a world is a JSON object, not a list");
    refused("\n\n7\n", "world.json:3: a world is a JSON object, not a whole number");
    refused("\xFF\xFE{\0}\0", "world.json:1: the file is UTF-16; save it as UTF-8");
    refused(std::string_view("{\n\n\"date\": \"\0\"}", 16), "world.json:3: the file has a NUL in it; a world is text");
    refused("{\n  \"tenants\": [\n",
            "world.json:2: the file ends in the middle of the world; a bracket, brace or quote is missing");
    refused("{\"comment\": \"x",
            "world.json:1: the file ends in the middle of the world; a bracket, brace or quote is missing");
    refused("{}\n{}", "world.json:2: something follows the world in column 1");
    refused("{} x", "world.json:1: something follows the world in column 4");
    loaded const comma("{\n  \"tenants\": [],\n}");
    BOOST_TEST(comma.said().starts_with("world.json:3: no JSON in column 1"), comma.said());
    loaded const binary("\x7f"
                        "ELF\x02\x01\x01");
    BOOST_TEST(binary.said().starts_with("world.json:1: no JSON in column 1"), binary.said());
    loaded const utf8("{\n\"comment\": \"\xff\xfe\"}");
    BOOST_TEST(utf8.said().starts_with("world.json:2: no JSON"), utf8.said());
    loaded const deep("{\"tenants\": " + std::string(1000, '[') + std::string(1000, ']') + "}");
    BOOST_TEST(deep.said().starts_with("world.json:1: nested more than 16 deep"), deep.said());
    refused(std::string(max_world_file + 1, ' '), "world.json: the file is larger than 16 MiB");

    accepted("\xEF\xBB\xBF{}");
    accepted("{\r\n\t\"comment\": \"CRLF and tabs\"\r\n}\r\n");
    accepted("{\"comment\":\"" + std::string(90'000, 'x') + "\"}");
    accepted("{}");  // no line end
}

BOOST_AUTO_TEST_CASE(CL_06_unknown_keys_are_named_with_line_and_suggestion)
{
    refused("{\n\"tennants\": []}", "world.json:2: tennants: unknown key; did you mean \"tenants\"?");
    refused("{\"zzz\": 1}",
            "world.json:1: zzz: unknown key; known are base, comment, date, tenants, users, applications, "
            "service, switches, faults, misbehaviour");
    refused(with("", "\"licenced\": true"), "world.json:4: users[0].licenced: unknown key; did you mean \"licensed\"?");
    refused(with("", "\"language\": \"de-DE\""), "world.json:4: users[0].language: expected en, de, es, fr or pl");
    refused(with("", "\"mailbox\": {\"imaap\": false}"),
            "world.json:4: users[0].mailbox.imaap: unknown key; did you mean \"imap\"?");
    refused(with("", "", "\"redirect_uri\": []"),
            "world.json:5: applications[0].redirect_uri: unknown key; did you mean \"redirect_uris\"?");
    refused(with("\"service\": {\"imap_profil\": \"classic\"}"),
            "world.json:5: service.imap_profil: unknown key; did you mean \"imap_profile\"?");
    refused(with("\"faults\": [{\"sever\": \"imap\", \"answer\": \"NO\"}]"),
            "world.json:5: faults[0].sever: unknown key; did you mean \"server\"?");
}

BOOST_AUTO_TEST_CASE(CL_06_repeated_keys_are_refused)
{
    refused("{\"comment\": \"a\",\n\"comment\": \"b\"}",
            "world.json:2: the key \"comment\" stands here a second time; the first is in line 1");
    refused(with("", "\"enabled\": true,\n\"enabled\": false"),
            "world.json:5: the key \"enabled\" stands here a second time; the first is in line 4");
}

BOOST_AUTO_TEST_CASE(CL_06_wrong_types_are_refused)
{
    refused("{\"tenants\": {}}", "world.json:1: tenants: expected a list, not an object");
    refused("{\"tenants\": [7]}",
            "world.json:1: tenants[0]: expected an object, not a whole number\n"
            "world.json:1: tenants[0]: the key \"domains\" is missing: a tenant has at least one domain");
    refused(with("", "\"licensed\": \"yes\""), "world.json:4: users[0].licensed: expected true or false, not a string");
    refused(with("", "\"password\": 5"), "world.json:4: users[0].password: expected a string, not a whole number");
    refused(with("", "\"password\": null"), "world.json:4: users[0].password: expected a string, not null");
    refused(with("", "\"aliases\": [\"a@woodgrove.example\", 5]"),
            "world.json:4: users[0].aliases[1]: expected a string of 1 to 1000 octets");
    refused(
        with("\"switches\": [{\"name\": \"mailbox.imap\", \"subject\": \"adele@woodgrove.example\", \"value\": []}]"),
        "world.json:5: switches[0]: expected the value of a switch, not a list");
}

BOOST_AUTO_TEST_CASE(CL_06_values_out_of_range_are_refused)
{
    refused(with("", "\"mailbox\": {\"max_send\": 5}"),
            "world.json:4: users[0].mailbox.max_send: \"5\" is no value of mailbox.max_send; it takes 1024..157286400");
    refused(with("", "\"mailbox\": {\"imap\": 1}"),
            "world.json:4: users[0].mailbox.imap: \"1\" is no value of mailbox.imap; it takes on|off");
    refused(with("\"service\": {\"smtp_size\": 1e300}"), "world.json:5: service.smtp_size: \"a number that is not "
                                                         "whole, or too large\" is no value of service.smtp_size; it "
                                                         "takes 1024..157286400");
    refused(with("\"service\": {\"imap_profile\": \"clasic\"}"),
            "world.json:5: service.imap_profile: \"clasic\" is no value of service.imap_profile; it takes "
            "tcpproxy|classic|transition|rev2|generic");
    refused("{\"date\": \"2026-13-01T00:00:00Z\"}",
            "world.json:1: date: expected a date such as \"2026-11-24T12:00:00Z\", or \"+180d\", \"-3h\", \"+15m\" "
            "from the world's own");
    for (char const* date :
         {"2026-02-29T00:00:00Z", "2026-11-24", "2026-11-24T24:00:00Z", "2026-11-24T12:00:00+01:00", "+", "+d", "+1",
          "+1y", "++1d", "+-1d", "+9999999999999d", "1989-01-01T00:00:00Z", "tomorrow"})
        BOOST_TEST(!loaded("{\"date\": \"" + std::string(date) + "\"}").ok, date);
    for (char const* date : {"2028-02-29T23:59:59Z", "+180d", "-3h", "+15m", "+0m"})
        accepted("{\"date\": \"" + std::string(date) + "\"}");
}

BOOST_AUTO_TEST_CASE(CL_07_zero_is_not_unlimited)
{
    refused(with("", "\"mailbox\": {\"max_send\": 0}"),
            "world.json:4: users[0].mailbox.max_send: \"0\" is no value of mailbox.max_send; it takes 1024..157286400");
    refused(with("\"service\": {\"recipients_per_message\": 0}"),
            "world.json:5: service.recipients_per_message: \"0\" is no value of service.recipients_per_message; it "
            "takes 1..1000");
    refused(with("\"service\": {\"recipients_per_message\": 1001}"),
            "world.json:5: service.recipients_per_message: \"1001\" is no value of service.recipients_per_message; it "
            "takes "
            "1..1000");
}

BOOST_AUTO_TEST_CASE(things_that_are_not_there_are_not_referred_to)
{
    refused(R"({"users": [{"principal_name": "adele@woodgrove.example"}]})",
            "world.json:1: users[0].principal_name: no tenant has the domain \"woodgrove.example\"; add it, or name "
            "the user's "
            "\"tenant\"");
    refused(
        with("", "\"tenant\": \"woodgrov.example\""),
        "world.json:4: users[0].tenant: there is no tenant \"woodgrov.example\"; did you mean \"woodgrove.example\"?");
    refused(with("", "\"mailbox\": {\"delegates\": [{\"who\": \"bob@woodgrove.example\", \"full_access\": true}]}"),
            "world.json:4: users[0].mailbox.delegates[0].who: there is no user \"bob@woodgrove.example\"");
    refused(with("", "", "\"consents\": [{\"user\": \"bob@woodgrove.example\"}]"),
            "world.json:5: applications[0].consents[0].user: there is no user \"bob@woodgrove.example\"");
    refused(with("", "", "\"permissions\": [\"Mail.Reed\"]"),
            "world.json:5: applications[0].permissions[0]: there is no permission \"Mail.Reed\"; did you mean "
            "\"Mail.Read\"?");
    refused(
        with("\"switches\": [{\"name\": \"mailbox.imap\", \"subject\": \"bob@woodgrove.example\", \"value\": false}]"),
        "world.json:5: switches[0].subject: there is no user \"bob@woodgrove.example\"");
    refused(with("\"switches\": [{\"name\": \"mailbox.imapp\", \"subject\": \"adele@woodgrove.example\", \"value\": "
                 "false}]"),
            "world.json:5: switches[0]: there is no switch \"mailbox.imapp\"; did you mean \"mailbox.imap\"?");
    refused(with("\"misbehaviour\": [\"smtp.no-startls\"]"), "world.json:5: misbehaviour[0]: there is no misbehaviour "
                                                             "\"smtp.no-startls\"; did you mean \"smtp.no-starttls\"?");
    // a delegate may stand further down
    accepted(R"({"tenants": [{"domains": ["w.example"]}], "users": [
        {"principal_name": "a@w.example", "mailbox": {"delegates": [{"who": "b@w.example", "send_as": true}]}},
        {"principal_name": "b@w.example"}]})");
}

BOOST_AUTO_TEST_CASE(nothing_is_there_twice)
{
    refused(R"({"tenants": [{"domains": ["w.example"]}, {"domains": ["W.example"]}]})",
            "world.json:1: tenants[1].domains: \"W.example\" belongs to the tenant \"w.example\" already");
    refused(R"({"tenants": [{"domains": ["w.example"]}], "users": [{"principal_name": "a@w.example"},
{"principal_name": "b@w.example", "aliases": ["A@w.example"]}]})",
            "world.json:2: users[1].principal_name: \"A@w.example\" is an address of \"a@w.example\" already");
    refused(with("", "\"id\": \"adele\""),
            "world.json:4: users[0].id: expected a GUID such as 00000000-0000-4000-8000-000000000001");
    refused(R"({"tenants": [{"domains": ["w.example"], "id": "00000000-0000-4000-8000-000000000001"},
{"domains": ["v.example"], "id": "00000000-0000-4000-8000-000000000001"}]})",
            "world.json:2: tenants[1].id: there is a tenant of this id already");
}

BOOST_AUTO_TEST_CASE(what_could_be_real_is_refused_and_not_repeated)
{
    // R-MOC-02, and R-CLI-05's exception is for the mock's own secrets only
    refused(R"({"tenants": [{"domains": ["w.example"], "id": "72f988bf-86f1-41af-91ab-2d7cd011db47"}]})",
            "world.json:1: tenants[0].id: a mock's tenant id begins with 00000000-0000-4000-8000-");
    loaded const l(with("", "", "\"secrets\": [{\"value\": \"abc8Q~CANARYCANARYCANARYCANARYCANARY\"}]"));
    BOOST_TEST(!l.ok);
    BOOST_TEST(l.said().find("begins with mock-secret-") != std::string::npos);
    BOOST_TEST(l.said().find("CANARY") == std::string::npos);
    loaded const key(
        with("", "",
             "\"certificates\": [{\"pem\": \"-----BEGIN CERTIFICATE-----\\n-----BEGIN PRIVATE KEY-----\\nCANARY\"}]"));
    BOOST_TEST(key.said().find("has a private key in it") != std::string::npos);
    BOOST_TEST(key.said().find("CANARY") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(applications_are_held_to_the_directorys_rules)
{
    refused(
        with("", "", "\"redirect_uris\": [\n{\"uri\": \"http://mail.example/oauth\"}]"),
        "world.json:5: applications[0].redirect_uris: \"http://mail.example/oauth\" must begin with https; http is for "
        "localhost only");
    refused(with("", "", "\"redirect_uris\": [{\"uri\": \"https://mail.example/\", \"platform\": \"desktop\"}]"),
            "world.json:5: applications[0].redirect_uris[0].platform: expected web, spa or publicClient");
    refused(with("", "", "\"audience\": \"everybody\""),
            "world.json:5: applications[0].audience: expected AzureADMyOrg, AzureADMultipleOrgs, "
            "AzureADandPersonalMicrosoftAccount or PersonalMicrosoftAccount");
    refused(R"({"applications": [{"display_name": "x"}]})",
            "world.json:1: applications[0]: the key \"tenant\" is missing: the home tenant, by id or domain");
    loaded const l(with("", "", R"("audience": "AzureADMultipleOrgs",
"redirect_uris": [{"uri": "http://localhost:3000/oauth"}, {"uri": "https://mail.example/", "platform": "spa"}],
"permissions": ["IMAP.AccessAsUser.All", "IMAP.AccessAsApp", {"name": "Mail.Read", "type": "Role"},
                {"resource": "00000002-0000-0ff1-ce00-000000000000", "id": "652390e4-393a-48de-9484-05f9b1212954"}],
"secrets": [{"name": "old", "value": "mock-secret-old", "start": "-200d", "end": "-20d"}, {"value": "mock-secret-new"}],
"consents": [{"user": "adele@woodgrove.example", "permissions": ["IMAP.AccessAsUser.All"]}, {}])"));
    BOOST_TEST_REQUIRE(l.ok, l.said());
    application const& a = *l.w.directory.find_application("11111111-2222-4333-8444-555555555555");
    BOOST_TEST((a.audience == sign_in_audience::multiple_orgs));
    BOOST_TEST((a.redirect_uris[1].type == platform::spa));
    BOOST_TEST_REQUIRE(a.permissions.size() == 4u);
    BOOST_TEST(a.permissions[1].resource == exchange_app_id);
    BOOST_TEST((a.permissions[2].type == permission_type::application));
    BOOST_TEST(!find_permission_id(a.permissions[3].resource, a.permissions[3].id));  // a fault worth imitating
    BOOST_TEST((directory::check(a, "mock-secret-old", l.w.date()) == secret_check::expired));
    BOOST_TEST((directory::check(a, "mock-secret-new", l.w.date()) == secret_check::ok));
    user const& adele = *l.w.directory.find_user("adele@woodgrove.example");
    BOOST_TEST(l.w.directory.consented(a.app_id, adele, exchange_app_id, "IMAP.AccessAsUser.All"));
    BOOST_TEST((l.w.directory.granted_roles(a.app_id, adele.tenant_id, graph_app_id) ==
                std::vector<std::string>{"Mail.Read"}));
}

BOOST_AUTO_TEST_CASE(every_switch_is_reachable_from_a_file)
{
    for (policy_switch const& s : policy::switches())
    {
        policy const untouched;
        std::string const usual = *untouched.get(s.name);
        // another value than the usual one, from the list
        std::string value;
        if (std::size_t const dots = s.values.find(".."); dots != s.values.npos)
            value = std::string(s.values.substr(0, dots)) == usual ? std::string(s.values.substr(dots + 2))
                                                                   : std::string(s.values.substr(0, dots));
        else
            for (std::size_t at = 0; value.empty() || value == usual; at = s.values.find('|', at) + 1)
                value = s.values.substr(at, s.values.find('|', at) - at);
        std::string const subject = s.name.starts_with("mailbox.")  ? "adele@woodgrove.example"
                                    : s.name.starts_with("tenant.") ? "woodgrove.example"
                                                                    : "";
        loaded const l(with("\"switches\": [{\"name\": \"" + std::string(s.name) + "\", \"subject\": \"" + subject +
                            "\", \"value\": \"" + value + "\"}]"));
        BOOST_TEST(l.ok, l.said());
        std::string const key = subject == "woodgrove.example" ? l.w.directory.find_tenant(subject)->id : subject;
        BOOST_TEST(l.w.policy.get(s.name, key).value() == value, s.name);
    }
    // and where it belongs, with JSON's own values
    loaded const l(
        R"({"tenants": [{"domains": ["w.example"], "policy": {"smtp_auth": false, "user_consent": "disabled"}}],
"users": [{"principal_name": "a@w.example", "mailbox": {"imap": false, "smtp_auth": null, "max_send": 2048, "conditional_access": "mfa"}}],
"service": {"imap_profile": "classic", "failed_auth_delay": 5000}})");
    BOOST_TEST_REQUIRE(l.ok, l.said());
    BOOST_TEST(!l.w.policy.tenant(l.w.directory.find_tenant("w.example")->id).smtp_auth);
    BOOST_TEST(l.w.policy.tenant("another").smtp_auth);
    BOOST_TEST(!l.w.policy.mailbox("a@w.example").imap);
    BOOST_TEST(!l.w.policy.mailbox("a@w.example").smtp_auth.has_value());
    BOOST_TEST(l.w.policy.mailbox("a@w.example").max_send == 2048u);
    BOOST_TEST((l.w.policy.service.failed_auth_delay == 5s));
}

BOOST_AUTO_TEST_CASE(a_switch_of_a_file_may_act_later)
{
    loaded l(with(
        R"("switches": [{"name": "mailbox.imap", "subject": "adele@woodgrove.example", "value": false, "at": "+30m"}])"));
    BOOST_TEST_REQUIRE(l.ok, l.said());
    BOOST_TEST(l.w.policy.mailbox("adele@woodgrove.example").imap);
    BOOST_TEST(describe_world(l.w).find(": mailbox.imap = off for adele@woodgrove.example\n") != std::string::npos);
    l.w.policy.apply_due(l.w.date() + 31min);
    BOOST_TEST(!l.w.policy.mailbox("adele@woodgrove.example").imap);
    BOOST_TEST(
        !loaded(
             with(
                 R"("switches": [{"name": "mailbox.imap", "subject": "adele@woodgrove.example", "value": 7, "at": "+30m"}])"))
             .ok);
    BOOST_TEST(
        !loaded(
             with(
                 R"("switches": [{"name": "mailbox.imap", "subject": "adele@woodgrove.example", "value": true, "at": "soon"}])"))
             .ok);
}

BOOST_AUTO_TEST_CASE(switches_need_a_mailbox)
{
    refused(with("", "\"licensed\": false,\n\"mailbox\": {\"imap\": false}"),
            "world.json:5: users[0].mailbox: this user has no mailbox: neither \"licensed\" nor \"shared_mailbox\"");
}

BOOST_AUTO_TEST_CASE(mail_comes_into_its_folder_with_date_and_flags)
{
    loaded const l(with("", R"("mailbox": {"messages": [
  {"from": "Bob <bob@woodgrove.example>", "to": "adele@woodgrove.example", "subject": "Grüße", "text": "a\nb\n", "received": "-1h"},
  {"folder": "Archive/2026", "raw": "From: x@y.example\nSubject: raw\n\nbody\n", "flags": ["seen", "flagged"]},
  {"folder": "Sent Items", "raw_base64": "U3ViamVjdDogYjY0DQoNCv8NCg=="}
]})"));
    BOOST_TEST_REQUIRE(l.ok, l.said());
    mailbox const& box = *l.w.mailboxes.find("adele@woodgrove.example");
    auto const inbox = box.find_path("INBOX");
    BOOST_TEST_REQUIRE(inbox->messages().size() == 1u);
    BOOST_TEST(inbox->messages()[0]->raw().find("\r\n\r\na\r\nb\r\n") != std::string::npos);
    BOOST_TEST((l.w.date() - inbox->messages()[0]->internal_date > 59min));
    auto const archive = box.find_path("Archive/2026");
    BOOST_TEST_REQUIRE(archive);
    BOOST_TEST(archive->messages()[0]->is(flags::flagged));
    BOOST_TEST(archive->messages()[0]->is(flags::seen));
    BOOST_TEST(box.find_path("Sent Items")->messages()[0]->raw().find('\xff') != std::string::npos);

    refused(with("", "\"mailbox\": {\"messages\": [{}]}"),
            "world.json:4: users[0].mailbox.messages[0]: a message is given as \"raw\", as \"raw_base64\", or with "
            "\"from\", \"to\", "
            "\"subject\" and \"text\"");
    refused(with("", "\"mailbox\": {\"messages\": [{\"raw\": \"x\", \"flags\": [\"sean\"]}]}"),
            "world.json:4: users[0].mailbox.messages[0].flags: \"sean\" is none of seen, answered, flagged, deleted, "
            "draft");
    BOOST_TEST(
        !loaded(with("", "\"mailbox\": {\"messages\": [{\"from\": \"x@y.example\\r\\nBcc: z@y.example\"}]}")).ok);
    BOOST_TEST(!loaded(with("", "\"mailbox\": {\"messages\": [{\"from\": \"nobody\"}]}")).ok);
    BOOST_TEST(!loaded(with("", "\"mailbox\": {\"messages\": [{\"raw_base64\": \"?\"}]}")).ok);
}

BOOST_AUTO_TEST_CASE(MK_23_fault_scripts_are_data_held_to_limits)
{
    auto const fault = [](std::string_view members) { return with("\"faults\": [\n{" + std::string(members) + "}]"); };
    refused(fault("\"server\": \"ftp\", \"answer\": \"NO\""),
            "world.json:6: faults[0]: there is no server \"ftp\"; there are imap, smtp, entra and graph");
    refused(fault("\"server\": \"imap\", \"delay_ms\": -1"),
            "world.json:6: faults[0].delay_ms: expected a whole number from 0 to 86400000\n"
            "world.json:6: faults[0]: nothing goes wrong in this fault: give an answer, status, delay, disconnect, "
            "stall or "
            "drop_after");
    refused(fault("\"server\": \"imap\", \"answer\": \"NO\", \"times\": 1000000000"),
            "world.json:6: faults[0].times: expected a whole number from 0 to 1000000");
    refused(fault("\"server\": \"imap\", \"answer\": \"NO\", \"include\": \"../x\""),
            "world.json:6: faults[0].include: unknown key; known are server, operation, answer, status, retry_after, "
            "delay_ms, "
            "drop_after, skip, times, disconnect, stall, probability, header_fields");
    refused(fault("\"server\": \"../imap\", \"answer\": \"NO\""),
            "world.json:6: faults[0]: there is no server \"../imap\"; there are imap, smtp, entra and graph");
    refused(fault("\"answer\": {\"faults\": [{\"answer\": \"NO\"}]}"),
            "world.json:6: faults[0].answer: expected a string, not an object");
    refused(with("\"misbehaviour\": [\"$(touch x)\"]"),
            "world.json:5: misbehaviour[0]: there is no misbehaviour \"$(touch x)\"");
    std::string many;
    for (std::size_t i = 0; i != faults::max_queued + 1; ++i)
        many += std::string(i ? "," : "") + "{\"server\":\"imap\",\"answer\":\"NO\"}";
    refused(with("\"faults\": [" + many + "]"), "world.json:5: faults[10000]: 10000 faults are queued already");
    refused(std::string(max_world_file + 100, ' '), "world.json: the file is larger than 16 MiB");

    loaded l(fault(R"("server": "graph", "operation": "sendMail", "status": 429, "retry_after": 12, "answer": "{}",
"skip": 1, "times": 2, "probability": 1, "header_fields": {"x-ms-throttle-scope": "User"})"));
    BOOST_TEST_REQUIRE(l.ok, l.said());
    BOOST_TEST(!l.w.faults.take("graph", "POST /v1.0/me/sendMail"));
    auto const happens = l.w.faults.take("graph", "POST /v1.0/me/sendMail");
    BOOST_TEST_REQUIRE(happens.has_value());
    BOOST_TEST(happens->status == 429);
    BOOST_TEST((happens->retry_after == 12s));
    BOOST_TEST(happens->header_fields[0].second == "User");
}

BOOST_AUTO_TEST_CASE(problems_come_together_and_not_without_end)
{
    loaded const two(with("\"service\": {\"smtp_size\": 1}", "\"licensed\": 1"));
    BOOST_TEST(two.problems.size() == 2u);
    BOOST_TEST(two.problems[0].line == 4u);
    BOOST_TEST(two.problems[0].field == "users[0].licensed");
    std::string many = "{";
    for (int i = 0; i != 1000; ++i)
        many += std::string(i ? "," : "") + "\"unknown" + std::to_string(i) + "\":1";
    loaded const l(many + "}");
    BOOST_TEST(l.problems.size() == max_world_problems);
    // what comes from the file is shown short and harmless
    loaded const nasty("{\"" + std::string(1000, 'x') + "\": 1, \"\\u001b]0;title\\u0007\": 2}");
    BOOST_TEST(nasty.said().find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_may_begin_with_the_default_world)
{
    loaded const l(R"({"base": "default",
"switches": [{"name": "mailbox.imap", "subject": "adele@woodgrove.example", "value": false}],
"users": [{"principal_name": "zoe@woodgrove.example"}]})");
    BOOST_TEST_REQUIRE(l.ok, l.said());
    BOOST_TEST(l.w.directory.find_user("zoe@woodgrove.example"));
    BOOST_TEST(l.w.directory.find_user("adele@woodgrove.example"));
    BOOST_TEST(!l.w.policy.mailbox("adele@woodgrove.example").imap);
    refused("{\"base\": \"full\"}", "world.json:1: base: expected \"empty\" or \"default\"");
    BOOST_TEST(!loaded(R"({"base": "default", "users": [{"principal_name": "adele@woodgrove.example"}]})").ok);
}

BOOST_AUTO_TEST_CASE(the_date_of_a_file_moves_the_calendar)
{
    loaded const l(R"({"date": "2027-03-01T08:00:00Z", "tenants": [{"domains": ["w.example"]}], "applications": [
        {"display_name": "Mail", "tenant": "w.example", "secrets": [{"value": "mock-secret-x", "end": "+1d"}]}]})");
    BOOST_TEST_REQUIRE(l.ok, l.said());
    auto const monday = std::chrono::sys_days(std::chrono::year(2027) / 3 / 1) + 8h;
    BOOST_TEST((l.w.date() >= monday && l.w.date() < monday + 1min));
    BOOST_TEST((l.w.directory.applications().front().secrets[0].end == monday + 24h));
}

BOOST_AUTO_TEST_CASE(a_saved_world_loads_as_the_same)
{
    world w(1);
    load_default_world(w);
    w.clock.set_date(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h);
    tenant& home = *w.directory.find_tenant("woodgrove.example");
    application_request request;
    request.display_name = "Mail \"program\" ü";
    request.redirect_uris = {{"http://localhost:3000/oauth", platform::web}};
    request.add_permission("IMAP.AccessAsApp", permission_type::application);
    application& app = *w.directory.register_application(w, home.id, request).app;
    app.access_token_issuance = app.id_token_issuance = true;
    directory_error error;
    w.directory.add_secret(w, app, "one", std::chrono::hours(24), error);
    w.directory.grant_all(w, app, home.id);
    user& adele = *w.directory.find_user("adele@woodgrove.example");
    adele.tokens_valid_from = w.date();
    adele.aliases = {"a@woodgrove.example"};
    adele.must_change_password = adele.on_premises = adele.minor = true;
    adele.risk = user_risk::compromised;
    w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "eva@woodgrove.example", .language = "pl"});
    w.mailboxes.append(*w.mailboxes.find(adele.principal_name)->find(role::inbox), "Subject: odd\r\n\r\n",
                       {.unconvertible = true});
    tenant& partner = w.directory.add_tenant(
        w, {.id = "00000000-0000-4000-8000-0000000000aa", .display_name = "Partner", .domains = {"partner.example"}});
    partner.cloud = "MicrosoftOnline.US";
    partner.resources.push_back({.app_id = std::string(graph_app_id), .enabled = false, .assignment_required = true});
    w.directory.ensure_service_principal(w, app.app_id, partner.id);
    std::string const visiting = w.directory.add_guest(w, partner, adele, false).id;
    w.directory.grant(
        {app.app_id, partner.id, visiting, std::string(graph_app_id), permission_type::delegated, {"User.Read"}});
    app.federated_credentials.push_back({.name = "pipeline",
                                         .issuer = "https://ci.example",
                                         .subject = "repo:x",
                                         .pem = "-----BEGIN CERTIFICATE-----\nMOCK\n-----END CERTIFICATE-----\n"});
    w.directory.grant(
        {app.app_id, home.id, adele.id, std::string(graph_app_id), permission_type::delegated, {"Mail.Read"}});
    w.directory.ensure_service_principal(w, app.app_id, home.id).assignment_required = true;
    w.directory.ensure_service_principal(w, app.app_id, home.id).assigned_users = {adele.id};
    w.policy.edit_tenant(home.id).exchange_principals = {{app.app_id, app.object_id}};
    w.policy.edit_tenant(home.id).graph_mailboxes = {"adele@woodgrove.example"};
    w.policy.edit_tenant(home.id).application_roles = {{app.app_id, {"adele@woodgrove.example"}}, {app.app_id, {}}};
    w.policy.edit_mailbox("bob@woodgrove.example").high_volume_apps = {app.app_id};
    std::string problem;
    for (auto const& [name, value, subject] : std::initializer_list<std::tuple<char const*, char const*, std::string>>{
             {"service.imap_profile", "classic", ""},
             {"tenant.smtp_auth", "off", home.id},
             {"mailbox.smtp_auth", "on", "adele@woodgrove.example"},
             {"mailbox.conditional_access", "mfa", "adele@woodgrove.example"},
             {"mailbox.max_send", "4096", "bob@woodgrove.example"}})
        BOOST_TEST(w.policy.set(name, value, subject, problem), problem);
    BOOST_TEST(w.policy.set_later(w.date() + 24h, "mailbox.imap", "off", "bob@woodgrove.example", problem));
    fault f;
    f.server = "graph";
    f.operation = "token";
    f.status = 503;
    f.answer = "down";
    f.retry_after = 3s;
    f.delay = 1500ms;
    f.probability = 0.5;
    f.times = 0;
    f.skip = 3;
    f.header_fields = {{"x-a", "b"}};
    BOOST_TEST(w.faults.enqueue(f, problem), problem);
    w.faults.drop_after(100, "imap");
    w.faults.misbehave("smtp.no-starttls");

    std::string const saved = save_world(w);
    BOOST_TEST(saved.ends_with("}\n"));
    world again(2);
    std::vector<world_problem> problems;
    BOOST_TEST_REQUIRE(load_world(again, saved, "saved", problems), (problems.empty() ? "" : problems[0].text()));
    again.clock.set_date(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h);
    BOOST_TEST(save_world(again) == saved);
    BOOST_TEST(again.directory.find_application(app.app_id)->access_token_issuance);
    BOOST_TEST(again.directory.find_application(app.app_id)->id_token_issuance);
    BOOST_TEST(again.mailboxes.find("adele@woodgrove.example")->find(role::inbox)->messages().back()->unconvertible);
    auto const& roles = again.policy.tenant(home.id).application_roles;
    BOOST_TEST_REQUIRE(roles.size() == 2u);
    BOOST_TEST(roles[0].mailboxes == std::vector<std::string>{"adele@woodgrove.example"});
    BOOST_TEST(again.policy.mailbox("bob@woodgrove.example").high_volume_apps == std::vector<std::string>{app.app_id});
    user const& eva = *again.directory.find_user("eva@woodgrove.example");
    BOOST_TEST(ensure_mailbox(again, eva)->find(role::sent_items)->name() == "Elementy wys\u0142ane");
    BOOST_TEST(save_world(w, {.messages = false}).find("messages") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_description_has_what_differs_and_no_secrets)
{
    world w(1);
    load_default_world(w);
    application_request request;
    request.display_name = "Mail";
    request.redirect_uris = {{"http://localhost:3000/oauth", platform::web}};
    application& app =
        *w.directory.register_application(w, w.directory.find_tenant("woodgrove.example")->id, request).app;
    directory_error error;
    w.directory.add_secret(w, app, "one", std::chrono::hours(24), error);
    w.policy.edit_mailbox("adele@woodgrove.example").imap = false;
    std::string const text = describe_world(w);
    for (char const* part : {"tenant Woodgrove, woodgrove.example", "  user adele@woodgrove.example\n    imap = off\n",
                             "user dora@woodgrove.example, no licence", "user team@woodgrove.example, shared mailbox",
                             "delegate bob@woodgrove.example, full access, send as", "application Mail, ",
                             "delegated User.Read", "web http://localhost:3000/oauth"})
        BOOST_TEST(text.find(part) != std::string::npos, part);
    BOOST_TEST(text.find("mock-secret-") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(damaged_files_are_loaded_whole_or_not_at_all)
{
    std::string const whole = with(R"("service": {"imap_profile": "classic"}, "date": "+1d",
"faults": [{"server": "imap", "operation": "FETCH", "answer": "NO \u00fc", "probability": 0.5, "times": 3}],
"switches": [{"name": "tenant.smtp_auth", "subject": "woodgrove.example", "value": false}])",
                                   R"("aliases": ["a@woodgrove.example"], "mailbox": {"imap": false, "max_send": 2048,
"delegates": [{"who": "adele@woodgrove.example", "send_as": true}], "messages": [{"raw": "Subject: x\n\ny"}]})",
                                   R"("redirect_uris": [{"uri": "http://localhost/"}], "permissions": ["Mail.Read"],
"secrets": [{"value": "mock-secret-x", "end": "+2d"}], "consents": [{}])");
    accepted(whole);
    std::mt19937 dice(20261124);
    auto untouched = std::make_unique<world>(1);
    std::size_t refused = 0;
    for (int i = 0; i != 400; ++i)
    {
        std::string text = whole;
        for (unsigned edits = 1 + dice() % 3; edits != 0; --edits)
        {
            std::size_t const at = dice() % text.size();
            switch (dice() % 4)
            {
            case 0: text[at] = static_cast<char>(dice()); break;
            case 1: text.erase(at, 1 + dice() % 20); break;
            case 2: text.insert(at, text.substr(dice() % text.size(), dice() % 40)); break;
            default: text.insert(at, 1, "{}[]\",:0-\\"[dice() % 10]); break;
            }
        }
        std::vector<world_problem> problems;
        if (load_world(*untouched, text, "damaged", problems))
        {
            untouched = std::make_unique<world>(1);
            continue;
        }
        ++refused;
        BOOST_TEST(!problems.empty());
        BOOST_TEST(problems.size() <= max_world_problems);
        for (world_problem const& p : problems)
            BOOST_TEST(p.text().find_first_of("\r\n\x1b") == std::string::npos, p.text());
        BOOST_TEST_REQUIRE(untouched->directory.users().empty(), text);
        BOOST_TEST_REQUIRE(untouched->directory.applications().empty(), text);
        BOOST_TEST_REQUIRE(untouched->faults.queued().empty(), text);
    }
    BOOST_TEST(refused > 300u);
}

BOOST_AUTO_TEST_CASE(CL_08_paths_that_are_no_file_are_said_at_once)
{
    std::string folder = "/tmp/outkit-world-XXXXXX";
    BOOST_TEST_REQUIRE(::mkdtemp(folder.data()));
    world w(1);
    std::vector<world_problem> problems;
    BOOST_TEST(!load_world_file(w, folder, problems));
    BOOST_TEST_REQUIRE(problems.size() == 1u);
    BOOST_TEST(problems[0].text().starts_with(folder + ": cannot be read: "));
    BOOST_TEST(!load_world_file(w, folder + "/none.json", problems));
    BOOST_TEST(problems.size() == 1u);
    std::string const fifo = folder + "/fifo";
    BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    BOOST_TEST(!load_world_file(w, fifo, problems));
    BOOST_TEST(problems[0].message == "is no regular file");
    std::string const good = folder + "/world.json";
    std::ofstream(good) << "{\"tenants\": [{\"domains\": [\"w.example\"]}]}\n";
    BOOST_TEST(load_world_file(w, good, problems));
    BOOST_TEST(problems.empty());
    BOOST_TEST(w.directory.find_tenant("w.example"));
    std::remove(good.c_str());
    std::remove(fifo.c_str());
    ::rmdir(folder.c_str());
}

BOOST_AUTO_TEST_SUITE_END()
