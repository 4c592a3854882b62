#include "interop/command_line.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

// The examples are programs of their own; here they run as a reader of theirs would run them.

namespace {

using namespace outkit::tests;

std::string const examples = std::string(OUTKIT_BINARY_DIR) + "/examples";

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_examples)

BOOST_AUTO_TEST_CASE(sign_in_send_and_read_work_against_the_mock)
{
    folder const f;
    std::string const world = f.file("world.json", R"({
  "base": "default",
  "applications": [{
    "app_id": "00000000-0000-4000-8000-0000000a0001", "tenant": "woodgrove.example", "display_name": "Service",
    "permissions": [{"name": "Mail.Read", "type": "Role"}],
    "secrets": [{"name": "first", "value": "mock-secret-service"}],
    "consents": [{"tenant": "woodgrove.example", "type": "Role", "permissions": ["Mail.Read"]}]
  }]
})");
    result const got =
        run({"mock", "--world", world, "--redirect-uri", free_redirect(), "--exec", "--",
             scripts + "examples_witness.sh", examples},
            {{"APP_ONLY_ID", "00000000-0000-4000-8000-0000000a0001"}, {"APP_ONLY_SECRET", "mock-secret-service"}});
    BOOST_TEST_CONTEXT(got.out << got.err) { BOOST_TEST(got.code == 0); }
    BOOST_TEST(got.says("the examples work"));
    BOOST_TEST(!got.says("eyJ"));  // how a token begins
}

BOOST_AUTO_TEST_CASE(a_program_is_tested_against_a_world_of_its_own)
{
    process test({examples + "/app_test", "--log_level=error", "--report_level=short", "--color_output=no"});
    int const code = test.wait();
    BOOST_TEST_CONTEXT(test.output() << test.errors()) { BOOST_TEST(code == 0); }
    BOOST_TEST(test.errors().find("2 test cases out of 2 passed") != std::string::npos, test.errors());
}

BOOST_AUTO_TEST_CASE(MK_32_programs_without_the_mocks_have_nothing_of_them)
{
    auto const has_mocks = [](std::string const& name) {
        std::ifstream file(examples + '/' + name, std::ios::binary);
        std::string const program{std::istreambuf_iterator<char>(file), {}};
        // Namespaces, as symbols have them: outkit, the one of the build, mock.
        std::size_t at = program.find("6outkit");
        BOOST_TEST_REQUIRE(at != std::string::npos, name);
        for (; at != std::string::npos; at = program.find("6outkit", at + 1))
            if (std::string_view(program).substr(at, 40).find("4mock") != std::string_view::npos)
                return true;
        return false;
    };
    for (char const* const name : {"app_only", "graph_list", "imap_coroutine", "imap_newest", "imap_watch", "sign_in",
                                   "smtp_outbox", "smtp_send"})
        BOOST_TEST(!has_mocks(name), name);
    BOOST_TEST(has_mocks("app_test"));  // so that what is looked for is what they would have
}

BOOST_AUTO_TEST_SUITE_END()
