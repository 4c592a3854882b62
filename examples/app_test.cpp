// How to test a program of one's own against an offline Outlook: a world in the test's process, with real sockets and TLS.

#define BOOST_TEST_MODULE app_test
#include <boost/test/unit_test.hpp>

#include <outkit/blocking.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>

#include <exception>
#include <optional>
#include <string>

namespace mock = outkit::mock;

namespace {

// The program under test: how many messages nobody has read. It knows nothing of mocks.
std::uint32_t unread(std::string const& host, std::uint16_t port, outkit::tls_context const& tls,
                     std::string const& user, outkit::access_token token)
{
    outkit::blocking_context io;
    outkit::imap::client mail(outkit::stream(io.get_executor(), tls));
    mail.async_connect(host, port, outkit::imap::security::implicit_tls, io.wait());
    mail.async_authenticate(user, std::move(token), io.wait());
    auto const status = mail.async_status("INBOX", io.wait());
    mail.async_logout(io.wait());
    return status.unseen;
}

// Everything that a test needs, made anew for each.
struct outlook
{
    outlook()
    {
        mock::load_default_world(world);
        outkit::error_code ec;
        servers.emplace(world, mock::server_ports(), ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        tls = outkit::tls_context::client(ec, {.system = false, .authorities_pem = world.certificates.ca_pem()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
        world.start_thread();
    }

    // A token as Entra issues it; to get one by signing in, see sign_in.cpp.
    outkit::access_token token()
    {
        return world.run([&] {
            mock::user const& u = *world.directory.find_user(adele);
            mock::access_claims c;
            c.audience = "https://outlook.office.com";
            c.tenant = u.tenant_id;
            c.client_id = "00000000-0000-4000-8000-00000000a001";
            c.person = {u.tenant_id, u.id, u.principal_name, u.display_name, "", "", ""};
            c.permissions = {"IMAP.AccessAsUser.All"};
            return outkit::access_token(mock::issue_access_token(world.keys, world, c));
        });
    }
    std::uint32_t unread() { return ::unread("localhost", servers->ports().imap, tls, adele, token()); }

    static constexpr char const* adele = "adele@woodgrove.example";
    mock::world world;
    std::optional<mock::servers> servers;
    outkit::tls_context tls;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(unread_messages_are_counted, outlook)
{
    auto const before = unread();
    // The world belongs to its own thread; run() goes there and comes back.
    world.run([&] {
        world.mailboxes.deliver(*world.mailboxes.find(adele),
                                "From: bob@woodgrove.example\r\nSubject: hi\r\n\r\nhi\r\n");
    });
    BOOST_TEST(unread() == before + 1);
    world.run([&] { BOOST_TEST(!world.journal.find({.server = "imap", .what = "STATUS"}).empty()); });
}

BOOST_FIXTURE_TEST_CASE(a_mailbox_without_imap_is_an_error_and_not_zero, outlook)
{
    std::string problem;
    BOOST_TEST(world.run([&] { return world.policy.set("mailbox.imap", "off", adele, problem); }), problem);
    BOOST_CHECK_EXCEPTION(unread(), std::exception, [](std::exception const& e) {
        auto const expected = make_error_code(outkit::imap::error::authenticated_but_not_connected);
        return std::string(e.what()).find(expected.message()) != std::string::npos;
    });
}
