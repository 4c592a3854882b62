// How flows are written and tested, in one small protocol: a client that upgrades to TLS, listens for
// news until it is told to stop, and reconnects when the connection breaks.

#include <outkit/detail/simulate.hpp>
#include <outkit/stream.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace outkit;
using namespace outkit::detail;
using namespace std::chrono_literals;

namespace {

// The mailbox all flows of a test share.
struct mailbox
{
    int messages = 0;
    event changed;
};

// What the client has heard of it, kept up to date also when the conversation breaks off.
struct listener
{
    int seen = 0;
    std::function<void()> heard = [] {};
};

flow<> listen(wire& w, event::watch& stop, listener& self)
{
    co_await w.connect("mail.test", 25, false);
    co_await w.write("STARTTLS\r\n");
    std::string const reply = co_await w.read_line();
    if (!reply.starts_with("220"))
        co_await fail(error::tls_unavailable, reply);
    co_await w.start_tls();

    co_await w.write("LISTEN\r\n");
    while (co_await w.wait(stop) == wake::input)
    {
        std::string const line = co_await w.read_line();
        self.seen = std::stoi(line);
        self.heard();
    }
    co_await w.write("DONE\r\n");
    co_await w.read_line();
    co_await w.close();
}

// Failures are for flows that can do something about them; here: come back later.
flow<int> listen_for_ever(wire& w, event& stop, listener& self)
{
    environment& world = co_await this_environment();
    event::watch stopped(stop);
    for (;;)
    {
        auto const r = co_await attempt(listen(w, stopped, self));
        if (!r.ec)
            co_return self.seen;
        wake const why = co_await wait_for(stopped, world.now() + 30s);
        if (why == wake::event)
            co_return self.seen;
    }
}

// Server. The watch is made before the mailbox is looked at, so that nothing is missed.
flow<> serve(wire& w, mailbox& box)
{
    co_await w.read_line();
    co_await w.write("220 go ahead\r\n");
    co_await w.start_tls();
    co_await w.read_line();
    event::watch news(box.changed);
    do
    {
        std::string line = std::to_string(box.messages) + "\r\n";
        co_await w.write(std::move(line));
    } while (co_await w.wait(news) != wake::input);
    co_await w.read_line();
    co_await w.write("OK\r\n");
    co_await w.close();
}

flow<> deliver(mailbox& box, int n)
{
    environment& world = co_await this_environment();
    for (; n != 0; --n)
    {
        co_await sleep_until(world.now() + 10min);
        ++box.messages;
        box.changed.notify();
    }
}

using outkit::tests::test_certificate;

tls_context trust()
{
    error_code ec;
    auto c = tls_context::client(ec, {.authorities_pem = test_certificate().chain});
    BOOST_TEST_REQUIRE(!ec, ec.message());
    return c;
}
tls_context certified()
{
    error_code ec;
    auto c = tls_context::server_pem(ec, test_certificate().chain, test_certificate().key);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    return c;
}

}  // namespace

// A script: what is said, whatever the size of the pieces, and every step failing once.
BOOST_AUTO_TEST_CASE(data_after_the_go_ahead_is_refused)
{
    for (std::size_t piece : {1u, 7u, 4096u})
    {
        wire w;
        event none;
        event::watch stop(none);
        listener client;
        auto const r = play(listen(w, stop, client), {"", "220 go ahead\r\n7\r\n"}, {.piece = piece});
        BOOST_TEST((r.ec == (piece == 4096 ? make_error_code(error::early_plaintext)
                                           : make_error_code(error::connection_closed))));
    }
}

BOOST_AUTO_TEST_CASE(every_step_fails_once)
{
    for (std::size_t at = 1; at <= 6; ++at)
        for (bool cancel : {false, true})
        {
            wire w;
            event none;
            event::watch stop(none);
            listener client;
            auto const r = play(listen(w, stop, client), {"", "220 go ahead\r\n"}, {.fail_at = at, .cancel = cancel});
            BOOST_TEST((r.ec == os_error(cancel ? ECANCELED : ECONNRESET)));
        }
}

// Two flows and a day: real TLS, virtual time, connections that break every hour or so.
BOOST_AUTO_TEST_CASE(all_news_arrive_however_often_the_connection_breaks)
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
    {
        mailbox box;
        event stop;
        listener client;
        wire w;
        simulator sim(seed, {.least_latency = 1ms, .most_latency = 300ms, .largest_piece = 1000, .reset_every = 1h});
        sim.listen("mail.test", 25, [&box](wire& s) { return serve(s, box); }, certified());
        auto const r = sim.start("client", listen_for_ever(w, stop, client), trust());
        sim.start("postman", deliver(box, 100));
        sim.after(20h, [&sim] { sim.sky.reset_every = 0s; });
        sim.after(23h, [&stop] { stop.notify(); });
        sim.run();
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            BOOST_TEST((r->done && !r->ec), r->ec.message());
            BOOST_TEST(r->value.value_or(0) == 100);
        }
    }
}

// Over the loopback.
BOOST_AUTO_TEST_CASE(the_same_flows_over_sockets)
{
    struct loopback : environment
    {
        std::uint16_t port = 0;
        time_point now() const override { return real_environment().now(); }
        wall_time date() const override { return real_environment().date(); }
        void random(std::span<unsigned char> fill) override { real_environment().random(fill); }
        host_port route(host_port) override { return {"127.0.0.1", port}; }
    } world;
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
    world.port = acceptor.local_endpoint().port();

    mailbox box;
    event stop;
    wire client_wire, server_wire;
    std::string client_said, server_said;
    stream client(context.get_executor(), trust(), world);
    std::optional<stream> server;
    acceptor.async_accept([&](error_code, asio::ip::tcp::socket s) {
        server.emplace(std::move(s), certified(), world);
        async_run(*server, serve(server_wire, box), server_said, [](error_code ec) { BOOST_TEST(!ec, ec.message()); });
    });
    // No clock decides: news come once the client has heard that there are none, the end once it has heard them.
    int seen = -1;
    listener self;
    self.heard = [&] {
        asio::post(context, [&] {
            if (self.seen == 3)
                return stop.notify();
            box.messages = 3;
            box.changed.notify();
        });
    };
    async_run(client, listen_for_ever(client_wire, stop, self), client_said, [&](error_code ec, int n) {
        BOOST_TEST(!ec, ec.message());
        seen = n;
    });
    context.run();
    BOOST_TEST(seen == 3);
}
