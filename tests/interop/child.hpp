#ifndef OUTKIT_TESTS_INTEROP_CHILD_HPP
#define OUTKIT_TESTS_INTEROP_CHILD_HPP

// Servers that a test starts and that go away with it, and their files and ports.

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace outkit::tests {

using namespace std::string_literals;

// A program started by a test and ended with it, by its process id.
class child
{
public:
    // Its output goes to a file, or where ours goes if that is empty.
    explicit child(std::vector<std::string> const& command, std::string const& output)
    {
        std::vector<char*> arguments;
        for (std::string const& a : command)
            arguments.push_back(const_cast<char*>(a.c_str()));
        arguments.push_back(nullptr);
        pid_ = fork();
        BOOST_TEST_REQUIRE(pid_ >= 0);
        if (pid_ == 0)
        {
            int const in = open("/dev/null", O_RDONLY);
            int out = STDERR_FILENO;
            if (!output.empty())
                out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
                _exit(126);
            execv(arguments[0], arguments.data());
            _exit(127);
        }
    }
    child(child const&) = delete;
    ~child() { stop(); }

    bool running()
    {
        if (pid_ > 0 && waitpid(pid_, &status_, WNOHANG) == pid_)
            pid_ = -1;
        return pid_ > 0;
    }
    int wait()  // exit code
    {
        if (pid_ > 0)
            waitpid(pid_, &status_, 0);
        pid_ = -1;
        return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
    }
    void stop()
    {
        if (pid_ > 0)
            kill(pid_, SIGTERM);
        for (int i = 0; i != 200 && running(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        if (pid_ > 0)
            kill(pid_, SIGKILL);
        wait();
    }

private:
    pid_t pid_ = -1;
    int status_ = 0;
};

inline void write_file(std::filesystem::path const& path, std::string const& text)
{
    std::ofstream out(path, std::ios::binary);
    out << text;
    BOOST_TEST_REQUIRE(out.good(), "cannot write " << path);
}
inline std::string read_file(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A port that nobody listens on right now.
inline std::uint16_t free_port()
{
    int const s = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof a;
    bool const ok = bind(s, reinterpret_cast<sockaddr*>(&a), size) == 0 &&
                    getsockname(s, reinterpret_cast<sockaddr*>(&a), &size) == 0;
    close(s);
    BOOST_TEST_REQUIRE(ok);
    return ntohs(a.sin_port);
}

inline bool accepts(std::uint16_t port)
{
    int const s = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool const ok = connect(s, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0;
    close(s);
    return ok;
}

}  // namespace outkit::tests

#endif
