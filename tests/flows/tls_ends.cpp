// The end of an encrypted conversation between two complete responses, with and without close_notify.

#include <outkit/detail/simulate.hpp>
#include <outkit/imap/detail/flows.hpp>
#include <outkit/tls.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace outkit;

namespace {

template <class T = void>
using flow = outkit::detail::flow<T>;
using outkit::detail::wire;
namespace flows = outkit::imap::detail;

// Two complete responses, and then the line is cut, or ended in good order.
flow<> answer_by_halves(wire& w, bool in_good_order)
{
    co_await w.start_tls();
    co_await w.write("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready\r\n");
    co_await w.read_line();
    co_await w.write("* OK [ALERT] the first\r\n* CAPABILITY IMAP4rev1 IDLE\r\n");
    if (in_good_order)
        co_await w.close();
    else
        co_await outkit::detail::fail(error::connection_closed);
}

flow<> ask(flows::session& s)
{
    co_await flows::connect(s, "mail.test", 993, imap::security::implicit_tls);
    co_await flows::noop(s);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_ends)

BOOST_AUTO_TEST_CASE(TL_15_an_end_between_two_responses_loses_the_connection_and_not_what_was_said)
{
    for (bool const in_good_order : {false, true})
        BOOST_TEST_CONTEXT((in_good_order ? "close_notify" : "no close_notify"))
        {
            outkit::detail::simulator sim(1);
            sim.listen(
                "mail.test", 993, [&](wire& w) { return answer_by_halves(w, in_good_order); },
                tests::certified_server());
            flows::session s;
            auto const r = sim.start("client", ask(s), tests::trusting_client());
            sim.run();
            BOOST_TEST_REQUIRE(r->done);
            error const expected = in_good_order ? error::connection_closed : error::tls_truncated;
            BOOST_TEST((r->ec == make_error_code(expected)), r->ec.message());
            BOOST_TEST(s.alert == "the first");
            BOOST_TEST(s.caps.has("IDLE"));
        }
}

BOOST_AUTO_TEST_SUITE_END()
