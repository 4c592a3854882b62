// Clients that want to exhaust the mocks, confuse them or write into other people's pages. What a mock holds meanwhile is
// read off the heap (glibc's own count; under a sanitizer it stands still), in the simulator, where nobody else allocates.

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/sasl/xoauth2.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <malloc.h>

using namespace outkit;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

template <class T = void>
using flow = outkit::detail::flow<T>;
using outkit::detail::wire;

constexpr std::size_t mib = 1024 * 1024;
constexpr std::size_t slack = 512 * 1024;  // of the simulated network and TLS: windows and records in flight

struct house
{
    explicit house(std::uint64_t seed = 1) : w(seed)
    {
        adele.password = "correct horse";
        w.mailboxes.create({.address = adele.principal_name, .display_name = "Adele"});
        w.mailboxes.create({.address = bob.principal_name, .display_name = "Bob"});
    }

    mock::world w;
    mock::tenant& home = w.directory.add_tenant(w, {.domains = {"woodgrove.example"}});
    mock::user& adele = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "adele@woodgrove.example"});
    mock::user& bob = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = "bob@woodgrove.example"});
    mock::application& app = *w.directory.register_application(w, home.id, {.display_name = "Mail program"}).app;
    mock::smtp smtp{w};
    mock::imap imap{w};

    std::string response(char const* permission)
    {
        mock::access_claims c;
        c.audience = "https://outlook.office.com";
        c.tenant = home.id;
        c.client_id = app.app_id;
        c.person.home_tenant = home.id;
        c.person.object_id = adele.id;
        c.person.login = adele.principal_name;
        c.permissions = {permission};
        sasl::error e{};
        return sasl::encode_xoauth2(adele.principal_name, mock::issue_access_token(w.keys, w, c),
                                    sasl::confidential::promised_by_caller(), e)
            .value();
    }
    std::string imap_sign_in() { return "s AUTHENTICATE XOAUTH2 " + response("IMAP.AccessAsUser.All") + "\r\n"; }
    std::string smtp_sign_in() { return "EHLO app.example\r\nAUTH XOAUTH2 " + response("SMTP.Send") + "\r\n"; }
};

// What came of an attack.
struct outcome
{
    std::string heard;      // all that the mock has said
    std::size_t taken = 0;  // octets that could be sent before it closed
    std::size_t held = 0;   // most that the heap grew by meanwhile
    error_code ended;       // how the mock's flow ended
    bool closed = false;    // by the mock, before we were through
};

std::size_t heap() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

// Reads what is there, until nothing comes for that long or the line is over. False: it is.
flow<bool> listen_for(wire& w, outcome& o, std::chrono::milliseconds silence = 5s)
{
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    outkit::detail::event never;
    for (;;)
    {
        while (auto const line = w.buffered_line())
            (o.heard += *line) += "\n";
        outkit::detail::event::watch nothing(never);
        if (co_await w.wait(nothing, world.now() + silence) == outkit::detail::wake::time)
            co_return true;
        auto const more = co_await outkit::detail::attempt(w.fill());
        if (more.ec)
            co_return false;
    }
}

struct attack
{
    std::vector<std::string> before = {};  // turns of a conversation
    std::string piece = {};                // and then this, over and over
    std::size_t octets = 0;                // so much of it
    std::string after = {};
};

flow<> storm(wire& w, attack a, outcome& o)
{
    w.max_line = 100'000;
    co_await w.start_tls("mail.test");
    for (std::string& turn : a.before)
    {
        co_await listen_for(w, o);
        co_await w.write(std::move(turn));
    }
    co_await listen_for(w, o);
    std::size_t const at_first = heap();
    while (o.taken < a.octets)
    {
        std::string piece = a.piece;
        std::size_t const size = piece.size();
        auto const sent = co_await outkit::detail::attempt(w.write(std::move(piece)));
        o.taken += size;
        o.closed = sent.ec || !co_await listen_for(w, o, 1ms);
        if (o.closed)
            co_return;
        std::size_t const now = heap();
        o.held = std::max(o.held, now - std::min(now, at_first));
    }
    if (!a.after.empty())
        co_await outkit::detail::attempt(w.write(std::move(a.after)));
    o.closed = !co_await listen_for(w, o);
}

template <class Service>
outcome suffer(Service& service, attack a)
{
    outkit::detail::simulator sim(1);
    wire client, server;
    outcome o;
    auto const serve = [](Service& s, wire& w) -> flow<> {
        co_await w.start_tls();
        co_await s.serve(w);
    };
    sim.start("client", storm(client, std::move(a), o), tests::trusting_client());
    auto const mock = sim.start("server", serve(service, server), tests::certified_server());
    sim.join_last_two();
    sim.run();
    o.ended = mock->ec;
    return o;
}

std::size_t count(std::string const& text, std::string_view part)
{
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size())
        ++n;
    return n;
}

// Whether some line of the text begins so.
bool says(std::string const& text, std::string const& line) { return ("\n" + text).find("\n" + line) != text.npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(mock_hostile)

BOOST_AUTO_TEST_CASE(MK_04_literals_before_the_login_are_refused_and_not_made_room_for)
{
    for (char const* const literal : {"{400000000}", "{400000000+}", "{9999999999}", "{99999999999999999999999}"})
        for (std::string const& command : {"a1 LOGIN "s, "a1 AUTHENTICATE XOAUTH2 "s, "a1 "s})
            BOOST_TEST_CONTEXT(command << literal)
            {
                house h;
                outcome const o = suffer(
                    h.imap,
                    {.before = {command + literal + "\r\n"}, .piece = std::string(4096, 'x'), .octets = 4 * mib});
                BOOST_TEST(says(o.heard, "a1 BAD "), o.heard);
                BOOST_TEST(o.heard.find(" OK ", o.heard.find('\n')) == o.heard.npos, o.heard);
                BOOST_TEST(o.held < mib);
                BOOST_TEST(o.closed);
                BOOST_TEST(o.taken < mib);
            }
    // what is no literal at all is an argument nobody understands; the connection goes on
    for (char const* const literal : {"{-1}", "{}", "{+}", "{1 }", "{0x10}", "{1-}"})
        BOOST_TEST_CONTEXT(literal)
        {
            house h;
            outcome const o = suffer(h.imap, {.before = {"a1 LOGIN "s + literal + "\r\n", "a2 NOOP\r\n"}});
            BOOST_TEST(says(o.heard, "a1 BAD "), o.heard);
            BOOST_TEST(says(o.heard, "a2 OK "), o.heard);
        }
}

BOOST_AUTO_TEST_CASE(MK_05_lines_without_an_end_are_refused_at_the_limit)
{
    std::string const endless(16 * 1024, 'a');
    {
        house h;
        outcome const o = suffer(h.imap, {.piece = endless, .octets = 100 * mib});
        BOOST_TEST(says(o.heard, "* BAD "), o.heard);
        BOOST_TEST(o.closed);
        BOOST_TEST(o.taken < mib);
        BOOST_TEST(o.held < mib);
    }
    {
        house h;
        outcome const o =
            suffer(h.imap, {.before = {"a AUTHENTICATE XOAUTH2\r\n"}, .piece = endless, .octets = 100 * mib});
        BOOST_TEST(says(o.heard, "+"), o.heard);
        BOOST_TEST(o.heard.find(" BAD ") != o.heard.npos, o.heard);
        BOOST_TEST(o.closed);
        BOOST_TEST(o.taken < mib);
    }
    for (std::vector<std::string> const& before :
         {std::vector<std::string>{}, {"EHLO app.example\r\n", "AUTH XOAUTH2\r\n"}})
    {
        house h;
        outcome const o = suffer(h.smtp, {.before = before, .piece = endless, .octets = 100 * mib});
        BOOST_TEST(says(o.heard, "500 "), o.heard);
        BOOST_TEST(o.closed);
        BOOST_TEST(o.taken < mib);
        BOOST_TEST(o.held < mib);
    }
}

BOOST_AUTO_TEST_CASE(MK_06_a_message_larger_than_the_limit_is_read_to_its_end_and_not_kept)
{
    for (bool const lenient : {false, true})
        for (bool const in_lines : {true, false})
            BOOST_TEST_CONTEXT((lenient ? "lenient" : "strict") << (in_lines ? ", lines" : ", one line"))
            {
                house h;
                h.w.policy.edit_mailbox(h.adele.principal_name).max_send = 100'000;
                if (lenient)
                    h.w.faults.misbehave("smtp.lenient-end-of-data", true);
                std::string piece(16 * 1024, 'x');
                if (in_lines)
                    for (std::size_t at = 1022; at < piece.size(); at += 1024)
                        piece.replace(at, 2, "\r\n");
                outcome const o =
                    suffer(h.smtp, {.before = {h.smtp_sign_in(), "MAIL FROM:<adele@woodgrove.example>\r\n",
                                               "RCPT TO:<bob@woodgrove.example>\r\n", "DATA\r\n",
                                               "From: adele@woodgrove.example\r\n\r\n"},
                                    .piece = piece,
                                    .octets = 8 * mib,
                                    .after = "\r\n.\r\nNOOP\r\n"});
                BOOST_TEST(says(o.heard, "552 5.3.4 "), o.heard);
                BOOST_TEST(o.heard.ends_with("250 2.0.0 OK\n"), o.heard);  // and the connection goes on
                BOOST_TEST(o.held < 100'000 + slack);
                BOOST_TEST(h.w.mailboxes.find(h.bob.principal_name)->find(mock::role::inbox)->messages().empty());
            }
    // the same in chunks
    house h;
    h.w.policy.edit_mailbox(h.adele.principal_name).max_send = 100'000;
    outcome const o = suffer(h.smtp, {.before = {h.smtp_sign_in(), "MAIL FROM:<adele@woodgrove.example>\r\n",
                                                 "RCPT TO:<bob@woodgrove.example>\r\n", "BDAT 8388608 LAST\r\n"},
                                      .piece = std::string(16 * 1024, 'x'),
                                      .octets = 8 * mib,
                                      .after = "NOOP\r\n"});
    BOOST_TEST(says(o.heard, "552 5.3.4 "), o.heard);
    BOOST_TEST(o.heard.ends_with("250 2.0.0 OK\n"), o.heard);
    BOOST_TEST(o.held < 100'000 + slack);
}

namespace {

// An HTTP server with the limits the mocks have; counts what it was asked.
struct counting
{
    unsigned asked = 0;
    flow<> serve(wire& w)
    {
        mock::http_handler count = [this](http::request const&) {
            ++asked;
            return http::response{};
        };
        return mock::serve_http(w, std::move(count));
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(MK_09_requests_without_measure_are_refused_at_the_limit)
{
    std::string const head = "POST /common/oauth2/v2.0/token HTTP/1.1\r\nHost: localhost\r\n";
    std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
    std::string fields;
    while (fields.size() < 16'000)
        fields += "X-Field: y\r\n";
    struct row
    {
        char const* what;
        std::string before, piece;
        std::size_t octets;  // that are sent when nobody stops us
        std::size_t most;    // that may be taken
        char const* status;
    };
    row const rows[] = {
        {"a body of 1 GiB", head + "Content-Length: 1073741824\r\n\r\n", std::string(16'384, 'x'), 64 * mib, mib,
         "413"},
        {"endless chunks", head + "Transfer-Encoding: chunked\r\n\r\n", chunk, 64 * mib, 38 * mib, "413"},
        {"10 000 fields", head, fields, 2 * mib, mib, "431"},
        {"both lengths", head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "x", 1, mib, "400"},
        {"HTTP/0.9", "GET /\r\n", "GET /\r\n", 7, mib, "400"},
        {"an endless request line", "GET /", std::string(16'384, 'a'), 16 * mib, mib, "431"},
        {"an endless field", head + "X: ", std::string(16'384, 'a'), 16 * mib, mib, "431"},
        {"an endless size of a chunk", head + "Transfer-Encoding: chunked\r\n\r\n", std::string(16'384, '0'), 16 * mib,
         mib, "4"},
        {"an endless extension of a chunk", head + "Transfer-Encoding: chunked\r\n\r\n1;x=", std::string(16'384, 'a'),
         16 * mib, mib, "4"},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.what)
        {
            counting server;
            outcome const o = suffer(server, {.before = {r.before}, .piece = r.piece, .octets = r.octets});
            BOOST_TEST(o.heard.starts_with("HTTP/1.1 "s + r.status), o.heard);
            BOOST_TEST(count(o.heard, "HTTP/1.1 ") == 1u);
            BOOST_TEST(o.closed);
            BOOST_TEST(o.taken <= r.most);
            BOOST_TEST(server.asked == 0u);
        }
}

BOOST_AUTO_TEST_CASE(MK_20_control_characters_in_an_envelope_are_refused)
{
    for (char const* const who : {"MAIL FROM:<a\x01"
                                  "dele@woodgrove.example>",
                                  "MAIL FROM:<adele@woodgrove.example\x7f>", "MAIL FROM:<adele\t@woodgrove.example>",
                                  "MAIL FROM:<\x1b[2Jadele@woodgrove.example>"})
    {
        house h;
        outcome const o =
            suffer(h.smtp, {.before = {h.smtp_sign_in(), who + "\r\nRCPT TO:<bob@woodgrove.example>\r\n"s}});
        std::string const end = o.heard.substr(o.heard.find("\n235 ") + 1);
        BOOST_TEST(count(end, "\n5") == 2u, end);
        BOOST_TEST(end.find_first_of("\x01\x7f\t\x1b") == end.npos);
        std::string const journal = h.w.journal.to_json();
        BOOST_TEST(journal.find_first_of("\x01\x7f\t\x1b") == journal.npos);
    }
    for (char const* const whom :
         {"<b\x02ob@woodgrove.example>", "<bob@woodgrove.example\x1f>", "<bob@wood\rgrove.example>"})
    {
        house h;
        outcome const o = suffer(h.smtp, {.before = {h.smtp_sign_in(), "MAIL FROM:<adele@woodgrove.example>\r\n",
                                                     "RCPT TO:"s + whom + "\r\n"}});
        std::string const end = o.heard.substr(o.heard.find("\n250 2.1.0") + 1);
        BOOST_TEST(says(end, "50") != says(end, "55"), end);
        BOOST_TEST(!says(end, "250 2.1.5"), end);
    }
}

BOOST_AUTO_TEST_CASE(MK_20_fields_are_stored_as_they_were_sent)
{
    house h;
    // folds, a colon without a name, two of a kind, what looks like another field behind encoded line ends
    std::string const fields = "From: adele@woodgrove.example\r\n"
                               "Subject: a=0D=0ABcc: eve@evil.example =?utf-8?Q?x=0D=0ABcc:_eve@evil.example?=\r\n"
                               "X-Fold: one\r\n two\r\n\tthree\r\n"
                               "X-Twice: 1\r\nX-Twice: 2\r\n"
                               "To: bob@woodgrove.example\r\n";
    outcome const o = suffer(h.smtp, {.before = {h.smtp_sign_in(), "MAIL FROM:<adele@woodgrove.example>\r\n",
                                                 "RCPT TO:<bob@woodgrove.example>\r\n", "DATA\r\n",
                                                 fields + "\r\nRCPT TO:<eve@evil.example>\r\n..dot\r\n.\r\n"}});
    BOOST_TEST(says(o.heard, "250 2.0.0 OK <"), o.heard);
    auto const& messages = h.w.mailboxes.find(h.bob.principal_name)->find(mock::role::inbox)->messages();
    BOOST_TEST_REQUIRE(messages.size() == 1u);
    std::string const& raw = messages.back()->raw();
    BOOST_TEST(raw.ends_with(fields + "\r\nRCPT TO:<eve@evil.example>\r\n.dot\r\n"), raw);
    auto const* const e = h.w.journal.last({.server = "smtp", .what = "message"});
    BOOST_TEST_REQUIRE(e);
    BOOST_TEST(e->field("outside") == "");
    BOOST_TEST(e->field("received") == "1");
}

BOOST_AUTO_TEST_CASE(MK_21_only_a_dot_between_whole_line_ends_ends_a_message)
{
    std::string const smuggled = "MAIL FROM:<bob@woodgrove.example>\r\nRCPT TO:<bob@woodgrove.example>\r\nDATA\r\n"
                                 "From: bob@woodgrove.example\r\n\r\nsmuggled\r\n";
    for (char const* const end : {"\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r"})
        for (bool const lenient : {false, true})
            BOOST_TEST_CONTEXT((lenient ? "lenient " : "strict ") << outkit::detail::base64_encode(end))
            {
                house h;
                if (lenient)
                    h.w.faults.misbehave("smtp.lenient-end-of-data", true);
                outcome const o =
                    suffer(h.smtp, {.before = {h.smtp_sign_in(),
                                               "MAIL FROM:<adele@woodgrove.example>\r\n"
                                               "RCPT TO:<bob@woodgrove.example>\r\n",
                                               "DATA\r\n",
                                               "From: adele@woodgrove.example\r\n\r\nfirst"s + end + smuggled + ".\r\n",
                                               "NOOP\r\n"}});
                auto const& inbox = *h.w.mailboxes.find(h.bob.principal_name)->find(mock::role::inbox);
                if (lenient)  // the first message is split off, whatever becomes of the rest
                {
                    BOOST_TEST_REQUIRE(inbox.messages().size() >= 1u);
                    BOOST_TEST(inbox.messages().front()->raw().find("smuggled") == std::string::npos);
                    BOOST_TEST(count(o.heard, "\n250 2.1.0 ") == 2u, o.heard);
                }
                else
                {
                    BOOST_TEST(says(o.heard, "550 5.6.11 "), o.heard);
                    BOOST_TEST(inbox.messages().empty());
                    BOOST_TEST(count(o.heard, "\n250 2.1.0 ") == 1u, o.heard);
                    BOOST_TEST(o.heard.ends_with("\n250 2.0.0 OK\n"), o.heard);
                }
            }
}

BOOST_AUTO_TEST_CASE(MK_22_commands_without_measure_are_refused_with_their_tag)
{
    auto const many = [](std::string_view what, std::size_t n) {
        std::string all;
        for (std::size_t i = 0; i != n; ++i)
            all += what;
        return all;
    };
    struct row
    {
        std::string command;
        bool goes_on;  // within the limit of a line: BAD has the tag, and the next command is answered
    };
    row const rows[] = {
        {"SEARCH " + many("(", 60'000), true},
        {"SEARCH " + many("(", 30'000) + "ALL" + many(")", 30'000), true},
        {"SEARCH " + many("NOT ", 15'000) + "ALL", true},
        {"SEARCH " + many("OR ALL ", 9'000) + "ALL", true},
        {"FETCH 1 " + many("(", 60'000), true},
        {"FETCH 1 (" + many("BODY[", 12'000), true},
        {"LIST \"\" (" + many("(", 60'000), true},
        {"STORE 1 FLAGS " + many("(", 60'000), true},
        {"SEARCH " + many("{", 60'000), true},
        {"SEARCH SUBJECT " + many("{1}", 20'000) + "x", true},
        {"SEARCH " + many("(", 100'000), false},
        {"SEARCH " + many("ALL ", 100'000) + "ALL", false},
        {"SEARCH " + many("{", 1'000'000), false},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.command.substr(0, 40) << " (" << r.command.size() << ")")
        {
            house h;
            attack a{.before = {h.imap_sign_in(), "i SELECT INBOX\r\n", "b " + r.command}, .after = "\r\nc NOOP\r\n"};
            if (!r.goes_on)  // in pieces, so that we hear what it says before we have done
            {
                a.before.back().resize(16'000);
                a.piece = r.command.substr(r.command.size() - 16'000);
                a.octets = r.command.size() - 16'000;
            }
            outcome const o = suffer(h.imap, std::move(a));
            BOOST_TEST(says(o.heard, "i OK "), o.heard);
            BOOST_TEST(!says(o.heard, "b OK "), o.heard.substr(0, 2000));
            BOOST_TEST(says(o.heard, r.goes_on ? "b BAD " : "* BAD "), o.heard.substr(0, 2000));
            BOOST_TEST(says(o.heard, "c OK ") == r.goes_on);
            BOOST_TEST(o.closed != r.goes_on);
        }
    // many small literals are one long command, too
    house h;
    outcome const o = suffer(h.imap, {.before = {h.imap_sign_in(), "i SELECT INBOX\r\n", "b SEARCH SUBJECT"},
                                      .piece = many(" {1+}\r\nx", 2'000),
                                      .octets = 4 * mib});
    BOOST_TEST(o.closed);
    BOOST_TEST(o.taken < mib);
    BOOST_TEST(o.held < mib);
}

BOOST_AUTO_TEST_CASE(MK_22_an_APPEND_that_never_ends_is_held_to_its_size_and_its_time)
{
    house h;
    auto const inbox = h.w.mailboxes.find(h.adele.principal_name)->find(mock::role::inbox);
    {
        // more than the store takes: refused before it comes
        outcome const o = suffer(h.imap, {.before = {h.imap_sign_in(), "b APPEND INBOX {4000000000+}\r\n"},
                                          .piece = std::string(16 * 1024, 'x'),
                                          .octets = 8 * mib});
        BOOST_TEST(o.heard.find(" BAD ") != o.heard.npos, o.heard);
        BOOST_TEST(o.closed);
        BOOST_TEST(o.taken < mib);
        BOOST_TEST(o.held < mib);
    }
    {
        // announced and never sent
        outcome const o = suffer(h.imap, {.before = {h.imap_sign_in(), "b APPEND INBOX {100}\r\n", "only this"}});
        BOOST_TEST(says(o.heard, "+ "), o.heard);
        BOOST_TEST(!says(o.heard, "b OK"), o.heard);
    }
    BOOST_TEST(inbox->messages().empty());
}

// The same seed, the same conversation, the same octets, and that for every service that speaks in lines. Only the seconds
// are the clock's, which goes on meanwhile.
BOOST_AUTO_TEST_CASE(MK_25_the_same_seed_says_the_same_octets)
{
    auto const told = [](std::uint64_t seed) {
        house h(seed);
        h.w.clock.set_date(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + std::chrono::hours(12));
        std::string all = suffer(h.smtp, {.before = {h.smtp_sign_in(), "MAIL FROM:<adele@woodgrove.example>\r\n",
                                                     "RCPT TO:<bob@woodgrove.example>\r\n", "DATA\r\n",
                                                     "From: adele@woodgrove.example\r\n\r\nx\r\n.\r\n", "QUIT\r\n"}})
                              .heard;
        all += suffer(h.imap, {.before = {h.imap_sign_in(), "a SELECT \"Sent Items\"\r\n",
                                          "b FETCH 1:* (UID ENVELOPE BODY.PEEK[])\r\n", "c LOGOUT\r\n"}})
                   .heard;
        return std::regex_replace(all, std::regex("12:[0-9]{2}:[0-9]{2} "), "12:mm:ss ");
    };
    std::string const first = told(7);
    BOOST_TEST(says(first, "* 1 FETCH "), first);
    BOOST_TEST(told(7) == first);
    BOOST_TEST(told(8) != first);
}

BOOST_AUTO_TEST_SUITE_END()
