// What a trace hook does is no part of the conversation: it may throw, be slow, go away early, or turn against the client.

#include <outkit/detail/simulate.hpp>
#include <outkit/http/detail/flows.hpp>
#include <outkit/http/detail/http1.hpp>
#include <outkit/imap/detail/flows.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using namespace outkit;
using namespace std::chrono_literals;
using outkit::detail::simulator;
using outkit::detail::wire;

namespace {

template <class T = void>
using flow = outkit::detail::flow<T>;

// Where every latency is the same bytes do not overtake others although the clock jumps.
constexpr outkit::detail::weather steady{.least_latency = 5ms, .most_latency = 5ms, .largest_piece = 29};
constexpr outkit::detail::weather changing{.least_latency = 1ms, .most_latency = 20ms, .largest_piece = 29};

// Time passes here while a hook runs.
struct slow_world : simulator
{
    explicit slow_world(outkit::detail::weather const& sky) : simulator(1, sky) {}
    outkit::detail::time_point now() const override { return simulator::now() + lost; }
    std::chrono::nanoseconds lost{0};
};

struct outcome
{
    error_code ec;
    std::string heard;  // by the server
    std::string got;    // by the client
    std::chrono::nanoseconds took{0};

    friend bool operator==(outcome const& a, outcome const& b)
    {
        return a.ec == b.ec && a.heard == b.heard && a.got == b.got;
    }
};

flow<> serve_imap(wire& w, std::string& heard)
{
    co_await w.start_tls();
    co_await w.write("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] ready\r\n");
    for (;;)
    {
        std::string const line = co_await w.read_line();
        heard += line + '\n';
        std::string answer = line.substr(0, line.find(' ')) + " OK done\r\n";
        if (line.find("AUTH") != std::string::npos)
            answer.insert(answer.find("done"), "[CAPABILITY IMAP4rev1 IDLE] ");
        else
        {
            co_await w.write("* 3 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n");
            co_await w.write("* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n");
        }
        co_await w.write(std::move(answer));
    }
}

flow<> serve_http(wire& w, std::string& heard)
{
    co_await w.start_tls();
    http::limits const limits;
    for (;;)
    {
        auto const q = co_await http::detail::read_request(w, limits);
        if (!q)
            co_return;
        heard += q->message.method + ' ' + q->message.target + ' ' + q->message.body + '\n';
        co_await w.write("HTTP/1.1 200 OK\r\nX-Long: " + std::string(300, 'x') + "\r\nTransfer-Encoding: chunked\r\n");
        co_await w.write("\r\n5\r\nhello\r\n");
        co_await w.write("6\r\n there\r\n0\r\n\r\n");
    }
}

using prepare = std::function<void(slow_world&, wire&)>;

// Runs the client to its end, or for an hour.
void finish(slow_world& world, flow<> client, outcome& o)
{
    auto const begin = world.simulator::now();
    auto const r = world.start("client", std::move(client), tests::trusting_client());
    while (!r->done && world.simulator::now() < begin + 1h)
        world.run(world.simulator::now() + 1ms);
    o.ec = r->done ? r->ec : os_error(EINPROGRESS);
    o.took = world.simulator::now() - begin;
}

outcome run_imap(prepare const& with, outkit::detail::weather const& sky = changing)
{
    slow_world world(sky);
    outcome o;
    world.listen("mail.test", 993, [&](wire& w) { return serve_imap(w, o.heard); }, tests::certified_server());
    imap::detail::session s;
    auto const client = [&]() -> flow<> {
        co_await imap::detail::connect(s, "mail.test", 993, imap::security::implicit_tls);
        access_token t("mock-token");
        co_await imap::detail::authenticate(s, "ann@contoso.example", std::move(t));
        co_await imap::detail::select(s, "INBOX", false);
        imap::fetch_items what;
        what.sections = {{}};
        auto const batch =
            co_await imap::detail::fetch(s, imap::detail::numbering::uid, imap::uid_set(7), std::move(what));
        for (auto const& m : batch)
            o.got += std::to_string(m.uid) + ' ';
        co_await imap::detail::noop(s);
        o.got += std::to_string(s.box.exists);
    };
    with(world, s.w);
    finish(world, client(), o);
    return o;
}

outcome run_http(prepare const& with, outkit::detail::weather const& sky = changing)
{
    slow_world world(sky);
    outcome o;
    world.listen("mail.test", 443, [&](wire& w) { return serve_http(w, o.heard); }, tests::certified_server());
    http::detail::session s;
    auto const client = [&]() -> flow<> {
        for (char const* const target : {"/first", "/second"})
        {
            error_code ec;
            http::request q;
            q.method = "POST";
            q.body = "a=b";
            http::detail::exchange_options const how;
            http::url const to = http::parse_url("https://mail.test" + std::string(target), ec);
            auto const answer = co_await http::detail::exchange(s, to, q, how, secret("Bearer mock-token"));
            o.got += answer.body + '\n';
        }
    };
    with(world, s.w);
    finish(world, client(), o);
    return o;
}

// A conversation of each kind with the hook; each must be as the one without.
void unaffected_by(prepare const& with, outkit::detail::weather const& sky = changing)
{
    static std::map<outkit::detail::weather const*, std::pair<outcome, outcome>> known;
    prepare const nothing = [](slow_world&, wire&) {};
    if (!known.contains(&sky))
        known[&sky] = {run_imap(nothing, sky), run_http(nothing, sky)};
    auto const& [quiet_imap, quiet_http] = known[&sky];
    BOOST_TEST_REQUIRE((!quiet_imap.ec && quiet_imap.got == "7 3"), quiet_imap.ec.message() + quiet_imap.got);
    BOOST_TEST_REQUIRE((!quiet_http.ec && quiet_http.got == "hello there\nhello there\n"), quiet_http.ec.message());
    outcome const i = run_imap(with, sky), h = run_http(with, sky);
    BOOST_TEST((i == quiet_imap), i.ec.message() << '\n' << i.heard << i.got);
    BOOST_TEST((h == quiet_http), h.ec.message() << '\n' << h.heard << h.got);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(traces)

BOOST_AUTO_TEST_CASE(LG_07_a_trace_that_throws_is_told_nothing_more)
{
    for (std::size_t at = 1; at != 20; ++at)
    {
        std::size_t calls = 0;
        unaffected_by([&](slow_world&, wire& w) {
            BOOST_TEST((calls == 0 || calls == at));
            calls = 0;
            w.trace = [&](wire::direction, std::string_view) {
                if (++calls >= at)
                    throw std::runtime_error("disk full");
            };
        });
        BOOST_TEST(calls == at);
    }
    unaffected_by([](slow_world&, wire& w) { w.trace = [](wire::direction, std::string_view) { throw 7; }; });
}

BOOST_AUTO_TEST_CASE(LG_07_a_slow_trace_takes_its_time_and_nothing_else)
{
    for (std::chrono::seconds const each : {1s, 59s, 600s})
        unaffected_by(
            [&](slow_world& world, wire& w) {
                w.trace = [&world, each](wire::direction, std::string_view) { world.lost += each; };
            },
            steady);
}

BOOST_AUTO_TEST_CASE(LG_07_a_trace_may_be_switched_off_at_any_time)
{
    // from outside, again and again through the conversation
    auto const most = std::max(run_imap([](slow_world&, wire&) {}).took, run_http([](slow_world&, wire&) {}).took);
    for (std::chrono::milliseconds when{0}; when < most; when += 3ms)
    {
        bool gone = false;
        std::size_t late = 0;
        unaffected_by([&](slow_world& world, wire& w) {
            gone = false;
            w.trace = [&](wire::direction, std::string_view) { late += gone; };
            world.after(when, [&] {
                w.trace = {};
                gone = true;
            });
        });
        BOOST_TEST(late == 0u, "told " << late << " lines after " << when.count() << " ms");
    }
    // by itself, with what it holds
    for (std::size_t at = 1; at != 20; ++at)
        unaffected_by([&](slow_world&, wire& w) {
            auto const log = std::make_shared<std::string>();
            w.trace = [&w, at, log = log, calls = std::make_shared<std::size_t>()](wire::direction,
                                                                                   std::string_view line) {
                if (++*calls == at)
                    w.trace = {};
                *log += line;
            };
        });
}

BOOST_AUTO_TEST_SUITE_END()
