// The client against servers that stall, flood, leave or lead astray, in virtual time.

#include <outkit/detail/drive.hpp>
#include <outkit/imap/detail/flows.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace outkit;
using namespace outkit::imap;
using namespace outkit::imap::detail;
using namespace std::chrono_literals;
using outkit::detail::play;
using outkit::detail::simulator;
using outkit::detail::time_point;

namespace {

std::string tag_of(std::string const& line) { return line.substr(0, line.find(' ')); }

// Greeting, sign-in and SELECT, as an honest server does them.
flow<> welcome(wire& w)
{
    w.patience = 24h;
    co_await w.start_tls();
    co_await w.write("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] ready\r\n");
    std::string line = co_await w.read_line();
    std::string answer =
        tag_of(line) + " OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE UNSELECT COMPRESS=DEFLATE] signed in\r\n";
    co_await w.write(std::move(answer));
    line = co_await w.read_line();
    answer =
        "* 3 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Deleted)\r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted)] kept\r\n"
        "* OK [UIDVALIDITY 14] x\r\n* OK [UIDNEXT 4491] x\r\n" +
        tag_of(line) + " OK [READ-WRITE] SELECT completed.\r\n";
    co_await w.write(std::move(answer));
}

flow<> silence(wire& w)
{
    wire::sink nowhere = [](std::string_view) {};
    co_await w.read_to_end(std::move(nowhere));
}

flow<> open_inbox(session& s)
{
    co_await connect(s, "mail.test", 993, security::implicit_tls);
    access_token t("mock-token");
    co_await authenticate(s, "ann@contoso.example", std::move(t));
    co_await select(s, "INBOX", false);
}

struct met
{
    error_code ec;
    std::string diagnostics;
    std::chrono::nanoseconds took{0};  // of the command itself
};

template <class T>
flow<> timed(session& s, std::function<flow<T>(session&)> command, met& m)
{
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    co_await open_inbox(s);
    time_point const begin = world.now();
    auto const r = co_await outkit::detail::attempt(command(s));
    m.took = world.now() - begin;
    m.ec = r.ec;
    m.diagnostics = r.diagnostics;
    co_await outkit::detail::close_connection();
}

// A command in INBOX, at a server that goes on like that after SELECT.
template <class T>
met in_inbox(std::function<flow<T>(session&)> command, std::function<flow<>(wire&)> server, session& s,
             outkit::detail::weather sky = {})
{
    simulator sim(1, sky);
    met m;
    auto const whole = [&server](wire& w) -> flow<> {
        co_await welcome(w);
        co_await server(w);
    };
    sim.listen("mail.test", 993, whole, tests::certified_server());
    auto const r = sim.start("client", timed(s, std::move(command), m), tests::trusting_client());
    sim.run();
    BOOST_TEST((r->done && !r->ec), r->ec.message());
    return m;
}
template <class T>
met in_inbox(std::function<flow<T>(session&)> command, std::function<flow<>(wire&)> server)
{
    session s;
    return in_inbox(std::move(command), std::move(server), s);
}

using events = std::vector<mailbox_event>;

std::function<flow<message_batch>(session&)> fetch_into(std::function<error_code(section_piece const&)> sink)
{
    return [sink](session& s) {
        fetch_items what;
        what.size = true;
        what.sections = {{}};
        what.sink = sink;
        return fetch(s, numbering::uid, uid_set(7), std::move(what));
    };
}

error_code swallow(section_piece const&) { return {}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_hostile)

BOOST_AUTO_TEST_CASE(IM_02_IM_04_a_literal_that_stops_runs_into_the_deadline)
{
    for (char const* const begun : {"* 1 FETCH (UID 7 BODY[] {4000000}\r\n", "* 1 FETCH (UID 7 BODY[] {5}\r\nabc",
                                    "* 1 FETCH (UID 7 BODY[] {500}\r\nabc\r\n"})
    {
        bool completed = false;
        std::string heard;
        auto const keep = [&](section_piece const& p) {
            heard += p.data;
            completed = completed || p.offset + p.data.size() == p.octets;
            return error_code();
        };
        auto const m = in_inbox<message_batch>(fetch_into(keep), [&](wire& w) -> flow<> {
            std::string const line = co_await w.read_line();
            std::string text = begun;
            if (text.find("{500}") != std::string::npos)  // literal data, whatever it looks like
                text += tag_of(line) + " OK FETCH completed.\r\n";
            co_await w.write(std::move(text));
            co_await silence(w);
        });
        BOOST_TEST((m.ec == outkit::error::timeout), begun << ": " << m.ec.message());
        BOOST_TEST((m.took >= 60s && m.took < 62s));
        BOOST_TEST(!completed);
        BOOST_TEST(heard.size() < 100u);
    }
}

namespace {

// A connection on which there is always something to read: a line, again and again. What the client writes goes nowhere.
class endless_driver final : public outkit::detail::driver
{
public:
    endless_driver(asio::any_io_executor ex, std::string line)
        : driver(std::move(ex), {}, outkit::detail::real_environment()), line_(std::move(line))
    {
        use(std::make_unique<endless>(*this));
    }
    std::size_t said = 0;
    std::size_t closed = 0;

private:
    struct endless final : outkit::detail::transport
    {
        explicit endless(endless_driver& d) : all(d) {}
        outkit::detail::need read_some(std::span<char> into, std::size_t& n, error_code& ec) override
        {
            for (char& c : into)
                c = all.line_[all.said++ % all.line_.size()];
            n = into.size();
            ec = {};
            return outkit::detail::need::nothing;
        }
        outkit::detail::need write_some(std::string_view from, std::size_t& n, error_code& ec) override
        {
            n = from.size();
            ec = {};
            return outkit::detail::need::nothing;
        }
        outkit::detail::need input(error_code& ec) override
        {
            ec = {};
            return outkit::detail::need::nothing;
        }
        endless_driver& all;
    };
    void open(outkit::detail::io_request const&) override {}
    void wait_until(outkit::detail::need) override {}
    void stop_waiting_below() override {}
    void close_below() override { ++closed; }

    std::string line_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(IM_09_a_flood_of_responses_is_cut_off_and_others_have_their_turns)
{
    for (std::string const line : {"* 1 RECENT\r\n", "* OK x\r\n", "* 3 FETCH (FLAGS (\\Seen))\r\n", "* 3 EXISTS\r\n"})
        BOOST_TEST_CONTEXT(line)
        {
            asio::io_context loop;
            auto const d = std::make_shared<endless_driver>(loop.get_executor(), line);
            session s;
            s.trusted = true;
            s.at = session::state::selected;
            s.box.exists = 3;
            bool done = false;
            error_code ec;
            std::string said;
            std::size_t turns = 0, before = 0, longest = 0;
            std::function<void()> another_turn = [&] {
                longest = std::max(longest, d->said - std::exchange(before, d->said));
                if (done)
                    return;
                ++turns;
                asio::post(loop, another_turn);
            };
            asio::post(loop, another_turn);
            async_run(*d, noop(s), said, [&](error_code e, events) {
                ec = e;
                done = true;
            });
            loop.run();
            BOOST_TEST((ec == condition::limit_exceeded), ec.message());
            BOOST_TEST(d->said > 400'000u);
            BOOST_TEST(d->said < 3'000'000u);
            // A turn's work is bounded, so what else the loop has to do gets done in between.
            BOOST_TEST(longest <= 256u * 1024);
            BOOST_TEST(turns >= d->said / (256u * 1024));
        }
}

// Exchange estimates sizes; what counts is what comes. Both are told.
BOOST_AUTO_TEST_CASE(IM_19_a_size_that_is_not_that_of_the_body)
{
    struct row
    {
        char const* said;
        std::size_t octets;
        bool contradicted;
    };
    for (row const& r : {row{"10", 10u << 20, true}, row{"10485760", 10, true}, row{"10", 10, false}})
    {
        std::uint64_t streamed = 0;
        auto const count = [&](section_piece const& p) {
            streamed += p.data.size();
            return error_code();
        };
        session s;
        std::uint64_t octets = 0;
        bool contradicted = false;
        auto const look = [&](session& in) -> flow<> {
            auto const batch = co_await fetch_into(count)(in);
            BOOST_TEST_REQUIRE(batch.size() == 1u);
            octets = batch[0].sections.front().octets;
            contradicted = batch[0].size_contradicted();
            BOOST_TEST(batch[0].size.value_or(0) == std::stoull(r.said));
        };
        auto const m = in_inbox<void>(
            look,
            [&](wire& w) -> flow<> {
                std::string const line = co_await w.read_line();
                std::string text = "* 1 FETCH (UID 7 RFC822.SIZE " + std::string(r.said) + " BODY[] {" +
                                   std::to_string(r.octets) + "}\r\n" + std::string(r.octets, 'x') + ")\r\n" +
                                   tag_of(line) + " OK FETCH completed.\r\n";
                co_await w.write(std::move(text));
                co_await silence(w);
            },
            s);
        BOOST_TEST(!m.ec, m.ec.message());
        BOOST_TEST(streamed == r.octets);
        BOOST_TEST(octets == r.octets);
        BOOST_TEST(contradicted == r.contradicted);
    }
    // Ten MiB that are kept, not streamed, are too many whatever their announced size.
    auto const kept = in_inbox<message_batch>(
        [](session& s) {
            fetch_items what;
            what.size = true;
            what.sections = {{}};
            return fetch(s, numbering::uid, uid_set(7), std::move(what));
        },
        [](wire& w) -> flow<> {
            co_await w.read_line();
            co_await w.write("* 1 FETCH (UID 7 RFC822.SIZE 10 BODY[] {10485760}\r\n");
            co_await silence(w);
        });
    BOOST_TEST((kept.ec == condition::limit_exceeded), kept.ec.message());
}

BOOST_AUTO_TEST_CASE(IM_22_a_continuation_that_never_comes)
{
    std::string heard;
    auto const m =
        in_inbox<append_result>([](session& s) { return append(s, "Sent Items", "Subject: x\r\n\r\nhi\r\n", {}); },
                                [&](wire& w) -> flow<> {
                                    co_await w.read_line();
                                    wire::sink keep = [&](std::string_view part) { heard += part; };
                                    co_await w.read_to_end(std::move(keep));
                                });
    BOOST_TEST((m.ec == outkit::error::timeout), m.ec.message());
    BOOST_TEST((m.took >= 60s && m.took < 61s));
    BOOST_TEST(heard == "");
}

BOOST_AUTO_TEST_CASE(IM_24_a_BYE_in_every_command)
{
    struct row
    {
        char const* name;
        std::function<flow<>(session&)> command;
        bool in_doubt = false;
    };
    // Each result is thrown away.
    auto const rows = std::vector<row>{
        {"NOOP", [](session& s) -> flow<> { co_await noop(s); }},
        {"CAPABILITY", [](session& s) -> flow<> { co_await capability(s); }},
        {"NAMESPACE", [](session& s) -> flow<> { co_await namespaces_of(s); }},
        {"LIST", [](session& s) -> flow<> { co_await list(s, "", "*"); }},
        {"STATUS", [](session& s) -> flow<> { co_await status(s, "x"); }},
        {"SELECT", [](session& s) -> flow<> { co_await select(s, "x", false); }},
        {"UNSELECT", [](session& s) -> flow<> { co_await unselect(s); }},
        {"CREATE", [](session& s) -> flow<> { co_await create(s, "x"); }, true},
        {"DELETE", [](session& s) -> flow<> { co_await remove(s, "x"); }, true},
        {"RENAME", [](session& s) -> flow<> { co_await rename(s, "x", "y"); }, true},
        {"SUBSCRIBE", [](session& s) -> flow<> { co_await subscribe(s, "x", true); }},
        {"FETCH",
         [](session& s) -> flow<> {
             fetch_items const what{.flags = true};
             co_await fetch(s, numbering::uid, uid_set(7), what);
         }},
        {"STORE",
         [](session& s) -> flow<> {
             store_options const seen{store_mode::add, {flag::seen, {}}, true};
             co_await store(s, numbering::uid, uid_set(7), seen);
         }},
        {"COPY", [](session& s) -> flow<> { co_await copy(s, uid_set(7), "x"); }, true},
        {"MOVE", [](session& s) -> flow<> { co_await move(s, uid_set(7), "x"); }, true},
        {"UID EXPUNGE", [](session& s) -> flow<> { co_await expunge(s, uid_set(7)); }, true},
        {"EXPUNGE", [](session& s) -> flow<> { co_await expunge_all(s); }, true},
        {"CLOSE", [](session& s) -> flow<> { co_await imap::detail::close(s); }, true},
        {"UID SEARCH", [](session& s) -> flow<> { co_await search(s, search_key::all()); }},
        {"APPEND",
         [](session& s) -> flow<> {
             append_options const none;
             co_await append(s, "x", "y", none);
         }},
        {"IDLE",
         [](session& s) -> flow<> {
             idle_options const how;
             co_await idle(s, how);
         }},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.name)
        {
            session s;
            std::string heard;
            auto const m = in_inbox<void>(
                r.command,
                [&](wire& w) -> flow<> {
                    heard = co_await w.read_line();
                    co_await w.write("* BYE Connection closed. 14\r\n");
                    co_await w.close();
                },
                s);
            BOOST_TEST(heard.find(r.name) != std::string::npos, heard);
            BOOST_TEST((m.ec == (r.in_doubt ? imap::error::outcome_unknown : imap::error::connection_ended)),
                       m.ec.message());
            BOOST_TEST(m.diagnostics == "Connection closed. 14");
        }
}

BOOST_AUTO_TEST_CASE(IM_34_idle_at_servers_that_stall)
{
    auto const for_ever = [](session& s) { return idle(s, {}); };
    // No "+" ever
    auto const mute = in_inbox<events>(for_ever, [](wire& w) -> flow<> { co_await silence(w); });
    BOOST_TEST((mute.ec == outkit::error::timeout), mute.ec.message());
    BOOST_TEST((mute.took >= 60s && mute.took < 61s));

    // Gone without a trace after "+": found out when IDLE is renewed
    auto const gone = in_inbox<events>(for_ever, [](wire& w) -> flow<> {
        co_await w.read_line();
        co_await w.write("+ idling\r\n");
        co_await silence(w);
    });
    BOOST_TEST((gone.ec == outkit::error::timeout), gone.ec.message());
    BOOST_TEST((gone.took >= 11min && gone.took < 12min));

    // EXISTS every millisecond, and no answer to DONE
    session s;
    s.settings.limits.untagged_responses = 5'000;
    auto const flood = in_inbox<events>(
        for_ever,
        [](wire& w) -> flow<> {
            co_await w.read_line();
            co_await w.write("+ idling\r\n");
            for (int n = 4; n != 20'000; ++n)
            {
                co_await w.write("* " + std::to_string(n) + " EXISTS\r\n");
                co_await outkit::detail::sleep_for(1ms);
            }
        },
        s);
    BOOST_TEST((flood.ec == imap::error::too_many_responses), flood.ec.message());
    BOOST_TEST((flood.took < 10s));

    // Silent for hours, but alive: DONE and IDLE again before half an hour is over
    std::vector<time_point> renewed;
    auto const calm = in_inbox<events>(
        [](session& in) {
            idle_options how;
            how.at_most = 3h;
            return idle(in, how);
        },
        [&](wire& w) -> flow<> {
            outkit::detail::environment& world = co_await outkit::detail::this_environment();
            for (;;)
            {
                std::string const line = co_await w.read_line();
                if (!line.ends_with(" IDLE"))
                    co_return;
                renewed.push_back(world.now());
                co_await w.write("+ idling\r\n");
                std::string const done = co_await w.read_line();
                BOOST_TEST(done == "DONE");
                std::string answer = tag_of(line) + " OK IDLE completed.\r\n";
                co_await w.write(std::move(answer));
            }
        });
    BOOST_TEST(!calm.ec, calm.ec.message());
    BOOST_TEST((calm.took >= 3h && calm.took < 3h + 1min));
    BOOST_TEST_REQUIRE(renewed.size() >= 7u);
    for (std::size_t i = 1; i != renewed.size(); ++i)
        BOOST_TEST((renewed[i] - renewed[i - 1] < 29min));
}

BOOST_AUTO_TEST_CASE(IM_35_idle_is_stopped_while_the_server_speaks)
{
    for (auto const when : {0ms, 1ms, 3ms, 7ms, 20ms, 300ms})
        for (std::size_t const piece : {1u, 5u, 1000u})
            BOOST_TEST_CONTEXT("after " << when.count() << " ms in pieces of " << piece)
            {
                simulator sim(1, {.least_latency = 1ms, .most_latency = 4ms, .largest_piece = piece});
                session s;
                std::size_t done = 0;
                std::uint32_t last_said = 3;
                auto const server = [&](wire& w) -> flow<> {
                    co_await welcome(w);
                    std::string const line = co_await w.read_line();
                    co_await w.write("+ idling\r\n");
                    outkit::detail::event never;
                    outkit::detail::event::watch nothing(never);
                    while (done == 0)
                    {
                        std::string said = "* " + std::to_string(++last_said) + " EXISTS\r\n";
                        co_await w.write(std::move(said));
                        outkit::detail::environment& world = co_await outkit::detail::this_environment();
                        auto const why = co_await w.wait(nothing, world.now() + 1ms);
                        if (why == outkit::detail::wake::input)
                            done += co_await w.read_line() == "DONE";
                    }
                    std::string more =
                        "* " + std::to_string(++last_said) + " EXISTS\r\n" + tag_of(line) + " OK done\r\n";
                    co_await w.write(std::move(more));
                    std::string const next = co_await w.read_line();
                    BOOST_TEST(next.ends_with(" NOOP"), next);
                    more = "* " + std::to_string(++last_said) + " EXISTS\r\n" + tag_of(next) + " OK done\r\n";
                    co_await w.write(std::move(more));
                };
                sim.listen("mail.test", 993, server, tests::certified_server());
                std::vector<std::uint32_t> heard;
                auto const client = [&]() -> flow<> {
                    co_await open_inbox(s);
                    sim.after(when, [&s] { s.stop_idle.notify(); });
                    idle_options const how;
                    for (mailbox_event const& e : co_await idle(s, how))
                        heard.push_back(e.number);
                    for (mailbox_event const& e : co_await noop(s))
                        heard.push_back(e.number);
                };
                auto const r = sim.start("client", client(), tests::trusting_client());
                sim.run();
                BOOST_TEST((r->done && !r->ec), r->ec.message());
                BOOST_TEST(done == 1u);
                BOOST_TEST_REQUIRE(heard.size() == last_said - 3u);
                for (std::size_t i = 0; i != heard.size(); ++i)
                    BOOST_TEST(heard[i] == i + 4);
                BOOST_TEST(s.box.exists == last_said);
            }
}

// There is no pipelining: one command at a time, also when a long set makes several of one FETCH.
BOOST_AUTO_TEST_CASE(IM_37_the_next_command_waits_for_the_answer)
{
    std::size_t commands = 0;
    bool early = false;
    uid_set odd;
    for (std::uint32_t n = 1; n != 6'001; n += 2)
        odd.add(n);
    auto const all = [&](session& s) -> flow<> {
        fetch_items const what{.flags = true};
        co_await fetch(s, numbering::uid, odd, what);
        co_await list(s, "", "*");
        co_await noop(s);
    };
    session s;
    auto const m = in_inbox<void>(
        all,
        [&](wire& w) -> flow<> {
            for (;;)
            {
                std::string const line = co_await w.read_line();
                ++commands;
                outkit::detail::environment& world = co_await outkit::detail::this_environment();
                outkit::detail::event never;
                outkit::detail::event::watch nothing(never);
                auto const why = co_await w.wait(nothing, world.now() + 1s);
                early = early || why == outkit::detail::wake::input || w.has_buffered();
                std::string answer = tag_of(line) + " OK done\r\n";
                co_await w.write(std::move(answer));
            }
        },
        s);
    BOOST_TEST(!m.ec, m.ec.message());
    BOOST_TEST(commands >= 4u);
    BOOST_TEST(!early);

    // So an answer to another command than the last is nobody's.
    session t;
    auto const swapped = in_inbox<void>(
        all,
        [](wire& w) -> flow<> {
            std::string const first = co_await w.read_line();
            std::string answer = "* LIST () \"/\" x\r\n" + tag_of(first) + " OK done\r\n";
            co_await w.write(std::move(answer));
            co_await w.read_line();
            answer = tag_of(first) + " OK done\r\n";
            co_await w.write(std::move(answer));
            co_await silence(w);
        },
        t);
    BOOST_TEST((swapped.ec == imap::error::unknown_tag), swapped.ec.message());
}

BOOST_AUTO_TEST_CASE(IM_38_an_alert_is_kept_short_and_clean)
{
    std::string const noise = "\x1b[2J call +1-555-0100 or see https://evil.test/ \x1b]0;x\x07";
    for (std::size_t const n : {std::size_t(0), std::size_t(1) << 19})
    {
        session s;
        auto const m = in_inbox<events>([](session& in) { return noop(in); },
                                        [&](wire& w) -> flow<> {
                                            std::string const line = co_await w.read_line();
                                            std::string text = "* OK [ALERT] " + noise + std::string(n, 'x') + "\r\n" +
                                                               tag_of(line) + " OK done\r\n";
                                            co_await w.write(std::move(text));
                                            co_await silence(w);
                                        },
                                        s);
        BOOST_TEST(!m.ec, m.ec.message());
        BOOST_TEST(s.alert.size() <= 512u);
        BOOST_TEST(s.alert.find("call +1-555-0100") != std::string::npos);
        BOOST_TEST(std::none_of(s.alert.begin(), s.alert.end(), [](char c) { return c == '\x1b' || c == '\x07'; }));
    }
    session s;
    auto const m = in_inbox<events>([](session& in) { return noop(in); },
                                    [&](wire& w) -> flow<> {
                                        co_await w.read_line();
                                        std::string text = "* OK [ALERT] " + std::string(2 << 20, 'x') + "\r\n";
                                        co_await w.write(std::move(text));
                                        co_await silence(w);
                                    },
                                    s);
    BOOST_TEST((m.ec == condition::limit_exceeded), m.ec.message());
}

BOOST_AUTO_TEST_CASE(ST_13_IM_39_referrals_are_not_followed)
{
    // One server is all that is there; whoever connects elsewhere fails otherwise than expected.
    for (int at = 0; at != 5; ++at)
        BOOST_TEST_CONTEXT("referral " << at)
        {
            std::string const away = "[REFERRAL imap://ann;AUTH=*@evil.test/x] go there\r\n";
            auto const code = [&](int here) { return at == here ? away : "x\r\n"; };
            std::vector<std::string> dialled;
            std::string heard;
            auto const server = [&](wire& w) -> flow<> {
                w.patience = 24h;
                std::string text = "* OK " + code(0);
                co_await w.write(std::move(text));
                std::string line = co_await w.read_line();
                heard += line.substr(line.find(' ')) + '\n';
                text = tag_of(line) + " OK " + code(1);
                co_await w.write(std::move(text));
                co_await w.start_tls();
                for (;;)
                {
                    line = co_await w.read_line();
                    std::string const name = line.substr(line.find(' ') + 1, 4);
                    heard += name + '\n';
                    if (name == "CAPA")
                        text = "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n" + tag_of(line) + " OK " + code(2);
                    else if (name == "AUTH")
                        text = tag_of(line) + " OK " + code(3);
                    else if (name == "SELE" && at == 4)
                        text = "* OK [NEWNAME INBOX evil] x\r\n" + tag_of(line) + " NO " + away;
                    else
                        text = tag_of(line) + " OK x\r\n";
                    co_await w.write(std::move(text));
                }
            };
            simulator sim(1);
            sim.fate = [&](simulator::task& t) -> error_code {
                if (t.request().what == outkit::detail::io_request::kind::connect)
                    dialled.emplace_back(t.request().host);
                return {};
            };
            sim.listen("mail.test", 143, server, tests::certified_server());
            session s;
            auto const client = [](session& in) -> flow<> {
                co_await connect(in, "mail.test", 143, security::starttls);
                access_token t("mock-token");
                co_await authenticate(in, "ann@contoso.example", std::move(t));
                co_await select(in, "INBOX", false);
            };
            auto const r = sim.start("client", client(s), tests::trusting_client());
            sim.run();
            BOOST_TEST(r->done);
            if (at == 4)
                BOOST_TEST((r->ec == imap::error::command_refused), r->ec.message());
            else
                BOOST_TEST(!r->ec, r->ec.message());
            BOOST_TEST((dialled == std::vector<std::string>{"mail.test"}));
            BOOST_TEST(heard.find("evil") == std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(IM_44_a_slow_reader_holds_the_server_back)
{
    constexpr std::size_t whole = 20u << 20;
    std::size_t sent = 0, taken = 0, furthest = 0, largest = 0, steps = 0;
    auto const sink = [&](section_piece const& p) {
        taken += p.data.size();
        largest = std::max(largest, p.data.size());
        furthest = std::max(furthest, sent - taken);
        return error_code();
    };
    simulator sim(1);
    session s;
    auto const server = [&](wire& w) -> flow<> {
        co_await welcome(w);
        std::string const line = co_await w.read_line();
        co_await w.write("* 1 FETCH (UID 7 BODY[] {" + std::to_string(whole) + "}\r\n");
        while (sent != whole)
        {
            co_await w.write(std::string(16'384, 'x'));
            sent += 16'384;
        }
        std::string end = ")\r\n" + tag_of(line) + " OK FETCH completed.\r\n";
        co_await w.write(std::move(end));
    };
    sim.fate = [&](simulator::task& t) -> error_code {
        steps += t.name == "client";
        return {};
    };
    sim.listen("mail.test", 993, server, tests::certified_server());
    auto const client = [&]() -> flow<> {
        co_await open_inbox(s);
        co_await fetch_into(sink)(s);
    };
    auto const r = sim.start("client", client(), tests::trusting_client());
    sim.run();
    BOOST_TEST((r->done && !r->ec), r->ec.message());
    BOOST_TEST(taken == whole);
    BOOST_TEST(largest <= 64u * 1024);
    BOOST_TEST(furthest <= 256u * 1024);              // the window of the connection and two buffers
    BOOST_TEST(steps < 20u + 4u * (whole / 16'384));  // no step without octets
}

BOOST_AUTO_TEST_CASE(IM_45_a_sink_that_fails_or_throws_in_the_middle_of_a_literal)
{
    struct no_room
    {};
    for (bool const throws : {false, true})
        BOOST_TEST_CONTEXT((throws ? "throws" : "fails"))
        {
            asio::io_context loop;
            auto const d = std::make_shared<endless_driver>(
                loop.get_executor(), "* 1 FETCH (UID 7 BODY[] {4000000}\r\n" + std::string(99, 'x'));
            session s;
            s.trusted = true;
            s.at = session::state::selected;
            s.box.exists = 3;
            std::size_t taken = 0, late = 0, called = 0;
            error_code ec;
            std::string said;
            auto const sink = [&](section_piece const& p) -> error_code {
                late += taken >= 100'000;
                taken += p.data.size();
                if (taken >= 100'000 && throws)
                    throw no_room();
                return taken >= 100'000 ? os_error(ENOSPC) : error_code();
            };
            bool thrown = false;
            try
            {
                async_run(*d, fetch_into(sink)(s), said, [&](error_code e, message_batch) {
                    ++called;
                    ec = e;
                });
                loop.run();
            }
            catch (no_room const&)
            {
                thrown = true;
            }
            BOOST_TEST(thrown == throws);
            BOOST_TEST(called == (throws ? 0u : 1u));
            BOOST_TEST((throws || ec == os_error(ENOSPC)), ec.message());
            BOOST_TEST(late == 0u);
            BOOST_TEST(d->closed == 1u);
            BOOST_TEST(d->said < 200'000u);
            // Nothing is in progress any more, and nothing connected.
            error_code next;
            async_run(*d, noop(s), said, [&](error_code e, events) { next = e; });
            loop.restart();
            loop.run();
            BOOST_TEST((next == outkit::error::not_connected), next.message());
        }
}

BOOST_AUTO_TEST_CASE(IM_46_compression_is_not_used)
{
    std::vector<std::string> heard;
    auto const m = in_inbox<void>(
        [](session& s) -> flow<> {
            BOOST_TEST(s.caps.has("COMPRESS=DEFLATE"));
            co_await noop(s);
            co_await logout(s);
        },
        [&](wire& w) -> flow<> {
            for (;;)
            {
                std::string const line = co_await w.read_line();
                heard.push_back(line.substr(line.find(' ') + 1));
                std::string answer = tag_of(line) + " OK done\r\n";
                co_await w.write(std::move(answer));
            }
        });
    BOOST_TEST(!m.ec, m.ec.message());
    BOOST_TEST((heard == std::vector<std::string>{"NOOP", "LOGOUT"}));
}

BOOST_AUTO_TEST_CASE(ST_15_certificates_that_are_not_to_be_believed)
{
    for (tests::unbelievable const& c : tests::unbelievable_servers())
        for (security const how : {security::starttls, security::implicit_tls})
        {
            std::size_t connections = 0, lines = 0;
            auto const server = [&](wire& w) -> flow<> {
                ++connections;
                if (how == security::starttls)
                {
                    co_await w.write("* OK hi\r\n");
                    std::string const line = co_await w.read_line();
                    std::string answer = tag_of(line) + " OK begin\r\n";
                    co_await w.write(std::move(answer));
                }
                co_await w.start_tls();
                co_await w.read_line();
                ++lines;
            };
            simulator sim(1);
            sim.listen("mail.test", 993, server, c.server);
            session s;
            auto const r = sim.start("client", connect(s, "mail.test", 993, how), c.client);
            sim.run();
            BOOST_TEST(r->done);
            BOOST_TEST((r->ec == condition::untrusted_peer), r->ec.message());
            BOOST_TEST(connections == 1u);
            BOOST_TEST(lines == 0u);
        }
}

BOOST_AUTO_TEST_CASE(TL_14_an_end_inside_a_literal_without_close_notify_is_a_truncation)
{
    auto const m = in_inbox<message_batch>(fetch_into(swallow), [](wire& w) -> flow<> {
        co_await w.read_line();
        co_await w.write("* 1 FETCH (UID 7 BODY[] {500}\r\nhalf a mess");
    });
    BOOST_TEST((m.ec == outkit::error::tls_truncated), m.ec.message());
}

BOOST_AUTO_TEST_SUITE_END()
