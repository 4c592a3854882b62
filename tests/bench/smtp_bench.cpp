// What our SMTP client costs for each message, against a server that takes everything.
//
//   g++ -std=c++20 -O2 -Iinclude tests/bench/smtp_bench.cpp -o smtp_bench
//       -lboost_json -lboost_url -lssl -lcrypto -lpthread
//   smtp_bench HOST PORT CONNECTIONS MESSAGES SIZE
//
// Prints one line of JSON. HOST is on this machine; there is no TLS and no sign-in, so that what is measured is SMTP.
// Messages are sent one after the other on each connection, with one round trip a message if the server pipelines.

#include <outkit/smtp/client.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

using namespace outkit;

namespace {

struct task
{
    smtp::endpoint to;
    smtp::mail mail;
    std::size_t left = 0;
    std::size_t sent = 0;
    error_code failed;
    std::string said;
};

// One connection: takes messages from the task, a handful at a time, until there are none.
class sender : public std::enable_shared_from_this<sender>
{
public:
    sender(asio::io_context& io, task& t) : client_(stream(io.get_executor())), task_(t) {}

    void start()
    {
        client_.async_connect(task_.to,
                              [self = shared_from_this()](error_code ec, smtp::extensions const&) { self->go_on(ec); });
    }

private:
    void go_on(error_code ec)
    {
        if (ec)
        {
            task_.failed = ec;
            task_.said = client_.diagnostics();
            return;
        }
        static constexpr std::size_t handful = 50;
        std::size_t const n = std::min(handful, task_.left);
        task_.left -= n;
        if (n == 0)
            return client_.async_quit([self = shared_from_this()](error_code) {});
        client_.async_send_all(std::vector<smtp::mail>(n, task_.mail),
                               [self = shared_from_this()](error_code e, std::vector<smtp::delivery> const& all) {
                                   for (auto const& d : all)
                                       self->task_.sent += !d.ec;
                                   self->go_on(e);
                               });
    }

    smtp::client client_;
    task& task_;
};

double seconds(clockid_t clock)
{
    timespec t{};
    clock_gettime(clock, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 6)
    {
        std::fputs("usage: smtp_bench HOST PORT CONNECTIONS MESSAGES SIZE\n", stderr);
        return 2;
    }
    task t;
    t.to.host = argv[1];
    t.to.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    t.to.security = smtp::security::plaintext_loopback;
    std::size_t const connections = std::strtoul(argv[3], nullptr, 10);
    std::size_t const messages = t.left = std::strtoul(argv[4], nullptr, 10);
    std::size_t const size = std::strtoul(argv[5], nullptr, 10);

    error_code ec;
    t.mail.envelope.from = *mime::parse_address("a@example.com", ec);
    t.mail.envelope.to = {*mime::parse_address("b@example.com", ec)};
    std::string& content = t.mail.content;
    content = "From: <a@example.com>\r\nTo: <b@example.com>\r\nSubject: bench\r\n\r\n";
    while (content.size() + 80 < size)
        content += std::string(78, 'x') + "\r\n";
    if (content.size() + 2 < size)
        content += std::string(size - 2 - content.size(), 'x') + "\r\n";

    asio::io_context io(1);
    double const wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (std::size_t i = 0; i != connections; ++i)
        std::make_shared<sender>(io, t)->start();
    io.run();
    double const took = seconds(CLOCK_MONOTONIC) - wall, used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (t.failed)
        std::fprintf(stderr, "smtp_bench: %s (%s)\n", t.failed.message().c_str(), t.said.c_str());
    std::printf("{\"msgs\":%zu,\"secs\":%.4f,\"per_s\":%.0f,\"us_cpu\":%.1f}\n", t.sent, took, double(t.sent) / took,
                used * 1e6 / double(std::max<std::size_t>(t.sent, 1)));
    return t.sent == messages ? 0 : 1;
}
