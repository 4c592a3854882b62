#include <outkit/mock/faults.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>

BOOST_AUTO_TEST_SUITE(mock_faults)
namespace {

using namespace outkit::mock;
using namespace std::chrono_literals;

fault answering(std::string server, std::string operation, std::string answer)
{
    fault f;
    f.server = std::move(server);
    f.operation = std::move(operation);
    f.answer = std::move(answer);
    return f;
}

std::string taken(faults& f, std::string_view server, std::string_view operation)
{
    auto const happens = f.take(server, operation);
    return happens ? happens->answer.value_or("?") : "nothing";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_fault_happens_once_and_only_where_it_is_meant)
{
    faults f;
    f.next("imap", "AUTHENTICATE", "NO [UNAVAILABLE] try later");
    BOOST_TEST(taken(f, "smtp", "AUTHENTICATE") == "nothing");
    BOOST_TEST(taken(f, "imap", "CAPABILITY") == "nothing");
    BOOST_TEST(taken(f, "imap", "connect") == "nothing");
    BOOST_TEST(taken(f, "imap", "AUTHENTICATE") == "NO [UNAVAILABLE] try later");
    BOOST_TEST(taken(f, "imap", "AUTHENTICATE") == "nothing");
    BOOST_TEST(f.queued().empty());
}

BOOST_AUTO_TEST_CASE(faults_happen_in_the_order_of_queueing)
{
    faults f;
    f.next("imap", "NOOP", "first");
    f.next("imap", "", "second");
    f.next("", "NOOP", "third");
    BOOST_TEST(taken(f, "smtp", "NOOP") == "third");
    BOOST_TEST(taken(f, "imap", "SELECT") == "second");
    BOOST_TEST(taken(f, "imap", "NOOP") == "first");
}

BOOST_AUTO_TEST_CASE(an_operation_is_named_whole_by_a_word_or_by_its_beginning)
{
    auto const matches = [](char const* wanted, char const* operation) {
        faults f;
        f.next("", wanted, "x");
        return f.take("graph", operation).has_value();
    };
    BOOST_TEST(matches("POST /v1.0/me/sendMail", "POST /v1.0/me/sendMail"));
    BOOST_TEST(matches("sendmail", "POST /v1.0/me/sendMail"));
    BOOST_TEST(matches("token", "POST /common/oauth2/v2.0/token"));
    BOOST_TEST(matches("FETCH", "UID FETCH"));
    BOOST_TEST(matches("post", "POST /x"));
    BOOST_TEST(matches("GET /v1.0/me*", "GET /v1.0/me/messages"));
    BOOST_TEST(matches("*", "NOOP"));
    BOOST_TEST(matches(".", "."));
    BOOST_TEST(!matches("send", "POST /v1.0/me/sendMail"));
    BOOST_TEST(!matches("GET /v1.0/me", "GET /v1.0/me/messages"));
    BOOST_TEST(!matches("UID FETCH", "FETCH"));
    BOOST_TEST(!matches("GET*", "POST /x"));
    BOOST_TEST(!matches("*", "connect"));
    BOOST_TEST(matches("connect", "connect"));
}

BOOST_AUTO_TEST_CASE(skip_and_times_count_matching_operations)
{
    faults f;
    fault third = answering("smtp", "RCPT", "452 4.5.3 Too many recipients");
    third.skip = 2;
    third.times = 2;
    std::string problem;
    BOOST_TEST(f.enqueue(third, problem));
    std::string seen;
    for (int i = 0; i != 6; ++i)
    {
        f.take("smtp", "MAIL");  // does not count
        seen += f.take("smtp", "RCPT") ? 'x' : '.';
    }
    BOOST_TEST(seen == "..xx..");
    fault ever = answering("smtp", "NOOP", "421 4.3.2 going down");
    ever.times = 0;
    BOOST_TEST(f.enqueue(ever, problem));
    for (int i = 0; i != 100; ++i)
        BOOST_TEST(f.take("smtp", "NOOP").has_value());
    BOOST_TEST(f.queued().size() == 1u);
    f.clear();
    BOOST_TEST(!f.take("smtp", "NOOP"));
}

BOOST_AUTO_TEST_CASE(the_same_seed_makes_the_same_faults)
{
    auto const run = [](std::uint64_t seed) {
        faults f;
        f.seed(seed);
        fault sometimes = answering("imap", "NOOP", "BAD");
        sometimes.times = 0;
        sometimes.probability = 0.25;
        std::string problem, seen;
        f.enqueue(sometimes, problem);
        for (int i = 0; i != 1000; ++i)
            seen += f.take("imap", "NOOP") ? 'x' : '.';
        return seen;
    };
    BOOST_TEST(run(1) == run(1));
    BOOST_TEST(run(1) != run(2));
    std::string const third = run(3);
    BOOST_TEST(std::count(third.begin(), third.end(), 'x') > 180);
    BOOST_TEST(std::count(third.begin(), third.end(), 'x') < 320);
}

BOOST_AUTO_TEST_CASE(a_cut_belongs_to_the_next_connection_even_if_never_reached)
{
    faults f;
    f.drop_after(std::numeric_limits<std::uint64_t>::max(), "imap");
    f.drop_after(0);
    f.delay("imap", "connect", 2s);
    BOOST_TEST(f.take("smtp", "connect")->drop_after.value() == 0u);
    BOOST_TEST(f.take("imap", "connect")->drop_after.value() == std::numeric_limits<std::uint64_t>::max());
    auto const last = f.take("imap", "connect");
    BOOST_TEST((last->delay == 2s));
    BOOST_TEST(!last->drop_after.has_value());
    BOOST_TEST(!f.take("imap", "connect").has_value());
}

BOOST_AUTO_TEST_CASE(http_faults_have_status_body_and_retry_after)
{
    faults f;
    f.next_status("graph", "sendMail", 429, 12s, "{}");
    f.next_status("entra", "token", 503);
    auto const slow = f.take("graph", "POST /v1.0/me/sendMail");
    BOOST_TEST(slow->status == 429);
    BOOST_TEST((slow->retry_after == 12s));
    BOOST_TEST(slow->answer.value() == "{}");
    auto const down = f.take("entra", "POST /common/oauth2/v2.0/token");
    BOOST_TEST(down->status == 503);
    BOOST_TEST(!down->retry_after.has_value());
}

BOOST_AUTO_TEST_CASE(faults_that_make_no_sense_are_refused)
{
    auto const refused = [](auto change) {
        faults f;
        fault one = answering("imap", "NOOP", "BAD no");
        change(one);
        std::string problem;
        bool const no = !f.enqueue(one, problem);
        return no && !problem.empty() && f.queued().empty();
    };
    BOOST_TEST(!refused([](fault&) {}));
    BOOST_TEST(refused([](fault& f) { f.server = "ftp"; }));
    BOOST_TEST(refused([](fault& f) { f.server = "../imap"; }));
    BOOST_TEST(refused([](fault& f) { f.operation = std::string(1001, 'x'); }));
    BOOST_TEST(refused([](fault& f) { f.operation = "NOOP\r\n"; }));
    BOOST_TEST(refused([](fault& f) { f.delay = -1ns; }));
    BOOST_TEST(refused([](fault& f) { f.delay = 25h; }));
    BOOST_TEST(refused([](fault& f) { f.times = 1'000'000'000; }));
    BOOST_TEST(refused([](fault& f) { f.skip = 1'000'000'000; }));
    BOOST_TEST(refused([](fault& f) { f.probability = 1.5; }));
    BOOST_TEST(refused([](fault& f) { f.probability = std::numeric_limits<double>::quiet_NaN(); }));
    BOOST_TEST(refused([](fault& f) { f.status = 503; }));
    BOOST_TEST(refused([](fault& f) { f.server = "graph"; }));  // an answer, but no status
    BOOST_TEST(refused([](fault& f) { f.server = "graph", f.status = 200; }));
    BOOST_TEST(refused([](fault& f) { f.server = "graph", f.status = 600; }));
    BOOST_TEST(refused([](fault& f) { f.answer = "BAD no\r\n* BYE injected"; }));
    BOOST_TEST(refused([](fault& f) { f.answer = std::string(2 * 1024 * 1024, 'x'); }));
    BOOST_TEST(refused([](fault& f) { f.retry_after = -1s; }));
    BOOST_TEST(refused([](fault& f) { f.header_fields = {{"A B", "x"}}; }));
    BOOST_TEST(refused([](fault& f) { f.header_fields = {{"A", "x\r\nSet-Cookie: y"}}; }));
    BOOST_TEST(refused([](fault& f) { f.stall = true; }));
    BOOST_TEST(refused([](fault& f) { f.answer.reset(); }));  // nothing goes wrong
    BOOST_TEST(!refused([](fault& f) { f.answer.reset(), f.stall = true; }));
    BOOST_TEST(!refused([](fault& f) { f.answer.reset(), f.disconnect = true; }));

    faults f;
    std::string problem;
    for (std::size_t i = 0; i != faults::max_queued; ++i)
        f.next("imap", "NOOP", "BAD");
    BOOST_TEST(!f.enqueue(answering("imap", "NOOP", "BAD"), problem));
    BOOST_CHECK_THROW(f.next("imap", "NOOP", "BAD"), std::invalid_argument);
    BOOST_CHECK_THROW(faults().next("ftp", "NOOP", "BAD"), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(what_is_handed_on_happens_next_and_once)
{
    faults f;
    f.next_status("graph", "sendMail", 503);
    fault slow;
    slow.server = "graph";
    slow.operation = "me";
    slow.status = 429;
    slow.delay = 3s;
    slow.times = 0;
    slow.skip = 5;
    slow.probability = 0;
    f.hand_on(slow);
    BOOST_TEST(!f.take("entra", "POST /token").has_value());
    auto const happens = f.take("graph", "GET /v1.0/users");
    BOOST_TEST_REQUIRE(happens.has_value());
    BOOST_TEST(happens->status == 429);
    BOOST_TEST((happens->delay == 3s));
    BOOST_TEST(!f.take("graph", "GET /v1.0/me").has_value());
    BOOST_TEST(f.queued().size() == 1u);
}

BOOST_AUTO_TEST_CASE(misbehaviour_is_named_and_off_by_itself)
{
    faults f;
    for (faults::named const& n : faults::names())
    {
        BOOST_TEST(!f.misbehaves(n.name));
        BOOST_TEST(f.misbehave(n.name));
        BOOST_TEST(f.misbehaves(n.name));
        BOOST_TEST(f.misbehave(n.name, false));
        BOOST_TEST(!f.misbehaves(n.name));
    }
    BOOST_TEST(!f.misbehave("smtp.lenient"));
    BOOST_TEST(f.misbehaviour().empty());
}

BOOST_AUTO_TEST_SUITE_END()
