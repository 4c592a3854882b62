// Our client against submission servers that we have not written, with STARTTLS and XOAUTH2: Exim, which keeps what it is
// sent, and Dovecot's in front of a server that does. Postfix is not among them: its master process is for the superuser.

#include <outkit/blocking.hpp>
#include <outkit/mock/certificates.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/smtp/client.hpp>

#include "interop/dovecot.hpp"
#include "interop/exim.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace outkit;
using namespace std::string_literals;

namespace {

// Signs what it likes, also what the mock authority would not.
struct authority
{
    mock::world w{1};
    mock::tenant& home = w.directory.add_tenant(w, {.domains = {"woodgrove.example"}});
    mock::user& adele = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "adele@woodgrove.example"});

    std::string token(std::string const& audience = "https://outlook.office.com", std::int64_t lifetime = 3'600)
    {
        mock::access_claims c;
        c.audience = audience;
        c.tenant = home.id;
        c.client_id = "00000000-0000-4000-8000-00000000a001";
        c.person.home_tenant = home.id;
        c.person.object_id = adele.id;
        c.person.login = adele.principal_name;
        c.permissions = {"SMTP.Send"};
        return mock::issue_access_token(w.keys, w, c, lifetime);
    }
};

struct set_up
{
    authority microsoft;
    mock::certificates pki;
    mock::certificates::server_certificate certificate = pki.issue({"localhost", "127.0.0.1"});
    std::filesystem::path folder;
    std::unique_ptr<tests::child> capture;
    std::unique_ptr<tests::dovecot> server;
    tls_context tls;

    set_up()
    {
        char name[] = "/tmp/outkit-capture-XXXXXX";
        BOOST_TEST_REQUIRE(mkdtemp(name));
        folder = name;
        auto const port_file = folder / "port";
        capture.reset(new tests::child({"/usr/bin/python3", OUTKIT_SOURCE_DIR "/tests/interop/smtp_capture.py",
                                        port_file.string(), folder.string()},
                                       (folder / "log").string()));
        for (int i = 0; i != 1'000 && capture->running() && !std::filesystem::exists(port_file); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::string const relay = tests::read_file(port_file);
        BOOST_TEST_REQUIRE(!relay.empty(), tests::read_file(folder / "log"));

        tests::dovecot_options o;
        o.protocol = "submission";
        o.package = "dovecot-submissiond";
        o.certificate = certificate.chain;
        o.key = certificate.key;
        for (auto const& kid : microsoft.w.keys.kids())
            o.token_keys.emplace_back(kid, microsoft.w.keys.public_key_pem(kid));
        o.audience = "https://outlook.office.com";
        o.settings = "hostname = mx.test\nsubmission_relay_host = 127.0.0.1\nsubmission_relay_port = " + relay +
                     "\nsubmission_backend_capabilities = 8BITMIME DSN\nsubmission_relay_trusted = "
                     "no\nsubmission_max_mail_size = 40M\n";
        server.reset(new tests::dovecot(o));
        error_code ec;
        tls = tls_context::client(ec, {.system = false, .authorities_pem = pki.ca_pem()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    ~set_up()
    {
        server.reset();
        capture.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    smtp::endpoint endpoint() const
    {
        smtp::endpoint e;
        e.host = "localhost";
        e.port = server->port();
        return e;
    }
    std::string captured(int n) const { return tests::read_file(folder / (std::to_string(n) + ".data")); }
    std::string envelope(int n) const { return tests::read_file(folder / (std::to_string(n) + ".envelope")); }
};

mime::address address(std::string const& text)
{
    error_code ec;
    return *mime::parse_address(text, ec, true);
}

smtp::mail mail(std::string const& body)
{
    smtp::mail m;
    m.envelope.from = address("adele@woodgrove.example");
    m.envelope.to = {address("bob@fabrikam.example"), address("eve@x.example")};
    m.content = "From: adele@woodgrove.example\r\nTo: bob@fabrikam.example\r\nMessage-ID: <1@x.example>\r\n"
                "Subject: octets\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\n" +
                body;
    return m;
}

std::vector<std::string> all_kinds_of_bodies()
{
    std::string all_bytes;
    for (int c = 1; c != 256; ++c)
        if (c != '\r' && c != '\n')
            all_bytes += static_cast<char>(c);
    std::string lines;
    for (int i = 0; i != 20'000; ++i)
        lines += (i % 7 ? "a line, " : ".a line with a dot, ") + std::to_string(i) + "\r\n";
    return {
        "hello\r\n",
        ".\r\n..\r\n...\r\n.a\r\na.\r\n. \r\n",
        std::string(998, 'x') + "\r\n" + std::string(998, '.') + "\r\n",
        "Gr\xc3\xbc\xc3\x9f"
        "e\r\n" +
            all_bytes + "\r\n",
        "",
        "\r\n\r\n\r\n",
        lines,
    };
}

// What some servers have taken for the end of a message, with a command after it, and how it must arrive.
std::string smuggled(std::string const& end) { return "seen" + end + "MAIL FROM:<evil@x.example>" + end + "end"; }
std::string const not_smuggled = "\r\n\r\nseen\r\n.\r\nMAIL FROM:<evil@x.example>\r\n.\r\nend\r\n";
std::string const ends_of_message[] = {"\n.\n",   "\n.\r\n", "\r.\r", "\r.\r\n",
                                       "\r\n.\n", "\r\n.\r", "\n.\r", "\r\n.\r\n"};

// The message as it was before dots were doubled, without the last line.
std::string unstuffed(std::string const& data)
{
    BOOST_TEST_REQUIRE(data.ends_with(".\r\n"));
    std::string out;
    for (std::size_t at = 0; at < data.size() - 3;)
    {
        auto const end = data.find("\r\n", at) + 2;
        out += data.substr(data[at] == '.' ? at + 1 : at, end - (data[at] == '.' ? at + 1 : at));
        at = end;
    }
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dovecot_submission)

BOOST_AUTO_TEST_CASE(messages_arrive_to_the_octet)
{
    set_up s;
    blocking_context io;
    error_code ec;
    smtp::client client(stream(io.get_executor(), s.tls));
    auto const offered = client.async_connect(s.endpoint(), io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics() << '\n' << tests::read_file(s.server->log()));
    BOOST_TEST(offered.has_mechanism("XOAUTH2"));
    BOOST_TEST(offered.has("PIPELINING"));
    client.async_authenticate("adele@woodgrove.example", access_token(s.microsoft.token()), io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics() << '\n' << tests::read_file(s.server->log()));

    std::vector<smtp::mail> mails;
    for (auto const& body : all_kinds_of_bodies())
        mails.push_back(mail(body));
    // One by one: Dovecot 2.3.19 now and then dies of an assertion (pending_rcpt_cmds == 0) when RCPT of the next message
    // comes before it has answered for the last one, which RFC 2920 section 3.1 allows. Exim gets all at once.
    std::vector<smtp::delivery> deliveries;
    for (smtp::mail const& one : mails)
    {
        deliveries.push_back(client.async_send(one, io.wait(ec)));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics() << '\n'
                                             << tests::read_file(s.server->log()));
    }
    for (std::size_t i = 0; i != mails.size(); ++i)
    {
        BOOST_TEST(!deliveries[i].ec);
        std::string const got = unstuffed(s.captured(static_cast<int>(i)));
        BOOST_TEST_REQUIRE(got.size() >= mails[i].content.size());
        BOOST_TEST((got.ends_with(mails[i].content)), "message " << i);
        std::string const added = got.substr(0, got.size() - mails[i].content.size());
        BOOST_TEST((added.empty() || added.starts_with("Received: ")), added);
        BOOST_TEST(s.envelope(static_cast<int>(i)).find("MAIL FROM:<adele@woodgrove.example>") == 0u);
        BOOST_TEST(s.envelope(static_cast<int>(i)).find("RCPT TO:<eve@x.example>") != std::string::npos);
    }
    client.async_noop(io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    client.async_reset(io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    client.async_quit(io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(line_ends_of_every_kind_arrive_as_crlf)
{
    set_up s;
    blocking_context io;
    error_code ec;
    smtp::client client(stream(io.get_executor(), s.tls));
    client.async_connect(s.endpoint(), io.wait());
    client.async_authenticate("adele@woodgrove.example", access_token(s.microsoft.token()), io.wait());
    int count = 0;
    for (std::string const& end : ends_of_message)
    {
        client.async_send(mail(smuggled(end)), io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics());
        BOOST_TEST(unstuffed(s.captured(count++)).ends_with(not_smuggled));
    }
    client.async_quit(io.wait());
    BOOST_TEST(!std::filesystem::exists(s.folder / (std::to_string(count) + ".data")));
}

BOOST_AUTO_TEST_CASE(recipients_that_are_refused_are_named)
{
    set_up s;
    blocking_context io;
    error_code ec;
    smtp::client client(stream(io.get_executor(), s.tls));
    client.async_connect(s.endpoint(), io.wait());
    client.async_authenticate("adele@woodgrove.example", access_token(s.microsoft.token()), io.wait());
    smtp::mail m = mail("some\r\n");
    m.envelope.to.insert(m.envelope.to.begin() + 1, address("nobody@fabrikam.example"));
    auto d = client.async_send(m, io.wait(ec));
    BOOST_TEST((ec == smtp::error::mailbox_unavailable), ec.message());
    BOOST_TEST(!std::filesystem::exists(s.folder / "0.data"));

    m.envelope.policy = smtp::recipients_policy::any;
    m.envelope.report = smtp::delivery_report{.success = true, .full_message = true, .envelope_id = "own+1"};
    d = client.async_send(m, io.wait(ec));
    BOOST_TEST(!ec, ec.message() << ' ' << client.diagnostics());
    BOOST_TEST_REQUIRE(d.recipients.size() == 3u);
    BOOST_TEST((!d.recipients[0].ec && !d.recipients[2].ec));
    BOOST_TEST(d.recipients[1].reply.code == 550);
    BOOST_TEST((d.recipients[1].reply.enhanced == smtp::enhanced_code{5, 1, 1}));
    BOOST_TEST(unstuffed(s.captured(0)).ends_with(m.content));
    std::string const envelope = s.envelope(0);
    BOOST_TEST(envelope.find("nobody") == std::string::npos, envelope);
    BOOST_TEST(envelope.find("ENVID=own+2B1") != std::string::npos, envelope);
    BOOST_TEST(envelope.find("RET=FULL") != std::string::npos, envelope);
    BOOST_TEST(envelope.find("NOTIFY=SUCCESS,FAILURE") != std::string::npos, envelope);

    // What Dovecot does not offer is not sent, and a message that is too large for it is not begun.
    m = mail("x\r\n");
    m.envelope.to = {address("gr\xc3\xbc\xc3\x9f"
                             "e@fabrikam.example")};
    client.async_send(m, io.wait(ec));
    BOOST_TEST((ec == smtp::error::smtputf8_not_offered), ec.message());
    m = mail(std::string());
    while (m.content.size() < (std::size_t(40) << 20))
        m.content.append(std::string(76, 'x') + "\r\n");
    client.async_send(std::move(m), io.wait(ec));
    BOOST_TEST((ec == smtp::error::message_too_large), ec.message());
    client.async_noop(io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(!std::filesystem::exists(s.folder / "1.data"));
}

BOOST_AUTO_TEST_CASE(tokens_that_are_not_good_are_refused)
{
    set_up s;
    std::string altered = s.microsoft.token();
    altered[altered.size() - 20] = altered[altered.size() - 20] == 'A' ? 'B' : 'A';
    std::pair<std::string, std::string> const rows[] = {
        {"signature", altered},
        {"audience", s.microsoft.token("https://graph.microsoft.com")},
        {"expiry", s.microsoft.token("https://outlook.office.com", -600)},
        {"shape", "not-a-token"},
    };
    for (auto const& [what, token] : rows)
    {
        blocking_context io;
        error_code ec;
        smtp::client client(stream(io.get_executor(), s.tls));
        client.async_connect(s.endpoint(), io.wait());
        client.async_authenticate("adele@woodgrove.example", access_token(token), io.wait(ec));
        BOOST_TEST((ec == condition::authentication_failed), what << ": " << ec.message());
        BOOST_TEST(client.diagnostics().find(token) == std::string::npos);
        BOOST_TEST(!client.authenticated());
    }
    blocking_context io;
    error_code ec;
    smtp::client client(stream(io.get_executor(), s.tls));
    client.async_connect(s.endpoint(), io.wait());
    client.async_authenticate("bob@woodgrove.example", access_token(s.microsoft.token()), io.wait(ec));
    BOOST_TEST((ec == condition::authentication_failed), "another user: " << ec.message());
}

BOOST_AUTO_TEST_CASE(an_authority_that_is_not_trusted_is_not_spoken_to)
{
    set_up s;
    blocking_context io;
    error_code ec;
    mock::certificates other;
    smtp::client client(
        stream(io.get_executor(), tls_context::client(ec, {.system = false, .authorities_pem = other.ca_pem()})));
    client.async_connect(s.endpoint(), io.wait(ec));
    BOOST_TEST(!!ec);
    client.async_authenticate("adele@woodgrove.example", access_token(s.microsoft.token()), io.wait(ec));
    BOOST_TEST((ec == outkit::error::not_connected));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(exim_submission)

namespace {

std::string const short_token = "mock-token-for-exim";

struct exim_set_up
{
    mock::certificates pki;
    mock::certificates::server_certificate certificate = pki.issue({"localhost"});
    std::unique_ptr<tests::exim> server;
    blocking_context io;
    tls_context tls;
    std::unique_ptr<smtp::client> client;

    explicit exim_set_up(std::string const& token = short_token, std::string const& withheld = {})
    {
        tests::exim_options o;
        o.certificate = certificate.chain;
        o.key = certificate.key;
        o.user = "adele@woodgrove.example";
        o.token = token;
        o.withheld = withheld;
        server.reset(new tests::exim(o));
        error_code ec;
        tls = tls_context::client(ec, {.system = false, .authorities_pem = pki.ca_pem()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
        client.reset(new smtp::client(stream(io.get_executor(), tls)));
    }

    error_code connect()
    {
        smtp::endpoint e;
        e.host = "localhost";
        e.port = server->port();
        error_code ec;
        client->async_connect(e, io.wait(ec));
        return ec;
    }
    void sign_in(std::string const& token = short_token)
    {
        BOOST_TEST_REQUIRE(!connect(), client->diagnostics() << server->log());
        error_code ec;
        client->async_authenticate("adele@woodgrove.example", access_token(token), io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client->diagnostics() << server->log());
    }
    smtp::delivery send(smtp::mail m, error_code& ec) { return client->async_send(std::move(m), io.wait(ec)); }
    void send(smtp::mail m)
    {
        error_code ec;
        send(std::move(m), ec);
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client->diagnostics() << server->log());
    }

    // The messages that were delivered, the content of each exactly once, with what Exim has put before it.
    std::vector<std::string> arrived(std::vector<std::string> const& contents)
    {
        BOOST_TEST(server->accepted() == contents.size());
        std::vector<std::string> const all = server->delivered(contents.size());
        BOOST_TEST(all.size() == contents.size());
        std::vector<std::string> before;
        for (std::string const& content : contents)
        {
            std::vector<std::string> found;
            for (std::string const& m : all)
                if (m.ends_with(content))
                    found.push_back(m.substr(0, m.size() - content.size()));
            BOOST_TEST_REQUIRE(found.size() == 1u, server->log());
            before.push_back(found.front());
        }
        return before;
    }
};

smtp::mail numbered(std::size_t number, std::string const& body)
{
    smtp::mail m = mail(body);
    std::string const field = "Subject: octets";
    m.content.insert(m.content.find(field) + field.size(), ' ' + std::to_string(number));
    return m;
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

// By DATA, and by BDAT, of which Exim makes a note.
BOOST_AUTO_TEST_CASE(messages_arrive_to_the_octet)
{
    for (smtp::transfer const how : {smtp::transfer::data, smtp::transfer::chunks})
    {
        exim_set_up s;
        s.sign_in();
        for (char const* const offered : {"PIPELINING", "CHUNKING", "8BITMIME", "SMTPUTF8", "DSN"})
            BOOST_TEST(s.client->offered().has(offered), offered);
        std::vector<smtp::mail> mails;
        std::vector<std::string> contents;
        for (auto const& body : all_kinds_of_bodies())
        {
            mails.push_back(numbered(mails.size(), body));
            mails.back().transfer = how;
            contents.push_back(mails.back().content);
        }
        error_code ec;
        s.client->async_send_all(mails, s.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << s.client->diagnostics() << s.server->log());
        s.client->async_quit(s.io.wait());
        for (std::string const& before : s.arrived(contents))
        {
            BOOST_TEST(has(before, "Return-path: <adele@woodgrove.example>\r\n"), before);
            BOOST_TEST(has(before, "Envelope-to: bob@fabrikam.example,\r\n eve@x.example\r\n"), before);
        }
        for (std::string const& line : s.server->accepted_lines())
        {
            for (char const* const part : {" P=esmtpsa ", " L. ", " X=TLS1.3:", " A=xoauth2:adele@woodgrove.example "})
                BOOST_TEST(has(line, part), part << " in " << line);
            BOOST_TEST(has(line, " K ") == (how == smtp::transfer::chunks), line);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_looks_like_the_end_of_a_message_to_some_is_its_text)
{
    for (smtp::transfer const how : {smtp::transfer::data, smtp::transfer::chunks})
    {
        exim_set_up s;
        s.sign_in();
        std::vector<std::string> contents;
        for (std::string const& end : ends_of_message)
        {
            smtp::mail m = numbered(contents.size(), smuggled(end));
            m.transfer = how;
            contents.push_back(m.content.substr(0, m.content.find("\r\n\r\n")) + not_smuggled);
            s.send(std::move(m));
        }
        s.client->async_quit(s.io.wait());
        s.arrived(contents);
    }
}

BOOST_AUTO_TEST_CASE(a_long_token_goes_in_a_second_step)
{
    std::string const token = "mock-token-" + std::string(3'000, 'x');
    for (auto const& [t, steps] : {std::pair(short_token, 1), std::pair(token, 2)})
    {
        exim_set_up s(t);
        std::vector<std::string> sent;
        s.client->trace([&sent](auto direction, std::string_view line) {
            if (direction == outkit::detail::wire::direction::sent)
                sent.emplace_back(line);
        });
        s.sign_in(t);
        BOOST_TEST_REQUIRE(!sent.empty());
        auto const alone = std::count_if(sent.begin(), sent.end(),
                                         [](std::string const& line) { return line.starts_with("AUTH XOAUTH2\r"); });
        BOOST_TEST(alone == steps - 1);
        smtp::mail const m = mail("hello\r\n");
        s.send(m);
        s.arrived({m.content});
    }
}

BOOST_AUTO_TEST_CASE(tokens_that_are_not_good_are_refused)
{
    exim_set_up s;
    for (auto const& [user, token] : {std::pair("adele@woodgrove.example", "another-token"),
                                      std::pair("bob@woodgrove.example", short_token.c_str())})
    {
        BOOST_TEST_REQUIRE(!s.connect());
        error_code ec;
        s.client->async_authenticate(user, access_token(token), s.io.wait(ec));
        BOOST_TEST((ec == condition::authentication_failed), ec.message());
    }
    BOOST_TEST_REQUIRE(!s.connect());
    error_code ec;
    s.send(mail("x\r\n"), ec);
    BOOST_TEST((ec == smtp::error::mailbox_unavailable), ec.message());
    BOOST_TEST(has(s.client->diagnostics(), "5.7.1 sign in first"), s.client->diagnostics());
    s.arrived({});
}

BOOST_AUTO_TEST_CASE(recipients_that_are_refused_are_named)
{
    exim_set_up s;
    s.sign_in();
    smtp::mail m = mail("some\r\n");
    m.envelope.to = {address("nobody@x.example"), address("bob@fabrikam.example"), address("later@x.example"),
                     address("eve@x.example")};
    error_code ec;
    smtp::delivery d = s.send(m, ec);
    BOOST_TEST((ec == smtp::error::mailbox_unavailable), ec.message());
    BOOST_TEST_REQUIRE(d.recipients.size() == 4u);
    BOOST_TEST(s.server->accepted() == 0u);

    m.envelope.policy = smtp::recipients_policy::any;
    d = s.send(m, ec);
    BOOST_TEST(!ec, ec.message() << s.client->diagnostics());
    BOOST_TEST_REQUIRE(d.recipients.size() == 4u);
    BOOST_TEST((d.recipients[0].reply.enhanced == smtp::enhanced_code{5, 1, 1}));
    BOOST_TEST((d.recipients[2].reply.enhanced == smtp::enhanced_code{4, 2, 1}));
    BOOST_TEST(d.recipients[2].reply.code == 451);
    BOOST_TEST((!d.recipients[1].ec && !d.recipients[3].ec));

    m.envelope.to = {address("nobody@x.example")};
    s.send(m, ec);
    BOOST_TEST((ec == smtp::error::mailbox_unavailable), ec.message());
    auto const before = s.arrived({m.content});
    BOOST_TEST(has(before.front(), "Envelope-to: bob@fabrikam.example,\r\n eve@x.example\r\n"), before.front());
}

BOOST_AUTO_TEST_CASE(hundreds_of_recipients_get_one_message)
{
    exim_set_up s;
    s.sign_in();
    smtp::mail m = mail("many\r\n");
    m.envelope.to.clear();
    for (int i = 0; i != 700; ++i)
        m.envelope.to.push_back(address("someone.with.a.long.name." + std::to_string(i) + "@fabrikam.example"));
    s.send(m);
    auto const before = s.arrived({m.content});
    for (auto const& a : m.envelope.to)
        BOOST_TEST(has(before.front(), a.to_string()));
}

BOOST_AUTO_TEST_CASE(addresses_in_utf8_arrive)
{
    exim_set_up s;
    s.sign_in();
    std::string const name = "gr\xc3\xbc\xc3\x9f"
                             "e@fabrikam.example";
    smtp::mail m = mail("x\r\n");
    m.envelope.to = {address(name)};
    m.content.insert(0, "X-Name: gr\xc3\xbc\xc3\x9f"
                        "e\r\n");
    s.send(m);
    auto const before = s.arrived({m.content});
    BOOST_TEST(has(before.front(), "Envelope-to: " + name), before.front());
    BOOST_TEST(has(s.server->accepted_lines().front(), " P=utf8esmtpsa "), s.server->log());
}

BOOST_AUTO_TEST_CASE(a_report_that_was_asked_for_comes_back)
{
    exim_set_up s;
    s.sign_in();
    smtp::mail m = mail("x\r\n");
    m.envelope.to.resize(1);
    m.envelope.report = smtp::delivery_report{.success = true, .full_message = true, .envelope_id = "own+1 of=two"};
    s.send(m);
    auto const all = s.server->delivered(2);
    auto const report = std::find_if(all.begin(), all.end(), [](auto const& text) { return has(text, "report-type"); });
    BOOST_TEST_REQUIRE((report != all.end()), s.server->log());
    BOOST_TEST(has(*report, "Envelope-to: adele@woodgrove.example\r\n"), *report);
    BOOST_TEST(has(*report, "Original-Envelope-ID: own+2B1+20of+3Dtwo\r\n"), *report);
    BOOST_TEST(has(*report, "Final-Recipient: rfc822;bob@fabrikam.example\r\n"), *report);
}

BOOST_AUTO_TEST_CASE(a_server_without_an_extension_is_spoken_to_without_it)
{
    std::string const eight_bit = "Gr\xc3\xbc\xc3\x9f"
                                  "e\r\n";
    struct row
    {
        char const* extension;
        error_code connect, send;
    };
    for (auto const& [extension, connect, send] :
         {row{"STARTTLS", outkit::error::tls_required, {}}, row{"8BITMIME", {}, smtp::error::eight_bit_not_offered},
          row{"PIPELINING", {}, {}}, row{"DSN", {}, {}}, row{"SMTPUTF8", {}, {}}, row{"CHUNKING", {}, {}}})
    {
        BOOST_TEST_CONTEXT(extension)
        {
            exim_set_up s(short_token, extension);
            error_code ec = s.connect();
            BOOST_TEST((ec == connect), ec.message());
            if (ec)
                continue;
            BOOST_TEST(!s.client->offered().has(extension));
            s.sign_in();
            smtp::mail m = mail(eight_bit);
            m.envelope.report = smtp::delivery_report();
            s.send(m, ec);
            BOOST_TEST((ec == send), ec.message());
            s.arrived(send ? std::vector<std::string>() : std::vector{m.content});
            if (!send)
                BOOST_TEST(has(s.server->accepted_lines().front(), " L. ") == (extension != std::string("PIPELINING")),
                           s.server->log());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_message_that_is_too_large_is_not_begun)
{
    exim_set_up s;
    s.sign_in();
    smtp::mail m = mail(std::string());
    while (m.content.size() < (std::size_t(4) << 20))
        m.content.append(std::string(76, 'x') + "\r\n");
    error_code ec;
    s.send(m, ec);
    BOOST_TEST((ec == smtp::error::message_too_large), ec.message());
    m = mail("small\r\n");
    s.send(m);
    s.arrived({m.content});
}

BOOST_AUTO_TEST_SUITE_END()
