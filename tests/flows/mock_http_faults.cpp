#include <outkit/detail/simulate.hpp>
#include <outkit/mock/faults.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/journal.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

// What goes wrong with the connection of an HTTP mock, whatever it would have answered.

BOOST_AUTO_TEST_SUITE(mock_http_faults)
namespace {

using namespace outkit::mock;
using namespace std::chrono_literals;
namespace detail = outkit::detail;

struct service
{
    outkit::mock::faults faults;
    outkit::mock::journal journal;
    int answered = 0;

    detail::played<void> serve(std::string said)
    {
        detail::wire w;
        http_service_options o;
        o.faults = &faults;
        o.journal = &journal;
        o.server = "graph";
        o.connection = 7;
        auto answer = [this](outkit::http::request const& r) {
            ++answered;
            outkit::http::response a;
            if (auto const f = faults.take("graph", r.method + ' ' + r.target))
            {
                a.status = static_cast<unsigned>(f->status);
                a.body = f->answer.value_or("");
            }
            else
                a.body = "fine";
            return a;
        };
        return detail::play(serve_http(w, std::move(answer), std::move(o)), {std::move(said)});
    }
    void queue(fault f)
    {
        f.server = "graph";
        std::string problem;
        BOOST_TEST_REQUIRE(faults.enqueue(std::move(f), problem), problem);
    }
};

std::string const get_me = "GET /v1.0/me?$select=id HTTP/1.1\r\nHost: x\r\n\r\n";

bool contains(std::string const& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

BOOST_AUTO_TEST_CASE(without_faults_nothing_is_different)
{
    service s;
    auto const r = s.serve(get_me + get_me);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(s.answered == 2);
    BOOST_TEST(s.journal.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_status_is_handed_on_to_the_handler_and_happens_once)
{
    service s;
    s.faults.next_status("graph", "GET /v1.0/me", 503, 0s, "down");
    auto const r = s.serve(get_me + get_me);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(s.answered == 2);
    BOOST_TEST(r.written.starts_with("HTTP/1.1 503 "));
    BOOST_TEST(contains(r.written, "\r\n\r\ndownHTTP/1.1 200 "));
    BOOST_TEST(s.faults.queued().empty());
}

BOOST_AUTO_TEST_CASE(a_delay_comes_before_the_answer)
{
    service s;
    fault f;
    f.operation = "me";
    f.delay = 5s;
    s.queue(f);
    f.delay = 7s;
    f.status = 429;
    f.answer = "slow and refused";
    s.queue(f);
    auto const r = s.serve(get_me + get_me);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(s.answered == 2);
    BOOST_TEST((r.slept == 12s));
    BOOST_TEST(contains(r.written, "fineHTTP/1.1 429 "));
    BOOST_TEST(contains(r.written, "slow and refused"));
}

BOOST_AUTO_TEST_CASE(a_stalled_request_is_never_answered)
{
    service s;
    fault f;
    f.operation = "me";
    f.stall = true;
    s.queue(f);
    auto const r = s.serve(get_me + get_me);
    BOOST_TEST(r.written == "");
    BOOST_TEST(s.answered == 0);
    BOOST_TEST_REQUIRE(s.journal.last());
    BOOST_TEST(s.journal.last()->what == "GET /v1.0/me");
    BOOST_TEST(s.journal.last()->reason == "never answered");
    BOOST_TEST(s.journal.last()->connection == 7u);
    BOOST_TEST((s.journal.last()->outcome == journal_outcome::fault));
}

BOOST_AUTO_TEST_CASE(a_disconnect_without_a_status_says_nothing)
{
    service s;
    fault f;
    f.operation = "me";
    f.disconnect = true;
    s.queue(f);
    auto const r = s.serve(get_me + get_me);
    BOOST_TEST(r.written == "");
    BOOST_TEST(s.answered == 0);
    BOOST_TEST(s.journal.last()->reason == "disconnected");
}

BOOST_AUTO_TEST_CASE(a_cut_falls_after_exactly_so_many_octets)
{
    service whole;
    whole.faults.drop_after(1'000'000, "graph");
    std::string const both = whole.serve(get_me + get_me).written;
    BOOST_TEST(contains(both, "fineHTTP/1.1 200 "));
    for (std::size_t n = 0; n <= both.size(); ++n)
    {
        service s;
        s.faults.drop_after(n, "graph");
        auto const r = s.serve(get_me + get_me);
        BOOST_TEST(r.written == both.substr(0, n), n);
        BOOST_TEST((r.ec == outkit::error::connection_closed), n << ": " << r.ec.message());
        BOOST_TEST(s.faults.queued().empty());
    }
    // beyond the session: it ends by itself
    service s;
    s.faults.drop_after(both.size() + 1, "graph");
    auto const r = s.serve(get_me + get_me);
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(r.written == both);
}

BOOST_AUTO_TEST_CASE(a_cut_may_belong_to_one_request)
{
    service s;
    fault f;
    f.operation = "me";
    f.skip = 1;
    f.drop_after = 12;
    s.queue(f);
    auto const r = s.serve(get_me + get_me);
    BOOST_TEST((r.ec == outkit::error::connection_closed));
    BOOST_TEST(r.written.ends_with("fineHTTP/1.1 200"), r.written);
}

BOOST_AUTO_TEST_CASE(faults_of_other_servers_stay_where_they_are)
{
    service s;
    s.faults.drop_after(0, "imap");
    s.faults.next_status("entra", "token", 503);
    BOOST_TEST(!s.serve(get_me).ec);
    BOOST_TEST(s.faults.queued().size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
