// A client that comes back after it has lost its connection, in virtual time.

#include <outkit/detail/drive.hpp>
#include <outkit/imap/client.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace outkit;
using namespace outkit::imap;
using namespace outkit::imap::detail;
using namespace std::chrono_literals;
using outkit::detail::io_request;
using outkit::detail::simulator;

namespace {

using events = std::vector<mailbox_event>;

// "$" is the tag. Nothing: the connection ends without an answer.
std::string honest(std::string const& said)
{
    if (said.starts_with("AUTHENTICATE"))
        return "$ OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE UNSELECT ID LITERAL+] AUTHENTICATE completed.\r\n";
    if (said.starts_with("SELECT") || said.starts_with("EXAMINE"))
        return "* 3 EXISTS\r\n* OK [UIDVALIDITY 14] x\r\n* OK [UIDNEXT 4491] x\r\n$ OK [READ-WRITE] done\r\n";
    if (said.starts_with("STATUS"))
        return "* STATUS x (MESSAGES 1)\r\n$ OK done\r\n";
    if (said == "IDLE")
        return "+ idling\r\n";
    return "$ OK done\r\n";
}

// One server, and what it has seen. All is plaintext on the loopback, so that many conversations cost little.
struct office
{
    explicit office(std::uint64_t seed = 1, outkit::detail::weather sky = {}) : sim(seed, sky)
    {
        sim.listen("127.0.0.1", 143, [this](wire& w) { return serve(w); });
    }

    simulator sim;
    session s;
    std::vector<time_point> connected;
    std::vector<std::string> heard;                    // "2 NOOP": on the second connection
    std::vector<std::string> asked;                    // of the provider: the token it was told of, or "-"
    std::optional<std::chrono::nanoseconds> lifetime;  // of each token
    std::function<std::string(std::size_t, std::string const&)> answer = [](std::size_t, std::string const& said) {
        return honest(said);
    };
    std::function<flow<>(wire&, std::size_t)> before = {};  // each line

    // The end of one connection, the `cut_on`th: after so many octets, both ways together, or, if it falls silent, of the
    // server's alone.
    enum class ending
    {
        closed,
        reset,
        silent
    };
    std::size_t cut_on = 0, cut_after = 0;
    ending end = ending::closed;
    bool was_cut = false;
    std::vector<std::size_t> carried, said;  // by each connection; of the server

    // False: it has fallen silent, and the client has gone.
    flow<bool> say(wire& w, std::size_t n, std::string text)
    {
        std::size_t const room = cut_on == n && end == ending::silent ? cut_after - said[n - 1] : text.size();
        bool const whole = room >= text.size();
        text.resize(std::min(room, text.size()));
        said[n - 1] += text.size();
        carried[n - 1] += text.size();
        co_await w.write(std::move(text));
        if (whole)
            co_return true;
        was_cut = true;
        wire::sink nowhere = [](std::string_view) {};
        co_await w.read_to_end(std::move(nowhere));
        co_return false;
    }

    flow<> serve(wire& w)
    {
        w.patience = 240h;
        environment& world = co_await this_environment();
        connected.push_back(world.now());
        std::size_t const n = connected.size();
        carried.push_back(0);
        said.push_back(0);
        bool const dies = n == cut_on && end != ending::silent;
        sim.sky.cut_after = dies ? cut_after : std::size_t(-1);
        sim.sky.cut_resets = end == ending::reset;
        was_cut = was_cut || dies;
        bool heard_out = co_await say(w, n, "* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] ready\r\n");
        for (std::string tag; heard_out;)
        {
            if (before)
                co_await before(w, n);
            std::string line = co_await w.read_line();
            carried[n - 1] += line.size() + 2;
            std::string command = line;
            if (line != "DONE")
            {
                tag = line.substr(0, line.find(' '));
                command = line.substr(line.find(' ') + 1);
            }
            if (command.ends_with("+}"))
            {
                auto const open = command.rfind('{');
                std::size_t const octets = std::stoul(command.substr(open + 1));
                co_await w.read_exactly(octets);
                co_await w.read_line();
                carried[n - 1] += octets + 2;
            }
            heard.push_back(std::to_string(n) + ' ' + command.substr(0, 40));
            std::string text = answer(n, command);
            if (text.empty())
                co_return;
            if (auto const at = text.rfind('$'); at != std::string::npos)
                text.replace(at, 1, tag);
            heard_out = co_await say(w, n, std::move(text));
        }
    }

    mailbox_access access()
    {
        mailbox_access a;
        a.host = "127.0.0.1";
        a.port = 143;
        a.how = security::plaintext_loopback;
        a.user = "ann@contoso.example";
        a.tokens = [this](access_token const* rejected, token_answer bring) {
            asked.emplace_back(rejected ? rejected->reveal() : "-");
            std::optional<std::chrono::system_clock::time_point> ends;
            if (lifetime)
                ends = sim.date() + std::chrono::duration_cast<std::chrono::system_clock::duration>(*lifetime);
            std::string text = "token-" + std::to_string(asked.size());
            // Not at once, as from an authority.
            sim.after(1ms, [bring, text, ends] { bring({}, access_token(text), ends); });
        };
        return a;
    }

    // Runs the conversation; `ended` is when.
    error_code run(std::function<flow<>(session&)> talk, resume_policy how = {}, bool in_inbox = true)
    {
        auto const whole = [&]() -> flow<> {
            environment& world = co_await this_environment();
            mailbox_access where = access();
            co_await open(s, std::move(where), how);
            if (in_inbox)
            {
                flow<mailbox_status> opening = select(s, "INBOX", false);
                co_await lasting(s, std::move(opening));
            }
            begun = world.now();
            co_await talk(s);
            ended = world.now();
        };
        auto const r = sim.start("client", whole());
        sim.run();
        BOOST_TEST_REQUIRE(r->done);
        diagnostics = r->diagnostics;
        return r->ec;
    }
    time_point begun, ended;
    std::string diagnostics;

    std::size_t count(std::string const& said) const
    {
        return static_cast<std::size_t>(std::count_if(heard.begin(), heard.end(), [&](std::string const& h) {
            return h.substr(h.find(' ') + 1).starts_with(said);
        }));
    }
};

template <class T>
flow<> done(session& s, flow<T> f)
{
    co_await lasting(s, std::move(f));
}

flow<append_result> append_y(session& s) { return append(s, "x", "y", {}); }

struct way
{
    char const* command;
    std::function<flow<>(session&)> say;
};

// Each command once.
std::vector<way> ways()
{
    store_options const seen{store_mode::add, {flag::seen, {}}, true};
    fetch_items const items{.flags = true};
    return {
        {"CAPABILITY", [](session& s) { return done(s, capability(s)); }},
        {"NOOP", [](session& s) { return done(s, noop(s)); }},
        {"ID", [](session& s) { return done(s, identify(s, {})); }},
        {"NAMESPACE", [](session& s) { return done(s, namespaces_of(s)); }},
        {"LIST", [](session& s) { return done(s, list(s, "", "*")); }},
        {"LSUB", [](session& s) { return done(s, list(s, "", "*", listing::subscribed)); }},
        {"STATUS", [](session& s) { return done(s, status(s, "x")); }},
        {"SELECT", [](session& s) { return done(s, select(s, "Other", false)); }},
        {"EXAMINE", [](session& s) { return done(s, select(s, "Other", true)); }},
        {"UNSELECT", [](session& s) { return done(s, unselect(s)); }},
        {"UID SEARCH", [](session& s) { return done(s, search(s, search_key::all())); }},
        {"UID FETCH", [=](session& s) { return done(s, fetch(s, numbering::uid, uid_set(7), items)); }},
        {"UID STORE", [=](session& s) { return done(s, store(s, numbering::uid, uid_set(7), seen)); }},
        {"SUBSCRIBE", [](session& s) { return done(s, subscribe(s, "x", true)); }},
        {"UNSUBSCRIBE", [](session& s) { return done(s, subscribe(s, "x", false)); }},
        {"LOGOUT", [](session& s) { return logout(s); }},
        {"FETCH", [=](session& s) { return done(s, fetch(s, numbering::sequence, sequence_set(1), items)); }},
        {"STORE", [=](session& s) { return done(s, store(s, numbering::sequence, sequence_set(1), seen)); }},
        {"APPEND", [](session& s) { return done(s, append(s, "x", "Subject: x\r\n\r\n", {})); }},
        {"UID COPY", [](session& s) { return done(s, copy(s, uid_set(7), "x")); }},
        {"UID MOVE", [](session& s) { return done(s, imap::detail::move(s, uid_set(7), "x")); }},
        {"CLOSE", [](session& s) { return done(s, imap::detail::close(s)); }},
        {"EXPUNGE", [](session& s) { return done(s, expunge_all(s)); }},
        {"UID EXPUNGE", [](session& s) { return done(s, expunge(s, uid_set(7))); }},
        {"CREATE", [](session& s) { return done(s, create(s, "x")); }},
        {"DELETE", [](session& s) { return done(s, remove(s, "x")); }},
        {"RENAME", [](session& s) { return done(s, rename(s, "x", "y")); }},
    };
}

bool says(std::string const& line, std::string const& command)
{
    return line == command || line.starts_with(command + ' ');
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_resume)

// --- what is said again ---

BOOST_AUTO_TEST_CASE(each_command_that_is_cut_off_becomes_what_its_rule_says)
{
    std::set<std::string> seen{"STARTTLS", "AUTHENTICATE", "IDLE"};  // said by nobody alone; IDLE see below
    for (way const& one : ways())
        BOOST_TEST_CONTEXT(one.command)
        {
            BOOST_TEST(seen.insert(one.command).second);
            after_loss const rule = rule_of(one.command);
            office o;
            bool cut = false;
            o.answer = [&](std::size_t, std::string const& said) {
                bool const now = says(said, one.command) && (said.find("INBOX") == std::string::npos);
                return now && !std::exchange(cut, true) ? std::string() : honest(said);
            };
            error_code ec;
            std::uint32_t exists = 0;
            bool ended_for_good = false;
            auto const talk = [&](session& s) -> flow<> {
                auto const r = co_await attempt(one.say(s));
                ec = r.ec;
                ended_for_good = !s.resume;
                if (ended_for_good)
                    co_return;
                co_await done(s, noop(s));
                exists = s.box.exists;
            };
            error_code const after = o.run(talk);
            BOOST_TEST(!after, after.message());
            BOOST_TEST(cut);
            // In the same words, and not a word too many.
            BOOST_TEST(o.count(one.command) ==
                       (rule == after_loss::repeated ? 2u : 1u) +
                           (std::string_view(one.command) == "SELECT" || std::string_view(one.command) == "NOOP"));
            switch (rule)
            {
            case after_loss::repeated: BOOST_TEST(!ec, ec.message()); break;
            case after_loss::reported: BOOST_TEST((ec == outkit::error::connection_closed), ec.message()); break;
            case after_loss::outcome_unknown: BOOST_TEST((ec == imap::error::outcome_unknown), ec.message()); break;
            }
            BOOST_TEST(ended_for_good == (std::string_view(one.command) == "LOGOUT"));
            BOOST_TEST(o.connected.size() == (ended_for_good ? 1u : 2u));
            // And goes on in the mailbox that was open.
            bool const left = std::string_view(one.command) == "UNSELECT";
            BOOST_TEST((ended_for_good || exists == (left ? 0u : 3u)));
        }
    std::set<std::string> known;
    for (command_rule const& r : command_rules())
    {
        BOOST_TEST(known.insert(std::string(r.command)).second);
        BOOST_TEST(!r.why.empty());
    }
    BOOST_TEST(seen == known);
    BOOST_TEST((rule_of("XYZZY") == after_loss::outcome_unknown));
}

// A server that has gone before a command is known to have gone: then nothing is in doubt.
BOOST_AUTO_TEST_CASE(a_connection_that_ended_between_commands_costs_nothing)
{
    for (way const& one : ways())
        for (bool const bye : {false, true})
            BOOST_TEST_CONTEXT(one.command << (bye ? " after BYE" : ""))
            {
                if (std::string_view(one.command) == "LOGOUT" || rule_of(one.command) == after_loss::reported)
                    continue;
                office o;
                o.before = [&](wire& w, std::size_t n) -> flow<> {
                    if (n != 1 || o.count("SELECT") == 0)
                        co_return;
                    co_await outkit::detail::sleep_for(1s);
                    if (bye)
                        co_await w.write("* BYE Connection is closed. 13\r\n");
                    co_await w.close();
                };
                auto const talk = [&](session& s) -> flow<> {
                    co_await outkit::detail::sleep_for(1min);
                    co_await one.say(s);
                };
                error_code const ec = o.run(talk);
                BOOST_TEST(!ec, ec.message());
                BOOST_TEST(o.connected.size() == 2u);
                BOOST_TEST(o.count(one.command) == 1u + (std::string_view(one.command) == "SELECT"));
            }
}

BOOST_AUTO_TEST_CASE(a_fetch_goes_on_where_it_was_cut_off)
{
    // 50 messages in each connection, and then its end in the middle of the next one.
    static constexpr std::uint32_t all = 500;
    for (bool const streamed : {false, true})
        for (bool const handed_on : {false, true})
            BOOST_TEST_CONTEXT(streamed << handed_on)
            {
                office o;
                o.answer = [&](std::size_t, std::string const& said) {
                    if (!said.starts_with("UID FETCH"))
                        return honest(said);
                    // From the first UID that is asked for.
                    std::uint32_t const first = static_cast<std::uint32_t>(std::stoul(said.substr(10)));
                    std::string text;
                    for (std::uint32_t uid = first; uid <= all && uid < first + 50; ++uid)
                        text += "* " + std::to_string(uid) + " FETCH (UID " + std::to_string(uid) +
                                " FLAGS () BODY[] {5}\r\nhello)\r\n";
                    if (first + 50 > all)
                        return text + "$ OK done\r\n";
                    return text + "* 99 FETCH (UID " + std::to_string(first + 50) + " FLAGS () BODY[] {5}\r\nhe";
                };
                o.before = [&](wire& w, std::size_t n) -> flow<> {  // after half an answer
                    if (!o.heard.empty() && o.heard.back().starts_with(std::to_string(n) + " UID FETCH") &&
                        n * 50 < all)
                        co_await w.close();
                };
                std::vector<std::uint32_t> got;
                std::string octets;
                std::size_t in_batch = 0, missing = 0;
                auto const talk = [&](session& s) -> flow<> {
                    fetch_items what{.flags = true};
                    what.sections = {{}};
                    if (streamed)
                        what.sink = [&](section_piece const& p) {
                            if (p.offset + p.data.size() == p.octets)
                                octets += std::to_string(p.uid) + ' ';
                            return error_code();
                        };
                    if (handed_on)
                        what.each = [&](message const& m) {
                            got.push_back(m.uid);
                            return error_code();
                        };
                    flow<message_batch> f = fetch(s, numbering::uid, uid_set(1, all), std::move(what));
                    message_batch const batch = co_await lasting(s, std::move(f));
                    in_batch = batch.size();
                    missing = batch.missing().size();
                    if (!handed_on)
                        for (message const& m : batch)
                            got.push_back(m.uid);
                };
                error_code const ec = o.run(talk, {.attempts = 20});
                BOOST_TEST(!ec, ec.message());
                BOOST_TEST(o.connected.size() == all / 50);
                std::vector<std::uint32_t> wanted;
                std::string in_order;
                for (std::uint32_t uid = 1; uid <= all; ++uid)
                {
                    wanted.push_back(uid);
                    in_order += std::to_string(uid) + ' ';
                }
                BOOST_TEST((got == wanted));  // each once
                BOOST_TEST(in_batch == (handed_on ? 0u : all));
                BOOST_TEST(missing == 0u);
                if (streamed)
                    BOOST_TEST(octets == in_order);
            }
}

BOOST_AUTO_TEST_CASE(what_a_server_says_twice_after_a_loss_is_handed_on_once)
{
    // It has no order, so what is asked for again is more than what is missing.
    office o;
    std::vector<std::uint32_t> got;
    o.answer = [&](std::size_t n, std::string const& said) {
        if (!said.starts_with("UID FETCH"))
            return honest(said);
        std::string text;
        for (std::uint32_t uid = 1; uid < 9'001; uid += 2)
            if (n == 2 || uid % 4 == 1)
                text += "* 1 FETCH (UID " + std::to_string(uid) + " FLAGS ())\r\n";
        return text + (n == 2 ? "$ OK done\r\n" : "* BYE x\r\n");
    };
    auto const talk = [&](session& s) -> flow<> {
        fetch_items what{.flags = true};
        what.each = [&](message const& m) {
            got.push_back(m.uid);
            return error_code();
        };
        flow<message_batch> f = fetch(s, numbering::uid, uid_set::all(), std::move(what));
        co_await lasting(s, std::move(f));
    };
    error_code const ec = o.run(talk);
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(got.size() == 4'500u);
    BOOST_TEST((std::set<std::uint32_t>(got.begin(), got.end()).size() == got.size()));
    BOOST_TEST(o.count("UID FETCH 1:*") == 2u);
}

BOOST_AUTO_TEST_CASE(the_callers_own_errors_are_no_reason_to_connect_again)
{
    for (int const which : {0, 1, 2})
        BOOST_TEST_CONTEXT(which)
        {
            office o;
            o.answer = [](std::size_t, std::string const& said) {
                return said.starts_with("UID FETCH") ? "* 1 FETCH (UID 7 FLAGS () BODY[] {5}\r\nhello)\r\n$ OK done\r\n"
                                                     : honest(said);
            };
            auto const talk = [&](session& s) -> flow<> {
                fetch_items what{.flags = true};
                what.sections = {{}};
                if (which == 0)
                    what.sink = [](section_piece const&) { return os_error(ECONNRESET); };
                else
                    what.each = [](message const&) { return os_error(ECONNRESET); };
                if (which != 2)
                {
                    flow<message_batch> f = fetch(s, numbering::uid, uid_set(7), std::move(what));
                    co_await lasting(s, std::move(f));
                    co_return;
                }
                octet_source from;
                from.octets = 10;
                from.read = [](char*, std::size_t, error_code& ec) {
                    ec = os_error(ECONNRESET);
                    return std::size_t(0);
                };
                append_options const none{};
                flow<append_result> f = append(s, "x", std::move(from), none);
                co_await lasting(s, std::move(f));
            };
            BOOST_TEST((o.run(talk) == os_error(ECONNRESET)));
            BOOST_TEST(o.connected.size() == 1u);
        }
}

// --- tokens ---

BOOST_AUTO_TEST_CASE(an_expired_token_is_replaced_at_once_and_is_no_failure)
{
    // observed: iroco-co/aioimaplib#83, getmail6/getmail6#73, joeyates/imap-backup#198: in place of any answer
    office o;
    o.answer = [](std::size_t n, std::string const& said) {
        return n < 4 && said == "NOOP" ? "* BYE Session invalidated - AccessTokenExpired\r\n" : honest(said);
    };
    auto const talk = [](session& s) -> flow<> { co_await done(s, noop(s)); };
    error_code const ec = o.run(talk);
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST((o.asked == std::vector<std::string>{"-", "token-1", "token-2", "token-3"}));
    BOOST_TEST_REQUIRE(o.connected.size() == 4u);
    BOOST_TEST((o.connected[1] - o.begun < 100ms));
    // Only the first time: a server that says nothing else is waited for as any other.
    BOOST_TEST((o.connected[2] - o.connected[1] >= 500ms));
    BOOST_TEST((o.connected[3] - o.connected[2] >= 1s));
    BOOST_TEST(o.count("SELECT INBOX") == 4u);
}

BOOST_AUTO_TEST_CASE(SL_15_a_token_refused_later_is_replaced_once)
{
    for (std::size_t const refusals : {1u, 2u})
    {
        office o;
        std::size_t said_no = 0;
        o.answer = [&](std::size_t, std::string const& said) {
            if (said.starts_with("APPEND") && said_no != refusals && ++said_no)
                return std::string("$ NO [AUTHENTICATIONFAILED] token expired\r\n");
            return honest(said);
        };
        auto const talk = [](session& s) -> flow<> { co_await done(s, append_y(s)); };
        error_code const ec = o.run(talk);
        if (refusals == 1)
            BOOST_TEST(!ec, ec.message());
        else
            BOOST_TEST((ec == imap::error::authentication_failed), ec.message());
        BOOST_TEST(o.connected.size() == 2u);
        BOOST_TEST((o.asked == std::vector<std::string>{"-", "token-1"}));
        BOOST_TEST(o.count("APPEND") == 2u);
    }
}

BOOST_AUTO_TEST_CASE(a_token_refused_at_the_sign_in_is_replaced_once)
{
    for (std::size_t const refusals : {1u, 2u, 9u})
    {
        office o;
        o.answer = [&](std::size_t n, std::string const& said) {
            return said.starts_with("AUTHENTICATE") && n <= refusals ? "$ NO AUTHENTICATE failed.\r\n" : honest(said);
        };
        auto const talk = [](session& s) -> flow<> { co_await done(s, noop(s)); };
        error_code const ec = o.run(talk);
        BOOST_TEST(o.connected.size() == 2u);
        if (refusals == 1)
            BOOST_TEST(!ec, ec.message());
        else
        {
            BOOST_TEST((ec == imap::error::authentication_failed), ec.message());
            BOOST_TEST(o.diagnostics == "AUTHENTICATE failed.");
        }
        BOOST_TEST((o.asked == std::vector<std::string>{"-", "token-1"}));
    }
}

BOOST_AUTO_TEST_CASE(a_token_that_does_not_come)
{
    for (int const which : {0, 1, 2, 3})
    {
        office o;
        std::size_t times = 0;
        auto const opening = [&]() -> flow<> {
            mailbox_access where = o.access();
            if (which == 0)
                where.tokens = nullptr;
            else
                where.tokens = [&](access_token const*, token_answer bring) {
                    ++times;
                    if (which == 1)
                        bring(make_error_code(imap::error::invalid_user), access_token());
                    if (which == 2)
                        bring(make_error_code(imap::error::unavailable), access_token());
                };
            resume_policy const how{.attempts = 3};
            co_await open(o.s, std::move(where), how);
        };
        auto const r = o.sim.start("client", opening());
        o.sim.run();
        error_code const expected[] = {imap::error::invalid_access_token, imap::error::invalid_user,
                                       imap::error::unavailable, outkit::error::timeout};
        BOOST_TEST((r->ec == expected[which]), which << ": " << r->ec.message());
        BOOST_TEST(times == std::size_t(which == 0 ? 0 : which == 1 ? 1 : 3));
        BOOST_TEST(o.connected.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_connection_is_left_before_its_token_expires)
{
    office o;
    o.lifetime = 1h;
    auto const talk = [](session& s) -> flow<> {
        co_await outkit::detail::sleep_for(57min);
        co_await done(s, append_y(s));
        co_await done(s, noop(s));
    };
    error_code const ec = o.run(talk);
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(o.connected.size() == 2u);
    BOOST_TEST(o.count("LOGOUT") == 1u);
    BOOST_TEST((o.asked == std::vector<std::string>{"-", "-"}));
    BOOST_TEST(o.count("APPEND") == 1u);
    // One that is nearly over when it comes is used to its end.
    office late;
    late.lifetime = 2min;
    auto const busy = [](session& s) -> flow<> {
        for (int i = 0; i != 6; ++i)
        {
            co_await outkit::detail::sleep_for(25s);
            co_await done(s, noop(s));
        }
    };
    error_code const end = late.run(busy);
    BOOST_TEST(!end, end.message());
    BOOST_TEST(late.connected.size() == 2u);
}

// --- patience ---

BOOST_AUTO_TEST_CASE(IM_36_a_server_that_closes_right_after_the_sign_in)
{
    // Told what it can do or not, and ended at once or when it is spoken to: so it ends in different places.
    for (bool const told : {false, true})
        for (bool const at_once : {false, true})
        {
            std::set<std::chrono::nanoseconds::rep> first_waits;
            for (std::uint64_t seed = 1; seed != 4; ++seed)
            {
                office o(seed);
                bool leave = false;
                o.answer = [&](std::size_t, std::string const& said) -> std::string {
                    leave = said.starts_with("AUTHENTICATE");
                    if (!leave)
                        return {};
                    return told ? "$ OK [CAPABILITY IMAP4rev1] in\r\n" : "$ OK AUTHENTICATE completed.\r\n";
                };
                o.before = [&](wire& w, std::size_t) -> flow<> {
                    if (leave && at_once)
                        co_await w.close();
                };
                auto const talk = [](session& s) -> flow<> { co_await done(s, noop(s)); };
                resume_policy const patient{.attempts = 100};
                error_code const ec = o.run(talk, patient, false);
                BOOST_TEST((ec == outkit::condition::transient || ec == os_error(ECONNRESET)), ec.message());
                BOOST_TEST(o.connected.size() == 100u + told);  // opened once, and 100 times more for NOOP
                auto whole = std::chrono::nanoseconds(1s);
                for (std::size_t i = 1; i != o.connected.size(); ++i)
                {
                    auto const waited = o.connected[i] - o.connected[i - 1];
                    BOOST_TEST((waited >= whole / 2), i);
                    BOOST_TEST((waited <= whole + 100ms), i);
                    whole = std::min<std::chrono::nanoseconds>(whole * 2, 5min);
                }
                first_waits.insert((o.connected[1] - o.connected[0]).count());
            }
            BOOST_TEST(first_waits.size() == 3u);
        }
    // The usual policy gives up earlier, and the next operation does not begin with short waits again.
    office o;
    o.answer = [](std::size_t, std::string const& said) {
        return said.starts_with("AUTHENTICATE") ? "$ OK [CAPABILITY IMAP4rev1] in\r\n" : std::string();
    };
    auto const talk = [](session& s) -> flow<> {
        for (int i = 0; i != 3; ++i)
            co_await attempt(done(s, noop(s)));
    };
    BOOST_TEST(!o.run(talk, {}, false));
    BOOST_TEST(o.connected.size() == 19u);
    BOOST_TEST((o.connected.back() - o.connected[12] > 20min));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_tried_a_few_times)
{
    office o;
    std::vector<time_point> tries;
    o.sim.fate = [&](simulator::task& t) -> error_code {
        if (t.request().what != io_request::kind::connect)
            return {};
        tries.push_back(o.sim.now());
        return tries.size() < 5 ? os_error(ECONNREFUSED) : error_code();
    };
    auto const talk = [](session& s) -> flow<> { co_await done(s, noop(s)); };
    BOOST_TEST(!o.run(talk));
    BOOST_TEST(tries.size() == 5u);
    office never;
    std::size_t n = 0;
    never.sim.fate = [&](simulator::task& t) -> error_code {
        return t.request().what == io_request::kind::connect && ++n ? os_error(ECONNREFUSED) : error_code();
    };
    BOOST_TEST((never.run(talk) == os_error(ECONNREFUSED)));
    BOOST_TEST(n == resume_policy().attempts);
}

BOOST_AUTO_TEST_CASE(throttling_is_waited_for_as_long_as_the_server_says)
{
    struct row
    {
        char const* answer;
        std::chrono::milliseconds least, most;  // of the wait; 0: the operation ends
    };
    for (row const& r : {
             // observed: ikvk/imap_tools#135, imapsync/imapsync#212
             row{"$ NO Request is throttled. Suggested Backoff Time: 299910 milliseconds\r\n", 299'910ms, 299'910ms},
             row{"$ BAD Request is throttled. Suggested Backoff Time: 178755 milliseconds\r\n", 178'755ms, 178'755ms},
             row{"$ NO [THROTTLED] slow down\r\n", 500ms, 1s},
             row{"$ NO Request is throttled. Suggested Backoff Time: 999999 milliseconds\r\n", 0ms, 0ms},
         })
        for (char const* const command : {"UID FETCH", "APPEND"})
            BOOST_TEST_CONTEXT(command << " " << r.answer)
            {
                office o;
                std::size_t times = 0;
                o.answer = [&](std::size_t, std::string const& said) {
                    return said.starts_with(command) && ++times < 3 ? r.answer : honest(said);
                };
                auto const talk = [&](session& s) -> flow<> {
                    for (way const& one : ways())
                        if (std::string_view(one.command) == command)
                            co_await one.say(s);
                };
                error_code const ec = o.run(talk);
                BOOST_TEST(o.connected.size() == 1u);
                if (r.least.count() == 0)
                {
                    BOOST_TEST((ec == imap::error::throttled), ec.message());
                    BOOST_TEST(times == 1u);
                    BOOST_TEST((o.s.retry_after == 999'999ms));
                    continue;
                }
                BOOST_TEST(!ec, ec.message());
                BOOST_TEST(times == 3u);
                BOOST_TEST((o.ended - o.begun >= 2 * r.least));
                BOOST_TEST((o.ended - o.begun <= 3 * r.most + 1s));
            }
    // A policy without patience has none.
    office o;
    o.answer = [](std::size_t, std::string const& said) {
        return said == "NOOP" ? "$ NO [THROTTLED] Suggested Backoff Time: 1 milliseconds\r\n" : honest(said);
    };
    auto const talk = [](session& s) -> flow<> { co_await done(s, noop(s)); };
    BOOST_TEST((o.run(talk, {.longest_throttle = 0ms}) == imap::error::throttled));
}

BOOST_AUTO_TEST_CASE(a_busy_server_is_asked_again_where_that_does_no_harm)
{
    // observed: owncloud-archive/mail#721
    for (way const& one : ways())
        BOOST_TEST_CONTEXT(one.command)
        {
            std::string const name = one.command;
            if (name == "LOGOUT" || name == "SELECT")
                continue;
            office o;
            std::size_t times = 0;
            o.answer = [&](std::size_t, std::string const& said) {
                return says(said, name) && ++times == 1 ? "$ NO Server Unavailable. 15\r\n" : honest(said);
            };
            error_code const ec = o.run(one.say);
            bool const again = rule_of(name) == after_loss::repeated;
            BOOST_TEST(times == (again ? 2u : 1u));
            BOOST_TEST((ec == (again ? error_code() : make_error_code(imap::error::unavailable))), ec.message());
            BOOST_TEST(o.connected.size() == 1u);
        }
}

// --- the mailbox ---

BOOST_AUTO_TEST_CASE(a_mailbox_with_other_uids_is_not_gone_on_with)
{
    struct row
    {
        char const* select;  // on the second connection
        error_code ec;
    };
    for (row const& r : {row{"* OK [UIDVALIDITY 15] x\r\n$ OK done\r\n", imap::error::uid_validity_changed},
                         row{"$ OK done\r\n", imap::error::uid_validity_changed},
                         row{"$ NO INBOX doesn't exist.\r\n", imap::error::no_such_mailbox},
                         row{"* OK [UIDVALIDITY 0] x\r\n$ OK done\r\n", imap::error::uid_validity_zero}})
        BOOST_TEST_CONTEXT(r.select)
        {
            office o;
            o.answer = [&](std::size_t n, std::string const& said) {
                if (n == 1 && said.starts_with("UID STORE"))
                    return std::string();
                return n == 2 && said == "SELECT INBOX" ? std::string(r.select) : honest(said);
            };
            error_code first, second, third;
            auto const talk = [&](session& s) -> flow<> {
                store_options const deleted{store_mode::add, {flag::deleted, {}}, true};
                auto const lost = co_await attempt(done(s, store(s, numbering::uid, uid_set(7), deleted)));
                first = lost.ec;
                auto const again = co_await attempt(done(s, expunge(s, uid_set(7))));
                second = again.ec;
                co_await done(s, select(s, "Archive", false));
                auto const there = co_await attempt(done(s, noop(s)));
                third = there.ec;
            };
            error_code const ec = o.run(talk);
            BOOST_TEST(!ec, ec.message());
            BOOST_TEST((first == r.ec), first.message());
            BOOST_TEST((second == imap::error::no_mailbox_selected), second.message());
            BOOST_TEST(!third, third.message());
            BOOST_TEST(o.count("UID STORE") == 1u);
            BOOST_TEST(o.count("UID EXPUNGE") == 0u);
        }
    // The same when it changes under one's feet.
    office o;
    o.answer = [](std::size_t, std::string const& said) {
        return said == "NOOP" ? "* OK [UIDVALIDITY 99] x\r\n$ OK done\r\n" : honest(said);
    };
    auto const talk = [](session& s) -> flow<> {
        auto const r = co_await attempt(done(s, noop(s)));
        BOOST_TEST((r.ec == imap::error::uid_validity_changed));
        auto const f = co_await attempt(done(s, expunge(s, uid_set(1))));
        BOOST_TEST((f.ec == imap::error::no_mailbox_selected));
    };
    BOOST_TEST(!o.run(talk));
    BOOST_TEST(o.count("SELECT") == 1u);
}

BOOST_AUTO_TEST_CASE(the_next_noop_tells_of_the_new_connection)
{
    office o;
    o.answer = [](std::size_t n, std::string const& said) {
        return n == 1 && said.starts_with("LIST") ? std::string() : honest(said);
    };
    auto const talk = [](session& s) -> flow<> {
        co_await done(s, select(s, "Read only", true));
        co_await done(s, list(s, "", "*"));
        flow<events> f = noop(s);
        events const heard = co_await lasting(s, std::move(f));
        BOOST_TEST_REQUIRE(heard.size() == 1u);
        BOOST_TEST((heard[0].what == mailbox_event::kind::resumed));
        BOOST_TEST(heard[0].number == 3u);
        BOOST_TEST(s.box.read_only);
    };
    BOOST_TEST(!o.run(talk));
    BOOST_TEST(o.heard.back() == "2 NOOP");
    BOOST_TEST(o.count("EXAMINE \"Read only\"") == 2u);
}

// --- IDLE ---

BOOST_AUTO_TEST_CASE(idle_comes_back_and_says_so)
{
    for (std::string const end :
         {"", "* BYE Connection is closed. 13\r\n", "* BYE Session invalidated - AccessTokenExpired\r\n"})
    {
        office o;
        o.before = [&](wire& w, std::size_t n) -> flow<> {
            if (n != 1 || o.heard.empty() || o.heard.back() != "1 IDLE")
                co_return;
            co_await outkit::detail::sleep_for(5min);
            if (!end.empty())
                co_await w.write(end);
            co_await w.close();
        };
        auto const talk = [&](session& s) -> flow<> {
            idle_options const how{};
            events const heard = co_await idle(s, how);
            BOOST_TEST_REQUIRE(heard.size() == 1u);
            BOOST_TEST((heard[0].what == mailbox_event::kind::resumed));
        };
        error_code const ec = o.run(talk);
        BOOST_TEST(!ec, ec.message());
        BOOST_TEST(o.connected.size() == 2u);
        BOOST_TEST((o.ended - o.begun >= 5min));
        BOOST_TEST((o.ended - o.begun < 6min));
    }
}

namespace {
// Answers DONE, and forgets for how long it was idle.
std::string idling(std::size_t, std::string const& said) { return honest(said); }
}  // namespace

BOOST_AUTO_TEST_CASE(idle_ends_before_the_token_does)
{
    // A client that comes back makes another connection in time, and none is ever ended by the server.
    office o;
    o.lifetime = 1h;
    o.answer = idling;
    auto const talk = [](session& s) -> flow<> {
        for (int i = 0; i != 5; ++i)
        {
            idle_options const how{};
            events const heard = co_await idle(s, how);
            BOOST_TEST_REQUIRE(heard.size() == 1u);
            BOOST_TEST((heard[0].what == mailbox_event::kind::resumed));
        }
    };
    error_code const ec = o.run(talk);
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST_REQUIRE(o.connected.size() == 6u);
    for (std::size_t i = 1; i != o.connected.size(); ++i)
        BOOST_TEST((o.connected[i] - o.connected[i - 1] >= 55min && o.connected[i] - o.connected[i - 1] <= 56min + 1s));
    BOOST_TEST(o.count("LOGOUT") == 5u);
    BOOST_TEST(o.count("IDLE") == o.count("DONE"));

    // Any other is told in good order, and can still say what it has to say.
    office by_hand;
    bool refused = false;
    auto const manual = [&]() -> flow<> {
        environment& world = co_await this_environment();
        session& s = by_hand.s;
        co_await connect(s, "127.0.0.1", 143, security::plaintext_loopback);
        access_token t("token");
        co_await authenticate(s, "ann@contoso.example", std::move(t));
        co_await select(s, "INBOX", false);
        idle_options how;
        how.token_expires = world.date() + 1h;
        time_point const begin = world.now();
        auto const r = co_await attempt(idle(s, how));
        BOOST_TEST((r.ec == imap::error::access_token_expiring), r.ec.message());
        BOOST_TEST((r.ec == condition::transient));
        BOOST_TEST((world.now() - begin >= 56min && world.now() - begin < 57min));
        co_await noop(s);
        co_await logout(s);
        refused = true;
    };
    auto const r = by_hand.sim.start("client", manual());
    by_hand.sim.run();
    BOOST_TEST(!r->ec, r->ec.message());
    BOOST_TEST(refused);
    BOOST_TEST(by_hand.connected.size() == 1u);
    BOOST_TEST(by_hand.count("IDLE") == 6u);  // every ten minutes
}

BOOST_AUTO_TEST_CASE(idle_is_never_longer_than_29_minutes)
{
    for (auto const renew : {0min, 10min, 29min, 24h / 1min * 1min})
    {
        office o;
        std::vector<time_point> begun;
        o.answer = [&](std::size_t, std::string const& said) {
            if (said == "IDLE")
                begun.push_back(o.sim.now());
            return honest(said);
        };
        auto const talk = [&](session& s) -> flow<> {
            idle_options how;
            how.at_most = 3h;
            how.renew_every = renew;
            events const heard = co_await idle(s, how);
            BOOST_TEST(heard.empty());
        };
        error_code const ec = o.run(talk);
        BOOST_TEST(!ec, ec.message());
        BOOST_TEST((o.ended - o.begun >= 3h && o.ended - o.begun < 3h + 1min));
        BOOST_TEST_REQUIRE(begun.size() > 1u);
        auto const wanted = renew == 10min ? 10min : 29min;
        for (std::size_t i = 1; i != begun.size(); ++i)
            BOOST_TEST((begun[i] - begun[i - 1] >= wanted && begun[i] - begun[i - 1] <= wanted + 10s));
    }
}

BOOST_AUTO_TEST_CASE(an_idle_that_is_coming_back_can_be_stopped)
{
    office o;
    std::size_t tries = 0;
    o.sim.fate = [&](simulator::task& t) -> error_code {
        return t.request().what == io_request::kind::connect && ++tries > 1 ? os_error(ECONNREFUSED) : error_code();
    };
    o.before = [&](wire& w, std::size_t) -> flow<> {
        if (!o.heard.empty() && o.heard.back() == "1 IDLE")
            co_await w.close();
    };
    auto const talk = [&](session& s) -> flow<> {
        o.sim.after(20s, [&s] { s.stop_idle.notify(); });
        idle_options const how{};
        events const heard = co_await idle(s, how);
        BOOST_TEST(heard.empty());
    };
    error_code const ec = o.run(talk, {.attempts = 50});
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST((o.ended - o.begun == 20s));
    BOOST_TEST(tries > 3u);
}

// --- everything at once ---

namespace {
using simulated_client = basic_client<outkit::detail::simulated_stream>;
}

BOOST_AUTO_TEST_CASE(what_was_cancelled_leaves_a_client_that_comes_back)
{
    // At every step of a FETCH whose answer has been half read.
    std::size_t cancelled = 0;
    for (std::size_t at = 1; at != 40; ++at)
    {
        office o(at, {.largest_piece = 11});
        o.answer = [](std::size_t, std::string const& said) {
            return said.starts_with("UID FETCH")
                       ? "* 1 FETCH (UID 7 BODY[] {30}\r\n" + std::string(30, 'x') + ")\r\n$ OK done\r\n"
                       : honest(said);
        };
        simulated_client c(outkit::detail::simulated_stream(o.sim, "client"));
        error_code opened, fetched, appended;
        c.async_open(o.access(), {}, [&](error_code ec) { opened = ec; });
        o.sim.run();
        c.async_select("INBOX", [&](error_code ec, mailbox_status) { opened = ec; });
        o.sim.run();
        BOOST_TEST(!opened, opened.message());
        std::size_t steps = 0;
        o.sim.fate = [&](simulator::task& t) -> error_code {
            if (t.name == "client" && ++steps == at)
                c.cancel();
            return {};
        };
        fetch_items what;
        what.sections = {{}};
        what.sink = [](section_piece const&) { return error_code(); };
        c.async_fetch(uid_set(7), std::move(what), [&](error_code ec, message_batch) { fetched = ec; });
        o.sim.run();
        o.sim.fate = nullptr;
        cancelled += bool(fetched);
        c.async_append("x", "y", {}, [&](error_code ec, append_result) { appended = ec; });
        o.sim.run();
        BOOST_TEST(!appended, at << ": " << appended.message());
        BOOST_TEST(o.count("APPEND") == 1u);
    }
    BOOST_TEST(cancelled > 5u);
}

namespace {

std::string one_message(std::string const& said)
{
    return said.starts_with("UID FETCH") ? "* 1 FETCH (UID 7 FLAGS () BODY[] {5}\r\nhello)\r\n$ OK done\r\n"
                                         : honest(said);
}

// A message whole, or an error.
flow<> fetch_hello(session& s, std::size_t& messages, std::string& octets)
{
    fetch_items what{.flags = true};
    what.sections = {{}};
    what.sink = [&octets](section_piece const& p) {
        octets.resize(static_cast<std::size_t>(p.offset));
        octets += p.data;
        return error_code();
    };
    what.each = [&messages](message const&) {
        ++messages;
        return error_code();
    };
    flow<message_batch> f = fetch(s, numbering::uid, uid_set(7), std::move(what));
    co_await lasting(s, std::move(f));
}

struct counts
{
    std::size_t cuts = 0, failures = 0, cancellations = 0;
};

// The command is cut at every octet of it and of its answer, three ways.
void cut_everywhere(way const& one, counts& tried)
{
    after_loss const rule = rule_of(one.command);
    bool const left = std::string_view(one.command) == "UNSELECT" || std::string_view(one.command) == "CLOSE";
    for (office::ending const how : {office::ending::closed, office::ending::reset, office::ending::silent})
    {
        std::size_t begin = 0, end = 0;
        auto const run = [&](office& o, error_code& ec) {
            auto const octets = [&] { return how == office::ending::silent ? o.said[0] : o.carried[0]; };
            auto const talk = [&](session& s) -> flow<> {
                begin = octets();
                auto const r = co_await attempt(one.say(s));
                ec = r.ec;
                end = octets();
                co_await done(s, noop(s));
                BOOST_TEST(s.box.exists == (left && !r.ec ? 0u : 3u));
            };
            error_code const after = o.run(talk);
            BOOST_TEST(!after, after.message());
        };
        office uncut;
        error_code ec;
        run(uncut, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        std::size_t const first = begin, behind = end;
        for (std::size_t n = first; n != behind; ++n)
            BOOST_TEST_CONTEXT(one.command << " ends after " << n << " octets, way " << static_cast<int>(how))
            {
                ++tried.cuts;
                office o;
                o.cut_on = 1;
                o.cut_after = n;
                o.end = how;
                run(o, ec);
                BOOST_TEST(o.was_cut);
                BOOST_TEST(o.connected.size() == 2u);
                std::size_t const heard = o.count(one.command) - (std::string_view(one.command) == "NOOP") -
                                          (std::string_view(one.command) == "SELECT");
                bool const lost = ec && ec != imap::error::outcome_unknown && is_loss(ec);
                switch (rule)
                {
                case after_loss::repeated: BOOST_TEST((!ec && heard >= 1), ec.message()); break;
                // A reset may take the answer before with it: then the command finds another connection already.
                case after_loss::reported:
                    BOOST_TEST((ec ? lost && heard <= 1 : n == first && heard == 1), ec.message());
                    break;
                case after_loss::outcome_unknown:
                    BOOST_TEST((ec ? ec == imap::error::outcome_unknown && heard <= 1 : heard == 1), ec.message());
                }
            }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(IM_43_coming_back_is_cut_failed_and_cancelled_everywhere)
{
    counts tried;
    for (way const& one : ways())
        if (std::string_view(one.command) != "LOGOUT")  // ends it
            cut_everywhere(one, tried);

    // The second connection, on which it comes back from the loss of the first.
    auto const lost_once = [](office& o) {
        o.answer = [&o](std::size_t n, std::string const& said) {
            return n == 1 && said.starts_with("UID FETCH") ? std::string() : one_message(said);
        };
    };
    std::size_t messages = 0, second = 0, second_said = 0;
    std::string octets;
    error_code appended;
    auto const both = [&](session& s) -> flow<> {
        messages = 0;
        octets.clear();
        co_await fetch_hello(s, messages, octets);
        auto const r = co_await attempt(done(s, append_y(s)));
        appended = r.ec;
        co_await done(s, noop(s));
    };
    auto const check = [&](office& o) {
        error_code const ec = o.run(both);
        BOOST_TEST(!ec, ec.message());
        BOOST_TEST(messages == 1u);
        BOOST_TEST(octets == "hello");
        std::size_t const heard = o.count("APPEND");
        BOOST_TEST((appended ? appended == imap::error::outcome_unknown && heard <= 1 : heard == 1),
                   appended.message());
    };
    {
        office o;
        lost_once(o);
        check(o);
        BOOST_TEST_REQUIRE(o.connected.size() == 2u);
        second = o.carried[1];
        second_said = o.said[1];
    }
    for (office::ending const how : {office::ending::closed, office::ending::reset, office::ending::silent})
        for (std::size_t n = 0; n != (how == office::ending::silent ? second_said : second); ++n)
            BOOST_TEST_CONTEXT("the second ends after " << n << " octets, way " << static_cast<int>(how))
            {
                ++tried.cuts;
                office o;
                lost_once(o);
                o.cut_on = 2;
                o.cut_after = n;
                o.end = how;
                check(o);
                BOOST_TEST(o.connected.size() == 3u);
            }

    // Each step of the client, from the first on.
    for (std::size_t at = 1;; ++at)
    {
        office o;
        lost_once(o);
        std::size_t steps = 0;
        bool sleeps = false;
        o.sim.fate = [&](simulator::task& t) -> error_code {
            if (t.name != "client" || ++steps != at)
                return {};
            sleeps = t.request().what == io_request::kind::wait && !t.request().for_input;
            return sleeps ? error_code() : os_error(ECONNRESET);
        };
        BOOST_TEST_CONTEXT("step " << at)
        check(o);
        if (steps < at)
            break;
        tried.failures += !sleeps;
    }

    // Cancelled before each step, and while it waits: connecting, for the token, between two connections.
    std::set<io_request::kind> kinds;
    std::size_t asleep = 0;
    for (bool const later : {false, true})
        for (std::size_t at = 1;; ++at)
            BOOST_TEST_CONTEXT("cancelled at step " << at << (later ? ", later" : ""))
            {
                office o;
                lost_once(o);
                simulated_client c(outkit::detail::simulated_stream(o.sim, "client"));
                std::size_t steps = 0, cancelled = 0;
                o.sim.fate = [&](simulator::task& t) -> error_code {
                    if (t.name != "client" || ++steps != at)
                        return {};
                    kinds.insert(t.request().what);
                    asleep +=
                        t.request().what == io_request::kind::wait && !t.request().watch && !t.request().for_input;
                    if (later)
                        o.sim.after({}, [&c] { c.cancel(); });
                    else
                        c.cancel();
                    return {};
                };
                // Cancelled once at most, and then said anew. Not for longer than it takes, or the server gives up waiting.
                error_code ec;
                auto const until_ended = [&](std::function<void()> const& begin) {
                    ec = os_error(EINPROGRESS);
                    begin();
                    while (ec == os_error(EINPROGRESS))
                        o.sim.run(o.sim.now() + 100ms);
                    cancelled += ec == os_error(ECANCELED);
                };
                auto const until_done = [&](std::function<void()> const& begin) {
                    until_ended(begin);
                    if (ec == os_error(ECANCELED))
                        until_ended(begin);
                    BOOST_TEST(!ec, ec.message());
                };
                until_done([&] { c.async_open(o.access(), {}, [&](error_code e) { ec = e; }); });
                until_done([&] { c.async_select("INBOX", [&](error_code e, mailbox_status) { ec = e; }); });
                std::size_t got = 0;
                until_done([&] {
                    fetch_items const what{.flags = true};
                    c.async_fetch(uid_set(7), what, [&](error_code e, message_batch b) {
                        ec = e;
                        got = b.size();
                    });
                });
                BOOST_TEST(got == 1u);
                until_ended([&] { c.async_append("x", "y", {}, [&](error_code e, append_result) { ec = e; }); });
                bool const cut_off = ec == os_error(ECANCELED);
                BOOST_TEST((cut_off || !ec), ec.message());
                BOOST_TEST((cut_off ? o.count("APPEND") <= 1 : o.count("APPEND") == 1));
                until_done([&] { c.async_noop([&](error_code e, events) { ec = e; }); });
                BOOST_TEST(cancelled <= 1u);
                BOOST_TEST(o.connected.size() <= 3u);
                tried.cancellations += cancelled;
                if (steps < at)
                    break;
            }
    BOOST_TEST(asleep >= 2u);
    for (io_request::kind const k :
         {io_request::kind::connect, io_request::kind::read, io_request::kind::write, io_request::kind::wait})
        BOOST_TEST(kinds.count(k) == 1u);
    tests::report_counts("IMAP client coming back: " + std::to_string(tried.cuts) + " cuts (3 ways), " +
                         std::to_string(tried.failures) + " failing steps, " + std::to_string(tried.cancellations) +
                         " cancellations");
}

BOOST_AUTO_TEST_CASE(in_bad_weather_all_is_read_and_nothing_said_twice)
{
    for (std::uint64_t seed = 1; seed != 41; ++seed)
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            office o(seed, {.least_latency = 1ms,
                            .most_latency = 40ms,
                            .largest_piece = 300,
                            .reset_every = 2s,
                            .refused_per_mille = 200});
            std::size_t created = 0;
            o.answer = [&](std::size_t, std::string const& said) {
                created += said.starts_with("CREATE");
                if (!said.starts_with("UID FETCH"))
                    return honest(said);
                std::uint32_t const first = static_cast<std::uint32_t>(std::stoul(said.substr(10)));
                std::string text;
                for (std::uint32_t uid = first; uid <= 100; ++uid)
                    text += "* 1 FETCH (UID " + std::to_string(uid) + " FLAGS ())\r\n";
                return text + "$ OK done\r\n";
            };
            std::vector<std::uint32_t> got;
            std::size_t sure = 0, unsure = 0;
            auto const talk = [&](session& s) -> flow<> {
                for (int i = 0; i != 5; ++i)
                {
                    auto const r = co_await attempt(done(s, create(s, "x")));
                    ++(r.ec == imap::error::outcome_unknown ? unsure : sure);
                    if (r.ec && r.ec != imap::error::outcome_unknown)
                        co_await fail(r.ec);
                }
                fetch_items what{.flags = true};
                what.each = [&](message const& m) {
                    got.push_back(m.uid);
                    return error_code();
                };
                flow<message_batch> f = fetch(s, numbering::uid, uid_set(1, 100), std::move(what));
                co_await lasting(s, std::move(f));
            };
            error_code const ec = o.run(talk, {.attempts = 1'000});
            BOOST_TEST(!ec, ec.message());
            BOOST_TEST(got.size() == 100u);
            BOOST_TEST((created >= sure && created <= sure + unsure));
        }
}

BOOST_AUTO_TEST_SUITE_END()
