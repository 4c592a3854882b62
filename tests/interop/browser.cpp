// The pages in a real browser, tests/browser/walks.py; the screenshots are left in the build folder, or in
// OUTKIT_SCREENSHOTS.

#include "interop/command_line.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

using namespace outkit::tests;

namespace {

struct chromium_is_there
{
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const
    {
        bool const there = std::filesystem::exists("/usr/bin/chromium");
        if (!there)
            std::cerr << "\n*** NOT TESTED: no /usr/bin/chromium, so nobody has walked the pages in a real browser; "
                         "run tools/setup test\n\n";
        boost::test_tools::assertion_result r(there);
        r.message() << "there is no /usr/bin/chromium: run tools/setup test";
        return r;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(browser)

BOOST_AUTO_TEST_CASE(people_sign_in_with_chromium_by_keyboard, *boost::unit_test::precondition(chromium_is_there()))
{
    char const* const wanted = std::getenv("OUTKIT_SCREENSHOTS");
    std::string const screenshots = wanted && *wanted ? wanted : std::string(OUTKIT_BINARY_DIR) + "/screenshots";
    process walk({"/usr/bin/python3", std::string(OUTKIT_SOURCE_DIR) + "/tests/browser/walks.py", tool, screenshots},
                 {{"PYTHONDONTWRITEBYTECODE", "1"}});
    int const code = walk.wait();
    BOOST_TEST_CONTEXT(walk.output() << walk.errors()) { BOOST_TEST(code == 0); }
}

BOOST_AUTO_TEST_SUITE_END()
