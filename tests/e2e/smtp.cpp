// The SMTP client and the mock over real sockets, with the certificates of the world's own authority.

#include <outkit/blocking.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/smtp/client.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace outkit;
using namespace std::chrono_literals;

namespace {

struct office
{
    mock::world w{1};
    mock::tenant& home = w.directory.add_tenant(w, {.domains = {"woodgrove.example"}});
    mock::user& adele = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "adele@woodgrove.example"});
    mock::user& bob = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "bob@woodgrove.example"});
    mock::smtp service{w};
    std::unique_ptr<mock::listener> listening;
    tls_context tls;

    explicit office(mock::listener::mode mode = mock::listener::mode::starttls)
    {
        error_code ec;
        listening.reset(new mock::listener(
            w, "smtp", [this](detail::wire& c, mock::visitor& who) { return service.serve(c, who); },
            w.certificates.server_context(), mode, 0, ec));
        BOOST_TEST_REQUIRE(!ec, ec.message());
        tls = tls_context::client(ec, {.system = false, .authorities_pem = w.certificates.ca_pem()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
        w.start_thread();
    }
    ~office()
    {
        w.run([this] { listening.reset(); });
    }
    smtp::endpoint endpoint() const
    {
        smtp::endpoint e;
        e.host = "localhost";
        e.port = listening->port();
        return e;
    }
    std::string token(std::string audience = "https://outlook.office.com")
    {
        return w.run([&] {
            mock::access_claims c;
            c.audience = std::move(audience);
            c.tenant = home.id;
            c.client_id = "00000000-0000-4000-8000-00000000a001";
            c.person.home_tenant = home.id;
            c.person.object_id = adele.id;
            c.person.login = adele.principal_name;
            c.permissions = {"SMTP.Send"};
            return mock::issue_access_token(w.keys, w, c);
        });
    }
    std::size_t messages(std::string const& of, mock::role in)
    {
        return w.run([&] {
            auto* const box = w.mailboxes.find(of);
            return box ? box->find(in)->messages().size() : std::size_t(0);
        });
    }
};

smtp::mail letter(std::string const& from = "adele@woodgrove.example", std::string const& text = "Hi.\r\n")
{
    smtp::mail m;
    error_code ec;
    m.envelope.from = *mime::parse_address("adele@woodgrove.example", ec);
    m.envelope.to = {*mime::parse_address("bob@woodgrove.example", ec)};
    m.content = "From: " + from + "\r\nTo: bob@woodgrove.example\r\nMessage-ID: <1@app.example>\r\n\r\n" + text;
    return m;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_end_to_end)

BOOST_AUTO_TEST_CASE(a_message_is_in_both_mailboxes)
{
    for (auto const mode : {mock::listener::mode::starttls, mock::listener::mode::implicit_tls})
    {
        office o(mode);
        blocking_context io;
        error_code ec;
        smtp::client client(stream(io.get_executor(), o.tls));
        smtp::endpoint e = o.endpoint();
        if (mode == mock::listener::mode::implicit_tls)
            e.security = smtp::security::implicit_tls;
        auto const offered = client.async_connect(e, io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics());
        BOOST_TEST(offered.has_mechanism("XOAUTH2"));
        client.async_authenticate("adele@woodgrove.example", access_token(o.token()), io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics());
        auto const sent = client.async_send(letter(), io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics());
        BOOST_TEST(sent.message_id.starts_with("MOCKPR06MB"));
        client.async_quit(io.wait(ec));
        BOOST_TEST(!ec);
        BOOST_TEST(o.messages("bob@woodgrove.example", mock::role::inbox) == 1u);
        BOOST_TEST(o.messages("adele@woodgrove.example", mock::role::sent_items) == 1u);
    }
}

BOOST_AUTO_TEST_CASE(a_refused_message_leaves_the_connection_in_order)
{
    office o;
    blocking_context io;
    error_code ec;
    smtp::client client(stream(io.get_executor(), o.tls));
    client.async_connect(o.endpoint(), io.wait());
    client.async_authenticate("adele@woodgrove.example", access_token(o.token()), io.wait());
    auto const refused = client.async_send(letter("bob@woodgrove.example"), io.wait(ec));
    BOOST_TEST((ec == smtp::error::transaction_failed), ec.message());
    BOOST_TEST((refused.reply.enhanced == smtp::enhanced_code{5, 2, 252}));
    BOOST_TEST(client.diagnostics().starts_with("5.2.252 SendAsDenied; adele@woodgrove.example not allowed"));
    client.async_send(letter("adele@woodgrove.example", std::string(1'000, 'x')), io.wait(ec));
    BOOST_TEST((ec == smtp::error::message_line_too_long));
    client.async_send(letter(), io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(client.diagnostics() == "");
    auto const all = client.async_send_all({letter(), letter("bob@woodgrove.example"), letter()}, io.wait(ec));
    BOOST_TEST((ec == smtp::error::transaction_failed));
    BOOST_TEST_REQUIRE(all.size() == 3u);
    BOOST_TEST(!all[0].ec);
    BOOST_TEST(!!all[1].ec);
    BOOST_TEST(!all[2].ec);
    BOOST_TEST(o.messages("bob@woodgrove.example", mock::role::inbox) == 3u);
}

BOOST_AUTO_TEST_CASE(refusals_of_the_sign_in)
{
    office o;
    blocking_context io;
    error_code ec;
    smtp::client client(stream(io.get_executor(), o.tls));
    client.async_connect(o.endpoint(), io.wait());
    client.async_authenticate("adele@woodgrove.example", access_token(o.token("https://graph.microsoft.com")),
                              io.wait(ec));
    BOOST_TEST((ec == condition::authentication_failed));
    BOOST_TEST(client.diagnostics().starts_with("5.7.3 Authentication unsuccessful ["));
    client.async_send(letter(), io.wait(ec));
    BOOST_TEST((ec == outkit::error::not_connected));
    o.w.run([&] { o.w.policy.edit_tenant(o.home.id).smtp_auth = false; });
    client.async_connect(o.endpoint(), io.wait());
    client.async_authenticate("adele@woodgrove.example", access_token(o.token()), io.wait(ec));
    BOOST_TEST((ec == condition::authentication_failed));
    BOOST_TEST(client.diagnostics().starts_with(
        "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."));
}

BOOST_AUTO_TEST_CASE(ST_15_no_fall_back_when_the_certificate_is_not_trusted)
{
    office o;
    mock::certificates other;
    blocking_context io;
    error_code ec;
    auto const tls = tls_context::client(ec, {.system = false, .authorities_pem = other.ca_pem()});
    smtp::client client(stream(io.get_executor(), tls));
    client.async_connect(o.endpoint(), io.wait(ec));
    BOOST_TEST(!!ec);
    BOOST_TEST(o.w.run([&] { return o.w.journal.count({.server = "smtp", .what = "AUTH"}); }) == 0u);
    BOOST_TEST(o.w.run([&] { return o.w.journal.count({.server = "smtp", .what = "EHLO"}); }) == 1u);
}

BOOST_AUTO_TEST_CASE(SM_28_cancelled_after_the_dot_is_in_doubt)
{
    office o;
    std::string problem;
    o.w.run([&] {
        mock::fault f;
        f.server = "smtp";
        f.operation = ".";
        f.stall = true;
        BOOST_TEST(o.w.faults.enqueue(f, problem), problem);
    });
    asio::io_context io;
    smtp::client client(stream(io.get_executor(), o.tls));
    error_code result;
    smtp::delivery delivery;
    client.async_connect(o.endpoint(), [&](error_code ec, smtp::extensions const&) {
        BOOST_TEST(!ec, ec.message());
        client.async_authenticate("adele@woodgrove.example", access_token(o.token()), [&](error_code e) {
            BOOST_TEST(!e, e.message());
            client.async_send(letter(), [&](error_code last, smtp::delivery d) {
                result = last;
                delivery = std::move(d);
            });
        });
    });
    asio::steady_timer later(io, 500ms);
    later.async_wait([&](error_code) { client.cancel(); });
    io.run();
    BOOST_TEST((result == smtp::error::outcome_unknown), result.message());
    BOOST_TEST((delivery.ec == smtp::error::outcome_unknown));
    BOOST_TEST(o.messages("bob@woodgrove.example", mock::role::inbox) == 0u);
}

BOOST_AUTO_TEST_CASE(SM_24_a_source_that_throws_in_the_middle_of_the_message)
{
    struct disk_is_gone
    {};
    for (smtp::transfer const how : {smtp::transfer::data, smtp::transfer::chunks})
    {
        office o;
        blocking_context io;
        smtp::client client(stream(io.get_executor(), o.tls));
        std::vector<std::string> said;
        client.trace([&](detail::wire::direction d, std::string_view text) {
            if (d == detail::wire::direction::sent)
                said.emplace_back(text);
        });
        auto const sign_in = [&] {
            client.async_connect(o.endpoint(), io.wait());
            client.async_authenticate("adele@woodgrove.example", access_token(o.token()), io.wait());
        };
        sign_in();
        std::string const line = std::string(62, 'x') + "\r\n", header = letter().content;
        smtp::mail m = letter();
        m.transfer = how;
        m.source.octets = octet_source::unknown;
        m.source.read = [&, n = 0](char* into, std::size_t most, error_code&) mutable {
            if (++n == 10'000)
                throw disk_is_gone();
            return (n == 1 ? header : line).copy(into, most);
        };
        BOOST_CHECK_THROW(client.async_send(std::move(m), io.wait()), disk_is_gone);
        std::size_t octets = 0;
        for (std::string const& text : said)
        {
            if (auto const at = text.find('<'); at != std::string::npos && text.ends_with("bytes>"))
                octets += std::stoul(text.substr(at + 1));
            BOOST_TEST(text.find("LAST") == std::string::npos);
        }
        BOOST_TEST(octets > 300'000u);  // half of it is out
        error_code ec;
        client.async_noop(io.wait(ec));
        BOOST_TEST((ec == outkit::error::not_connected), ec.message());
        // The server has seen no end, and delivers nothing but what comes afterwards.
        sign_in();
        client.async_send(letter(), io.wait());
        client.async_quit(io.wait());
        BOOST_TEST(o.messages("bob@woodgrove.example", mock::role::inbox) == 1u);
        BOOST_TEST(o.messages("adele@woodgrove.example", mock::role::sent_items) == 1u);
    }
}

BOOST_AUTO_TEST_CASE(SM_32_a_fourth_connection_is_refused_and_recovers)
{
    office o;
    blocking_context io;
    std::vector<std::unique_ptr<smtp::client>> clients;
    error_code ec;
    for (int i = 0; i != 4; ++i)
    {
        clients.push_back(std::make_unique<smtp::client>(stream(io.get_executor(), o.tls)));
        clients.back()->async_connect(o.endpoint(), io.wait());
        clients.back()->async_authenticate("adele@woodgrove.example", access_token(o.token()), io.wait());
    }
    clients[3]->async_send(letter(), io.wait(ec));
    BOOST_TEST((ec == condition::transient));
    BOOST_TEST(clients[3]->diagnostics().starts_with("4.3.2 Concurrent connections limit exceeded."));
    clients[0]->async_quit(io.wait());
    clients[3]->async_send(letter(), io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(o.messages("bob@woodgrove.example", mock::role::inbox) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
