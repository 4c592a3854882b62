// What the mock SMTP server costs, in a process of its own.
//
//   smtp_mock_bench serve FOLDER
//   smtp_mock_bench send FOLDER CONNECTIONS MESSAGES SIZE each|all
//
// The first serves until standard input ends; FOLDER gets what the second needs, and when the server accepts connections a
// line is printed. The second sends to it over TLS, signed in: `each` message over a connection of its own, or `all` over
// as many as are said, with one round trip a message.

#include <outkit/blocking.hpp>
#include <outkit/mock/scenarios.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>
#include <outkit/smtp/client.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace outkit;

namespace {

[[noreturn]] void give_up(char const* where, std::string const& why)
{
    std::fprintf(stderr, "smtp_mock_bench: %s: %s\n", where, why.c_str());
    std::_Exit(1);
}

std::string read(std::string const& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

int serve(std::string const& folder)
{
    mock::world w;
    mock::load_default_world(w);
    std::string problem;
    for (auto const& [name, value] :
         {std::pair("service.messages_per_minute", "100000"), std::pair("service.smtp_connections", "1000"),
          std::pair("service.recipients_per_day", "10000000")})
        if (!w.policy.set(name, value, "", problem))
            give_up(name, problem);
    w.mailboxes.set_limits({.messages = 1'000'000, .octets = std::uint64_t(16) << 30});
    error_code ec;
    mock::servers outlook(w, {}, ec);
    if (ec)
        give_up("servers", ec.message());
    std::ofstream(folder + "/ca.pem") << w.certificates.ca_pem();
    std::ofstream(folder + "/port") << outlook.ports().smtp;
    mock::user const person = w.directory.users().front();
    w.start_thread();
    std::puts("accepting");
    std::fflush(stdout);

    mock::access_claims claims;
    claims.audience = "https://outlook.office.com";
    claims.tenant = person.tenant_id;
    claims.client_id = "00000000-0000-4000-8000-00000000a001";
    claims.person = {person.tenant_id, person.id, person.principal_name, person.display_name, "", "", ""};
    claims.permissions = {"SMTP.Send"};
    std::ofstream(folder + "/token") << w.run([&] { return mock::issue_access_token(w.keys, w, claims, 3600); });
    std::ofstream(folder + "/user") << person.principal_name;
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF)
    {
    }
    return 0;
}

struct task
{
    smtp::endpoint to;
    tls_context tls;
    std::string user, token;
    smtp::mail mail;
    std::size_t handful = 1;  // messages between two looks at how many are left; all over one connection
    bool each = false;        // a connection for each message
    std::size_t left = 0, sent = 0;
};

class sender : public std::enable_shared_from_this<sender>
{
public:
    sender(asio::io_context& io, task& t) : io_(io), client_(stream(io.get_executor(), t.tls)), task_(t) {}

    void start()
    {
        client_.async_connect(task_.to, [self = shared_from_this()](error_code ec, smtp::extensions const&) {
            self->expect("connect", ec);
            self->client_.async_authenticate(self->task_.user, access_token(self->task_.token), [self](error_code e) {
                self->expect("sign in", e);
                self->go_on();
            });
        });
    }

private:
    void expect(char const* where, error_code ec)
    {
        if (ec)
            give_up(where, ec.message() + ' ' + client_.diagnostics());
    }
    void go_on()
    {
        std::size_t const n = std::min(task_.handful, task_.left);
        task_.left -= n;
        if (n == 0)
            return client_.async_quit([self = shared_from_this()](error_code) {});
        client_.async_send_all(std::vector<smtp::mail>(n, task_.mail),
                               [self = shared_from_this(), n](error_code e, std::vector<smtp::delivery> const&) {
                                   self->expect("send", e);
                                   self->task_.sent += n;
                                   if (!self->task_.each)
                                       return self->go_on();
                                   self->client_.async_quit([self](error_code) {
                                       if (self->task_.left != 0)
                                           std::make_shared<sender>(self->io_, self->task_)->start();
                                   });
                               });
    }

    asio::io_context& io_;
    smtp::client client_;
    task& task_;
};

int send(std::string const& folder, std::size_t connections, std::size_t messages, std::size_t size, bool each)
{
    task t;
    error_code ec;
    t.tls = tls_context::client(ec, {.system = false, .authorities_pem = read(folder + "/ca.pem")});
    if (ec)
        give_up("client", ec.message());
    t.to.host = "localhost";
    t.to.port = static_cast<std::uint16_t>(std::strtoul(read(folder + "/port").c_str(), nullptr, 10));
    t.user = read(folder + "/user");
    t.token = read(folder + "/token");
    t.each = each;
    t.left = messages;
    t.handful = each ? 1 : 50;
    t.mail.envelope.from = *mime::parse_address(t.user, ec);
    t.mail.envelope.to = {*mime::parse_address("b@example.com", ec)};
    std::string& content = t.mail.content;
    content = "From: <" + t.user + ">\r\nTo: <b@example.com>\r\nSubject: bench\r\n\r\n";
    while (content.size() + 80 < size)
        content += std::string(78, 'x') + "\r\n";
    asio::io_context io(1);
    for (std::size_t i = 0; i != connections; ++i)
        std::make_shared<sender>(io, t)->start();
    io.run();
    std::printf("{\"msgs\":%zu}\n", t.sent);
    return t.sent == messages ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
{
    std::string_view const what = argc > 1 ? argv[1] : "";
    if (what == "serve" && argc == 3)
        return serve(argv[2]);
    if (what == "send" && argc == 7)
        return send(argv[2], std::strtoul(argv[3], nullptr, 10), std::strtoul(argv[4], nullptr, 10),
                    std::strtoul(argv[5], nullptr, 10), argv[6] == std::string_view("each"));
    std::fputs("usage: smtp_mock_bench serve FOLDER\n"
               "       smtp_mock_bench send FOLDER CONNECTIONS MESSAGES SIZE each|all\n",
               stderr);
    return 2;
}
