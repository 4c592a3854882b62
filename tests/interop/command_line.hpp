#ifndef OUTKIT_TESTS_INTEROP_COMMAND_LINE_HPP
#define OUTKIT_TESTS_INTEROP_COMMAND_LINE_HPP

// The command line as a program of its own, and what stands around it: `outkit mock`, servers that are none, a browser.

#include "program.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace outkit::tests {

inline std::string const tool = std::string(OUTKIT_BINARY_DIR) + "/tools/outkit";
inline std::string const scripts = std::string(OUTKIT_SOURCE_DIR) + "/tests/interop/";

struct result
{
    int code;
    std::string out, err;
    bool says(std::string const& part) const { return err.find(part) != err.npos || out.find(part) != out.npos; }
};

inline result run(std::vector<std::string> arguments, process::variables const& variables = {},
                  std::vector<std::string> const& unset = {}, std::string const& input = "/dev/null")
{
    arguments.insert(arguments.begin(), tool);
    process p(arguments, variables, unset, input);
    int const code = p.wait();
    return {code, p.output(), p.errors()};
}

// `outkit mock` of its own, running.
struct running_mock
{
    process server;
    boost::json::object about;

    explicit running_mock(std::vector<std::string> more = {})
        : server([&] {
              std::vector<std::string> command{tool, "mock"};
              command.insert(command.end(), more.begin(), more.end());
              return command;
          }())
    {
        std::string const line = server.first_line();
        BOOST_REQUIRE_MESSAGE(!line.empty(), server.errors());
        about = boost::json::parse(line).as_object();
    }
    std::string text(char const* name) const { return std::string(about.at(name).as_string()); }
};

// A loopback port where nothing useful is: a server that says `greeting` and closes, or says it for ever, until the object
// goes.
class odd_server
{
public:
    enum manner
    {
        once,
        endless
    };
    explicit odd_server(std::string greeting, manner how = once)
        : listening_(listen_at(INADDR_LOOPBACK)), thread_([fd = listening_, text = std::move(greeting), how] {
              for (;;)
              {
                  int const c = ::accept(fd, nullptr, nullptr);
                  if (c < 0)
                      return;
                  do
                  {
                  } while (::send(c, text.data(), text.size(), MSG_NOSIGNAL) >= 0 && how == endless);
                  ::shutdown(c, SHUT_WR);
                  char sink[1024];
                  while (::recv(c, sink, sizeof sink, 0) > 0)
                  {
                  }
                  ::close(c);
              }
          })
    {
    }
    odd_server(odd_server const&) = delete;
    ~odd_server()
    {
        ::shutdown(listening_, SHUT_RDWR);
        thread_.join();
        ::close(listening_);
    }
    int port() const { return port_of(listening_); }

    static int listen_at(in_addr_t address)
    {
        int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(address);
        BOOST_TEST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
        BOOST_TEST_REQUIRE(::listen(fd, 8) == 0);
        return fd;
    }
    static int port_of(int fd)
    {
        sockaddr_in at{};
        socklen_t size = sizeof at;
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
        return ntohs(at.sin_port);
    }

private:
    int listening_;
    std::thread thread_;
};

// A server of this machine under another address than its certificate has: whoever connects to 127.0.0.2 is passed on to it,
// one connection after the other.
class relay
{
public:
    static constexpr char const* host = "127.0.0.2";

    relay() : listening_(odd_server::listen_at(INADDR_LOOPBACK + 1)), thread_([this] { serve(); }) {}
    relay(relay const&) = delete;
    ~relay()
    {
        ::shutdown(listening_, SHUT_RDWR);
        thread_.join();
        ::close(listening_);
    }
    int port() const { return odd_server::port_of(listening_); }
    void lead_to(int port) { to_ = port; }

private:
    void serve()
    {
        for (;;)
        {
            int const from = ::accept(listening_, nullptr, nullptr);
            if (from < 0)
                return;
            int const to = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            sockaddr_in at{};
            at.sin_family = AF_INET;
            at.sin_port = htons(static_cast<std::uint16_t>(to_));
            at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            pollfd both[] = {{from, POLLIN, 0}, {to, POLLIN, 0}};
            bool open = ::connect(to, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
            while (open && ::poll(both, 2, 10'000) > 0)
                for (int i = 0; i != 2; ++i)
                {
                    char bytes[4096];
                    ssize_t const n = both[i].revents ? ::recv(both[i].fd, bytes, sizeof bytes, 0) : -1;
                    if (both[i].revents)
                        open = open && n > 0 &&
                               ::send(both[1 - i].fd, bytes, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
                }
            ::close(from);
            ::close(to);
        }
    }

    int listening_;
    std::atomic<int> to_{0};
    std::thread thread_;
};

// Where check signs in by the browser made of curl.
struct desk : folder
{
    process::variables variables;
    explicit desk(std::string const& ca_file)
    {
        std::filesystem::create_symlink(scripts + "browser.sh", path / "xdg-open");
        variables = {{"PATH", path.string() + ':' + std::getenv("PATH")},
                     {"OUTKIT_CA_FILE", ca_file},
                     {"OUTKIT_USER", "adele@woodgrove.example"},
                     {"OUTKIT_PASSWORD", "mock-secret-adele"}};
    }
};

inline std::string free_redirect()
{
    odd_server const taken("");
    return "http://localhost:" + std::to_string(taken.port()) + "/oauth";
}

}  // namespace outkit::tests

#endif
