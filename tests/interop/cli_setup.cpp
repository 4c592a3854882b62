// `outkit setup` as a program of its own, against `outkit mock` and an administrator of its world.

#include "interop/command_line.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace outkit::tests;
namespace json = boost::json;

namespace {

// What is said, however the lines are broken.
bool says(result const& r, std::string const& part)
{
    std::regex const blanks("\\s+");
    std::string const wanted = std::regex_replace(part, blanks, " ");
    return std::regex_replace(r.err, blanks, " ").find(wanted) != std::string::npos ||
           std::regex_replace(r.out, blanks, " ").find(wanted) != std::string::npos;
}

// Lines of at most 80 columns, but for complaints, for commands to be copied, and for what cannot be broken.
void is_readable(result const& r)
{
    std::istringstream lines(r.err);
    for (std::string line; std::getline(lines, line);)
        BOOST_TEST((line.size() <= 80 || line.starts_with("outkit: ") || line.find("-ServicePrincipal ") != line.npos ||
                    line.find("-MailboxPermission ") != line.npos ||
                    line.find(' ', line.find_first_not_of(' ')) == line.npos),
                   line);
}

std::string text_of(std::string const& file)
{
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

mode_t mode_of(std::string const& file)
{
    struct stat is = {};
    BOOST_TEST_REQUIRE(::stat(file.c_str(), &is) == 0, file);
    return is.st_mode & 07777;
}

// A mock, its administrator's token, and a configuration that says what is wanted and has no client_id.
struct tenant
{
    tenant()
        : redirect(free_redirect()),
          mock(
              {"--redirect-uri", redirect, "--write-config", f.at("there.json"), "--write-admin-token", f.at("token")}),
          person(mock.text("ca_file"))
    {
        wanted = json::parse(text_of(f.at("there.json"))).as_object();
        for (char const* const name : {"title", "client_id", "client_secret"})
            wanted.erase(name);
        write();
    }
    void write() { f.file("want.json", json::serialize(wanted)); }
    result setup(std::vector<std::string> more, process::variables const& variables = {})
    {
        more.insert(more.begin(), {"setup", "--config", f.at("want.json"), "--token-file", f.at("token")});
        result r = run(more, variables);
        BOOST_TEST(!r.says("eyJ"));
        is_readable(r);
        return r;
    }

    folder f;
    std::string redirect;
    running_mock mock;
    desk person;
    json::object wanted;
};

void passes(result const& r)
{
    BOOST_TEST_CONTEXT(r.out << r.err) { BOOST_TEST(r.code == 0); }
}

void refused(result const& r, int code, std::string const& why)
{
    BOOST_TEST_CONTEXT(r.out << r.err)
    {
        BOOST_TEST(r.code == code);
        BOOST_TEST(says(r, why));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_setup)

BOOST_AUTO_TEST_CASE(what_it_registers_passes_the_check_and_a_second_run_keeps_it)
{
    tenant t;
    result const before = t.setup({"--dry-run"});
    passes(before);
    BOOST_TEST(before.out == "");
    for (char const* const said :
         {"In the tenant Woodgrove (woodgrove.example)", "would make    the registration \"Outlook mail\"",
          "IMAP.AccessAsUser.All SMTP.Send offline_access", "would make    a secret for 180 days",
          "Nothing was changed."})
        BOOST_TEST(says(before, said), said << " in " << before.err);
    BOOST_TEST(t.setup({"--dry-run"}).err == before.err);  // indeed nothing

    std::string const file = t.f.at("made.json");
    result const made = t.setup({"--output", file}, {{"OUTKIT_CLIENT_SECRET", "mock-secret-of-another"}});
    passes(made);
    BOOST_TEST(made.out == "");
    BOOST_TEST(says(made, "make          the registration \"Outlook mail\""));
    BOOST_TEST(mode_of(file) == 0600u);
    json::object const o = json::parse(text_of(file)).as_object();
    BOOST_TEST(o.at("authority").as_string() == "common");
    BOOST_TEST(o.at("sign_in_audience").as_string() == "AzureADandPersonalMicrosoftAccount");
    BOOST_TEST(text_of(file).find("mock-secret-of-another") == std::string::npos);
    std::string const secret(o.at("client_secret").as_string());
    BOOST_TEST(!says(made, secret));
    result const checked = run({"check", "--config", file}, t.person.variables);
    passes(checked);
    BOOST_TEST(checked.says("connected"));

    result const again = t.setup({});
    passes(again);
    BOOST_TEST(says(again, "keep          the registration"), again.err);
    BOOST_TEST(says(again, "keep          the secret"), again.err);
    BOOST_TEST(!says(again, "make "), again.err);
    json::object const kept = json::parse(again.out).as_object();
    BOOST_TEST(kept.at("client_id").as_string() == o.at("client_id").as_string());
    BOOST_TEST(!kept.contains("client_secret"));

    // Some more: nothing of what was there goes away.
    result const more = t.setup({"--base-scope", "api", "--redirect-uri", "https://app.example/cb", "--grant",
                                 "--new-secret", "--secret-file", t.f.at("secret")});
    passes(more);
    for (char const* const said : {"to have the redirect URI https://app.example/cb (web)", "Mail.ReadWrite Mail.Send",
                                   "for everybody in the tenant", "make          a secret"})
        BOOST_TEST(says(more, said), said << " in " << more.err);
    BOOST_TEST(mode_of(t.f.at("secret")) == 0600u);
    BOOST_TEST(json::parse(more.out).at("client_secret_file").as_string() == t.f.at("secret"));
    BOOST_TEST(!says(more, text_of(t.f.at("secret"))));
    BOOST_TEST(says(t.setup({"--base-scope", "api", "--grant"}), "keep          the consent for everybody"));
    passes(run({"check", "--config", file}, t.person.variables));
    t.f.file("second.json", more.out);
    json::object second = json::parse(more.out).as_object();
    second["redirect_uri"] = t.redirect;
    t.f.file("second.json", json::serialize(second));
    passes(run({"check", "--config", t.f.at("second.json")}, t.person.variables));
}

BOOST_AUTO_TEST_CASE(an_application_without_a_user_and_what_exchange_must_be_told)
{
    tenant t;
    result const made = t.setup({"--app", "--name", "Daemon", "--grant"});
    passes(made);
    json::object const o = json::parse(made.out).as_object();
    BOOST_TEST(o.at("authority").as_string() == o.at("home_tenant").as_string());
    BOOST_TEST(o.at("sign_in_audience").as_string() == "AzureADMyOrg");
    for (char const* const said : {"grant         IMAP.AccessAsApp to the application", "New-ServicePrincipal -AppId ",
                                   "Add-MailboxPermission -Identity adele@woodgrove.example -User "})
        BOOST_TEST(says(made, said), said << " in " << made.err);
    result const again = t.setup({"--app", "--name", "Daemon", "--grant"});
    passes(again);
    BOOST_TEST(!says(again, "grant "), again.err);
    // One that people install has no secret.
    result const installed = t.setup({"--public", "--name", "Installed"});
    passes(installed);
    BOOST_TEST(says(installed, "(mobile and desktop)"));
    BOOST_TEST(!json::parse(installed.out).as_object().contains("client_secret"));
    refused(t.setup({"--name", "Installed"}), 1, "is registered for the platform mobile and desktop");
}

BOOST_AUTO_TEST_CASE(a_secret_that_cannot_be_kept_is_taken_back)
{
    tenant t;
    result const lost = t.setup({"--output", t.f.at("nowhere/made.json")});
    refused(lost, 1, "cannot be written");
    BOOST_TEST(says(lost, "removed       the new secret"), lost.err);
    BOOST_TEST(says(t.setup({"--dry-run"}), "would make    a secret"));
    BOOST_TEST(says(t.setup({"--dry-run"}), "keep          the registration"));
}

BOOST_AUTO_TEST_CASE(who_may_not_and_what_is_not_meant)
{
    tenant t;
    t.f.file("taken", "");
    refused(t.setup({"--output", t.f.at("taken")}), 2, "is there already");
    refused(t.setup({"--secret-file", t.f.at("taken")}), 2, "is there already");
    refused(run({"setup"}), 2, "--token-file FILE");
    refused(run({"setup", "--mock", "--token-file", "-"}), 2, "--token-file FILE");
    refused(t.setup({"--app", "--public"}), 2, "--public has no secret");
    refused(t.setup({"--redirect-uri", "http://app.example/cb"}), 2, "must be an https URL");
    refused(t.setup({"--secret-days", "1000"}), 2, "--secret-days");
    refused(run({"setup", "--token-file", t.f.at("none")}), 2, "cannot be opened");
    t.f.file("open", "eyJ", 0644);
    refused(run({"setup", "--token-file", t.f.at("open")}), 2, "chmod 600");
    t.f.file("words", "not a token\n");
    refused(run({"setup", "--token-file", t.f.at("words")}), 2, "az account get-access-token");

    // Tokens of somebody who is no administrator: one says so itself, the other Graph.
    passes(run({"login", "--config", t.f.at("there.json"), "--store", t.f.at("s/tokens")}, t.person.variables));
    std::string const mail =
        run({"token", "--config", t.f.at("there.json"), "--store", t.f.at("s/tokens")}, t.person.variables).out;
    t.f.file("token", mail);
    refused(t.setup({}), 2, "not for Microsoft Graph");
    passes(run({"login", "--base-scope", "api", "--config", t.f.at("there.json"), "--store", t.f.at("s/tokens")},
               t.person.variables));
    t.f.file("token",
             run({"token", "--base-scope", "api", "--config", t.f.at("there.json"), "--store", t.f.at("s/tokens")},
                 t.person.variables)
                 .out);
    refused(t.setup({}), 2, "lacks the permission Application.ReadWrite.All");
}

BOOST_AUTO_TEST_CASE(of_two_registrations_with_one_name_the_client_id_chooses)
{
    tenant t;
    json::object const first = json::parse(t.setup({"--name", "First"}).out).as_object();
    json::object const second = json::parse(t.setup({"--name", "Second"}).out).as_object();
    t.wanted["client_id"] = second.at("client_id");
    t.write();
    passes(t.setup({"--name", "First"}));  // is its name from now on
    t.wanted.erase("client_id");
    t.write();
    result const which = t.setup({"--name", "First"});
    refused(which, 1, "there are 2 registrations with the name \"First\"");
    BOOST_TEST(says(which, std::string(first.at("client_id").as_string())));
    BOOST_TEST(says(which, std::string(second.at("client_id").as_string())));
    BOOST_TEST(!says(which, "\\x"));
    t.wanted["client_id"] = "00000000-0000-4000-8000-0000000affff";
    t.write();
    refused(t.setup({}), 1, "this tenant has no registration with the client_id");
    result const own = run({"setup", "--mock", "--dry-run"});
    passes(own);
    BOOST_TEST(says(own, "would make"));
}

BOOST_AUTO_TEST_SUITE_END()
