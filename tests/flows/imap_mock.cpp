// The mock against raw text, as any client sends it: tables of what is said and the octets that are answered, each with
// the public source that has seen them (docs/fidelity.md has the short names). No client of ours is in here.

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/sasl/xoauth2.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <set>
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
    std::uint16_t const port = tls ? 993 : 143;
    co_await w.connect("mail.test", port, tls);
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

// A network in which the mock answers on mail.test, and those who talk to it.
struct meeting
{
    explicit meeting(office& in) : o(in)
    {
        auto const serve = [this](wire& w, bool tls) -> flow<> {
            if (tls)
                co_await w.start_tls();
            co_await o.server.serve(w);
        };
        sim.listen("mail.test", 993, [serve](wire& w) { return serve(w, true); }, tests::certified_server());
        sim.listen("mail.test", 143, [serve](wire& w) { return serve(w, false); }, tests::certified_server());
    }
    // What it hears is complete after run().
    std::vector<std::string> const& join(std::vector<std::string> turns, bool tls = true)
    {
        wire& w = wires.emplace_back();
        std::vector<std::string>& heard = all.emplace_back();
        sim.start("client", speak(w, std::move(turns), tls, heard), trust);
        return heard;
    }
    void run() { sim.run(); }

    office& o;
    outkit::tls_context trust = tests::trusting_client();
    outkit::detail::simulator sim{1};
    std::deque<wire> wires;
    std::deque<std::vector<std::string>> all;
};

std::vector<std::string> answers(office& o, std::vector<std::string> turns, bool tls = true)
{
    meeting m(o);
    auto const& heard = m.join(std::move(turns), tls);
    m.run();
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
              {"vladimarius/imapy#3", "f COPY 1 Nowhere", "f NO [TRYCREATE] Nowhere doesn't exist.\r\n"},
              {"inferred", "g APPEND Nowhere {3+}\r\nabc", "g NO [TRYCREATE] Nowhere doesn't exist.\r\n"},
              {"RFC 4315", "h STORE 1 +FLAGS.SILENT (\\Deleted)", "h OK STORE completed.\r\n"},
              {"RFC 4315", "i UID EXPUNGE 2:9", "i OK EXPUNGE completed.\r\n"},
              {"RFC 4315", "j UID EXPUNGE 1", "* 1 EXPUNGE\r\nj OK EXPUNGE completed.\r\n"}});
    BOOST_TEST(o.box(o.adele).find(mock::role::archive)->messages().size() == 3u);
    // full
    o.w.policy.edit_mailbox("adele@woodgrove.example").full = true;
    session(o, {{"inferred", "a APPEND INBOX {3+}\r\nabc", "a NO [OVERQUOTA] Mailbox is full.\r\n"}});
}

// As curl does it.
BOOST_AUTO_TEST_CASE(a_large_message_may_be_the_first_thing_that_is_said_after_the_sign_in)
{
    office o;
    std::string const text(100'000, 'x');
    session(o, {{"emersion/go-imap#150", "a APPEND INBOX {100000}", "+ Ready for additional command text.\r\n"},
                {"RFC 4315", text, "a OK [APPENDUID 14 1] APPEND completed.\r\n"}});
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
                {"jgosmann/dmarc-metrics-exporter#15", "b CREATE Projects", "b NO Mailbox already exists.\r\n"},
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
    meeting m(o);
    auto const& first = m.join({o.sign_in(o.adele), "a SELECT INBOX\r\n", "b IDLE\r\n", "DONE\r\n", "c LOGOUT\r\n"});
    for (auto const after : {25s, 35s})  // turns come every ten seconds: before the IDLE, and in it
        m.sim.after(after, [&o] { fill(o, 1); });
    m.run();
    BOOST_TEST_REQUIRE(first.size() == 6u);
    BOOST_TEST(first[3] == "* 3 EXISTS\r\n* 1 RECENT\r\n" + go + "* 4 EXISTS\r\n* 2 RECENT\r\n");
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
        meeting m(o);
        auto const& heard = m.join({o.sign_in(o.adele), "s SELECT INBOX\r\n", command + "\r\n"});
        m.sim.after(25s, [&o] { o.w.clock.set_date(o.w.date() + 2h); });  // before the third turn
        m.run();
        BOOST_TEST_REQUIRE(heard.size() == 4u);
        BOOST_TEST(heard[2].ends_with("s OK [READ-WRITE] SELECT completed.\r\n"), heard[2]);
        BOOST_TEST(heard[3] == session_ended, command);
    }
    // while it idles nothing is said
    office o;
    meeting m(o);
    auto const& heard = m.join({o.sign_in(o.adele), "s SELECT INBOX\r\n", "i IDLE\r\n", "DONE\r\n"});
    m.sim.after(35s, [&o] { o.w.clock.set_date(o.w.date() + 2h); });
    m.run();
    BOOST_TEST_REQUIRE(heard.size() == 5u);
    BOOST_TEST(heard[3] == "+ IDLE accepted, awaiting DONE command.\r\n");
    BOOST_TEST(heard[4] == session_ended);
}

// mscdex/node-imap#561; half an hour is Exchange Server's, documented.
BOOST_AUTO_TEST_CASE(clients_that_say_nothing_are_dropped)
{
    office o;
    meeting m(o);
    std::vector<std::string> heard;
    wire w;
    outkit::detail::time_point signed_in{}, dropped{};
    auto const wait = [&](std::string first) -> flow<> {
        outkit::detail::environment& world = co_await outkit::detail::this_environment();
        w.patience = 2h;
        co_await w.connect("mail.test", 993, true);
        co_await w.start_tls("mail.test");
        co_await w.write(std::move(first));
        co_await w.read_line();
        co_await w.read_line();
        signed_in = world.now();
        heard.push_back(co_await w.read_line());
        dropped = world.now();
    };
    m.sim.start("client", wait(o.sign_in(o.adele)), m.trust);
    m.run();
    BOOST_TEST_REQUIRE(heard.size() == 1u);
    BOOST_TEST(heard.back() == "* BYE Connection is closed. 13");
    BOOST_TEST((dropped - signed_in == 30min));
}

// --- what the world decides ---

// Who shows which credentials at whose mailbox: what is heard, and the reason, which only the journal has.
BOOST_AUTO_TEST_CASE(the_world_decides_who_comes_in)
{
    struct chance
    {
        char const* what;
        std::function<void(office&)> set_up;
        std::function<std::string(office&)> credentials;
        char const* heard;
        char const* reason;
    };
    static constexpr char const* ok = "OK AUTHENTICATE completed.";
    static constexpr char const* not_connected = "NO User is authenticated but not connected.";
    static constexpr char const* refused = "NO AUTHENTICATE failed.";
    auto const own = [](office& o) { return o.response(o.adele); };
    auto const shared = [](office& o) { return o.xoauth2("team@woodgrove.example", o.token(o.adele)); };
    auto const app_only = [](std::string const& role) {
        return [role](office& o) {
            mock::access_claims c;
            c.audience = "https://outlook.office365.com";
            c.tenant = o.home.id;
            c.client_id = o.app.app_id;
            c.app_only = true;
            c.service_principal = o.w.directory.find_service_principal(o.app.app_id, o.home.id)->object_id;
            c.permissions = {role};
            return o.xoauth2("adele@woodgrove.example", mock::issue_access_token(o.w.keys, o.w, c));
        };
    };
    auto const in_exchange = [](office& o, bool right_object, bool permission) {
        std::string const enterprise = o.w.directory.find_service_principal(o.app.app_id, o.home.id)->object_id;
        o.w.policy.edit_tenant(o.home.id).exchange_principals.push_back(
            {o.app.app_id, right_object ? enterprise : o.app.object_id});
        if (permission)
            o.w.policy.edit_mailbox("adele@woodgrove.example")
                .delegates.push_back({.who = enterprise, .full_access = true});
    };
    auto const set = [](char const* name, char const* value) {
        return [name, value](office& o) {
            std::string problem;
            BOOST_TEST(o.w.policy.set(name, value, "adele@woodgrove.example", problem), problem);
        };
    };
    auto const nothing = [](office&) {};
    std::string const as_app = "IMAP.AccessAsApp";
    chance const all[] = {
        {"everything is right", nothing, own, ok, ""},
        {"IMAP is off", set("mailbox.imap", "off"), own, not_connected, "IMAP is switched off for this mailbox"},
        {"not connectable", set("mailbox.connectable", "off"), own, not_connected,
         "the mailbox cannot be opened, by a fault of the service"},
        {"suspended", set("mailbox.blocked", "on"), own, not_connected, "the account is suspended for sending spam"},
        {"Conditional Access", set("mailbox.conditional_access", "mail-protocols-only"), own, refused,
         "Conditional Access keeps this protocol out"},
        {"no licence", [](office& o) { o.adele.licensed = false; }, own, not_connected,
         "the user has no licence with a mailbox"},
        {"disabled", [](office& o) { o.adele.enabled = false; }, own, not_connected, "the token's user is disabled"},
        {"another's mailbox", nothing, [](office& o) { return o.xoauth2("bob@woodgrove.example", o.token(o.adele)); },
         not_connected, "the token's user has no rights on this mailbox"},
        {"nobody's mailbox", nothing, [](office& o) { return o.xoauth2("nobody@woodgrove.example", o.token(o.adele)); },
         not_connected, "no mailbox has this address"},
        {"shared, no rights", nothing, shared, not_connected, "the token's user has no rights on this mailbox"},
        {"shared, may send only",
         [](office& o) {
             o.w.policy.edit_mailbox("team@woodgrove.example")
                 .delegates.push_back({.who = "adele@woodgrove.example", .send_as = true});
         },
         shared, not_connected, "the token's user has no rights on this mailbox"},
        {"shared, FullAccess",
         [](office& o) {
             o.w.policy.edit_mailbox("team@woodgrove.example")
                 .delegates.push_back({.who = "adele@woodgrove.example", .full_access = true});
         },
         shared, ok, ""},
        {"the token is the shared mailbox's own name", nothing,
         [](office& o) { return o.xoauth2("adele@woodgrove.example\\team", o.token(o.adele)); }, not_connected,
         "no mailbox has this address"},
        {"application, all three", [&](office& o) { in_exchange(o, true, true); }, app_only(as_app), ok, ""},
        {"application, not in Exchange", nothing, app_only(as_app), not_connected,
         "the application is not registered in Exchange (New-ServicePrincipal)"},
        {"application, the registration's object id", [&](office& o) { in_exchange(o, false, true); }, app_only(as_app),
         not_connected,
         "the application is registered in Exchange with an object id that is not its enterprise application's"},
        {"application, no permission", [&](office& o) { in_exchange(o, true, false); }, app_only(as_app), not_connected,
         "the application has no rights on this mailbox (Add-MailboxPermission)"},
        {"application, the delegated role", [&](office& o) { in_exchange(o, true, true); },
         app_only("IMAP.AccessAsUser.All"), refused, "the token lacks the scope or role that this protocol needs"},
        {"application, IMAP off",
         [&](office& o) {
             in_exchange(o, true, true);
             o.w.policy.edit_mailbox("adele@woodgrove.example").imap = false;
         },
         app_only(as_app), not_connected, "IMAP is switched off for this mailbox"},
        {"expired", [](office& o) { o.w.clock.set_date(o.w.date() - 3h); },
         [](office& o) {
             std::string r = o.response(o.adele);
             o.w.clock.set_date(o.w.date() + 3h);
             return r;
         },
         refused, "the token has expired (claim exp)"},
    };
    for (chance const& c : all)
        BOOST_TEST_CONTEXT(c.what)
        {
            office o;
            o.team.mail = o.team.principal_name;
            c.set_up(o);
            std::string const credentials = c.credentials(o);
            transcript(o, {{c.what, "a AUTHENTICATE XOAUTH2 " + credentials, "a "s + c.heard + "\r\n"}});
            auto const* const e = o.w.journal.last({.server = "imap", .what = "AUTHENTICATE XOAUTH2"});
            BOOST_TEST_REQUIRE(e);
            BOOST_TEST(e->reason == c.reason);
        }
}

// Twenty and sixteen are reported; the world has one number. Whoever is one too many is not connected, until somebody goes.
BOOST_AUTO_TEST_CASE(connections_are_counted_by_mailbox)
{
    office o;
    o.w.policy.service.throttling.imap_connections = 2;
    meeting m(o);
    auto const& first = m.join({o.sign_in(o.adele), "a NOOP\r\n", "b LOGOUT\r\n"});
    auto const& second = m.join({o.sign_in(o.adele), "a NOOP\r\n", "b NOOP\r\n", "c NOOP\r\n"});
    auto const& third = m.join({o.sign_in(o.adele), "a NOOP\r\n", "b NOOP\r\n", o.sign_in(o.adele)});
    auto const& other = m.join({o.sign_in(o.bob), "a NOOP\r\n"});
    m.run();
    unsigned connected = 0;
    for (auto const* const heard : {&first, &second, &third, &other})
        connected += heard->at(1) == "s OK AUTHENTICATE completed.\r\n";
    BOOST_TEST(connected == 3u);
    BOOST_TEST(other.at(1) == "s OK AUTHENTICATE completed.\r\n");
    BOOST_TEST(third.at(1) == "s NO User is authenticated but not connected.\r\n");
    BOOST_TEST(third.at(4) == "s OK AUTHENTICATE completed.\r\n");
}

namespace {

// The milliseconds of a refusal with this tag; 0 if it is none.
std::uint64_t back_off(std::string const& answer, std::string const& tag)
{
    std::string const before = tag + " NO Request is throttled. Suggested Backoff Time: ", after = " milliseconds\r\n";
    if (!answer.starts_with(before) || !answer.ends_with(after))
        return 0;
    return std::stoull(answer.substr(before.size()));
}

}  // namespace

// ikvk/imap_tools#135, imapsync/imapsync#198.
BOOST_AUTO_TEST_CASE(a_mailbox_that_has_used_up_its_budget_is_throttled)
{
    for (bool const by_octets : {false, true})
        BOOST_TEST_CONTEXT((by_octets ? "octets" : "commands"))
        {
            office o;
            fill(o, 3);
            auto& most = o.w.policy.service.throttling;
            (by_octets ? most.imap_octets_per_5_minutes : most.imap_commands_per_5_minutes) = by_octets ? 390 : 2;
            std::string const put = "APPEND INBOX {" + std::to_string(letter.size()) + "+}\r\n" + letter + "\r\n";
            std::vector<std::string> heard =
                answers(o, {o.sign_in(o.adele), "a SELECT INBOX\r\n", "b FETCH 1 FLAGS\r\n", "c FETCH 2 FLAGS\r\n"});
            BOOST_TEST_REQUIRE(heard.size() == 5u);
            BOOST_TEST(heard[2].find("a OK ") != std::string::npos);
            BOOST_TEST(heard[3].ends_with("b OK FETCH completed.\r\n"), heard[3]);
            BOOST_TEST(back_off(heard[4], "c") > 200'000u, heard[4]);
            BOOST_TEST(back_off(heard[4], "c") <= 300'000u, heard[4]);
            auto const* const e = o.w.journal.last({.server = "imap", .what = "FETCH"});
            BOOST_TEST_REQUIRE(e);
            BOOST_TEST(e->reason == "the mailbox has used up its budget of five minutes");
            // Another connection is no way out, another mailbox is. Nothing is carried out, an APPEND hears it when all
            // of it has come, and the connection goes on.
            heard = answers(o, {o.sign_in(o.adele), "a SELECT INBOX\r\n", "b " + put, "c NOOP\r\n"});
            BOOST_TEST_REQUIRE(heard.size() == 5u);
            BOOST_TEST(back_off(heard[2], "a") > 0u, heard[2]);
            BOOST_TEST(back_off(heard[3], "b") > 0u, heard[3]);
            BOOST_TEST(heard[4] == "c OK NOOP completed.\r\n");
            BOOST_TEST(o.inbox(o.adele).messages().size() == 3u);
            std::string const status = "a STATUS INBOX (MESSAGES)\r\n";
            BOOST_TEST(answers(o, {o.sign_in(o.bob), status}).at(2) ==
                       "* STATUS INBOX (MESSAGES 0)\r\na OK STATUS completed.\r\n");
            o.w.advance(4min);
            heard = answers(o, {o.sign_in(o.adele), status});
            BOOST_TEST(back_off(heard.at(2), "a") > 0u, heard.at(2));
            BOOST_TEST(back_off(heard.at(2), "a") <= 60'000u, heard.at(2));
            o.w.advance(1min);
            BOOST_TEST(answers(o, {o.sign_in(o.adele), status}).at(2) ==
                       "* STATUS INBOX (MESSAGES 3)\r\na OK STATUS completed.\r\n");
        }
}

BOOST_AUTO_TEST_CASE(many_STATUS_at_once_are_too_much)
{
    office o;
    o.w.policy.service.throttling.imap_status_at_once = 2;
    std::string const line = "* STATUS INBOX (UNSEEN 0)\r\n", no = " NO Server Unavailable. 15\r\n";
    char const* const seen = "owncloud-archive/mail#721";
    std::string const ask = " STATUS INBOX (UNSEEN)";
    session(o, {{seen, "a" + ask + "\r\nb" + ask + "\r\nc" + ask + "\r\nd" + ask,
                 line + "a OK STATUS completed.\r\n" + line + "b OK STATUS completed.\r\nc" + no + "d" + no},
                {seen, "e" + ask, line + "e OK STATUS completed.\r\n"},
                {seen, "f" + ask, line + "f OK STATUS completed.\r\n"},
                {seen, "g" + ask, line + "g OK STATUS completed.\r\n"}});
}

// Set-CASMailbox answers at once, and the front ends follow when they do.
BOOST_AUTO_TEST_CASE(an_administrators_switch_takes_its_time)
{
    office o;
    o.w.policy.service.propagation_delay = 10min;
    std::string problem;
    std::string const says = "a AUTHENTICATE XOAUTH2 " + o.response(o.adele);
    row const open{"ours", says, "a OK AUTHENTICATE completed.\r\n"};
    row const shut{"ours", says, "a NO User is authenticated but not connected.\r\n"};
    BOOST_TEST(!o.w.policy.flip(o.w.date(), "mailbox.imap", "perhaps", "adele@woodgrove.example", problem));
    BOOST_TEST(o.w.policy.flip(o.w.date(), "mailbox.imap", "off", "adele@woodgrove.example", problem), problem);
    transcript(o, {open});
    o.w.clock.set_date(o.w.date() + 8min);
    transcript(o, {open});
    o.w.clock.set_date(o.w.date() + 2min);
    transcript(o, {shut});
    BOOST_TEST(o.w.policy.flip(o.w.date(), "mailbox.imap", "on", "adele@woodgrove.example", problem), problem);
    transcript(o, {shut});
    o.w.clock.set_date(o.w.date() + 6min);
    transcript(o, {{"ours", says, "a NO User is authenticated but not connected.\r\n"}});
    BOOST_TEST(o.w.policy.flip(o.w.date(), "service.imap_profile", "classic", "", problem), problem);
    BOOST_TEST((o.w.policy.service.profile == imap_profile::classic));
    o.w.clock.set_date(o.w.date() + 4min);
    transcript(o, {open});
}

// Names follow the language of the mailbox; what a folder is for does not.
BOOST_AUTO_TEST_CASE(folders_have_names_in_the_mailboxs_language)
{
    struct language
    {
        char const* name;
        std::string inbox, drafts, sent, trash, junk, archive;
    };
    language const all[] = {
        {"de", "INBOX", "Entw&APw-rfe", "\"Gesendete Elemente\"", "\"Gel&APY-schte Elemente\"", "Junk-E-Mail",
         "Archiv"},
        {"es", "INBOX", "Borradores", "\"Elementos enviados\"", "\"Elementos eliminados\"", "\"Correo no deseado\"",
         "Archivo"},
        {"fr", "INBOX", "Brouillons", "\"&AMk-l&AOk-ments envoy&AOk-s\"", "\"&AMk-l&AOk-ments supprim&AOk-s\"",
         "\"Courrier ind&AOk-sirable\"", "Archive"},
        {"pl", "INBOX", "\"Wersje robocze\"", "\"Elementy wys&AUI-ane\"", "\"Elementy usuni&ARk-te\"",
         "Wiadomo&AVs-ci-&AVs-mieci", "Archiwum"},
        {"en", "INBOX", "Drafts", "\"Sent Items\"", "\"Deleted Items\"", "\"Junk Email\"", "Archive"},
        {"tlh", "INBOX", "Drafts", "\"Sent Items\"", "\"Deleted Items\"", "\"Junk Email\"", "Archive"},
    };
    for (language const& l : all)
        for (bool const personal : {false, true})
            BOOST_TEST_CONTEXT(l.name << (personal ? ", personal" : ""))
            {
                office o;
                auto& who = o.w.directory.add_user(
                    o.w, {.tenant_id = personal ? std::string(mock::consumers_tenant) : o.home.id,
                          .principal_name = personal ? "eva@outlook.test" : "eva@woodgrove.example",
                          .kind = personal ? mock::account_kind::personal : mock::account_kind::work,
                          .language = l.name});
                std::string const list = answers(o, {o.sign_in(who), "a LIST \"\" *\r\n"}).at(2);
                auto const has = [&](std::string const& attributes, std::string const& name) {
                    return list.find("* LIST (" + attributes + ") \"/\" " + name + "\r\n") != list.npos;
                };
                BOOST_TEST(has("\\Marked \\HasNoChildren", personal ? "Inbox" : l.inbox), list);
                BOOST_TEST(has("\\HasNoChildren \\Drafts", l.drafts), list);
                bool const own_names = personal && l.sent == "\"Sent Items\"";
                BOOST_TEST(has("\\HasNoChildren \\Sent", own_names ? "Sent" : l.sent), list);
                BOOST_TEST(has("\\HasNoChildren \\Trash", own_names ? "Deleted" : l.trash), list);
                BOOST_TEST(has("\\HasNoChildren \\Junk", own_names ? "Junk" : l.junk), list);
                BOOST_TEST(has("\\HasNoChildren", l.archive), list);
                transcript(o,
                           {{"RFC 3501 section 5.1.3", "a SELECT " + l.drafts,
                             answers(o, {o.sign_in(who), "a SELECT " + l.drafts + "\r\n"}).at(2)},
                            {"RFC 3501 section 5.1", "b STATUS Inbox (MESSAGES)",
                             "* STATUS Inbox (MESSAGES 0)\r\nb OK STATUS completed.\r\n"}},
                           {o.sign_in(who)});
            }
}

// OfflineIMAP/offlineimap#62: with PEEK nothing comes and all is well, without it another message comes.
BOOST_AUTO_TEST_CASE(messages_that_cannot_be_converted)
{
    office o;
    fill(o, 1, mock::flags::seen);
    o.w.mailboxes.append(o.inbox(o.adele), letter, {.unconvertible = true});
    fill(o, 1, mock::flags::seen);
    std::string const other = "From: Microsoft Exchange Server\r\n"
                              "Subject: Retrieval using the IMAP4 protocol failed for the following message: 2\r\n"
                              "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                              "The server couldn't retrieve the following message:\r\n\r\n"
                              "From: Alex Wilber <alex@contoso.example>\r\nSubject: hello\r\n"
                              "Date: Mon, 5 Oct 2026 08:15:02 +0200\r\n\r\n";
    char const* const seen = "OfflineIMAP/offlineimap#62";
    selected(o, {{seen, "a UID FETCH 2 (BODY.PEEK[])", "a OK FETCH completed.\r\n"},
                 {seen, "b FETCH 1:3 (UID BODY.PEEK[TEXT])",
                  "* 1 FETCH (UID 1 BODY[TEXT] {8}\r\nHello.\r\n)\r\n* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nHello.\r\n)\r\n"
                  "b OK FETCH completed.\r\n"},
                 {seen, "c UID FETCH 2 (BODY[])",
                  "* 2 FETCH (BODY[] {" + std::to_string(other.size()) + "}\r\n" + other +
                      " UID 2 FLAGS (\\Seen))\r\nc OK FETCH completed.\r\n"},
                 {seen, "d FETCH 2 (BODY[HEADER.FIELDS (FROM)])",
                  "* 2 FETCH (BODY[HEADER.FIELDS (FROM)] {35}\r\nFrom: Microsoft Exchange Server\r\n\r\n)\r\n"
                  "d OK FETCH completed.\r\n"},
                 {"inferred", "e FETCH 2 (UID FLAGS)", "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\ne OK FETCH completed.\r\n"},
                 // a copy is no better
                 {"inferred", "f COPY 2 Archive", "f OK [COPYUID 20 2 1] COPY completed.\r\n"}});
    BOOST_TEST(o.box(o.adele).find(mock::role::archive)->messages().front()->unconvertible);
}

// jstedfast/MailKit#2016, ImapFlow 1.4.9. The words of the refusals are inferred.
BOOST_AUTO_TEST_CASE(what_rev2_enables_and_breaks)
{
    office o(imap_profile::rev2);
    session(o, {{"ImapFlow 1.4.9", "a LSUB \"\" *", "a BAD Command Error. 10\r\n"},
                {"RFC 5161", "b ENABLE CONDSTORE", "* ENABLED\r\nb OK ENABLE completed.\r\n"},
                {"RFC 5161", "c ENABLE", "c BAD Command Argument Error. 11\r\n"}});
    selected(o, {{"RFC 3501 section 6.4.4", "a SEARCH UNSEEN", "* SEARCH\r\na OK SEARCH completed.\r\n"},
                 {"RFC 5161", "b ENABLE IMAP4rev2", "* ENABLED IMAP4rev2\r\nb OK ENABLE completed.\r\n"},
                 {"jstedfast/MailKit#2016", "c SEARCH UNSEEN", "c BAD Command Argument Error. 11\r\n"},
                 {"inferred", "d LIST \"\" INBOX",
                  "* LIST (\\Marked \\HasNoChildren) \"/\" INBOX\r\nd OK LIST completed.\r\n"}});
    // What the RFC says of a session with it, nobody has seen: names in UTF-8, LIST with RETURN, nothing recent.
    fill(o, 1);
    std::string const name = "Entw\xc3\xbcrfe", listed = "* LIST (\\HasNoChildren) \"/\" ",
                      octets = "{" + std::to_string(name.size());
    session(o, {{"RFC 3501", "a CREATE " + octets + "+}\r\n" + name, "a OK CREATE completed.\r\n"},
                {"RFC 3501 section 5.1.3", "b LIST \"\" Entw*", listed + "Entw&APw-rfe\r\nb OK LIST completed.\r\n"},
                {"RFC 3501", "c LIST \"\" % RETURN (CHILDREN)", "c BAD Command Argument Error. 11\r\n"},
                {"RFC 5161", "d ENABLE IMAP4rev2", "* ENABLED IMAP4rev2\r\nd OK ENABLE completed.\r\n"},
                {"RFC 9051 section 5.1", "e LIST \"\" Entw* RETURN (CHILDREN)",
                 listed + octets + "}\r\n" + name + "\r\ne OK LIST completed.\r\n"},
                {"RFC 9051 section 5.1", "f STATUS " + octets + "+}\r\n" + name + " (MESSAGES)",
                 "* STATUS " + octets + "}\r\n" + name + " (MESSAGES 0)\r\nf OK STATUS completed.\r\n"},
                {"RFC 9051 section 6.3.2", "g EXAMINE INBOX",
                 "* 1 EXISTS\r\n* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)\r\n"
                 "* OK [PERMANENTFLAGS ()] Permanent flags\r\n* OK [UNSEEN 1] Is the first unseen message\r\n"
                 "* OK [UIDVALIDITY 14] UIDVALIDITY value\r\n* OK [UIDNEXT 2] The next unique identifier value\r\n"
                 "g OK [READ-ONLY] EXAMINE completed.\r\n"},
                {"RFC 9051 section 2.3.2", "h FETCH 1 FLAGS", "* 1 FETCH (FLAGS ())\r\nh OK FETCH completed.\r\n"}});
    transcript(o, {{"flourishlib/flourish-classes#145", "a ENABLE IMAP4rev2",
                    "a BAD Command received in Invalid state.\r\n"}});
}

// MailKit, its issue 919.
BOOST_AUTO_TEST_CASE(defects_that_a_world_can_have)
{
    office o;
    o.w.mailboxes.append(o.inbox(o.adele), "Subject: x\r\nContent-Disposition: inline\r\n\r\nx\r\n");
    std::string const before = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1 NIL ";
    auto const structure = [&] {
        std::string const r =
            answers(o, {o.sign_in(o.adele), "a SELECT INBOX\r\n", "b FETCH 1 BODYSTRUCTURE\r\n"}).at(3);
        return r.substr(0, r.find("\r\n"));
    };
    BOOST_TEST(structure().ends_with(" (\"inline\" NIL) NIL NIL))"), structure());
    o.w.faults.misbehave("imap.bare-disposition");
    BOOST_TEST(structure().ends_with(" \"inline\" NIL NIL))"), structure());
}

// MailKit, its issues 919, 945, 1393, 1415, 1446.
BOOST_AUTO_TEST_CASE(structures_and_names_with_the_defects_that_mail_programs_know)
{
    office o;
    o.w.mailboxes.append(o.inbox(o.adele), "Content-Type: multipart/mixed; boundary=b\r\nContent-Description: two\r\n"
                                           "Content-Language: en\r\n\r\n--b\r\n\r\nx\r\n--b\r\n\r\n\r\n--b--\r\n");
    o.w.mailboxes.append(o.inbox(o.adele),
                         "Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\n\r\n--c\r\n\r\n"
                         "\r\n--c--\r\n");
    std::string const text = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" ",
                      full = text + "1 0 NIL ", none = text + "0 0 NIL ";
    struct defect
    {
        char const* name;
        std::string first, second;  // structures
    };
    std::string const mixed = "\"mixed\" (\"boundary\" \"b\") ", alternative = "\"alternative\" (\"boundary\" \"c\") ";
    for (defect const& d :
         {defect{"", '(' + full + "NIL NIL NIL)" + none + "NIL NIL NIL) " + mixed + "NIL (\"en\") NIL)",
                 '(' + none + "NIL NIL NIL)" + none + "NIL NIL NIL) " + alternative + "NIL NIL NIL)"},
          {"imap.empty-disposition",
           '(' + full + "(NIL NIL) NIL NIL)" + none + "(NIL NIL) NIL NIL) " + mixed + "(NIL NIL) (\"en\") NIL)",
           '(' + none + "(NIL NIL) NIL NIL)" + none + "(NIL NIL) NIL NIL) " + alternative + "(NIL NIL) NIL NIL)"},
          {"imap.description-disposition",
           '(' + full + "NIL NIL NIL)" + none + "NIL NIL NIL) " + mixed + "\"two\" (\"en\") NIL)",
           '(' + none + "NIL NIL NIL)" + none + "NIL NIL NIL) " + alternative + "NIL NIL NIL)"},
          {"imap.part-of-nothing",
           '(' + full + "NIL NIL NIL)(NIL NIL NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL) " + mixed + "NIL (\"en\") NIL)",
           "((NIL NIL NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)(NIL NIL NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL) " +
               alternative + "NIL NIL NIL)"},
          {"imap.empty-multipart", '(' + full + "NIL NIL NIL)" + none + "NIL NIL NIL) " + mixed + "NIL (\"en\") NIL)",
           "(NIL " + alternative + "NIL NIL NIL)"}})
        BOOST_TEST_CONTEXT(d.name)
        {
            o.w.faults.clear();
            if (*d.name)
                BOOST_TEST(o.w.faults.misbehave(d.name));
            std::string const says = "* 1 FETCH (BODYSTRUCTURE " + d.first + ")\r\n* 2 FETCH (BODYSTRUCTURE " +
                                     d.second + ")\r\na OK FETCH completed.\r\n";
            selected(o, {{"MailKit", "a FETCH 1:2 BODYSTRUCTURE", says}});
        }
    o.w.faults.clear();
    o.w.faults.misbehave("imap.tabs-in-names");
    session(o, {{"MailKit issue 945", "a LIST \"\" Sent*",
                 "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\tItems\r\na OK LIST completed.\r\n"},
                {"inferred", "b STATUS \"Sent\tItems\" (MESSAGES)",
                 "* STATUS \"Sent Items\" (MESSAGES 0)\r\nb OK STATUS completed.\r\n"}});
}

// The source of MailKit.
BOOST_AUTO_TEST_CASE(an_address_without_host)
{
    office o;
    o.w.mailboxes.append(o.inbox(o.adele), "From: Postmaster\r\nTo: \"Microsoft Exchange Server\" <>\r\n\r\nx\r\n");
    std::string const from = "((NIL NIL \"Postmaster\" \".MISSING-HOST-NAME.\")) ";
    selected(o, {{"the source of MailKit", "a FETCH 1 ENVELOPE",
                  "* 1 FETCH (ENVELOPE (NIL NIL " + from + from + from +
                      "((\"Microsoft Exchange Server\" NIL NIL \".MISSING-HOST-NAME.\")) NIL NIL NIL NIL))\r\n"
                      "a OK FETCH completed.\r\n"}});
}

// jstedfast/MailKit#115 (2014).
BOOST_AUTO_TEST_CASE(a_COPYUID_on_a_line_of_its_own)
{
    office o;
    fill(o, 1);
    o.w.faults.misbehave("imap.bare-copyuid");
    selected(o, {{"jstedfast/MailKit#115", "a UID MOVE 1 Archive",
                  "[COPYUID 20 1 1]\r\n* 1 EXPUNGE\r\na OK MOVE completed.\r\n"}});
}

// A public LSUB reply names folders that are gone.
BOOST_AUTO_TEST_CASE(subscriptions_outlive_their_folders)
{
    office o;
    std::string const gone = "* LSUB (\\HasNoChildren) \"/\" Projects\r\n";
    session(o, {{"-", "a CREATE Projects", "a OK CREATE completed.\r\n"},
                {"-", "b DELETE Projects", "b OK DELETE completed.\r\n"},
                {"public LSUB replies", "c LSUB \"\" Pro*", gone + "c OK LSUB completed.\r\n"},
                {"RFC 3501 section 6.3.9", "d LIST \"\" Pro*", "d OK LIST completed.\r\n"},
                {"RFC 3501 section 6.3.7", "e UNSUBSCRIBE Projects", "e OK UNSUBSCRIBE completed.\r\n"},
                {"RFC 3501 section 6.3.9", "f LSUB \"\" Pro*", "f OK LSUB completed.\r\n"},
                {"imapsync/imapsync#459", "g UNSUBSCRIBE Projects", "g NO Projects doesn't exist.\r\n"}});
}

// --- the plain server ---

BOOST_AUTO_TEST_CASE(the_plain_server_keeps_to_the_RFCs)
{
    office o(imap_profile::generic);
    std::string const out = "IMAP4rev1 LITERAL+ ID ENABLE SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2 LOGINDISABLED";
    std::string const in = "IMAP4rev1 LITERAL+ ID ENABLE UIDPLUS MOVE UNSELECT CHILDREN IDLE NAMESPACE SPECIAL-USE";
    BOOST_TEST(answers(o, {}).at(0) == "* OK [CAPABILITY " + out + "] The mock IMAP server is ready.\r\n");
    std::string const ok = "OK [CAPABILITY " + in + "] You are signed in.\r\n";
    std::string const refused = " NO [AUTHENTICATIONFAILED] The credentials are refused.\r\n";
    transcript(o, {{"RFC 3501", "a CAPABILITY", "* CAPABILITY " + out + "\r\na OK CAPABILITY completed.\r\n"},
                   {"RFC 3501", "b LOGIN adele@woodgrove.example \"correct horse\"", "b" + refused},
                   {"RFC 3501", "c NONSENSE", "c BAD There is no such command.\r\n"},
                   {"RFC 3501", "d SELECT INBOX", "d BAD That cannot be done now.\r\n"},
                   {"RFC 2971", "e ID NIL", "* ID (\"name\" \"outkit mock\")\r\ne OK ID completed.\r\n"},
                   {"RFC 4959", "f AUTHENTICATE XOAUTH2 " + o.response(o.adele), "f " + ok},
                   {"RFC 3501", "g CAPABILITY", "* CAPABILITY " + in + "\r\ng OK CAPABILITY completed.\r\n"},
                   {"RFC 5161", "h ENABLE CONDSTORE IMAP4rev2", "* ENABLED\r\nh OK ENABLE completed.\r\n"},
                   {"RFC 5530", "i SELECT Nowhere", "i NO [NONEXISTENT] There is no Nowhere.\r\n"},
                   {"RFC 3501", "j APPEND Nowhere {3+}\r\nabc", "j NO [TRYCREATE] There is no Nowhere.\r\n"},
                   {"RFC 3501", "k LOGOUT", "* BYE Goodbye.\r\nk OK LOGOUT completed.\r\n(closed)"}});
    fill(o, 2);
    selected(
        o, {{"RFC 3501", "a STORE 1 +FLAGS (Work $Forwarded)",
             "* 1 FETCH (FLAGS (Work $Forwarded))\r\na OK STORE completed.\r\n"},
            {"RFC 3501", "b SEARCH KEYWORD work", "* SEARCH 1\r\nb OK SEARCH completed.\r\n"},
            {"RFC 3501", "c FETCH 1 RFC822.SIZE",
             "* 1 FETCH (RFC822.SIZE " + std::to_string(letter.size()) + ")\r\nc OK FETCH completed.\r\n"},
            {"RFC 3501", "d SEARCH CHARSET UTF-8 SUBJECT hello LARGER " + std::to_string(letter.size() - 1),
             "* SEARCH 1 2\r\nd OK SEARCH completed.\r\n"},
            {"RFC 3501", "e SEARCH CHARSET KOI8-R ALL",
             "e NO [BADCHARSET (US-ASCII)] The specified charset is not supported.\r\n"},
            {"RFC 3501", "f FETCH 1:9 FLAGS", "f BAD There are no such messages.\r\n"},
            {"RFC 6851", "g MOVE 2 Archive", "* OK [COPYUID 20 2 1] Moved.\r\n* 2 EXPUNGE\r\ng OK MOVE completed.\r\n"},
            {"RFC 2177", "h IDLE", "+ Idling; end it with DONE.\r\n"},
            {"RFC 2177", "DONE", "h OK IDLE completed.\r\n"}});
    std::string const flags = "(\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent $Forwarded Work";
    session(o, {{"RFC 3501", "a SELECT INBOX",
                 "* 1 EXISTS\r\n* 0 RECENT\r\n* FLAGS " + flags + ")\r\n* OK [PERMANENTFLAGS " + flags +
                     " \\*)] Flags that are kept\r\n* OK [UNSEEN 1] First unseen message\r\n* OK [UIDVALIDITY 14] UIDs "
                     "are valid\r\n* OK [UIDNEXT 3] Next UID\r\na OK [READ-WRITE] SELECT completed.\r\n"}});
    // RFC 6154
    std::string const special = "* LIST (\\HasNoChildren \\Archive) \"/\" Archive\r\n"
                                "* LIST (\\HasNoChildren \\Trash) \"/\" \"Deleted Items\"\r\n"
                                "* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\r\n"
                                "* LIST (\\HasNoChildren \\Junk) \"/\" \"Junk Email\"\r\n"
                                "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Items\"\r\n";
    session(o, {{"RFC 6154", "a LIST (SPECIAL-USE) \"\" *", special + "a OK LIST completed.\r\n"},
                {"RFC 6154", "b LIST \"\" INBOX RETURN (SPECIAL-USE)",
                 "* LIST (\\HasNoChildren) \"/\" INBOX\r\nb OK LIST completed.\r\n"},
                {"RFC 6154", "c LIST (REMOTE) \"\" *", "c BAD The arguments are not understood.\r\n"}});
}

BOOST_AUTO_TEST_CASE(the_plain_server_takes_three_mechanisms)
{
    office o(imap_profile::generic);
    auto const bearer = [](std::string const& name, std::string const& token) {
        return outkit::detail::base64_encode("n," + name + ",\1host=mail.test\1port=993\1auth=Bearer " + token +
                                             "\1\1");
    };
    std::string const ok = " OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE UIDPLUS MOVE UNSELECT CHILDREN IDLE NAMESPACE "
                           "SPECIAL-USE] You are signed in.\r\n";
    std::string const no = " NO [AUTHENTICATIONFAILED] The credentials are refused.\r\n";
    std::string const good = o.token(o.adele), a = "a=adele@woodgrove.example";
    char const* const rfc = "RFC 7628 section 3";
    transcript(o, {{rfc, "a AUTHENTICATE OAUTHBEARER " + bearer(a, good), "a" + ok}});
    transcript(o, {{rfc, "a AUTHENTICATE OAUTHBEARER " + bearer("", good), "a" + ok}});
    transcript(o, {{rfc, "a AUTHENTICATE OAUTHBEARER", "+ \r\n"}, {rfc, bearer(a, good), "a" + ok}});
    // RFC 7628 section 4: its first message, and the answer to an error
    std::string const theirs =
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
        "HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB";
    std::string const challenge =
        "+ " +
        outkit::detail::base64_encode(
            R"({"status":"invalid_token","scope":"https://outlook.office.com/IMAP.AccessAsUser.All"})") +
        "\r\n";
    transcript(o, {{"RFC 7628 section 4.3", "t1 AUTHENTICATE OAUTHBEARER " + theirs, challenge},
                   {"RFC 7628 section 4.3", "AQ==", "t1" + no},
                   {rfc, "b AUTHENTICATE OAUTHBEARER " + bearer(a, good), "b" + ok}});
    auto const* const e = o.w.journal.last({.server = "imap", .what = "AUTHENTICATE OAUTHBEARER"});
    BOOST_TEST_REQUIRE(e);
    std::string const old = "+ " +
                            outkit::detail::base64_encode(R"({"status":"400","schemes":"Bearer","scope":"https://)"
                                                          R"(outlook.office.com/IMAP.AccessAsUser.All"})") +
                            "\r\n";
    transcript(o, {{"Google's XOAUTH2", "a AUTHENTICATE XOAUTH2 " + o.xoauth2("adele@woodgrove.example", "x"), old},
                   {"Google's XOAUTH2", "", "a" + no}});
    // not theirs, and what is none
    std::string const bad = " BAD The arguments are not understood.\r\n";
    for (std::string const& wrong : {"user=x\1auth=Bearer y\1\1"s, "n,a=x,auth=Bearer y\1\1"s, "n,a=x,\1auth=Bearer y"s,
                                     "n,a=x=2,\1auth=Bearer y\1\1"s, "n,b=x,\1auth=Bearer y\1\1"s, ""s})
        transcript(o, {{rfc, "a AUTHENTICATE OAUTHBEARER " + outkit::detail::base64_encode(wrong + " "), "a" + bad}});
    transcript(o, {{rfc, "a AUTHENTICATE OAUTHBEARER " + bearer("a=bob@woodgrove.example", good), challenge},
                   {"RFC 5530", "AQ==", "a NO [AUTHORIZATIONFAILED] This mailbox is not open to you.\r\n"}});
    // passwords, where the world has them
    std::string const plain = outkit::detail::base64_encode("\0adele@woodgrove.example\0correct horse"s);
    transcript(o, {{"RFC 4616", "a AUTHENTICATE PLAIN " + plain, "a" + no}});
    o.w.policy.service.basic = mock::basic_authentication::allowed;
    std::string const greeting = answers(o, {}).at(0);
    BOOST_TEST(greeting.find(" AUTH=XOAUTH2 AUTH=PLAIN]") != greeting.npos, greeting);
    transcript(o, {{"RFC 4616", "a AUTHENTICATE PLAIN " + plain, "a" + ok}});
    transcript(o, {{"RFC 4616", "a AUTHENTICATE PLAIN", "+ \r\n"},
                   {"RFC 4616", outkit::detail::base64_encode("\0adele@woodgrove.example\0wrong"s), "a" + no},
                   {"RFC 3501", "b LOGIN adele@woodgrove.example wrong", "b" + no},
                   {"RFC 3501", "c LOGIN adele@woodgrove.example \"correct horse\"", "c" + ok}});
    // a session outlives its token
    meeting m(o);
    auto const& heard = m.join({o.sign_in(o.adele), "b NOOP\r\n"});
    m.sim.after(15s, [&o] { o.w.clock.set_date(o.w.date() + 2h); });
    m.run();
    BOOST_TEST(heard.at(2) == "b OK NOOP completed.\r\n");
}

// --- several at once ---

// Whatever happens to a mailbox, whoever does it, is told to those who idle.
BOOST_AUTO_TEST_CASE(news_of_every_kind_reach_an_idle_session)
{
    office o;
    fill(o, 2, mock::flags::seen);
    o.inbox(o.adele).take_recent();
    mock::smtp submission(o.w);
    meeting m(o);
    auto const& heard = m.join({o.sign_in(o.adele), "a SELECT INBOX\r\n", "b IDLE\r\n", "DONE\r\n"});
    auto const& other = m.join({o.sign_in(o.adele), "a SELECT INBOX\r\n"});
    // turns come every ten seconds, so the idle one idles from 30 s to 40 s
    std::vector<std::string> const letters = {
        "EHLO app.example\r\n",
        "AUTH XOAUTH2 " +
            o.xoauth2("bob@woodgrove.example", o.token(o.bob, "https://outlook.office.com", {"SMTP.Send"})) + "\r\n",
        "MAIL FROM:<bob@woodgrove.example>\r\nRCPT TO:<adele@woodgrove.example>\r\nDATA\r\n",
        "From: bob@woodgrove.example\r\nSubject: by SMTP\r\n\r\nx\r\n.\r\n"};
    wire client, server;
    auto const say = [](wire& w, std::vector<std::string> lines) -> flow<> {
        co_await w.connect("mail.test", 587, true);
        co_await w.start_tls("mail.test");
        for (std::string& line : lines)
        {
            co_await outkit::detail::sleep_for(1s);
            co_await w.write(std::move(line));
        }
        co_await outkit::detail::sleep_for(1s);
    };
    auto const post = [](mock::smtp& s, wire& w) -> flow<> {
        co_await w.start_tls();
        co_await s.serve(w);
    };
    m.sim.listen("mail.test", 587, [&](wire& w) { return post(submission, w); }, tests::certified_server());
    m.sim.after(31s, [&] { m.sim.start("sender", say(client, letters), m.trust); });
    auto& inbox = o.inbox(o.adele);
    m.sim.after(36s, [&] { o.w.mailboxes.store(inbox, 1, mock::mailbox_store::how::add, mock::flags::flagged); });
    m.sim.after(37s, [&] { o.w.mailboxes.move(inbox, 2, *o.box(o.adele).find(mock::role::archive)); });
    m.run();
    BOOST_TEST_REQUIRE(heard.size() == 5u);
    BOOST_TEST(heard[3] == "+ IDLE accepted, awaiting DONE command.\r\n* 3 EXISTS\r\n* 1 RECENT\r\n"
                           "* 1 FETCH (FLAGS (\\Seen \\Flagged))\r\n* 2 EXPUNGE\r\n",
               heard[3]);
    BOOST_TEST(heard[4] == "b OK IDLE completed.\r\n");
    BOOST_TEST(other.at(2).ends_with("a OK [READ-WRITE] SELECT completed.\r\n"));
}

// A folder that somebody else deletes empties itself for those who have it selected.
BOOST_AUTO_TEST_CASE(a_selected_folder_is_deleted_by_another_session)
{
    office o;
    auto const made = o.w.mailboxes.create_path(o.box(o.adele), "Projects");
    o.w.mailboxes.append(*made, letter);
    made->take_recent();
    meeting m(o);
    auto const& first = m.join(
        {o.sign_in(o.adele), "a SELECT Projects\r\n", "b NOOP\r\n", "c FETCH 1:* FLAGS\r\n", "d SELECT Projects\r\n"});
    m.sim.after(25s, [&] { o.w.mailboxes.remove_folder(*made); });
    m.run();
    BOOST_TEST_REQUIRE(first.size() == 6u);
    BOOST_TEST(first[3] == "* 1 EXPUNGE\r\nb OK NOOP completed.\r\n");
    BOOST_TEST(first[4] == "c BAD The specified message set is invalid.\r\n");
    BOOST_TEST(first[5] == "d NO Projects doesn't exist.\r\n");
}

namespace {

// What a session knows of its mailbox, from nothing but what it has been told.
struct replica
{
    struct entry
    {
        std::uint32_t uid = 0;  // 0: not asked for yet
        std::set<std::string> flags;
    };
    std::vector<entry> messages;
    std::string wrong;  // what no server may say

    // One untagged response, literals taken out.
    void hear(std::string const& line)
    {
        std::size_t end = 0;
        std::size_t const n = line.size() > 2 && std::isdigit(line[2]) ? std::stoul(line.substr(2), &end) : 0;
        if (end == 0)
            return;
        std::string const what = line.substr(2 + end + 1, line.find_first_of(" (", 2 + end + 1) - (2 + end + 1));
        if (what == "EXISTS")
        {
            if (n < messages.size())
                wrong += "EXISTS takes messages away: " + line + "\n";
            messages.resize(n);
        }
        else if (what == "EXPUNGE")
        {
            if (n == 0 || n > messages.size())
                wrong += "there is no such message: " + line + "\n";
            else
                messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(n) - 1);
        }
        else if (what == "FETCH")
        {
            if (n == 0 || n > messages.size())
            {
                wrong += "there is no such message: " + line + "\n";
                return;
            }
            entry& e = messages[n - 1];
            if (auto const uid = line.find("UID "); uid != line.npos)
            {
                auto const told = static_cast<std::uint32_t>(std::stoul(line.substr(uid + 4)));
                if (e.uid != 0 && e.uid != told)
                    wrong += "a UID has changed: " + line + "\n";
                e.uid = told;
            }
            if (auto const at = line.find("FLAGS ("); at != line.npos)
                e.flags = words(line.substr(at + 7, line.find(')', at) - at - 7));
        }
    }
    static std::set<std::string> words(std::string const& text)
    {
        std::set<std::string> out;
        for (std::size_t at = 0; at < text.size();)
        {
            auto const end = std::min(text.find(' ', at), text.size());
            out.insert(text.substr(at, end - at));
            at = end + 1;
        }
        out.erase("\\Recent");
        return out;
    }
    // How it differs from the folder; entries not asked for yet are only counted.
    std::string difference(mock::folder const& f) const
    {
        auto const& all = f.messages();
        if (all.size() != messages.size())
            return "it has " + std::to_string(messages.size()) + " messages instead of " + std::to_string(all.size());
        for (std::size_t i = 0; i != all.size(); ++i)
        {
            if (messages[i].uid == 0)
                continue;
            if (messages[i].uid != all[i]->uid)
                return "message " + std::to_string(i + 1) + " has UID " + std::to_string(messages[i].uid);
            std::set<std::string> is;
            for (auto const& [bit, name] :
                 {std::pair{mock::flags::seen, "\\Seen"}, std::pair{mock::flags::answered, "\\Answered"},
                  std::pair{mock::flags::flagged, "\\Flagged"}, std::pair{mock::flags::deleted, "\\Deleted"},
                  std::pair{mock::flags::draft, "\\Draft"}})
                if (all[i]->is(bit))
                    is.insert(name);
            if (is != messages[i].flags)
                return "the flags of message " + std::to_string(i + 1) + " differ";
        }
        return {};
    }
};

// Sessions that take turns at one mailbox; whose turn it is and what is done the dice say.
struct game
{
    office& o;
    std::mt19937 dice;
    unsigned left = 0;     // turns
    unsigned players = 0;  // those who sit at the table
    unsigned turn = 0;
    outkit::detail::event passed{};
    unsigned compared = 0, idle_compared = 0;
    std::string trouble{};

    std::size_t below(std::size_t n) { return dice() % n; }
    mock::folder& inbox() { return o.inbox(o.adele); }
    mock::folder& archive() { return *o.box(o.adele).find(mock::role::archive); }
    void check(std::string const& who, replica const& r, unsigned& count)
    {
        ++count;
        if (std::string const d = r.wrong + r.difference(inbox()); !d.empty())
            trouble += "turn " + std::to_string(left) + ", " + who + ": " + d + "\n";
    }
    // Something that happens without any session.
    void world_acts()
    {
        auto& store = o.w.mailboxes;
        auto const& all = inbox().messages();
        switch (below(5))
        {
        case 0: store.deliver(o.box(o.adele), letter); break;
        case 1:
            if (!archive().messages().empty())
                store.move(archive(), archive().messages().front()->uid, inbox());
            break;
        case 2:
            if (!all.empty())
                store.expunge(inbox(), all[below(all.size())]->uid);
            break;
        case 3:
            if (!all.empty())
                store.replace(inbox(), all[below(all.size())]->uid, letter);
            break;
        default:
            if (!all.empty())
                store.store(inbox(), all[below(all.size())]->uid, mock::mailbox_store::how(below(3)),
                            mock::flags(1u << below(5)));
        }
    }
};

// Reads up to the tagged answer and takes in what comes before it.
flow<std::string> hear_out(wire& w, replica& r)
{
    for (;;)
    {
        std::string line = co_await w.read_line();
        while (line.ends_with('}'))
        {
            std::size_t const octets = std::stoul(line.substr(line.rfind('{') + 1));
            co_await w.read_exactly(octets);
            line += co_await w.read_line();
        }
        if (line.starts_with("+ "))
            co_return line;
        if (!line.starts_with("* "))
            co_return line;
        r.hear(line);
    }
}

flow<std::string> say(wire& w, replica& r, std::string command)
{
    co_await w.write("x " + command + "\r\n");
    std::string const answer = co_await hear_out(w, r);
    co_return answer;
}

// What is new is asked about.
flow<> ask(wire& w, replica& r)
{
    std::size_t first = 0;
    while (first != r.messages.size() && r.messages[first].uid != 0)
        ++first;
    if (first == r.messages.size())
        co_return;
    std::string command = "FETCH " + std::to_string(first + 1) + ":* (UID FLAGS)";
    std::string const answer = co_await say(w, r, std::move(command));
    bool all = answer.starts_with("x OK");
    for (auto const& m : r.messages)
        all = all && m.uid != 0;
    if (!all)
        r.wrong += "what was asked for was not told: " + answer + "\n";
}

flow<> play_along(wire& w, game& g, unsigned me)
{
    using outkit::detail::event;
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    std::string const who = "session " + std::to_string(me);
    replica r;
    bool idle = false;
    co_await w.connect("mail.test", 993, true);
    co_await w.start_tls("mail.test");
    co_await w.read_line();
    co_await w.write(g.o.sign_in(g.o.adele));
    co_await w.read_line();
    std::string answer = co_await say(w, r, "SELECT INBOX");
    co_await ask(w, r);
    while (g.left != 0)
    {
        event::watch passed(g.passed);
        if (g.turn != me)
        {
            auto const why = co_await w.wait(passed, world.now() + 1h);
            if (why == outkit::detail::wake::input)
            {
                co_await w.fill();
                while (auto const line = w.buffered_line())
                    r.hear(std::string(*line));
            }
            else if (idle && why == outkit::detail::wake::event)
                g.check(who + " idling", r, g.idle_compared);
            continue;
        }
        co_await outkit::detail::sleep_for(1s);  // the others look first
        if (idle)
        {
            co_await w.write("DONE\r\n");
            answer = co_await hear_out(w, r);
            idle = false;
            if (!answer.starts_with("x OK"))
                g.trouble += who + ": " + answer + "\n";
        }
        co_await ask(w, r);
        std::string range, uid;
        std::size_t const n = r.messages.size();
        if (n != 0)
        {
            std::size_t const from = 1 + g.below(n);
            range = std::to_string(from) + ':' + std::to_string(from + g.below(n - from + 1));
            uid = std::to_string(r.messages[g.below(n)].uid);
        }
        static constexpr char const* flags[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"};
        std::string const flag = flags[g.below(5)];
        std::string command;
        bool silent = false;
        switch (g.below(n == 0 ? 4 : 16))
        {
        case 0:
        case 1: command = "APPEND INBOX {" + std::to_string(letter.size()) + "+}\r\n" + letter; break;
        case 2: command = "NOOP"; break;
        case 3: g.world_acts(); break;
        case 4:
        case 5: command = "STORE " + range + (g.below(2) ? " +" : " -") + "FLAGS (" + flag + ")"; break;
        case 6: command = "UID STORE " + uid + " FLAGS (" + flag + ")"; break;
        case 7:
            silent = true;
            command = "UID STORE " + uid + " FLAGS.SILENT (" + flag + ")";
            break;
        case 8: command = "EXPUNGE"; break;
        case 9: command = "UID EXPUNGE " + uid; break;
        case 10: command = "MOVE " + range + " Archive"; break;
        case 11: command = "COPY " + range + " INBOX"; break;
        case 12: command = "FETCH " + range + " (BODY[TEXT])"; break;
        case 13: command = "UID FETCH 1:* (FLAGS)"; break;
        case 14: command = "UID MOVE " + uid + " Archive"; break;
        default: command = "CLOSE";  // takes away without a word what is deleted
        }
        if (!command.empty())
        {
            bool const closes = command == "CLOSE";
            answer = co_await say(w, r, command);
            // Others may have taken away what we still see: then it is no error of anybody's.
            if (!answer.starts_with("x OK"))
                g.trouble += who + ": " + command.substr(0, 40) + ": " + answer + "\n";
            if (silent)
                for (auto& m : r.messages)
                    if (std::to_string(m.uid) == uid)
                        m.flags = {flag};
            if (closes)
            {
                r.messages.clear();
                answer = co_await say(w, r, "SELECT INBOX");
            }
        }
        co_await ask(w, r);
        answer = co_await say(w, r, "NOOP");
        co_await ask(w, r);
        g.check(who, r, g.compared);
        if (g.below(3) == 0)
        {
            answer = co_await say(w, r, "IDLE");
            idle = answer.starts_with("+ ");
            if (!idle)
                g.trouble += who + ": " + answer + "\n";
        }
        co_await outkit::detail::sleep_for(1s);  // those who idle hear of it
        --g.left;
        g.turn = static_cast<unsigned>(g.below(g.players));
        g.passed.notify();
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(three_sessions_see_the_same_mailbox)
{
    for (unsigned const seed : {1u, 2u, 3u})
    {
        office o;
        fill(o, 8);
        game g{.o = o, .dice = std::mt19937(seed), .left = 150, .players = 3};
        meeting m(o);
        std::deque<wire> wires(3);
        std::vector<std::shared_ptr<outkit::detail::simulator::result<void>>> ends;
        for (unsigned i = 0; i != 3; ++i)
            ends.push_back(m.sim.start("session", play_along(wires[i], g, i), m.trust));
        m.run();
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            BOOST_TEST(g.trouble == "");
            BOOST_TEST(g.left == 0u);
            BOOST_TEST(g.compared == 150u);
            BOOST_TEST(g.idle_compared > 50u);
            for (auto const& e : ends)
                BOOST_TEST(!e->ec, e->ec.message() << e->diagnostics);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
