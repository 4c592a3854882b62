// `outkit list`, `fetch`, `send` and `watch` as programs of their own, against `outkit mock`.

#include "interop/command_line.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

BOOST_AUTO_TEST_SUITE(cli_everyday_mail)
namespace {

using namespace outkit::tests;

void works(std::vector<std::string> witness, std::string const& scope, std::string const& says)
{
    std::vector<std::string> command{
        "mock", "--base-scope", scope, "--redirect-uri", free_redirect(), "--exec", "--", scripts + witness.front(),
        tool};
    command.insert(command.end(), witness.begin() + 1, witness.end());
    result const got = run(std::move(command));
    BOOST_TEST_CONTEXT(got.out << got.err) { BOOST_TEST(got.code == 0); }
    BOOST_TEST(got.out.find(says) != std::string::npos);
    BOOST_TEST(!got.says("eyJ"));  // how a token begins
}

}  // namespace

BOOST_AUTO_TEST_CASE(mail_is_listed_read_sent_and_waited_for_over_either_base_scope)
{
    for (std::string const scope : {"imap", "api"})
    {
        folder const f;
        works({"everyday_mail_witness.sh", scope, f.path}, scope, "everyday mail over " + scope + " works");
    }
}

BOOST_AUTO_TEST_CASE(CL_19_what_cannot_be_sent_is_refused_before_the_envelope)
{
    folder const f;
    works({"hostile_send_witness.sh", f.path}, "imap", "nothing hostile was sent");
}

BOOST_AUTO_TEST_SUITE_END()
