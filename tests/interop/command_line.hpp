#ifndef OUTKIT_TESTS_INTEROP_COMMAND_LINE_HPP
#define OUTKIT_TESTS_INTEROP_COMMAND_LINE_HPP

// The command line as a program of its own, and what stands around it: `outkit mock`, servers that are none, a browser.

#include "program.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
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

// A loopback port where nothing useful is: a server that says `greeting`, or closes at once, until the object goes.
class odd_server
{
public:
    explicit odd_server(std::string greeting) : greeting_(std::move(greeting))
    {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        BOOST_REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) == 0);
        BOOST_REQUIRE(::listen(socket_, 8) == 0);
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] {
            for (;;)
            {
                int const c = ::accept(socket_, nullptr, nullptr);
                if (c < 0)
                    return;
                [[maybe_unused]] auto const n = ::send(c, greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
                ::shutdown(c, SHUT_WR);
                char sink[1024];
                while (::recv(c, sink, sizeof sink, 0) > 0)
                {
                }
                ::close(c);
            }
        });
    }
    ~odd_server()
    {
        ::shutdown(socket_, SHUT_RDWR);
        ::close(socket_);
        thread_.join();
    }
    int port() const { return port_; }

private:
    std::string greeting_;
    int socket_ = -1;
    int port_ = 0;
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
