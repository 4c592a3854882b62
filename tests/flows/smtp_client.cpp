#include <outkit/detail/encoding.hpp>
#include <outkit/detail/simulate.hpp>
#include <outkit/sasl/challenge.hpp>
#include <outkit/sasl/error.hpp>
#include <outkit/smtp/detail/flows.hpp>

#include "hostile_texts.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::smtp;
using namespace std::string_literals;
using outkit::detail::how;
using outkit::detail::played;
using smtp::detail::session;

namespace {

template <class T = void>
using flow = outkit::detail::flow<T>;

// Plays a flow against a server that keeps to its turn: what it says next can be read when something has been written
// since. (outkit::detail::play gives everything at once, which a client takes for replies that come too early.)
// What is written can be counted instead of kept.
struct tally
{
    std::uint64_t written = 0;
    std::size_t largest = 0;  // offered to the stream at once
};
template <class T>
played<T> converse(flow<T> f, std::vector<std::string> const& turns, how h = {}, tally* count = nullptr,
                   bool connected = false)
{
    using kind = outkit::detail::io_request::kind;
    outkit::detail::simulator world;
    outkit::detail::flow_state st;
    st.world = &world;
    f.start(st);
    played<T> out;
    std::size_t turn = 0;
    std::string_view left = turns.empty() ? std::string_view() : turns[0];
    bool spoken = false;
    std::size_t heard = 0;
    outkit::detail::io_result r;
    for (;;)
    {
        auto const& rq = outkit::detail::resume(st, std::move(r));
        r = {};
        if (rq.what == kind::none)
            break;
        if (++out.steps == h.fail_at && (h.cancel || rq.what != kind::close))  // which never fails
        {
            if (h.cancel)
            {
                st.ec = os_error(ECANCELED);
                break;
            }
            r.ec = os_error(ECONNRESET);
            connected = false;
            continue;
        }
        switch (rq.what)
        {
        case kind::connect:
            out.connected.push_back(std::string(rq.host) + ':' + std::to_string(rq.port));
            connected = true;
            break;
        case kind::tls_handshake: out.connected.push_back("tls " + std::string(rq.host)); break;
        case kind::close:
            out.connected.push_back("close");
            connected = false;
            break;
        case kind::write:
            r.n = std::min(h.piece, rq.output.size());
            if (count)
            {
                count->written += r.n;
                count->largest = std::max(count->largest, rq.output.size());
            }
            else
                out.written.append(rq.output.data(), r.n);
            spoken = true;
            break;
        case kind::read:
            if (!connected)
                r.ec = outkit::error::not_connected;
            else
            {
                if (left.empty() && spoken && turn + 1 < turns.size())
                {
                    left = turns[++turn];
                    spoken = false;
                }
                r.n = std::min({h.piece, rq.max, left.size()});
                if (heard < h.split)
                    r.n = std::min(r.n, h.split - heard);
                if (left.empty())
                    r.ec = h.after;
                heard += r.n;
                rq.input->append(left.substr(0, r.n));
                left.remove_prefix(r.n);
            }
            break;
        default: break;
        }
    }
    out.ec = st.ec;
    out.diagnostics = st.diagnostics;
    out.done = true;
    if constexpr (!std::is_void_v<T>)
        if (!st.ec)
            out.value = f.take();
    return out;
}

mime::address address(std::string_view text, bool utf8 = false)
{
    error_code ec;
    auto a = mime::parse_address(text, ec, utf8);
    BOOST_TEST_REQUIRE(a.has_value(), text << ": " << ec.message());
    return *a;
}

std::string const greeting = "220 mx.test ESMTP\r\n";
std::string const plain_ehlo = "250-mx.test\r\n250-STARTTLS\r\n250 AUTH XOAUTH2\r\n";
std::string const ehlo = "250-mx.test\r\n250-SIZE 1000\r\n250-PIPELINING\r\n250-DSN\r\n250-AUTH LOGIN XOAUTH2\r\n"
                         "250-8BITMIME\r\n250 SMTPUTF8\r\n";
std::string const poor_ehlo = "250 mx.test\r\n";
std::string const short_token = "tok-1";
std::string const long_token = std::string(1'500, 'x');

endpoint to(security s, std::string host = "mx.test")
{
    endpoint e;
    e.host = std::move(host);
    e.security = s;
    return e;
}
endpoint const loopback = to(security::plaintext_loopback, "127.0.0.1");

mail message(std::string content = "Message-ID: <1@x.example>\r\n\r\nhello\r\n",
             std::vector<char const*> recipients = {"bob@x.example"}, recipients_policy p = recipients_policy::all)
{
    mail m;
    m.envelope.from = address("ann@x.example");
    for (char const* const r : recipients)
        m.envelope.to.push_back(address(r));
    m.envelope.policy = p;
    m.content = std::move(content);
    return m;
}

// A session, what it does, and what became of its mailing; each play needs fresh ones.
struct sending
{
    session s;
    std::shared_ptr<smtp::detail::progress> now = std::make_shared<smtp::detail::progress>();

    flow<> run(std::vector<mail> messages)
    {
        co_await smtp::detail::connect(s, loopback);
        co_await smtp::detail::send_all(s, std::move(messages), now);
    }
    flow<> run_and_quit(std::vector<mail> messages)
    {
        co_await run(std::move(messages));
        co_await smtp::detail::quit(s);
    }
    delivery const& first() const { return now->deliveries.front(); }
};

using turns = std::vector<std::string>;

turns operator+(turns a, turns const& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// Mails, and says what came of it. `replies` are the turns after EHLO's.
struct outcome : played<void>
{
    outcome(std::vector<mail> messages, turns const& replies, std::string const& offers = ehlo, how h = {})
    {
        sending a;
        played<void>& base = *this;
        base = converse(a.run(std::move(messages)), turns{greeting, offers} + replies, h);
        deliveries = a.now->deliveries;
        refusal = a.now->refusal;
        doubtful = a.now->doubtful();
        server_said = *a.s.server_said;
        at = a.s.now;
        written.erase(0, std::min(written.size(), std::size_t(18)));  // EHLO
    }
    std::vector<delivery> deliveries;
    error_code refusal;
    bool doubtful = false;
    std::string server_said;
    stage at = stage::none;

    delivery const& first() const { return deliveries.front(); }
};

flow<> sign_in(session& s, std::string token)
{
    co_await smtp::detail::connect(s, loopback);
    access_token t(std::move(token));
    co_await smtp::detail::authenticate(s, "ann@x.example", std::move(t));
}

played<void> signed_in(turns const& replies, std::string const& token = short_token, std::string const& offers = ehlo,
                       how h = {})
{
    session s;
    return converse(sign_in(s, token), turns{greeting, offers} + replies, h);
}

std::string encoded(std::string_view token, std::string_view user = "ann@x.example")
{
    sasl::error e{};
    return sasl::encode_xoauth2(user, token, sasl::confidential::promised_by_caller(), e).value();
}

played<extensions> starttls(turns const& replies, how h = {})
{
    session s;
    return converse(smtp::detail::connect(s, to(security::starttls_required)), replies, h);
}

// With pieces of 1, 2, 7 and 4096 octets.
template <class F>
void in_all_pieces(F f)
{
    for (std::size_t const piece : {1u, 2u, 7u, 4096u})
        BOOST_TEST_CONTEXT("pieces of " << piece)
    f(how{.piece = piece});
}

std::string const hello = "EHLO [127.0.0.1]\r\n";

std::string const accepted = "250 2.1.0 Sender OK\r\n250 2.1.5 Recipient OK\r\n354 Start mail input\r\n";
std::string const taken = "250 2.0.0 OK <AM0PR06MB1234AABBCCDDEEFF00112233@AM0PR06MB1234.eurprd06.prod.outlook.com> "
                          "[Hostname=AM0PR06MB1234.eurprd06.prod.outlook.com]\r\n";
std::string const envelope_of_one = "MAIL FROM:<ann@x.example> SIZE=36\r\nRCPT TO:<bob@x.example>\r\nDATA\r\n";
std::string const body_of_one = "Message-ID: <1@x.example>\r\n\r\nhello\r\n.\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_client)

BOOST_AUTO_TEST_CASE(starttls_asks_again_and_forgets_what_was_said_before)
{
    in_all_pieces([](how h) {
        auto const r = starttls({greeting, plain_ehlo, "220 go ahead\r\n", ehlo}, h);
        BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
        BOOST_TEST(r.written == hello + "STARTTLS\r\n" + hello);
        BOOST_TEST((r.connected == std::vector<std::string>{"mx.test:587", "tls mx.test"}));
        BOOST_TEST(r.value->has("PIPELINING"));
        BOOST_TEST(!r.value->has("STARTTLS"));
    });
}

BOOST_AUTO_TEST_CASE(implicit_tls_shakes_hands_first)
{
    session s;
    auto const r = converse(smtp::detail::connect(s, to(security::implicit_tls)), {greeting, ehlo});
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST((r.connected == std::vector<std::string>{"mx.test:587", "tls mx.test"}));
    BOOST_TEST(r.written == hello);
}

BOOST_AUTO_TEST_CASE(SM_31_plaintext_stays_on_this_machine)
{
    for (char const* const host : {"mx.test", "192.0.2.1", "127.0.0.1.example", "::ffff:127.0.0.1"})
    {
        session s;
        auto const r = converse(smtp::detail::connect(s, to(security::plaintext_loopback, host)), {greeting, ehlo});
        BOOST_TEST((r.ec == outkit::error::tls_required));
        BOOST_TEST(r.connected.empty());
    }
    session s;
    auto const r = converse(smtp::detail::connect(s, loopback), {greeting, ehlo});
    BOOST_TEST(!r.ec);
    BOOST_TEST((r.connected == std::vector<std::string>{"127.0.0.1:587"}));
}

BOOST_AUTO_TEST_CASE(SM_11_the_client_name_is_a_name)
{
    for (char const* const name : {"", "x y", "x\r\nMAIL FROM:<a@b>", "[1.2.3]"})
    {
        session s;
        endpoint e = loopback;
        e.client_name = name;
        auto const r = converse(smtp::detail::connect(s, e), {greeting, ehlo});
        BOOST_TEST((r.ec == smtp::error::invalid_client_name));
        BOOST_TEST(r.connected.empty());
    }
}

BOOST_AUTO_TEST_CASE(SM_01_greetings)
{
    auto const greeted = [](std::string const& text) {
        session s;
        return converse(smtp::detail::connect(s, loopback), {text, ehlo});
    };
    for (char const* const good : {"220 x\r\n", "220\r\n", "220 \r\n", "220-x\r\n220-y\r\n220 z\r\n"})
        BOOST_TEST(!greeted(good).ec, good);
    BOOST_TEST((greeted("554 5.7.1 go away\r\n").ec == smtp::error::transaction_failed));
    BOOST_TEST((greeted("421 4.3.2 busy\r\n").ec == smtp::error::service_closing));
    for (char const* const bad : {"250 x\r\n", "354 x\r\n", "HTTP/1.1 400 Bad Request\r\n", "22\r\n", "abc\r\n", "\r\n",
                                  "* OK ready\r\n", "220_x\r\n", "221 x\r\n"})
        BOOST_TEST((greeted(bad).ec == smtp::error::malformed_greeting), bad);
    BOOST_TEST((greeted("220 x\n").ec == outkit::error::bare_line_feed));
    BOOST_TEST((greeted(std::string(20'000, 'x')).ec == condition::limit_exceeded));
    std::string many;
    for (int i = 0; i != 1'000; ++i)
        many += "220-x\r\n";
    BOOST_TEST((greeted(many).ec == smtp::error::too_many_reply_lines));
    BOOST_TEST((greeted("").ec == outkit::error::connection_closed));
}

BOOST_AUTO_TEST_CASE(SM_02_servers_without_ehlo)
{
    auto const answered = [](std::string const& text) {
        session s;
        return converse(smtp::detail::connect(s, loopback), {greeting, text});
    };
    for (char const* const no : {"500 what\r\n", "502 no\r\n", "504 no\r\n"})
    {
        auto const r = answered(no);
        BOOST_TEST((r.ec == smtp::error::extensions_not_offered), no);
        BOOST_TEST(r.written == hello);  // no HELO
    }
    BOOST_TEST((answered("421 4.4.2 bye\r\n").ec == smtp::error::service_closing));
    for (char const* const odd : {"221 bye\r\n", "354 go\r\n", "220 x\r\n"})
        BOOST_TEST((answered(odd).ec == smtp::error::unexpected_reply), odd);
    BOOST_TEST(!answered("250\r\n").ec);
}

BOOST_AUTO_TEST_CASE(ST_02_starttls_is_answered_oddly)
{
    for (char const* const odd :
         {"454 4.7.0 TLS not available\r\n", "500 what\r\n", "501 no\r\n", "530 5.7.0 no\r\n", "221 bye\r\n",
          "354 go\r\n", "250 fine\r\n", "421 bye\r\n", "\r\n", "+ go\r\n", "garbage\r\n", "220x\r\n", "220 x\n"})
        in_all_pieces([&](how h) {
            auto const r = starttls({greeting, plain_ehlo, odd}, h);
            BOOST_TEST((r.ec == outkit::error::tls_required), odd << " gave " << r.ec.message());
            BOOST_TEST(r.diagnostics == "", odd);
            BOOST_TEST((r.connected == std::vector<std::string>{"mx.test:587"}));
            BOOST_TEST(r.written == hello + "STARTTLS\r\n");
        });
}

BOOST_AUTO_TEST_CASE(ST_01_starttls_is_tried_though_not_offered)
{
    auto const r = starttls({greeting, "250-mx.test\r\n250 AUTH XOAUTH2\r\n", "220 ok\r\n", ehlo});
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(r.written == hello + "STARTTLS\r\n" + hello);
}

BOOST_AUTO_TEST_CASE(ST_18_ehlo_is_dropped_before_tls)
{
    for (char const* const no : {"500 what\r\n", "502 no\r\n", "421 no\r\n", "221 x\r\n", "what\r\n"})
    {
        auto const r = starttls({greeting, no});
        BOOST_TEST((r.ec == outkit::error::tls_required), no);
        BOOST_TEST(r.written == hello);
    }
}

BOOST_AUTO_TEST_CASE(ST_03_text_is_injected_after_the_go_ahead)
{
    for (char const* const injected : {"250 AUTH LOGIN\r\n", "x", "\r\n", "250-mx.test\r\n250 AUTH XOAUTH2\r\n"})
    {
        auto const r = starttls({greeting, plain_ehlo, "220 ok\r\n"s + injected, ehlo});
        BOOST_TEST((r.ec == outkit::error::early_plaintext), injected);
        BOOST_TEST((r.ec == condition::protocol_violation));
        BOOST_TEST((r.connected == std::vector<std::string>{"mx.test:587"}));  // no handshake
    }
}

BOOST_AUTO_TEST_CASE(ST_08_the_go_ahead_comes_before_it_was_asked_for)
{
    auto const r = starttls({greeting, plain_ehlo + "220 ok\r\n", ehlo});
    BOOST_TEST((r.ec == outkit::error::tls_required));
    BOOST_TEST(r.written == hello);
}

BOOST_AUTO_TEST_CASE(ST_10_ST_11_SL_05_what_was_offered_before_tls_is_not_used)
{
    session s;
    auto const both = [](session& in) -> flow<> {
        co_await smtp::detail::connect(in, to(security::starttls_required));
        access_token t(short_token);
        co_await smtp::detail::authenticate(in, "ann@x.example", std::move(t));
    };
    auto const r = converse(both(s), {greeting, plain_ehlo, "220 ok\r\n", poor_ehlo});
    BOOST_TEST((r.ec == smtp::error::xoauth2_not_offered), r.ec.message());
    BOOST_TEST(r.written == hello + "STARTTLS\r\n" + hello);
    BOOST_TEST(!s.offered.has("AUTH"));
    BOOST_TEST(!s.offered.has("STARTTLS"));
}

BOOST_AUTO_TEST_CASE(ST_12_starttls_offered_again_is_not_used)
{
    auto const r = starttls({greeting, plain_ehlo, "220 ok\r\n", "250-mx.test\r\n250 STARTTLS\r\n"});
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(r.written == hello + "STARTTLS\r\n" + hello);
}

BOOST_AUTO_TEST_CASE(ST_14_words_from_before_tls_are_not_repeated)
{
    for (auto const& script : {turns{"554 call +1-555-0100 to unblock\r\n"}, turns{greeting, "500 call us\r\n"},
                               turns{greeting, plain_ehlo, "454 call us\r\n"}})
    {
        auto const r = starttls(script);
        BOOST_TEST(!!r.ec);
        BOOST_TEST(r.diagnostics == "");
    }
}

BOOST_AUTO_TEST_CASE(ST_19_starttls_in_pieces_and_with_too_much)
{
    in_all_pieces([](how h) { BOOST_TEST(!starttls({greeting, plain_ehlo, "220-a\r\n220 b\r\n", ehlo}, h).ec); });
    BOOST_TEST((starttls({greeting, plain_ehlo, std::string(100'000, ' ')}).ec == condition::limit_exceeded));
    std::string many;
    for (int i = 0; i != 1'000; ++i)
        many += "220-x\r\n";
    BOOST_TEST((starttls({greeting, plain_ehlo, many}).ec == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(ST_20_nothing_follows_starttls_before_the_handshake)
{
    auto const r = starttls({greeting, plain_ehlo, "220 ok\r\n"});
    BOOST_TEST(r.written == hello + "STARTTLS\r\n" + hello);
    session s;
    std::vector<std::string> traced;
    s.w.trace = [&](outkit::detail::wire::direction d, std::string_view text) {
        if (d == outkit::detail::wire::direction::sent)
            traced.emplace_back(text);
    };
    converse(smtp::detail::connect(s, to(security::starttls_required)), {greeting, plain_ehlo, "220 ok\r\n", ehlo});
    BOOST_TEST((traced == std::vector<std::string>{hello, "STARTTLS\r\n", hello}));
}

// The dialogue of Microsoft Learn, "Authenticate an IMAP, POP or SMTP connection using OAuth".
BOOST_AUTO_TEST_CASE(a_long_token_waits_for_the_challenge)
{
    in_all_pieces([](how h) {
        auto const r = signed_in({"334 \r\n", "235 2.7.0 Authentication successful\r\n"}, long_token, ehlo, h);
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(r.written == hello + "AUTH XOAUTH2\r\n" + encoded(long_token) + "\r\n");
    });
}

BOOST_AUTO_TEST_CASE(a_short_token_goes_with_the_command)
{
    in_all_pieces([](how h) {
        auto const r = signed_in({"235 2.7.0 Authentication successful\r\n"}, short_token, ehlo, h);
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(r.written == hello + "AUTH XOAUTH2 " + encoded(short_token) + "\r\n");
    });
}

BOOST_AUTO_TEST_CASE(SL_13_tokens_by_length)
{
    for (std::size_t const n : {200u, 2'000u, 9'000u})
    {
        auto const r = signed_in(n > 300 ? turns{"334 \r\n", "235 ok\r\n"} : turns{"235 ok\r\n"}, std::string(n, 'x'));
        BOOST_TEST(!r.ec, n << ": " << r.ec.message());
        for (std::size_t at = 0; at < r.written.size();)
        {
            auto const end = r.written.find("\r\n", at) + 2;
            bool const is_command = r.written.substr(at, 4) == "AUTH" || r.written.substr(at, 4) == "EHLO";
            BOOST_TEST((!is_command || end - at <= 512u));
            BOOST_TEST(end - at <= 12'290u);
            at = end;
        }
    }
    auto const r = signed_in({"334 \r\n", "235 ok\r\n"}, std::string(12'000, 'x'));
    BOOST_TEST((r.ec == sasl::error::response_too_long));
    BOOST_TEST((r.ec == condition::limit_exceeded));
    BOOST_TEST(r.written == hello);
}

BOOST_AUTO_TEST_CASE(the_initial_response_fits_exactly)
{
    // "AUTH XOAUTH2 " + base64 + CRLF <= 512: at most 496 characters for 372 octets.
    std::size_t const most = 372 - (5 + 13 + 13 + 2);
    BOOST_TEST(signed_in({"235 ok\r\n"}, std::string(most, 'x')).written.size() == hello.size() + 13 + 496 + 2);
    BOOST_TEST(signed_in({"235 ok\r\n"}, std::string(most + 1, 'x')).written == hello + "AUTH XOAUTH2\r\n");
}

// Texts as documented and observed: exchange transcripts in simonrob/email-oauth2-proxy#193, tarickb/sasl-xoauth2#43
// and #110, jstedfast/MailKit#1126.
BOOST_AUTO_TEST_CASE(SL_16_a_refused_token_with_the_words_of_exchange)
{
    struct
    {
        char const* text;
        int code;
        condition meaning;
    } const rows[] = {
        {"535 5.7.3 Authentication unsuccessful [SN2PR00CA0018.namprd00.prod.outlook.com]", 535,
         condition::authentication_failed},
        {"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
         "https://aka.ms/smtp_auth_disabled for more information. [AM0PR06CA0126.eurprd06.prod.outlook.com "
         "2024-02-14T14:50:26.590Z 08DC2D372B4C3DED]",
         535, condition::authentication_failed},
        {"454 4.7.0 Temporary authentication failure", 454, condition::transient},
        {"451 4.7.0 Temporary server error. Please try again later. PRX2", 451, condition::transient},
        {"501 5.5.124 Invalid XOAUTH2 auth data", 501, condition()},
        {"504 5.7.4 Unrecognized authentication type [x]", 504, condition()},
        {"421 4.3.2 closing", 421, condition::transient},
    };
    for (auto const& row : rows)
        for (bool const two_steps : {false, true})
        {
            std::string const reply = row.text + "\r\n"s;
            auto const r = two_steps ? signed_in({"334 \r\n", reply}, long_token) : signed_in({reply});
            BOOST_TEST((r.ec == reply_error(row.code)), row.text << " gave " << r.ec.message());
            if (row.meaning != condition())
                BOOST_TEST((r.ec == row.meaning));
            BOOST_TEST(r.diagnostics == std::string(row.text).substr(4));
        }
}

BOOST_AUTO_TEST_CASE(SL_04_other_mechanisms_only)
{
    for (char const* const offers :
         {"250-mx.test\r\n250 AUTH PLAIN LOGIN\r\n", "250 mx.test\r\n", "250-mx.test\r\n250 AUTH\r\n"})
    {
        auto const r = signed_in({"235 ok\r\n"}, short_token, offers);
        BOOST_TEST((r.ec == smtp::error::xoauth2_not_offered));
        BOOST_TEST(r.written == hello);
    }
}

BOOST_AUTO_TEST_CASE(SL_01_hostile_tokens_are_not_sent)
{
    for (char const* const bad : {"a b", "a\r\nQUIT", "a\1b", ""})
    {
        auto const r = signed_in({"235 ok\r\n"}, bad);
        BOOST_TEST((r.ec == condition::invalid_argument));
        BOOST_TEST(r.written == hello);
    }
}

BOOST_AUTO_TEST_CASE(SL_06_an_error_challenge_is_answered_once)
{
    std::string const challenge = sasl::encode_challenge({"400", "Bearer", "https://outlook.office.com/\r\nx"});
    auto const r = signed_in({"334 " + challenge + "\r\n", "535 5.7.3 Authentication unsuccessful\r\n"});
    BOOST_TEST((r.ec == reply_error(535)));
    BOOST_TEST(r.written == hello + "AUTH XOAUTH2 " + encoded(short_token) + "\r\n\r\n");
    BOOST_TEST(r.diagnostics == "5.7.3 Authentication unsuccessful; status 400; scope https://outlook.office.com/??x");
}

BOOST_AUTO_TEST_CASE(SL_07_after_an_error_challenge)
{
    std::string const challenge = "334 " + sasl::encode_challenge({"401", "", ""}) + "\r\n";
    BOOST_TEST((signed_in({challenge}).ec == outkit::error::connection_closed));
    BOOST_TEST((signed_in({challenge, "235 ok\r\n"}).ec == smtp::error::completed_without_credentials));
    BOOST_TEST((signed_in({"235 ok\r\n"}, long_token).ec == smtp::error::completed_without_credentials));
    BOOST_TEST((make_error_code(smtp::error::completed_without_credentials) == condition::protocol_violation));
}

BOOST_AUTO_TEST_CASE(SL_08_challenges_that_are_not_base64_are_cancelled)
{
    for (char const* const bad : {"=", "====", "e30", "e3 0=", "e30==", "go ahead"})
    {
        std::string const challenge = "334 "s + bad + "\r\n";
        auto const r = signed_in({challenge});
        BOOST_TEST((r.ec == sasl::error::not_base64), bad);
        BOOST_TEST((r.ec == condition::protocol_violation));
        BOOST_TEST(r.written.ends_with("\r\n*\r\n"), bad);
        // before the credentials have been sent: they never are
        BOOST_TEST(signed_in({challenge}, long_token).written == hello + "AUTH XOAUTH2\r\n*\r\n", bad);
    }
    BOOST_TEST((signed_in({"334 " + std::string(1 << 20, 'A') + "\r\n"}).ec == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(SL_09_a_challenge_with_a_token_in_it_is_not_shown)
{
    std::string const fake = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6Im1vY2sifQ.e30.x";
    auto const r =
        signed_in({"334 " + sasl::encode_challenge({fake, "", fake}) + "\r\n", "535 5.7.3 " + fake + "\r\n"});
    BOOST_TEST((r.ec == reply_error(535)));
    BOOST_TEST(r.diagnostics.find("eyJ0") == std::string::npos, r.diagnostics);
    auto const deep = outkit::detail::base64_encode(std::string(5'000, '['));
    BOOST_TEST((signed_in({"334 " + deep + "\r\n", "535 5.7.3 no\r\n"}).ec == reply_error(535)));
}

BOOST_AUTO_TEST_CASE(SL_10_endless_challenges)
{
    for (auto const& token : {short_token, long_token})
    {
        auto const r = signed_in(turns(50, "334 \r\n"), token);
        BOOST_TEST((r.ec == smtp::error::too_many_challenges));
        auto const after_hello = r.written.substr(hello.size());
        BOOST_TEST(std::count(after_hello.begin(), after_hello.end(), '\n') <= 3);
    }
}

BOOST_AUTO_TEST_CASE(the_trace_does_not_show_the_token)
{
    for (auto const& [token, replies] :
         {std::pair(short_token, turns{"235 ok\r\n"}), std::pair(long_token, turns{"334 \r\n", "235 ok\r\n"})})
    {
        session s;
        std::string traced;
        s.w.trace = [&](outkit::detail::wire::direction, std::string_view text) { traced += text; };
        BOOST_TEST(!converse(sign_in(s, token), turns{greeting, ehlo} + replies).ec);
        BOOST_TEST(traced.find(encoded(token)) == std::string::npos);
        BOOST_TEST(traced.find("bytes redacted>") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(the_trace_has_commands_and_the_length_of_messages)
{
    mail chunked = message();
    chunked.transfer = transfer::chunks;
    sending a;
    std::vector<std::string> traced;
    a.s.w.trace = [&](outkit::detail::wire::direction d, std::string_view text) {
        if (d == outkit::detail::wire::direction::sent)
            traced.emplace_back(text);
    };
    std::vector<mail> three{message(), message(), chunked};
    auto const r = converse(a.run(std::move(three)), {greeting, "250-x\r\n250-PIPELINING\r\n250 CHUNKING\r\n", accepted,
                                                      taken + accepted, taken + "250 ok\r\n250 ok\r\n", taken});
    BOOST_TEST(!r.ec, r.ec.message());
    std::string const group = "MAIL FROM:<ann@x.example>\r\nRCPT TO:<bob@x.example>\r\n";
    BOOST_TEST((traced == std::vector<std::string>{hello, group + "DATA\r\n", "<39 bytes>" + group + "DATA\r\n",
                                                   "<39 bytes>" + group, "BDAT 36 LAST\r\n<36 bytes>"}));
    BOOST_TEST(r.written.find("hello") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(signing_in_twice_is_refused_here)
{
    session s;
    auto const twice = [](session& in) -> flow<> {
        co_await sign_in(in, short_token);
        access_token t(short_token);
        co_await smtp::detail::authenticate(in, "ann@x.example", std::move(t));
    };
    auto const r = converse(twice(s), {greeting, ehlo, "235 ok\r\n", "235 ok\r\n"});
    BOOST_TEST((r.ec == smtp::error::already_authenticated));
}

BOOST_AUTO_TEST_CASE(nothing_is_said_before_connecting)
{
    for (int i = 0; i != 3; ++i)
    {
        session s;
        auto const now = std::make_shared<smtp::detail::progress>();
        std::vector<mail> one{message()};
        auto const r = i == 0   ? converse(smtp::detail::noop(s), {})
                       : i == 1 ? converse(smtp::detail::authenticate(s, "a", access_token("t")), {})
                                : converse(smtp::detail::send_all(s, std::move(one), now), {});
        BOOST_TEST((r.ec == outkit::error::not_connected));
        BOOST_TEST(r.steps == 0u);
    }
}

BOOST_AUTO_TEST_CASE(one_message_with_pipelining)
{
    in_all_pieces([](how h) {
        outcome const r({message("Subject: x\n\n.dot\nend")}, {accepted, taken}, ehlo, h);
        BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
        BOOST_TEST(r.written == "MAIL FROM:<ann@x.example> SIZE=25\r\nRCPT TO:<bob@x.example>\r\nDATA\r\n"
                                "Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n");
        BOOST_TEST(!r.refusal);
        BOOST_TEST(!r.first().ec);
        BOOST_TEST(r.first().message_id == "AM0PR06MB1234AABBCCDDEEFF00112233@AM0PR06MB1234.eurprd06.prod.outlook.com");
        BOOST_TEST_REQUIRE(r.first().recipients.size() == 1u);
        BOOST_TEST((r.first().recipients[0].reply == reply{250, {2, 1, 5}, "Recipient OK"}));
    });
}

BOOST_AUTO_TEST_CASE(SM_25_the_size_is_that_of_what_is_sent)
{
    outcome const r({message("a\nb\rc")}, {accepted, taken});  // five octets become nine
    BOOST_TEST(!r.first().ec);
    BOOST_TEST(r.written.starts_with("MAIL FROM:<ann@x.example> SIZE=9\r\n"));
    BOOST_TEST(r.written.ends_with("DATA\r\na\r\nb\r\nc\r\n.\r\n"));
}

BOOST_AUTO_TEST_CASE(one_message_without_pipelining)
{
    in_all_pieces([](how h) {
        outcome const r({message("a\r\n", {"b@x.example", "c@x.example"})},
                        {"250 ok\r\n", "250 ok\r\n", "251 ok\r\n", "354 go\r\n", "250 ok\r\n"}, poor_ehlo, h);
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(r.written.substr(r.written.find("MAIL")) ==
                   "MAIL FROM:<ann@x.example>\r\nRCPT TO:<b@x.example>\r\nRCPT TO:<c@x.example>\r\nDATA\r\na\r\n.\r\n");
        BOOST_TEST(!r.first().ec);
        BOOST_TEST(r.first().recipients[1].reply.code == 251);
    });
}

BOOST_AUTO_TEST_CASE(data_waits_when_a_refusal_must_stop_the_message)
{
    outcome const r({message("a\r\n", {"b@x.example", "c@x.example"})},
                    {"250 ok\r\n250 ok\r\n250 ok\r\n", "354 go\r\n", "250 ok\r\n"});
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(!r.first().ec);
    outcome const any({message("a\r\n", {"b@x.example", "c@x.example"}, recipients_policy::any)},
                      {"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "250 ok\r\n"});
    BOOST_TEST(!any.ec, any.ec.message());
    BOOST_TEST(!any.first().ec);
}

BOOST_AUTO_TEST_CASE(several_messages_take_one_round_trip_each)
{
    std::string const next = "250 ok\r\n250 ok\r\n354 go\r\n";
    in_all_pieces([&](how h) {
        outcome const r({message(), message(), message()}, {accepted, taken + next, taken + next, taken}, ehlo, h);
        BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
        BOOST_TEST(r.written ==
                   envelope_of_one + body_of_one + envelope_of_one + body_of_one + envelope_of_one + body_of_one);
        for (auto const& d : r.deliveries)
            BOOST_TEST(!d.ec);
    });
}

BOOST_AUTO_TEST_CASE(a_refused_message_does_not_stop_the_next)
{
    std::string const next = "250 ok\r\n250 ok\r\n354 go\r\n";
    outcome const r({message(), message(), message(), message()},
                    {accepted, "554 5.2.0 no\r\n" + next, taken + "530 5.7.57 no\r\n503 no\r\n503 no\r\n",
                     "250 2.0.0 Resetting\r\n", accepted, taken});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
    BOOST_TEST((r.deliveries[0].ec == reply_error(554)));
    BOOST_TEST(!r.deliveries[1].ec);
    BOOST_TEST((r.deliveries[2].ec == smtp::error::authentication_required));
    BOOST_TEST(!r.deliveries[3].ec);
    BOOST_TEST((r.refusal == reply_error(554)));
    BOOST_TEST(r.server_said == "5.2.0 no");
}

BOOST_AUTO_TEST_CASE(SM_05_answers_to_mail)
{
    for (int const code : {451, 530, 535, 550, 552})
        for (auto const& offers : {ehlo, poor_ehlo})
        {
            std::string const no = std::to_string(code) + " 5.0.0 no\r\n";
            turns const replies =
                offers == ehlo ? turns{no + "503 x\r\n503 x\r\n", "250 ok\r\n"} : turns{no, "250 ok\r\n"};
            outcome const r({message()}, replies, offers);
            BOOST_TEST(!r.ec, r.ec.message());
            BOOST_TEST((r.first().ec == reply_error(code)));
            BOOST_TEST(r.written.ends_with("RSET\r\n"));
            BOOST_TEST(r.written.find("hello") == std::string::npos);
        }
    outcome const closing({message()}, {"421 4.4.2 bye\r\n"});
    BOOST_TEST((closing.ec == smtp::error::service_closing));
    BOOST_TEST((closing.first().ec == smtp::error::not_sent));
    for (char const* const odd : {"354 go\r\n", "220 x\r\n", "334 \r\n", "235 x\r\n"})
        BOOST_TEST((outcome({message()}, {odd}).ec == smtp::error::unexpected_reply), odd);
}

BOOST_AUTO_TEST_CASE(SM_06_some_recipients_are_refused)
{
    std::vector<char const*> const three = {"a@x.example", "b@x.example", "c@x.example"};
    std::string const second_refused = "250 ok\r\n250 ok\r\n550 5.1.10 unknown\r\n251 forwards\r\n";
    {
        outcome const r({message("x", three)}, {second_refused, "250 ok\r\n"});
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST((r.first().ec == smtp::error::mailbox_unavailable));
        BOOST_TEST_REQUIRE(r.first().recipients.size() == 3u);
        BOOST_TEST(!r.first().recipients[0].ec);
        BOOST_TEST((r.first().recipients[1].ec == smtp::error::mailbox_unavailable));
        BOOST_TEST(!r.first().recipients[2].ec);
        BOOST_TEST(r.written.find("DATA") == std::string::npos);
        BOOST_TEST(r.server_said == "5.1.10 unknown");
    }
    {
        outcome const r({message("x", three, recipients_policy::any)}, {second_refused + "354 go\r\n", "250 ok\r\n"});
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(!r.first().ec);
        BOOST_TEST((r.first().recipients[1].ec == smtp::error::mailbox_unavailable));
        BOOST_TEST(r.written.ends_with("DATA\r\nx\r\n.\r\n"));
    }
    for (auto const& at_data : {turns{"503 none\r\n", "250 ok\r\n"}, turns{"354 go\r\n", "554 none\r\n", "250 ok\r\n"}})
    {
        turns replies = at_data;
        replies[0] = "250 ok\r\n550 a\r\n552 b\r\n550 c\r\n" + replies[0];
        outcome const r({message("x", three, recipients_policy::any)}, replies);
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST((r.first().ec == smtp::error::mailbox_unavailable));
        BOOST_TEST((r.first().recipients[1].ec == smtp::error::over_quota));
        BOOST_TEST(r.written.ends_with(at_data.size() == 2 ? "DATA\r\nRSET\r\n" : "DATA\r\n.\r\nRSET\r\n"));
    }
    {
        mail many = message("x");
        for (std::size_t const n : {1'001u, 100'001u})
        {
            many.envelope.to.assign(n, address("a@x.example"));
            outcome const r({many}, {});
            BOOST_TEST((r.first().ec == smtp::error::too_many_recipients));
            BOOST_TEST(r.written == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(many_recipients_go_in_groups)
{
    std::vector<char const*> const many(1'000, "somebody.with.a.long.name@fabrikam.example");
    for (bool const mail_taken : {true, false})
    {
        std::size_t groups = 0;
        std::size_t largest = 0;
        // Answers whatever has been asked, a group at a time.
        auto const server = [&](outkit::detail::wire& w) -> flow<> {
            co_await w.write("220 x\r\n");
            std::string line = co_await w.read_line();
            co_await w.write("250-x\r\n250 PIPELINING\r\n");
            for (bool data = false; !data;)
            {
                std::string replies;
                std::size_t size = 0;
                do
                {
                    line = co_await w.read_line();
                    size += line.size() + 2;
                    data = line == "DATA";
                    bool const no = !mail_taken && line != "RSET";
                    replies += no ? "550 no\r\n" : data ? "354 go\r\n" : "250 ok\r\n";
                } while (w.has_buffered());
                ++groups;
                largest = std::max(largest, size);
                co_await w.write(std::move(replies));
                if (line == "RSET")
                    co_return;
            }
            do
                line = co_await w.read_line();
            while (line != ".");
            co_await w.write("250 ok\r\n");
        };
        sending a;
        std::vector<mail> one{message("x", many)};
        outkit::detail::simulator sim(1);
        sim.listen("127.0.0.1", 587, server);
        auto const r = sim.start("client", a.run(std::move(one)));
        sim.run();
        BOOST_TEST((r->done && !r->ec), r->ec.message());
        BOOST_TEST((a.first().ec == (mail_taken ? error_code() : reply_error(550))));
        BOOST_TEST((a.first().recipients.size() == 1'000u) == mail_taken);
        BOOST_TEST(groups >= (mail_taken ? 4u : 2u));
        BOOST_TEST(largest <= 17'000u);
    }
}

BOOST_AUTO_TEST_CASE(SM_07_answers_to_data)
{
    std::string const open = "250 ok\r\n250 ok\r\n";
    for (char const* const odd : {"250 ok\r\n", "220 x\r\n", "334 \r\n"})
    {
        outcome const r({message()}, {open + odd});
        BOOST_TEST((r.ec == smtp::error::unexpected_reply), odd);
        BOOST_TEST(r.written == envelope_of_one);  // no body
    }
    outcome const refused({message()}, {open + "503 5.5.1 no\r\n", "250 ok\r\n"});
    BOOST_TEST(!refused.ec);
    BOOST_TEST((refused.first().ec == smtp::error::bad_sequence));
    BOOST_TEST(refused.written == envelope_of_one + "RSET\r\n");
    outcome const twice({message()}, {open + "354 go\r\n354 go\r\n"});
    BOOST_TEST((twice.ec == smtp::error::early_reply), twice.ec.message());
    BOOST_TEST(twice.written == envelope_of_one);
}

BOOST_AUTO_TEST_CASE(SM_08_after_the_final_dot)
{
    for (int const code : {432, 451, 552, 554})
    {
        outcome const r({message()}, {accepted, std::to_string(code) + " 5.2.0 no\r\n"});
        BOOST_TEST(!r.ec);
        BOOST_TEST((r.first().ec == reply_error(code)));
    }
    for (std::string const& end : {""s, "2"s, "250 ok"s, "250 ok\n"s, "garbage\r\n"s, "354 go\r\n"s,
                                   "250 " + std::string(1 << 20, 'x') + "\r\n"})
    {
        outcome const r({message()}, {accepted, end});
        BOOST_TEST((r.ec == smtp::error::outcome_unknown), end.substr(0, 20) << ": " << r.ec.message());
        BOOST_TEST((r.ec == condition::outcome_unknown));
        BOOST_TEST((r.first().ec == smtp::error::outcome_unknown));
        BOOST_TEST(r.diagnostics.find("<1@x.example>") != std::string::npos, r.diagnostics);
        BOOST_TEST(r.diagnostics.ends_with("; the answer begins with 250") == (end.size() > 1'000));
        outcome const reset({message()}, {accepted, end}, ehlo, {.after = os_error(ECONNRESET)});
        BOOST_TEST((reset.ec == smtp::error::outcome_unknown), end.substr(0, 20) << ": " << reset.ec.message());
        BOOST_TEST((reset.first().ec == smtp::error::outcome_unknown));
    }
}

BOOST_AUTO_TEST_CASE(SM_21_421_in_every_state)
{
    std::string const bye = "421 4.3.2 Service not available\r\n";
    turns const whole{"250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n"};
    for (std::size_t i = 0; i != whole.size(); ++i)
    {
        turns replies(whole.begin(), whole.begin() + std::ptrdiff_t(i));
        replies.push_back(bye);
        outcome const r({message()}, replies, poor_ehlo);
        BOOST_TEST((r.ec == smtp::error::service_closing), i << ": " << r.ec.message());
        BOOST_TEST((r.ec == condition::transient));
        BOOST_TEST(r.diagnostics == "4.3.2 Service not available");
        BOOST_TEST(!r.doubtful);
        BOOST_TEST((r.first().ec == (i == 3 ? smtp::error::service_closing : smtp::error::not_sent)));
        // In one go, where it is known all the same what was answered so; and a close after it changes nothing.
        std::string before;
        for (std::size_t n = 0; n != i && i != 3; ++n)
            before += whole[n];
        outcome const together({message()}, i == 3 ? replies : turns{before + bye}, i == 3 ? poor_ehlo : ehlo,
                               {.after = os_error(ECONNRESET)});
        BOOST_TEST((together.ec == smtp::error::service_closing), i << ": " << together.ec.message());
        BOOST_TEST((together.at == r.at));
        BOOST_TEST((together.first().ec == r.first().ec));
        BOOST_TEST(to_string(r.at) == (std::vector{"MAIL", "RCPT", "DATA", "message"}[i]));
    }
}

// A conversation of every command, one at a time, which the server ends or closes with 421 in place of each answer.
BOOST_AUTO_TEST_CASE(SM_21_SM_22_the_server_ends_it_after_each_command)
{
    auto const talk = [](sending& a) -> flow<> {
        co_await smtp::detail::connect(a.s, to(security::starttls_required));
        access_token t(short_token);
        co_await smtp::detail::authenticate(a.s, "ann@x.example", std::move(t));
        std::vector<mail> one{message()};
        co_await smtp::detail::send_all(a.s, std::move(one), a.now);
        co_await smtp::detail::noop(a.s);
        co_await smtp::detail::reset(a.s);
    };
    struct
    {
        std::string answer;
        stage at;
        char const* name;
    } const each[] = {
        {greeting, stage::greeting, "greeting"},     {plain_ehlo, stage::ehlo, "EHLO"},
        {"220 go\r\n", stage::starttls, "STARTTLS"}, {"250-mx.test\r\n250 AUTH XOAUTH2\r\n", stage::ehlo, "EHLO"},
        {"235 ok\r\n", stage::auth, "AUTH"},         {"250 ok\r\n", stage::mail, "MAIL"},
        {"250 ok\r\n", stage::rcpt, "RCPT"},         {"354 go\r\n", stage::data, "DATA"},
        {"250 ok\r\n", stage::message, "message"},   {"250 ok\r\n", stage::noop, "NOOP"},
        {"250 ok\r\n", stage::rset, "RSET"}};
    turns before;
    for (std::size_t k = 0; k != std::size(each); before.push_back(each[k++].answer))
        for (char const* const last : {"", "2", "421 4.3.2 Service not available\r\n"})
            BOOST_TEST_CONTEXT(k << " answers, then " << last)
            {
                bool const closing = last[0] == '4', sent = k > 8, before_tls = k == 1 || k == 2;
                sending a;
                auto const r = converse(talk(a), before + turns{last});
                BOOST_TEST((a.s.now == each[k].at));
                BOOST_TEST(to_string(a.s.now) == each[k].name);
                error_code ec = outkit::error::connection_closed;
                if (closing)
                    ec = before_tls ? make_error_code(outkit::error::tls_required)
                                    : make_error_code(smtp::error::service_closing);
                else if (k == 8)
                    ec = smtp::error::outcome_unknown;
                BOOST_TEST((r.ec == ec), r.ec.message());
                error_code const became = sent ? error_code() : k == 8 ? ec : make_error_code(smtp::error::not_sent);
                BOOST_TEST(a.now->deliveries.size() == (k < 5 ? 0u : 1u));
                for (delivery const& d : a.now->deliveries)
                    BOOST_TEST((d.ec == became), d.ec.message());
            }
    sending a;
    BOOST_TEST(!converse(talk(a), before).ec);
}

BOOST_AUTO_TEST_CASE(SM_19_replies_too_few_and_too_many)
{
    outcome const few({message()}, {"250 ok\r\n250 ok\r\n"});
    BOOST_TEST((few.ec == outkit::error::connection_closed));
    session s;
    auto const again = [](session& in) -> flow<> {
        co_await smtp::detail::connect(in, loopback);
        co_await smtp::detail::noop(in);
        co_await smtp::detail::noop(in);
    };
    auto const many = converse(again(s), {greeting, ehlo, "250 ok\r\n250 ok\r\n", "250 ok\r\n"});
    BOOST_TEST((many.ec == smtp::error::early_reply));
    BOOST_TEST((many.ec == condition::protocol_violation));
}

BOOST_AUTO_TEST_CASE(SM_20_replies_before_their_commands)
{
    std::string ten;
    for (int i = 0; i != 10; ++i)
        ten += "250 OK\r\n";
    outcome const r({message()}, {}, ehlo + ten);
    BOOST_TEST((r.ec == smtp::error::early_reply));
    BOOST_TEST(r.written == "");
    outcome const closing({message()}, {}, ehlo + "421 4.4.1 Connection timed out\r\n");
    BOOST_TEST((closing.ec == smtp::error::service_closing));

    // What comes with the go-ahead is no answer to what has not been sent yet.
    mail chunk = message();
    chunk.transfer = transfer::chunks;
    std::string const open = "250 ok\r\n250 ok\r\n";
    for (char const* const early : {"250 2.0.0 OK\r\n", "554 no\r\n", "2"})
        for (auto const& each :
             {outcome({message()}, {open + "354 go\r\n" + early, taken}),
              outcome({message(), message()}, {accepted, taken + open + "354 go\r\n" + early, taken}),
              outcome({chunk}, {open + early, taken}, "250-x\r\n250-PIPELINING\r\n250 CHUNKING\r\n")})
        {
            bool const whole = early[1] != '\0';
            BOOST_TEST((each.ec == (whole ? make_error_code(smtp::error::early_reply)
                                          : make_error_code(outkit::error::connection_closed))),
                       each.ec.message());
            BOOST_TEST((each.deliveries.back().ec == smtp::error::not_sent));
            BOOST_TEST(!each.doubtful);
        }
    auto const signed_in_early = signed_in({"334 \r\n235 2.7.0 Authentication successful\r\n", ""}, long_token);
    BOOST_TEST((signed_in_early.ec == smtp::error::early_reply), signed_in_early.ec.message());
    BOOST_TEST(signed_in_early.written == hello + "AUTH XOAUTH2\r\n");
}

BOOST_AUTO_TEST_CASE(SM_13_unicode_local_parts_want_smtputf8)
{
    mail m = message("x");
    m.envelope.to = {address("j\xc3\xbcrgen@x.example", true)};
    outcome const no({m}, {}, "250-mx.test\r\n250 PIPELINING\r\n");
    BOOST_TEST((no.first().ec == smtp::error::smtputf8_not_offered));
    BOOST_TEST(no.written.find("MAIL") == std::string::npos);
    outcome const yes({m}, {accepted, taken});
    BOOST_TEST(!yes.first().ec);
    BOOST_TEST(yes.written.starts_with("MAIL FROM:<ann@x.example> SIZE=3 SMTPUTF8\r\n"));
}

BOOST_AUTO_TEST_CASE(SM_17_messages_that_cannot_go_as_they_are)
{
    struct
    {
        std::string content;
        std::string offers;
        smtp::error ec;
    } const rows[] = {
        {std::string(100'000, 'x'), ehlo, smtp::error::message_line_too_long},
        {std::string(999, 'x') + "\r\n", ehlo, smtp::error::message_line_too_long},
        {"a\0b"s, ehlo, smtp::error::message_has_nul},
        {"\xc3\xa4", poor_ehlo, smtp::error::eight_bit_not_offered},
        {"Subject: \xc3\xa4\r\n\r\nx", "250-x\r\n250 8BITMIME\r\n", smtp::error::smtputf8_not_offered},
        {"Subject: x\r\n\r\n\xc3\xa4", "250-x\r\n250 8BITMIME\r\n", smtp::error{}},
        {std::string(500, '\n'), ehlo, smtp::error{}},
        {std::string(501, '\n'), ehlo, smtp::error::message_too_large},
    };
    for (auto const& row : rows)
    {
        outcome const r({message(row.content)}, {accepted, taken}, row.offers);
        BOOST_TEST(!r.ec);
        BOOST_TEST((r.first().ec == (int(row.ec) ? make_error_code(row.ec) : error_code())));
        BOOST_TEST((int(row.ec) == 0 || r.written.find("MAIL") == std::string::npos));
        if (r.first().ec)
            BOOST_TEST((r.first().ec == condition::invalid_argument));
    }
    BOOST_TEST(!outcome({message(std::string(998, 'x'))}, {accepted, taken}, "250-x\r\n250 PIPELINING\r\n").first().ec);
}

BOOST_AUTO_TEST_CASE(SM_16_long_messages_in_small_writes)
{
    std::string content = "Subject: x\r\n\r\n";
    for (int i = 0; i != 6'000; ++i)
        content += i % 3 ? ".line " + std::to_string(i) + "\n" : "another line\r\n";
    std::string const offers = "250-x\r\n250 PIPELINING\r\n";
    std::string first;
    for (std::size_t const piece : {1u, 2u, 3u, 7u, 1'024u, 1u << 20})
    {
        outcome const r({message(content + content)}, {accepted, "250 ok\r\n"}, offers, {.piece = piece});
        BOOST_TEST(!r.first().ec);
        if (first.empty())
            first = r.written;
        BOOST_TEST((r.written == first));
    }
}

namespace {

// Gives a text in pieces; how many octets there are is said or not.
octet_source source_of(std::string text, std::size_t most_at_once, bool said = true)
{
    octet_source from;
    from.octets = said ? text.size() : octet_source::unknown;
    from.read = [text = std::move(text), most_at_once, at = std::size_t(0)](char* into, std::size_t most,
                                                                            error_code&) mutable {
        std::size_t const n = std::string_view(text).substr(at).copy(into, std::min(most, most_at_once));
        at += n;
        return n;
    };
    return from;
}

// The same, and then the error.
octet_source broken_source(std::string text, error_code why, bool said = true)
{
    octet_source from = source_of(std::move(text), 10'000, said);
    from.octets = said ? from.octets + 1'000 : from.octets;
    from.read = [whole = std::move(from.read), why](char* into, std::size_t most, error_code& ec) {
        std::size_t const n = whole(into, most, ec);
        if (n == 0)
            ec = why;
        return n;
    };
    return from;
}

mail from_source(octet_source from, transfer how = transfer::data)
{
    mail m = message();
    m.source = std::move(from);
    m.transfer = how;
    return m;
}

std::string const roomy = "250-x\r\n250-SIZE\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n250 BINARYMIME\r\n";

// 200 KB with all line ends and dots there are.
std::string long_text()
{
    std::string text = "Message-ID: <1@x.example>\r\n\r\n";
    for (int i = 0; text.size() < 200'000; ++i)
        text += i % 4 == 0   ? ".line\r"
                : i % 4 == 1 ? "..\n"
                : i % 4 == 2 ? ".\r\n"
                             : "a longer line with words in it\n";
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(SM_15_a_message_from_a_source_is_the_same_on_the_wire)
{
    for (std::string const& text : {long_text(), "Subject: x\n\n.dot\nend"s, ""s})
    {
        outcome const whole({message(text)}, {accepted, taken}, "250-x\r\n250 PIPELINING\r\n");
        BOOST_TEST_REQUIRE(!whole.first().ec);
        for (std::size_t const piece : {1u, 7u, 1'000u, 65'536u, 1'000'000u})
            for (bool const said : {true, false})
                BOOST_TEST_CONTEXT(text.size() << " octets in pieces of " << piece)
                {
                    if (piece == 1 && text.size() > 100'000)
                        continue;
                    outcome const r({from_source(source_of(text, piece, said))}, {accepted, taken},
                                    "250-x\r\n250 PIPELINING\r\n");
                    BOOST_TEST(!r.ec, r.ec.message());
                    BOOST_TEST(!r.first().ec);
                    BOOST_TEST((r.written == whole.written));
                }
    }
    // An octet at a time, across the end of what is read first.
    std::string const text = std::string(65'530, '\n') + "\r\n.\r\n.\r\n..\r.\r";
    outcome const whole({message(text)}, {accepted, taken}, "250-x\r\n250 PIPELINING\r\n");
    outcome const bytes({from_source(source_of(text, 1))}, {accepted, taken}, "250-x\r\n250 PIPELINING\r\n");
    BOOST_TEST((bytes.written == whole.written));
}

BOOST_AUTO_TEST_CASE(SM_25_sources_longer_and_shorter_than_announced)
{
    std::string const text = long_text();
    for (std::size_t const more : {1u, 100'000u})
    {
        octet_source lies = source_of(text, 10'000);
        lies.octets -= more;
        outcome const r({from_source(lies), message()}, {accepted, taken}, roomy);
        BOOST_TEST((r.ec == smtp::error::more_than_announced), r.ec.message());
        BOOST_TEST((r.ec == condition::limit_exceeded));
        BOOST_TEST((r.first().ec == smtp::error::more_than_announced));
        BOOST_TEST((r.deliveries[1].ec == smtp::error::not_sent));
        BOOST_TEST(r.written.starts_with("MAIL FROM:<ann@x.example> SIZE=" + std::to_string(text.size() - more) + ' '));
        BOOST_TEST(!r.written.ends_with("\r\n.\r\n"));
        BOOST_TEST(!r.doubtful);
    }
    octet_source less = source_of(text, 10'000);
    less.octets += 5'000;
    outcome const shorter({from_source(less)}, {accepted, taken}, roomy);
    BOOST_TEST(!shorter.first().ec);
    BOOST_TEST(shorter.written.ends_with("\r\n.\r\n"));

    // Nothing is announced that is not known; short ones are read to their end first.
    outcome const unknown({from_source(source_of(text, 10'000, false))}, {accepted, taken}, roomy);
    BOOST_TEST(!unknown.first().ec);
    BOOST_TEST(unknown.written.starts_with("MAIL FROM:<ann@x.example> BODY=8BITMIME\r\n"));
    outcome const small({from_source(source_of("a\nb\rc", 2, false))}, {accepted, taken}, roomy);
    BOOST_TEST(small.written.starts_with("MAIL FROM:<ann@x.example> SIZE=9\r\n"));
    octet_source lies = source_of("abcdef", 2);
    lies.octets = 5;
    outcome const early({from_source(lies)}, {accepted, taken}, roomy);
    BOOST_TEST((early.first().ec == smtp::error::more_than_announced));
    BOOST_TEST(early.written == "");

    // The server's limit holds for what is sent, whatever was announced.
    std::string const limited = "250-x\r\n250-PIPELINING\r\n250 SIZE 150000\r\n";
    outcome const announced({from_source(source_of(text, 10'000))}, {accepted, taken}, limited);
    BOOST_TEST((announced.first().ec == smtp::error::message_too_large));
    BOOST_TEST(announced.written == "");
    outcome const seen({from_source(source_of(text, 10'000, false))}, {accepted, taken}, limited);
    BOOST_TEST((seen.ec == smtp::error::message_too_large));
    BOOST_TEST(seen.written.size() < 160'000u);
}

BOOST_AUTO_TEST_CASE(a_source_that_fails_ends_the_connection_without_the_dot)
{
    for (bool const said : {true, false})
        for (transfer const how : {transfer::data, transfer::chunks})
        {
            outcome const r({from_source(broken_source(long_text(), os_error(EIO), said), how)},
                            {how == transfer::data ? accepted : "250 ok\r\n250 ok\r\n", "250 ok\r\n"}, roomy);
            BOOST_TEST((r.ec == os_error(EIO)), r.ec.message());
            BOOST_TEST((r.first().ec == os_error(EIO)));
            BOOST_TEST(!r.doubtful);
            BOOST_TEST(r.written.size() > 60'000u);
            bool const dot = how == transfer::data && r.written.find("\r\n.\r\n") != std::string::npos;
            BOOST_TEST(!dot);
            BOOST_TEST(r.written.find("LAST") == std::string::npos);
        }
    // At once: nothing has been said, and the next message goes out.
    outcome const early({from_source(broken_source("", os_error(EIO))), message()}, {accepted, taken});
    BOOST_TEST(!early.ec);
    BOOST_TEST((early.first().ec == os_error(EIO)));
    BOOST_TEST(!early.deliveries[1].ec);
    BOOST_TEST(early.written == envelope_of_one + body_of_one);
}

BOOST_AUTO_TEST_CASE(SM_17_what_a_source_gives_that_cannot_go)
{
    struct
    {
        std::string late;
        std::string offers;
        smtp::error ec;
    } const rows[] = {
        {std::string(999, 'x'), roomy, smtp::error::message_line_too_long},
        {"\0"s, roomy, smtp::error::message_has_nul},
        {"\xc3\xa4", "250-x\r\n250 PIPELINING\r\n", smtp::error::eight_bit_not_offered},
    };
    for (auto const& row : rows)
    {
        outcome const late({from_source(source_of(long_text() + row.late, 1'000))}, {accepted, taken}, row.offers);
        BOOST_TEST((late.ec == row.ec), late.ec.message());
        BOOST_TEST((late.first().ec == condition::invalid_argument));
        BOOST_TEST(late.written.find("\r\n.\r\n") == std::string::npos);
        outcome const early({from_source(source_of(row.late, 1'000))}, {accepted, taken}, row.offers);
        BOOST_TEST((early.first().ec == row.ec));
        BOOST_TEST(early.written.find("MAIL") == std::string::npos);
    }
    outcome const eight_bit({from_source(source_of(long_text() + "\xc3\xa4", 1'000))}, {accepted, taken}, roomy);
    BOOST_TEST(!eight_bit.first().ec);
    BOOST_TEST(eight_bit.written.find(" BODY=8BITMIME\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_hundred_and_fifty_megabytes_take_little_memory)
{
    static constexpr std::uint64_t whole = std::uint64_t(150) << 20;
    std::string line(998, 'x');
    line += "\r\n";
    for (transfer const how : {transfer::data, transfer::chunks})
    {
        octet_source from;
        from.octets = whole - whole % 1'000;
        std::size_t largest = 0;
        from.read = [&, all = from.octets, left = from.octets](char* into, std::size_t most, error_code&) mutable {
            largest = std::max(largest, most);
            auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(left, most));
            for (std::size_t at = 0; at != n;)
            {
                auto const begin = static_cast<std::size_t>((all - left + at) % 1'000);
                at += line.copy(into + at, n - at, begin);
            }
            left -= n;
            return n;
        };
        sending a;
        std::vector<mail> one{from_source(std::move(from), how)};
        turns replies{greeting, roomy, accepted, taken};
        if (how == transfer::chunks)
        {
            replies = {greeting, "250-x\r\n250 CHUNKING\r\n"};
            replies.insert(replies.end(), 2'000, "250 ok\r\n");
        }
        tally count;
        auto const r = converse(a.run(std::move(one)), replies, {.piece = 1u << 20}, &count);
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(!a.first().ec);
        BOOST_TEST(count.written > whole - 1'000);
        BOOST_TEST(count.written < whole + 40'000);
        BOOST_TEST(count.largest < 300u * 1024);
        BOOST_TEST(largest <= 64u * 1024);
    }
}

BOOST_AUTO_TEST_CASE(chunks_where_they_are_asked_for_and_offered)
{
    mail m = message("Subject: x\n\n.dot\nend");
    m.transfer = transfer::chunks;
    in_all_pieces([&](how h) {
        outcome const r({m, m}, {"250 ok\r\n250 ok\r\n", taken, "250 ok\r\n250 ok\r\n", taken}, roomy, h);
        BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
        std::string const one = "MAIL FROM:<ann@x.example> SIZE=25\r\nRCPT TO:<bob@x.example>\r\n"
                                "BDAT 25 LAST\r\nSubject: x\r\n\r\n.dot\r\nend\r\n";
        BOOST_TEST(r.written == one + one);
        BOOST_TEST(r.first().message_id.ends_with(".prod.outlook.com"));
    });
    outcome const not_asked({message()}, {accepted, taken}, roomy);
    BOOST_TEST(not_asked.written.find("BDAT") == std::string::npos);

    // Several recipients of which one is refused: no chunk goes out.
    mail two = message("x", {"a@x.example", "b@x.example"});
    two.transfer = transfer::chunks;
    outcome const refused({two}, {"250 ok\r\n250 ok\r\n550 5.1.1 no\r\n", "250 ok\r\n"}, roomy);
    BOOST_TEST((refused.first().ec == smtp::error::mailbox_unavailable));
    BOOST_TEST(refused.written.ends_with("RCPT TO:<b@x.example>\r\nRSET\r\n"));
}

BOOST_AUTO_TEST_CASE(binary_messages_arrive_as_they_are)
{
    std::string const content = "Subject: x\r\n\r\na\0b\nc\rd\xff"s + std::string(2'000, 'x');
    mail m = message(content);
    m.transfer = transfer::binary;
    outcome const r({m}, {"250 ok\r\n250 ok\r\n", taken}, roomy);
    BOOST_TEST(!r.first().ec);
    std::string const size = std::to_string(content.size());
    BOOST_TEST(r.written == "MAIL FROM:<ann@x.example> SIZE=" + size +
                                " BODY=BINARYMIME\r\nRCPT TO:<bob@x.example>\r\n" + "BDAT " + size + " LAST\r\n" +
                                content);
    outcome const streamed({from_source(source_of(content, 100), transfer::binary)}, {"250 ok\r\n250 ok\r\n", taken},
                           roomy);
    BOOST_TEST(streamed.written == r.written);

    // Not offered: DATA, and only what it can carry.
    for (char const* const offers :
         {"250-x\r\n250-CHUNKING\r\n250 8BITMIME\r\n", "250-x\r\n250-BINARYMIME\r\n250 8BITMIME\r\n"})
    {
        BOOST_TEST((outcome({m}, {}, offers).first().ec == smtp::error::message_has_nul));
        mail text = message("a\nb");
        text.transfer = transfer::binary;
        outcome const fine({text}, {"250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n"}, offers);
        BOOST_TEST(!fine.first().ec);
        BOOST_TEST(fine.written.ends_with("DATA\r\na\r\nb\r\n.\r\n"));
    }
}

BOOST_AUTO_TEST_CASE(SM_18_chunks_that_end_empty_are_refused_or_not_offered)
{
    // A 0-byte last chunk: the source ends with a chunk.
    std::string text = "Message-ID: <1@x.example>\r\n\r\n";
    while (text.size() + 100 < 128 * 1'024)
        text += std::string(62, 'x') + "\r\n";
    text += std::string(128 * 1'024 - text.size() - 2, 'x') + "\r\n";
    for (bool const pipelining : {true, false})
    {
        std::string const offers = pipelining ? roomy : "250-x\r\n250 CHUNKING\r\n";
        turns replies = pipelining ? turns{"250 ok\r\n250 ok\r\n"} : turns{"250 ok\r\n", "250 ok\r\n"};
        turns const both = pipelining ? turns{"250 ok\r\n250 2.0.0 OK\r\n"} : turns{"250 ok\r\n", "250 2.0.0 OK\r\n"};
        outcome const r({from_source(source_of(text, 10'000), transfer::chunks)}, replies + both, offers);
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(!r.first().ec);
        BOOST_TEST(r.written.ends_with("BDAT 0 LAST\r\n"));
    }

    // Refused in the middle: no more is sent, the server forgets, and the next message goes out.
    octet_source endless = source_of(long_text() + long_text() + long_text(), 10'000);
    for (char const* const no : {"503 5.5.1 no\r\n", "552 5.3.4 too much\r\n", "451 4.3.0 later\r\n"})
    {
        outcome const r({from_source(endless, transfer::chunks), message()},
                        {"250 ok\r\n", "250 ok\r\n", "250 ok\r\n", no, "250 2.0.0 Resetting\r\n", "250 ok\r\n",
                         "250 ok\r\n", "354 go\r\n", taken},
                        "250-x\r\n250 CHUNKING\r\n");
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST((r.first().ec == reply_error(std::stoi(no))));
        BOOST_TEST(!r.deliveries[1].ec);
        BOOST_TEST(r.written.find("LAST") == std::string::npos);
        BOOST_TEST(r.written.find("RSET\r\nMAIL") != std::string::npos);
    }
    // With all of them on their way, the first refusal is the one that counts.
    outcome const ahead({from_source(endless, transfer::chunks)},
                        {"250 ok\r\n250 ok\r\n",
                         "250 ok\r\n503 5.5.1 first\r\n503 5.5.1 then\r\n503 5.5.1 then\r\n503 no\r\n", "250 ok\r\n"},
                        roomy);
    BOOST_TEST(!ahead.ec, ahead.ec.message());
    BOOST_TEST((ahead.first().reply == reply{503, {5, 5, 1}, "first"}));
    BOOST_TEST(ahead.written.ends_with("RSET\r\n"));
    // A server that refuses a chunk and takes the last one has taken nobody knows what.
    outcome const odd({from_source(endless, transfer::chunks)},
                      {"250 ok\r\n250 ok\r\n", "250 ok\r\n503 5.5.1 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n"}, roomy);
    BOOST_TEST((odd.ec == smtp::error::outcome_unknown), odd.ec.message());

    // Offered before TLS only: DATA.
    session s;
    auto const now = std::make_shared<smtp::detail::progress>();
    mail m = message();
    m.transfer = transfer::chunks;
    auto const talk = [](session& in, std::shared_ptr<smtp::detail::progress> p, mail one) -> flow<> {
        co_await smtp::detail::connect(in, to(security::starttls_required));
        std::vector<mail> all{std::move(one)};
        co_await smtp::detail::send_all(in, std::move(all), p);
    };
    auto const vanished = converse(talk(s, now, m), {greeting, "250-x\r\n250-STARTTLS\r\n250 CHUNKING\r\n",
                                                     "220 go\r\n", "250-x\r\n250 PIPELINING\r\n", accepted, taken});
    BOOST_TEST(!vanished.ec, vanished.ec.message());
    BOOST_TEST(!now->deliveries[0].ec);
    BOOST_TEST(vanished.written.ends_with("DATA\r\n" + body_of_one));

    // The connection ends: unsent until the last chunk is out, in doubt after that.
    std::string const first = "250 ok\r\n250 ok\r\n";
    for (std::size_t n = 0; n != first.size(); ++n)
        BOOST_TEST((outcome({m}, {first.substr(0, n)}, roomy).first().ec == smtp::error::not_sent));
    for (std::size_t n = 0; n != taken.size(); ++n)
    {
        outcome const r({m}, {first, taken.substr(0, n)}, roomy);
        BOOST_TEST((r.ec == smtp::error::outcome_unknown));
        BOOST_TEST(r.diagnostics.find("<1@x.example>") != std::string::npos);
    }
    outcome const closing({m}, {first, "421 4.3.2 bye\r\n"}, roomy);
    BOOST_TEST((closing.first().ec == smtp::error::service_closing));
    std::size_t const steps = outcome({m}, {first, taken}, roomy).steps;
    for (std::size_t at = 1; at <= steps; ++at)
    {
        outcome const r({m}, {first, taken}, roomy, {.fail_at = at});
        if (r.deliveries.empty())  // still connecting
            continue;
        bool const all_out = r.written.ends_with("hello\r\n");
        BOOST_TEST((r.first().ec == (all_out ? smtp::error::outcome_unknown : smtp::error::not_sent)));
    }
}

BOOST_AUTO_TEST_CASE(SM_11_the_envelope_id_is_encoded_or_refused)
{
    mail m = message("x");
    m.envelope.report = delivery_report{.envelope_id = "a=b +c"};
    outcome const good({m}, {accepted, taken});
    BOOST_TEST(!good.first().ec);
    BOOST_TEST(good.written.starts_with("MAIL FROM:<ann@x.example> SIZE=3 RET=HDRS ENVID=a+3Db+20+2Bc\r\nRCPT "
                                        "TO:<bob@x.example> NOTIFY=FAILURE ORCPT=rfc822;bob@x.example\r\n"));
    for (std::string const& id : {"a\r\nRSET"s, "\x7f"s, "\xc3\xa4"s, std::string(101, 'x')})
    {
        m.envelope.report->envelope_id = id;
        outcome const bad({m}, {accepted, taken});
        BOOST_TEST((bad.first().ec == smtp::error::invalid_envelope_id));
        BOOST_TEST(bad.written == "");
    }
}

BOOST_AUTO_TEST_CASE(SM_11_what_a_report_says_of_a_recipient_is_encoded_or_refused)
{
    mail m = message("x", {"a@x.example", "b@x.example"});
    m.envelope.report.emplace();
    recipient_report one{.to = address("b@x.example"), .original = "list@y.example"};
    auto const sent = [&](recipient_report r) {
        m.envelope.report->recipients = {std::move(r)};
        return outcome({m}, {"250 ok\r\n250 ok\r\n250 ok\r\n", "354 go\r\n", "250 ok\r\n"});
    };
    outcome const good = sent(one);
    BOOST_TEST(!good.first().ec);
    BOOST_TEST(good.written.find("RCPT TO:<a@x.example> NOTIFY=FAILURE ORCPT=rfc822;a@x.example\r\nRCPT "
                                 "TO:<b@x.example> NOTIFY=FAILURE ORCPT=rfc822;list@y.example\r\n") !=
               std::string::npos);
    auto const refused = [&](recipient_report r) {
        outcome const bad = sent(std::move(r));
        BOOST_TEST((bad.first().ec == smtp::error::invalid_recipient_report), bad.first().ec.message());
        BOOST_TEST(bad.written == "");
    };
    refused({.to = address("c@x.example")});
    for (std::string const& text : {"a\r\nRSET"s, "\x7f"s, "\xc3\xa4@y.example"s, std::string(494, 'x'), "a\0"s})
        refused({.to = one.to, .original = text});
    for (std::string const& type : {""s, "a b"s, "a;b"s, "a\r\nRSET"s, "\xc3\xa4"s, "a=b"s, "<a>"s, "a+2Bb"s})
        refused({.to = one.to, .original = "x", .original_type = type});
    BOOST_TEST(!sent({.to = one.to, .original = std::string(493, 'x')}).first().ec);
}

BOOST_AUTO_TEST_CASE(SM_09_quit_succeeds_whatever_is_answered)
{
    for (char const* const answer : {"221 2.0.0 bye\r\n", "421 4.4.2 bye\r\n", "500 no\r\n", "garbage\r\n", ""})
    {
        sending a;
        std::vector<mail> one{message()};
        auto const r = converse(a.run_and_quit(std::move(one)), {greeting, ehlo, accepted, taken, answer});
        BOOST_TEST(!r.ec, answer);
        BOOST_TEST(!a.first().ec);
        BOOST_TEST(r.written.ends_with("QUIT\r\n"));
        BOOST_TEST(r.connected.back() == "close");
    }
}

BOOST_AUTO_TEST_CASE(reset_and_noop)
{
    session s;
    auto const talk = [](session& in) -> flow<> {
        co_await smtp::detail::connect(in, loopback);
        co_await smtp::detail::noop(in);
        co_await smtp::detail::reset(in);
        co_await smtp::detail::noop(in);
    };
    auto const r = converse(talk(s), {greeting, ehlo, "250 2.0.0 OK\r\n", "250 2.0.0 Resetting\r\n", "502 no\r\n"});
    BOOST_TEST((r.ec == smtp::error::command_not_implemented));
    BOOST_TEST(r.written == hello + "NOOP\r\nRSET\r\nNOOP\r\n");
}

// --- everything that is said: cut, split, failing and cancelled ---

namespace {

struct conversation
{
    char const* name;
    turns answers;  // the first is there before anything has been said
    flow<> (*talk)(sending&);
    bool connected = true;  // from the beginning
    bool always = false;    // succeeds whatever happens
};

// As after async_connect, without the conversation that leads there.
void introduce(session& s, std::string const& offers)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0; at != offers.size(); at = offers.find('\n', at) + 1)
        lines.push_back(offers.substr(at + 4, offers.find('\r', at) - at - 4));
    s.at = loopback;
    s.ready = true;
    s.offered = smtp::detail::parse_extensions(lines);
}

template <bool Poor = false>
flow<> mailing(sending& a, std::vector<mail> messages)
{
    introduce(a.s, Poor ? poor_ehlo : roomy);
    co_await smtp::detail::send_all(a.s, std::move(messages), a.now);
}

flow<> signing_in(sending& a, std::string token, error_code wanted)
{
    introduce(a.s, ehlo);
    access_token t(std::move(token));
    auto const r = co_await outkit::detail::attempt(smtp::detail::authenticate(a.s, "ann@x.example", std::move(t)));
    if (r.ec != wanted)
        co_await outkit::detail::fail(r.ec);
}

mail sent_as(transfer how, mail m = message())
{
    m.transfer = how;
    return m;
}

std::string const two_ok = "250 2.1.0 Sender OK\r\n250 2.1.5 Recipient OK\r\n";

// What decides about a message that has been sent.
std::string const got_it = "250 2.0.0 OK\r\n";
std::string const not_it = "554 5.2.0 no\r\n";
std::string const opened = "250 ok\r\n250 ok\r\n354 go\r\n";

std::vector<conversation> const& conversations()
{
    static std::vector<conversation> const all = {
        {"connect with STARTTLS",
         {greeting, plain_ehlo, "220 2.0.0 SMTP server ready\r\n", ehlo},
         [](sending& a) -> flow<> { co_await smtp::detail::connect(a.s, to(security::starttls_required)); },
         false},
        {"connect with TLS",
         {greeting, ehlo},
         [](sending& a) -> flow<> { co_await smtp::detail::connect(a.s, to(security::implicit_tls)); },
         false},
        {"AUTH in one step",
         {"", "235 2.7.0 Authentication successful\r\n"},
         [](sending& a) { return signing_in(a, short_token, error_code()); }},
        {"AUTH in two steps",
         {"", "334 \r\n", "235 2.7.0 Authentication successful\r\n"},
         [](sending& a) { return signing_in(a, long_token, error_code()); }},
        {"AUTH, refused",
         {"", "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n", "535 5.7.3 Authentication unsuccessful\r\n"},
         [](sending& a) { return signing_in(a, short_token, smtp::error::authentication_failed); }},
        {"a message", {"", opened, taken}, [](sending& a) { return mailing(a, {message()}); }},
        {"a message, one reply at a time",
         {"", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", got_it},
         [](sending& a) { return mailing<true>(a, {message()}); }},
        {"three messages",
         {"", opened, got_it + opened, got_it + opened, got_it},
         [](sending& a) { return mailing(a, {message(), message(), message()}); }},
        {"two messages, one reply at a time",
         {"", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", got_it, "250 ok\r\n", "250 ok\r\n", "354 go\r\n", got_it},
         [](sending& a) { return mailing<true>(a, {message(), message()}); }},
        {"two recipients",
         {"", two_ok + "250-2.1.5 Recipient\r\n250 2.1.5 OK\r\n", "354 go\r\n", got_it},
         [](sending& a) { return mailing(a, {message("x", {"b@x.example", "c@x.example"})}); }},
        {"two recipients, one of them refused",
         {"", two_ok + "550 5.1.1 no\r\n", "250 2.0.0 Resetting\r\n"},
         [](sending& a) { return mailing(a, {message("x", {"b@x.example", "c@x.example"})}); }},
        {"any of two recipients",
         {"", two_ok + "550 5.1.1 no\r\n354 go\r\n", got_it},
         [](sending& a) { return mailing(a, {message("x", {"b@x.example", "c@x.example"}, recipients_policy::any)}); }},
        {"none of two recipients",
         {"", "250 ok\r\n550 no\r\n550 no\r\n354 go\r\n", "554 none\r\n", "250 2.0.0 Resetting\r\n"},
         [](sending& a) { return mailing(a, {message("x", {"b@x.example", "c@x.example"}, recipients_policy::any)}); }},
        {"a message refused, and another",
         {"", opened, not_it + opened, got_it},
         [](sending& a) { return mailing(a, {message(), message()}); }},
        {"a sender refused, and a message",
         {"", "550 5.1.7 no\r\n503 no\r\n503 no\r\n", "250 2.0.0 Resetting\r\n", opened, got_it},
         [](sending& a) { return mailing(a, {message(), message()}); }},
        {"a source",
         {"", opened, got_it},
         [](sending& a) { return mailing(a, {from_source(source_of(message().content, 10))}); }},
        {"a chunk", {"", two_ok, got_it}, [](sending& a) { return mailing(a, {sent_as(transfer::chunks)}); }},
        {"a chunk, refused",
         {"", two_ok, not_it, "250 2.0.0 Resetting\r\n"},
         [](sending& a) { return mailing(a, {sent_as(transfer::chunks)}); }},
        {"octets as they are",
         {"", two_ok, got_it},
         [](sending& a) { return mailing(a, {sent_as(transfer::binary, message("a\nb\0c"s))}); }},
        {"RSET",
         {"", "250 2.0.0 Resetting\r\n"},
         [](sending& a) {
             introduce(a.s, ehlo);
             return smtp::detail::reset(a.s);
         }},
        {"NOOP",
         {"", "250-2.0.0\r\n250 2.0.0 OK\r\n"},
         [](sending& a) {
             introduce(a.s, ehlo);
             return smtp::detail::noop(a.s);
         }},
        {"QUIT",
         {"", "221 2.0.0 Service closing transmission channel\r\n"},
         [](sending& a) {
             introduce(a.s, ehlo);
             return smtp::detail::quit(a.s);
         },
         true,
         true},
    };
    return all;
}

// The script until after so many octets.
turns cut_after(turns const& all, std::size_t n)
{
    turns some;
    for (std::string const& t : all)
    {
        some.push_back(t.substr(0, n));
        if (t.size() > n)
            break;
        n -= t.size();
    }
    return some;
}

}  // namespace

BOOST_AUTO_TEST_CASE(SM_23_SM_28_every_conversation_cut_split_failing_and_cancelled)
{
    std::size_t flows = 0, cuts = 0, splits = 0, faults = 0, cancellations = 0, doubts = 0;
    for (conversation const& c : conversations())
        BOOST_TEST_CONTEXT(c.name)
        {
            ++flows;
            std::size_t size = 0;
            for (std::string const& t : c.answers)
                size += t.size();
            struct end : played<void>
            {
                std::vector<delivery> deliveries;
                bool doubtful = false;
            };
            auto const run = [&](turns const& script, how h) {
                sending a;
                end e;
                played<void>& base = e;
                base = converse(c.talk(a), script, h, nullptr, c.connected);
                e.deliveries = a.now->deliveries;
                e.doubtful = a.now->doubtful();
                return e;
            };
            end const good = run(c.answers, {});
            BOOST_TEST(!good.ec, good.ec.message());
            std::vector<std::size_t> messages;  // those that are sent to their end
            std::vector<std::size_t> ends;      // where in what is written each of them has ended
            for (std::size_t i = 0, at = 0; i != good.deliveries.size(); ++i)
                if (!good.deliveries[i].ec || good.deliveries[i].ec == reply_error(554))
                {
                    messages.push_back(i);
                    auto const dot = good.written.find("\r\n.\r\n", at);
                    // A chunk ends with what is written, but for RSET.
                    at = dot == std::string::npos ? std::min(good.written.rfind("RSET"), good.written.size()) : dot + 5;
                    ends.push_back(at);
                }

            // Answered for is what has been, in doubt what had been sent and was not answered, the rest is not sent.
            auto const weigh = [&](end const& e, std::size_t acknowledged, bool exactly) {
                std::size_t unknown = 0;
                for (delivery const& d : e.deliveries)
                    unknown += d.ec == smtp::error::outcome_unknown;
                unknown += e.doubtful;  // cancelled
                BOOST_TEST(unknown <= 1u);
                bool const should = acknowledged < ends.size() && e.written.size() >= ends[acknowledged];
                BOOST_TEST((unknown == should || (unknown && !exactly)));
                for (std::size_t k = 0; k != messages.size() && !e.deliveries.empty(); ++k)
                    BOOST_TEST((e.deliveries[messages[k]].ec == good.deliveries[messages[k]].ec) == (k < acknowledged));
                doubts += unknown;
                return unknown != 0;
            };
            auto const answered = [&](turns const& script) {
                std::size_t n = 0;
                for (std::string const& t : script)
                    n += t.find(taken) != std::string::npos || t.find(got_it) != std::string::npos ||
                         t.find(not_it) != std::string::npos;
                return n;
            };

            for (std::size_t n = 0; n != size; ++n)
                for (error_code const& ending :
                     {error_code(), os_error(ECONNRESET), make_error_code(outkit::error::timeout)})
                    BOOST_TEST_CONTEXT("cut after " << n << ", " << ending.message())
                    {
                        ++cuts;
                        turns const script = cut_after(c.answers, n);
                        end const e = run(script, {.after = ending});
                        bool const unknown = weigh(e, answered(script), true);
                        error_code const wanted = c.always  ? error_code()
                                                  : unknown ? make_error_code(smtp::error::outcome_unknown)
                                                  : ending  ? ending
                                                            : make_error_code(outkit::error::connection_closed);
                        BOOST_TEST((e.ec == wanted), e.ec.message());
                        BOOST_TEST(good.written.starts_with(e.written));
                    }
            for (std::size_t n = 1; n != size; ++n)
                BOOST_TEST_CONTEXT("split after " << n)
                {
                    ++splits;
                    end const e = run(c.answers, {.split = n});
                    BOOST_TEST(!e.ec, e.ec.message());
                    BOOST_TEST(e.written == good.written);
                }
            // In small pieces, so that there are many steps.
            std::size_t const steps = run(c.answers, {.piece = 7}).steps;
            for (std::size_t at = 1; at <= steps; ++at)
                BOOST_TEST_CONTEXT("step " << at << " of " << steps)
                {
                    ++faults;
                    end const failed = run(c.answers, {.piece = 7, .fail_at = at});
                    std::size_t acknowledged = 0;
                    for (std::size_t const i : messages)
                        acknowledged += !failed.deliveries.empty() && failed.deliveries[i].ec == good.deliveries[i].ec;
                    bool const unknown = weigh(failed, acknowledged, false);
                    BOOST_TEST((failed.ec == (c.always  ? error_code()
                                              : unknown ? make_error_code(smtp::error::outcome_unknown)
                                                        : os_error(ECONNRESET))),
                               failed.ec.message());
                    ++cancellations;
                    end const cancelled = run(c.answers, {.piece = 7, .fail_at = at, .cancel = true});
                    BOOST_TEST((cancelled.ec == os_error(ECANCELED)), cancelled.ec.message());
                    // The client makes outcome_unknown of it.
                    BOOST_TEST((cancelled.doubtful || !unknown));
                }
        }
    BOOST_TEST(doubts != 0u);
    tests::report_counts("SMTP client: " + std::to_string(flows) + " flows, " + std::to_string(cuts / 3) +
                         " cuts x 3, " + std::to_string(splits) + " splits, " + std::to_string(faults) +
                         " failing steps, " + std::to_string(cancellations) + " cancellations");
}

// --- what a caller hands on ---

namespace {

// The commands that a server would read: their verbs, and "(credentials)". Messages are skipped.
std::string commands_in(std::string_view written)
{
    std::string verbs;
    while (!written.empty())
    {
        auto const end = std::min(written.find('\n'), written.size() - 1) + 1;
        std::string_view line = written.substr(0, end);
        written.remove_prefix(end);
        std::string_view const verb = line.substr(0, line.find_first_of(" \r\n"));
        bool const known = verb.size() == 4 || verb == "STARTTLS";
        verbs += std::string(known ? verb : "(credentials)") + ' ';
        if (verb == "DATA" && written.starts_with(".\r\n"))
            written.remove_prefix(3);
        else if (verb == "DATA")
            written.remove_prefix(std::min(written.find("\r\n.\r\n"), written.size() - 5) + 5);
        if (verb == "BDAT")
            written.remove_prefix(std::min<std::size_t>(std::stoul(std::string(line.substr(5))), written.size()));
    }
    return verbs;
}

}  // namespace

BOOST_AUTO_TEST_CASE(SM_10_SM_11_no_text_of_a_caller_becomes_a_command)
{
    BOOST_TEST(commands_in("MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n") == "MAIL RCPT DATA QUIT ");
    using how_said = void (*)(std::string const&, endpoint&, std::string& user, std::string& token, mail&);
    // Addresses are values of a parser; it may take the text in one of these forms.
    static constexpr auto each_form = [](std::string const& text, auto use) {
        for (std::string const& form : {text, text + "@x.example", '"' + text + "\"@x.example", "a@" + text})
        {
            error_code ec;
            if (auto a = mime::parse_address(form, ec, true))
                use(std::move(*a));
        }
    };
    using text = std::string const&;
    how_said const ways[] = {
        [](text t, endpoint& e, std::string&, std::string&, mail&) { e.client_name = t; },
        [](text t, endpoint&, std::string& user, std::string&, mail&) { user = t; },
        [](text t, endpoint&, std::string&, std::string& token, mail&) { token = t; },
        [](text t, endpoint&, std::string&, std::string&, mail& m) {
            each_form(t, [&](mime::address a) { m.envelope.from = std::move(a); });
        },
        [](text t, endpoint&, std::string&, std::string&, mail& m) {
            each_form(t, [&](mime::address a) { m.envelope.to.push_back(std::move(a)); });
        },
        [](text t, endpoint&, std::string&, std::string&, mail& m) { m.envelope.report = {.envelope_id = t}; },
        [](text t, endpoint&, std::string&, std::string&, mail& m) {
            m.envelope.report.emplace().recipients = {{.to = m.envelope.to[0], .original = t}};
        },
        [](text t, endpoint&, std::string&, std::string&, mail& m) {
            m.envelope.report.emplace().recipients = {{.to = m.envelope.to[0], .original = "x", .original_type = t}};
        },
        [](text t, endpoint&, std::string&, std::string&, mail& m) {
            each_form(t, [&](mime::address a) { m.envelope.report.emplace().recipients = {{.to = std::move(a)}}; });
        },
        [](text t, endpoint&, std::string&, std::string&, mail& m) { m.content = t; },
        [](text t, endpoint&, std::string&, std::string&, mail& m) { m.content = "Message-ID: <" + t + ">\r\n\r\nx"; },
        [](text t, endpoint&, std::string&, std::string&, mail& m) { m = from_source(source_of(t, 3)); },
        [](text t, endpoint&, std::string&, std::string&, mail& m) {
            m.content = t;
            m.transfer = transfer::chunks;
        },
        [](text t, endpoint&, std::string&, std::string&, mail& m) {
            m.content = t;
            m.transfer = transfer::binary;
        },
    };
    std::size_t said = 0, refused = 0;
    for (std::string const& evil : tests::hostile_texts())
        for (std::size_t way = 0; way != std::size(ways); ++way)
        {
            endpoint e = loopback;
            std::string user = "ann@x.example", token = short_token;
            mail m = message("x");
            ways[way](evil, e, user, token, m);
            std::size_t const recipients = m.envelope.to.size();
            bool const chunks = m.transfer != transfer::data;
            sending a;
            auto const talk = [](sending& s, endpoint where, std::string who, std::string secret, mail one) -> flow<> {
                co_await smtp::detail::connect(s.s, std::move(where));
                access_token t(std::move(secret));
                co_await smtp::detail::authenticate(s.s, std::move(who), std::move(t));
                std::vector<mail> all{std::move(one)};
                co_await smtp::detail::send_all(s.s, std::move(all), s.now);
                co_await smtp::detail::quit(s.s);
            };
            turns replies{greeting, roomy, "235 ok\r\n"};
            replies[1].insert(replies[1].rfind("250 "), "250-AUTH XOAUTH2\r\n250-DSN\r\n250-SMTPUTF8\r\n");
            std::string envelope = "250 ok\r\n";
            for (std::size_t i = 0; i != recipients; ++i)
                envelope += "250 ok\r\n";
            if (recipients == 1 && !chunks)
                replies.push_back(envelope + "354 go\r\n");
            else
                replies.push_back(envelope);
            if (recipients != 1 && !chunks)
                replies.push_back("354 go\r\n");
            replies.insert(replies.end(), {"250 ok\r\n", "221 bye\r\n"});
            // The credentials may need a line of their own.
            bool const two_steps = encoded(short_token).size() + evil.size() > 400;
            if (two_steps && (way == 1 || way == 2))
                replies.insert(replies.begin() + 2, "334 \r\n");
            auto const r = converse(talk(a, e, user, token, m), replies);
            std::string wanted = "EHLO AUTH ";
            if (r.written.find("AUTH XOAUTH2\r\n") != std::string::npos)
                wanted += "(credentials) ";
            std::string whole = wanted + "MAIL ";
            for (std::size_t i = 0; i != recipients; ++i)
                whole += "RCPT ";
            whole += chunks ? "BDAT QUIT " : "DATA QUIT ";
            std::string const got = commands_in(r.written);
            bool const right = got == whole || got.empty() || got == "EHLO " || got == wanted + "QUIT ";
            BOOST_TEST(right, "way " << way << " with " << evil.substr(0, 40) << ": " << got << r.ec.message());
            got == whole ? ++said : ++refused;
        }
    BOOST_TEST_MESSAGE(said << " messages sent, " << refused << " refused before a byte");
    BOOST_TEST(said > 100u);
    BOOST_TEST(refused > 100u);
}

BOOST_AUTO_TEST_SUITE_END()
