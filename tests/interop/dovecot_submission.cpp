// Our client against a submission server that we have not written: Dovecot's, with STARTTLS and XOAUTH2, in front of a
// server that keeps the octets it is sent.

#include <outkit/blocking.hpp>
#include <outkit/mock/certificates.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/smtp/client.hpp>

#include "interop/dovecot.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>

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
                     "\nsubmission_relay_trusted = no\nsubmission_max_mail_size = 40M\n";
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

smtp::mail mail(std::string const& body)
{
    smtp::mail m;
    error_code ec;
    m.envelope.from = *mime::parse_address("adele@woodgrove.example", ec);
    m.envelope.to = {*mime::parse_address("bob@fabrikam.example", ec), *mime::parse_address("eve@x.example", ec)};
    m.content = "From: adele@woodgrove.example\r\nTo: bob@fabrikam.example\r\nMessage-ID: <1@x.example>\r\n"
                "Subject: octets\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\n" +
                body;
    return m;
}

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

    std::string all_bytes;
    for (int c = 1; c != 256; ++c)
        if (c != '\r' && c != '\n')
            all_bytes += static_cast<char>(c);
    std::string lines;
    for (int i = 0; i != 20'000; ++i)
        lines += (i % 7 ? "a line, " : ".a line with a dot, ") + std::to_string(i) + "\r\n";
    std::string const bodies[] = {
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
    std::vector<smtp::mail> mails;
    for (auto const& body : bodies)
        mails.push_back(mail(body));
    auto const deliveries = client.async_send_all(mails, io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics() << '\n' << tests::read_file(s.server->log()));
    BOOST_TEST_REQUIRE(deliveries.size() == std::size(bodies));
    for (std::size_t i = 0; i != std::size(bodies); ++i)
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
    client.async_send(mail("a\n.\nb\r.\rc\r\n.\r\nMAIL FROM:<evil@x.example>\n.\r\nend"), io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics());
    client.async_quit(io.wait());
    BOOST_TEST(unstuffed(s.captured(0))
                   .ends_with("\r\n\r\na\r\n.\r\nb\r\n.\r\nc\r\n.\r\nMAIL FROM:<evil@x.example>\r\n.\r\nend\r\n"));
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
