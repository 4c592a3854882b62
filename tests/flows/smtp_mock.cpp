// The mock against raw text, as any client sends it, and against our client.

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/sasl/xoauth2.hpp>
#include <outkit/smtp/detail/flows.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
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
    // For the application itself.
    std::string app_token(std::vector<std::string> roles)
    {
        mock::access_claims c;
        c.audience = "https://outlook.office365.com";
        c.tenant = home.id;
        c.client_id = app.app_id;
        c.app_only = true;
        c.service_principal = w.directory.find_service_principal(app.app_id, home.id)->object_id;
        c.permissions = std::move(roles);
        return mock::issue_access_token(w.keys, w, c);
    }
    static std::string sign_in(std::string const& token, std::string const& user = "adele@woodgrove.example")
    {
        sasl::error e{};
        return "AUTH XOAUTH2 " +
               sasl::encode_xoauth2(user, token, sasl::confidential::promised_by_caller(), e).value() + "\r\n";
    }
    void set(std::string_view name, std::string_view value, std::string_view subject = "")
    {
        std::string problem;
        BOOST_TEST(w.policy.set(name, value, subject, problem), problem);
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

// All that the mock says, as it says it.
std::string said(office& o, std::vector<std::string> turns, bool tls = true)
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
    return heard;
}

// The same without the greeting; bracketed host names become [..].
std::string answers(office& o, std::vector<std::string> turns, bool tls = true)
{
    std::string heard = said(o, std::move(turns), tls);
    for (std::size_t at = 0; (at = heard.find('[', at)) != std::string::npos; at += 4)
        if (auto const end = heard.find(']', at); end != std::string::npos && heard.substr(at, 10) != "[127.0.0.1" &&
                                                  !heard.substr(at).starts_with("[BeginD") &&
                                                  !heard.substr(at).starts_with("[EndD"))
            heard.replace(at, end - at + 1, "[..]");
    auto const greeting = heard.find('\n');
    BOOST_TEST(heard.starts_with("220 "));
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
std::string sent(office& o, std::string const& content, std::string const& who_and_whom = envelope,
                 std::string sign_in = {})
{
    if (sign_in.empty())
        sign_in = "AUTH XOAUTH2 " + o.response(o.adele) + "\r\n";
    std::string const all = without_list(answers(o, {hello, sign_in, who_and_whom + "DATA\r\n", content + ".\r\n"}));
    BOOST_TEST(all.starts_with("235 2.7.0 "), all);
    auto const last = all.rfind('\n', all.size() - 2);
    return all.substr(last + 1, all.size() - last - 2);
}

std::string first_line(std::string const& s) { return s.substr(0, s.find('\n')); }

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
        std::string const r = without_list(
            answers(o, {hello, "AUTH LOGIN\r\n", base64_encode(user) + "\r\n", base64_encode(password) + "\r\n"}));
        BOOST_TEST_REQUIRE(r.starts_with("334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n"), r);
        return r.substr(34);
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
    std::string const reply = sent(o, "Bcc: secret@outside.example\r\n" + body);
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
        BOOST_TEST(raw.find("\r\nX-ClientProxiedBy: MOCKPR06CA") != raw.npos);
        BOOST_TEST(raw.find("\r\nX-MS-Exchange-MessageSentRepresentingType: 1\r\n") != raw.npos);
        BOOST_TEST((raw.find("secret@outside.example") != raw.npos) == (who == &o.adele));
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
    for (char const* const field :
         {"", "From: nobody\r\n", "From: adele@woodgrove.example\r\nFrom: adele@woodgrove.example\r\n"})
        BOOST_TEST(sent(o, from(field)) ==
                   "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant [..]");
    BOOST_TEST(sent(o, from("From: adele@woodgrove.example, bob@woodgrove.example\r\n")) ==
               "550 5.1.20 Multiple From addresses are not allowed without Sender address [..]");
    BOOST_TEST(sent(o, body, "MAIL FROM:<bob@woodgrove.example>\r\nRCPT TO:<bob@woodgrove.example>\r\n") ==
               "550 5.7.60 SMTP; Client does not have permissions to send as this sender [..]");
    BOOST_TEST(sent(o, "X: " + std::string(300'000, 'x') + "\r\n" + body) ==
               "552 5.3.4 Header size exceeds fixed maximum size [..]");
    o.w.policy.edit_mailbox("adele@woodgrove.example").max_send = 100;
    BOOST_TEST(sent(o, body) == "552 5.3.4 Message size exceeds fixed maximum message size [..]");
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
    BOOST_TEST(sent(o, body) == "421 4.4.2 Message submission rate for this client has exceeded the configured limit");
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

namespace {

// 5 October 2026, 08:15:02.114
outkit::detail::wall_time a_monday_morning()
{
    using namespace std::chrono;
    return sys_days(2026y / October / 5) + 8h + 15min + 2s + 114ms;
}

// Digits as 9, which makes a shape of a name.
std::string shape(std::string s)
{
    for (char& c : s)
        if (c >= '0' && c <= '9')
            c = '9';
    return s;
}

}  // namespace

// Greeting: datawookie/emayili#147, and for the newer names jstedfast/MailKit#1126; the day is not padded:
// simonrob/email-oauth2-proxy#93. Brackets: nodemailer/nodemailer#1484 (old), jstedfast/MailKit#1712 (new).
BOOST_AUTO_TEST_CASE(hosts_and_brackets_of_each_service)
{
    struct row
    {
        char const *profile, *greeting, *bracket;
    };
    for (row const r :
         {row{"office365", "999 MOCKPR99CA9999.outlook.office999.com ", "MOCKPR99CA9999.mockprd99.prod.outlook.com"},
          row{"classic", "999 MOCKPR99CA9999.outlook.office999.com ", "MOCKPR99CA9999.mockprd99.prod.outlook.com"},
          row{"outlook", "999 MOCKPEPF99999999.outlook.office999.com ", "MOCKPEPF99999999.MOCKP999.PROD.OUTLOOK.COM"},
          row{"high-volume", "999 MOCKPR99CA9999.outlook.office999.com ", "MOCKPR99CA9999.mockprd99.prod.outlook.com"}})
        BOOST_TEST_CONTEXT(r.profile)
        {
            office o;
            o.set("service.smtp_profile", r.profile);
            o.w.clock.set_date(a_monday_morning());
            std::string const heard =
                said(o, {hello, "AUTH NTLM\r\n", "MAIL FROM:<adele@woodgrove.example>\r\n"}, true);
            std::string const greeting = first_line(heard), service = "Microsoft ESMTP MAIL Service ready at ";
            BOOST_TEST(shape(greeting).starts_with(r.greeting + service), greeting);
            BOOST_TEST(greeting.ends_with(service + "Mon, 5 Oct 2026 08:15:02 +0000"), greeting);
            BOOST_TEST(heard.find("\n250-AUTH LOGIN XOAUTH2\n") != heard.npos);
            std::string const refused = heard.substr(heard.find("\n504 ") + 1);
            std::string const begin = "504 5.7.4 Unrecognized authentication type [";
            BOOST_TEST_REQUIRE(refused.starts_with(begin), refused);
            std::string const bracket = refused.substr(begin.size(), refused.find(']') - begin.size());
            if (r.profile == "classic"s)
            {
                BOOST_TEST(shape(bracket) == r.bracket);
                continue;
            }
            BOOST_TEST(shape(bracket.substr(0, bracket.find(' '))) == r.bracket);
            BOOST_TEST(bracket.find(" 2026-10-05T08:15:") != bracket.npos, bracket);
            // ticks of 100 ns since the year 1: the machine was started 6 to 42 hours ago
            std::string const number = bracket.substr(bracket.rfind(' ') + 1);
            BOOST_TEST_REQUIRE(number.size() == 16u);
            std::uint64_t const started = std::stoull(number, nullptr, 16) - 621'355'968'000'000'000;
            std::uint64_t const now = std::uint64_t(o.w.date().time_since_epoch() / 1s) * 10'000'000;
            BOOST_TEST((started < now - 6 * 36'000'000'000ULL && started > now - 43 * 36'000'000'000ULL), bracket);
            // one number for a session, the next for the next
            std::string const again = said(o, {hello, "AUTH NTLM\r\nAUTH NTLM\r\n"});
            auto const numbers = [&](std::size_t from) {
                auto const end = again.find("]\n", from);
                return std::stoull(again.substr(end - 16, 16), nullptr, 16);
            };
            auto const first = again.find("\n504 ");
            BOOST_TEST(numbers(first) == std::stoull(number, nullptr, 16) + 1);
            BOOST_TEST(numbers(again.find("\n504 ", first + 1)) == numbers(first));
        }
}

// nodemailer/nodemailer#1484, tarickb/sasl-xoauth2#96.
BOOST_AUTO_TEST_CASE(refusals_take_their_time)
{
    office o;
    o.set("service.failed_auth_delay", "5000");
    o.set("service.failed_mail_delay", "4000");
    std::vector<std::chrono::milliseconds> waited;
    auto const timed = [](wire& w, std::vector<std::string> lines,
                          std::vector<std::chrono::milliseconds>& took) -> flow<> {
        co_await w.start_tls("mail.test");
        outkit::detail::environment& world = co_await outkit::detail::this_environment();
        std::string line = co_await w.read_line();
        for (std::string& command : lines)
        {
            auto const begun = world.now();
            co_await w.write(std::move(command));
            do
                line = co_await w.read_line();
            while (line.size() > 3 && line[3] == '-');
            took.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(world.now() - begun));
        }
    };
    auto const serve = [](office& in, wire& w) -> flow<> {
        co_await w.start_tls();
        co_await in.server.serve(w);
    };
    outkit::detail::simulator sim(1);
    wire client, server;
    std::vector<std::string> lines = {"MAIL FROM:<adele@woodgrove.example>\r\n",
                                      hello,
                                      "MAIL FROM:<adele@woodgrove.example>\r\n",
                                      office::sign_in("nonsense"),
                                      "NOOP\r\n",
                                      office::sign_in(o.token(o.adele))};
    sim.start("client", timed(client, std::move(lines), waited), tests::trusting_client());
    sim.start("server", serve(o, server), tests::certified_server());
    sim.join_last_two();
    sim.run();
    BOOST_TEST_REQUIRE(waited.size() == 6u);
    for (std::size_t const at : {0u, 1u, 4u, 5u})
        BOOST_TEST((waited[at] < 2s));
    BOOST_TEST((waited[2] >= 4s && waited[2] < 5s));
    BOOST_TEST((waited[3] >= 5s && waited[3] < 6s));
}

// mageplaza/magento-2-smtp#268: the words of 2020, which know of no earlier failure.
BOOST_AUTO_TEST_CASE(MAIL_without_a_sign_in_in_older_words)
{
    office o;
    o.set("service.smtp_profile", "classic");
    BOOST_TEST(without_list(answers(o, {hello, office::sign_in("nonsense") + envelope})) ==
               "535 5.7.3 Authentication unsuccessful [..]\n530 5.7.57 SMTP; Client was not authenticated to send "
               "anonymous mail during MAIL FROM [..]\n503 5.5.2 Need mail command\n");
}

// Learn: printers; the criteria: public reports of 2026. Passwords get to hear what tokens do, and more.
BOOST_AUTO_TEST_CASE(what_a_password_is_told)
{
    office o;
    o.w.policy.service.basic = mock::basic_authentication::allowed;
    auto const told = [&](std::string_view user = "adele@woodgrove.example") {
        using outkit::detail::base64_encode;
        return without_list(answers(o, {hello, "AUTH LOGIN " + base64_encode(user) + "\r\n",
                                        base64_encode("correct horse") + "\r\n"}))
            .substr(17);
    };
    std::string const no = "535 5.7.139 Authentication unsuccessful, ";
    struct row
    {
        char const *name, *value;
        std::string text;
    };
    std::string const criteria = no + "the request did not meet the criteria to be authenticated successfully. Contact "
                                      "your administrator. [..]\n";
    for (row const& r :
         {row{"tenant.federation", "unreachable", no + "federated STS service was unreachable. [..]\n"},
          row{"tenant.federation", "no-https", no + "the federated STS URL does not support HTTPS. [..]\n"},
          row{"tenant.federation", "none", "235 2.7.0 Authentication successful\n"},
          row{"tenant.security_defaults", "on",
              no +
                  "user is locked by your organization's security defaults policy. Contact your administrator. [..]\n"},
          row{"tenant.security_defaults", "off", "235 2.7.0 Authentication successful\n"},
          row{"tenant.authentication_policy_smtp", "off", criteria},
          row{"tenant.authentication_policy_smtp", "on", "235 2.7.0 Authentication successful\n"},
          row{"tenant.conditional_access", "mfa", criteria},
          row{"tenant.conditional_access", "pass", "235 2.7.0 Authentication successful\n"},
          row{"tenant.smtp_auth", "off",
              no + "SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for "
                   "more information. [..]\n"}})
    {
        o.set(r.name, r.value, o.home.id);
        BOOST_TEST(told() == r.text, r.name << ' ' << r.value << ": " << told());
    }
    BOOST_TEST(told("nobody@woodgrove.example") == no + "the user credentials were incorrect. [..]\n");
    o.w.directory
        .add_user(o.w, {.tenant_id = std::string(mock::consumers_tenant), .principal_name = "robin@outlook.test"})
        .password = "correct horse";
    BOOST_TEST(told("robin@outlook.test") == no + "basic authentication is disabled. [..]\n");
}

// Public measurements of 2026-09: nobody could have switched it off, and it is off.
BOOST_AUTO_TEST_CASE(a_personal_account_hears_of_its_mailbox_only)
{
    office o;
    o.set("service.smtp_profile", "outlook");
    mock::user& robin = o.w.directory.add_user(
        o.w, {.tenant_id = std::string(mock::consumers_tenant), .principal_name = "robin@outlook.test"});
    auto const tried = [&] {
        return without_list(answers(o, {hello, office::sign_in(o.token(robin), "robin@outlook.test")}));
    };
    BOOST_TEST(tried() == "235 2.7.0 Authentication successful\n");
    std::string const off =
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit "
        "https://aka.ms/smtp_auth_disabled for more information. [..]\n";
    o.set("tenant.smtp_auth", "off");
    BOOST_TEST(tried() == off);
    o.set("mailbox.smtp_auth", "on", "robin@outlook.test");
    BOOST_TEST(tried() == "235 2.7.0 Authentication successful\n");
    o.set("mailbox.smtp_auth", "off", "robin@outlook.test");
    BOOST_TEST(tried() == off);
    // work accounts are welcome, too
    o.set("tenant.smtp_auth", "on");
    BOOST_TEST(without_list(answers(o, {hello, office::sign_in(o.token(o.adele))})) ==
               "235 2.7.0 Authentication successful\n");
}

BOOST_AUTO_TEST_CASE(a_switch_acts_when_it_has_got_around)
{
    office o;
    std::string problem;
    o.w.policy.service.propagation_delay = 15min;
    BOOST_TEST(o.w.policy.flip(o.w.date(), "mailbox.smtp_auth", "off", "adele@woodgrove.example", problem), problem);
    auto const tried = [&] {
        return without_list(answers(o, {hello, office::sign_in(o.token(o.adele))})).substr(0, 3);
    };
    BOOST_TEST(tried() == "235");
    o.w.clock.set_date(o.w.date() + 10min);
    BOOST_TEST(tried() == "235");
    o.w.clock.set_date(o.w.date() + 10min);
    BOOST_TEST(tried() == "535");
}

// A public snippet of Nodemailer users; the number varies.
BOOST_AUTO_TEST_CASE(a_mailbox_that_the_front_end_does_not_reach)
{
    office o;
    o.set("mailbox.proxied", "off", "adele@woodgrove.example");
    BOOST_TEST(without_list(answers(o, {hello, office::sign_in(o.token(o.adele)) + envelope})) ==
               "451 4.7.0 Temporary server error. Please try again later. PRX2\n"
               "530 5.7.57 Client not authenticated to send mail. [..]\n503 5.5.2 Need mail command\n");
    o.set("mailbox.proxied", "on", "adele@woodgrove.example");
    BOOST_TEST(sent(o, body).starts_with("250 2.0.0 OK "));
}

BOOST_AUTO_TEST_CASE(a_user_that_is_no_address)
{
    office o;
    BOOST_TEST(
        without_list(answers(o, {hello, office::sign_in(o.token(o.adele), "adele")}))
            .starts_with("501 5.5.124 Invalid XOAUTH2 auth data - User address provided is not valid. Please ensure "
                         "the auth d"));
}

// RFC 4954 section 4 has longer lines than RFC 5321; servers that have not heard of it take a token in two steps only.
BOOST_AUTO_TEST_CASE(a_server_with_short_lines_takes_a_token_in_two_steps)
{
    office o;
    o.w.faults.misbehave("smtp.short-command-lines");
    BOOST_TEST(without_list(answers(
                   o, {hello, office::sign_in(o.token(o.adele)), "AUTH XOAUTH2\r\n", o.response(o.adele) + "\r\n"})) ==
               "500 5.5.2 Command line too long\n334 \n235 2.7.0 Authentication successful\n");
}

// Learn: SMTP with RBAC for Applications, mail OAuth.
BOOST_AUTO_TEST_CASE(applications_and_their_permissions)
{
    office o;
    std::string const adele = "adele@woodgrove.example", bob = "bob@woodgrove.example";
    std::string const object = o.w.directory.find_service_principal(o.app.app_id, o.home.id)->object_id;
    auto const tried = [&](std::vector<std::string> roles, std::string const& user) {
        std::string const r = without_list(answers(o, {hello, office::sign_in(o.app_token(std::move(roles)), user)}));
        auto const* const e = o.w.journal.last({.server = "smtp", .what = "AUTH"});
        return r.substr(0, 3) + ' ' + (e ? e->reason : "");
    };
    auto const denied = [](mock::access_denial d) { return "535 " + std::string(mock::describe(d)); };
    using enum mock::access_denial;
    BOOST_TEST(tried({"SMTP.SendAsApp"}, adele) == denied(app_not_registered));
    mock::tenant_policy& home = o.w.policy.edit_tenant(o.home.id);
    home.exchange_principals = {{o.app.app_id, o.app.object_id}};
    BOOST_TEST(tried({"SMTP.SendAsApp"}, adele) == denied(app_wrong_object_id));
    home.exchange_principals = {{o.app.app_id, object}};
    BOOST_TEST(tried({"SMTP.SendAsApp"}, adele) == denied(app_no_rights));
    BOOST_TEST(tried({}, adele) == denied(scope_missing));
    o.w.policy.edit_mailbox(adele).delegates = {{.who = object, .full_access = true}};
    BOOST_TEST(tried({"SMTP.SendAsApp"}, adele) == "235 ");
    BOOST_TEST(tried({"SMTP.SendAsApp"}, bob) == denied(app_no_rights));
    // a role of RBAC for Applications needs no permission on the mailbox, and none in the token
    home.application_roles = {{o.app.app_id, {bob}}};
    BOOST_TEST(tried({}, bob) == "235 ");
    BOOST_TEST(tried({"SMTP.SendAsApp"}, bob) == denied(app_no_rights));
    home.application_roles = {{o.app.app_id, {}}};
    BOOST_TEST(tried({}, adele) == "235 ");
    // the mailbox's switch holds for applications, too
    o.set("mailbox.smtp_auth", "off", bob);
    BOOST_TEST(tried({}, bob) == denied(smtp_auth_disabled_mailbox));
    // Notifuse/notifuse#250: another sender needs SendAs of the mailbox in user=; that of the application is not enough
    std::string const as_bob = "From: bob@woodgrove.example\r\n\r\nx\r\n";
    std::string const sign_in = office::sign_in(o.app_token({"SMTP.SendAsApp"}), adele);
    o.w.policy.edit_mailbox(bob).delegates = {{.who = object, .send_as = true}};
    BOOST_TEST(sent(o, as_bob, envelope, sign_in)
                   .starts_with("554 5.2.252 SendAsDenied; adele@woodgrove.example not "
                                "allowed to send as bob@woodgrove.example; "));
    o.w.policy.edit_mailbox(bob).delegates.push_back({.who = adele, .send_as = true});
    BOOST_TEST(sent(o, as_bob, envelope, sign_in).starts_with("250 2.0.0 OK "));
    BOOST_TEST(o.messages(o.adele, mock::role::sent_items) == 1u);
    BOOST_TEST(o.messages(o.bob, mock::role::sent_items) == 0u);
}

// tarickb/sasl-xoauth2#110; cmdlet reference: Add-HVEAppAccess.
BOOST_AUTO_TEST_CASE(accounts_of_high_volume_email)
{
    office o;
    o.set("service.smtp_profile", "high-volume");
    std::string const bulk = "bulk@woodgrove.example";
    o.w.directory.add_user(o.w, {.tenant_id = o.home.id, .principal_name = bulk, .licensed = false});
    auto const tried = [&](std::vector<std::string> roles) {
        return without_list(
            answers(o, {hello, "AUTH XOAUTH2\r\n", office::sign_in(o.app_token(std::move(roles)), bulk).substr(13)}));
    };
    std::string const none = "334 \n501 5.5.124 Invalid XOAUTH2 auth data - User address provided is not valid. Please "
                             "ensure the auth d";
    BOOST_TEST(tried({"SMTP.SendAsApp"}).starts_with(none));
    o.set("mailbox.high_volume", "on", bulk);
    BOOST_TEST(tried({"SMTP.SendAsApp"}) == "334 \n535 5.7.3 Authentication unsuccessful [..]\n");
    o.w.policy.edit_mailbox(bulk).high_volume_apps = {o.app.app_id};
    BOOST_TEST(tried({"SMTP.SendAsApp"}) == "334 \n235 2.7.0 Authentication successful\n");
    BOOST_TEST(tried({"Mail.Send"}) == "334 \n235 2.7.0 Authentication successful\n");
    BOOST_TEST(tried({"Mail.Read"}) == "334 \n535 5.7.3 Authentication unsuccessful [..]\n");
    BOOST_TEST(without_list(answers(o, {hello, office::sign_in(o.token(o.adele))}))
                   .starts_with("501 5.5.124 Invalid XOAUTH2 auth data - User address"));
    BOOST_TEST(sent(o, "From: bulk@woodgrove.example\r\n\r\nx\r\n",
                    "MAIL FROM:<bulk@woodgrove.example>\r\nRCPT TO:<bob@woodgrove.example>\r\n",
                    office::sign_in(o.app_token({"SMTP.SendAsApp"}), bulk))
                   .starts_with("250 2.0.0 OK "));
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 1u);
}

// Each of the refusals that a switch makes, now and in the words before 2023: Learn, NDR codes and SMTP improvements;
// Youans/nodejs-nodemailer-outlook#11, rss2email/rss2email#147, sabuhish/fastapi-mail#75.
BOOST_AUTO_TEST_CASE(every_sentence_after_the_dot)
{
    std::string const adele = "adele@woodgrove.example", from = "From: bob@woodgrove.example\r\n\r\nx\r\n";
    struct row
    {
        std::string name, value, text;
        std::string content = body, profile = "office365";
    };
    auto const spam = [](std::string const& verdict, std::string const& begin = "[BeginDiagnosticData]",
                         std::string const& end = "[EndDiagnosticData]") {
        std::string const sentence = "WASCL UserAction verdict is not None. Actual verdict is " + verdict + ".";
        return "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a "
               "permanent "
               "exception with message " +
               begin + sentence + " OutboundSpamException: " + sentence + end + " [..]";
    };
    std::string const verdict = "mailbox.outbound_verdict", tenant = "tenant.outbound_mail";
    for (row const& r : {
             row{verdict, "spam-abuse", "550 5.7.501 Access denied, spam abuse detected [..]"},
             row{verdict, "banned", "550 5.7.502 Access denied, banned sender [..]"},
             row{verdict, "banned-sender", "550 5.7.503 Access denied, banned sender [..]"},
             row{verdict, "refuse-quota", spam("RefuseQuota, ShowTierUpgrade")},
             row{verdict, "refuse-quota", spam("RefuseQuota, ShowTierUpgrade", "", ""), body, "classic"},
             row{verdict, "hip-notify", spam("HipNotify, ShowTierUpgrade")},
             row{verdict, "suspend", spam("Suspend, ShowTierUpgrade"), body, "outlook"},
             row{"mailbox.blocked", "on", "550 5.1.8 Access denied, bad outbound sender [..]"},
             row{"mailbox.full", "on",
                 "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException."
                 "MapiExceptionShutoffQuotaExceeded [..]"},
             row{tenant, "exceeded", "550 5.7.705 Access denied, tenant has exceeded threshold [..]"},
             row{tenant, "refused-address", "550 5.7.708 Access denied, traffic not accepted from this IP [..]"},
             row{tenant, "registered-domains",
                 "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains [..]",
                 "From: adele@elsewhere.example\r\n\r\nx\r\n"},
             row{"service.smtp_connections", "0",
                 "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more "
                 "information. [..]"},
             row{"service.smtp_connections", "0", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded [..]",
                 body, "classic"},
             row{"service.recipients_per_day", "0",
                 "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message "
                 "due "
                 "to a permanent exception with message The submission quota has been exceeded. [..]"},
         })
    {
        office o;
        o.set("service.smtp_profile", r.profile);
        o.set(r.name, r.value, r.name.starts_with("mailbox") ? adele : r.name.starts_with("tenant") ? o.home.id : "");
        std::string const reply = sent(o, r.content);
        BOOST_TEST(reply == r.text, r.name << ' ' << r.value << ": " << reply);
        BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 0u);
    }
    // The tail of these is longer than RFC 5321 has clients expect (FusionAuth/fusionauth-issues#220).
    office o;
    std::string const denied = "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed "
                               "to process message due to a "
                               "permanent exception with message ";
    std::string reply = sent(o, from);
    BOOST_TEST(reply.starts_with("554 5.2.252 SendAsDenied; adele@woodgrove.example not allowed to send as "
                                 "bob@woodgrove.example; " +
                                 denied +
                                 "[BeginDiagnosticData]Cannot submit message. 0.35250:0A007C85, 1.36674:0A000000, "),
               reply);
    BOOST_TEST(reply.ends_with("[EndDiagnosticData] [..]"), reply);
    BOOST_TEST(reply.size() > 1'000u);
    o.set("service.smtp_profile", "classic");
    reply = sent(o, from);
    BOOST_TEST(
        reply.starts_with("554 5.2.0 " + denied + "Cannot submit message. 0.35250:0A007C85, 1.36674:0A000000, "));
    BOOST_TEST(reply.size() > 1'000u);
    // a copy that does not fit is another exception than a mailbox that is shut off
    mock::ensure_mailbox(o.w, o.adele)->quota = 100;
    reply = sent(o, body);
    BOOST_TEST(reply == "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException."
                        "MapiExceptionQuotaExceeded [..]");
}

// For a personal account the filter of outgoing mail keeps the count.
BOOST_AUTO_TEST_CASE(a_personal_account_over_its_quota)
{
    office o;
    o.set("service.smtp_profile", "outlook");
    o.set("service.recipients_per_day", "1");
    mock::user& robin = o.w.directory.add_user(
        o.w, {.tenant_id = std::string(mock::consumers_tenant), .principal_name = "robin@outlook.test"});
    auto const send = [&] {
        return sent(o, "From: robin@outlook.test\r\n\r\nx\r\n",
                    "MAIL FROM:<robin@outlook.test>\r\nRCPT TO:<bob@woodgrove.example>\r\n",
                    office::sign_in(o.token(robin), "robin@outlook.test"));
    };
    BOOST_TEST(send().starts_with("250 2.0.0 OK <MOCKPR06MB"));
    BOOST_TEST(
        send().find("OutboundSpamException: WASCL UserAction verdict is not None. Actual verdict is RefuseQuota") !=
        std::string::npos);
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 1u);
    BOOST_TEST(o.messages(robin, mock::role::sent_items) == 1u);
}

namespace {

std::string report_on(office& o, mock::user const& to)
{
    BOOST_TEST_REQUIRE(o.messages(to, mock::role::inbox) >= 1u);
    return o.newest(to, mock::role::inbox);
}

std::string to_whom(std::string const& recipients, std::string const& parameters = "")
{
    return "MAIL FROM:<adele@woodgrove.example>" + parameters + "\r\n" + recipients;
}

}  // namespace

// RFC 3464, RFC 6522; the code and the words of administrators: public bounces, sisimai's fixtures.
BOOST_AUTO_TEST_CASE(unknown_recipients_come_back_as_a_report)
{
    office o;
    o.w.clock.set_date(a_monday_morning());
    std::string const reply =
        sent(o, body,
             to_whom("RCPT TO:<nobody@woodgrove.example> ORCPT=rfc822;No+2Bbody@woodgrove.example\r\nRCPT "
                     "TO:<bob@woodgrove.example>\r\nRCPT TO:<x@outside.example>\r\n",
                     " ENVID=box+2B7"));
    BOOST_TEST(reply.starts_with("250 2.0.0 OK <"));
    BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 1u);
    BOOST_TEST_REQUIRE(o.messages(o.adele, mock::role::inbox) == 1u);
    auto const report = o.w.mailboxes.find("adele@woodgrove.example")->find(mock::role::inbox)->messages().back();
    std::string const raw = report->raw();
    BOOST_TEST(
        raw.starts_with("From: Microsoft Outlook <postmaster@woodgrove.example>\r\nTo: adele@woodgrove.example\r\n"
                        "Date: Mon, 5 Oct 2026 08:15:"),
        raw);
    BOOST_TEST(raw.find("\r\nSubject: Undeliverable: hello\r\n") != raw.npos);
    std::string const id = reply.substr(13, reply.find('>') - 12);
    BOOST_TEST(raw.find("\r\nIn-Reply-To: " + id + "\r\nReferences: " + id + "\r\n") != raw.npos);
    std::string const diagnostic =
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup";
    BOOST_TEST(raw.find("Delivery has failed to these recipients or groups:\r\n\r\nnobody@woodgrove.example\r\n\r\n"
                        "Diagnostic information for administrators:\r\n") != raw.npos);
    BOOST_TEST(raw.find("nobody@woodgrove.example\r\nRemote Server returned '" + diagnostic + "'\r\n") != raw.npos);
    BOOST_TEST(raw.find("\r\nOriginal-Envelope-Id: box+7\r\nReporting-MTA: dns;MOCKPR06MB") != raw.npos);
    BOOST_TEST(
        raw.find("\r\n\r\nOriginal-Recipient: rfc822;No+body@woodgrove.example\r\nFinal-Recipient: "
                 "rfc822;nobody@woodgrove.example\r\nAction: failed\r\nStatus: 5.1.10\r\nDiagnostic-Code: smtp;" +
                 diagnostic + "\r\n") != raw.npos,
        raw);
    // the three parts, as our own reader sees them; of the message its header only
    auto const& parts = report->structure().parts;
    BOOST_TEST_REQUIRE(parts.size() == 4u);
    BOOST_TEST(parts[0].subtype == "report");
    BOOST_TEST(parts[1].subtype == "plain");
    BOOST_TEST(parts[2].subtype == "delivery-status");
    BOOST_TEST(parts[3].subtype == "rfc822-headers");
    BOOST_TEST(raw.find("\r\nX-Microsoft-Original-Message-ID: <local-1@app.example>\r\n") != raw.npos);
    BOOST_TEST(raw.find("Hi.\r\n") == raw.npos);
    BOOST_TEST(raw.find("outside.example") == raw.npos);
    auto const* const e = o.w.journal.last({.server = "smtp", .what = "message"});
    BOOST_TEST_REQUIRE(e);
    BOOST_TEST(e->field("bounced") == "nobody@woodgrove.example " + diagnostic);
    BOOST_TEST(e->field("outside") == "x@outside.example");
}

// Who waits at the other services hears of it: one store is behind all of them.
BOOST_AUTO_TEST_CASE(a_report_wakes_an_idle_session_and_is_listed_by_graph)
{
    office o;
    mock::imap other_service(o.w);
    auto const serve_smtp = [](office& in, wire& w) -> flow<> {
        co_await w.start_tls();
        co_await in.server.serve(w);
    };
    auto const serve_imap = [](mock::imap& in, wire& w) -> flow<> {
        co_await w.start_tls();
        co_await in.serve(w);
    };
    std::string const everything =
        o.token(o.adele, "https://outlook.office.com", {"IMAP.AccessAsUser.All", "SMTP.Send"});
    std::string const response = office::sign_in(everything).substr(13);
    // Ten seconds are between two turns: an empty one is for the others.
    std::vector<std::string> reading = {"s AUTHENTICATE XOAUTH2 " + response, "e EXAMINE INBOX\r\n", "i IDLE\r\n"};
    reading.resize(8);
    reading.insert(reading.end(), {"DONE\r\n", "f FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]\r\n"});
    std::vector<std::string> sending = {hello, office::sign_in(everything),
                                        to_whom("RCPT TO:<nobody@woodgrove.example>\r\n") + "DATA\r\n", body + ".\r\n"};
    outkit::detail::simulator sim(1);
    wire reader, imap_end, sender, smtp_end;
    std::string read, sent;
    sim.start("reader", speak(reader, std::move(reading), true, read), tests::trusting_client());
    sim.start("imap", serve_imap(other_service, imap_end), tests::certified_server());
    sim.join_last_two();
    sim.start("sender", speak(sender, std::move(sending), true, sent), tests::trusting_client());
    sim.start("smtp", serve_smtp(o, smtp_end), tests::certified_server());
    sim.join_last_two();
    sim.run();
    BOOST_TEST(sent.find("\n250 2.0.0 OK <") != sent.npos, sent);
    auto const idling = read.find("\n+ IDLE accepted"), heard = read.find("\n* 1 EXISTS\n", idling);
    BOOST_TEST((idling != read.npos && heard < read.find("\ni OK ")), read);
    BOOST_TEST(read.substr(0, idling).find("\n* 0 EXISTS\n") != read.npos, read);
    BOOST_TEST(read.find("Subject: Undeliverable: hello\n") != read.npos, read);

    mock::graph api(o.w);
    outkit::http::request r{.method = "GET", .target = "/v1.0/me/mailFolders/inbox/messages?$select=subject,from"};
    r.headers = {{"Host", "localhost"},
                 {"Authorization", "Bearer " + o.token(o.adele, "https://graph.microsoft.com", {"Mail.Read"})}};
    outkit::http::response const listed = api.answer(r);
    BOOST_TEST(listed.status == 200u, listed.body);
    BOOST_TEST(listed.body.find("\"subject\":\"Undeliverable: hello\"") != std::string::npos, listed.body);
    BOOST_TEST(listed.body.find("\"address\":\"postmaster@woodgrove.example\"") != std::string::npos, listed.body);
}

BOOST_AUTO_TEST_CASE(reports_are_as_the_sender_wants_them)
{
    office o;
    std::string const nobody = "RCPT TO:<nobody@woodgrove.example>", bob = "RCPT TO:<bob@woodgrove.example>";
    auto const reports = [&](std::string const& recipients, std::string const& parameters = "") {
        std::size_t const before = o.messages(o.adele, mock::role::inbox);
        BOOST_TEST(sent(o, body, to_whom(recipients, parameters)).starts_with("250 2.0.0 OK "));
        return o.messages(o.adele, mock::role::inbox) - before;
    };
    BOOST_TEST(reports(bob + "\r\n") == 0u);
    BOOST_TEST(reports(nobody + " NOTIFY=NEVER\r\n") == 0u);
    BOOST_TEST(reports(nobody + " NOTIFY=SUCCESS,DELAY\r\n") == 0u);
    BOOST_TEST(reports(nobody + " NOTIFY=failure\r\n") == 1u);
    BOOST_TEST(reports(nobody + "\r\nRCPT TO:<no-one@woodgrove.example>\r\n") == 1u);
    BOOST_TEST(report_on(o, o.adele).find("\r\nFinal-Recipient: rfc822;no-one@woodgrove.example\r\n") !=
               std::string::npos);
    BOOST_TEST(reports(nobody + "\r\n", " RET=FULL") == 1u);
    BOOST_TEST(report_on(o, o.adele).find("\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <MOCK") !=
               std::string::npos);
    BOOST_TEST(report_on(o, o.adele).find("\r\n\r\nHi.\r\n") != std::string::npos);
    BOOST_TEST(reports(bob + " NOTIFY=SUCCESS\r\n") == 1u);
    std::string raw = report_on(o, o.adele);
    BOOST_TEST(raw.find("\r\nSubject: Delivered: hello\r\n") != raw.npos);
    BOOST_TEST(
        raw.find("\r\nFinal-Recipient: rfc822;bob@woodgrove.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n") !=
        raw.npos);
    BOOST_TEST(reports("RCPT TO:<x@outside.example> NOTIFY=SUCCESS\r\n") == 1u);
    raw = report_on(o, o.adele);
    BOOST_TEST(raw.find("\r\nSubject: Relayed: hello\r\n") != raw.npos);
    BOOST_TEST(raw.find("\r\nAction: relayed\r\n") != raw.npos);
    BOOST_TEST(reports(nobody + " NOTIFY=SUCCESS,FAILURE\r\n" + bob + " NOTIFY=SUCCESS,FAILURE\r\n") == 2u);
    // nobody to report to
    std::size_t const before = o.messages(o.adele, mock::role::inbox);
    BOOST_TEST(sent(o, body, "MAIL FROM:<>\r\n" + nobody + "\r\n").starts_with("250 2.0.0 OK "));
    BOOST_TEST(o.messages(o.adele, mock::role::inbox) == before);
    // RFC 3461 section 4
    for (char const* const bad : {" NOTIFY=", " NOTIFY=NEVER,SUCCESS", " NOTIFY=ALWAYS", " NOTIFY=SUCCESS,", " ORCPT=x",
                                  " ORCPT=;x", " ORCPT=rfc822;a+4"})
        BOOST_TEST(without_list(answers(o, {hello, office::sign_in(o.token(o.adele)), to_whom(bob + bad + "\r\n")}))
                       .ends_with("250 2.1.0 Sender OK\n501 5.5.4 Invalid arguments\n"),
                   bad);
    for (char const* const bad : {" RET=ALL", " ENVID=", " ENVID=a+zz", " RET=FULL RET=HDRS"})
        BOOST_TEST(without_list(answers(o, {hello, office::sign_in(o.token(o.adele)), to_whom("", bad)}))
                       .ends_with("\n501 5.5.4 Invalid arguments\n"),
                   bad);
}

// Learn: NDR codes. What comes back, and why; what a limit lets through is delivered.
BOOST_AUTO_TEST_CASE(limits_that_are_heard_of_in_a_report)
{
    struct row
    {
        std::string name, value, code;
        std::size_t good;  // so many arrive before
        std::string whom = "bob@woodgrove.example", text = body;
    };
    std::string const outside = "x@outside.example";
    for (row const& r :
         {row{"service.received_from_one_per_hour", "2", "550 5.2.121 ", 2},
          row{"service.received_per_hour", "1", "550 5.2.122 ", 1},
          row{"tenant.external_recipients_per_day", "2", "550 5.7.233 Your message can't be sent because ", 2, outside},
          row{"service.bounce_line_feeds", "on",
              "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds, which cannot "
              "be sent via DATA",
              0, outside, body + "a\nb\r\n"}})
        BOOST_TEST_CONTEXT(r.name)
        {
            office o;
            o.set(r.name, r.value, r.name.starts_with("tenant") ? o.home.id : "");
            for (std::size_t i = 0; i <= r.good; ++i)
            {
                BOOST_TEST(o.messages(o.adele, mock::role::inbox) == 0u);
                BOOST_TEST(sent(o, r.text, to_whom("RCPT TO:<" + r.whom + ">\r\n")).starts_with("250 2.0.0 OK "));
            }
            BOOST_TEST(report_on(o, o.adele).find("\r\nRemote Server returned '" + r.code) != std::string::npos,
                       report_on(o, o.adele));
            BOOST_TEST(o.messages(o.adele, mock::role::sent_items) == r.good + 1);
            if (r.whom != outside)
                BOOST_TEST(o.messages(o.bob, mock::role::inbox) == r.good);
        }
    {
        office o;
        o.set("tenant.external_recipients_per_day", "1", o.home.id);
        o.set("tenant.trial", "on", o.home.id);
        std::string const two = to_whom("RCPT TO:<x@outside.example>\r\nRCPT TO:<y@outside.example>\r\n");
        BOOST_TEST(sent(o, body, two).starts_with("250 2.0.0 OK "));
        BOOST_TEST(report_on(o, o.adele).find("'550 5.7.232 ") != std::string::npos);
        BOOST_TEST(sent(o, body).starts_with("250 2.0.0 OK "));  // inside the tenant nothing is counted
        BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 1u);
    }
    {
        office o;  // the message that goes beyond the day's limit comes back, the next one is not taken
        o.set("service.recipients_per_day", "1");
        std::string const two = to_whom("RCPT TO:<bob@woodgrove.example>\r\nRCPT TO:<y@outside.example>\r\n");
        BOOST_TEST(sent(o, body, two).starts_with("250 2.0.0 OK "));
        BOOST_TEST(report_on(o, o.adele)
                       .find("'550 5.1.90 Your message can't be sent because you've reached your daily "
                             "limit for message recipients'") != std::string::npos);
        BOOST_TEST(o.messages(o.bob, mock::role::inbox) == 0u);
        BOOST_TEST(
            sent(o, body).starts_with("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"));
    }
    {
        office o;
        mock::ensure_mailbox(o.w, o.bob)->quota = 100;
        BOOST_TEST(sent(o, body).starts_with("250 2.0.0 OK "));
        BOOST_TEST(report_on(o, o.adele).find("'554 5.2.2 mailbox full'") != std::string::npos);
    }
}

// Set-Mailbox -MessageCopyForSentAsEnabled and -MessageCopyForSendOnBehalfEnabled.
BOOST_AUTO_TEST_CASE(a_shared_mailbox_and_what_others_send_in_its_name)
{
    office o;
    std::string const team = "team@woodgrove.example";
    mock::user& shared = o.w.directory.add_user(
        o.w, {.tenant_id = o.home.id, .principal_name = team, .mail = team, .licensed = false, .shared_mailbox = true});
    std::string const as_team = "From: Team <team@woodgrove.example>\r\nSender: other@x.example\r\n\r\nx\r\n";
    auto const send = [&](std::string const& user, std::string const& who_and_whom = envelope) {
        return sent(o, as_team, who_and_whom, office::sign_in(o.token(o.adele), user)).substr(0, 12);
    };
    auto const copies = [&] {
        return std::pair(o.messages(o.adele, mock::role::sent_items), o.messages(shared, mock::role::sent_items));
    };
    BOOST_TEST(send("adele@woodgrove.example") == "554 5.2.252 ");
    auto& rights = o.w.policy.edit_mailbox(team).delegates;
    rights = {{.who = "adele@woodgrove.example", .send_on_behalf = true}};
    BOOST_TEST(send("adele@woodgrove.example") == "250 2.0.0 OK");
    BOOST_TEST((copies() == std::pair<std::size_t, std::size_t>(1, 0)));
    BOOST_TEST(o.newest(o.bob, mock::role::inbox).find("\r\nSender: adele@woodgrove.example\r\n") != std::string::npos);
    BOOST_TEST(o.newest(o.bob, mock::role::inbox).find("other@x.example") == std::string::npos);
    o.set("mailbox.copy_sent_on_behalf", "on", team);
    BOOST_TEST(send("adele@woodgrove.example") == "250 2.0.0 OK");
    BOOST_TEST((copies() == std::pair<std::size_t, std::size_t>(2, 1)));
    rights = {{.who = "adele@woodgrove.example", .send_as = true}};
    BOOST_TEST(send("adele@woodgrove.example") == "250 2.0.0 OK");
    BOOST_TEST((copies() == std::pair<std::size_t, std::size_t>(3, 1)));
    BOOST_TEST(o.newest(o.bob, mock::role::inbox).find("\r\nSender: adele@woodgrove.example\r\n") == std::string::npos);
    o.set("mailbox.copy_sent_as", "on", team);
    BOOST_TEST(send("adele@woodgrove.example") == "250 2.0.0 OK");
    BOOST_TEST((copies() == std::pair<std::size_t, std::size_t>(4, 2)));
    // signed in to the shared mailbox itself, whose copy it then is
    BOOST_TEST(send(team, "MAIL FROM:<team@woodgrove.example>\r\nRCPT TO:<bob@woodgrove.example>\r\n") ==
               "250 2.0.0 OK");
    BOOST_TEST((copies() == std::pair<std::size_t, std::size_t>(4, 3)));
    rights.clear();
    BOOST_TEST(without_list(answers(o, {hello, office::sign_in(o.token(o.adele), team)})) ==
               "535 5.7.3 Authentication unsuccessful [..]\n");
}

// RFC 5321, 3207, 4954, 6409, 7628: a plain server, for mail programs that are to work elsewhere, too.
BOOST_AUTO_TEST_CASE(a_plain_server)
{
    office o;
    o.set("service.smtp_profile", "generic");
    BOOST_TEST(
        answers(o,
                {"MAIL FROM:<a@b.example>\r\n" + hello +
                 "AUTH XOAUTH2\r\nMAIL FROM:<adele@woodgrove.example>\r\nVRFY "
                 "x\r\nHELP\r\nEXPN x\r\nNOOP\r\nRSET\r\nQUIT\r\n"},
                false) ==
        "503 5.5.1 Say EHLO first\n250-mock.test Hello [127.0.0.1]\n250-SIZE 157286400\n250-PIPELINING\n250-DSN\n"
        "250-ENHANCEDSTATUSCODES\n250-STARTTLS\n250-8BITMIME\n250-BINARYMIME\n250-CHUNKING\n250 SMTPUTF8\n"
        "538 5.7.11 Not without TLS\n530 5.7.0 Say STARTTLS first\n252 2.1.5 Send mail and see\n214 2.0.0 See RFC "
        "5321\n500 5.5.1 There is no such command\n250 2.0.0 OK\n250 2.0.0 OK\n221 2.0.0 Goodbye\n");
    BOOST_TEST(answers(o, {hello}).find("250-AUTH XOAUTH2 OAUTHBEARER\n") != std::string::npos);
    using outkit::detail::base64_encode;
    std::string const bearer = "n,a=adele@woodgrove.example,\1host=mail.test\1port=587\1auth=Bearer ";
    std::string const ok = "235 2.7.0 You are signed in\n";
    BOOST_TEST(without_list(answers(o, {hello, "AUTH OAUTHBEARER " + base64_encode(bearer + o.token(o.adele) + "\1\1") +
                                                   "\r\nAUTH XOAUTH2\r\n"})) == ok + "503 5.5.1 You are signed in\n");
    BOOST_TEST(without_list(answers(o, {hello, "AUTH OAUTHBEARER\r\n",
                                        base64_encode("n,,\1auth=Bearer " + o.token(o.adele) + "\1\1") + "\r\n"})) ==
               "334 \n" + ok);
    // RFC 7628 section 3.2.2: the reason first, and the refusal after the client has answered
    std::string const challenge =
        "334 " + base64_encode(R"({"status":"invalid_token","scope":"https://outlook.office.com/SMTP.Send"})") + "\n";
    BOOST_TEST(without_list(answers(o, {hello, "AUTH OAUTHBEARER " + base64_encode(bearer + "nonsense\1\1") + "\r\n",
                                        "AQ==\r\n", "AUTH PLAIN AA==\r\nMAIL FROM:<adele@woodgrove.example>\r\n"})) ==
               challenge +
                   "535 5.7.8 The credentials are refused\n504 5.5.4 There is no such mechanism\n530 5.7.0 Sign in "
                   "first\n");
    BOOST_TEST(
        without_list(
            answers(o, {hello, office::sign_in("nonsense"), "\r\n", "AUTH XOAUTH2\r\n", "*\r\n", "AUTH XOAUTH2 x\r\n"}))
            .ends_with("535 5.7.8 The credentials are refused\n334 \n501 5.7.0 As you like\n501 5.5.2 The response is "
                       "not understood\n"));
    o.set("service.basic_authentication", "allowed");
    BOOST_TEST(answers(o, {hello}).find("250-AUTH XOAUTH2 OAUTHBEARER PLAIN LOGIN\n") != std::string::npos);
    std::string const plain = "AUTH PLAIN " + base64_encode("\0adele@woodgrove.example\0correct horse"s) + "\r\n";
    BOOST_TEST(without_list(answers(o, {hello, plain})) == ok);
    BOOST_TEST(
        without_list(answers(o, {hello, "AUTH PLAIN\r\n", base64_encode("\0adele@woodgrove.example\0wrong"s) + "\r\n",
                                 "AUTH PLAIN eA==\r\n"})) ==
        "334 \n535 5.7.8 The credentials are refused\n501 5.5.2 The response is not understood\n");
    // The envelope is looked at when it comes, the Message-ID stays, and nothing is kept for the sender.
    BOOST_TEST(
        without_list(answers(o, {hello, plain,
                                 "MAIL FROM:<bob@woodgrove.example>\r\nRCPT TO:<bob@woodgrove.example>\r\nMAIL "
                                 "FROM:<adele@woodgrove.example> X=1\r\nMAIL FROM:<a b>\r\n" +
                                     envelope +
                                     "RCPT TO:<nobody@woodgrove.example>\r\nRCPT TO:<x>\r\nMAIL "
                                     "FROM:<adele@woodgrove.example>\r\nDATA\r\n",
                                 body + ".\r\n"}))
            .starts_with(ok + "550 5.7.1 You may not send as this address\n503 5.5.1 There is no sender yet\n555 5.5.4 "
                              "The parameters are not understood\n501 5.1.7 That is no sender\n250 2.1.0 OK\n250 2.1.5 "
                              "OK\n550 5.1.1 Nobody here has that address\n501 5.1.3 That is no recipient\n503 5.5.1 "
                              "There is a sender already\n354 Go ahead, and end with a dot\n250 2.0.0 OK: queued as "));
    BOOST_TEST_REQUIRE(o.messages(o.bob, mock::role::inbox) == 1u);
    std::string const& raw = o.newest(o.bob, mock::role::inbox);
    BOOST_TEST(raw.starts_with("Received: from app.contoso.example ([127.0.0.1]) by mock.test with ESMTPSA id "), raw);
    BOOST_TEST(raw.ends_with("+0000\r\nDate: " + raw.substr(raw.find("\r\nDate: ") + 8, 31) + "\r\n" + body), raw);
    BOOST_TEST(o.messages(o.adele, mock::role::sent_items) == 0u);
    BOOST_TEST(sent(o, body + "a\nb\r\n", envelope, plain) == "554 5.6.0 There is a lone CR or LF in the message");
    o.set("mailbox.max_send", "1024", "adele@woodgrove.example");
    BOOST_TEST(sent(o, body + std::string(1'000, 'x') + "\r\n", envelope, plain) ==
               "552 5.3.4 The message is too large");
}

// What looks like the end of a message is none in a chunk (RFC 3030 section 2), and a lone LF is content there; it comes
// back from servers outside only.
BOOST_AUTO_TEST_CASE(chunks_end_where_their_size_says)
{
    office o;
    for (char const* const end : {"\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n"})
    {
        std::string const content =
            body + "x"s + end + "MAIL FROM:<adele@woodgrove.example>\r\nRCPT TO:<bob@woodgrove.example>\r\nDATA\r\n";
        std::size_t const before = o.messages(o.bob, mock::role::inbox),
                          at_home = o.messages(o.adele, mock::role::inbox);
        std::string const r =
            without_list(answers(o, {hello, office::sign_in(o.token(o.adele)),
                                     envelope + "RCPT TO:<x@outside.example>\r\nBDAT " +
                                         std::to_string(content.size()) + " LAST\r\n" + content + "NOOP\r\n"}));
        BOOST_TEST(r.find("250 2.1.5 Recipient OK\n250 2.0.0 OK <") != r.npos, r);
        BOOST_TEST(r.ends_with("[..]\n250 2.0.0 OK\n"), r);
        BOOST_TEST(o.messages(o.bob, mock::role::inbox) == before + 1);
        BOOST_TEST(o.newest(o.bob, mock::role::inbox).ends_with("DATA\r\n"));
        bool const whole = end == "\r\n.\r\n"s;
        BOOST_TEST(o.messages(o.adele, mock::role::inbox) == at_home + !whole);
        if (!whole)
            BOOST_TEST(report_on(o, o.adele).find("'550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; ") !=
                       std::string::npos);
    }
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
