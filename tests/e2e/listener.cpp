// The mocks' front door: loopback only, both families on one port, and nobody can keep others out.

#include <outkit/blocking.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::detail;
using namespace std::chrono_literals;

namespace {

flow<> greet(wire& w, mock::visitor& who)
{
    co_await w.write("hello\r\n");
    for (;;)
    {
        std::string const line = co_await w.read_line();
        if (line == "login")
            who.logged_in = true;
        co_await w.write("ok\r\n");
    }
}

// A world with one listener, on a thread of its own.
struct house
{
    explicit house(std::uint16_t port = 0)
    {
        world.start_thread();
        open(port);
    }
    ~house()
    {
        world.run([&] { door.reset(); });
    }
    void open(std::uint16_t port)
    {
        world.run([&] {
            door = std::make_unique<mock::listener>(world, "test", greet, tls_context(), mock::listener::mode::starttls,
                                                    port, ec);
        });
    }
    mock::world world;
    error_code ec;
    std::unique_ptr<mock::listener> door;
};

using tcp = asio::ip::tcp;

std::string read_line(tcp::socket& s, error_code& ec)
{
    std::string line;
    for (char c = 0; c != '\n' && !ec;)
        if (s.read_some(asio::buffer(&c, 1), ec) == 1)
            line += c;
    return line;
}

tcp::socket dial(asio::io_context& context, std::string const& address, std::uint16_t port)
{
    tcp::socket s(context);
    s.connect({asio::ip::make_address(address), port});
    return s;
}

// The addresses on which a port is open, in the kernel's own words.
std::vector<std::string> listening_on(std::uint16_t port)
{
    std::vector<std::string> found;
    std::ostringstream wanted;
    wanted << ':' << std::hex << std::uppercase << port;
    for (char const* const table : {"/proc/net/tcp", "/proc/net/tcp6"})
    {
        std::ifstream in(table);
        for (std::string line; std::getline(in, line);)
        {
            std::istringstream words(line);
            std::string slot, local, remote, state;
            words >> slot >> local >> remote >> state;
            if (state == "0A" && local.ends_with(wanted.str()))
                found.push_back(local.substr(0, local.find(':')));
        }
    }
    return found;
}

std::size_t open_descriptors()
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(listener)

BOOST_AUTO_TEST_CASE(MK_01_listens_on_the_loopback_only)
{
    house h;
    BOOST_TEST_REQUIRE(!h.ec, h.ec.message());
    auto const where = listening_on(h.door->port());
    BOOST_TEST(!where.empty());
    for (std::string const& address : where)
        BOOST_TEST((address == "0100007F" || address == "00000000000000000000000001000000"), address);
    asio::io_context context;
    error_code ec;
    for (char const* const address : {"127.0.0.1", "::1"})
        if (where.size() == 2 || std::string(address) == "127.0.0.1")
        {
            auto s = dial(context, address, h.door->port());
            BOOST_TEST(read_line(s, ec) == "hello\r\n");
        }
}

BOOST_AUTO_TEST_CASE(MK_27_a_port_that_is_taken_is_an_error)
{
    house first;
    house second(first.door->port());
    BOOST_TEST((second.ec == asio::error::address_in_use), second.ec.message());
}

BOOST_AUTO_TEST_CASE(MK_26_a_crash_ends_connections_and_the_port_is_free_at_once)
{
    house h;
    asio::io_context context;
    error_code ec;
    auto s = dial(context, "127.0.0.1", h.door->port());
    read_line(s, ec);
    std::uint16_t const port = h.door->port();
    h.world.run([&] { h.door.reset(); });
    BOOST_TEST(read_line(s, ec) == "");
    BOOST_TEST(!!ec);
    h.open(port);
    BOOST_TEST(!h.ec, h.ec.message());
    auto again = dial(context, "127.0.0.1", port);
    ec = {};
    BOOST_TEST(read_line(again, ec) == "hello\r\n");
}

BOOST_AUTO_TEST_CASE(MK_07_slow_clients_give_way_and_those_logged_in_stay)
{
    house h;
    asio::io_context context;
    error_code ec;
    auto good = dial(context, "127.0.0.1", h.door->port());
    read_line(good, ec);
    good.write_some(asio::buffer("login\r\n", 7));
    BOOST_TEST(read_line(good, ec) == "ok\r\n");
    std::vector<tcp::socket> slow;
    for (std::size_t i = 0; i != mock::listener::most_connections + 20; ++i)
    {
        slow.push_back(dial(context, "127.0.0.1", h.door->port()));
        BOOST_TEST_REQUIRE(read_line(slow.back(), ec) == "hello\r\n");
    }
    // One may be leaving while the next is let in.
    BOOST_TEST(h.world.run([&] { return h.door->connections(); }) <= mock::listener::most_connections + 1);
    BOOST_TEST(read_line(slow.front(), ec) == "");  // the oldest one was seen off
    ec = {};
    good.write_some(asio::buffer("still here\r\n", 12));
    BOOST_TEST(read_line(good, ec) == "ok\r\n");
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(closing_ends_every_connection_before_it_returns)
{
    house h;
    asio::io_context context;
    error_code ec;
    std::vector<tcp::socket> open;
    for (std::size_t i = 0; i != mock::listener::most_connections; ++i)
    {
        open.push_back(dial(context, "127.0.0.1", h.door->port()));
        BOOST_TEST_REQUIRE(read_line(open.back(), ec) == "hello\r\n");
    }
    BOOST_TEST(h.world.run([&] { return h.door->connections(); }) == mock::listener::most_connections);
    std::size_t const left = h.world.run([&] {
        h.door->close_connections();
        return h.door->connections();
    });
    BOOST_TEST(left == 0u);
    BOOST_TEST(read_line(open.front(), ec) == "");
    open.clear();
}

BOOST_AUTO_TEST_CASE(MK_08_connections_that_come_and_go_leave_nothing_behind)
{
    house h;
    asio::io_context context;
    error_code ec;
    auto first = dial(context, "127.0.0.1", h.door->port());
    read_line(first, ec);
    std::size_t const before = open_descriptors();
    for (int i = 0; i != 2000; ++i)
    {
        auto s = dial(context, "127.0.0.1", h.door->port());
        read_line(s, ec);
    }
    for (int rounds = 1000; rounds != 0 && h.world.run([&] { return h.door->connections(); }) > 1; --rounds)
    {
    }
    BOOST_TEST(h.world.run([&] { return h.door->connections(); }) == 1u);
    BOOST_TEST(open_descriptors() <= before);
}

BOOST_AUTO_TEST_CASE(a_login_deadline_passes_when_the_clock_is_moved)
{
    house h;
    asio::io_context context;
    error_code ec;
    auto s = dial(context, "127.0.0.1", h.door->port());
    read_line(s, ec);
    h.world.advance(31s);  // a listener's patience is 30 s unless its service says otherwise
    BOOST_TEST(read_line(s, ec) == "");
    BOOST_TEST(!!ec);
}

BOOST_AUTO_TEST_SUITE_END()
