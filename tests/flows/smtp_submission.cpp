// A submission that tries again what may succeed later, in virtual time.

#include <outkit/detail/drive.hpp>
#include <outkit/detail/encoding.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/sasl/error.hpp>
#include <outkit/smtp/submission.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace outkit;
using namespace outkit::smtp;
using namespace std::chrono_literals;
using outkit::detail::simulator;
using outkit::detail::wire;

namespace {

template <class T = void>
using flow = outkit::detail::flow<T>;

mail letter(std::string const& id = "1", std::string const& to = "bob@contoso.example")
{
    mail m;
    error_code ec;
    m.envelope.from = *mime::parse_address("ann@contoso.example", ec);
    m.envelope.to = {*mime::parse_address(to, ec)};
    m.content = "From: ann@contoso.example\r\nMessage-ID: <" + id + "@app.example>\r\n\r\nHi.\r\n";
    return m;
}

std::string honest(std::string const& said)
{
    if (said == "STARTTLS")
        return "220 2.0.0 SMTP server ready\r\n";
    if (said.starts_with("EHLO"))
        return "250-mx.test\r\n250-PIPELINING\r\n250 AUTH XOAUTH2\r\n";
    if (said.starts_with("AUTH"))
        return "235 2.7.0 Authentication successful\r\n";
    if (said == "DATA")
        return "354 go\r\n";
    if (said == "QUIT")
        return "221 2.0.0 bye\r\n";
    return "250 2.0.0 OK\r\n";
}

// One server, and what it has seen. All is plaintext on the loopback, so that many conversations cost little.
struct office
{
    explicit office(std::uint64_t seed = 1) : sim(seed)
    {
        sim.listen("127.0.0.1", 587, [this](wire& w) { return serve(w); });
    }

    simulator sim;
    std::vector<outkit::detail::time_point> connected;
    std::vector<std::string> heard;  // "2 MAIL FROM:<…>": on the second connection; "2 <id>" for a message
    std::vector<outkit::detail::time_point> offered;  // when MAIL was said
    std::vector<std::string> asked;                   // of the provider: the token it was told of, or "-"
    std::optional<std::chrono::nanoseconds> lifetime;
    submission_policy policy = {};
    // What is answered on which connection. Nothing: the connection ends without an answer. ". <id>" is a message's end.
    std::function<std::string(std::size_t, std::string const&)> answer = [](std::size_t, std::string const& said) {
        return honest(said);
    };
    std::function<flow<>(wire&, std::size_t)> before = {};  // each command

    flow<> serve(wire& w)
    {
        w.patience = 240h;
        outkit::detail::environment& world = co_await outkit::detail::this_environment();
        connected.push_back(world.now());
        std::size_t const n = connected.size();
        std::string text = answer(n, "");
        if (!text.starts_with("4") && !text.starts_with("5"))
            text = "220 mx.test\r\n";
        co_await w.write(std::move(text));
        for (bool sender = false, recipient = false;;)
        {
            if (before)
                co_await before(w, n);
            std::string const line = co_await w.read_line();
            heard.push_back(std::to_string(n) + ' ' + line);
            if (line.starts_with("MAIL"))
                offered.push_back(world.now());
            bool const in_order = line.starts_with("RCPT") ? sender : line != "DATA" || recipient;
            text = "503 5.5.1 not now\r\n";
            if (in_order)
                text = answer(n, line);
            if (text.empty())
                co_return;
            bool const ends = text.starts_with("421") || text.starts_with("221");
            bool const taken = text.starts_with("250"), body = text.starts_with("354");
            if (line.starts_with("MAIL") || line == "RSET")
            {
                sender = taken && line != "RSET";
                recipient = false;
            }
            if (line.starts_with("RCPT"))
                recipient = recipient || taken;
            bool const tls = line == "STARTTLS" && text.starts_with("220");
            co_await w.write(std::move(text));
            if (ends)
                co_return;
            if (tls)
                co_await w.start_tls();
            if (!body)
                continue;
            sender = recipient = false;
            std::string id, next;
            while (next != ".")
            {
                next = co_await w.read_line();
                if (next.starts_with("Message-ID: <"))
                    id = next.substr(13, next.find('@') - 13);
            }
            heard.push_back(std::to_string(n) + ' ' + id);
            text = answer(n, ". " + id);
            bool const last = text.starts_with("421");
            if (text.empty())
                co_return;
            co_await w.write(std::move(text));
            if (last)
                co_return;
        }
    }

    submission_access access()
    {
        submission_access a;
        a.server.host = "127.0.0.1";
        a.server.security = security::plaintext_loopback;
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

    struct result
    {
        error_code ec;
        std::string diagnostics;
        std::vector<delivery> deliveries;
        std::chrono::nanoseconds took{0};
    };
    result send(std::vector<mail> messages)
    {
        if (!outgoing)
            outgoing = std::make_unique<basic_submission<outkit::detail::simulated_stream>>(
                outkit::detail::simulated_stream(sim, "client"), access(), policy);
        result r;
        bool done = false;
        auto const begun = sim.now();
        outgoing->async_send_all(std::move(messages), [&](error_code ec, std::vector<delivery> all) {
            done = true;
            r.took = sim.now() - begun;
            r.ec = ec;
            r.deliveries = std::move(all);
        });
        // Not longer: the server would lose its patience.
        for (auto const last = begun + 24h; !done && sim.now() < last;)
            sim.run(sim.now() + 10ms);
        BOOST_TEST_REQUIRE(done);
        r.diagnostics = outgoing->diagnostics();
        return r;
    }
    std::unique_ptr<basic_submission<outkit::detail::simulated_stream>> outgoing;

    std::size_t count(std::string const& said) const
    {
        return static_cast<std::size_t>(std::count_if(heard.begin(), heard.end(), [&](std::string const& h) {
            return h.substr(h.find(' ') + 1).starts_with(said);
        }));
    }
};

std::vector<mail> letters(int n)
{
    std::vector<mail> all;
    for (int i = 1; i <= n; ++i)
        all.push_back(letter(std::to_string(i)));
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_submission)

BOOST_AUTO_TEST_CASE(one_connection_for_all_that_is_sent)
{
    office o;
    for (int i = 0; i != 2; ++i)
    {
        auto const r = o.send(letters(3));
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST_REQUIRE(r.deliveries.size() == 3u);
        for (delivery const& d : r.deliveries)
            BOOST_TEST(!d.ec);
    }
    BOOST_TEST(o.connected.size() == 1u);
    BOOST_TEST(o.count("AUTH") == 1u);
    BOOST_TEST(o.count("MAIL") == 6u);
    BOOST_TEST(o.count("2") == 2u);
}

// --- what is tried again ---

BOOST_AUTO_TEST_CASE(SM_29_after_a_451_the_same_message_is_tried_again_and_not_too_often)
{
    for (char const* const at : {"MAIL", "RCPT", "DATA", ". 1"})
        for (std::size_t const refusals : {1u, 2u, 3u, 9u})
            BOOST_TEST_CONTEXT(refusals << " times at " << at)
            {
                office o;
                o.policy.attempts = 3;
                std::size_t said_no = 0;
                o.answer = [&](std::size_t, std::string const& said) -> std::string {
                    if (!said.starts_with(at) || said_no == refusals)
                        return honest(said);
                    ++said_no;
                    return "451 4.7.0 Temporary server error. Please try again later. PRX2\r\n";
                };
                auto const r = o.send({letter()});
                bool const good = refusals < 3;
                BOOST_TEST((r.ec == (good ? error_code() : reply_error(451))), r.ec.message());
                BOOST_TEST((r.deliveries[0].ec == r.ec));
                BOOST_TEST(r.diagnostics == (good ? "" : "4.7.0 Temporary server error. Please try again later. PRX2"));
                BOOST_TEST_REQUIRE(o.offered.size() == (good ? refusals + 1 : 3u));
                // With its Message-ID, whenever it came to that.
                BOOST_TEST(o.count("1") == (std::string_view(at) == ". 1" ? o.offered.size() : good ? 1u : 0u));
                BOOST_TEST(o.connected.size() == 1u);
                for (std::size_t i = 1; i != o.offered.size(); ++i)
                {
                    auto const waited = o.offered[i] - o.offered[i - 1],
                               whole = std::chrono::nanoseconds(1s) * (1 << (i - 1));
                    BOOST_TEST((waited >= whole / 2 && waited < whole + 100ms));
                }
            }
}

BOOST_AUTO_TEST_CASE(the_waits_grow_to_the_longest_and_end_with_the_budget)
{
    office o;
    o.policy = {.attempts = 1'000, .longest_wait = 1min, .budget = 20min};
    o.answer = [](std::size_t, std::string const& said) {
        return said.starts_with(". ") ? "432 4.3.2 Concurrent connections limit exceeded.\r\n" : honest(said);
    };
    auto const r = o.send({letter()});
    BOOST_TEST((r.ec == reply_error(432)), r.ec.message());
    BOOST_TEST((r.took > 18min && r.took <= 20min + 1s));
    BOOST_TEST(o.offered.size() > 20u);
    std::chrono::nanoseconds longest{0};
    for (std::size_t i = 1; i != o.offered.size(); ++i)
        longest = std::max<std::chrono::nanoseconds>(longest, o.offered[i] - o.offered[i - 1]);
    BOOST_TEST((longest > 45s && longest < 61s));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_for_all_holds_the_others_back)
{
    for (int const code : {421, 432, 451, 454})
        for (bool const for_ever : {false, true})
            BOOST_TEST_CONTEXT(code << (for_ever ? " for ever" : ""))
            {
                office o;
                o.policy.attempts = 4;
                std::size_t said_no = 0;
                o.answer = [&](std::size_t, std::string const& said) -> std::string {
                    if (!said.starts_with(". ") || (!for_ever && said_no == 2))
                        return honest(said);
                    ++said_no;
                    return std::to_string(code) + " 4.3.2 later\r\n";
                };
                auto const r = o.send(letters(20));
                BOOST_TEST_REQUIRE(r.deliveries.size() == 20u);
                if (for_ever)
                {
                    // In each round one message, and the one whose commands went with it.
                    BOOST_TEST(o.offered.size() <= 8u);
                    BOOST_TEST((r.ec == reply_error(code)), r.ec.message());
                    BOOST_TEST((r.deliveries[0].ec == reply_error(code)));
                    BOOST_TEST((r.deliveries[5].ec == smtp::error::not_sent));
                    continue;
                }
                BOOST_TEST(!r.ec, r.ec.message());
                for (int i = 1; i <= 20; ++i)
                    BOOST_TEST(o.count(std::to_string(i)) >= 1u);
                BOOST_TEST(o.offered.size() <= 24u);
                BOOST_TEST(o.connected.size() == (code == 421 ? 3u : 1u));
            }
}

BOOST_AUTO_TEST_CASE(a_busy_recipient_holds_nobody_back)
{
    office o;
    std::size_t said_no = 0;
    o.answer = [&](std::size_t, std::string const& said) -> std::string {
        return said.starts_with("RCPT TO:<busy@") && ++said_no < 3 ? "450 4.2.1 busy\r\n" : honest(said);
    };
    auto const r = o.send({letter("1", "busy@contoso.example"), letter("2"), letter("3")});
    BOOST_TEST(!r.ec, r.ec.message());
    std::vector<std::string> order;
    for (std::string const& h : o.heard)
        if (h.size() == 3)
            order.push_back(h.substr(2));
    BOOST_TEST((order == std::vector<std::string>{"2", "3", "1"}));
    BOOST_TEST(o.offered.size() == 5u);
}

BOOST_AUTO_TEST_CASE(what_is_refused_for_good_is_not_tried_again)
{
    for (char const* const no :
         {"550 5.1.8 Access denied, bad outbound sender\r\n", "554 5.2.0 no\r\n", "452 4.5.3 Too many recipients\r\n"})
    {
        office o;
        o.answer = [&](std::size_t, std::string const& said) { return said.starts_with(". 2") ? no : honest(said); };
        auto const r = o.send(letters(3));
        BOOST_TEST((r.ec == reply_error(std::stoi(no))), r.ec.message());
        BOOST_TEST(!r.deliveries[0].ec);
        BOOST_TEST((r.deliveries[1].ec == r.ec));
        BOOST_TEST(!r.deliveries[2].ec);
        BOOST_TEST(o.offered.size() == 3u);
        BOOST_TEST((r.took < 1s));
    }
    // Nor what is wrong with the message itself.
    office o;
    std::vector<mail> two = letters(2);
    two[0].content = std::string(999, 'x');
    auto const r = o.send(std::move(two));
    BOOST_TEST((r.ec == smtp::error::message_line_too_long));
    BOOST_TEST(!r.deliveries[1].ec);
}

BOOST_AUTO_TEST_CASE(a_message_in_doubt_is_never_sent_again)
{
    for (bool const pipelining : {true, false})
    {
        office o;
        o.answer = [&](std::size_t, std::string const& said) {
            if (said.starts_with("EHLO") && !pipelining)
                return std::string("250-mx.test\r\n250 AUTH XOAUTH2\r\n");
            return said == ". 2" ? std::string() : honest(said);
        };
        auto const r = o.send(letters(4));
        BOOST_TEST((r.ec == smtp::error::outcome_unknown), r.ec.message());
        BOOST_TEST(r.diagnostics.find("<2@app.example>") != std::string::npos, r.diagnostics);
        for (std::size_t i : {0u, 1u, 2u, 3u})
        {
            BOOST_TEST((i == 1 ? r.deliveries[i].ec == smtp::error::outcome_unknown : !r.deliveries[i].ec));
            BOOST_TEST(o.count(std::to_string(i + 1)) == 1u);
        }
        BOOST_TEST(o.connected.size() == 2u);
    }
}

// The connection ends after each command there is.
BOOST_AUTO_TEST_CASE(what_was_not_sent_goes_over_another_connection)
{
    for (char const* const at : {"", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"})
        for (char const* const end : {"", "421 4.3.2 busy\r\n"})
            BOOST_TEST_CONTEXT("after " << at << ", " << end)
            {
                if (*at == '\0' && *end == '\0')
                    continue;
                office o;
                o.answer = [&](std::size_t n, std::string const& said) -> std::string {
                    bool const now = n == 1 && (*at ? said.starts_with(at) : said.empty());
                    return now ? end : honest(said);
                };
                auto const r = o.send(letters(2));
                BOOST_TEST(!r.ec, r.ec.message() << ' ' << r.diagnostics);
                BOOST_TEST(o.connected.size() == 2u);
                BOOST_TEST(o.count("1") == 1u);
                BOOST_TEST(o.count("2") == 1u);
                BOOST_TEST((r.took >= 500ms && r.took < 1'100ms));
            }
}

BOOST_AUTO_TEST_CASE(a_connection_that_ended_while_nothing_was_sent_costs_nothing)
{
    for (bool const words : {false, true})
    {
        office o;
        o.policy.attempts = 1;
        o.before = [&](wire& w, std::size_t n) -> flow<> {
            if (n != 1 || o.count("1") == 0)
                co_return;
            if (words)
                co_await w.write("421 4.4.1 Connection timed out. Total session duration: 00:20:55.2872355\r\n");
            co_await w.close();
        };
        BOOST_TEST(!o.send({letter()}).ec);
        auto const r = o.send({letter("2")});
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST((r.took < 100ms));
        BOOST_TEST(o.connected.size() == 2u);
        BOOST_TEST(o.count("2") == 1u);
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_tried_as_often_as_said)
{
    office o;
    o.policy.attempts = 4;
    std::size_t tried = 0;
    o.sim.fate = [&](simulator::task& t) {
        bool const now = t.request().what == outkit::detail::io_request::kind::connect;
        tried += now;
        return now ? os_error(ECONNRESET) : error_code();
    };
    auto const r = o.send(letters(3));
    BOOST_TEST((r.ec == os_error(ECONNRESET)), r.ec.message());
    for (delivery const& d : r.deliveries)
        BOOST_TEST((d.ec == smtp::error::not_sent));
    BOOST_TEST(tried == 4u);
    BOOST_TEST((r.took >= 3'500ms && r.took < 8s));
    o.sim.fate = {};
    BOOST_TEST(!o.send(letters(3)).ec);  // another day
}

BOOST_AUTO_TEST_CASE(a_server_that_breaks_the_rules_is_not_asked_again)
{
    office o;
    o.answer = [](std::size_t, std::string const& said) {
        return said.starts_with("RCPT") ? "354 what\r\n" : honest(said);
    };
    auto const r = o.send({letter()});
    BOOST_TEST((r.ec == smtp::error::unexpected_reply), r.ec.message());
    BOOST_TEST(o.connected.size() == 1u);
}

// --- tokens ---

BOOST_AUTO_TEST_CASE(a_token_that_is_not_accepted_is_replaced_once)
{
    struct
    {
        char const* at;
        char const* no;
        bool worth_it;
    } const rows[] = {
        {"AUTH", "535 5.7.3 Authentication unsuccessful [x.prod.outlook.com]\r\n", true},
        {"AUTH", "535 5.7.8 no\r\n", true},
        {"AUTH", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.\r\n",
         false},
        {"MAIL", "530 5.7.57 Client not authenticated to send mail. [x.prod.outlook.com]\r\n", true},
    };
    for (auto const& row : rows)
        for (std::size_t const refusals : {1u, 2u})
            BOOST_TEST_CONTEXT(row.no << refusals)
            {
                office o;
                o.answer = [&](std::size_t n, std::string const& said) {
                    return said.starts_with(row.at) && n <= refusals ? row.no : honest(said);
                };
                auto const r = o.send(letters(2));
                bool const good = row.worth_it && refusals == 1;
                BOOST_TEST((good ? !r.ec : r.ec == condition::authentication_failed), r.ec.message());
                BOOST_TEST(o.connected.size() == (row.worth_it ? 2u : 1u));
                std::vector<std::string> asked{"-"};
                if (row.worth_it)
                    asked.push_back("token-1");
                BOOST_TEST((o.asked == asked));
                BOOST_TEST((r.took < 1s));
                if (!good)
                    BOOST_TEST(r.diagnostics == std::string(row.no).substr(4, std::string(row.no).size() - 6));
            }
}

BOOST_AUTO_TEST_CASE(a_token_is_renewed_before_it_expires)
{
    office o;
    o.lifetime = 1h;
    auto const wait = [&](std::chrono::minutes d) { o.sim.run(o.sim.now() + d); };
    BOOST_TEST(!o.send({letter()}).ec);
    wait(50min);
    BOOST_TEST(!o.send({letter("2")}).ec);
    BOOST_TEST(o.connected.size() == 1u);
    wait(7min);
    BOOST_TEST(!o.send({letter("3")}).ec);
    BOOST_TEST(o.connected.size() == 2u);
    BOOST_TEST(o.count("QUIT") == 1u);
    BOOST_TEST((o.asked == std::vector<std::string>{"-", "-"}));
}

BOOST_AUTO_TEST_CASE(a_token_that_does_not_come)
{
    for (int const which : {0, 1, 2})
    {
        office o;
        submission_access where = o.access();
        if (which == 0)
            where.tokens = nullptr;
        else
            where.tokens = [which](access_token const*, token_answer bring) {
                if (which == 1)
                    bring(make_error_code(sasl::error::invalid_user), access_token());
            };
        o.policy.attempts = 2;
        o.outgoing = std::make_unique<basic_submission<outkit::detail::simulated_stream>>(
            outkit::detail::simulated_stream(o.sim, "client"), std::move(where), o.policy);
        auto const r = o.send({letter()});
        BOOST_TEST(!!r.ec);
        BOOST_TEST((r.ec == (which == 0   ? make_error_code(sasl::error::invalid_access_token)
                             : which == 1 ? make_error_code(sasl::error::invalid_user)
                                          : make_error_code(outkit::error::timeout))),
                   r.ec.message());
        BOOST_TEST(o.connected.empty());
    }
}

// --- sources ---

BOOST_AUTO_TEST_CASE(a_source_is_read_again_if_it_can_be)
{
    std::string const text = letter().content;
    for (bool const can : {true, false})
        for (bool const lost : {true, false})
            BOOST_TEST_CONTEXT("can " << can << ", lost " << lost)
            {
                office o;
                o.answer = [&, once = false](std::size_t, std::string const& said) mutable {
                    if (!said.starts_with("RCPT") || std::exchange(once, true))
                        return honest(said);
                    return std::string(lost ? "" : "451 4.3.0 later\r\n");
                };
                auto const at = std::make_shared<std::size_t>(0);
                mail m = letter();
                m.source.octets = text.size();
                m.source.read = [&text, at](char* into, std::size_t most, error_code&) {
                    std::size_t const n = std::string_view(text).substr(*at).copy(into, most);
                    *at += n;
                    return n;
                };
                if (can)
                    m.rewind = [at] {
                        *at = 0;
                        return error_code();
                    };
                std::vector<mail> two;
                two.push_back(std::move(m));
                two.push_back(letter("2"));
                auto const r = o.send(std::move(two));
                BOOST_TEST(!r.deliveries[1].ec);
                BOOST_TEST(o.count("1") == (can ? 1u : 0u));
                if (can)
                    BOOST_TEST(!r.ec, r.ec.message());
                else if (lost)
                    BOOST_TEST((r.deliveries[0].ec == outkit::error::connection_closed), r.deliveries[0].ec.message());
                else
                    BOOST_TEST((r.deliveries[0].ec == reply_error(451)), r.deliveries[0].ec.message());
            }
}

// What comes later has not been looked at, and can be sent.
BOOST_AUTO_TEST_CASE(a_source_is_left_alone_until_its_turn)
{
    office o;
    o.answer = [&, once = false](std::size_t, std::string const& said) mutable {
        return said == ". 1" && !std::exchange(once, true) ? "432 4.3.2 later\r\n" : honest(said);
    };
    std::string const text = letter("2").content;
    std::size_t at = 0;
    std::vector<mail> two = letters(2);
    two[1].source.octets = text.size();
    two[1].source.read = [&](char* into, std::size_t most, error_code&) {
        BOOST_TEST(o.count("1") == 2u);
        std::size_t const n = std::string_view(text).substr(at).copy(into, most);
        at += n;
        return n;
    };
    auto const r = o.send(std::move(two));
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(o.count("2") == 1u);
}

BOOST_AUTO_TEST_CASE(the_error_of_a_source_is_its_messages_alone)
{
    office o;
    std::vector<mail> three = letters(3);
    std::string const part = "Message-ID: <1@app.example>\r\n\r\n" + std::string(900, 'x') + "\r\n";
    three[0].source.octets = octet_source::unknown;
    three[0].source.read = [&, n = 0](char* into, std::size_t most, error_code& ec) mutable {
        if (++n == 200)
            ec = os_error(EIO);
        return std::string_view(part).copy(into, most);
    };
    auto const r = o.send(std::move(three));
    BOOST_TEST((r.ec == os_error(EIO)), r.ec.message());
    BOOST_TEST((r.deliveries[0].ec == os_error(EIO)));
    BOOST_TEST(!r.deliveries[1].ec);
    BOOST_TEST(!r.deliveries[2].ec);
    BOOST_TEST(o.connected.size() == 2u);
    BOOST_TEST((r.took < 100ms));
}

// --- what is whose ---

BOOST_AUTO_TEST_CASE(ST_21_SL_14_each_account_and_way_to_secure_it_has_a_connection_of_its_own)
{
    tests::certificate const here = tests::make_certificate("localhost");
    error_code ec;
    auto const server = tls_context::server_pem(ec, here.chain, here.key);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto const client = tls_context::client(ec, {.system = false, .authorities_pem = here.chain});
    BOOST_TEST_REQUIRE(!ec, ec.message());
    office o;
    std::vector<char> encrypted(7);
    o.sim.listen("localhost", 587, [&](wire& w) { return o.serve(w); }, server);
    o.before = [&](wire& w, std::size_t n) -> flow<> {
        encrypted[n] = w.encrypted();
        co_return;
    };
    struct
    {
        char const* user;
        security how;
    } const ways[] = {{"ann@contoso.example", security::plaintext_loopback},
                      {"ann@contoso.example", security::starttls_required},
                      {"bob@contoso.example", security::plaintext_loopback},
                      {"bob@contoso.example", security::starttls_required}};
    std::vector<std::unique_ptr<basic_submission<outkit::detail::simulated_stream>>> all;
    for (auto const& way : ways)
    {
        submission_access where = o.access();
        where.server.host = "localhost";
        where.server.security = way.how;
        where.user = way.user;
        all.push_back(std::make_unique<basic_submission<outkit::detail::simulated_stream>>(
            outkit::detail::simulated_stream(o.sim, way.user, client), std::move(where)));
    }
    // The second time, all four connections are there to be mistaken.
    for (std::size_t round : {1u, 2u})
        for (std::size_t i = 0; i != all.size(); ++i)
            BOOST_TEST_CONTEXT("round " << round << ", " << ways[i].user)
            {
                o.outgoing = std::move(all[i]);
                auto const before = o.heard.size();
                BOOST_TEST(!o.send({letter(std::to_string(i))}).ec);
                all[i] = std::move(o.outgoing);
                BOOST_TEST(o.connected.size() == (round == 1 ? i + 1 : all.size()));
                std::string const mine = std::to_string(i + 1) + ' ';
                std::string user;
                for (auto h = before; h != o.heard.size(); ++h)
                {
                    BOOST_TEST(o.heard[h].starts_with(mine));
                    if (o.heard[h].starts_with(mine + "AUTH XOAUTH2 "))
                        user = outkit::detail::base64_decode(o.heard[h].substr(15)).value();
                }
                BOOST_TEST(user.starts_with(round == 1 ? "user=" + std::string(ways[i].user) + '\x01' : std::string()));
                BOOST_TEST((encrypted[i + 1] != 0) == (ways[i].how == security::starttls_required));
            }
    // One client that connects again otherwise: another connection, and nothing is known of the first.
    basic_client<outkit::detail::simulated_stream> again(outkit::detail::simulated_stream(o.sim, "again", client));
    for (security const how : {security::plaintext_loopback, security::starttls_required})
    {
        endpoint to;
        to.host = "localhost";
        to.security = how;
        bool done = false;
        again.async_connect(to, [&](error_code e, extensions const&) {
            BOOST_TEST(!e, e.message());
            BOOST_TEST(!again.authenticated());
            again.async_authenticate("ann@contoso.example", access_token("t"), [&](error_code e2) {
                BOOST_TEST(!e2, e2.message());
                done = true;
            });
        });
        while (!done)
            o.sim.run(o.sim.now() + 10ms);
    }
    BOOST_TEST(o.connected.size() == 6u);
}

// Connections that are kept, and TLS sessions, are for those who have the same idea of TLS.
BOOST_AUTO_TEST_CASE(TL_21_each_idea_of_tls_has_a_connection_of_its_own)
{
    tests::certificate const here = tests::make_certificate("mail.test"), other = tests::make_certificate("ann");
    error_code ec;
    auto const server = tls_context::server_pem(ec, here.chain, here.key);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    SSL_CTX_set_max_proto_version(server.native(), TLS1_2_VERSION);
    static std::size_t presented;
    presented = 0;
    SSL_CTX_set_verify(server.native(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) {
        ++presented;
        return 1;
    });
    auto const trusting = [&](std::string const& authorities) {
        auto c = tls_context::client(ec, {.system = false, .authorities_pem = authorities});
        BOOST_TEST_REQUIRE(!ec, ec.message());
        return c;
    };
    auto const identified = trusting(here.chain), modern = trusting(here.chain);
    // Neither is an option of the library: OpenSSL is told by itself.
    auto const mine = tls_context::server_pem(ec, other.chain, other.key);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    SSL_CTX_use_certificate(identified.native(), SSL_CTX_get0_certificate(mine.native()));
    SSL_CTX_use_PrivateKey(identified.native(), SSL_CTX_get0_privatekey(mine.native()));
    SSL_CTX_set_min_proto_version(modern.native(), TLS1_3_VERSION);
    struct
    {
        char const* name;
        tls_context tls;
        bool agrees;
    } const ideas[] = {{"this authority", trusting(here.chain), true},
                       {"another authority", trusting(other.chain), false},
                       {"both authorities", trusting(here.chain + other.chain), true},
                       {"with a certificate", identified, true},
                       {"TLS 1.3", modern, false}};
    office o;
    o.sim.listen("mail.test", 587, [&](wire& w) { return o.serve(w); }, server);
    std::vector<std::unique_ptr<basic_submission<outkit::detail::simulated_stream>>> all;
    for (auto const& idea : ideas)
    {
        submission_access where = o.access();
        where.server.host = "mail.test";
        where.server.security = security::starttls_required;
        all.push_back(std::make_unique<basic_submission<outkit::detail::simulated_stream>>(
            outkit::detail::simulated_stream(o.sim, idea.name, idea.tls), std::move(where)));
    }
    // In the second round those of the first are there to be mistaken; in the third their sessions are.
    std::map<std::string, std::size_t> mine_is;
    for (int round : {1, 2, 3})
        for (std::size_t i = 0; i != all.size(); ++i)
            BOOST_TEST_CONTEXT("round " << round << ", " << ideas[i].name)
            {
                o.outgoing = std::move(all[i]);
                auto const before = o.connected.size(), shown = presented;
                auto const resumed = SSL_CTX_sess_hits(server.native());
                auto const r = o.send({letter(ideas[i].name)});
                BOOST_TEST(!r.ec == ideas[i].agrees, r.ec.message());
                BOOST_TEST(o.count(ideas[i].name) == (ideas[i].agrees ? std::size_t(round) : 0u));
                bool const makes_one = round != 2 || !ideas[i].agrees;
                BOOST_TEST(o.connected.size() == before + makes_one);
                BOOST_TEST(SSL_CTX_sess_hits(server.native()) == resumed + (round == 3 && ideas[i].agrees));
                BOOST_TEST((presented != shown) == (round == 1 && i == 3));
                if (ideas[i].agrees)
                {
                    std::string const on = o.heard.back().substr(0, o.heard.back().find(' '));
                    BOOST_TEST(
                        (round == 3 || mine_is.emplace(ideas[i].name, std::stoul(on)).first->second == std::stoul(on)));
                }
                if (round == 2)
                {
                    bool gone = false;
                    o.outgoing->async_quit([&](error_code) { gone = true; });
                    while (!gone)
                        o.sim.run(o.sim.now() + 10ms);
                }
                all[i] = std::move(o.outgoing);
            }
    BOOST_TEST(presented != 0u);
}

// --- the end ---

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled)
{
    office o;
    o.answer = [](std::size_t, std::string const& said) {
        return said.starts_with(". ") ? "432 4.3.2 later\r\n" : honest(said);
    };
    o.sim.after(20s, [&] { o.outgoing->cancel(); });
    auto const r = o.send({letter()});
    BOOST_TEST((r.ec == os_error(ECANCELED)), r.ec.message());
    BOOST_TEST((r.deliveries[0].ec == reply_error(432)));
    BOOST_TEST((r.took == 20s));
}

BOOST_AUTO_TEST_CASE(SM_32_limits_like_those_of_Exchange_are_waited_out_and_nothing_is_lost)
{
    static constexpr int writers = 5, each = 20;
    for (bool const refuses : {true, false})
    {
        mock::world w(1);
        auto& home = w.directory.add_tenant(w, {.domains = {"contoso.example"}});
        auto& ann = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "ann@contoso.example"});
        w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "bob@contoso.example"});
        mock::access_claims c;
        c.audience = "https://outlook.office.com";
        c.tenant = home.id;
        c.client_id = "00000000-0000-4000-8000-00000000a001";
        c.person.home_tenant = home.id;
        c.person.object_id = ann.id;
        c.person.login = ann.principal_name;
        c.permissions = {"SMTP.Send"};
        std::string const token = mock::issue_access_token(w.keys, w, c);
        BOOST_TEST(w.policy.service.throttling.smtp_connections == 3u);
        BOOST_TEST(w.policy.service.throttling.messages_per_minute == 30u);
        w.policy.service.throttling.refuse_over_rate = refuses;
        mock::smtp service(w);

        simulator sim(1);
        sim.listen("mail.test", 587, [&](wire& s) { return service.serve(s); }, tests::certified_server());
        struct writer
        {
            std::unique_ptr<basic_submission<outkit::detail::simulated_stream>> outgoing;
            std::vector<delivery> deliveries;
            error_code ec;
            bool done = false;
        };
        std::vector<writer> all(writers);
        std::map<int, std::size_t> refused;
        for (int i = 0; i != writers; ++i)
        {
            writer& me = all[static_cast<std::size_t>(i)];
            submission_access where;
            where.server.host = "mail.test";
            where.user = "ann@contoso.example";
            where.tokens = [&](access_token const*, token_answer bring) { bring({}, access_token(token)); };
            me.outgoing = std::make_unique<basic_submission<outkit::detail::simulated_stream>>(
                outkit::detail::simulated_stream(sim, "writer", tests::trusting_client()), std::move(where));
            // Nothing is offered before the wait for the refusal is over.
            auto const quiet_until = std::make_shared<outkit::detail::time_point>();
            me.outgoing->trace([&, quiet_until](wire::direction d, std::string_view text) {
                if (d == wire::direction::sent && text.starts_with("MAIL"))
                    BOOST_TEST((sim.now() >= *quiet_until));
                int const code = text.starts_with("432 ") ? 432 : text.starts_with("421 ") ? 421 : 0;
                if (d == wire::direction::sent || code == 0)
                    return;
                ++refused[code];
                *quiet_until = sim.now() + (code == 421 ? std::chrono::milliseconds(60s) : 500ms);
            });
            std::vector<mail> mine;
            for (int n = 0; n != each; ++n)
                mine.push_back(letter(std::to_string(i) + '-' + std::to_string(n)));
            me.outgoing->async_send_all(std::move(mine), [&me](error_code ec, std::vector<delivery> d) {
                me.ec = ec;
                me.deliveries = std::move(d);
                me.outgoing->async_quit([&me](error_code) { me.done = true; });
            });
        }
        sim.run();
        std::map<std::string, std::size_t> stored;
        for (auto const& m : w.mailboxes.find("bob@contoso.example")->find(mock::role::inbox)->messages())
        {
            std::string const raw = m->raw();
            auto const at = raw.find("Original-Message-ID: <") + 22;
            ++stored[raw.substr(at, raw.find('@', at) - at)];
        }
        for (writer const& me : all)
        {
            BOOST_TEST(me.done);
            BOOST_TEST(!me.ec, me.ec.message());
            for (delivery const& d : me.deliveries)
                BOOST_TEST(!d.ec, d.ec.message());
        }
        BOOST_TEST(stored.size() == std::size_t(writers * each));
        for (auto const& [id, n] : stored)
            BOOST_TEST(n == 1u, id);
        BOOST_TEST(refused[432] > 0u);
        BOOST_TEST((refused[421] > 0u) == refuses);
        BOOST_TEST_MESSAGE(refused[432] << " times 432, " << refused[421] << " times 421");
    }
}

BOOST_AUTO_TEST_SUITE_END()
