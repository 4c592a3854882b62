// The mock against raw text, as any client sends it, and against our client.

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/sasl/xoauth2.hpp>
#include <outkit/smtp/detail/flows.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace outkit;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

template <class T = void>
using flow = outkit::detail::flow<T>;
using outkit::detail::wire;

// A tenant with three people and one application that has everything it needs.
struct office
{
    mock::world w{1};
    mock::tenant& home = w.directory.add_tenant(w, {.domains = {"woodgrove.example"}});
    mock::user& adele = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "adele@woodgrove.example"});
    mock::user& bob = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "bob@woodgrove.example"});
    mock::application& app = *w.directory.register_application(w, home.id, {.display_name = "Mail program"}).app;
    mock::smtp server{w};

    office() { adele.password = "correct horse"; }

    std::string token(mock::user const& who, std::string audience = "https://outlook.office.com",
                      std::vector<std::string> scopes = {"SMTP.Send"})
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
    std::string response(mock::user const& who, std::string const& user = "adele@woodgrove.example")
    {
        sasl::error e{};
        return sasl::encode_xoauth2(user, token(who), sasl::confidential::promised_by_caller(), e).value();
    }
    std::size_t messages(mock::user const& of, mock::role in)
    {
        mock::mailbox* const box = w.mailboxes.find(of.principal_name);
        return box ? box->find(in)->messages().size() : 0;
    }
    std::string const& newest(mock::user const& of, mock::role in)
    {
        return w.mailboxes.find(of.principal_name)->find(in)->messages().back()->raw();
    }
};

// Says the turns, each when the server has nothing more to say for the moment, and returns all that it says.
flow<> speak(wire& w, std::vector<std::string> turns, bool tls, std::string& heard)
{
    w.max_line = 20'000;
    if (tls)
        co_await w.start_tls("mail.test");
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    outkit::detail::event never;
    for (auto& turn : turns)
    {
        for (;;)
        {
            while (auto const line = w.buffered_line())
                (heard += *line) += "\n";
            outkit::detail::event::watch nothing(never);
            if (co_await w.wait(nothing, world.now() + 10s) == outkit::detail::wake::time)
                break;
            auto const more = co_await outkit::detail::attempt(w.fill());
            if (more.ec)
                co_return;
        }
        if (turn == "(tls)")
            co_await w.start_tls("mail.test");
        else
            co_await w.write(std::move(turn));
    }
    for (;;)
    {
        while (auto const line = w.buffered_line())
            (heard += *line) += "\n";
        w.patience = 5s;
        auto const more = co_await outkit::detail::attempt(w.fill());
        if (more.ec)
            co_return;
    }
}

// What the mock answers. The greeting is left out; bracketed host names become [..].
std::string answers(office& o, std::vector<std::string> turns, bool tls = true)
{
    outkit::detail::simulator sim(1);
    wire client, server;
    std::string heard;
    auto const serve = [](office& in, wire& w, bool encrypted) -> flow<> {
        if (encrypted)
            co_await w.start_tls();
        co_await in.server.serve(w);
    };
    sim.start("client", speak(client, std::move(turns), tls, heard), tests::trusting_client());
    sim.start("server", serve(o, server, tls), tests::certified_server());
    sim.join_last_two();
    sim.run();
    for (std::size_t at = 0; (at = heard.find('[', at)) != std::string::npos; at += 4)
        if (auto const end = heard.find(']', at); end != std::string::npos && heard.substr(at, 10) != "[127.0.0.1")
            heard.replace(at, end - at + 1, "[..]");
    auto const greeting = heard.find('\n');
    BOOST_TEST(heard.starts_with("220 MOCKPR06CA"));
    return heard.substr(greeting + 1);
}

std::string without_list(std::string s)
{
    std::string out;
    for (std::size_t at = 0; at < s.size();)
    {
        auto const end = s.find('\n', at) + 1;
        std::string const line = s.substr(at, end - at);
        if (!line.starts_with("250-") && line != "250 SMTPUTF8\n")
            out += line;
        at = end;
    }
    return out;
}

std::string const hello = "EHLO app.contoso.example\r\n";
std::string const body = "From: Adele <adele@woodgrove.example>\r\nTo: bob@woodgrove.example\r\n"
                         "Message-ID: <local-1@app.example>\r\nSubject: hello\r\n\r\nHi.\r\n";
std::string const envelope = "MAIL FROM:<adele@woodgrove.example> SIZE=100\r\nRCPT TO:<bob@woodgrove.example>\r\n";
std::string const ok_envelope = "250 2.1.0 Sender OK\n250 2.1.5 Recipient OK\n354 Start mail input; end with "
                                "<CRLF>.<CRLF>\n";

// Signs in, sends this content with that envelope and returns the last reply.
std::string sent(office& o, std::string const& content, std::string const& who_and_whom = envelope)
{
    std::string const all = without_list(answers(
        o, {hello, "AUTH XOAUTH2 " + o.response(o.adele) + "\r\n", who_and_whom + "DATA\r\n", content + ".\r\n"}));
    std::string const before = "235 2.7.0 Authentication successful\n";
    BOOST_TEST(all.starts_with(before), all);
    auto const last = all.rfind('\n', all.size() - 2);
    return all.substr(last + 1, all.size() - last - 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_mock)

// datawookie/emayili#147, minosiants/pencil#24, simonrob/email-oauth2-proxy#93.
BOOST_AUTO_TEST_CASE(keywords_before_and_after_tls)
{
    office o;
    std::string r = answers(o, {hello, "QUIT\r\n"}, false);
    std::string const first = r.substr(0, r.find('\n'));
    BOOST_TEST(first.ends_with(".outlook.office365.com Hello [127.0.0.1]"));
    BOOST_TEST(r.substr(first.size() + 1) ==
               "250-SIZE 157286400\n250-PIPELINING\n250-DSN\n250-ENHANCEDSTATUSCODES\n250-STARTTLS\n250-8BITMIME\n"
               "250-BINARYMIME\n250-CHUNKING\n250 SMTPUTF8\n221 2.0.0 Service closing transmission channel\n");
    r = answers(o, {hello, "STARTTLS\r\n", "(tls)", hello, "QUIT\r\n"}, false);
    BOOST_TEST(r.find("250-STARTTLS\n") != r.npos);
    BOOST_TEST(r.find("220 2.0.0 SMTP server ready\n") != r.npos);
    BOOST_TEST(r.substr(r.find("220 2.0.0")).find("250-ENHANCEDSTATUSCODES\n250-AUTH LOGIN XOAUTH2\n250-8BITMIME\n") !=
               r.npos);
    BOOST_TEST(r.substr(r.find("220 2.0.0")).find("STARTTLS") == r.npos);
}

BOOST_AUTO_TEST_CASE(before_tls)
{
    office o;
    BOOST_TEST(without_list(answers(o,
                                    {"AUTH XOAUTH2\r\nMAIL FROM:<a@b.example>\r\n",
                                     hello + "AUTH LOGIN\r\nMAIL FROM:<adele@woodgrove.example>\r\nNOOP\r\nRSET\r\n"
                                             "VRFY x\r\nEHLO\r\nEHLO a b\r\nHELO x\r\nQUIT\r\n"},
                                    false))
                   .find("503 5.5.2 Send hello first\n503 5.5.2 Send hello first\n"
                         "504 5.7.4 Unrecognized authentication type [..]\n"
                         "451 5.7.3 STARTTLS is required to send mail [..]\n250 2.0.0 OK\n250 2.0.0 Resetting\n"
                         "500 5.3.3 Unrecognized command 'VRFY'\n501 5.5.4 Invalid domain name\n"
                         "501 5.5.4 Invalid domain name\n250 MOCKPR06CA") == 0u);
}

// A handshake that begins before the go-ahead is refused like any other text.
BOOST_AUTO_TEST_CASE(ST_22_ST_23_what_follows_starttls_at_once_is_not_executed)
{
    office o;
    for (char const* const injected : {"MAIL FROM:<x@evil.example>\r\n", "EHLO evil\r\n", "x", "\x16\x03\x01\x02"})
    {
        std::string const r = without_list(answers(o, {hello, "STARTTLS\r\n"s + injected, "NOOP\r\n"}, false));
        BOOST_TEST(r == "554 5.5.1 Commands may not follow STARTTLS\n");  // and closed
    }
    BOOST_TEST(o.w.journal.count({.server = "smtp", .what = "MAIL"}) == 0u);
}

BOOST_AUTO_TEST_CASE(signing_in_in_one_step_and_in_two)
{
    office o;
    std::string const ok = "235 2.7.0 Authentication successful\n";
    BOOST_TEST(without_list(answers(o, {hello, "AUTH XOAUTH2 " + o.response(o.adele) + "\r\n"})) == ok);
    BOOST_TEST(without_list(answers(o, {hello, "auth xoauth2\r\n", o.response(o.adele) + "\r\n"})) == "334 \n" + ok);
    BOOST_TEST(without_list(answers(o, {hello, "AUTH XOAUTH2\r\n", "*\r\n"})) ==
               "334 \n535 5.7.3 Authentication unsuccessful [..]\n");
    BOOST_TEST(without_list(answers(o, {hello, "AUTH PLAIN AGEAYg==\r\nAUTH\r\n"})) ==
               "504 5.7.4 Unrecognized authentication type [..]\n504 5.7.4 Unrecognized authentication type [..]\n");
    BOOST_TEST(without_list(answers(o, {hello, "AUTH XOAUTH2 " + o.response(o.adele) + "\r\nAUTH LOGIN\r\n"})) ==
               ok + "503 5.5.2 Already authenticated\n");
    auto const* const e = o.w.journal.last({.server = "smtp", .what = "AUTH XOAUTH2"});
    BOOST_TEST_REQUIRE(e);
    BOOST_TEST(e->field("user") == "adele@woodgrove.example");
    BOOST_TEST(o.w.journal.to_json().find(o.token(o.adele).substr(0, 60)) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(refused_tokens)
{
    office o;
    std::string const no = "535 5.7.3 Authentication unsuccessful [..]\n";
    auto const with = [&](std::string const& token, std::string const& user = "adele@woodgrove.example") {
        sasl::error e{};
        auto const r = sasl::encode_xoauth2(user, token, sasl::confidential::promised_by_caller(), e);
        return without_list(answers(o, {hello, "AUTH XOAUTH2\r\n", r.value() + "\r\n"})).substr(5);
    };
    BOOST_TEST(with("garbage") == no);
    BOOST_TEST(with(o.token(o.adele, "https://graph.microsoft.com")) == no);
    BOOST_TEST(with(o.token(o.adele, "https://outlook.office.com", {"IMAP.AccessAsUser.All"})) == no);
    BOOST_TEST(with(o.token(o.bob)) == no);
    BOOST_TEST(with(o.token(o.adele), "nobody@woodgrove.example") == no);
    std::string altered = o.token(o.adele);
    altered[altered.size() - 20] = altered[altered.size() - 20] == 'A' ? 'B' : 'A';
    BOOST_TEST(with(altered) == no);
    std::string const old = o.token(o.adele);
    o.w.clock.set_date(o.w.date() + 3h);
    BOOST_TEST(with(old) == no);
    auto const* const e = o.w.journal.last({.server = "smtp", .what = "AUTH XOAUTH2"});
    BOOST_TEST_REQUIRE(e);
    BOOST_TEST(e->reason == mock::describe(mock::access_denial::token_expired));
    for (char const* const bad : {"x", "=", "dXNlcj0=", "e30="})
        BOOST_TEST(without_list(answers(o, {hello, "AUTH XOAUTH2\r\n", bad + "\r\n"s})) ==
                   "334 \n501 5.5.124 Invalid XOAUTH2 auth data [..]\n");
}

// simonrob/email-oauth2-proxy#193, MicrosoftDocs/OfficeDocs-Exchange#3124.
BOOST_AUTO_TEST_CASE(SMTP_AUTH_switched_off_and_a_client_that_presses_on)
{
    office o;
    std::string const tail = " Visit https://aka.ms/smtp_auth_disabled for more information. [..]\n";
    std::string const off = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the ";
    auto const tried = [&] {
        return without_list(answers(o, {hello, "AUTH XOAUTH2 " + o.response(o.adele) + "\r\n", envelope + "DATA\r\n"}));
    };
    auto const then = [](std::string const& text) {
        return text + "530 5.7.57 Client not authenticated to send mail. Error: " + text +
               "503 5.5.2 Need mail command\n503 5.5.2 Need mail command\n";
    };
    o.w.policy.edit_tenant(o.home.id).smtp_auth = false;
    BOOST_TEST(tried() == then(off + "Tenant." + tail));
    o.w.policy.edit_mailbox("adele@woodgrove.example").smtp_auth = false;
    BOOST_TEST(tried() == then(off + "Mailbox." + tail));
    o.w.policy.edit_mailbox("adele@woodgrove.example").smtp_auth = true;
    BOOST_TEST(tried().starts_with("235 2.7.0"));
    o.w.policy.edit_tenant(o.home.id).security_defaults = true;
    BOOST_TEST(tried().starts_with("535 5.7.139 Authentication unsuccessful, user is locked by your organization's"));
    o.w.policy.edit_tenant(o.home.id).security_defaults = false;
    o.w.policy.edit_tenant(o.home.id).conditional_access = mock::conditional_access::mail_protocols_only;
    BOOST_TEST(tried().starts_with("535 5.7.139 Authentication unsuccessful, the request did not meet the criteria"));
    BOOST_TEST(without_list(answers(o, {hello, envelope})) ==
               "530 5.7.57 Client not authenticated to send mail. [..]\n503 5.5.2 Need mail command\n");
}

BOOST_AUTO_TEST_CASE(passwords)
{
    office o;
    auto const login = [&](std::string_view user, std::string_view password) {
        using outkit::detail::base64_encode;
        return without_list(answers(o, {hello, "AUTH LOGIN\r\n", base64_encode(user) + "\r\n",
                                        base64_encode(password) + "\r\n"}))
            .substr(34);
    };
    BOOST_TEST(login("adele@woodgrove.example", "correct horse") ==
               "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [..]\n");
    o.w.policy.service.basic = mock::basic_authentication::retired;
    BOOST_TEST(login("adele@woodgrove.example", "correct horse") ==
               "550 5.7.30 Basic authentication is not supported for Client Submission. [..]\n");
    o.w.policy.service.basic = mock::basic_authentication::allowed;
    BOOST_TEST(login("adele@woodgrove.example", "wrong") ==
               "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [..]\n");
    BOOST_TEST(login("adele@woodgrove.example", "correct horse") == "235 2.7.0 Authentication successful\n");
    BOOST_TEST(o.w.journal.to_json().find("correct horse") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_message_arrives_under_a_new_message_id)
{
    office o;
    std::string const reply = sent(o, body);
    BOOST_TEST(reply.starts_with("250 2.0.0 OK <MOCKPR06MB"), reply);
    BOOST_TEST(
        reply.ends_with("@MOCKPR06MB" + reply.substr(reply.find('@') + 11, 4) + ".mockprd06.prod.outlook.com> [..]"));
    std::string const id = reply.substr(13, reply.find('>') - 12);
    for (auto const& [who, where] : {std::pair(&o.adele, mock::role::sent_items), std::pair(&o.bob, mock::role::inbox)})
    {
        BOOST_TEST_REQUIRE(o.messages(*who, where) == 1u);
        std::string const& raw = o.newest(*who, where);
        BOOST_TEST(raw.find("Message-ID: " + id + "\r\n") != raw.npos);
        BOOST_TEST(raw.find("X-Microsoft-Original-Message-ID: <local-1@app.example>\r\n") != raw.npos);
        BOOST_TEST(raw.find("\r\nMessage-ID: <local-1@app.example>") == raw.npos);
        BOOST_TEST(raw.ends_with("\r\n\r\nHi.\r\n"));
    }
}

BOOST_AUTO_TEST_CASE(commands_out_of_order_or_malformed)
{
    office o;
    std::string const auth = "AUTH XOAUTH2 " + o.response(o.adele) + "\r\n";
    BOOST_TEST(
        without_list(answers(
            o, {hello, auth,
                "RCPT TO:<a@b.example>\r\nDATA\r\nMAIL FROM:<a\r\nMAIL FROM:<a b@c.example>\r\nMAIL "
                "FROM:<adele@woodgrove.example> SIZE=x\r\nMAIL FROM:<adele@woodgrove.example> X=1\r\nMAIL "
                "FROM:<adele@woodgrove.example> SIZE=157286401\r\nMAIL FROM:<adele@woodgrove.example> BODY=8BITMIME "
                "AUTH=<>\r\nMAIL FROM:<adele@woodgrove.example>\r\nDATA\r\nRCPT TO:<>\r\nRCPT "
                "TO:<bob@woodgrove.example> NOTIFY=NEVER ORCPT=rfc822;bob@woodgrove.example\r\nRCPT "
                "TO:<bob@woodgrove.example> X=1\r\nRSET\r\nDATA\r\n"})) ==
        "235 2.7.0 Authentication successful\n503 5.5.2 Need mail command\n503 5.5.2 Need mail command\n"
        "550 5.1.7 Invalid address\n550 5.1.7 Invalid address\n501 5.5.4 Invalid arguments\n501 5.5.4 Invalid "
        "arguments\n552 5.3.4 Message size exceeds fixed maximum message size\n250 2.1.0 Sender OK\n503 5.5.2 "
        "Sender already specified\n503 5.5.2 Need rcpt command\n550 5.1.7 Invalid address\n250 2.1.5 Recipient "
        "OK\n501 5.5.4 Invalid arguments\n250 2.0.0 Resetting\n503 5.5.2 Need mail command\n");
    o.w.policy.service.recipients_per_message = 1;
    BOOST_TEST(without_list(answers(o, {hello, auth, envelope + "RCPT TO:<c@d.example>\r\n"}))
                   .ends_with("250 2.1.5 Recipient OK\n452 4.5.3 Too many recipients\n"));
}

// gophish/gophish#2900 and Microsoft's lists of NDR codes and of limits of client submission.
BOOST_AUTO_TEST_CASE(messages_that_are_refused_after_the_dot)
{
    office o;
    auto const from = [](std::string const& fields) { return fields + "To: b@c.example\r\n\r\nx\r\n"; };
    BOOST_TEST(sent(o, from("From: bob@woodgrove.example\r\n"))
                   .starts_with("554 5.2.252 SendAsDenied; adele@woodgrove.example not allowed to send as "
                                "bob@woodgrove.example; STOREDRV.Submission.Exception:SendAsDeniedException."
                                "MapiExceptionSendAsDenied; Failed to process message"));
    BOOST_TEST(sent(o, from("")).starts_with("550 5.7.512 "));
    BOOST_TEST(sent(o, from("From: nobody\r\n")).starts_with("550 5.7.512 "));
    BOOST_TEST(sent(o, from("From: adele@woodgrove.example\r\nFrom: adele@woodgrove.example\r\n"))
                   .starts_with("550 5.7.512 "));
    BOOST_TEST(sent(o, from("From: adele@woodgrove.example, bob@woodgrove.example\r\n")).starts_with("550 5.1.20 "));
    BOOST_TEST(sent(o, body, "MAIL FROM:<bob@woodgrove.example>\r\nRCPT TO:<bob@woodgrove.example>\r\n")
                   .starts_with("550 5.7.60 SMTP; Client does not have permissions to send as this sender"));
    BOOST_TEST(sent(o, "X: " + std::string(300'000, 'x') + "\r\n" + body).starts_with("552 5.3.4 Header size"));
    o.w.policy.edit_mailbox("adele@woodgrove.example").max_send = 100;
    BOOST_TEST(sent(o, body).starts_with("552 5.3.4 Message size"));
    o.w.policy.edit_mailbox("adele@woodgrove.example").max_send = 10'000;
    o.w.policy.edit_mailbox("adele@woodgrove.example").full = true;
    BOOST_TEST(sent(o, body).starts_with("554 5.2.2 mailbox full; STOREDRV"));
    o.w.policy.edit_mailbox("adele@woodgrove.example").full = false;
    o.w.policy.edit_mailbox("adele@woodgrove.example").blocked = true;
    BOOST_TEST(sent(o, body).starts_with("550 5.1.8 Access denied, bad outbound sender"));
    o.w.policy.edit_mailbox("adele@woodgrove.example").blocked = false;
    o.w.policy.service.throttling.recipients_per_day = 0;
    BOOST_TEST(sent(o, body).starts_with("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"));
    o.w.policy.service.throttling.recipients_per_day = 10;
    o.w.policy.service.throttling.smtp_connections = 0;
    BOOST_TEST(sent(o, body).starts_with("432 4.3.2 Concurrent connections limit exceeded."));
    o.w.policy.service.throttling.smtp_connections = 3;
    o.w.policy.service.throttling.messages_per_minute = 0;
    BOOST_TEST(sent(o, body).starts_with("421 4.4.2 Message submission rate"));
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 0u);
    BOOST_TEST(o.messages(o.adele, mock::role::sent_items) == 0u);
    o.w.policy.service.throttling.messages_per_minute = 30;
    BOOST_TEST(sent(o, body).starts_with("250 2.0.0 OK "));
    BOOST_TEST(
        sent(o, "From: adele@woodgrove.example, bob@woodgrove.example\r\nSender: adele@woodgrove.example\r\n\r\n")
            .starts_with("554 5.2.252 "));
    o.w.policy.edit_mailbox("bob@woodgrove.example")
        .delegates.push_back({.who = "adele@woodgrove.example", .send_as = true});
    BOOST_TEST(sent(o, from("From: bob@woodgrove.example\r\n")).starts_with("250 2.0.0 OK "));
}

BOOST_AUTO_TEST_CASE(SM_14_only_one_sequence_ends_a_message)
{
    office o;
    for (char const* const end : {"\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r"})
    {
        std::string const smuggled = "x"s + end +
                                     "MAIL FROM:<adele@woodgrove.example>\r\nRCPT "
                                     "TO:<bob@woodgrove.example>\r\nDATA\r\n" +
                                     body + "\r\n";
        BOOST_TEST(sent(o, body + smuggled).starts_with("550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal"));
    }
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 0u);
    BOOST_TEST(sent(o, body + "..\r\n..x\r\n").starts_with("250 2.0.0 OK "));
    BOOST_TEST(o.newest(o.bob, mock::role::inbox).ends_with("Hi.\r\n.\r\n.x\r\n"));
}

BOOST_AUTO_TEST_CASE(bdat_as_pipelined_chunks)
{
    office o;
    std::string const auth = "AUTH XOAUTH2 " + o.response(o.adele) + "\r\n";
    std::string const first = body.substr(0, 20), rest = body.substr(20);
    std::string const r =
        without_list(answers(o, {hello, auth,
                                 envelope + "BDAT 20\r\n" + first + "BDAT " + std::to_string(rest.size()) +
                                     " LAST\r\n" + rest + "BDAT 3 LAST\r\nabc" + "BDAT x\r\n"}));
    BOOST_TEST(r.find("250 2.1.5 Recipient OK\n250 2.6.0 CHUNK received OK, 20 octets\n250 2.0.0 OK <") != r.npos, r);
    BOOST_TEST(r.ends_with("503 5.5.2 Need mail command\n501 5.5.4 Invalid arguments\n"), r);
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 1u);
}

BOOST_AUTO_TEST_CASE(the_answer_of_a_fault_and_the_end_of_idling)
{
    office o;
    o.w.faults.next("smtp", "MAIL", "451 4.7.0 Temporary server error. Please try again later. PRX2");
    BOOST_TEST(without_list(answers(o, {hello, "AUTH XOAUTH2 " + o.response(o.adele) + "\r\n", envelope}))
                   .ends_with("451 4.7.0 Temporary server error. Please try again later. PRX2\n503 5.5.2 Need mail "
                              "command\n"));
    o.w.faults.next("smtp", ".", "421 4.3.2 Service not active");
    BOOST_TEST(sent(o, body) == "421 4.3.2 Service not active");
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 0u);
    o.w.faults.next("smtp", "connect", "554 5.3.2 go away");
    outkit::detail::simulator sim(1);
    wire client, server;
    std::string heard;
    sim.start("client", speak(client, {}, false, heard));
    sim.start("server", o.server.serve(server));
    sim.join_last_two();
    sim.run();
    BOOST_TEST(heard == "554 5.3.2 go away\n");

    wire silent, other;
    auto const wait_for_the_end = [](wire& w, std::string& text) -> flow<> {
        w.patience = 1h;
        wire::sink to = [&text](std::string_view part) { text += part; };
        co_await w.read_to_end(std::move(to));
    };
    heard.clear();
    sim.start("client", wait_for_the_end(silent, heard));
    sim.start("server", o.server.serve(other));
    sim.join_last_two();
    sim.run();
    BOOST_TEST(heard.ends_with("421 4.4.1 Connection timed out. Total session duration: 00:00:30.0000000\r\n"), heard);
}

namespace {

struct mailing
{
    smtp::detail::session s;
    std::shared_ptr<smtp::detail::progress> now = std::make_shared<smtp::detail::progress>();

    flow<> run(std::string token, std::vector<smtp::mail> messages)
    {
        smtp::endpoint to;
        to.host = "mail.test";
        co_await smtp::detail::connect(s, std::move(to));
        access_token t(std::move(token));
        co_await smtp::detail::authenticate(s, "adele@woodgrove.example", std::move(t));
        co_await smtp::detail::send_all(s, std::move(messages), now);
        co_await smtp::detail::quit(s);
    }
};

smtp::mail letter(std::string content = body)
{
    smtp::mail m;
    error_code ec;
    m.envelope.from = *mime::parse_address("adele@woodgrove.example", ec);
    m.envelope.to = {*mime::parse_address("bob@woodgrove.example", ec)};
    m.content = std::move(content);
    return m;
}

struct result
{
    error_code ec;
    std::string diagnostics;
    std::vector<smtp::delivery> deliveries;
};

result mailed(office& o, std::string const& token, std::vector<smtp::mail> messages, outkit::detail::weather sky = {})
{
    mailing a;
    outkit::detail::simulator sim(1, sky);
    sim.listen("mail.test", 587, [&o](wire& w) { return o.server.serve(w); }, tests::certified_server());
    auto const r = sim.start("client", a.run(token, std::move(messages)), tests::trusting_client());
    sim.run();
    BOOST_TEST(r->done);
    return {r->ec, r->diagnostics, a.now->deliveries};
}

}  // namespace

BOOST_AUTO_TEST_CASE(client_and_mock_in_pieces_of_every_size)
{
    for (std::size_t const piece : {1u, 2u, 7u, 4'096u})
    {
        office o;
        auto const r = mailed(o, o.token(o.adele), {letter(), letter(), letter()}, {.largest_piece = piece});
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST_REQUIRE(r.deliveries.size() == 3u);
        for (auto const& d : r.deliveries)
        {
            BOOST_TEST(!d.ec);
            BOOST_TEST(d.message_id.starts_with("MOCKPR06MB"));
        }
        BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 3u);
        BOOST_TEST(o.messages(o.adele, mock::role::sent_items) == 3u);
        BOOST_TEST(o.newest(o.bob, mock::role::inbox).find(r.deliveries[2].message_id) != std::string::npos);
    }
}

// Acknowledged is stored; and what is neither acknowledged nor in doubt is not.
BOOST_AUTO_TEST_CASE(SM_23_client_and_mock_cut_all_along_under_tls)
{
    std::size_t unknown = 0, delivered_unknown = 0;
    bool whole = false;
    for (bool const resets : {false, true})
        for (std::size_t cut = 1; !whole; cut += cut < 9'000 ? 37 : 5)
        {
            office o;
            auto const r = mailed(o, o.token(o.adele), {letter(), letter()}, {.cut_after = cut, .cut_resets = resets});
            std::size_t const stored = o.messages(o.bob, mock::role::inbox);
            std::size_t acknowledged = 0, doubtful = 0;
            for (auto const& d : r.deliveries)
            {
                acknowledged += !d.ec;
                doubtful += d.ec == smtp::error::outcome_unknown;
            }
            BOOST_TEST_CONTEXT("cut after " << cut << (resets ? ", reset" : ""))
            {
                BOOST_TEST(stored >= acknowledged);
                BOOST_TEST(stored <= acknowledged + doubtful);
                BOOST_TEST(doubtful <= 1u);
                BOOST_TEST((r.ec == smtp::error::outcome_unknown) == (doubtful == 1));
                BOOST_TEST((r.ec || acknowledged == 2));
            }
            unknown += doubtful;
            delivered_unknown += doubtful && stored > acknowledged;
            whole = !r.ec;
            if (whole && !resets)
            {
                whole = false;
                break;
            }
            BOOST_TEST_REQUIRE(cut < 60'000u);
        }
    BOOST_TEST(unknown > 0u);
    BOOST_TEST(delivered_unknown > 0u);
}

BOOST_AUTO_TEST_CASE(SM_14_hostile_bodies_at_a_lenient_server_are_one_message_each)
{
    for (bool const lenient : {false, true})
        for (char const* const end :
             {"a\n.\n", "a\r.\rb", "a\n.\r\nx", "a\r\n.\nb", "a\r\n.\r\nb", ".", "..", "a\r", ""})
        {
            office o;
            o.w.faults.misbehave("smtp.lenient-end-of-data", lenient);
            auto const r =
                mailed(o, o.token(o.adele),
                       {letter(body + end +
                               "MAIL FROM:<adele@woodgrove.example>\r\nRCPT TO:<bob@woodgrove.example>\r\nDATA\r\n")});
            BOOST_TEST(!r.ec, r.ec.message());
            BOOST_TEST(!r.deliveries.at(0).ec);
            BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 1u);
            BOOST_TEST(o.newest(o.bob, mock::role::inbox).ends_with("DATA\r\n"));
        }
}

BOOST_AUTO_TEST_CASE(ST_misbehaving_servers_get_no_credentials)
{
    office o;
    o.w.faults.misbehave("smtp.no-starttls");
    BOOST_TEST((mailed(o, o.token(o.adele), {letter()}).ec == outkit::error::tls_required));
    o.w.faults.misbehave("smtp.no-starttls", false);
    o.w.faults.misbehave("smtp.plaintext-after-starttls");
    BOOST_TEST((mailed(o, o.token(o.adele), {letter()}).ec == outkit::error::early_plaintext));
    BOOST_TEST(o.w.journal.count({.server = "smtp", .what = "AUTH"}) == 0u);
}

BOOST_AUTO_TEST_CASE(SL_06_a_mock_that_refuses_with_a_challenge)
{
    office o;
    o.w.policy.service.json_challenge = true;
    auto const r = mailed(o, o.token(o.adele, "https://graph.microsoft.com"), {letter()});
    BOOST_TEST((r.ec == smtp::error::authentication_failed));
    BOOST_TEST(r.diagnostics.find("status 401; scope https://outlook.office.com/SMTP.Send") != std::string::npos,
               r.diagnostics);
}

BOOST_AUTO_TEST_CASE(SM_32_too_many_messages_in_a_minute_are_delayed)
{
    office o;
    o.w.policy.service.throttling.messages_per_minute = 2;
    auto const r = mailed(o, o.token(o.adele), std::vector<smtp::mail>(5, letter()));
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 5u);
    o.w.policy.service.throttling.refuse_over_rate = true;
    o.w.policy.service.throttling.messages_per_minute = 2;
    mock::smtp fresh(o.w);
    auto const refused = mailed(o, o.token(o.adele), std::vector<smtp::mail>(5, letter()));
    BOOST_TEST((refused.ec == condition::transient), refused.ec.message());
    std::size_t taken = 0;
    for (auto const& d : refused.deliveries)
        taken += !d.ec;
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 5u + taken);
}

BOOST_AUTO_TEST_SUITE_END()
