#ifndef OUTKIT_TESTS_PROGRAM_HPP
#define OUTKIT_TESTS_PROGRAM_HPP

// Programs that a test starts and that go away with it.

#include "folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace outkit::tests {

// A program that is running, in the environment of the tests with some variables changed and others left out. Its output goes to files.
class process
{
public:
    using variables = std::map<std::string, std::string>;

    process(std::vector<std::string> const& command, variables const& changed = {},
            std::vector<std::string> const& unset = {}, std::string const& input = "/dev/null")
    {
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, 1, out().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::posix_spawn_file_actions_addopen(&actions, 2, err().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        std::vector<std::string> texts;
        for (char** e = environ; *e; ++e)
        {
            std::string const name = std::string(*e).substr(0, std::string(*e).find('='));
            if (!changed.contains(name) && std::find(unset.begin(), unset.end(), name) == unset.end())
                texts.emplace_back(*e);
        }
        for (auto const& [name, value] : changed)
            texts.push_back(name + '=' + value);
        auto const pointers = [](std::vector<std::string> const& from) {
            std::vector<char*> to;
            for (std::string const& t : from)
                to.push_back(const_cast<char*>(t.c_str()));
            to.push_back(nullptr);
            return to;
        };
        BOOST_TEST_REQUIRE(::posix_spawnp(&id_, command[0].c_str(), &actions, nullptr, pointers(command).data(),
                                          pointers(texts).data()) == 0);
        ::posix_spawn_file_actions_destroy(&actions);
    }
    process(process const&) = delete;
    ~process()
    {
        if (id_ == 0)
            return;
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }

    void signal(int number) { ::kill(id_, number); }

    // Its exit code; 128 and the signal's number.
    int wait()
    {
        int status = 0;
        ::waitpid(std::exchange(id_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    // Whether it has ended; wait() is still to be called.
    bool ended() const
    {
        siginfo_t gone{};
        return ::waitid(P_PID, static_cast<id_t>(id_), &gone, WEXITED | WNOHANG | WNOWAIT) == 0 && gone.si_pid != 0;
    }

    // Waits until its output or its errors have that in them; false when it ends without.
    bool said(std::string const& part)
    {
        for (;;)
        {
            bool const over = ended();
            if (output().find(part) != std::string::npos || errors().find(part) != std::string::npos)
                return true;
            if (over)
                return false;
            ::poll(nullptr, 0, 5);
        }
    }

    // The first line of standard output, waited for; empty when it ends without.
    std::string first_line()
    {
        for (;;)
        {
            bool const over = ended();
            std::string const text = output();
            if (std::size_t const end = text.find('\n'); end != text.npos)
                return text.substr(0, end);
            if (over)
                return {};
            ::poll(nullptr, 0, 5);
        }
    }
    std::string output() const { return read(out()); }
    std::string errors() const { return read(err()); }

private:
    static std::string read(std::string const& path)
    {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::string out() const { return (folder_.path / "out").string(); }
    std::string err() const { return (folder_.path / "err").string(); }

    folder folder_;
    pid_t id_ = 0;
};

}  // namespace outkit::tests

#endif
