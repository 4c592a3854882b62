#include <outkit/mock/policy.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

BOOST_AUTO_TEST_SUITE(mock_policy)
namespace {

using namespace outkit::mock;
using outkit::detail::wall_time;

std::string const adele = "adele@woodgrove.example";
std::string const woodgrove = "00000000-0000-4000-8000-00000000a001";

std::string subject_of(std::string_view name)
{
    return name.starts_with("mailbox.") ? adele : name.starts_with("tenant.") ? woodgrove : std::string();
}

std::vector<std::string> split(std::string_view text)
{
    std::vector<std::string> parts;
    for (std::size_t at = 0;;)
    {
        std::size_t const bar = text.find('|', at);
        parts.emplace_back(text.substr(at, bar - at));
        if (bar == text.npos)
            return parts;
        at = bar + 1;
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_listed_switch_takes_every_listed_value_and_says_it_again)
{
    std::set<std::string_view> names;
    for (policy_switch const& s : policy::switches())
    {
        BOOST_TEST(names.insert(s.name).second, s.name);
        BOOST_TEST(!s.description.empty());
        std::vector<std::string> values = split(s.values);
        if (std::size_t const dots = s.values.find(".."); dots != s.values.npos)
            values = {std::string(s.values.substr(0, dots)), std::string(s.values.substr(dots + 2))};
        BOOST_TEST(values.size() > 1u);
        policy p;
        std::string problem;
        for (std::string const& value : values)
        {
            BOOST_TEST(p.set(s.name, value, subject_of(s.name), problem), s.name << " " << value << ": " << problem);
            BOOST_TEST(p.get(s.name, subject_of(s.name)).value_or("-") == value, s.name);
        }
    }
    BOOST_TEST(names.size() == 56u);  // a switch added or lost is worth a look at the documentation
}

BOOST_AUTO_TEST_CASE(defaults_are_a_tenant_where_everything_works)
{
    policy const p;
    BOOST_TEST(p.mailbox(adele).imap);
    BOOST_TEST(!p.mailbox(adele).smtp_auth.has_value());
    BOOST_TEST(p.tenant(woodgrove).smtp_auth);
    BOOST_TEST((p.service.profile == imap_profile::tcpproxy));
    BOOST_TEST((p.service.basic == basic_authentication::disabled));
    BOOST_TEST(p.get("tenant.user_consent").value() == "allowed");
    BOOST_TEST(p.get("mailbox.max_send").value() == "36700160");
}

BOOST_AUTO_TEST_CASE(out_of_range_and_wrong_values_are_refused_and_change_nothing)
{
    policy p;
    std::string problem;
    for (auto const& [name, value] : std::initializer_list<std::pair<char const*, char const*>>{
             {"mailbox.imap", "yes"},
             {"mailbox.imap", "ON"},
             {"mailbox.imap", ""},
             {"mailbox.imap", "unset"},
             {"mailbox.smtp_auth", "null"},
             {"tenant.user_consent", "on"},
             {"tenant.conditional_access", "unset"},
             {"service.imap_profile", "TCPPROXY"},
             {"service.smtp_size", "1023"},
             {"service.smtp_size", "157286401"},
             {"service.smtp_size", "-1"},
             {"service.smtp_size", "2048 "},
             {"service.smtp_size", "0x800"},
             {"service.smtp_size", "99999999999999999999999"},
             {"service.recipients_per_message", "0"},
             {"service.failed_auth_delay", "60001"},
         })
    {
        std::string const before = *p.get(name, subject_of(name));
        problem.clear();
        BOOST_TEST(!p.set(name, value, subject_of(name), problem), name << " " << value);
        BOOST_TEST(problem.find("it takes") != std::string::npos, problem);
        BOOST_TEST(*p.get(name, subject_of(name)) == before);
    }
    BOOST_TEST(p.mailboxes().empty());
    BOOST_TEST(p.tenants().empty());
}

BOOST_AUTO_TEST_CASE(a_typo_gets_a_suggestion)
{
    policy p;
    std::string problem;
    BOOST_TEST(!p.set("tenant.smtp_auht", "off", woodgrove, problem));
    BOOST_TEST(problem == "there is no switch \"tenant.smtp_auht\"; did you mean \"tenant.smtp_auth\"?");
    BOOST_TEST(!p.set("lights", "off", "", problem));
    BOOST_TEST(problem == "there is no switch \"lights\"");
    BOOST_TEST(!p.get("lights").has_value());
    BOOST_TEST(!p.set(std::string(100'000, 'x'), "off", "", problem));
    BOOST_TEST(problem.size() < 300u);
}

BOOST_AUTO_TEST_CASE(nearest_names_are_near)
{
    std::string_view const known[] = {"imap", "smtp", "graph", "redirect_uris"};
    BOOST_TEST(nearest_name("imp", known) == "imap");
    BOOST_TEST(nearest_name("redirect_uri", known) == "redirect_uris");
    BOOST_TEST(nearest_name("redirct_urs", known) == "redirect_uris");
    BOOST_TEST(nearest_name("completely", known) == "");
    BOOST_TEST(nearest_name("", known) == "");
}

BOOST_AUTO_TEST_CASE(subjects_belong_to_their_scope)
{
    policy p;
    std::string problem;
    BOOST_TEST(!p.set("mailbox.imap", "off", "", problem));
    BOOST_TEST(problem.find("address of a mailbox") != std::string::npos);
    BOOST_TEST(!p.set("service.imap_profile", "classic", adele, problem));
    BOOST_TEST(problem.find("no subject") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mailbox_is_its_own_and_known_without_case)
{
    policy p;
    std::string problem;
    BOOST_TEST(p.set("mailbox.imap", "off", "Adele@Woodgrove.example", problem));
    BOOST_TEST(!p.mailbox(adele).imap);
    BOOST_TEST(p.mailbox("bob@woodgrove.example").imap);
    BOOST_TEST(p.mailboxes().size() == 1u);
    p.edit_mailbox("ADELE@woodgrove.example").full = true;
    BOOST_TEST(p.mailboxes().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_tenant_begins_with_what_holds_for_all)
{
    policy p;
    std::string problem;
    BOOST_TEST(p.set("tenant.smtp_auth", "off", "", problem));
    BOOST_TEST(p.set("tenant.security_defaults", "on", woodgrove, problem));
    BOOST_TEST(!p.tenant(woodgrove).smtp_auth);
    BOOST_TEST(p.tenant(woodgrove).security_defaults);
    BOOST_TEST(!p.tenant("other").security_defaults);
    // for all means for those with a policy of their own, too
    BOOST_TEST(p.set("tenant.smtp_auth", "on", "", problem));
    BOOST_TEST(p.tenant(woodgrove).smtp_auth);
}

BOOST_AUTO_TEST_CASE(delegates_are_found_without_case)
{
    mailbox_policy m;
    m.delegates.push_back({.who = "Bob@woodgrove.example", .full_access = true});
    BOOST_TEST_REQUIRE(m.find_delegate("bob@WOODGROVE.example"));
    BOOST_TEST(m.find_delegate("bob@woodgrove.example")->full_access);
    BOOST_TEST(!m.find_delegate("bob@woodgrove.example")->send_as);
    BOOST_TEST(!m.find_delegate("carol@woodgrove.example"));
}

BOOST_AUTO_TEST_CASE(later_switches_flip_when_their_time_has_come_and_in_its_order)
{
    using namespace std::chrono_literals;
    wall_time const noon = wall_time(std::chrono::hours(480'000));
    policy p;
    std::string problem;
    BOOST_TEST(!p.set_later(noon, "mailbox.imap", "maybe", adele, problem));
    BOOST_TEST(p.set_later(noon + 30min, "mailbox.imap", "off", adele, problem));
    BOOST_TEST(p.set_later(noon + 60min, "mailbox.imap", "on", adele, problem));
    BOOST_TEST(p.set_later(noon + 20min, "tenant.smtp_auth", "off", "", problem));
    p.apply_due(noon + 29min);
    BOOST_TEST(p.mailbox(adele).imap);
    BOOST_TEST(!p.tenant(woodgrove).smtp_auth);
    p.apply_due(noon + 30min);
    BOOST_TEST(!p.mailbox(adele).imap);
    p.apply_due(noon + 2h);
    BOOST_TEST(p.mailbox(adele).imap);
    p.edit_mailbox(adele).imap = false;
    p.apply_due(noon + 3h);  // nothing happens twice
    BOOST_TEST(!p.mailbox(adele).imap);
}

BOOST_AUTO_TEST_SUITE_END()
