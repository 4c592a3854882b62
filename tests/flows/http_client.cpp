#include <outkit/http/detail/flows.hpp>
#include <outkit/stream.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::detail;

namespace {

http::url to(std::string_view text)
{
    error_code ec;
    auto const u = http::parse_url(text, ec);
    BOOST_TEST_REQUIRE(!ec, text);
    return u;
}

http::request get()
{
    http::request r;
    r.headers.push_back({"Accept", "application/json"});
    return r;
}

// One response read to the end of the script.
played<http::detail::received_response> read(std::string script, std::string method = "GET", http::limits l = {},
                                             how h = {})
{
    wire w;
    return play(http::detail::read_response(w, std::move(method), l), {std::move(script)}, h);
}

std::string const ok = "HTTP/1.1 200 OK\r\n";

flow<std::vector<http::response>> two_exchanges(http::detail::session& s, http::request r,
                                                std::string base = "https://a.test/")
{
    std::vector<http::response> both;
    http::detail::exchange_options const options;
    http::url const first = to(base + "1"), second = to(base + "2");
    http::request copy = r;
    http::response one = co_await http::detail::exchange(s, first, std::move(copy), options);
    both.push_back(std::move(one));
    http::response two = co_await http::detail::exchange(s, second, std::move(r), options);
    both.push_back(std::move(two));
    co_return both;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client)

BOOST_AUTO_TEST_CASE(responses_are_read_whatever_delimits_them)
{
    struct row
    {
        std::string script;
        std::string body;
        bool keep_alive;
    };
    row const rows[] = {
        {ok + "Content-Length: 5\r\n\r\nhello", "hello", true},
        {ok + "Content-Length: 0\r\n\r\n", "", true},
        {ok + "content-length:\t5 \r\nConnection: keep-alive, Close\r\n\r\nhello", "hello", false},
        {ok + "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello", true},
        {ok + "Transfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nhel\r\n0002\r\nlo\r\n00\r\nX: y\r\n\r\n", "hello", true},
        {ok + "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", "0123456789", true},
        {ok + "\r\nhello", "hello", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", false},
        {"HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", "hello", true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok +
             "Content-Length: 2\r\n\r\nok",
         "ok", true},
    };
    for (auto const& row : rows)
        for (std::size_t const piece : {1u, 2u, 7u, 4096u})
            BOOST_TEST_CONTEXT(row.script << " in pieces of " << piece)
            {
                auto const r = read(row.script, "GET", {}, {.piece = piece});
                BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
                BOOST_TEST(r.value->message.status == 200u);
                BOOST_TEST(r.value->message.body == row.body);
                BOOST_TEST(r.value->keep_alive == row.keep_alive);
            }
}

BOOST_AUTO_TEST_CASE(HT_01_status_lines_that_are_not_http_1_are_refused)
{
    for (char const* const line : {"HTTP/1.1", "HTTP/1.1 ", "HTTP/9.9 200 OK", "HTTP/2 200", "HTTP/1.1 2000 OK",
                                   "HTTP/1.1 -1 OK", "HTTP/1.1 20 OK", "ICY 200 OK", "HTTP/1.1 200 O\x01K",
                                   "HTTP/1.1 099 low", "HTTP/1.1 600 high", "", " HTTP/1.1 200 OK", "HTTP/1.1  200 OK"})
    {
        auto const r = read(std::string(line) + "\r\nContent-Length: 0\r\n\r\n");
        BOOST_TEST((r.ec == condition::protocol_violation), line << ": " << r.ec.message());
    }
    auto const endless = read("HTTP/1.1 200 " + std::string(1 << 20, 'x') + "\r\n\r\n");
    BOOST_TEST((endless.ec == condition::limit_exceeded), endless.ec.message());
}

BOOST_AUTO_TEST_CASE(HT_02_lengths_that_two_parsers_could_read_differently_are_refused)
{
    for (char const* const fields :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
          "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
          "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Content-Length: 5 5\r\n", "Content-Length: 0x5\r\n",
          "Content-Length: 18446744073709551616\r\n", "Content-Length: -1\r\n", "Content-Length: \r\n",
          "Content-Length: 5;\r\n"})  // "5 " is 5: blanks at the end are no part of a value (RFC 9112 section 5)
        for (std::size_t const piece : {1u, 4096u})
        {
            auto const r = read(ok + fields + "\r\n5\r\nhello\r\n0\r\n\r\n", "GET", {}, {.piece = piece});
            BOOST_TEST((r.ec == condition::protocol_violation), fields << r.ec.message());
        }
}

BOOST_AUTO_TEST_CASE(HT_03_transfer_codings_other_than_chunked_are_refused)
{
    for (char const* const coding : {"gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked;x=y", "",
                                     "chunked\r\nTransfer-Encoding: chunked"})
    {
        auto const r = read(ok + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n");
        BOOST_TEST((r.ec == condition::protocol_violation), coding << ": " << r.ec.message());
    }
    auto const old = read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    BOOST_TEST((old.ec == make_error_code(http::error::unsupported_transfer_coding)), old.ec.message());
}

BOOST_AUTO_TEST_CASE(HT_04_malformed_chunks_are_refused)
{
    std::string const head = ok + "Transfer-Encoding: chunked\r\n\r\n";
    for (char const* const chunks :
         {"g\r\n", "\r\n", "-1\r\n", "+1\r\nx\r\n", "00000000000000001\r\nx\r\n", " 1\r\nx\r\n", "1 \r\nx\r\n",
          "0x1\r\nx\r\n", "1\nx\n0\n\n", "1\r\nx0\r\n\r\n", "1\r\nxy\r\n0\r\n\r\n", "1\r\nx\n0\r\n\r\n",
          "0\r\nno colon\r\n\r\n", "0\r\nX : y\r\n\r\n"})
    {
        auto const r = read(head + chunks);
        BOOST_TEST((r.ec == condition::protocol_violation || r.ec == condition::limit_exceeded),
                   chunks << ": " << r.ec.message());
    }
    auto const extension = read(head + "1;" + std::string(1 << 20, 'x') + "\r\nx\r\n0\r\n\r\n");
    BOOST_TEST((extension.ec == condition::limit_exceeded), extension.ec.message());
    auto const huge = read(head + "ffffffffffffffff\r\nx");
    BOOST_TEST((huge.ec == make_error_code(http::error::body_too_large)), huge.ec.message());
    auto const no_end = read(head + "1\r\nx\r\n0\r\n");
    BOOST_TEST((no_end.ec == make_error_code(error::connection_closed)), no_end.ec.message());
}

BOOST_AUTO_TEST_CASE(HT_05_trailers_are_ignored_and_limited)
{
    std::string const head = ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n";
    auto const ignored = read(head + "Authorization: Bearer x\r\nContent-Length: 9\r\n\r\n");
    BOOST_TEST_REQUIRE(!ignored.ec, ignored.ec.message());
    BOOST_TEST(ignored.value->message.headers.size() == 1u);
    std::string many = head;
    for (int i = 0; i != 10'000; ++i)
        many += "X: y\r\n";
    BOOST_TEST((read(many + "\r\n").ec == condition::limit_exceeded));
    BOOST_TEST((read(head + "X: " + std::string(9000, 'y') + "\r\n\r\n").ec == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(HT_06_malformed_header_fields_are_refused)
{
    for (std::string const& field :
         {std::string("no colon"), std::string("X : y"), std::string("X\t: y"), std::string(": y"),
          std::string("X: y\r\n folded"), std::string("X: y\r\n\tfolded"), std::string("X: a\rb"),
          std::string("X: a\0b", 6), std::string("X\0: b", 5), std::string("X: \x7f"), std::string("X: \x1b[2J"),
          std::string("X Y: z"), std::string("X\xc3\xa9: z"), std::string("X(: z")})
    {
        auto const r = read(ok + field + "\r\nContent-Length: 0\r\n\r\n");
        BOOST_TEST((r.ec == condition::protocol_violation), field << ": " << r.ec.message());
    }
    BOOST_TEST((read(ok + "X: y\nContent-Length: 0\r\n\r\n").ec == make_error_code(error::bare_line_feed)));
    BOOST_TEST((read(ok + std::string(100 * 1024, 'x') + ": y\r\n\r\n").ec == condition::limit_exceeded));

    std::string fields = ok;
    for (int i = 0; i != 127; ++i)
        fields += "X: y\r\n";
    BOOST_TEST(!read(fields + "Content-Length: 0\r\n\r\n").ec);
    BOOST_TEST(
        (read(fields + "X: y\r\nContent-Length: 0\r\n\r\n").ec == make_error_code(http::error::too_many_fields)));

    http::limits const l;
    std::string section = ok + "Content-Length: 0\r\nX: ";
    section += std::string(l.header_bytes - section.size() - 2, 'y') + "\r\n\r\n";
    BOOST_TEST(!read(section).ec);
    section.insert(ok.size() + 22, "y");
    BOOST_TEST((read(section).ec == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(HT_07_interim_responses_and_responses_without_body)
{
    std::string eight;
    for (int i = 0; i != 8; ++i)
        eight += "HTTP/1.1 100 Continue\r\n\r\n";
    BOOST_TEST(!read(eight + ok + "Content-Length: 0\r\n\r\n").ec);
    BOOST_TEST((read(eight + eight + ok).ec == make_error_code(http::error::too_many_interim_responses)));
    BOOST_TEST((read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").ec ==
                make_error_code(http::error::unexpected_upgrade)));
    for (char const* const script :
         {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n"})
    {
        auto const r = read(script);
        BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
        BOOST_TEST(r.value->message.body.empty());
    }
    auto const head = read(ok + "Content-Length: 5\r\n\r\n", "HEAD");
    BOOST_TEST((!head.ec && head.value->message.body.empty()));

    // Bytes after a response without body stay on the wire, and the connection is given up.
    http::detail::session s;
    http::request r = get();
    r.method = "HEAD";
    auto const remains = play(two_exchanges(s, r), {"", ok + "Content-Length: 5\r\n\r\nhello", ok + "X: 2\r\n\r\n"});
    BOOST_TEST_REQUIRE(!remains.ec, remains.ec.message());
    BOOST_TEST(remains.connected ==
                   (std::vector<std::string>{"a.test:443", "tls a.test", "close", "a.test:443", "tls a.test"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(HT_08_an_unsolicited_response_is_not_taken_for_the_next)
{
    std::string const mine = ok + "Content-Length: 4\r\n\r\nmine";
    http::detail::session s;
    auto const r = play(two_exchanges(s, get()), {"", mine + ok + "Content-Length: 5\r\n\r\nother", mine});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
    BOOST_TEST(r.value->at(1).body == "mine");
    BOOST_TEST(std::count(r.connected.begin(), r.connected.end(), "a.test:443") == 2);

    // Also when it comes later than the first.
    for (std::size_t const piece : {1u, 2u, 7u})
    {
        http::detail::session late;
        auto const l = play(two_exchanges(late, get()), {"", mine + ok + "Content-Length: 5\r\n\r\nother", mine},
                            {.piece = piece});
        BOOST_TEST_REQUIRE(!l.ec, l.ec.message());
        BOOST_TEST(l.value->at(1).body == "mine");
    }
}

BOOST_AUTO_TEST_CASE(HT_09_bodies_shorter_or_longer_than_said)
{
    auto const shorter = read(ok + "Content-Length: 5\r\n\r\nhell");
    BOOST_TEST((shorter.ec == make_error_code(error::connection_closed)), shorter.ec.message());
    auto const longer = read(ok + "Content-Length: 5\r\n\r\nhello!");
    BOOST_TEST_REQUIRE(!longer.ec);
    BOOST_TEST(longer.value->message.body == "hello");
    http::detail::session s;
    auto const next =
        play(two_exchanges(s, get()), {"", ok + "Content-Length: 5\r\n\r\nhello!", ok + "Content-Length: 2\r\n\r\nok"});
    BOOST_TEST_REQUIRE(!next.ec, next.ec.message());
    BOOST_TEST(next.value->at(1).body == "ok");
    BOOST_TEST(std::count(next.connected.begin(), next.connected.end(), "a.test:443") == 2);
}

namespace {

// What an exchange with mail.test makes of a server that says this under TLS and leaves, with close_notify or without.
error_code heard_under_tls(std::string const& answer, bool close_notify, std::string& body)
{
    simulator sim(1);
    auto const serve = [&](wire& w) -> flow<> {
        co_await w.start_tls();
        http::limits const limits;
        co_await http::detail::read_request(w, limits);
        co_await w.write(answer);
        if (close_notify)
            co_await w.close();
    };
    sim.listen("mail.test", 443, serve, tests::certified_server());
    http::detail::session s;
    http::detail::exchange_options const once;
    auto const r =
        sim.start("client", http::detail::exchange(s, to("https://mail.test/"), get(), once), tests::trusting_client());
    sim.run();
    BOOST_TEST(r->done);
    if (!r->ec)
        body = r->value->body;
    return r->ec;
}

}  // namespace

BOOST_AUTO_TEST_CASE(HT_09_TL_14_bodies_that_end_without_close_notify_are_truncated)
{
    std::string body;
    for (char const* const part : {"Content-Length: 5\r\n\r\nhell", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
                                   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "\r\nhel", "X: y\r\n"})
        BOOST_TEST((heard_under_tls(ok + part, false, body) == make_error_code(error::tls_truncated)), part);
    BOOST_TEST(!heard_under_tls(ok + "\r\nhello", true, body));
    BOOST_TEST(body == "hello");
    BOOST_TEST((heard_under_tls(ok + "Content-Length: 5\r\n\r\nhell", true, body) ==
                make_error_code(error::connection_closed)));
    BOOST_TEST(!heard_under_tls(ok + "Content-Length: 5\r\n\r\nhello", false, body));  // complete, however it ends
}

BOOST_AUTO_TEST_CASE(HT_10_an_endless_body_ends_at_the_limit)
{
    http::limits small;
    small.body_bytes = 1000;
    std::string const endless(100'000, 'x');
    auto const exactly = read(ok + "\r\n" + std::string(1000, 'x'), "GET", small);
    BOOST_TEST(!exactly.ec, exactly.ec.message());
    for (std::size_t const piece : {7u, 4096u})
    {
        auto const r = read(ok + "\r\n" + endless, "GET", small, {.piece = piece});
        BOOST_TEST((r.ec == make_error_code(http::error::body_too_large)), r.ec.message());
    }
    BOOST_TEST((read(ok + "Content-Length: 1001\r\n\r\n" + endless, "GET", small).ec ==
                make_error_code(http::error::body_too_large)));
    BOOST_TEST((
        read(ok + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n", "GET", small)
            .ec == make_error_code(http::error::body_too_large)));
}

BOOST_AUTO_TEST_CASE(HT_11_compressed_answers_are_refused)
{
    for (char const* const coding : {"gzip", "br", "gzip, gzip", "identity, gzip"})
    {
        auto const r = read(ok + "Content-Encoding: " + coding + "\r\nContent-Length: 1\r\n\r\nx");
        BOOST_TEST((r.ec == make_error_code(http::error::unsupported_content_coding)), coding);
    }
    BOOST_TEST(!read(ok + "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx").ec);
}

BOOST_AUTO_TEST_CASE(HT_12_redirects_are_followed_within_the_origin_only)
{
    http::detail::exchange_options three;
    three.redirects = 3;
    auto const follow = [&](std::string const& location, unsigned status, http::detail::exchange_options o) {
        http::detail::session s;
        std::string const redirect =
            "HTTP/1.1 " + std::to_string(status) + " x\r\n" + location + "Content-Length: 0\r\n\r\n";
        return play(http::detail::exchange(s, to("https://a.test/b/c"), get(), o, secret("Bearer t")),
                    {"", redirect + ok + "Content-Length: 2\r\n\r\nok", "", ""});
    };
    for (unsigned const status : {301u, 302u, 303u, 307u, 308u})
    {
        auto const r = follow("Location: ../d?e\r\n", status, three);
        // The answer to the second request has come before it was asked for; a fresh connection is made, which is empty.
        BOOST_TEST((r.ec == make_error_code(error::connection_closed)), r.ec.message());
        BOOST_TEST(r.written.find("GET /d?e HTTP/1.1\r\n") != std::string::npos);
        BOOST_TEST((follow("Location: ../d?e\r\n", status, {}).ec == make_error_code(http::error::redirect_refused)));
    }
    for (char const* const elsewhere :
         {"https://b.test/", "https://a.test:444/", "http://a.test/", "//evil.test/", "\\\\evil.test", "imap://a.test/",
          "javascript:x", "https://a.test@evil.test/", "https://a.test.evil.test/", ""})
    {
        auto const r = follow("Location: " + std::string(elsewhere) + "\r\n", 302, three);
        BOOST_TEST((r.ec == make_error_code(http::error::redirect_refused)), elsewhere << ": " << r.ec.message());
        BOOST_TEST(std::count(r.connected.begin(), r.connected.end(), "a.test:443") == 1);
        BOOST_TEST(r.connected.size() == 3u);  // connect, tls, close
    }
    BOOST_TEST((follow("", 302, three).ec == make_error_code(http::error::redirect_refused)));
    BOOST_TEST(
        (follow("Location: /x\r\nLocation: /x\r\n", 302, three).ec == make_error_code(http::error::redirect_refused)));
    BOOST_TEST(
        (follow("Location: /" + std::string(1 << 20, 'x') + "\r\n", 302, three).ec == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(HT_13_redirect_loops_end)
{
    http::detail::exchange_options three;
    three.redirects = 3;
    std::string const again = "HTTP/1.1 302 x\r\nLocation: /again\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    http::detail::session s;
    auto const r = play(http::detail::exchange(s, to("https://a.test/"), get(), three),
                        {"", again, again, again, again, again, again});
    BOOST_TEST((r.ec == make_error_code(http::error::redirect_refused)), r.ec.message());
    BOOST_TEST(std::count(r.connected.begin(), r.connected.end(), "a.test:443") == 4);
}

BOOST_AUTO_TEST_CASE(HT_14_redirects_of_other_methods_are_refused)
{
    http::detail::exchange_options three;
    three.redirects = 3;
    for (char const* const method : {"POST", "PATCH", "DELETE", "PUT"})
    {
        http::detail::session s;
        http::request q;
        q.method = method;
        auto const r = play(http::detail::exchange(s, to("https://a.test/"), q, three),
                            {"", "HTTP/1.1 307 x\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", ok});
        BOOST_TEST((r.ec == make_error_code(http::error::redirect_refused)), method);
    }
}

BOOST_AUTO_TEST_CASE(HT_26_what_could_split_a_request_is_refused_before_connecting)
{
    std::vector<http::request> bad;
    for (auto const& f : std::vector<http::field>{{"X", "a\r\nb"},
                                                  {"X", "a\nb"},
                                                  {"X", std::string("a\0b", 3)},
                                                  {"X:", "a"},
                                                  {"X y", "a"},
                                                  {"", "a"},
                                                  {"X\r\n", "a"},
                                                  {"X\xc3\xa9", "a"},
                                                  {"Host", "evil.test"},
                                                  {"authorization", "Bearer x"},
                                                  {"Content-Length", "1"},
                                                  {"Transfer-Encoding", "chunked"},
                                                  {"Connection", "upgrade"}})
    {
        bad.push_back(get());
        bad.back().headers.push_back(f);
    }
    for (char const* const method : {"", "G ET", "GET\r\n", "G:"})
    {
        bad.push_back(get());
        bad.back().method = method;
    }
    for (auto const& q : bad)
    {
        http::detail::session s;
        auto const r = play(http::detail::exchange(s, to("https://a.test/"), q, {}), {""});
        BOOST_TEST((r.ec == make_error_code(http::error::invalid_request)), r.ec.message());
        BOOST_TEST((r.ec == condition::invalid_argument));
        BOOST_TEST(r.connected.empty());
        BOOST_TEST(r.written.empty());
    }
}

BOOST_AUTO_TEST_CASE(the_request_is_written_as_rfc_9112_says)
{
    http::detail::session s;
    http::request q = get();
    q.method = "POST";
    q.body = "a=b";
    std::string traced;
    s.w.trace = [&](wire::direction, std::string_view line) { traced += std::string(line) + '\n'; };
    auto const r =
        play(http::detail::exchange(s, to("https://a.test:8443/t?code=secret1"), q, {}, secret("Bearer secret2")),
             {"", "HTTP/1.1 200 OK\r\nSet-Cookie: secret3\r\nContent-Length: 2\r\n\r\nok"});
    BOOST_TEST(r.written == "POST /t?code=secret1 HTTP/1.1\r\nHost: a.test:8443\r\nAccept: application/json\r\n"
                            "Authorization: Bearer secret2\r\nContent-Length: 3\r\n\r\na=b");
    BOOST_TEST(traced ==
               "POST /t?... HTTP/1.1\nHost: a.test:8443\nAccept: application/json\n"
               "Authorization: <redacted>\nContent-Length: 3\n<" +
                   std::to_string(r.written.size()) +
                   " bytes redacted>\nHTTP/1.1 200 OK\nSet-Cookie: <redacted>\nContent-Length: 2\n<2 bytes>\n");
    BOOST_TEST(traced.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_connection_is_kept_for_the_next_request)
{
    // A simulated server, since a script cannot wait for the second request before it answers.
    simulator sim(1);
    int connections = 0;
    auto const serve = [&](wire& w) -> flow<> {
        ++connections;
        http::limits const limits;
        co_await w.start_tls();
        for (int i = 0; i != 2; ++i)
        {
            auto const request = co_await http::detail::read_request(w, limits);
            if (!request)
                co_return;
            http::response answer;
            answer.body = request->message.target;
            co_await http::detail::write_response(w, std::move(answer));
        }
        co_await w.close();
    };
    sim.listen("mail.test", 443, serve, tests::certified_server());
    http::detail::session s;
    auto const r = sim.start("client", two_exchanges(s, get(), "https://mail.test/"), tests::trusting_client());
    sim.run();
    BOOST_TEST_REQUIRE((r->done && !r->ec), r->ec.message());
    BOOST_TEST(r->value->at(0).body == "/1");
    BOOST_TEST(r->value->at(1).body == "/2");
    BOOST_TEST(connections == 1);
}

namespace {

// A name service in other hands: every name is this machine.
struct all_names_lead_here : environment
{
    time_point now() const override { return real_environment().now(); }
    wall_time date() const override { return real_environment().date(); }
    void random(std::span<unsigned char> fill) override { real_environment().random(fill); }
    host_port route(host_port) override { return {"127.0.0.1", port}; }
    std::uint16_t port = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(HT_39_a_private_address_earns_no_trust)
{
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
    all_names_lead_here world;
    world.port = acceptor.local_endpoint().port();
    std::string sni;
    auto as_server = tests::own_certified_server();
    SSL_CTX_set_tlsext_servername_arg(as_server.native(), &sni);
    SSL_CTX_set_tlsext_servername_callback(
        as_server.native(), +[](SSL* ssl, int*, void* to) {
            if (char const* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
                *static_cast<std::string*>(to) = name;
            return SSL_TLSEXT_ERR_OK;
        });
    for (std::string const host : {"mail.test", "other.test", "localhost", "127.0.0.1"})
        BOOST_TEST_CONTEXT(host)
        {
            std::string asked;
            sni.clear();
            wire w;
            std::optional<stream> theirs;
            std::string said;
            auto const serve = [&]() -> flow<> {
                http::limits const limits;
                co_await w.start_tls();
                auto const request = co_await http::detail::read_request(w, limits);
                asked = *http::find(request->message.headers, "Host");
                http::response answer;
                co_await http::detail::write_response(w, std::move(answer));
            };
            acceptor.async_accept([&](error_code ec, asio::ip::tcp::socket s) {
                BOOST_TEST_REQUIRE(!ec);
                theirs.emplace(std::move(s), as_server);
                async_run(*theirs, serve(), said, [](error_code) {});
            });
            http::detail::session s;
            http::detail::exchange_options const once;
            stream ours(context.get_executor(), tests::trusting_client(), world);
            std::string why;
            error_code outcome = error::timeout;
            async_run(ours, http::detail::exchange(s, to("https://" + host + "/"), get(), once, secret("Bearer t")),
                      why, [&](error_code ec, http::response) { outcome = ec; });
            context.restart();
            context.run_for(std::chrono::seconds(20));
            if (host == "mail.test")
            {
                BOOST_TEST(!outcome, outcome.message());
                BOOST_TEST(asked == host);
            }
            else
            {
                BOOST_TEST((outcome == condition::untrusted_peer), outcome.message());
                BOOST_TEST(asked == "");
            }
            BOOST_TEST(sni == (host == "127.0.0.1" ? "" : host));
        }
}

BOOST_AUTO_TEST_CASE(HT_33_a_kept_connection_that_has_died_is_replaced_for_methods_that_may_be_repeated)
{
    std::string const first = ok + "Content-Length: 3\r\n\r\none";
    std::string const second = ok + "Content-Length: 3\r\n\r\ntwo";
    for (std::string const method : {"GET", "PUT", "POST"})
    {
        http::detail::session s;
        http::request q = get();
        q.method = method;
        auto const r = play(two_exchanges(s, q), {"", first, second});
        if (method == "POST")
        {
            BOOST_TEST((r.ec == make_error_code(error::connection_closed)), r.ec.message());
            BOOST_TEST(s.request_sent);
        }
        else
        {
            BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
            BOOST_TEST(r.value->at(1).body == "two");
        }
    }
}

BOOST_AUTO_TEST_CASE(HT_37_an_exchange_cut_off_at_every_byte_fails)
{
    auto const make = [](auto use) {
        http::detail::session s;
        use(http::detail::exchange(s, to("https://a.test/"), get(), {}));
    };
    std::vector<std::string> const scripts = {
        "", "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n"};
    tests::in_pieces_of_every_size(make, scripts, [](auto const& r) {
        BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
        BOOST_TEST(r.value->body == "hello");
    });
    tests::cut_at_every_byte(make, scripts);
    tests::failing_at_every_step(make, scripts);
}

BOOST_AUTO_TEST_CASE(bodies_may_go_to_a_sink_when_the_request_succeeded)
{
    std::string got;
    wire::sink sink = [&](std::string_view part) { got += part; };
    http::detail::session s;
    auto const good = play(http::detail::exchange(s, to("https://a.test/"), get(), {}, secret(), sink),
                           {"", ok + "Content-Length: 5\r\n\r\nhello"});
    BOOST_TEST((!good.ec && good.value->body.empty()));
    BOOST_TEST(got == "hello");
    got.clear();
    http::detail::session s2;
    auto const bad = play(http::detail::exchange(s2, to("https://a.test/"), get(), {}, secret(), sink),
                          {"", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"});
    BOOST_TEST((!bad.ec && bad.value->status == 404 && bad.value->body == "gone"));
    BOOST_TEST(got.empty());
    BOOST_TEST((http::status_error(bad.value->status) == condition::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
