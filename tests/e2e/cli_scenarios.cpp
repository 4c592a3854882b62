#include "../../tools/console.hpp"
#include "../../tools/offline.hpp"
#include "../../tools/render.hpp"
#include "../../tools/sign_in.hpp"

#include <outkit/check/atlas.hpp>
#include <outkit/check/checks.hpp>
#include <outkit/check/plan.hpp>
#include <outkit/mock/scenarios.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

// The closed loop: each scenario is a world with one thing wrong, and the doctor must find just that in it.

namespace {

using namespace outkit;

check::report examined(std::string const& scenario, bool send)
{
    cli::offline_options o;
    o.scenario = scenario;
    cli::offline world(o);
    account::settings settings = world.settings();
    settings.redirect_uri = cli::with_port(settings.redirect_uri, cli::free_port());
    check::options how;
    how.sign_in = cli::by_form(world.user(), world.password(), world.ca_file());
    how.send = send;
    return check::run(settings, how);
}

// Scenarios that no probe from outside can tell from a more frequent one: the cause must be named, but not first.
bool indistinguishable(std::string_view name)
{
    static std::set<std::string_view> const names{"authenticated-but-not-connected", "object-id-pasted"};
    return names.contains(name);
}

// The doctor looks at the authority and at the scopes before anybody signs in.
std::set<std::string_view> earlier(mock::scenario const& s)
{
    if (s.name == "tenant-unknown")
        return {s.step, "authority"};
    if (s.name == "two-resources-in-one-token")
        return {s.step, "settings"};
    return {s.step};
}

std::string described(check::report const& r)
{
    std::string text;
    for (check::step const& s : r.steps)
        text += s.id + ' ' + std::string(check::name(s.result)) + ": " + s.verified + s.problem + " [" + s.said + "]\n";
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_scenarios)

BOOST_AUTO_TEST_CASE(the_doctor_finds_in_each_scenario_what_is_wrong_and_nothing_else)
{
    for (mock::scenario const& s : mock::scenarios())
    {
        check::report const r = examined(std::string(s.name), false);
        BOOST_TEST_CONTEXT(s.name << '\n' << described(r))
        {
            if (s.step.empty())
            {
                BOOST_TEST(r.passed());
                BOOST_TEST((r.mailbox.state() == account::account_state::connected));
                continue;
            }
            BOOST_TEST(!r.passed());
            BOOST_TEST((r.mailbox.state() != account::account_state::connected));
            auto const failed = std::find_if(r.steps.begin(), r.steps.end(),
                                             [](check::step const& x) { return x.result == check::outcome::failed; });
            BOOST_REQUIRE((failed != r.steps.end()));
            BOOST_TEST(earlier(s).contains(failed->id));
            check::symptom const* const finding = r.finding();
            BOOST_REQUIRE(finding);
            BOOST_TEST(finding->id == s.symptom);
            BOOST_REQUIRE(!finding->causes.empty());
            bool const first = finding->causes.front().id == s.cause;
            BOOST_TEST((first || finding->sure != check::certainty::certain));  // certain means that it is so
            BOOST_TEST((finding->sure != check::certainty::certain || !finding->decided_by.empty()));
            if (indistinguishable(s.name))
                BOOST_TEST(std::any_of(finding->causes.begin(), finding->causes.end(),
                                       [&](check::cause const& c) { return c.id == s.cause; }));
            else
                BOOST_TEST(first, finding->causes.front().id << " instead of " << s.cause);
        }
    }
}

// The journal is the witness: nothing is asked that the plan does not have, and nothing twice that has been answered.
BOOST_AUTO_TEST_CASE(a_check_asks_what_its_plan_says_and_no_more)
{
    for (char const* const name : {"everything-works", "everything-works-api"})
        for (bool const send : {false, true})
        {
            cli::offline_options o;
            o.scenario = name;
            cli::offline world(o);
            account::settings settings = world.settings();
            settings.redirect_uri = cli::with_port(settings.redirect_uri, cli::free_port());
            check::options how;
            how.sign_in = cli::by_form(world.user(), world.password(), world.ca_file());
            how.send = send;
            auto const plan = check::plan(settings, send);
            BOOST_TEST((send || plan.size() <= 25u));
            BOOST_TEST(check::run(settings, how).passed());
            std::string planned, asked;
            for (check::planned_request const& r : plan)
                planned += r.what + '\n';
            world.world().run([&] {
                for (mock::journal_entry const& e : world.world().journal.entries())
                    if (!e.what.ends_with("/login"))  // the person's forms
                        asked += e.what + '\n';
            });
            BOOST_TEST(asked == planned, name);
        }
}

BOOST_AUTO_TEST_CASE(every_scenarios_finding_is_in_the_atlas)
{
    for (mock::scenario const& s : mock::scenarios())
        if (!s.symptom.empty())
            BOOST_TEST(!check::lookup(s.symptom).causes.empty(), s.name);
}

BOOST_AUTO_TEST_CASE(a_message_to_oneself_arrives_over_both_base_scopes)
{
    for (char const* const name : {"everything-works", "everything-works-api"})
    {
        check::report const r = examined(name, true);
        BOOST_TEST_CONTEXT(name << '\n' << described(r))
        {
            BOOST_TEST(r.passed());
            BOOST_TEST(!r.sent_subject.empty());
            BOOST_TEST(account::trace(r.mailbox) == "unset, connecting, syncing, connected");
            auto const known = check::step_ids(r.base_scope);
            BOOST_TEST(std::equal(r.steps.begin(), r.steps.end(), known.begin(), known.end(),
                                  [](check::step const& s, std::string_view id) { return s.id == id; }));
        }
    }
}

// What somebody else wrote reaches neither the terminal as a command nor the report as markup.
BOOST_AUTO_TEST_CASE(MK_17_what_a_message_says_stays_text)
{
    std::string const subject =
        "\x1b]0;owned\x07\x1b[2J</script><img src=x onerror=1>{{7*7}}\x7f\U0001f642\u202e\xc2\x9b"
        "31m";
    for (char const* const name : {"everything-works", "everything-works-api"})
        BOOST_TEST_CONTEXT(name)
        {
            cli::offline_options o;
            o.scenario = name;
            cli::offline here(o);
            here.world().run([&] {
                mock::mailbox& box = *here.world().mailboxes.find(here.user());
                here.world().mailboxes.deliver(box, "From: \"\x1b[31m<b>\" <x@woodgrove.example>\r\nSubject: " +
                                                        subject + "\r\n\r\n" + subject + "\r\n");
            });
            account::settings settings = here.settings();
            settings.redirect_uri = cli::with_port(settings.redirect_uri, cli::free_port());
            check::options how;
            how.sign_in = cli::by_form(here.user(), here.password(), here.ca_file());
            check::report const r = check::run(settings, how);
            BOOST_TEST(r.passed(), described(r));
            char* data = nullptr;
            std::size_t size = 0;
            std::FILE* const file = ::open_memstream(&data, &size);
            {
                cli::console out(file, false);
                cli::renderer pages(out, out, true);
                pages.report(r);
            }
            std::fclose(file);
            std::string const text(data, size);
            std::free(data);
            BOOST_TEST(text.find("onerror") != text.npos);  // it was read and is shown
            std::string const json = check::to_json(r, true);
            boost::json::value const parsed = boost::json::parse(json);
            BOOST_TEST(boost::json::serialize(parsed).find("\U0001f642") != std::string::npos);
            std::string const html = check::to_html(r, true), junit = check::to_junit(r, true);
            BOOST_TEST(html.find("<img") == html.npos);
            BOOST_TEST(html.find("&lt;img") != html.npos);
            BOOST_TEST(junit.find("<img") == junit.npos);
            for (std::string const& shown : {text, json, html, junit})
            {
                for (char const c : shown)
                    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f)
                        BOOST_ERROR("a control character: " << static_cast<int>(c));
                BOOST_TEST(shown.find("\u202e") == shown.npos);
                BOOST_TEST(shown.find("\xc2\x9b") == shown.npos);
            }
        }
}

BOOST_AUTO_TEST_CASE(CL_15_a_report_has_no_secret_and_no_whole_address)
{
    cli::offline_options o;
    cli::offline world(o);
    account::settings settings = world.settings();
    settings.redirect_uri = cli::with_port(settings.redirect_uri, cli::free_port());
    std::string const secret(settings.client_secret.reveal());
    std::vector<std::string> codes;
    check::options how;
    auto const by_form = cli::by_form(world.user(), world.password(), world.ca_file());
    how.sign_in = [&](oauth2::pending_authorization const& p, error_code& ec, std::string& said) {
        oauth2::authorization_response answer = by_form(p, ec, said);
        codes.emplace_back(answer.code.reveal());
        codes.emplace_back(p.verifier().reveal());
        return answer;
    };
    how.send = true;
    check::report const r = check::run(settings, how);
    BOOST_TEST(r.passed());
    for (std::string const& report : {check::to_json(r, false), check::to_html(r, false), check::to_junit(r, false)})
    {
        BOOST_TEST(report.find(secret) == report.npos);
        BOOST_TEST(report.find(world.password()) == report.npos);
        BOOST_TEST(report.find("adele@") == report.npos);
        BOOST_TEST(report.find("a***@woodgrove.example") != report.npos);
        BOOST_TEST(report.find("eyJ") == report.npos);  // how a JWT begins
        for (std::string const& code : codes)
            BOOST_TEST(report.find(code) == report.npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
