#include <outkit/http/detail/http1.hpp>
#include <outkit/mock/http_service.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::detail;

namespace {

// Says what it was asked.
http::response echo(http::request const& r)
{
    http::response answer;
    answer.headers.push_back({"Content-Type", "text/plain"});
    answer.body = r.method + ' ' + r.target + ' ' + r.body;
    return answer;
}

played<void> serve(std::string const& said, how h = {})
{
    wire w;
    return play(mock::serve_http(w, echo), {said}, h);
}

// The status lines of all responses in what was written.
std::vector<std::string> statuses(std::string const& written)
{
    std::vector<std::string> found;
    for (std::size_t at = 0; (at = written.find("HTTP/1.1 ", at)) != std::string::npos; at += 9)
        found.push_back(written.substr(at + 9, 3));
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server)

BOOST_AUTO_TEST_CASE(requests_on_one_connection_are_answered_one_after_the_other)
{
    for (std::size_t const piece : {1u, 2u, 7u, 4096u})
    {
        auto const r = serve("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
                             "POST /d HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc"
                             "PUT /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "2;x=y\r\nde\r\n1\r\nf\r\n0\r\nX-Trailer: 1\r\n\r\n"
                             "HEAD /g HTTP/1.1\r\nHost: x\r\n\r\n",
                             {.piece = piece});
        BOOST_TEST(!r.ec, r.ec.message());
        BOOST_TEST(statuses(r.written) == (std::vector<std::string>{"200", "200", "200", "200"}),
                   boost::test_tools::per_element());
        BOOST_TEST(r.written.find("\r\n\r\nGET /a?b=c ") != std::string::npos);
        BOOST_TEST(r.written.find("\r\n\r\nPOST /d abc") != std::string::npos);
        BOOST_TEST(r.written.find("\r\n\r\nPUT /e def") != std::string::npos);
        BOOST_TEST(r.written.find("Content-Length: 8\r\n") != std::string::npos);
        BOOST_TEST(r.written.ends_with("\r\n\r\n"));  // nothing after the head of HEAD
        BOOST_TEST(r.written.find("Date: ") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(close_is_honoured_and_said)
{
    auto const asked = serve("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    BOOST_TEST(statuses(asked.written).size() == 1u);
    BOOST_TEST(asked.written.find("Connection: close\r\n") != std::string::npos);
    auto const old = serve("GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    BOOST_TEST(statuses(old.written).size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_expected_continue_is_said_before_the_body)
{
    auto const r = serve("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
    BOOST_TEST(r.written.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

BOOST_AUTO_TEST_CASE(absolute_form_loses_its_host)
{
    auto const r = serve("GET http://x/y?z HTTP/1.1\r\nHost: x\r\n\r\n");
    BOOST_TEST(r.written.find("GET /y?z ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(bad_requests_are_answered_and_end_the_connection)
{
    struct row
    {
        char const* status;
        std::string request;
    };
    std::string const head = "POST / HTTP/1.1\r\nHost: x\r\n";
    std::string many = head;
    for (int i = 0; i != 200; ++i)
        many += "X: y\r\n";
    row const rows[] = {
        {"400", "GET / HTTP/1.1\r\n\r\n"},
        {"400", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
        {"400", "GET\r\n\r\n"},
        {"400", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"400", "GET / HTTP/1.1\nHost: x\n\n"},
        {"400", "GET foo HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"505", "GET / HTTP/2.0\r\nHost: x\r\n\r\n"},
        {"400", head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"},
        {"400", head + "Content-Length: +1\r\n\r\na"},
        {"400", head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"501", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        {"400", head + "Transfer-Encoding: chunked\r\n\r\ng\r\n\r\n"},
        {"400", head + "X : y\r\n\r\n"},
        {"400", head + "X: y\r\n folded\r\n\r\n"},
        {"413", head + "Content-Length: 99999999999\r\n\r\n"},
        {"431", many + "\r\n"},
        {"431", head + "X: " + std::string(100'000, 'y') + "\r\n\r\n"},
    };
    for (auto const& row : rows)
        for (std::size_t const piece : {7u, 4096u})
            BOOST_TEST_CONTEXT(row.request.substr(0, 200))
            {
                auto const r = serve(row.request + "GET /next HTTP/1.1\r\nHost: x\r\n\r\n", {.piece = piece});
                BOOST_TEST(statuses(r.written) == std::vector<std::string>{row.status},
                           boost::test_tools::per_element());
                BOOST_TEST(r.written.find("Connection: close\r\n") != std::string::npos);
            }
}

BOOST_AUTO_TEST_CASE(a_request_cut_off_is_never_handled)
{
    std::string const whole = "POST /d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (std::size_t n = 0; n != whole.size(); ++n)
    {
        auto const r = serve(whole.substr(0, n));
        BOOST_TEST(r.written.find(" 200 ") == std::string::npos);
        BOOST_TEST(!r.ec == (n == 0));
    }
}

BOOST_AUTO_TEST_CASE(every_step_of_a_server_fails_and_is_cancelled_once)
{
    std::string const two = "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    auto const good = serve(two, {.piece = 20});
    for (std::size_t at = 1; at <= good.steps; ++at)
        for (bool const cancel : {false, true})
        {
            auto const r = serve(two, {.piece = 20, .fail_at = at, .cancel = cancel});
            BOOST_TEST((r.ec == os_error(cancel ? ECANCELED : ECONNRESET)), r.ec.message());
        }
}

BOOST_AUTO_TEST_CASE(a_long_answer_arrives_whole_and_is_not_in_the_trace)
{
    std::string const body(100'000, 'x');
    wire w;
    std::string told;
    w.trace = [&](wire::direction, std::string_view line) { (told += line) += '\n'; };
    mock::http_handler handler = [&](http::request const& r) {
        http::response answer;
        answer.body = r.target == "/long" ? body : "short";
        return answer;
    };
    std::string const head = " HTTP/1.1\r\nHost: x\r\n\r\n";
    auto const r = play(mock::serve_http(w, handler), {"GET /long" + head + "GET /short" + head});
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(r.written.find("Content-Length: 100000\r\n\r\n" + body + "HTTP/1.1 200") != std::string::npos);
    BOOST_TEST(r.written.ends_with("\r\n\r\nshort"));
    BOOST_TEST(told.find("<100000 bytes redacted>") != std::string::npos);
    BOOST_TEST(told.find("xxx") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
