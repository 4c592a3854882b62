#include <outkit/account/mailbox.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace outkit;
using account::account_state;

detail::wall_time const noon{};

}  // namespace

BOOST_AUTO_TEST_SUITE(account_states)

BOOST_AUTO_TEST_CASE(the_usual_way_leads_to_connected)
{
    account::mailbox a("ann@contoso.example");
    BOOST_TEST((a.state() == account_state::init));
    for (account_state s :
         {account_state::unset, account_state::connecting, account_state::syncing, account_state::connected})
        BOOST_TEST(a.enter(s, noon));
    BOOST_TEST(account::trace(a) == "unset, connecting, syncing, connected");
    BOOST_TEST(a.trouble().empty());
}

BOOST_AUTO_TEST_CASE(no_state_is_skipped)
{
    account::mailbox a;
    BOOST_TEST(!a.enter(account_state::connected, noon));
    BOOST_TEST(!a.enter(account_state::connecting, noon));
    BOOST_TEST(a.enter(account_state::unset, noon));
    BOOST_TEST(!a.enter(account_state::syncing, noon));
    BOOST_TEST(!a.enter(account_state::connected, noon));
    BOOST_TEST(account::trace(a) == "unset");
}

BOOST_AUTO_TEST_CASE(an_error_says_why_and_is_left_by_connecting_again)
{
    account::mailbox a;
    a.enter(account_state::unset, noon);
    a.enter(account_state::connecting, noon);
    BOOST_TEST(a.enter(account_state::authentication_error, noon, std::string(1000, 'x')));
    BOOST_TEST(a.trouble().size() == 512u);
    BOOST_TEST(!a.enter(account_state::connected, noon));
    BOOST_TEST(a.enter(account_state::connecting, noon));
    BOOST_TEST(a.trouble().empty());
    BOOST_TEST(account::trace(a) == "unset, connecting, authenticationError, connecting");
}

BOOST_AUTO_TEST_CASE(entering_a_state_again_is_no_change)
{
    account::mailbox a;
    a.enter(account_state::unset, noon);
    BOOST_TEST(a.enter(account_state::unset, noon));
    BOOST_TEST(a.history().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
