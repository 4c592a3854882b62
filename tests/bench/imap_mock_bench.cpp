// What the mock IMAP server costs: CPU time of the world's own thread.
//
//   imap_mock_bench NOOPS MESSAGES
//
// Prints one line of JSON: microseconds for one NOOP over four TLS connections at once, and for one message of a FETCH of
// metadata (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE) and of a FETCH of bodies.

#include <outkit/blocking.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mock/scenarios.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace outkit;

namespace {

[[noreturn]] void give_up(char const* where, error_code ec)
{
    std::fprintf(stderr, "imap_mock_bench: %s: %s\n", where, ec.message().c_str());
    std::_Exit(1);
}

// A message of the size that bench mailboxes have: an alternative, an attachment, a long line of receivers.
std::string message_number(std::size_t n)
{
    std::string const number = std::to_string(n);
    std::string m = "Received: from a.example by b.example; Mon, 5 Oct 2026 08:15:02 +0200\r\n"
                    "From: \"Alex Wilber\" <alex@contoso.example>\r\n"
                    "To: Adele Vance <adele@contoso.example>, Lee Gu <lee@contoso.example>,\r\n"
                    "\tMegan Bowen <megan@contoso.example>\r\nCc: team@contoso.example\r\n"
                    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= and a report, number " +
                    number + "\r\nDate: Mon, 5 Oct 2026 08:15:02 +0200\r\nMessage-ID: <" + number +
                    "@contoso.example>\r\nIn-Reply-To: <0@contoso.example>\r\nMIME-Version: 1.0\r\n"
                    "Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n"
                    "Content-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    for (int line = 0; line != 100; ++line)
        m += "Wovon man nicht sprechen kann, dar=C3=BCber muss man schweigen.\r\n";
    m += "--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>\r\n--inner--\r\n--outer\r\n"
         "Content-Type: application/pdf; name=\"report.pdf\"\r\n"
         "Content-Disposition: attachment; filename=\"report.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    for (int line = 0; line != 200; ++line)
        m += std::string(76, 'A') + "\r\n";
    return m + "--outer--\r\n";
}

struct program
{
    explicit program(tls_context const& tls) : client(stream(io.get_executor(), tls), limits()) {}
    static imap::settings limits()
    {
        imap::settings s;
        s.limits.untagged_octets = std::size_t(256) << 20;
        return s;
    }

    blocking_context io;
    imap::client client;
};

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 3)
    {
        std::fputs("usage: imap_mock_bench NOOPS MESSAGES\n", stderr);
        return 2;
    }
    std::size_t const noops = std::strtoul(argv[1], nullptr, 10), messages = std::strtoul(argv[2], nullptr, 10);

    mock::world w;
    mock::load_default_world(w);
    error_code ec;
    mock::servers outlook(w, {}, ec);
    if (ec)
        give_up("servers", ec);
    w.mailboxes.set_limits({.messages = 2 * messages, .octets = std::uint64_t(8) << 30});
    mock::user const person = w.directory.users().front();
    mock::folder_ptr const inbox = w.mailboxes.find(person.principal_name)->find(mock::role::inbox);
    for (std::size_t n = 0; n != messages; ++n)
        w.mailboxes.append(*inbox, message_number(n));
    mock::access_claims claims;
    claims.audience = "https://outlook.office.com";
    claims.tenant = person.tenant_id;
    claims.client_id = "00000000-0000-4000-8000-00000000a001";
    claims.person = {person.tenant_id, person.id, person.principal_name, person.display_name, "", "", ""};
    claims.permissions = {"IMAP.AccessAsUser.All"};
    secret const token(mock::issue_access_token(w.keys, w, claims, 3600));
    w.start_thread();

    auto const tls = tls_context::client(ec, {.system = false, .authorities_pem = w.certificates.ca_pem()});
    if (ec)
        give_up("client", ec);
    std::vector<std::unique_ptr<program>> programs;
    for (std::size_t n = 0; n != 4; ++n)
    {
        programs.push_back(std::make_unique<program>(tls));
        imap::client& c = programs.back()->client;
        auto wait = programs.back()->io.wait();
        c.async_connect("localhost", outlook.ports().imap, imap::security::implicit_tls, wait);
        c.async_authenticate(person.principal_name, access_token(std::string(token.reveal())), wait);
        c.async_select("INBOX", wait);
    }

    auto const cpu = [&] {
        return w.run([] {
            timespec t{};
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
            return double(t.tv_sec) * 1e6 + double(t.tv_nsec) * 1e-3;
        });
    };
    double before = cpu();
    std::vector<std::thread> threads;
    for (auto& p : programs)
        threads.emplace_back([&p, noops, each = programs.size()] {
            for (std::size_t n = 0; n < noops / each; ++n)
                p->client.async_noop(p->io.wait());
        });
    for (std::thread& t : threads)
        t.join();
    double const noop_us = (cpu() - before) / double(noops / programs.size() * programs.size());

    program& one = *programs.front();
    auto const fetch = [&](imap::fetch_items what) {
        double const begin = cpu();
        auto const got = one.client.async_fetch(imap::uid_set::all(), std::move(what), one.io.wait());
        if (got.size() < messages)
            give_up(("only " + std::to_string(got.size()) + " messages").c_str(), {});
        return (cpu() - begin) / double(got.size());
    };
    double const first_us = fetch(imap::fetch_items::metadata());
    double const metadata_us = fetch(imap::fetch_items::metadata());
    imap::fetch_items bodies;
    bodies.sections.emplace_back();
    bodies.sink = [](imap::section_piece const&) { return error_code(); };
    double const body_us = fetch(std::move(bodies));
    std::printf("{\"noop_us\":%.2f,\"first_metadata_us\":%.2f,\"metadata_us\":%.2f,\"body_us\":%.2f}\n", noop_us,
                first_us, metadata_us, body_us);
    return 0;
}
