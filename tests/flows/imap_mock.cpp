// The mock against raw text, as any client sends it: tables of what is said and the octets that are answered, each with
// the public source that has seen them (docs/fidelity.md has the short names). No client of ours is in here.

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/sasl/xoauth2.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace outkit;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

template <class T = void>
using flow = outkit::detail::flow<T>;
using mock::imap_profile;
using outkit::detail::wire;

// A tenant with two people and a shared mailbox, and one application that has everything it needs.
struct office
{
    explicit office(imap_profile p = imap_profile::tcpproxy)
    {
        w.policy.service.profile = p;
        adele.password = "correct horse";
        for (mock::user* const u : {&adele, &bob, &team, &robin})
            mock::ensure_mailbox(w, *u);
    }

    mock::world w{1};
    mock::tenant& home = w.directory.add_tenant(w, {.domains = {"woodgrove.example"}});
    mock::user& adele = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "adele@woodgrove.example"});
    mock::user& bob = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "bob@woodgrove.example"});
    mock::user& team = w.directory.add_user(
        w,
        {.tenant_id = home.id, .principal_name = "team@woodgrove.example", .licensed = false, .shared_mailbox = true});
    mock::user& robin = w.directory.add_user(w, {.tenant_id = std::string(mock::consumers_tenant),
                                                 .principal_name = "robin@outlook.test",
                                                 .kind = mock::account_kind::personal});
    mock::application& app = *w.directory.register_application(w, home.id, {.display_name = "Mail program"}).app;
    mock::imap server{w};

    mock::mailbox& box(mock::user const& u) { return *w.mailboxes.find(u.principal_name); }
    mock::folder& inbox(mock::user const& u) { return *box(u).find(mock::role::inbox); }

    std::string token(mock::user const& who, std::string audience = "https://outlook.office.com",
                      std::vector<std::string> scopes = {"IMAP.AccessAsUser.All"})
    {
        mock::access_claims c;
        c.audience = std::move(audience);
        c.tenant = who.tenant_id;
        c.client_id = app.app_id;
        c.person.home_tenant = who.tenant_id;
        c.person.object_id = who.id;
        c.person.login = who.principal_name;
        c.permissions = std::move(scopes);
        return mock::issue_access_token(w.keys, w, c);
    }
    static std::string xoauth2(std::string const& user, std::string const& token)
    {
        sasl::error e{};
        return sasl::encode_xoauth2(user, token, sasl::confidential::promised_by_caller(), e).value();
    }
    std::string response(mock::user const& who) { return xoauth2(who.principal_name, token(who)); }
    std::string sign_in(mock::user const& who) { return "s AUTHENTICATE XOAUTH2 " + response(who) + "\r\n"; }
};

// Says the turns, each when the server has nothing more to say for the moment; `heard` has the greeting, then what is
// answered to each.
flow<> speak(wire& w, std::vector<std::string> turns, bool tls, std::vector<std::string>& heard)
{
    w.max_line = 200'000;
    if (tls)
        co_await w.start_tls("mail.test");
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    outkit::detail::event never;
    for (std::size_t at = 0; at <= turns.size(); ++at)
    {
        std::string& answer = heard.emplace_back();
        for (;;)
        {
            while (auto const line = w.buffered_line())
                (answer += *line) += "\r\n";
            outkit::detail::event::watch nothing(never);
            if (co_await w.wait(nothing, world.now() + 10s) == outkit::detail::wake::time)
                break;
            auto const more = co_await outkit::detail::attempt(w.fill());
            if (more.ec)
            {
                answer += "(closed)";
                co_return;
            }
        }
        if (at != turns.size())
            co_await w.write(std::move(turns[at]));
    }
}

std::vector<std::string> answers(office& o, std::vector<std::string> turns, bool tls = true)
{
    outkit::detail::simulator sim(1);
    wire client, server;
    std::vector<std::string> heard;
    auto const serve = [](office& in, wire& w, bool encrypted) -> flow<> {
        if (encrypted)
            co_await w.start_tls();
        co_await in.server.serve(w);
    };
    sim.start("client", speak(client, std::move(turns), tls, heard), tests::trusting_client());
    sim.start("server", serve(o, server, tls), tests::certified_server());
    sim.join_last_two();
    sim.run();
    return heard;
}

// One thing said and its answer. A line end is added to what is said.
struct row
{
    char const* source;  // "ours" and "inferred": nobody has seen it
    std::string says;
    std::string expected;
};

// One conversation, row by row, each answer compared to the octet. `before` is said first and not looked at.
void transcript(office& o, std::vector<row> const& rows, std::vector<std::string> before = {}, bool tls = true)
{
    std::vector<std::string> turns;
    for (std::string& s : before)
        turns.push_back(std::move(s));
    for (row const& r : rows)
        turns.push_back(r.says + "\r\n");
    std::size_t const first = turns.size() - rows.size() + 1;
    std::vector<std::string> const heard = answers(o, std::move(turns), tls);
    for (std::size_t i = 0; i != rows.size(); ++i)
        BOOST_TEST_CONTEXT(rows[i].says << "\nsource: " << rows[i].source)
        {
            BOOST_TEST_REQUIRE(first + i < heard.size(), "the server has closed already");
            BOOST_TEST(heard[first + i] == rows[i].expected);
        }
}

// The same with Adele signed in, and with her inbox selected, in which nothing is new.
void session(office& o, std::vector<row> const& rows) { transcript(o, rows, {o.sign_in(o.adele)}); }
void selected(office& o, std::vector<row> const& rows, std::string const& by = "SELECT")
{
    o.inbox(o.adele).take_recent();
    transcript(o, rows, {o.sign_in(o.adele), "s " + by + " INBOX\r\n"});
}
void examined(office& o, std::vector<row> const& rows) { selected(o, rows, "EXAMINE"); }

constexpr imap_profile exchange_profiles[] = {imap_profile::classic, imap_profile::transition, imap_profile::tcpproxy,
                                              imap_profile::rev2};
bool after_2025(imap_profile p) { return p == imap_profile::tcpproxy || p == imap_profile::rev2; }
char const* name_of(imap_profile p)
{
    static constexpr char const* names[] = {"tcpproxy", "classic", "transition", "rev2"};
    return names[static_cast<std::size_t>(p)];
}

std::string const plain_capability =
    "* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE "
    "LITERAL+\r\n";
std::string const signing_off = "* BYE Microsoft Exchange Server IMAP4 server signing off.\r\n";
std::string const session_ended = "* BYE Session invalidated - AccessTokenExpired\r\n(closed)";

std::string const letter = "From: Alex Wilber <alex@contoso.example>\r\nTo: adele@woodgrove.example\r\n"
                           "Subject: hello\r\nDate: Mon, 5 Oct 2026 08:15:02 +0200\r\n"
                           "Message-ID: <1@contoso.example>\r\n\r\nHello.\r\n";

// So many letters in the inbox, all received at the same second.
void fill(office& o, unsigned n, mock::flags f = mock::flags::none)
{
    for (unsigned i = 0; i != n; ++i)
        o.w.mailboxes.append(o.inbox(o.adele), letter,
                             {.flags = f, .internal_date = std::chrono::sys_days(std::chrono::year(2026) / 10 / 5)});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_mock)

// jstedfast/MailKit#1494, #2016.
BOOST_AUTO_TEST_CASE(greetings_of_each_generation)
{
    for (imap_profile const p : exchange_profiles)
        BOOST_TEST_CONTEXT(name_of(p))
        {
            office o(p);
            std::string const line = answers(o, {"a LOGOUT\r\n"}).at(0);
            auto const open = line.rfind(" [");
            BOOST_TEST_REQUIRE(open != line.npos);
            BOOST_TEST(line.ends_with("]\r\n"));
            if (after_2025(p))
            {
                std::string const before = "* OK Microsoft Exchange IMAP4 service ready. ";
                std::string const after = " (tcpproxy/15.21.0406.000 BACKENDAUTHENTICATE)";
                BOOST_TEST(line.starts_with(before));
                BOOST_TEST(line.substr(0, open).ends_with(after));
                std::string const guid = line.substr(before.size(), open - before.size() - after.size());
                BOOST_TEST(guid.size() == 36u);
                for (std::size_t const dash : {8u, 13u, 18u, 23u})
                    BOOST_TEST(guid.at(dash) == '-');
            }
            else
                BOOST_TEST(line.substr(0, open) == "* OK The Microsoft Exchange IMAP4 service is ready.");
            // the name of a front end, little-endian, two octets a character, without a mark
            auto const wide = outkit::detail::base64_decode(line.substr(open + 2, line.size() - open - 5));
            BOOST_TEST_REQUIRE(wide.has_value());
            std::string host;
            for (std::size_t i = 0; i < wide->size(); i += 2)
            {
                host += (*wide)[i];
                BOOST_TEST((*wide)[i + 1] == '\0');
            }
            BOOST_TEST(host.starts_with("MOCKPR06CA"));
            BOOST_TEST(host.ends_with(".mockprd06.prod.outlook.com"));
        }
}

BOOST_AUTO_TEST_CASE(capabilities_before_and_after_the_sign_in)
{
    struct lists
    {
        imap_profile profile;
        char const* source;
        std::string before, after;
    };
    std::string const two_proxies = "CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE ";
    lists const all[] = {
        {imap_profile::classic, "jstedfast/MailKit#1494",
         "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
         "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT " + two_proxies +
             "CHILDREN IDLE NAMESPACE LITERAL+"},
        {imap_profile::transition, "ImapFlow transcripts; after the sign-in inferred",
         "AUTH=XOAUTH2 LOGINDISABLED SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
         "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT " + two_proxies +
             "CHILDREN IDLE NAMESPACE LITERAL+"},
        {imap_profile::tcpproxy, "jstedfast/MailKit#2016",
         "AUTH=XOAUTH2 LOGINDISABLED SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
         "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT " + two_proxies +
             "CHILDREN IDLE NAMESPACE LITERAL+"},
        {imap_profile::rev2, "jstedfast/MailKit#2016",
         "AUTH=XOAUTH2 LOGINDISABLED SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
         "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT ENABLE IMAP4rev2 " + two_proxies +
             "BACKENDAUTHENTICATE-IR CHILDREN IDLE NAMESPACE LITERAL+"},
    };
    for (lists const& l : all)
        BOOST_TEST_CONTEXT(name_of(l.profile))
        {
            office o(l.profile);
            std::string const done = "\r\na OK CAPABILITY completed.\r\n", rev1 = "* CAPABILITY IMAP4 IMAP4rev1 ";
            transcript(o,
                       {{l.source, "a CAPABILITY", rev1 + l.before + done},
                        {l.source, "b AUTHENTICATE XOAUTH2 " + o.response(o.adele), "b OK AUTHENTICATE completed.\r\n"},
                        {l.source, "a CAPABILITY", rev1 + l.after + done}});
        }
}

BOOST_AUTO_TEST_CASE(sign_ins_that_succeed)
{
    for (imap_profile const p : exchange_profiles)
        BOOST_TEST_CONTEXT(name_of(p))
        {
            office o(p);
            std::string const ok = "a OK AUTHENTICATE completed.\r\n";
            transcript(o, {{"Learn: mail OAuth", "a AUTHENTICATE XOAUTH2 " + o.response(o.adele), ok}});
            transcript(o, {{"MailCore/mailcore2#1574", "a authenticate xoauth2", "+ \r\n"},
                           {"MailCore/mailcore2#1574", o.response(o.adele), ok},
                           {"inferred", "b AUTHENTICATE XOAUTH2 x", "b BAD Command received in Invalid state.\r\n"},
                           {"inferred", "c LOGIN x y", "c BAD Command received in Invalid state.\r\n"}});
            o.w.policy.service.bare_continuation = true;
            transcript(o, {{"jstedfast/MailKit#483", "a AUTHENTICATE XOAUTH2", "+\r\n"},
                           {"jstedfast/MailKit#483", o.response(o.adele), ok}});
        }
    // upper and lower case in an address are the same, and so are aliases of the host in the audience
    office o;
    transcript(o, {{"simonrob/email-oauth2-proxy, sample configuration",
                    "a AUTHENTICATE XOAUTH2 " +
                        o.xoauth2("Adele@Woodgrove.EXAMPLE", o.token(o.adele, "https://outlook.office365.com")),
                    "a OK AUTHENTICATE completed.\r\n"}});
}

BOOST_AUTO_TEST_CASE(tokens_that_are_refused)
{
    std::string const no = "a NO AUTHENTICATE failed.\r\n", bad = "a BAD Command Argument Error. 11\r\n";
    for (imap_profile const p : exchange_profiles)
        BOOST_TEST_CONTEXT(name_of(p))
        {
            office o(p);
            auto const with = [&](std::string const& token) {
                return "a AUTHENTICATE XOAUTH2 " + o.xoauth2("adele@woodgrove.example", token);
            };
            auto const twice = outkit::detail::base64_encode(o.response(o.adele));
            transcript(
                o, {{"Learn: mail OAuth", with("nonsense"), no},
                    {"Learn: mail OAuth", with(o.token(o.adele, "https://graph.microsoft.com")), no},
                    {"jstedfast/MailKit#690", with(o.token(o.adele, "https://outlook.office.com", {"SMTP.Send"})), no},
                    {"MicrosoftDocs/office-developer-exchange-docs#87", "b AUTHENTICATE XOAUTH2", "+ \r\n"},
                    {"MicrosoftDocs/office-developer-exchange-docs#87", o.xoauth2("adele@woodgrove.example", "x"),
                     "b NO AUTHENTICATE failed.\r\n"},
                    {"a comment in a public XOAUTH2 helper", "a AUTHENTICATE XOAUTH2 " + twice, bad}});
            transcript(o, {{"a comment in a public XOAUTH2 helper", "a AUTHENTICATE XOAUTH2 !!!", bad},
                           {"inferred", "a AUTHENTICATE XOAUTH2 =", bad},
                           {"inferred", "b AUTHENTICATE XOAUTH2", "+ \r\n"},
                           {"inferred", "*", "b BAD AUTHENTICATE failed.\r\n"},
                           // the connection goes on
                           {"jstedfast/MailKit#1437", "c NOOP", "c OK NOOP completed.\r\n"},
                           {"jstedfast/MailKit#1437", "d AUTHENTICATE XOAUTH2 " + o.response(o.adele),
                            "d OK AUTHENTICATE completed.\r\n"}});
        }
}

BOOST_AUTO_TEST_CASE(passwords_that_are_refused)
{
    std::string const disabled = " NO Basic authentication is disabled.\r\n";
    for (imap_profile const p : exchange_profiles)
        BOOST_TEST_CONTEXT(name_of(p))
        {
            office o(p);
            if (after_2025(p))
            {
                char const* const source = "holon-run/uxc#445";
                transcript(o, {{source, "a AUTHENTICATE PLAIN AGEAYg==", "a" + disabled},
                               {source, "b AUTHENTICATE PLAIN", "b" + disabled},
                               {source, "c LOGIN adele@woodgrove.example \"correct horse\"",
                                "c" + disabled + signing_off + "(closed)"}});
                // another session on the same banner, 2026-08-17
                o.w.policy.service.basic = mock::basic_authentication::allowed;
                transcript(
                    o, {{"published diagnosis notes", "a AUTHENTICATE PLAIN AGEAYg==", "a NO AUTHENTICATE failed.\r\n"},
                        {"published diagnosis notes", "b LOGIN adele@woodgrove.example \"correct horse\"",
                         "b NO AUTHENTICATE failed.\r\n"}});
            }
            else
                transcript(o, {{"mjs/imapclient#602", "a AUTHENTICATE PLAIN AGEAYg==", "a NO AUTHENTICATE failed.\r\n"},
                               {"mjs/imapclient#602", "b AUTHENTICATE PLAIN", "+ \r\n"},
                               {"mjs/imapclient#602", "AGEAYg==", "b NO AUTHENTICATE failed.\r\n"},
                               {"imapsync/imapsync#368", "c LOGIN adele@woodgrove.example \"correct horse\"",
                                "c NO LOGIN failed.\r\n"},
                               {"imapsync/imapsync#368", "d LOGIN {23}", "+ Ready for additional command text.\r\n"},
                               {"imapsync/imapsync#368", "adele@woodgrove.example x", "d NO LOGIN failed.\r\n"}});
        }
}

// Before 2022, and only as long as the world allows it.
BOOST_AUTO_TEST_CASE(passwords_of_the_classic_years)
{
    office o(imap_profile::classic);
    o.w.policy.service.basic = mock::basic_authentication::allowed;
    char const* const seen = "jstedfast/MailKit#1494, mscdex/node-imap#523";
    transcript(o, {{"imapsync/imapsync#368", "a LOGIN adele@woodgrove.example wrong", "a NO LOGIN failed.\r\n"},
                   {"imapsync/imapsync#368", "b LOGIN nobody@woodgrove.example wrong", "b NO LOGIN failed.\r\n"},
                   {seen, "c LOGIN adele@woodgrove.example \"correct horse\"", "c OK LOGIN completed.\r\n"},
                   {"jstedfast/MailKit#2016", "d NAMESPACE",
                    "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\nd OK NAMESPACE completed.\r\n"}});
    std::string const plain = outkit::detail::base64_encode("\0adele@woodgrove.example\0correct horse"s);
    transcript(o, {{seen, "a AUTHENTICATE PLAIN " + plain, "a OK AUTHENTICATE completed.\r\n"}});
    o.robin.password = "correct horse";
    o.robin.locked = true;
    transcript(o, {{"mscdex/node-imap#799", "a LOGIN robin@outlook.test \"correct horse\"",
                    "a NO LOGIN failed. Account is blocked. Login to your account via a web browser to verify your "
                    "identity.\r\n"}});
    // switched off for the mailbox
    o.w.policy.edit_mailbox("adele@woodgrove.example").imap = false;
    std::string const bad = " BAD User is authenticated but not connected.\r\n";
    transcript(o, {{seen, "a LOGIN adele@woodgrove.example \"correct horse\"", "a OK LOGIN completed.\r\n"},
                   {"mscdex/node-imap#523", "b NAMESPACE", "b" + bad}});
}

BOOST_AUTO_TEST_CASE(not_connected_in_both_shapes)
{
    for (imap_profile const p : exchange_profiles)
        BOOST_TEST_CONTEXT(name_of(p))
        {
            office o(p);
            o.w.policy.edit_mailbox("adele@woodgrove.example").imap = false;
            std::string const says = "a AUTHENTICATE XOAUTH2 " + o.response(o.adele);
            if (after_2025(p))
            {
                std::string const no = "a NO User is authenticated but not connected.\r\n";
                transcript(o, {{"jstedfast/MailKit#2016", says, no},
                               {"inferred", "b NAMESPACE", "b BAD Command received in Invalid state.\r\n"}});
            }
            else
            {
                std::string const bad = " BAD User is authenticated but not connected.\r\n";
                char const* const seen = "simonrob/email-oauth2-proxy#74, jstedfast/MailKit#1496";
                transcript(o, {{seen, says, "a OK AUTHENTICATE completed.\r\n"},
                               {seen, "b NAMESPACE", "b" + bad},
                               {seen, "c LIST \"\" INBOX", "c" + bad + "* BYE Connection closed. 14\r\n(closed)"}});
            }
        }
}

// Each command that needs a sign-in or a mailbox and comes without, and those that are none.
BOOST_AUTO_TEST_CASE(commands_out_of_place)
{
    char const* const seen = "flourishlib/flourish-classes#145, simonrob/email-oauth2-proxy#192, lefcha/imapfilter#275";
    std::string const wrong = " BAD Command received in Invalid state.\r\n";
    char const* const needs_sign_in[] = {"NAMESPACE",     "LIST \"\" *", "LSUB \"\" *",           "SELECT INBOX",
                                         "EXAMINE INBOX", "CREATE x",    "STATUS INBOX (UNSEEN)", "DELETE x",
                                         "RENAME x y",    "SUBSCRIBE x", "UNSUBSCRIBE x",         "IDLE"};
    char const* const needs_mailbox[] = {"FETCH 1 FLAGS", "UID FETCH 1 FLAGS", "STORE 1 FLAGS ()", "SEARCH ALL",
                                         "COPY 1 x",      "MOVE 1 x",          "EXPUNGE",          "UID EXPUNGE 1",
                                         "CLOSE",         "UNSELECT",          "UID SEARCH ALL"};
    office o;
    // a command that is in place between them: after four wrong ones the server has had enough
    auto const rows = [&](auto const& commands) {
        std::vector<row> out;
        for (char const* const c : commands)
        {
            out.push_back({seen, "a "s + c, "a" + wrong});
            out.push_back({"mscdex/node-imap#561", "n NOOP", "n OK NOOP completed.\r\n"});
        }
        return out;
    };
    transcript(o, rows(needs_sign_in));
    session(o, rows(needs_mailbox));
    char const* const four = "jstedfast/MailKit#849, #1496";
    for (std::string const& unknown : {"XLIST \"\" *"s, "GETQUOTAROOT INBOX"s, "ENABLE IMAP4rev2"s, "NONSENSE"s})
        transcript(o, {{"mscdex/node-imap#868", "a " + unknown, "a BAD Command Error. 10\r\n"},
                       {four, "b " + unknown, "b BAD Command Error. 10\r\n"},
                       {four, "c " + unknown, "c BAD Command Error. 10\r\n"},
                       {four, "d " + unknown, "d BAD Command Error. 10\r\n* BYE Connection closed. 14\r\n(closed)"}});
}

BOOST_AUTO_TEST_CASE(what_needs_no_mailbox)
{
    std::string const id = "* ID (\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\" \"version\" \"15.20\")\r\n";
    office o;
    std::vector<row> const both = {
        {"a Thunderbird profile, ImapFlow transcripts", "a ID NIL", id + "a OK ID completed.\r\n"},
        {"a Thunderbird profile, ImapFlow transcripts", "b ID (\"name\" \"x\")", id + "b OK ID completed.\r\n"},
        {"mscdex/node-imap#561", "c NOOP", "c OK NOOP completed.\r\n"},
        {"mscdex/node-imap#561", "d noop", "d OK NOOP completed.\r\n"},
        {"mjs/imapclient#602", "e LOGOUT", signing_off + "e OK LOGOUT completed.\r\n(closed)"}};
    transcript(o, both);
    session(o, both);
    session(o, {{"jstedfast/MailKit#2016", "a NAMESPACE",
                 "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\na OK NAMESPACE completed.\r\n"}});
}

// Exchange Server's port 143; Exchange Online has none.
BOOST_AUTO_TEST_CASE(the_door_in_plaintext)
{
    office o;
    char const* const seen = "flourishlib/flourish-classes#145";
    transcript(o,
               {{seen, "a CAPABILITY",
                 "* CAPABILITY IMAP4 IMAP4rev1 LOGINDISABLED STARTTLS UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE "
                 "LITERAL+\r\na OK CAPABILITY completed.\r\n"},
                {"inferred", "b LOGIN adele@woodgrove.example x", "b BAD Command received in Invalid state.\r\n"},
                {"inferred", "c AUTHENTICATE XOAUTH2 x", "c BAD Command received in Invalid state.\r\n"},
                {seen, "d STARTTLS", "d OK Begin TLS negotiation now.\r\n"}},
               {}, false);
}

BOOST_AUTO_TEST_CASE(lists_of_folders)
{
    office o;
    auto& box = o.box(o.adele);
    o.w.mailboxes.create_path(box, "Kategorie/Przesy\xc5\x82ki");
    o.w.mailboxes.create_path(box, "Tematy/Dozowniki \xc5\x81"
                                   "azienkowe");
    o.w.mailboxes.create_path(box, "NIL");
    char const* const seen = "public LIST replies, mscdex/node-imap#867";
    std::string const calendar = "* LIST (\\HasChildren) \"/\" Calendar\r\n";
    session(o, {{seen, "a LIST \"\" *",
                 "* LIST (\\HasNoChildren) \"/\" Archive\r\n" + calendar +
                     "* LIST (\\HasNoChildren) \"/\" Calendar/Birthdays\r\n"
                     "* LIST (\\HasNoChildren) \"/\" \"Conversation History\"\r\n"
                     "* LIST (\\HasNoChildren \\Trash) \"/\" \"Deleted Items\"\r\n"
                     "* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\r\n"
                     "* LIST (\\Marked \\HasNoChildren) \"/\" INBOX\r\n"
                     "* LIST (\\HasNoChildren \\Junk) \"/\" \"Junk Email\"\r\n"
                     "* LIST (\\HasChildren) \"/\" Kategorie\r\n"
                     "* LIST (\\HasNoChildren) \"/\" Kategorie/Przesy&AUI-ki\r\n"
                     "* LIST (\\HasNoChildren) \"/\" \"NIL\"\r\n"
                     "* LIST (\\HasNoChildren) \"/\" Outbox\r\n"
                     "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Items\"\r\n"
                     "* LIST (\\HasChildren) \"/\" Tematy\r\n"
                     "* LIST (\\HasNoChildren) \"/\" \"Tematy/Dozowniki &AUE-azienkowe\"\r\n"
                     "a OK LIST completed.\r\n"},
                {"public node-imap session", "b LIST \"\" \"\"",
                 "* LIST (\\Noselect \\HasChildren) \"/\" \"\"\r\nb OK LIST completed.\r\n"},
                {"RFC 3501 section 6.3.8", "c LIST \"\" inbox",
                 "* LIST (\\Marked \\HasNoChildren) \"/\" INBOX\r\nc OK LIST completed.\r\n"},
                {"RFC 3501 section 6.3.8", "d LIST Calendar/ %",
                 "* LIST (\\HasNoChildren) \"/\" Calendar/Birthdays\r\nd OK LIST completed.\r\n"},
                {"inferred", "e LIST \"\" nowhere", "e OK LIST completed.\r\n"},
                {"RFC 3501 section 6.3.9", "f UNSUBSCRIBE Calendar", "f OK UNSUBSCRIBE completed.\r\n"},
                {"RFC 3501 section 6.3.9", "g LSUB \"\" Cal*",
                 "* LSUB (\\HasNoChildren) \"/\" Calendar/Birthdays\r\ng OK LSUB completed.\r\n"},
                {"RFC 3501 section 6.3.9", "h SUBSCRIBE Calendar", "h OK SUBSCRIBE completed.\r\n"},
                {"RFC 3501 section 6.3.9", "i LSUB \"\" Calendar",
                 "* LSUB (\\HasChildren) \"/\" Calendar\r\ni OK LSUB completed.\r\n"}});
    // what other servers would take
    std::string const bad = " BAD Command Argument Error. 11\r\n";
    session(o, {{"inferred", "a LIST (SPECIAL-USE) \"\" *", "a" + bad},
                {"inferred", "b LIST \"\" * RETURN (SPECIAL-USE)", "b" + bad}});
}

// Outlook.com's own names; the inbox is spelt as people do.
BOOST_AUTO_TEST_CASE(lists_of_a_personal_mailbox)
{
    office o;
    transcript(o,
               {{"mjs/imapclient#419, public LIST replies", "a LIST \"\" %",
                 "* LIST (\\HasNoChildren) \"/\" Archive\r\n"
                 "* LIST (\\HasNoChildren \\Trash) \"/\" Deleted\r\n"
                 "* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\r\n"
                 "* LIST (\\Marked \\HasNoChildren) \"/\" Inbox\r\n"
                 "* LIST (\\HasNoChildren \\Junk) \"/\" Junk\r\n"
                 "* LIST (\\HasNoChildren) \"/\" Notes\r\n"
                 "* LIST (\\HasNoChildren) \"/\" Outbox\r\n"
                 "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n"
                 "a OK LIST completed.\r\n"},
                {"RFC 3501 section 5.1", "b STATUS INBOX (MESSAGES)",
                 "* STATUS INBOX (MESSAGES 0)\r\nb OK STATUS completed.\r\n"}},
               {o.sign_in(o.robin)});
}

BOOST_AUTO_TEST_CASE(folders_are_selected_in_a_fixed_order)
{
    office o;
    fill(o, 1, mock::flags::seen);
    fill(o, 1);
    std::string const flags = "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)\r\n";
    std::string const permanent =
        "* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] Permanent flags\r\n";
    std::string const unseen = "* OK [UNSEEN 2] Is the first unseen message\r\n";
    std::string const rest =
        "* OK [UIDVALIDITY 14] UIDVALIDITY value\r\n* OK [UIDNEXT 3] The next unique identifier value\r\n";
    char const* const seen = "RainLoop/rainloop-webmail#686, OfflineIMAP/offlineimap#62";
    session(o, {{"owncloud-archive/mail#1510; empty PERMANENTFLAGS inferred", "a EXAMINE INBOX",
                 "* 2 EXISTS\r\n* 2 RECENT\r\n" + flags + "* OK [PERMANENTFLAGS ()] Permanent flags\r\n" + unseen +
                     rest + "a OK [READ-ONLY] EXAMINE completed.\r\n"},
                {seen, "b SELECT INBOX",
                 "* 2 EXISTS\r\n* 2 RECENT\r\n" + flags + permanent + unseen + rest +
                     "b OK [READ-WRITE] SELECT completed.\r\n"},
                {seen, "c SELECT \"inbox\"",
                 "* 2 EXISTS\r\n* 0 RECENT\r\n" + flags + permanent + unseen + rest +
                     "c OK [READ-WRITE] SELECT completed.\r\n"},
                {"MailCore/mailcore2#780", "d SELECT Drafts",
                 "* 0 EXISTS\r\n* 0 RECENT\r\n" + flags + permanent +
                     "* OK [UIDVALIDITY 15] UIDVALIDITY value\r\n"
                     "* OK [UIDNEXT 1] The next unique identifier value\r\n"
                     "d OK [READ-WRITE] SELECT completed.\r\n"},
                {"imapsync/imapsync#459", "e SELECT Nowhere", "e NO Nowhere doesn't exist.\r\n"},
                {"RFC 3501 section 6.3.1", "f CLOSE", "f BAD Command received in Invalid state.\r\n"},
                {"a comment in a public client", "g SELECT INBOX (CONDSTORE)", "g BAD Command Argument Error. 11\r\n"},
                {"inferred", "h SELECT Drafts/&AOk-t&AOk-", "h NO Drafts/&AOk-t&AOk- doesn't exist.\r\n"}});
    session(o, {{"owncloud-archive/mail#721", "a STATUS \"Junk Email\" (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)",
                 "* STATUS \"Junk Email\" (MESSAGES 0 RECENT 0 UIDNEXT 1 UIDVALIDITY 19 UNSEEN 0)\r\n"
                 "a OK STATUS completed.\r\n"},
                {"owncloud-archive/mail#721", "b STATUS inbox (unseen messages)",
                 "* STATUS inbox (UNSEEN 1 MESSAGES 2)\r\nb OK STATUS completed.\r\n"},
                {"inferred", "c STATUS INBOX (HIGHESTMODSEQ)", "c BAD Command Argument Error. 11\r\n"},
                {"imapsync/imapsync#459", "d STATUS Nowhere (MESSAGES)", "d NO Nowhere doesn't exist.\r\n"}});
}

// A name with line ends in it comes back in no line of its own.
BOOST_AUTO_TEST_CASE(names_do_not_break_out_of_an_answer)
{
    office o;
    std::string const evil = "x\r\n* 9 EXISTS\r\ny";
    std::string const size = std::to_string(evil.size());
    for (std::string const& command :
         {"SELECT {" + size + "+}\r\n" + evil, "STATUS {" + size + "+}\r\n" + evil + " (UNSEEN)",
          "CREATE {" + size + "+}\r\n" + evil, "DELETE {" + size + "+}\r\n" + evil,
          "SUBSCRIBE {" + size + "+}\r\n" + evil, "RENAME {" + size + "+}\r\n" + evil + " b"})
    {
        std::vector<std::string> const heard = answers(o, {o.sign_in(o.adele), "a " + command + "\r\n", "b NOOP\r\n"});
        BOOST_TEST_REQUIRE(heard.size() == 4u);
        BOOST_TEST(heard[2].starts_with("a NO "), heard[2]);
        BOOST_TEST(std::count(heard[2].begin(), heard[2].end(), '\n') == 1, heard[2]);
        BOOST_TEST(heard[3] == "b OK NOOP completed.\r\n");
    }
}

BOOST_AUTO_TEST_CASE(messages_are_fetched)
{
    office o;
    fill(o, 3, mock::flags::seen);
    std::string const size = std::to_string(letter.size());
    char const* const order = "RFC 3501 section 7.4.2";
    std::string const invalid = "The specified message set is invalid.\r\n";
    std::string const done = " OK FETCH completed.\r\n", eleven = " BAD Command Argument Error. 11\r\n";
    selected(o,
             {{order, "a FETCH 1 (FLAGS UID INTERNALDATE)",
               "* 1 FETCH (FLAGS (\\Seen) UID 1 INTERNALDATE \" 5-Oct-2026 00:00:00 +0000\")\r\na" + done},
              {order, "b UID FETCH 2 FLAGS", "* 2 FETCH (FLAGS (\\Seen) UID 2)\r\nb" + done},
              {"imapsync/imapsync#239", "c FETCH 1 BODY.PEEK[HEADER.FIELDS (Message-Id subject)]",
               "* 1 FETCH (BODY[HEADER.FIELDS (Message-Id subject)] {51}\r\nSubject: hello\r\nMessage-ID: "
               "<1@contoso.example>\r\n\r\n)\r\nc" +
                   done},
              {"RFC 3501 section 6.4.5", "d FETCH 1 BODY.PEEK[TEXT]<2.3>",
               "* 1 FETCH (BODY[TEXT]<2> {3}\r\nllo)\r\nd" + done},
              {"RFC 3501 section 6.4.5", "e FETCH 1 BODY.PEEK[TEXT]<100.3>",
               "* 1 FETCH (BODY[TEXT]<100> {0}\r\n)\r\ne" + done},
              {order, "f FETCH 1 RFC822", "* 1 FETCH (RFC822 {" + size + "}\r\n" + letter + ")\r\nf" + done},
              {"MailKit source", "g FETCH 1 ENVELOPE",
               "* 1 FETCH (ENVELOPE (\"Mon, 5 Oct 2026 08:15:02 +0200\" \"hello\" ((\"Alex Wilber\" NIL \"alex\" "
               "\"contoso.example\")) ((\"Alex Wilber\" NIL \"alex\" \"contoso.example\")) ((\"Alex Wilber\" NIL "
               "\"alex\" \"contoso.example\")) ((NIL NIL \"adele\" \"woodgrove.example\")) NIL NIL NIL "
               "\"<1@contoso.example>\"))\r\ng" +
                   done},
              {"DirectoryTree/ImapEngine#109", "h UID FETCH 1 ()", "h" + eleven},
              {"integration notes on ImapFlow", "i FETCH 1 (BODY.PEEK[\"HEADER.FIELDS (REFERENCES)\"])", "i" + eleven},
              {"mscdex/node-imap#615", "j FETCH 4 FLAGS", "j BAD " + invalid},
              {"-", "n NOOP", "n OK NOOP completed.\r\n"},
              {"mscdex/node-imap#709", "k FETCH 3:9 FLAGS", "* 3 FETCH (FLAGS (\\Seen))\r\nk NO " + invalid},
              {"MailCore/mailcore2#780", "l UID FETCH 77 FLAGS", "l" + done},
              {"MailCore/mailcore2#780", "m UID STORE 77 +FLAGS (\\Seen)", "m OK STORE completed.\r\n"},
              {"RFC 3501 section 6.4.8", "o UID FETCH 77:* (UID)", "* 3 FETCH (UID 3)\r\no" + done},
              {"iroco-co/aioimaplib#67", "p STORE 2 +FLAGS (\\Deleted)",
               "* 2 FETCH (FLAGS (\\Seen \\Deleted))\r\np OK STORE completed.\r\n"},
              {"iroco-co/aioimaplib#67", "q EXPUNGE", "* 2 EXPUNGE\r\nq OK EXPUNGE completed.\r\n"}});
}

// The size is an estimate: near, not exact, and always the same.
BOOST_AUTO_TEST_CASE(sizes_are_estimates)
{
    office o;
    for (unsigned i = 0; i != 40; ++i)
        o.w.mailboxes.append(o.inbox(o.adele), "Subject: x\r\n\r\n" + std::string(1000, 'x') + "\r\n");
    std::vector<std::string> const heard = answers(
        o, {o.sign_in(o.adele), "a SELECT INBOX\r\n", "b FETCH 1:* RFC822.SIZE\r\n", "b FETCH 1:* RFC822.SIZE\r\n"});
    BOOST_TEST_REQUIRE(heard.size() == 5u);
    BOOST_TEST(heard[3] == heard[4]);
    unsigned exact = 0, seen = 0;
    for (std::size_t at = 0; (at = heard[3].find("RFC822.SIZE ", at)) != std::string::npos; ++seen)
    {
        at += 12;
        int const n = std::stoi(heard[3].substr(at));
        BOOST_TEST(n >= 1016 * 90 / 100);
        BOOST_TEST(n <= 1016 * 120 / 100);
        exact += n == 1016;
    }
    BOOST_TEST(seen == 40u);
    BOOST_TEST(exact < 10u);
}

BOOST_AUTO_TEST_CASE(flags_and_keywords)
{
    office o;
    fill(o, 2, mock::flags::seen);
    std::string const eleven = " BAD Command Argument Error. 11\r\n";
    selected(o, {{"djcb/mu#1384", "a UID STORE 1 +FLAGS.SILENT ($Forwarded)", "a" + eleven},
                 {"djcb/mu#1384", "b STORE 1 +FLAGS (\\Seen Work)", "b" + eleven},
                 {"MS-STANXIMAP", "c STORE 1 +FLAGS ($MDNSent)",
                  "* 1 FETCH (FLAGS (\\Seen $MDNSent))\r\nc OK STORE completed.\r\n"},
                 {"RFC 3501 section 6.4.6", "d STORE 2 -FLAGS.SILENT \\Seen", "d OK STORE completed.\r\n"},
                 {"ikvk/imap_tools#181", "e SEARCH KEYWORD Work", "e" + eleven},
                 {"MS-STANXIMAP", "f SEARCH KEYWORD $MDNSent", "* SEARCH 1\r\nf OK SEARCH completed.\r\n"},
                 {"RFC 3501 section 6.4.4", "g UID SEARCH UNSEEN", "* SEARCH 2\r\ng OK SEARCH completed.\r\n"},
                 {"mscdex/node-imap#561", "h SEARCH FLAGGED", "* SEARCH\r\nh OK SEARCH completed.\r\n"},
                 {"imapsync/imapsync#161", "i APPEND INBOX ($Forwarded) {3+}\r\nabc", "i" + eleven}});
    // read-only
    std::string const no = " NO Command received in Invalid state.\r\n";
    examined(o, {{"mxk/go-imap#11", "a STORE 1 +FLAGS (\\Deleted)", "a" + no},
                 {"inferred", "b EXPUNGE", "b" + no},
                 {"inferred", "c MOVE 1 Archive", "c" + no}});
}

BOOST_AUTO_TEST_CASE(searches)
{
    office o;
    fill(o, 2, mock::flags::seen);
    std::string const charset = " NO [BADCHARSET (US-ASCII)] The specified charset is not supported.\r\n";
    selected(o,
             {{"jstedfast/MailKit#808", "a UID SEARCH CHARSET UTF-8 SUBJECT {5}",
               "+ Ready for additional command text.\r\n"},
              {"jstedfast/MailKit#808", "gr\xc3\xbcn", "a" + charset},
              {"barbushin/php-imap#184", "b SEARCH CHARSET UTF-8 SUBJECT hello", "b" + charset},
              {"MS-STANXIMAP", "c SEARCH CHARSET US-ASCII SUBJECT HELLO", "* SEARCH 1 2\r\nc OK SEARCH completed.\r\n"},
              {"inferred", "d SEARCH RETURN (MIN) ALL", "d BAD Command Argument Error. 11\r\n"},
              {"RFC 3501 section 6.4.4", "e UID SEARCH 2 FROM alex", "* SEARCH 2\r\ne OK SEARCH completed.\r\n"}});
}

BOOST_AUTO_TEST_CASE(messages_are_appended_copied_and_moved)
{
    office o;
    fill(o, 2, mock::flags::seen);
    std::string const size = std::to_string(letter.size());
    selected(o,
             {{"emersion/go-imap#150", "a APPEND \"Sent Items\" (\\Seen) {" + size + "}",
               "+ Ready for additional command text.\r\n"},
              {"RFC 4315", letter, "a OK [APPENDUID 16 1] APPEND completed.\r\n"},
              {"RFC 4315, jstedfast/MailKit#808", "b APPEND INBOX {" + size + "+}\r\n" + letter,
               "* 3 EXISTS\r\n* 1 RECENT\r\nb OK [APPENDUID 14 3] APPEND completed.\r\n"},
              {"RFC 4315", "c COPY 1:2 Archive", "c OK [COPYUID 20 1:2 1:2] COPY completed.\r\n"},
              {"MailKit issue 555", "d UID COPY 77 Archive", "d OK [COPYUID 20  ] COPY completed.\r\n"},
              {"RFC 6851", "e UID MOVE 2 Archive", "* OK [COPYUID 20 2 3]\r\n* 2 EXPUNGE\r\ne OK MOVE completed.\r\n"},
              {"imapsync/imapsync#459", "f COPY 1 Nowhere", "f NO Nowhere doesn't exist.\r\n"},
              {"inferred", "g APPEND Nowhere {3+}\r\nabc", "g NO Nowhere doesn't exist.\r\n"},
              {"RFC 4315", "h STORE 1 +FLAGS.SILENT (\\Deleted)", "h OK STORE completed.\r\n"},
              {"RFC 4315", "i UID EXPUNGE 2:9", "i OK EXPUNGE completed.\r\n"},
              {"RFC 4315", "j UID EXPUNGE 1", "* 1 EXPUNGE\r\nj OK EXPUNGE completed.\r\n"}});
    BOOST_TEST(o.box(o.adele).find(mock::role::archive)->messages().size() == 3u);
    // full
    o.w.policy.edit_mailbox("adele@woodgrove.example").full = true;
    session(o, {{"inferred", "a APPEND INBOX {3+}\r\nabc", "a NO [OVERQUOTA] Mailbox is full.\r\n"}});
}

// mscdex/node-imap#868, thunderbird/thunderbird-android#1809, PHPMailer/PHPMailer#1368: the octets were counted as
// characters, and what is beyond the literal is taken for commands.
BOOST_AUTO_TEST_CASE(a_literal_that_was_announced_too_short)
{
    office o;
    std::string const text = "Subject: x\r\n\r\n";
    session(o, {{"mscdex/node-imap#868", "a APPEND INBOX {" + std::to_string(text.size() - 2) + "}",
                 "+ Ready for additional command text.\r\n"},
                {"mscdex/node-imap#868", text + "<body bgcolor=red>\r\n<p class=x>\r\n</p> x\r\n</body> x",
                 "a OK [APPENDUID 14 1] APPEND completed.\r\n<body BAD Command Error. 10\r\n<p BAD Command Error. "
                 "10\r\n</p> BAD Command Error. 10\r\n</body> BAD Command Error. 10\r\n* BYE Connection closed. "
                 "14\r\n(closed)"}});
}

BOOST_AUTO_TEST_CASE(folders_are_made_renamed_and_deleted)
{
    office o;
    session(o, {{"inferred", "a CREATE Projects/2026", "a OK CREATE completed.\r\n"},
                {"RFC 5530", "b CREATE Projects", "b NO [ALREADYEXISTS] Projects already exists.\r\n"},
                {"inferred", "c RENAME Projects/2026 Done", "c OK RENAME completed.\r\n"},
                {"RFC 5530", "d RENAME INBOX Old", "d NO [CANNOT] INBOX cannot be renamed.\r\n"},
                {"RFC 5530", "e DELETE Drafts", "e NO [CANNOT] Drafts cannot be deleted.\r\n"},
                {"inferred", "f DELETE Done", "f OK DELETE completed.\r\n"},
                {"imapsync/imapsync#459", "g DELETE Done", "g NO Done doesn't exist.\r\n"}});
}

BOOST_AUTO_TEST_CASE(idling)
{
    office o;
    fill(o, 2, mock::flags::seen);
    char const* const seen = "Webklex/php-imap#258";
    std::string const go = "+ IDLE accepted, awaiting DONE command.\r\n";
    selected(o, {{seen, "a IDLE", go},
                 {seen, "DONE", "a OK IDLE completed.\r\n"},
                 {seen, "b IDLE", go},
                 {seen, "c NOOP", "b OK IDLE completed.\r\nc BAD Command received in Invalid state.\r\n"},
                 {seen, "d NOOP", "d OK NOOP completed.\r\n"}});
    // what has come in between is told before the go-ahead
    outkit::detail::simulator sim(1);
    std::vector<std::string> first, second;
    wire c1, s1, c2, s2;
    auto const serve = [](office& in, wire& w) -> flow<> {
        co_await w.start_tls();
        co_await in.server.serve(w);
    };
    std::string const size = std::to_string(letter.size());
    std::string const put = "p APPEND INBOX {" + size + "+}\r\n" + letter + "\r\n";
    // both speak once in ten seconds: the second selects nothing, and says its third sentence while the first idles
    sim.start(
        "idler",
        speak(c1, {o.sign_in(o.adele), "a SELECT INBOX\r\n", "b IDLE\r\n", "DONE\r\n", "c LOGOUT\r\n"}, true, first),
        tests::trusting_client());
    sim.start("server 1", serve(o, s1), tests::certified_server());
    sim.join_last_two();
    sim.start("other", speak(c2, {o.sign_in(o.adele), "a STATUS Drafts (UNSEEN)\r\n" + put, put}, true, second),
              tests::trusting_client());
    sim.start("server 2", serve(o, s2), tests::certified_server());
    sim.join_last_two();
    sim.run();
    BOOST_TEST_REQUIRE(first.size() == 6u);
    std::string const told = first[2] + first[3];
    BOOST_TEST(told.find("* 3 EXISTS\r\n* 1 RECENT\r\n" + go) != std::string::npos, told);
    BOOST_TEST(first[3].ends_with(go + "* 4 EXISTS\r\n* 2 RECENT\r\n"), first[3]);
    BOOST_TEST(first[4] == "b OK IDLE completed.\r\n");
}

// iroco-co/aioimaplib#83, getmail6/getmail6#73, joeyates/imap-backup#198; in IDLE inferred from pimalaya/mirador#6.
BOOST_AUTO_TEST_CASE(a_token_that_ends_ends_its_session)
{
    for (std::string const& command :
         {"a LIST \"\" *"s, "a CLOSE"s, "a UID FETCH 1:* FLAGS"s, "a NOOP"s, "a NONSENSE"s})
    {
        office o;
        fill(o, 1);
        outkit::detail::event expired;
        std::string const sign_in = o.sign_in(o.adele);
        o.w.faults.delay("imap", "SELECT", 5s);
        std::vector<std::string> heard;
        outkit::detail::simulator sim(1);
        wire client, server;
        auto const serve = [](office& in, wire& w) -> flow<> {
            co_await w.start_tls();
            co_await in.server.serve(w);
        };
        auto const time_goes_by = [](office& in) -> flow<> {
            co_await outkit::detail::sleep_for(25s);  // after SELECT, before the third command
            in.w.clock.set_date(in.w.date() + 2h);
        };
        sim.start("client", speak(client, {sign_in, "s SELECT INBOX\r\n", command + "\r\n"}, true, heard),
                  tests::trusting_client());
        sim.start("server", serve(o, server), tests::certified_server());
        sim.join_last_two();
        sim.start("time", time_goes_by(o));
        sim.run();
        BOOST_TEST_REQUIRE(heard.size() == 4u);
        BOOST_TEST(heard[2].ends_with("s OK [READ-WRITE] SELECT completed.\r\n"), heard[2]);
        BOOST_TEST(heard[3] == session_ended, command);
    }
    // while it idles nothing is said
    office o;
    std::vector<std::string> heard;
    outkit::detail::simulator sim(1);
    wire client, server;
    auto const serve = [](office& in, wire& w) -> flow<> {
        co_await w.start_tls();
        co_await in.server.serve(w);
    };
    auto const time_goes_by = [](office& in) -> flow<> {
        co_await outkit::detail::sleep_for(35s);
        in.w.clock.set_date(in.w.date() + 2h);
    };
    sim.start("client",
              speak(client, {o.sign_in(o.adele), "s SELECT INBOX\r\n", "i IDLE\r\n", "DONE\r\n"}, true, heard),
              tests::trusting_client());
    sim.start("server", serve(o, server), tests::certified_server());
    sim.join_last_two();
    sim.start("time", time_goes_by(o));
    sim.run();
    BOOST_TEST_REQUIRE(heard.size() == 5u);
    BOOST_TEST(heard[3] == "+ IDLE accepted, awaiting DONE command.\r\n");
    BOOST_TEST(heard[4] == session_ended);
}

BOOST_AUTO_TEST_CASE(clients_that_say_nothing_are_dropped)
{
    office o;
    // mscdex/node-imap#561
    std::vector<std::string> heard;
    outkit::detail::simulator sim(1);
    wire client, server;
    auto const serve = [](office& in, wire& w) -> flow<> {
        co_await w.start_tls();
        co_await in.server.serve(w);
    };
    auto const wait = [](wire& w, std::vector<std::string>& lines, std::string first) -> flow<> {
        w.patience = 2h;
        co_await w.start_tls("mail.test");
        co_await w.write(std::move(first));
        for (;;)
        {
            auto line = co_await outkit::detail::attempt(w.read_line());
            if (line.ec)
                co_return;
            lines.push_back(std::string(*line.value));
        }
    };
    sim.start("client", wait(client, heard, o.sign_in(o.adele)), tests::trusting_client());
    sim.start("server", serve(o, server), tests::certified_server());
    sim.join_last_two();
    sim.run();
    BOOST_TEST_REQUIRE(!heard.empty());
    BOOST_TEST(heard.back() == "* BYE Connection is closed. 13");
    BOOST_TEST((sim.now() >= outkit::detail::time_point{} + 30min));
}

BOOST_AUTO_TEST_SUITE_END()
