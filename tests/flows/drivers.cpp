// The models of the stream concept run the same conversation: over TCP, over a connection the user has, and in the
// simulator.

#include <outkit/adapted_stream.hpp>
#include <outkit/blocking.hpp>
#include <outkit/detail/client_base.hpp>
#include <outkit/stream.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>
#include <set>
#include <string>
#include <thread>

using namespace outkit;
using namespace outkit::detail;
using namespace outkit::tests;
using namespace std::chrono_literals;

namespace {

struct echo_session
{
    wire w;
};

// Says a line and returns the answer.
flow<std::string> ask(echo_session& s, std::string line)
{
    std::string request = line + "\r\n";
    co_await s.w.write(std::move(request));
    std::string answer = co_await s.w.read_line();
    co_return answer;
}

flow<> connect(echo_session& s, std::uint16_t port, bool tls) { co_await s.w.connect("mail.test", port, tls); }

flow<> hang_up(echo_session& s) { co_await s.w.close(); }

template <class Stream = stream>
class echo_client : public client_base<echo_session, Stream>
{
public:
    explicit echo_client(Stream s) : client_base<echo_session, Stream>(std::move(s)) {}

    template <class Token>
    auto async_connect(std::uint16_t port, bool tls, Token&& token)
    {
        return this->run(connect(this->session(), port, tls), std::forward<Token>(token));
    }
    template <class Token>
    auto async_ask(std::string line, Token&& token)
    {
        return this->run(ask(this->session(), std::move(line)), std::forward<Token>(token));
    }
    template <class Token>
    auto async_close(Token&& token)
    {
        return this->run(hang_up(this->session()), std::forward<Token>(token));
    }
    wire& connection() { return this->session().w; }
};

// Serves until the peer hangs up. "late" is answered never.
flow<> echo(wire& w, bool tls)
{
    if (tls)
        co_await w.start_tls();
    for (;;)
    {
        std::string line = co_await w.read_line();
        if (line == "late")
            continue;
        std::string answer = "you said " + line + "\r\n";
        co_await w.write(std::move(answer));
    }
}

// An echo server on a thread of its own.
class echo_server
{
public:
    explicit echo_server(bool tls) : tls_(tls)
    {
        accept();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~echo_server()
    {
        context_.stop();
        thread_.join();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void accept()
    {
        acceptor_.async_accept([this](error_code ec, asio::ip::tcp::socket s) {
            if (ec)
                return;
            auto& c = connections_.emplace_back(std::make_unique<connection>(std::move(s), tls_));
            async_run(c->ours, echo(c->w, tls_), c->said, [](error_code) {});
            accept();
        });
    }
    struct connection
    {
        connection(asio::ip::tcp::socket s, bool tls) : ours(std::move(s), tls ? certified_server() : tls_context()) {}
        wire w;
        std::string said;
        stream ours;
    };
    bool tls_;
    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
    std::vector<std::unique_ptr<connection>> connections_;
    std::thread thread_;
};

// Leads every name to the loopback.
struct to_loopback : environment
{
    time_point now() const override { return real_environment().now(); }
    wall_time date() const override { return real_environment().date(); }
    void random(std::span<unsigned char> fill) override { real_environment().random(fill); }
    host_port route(host_port to) override { return {"127.0.0.1", to.port}; }
} loopback;

}  // namespace

BOOST_AUTO_TEST_SUITE(drivers)

BOOST_AUTO_TEST_CASE(a_blocking_client_talks_over_tcp_with_and_without_tls)
{
    for (bool const tls : {false, true})
    {
        echo_server server(tls);
        blocking_context io;
        echo_client<> client(stream(io.get_executor(), trusting_client(), loopback));
        client.async_connect(server.port(), tls, io.wait());
        BOOST_TEST(client.connection().encrypted() == tls);
        BOOST_TEST(client.async_ask("hello", io.wait()) == "you said hello");
        client.async_close(io.wait());
        error_code ec;
        client.async_ask("anyone", io.wait(ec));
        BOOST_TEST((ec == error::not_connected));
    }
}

BOOST_AUTO_TEST_CASE(a_connection_of_the_users_is_taken_as_it_is)
{
    for (bool const tls : {false, true})
    {
        echo_server server(tls);
        blocking_context io;
        asio::ip::tcp::socket socket(io.get_executor());
        socket.connect({asio::ip::make_address("127.0.0.1"), server.port()});
        using adapted = adapted_stream<asio::ip::tcp::socket>;
        echo_client<adapted> client(adapted(std::move(socket), trusting_client()));
        client.async_connect(1, tls, io.wait());
        BOOST_TEST(client.async_ask("hello", io.wait()) == "you said hello");
        std::string const large(200'000, 'x');
        client.connection().max_line = large.size() + 100;
        error_code ec;
        client.async_ask(large, io.wait(ec));  // the server's limit is 8192
        BOOST_TEST(!!ec);
        client.async_connect(1, tls, io.wait(ec));
        BOOST_TEST((ec == error::not_connected));
    }
}

BOOST_AUTO_TEST_CASE(a_wait_given_up_loses_no_byte_of_an_adapted_stream)
{
    echo_server server(false);
    asio::io_context context;
    asio::ip::tcp::socket socket(context.get_executor());
    socket.connect({asio::ip::make_address("127.0.0.1"), server.port()});
    adapted_stream<asio::ip::tcp::socket> s(std::move(socket));
    std::string said;
    wire w;
    event stop;
    std::vector<std::string> heard;
    auto talk = [](wire& w_, event& stop_, std::vector<std::string>& heard_) -> flow<> {
        co_await w_.connect("x", 1, false);
        event::watch stopped(stop_);
        std::optional<std::string> nothing = co_await w_.read_line(stopped);
        heard_.push_back(nothing.value_or("interrupted"));
        co_await w_.write("still here\r\n");
        std::string line = co_await w_.read_line();
        heard_.push_back(std::move(line));
    };
    async_run(s, talk(w, stop, heard), said, [](error_code ec) { BOOST_TEST(!ec, ec.message()); });
    asio::post(context, [&] { asio::post(context, [&] { stop.notify(); }); });
    context.run();
    BOOST_TEST(heard == (std::vector<std::string>{"interrupted", "you said still here"}));
}

BOOST_AUTO_TEST_CASE(a_destroyed_client_completes_its_operation_as_aborted)
{
    echo_server server(false);
    asio::io_context context;
    int completed = 0;
    {
        echo_client<> client(stream(context.get_executor(), {}, loopback));
        client.async_connect(server.port(), false, [&](error_code ec) { BOOST_TEST(!ec, ec.message()); });
        context.run();
        context.restart();
        client.async_ask("late", [&](error_code ec, std::string) {
            BOOST_TEST((ec == asio::error::operation_aborted));
            ++completed;
        });
        context.poll();
    }
    context.run();
    BOOST_TEST(completed == 1);
}

BOOST_AUTO_TEST_CASE(a_second_operation_is_refused_and_the_first_goes_on)
{
    echo_server server(false);
    asio::io_context context;
    echo_client<> client(stream(context.get_executor(), {}, loopback));
    std::set<std::string> outcomes;  // in either order: a quick server has answered before the refusal is delivered
    client.async_connect(server.port(), false, [&](error_code ec) {
        BOOST_TEST(!ec, ec.message());
        client.async_ask("one", [&](error_code e, std::string answer) {
            BOOST_TEST(!e, e.message());
            outcomes.insert(answer);
        });
        client.async_ask("two", [&](error_code e, std::string) {
            BOOST_TEST((e == error::operation_in_progress));
            outcomes.insert("refused");
        });
    });
    context.run();
    BOOST_TEST((outcomes == std::set<std::string>{"refused", "you said one"}));
}

BOOST_AUTO_TEST_CASE(TL_02_a_certificate_for_another_name_is_refused)
{
    echo_server server(true);
    blocking_context io;
    struct elsewhere : to_loopback
    {
    } world;
    echo_session s;
    std::string said;
    stream st(io.get_executor(), trusting_client(), world);
    auto to_other_name = [](echo_session& e, std::uint16_t port) -> flow<> {
        co_await e.w.connect("other.test", port, true);
    };
    error_code ec;
    async_run(st, to_other_name(s, server.port()), said, io.wait(ec));
    BOOST_TEST((ec == condition::untrusted_peer), ec.message());
    BOOST_TEST(said.find("other.test") != std::string::npos, said);
    BOOST_TEST(!s.w.encrypted());
}

BOOST_AUTO_TEST_CASE(an_abort_ends_the_operation_before_it_returns)
{
    asio::io_context io;
    stream st(io.get_executor());
    event never_notified;
    std::string said;
    error_code ec;
    bool destroyed = false;
    struct witness
    {
        bool& gone;
        ~witness() { gone = true; }
    };
    auto wait_for_ever = [](event& e, bool& gone) -> flow<> {
        witness const w{gone};
        event::watch seen(e);
        co_await wait_for(seen, never);
    };
    async_run(st, wait_for_ever(never_notified, destroyed), said, [&](error_code e) { ec = e; });
    BOOST_TEST(!destroyed);
    st.driver().abort();
    BOOST_TEST(destroyed);
    BOOST_TEST((ec == asio::error::operation_aborted), ec.message());
    st.driver().abort();  // nothing is left to end
    BOOST_TEST(io.poll() == 0u);
}

BOOST_AUTO_TEST_CASE(a_flow_that_aborts_its_own_operation_cancels_it)
{
    asio::io_context io;
    stream st(io.get_executor());
    std::string said;
    error_code ec;
    bool went_on = false;
    auto suicidal = [](stream& s, bool& on) -> flow<> {
        s.driver().abort();
        on = true;
        co_await sleep_for(1h);
    };
    async_run(st, suicidal(st, went_on), said, [&](error_code e) { ec = e; });
    io.run();
    BOOST_TEST(went_on);
    BOOST_TEST((ec == asio::error::operation_aborted), ec.message());
}

BOOST_AUTO_TEST_CASE(every_address_of_a_name_is_tried)
{
    // localhost leads to [::1] first where there is IPv6; nobody listens there.
    echo_server server(false);
    blocking_context io;
    struct to_localhost : to_loopback
    {
        host_port route(host_port to) override { return {"localhost", to.port}; }
    } world;
    echo_client<> client(stream(io.get_executor(), {}, world));
    error_code ec;
    client.async_connect(server.port(), false, io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(a_simulated_client_keeps_its_connection_between_operations)
{
    for (bool const tls : {false, true})
    {
        simulator sim(7, {.least_latency = 1ms, .most_latency = 20ms, .largest_piece = 5});
        sim.listen("mail.test", 7, [tls](wire& w) { return echo(w, tls); }, tls ? certified_server() : tls_context());
        echo_client<simulated_stream> client(simulated_stream(sim, "client", trusting_client()));
        std::vector<std::string> heard;
        client.async_connect(7, tls, [&](error_code ec) {
            BOOST_TEST(!ec, ec.message());
            client.async_ask("one", [&](error_code e1, std::string first) {
                BOOST_TEST(!e1, e1.message());
                heard.push_back(first);
                client.async_ask("two", [&](error_code e2, std::string second) {
                    BOOST_TEST(!e2, e2.message());
                    heard.push_back(second);
                });
            });
        });
        sim.run(sim.now() + 1h);
        BOOST_TEST(heard == (std::vector<std::string>{"you said one", "you said two"}));
    }
}

BOOST_AUTO_TEST_CASE(a_simulated_client_meets_its_deadline_in_virtual_time)
{
    simulator sim;
    sim.listen("mail.test", 7, [](wire& w) { return echo(w, false); });
    echo_client<simulated_stream> client(simulated_stream(sim, "client"));
    time_point const begin = sim.now();
    error_code result;
    client.async_connect(
        7, false, [&](error_code) { client.async_ask("late", [&](error_code ec, std::string) { result = ec; }); });
    sim.run();
    BOOST_TEST((result == error::timeout), result.message());
    BOOST_TEST((sim.now() - begin >= 60s));
}

BOOST_AUTO_TEST_SUITE_END()
