// Faults of the world over real sockets: cuts fall after exactly so many octets, on every server, with TLS and without.

#include <outkit/blocking.hpp>
#include <outkit/detail/wire.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>
#include <outkit/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(mock_faults_on_sockets)
namespace {

using outkit::error_code;
using outkit::detail::flow;
using outkit::detail::wire;
namespace mock = outkit::mock;

// Says something and hears everything that comes, however it ends.
flow<std::string> talk(wire& w, std::uint16_t port, bool tls, std::string says)
{
    std::string heard;
    co_await w.connect("localhost", port, tls);
    co_await outkit::detail::attempt(w.write(std::move(says)));
    wire::sink to = [&heard](std::string_view piece) { heard += piece; };
    co_await outkit::detail::attempt(w.read_to_end(std::move(to)));
    co_return heard;
}

// The same with STARTTLS in between; counts what came before, too.
flow<std::string> upgrade(wire& w, std::uint16_t port)
{
    std::string heard = "220 ";
    co_await w.connect("localhost", port, false);
    heard = co_await w.read_line() + "\r\n";
    co_await w.write("EHLO client.test\r\n");
    for (std::string line = "250-"; line.starts_with("250-");)
    {
        line = co_await w.read_line();
        heard += line + "\r\n";
    }
    co_await w.write("STARTTLS\r\n");
    heard += co_await w.read_line() + "\r\n";
    co_await w.start_tls("localhost");
    co_await w.write("EHLO client.test\r\nQUIT\r\n");
    wire::sink to = [&heard](std::string_view piece) { heard += piece; };
    co_await outkit::detail::attempt(w.read_to_end(std::move(to)));
    co_return heard;
}

struct house
{
    explicit house(std::uint64_t seed = 1) : w(seed)
    {
        mock::load_default_world(w);
        w.start_thread();
        servers = std::make_unique<mock::servers>(w, mock::server_ports{}, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        tls = outkit::tls_context::client(ec, {.system = false, .authorities_pem = w.certificates.ca_pem()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    std::string run(auto make)
    {
        outkit::blocking_context io;
        outkit::stream s(io.get_executor(), tls);
        wire c;
        std::string said;
        error_code failed;
        return async_run(s, make(c), said, io.wait(failed));
    }
    std::string imap() { return spoken(servers->ports().imap, true, "a CAPABILITY\r\nb LOGOUT\r\n"); }
    std::string smtp() { return spoken(servers->ports().smtp, false, "EHLO client.test\r\nQUIT\r\n"); }
    std::string graph() { return spoken(servers->ports().graph, true, http("/v1.0/me")); }
    std::string entra()
    {
        return spoken(servers->ports().login, true, http("/common/v2.0/.well-known/openid-configuration"));
    }
    std::string smtp_over_tls()
    {
        return run([&](wire& c) { return upgrade(c, servers->ports().smtp); });
    }
    void cut(std::uint64_t octets, std::string_view server)
    {
        w.run([&] { w.faults.drop_after(octets, server); });
    }
    std::size_t queued()
    {
        return w.run([&] { return w.faults.queued().size(); });
    }

    mock::world w;
    error_code ec;
    std::unique_ptr<mock::servers> servers;
    outkit::tls_context tls;

private:
    std::string spoken(std::uint16_t port, bool encrypted, std::string says)
    {
        return run([&](wire& c) { return talk(c, port, encrypted, says); });
    }
    static std::string http(std::string const& path)
    {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(MK_24_cuts_fall_where_they_are_told_one_after_the_other)
{
    std::vector<std::size_t> heard[2];
    for (auto& sizes : heard)
    {
        house h;
        // each server whole, then cut early, then with a cut beyond the session, which changes nothing
        auto const three = [&](std::string_view server, auto talk_to, std::string_view last) {
            BOOST_TEST_CONTEXT(server)
            {
                std::string const whole = talk_to();
                BOOST_TEST(whole.find(last) != std::string::npos, whole);
                h.cut(0, server);
                BOOST_TEST(talk_to() == "");
                for (std::size_t const n : {std::size_t(1), std::size_t(9), whole.size() / 2})
                {
                    h.cut(n, server);
                    std::string const part = talk_to();
                    BOOST_TEST(part.size() == n);
                    sizes.push_back(part.size());
                }
                h.cut(1'000'000'000, server);
                BOOST_TEST(talk_to().find(last) != std::string::npos);
                BOOST_TEST(h.queued() == 0u);
            }
        };
        three("imap", [&] { return h.imap(); }, "b OK LOGOUT completed.");
        three("smtp", [&] { return h.smtp(); }, "221 2.0.0 ");
        three("graph", [&] { return h.graph(); }, "InvalidAuthenticationToken");
        three("entra", [&] { return h.entra(); }, "token_endpoint");

        // octets count through STARTTLS
        std::string const whole = h.smtp_over_tls();
        h.cut(whole.size() - 30, "smtp");
        sizes.push_back(h.smtp_over_tls().size());
        BOOST_TEST(sizes.back() == whole.size() - 30);

        // two at once: the first connection has the first; another server's stays where it is
        h.cut(15, "imap");
        h.cut(5, "");
        h.cut(7, "smtp");
        BOOST_TEST(h.imap().size() == 15u);
        BOOST_TEST(h.imap().size() == 5u);
        BOOST_TEST(h.imap().size() > 100u);
        BOOST_TEST(h.smtp().size() == 7u);
        BOOST_TEST(h.queued() == 0u);
    }
    BOOST_TEST(heard[0] == heard[1], boost::test_tools::per_element());
}

// IMAP says nothing that depends on the time, so it can be compared to the octet.
BOOST_AUTO_TEST_CASE(the_same_seed_says_the_same)
{
    std::string first[2], second[2];
    for (int i = 0; i != 2; ++i)
    {
        house h(7);
        first[i] = h.imap();
        second[i] = h.imap();
    }
    BOOST_TEST(first[0] == first[1]);
    BOOST_TEST(second[0] == second[1]);
    BOOST_TEST(first[0] != second[0]);  // the greeting has an id of the connection
    BOOST_TEST(house(8).imap() != first[0]);
}

BOOST_AUTO_TEST_CASE(an_http_fault_with_a_delay_happens_in_the_worlds_time)
{
    house h;
    h.w.run([&] {
        mock::fault f;
        f.server = "graph";
        f.operation = "me";
        f.delay = std::chrono::milliseconds(20);
        f.status = 429;
        f.retry_after = std::chrono::seconds(7);
        std::string problem;
        BOOST_TEST(h.w.faults.enqueue(f, problem), problem);
    });
    auto const before = std::chrono::steady_clock::now();
    std::string const answer = h.graph();
    BOOST_TEST(answer.starts_with("HTTP/1.1 429 "), answer);
    BOOST_TEST(answer.find("Retry-After: 7\r\n") != std::string::npos);
    BOOST_TEST((std::chrono::steady_clock::now() - before >= std::chrono::milliseconds(20)));
    BOOST_TEST(h.graph().starts_with("HTTP/1.1 401 "));
}

BOOST_AUTO_TEST_SUITE_END()
