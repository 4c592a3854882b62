// What the client says and how it takes what it hears, against scripts.

#include <outkit/detail/drive.hpp>
#include <outkit/imap/detail/flows.hpp>

#include "hostile_texts.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

using namespace outkit;
using namespace outkit::imap;
using namespace outkit::imap::detail;
using outkit::detail::play;
using outkit::detail::played;
using outkit::detail::simulator;

namespace {

// Tags are random but come from the world of the test, so they are known: the first ones of every script.
std::vector<std::string> first_tags(std::size_t n)
{
    simulator world;
    tag_source tags;
    std::vector<std::string> out;
    for (std::size_t i = 0; i != n; ++i)
        out.push_back(tags.next(world));
    return out;
}

// "$1" is the first tag, "$2" the second, ...
std::string tagged(std::string text)
{
    static auto const tags = first_tags(9);
    for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1))
        if (at + 1 < text.size() && text[at + 1] >= '1' && text[at + 1] <= '9')
            text.replace(at, 2, tags[static_cast<std::size_t>(text[at + 1] - '1')]);
    return text;
}
std::vector<std::string> tagged(std::vector<std::string> texts)
{
    for (std::string& t : texts)
        t = tagged(std::move(t));
    return texts;
}

access_token token() { return access_token("mock-token"); }
constexpr char const* encoded = "dXNlcj1hbm5AY29udG9zby5leGFtcGxlAWF1dGg9QmVhcmVyIG1vY2stdG9rZW4BAQ==";

flow<> sign_in(session& s, security how = security::implicit_tls)
{
    co_await connect(s, "mail.test", 993, how);
    co_await authenticate(s, "ann@contoso.example", token());
}

// The same with a mailbox open: three more tags are used up.
std::string const ready = "* OK [CAPABILITY AUTH=XOAUTH2 SASL-IR] ready\r\n"
                          "$1 OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE UNSELECT] AUTHENTICATE completed.\r\n"
                          "* 3 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Deleted $MDNSent)\r\n"
                          "* OK [PERMANENTFLAGS (\\Seen \\Deleted $MDNSent)] Permanent flags\r\n"
                          "* OK [UIDVALIDITY 14] UIDVALIDITY value\r\n* OK [UIDNEXT 4491] next\r\n"
                          "$2 OK [READ-WRITE] SELECT completed.\r\n";
flow<> open_inbox(session& s)
{
    co_await sign_in(s);
    co_await select(s, "INBOX", false);
}

template <class T>
flow<T> after_opening(session& s, flow<T> (*then)(session&))
{
    co_await open_inbox(s);
    co_return co_await then(s);
}

template <class T>
played<T> in_inbox(flow<T> (*then)(session&), std::string const& script, session& s)
{
    return play(after_opening(s, then), tagged(std::vector<std::string>{"", ready + script}));
}
template <class T>
played<T> in_inbox(flow<T> (*then)(session&), std::string const& script)
{
    session s;
    return in_inbox(then, script, s);
}

std::string last_line(std::string const& written)
{
    auto const end = written.rfind("\r\n", written.size() - 3);
    return end == std::string::npos ? written : written.substr(end + 2);
}

played<void> play_sign_in(std::string const& script, security how = security::implicit_tls)
{
    session s;
    return play(sign_in(s, how), tagged(std::vector<std::string>{"", script}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_client)

// --- connecting ---

// observed: jstedfast/MailKit#2016
std::string const exchange_2026 =
    "* OK Microsoft Exchange IMAP4 service ready. 00000000-0000-4000-8000-0000000000aa (tcpproxy/15.21.0406.000 "
    "BACKENDAUTHENTICATE) [QQBNADAAUABSADAANgBDAEEAMAAwADQAMgA=]\r\n"
    "* CAPABILITY IMAP4 IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE "
    "LITERAL+\r\n$1 OK CAPABILITY completed.\r\n";
std::string const capabilities_after =
    "* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES "
    "CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+\r\n$3 OK CAPABILITY "
    "completed.\r\n";

BOOST_AUTO_TEST_CASE(signs_in_to_exchange_with_an_initial_response)
{
    std::string const script = exchange_2026 + "$2 OK AUTHENTICATE completed.\r\n" + capabilities_after +
                               "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n$4 OK NAMESPACE completed.\r\n";
    auto make = [&](auto&& run) {
        session s;
        run(sign_in(s));
    };
    tests::in_pieces_of_every_size(make, tagged(std::vector<std::string>{"", script}), [&](auto const& r) {
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(r.written == tagged("$1 CAPABILITY\r\n$2 AUTHENTICATE XOAUTH2 " + std::string(encoded) +
                                       "\r\n$3 CAPABILITY\r\n$4 NAMESPACE\r\n"));
        BOOST_TEST((r.connected == std::vector<std::string>{"mail.test:993", "tls mail.test"}));
    });
    tests::failing_at_every_step(make, tagged(std::vector<std::string>{"", script}));
    tests::cut_at_every_byte(make, tagged(std::vector<std::string>{"", script}));
}

BOOST_AUTO_TEST_CASE(SL_02_SL_11_without_SASL_IR_the_token_waits_for_the_continuation)
{
    for (char const* const go : {"+ \r\n", "+\r\n"})  // documented with, observed without the blank
    {
        auto const r = play_sign_in("* OK [CAPABILITY AUTH=XOAUTH2] hi\r\n" + std::string(go) +
                                    "$1 OK [CAPABILITY IMAP4rev1] AUTHENTICATE completed.\r\n");
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(r.written == tagged("$1 AUTHENTICATE XOAUTH2\r\n" + std::string(encoded) + "\r\n"));
    }
    auto const text = play_sign_in("* OK [CAPABILITY AUTH=XOAUTH2] hi\r\n+ VXNlcm5hbWU6\r\n");
    BOOST_TEST((text.ec == imap::error::malformed_challenge));
    BOOST_TEST(text.written == tagged("$1 AUTHENTICATE XOAUTH2\r\n*\r\n"));
    auto const ok = play_sign_in("* OK [CAPABILITY AUTH=XOAUTH2] hi\r\n$1 OK welcome\r\n");
    BOOST_TEST((ok.ec == imap::error::completed_without_credentials));
    BOOST_TEST(ok.written.find(encoded) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(IM_01_greetings)
{
    struct row
    {
        char const* greeting;
        error_code ec;
    };
    for (row const& r : {row{"* BYE too busy\r\n", imap::error::greeting_refused},
                         {"* NO\r\n", imap::error::malformed_greeting},
                         {"* BAD x\r\n", imap::error::malformed_greeting},
                         {"a OK hi\r\n", imap::error::malformed_greeting},
                         {"+OK POP3\r\n", imap::error::malformed_greeting},
                         {"220 smtp.test ESMTP\r\n", imap::error::malformed_greeting},
                         {"HTTP/1.1 400 Bad Request\r\n", imap::error::malformed_greeting},
                         {"\r\n", imap::error::malformed_greeting},
                         {"* CAPABILITY IMAP4rev1\r\n", imap::error::malformed_greeting},
                         {"* PREAUTH hi\r\n", imap::error::completed_without_credentials},
                         {"", outkit::error::connection_closed}})
    {
        auto const p = play_sign_in(r.greeting);
        BOOST_TEST((p.ec == r.ec), r.greeting << ": " << p.ec.message());
        BOOST_TEST(p.written == "");
    }
}

BOOST_AUTO_TEST_CASE(IM_01_no_greeting_at_all)
{
    // A server that accepts and says nothing.
    session s;
    simulator sim;
    sim.listen("mail.test", 993,
               [](wire& w) -> flow<> {
                   event never_happens;
                   event::watch none(never_happens);
                   co_await w.wait(none);
               },
               {});
    auto const r = sim.start("client", connect(s, "mail.test", 993, security::starttls));
    sim.run();
    BOOST_TEST((r->ec == outkit::error::timeout));
}

BOOST_AUTO_TEST_CASE(plaintext_is_for_loopback_only)
{
    session s;
    auto const r = play(sign_in(s, security::plaintext_loopback), {"", "* OK hi\r\n"});
    BOOST_TEST((r.ec == imap::error::plaintext_not_loopback));
    BOOST_TEST(r.connected.empty());
}

// --- STARTTLS ---

BOOST_AUTO_TEST_CASE(ST_01_ST_20_starttls_first_whatever_the_server_offers)
{
    auto const r = play_sign_in("* OK [CAPABILITY IMAP4rev1] hi\r\n$1 OK begin\r\n", security::starttls);
    BOOST_TEST(r.written.starts_with(tagged("$1 STARTTLS\r\n")));
    BOOST_TEST((r.connected == std::vector<std::string>{"mail.test:993", "tls mail.test"}));
}

BOOST_AUTO_TEST_CASE(ST_02_anything_but_OK_ends_it)
{
    for (char const* const answer : {"$1 NO no\r\n", "$1 BAD what\r\n", "+ go on\r\n", "* BYE\r\n", "\r\n$1 NO\r\n"})
    {
        auto const r = play_sign_in("* OK hi\r\n" + std::string(answer), security::starttls);
        bool const refused = r.ec == outkit::error::tls_required || r.ec == imap::error::unknown_tag;
        BOOST_TEST(refused, answer << ": " << r.ec.message());
        BOOST_TEST(r.written == tagged("$1 STARTTLS\r\n"));
        BOOST_TEST(r.connected.size() == 1u);
        BOOST_TEST(r.diagnostics == "");
    }
    for (char const* const answer : {"garbage\r\n", "\r\n"})
        BOOST_TEST((play_sign_in("* OK hi\r\n" + std::string(answer), security::starttls).ec ==
                    condition::protocol_violation));
}

BOOST_AUTO_TEST_CASE(ST_03_ST_07_nothing_may_follow_the_positive_answer)
{
    for (char const* const injected :
         {"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "* BYE\r\n", "A2 OK in\r\n", "\r\n", "x"})
    {
        auto const r = play_sign_in("* OK hi\r\n$1 OK begin\r\n" + std::string(injected), security::starttls);
        BOOST_TEST((r.ec == outkit::error::early_plaintext));
        BOOST_TEST(r.connected.size() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(ST_05_ST_11_ST_14_what_was_said_before_TLS_is_forgotten)
{
    session s;
    auto const r =
        play(connect(s, "mail.test", 143, security::starttls),
             tagged(std::vector<std::string>{
                 "", "* OK [ALERT] evil\r\n* CAPABILITY AUTH=XOAUTH2 SASL-IR LITERAL+\r\n* LIST () \"/\" evil\r\n"
                     "* 99 EXISTS\r\n* FLAGS (evil)\r\n* OK [UIDVALIDITY 1] evil\r\n* SEARCH 1 2\r\n* 1 EXPUNGE\r\n"
                     "* OK [ALERT] more\r\n$1 OK [CAPABILITY AUTH=PLAIN] begin\r\n"}),
             {.piece = 1});
    BOOST_TEST((r.ec == outkit::error::connection_closed));  // the server says nothing after TLS
    BOOST_TEST(r.written == tagged("$1 STARTTLS\r\n$2 CAPABILITY\r\n"));
    BOOST_TEST(s.caps.empty());
    BOOST_TEST(s.alert == "");
    BOOST_TEST(s.box.exists == 0u);
    BOOST_TEST(s.events.empty());
}

BOOST_AUTO_TEST_CASE(ST_06_preauth_before_TLS)
{
    for (char const* const greeting : {"* PREAUTH hi\r\n", "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"})
    {
        auto const r = play_sign_in(greeting, security::starttls);
        BOOST_TEST((r.ec == outkit::error::tls_required));
        BOOST_TEST(r.written == "");
    }
}

BOOST_AUTO_TEST_CASE(ST_08_tags_cannot_be_guessed)
{
    // An answer written before the command: whatever the tag, it is none of ours.
    session s;
    auto const r = play(connect(s, "mail.test", 143, security::starttls), {"", "* OK hi\r\nA1 OK begin\r\n"});
    BOOST_TEST((r.ec == imap::error::unknown_tag));
    std::set<std::string> seen;
    tag_source tags;
    for (int i = 0; i != 1000; ++i)
    {
        auto const tag = tags.next(outkit::detail::real_environment());
        BOOST_TEST(tag.size() == 8u);
        BOOST_TEST(seen.insert(tag).second);
    }
}

BOOST_AUTO_TEST_CASE(ST_09_ST_19_answers_with_other_tags)
{
    BOOST_TEST((play_sign_in("* OK hi\r\n$2 OK begin\r\n", security::starttls).ec == imap::error::unknown_tag));
    BOOST_TEST(
        (play_sign_in("* OK hi\r\n" + std::string(2 << 20, ' '), security::starttls).ec == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(ST_10_no_credentials_before_TLS)
{
    session s;
    s.at = session::state::not_authenticated;
    s.how = security::starttls;
    s.caps.add("AUTH=XOAUTH2");
    s.caps.add("SASL-IR");
    auto const r = play(authenticate(s, "ann@contoso.example", token()), {"* OK hi\r\n"});
    BOOST_TEST((r.ec == outkit::error::tls_required));
    BOOST_TEST(r.written == "");
}

// --- SASL ---

BOOST_AUTO_TEST_CASE(SL_01_users_and_tokens_that_cannot_be_said)
{
    for (std::string const& bad :
         {std::string("a\1b"), std::string("a\r\nb"), std::string("a\0b", 3), std::string("a\x7f"), std::string()})
    {
        for (bool const in_user : {true, false})
        {
            session s;
            auto talk = [](session& se, std::string user, access_token t) -> flow<> {
                co_await connect(se, "mail.test", 993, security::implicit_tls);
                co_await authenticate(se, std::move(user), std::move(t));
            };
            auto const r = play(talk(s, in_user ? bad : "ann", access_token(in_user ? "t" : bad)),
                                {"", "* OK [CAPABILITY AUTH=XOAUTH2] hi\r\n"});
            BOOST_TEST((r.ec == (in_user ? imap::error::invalid_user : imap::error::invalid_access_token)));
            BOOST_TEST(r.written == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(SL_04_SL_05_no_other_mechanism)
{
    for (char const* const caps : {"AUTH=PLAIN AUTH=LOGIN", "IMAP4rev1", "XOAUTH2 AUTH=XOAUTH AUTH=OAUTHBEARER"})
    {
        auto const r = play_sign_in("* OK hi\r\n* CAPABILITY " + std::string(caps) + "\r\n$1 OK done\r\n");
        BOOST_TEST((r.ec == imap::error::xoauth2_not_offered));
        BOOST_TEST(r.written == tagged("$1 CAPABILITY\r\n"));
    }
}

std::string const hello = "* OK [CAPABILITY AUTH=XOAUTH2 SASL-IR] hi\r\n";
std::string const challenge =
    "+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==\r\n";

BOOST_AUTO_TEST_CASE(SL_06_an_error_challenge_is_answered_once)
{
    auto const r = play_sign_in(hello + challenge + "$1 NO SASL authentication failed\r\n");
    BOOST_TEST((r.ec == imap::error::authentication_failed));
    BOOST_TEST((r.ec == condition::authentication_failed));
    BOOST_TEST(r.written == tagged("$1 AUTHENTICATE XOAUTH2 " + std::string(encoded) + "\r\n\r\n"));
    BOOST_TEST(r.diagnostics ==
               "SASL authentication failed (status 400, schemes Bearer, scope https://mail.google.com/)");
}

BOOST_AUTO_TEST_CASE(SL_07_after_an_error_challenge)
{
    BOOST_TEST((play_sign_in(hello + challenge).ec == outkit::error::connection_closed));
    BOOST_TEST((play_sign_in(hello + challenge + "$1 OK welcome\r\n").ec == imap::error::completed_after_refusal));
    BOOST_TEST((play_sign_in(hello + "+ \r\n$1 OK welcome\r\n").ec == imap::error::completed_after_refusal));
}

BOOST_AUTO_TEST_CASE(SL_08_challenges_that_are_no_base64)
{
    for (std::string const& bad : {std::string("+ {}\r\n"), std::string("+ =\r\n"), std::string("+ eyJ9=\r\n"),
                                   std::string("+ ey J9\r\n"), std::string("+ eyJ9===\r\n")})
    {
        auto const r = play_sign_in(hello + bad);
        BOOST_TEST((r.ec == imap::error::malformed_challenge), bad << r.ec.message());
        BOOST_TEST(r.written.ends_with("\r\n*\r\n"));
    }
    auto const r = play_sign_in(hello + "+ " + std::string(1 << 19, 'A') + "\r\n");
    BOOST_TEST((r.ec == imap::error::challenge_too_long));
    BOOST_TEST((play_sign_in(hello + "+ " + std::string(1 << 21, 'A') + "\r\n").ec == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(SL_10_endless_challenges)
{
    auto const r = play_sign_in(hello + challenge + challenge + challenge + challenge + challenge);
    BOOST_TEST((r.ec == imap::error::too_many_challenges));
    BOOST_TEST(r.written.ends_with("==\r\n\r\n\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(SL_12_untagged_responses_in_the_middle)
{
    auto const r =
        play_sign_in(hello + "* CAPABILITY IMAP4rev1\r\n* OK still here\r\n$1 OK [CAPABILITY IMAP4rev1] in\r\n");
    BOOST_TEST(!r.ec, r.ec.message());
    auto const bye = play_sign_in(hello + "* BYE going down\r\n");
    BOOST_TEST((bye.ec == imap::error::connection_ended));
    BOOST_TEST(bye.diagnostics == "going down");
}

BOOST_AUTO_TEST_CASE(what_exchange_says_about_a_bad_token)
{
    // documented: Microsoft Learn, "Authenticate an IMAP connection using OAuth"
    auto const r = play_sign_in(hello + "$1 NO AUTHENTICATE failed.\r\n");
    BOOST_TEST((r.ec == imap::error::authentication_failed));
    BOOST_TEST(r.diagnostics == "AUTHENTICATE failed.");
}

BOOST_AUTO_TEST_CASE(SL_16_authenticated_but_not_connected_in_both_shapes)
{
    // 2026: in answer to AUTHENTICATE
    auto const now = play_sign_in(hello + "$1 NO User is authenticated but not connected.\r\n");
    BOOST_TEST((now.ec == imap::error::authenticated_but_not_connected));
    // before: OK, and then BAD to the next command; observed: simonrob/email-oauth2-proxy#74
    auto const classic =
        play_sign_in(hello + "$1 OK AUTHENTICATE completed.\r\n* CAPABILITY IMAP4rev1 NAMESPACE\r\n$2 OK "
                             "CAPABILITY completed.\r\n$3 BAD User is authenticated but not connected.\r\n");
    BOOST_TEST((classic.ec == imap::error::authenticated_but_not_connected));
    BOOST_TEST(classic.diagnostics == "User is authenticated but not connected.");
    BOOST_TEST(last_line(classic.written) == tagged("$3 NAMESPACE\r\n"));
}

// --- commands ---

BOOST_AUTO_TEST_CASE(selecting_tells_all_about_the_mailbox)
{
    session s;
    auto const r = play(open_inbox(s), tagged(std::vector<std::string>{"", ready}));
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(s.box.name == "INBOX");
    BOOST_TEST(s.box.exists == 3u);
    BOOST_TEST(s.box.uid_validity == 14u);
    BOOST_TEST(s.box.uid_next == 4491u);
    BOOST_TEST(s.box.permanent_flags.has("$MDNSent"));
    BOOST_TEST(!s.box.read_only);
    BOOST_TEST(!s.box.new_keywords);
    auto make = [&](auto&& run) {
        session t;
        run(open_inbox(t));
    };
    tests::failing_at_every_step(make, tagged(std::vector<std::string>{"", ready}));
    tests::cut_at_every_byte(make, tagged(std::vector<std::string>{"", ready}));
}

BOOST_AUTO_TEST_CASE(a_missing_mailbox_leaves_the_connection_usable)
{
    // observed: imapsync/imapsync#459
    auto const r = in_inbox<std::uint32_t>(
        [](session& s) -> flow<std::uint32_t> {
            auto const gone = co_await attempt(select(s, "Nowhere", false));
            BOOST_TEST((gone.ec == imap::error::no_such_mailbox));
            BOOST_TEST((gone.ec == condition::not_found));
            BOOST_TEST(gone.diagnostics == "Nowhere doesn't exist.");
            BOOST_TEST((s.at == session::state::authenticated));
            auto const again = co_await select(s, "INBOX", true);
            BOOST_TEST(again.read_only);
            co_return again.exists;
        },
        "$3 NO Nowhere doesn't exist.\r\n* 7 EXISTS\r\n$4 OK [READ-ONLY] EXAMINE completed.\r\n");
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(r.value.value_or(0) == 7u);
}

BOOST_AUTO_TEST_CASE(IM_48_refusals_have_names)
{
    struct row
    {
        char const* answer;
        imap::error e;
    };
    for (row const& r :
         {row{"NO [AUTHENTICATIONFAILED] x", imap::error::authentication_failed},
          {"NO [UNAVAILABLE] x", imap::error::unavailable},
          {"NO [OVERQUOTA] x", imap::error::over_quota},
          {"NO [THROTTLED] x", imap::error::throttled},
          {"NO [NONEXISTENT] x", imap::error::no_such_mailbox},
          {"NO [TRYCREATE] x", imap::error::no_such_mailbox},
          {"NO Mailbox doesn't exist: x", imap::error::no_such_mailbox},
          {"NO [ALREADYEXISTS] x", imap::error::mailbox_exists},
          {"NO Mailbox already exists.", imap::error::mailbox_exists},
          {"NO [BADCHARSET (US-ASCII)] The specified charset is not supported.", imap::error::charset_not_supported},
          {"NO Server Unavailable. 15", imap::error::unavailable},
          {"BAD Request is throttled. Suggested Backoff Time: 178755 milliseconds", imap::error::throttled},
          {"BAD Command Argument Error. 11", imap::error::command_rejected},
          {"NO no", imap::error::command_refused}})
    {
        session s;
        auto const p = in_inbox<mailbox_status>([](session& se) { return select(se, "x", false); },
                                                "$3 " + std::string(r.answer) + "\r\n", s);
        BOOST_TEST((p.ec == r.e), r.answer << ": " << p.ec.message());
        BOOST_TEST(s.retry_after.has_value() == (std::string_view(r.answer).find("Backoff") != std::string_view::npos));
    }
}

BOOST_AUTO_TEST_CASE(IM_16_uid_validity)
{
    auto const zero = in_inbox<mailbox_status>([](session& s) { return select(s, "x", false); },
                                               "* OK [UIDVALIDITY 0] x\r\n$3 OK done\r\n");
    BOOST_TEST((zero.ec == imap::error::uid_validity_zero));
    auto const changed = in_inbox<std::vector<mailbox_event>>([](session& s) { return noop(s); },
                                                              "* OK [UIDVALIDITY 15] x\r\n$3 OK done\r\n");
    BOOST_TEST((changed.ec == imap::error::uid_validity_changed));
    auto const missing = in_inbox<mailbox_status>([](session& s) { return select(s, "x", false); }, "$3 OK done\r\n");
    BOOST_TEST(!missing.ec);
    BOOST_TEST(missing.value->uid_validity == 0u);
}

BOOST_AUTO_TEST_CASE(lists_mailboxes_with_their_roles)
{
    auto const r = in_inbox<std::vector<mailbox>>(
        [](session& s) { return list(s, "", "*"); },
        "* LIST (\\HasNoChildren \\Trash) \"/\" \"Deleted Items\"\r\n* LIST (\\Marked \\HasNoChildren) \"/\" INBOX\r\n"
        "* LIST (\\Noselect) \"/\" Kategorie/Przesy&AUI-ki\r\n$3 OK LIST completed.\r\n");
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(last_line(r.written) == tagged("$3 LIST \"\" \"*\"\r\n"));
    BOOST_TEST_REQUIRE(r.value->size() == 3u);
    BOOST_TEST((*r.value)[0].has("\\trash"));
    BOOST_TEST((*r.value)[2].name == "Kategorie/Przesy\u0142ki");
    BOOST_TEST(!(*r.value)[2].selectable);
}

BOOST_AUTO_TEST_CASE(status_of_a_mailbox)
{
    // observed: owncloud-archive/mail#721
    auto const r = in_inbox<mailbox_status>([](session& s) { return status(s, "Junk-E-Mail"); },
                                            "* STATUS Junk-E-Mail (MESSAGES 5 RECENT 0 UIDNEXT 18 UIDVALIDITY 213 "
                                            "UNSEEN 2)\r\n$3 OK STATUS completed.\r\n");
    BOOST_TEST(!r.ec);
    BOOST_TEST(r.value->exists == 5u);
    BOOST_TEST(r.value->unseen == 2u);
    BOOST_TEST(r.value->uid_validity == 213u);
    BOOST_TEST(last_line(r.written) ==
               tagged("$3 STATUS Junk-E-Mail (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)\r\n"));
}

BOOST_AUTO_TEST_CASE(fetches_metadata_into_one_batch)
{
    std::string const script = "* 1 FETCH (UID 11 FLAGS (\\Seen))\r\n* 2 FETCH (UID 12 FLAGS ())\r\n* 4 EXISTS\r\n"
                               "$3 OK FETCH completed.\r\n";
    auto get = [](session& s) { return fetch(s, numbering::uid, uid_set(11, 20), {.flags = true}); };
    session s;
    auto const r = in_inbox<message_batch>(get, script, s);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(last_line(r.written) == tagged("$3 UID FETCH 11:20 (UID FLAGS)\r\n"));
    BOOST_TEST_REQUIRE(r.value->size() == 2u);
    BOOST_TEST((*r.value)[0].uid == 11u);
    BOOST_TEST((*r.value)[0].has(flag::seen));
    BOOST_TEST(s.box.exists == 4u);
    auto make = [&](auto&& run) {
        session t;
        run(after_opening<message_batch>(t, get));
    };
    tests::cut_at_every_byte(make, tagged(std::vector<std::string>{"", ready + script}));
    tests::failing_at_every_step(make, tagged(std::vector<std::string>{"", ready + script}));
}

BOOST_AUTO_TEST_CASE(IM_17_IM_18_answers_nobody_asked_for)
{
    session s;
    auto const r = in_inbox<message_batch>(
        [](session& se) {
            uid_set which(11);
            which.add(13);
            return fetch(se, numbering::uid, std::move(which), {.flags = true});
        },
        "* 1 FETCH (UID 11 FLAGS (\\Seen))\r\n* 9 FETCH (UID 99 FLAGS (\\Draft))\r\n* 2 FETCH (FLAGS (\\Deleted))\r\n"
        "* 1 FETCH (UID 11 RFC822.SIZE 5)\r\n$3 OK FETCH completed.\r\n",
        s);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST_REQUIRE(r.value->size() == 1u);
    BOOST_TEST((*r.value)[0].size.value_or(0) == 5u);
    BOOST_TEST((*r.value)[0].has(flag::seen));
    BOOST_TEST(r.value->missing().to_string() == "13");
    BOOST_TEST_REQUIRE(s.events.size() == 2u);
    BOOST_TEST(s.events[0].uid == 99u);
    BOOST_TEST(s.events[1].number == 2u);

    auto const twice = in_inbox<message_batch>(
        [](session& se) { return fetch(se, numbering::uid, uid_set(11), {.sections = {{}}}); },
        "* 1 FETCH (UID 11 BODY[] \"a\")\r\n* 1 FETCH (UID 11 BODY[] \"b\")\r\n$3 OK FETCH completed.\r\n");
    BOOST_TEST((twice.ec == imap::error::duplicate_answer));
}

// --- bodies ---

namespace {
struct sink_log
{
    std::string text;
    std::vector<std::string> sections;
    std::vector<std::uint32_t> uids;
    error_code answer;
    error_code operator()(section_piece const& p)
    {
        if (p.offset == 0)
        {
            sections.emplace_back(p.section);
            uids.push_back(p.uid);
        }
        BOOST_TEST(p.offset + p.data.size() <= p.octets);
        text += p.data;
        return answer;
    }
};
sink_log* current_log = nullptr;
flow<message_batch> fetch_to_log(session& s)
{
    fetch_items what;
    what.sections = {{}, {{1}, section::text::mime, {}, {}, false}};
    what.sink = [](section_piece const& p) { return (*current_log)(p); };
    return fetch(s, numbering::uid, uid_set::all(), std::move(what));
}
}  // namespace

BOOST_AUTO_TEST_CASE(bodies_go_to_the_sink)
{
    std::string const body = "Subject: x\r\n\r\n* 5 FETCH (BODY[] {3}\r\nnot one)\r\n";
    std::string const script =
        "* 1 FETCH (UID 7 BODY[] {" + std::to_string(body.size()) + "}\r\n" + body +
        " BODY[1.MIME] {0}\r\n)\r\n* 2 FETCH (UID 8 BODY[] \"short\" BODY[1.MIME] NIL)\r\n$3 OK FETCH "
        "completed.\r\n";
    for (std::size_t const piece : {1u, 2u, 7u, 4096u})
    {
        sink_log log;
        current_log = &log;
        session s;
        auto const r = play(after_opening(s, fetch_to_log), tagged(std::vector<std::string>{"", ready + script}),
                            {.piece = piece});
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(log.text == body);
        BOOST_TEST((log.sections == std::vector<std::string>{"", "1.MIME"}));
        BOOST_TEST((log.uids == std::vector<std::uint32_t>{7, 7}));
        BOOST_TEST_REQUIRE(r.value->size() == 2u);
        auto const& first = (*r.value)[0].sections.front();
        BOOST_TEST(first.streamed);
        BOOST_TEST(first.octets == body.size());
        BOOST_TEST((*r.value)[1].sections.front().data == "short");
    }
    sink_log log;
    current_log = &log;
    auto make = [&](auto&& run) {
        session t;
        run(after_opening(t, fetch_to_log));
    };
    tests::cut_at_every_byte(make, tagged(std::vector<std::string>{"", ready + script}));
    tests::failing_at_every_step(make, tagged(std::vector<std::string>{"", ready + script}));
}

BOOST_AUTO_TEST_CASE(a_fetch_that_is_refused_after_some_messages)
{
    // observed: mscdex/node-imap#709
    std::string const some = "* 1 FETCH (UID 11 BODY[] {5}\r\nhello)\r\n";
    std::string const no = "$3 NO Some of the requested messages no longer exist.\r\n$4 OK done\r\n";
    for (bool const any : {false, true})
    {
        std::vector<std::uint32_t> got;
        sink_log log;
        session s;
        auto const talk = [&](session& se) -> flow<> {
            fetch_items what;
            what.sections = {{}};
            what.sink = [&](section_piece const& p) { return log(p); };
            what.each = [&](message const& m) {
                got.push_back(m.uid);
                return error_code();
            };
            co_await open_inbox(se);
            auto const r = co_await attempt(fetch(se, numbering::uid, uid_set(1, 20), std::move(what)));
            BOOST_TEST((r.ec == (any ? imap::error::fetch_incomplete : imap::error::command_refused)), r.ec.message());
            BOOST_TEST(r.diagnostics == "Some of the requested messages no longer exist.");
            co_await noop(se);  // the connection is as good as before
        };
        auto const r = play(talk(s), tagged(std::vector<std::string>{"", ready + (any ? some : "") + no}));
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(log.text == (any ? "hello" : ""));
        BOOST_TEST(got.size() == (any ? 1u : 0u));
    }
    // What has a meaning of its own keeps it.
    sink_log log;
    current_log = &log;
    auto const busy = in_inbox(fetch_to_log, some + "$3 NO Request is throttled. Suggested Backoff Time: 5000 "
                                                    "milliseconds\r\n");
    BOOST_TEST((busy.ec == imap::error::throttled), busy.ec.message());
}

BOOST_AUTO_TEST_CASE(IM_02_a_literal_that_never_comes)
{
    sink_log log;
    current_log = &log;
    auto const r = in_inbox(fetch_to_log, "* 1 FETCH (BODY[] {4294967295}\r\n");
    BOOST_TEST((r.ec == imap::error::literal_too_long));
    auto const kept =
        in_inbox<message_batch>([](session& s) { return fetch(s, numbering::uid, uid_set::all(), {.sections = {{}}}); },
                                "* 1 FETCH (BODY[] {4194305}\r\n");
    BOOST_TEST((kept.ec == imap::error::literal_too_long));
}

BOOST_AUTO_TEST_CASE(IM_04_a_tagged_OK_inside_a_literal_is_no_answer)
{
    sink_log log;
    current_log = &log;
    auto const r = in_inbox(fetch_to_log, "* 1 FETCH (BODY[] {500}\r\nabc\r\n$3 OK FETCH completed.\r\n");
    BOOST_TEST((r.ec == outkit::error::connection_closed));
}

// That the program's other work goes on meanwhile is not looked at, so this is not all of the catalogue's case.
BOOST_AUTO_TEST_CASE(floods_of_small_responses_end_at_the_limits)
{
    session s;
    s.settings.limits.untagged_responses = 100;
    std::string flood;
    for (int i = 0; i != 200; ++i)
        flood += "* OK x\r\n";
    auto const r =
        in_inbox<std::vector<mailbox_event>>([](session& se) { return noop(se); }, flood + "$3 OK done\r\n", s);
    BOOST_TEST((r.ec == imap::error::too_many_responses));
    session t;
    t.settings.limits.untagged_octets = 1000;
    auto const octets =
        in_inbox<std::vector<mailbox_event>>([](session& se) { return noop(se); }, flood + "$3 OK done\r\n", t);
    BOOST_TEST((octets.ec == imap::error::response_too_long));
}

BOOST_AUTO_TEST_CASE(IM_11_IM_40_odd_responses_are_skipped_up_to_a_limit)
{
    std::string odd;
    for (int i = 0; i != 100; ++i)
        odd += "* 1 FETCH (\r\n";
    auto const r = in_inbox<std::vector<mailbox_event>>(
        [](session& s) { return noop(s); }, odd + "* XYZZY {3}\r\nabc ((\r\n* VANISHED 1:5\r\n$3 OK done\r\n");
    BOOST_TEST(!r.ec, r.ec.message());
    auto const more =
        in_inbox<std::vector<mailbox_event>>([](session& s) { return noop(s); }, odd + "* 1 FETCH (\r\n$3 OK done\r\n");
    BOOST_TEST((more.ec == imap::error::too_many_malformed_responses));
}

BOOST_AUTO_TEST_CASE(IM_15_positions_that_contradict_each_other)
{
    for (char const* const odd : {"* 2 EXISTS\r\n", "* 9 EXPUNGE\r\n"})
    {
        session s;
        auto const r = in_inbox<std::vector<mailbox_event>>([](session& se) { return noop(se); },
                                                            std::string(odd) + "$3 OK done\r\n", s);
        BOOST_TEST(!r.ec);
        BOOST_TEST(!s.box.reliable);
    }
    session s;
    auto const r = in_inbox<std::vector<mailbox_event>>(
        [](session& se) { return noop(se); }, "* 4294967295 EXISTS\r\n* 0 EXPUNGE\r\n* 1 EXPUNGE\r\n$3 OK done\r\n", s);
    BOOST_TEST(!r.ec);
    BOOST_TEST(s.box.exists == 4294967294u);
    BOOST_TEST(s.malformed == 1u);

    // EXPUNGE while messages are counted: nobody knows any more which is which, until the mailbox is selected again.
    session counting;
    auto const counted = in_inbox<void>(
        [](session& se) -> flow<> {
            fetch_items const items{.flags = true};
            store_options const deleted{store_mode::add, {flag::deleted, {}}, true};
            auto const got = co_await fetch(se, numbering::sequence, sequence_set(1, 3), items);
            BOOST_TEST(got.size() == 1u);
            BOOST_TEST(!se.box.reliable);
            auto const again = co_await attempt(fetch(se, numbering::sequence, sequence_set(2), items));
            BOOST_TEST((again.ec == imap::error::positions_contradicted));
            auto const marked = co_await attempt(store(se, numbering::sequence, sequence_set(2), deleted));
            BOOST_TEST((marked.ec == imap::error::positions_contradicted));
            co_await select(se, "INBOX", false);
            co_await fetch(se, numbering::sequence, sequence_set(1), items);
        },
        "* 1 EXPUNGE\r\n* 2 FETCH (UID 12 FLAGS ())\r\n$3 OK done\r\n* 2 EXISTS\r\n$4 OK done\r\n$5 OK done\r\n",
        counting);
    BOOST_TEST(!counted.ec, counted.ec.message());
    BOOST_TEST(counted.written.ends_with(tagged("$3 FETCH 1:3 (UID FLAGS)\r\n$4 SELECT INBOX\r\n$5 FETCH 1 (UID "
                                                "FLAGS)\r\n")),
               counted.written);
    // By UID it does no harm.
    session by_uid;
    auto const safe =
        in_inbox<message_batch>([](session& se) { return fetch(se, numbering::uid, uid_set(12), {.flags = true}); },
                                "* 1 EXPUNGE\r\n* 2 FETCH (UID 12 FLAGS ())\r\n$3 OK done\r\n", by_uid);
    BOOST_TEST(!safe.ec);
    BOOST_TEST(by_uid.box.reliable);
}

BOOST_AUTO_TEST_CASE(IM_31_a_server_that_talks_utf8_only_is_told_apart)
{
    auto const r = play_sign_in("* OK [CAPABILITY AUTH=XOAUTH2 SASL-IR] hi\r\n$1 OK [CAPABILITY IMAP4rev1 "
                                "ENABLE UTF8=ONLY] in\r\n");
    BOOST_TEST((r.ec == imap::error::utf8_required), r.ec.message());
}

BOOST_AUTO_TEST_CASE(IM_20_tags_that_are_not_ours)
{
    std::string const tag = tagged(std::string("$3"));
    std::string lower = tag;
    for (char& c : lower)
        c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    for (std::string const& line : {std::string("$2 OK done\r\n"), std::string("a1 OK done\r\n"),
                                    lower + " OK done\r\n", std::string("<body BAD Command Error. 10\r\n")})
    {
        auto const r = in_inbox<std::vector<mailbox_event>>([](session& s) { return noop(s); }, line);
        BOOST_TEST((r.ec == imap::error::unknown_tag), line);
    }
    auto const r = in_inbox<std::vector<mailbox_event>>([](session& s) { return noop(s); }, "* OK done\r\n");
    BOOST_TEST((r.ec == outkit::error::connection_closed));
}

// --- APPEND ---

namespace {
octet_source two_pieces()
{
    octet_source from;
    from.octets = 6;
    from.read = [at = 0](char* into, std::size_t, error_code&) mutable {
        std::copy_n(at++ == 0 ? "abc" : "def", 3, into);
        return std::size_t(3);
    };
    return from;
}
flow<append_result> append_hello(session& s)
{
    return append(s, "Sent Items", "Subject: hello\r\n\r\nhi\r\n", {.flags = {flag::seen, {}}});
}
}  // namespace

BOOST_AUTO_TEST_CASE(appends_with_a_literal_that_waits)
{
    auto const r = in_inbox(append_hello,
                            "+ Ready for additional command text.\r\n$3 OK [APPENDUID 21 305] APPEND completed.\r\n");
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(r.value->uid == 305u);
    BOOST_TEST(r.value->uid_validity == 21u);
    BOOST_TEST(
        r.written.ends_with(tagged("$3 APPEND \"Sent Items\" (\\Seen) {22}\r\nSubject: hello\r\n\r\nhi\r\n\r\n")));
}

BOOST_AUTO_TEST_CASE(a_trace_shows_of_an_appended_message_how_long_it_is)
{
    for (bool const streamed : {false, true})
        for (bool const at_once : {false, true})
        {
            session s;
            std::string traced;
            s.w.trace = [&](outkit::detail::wire::direction, std::string_view text) { (traced += text) += '\n'; };
            auto const whole = [](session& se) { return append(se, "x", "hidden", {}); };
            auto const in_pieces = [](session& se) { return append(se, "x", two_pieces(), {}); };
            std::string script = ready;
            if (at_once)
                script.replace(script.find("IMAP4"), 0, "LITERAL+ ");
            else
                script += "+ go\r\n";
            flow<append_result> (*const how)(session&) = streamed ? +in_pieces : +whole;
            auto const r = play(after_opening(s, how), tagged(std::vector<std::string>{"", script + "$3 OK done\r\n"}));
            BOOST_TEST(!r.ec, r.ec.message() << r.diagnostics);
            BOOST_TEST(r.written.find(streamed ? "abcdef\r\n" : "hidden\r\n") != std::string::npos);
            BOOST_TEST(traced.find("APPEND x {6") != std::string::npos, traced);
            for (char const* const part : {"hidden", "abc", "def"})
                BOOST_TEST(traced.find(part) == std::string::npos, traced);
        }
}

BOOST_AUTO_TEST_CASE(IM_21_IM_22_the_literal_is_sent_only_when_it_is_asked_for)
{
    auto const early = in_inbox(append_hello, "$3 OK done\r\n");
    BOOST_TEST((early.ec == imap::error::early_completion));
    BOOST_TEST(last_line(early.written) == tagged("$3 APPEND \"Sent Items\" (\\Seen) {22}\r\n"));
    auto const refused = in_inbox(append_hello, "$3 NO [TRYCREATE] no\r\n");
    BOOST_TEST((refused.ec == imap::error::no_such_mailbox));
    BOOST_TEST(last_line(refused.written) == tagged("$3 APPEND \"Sent Items\" (\\Seen) {22}\r\n"));
    auto const unasked =
        in_inbox<std::vector<mailbox_event>>([](session& s) { return noop(s); }, "+ go\r\n$3 OK done\r\n");
    BOOST_TEST((unasked.ec == imap::error::unexpected_continuation));
    auto const twice = in_inbox(append_hello, "+ go\r\n+ go\r\n$3 OK done\r\n");
    BOOST_TEST((twice.ec == imap::error::outcome_unknown));
}

BOOST_AUTO_TEST_CASE(IM_24_IM_43_an_append_cut_after_sending_has_an_unknown_outcome)
{
    std::string const before = ready, go = "+ go\r\n", answer = "$3 OK [APPENDUID 21 305] APPEND completed.\r\n";
    std::string const whole = tagged(before + go + answer);
    std::size_t const sent_at = tagged(before + go).size();
    for (std::size_t n = tagged(before).size(); n < whole.size(); ++n)
    {
        session s;
        auto const r = play(after_opening(s, append_hello), {"", whole.substr(0, n)});
        BOOST_TEST((r.ec == (n < sent_at ? make_error_code(outkit::error::connection_closed)
                                         : make_error_code(imap::error::outcome_unknown))),
                   n << ": " << r.ec.message());
    }
    auto const bye = in_inbox(append_hello, "+ go\r\n* BYE Connection closed. 14\r\n");
    BOOST_TEST((bye.ec == imap::error::outcome_unknown));
    BOOST_TEST((bye.ec == condition::outcome_unknown));
    BOOST_TEST(bye.diagnostics == "Connection closed. 14");
}

BOOST_AUTO_TEST_CASE(IM_23_literals_without_waiting_only_if_this_session_may)
{
    // LITERAL+ before signing in, not after it.
    session s;
    std::string const no_longer =
        "* OK [CAPABILITY AUTH=XOAUTH2 SASL-IR LITERAL+] hi\r\n$1 OK [CAPABILITY IMAP4rev1] in\r\n";
    auto talk = [](session& se) -> flow<append_result> {
        co_await sign_in(se);
        co_return co_await append_hello(se);
    };
    auto const r = play(talk(s), tagged(std::vector<std::string>{"", no_longer + "$2 NO no\r\n"}));
    BOOST_TEST(r.written.ends_with("{22}\r\n"));
    session plus;
    auto const p =
        play(talk(plus),
             tagged(std::vector<std::string>{
                 "", "* OK [CAPABILITY AUTH=XOAUTH2 SASL-IR] hi\r\n$1 OK [CAPABILITY LITERAL+] in\r\n$2 OK done\r\n"}));
    BOOST_TEST(!p.ec, p.ec.message());
    BOOST_TEST(p.written.find("{22+}\r\nSubject: hello") != std::string::npos);

    auto big = [](session& se) -> flow<append_result> {
        co_await sign_in(se);
        std::string message(4097, 'x');
        append_options none;
        co_return co_await append(se, "x", std::move(message), std::move(none));
    };
    session minus;
    auto const m =
        play(big(minus),
             tagged(std::vector<std::string>{
                 "", "* OK [CAPABILITY AUTH=XOAUTH2 SASL-IR] hi\r\n$1 OK [CAPABILITY LITERAL-] in\r\n$2 NO no\r\n"}));
    BOOST_TEST(m.written.ends_with("{4097}\r\n"));
}

BOOST_AUTO_TEST_CASE(IM_14_APPENDUID_out_of_place)
{
    auto const r = in_inbox(append_hello, "* OK [APPENDUID 1 1] x\r\n+ go\r\n* OK [APPENDUID 2 2] x\r\n$3 OK done\r\n");
    BOOST_TEST(!r.ec);
    BOOST_TEST(r.value->uid == 0u);
    auto const n =
        in_inbox<std::vector<mailbox_event>>([](session& s) { return noop(s); }, "$3 OK [APPENDUID 1 1] done\r\n");
    BOOST_TEST(!n.ec);
}

BOOST_AUTO_TEST_CASE(IM_47_messages_that_cannot_be_appended)
{
    session s;
    s.settings.limits.message = 10;
    auto const r = in_inbox(append_hello, "", s);
    BOOST_TEST((r.ec == imap::error::message_too_long));
    BOOST_TEST((r.ec == condition::invalid_argument));
    auto const empty =
        in_inbox<append_result>([](session& se) { return append(se, "x", "", {}); }, "+ go\r\n$3 OK done\r\n");
    BOOST_TEST(!empty.ec);
    BOOST_TEST(empty.written.ends_with(tagged("$3 APPEND x {0}\r\n\r\n")));
    auto const too_long = in_inbox<append_result>(
        [](session& se) {
            octet_source from = two_pieces();
            from.octets = std::uint64_t(151) << 20;
            return append(se, "x", std::move(from), {});
        },
        "+ go\r\n");
    BOOST_TEST((too_long.ec == imap::error::message_too_long));
    BOOST_TEST(last_line(too_long.written) == tagged("$2 SELECT INBOX\r\n"));
    auto const big = in_inbox(append_hello, "$3 NO [TOOBIG] too big\r\n");
    BOOST_TEST((big.ec == imap::error::message_too_big));
    // Octets are sent as they are, also line ends that SMTP would not take.
    auto const bare =
        in_inbox<append_result>([](session& se) { return append(se, "x", "a\nb\rc", {}); }, "+ go\r\n$3 OK done\r\n");
    BOOST_TEST(!bare.ec);
    BOOST_TEST(bare.written.ends_with(tagged("$3 APPEND x {5}\r\na\nb\rc\r\n")));
    auto const flag_name =
        in_inbox<append_result>([](session& se) { return append(se, "x", "y", {.flags = {flag::none, {"a b"}}}); }, "");
    BOOST_TEST((flag_name.ec == imap::error::invalid_flag));
}

// --- STORE, COPY, MOVE ---

BOOST_AUTO_TEST_CASE(stores_flags)
{
    // observed: iroco-co/aioimaplib#67
    session s;
    auto const r = in_inbox<message_batch>(
        [](session& se) {
            return store(se, numbering::uid, uid_set(4), {store_mode::add, {flag::deleted, {"$MDNSent"}}, false});
        },
        "* 1 FETCH (UID 4 FLAGS (\\Deleted \\Recent))\r\n$3 OK STORE completed.\r\n", s);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(last_line(r.written) == tagged("$3 UID STORE 4 +FLAGS (\\Deleted $MDNSent)\r\n"));
    BOOST_TEST_REQUIRE(r.value->size() == 1u);
    BOOST_TEST((*r.value)[0].has(flag::deleted));
    // Exchange would answer BAD Command Argument Error. 11; observed: djcb/mu#1384
    auto const none = in_inbox<message_batch>(
        [](session& se) {
            return store(se, numbering::uid, uid_set(4), {store_mode::add, {flag::none, {"$Forwarded"}}, true});
        },
        "");
    BOOST_TEST((none.ec == imap::error::flag_not_permanent));
}

BOOST_AUTO_TEST_CASE(moves_and_hears_where_to)
{
    // RFC 6851: the code comes before the answer; observed: jstedfast/MailKit#115, without "* OK"
    for (char const* const code : {"* OK [COPYUID 55 31 6] x\r\n", "[COPYUID 55 31 6]\r\n"})
    {
        session s;
        auto const r =
            in_inbox<copy_result>([](session& se) { return move(se, uid_set(31), "Archive"); },
                                  std::string(code) + "* 1 EXPUNGE\r\n* 2 EXISTS\r\n$3 OK MOVE completed.\r\n", s);
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(r.value->to.to_string() == "6");
        BOOST_TEST(s.box.exists == 2u);
        BOOST_TEST(s.box.reliable);
    }
    auto const cut =
        in_inbox<copy_result>([](session& se) { return move(se, uid_set(31), "Archive"); }, "* 1 EXPUNGE\r\n");
    BOOST_TEST((cut.ec == imap::error::outcome_unknown));
}

// --- SEARCH and what else a mailbox is asked ---

BOOST_AUTO_TEST_CASE(searches_by_uid)
{
    using key = search_key;
    auto const find = [](session& se) { return search(se, !key::flagged_as(flag::seen)); };
    // observed: exchange-imap transcripts of mscdex/node-imap#561; RFC 3501 section 7.2.5
    for (auto const& [answer, found] : {std::pair<std::string, std::string>{"* SEARCH 4490\r\n", "4490"},
                                        {"* SEARCH 2 84 882\r\n", "2,84,882"},
                                        {"* SEARCH\r\n", ""},
                                        {"", ""},
                                        {"* SEARCH 2 3\r\n* 4 EXISTS\r\n* SEARCH 4 9\r\n", "2:4,9"}})
    {
        auto const r = in_inbox<uid_set>(find, answer + "$3 OK SEARCH completed.\r\n");
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(r.value->to_string() == found);
        BOOST_TEST(r.written.ends_with(tagged("$3 UID SEARCH NOT SEEN\r\n")));
    }
    auto const make = [&](auto&& run) {
        session s;
        run(after_opening<uid_set>(s, find));
    };
    std::vector<std::string> const script =
        tagged(std::vector<std::string>{"", ready + "* SEARCH 2 84\r\n$3 OK SEARCH completed.\r\n"});
    tests::cut_at_every_byte(make, script);
    tests::failing_at_every_step(make, script);
    tests::in_pieces_of_every_size(make, script, [](auto const& r) { BOOST_TEST(!r.ec, r.ec.message()); });
}

BOOST_AUTO_TEST_CASE(exchange_does_not_search_for_text_outside_ascii)
{
    session s;
    // observed: jstedfast/MailKit#808, eclipse-ee4j/angus-mail#145
    auto const r = in_inbox<uid_set>(
        [](session& se) {
            return search(se, search_key::subject("Gr\xc3\xbc\xc3\x9f"
                                                  "e"));
        },
        "+ Ready for additional command text.\r\n"
        "$3 NO [BADCHARSET (US-ASCII)] The specified charset is not supported.\r\n",
        s);
    BOOST_TEST((r.ec == imap::error::charset_not_supported));
    BOOST_TEST(r.written.ends_with(tagged("$3 UID SEARCH CHARSET UTF-8 SUBJECT {7}\r\nGr\xc3\xbc\xc3\x9f"
                                          "e\r\n")));
    BOOST_TEST((s.at == session::state::selected));  // and the connection goes on
}

BOOST_AUTO_TEST_CASE(says_who_we_are_and_hears_who_the_server_is)
{
    auto const ask = [](session& se) {
        se.caps.add("ID");
        return identify(se, {{"name", "outkit"}, {"version", "1 \"beta\""}});
    };
    // observed: postalsys/imapflow's transcripts
    auto const r =
        in_inbox<id_fields>(ask, "* ID (\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\" \"version\" \"15.20\")\r\n"
                                 "$3 OK ID completed.\r\n");
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST((*r.value == id_fields{{"name", "Microsoft.Exchange.Imap4.Imap4Server"}, {"version", "15.20"}}));
    BOOST_TEST(r.written.ends_with(tagged("$3 ID (\"name\" \"outkit\" \"version\" \"1 \\\"beta\\\"\")\r\n")));
    auto const nothing = in_inbox<id_fields>(
        [](session& se) {
            se.caps.add("ID");
            return identify(se, {});
        },
        "* ID NIL\r\n$3 OK ID completed.\r\n");
    BOOST_TEST((!nothing.ec && nothing.value->empty()));
    BOOST_TEST(nothing.written.ends_with(tagged("$3 ID NIL\r\n")));
    auto const evil = in_inbox<id_fields>(
        [](session& se) {
            se.caps.add("ID");
            return identify(se, {{"name", "x\r\nA1 DELETE x"}});
        },
        "");
    BOOST_TEST((evil.ec == imap::error::invalid_string));
    BOOST_TEST(
        (in_inbox<id_fields>([](session& se) { return identify(se, {}); }, "").ec == imap::error::capability_missing));
}

BOOST_AUTO_TEST_CASE(subscribed_mailboxes_are_listed)
{
    auto const ask = [](session& se) { return list(se, "", "*", listing::subscribed); };
    // RFC 3501 section 7.2.3
    auto const r = in_inbox<std::vector<mailbox>>(
        ask, "* LIST () \"/\" other\r\n* LSUB () \".\" #news.comp.mail.misc\r\n$3 OK LSUB completed\r\n");
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST_REQUIRE(r.value->size() == 1u);
    BOOST_TEST(r.value->front().name == "#news.comp.mail.misc");
    BOOST_TEST(r.written.ends_with(tagged("$3 LSUB \"\" \"*\"\r\n")));
    // Exchange with IMAP4rev2 switched on (observed: postalsys/imapflow 1.4.9)
    auto const refused = in_inbox<std::vector<mailbox>>(ask, "$3 BAD Command Error. 12\r\n");
    BOOST_TEST((refused.ec == imap::error::command_rejected));
}

BOOST_AUTO_TEST_CASE(closing_and_expunging_take_what_is_deleted)
{
    session s;
    auto const closed =
        in_inbox<void>([](session& se) { return imap::detail::close(se); }, "$3 OK CLOSE completed.\r\n", s);
    BOOST_TEST(!closed.ec, closed.ec.message());
    BOOST_TEST((s.at == session::state::authenticated));
    BOOST_TEST(s.box.name.empty());
    BOOST_TEST(closed.written.ends_with(tagged("$3 CLOSE\r\n")));
    // observed: iroco-co/aioimaplib#67
    session t;
    auto const expunged =
        in_inbox<void>([](session& se) { return expunge_all(se); }, "* 2 EXPUNGE\r\n$3 OK EXPUNGE completed.\r\n", t);
    BOOST_TEST(!expunged.ec, expunged.ec.message());
    BOOST_TEST(t.box.exists == 2u);
    BOOST_TEST_REQUIRE(t.events.size() == 1u);
    BOOST_TEST((t.events.front().what == mailbox_event::kind::expunge));
}

// --- more than fits into memory ---

BOOST_AUTO_TEST_CASE(messages_are_appended_from_a_source)
{
    std::string const message = "Subject: hello\r\n\r\n" + std::string(200'000, 'x') + "\r\n";
    auto const source = [&message](std::size_t most_at_once) {
        octet_source from;
        from.octets = message.size();
        from.read = [&message, most_at_once, at = std::size_t(0)](char* into, std::size_t most, error_code&) mutable {
            std::size_t const n = std::min({most, most_at_once, message.size() - at});
            std::copy_n(message.data() + at, n, into);
            at += n;
            return n;
        };
        return from;
    };
    for (std::size_t const piece : {1'000u, 65'536u, 1'000'000u})
        for (bool const plus : {false, true})
        {
            session s;
            auto talk = [](session& se, octet_source from, bool at_once) -> flow<append_result> {
                co_await open_inbox(se);
                if (at_once)
                    se.caps.add("LITERAL+");
                append_options none;
                co_return co_await append(se, "Archive", std::move(from), std::move(none));
            };
            std::string const go = plus ? "" : "+ go\r\n";
            auto const r = play(talk(s, source(piece), plus),
                                tagged(std::vector<std::string>{"", ready + go + "$3 OK [APPENDUID 21 305] done\r\n"}));
            BOOST_TEST(!r.ec, r.ec.message());
            BOOST_TEST(r.value->uid == 305u);
            std::string const announced = '{' + std::to_string(message.size()) + (plus ? "+}\r\n" : "}\r\n");
            BOOST_TEST(r.written.ends_with(tagged("$3 APPEND Archive " + announced + message + "\r\n")));
        }

    // A source that fails, or ends too early, costs the connection: the server must not take what has come so far.
    for (bool const fails : {false, true})
    {
        session s;
        auto talk = [](session& se, octet_source from) -> flow<append_result> {
            co_await open_inbox(se);
            append_options none;
            co_return co_await append(se, "Archive", std::move(from), std::move(none));
        };
        octet_source from;
        from.octets = 10;
        from.read = [fails, first = true](char* into, std::size_t, error_code& ec) mutable -> std::size_t {
            if (std::exchange(first, false))
            {
                std::copy_n("abc", 3, into);
                return 3;
            }
            if (fails)
                ec = os_error(EIO);
            return 0;
        };
        auto const r = play(talk(s, std::move(from)), tagged(std::vector<std::string>{"", ready + "+ go\r\n"}));
        BOOST_TEST((r.ec == (fails ? os_error(EIO) : make_error_code(imap::error::message_too_short))), r.ec.message());
        BOOST_TEST(r.written.ends_with("{10}\r\nabc"));
    }
    // What is too long or nothing at all is refused before a byte.
    auto const long_one = in_inbox<append_result>(
        [](session& se) {
            octet_source from;
            from.octets = se.settings.limits.message + 1;
            from.read = [](char*, std::size_t, error_code&) { return std::size_t(0); };
            return append(se, "x", std::move(from), {});
        },
        "");
    BOOST_TEST((long_one.ec == imap::error::message_too_long));
    auto const none = in_inbox<append_result>([](session& se) { return append(se, "x", octet_source(), {}); }, "");
    BOOST_TEST((none.ec == imap::error::message_too_short));
}

BOOST_AUTO_TEST_CASE(messages_are_handed_on_one_by_one)
{
    struct log
    {
        std::vector<std::uint32_t> uids;
        std::size_t octets = 0;
        error_code answer = {};
    };
    static log* here = nullptr;
    auto const fetch_each = [](session& se) {
        fetch_items what = fetch_items::metadata();
        what.each = [](message const& m) {
            here->uids.push_back(m.uid);
            here->octets += m.envelope ? m.envelope->subject.size() : 0;
            return here->answer;
        };
        return fetch(se, numbering::uid, uid_set::all(), std::move(what));
    };
    // More than may be kept for one command: 100,000 responses, 16 MB.
    session s;
    s.settings.limits.untagged_responses = 50;
    s.settings.limits.untagged_octets = 4'000;
    std::string script;
    for (int i = 1; i <= 1000; ++i)
        script +=
            "* " + std::to_string(i) + " FETCH (UID " + std::to_string(i + 100) +
            " ENVELOPE (NIL \"subject\" NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL "
            "NIL \"7BIT\" 3 1))\r\n";
    log all;
    here = &all;
    auto const r = in_inbox<message_batch>(fetch_each, script + "$3 OK FETCH completed.\r\n", s);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST_REQUIRE(all.uids.size() == 1000u);
    BOOST_TEST(all.uids.back() == 1100u);
    BOOST_TEST(all.octets == 7'000u);
    BOOST_TEST((r.value && r.value->empty()));

    log refused;
    refused.answer = os_error(ENOSPC);
    here = &refused;
    auto const full = in_inbox<message_batch>(fetch_each, "* 1 FETCH (UID 7)\r\n* 2 FETCH (UID 8)\r\n$3 OK done\r\n");
    BOOST_TEST((full.ec == os_error(ENOSPC)));
    BOOST_TEST(refused.uids.size() == 1u);
}

namespace {

struct fed
{
    error_code ec;
    std::size_t largest = 0;  // octets in the wire's buffer
    std::uint64_t said = 0;   // by the client
};

// A peer that makes up what it says while it says it: nothing of it is in memory.
template <class T>
fed feed(flow<T> f, std::function<std::size_t(char*, std::size_t)> says)
{
    using kind = outkit::detail::io_request::kind;
    simulator world;
    outkit::detail::flow_state st;
    st.world = &world;
    f.start(st);
    fed out;
    outkit::detail::io_result r;
    for (;;)
    {
        auto const& rq = resume(st, std::move(r));
        r = {};
        if (rq.what == kind::none)
            break;
        if (rq.what == kind::write)
            out.said += r.n = rq.output.size();
        if (rq.what == kind::read)
        {
            std::string& in = *rq.input;
            std::size_t const before = in.size(), most = std::min<std::size_t>(rq.max, 16 * 1024);
            in.resize(before + most);
            r.n = says(in.data() + before, most);
            in.resize(before + r.n);
            out.largest = std::max(out.largest, in.capacity());
        }
    }
    out.ec = st.ec;
    return out;
}

session& selected_session(session& s)
{
    s.trusted = true;
    s.at = session::state::selected;
    s.box.exists = 3;
    s.caps.add("LITERAL+");
    return s;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_of_150_MB_takes_no_memory)
{
    static constexpr std::uint64_t whole = std::uint64_t(150) << 20;
    std::string const head = "* 1 FETCH (UID 7 BODY[] {" + std::to_string(whole) + "}\r\n",
                      tail = tagged(std::string(")\r\n$1 OK FETCH completed.\r\n"));
    std::uint64_t sent = 0, taken = 0;
    session s;
    fetch_items what;
    what.sections = {{}};
    what.sink = [&](section_piece const& p) {
        taken += p.data.size();
        return error_code();
    };
    std::uint64_t const all = head.size() + whole + tail.size();
    auto const fetched = feed(
        fetch(selected_session(s), numbering::uid, uid_set(7), std::move(what)), [&](char* into, std::size_t most) {
            std::size_t const n = static_cast<std::size_t>(std::min<std::uint64_t>(most, all - sent));
            std::fill_n(into, n, 'x');
            for (std::uint64_t i = sent; i < sent + n && i < head.size(); ++i)
                into[i - sent] = head[i];
            for (std::uint64_t i = std::max(sent, head.size() + whole); i < sent + n; ++i)
                into[i - sent] = tail[i - head.size() - whole];
            sent += n;
            return n;
        });
    BOOST_TEST(!fetched.ec, fetched.ec.message());
    BOOST_TEST(taken == whole);
    BOOST_TEST(fetched.largest <= 64u * 1024);

    session t;
    octet_source from;
    from.octets = whole;
    std::size_t largest = 0;
    from.read = [&](char* into, std::size_t most, error_code&) {
        largest = std::max(largest, most);
        std::fill_n(into, most, 'x');
        return most;
    };
    std::string const answer = tagged(std::string("$1 OK [APPENDUID 21 305] APPEND completed.\r\n"));
    auto const appended =
        feed(append(selected_session(t), "x", std::move(from), {}), [&](char* into, std::size_t most) {
            std::size_t const n = std::min(most, answer.size());
            std::copy_n(answer.data(), n, into);
            return n;
        });
    BOOST_TEST(!appended.ec, appended.ec.message());
    BOOST_TEST(appended.said > whole);
    BOOST_TEST(appended.said < whole + 100);
    BOOST_TEST(largest <= 64u * 1024);
}

BOOST_AUTO_TEST_CASE(IM_08_a_line_that_never_ends_is_heard_for_a_megabyte)
{
    std::uint64_t sent = 0;
    session s;
    auto const r = feed(noop(selected_session(s)), [&](char* into, std::size_t most) {
        BOOST_TEST_REQUIRE(sent < std::uint64_t(100) << 20);
        std::fill_n(into, most, 'x');
        sent += most;
        return most;
    });
    BOOST_TEST((r.ec == condition::limit_exceeded), r.ec.message());
    BOOST_TEST(sent <= (std::uint64_t(1) << 20) + 32 * 1024);
    BOOST_TEST(r.largest <= std::size_t(3) << 20);
}

BOOST_AUTO_TEST_CASE(a_mailbox_of_100000_messages_is_listed_in_one_block)
{
    static constexpr std::uint32_t all = 100'000;
    std::uint32_t next = 1, heard = 0;
    std::string line;
    std::set<void const*> blocks;  // where the messages are
    session s;
    fetch_items what{.flags = true};
    what.each = [&](message const& m) {
        blocks.insert(&m);
        heard += m.uid == heard + 1;
        return error_code();
    };
    auto const listed = feed(
        fetch(selected_session(s), numbering::uid, uid_set::all(), std::move(what)), [&](char* into, std::size_t most) {
            while (line.size() < most && next <= all + 1)
            {
                line += next > all
                            ? tagged(std::string("$1 OK FETCH completed.\r\n"))
                            : "* " + std::to_string(next) + " FETCH (UID " + std::to_string(next) + " FLAGS ())\r\n";
                ++next;
            }
            std::size_t const n = std::min(most, line.size());
            std::copy_n(line.data(), n, into);
            line.erase(0, n);
            return n;
        });
    BOOST_TEST(!listed.ec, listed.ec.message());
    BOOST_TEST(heard == all);
    BOOST_TEST(blocks.size() <= 4u);
    BOOST_TEST(listed.largest <= 64u * 1024);
}

// --- IDLE ---

BOOST_AUTO_TEST_CASE(idle_ends_with_DONE_when_something_happens)
{
    // observed: Webklex/php-imap#258; pending data may come before the continuation
    for (char const* const said : {"+ IDLE accepted, awaiting DONE command.\r\n* 4 EXISTS\r\n* 1 RECENT\r\n",
                                   "* 4 EXISTS\r\n* 1 RECENT\r\n+ IDLE accepted, awaiting DONE command.\r\n"})
    {
        session s;
        auto idling = [](session& se) { return idle(se, {}); };
        std::string const script = tagged(ready + std::string(said) + "$3 OK IDLE completed.\r\n");
        // Octet by octet: a server does not answer before it has heard DONE.
        auto const r = play(after_opening<std::vector<mailbox_event>>(s, idling), {"", script}, {.piece = 1});
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(r.written.ends_with(tagged("$3 IDLE\r\nDONE\r\n")));
        BOOST_TEST_REQUIRE(r.value->size() == 2u);
        BOOST_TEST((*r.value)[0].number == 4u);
    }
}

BOOST_AUTO_TEST_CASE(idle_is_renewed_and_ends_in_time)
{
    session s;
    auto const r = in_inbox<std::vector<mailbox_event>>(
        [](session& se) { return idle(se, {std::chrono::minutes(15), std::chrono::minutes(10)}); }, "+ idling\r\n", s);
    // The script ends there, so the second DONE is not answered; what matters is what was said, and when.
    BOOST_TEST(r.written.ends_with(tagged("$3 IDLE\r\nDONE\r\n")));
    BOOST_TEST((r.slept == std::chrono::minutes(10)));
}

BOOST_AUTO_TEST_CASE(the_token_expires_during_idle)
{
    // observed: iroco-co/aioimaplib#83: the BYE comes in place of the answer
    auto const r = in_inbox<std::vector<mailbox_event>>(
        [](session& s) { return idle(s, {}); },
        "+ IDLE accepted, awaiting DONE command.\r\n* 4 EXISTS\r\n* BYE Session invalidated - AccessTokenExpired\r\n");
    BOOST_TEST((r.ec == imap::error::access_token_expired));
}

BOOST_AUTO_TEST_CASE(logout_is_said_and_the_connection_closed)
{
    session s;
    auto const r =
        in_inbox<void>([](session& se) { return logout(se); },
                       "* BYE Microsoft Exchange Server IMAP4 server signing off.\r\n$3 OK LOGOUT completed.\r\n", s);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(r.connected.back() == "close");
    BOOST_TEST((s.at == session::state::disconnected));
    auto const abrupt = in_inbox<void>([](session& se) { return logout(se); }, "* BYE bye\r\n");
    BOOST_TEST(!abrupt.ec);
    auto const cut = in_inbox<void>([](session& se) { return logout(se); }, "");
    BOOST_TEST(!!cut.ec);
}

BOOST_AUTO_TEST_CASE(a_BYE_is_an_error_of_its_own)
{
    auto const r =
        in_inbox<std::vector<mailbox_event>>([](session& s) { return noop(s); }, "* BYE Connection is closed. 13\r\n");
    BOOST_TEST((r.ec == imap::error::connection_ended));
    BOOST_TEST(r.diagnostics == "Connection is closed. 13");
}

namespace {

// How many commands a server would read, the octets of literals counted and not looked at.
std::size_t commands_in(std::string_view written)
{
    std::size_t n = 0;
    while (!written.empty())
    {
        auto const end = written.find('\n');
        if (end == std::string_view::npos)
            return n + 1;
        std::string_view line = written.substr(0, end);
        written.remove_prefix(end + 1);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        auto const open = line.rfind('{');
        std::string_view size = open == std::string_view::npos ? std::string_view() : line.substr(open + 1);
        if (size.ends_with("+}"))
            size.remove_suffix(2);
        else if (size.ends_with('}'))
            size.remove_suffix(1);
        else
            size = {};
        if (size.empty() || size.find_first_not_of("0123456789") != std::string_view::npos)
        {
            ++n;
            continue;
        }
        auto const octets = std::min<std::size_t>(std::stoul(std::string(size)), written.size());
        written.remove_prefix(octets);
    }
    return n;
}

}  // namespace

// Every text of the API that goes to the server.
BOOST_AUTO_TEST_CASE(IM_32_no_text_of_a_caller_becomes_a_command)
{
    BOOST_TEST(commands_in("a CREATE x\r\nA1 DELETE INBOX\r\n") == 2u);  // what it would be
    BOOST_TEST(commands_in("a CREATE {18}\r\nx\r\nA1 DELETE INBOX\r\nb NOOP\r\n") == 2u);
    using key = search_key;
    static std::string evil;
    using talk = flow<> (*)(session&);
    static constexpr auto done = [](auto f) -> flow<> { co_await std::move(f); };
    talk const ways[] = {
        [](session& s) { return done(select(s, evil, false)); },
        [](session& s) { return done(select(s, evil, true)); },
        [](session& s) { return done(status(s, evil)); },
        [](session& s) { return create(s, evil); },
        [](session& s) { return remove(s, evil); },
        [](session& s) { return rename(s, evil, "x"); },
        [](session& s) { return rename(s, "x", evil); },
        [](session& s) { return subscribe(s, evil, true); },
        [](session& s) { return subscribe(s, evil, false); },
        [](session& s) { return done(list(s, "", evil)); },
        [](session& s) { return done(list(s, evil, "*")); },
        [](session& s) { return done(list(s, "", evil, listing::subscribed)); },
        [](session& s) { return done(copy(s, uid_set(1), evil)); },
        [](session& s) { return done(imap::detail::move(s, uid_set(1), evil)); },
        [](session& s) { return done(append(s, evil, "x", {})); },
        [](session& s) { return done(append(s, "x", evil, {})); },
        [](session& s) { return done(append(s, "x", "x", {.flags = {flag::none, {evil}}})); },
        [](session& s) {
            s.box.new_keywords = true;
            return done(store(s, numbering::uid, uid_set(1), {store_mode::add, {flag::none, {evil}}, false}));
        },
        [](session& s) {
            fetch_items what;
            what.sections = {{{}, section::text::header_fields, {evil}, {}, false}};
            return done(fetch(s, numbering::uid, uid_set(1), std::move(what)));
        },
        [](session& s) { return done(search(s, key::from(evil) && key::to(evil))); },
        [](session& s) { return done(search(s, key::cc(evil) || key::bcc(evil))); },
        [](session& s) { return done(search(s, !key::subject(evil) && key::body(evil))); },
        [](session& s) { return done(search(s, key::text(evil))); },
        [](session& s) { return done(search(s, key::header(evil, "x"))); },
        [](session& s) { return done(search(s, key::header("Subject", evil))); },
        [](session& s) { return done(search(s, key::keyword(evil))); },
        [](session& s) {
            s.caps.add("ID");
            return done(identify(s, {{evil, "x"}}));
        },
        [](session& s) {
            s.caps.add("ID");
            return done(identify(s, {{"name", evil}}));
        },
    };
    std::size_t said = 0, refused = 0;
    for (std::string const& text : tests::hostile_texts())
        for (std::size_t way = 0; way != std::size(ways); ++way)
            for (bool const plus : {false, true})
            {
                evil = text;
                session s;
                auto conversation = [](session& se, talk one, bool at_once) -> flow<> {
                    co_await open_inbox(se);
                    if (at_once)
                        se.caps.add("LITERAL+");
                    co_await one(se);
                };
                std::string const go = plus ? "" : "+ go\r\n+ go\r\n";
                auto const r = play(conversation(s, ways[way], plus),
                                    tagged(std::vector<std::string>{"", ready + go + "$3 OK done\r\n"}));
                std::size_t const before = commands_in(tagged("$1 AUTHENTICATE XOAUTH2 x\r\n$2 SELECT INBOX\r\n"));
                std::size_t const now = commands_in(r.written);
                BOOST_TEST((now == before || now == before + 1),
                           now << " commands by way " << way << " with " << text.substr(0, 40));
                now == before ? ++refused : ++said;
            }
    BOOST_TEST_MESSAGE(said << " commands said, " << refused << " refused before a byte");
    BOOST_TEST(said != 0u);
    BOOST_TEST(refused != 0u);

    // Signing in, which is not a command like the others.
    for (std::string const& text : tests::hostile_texts())
        for (bool const as_user : {false, true})
        {
            session s;
            auto conversation = [](session& se, std::string user, access_token t) -> flow<> {
                co_await connect(se, "mail.test", 993, security::implicit_tls);
                co_await authenticate(se, std::move(user), std::move(t));
            };
            auto const r =
                play(conversation(s, as_user ? text : "ann@contoso.example", access_token(as_user ? "t" : text)),
                     tagged(std::vector<std::string>{"", "* OK [CAPABILITY AUTH=XOAUTH2 SASL-IR] ready\r\n"}));
            BOOST_TEST(commands_in(r.written) <= 1u, text.substr(0, 40));
        }
}

BOOST_AUTO_TEST_CASE(commands_out_of_order_are_refused_here)
{
    session s;
    BOOST_TEST((play(select(s, "x", false), {""}).ec == outkit::error::not_connected));
    s.at = session::state::not_authenticated;
    BOOST_TEST((play(select(s, "x", false), {""}).ec == imap::error::not_authenticated));
    s.at = session::state::authenticated;
    BOOST_TEST((play(fetch(s, numbering::uid, uid_set(1), {}), {""}).ec == imap::error::no_mailbox_selected));
    BOOST_TEST((play(authenticate(s, "a", token()), {""}).ec == imap::error::already_authenticated));
    s.at = session::state::selected;
    BOOST_TEST((play(fetch(s, numbering::uid, {}, {}), {""}).ec == imap::error::empty_set));
    BOOST_TEST((play(idle(s, {}), {""}).ec == imap::error::capability_missing));
    BOOST_TEST((play(expunge(s, uid_set(1)), {""}).ec == imap::error::capability_missing));
}

// --- every flow, cut, split, failed and cancelled ---

namespace {

// One conversation. `answer` is all that the server says; "$1" is the first tag.
struct conversation
{
    char const* name;
    char const* answer;
    flow<> (*talk)(session&);
    // From this octet of the answer on the flow has what it wants, whatever becomes of the connection.
    char const* enough_at = nullptr;
};

// As after SELECT, without the conversation that leads there.
template <class T>
flow<> selected(session& s, flow<T> f)
{
    s.trusted = true;
    s.at = session::state::selected;
    for (char const* const c : {"IMAP4rev1", "IDLE", "UIDPLUS", "MOVE", "UNSELECT", "ID"})
        s.caps.add(c);
    s.box.name = "INBOX";
    s.box.exists = 3;
    s.box.uid_validity = 14;
    co_await std::move(f);
}

fetch_items with_body(bool streamed)
{
    fetch_items what = fetch_items::metadata();
    what.sections = {{}};
    if (streamed)
    {
        what.sink = [](section_piece const&) { return error_code(); };
        what.each = [](message const&) { return error_code(); };
    }
    return what;
}

conversation const conversations[] = {
    {"sign in, 2026",
     "* OK Microsoft Exchange IMAP4 service ready. 00000000-0000-4000-8000-0000000000aa (tcpproxy/15.21.0406.000 "
     "BACKENDAUTHENTICATE) [QQBNADAAUAA=]\r\n* CAPABILITY IMAP4 IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED SASL-IR NAMESPACE "
     "LITERAL+\r\n$1 OK CAPABILITY completed.\r\n$2 OK AUTHENTICATE completed.\r\n* CAPABILITY IMAP4 IMAP4rev1 "
     "AUTH=PLAIN NAMESPACE\r\n$3 OK CAPABILITY completed.\r\n* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n$4 OK NAMESPACE "
     "completed.\r\n",
     [](session& s) { return sign_in(s); }},
    {"sign in without initial response",
     "* OK The Microsoft Exchange IMAP4 service is ready. [TQBXAEgA]\r\n* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN "
     "AUTH=XOAUTH2\r\n$1 OK CAPABILITY completed.\r\n+ \r\n$2 OK AUTHENTICATE completed.\r\n* CAPABILITY "
     "IMAP4rev1\r\n$3 OK CAPABILITY completed.\r\n",
     [](session& s) { return sign_in(s); }},
    {"STARTTLS", "* OK hi\r\n$1 OK Begin TLS negotiation now.\r\n",
     [](session& s) -> flow<> {
         // The script cannot go on under TLS (nothing may follow the answer), so it ends where TLS is up.
         auto const r = co_await attempt(connect(s, "mail.test", 143, security::starttls));
         if (!s.trusted || r.ec != outkit::error::connection_closed)
             co_await fail(r.ec);
     }},
    {"CAPABILITY", "* CAPABILITY IMAP4rev1 IDLE\r\n$1 OK CAPABILITY completed.\r\n",
     [](session& s) { return selected(s, capability(s)); }},
    {"NOOP", "* 4 EXISTS\r\n* 1 RECENT\r\n* 2 EXPUNGE\r\n$1 OK NOOP completed.\r\n",
     [](session& s) { return selected(s, noop(s)); }},
    {"ID",
     "* ID (\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\" \"version\" {5}\r\n15.20)\r\n$1 OK ID completed.\r\n",
     [](session& s) {
         id_fields ours{{"name", "outkit"}};
         return selected(s, identify(s, std::move(ours)));
     }},
    {"NAMESPACE", "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n$1 OK NAMESPACE completed.\r\n",
     [](session& s) { return selected(s, namespaces_of(s)); }},
    {"LIST",
     "* LIST (\\HasNoChildren \\Trash) \"/\" \"Deleted Items\"\r\n* LIST (\\HasNoChildren) \"/\" {5}\r\na \"b\"\r\n$1 "
     "OK "
     "LIST completed.\r\n",
     [](session& s) { return selected(s, list(s, "", "*")); }},
    {"LSUB", "* LSUB () \"/\" INBOX\r\n$1 OK LSUB completed.\r\n",
     [](session& s) { return selected(s, list(s, "", "*", listing::subscribed)); }},
    {"STATUS",
     "* STATUS Junk-E-Mail (MESSAGES 0 RECENT 0 UIDNEXT 18 UIDVALIDITY 213 UNSEEN 0)\r\n$1 OK STATUS completed.\r\n",
     [](session& s) { return selected(s, status(s, "Junk-E-Mail")); }},
    {"SELECT",
     "* 1 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen $MDNSent)\r\n* OK [PERMANENTFLAGS (\\Seen $MDNSent)] Permanent "
     "flags\r\n* OK [UNSEEN 1] Is the first unseen message\r\n* OK [UIDVALIDITY 14] UIDVALIDITY value\r\n* OK [UIDNEXT "
     "4491] The next unique identifier value\r\n$1 OK [READ-WRITE] SELECT completed.\r\n",
     [](session& s) { return selected(s, select(s, "INBOX", false)); }},
    {"EXAMINE", "* 1 EXISTS\r\n$1 OK [READ-ONLY] EXAMINE completed.\r\n",
     [](session& s) { return selected(s, select(s, "Gel\u00f6schtes", true)); }},
    {"UNSELECT", "$1 OK UNSELECT completed.\r\n", [](session& s) { return selected(s, unselect(s)); }},
    {"CLOSE", "$1 OK CLOSE completed.\r\n", [](session& s) { return selected(s, imap::detail::close(s)); }},
    {"CREATE", "$1 OK CREATE completed.\r\n", [](session& s) { return selected(s, create(s, "a")); }},
    {"DELETE", "$1 OK DELETE completed.\r\n", [](session& s) { return selected(s, remove(s, "a")); }},
    {"RENAME, with a literal", "+ Ready for additional command text.\r\n$1 OK RENAME completed.\r\n",
     [](session& s) { return selected(s, rename(s, "a", "b " + std::string(1'100, 'b'))); }},
    {"SUBSCRIBE", "$1 OK SUBSCRIBE completed.\r\n", [](session& s) { return selected(s, subscribe(s, "a", true)); }},
    {"UNSUBSCRIBE", "$1 OK UNSUBSCRIBE completed.\r\n",
     [](session& s) { return selected(s, subscribe(s, "a", false)); }},
    {"UID FETCH",
     "* 1 FETCH (UID 11 FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 9 ENVELOPE (NIL \"s\" "
     "NIL "
     "NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 3 1) BODY[] "
     "{7}\r\na\r\n)\r\nb)"
     "\r\n$1 OK FETCH completed.\r\n",
     [](session& s) { return selected(s, fetch(s, numbering::uid, uid_set(11), with_body(false))); }},
    {"UID FETCH into a sink",
     "* 1 FETCH (UID 11 BODY[] {7}\r\na\r\n)\r\nb)\r\n* 2 FETCH (UID 12 BODY[] {0}\r\n)\r\n$1 OK FETCH completed.\r\n",
     [](session& s) { return selected(s, fetch(s, numbering::uid, uid_set::all(), with_body(true))); }},
    {"FETCH", "* 1 FETCH (UID 11 FLAGS ())\r\n$1 OK FETCH completed.\r\n",
     [](session& s) {
         return selected(s, fetch(s, numbering::sequence, sequence_set(1), fetch_items{.flags = true}));
     }},
    {"UID SEARCH", "* SEARCH 2 84 882\r\n$1 OK SEARCH completed.\r\n",
     [](session& s) { return selected(s, search(s, search_key::all())); }},
    {"UID SEARCH, with a literal",
     "+ Ready for additional command text.\r\n$1 NO [BADCHARSET (US-ASCII)] The specified charset is not "
     "supported.\r\n",
     [](session& s) -> flow<> {
         auto const r = co_await attempt(selected(s, search(s, search_key::subject("gr\xc3\xbcn"))));
         if (r.ec != imap::error::charset_not_supported)
             co_await fail(r.ec);
     }},
    {"UID STORE", "* 4 FETCH (FLAGS (\\Deleted \\Recent) UID 4)\r\n$1 OK STORE completed.\r\n",
     [](session& s) {
         store_options what{store_mode::add, {flag::deleted, {}}, false};
         return selected(s, store(s, numbering::uid, uid_set(4), std::move(what)));
     }},
    {"UID COPY", "$1 OK [COPYUID 38505 304,319:320 3956:3958] Done\r\n",
     [](session& s) { return selected(s, copy(s, uid_set(304), "a")); }},
    {"UID MOVE", "[COPYUID 55 31 6]\r\n* 1 EXPUNGE\r\n* 0 EXISTS\r\n$1 OK MOVE completed.\r\n",
     [](session& s) { return selected(s, imap::detail::move(s, uid_set(31), "a")); }},
    {"UID EXPUNGE", "* 1 EXPUNGE\r\n$1 OK EXPUNGE completed.\r\n",
     [](session& s) { return selected(s, expunge(s, uid_set(31))); }},
    {"EXPUNGE", "* 1 EXPUNGE\r\n$1 OK EXPUNGE completed.\r\n", [](session& s) { return selected(s, expunge_all(s)); }},
    {"APPEND", "+ Ready for additional command text.\r\n$1 OK [APPENDUID 21 305] APPEND completed.\r\n",
     [](session& s) { return selected(s, append_hello(s)); }},
    {"APPEND without waiting", "$1 OK [APPENDUID 21 305] APPEND completed.\r\n",
     [](session& s) {
         s.caps.add("LITERAL+");
         return selected(s, append_hello(s));
     }},
    {"APPEND from a source", "+ go\r\n$1 OK [APPENDUID 21 305] APPEND completed.\r\n",
     [](session& s) { return selected(s, append(s, "a", two_pieces(), append_options{})); }},
    {"IDLE", "* 1 RECENT\r\n+ IDLE accepted, awaiting DONE command.\r\n$1 OK IDLE completed.\r\n",
     [](session& s) { return selected(s, idle(s, idle_options{})); }},
    {"IDLE, with news later", "+ IDLE accepted, awaiting DONE command.\r\n* 4 EXISTS\r\n$1 OK IDLE completed.\r\n",
     [](session& s) { return selected(s, idle(s, idle_options{})); }},
    {"LOGOUT", "* BYE Microsoft Exchange Server IMAP4 server signing off.\r\n$1 OK LOGOUT completed.\r\n",
     [](session& s) { return selected(s, logout(s)); }, "off.\r\n"},
};

// With a server that says its last line when it has heard DONE, and all it says in two pieces.
void split_around_done(conversation const& c, std::size_t at, std::string const& expected)
{
    std::string heard;
    auto const server = [&](wire& w) -> flow<> {
        std::string const line = co_await w.read_line();
        heard = line + "\r\n";
        std::string whole = c.answer;
        std::string const tag = line.substr(0, line.find(' '));
        whole.replace(whole.find("$1"), 2, tag);
        std::size_t const last = whole.rfind(tag);
        std::size_t const early = std::min(at, last), late = std::max(at, last);
        std::string const pieces[] = {whole.substr(0, early), whole.substr(early, last - early),
                                      whole.substr(last, late - last), whole.substr(late)};
        for (std::size_t i = 0; i != std::size(pieces); ++i)
        {
            if (i == 2)
                heard += co_await w.read_line() + "\r\n";
            co_await w.write(pieces[i]);
            co_await outkit::detail::sleep_for(std::chrono::milliseconds(10));
        }
    };
    session s;
    wire w;
    auto const r = outkit::detail::meet(c.talk(s), server(w));
    BOOST_TEST(!r.first.ec, r.first.ec.message());
    BOOST_TEST(!r.second.ec, r.second.ec.message());
    BOOST_TEST(heard.substr(8) == expected.substr(8));  // behind the tag
}

}  // namespace

BOOST_AUTO_TEST_CASE(IM_42_IM_43_every_flow_is_cut_split_failed_and_cancelled)
{
    std::size_t flows = 0, cuts = 0, splits = 0, faults = 0, cancellations = 0;
    for (conversation const& c : conversations)
        BOOST_TEST_CONTEXT(c.name)
        {
            ++flows;
            std::string const whole = tagged(std::string(c.answer));
            // Octet by octet in any case: a server does not answer before it has heard DONE.
            bool const waits = std::string_view(c.name).starts_with("IDLE");
            auto const run = [&](std::string const& script, outkit::detail::how h) {
                if (waits)
                    h.piece = 1;
                session s;
                // The first of them is for flows that do not connect.
                return play(c.talk(s), {script, script}, h);
            };
            auto const good = run(whole, {});
            BOOST_TEST(!good.ec, good.ec.message());

            // What the command was, if the server has all of it and its outcome is in doubt.
            std::string_view const said =
                std::string_view(good.written).substr(std::min<std::size_t>(9, good.written.size()));
            std::string name(said.substr(0, said.find_first_of(" \r")));
            if (name == "UID")
                name += said.substr(3, said.find_first_of(" \r", 4) - 3);
            bool const doubtful = rule_of(name) == after_loss::outcome_unknown;
            std::size_t in_doubt = 0;
            auto const expect = [&](played<void> const& r, error_code ec, bool exactly) {
                bool const unknown = r.ec == imap::error::outcome_unknown;
                in_doubt += unknown;
                // In doubt as soon as all has been said; a write that failed may have been all of it, too.
                bool const all_said = r.written == good.written;
                bool const right = unknown ? doubtful && (all_said || !exactly) : r.ec == ec && !(doubtful && all_said);
                BOOST_TEST(right, r.ec.message() << " after " << r.written);
            };

            std::size_t const enough =
                c.enough_at ? whole.find(c.enough_at) + std::string_view(c.enough_at).size() : whole.size();
            for (std::size_t n = 0; n != enough; ++n)
                for (error_code const& ending :
                     {error_code(), os_error(ECONNRESET), make_error_code(outkit::error::timeout)})
                    BOOST_TEST_CONTEXT("cut after " << n << ", " << ending.message())
                    {
                        ++cuts;
                        expect(run(whole.substr(0, n), {.after = ending}),
                               ending ? ending : make_error_code(outkit::error::connection_closed), true);
                    }
            BOOST_TEST((in_doubt != 0) == doubtful);

            for (std::size_t n = 1; n != whole.size() && !waits; ++n)
                BOOST_TEST_CONTEXT("split after " << n)
                {
                    ++splits;
                    auto const r = run(whole, {.split = n});
                    BOOST_TEST(!r.ec, r.ec.message());
                    BOOST_TEST(r.written == good.written);
                }

            for (std::size_t n = 1; n != whole.size() && waits; ++n)
                BOOST_TEST_CONTEXT("split after " << n)
                {
                    ++splits;
                    split_around_done(c, n, good.written);
                }

            // In small pieces, so that there are many steps.
            std::size_t const steps = run(whole, {.piece = 7}).steps;
            for (std::size_t at = 1; at <= steps; ++at)
                BOOST_TEST_CONTEXT("step " << at << " of " << steps)
                {
                    ++faults;
                    auto const failed = run(whole, {.piece = 7, .fail_at = at});
                    if (!c.enough_at || failed.ec)
                        expect(failed, os_error(ECONNRESET), false);
                    ++cancellations;
                    auto const cancelled = run(whole, {.piece = 7, .fail_at = at, .cancel = true});
                    BOOST_TEST((cancelled.ec == os_error(ECANCELED)), cancelled.ec.message());
                }
        }
    // All that a client can say is there.
    std::set<std::string> known;
    for (conversation const& c : conversations)
        known.insert(std::string(c.name).substr(0, std::string(c.name).find(',')));
    for (command_rule const& r : command_rules())
        if (r.command != "AUTHENTICATE" && r.command != "STORE")  // part of the sign-in; not in the API
            BOOST_TEST(known.count(std::string(r.command)) == 1u, r.command);
    tests::report_counts("IMAP client: " + std::to_string(flows) + " flows, " + std::to_string(cuts / 3) +
                         " cuts x 3, " + std::to_string(splits) + " splits, " + std::to_string(faults) +
                         " failing steps, " + std::to_string(cancellations) + " cancellations");
}

// --- what Exchange does that no RFC says ---

namespace {

struct quirk
{
    char const* name;  // as in docs/imap.md, which has the source
    void (*seen)();
};

// The flow, in INBOX, ends like that.
template <class T>
void after(flow<T> (*then)(session&), std::string const& script, error_code ec = {},
           std::optional<std::chrono::milliseconds> retry_after = {})
{
    session s;
    auto const r = in_inbox(then, script, s);
    BOOST_TEST((r.ec == ec), r.ec.message());
    BOOST_TEST((s.retry_after == retry_after));
}

body_part structure_of(std::string const& text, arena& block)
{
    response r;
    error_code const ec = parse_response("* 1 FETCH (BODYSTRUCTURE " + text + ")", {}, limits(), block, r);
    BOOST_TEST_REQUIRE(!ec, text);
    return *r.fetched->structure;
}

constexpr char const* not_connected = "User is authenticated but not connected.";

quirk const quirks[] = {
    {"greeting_without_code",
     [] {
         for (char const* const greeting :
              {"The Microsoft Exchange IMAP4 service is ready. [TQBXAEgAUABSADIAMQBDAEEAMAAwADYAMAA=]",
               "Microsoft Exchange IMAP4 service ready. 00000000-0000-4000-8000-0000000000aa (tcpproxy/15.21.0406.000 "
               "BACKENDAUTHENTICATE) [QQBNADAAUABSADAANgBDAEEAMAAwADQAMgA=]"})
         {
             session s;
             auto const r =
                 play(sign_in(s), tagged(std::vector<std::string>{
                                      "", "* OK " + std::string(greeting) +
                                              "\r\n* CAPABILITY IMAP4 AUTH=XOAUTH2 SASL-IR\r\n$1 OK CAPABILITY "
                                              "completed.\r\n$2 OK AUTHENTICATE completed.\r\n* CAPABILITY "
                                              "IMAP4 IDLE\r\n$3 OK CAPABILITY completed.\r\n"}));
             BOOST_TEST(!r.ec, r.ec.message());
             BOOST_TEST((s.caps.names() == std::vector<std::string_view>{"IMAP4", "IDLE"}));
         }
     }},
    {"continuation_without_blank",
     [] {
         auto const r = play_sign_in("* OK [CAPABILITY AUTH=XOAUTH2] hi\r\n+\r\n$1 OK [CAPABILITY IMAP4rev1] in\r\n");
         BOOST_TEST(!r.ec, r.ec.message());
     }},
    {"not_connected_after_ok",
     [] {
         auto const r = play_sign_in(hello +
                                     "$1 OK AUTHENTICATE completed.\r\n* CAPABILITY IMAP4rev1 NAMESPACE\r\n$2 OK "
                                     "CAPABILITY completed.\r\n$3 BAD " +
                                     not_connected + "\r\n* BYE Connection closed. 14\r\n");
         BOOST_TEST((r.ec == imap::error::authenticated_but_not_connected), r.ec.message());
         BOOST_TEST(r.diagnostics == not_connected);
     }},
    {"not_connected_at_once",
     [] {
         auto const r = play_sign_in(hello + "$1 NO " + not_connected + "\r\n");
         BOOST_TEST((r.ec == imap::error::authenticated_but_not_connected), r.ec.message());
     }},
    {"throttled",
     [] {
         struct row
         {
             char const* text;
             std::chrono::milliseconds wait;
         };
         for (row const& r : {row{"NO Request is throttled. Suggested Backoff Time: 299910 milliseconds",
                                  std::chrono::milliseconds(299910)},
                              row{"BAD Request is throttled. Suggested Backoff Time: 178755 milliseconds",
                                  std::chrono::milliseconds(178755)},
                              row{"BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds",
                                  std::chrono::milliseconds(92415)}})
         {
             after<std::vector<mailbox_event>>([](session& s) { return noop(s); }, "$3 " + std::string(r.text) + "\r\n",
                                               imap::error::throttled, r.wait);
         }
     }},
    {"server_unavailable",
     [] {
         auto const ask = [](session& s) { return status(s, "x"); };
         after<mailbox_status>(ask, "$3 NO Server Unavailable. 15\r\n", imap::error::unavailable);
         after<mailbox_status>(ask, "Server Unavailable. 15\r\n* STATUS x (MESSAGES 1)\r\n$3 OK STATUS completed.\r\n");
     }},
    {"bye_anywhere",
     [] {
         for (char const* const text : {"Connection closed. 14", "Connection is closed. 13"})
             after<std::vector<mailbox_event>>([](session& s) { return noop(s); },
                                               "* BYE " + std::string(text) + "\r\n", imap::error::connection_ended);
         after<void>([](session& s) { return create(s, "x"); }, "* BYE Connection closed. 14\r\n",
                     imap::error::outcome_unknown);
     }},
    {"token_expired",
     [] {
         std::string const bye = "* BYE Session invalidated - AccessTokenExpired\r\n";
         after<std::vector<mailbox>>([](session& s) { return list(s, "", "*"); }, bye,
                                     imap::error::access_token_expired);
         // In place of the answer to DONE.
         session s;
         auto const idling = [](session& se) { return idle(se, {.at_most = std::chrono::minutes(5)}); };
         auto const r =
             play(after_opening<std::vector<mailbox_event>>(s, idling),
                  tagged(std::vector<std::string>{"", ready + "+ IDLE accepted, awaiting DONE command.\r\n" + bye}),
                  {.split = tagged(ready).size() + 43});
         BOOST_TEST((r.ec == imap::error::access_token_expired), r.ec.message());
     }},
    {"copyuid_without_status",
     [] {
         auto const r =
             in_inbox<copy_result>([](session& s) { return imap::detail::move(s, uid_set(31), "Archive"); },
                                   "[COPYUID 55 31 6]\r\n* 1 EXPUNGE\r\n* 0 EXISTS\r\n$3 OK MOVE completed.\r\n");
         BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
         BOOST_TEST(r.value->uid_validity == 55u);
         BOOST_TEST(r.value->to.to_string() == "6");
     }},
    {"copyuid_of_nothing",
     [] {
         auto const r = in_inbox<copy_result>([](session& s) { return copy(s, uid_set(31), "Archive"); },
                                              "$3 OK [COPYUID 55  ] COPY completed.\r\n");
         BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
         BOOST_TEST(r.value->uid_validity == 55u);
         BOOST_TEST(r.value->from.empty());
     }},
    {"disposition_without_list",
     [] {
         arena block;
         std::string const image = "(\"image\" \"png\" NIL NIL NIL \"base64\" 10 NIL ";
         BOOST_TEST(structure_of(image + "\"inline\" NIL NIL)", block).disposition == "inline");
         BOOST_TEST(!structure_of(image + "(NIL NIL) NIL NIL)", block).disposition.data());
         body_part const b = structure_of("((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1 NIL NIL NIL NIL) \"mixed\" "
                                          "(\"boundary\" \"b\") \"a description\" (\"en\"))",
                                          block);
         BOOST_TEST(b.description == "a description");
         BOOST_TEST(b.languages.size() == 1u);
     }},
    {"part_of_nothing",
     [] {
         arena block;
         body_part const b = structure_of(
             "((NIL NIL NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)(\"text\" \"plain\" NIL NIL NIL \"7BIT\" 1 1 NIL "
             "NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)",
             block);
         BOOST_TEST(b.parts.size() == 2u);
         BOOST_TEST(!b.parts.front().type.data());
         body_part const none = structure_of("(NIL \"alternative\" (\"boundary\" \"bound\") NIL NIL NIL)", block);
         BOOST_TEST(none.multipart);
         BOOST_TEST(none.parts.empty());
     }},
    {"missing_host_name",
     [] {
         arena block;
         response r;
         error_code const ec = parse_response("* 1 FETCH (ENVELOPE (NIL NIL ((\"Microsoft Exchange Server\" NIL NIL "
                                              "\".MISSING-HOST-NAME.\")) NIL NIL NIL NIL NIL NIL NIL))",
                                              {}, limits(), block, r);
         BOOST_TEST_REQUIRE(!ec);
         address const& from = r.fetched->envelope->from.front();
         BOOST_TEST(from.host == ".MISSING-HOST-NAME.");
         BOOST_TEST(!from.mailbox.data());
     }},
    {"controls_in_names",
     [] {
         auto const r = in_inbox<void>(
             [](session& s) -> flow<> {
                 auto const all = co_await list(s, "", "*");
                 BOOST_TEST_REQUIRE(all.size() == 1u);
                 BOOST_TEST(all[0].name == "Projects/a\tb c");
                 mailbox_name const name(all[0]);
                 co_await select(s, name, false);
             },
             "* LIST (\\HasNoChildren) \"/\" Projects/a\tb c\r\n$3 OK LIST completed.\r\n$4 OK SELECT completed.\r\n");
         BOOST_TEST(!r.ec, r.ec.message());
         BOOST_TEST(last_line(r.written) == tagged("$4 SELECT \"Projects/a\tb c\"\r\n"));
     }},
    {"size_is_an_estimate",
     [] {
         auto const r = in_inbox<message_batch>(
             [](session& s) { return fetch(s, numbering::uid, uid_set(7), with_body(false)); },
             "* 1 FETCH (UID 7 RFC822.SIZE 4000000000 BODY[] {5}\r\nhello)\r\n$3 OK FETCH completed.\r\n");
         BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
         BOOST_TEST((*r.value)[0].size_contradicted());
         BOOST_TEST(r.value->capacity() < 100'000u);
     }},
    {"unfetchable",
     [] {
         // Once, without a second try, whatever it is called.
         auto const r = in_inbox<message_batch>(
             [](session& s) {
                 uid_set which(20'003);
                 which.add(20'005);
                 return fetch(s, numbering::uid, std::move(which), with_body(false));
             },
             "* 281 FETCH (UID 20005 BODY[] {2}\r\nok)\r\n$3 OK FETCH completed.\r\n");
         BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
         BOOST_TEST(r.value->size() == 1u);
         BOOST_TEST(r.value->missing().to_string() == "20003");
         auto const none = in_inbox<message_batch>(
             [](session& s) { return fetch(s, numbering::uid, uid_set(20'004), with_body(false)); },
             "$3 OK FETCH completed.\r\n");
         BOOST_TEST_REQUIRE(!none.ec, none.ec.message());
         BOOST_TEST(none.value->missing().to_string() == "20004");
         BOOST_TEST(last_line(none.written).starts_with(tagged("$3 UID FETCH 20004 ")));
     }},
    {"ascii_only_search",
     [] {
         auto const ascii = in_inbox<uid_set>([](session& s) { return search(s, search_key::subject("x")); },
                                              "* SEARCH\r\n$3 OK SEARCH completed.\r\n");
         BOOST_TEST(last_line(ascii.written) == tagged("$3 UID SEARCH SUBJECT x\r\n"));
         after<uid_set>(
             [](session& s) { return search(s, search_key::subject("gr\xc3\xbcn")); },
             "+ Ready for additional command text.\r\n$3 NO [BADCHARSET (US-ASCII)] The specified charset is not "
             "supported.\r\n",
             imap::error::charset_not_supported);
     }},
    {"keywords_are_refused",
     [] {
         after<message_batch>(
             [](session& s) {
                 store_options what{store_mode::add, {flag::none, {"$Forwarded"}}, true};
                 return store(s, numbering::uid, uid_set(7), std::move(what));
             },
             "", imap::error::flag_not_permanent);
     }},
    {"roles_unannounced",
     [] {
         auto const r = in_inbox<std::vector<mailbox>>(
             [](session& s) { return list(s, "", "*"); },
             "* LIST (\\HasNoChildren \\Sent) \"/\" \"Gesendete Elemente\"\r\n$3 OK LIST completed.\r\n");
         BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
         BOOST_TEST(r.value->front().has("\\Sent"));
         BOOST_TEST(last_line(r.written) == tagged("$3 LIST \"\" \"*\"\r\n"));
     }},
    {"folders_without_mail",
     [] {
         auto const r = in_inbox<std::vector<mailbox>>(
             [](session& s) { return list(s, "", "*"); },
             "* LIST (\\HasNoChildren) \"/\" Archive\r\n* LIST (\\HasChildren) \"/\" Calendar\r\n* LIST "
             "(\\HasNoChildren) "
             "\"/\" Calendar/Birthdays\r\n* LIST (\\HasNoChildren) \"/\" Calendars\r\n* LIST (\\Marked "
             "\\HasNoChildren) "
             "\"/\" INBOX\r\n* LIST (\\HasChildren) \"/\" \"Sync Issues\"\r\n$3 OK LIST completed.\r\n");
         BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
         std::string mail;
         for (mailbox const& m : *r.value)
             mail += m.likely_mail() ? '+' : '-';
         BOOST_TEST(mail == "+--++-");
     }},
    {"rev2_is_left_alone",
     [] {
         session s;
         auto const talk = [](session& se) -> flow<> {
             co_await sign_in(se);
             co_await list(se, "", "*");
             co_await select(se, "INBOX", false);
             co_await search(se, !search_key::flagged_as(flag::seen));
         };
         auto const r = play(
             talk(s),
             tagged(std::vector<std::string>{
                 "", "* OK [CAPABILITY IMAP4 IMAP4rev1 AUTH=XOAUTH2 SASL-IR] hi\r\n$1 OK [CAPABILITY IMAP4 IMAP4rev1 "
                     "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT ENABLE IMAP4rev2 BACKENDAUTHENTICATE-IR "
                     "IDLE] in\r\n$2 OK LIST completed.\r\n$3 OK SELECT completed.\r\n* SEARCH 4490\r\n$4 OK SEARCH "
                     "completed.\r\n"}));
         BOOST_TEST(!r.ec, r.ec.message());
         BOOST_TEST(r.written.substr(r.written.find("\r\n") + 2) ==
                    tagged("$2 LIST \"\" \"*\"\r\n$3 SELECT INBOX\r\n$4 UID SEARCH NOT SEEN\r\n"));
     }},
    {"news_before_idle",
     [] {
         session s;
         auto const idling = [](session& se) { return idle(se, {}); };
         auto const r =
             play(after_opening<std::vector<mailbox_event>>(s, idling),
                  tagged(std::vector<std::string>{"", ready + "* 1 RECENT\r\n* 1521 EXISTS\r\n+ IDLE accepted, "
                                                              "awaiting DONE command.\r\n$3 OK IDLE "
                                                              "completed.\r\n"}),
                  {.piece = 1});
         BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
         BOOST_TEST(r.value->back().number == 1521u);
     }},
};

}  // namespace

BOOST_AUTO_TEST_CASE(habits_of_exchange_by_name)
{
    std::ifstream in(std::string(OUTKIT_SOURCE_DIR) + "/docs/imap.md");
    std::string const page((std::istreambuf_iterator<char>(in)), {});
    BOOST_TEST_REQUIRE(!page.empty());
    std::set<std::string> listed, tested;
    for (std::size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1))
    {
        std::string const row = page.substr(at + 4, page.find('\n', at + 1) - at - 4);
        std::string const name = row.substr(0, row.find('`'));
        if (name.find('_') == std::string::npos && name != "throttled" && name != "unfetchable")
            continue;  // of another table
        listed.insert(name);
        BOOST_TEST((row.find("observed: ") != std::string::npos || row.find("documented: ") != std::string::npos),
                   name);
    }
    for (quirk const& q : quirks)
        BOOST_TEST_CONTEXT(q.name)
        {
            BOOST_TEST(tested.insert(q.name).second);
            q.seen();
        }
    BOOST_TEST((listed == tested));
    BOOST_TEST(tested.size() > 20u);
}

BOOST_AUTO_TEST_SUITE_END()
