// The client against servers that lie, stall or vanish, in virtual time; and a ledger of what was sent and what arrived.

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/smtp/detail/flows.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace outkit;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

template <class T = void>
using flow = outkit::detail::flow<T>;
using outkit::detail::simulator;
using outkit::detail::wire;

smtp::endpoint somewhere(smtp::security s = smtp::security::starttls_required)
{
    smtp::endpoint e;
    e.host = "mail.test";
    e.security = s;
    return e;
}

struct met
{
    error_code ec;
    std::string diagnostics;
    std::chrono::nanoseconds took{0};
    smtp::stage at = smtp::stage::none;
};

// Runs the flow and says how it ended and when: the server may go on for longer.
flow<> timed(flow<> f, met& m)
{
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    auto const begin = world.now();
    auto const r = co_await outkit::detail::attempt(std::move(f));
    m.took = world.now() - begin;
    m.ec = r.ec;
    m.diagnostics = r.diagnostics;
    co_await outkit::detail::close_connection();
}

flow<> dial(smtp::detail::session& s, smtp::endpoint to) { co_await smtp::detail::connect(s, std::move(to)); }

// Connects to a server of that kind.
met connected(std::function<flow<>(wire&)> server, smtp::endpoint to = somewhere(), outkit::detail::weather sky = {})
{
    simulator sim(1, sky);
    smtp::detail::session s;
    met m;
    sim.listen("mail.test", 587, std::move(server), tests::certified_server());
    auto const r = sim.start("client", timed(dial(s, std::move(to)), m), tests::trusting_client());
    sim.run();
    BOOST_TEST(r->done);
    m.at = s.now;
    return m;
}

// Up to the answer to STARTTLS; then whatever is asked for.
flow<> until_starttls(wire& w)
{
    co_await w.write("220 mail.test\r\n");
    co_await w.read_line();
    co_await w.write("250-mail.test\r\n250 STARTTLS\r\n");
    std::string const line = co_await w.read_line();
    BOOST_TEST(line == "STARTTLS");
    co_await w.write("220 go ahead\r\n");
}

flow<> swallow(wire& w)
{
    w.patience = 24h;
    wire::sink nowhere = [](std::string_view) {};
    co_await w.read_to_end(std::move(nowhere));
}

smtp::mail letter(std::string const& id = "1")
{
    smtp::mail m;
    error_code ec;
    m.envelope.from = *mime::parse_address("adele@woodgrove.example", ec);
    m.envelope.to = {*mime::parse_address("bob@woodgrove.example", ec)};
    m.content = "From: adele@woodgrove.example\r\nMessage-ID: <" + id + "@app.example>\r\n\r\nHi.\r\n";
    return m;
}

// A mock with two people, and a token for the first.
struct office
{
    explicit office(std::uint64_t seed = 1) : w(seed)
    {
        auto& home = w.directory.add_tenant(w, {.domains = {"woodgrove.example"}});
        auto& adele = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "adele@woodgrove.example"});
        w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "bob@woodgrove.example"});
        mock::access_claims c;
        c.audience = "https://outlook.office.com";
        c.tenant = home.id;
        c.client_id = "00000000-0000-4000-8000-00000000a001";
        c.person.home_tenant = home.id;
        c.person.object_id = adele.id;
        c.person.login = adele.principal_name;
        c.permissions = {"SMTP.Send"};
        token = mock::issue_access_token(w.keys, w, c);
    }

    // What has arrived; there is no mailbox before.
    std::vector<std::string> inbox()
    {
        std::vector<std::string> all;
        if (auto* const box = w.mailboxes.find("bob@woodgrove.example"))
            for (auto const& m : box->find(mock::role::inbox)->messages())
                all.push_back(m->raw());
        return all;
    }

    mock::world w;
    mock::smtp service{w};
    std::string token;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_hostile)

BOOST_AUTO_TEST_CASE(ST_04_plaintext_in_place_of_the_handshake)
{
    for (char const* const text : {"250 AUTH LOGIN\r\n", "250-mail.test\r\n250 AUTH XOAUTH2\r\n", "x"})
    {
        auto const r = connected([text](wire& w) -> flow<> {
            co_await until_starttls(w);
            outkit::detail::event never;
            outkit::detail::event::watch nothing(never);
            co_await w.wait(nothing);  // the ClientHello is there
            co_await w.write(text);
            co_await swallow(w);
        });
        // A lone octet might still become a record.
        bool const told =
            text == std::string("x") ? r.ec == outkit::error::timeout : r.ec == condition::protocol_violation;
        BOOST_TEST(told, text << ": " << r.ec.message());
    }
}

BOOST_AUTO_TEST_CASE(ST_07_ST_17_the_server_leaves_after_the_go_ahead)
{
    auto const together = connected([](wire& w) -> flow<> {
        co_await w.write("220 mail.test\r\n");
        co_await w.read_line();
        co_await w.write("250 mail.test\r\n");
        co_await w.read_line();
        co_await w.write("220 go ahead\r\n421 bye\r\n");
        co_await swallow(w);
    });
    BOOST_TEST((together.ec == outkit::error::early_plaintext), together.ec.message());
    enum class end
    {
        fin,
        words,
        rst
    };
    std::string const before_tls = "220 mail.test\r\nEHLO [127.0.0.1]\r\n250-mail.test\r\n250 STARTTLS\r\nSTARTTLS\r\n"
                                   "220 go ahead\r\n";
    for (end const how : {end::fin, end::words, end::rst})
    {
        outkit::detail::weather sky;
        if (how == end::rst)
            sky = {.cut_after = before_tls.size() + 1, .cut_resets = true};
        auto const server = [how](wire& w) -> flow<> {
            co_await until_starttls(w);
            outkit::detail::event never;
            outkit::detail::event::watch nothing(never);
            co_await w.wait(nothing);
            if (how == end::words)
                co_await w.write("421 bye\r\n");
            co_await w.close();
        };
        auto const r = connected(server, somewhere(), sky);
        BOOST_TEST((how == end::words ? r.ec == condition::protocol_violation
                    : how == end::rst ? r.ec == os_error(ECONNRESET)
                                      : r.ec == outkit::error::tls_truncated),
                   int(how) << ": " << r.ec.message());
        BOOST_TEST((r.at == smtp::stage::tls_handshake));
        BOOST_TEST(r.diagnostics.find("bye") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(ST_16_silence_after_the_go_ahead)
{
    auto const r = connected([](wire& w) -> flow<> {
        co_await until_starttls(w);
        co_await swallow(w);
    });
    BOOST_TEST((r.ec == outkit::error::timeout), r.ec.message());
    BOOST_TEST((r.took >= 15s && r.took < 16s));
}

BOOST_AUTO_TEST_CASE(SM_01_no_greeting)
{
    auto const r = connected([](wire& w) -> flow<> { co_await swallow(w); });
    BOOST_TEST((r.ec == outkit::error::timeout), r.ec.message());
    BOOST_TEST((r.took >= 30s && r.took < 31s));
    auto const dripping = connected([](wire& w) -> flow<> {
        for (;;)
        {
            co_await w.write("2");
            co_await outkit::detail::sleep_for(1s);
        }
    });
    BOOST_TEST((dripping.ec == outkit::error::timeout || dripping.ec == condition::protocol_violation));
    BOOST_TEST((dripping.took < 32s));
}

BOOST_AUTO_TEST_CASE(ST_24_the_wrong_mode_for_the_port)
{
    auto const plain_server = [](wire& w) -> flow<> {
        co_await w.write("220 mail.test\r\n");
        co_await swallow(w);
    };
    auto const tls_server = [](wire& w) -> flow<> {
        co_await w.start_tls();
        co_await swallow(w);
    };
    auto const implicit = connected(plain_server, somewhere(smtp::security::implicit_tls));
    BOOST_TEST(!!implicit.ec);
    auto const starttls = connected(tls_server);
    BOOST_TEST((starttls.ec == outkit::error::timeout), starttls.ec.message());
}

BOOST_AUTO_TEST_CASE(ST_15_certificates_that_are_not_to_be_believed)
{
    for (tests::unbelievable const& c : tests::unbelievable_servers())
    {
        std::size_t connections = 0, lines = 0;
        auto const server = [&](wire& w) -> flow<> {
            ++connections;
            co_await until_starttls(w);
            co_await w.start_tls();
            co_await w.read_line();
            ++lines;
        };
        simulator sim(1);
        smtp::detail::session s;
        sim.listen("mail.test", 587, server, c.server);
        auto const r = sim.start("client", smtp::detail::connect(s, somewhere()), c.client);
        sim.run();
        BOOST_TEST(r->done);
        BOOST_TEST((r->ec == condition::untrusted_peer), r->ec.message());
        BOOST_TEST(connections == 1u);
        BOOST_TEST(lines == 0u);
    }
}

BOOST_AUTO_TEST_CASE(TL_14_an_end_inside_a_reply_without_close_notify_is_a_truncation)
{
    auto const r = connected(
        [](wire& w) -> flow<> {
            co_await w.start_tls();
            co_await w.write("220-mail.test\r\n220 re");
        },
        somewhere(smtp::security::implicit_tls));
    BOOST_TEST((r.ec == outkit::error::tls_truncated), r.ec.message());
}

BOOST_AUTO_TEST_CASE(SL_07_SM_08_silence_or_an_end_in_the_middle)
{
    enum class then
    {
        silence_at_auth,
        silence,  // the last three after the final dot
        close_notify,
        truncation
    };
    for (then const what : {then::silence_at_auth, then::silence, then::close_notify, then::truncation})
    {
        bool const at_auth = what == then::silence_at_auth;
        simulator sim(1);
        smtp::detail::session s;
        auto const now = std::make_shared<smtp::detail::progress>();
        auto const server = [at_auth, what](wire& w) -> flow<> {
            w.max_line = 20'000;
            co_await w.write("220 mail.test\r\n");
            co_await w.read_line();
            co_await w.write("250-mail.test\r\n250 AUTH XOAUTH2\r\n");
            co_await w.read_line();
            std::string reply = "334 " + outkit::detail::base64_encode("{\"status\":\"401\"}") + "\r\n";
            if (!at_auth)
                reply = "235 ok\r\n";
            co_await w.write(std::move(reply));
            while (!at_auth)
            {
                std::string const line = co_await w.read_line();
                if (line == ".")
                    break;
                if (line == "DATA")
                    co_await w.write("354 go\r\n");
                else if (line.starts_with("MAIL") || line.starts_with("RCPT"))
                    co_await w.write("250 ok\r\n");
            }
            if (what == then::close_notify)
                co_await w.close();
            if (what == then::close_notify || what == then::truncation)
                co_return;
            co_await swallow(w);
        };
        auto const client = [&]() -> flow<> {
            co_await smtp::detail::connect(s, somewhere(smtp::security::implicit_tls));
            access_token t("short");
            co_await smtp::detail::authenticate(s, "a@b.example", std::move(t));
            std::vector<smtp::mail> one{letter()};
            co_await smtp::detail::send_all(s, std::move(one), now);
        };
        met m;
        auto const over_tls = [&](wire& w) -> flow<> {
            co_await w.start_tls();
            co_await server(w);
        };
        sim.listen("mail.test", 587, over_tls, tests::certified_server());
        auto const r = sim.start("client", timed(client(), m), tests::trusting_client());
        sim.run();
        BOOST_TEST(r->done);
        if (at_auth)
        {
            BOOST_TEST((m.ec == outkit::error::timeout), m.ec.message());
            BOOST_TEST((m.took >= 5min && m.took < 6min));
        }
        else
        {
            BOOST_TEST((m.ec == smtp::error::outcome_unknown), m.ec.message());
            BOOST_TEST(m.diagnostics.find("<1@app.example>") != std::string::npos);
            bool const waits = what == then::silence;
            BOOST_TEST((waits ? m.took >= 10min && m.took < 11min : m.took < 1min));
            BOOST_TEST(
                m.diagnostics.starts_with(make_error_code(waits                      ? outkit::error::timeout
                                                          : what == then::truncation ? outkit::error::tls_truncated
                                                                                     : outkit::error::connection_closed)
                                              .message()),
                m.diagnostics);
        }
    }
}

// The mock has had half of the message when its source fails.
BOOST_AUTO_TEST_CASE(SM_24_a_source_fails_in_the_middle_and_nothing_is_delivered)
{
    for (smtp::transfer const how : {smtp::transfer::data, smtp::transfer::chunks})
        for (bool const fails : {true, false})
        {
            office o;
            std::string text = letter().content;
            while (text.size() < 200'000)
                text += "A line of the message.\r\n";
            smtp::mail m = letter();
            m.transfer = how;
            m.source.octets = text.size();
            m.source.read = [&, at = std::size_t(0)](char* into, std::size_t most, error_code& ec) mutable {
                if (fails && at >= text.size() / 2)
                    ec = os_error(EIO);
                std::size_t const n = std::string_view(text).substr(at).copy(into, std::min<std::size_t>(most, 10'000));
                at += n;
                return n;
            };
            smtp::detail::session s;
            auto const now = std::make_shared<smtp::detail::progress>();
            met result;
            simulator sim(1);
            sim.listen("mail.test", 587, [&](wire& w) { return o.service.serve(w); }, tests::certified_server());
            auto const client = [&](smtp::mail one) -> flow<> {
                co_await smtp::detail::connect(s, somewhere());
                access_token t(o.token);
                co_await smtp::detail::authenticate(s, "adele@woodgrove.example", std::move(t));
                std::vector<smtp::mail> all{std::move(one)};
                co_await smtp::detail::send_all(s, std::move(all), now);
            };
            auto const r = sim.start("client", timed(client(std::move(m)), result), tests::trusting_client());
            sim.run();
            BOOST_TEST(r->done);
            BOOST_TEST((result.ec == (fails ? os_error(EIO) : error_code())), result.ec.message());
            auto const inbox = o.inbox();
            BOOST_TEST(inbox.size() == (fails ? 0u : 1u));
            if (!fails)
                BOOST_TEST((inbox.front().ends_with(text.substr(text.find("\r\n\r\n")))));
        }
}

// Resets at random, a client that sends again what has not been acknowledged and is not in doubt. Whatever the seed:
// acknowledged is stored; and a message is stored more often than acknowledged only if it was in doubt.
BOOST_AUTO_TEST_CASE(SM_30_a_ledger_of_ten_thousand_mailings)
{
    constexpr int mailings = 400;  // for each seed; the mock keeps 1,000 messages in all mailboxes
    std::size_t in_doubt = 0, resent = 0;
    for (std::uint64_t seed = 1; seed <= 25; ++seed)
    {
        office o(seed);
        mock::world& w = o.w;
        w.policy.service.throttling.messages_per_minute = 1'000'000;
        mock::smtp& service = o.service;
        std::string const& token = o.token;

        std::multiset<std::string> acknowledged;
        std::set<std::string> doubtful;
        auto const client = [&]() -> flow<> {
            std::vector<std::string> left;
            for (int i = 0; i != mailings; ++i)
                left.push_back(std::to_string(i));
            for (int attempts = 0; !left.empty() && attempts != 2'000; ++attempts)
            {
                smtp::detail::session s;
                auto const now = std::make_shared<smtp::detail::progress>();
                auto const session = [&]() -> flow<> {
                    co_await smtp::detail::connect(s, somewhere());
                    access_token t(token);
                    co_await smtp::detail::authenticate(s, "adele@woodgrove.example", std::move(t));
                    std::vector<smtp::mail> mails;
                    for (auto const& id : left)
                        mails.push_back(letter(id));
                    co_await smtp::detail::send_all(s, std::move(mails), now);
                    co_await smtp::detail::quit(s);
                };
                auto const r = co_await outkit::detail::attempt(session());
                std::vector<std::string> again;
                for (std::size_t i = 0; i != left.size(); ++i)
                {
                    error_code ec = smtp::error::not_sent;
                    if (i < now->deliveries.size())
                        ec = now->deliveries[i].ec;
                    if (!ec)
                        acknowledged.insert(left[i]);
                    else if (ec == smtp::error::outcome_unknown)
                    {
                        doubtful.insert(left[i]);
                        again.push_back(left[i]);
                    }
                    else
                        again.push_back(left[i]);
                }
                resent += r.ec && !again.empty();
                left = std::move(again);
            }
            BOOST_TEST(left.empty());
        };
        simulator sim(seed, {.least_latency = 5ms, .most_latency = 60ms, .largest_piece = 700, .reset_every = 2s});
        sim.listen("mail.test", 587, [&](wire& s) { return service.serve(s); }, tests::certified_server());
        auto const r = sim.start("client", client(), tests::trusting_client());
        sim.after(1h, [&sim] { sim.sky.reset_every = 0s; });
        sim.run();
        std::multiset<std::string> stored;
        for (std::string const& raw : o.inbox())
        {
            auto const at = raw.find("Original-Message-ID: <") + 22;
            stored.insert(raw.substr(at, raw.find('@', at) - at));
        }
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            BOOST_TEST((r->done && !r->ec), r->ec.message());
            for (int i = 0; i != mailings; ++i)
            {
                std::string const id = std::to_string(i);
                BOOST_TEST(acknowledged.count(id) == 1u);
                BOOST_TEST(stored.count(id) >= 1u);
                BOOST_TEST((stored.count(id) == 1u || doubtful.contains(id)));
            }
        }
        in_doubt += doubtful.size();
    }
    BOOST_TEST(resent > 0u);
    BOOST_TEST(in_doubt > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
