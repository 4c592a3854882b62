// All clients through proxies over real sockets: the whole way from the sign-in to the mailbox, at servers that nobody can
// reach but through a small one of our own; and the conversation with one that we have not written, Debian's tinyproxy.

#include <outkit/blocking.hpp>
#include <outkit/check/checks.hpp>
#include <outkit/detail/encoding.hpp>
#include <outkit/mock/form_browser.hpp>
#include <outkit/mock/scenarios.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>
#include <outkit/oauth2/redirect_listener.hpp>
#include <outkit/proxy.hpp>
#include <outkit/stream.hpp>

#include "interop/dovecot.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using outkit::error_code;
namespace asio = outkit::asio;
namespace check = outkit::check;
namespace http = outkit::http;
namespace mock = outkit::mock;
namespace oauth2 = outkit::oauth2;

namespace {

// A proxy that knows one host, "outlook.test", which is this machine.
class tunnels
{
public:
    std::string credentials = {};             // user:password; empty: it takes anybody
    std::set<std::string> closed_ports = {};  // answered by 403

    tunnels() : acceptor_(io_, {asio::ip::address_v4::loopback(), 0})
    {
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~tunnels()
    {
        io_.stop();
        thread_.join();
    }

    std::string url(std::string const& who = {}) const
    {
        return "http://" + who + "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    std::vector<std::string> heads()
    {
        std::lock_guard const lock(mutex_);
        return heads_;
    }

private:
    using socket = asio::ip::tcp::socket;
    struct tunnel
    {
        explicit tunnel(asio::io_context& io) : ends{socket(io), socket(io)} {}
        socket ends[2];  // the client's, the server's
        std::string head;
        std::array<char, 16 * 1024> buffers[2];
    };
    using shared = std::shared_ptr<tunnel>;

    void accept()
    {
        auto const t = std::make_shared<tunnel>(io_);
        acceptor_.async_accept(t->ends[0], [this, t](error_code ec) {
            if (ec)
                return;
            read_head(t);
            accept();
        });
    }
    void read_head(shared const& t)
    {
        t->ends[0].async_read_some(asio::buffer(t->buffers[0]), [this, t](error_code ec, std::size_t n) {
            t->head.append(t->buffers[0].data(), n);
            if (std::size_t const end = t->head.find("\r\n\r\n"); end != std::string::npos)
                open(t, end + 4);
            else if (!ec)
                read_head(t);
        });
    }
    void open(shared const& t, std::size_t head)
    {
        std::string const early = t->head.substr(head);
        t->head.resize(head);
        {
            std::lock_guard const lock(mutex_);
            heads_.push_back(t->head);
        }
        std::string const line = t->head.substr(0, t->head.find("\r\n"));
        std::size_t const colon = line.rfind(':');
        std::string const port = line.substr(colon + 1, line.find(' ', colon) - colon - 1);
        bool const known = line == "CONNECT outlook.test:" + port + " HTTP/1.1";
        std::string const pass =
            "\r\nProxy-Authorization: Basic " + outkit::detail::base64_encode(credentials) + "\r\n";
        if (!credentials.empty() && t->head.find(pass) == std::string::npos)
            return answer(t, "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"tests\"", false);
        if (!known || !early.empty())
            return answer(t, "502 Bad Gateway", false);
        if (closed_ports.count(port))
            return answer(t, "403 Forbidden", false);
        t->ends[1].async_connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))},
                                 [this, t](error_code ec) {
                                     answer(t, ec ? "503 Service Unavailable" : "200 Connection established", !ec);
                                 });
    }
    void answer(shared const& t, std::string const& status, bool opened)
    {
        std::string const head = "HTTP/1.1 " + status + "\r\n\r\n";
        head.copy(t->buffers[1].data(), head.size());
        write(t, 1, 0, head.size(), opened);
        if (opened)
            read(t, 0);
    }
    void read(shared const& t, int from)
    {
        t->ends[from].async_read_some(asio::buffer(t->buffers[from]), [this, t, from](error_code ec, std::size_t n) {
            error_code ignored;
            if (ec)
                t->ends[1 - from].shutdown(socket::shutdown_send, ignored);
            else
                write(t, from, 0, n, true);
        });
    }
    void write(shared const& t, int from, std::size_t at, std::size_t size, bool go_on)
    {
        t->ends[1 - from].async_write_some(asio::buffer(t->buffers[from].data() + at, size - at),
                                           [this, t, from, at, size, go_on](error_code ec, std::size_t n) {
                                               if (ec)
                                                   return;
                                               if (at + n != size)
                                                   write(t, from, at + n, size, go_on);
                                               else if (go_on)
                                                   read(t, from);
                                           });
    }

    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_;
    std::thread thread_;
    std::mutex mutex_;
    std::vector<std::string> heads_;
};

struct office
{
    explicit office(char const* base_scope)
    {
        world.certificates = mock::certificates({"outlook.test"});
        mock::load_default_world(world);
        setup = mock::register_client(world, "adele@woodgrove.example");
        BOOST_TEST_REQUIRE(!setup.client_id.empty());
        setup.base_scope = base_scope;
        error_code ec;
        servers = std::make_unique<mock::servers>(world, mock::server_ports{}, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        world.start_thread();
        trust = outkit::tls_context::client(ec, {.system = false, .authorities_pem = world.certificates.ca_pem()});
        ca_file = files.file("ca.pem", world.certificates.ca_pem());
    }

    check::report go(std::string const& proxy_url)
    {
        error_code ec;
        proxies = outkit::proxy_settings(outkit::parse_proxy(proxy_url, ec));
        BOOST_TEST_REQUIRE(!ec, ec.message());
        outkit::account::settings s;
        s.client_id = setup.client_id;
        s.client_secret = outkit::secret(setup.client_secret);
        outkit::blocking_context io;
        asio::ip::tcp::acceptor free(io.get_executor(), {asio::ip::address_v4::loopback(), 0});
        s.redirect_uri = "http://localhost:" + std::to_string(free.local_endpoint().port()) + "/oauth";
        free.close();
        s.authority = setup.authority;
        bool const api = setup.base_scope == "api";
        s.base_scope = api ? outkit::account::base_scope::api : outkit::account::base_scope::imap;
        s.user = setup.user;
        auto const at = [](unsigned port) { return "https://outlook.test:" + std::to_string(port); };
        s.endpoints.login = at(servers->ports().login);
        s.endpoints.graph = at(servers->ports().graph);
        s.endpoints.imap = {"outlook.test", servers->ports().imap, outkit::account::transport::implicit_tls};
        s.endpoints.smtp = {"outlook.test", servers->ports().smtp, outkit::account::transport::starttls};
        s.authorities_file = ca_file;
        check::options how;
        how.proxies = proxies;
        how.trace = [this](std::string_view server, bool sent, std::string_view line) {
            ((trace += server) += sent ? " > " : " < ") += std::string(line) + "\n";
        };
        how.sign_in = [this](oauth2::pending_authorization const& pending, error_code& failed, std::string& said) {
            return sign_in(pending, failed, said);
        };
        return check::run(s, how);
    }

    // A person with a browser, behind the same proxy, and the application's listener, at once.
    oauth2::authorization_response sign_in(oauth2::pending_authorization const& pending, error_code& ec,
                                           std::string& said)
    {
        outkit::blocking_context io;
        oauth2::redirect_listener listener(io.get_executor(), pending.redirect_uri(), ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        http::url const to = http::parse_url(pending.url(), ec);
        bool left = false;
        outkit::stream network(io.get_executor(), trust, proxies);
        mock::form_browser browser;
        mock::person_at_browser who;
        who.login = setup.login;
        who.password = setup.password;
        std::string diagnostics;
        async_run(network, browser.sign_in(to, who), diagnostics, [&](error_code failed, mock::browser_page page) {
            left = true;
            if (!failed && page.at.text().starts_with(pending.redirect_uri()))
                return;
            said = failed.message() + ' ' + diagnostics + page.text_of("role=\"alert\"");
            listener.cancel();
        });
        auto answer = listener.async_wait(pending, io.wait(ec));
        io.run_until(left);
        return answer;
    }

    mock::world world;
    mock::client_setup setup;
    outkit::tests::folder files;
    std::string ca_file;
    outkit::tls_context trust;
    outkit::proxy_settings proxies;
    std::string trace;
    std::unique_ptr<mock::servers> servers;
};

// tinyproxy, in the foreground, for a user "ann" and CONNECT to these ports.
class tinyproxy
{
public:
    tinyproxy(std::string const& password, std::vector<std::uint16_t> const& ports) : port_(outkit::tests::free_port())
    {
        std::string const unpacked = OUTKIT_BINARY_DIR "/servers";
        outkit::tests::child unpack({OUTKIT_SOURCE_DIR "/tests/interop/unpack", unpacked, "tinyproxy-bin"}, "");
        BOOST_TEST_REQUIRE(unpack.wait() == 0, "tinyproxy could not be unpacked into " << unpacked);
        std::string c =
            "Port " + std::to_string(port_) + "\nListen 127.0.0.1\nTimeout 60\nBasicAuth ann " + password + "\n";
        for (std::uint16_t const p : ports)
            c += "ConnectPort " + std::to_string(p) + "\n";
        std::string const log = files_.file("log", "");
        server_ = std::make_unique<outkit::tests::child>(
            std::vector<std::string>{unpacked + "/usr/bin/tinyproxy", "-d", "-c", files_.file("tinyproxy.conf", c)},
            log);
        for (int i = 0; i != 1'000 && server_->running() && !outkit::tests::accepts(port_); ++i)
            std::this_thread::sleep_for(10ms);
        BOOST_TEST_REQUIRE(outkit::tests::accepts(port_), "tinyproxy: " << outkit::tests::read_file(log));
    }
    std::string url(std::string const& who) const { return "http://" + who + "127.0.0.1:" + std::to_string(port_); }

private:
    std::uint16_t port_;
    outkit::tests::folder files_;
    std::unique_ptr<outkit::tests::child> server_;
};

using outkit::detail::flow;
using outkit::detail::wire;

// A server that speaks first and then goes to TLS, and who talks to it. Linux takes 0.0.0.0 for this machine, and
// outkit does not take it for the loopback, which would not go through a proxy.
flow<> serve(wire& w, mock::visitor&)
{
    co_await w.write("220 ready\r\n");
    co_await w.read_line();
    co_await w.write("220 go ahead\r\n");
    co_await w.start_tls();
    std::string line = co_await w.read_line();
    line += " is what you said\r\n";
    co_await w.write(std::move(line));
    co_await w.read_line();
}
flow<std::string> talk(wire& w, std::uint16_t port)
{
    co_await w.connect("0.0.0.0", port, false);
    std::string said = co_await w.read_line();
    co_await w.write("STARTTLS\r\n");
    said += '|' + co_await w.read_line();
    co_await w.start_tls("localhost");
    std::string much(5'000, 'x');
    much += "\r\n";
    co_await w.write(std::move(much));
    std::string const answer = co_await w.read_line();
    said += '|' + std::to_string(answer.size());
    co_await w.close();
    co_return said;
}

std::string finding(check::report const& r)
{
    check::symptom const* const found = r.finding();
    return found ? found->id : "";
}
std::string failed_step(check::report const& r)
{
    for (check::step const& s : r.steps)
        if (s.result == check::outcome::failed)
            return s.id;
    return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(proxies)

BOOST_AUTO_TEST_CASE(HT_32_everything_goes_through_it_and_its_password_nowhere_else)
{
    for (char const* const base_scope : {"imap", "api"})
        BOOST_TEST_CONTEXT(base_scope)
        {
            tunnels proxy;
            proxy.credentials = "ann:mock-secret-of-the-proxy";
            office o(base_scope);
            check::report const r = o.go(proxy.url(proxy.credentials + '@'));
            BOOST_TEST(r.passed(), check::to_json(r, true));

            std::set<std::string> asked;
            for (std::string const& head : proxy.heads())
                asked.insert(head.substr(0, head.find(" HTTP/")));
            auto const ports = o.servers->ports();
            std::set<std::string> expected;
            for (unsigned const port : o.setup.base_scope == "api"
                                           ? std::vector<unsigned>{ports.login, ports.graph}
                                           : std::vector<unsigned>{ports.login, ports.imap, ports.smtp})
                expected.insert("CONNECT outlook.test:" + std::to_string(port));
            BOOST_TEST(asked == expected, boost::test_tools::per_element());

            std::string const encoded = outkit::detail::base64_encode(proxy.credentials);
            std::string const journal = o.world.run([&] { return o.world.journal.to_json(); });
            BOOST_TEST(journal.size() > 500u);
            BOOST_TEST(o.trace.find("Proxy-Authorization: <redacted>") != std::string::npos);
            for (std::string const& text : {journal, o.trace, check::to_json(r, true)})
            {
                BOOST_TEST(text.find("mock-secret-of-the-proxy") == text.npos);
                BOOST_TEST(text.find(encoded) == text.npos);
            }
            BOOST_TEST(journal.find("roxy-") == std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(CL_14_a_proxy_that_is_in_the_way_is_found_out)
{
    office o("imap");
    {
        tunnels proxy;
        proxy.credentials = "ann:mock-secret-of-the-proxy";
        check::report const r = o.go(proxy.url());
        BOOST_TEST(finding(r) == "proxy-wants-password");
        BOOST_TEST(failed_step(r) == "authority");
        BOOST_TEST((r.mailbox.state() == outkit::account::account_state::connect_error));
    }
    {
        tunnels proxy;
        proxy.closed_ports = {std::to_string(o.servers->ports().imap)};
        check::report const r = o.go(proxy.url());
        BOOST_TEST(finding(r) == "proxy-refused", check::to_json(r, true));
        BOOST_TEST(failed_step(r) == "imap.connect");
        BOOST_TEST(check::to_json(r, true).find("it answers 403 Forbidden") != std::string::npos);
    }
    std::string nobody;
    {
        tunnels proxy;
        nobody = proxy.url();
    }
    check::report const r = o.go(nobody);
    BOOST_TEST(finding(r) == "proxy-unreachable", check::to_json(r, true));
    BOOST_TEST(failed_step(r) == "authority");
    check::step const& s =
        *std::find_if(r.steps.begin(), r.steps.end(), [](auto const& x) { return x.id == "authority"; });
    BOOST_TEST(s.symptoms.size() == 1u);
    BOOST_TEST(s.said.starts_with("proxy " + nobody + ": "), s.said);
}

// curl and we must agree about who goes around a proxy. It is asked which of two closed ports it tries.
BOOST_AUTO_TEST_CASE(curl_reads_no_proxy_in_the_same_way)
{
    static constexpr std::pair<char const*, char const*> rows[] = {
        {"ample.com", "ample.com"},
        {"www.ample.com", "ample.com"},
        {"www.example.com", "ample.com"},
        {"ample.com.org", "ample.com"},
        {"www.example.com", "*"},
        {"example.com", ".example.com"},
        {"nonexample.com", ".example.com"},
        {"www.example.com.", "localhost,.example.com"},
        {"www.example.com", "localhost,www.example.com.,x"},
        {"mail.example", "a b\tmail.example"},
        {"BAr", "foo,,,,, bar, ::1/64"},
        {"192.168.3.4", "192.168.0.0/16"},
        {"192.168.0.1", "192.168.0.0/32"},
        {"192.168.0.1", "192.168.0.1/33"},
        {"203.0.113.10", "0.113.10"},
        {"203.0.113.10", "203.0.113.10"},
    };
    error_code ec;
    for (auto const& [host, list] : rows)
    {
        outkit::proxy_settings const s(outkit::parse_proxy("http://127.0.0.1:1", ec), list);
        outkit::tests::process curl({"curl", "--silent", "--show-error", "--proxy", "http://127.0.0.1:1", "--noproxy",
                                     list, "--connect-to", "::127.0.0.1:2", "http://" + std::string(host) + '/'});
        BOOST_TEST(curl.wait() == 7);
        bool const asked = curl.errors().find("port 1 ") != std::string::npos;
        bool const direct = curl.errors().find("port 2 ") != std::string::npos;
        BOOST_TEST(asked != direct, curl.errors());
        BOOST_TEST(direct == !s.for_target(host, 80), host << " with no_proxy=" << list);
    }
}

BOOST_AUTO_TEST_CASE(tinyproxy_opens_tunnels_and_refuses_them)
{
    mock::world world;
    error_code ec;
    std::unique_ptr<mock::listener> door;
    world.run([&] {
        door = std::make_unique<mock::listener>(world, "server", serve, world.certificates.server_context(),
                                                mock::listener::mode::starttls, 0, ec);
    });
    BOOST_TEST_REQUIRE(!ec, ec.message());
    world.start_thread();
    auto const trust =
        outkit::tls_context::client(ec, {.system = false, .authorities_pem = world.certificates.ca_pem()});
    std::uint16_t const closed = outkit::tests::free_port();
    tinyproxy const proxy("mock-secret-1", {door->port(), closed});

    auto const go = [&](std::string const& who, std::uint16_t port, std::string& said) {
        outkit::blocking_context io;
        error_code failed;
        outkit::proxy p = outkit::parse_proxy(proxy.url(who), failed);
        BOOST_TEST_REQUIRE(!failed, failed.message());
        outkit::stream connection(io.get_executor(), trust, outkit::proxy_settings(std::move(p)));
        wire w;
        std::string diagnostics;
        said = async_run(connection, talk(w, port), diagnostics, io.wait(failed));
        if (failed)
            said = diagnostics;
        return failed;
    };
    std::string const ann = "ann:mock%2Dsecret%2D1@";
    std::string said;
    ec = go(ann, door->port(), said);
    BOOST_TEST(!ec, ec.message() << ' ' << said);
    BOOST_TEST(said == "220 ready|220 go ahead|5017");
    BOOST_TEST((go("", door->port(), said) == outkit::error::proxy_wants_password));
    BOOST_TEST(said.ends_with(" it answers 407 Proxy Authentication Required; it offers Basic"), said);
    BOOST_TEST((go("ann:wrong@", door->port(), said) == outkit::error::proxy_wants_password));
    BOOST_TEST(said.ends_with(" it answers 401 Unauthorized"), said);
    BOOST_TEST((go(ann, 9, said) == outkit::error::proxy_refused));
    BOOST_TEST(said.ends_with("asked for 0.0.0.0:9, it answers 403 Access violation"), said);
    BOOST_TEST((go(ann, closed, said) == outkit::error::proxy_cannot_connect));
    BOOST_TEST(said.ends_with(" it answers 500 Unable to connect"), said);
    world.run([&] { door.reset(); });
}

BOOST_AUTO_TEST_SUITE_END()
