// The pages in a real browser, tests/browser/walks.py; the screenshots are left in the build folder, or in
// OUTKIT_SCREENSHOTS.

#include <outkit/mock/servers.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>

#include "interop/command_line.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace outkit::tests;
namespace mock = outkit::mock;

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

// A world of which people meet the pages, and which somebody changes meanwhile.
struct changing_world
{
    changing_world()
    {
        std::vector<mock::world_problem> problems;
        std::string const file = std::string(OUTKIT_SOURCE_DIR) + "/tests/browser/world.json";
        bool const loaded = mock::load_world_file(world, file, problems);
        BOOST_TEST_REQUIRE(loaded, (loaded ? std::string() : problems.front().text()));
        world.start_thread();
        outkit::error_code ec;
        servers.emplace(world, mock::server_ports{}, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        ca_file = files.file("ca.pem", world.certificates.ca_pem());
        int ends[2];
        BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        ours = ends[0];
        theirs = ends[1];
        ::fcntl(ours, F_SETFD, FD_CLOEXEC);
    }
    ~changing_world()
    {
        ::close(ours);
        ::close(theirs);
    }

    // "set NAME VALUE SUBJECT" flips a switch, "advance SECONDS" moves the clock, "rename ID NAME" gives an application a
    // name that the directory would not take. What is wrong with the order, or nothing.
    std::string obey(std::string const& order)
    {
        std::istringstream in(order);
        std::string verb, name, value, subject, problem;
        in >> verb >> name >> value >> subject;
        if (verb == "set")
            world.run([&] { world.policy.set(name, value, subject, problem); });
        else if (verb == "rename")
            world.run(
                [&] { world.directory.find_application(name)->display_name = order.substr(order.find(name) + 37); });
        else if (verb == "advance")
            world.advance(std::chrono::seconds(std::stoi(name)));
        else
            problem = "no such order";
        return problem;
    }

    // Obeys orders, a line each, until who has the other end has gone. Answers with a line each.
    void serve()
    {
        ::close(std::exchange(theirs, -1));
        std::string said;
        std::array<char, 512> some;
        for (ssize_t n; (n = ::read(ours, some.data(), some.size())) > 0;)
        {
            said.append(some.data(), static_cast<std::size_t>(n));
            for (std::size_t end; (end = said.find('\n')) != said.npos; said.erase(0, end + 1))
            {
                std::string const answer = obey(said.substr(0, end)) + '\n';
                ::send(ours, answer.data(), answer.size(), MSG_NOSIGNAL);
            }
        }
    }

    folder files;
    mock::world world;
    std::optional<mock::servers> servers;
    std::string ca_file;
    int ours = -1, theirs = -1;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(browser)

BOOST_AUTO_TEST_CASE(people_sign_in_with_chromium_by_keyboard, *boost::unit_test::precondition(chromium_is_there()))
{
    char const* const wanted = std::getenv("OUTKIT_SCREENSHOTS");
    std::string const screenshots = wanted && *wanted ? wanted : std::string(OUTKIT_BINARY_DIR) + "/screenshots";
    changing_world w;
    process walk({"/usr/bin/python3", std::string(OUTKIT_SOURCE_DIR) + "/tests/browser/walks.py", tool, screenshots,
                  w.servers->login_url(), w.ca_file, std::to_string(w.theirs)},
                 {{"PYTHONDONTWRITEBYTECODE", "1"}});
    w.serve();
    int const code = walk.wait();
    BOOST_TEST_CONTEXT(walk.output() << walk.errors()) { BOOST_TEST(code == 0); }
}

BOOST_AUTO_TEST_SUITE_END()
