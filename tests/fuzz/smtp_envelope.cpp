// Makes envelopes of octets: lines with a sender, recipients and an envelope id, whatever they are. What is an address
// arrives at a server that offers everything, or nothing of the message does; and nothing else is said to it.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/smtp_envelope.cpp \
//     -lboost_json -lssl -lcrypto
//
// The first octet chooses options: reports, the policy, what is offered.

#include <outkit/detail/simulate.hpp>
#include <outkit/smtp/detail/flows.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace outkit;
using namespace outkit::smtp;
using namespace outkit::smtp::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

std::vector<std::string> lines_of(std::string const& text)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0; at <= text.size();)
    {
        std::size_t const end = std::min(text.find('|', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

// Takes everything, and keeps the commands.
outkit::detail::flow<> serve(outkit::detail::wire& w, std::string offered, std::vector<std::string>& said)
{
    co_await w.write("220 mx.test ESMTP\r\n");
    bool in_data = false;
    for (;;)
    {
        std::string const line(co_await w.read_line());
        std::string answer = "250 ok\r\n";
        if (in_data)
        {
            if (line != ".")
                continue;
            in_data = false;
        }
        else
        {
            said.push_back(line);
            if (line.starts_with("EHLO "))
                answer = offered;
            else if (line == "DATA")
            {
                in_data = true;
                answer = "354 go\r\n";
            }
            else if (line == "QUIT")
                answer = "221 bye\r\n";
        }
        co_await w.write(std::move(answer));
    }
}

// A command says this path and nothing but what belongs to it.
void is_for(std::string_view line, char const* verb, char const* keyword, mime::address const& path)
{
    command const c = parse_command(line);
    must(c.verb == verb);
    path_argument const p = parse_path_argument(c.argument, keyword);
    must(p.wrong == path_argument::fault::none && p.path.to_string() == path.to_string());
    static constexpr std::string_view known[] = {"SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "NOTIFY", "ORCPT"};
    for (auto const& [name, value] : p.parameters)
        must(std::find(std::begin(known), std::end(known), name) != std::end(known));
}

void envelopes(std::string const& text, unsigned options)
{
    std::vector<std::string> const lines = lines_of(text);
    envelope e;
    error_code ec;
    auto const read = [&](std::string const& line) {
        auto a = mime::parse_address(line, ec, (options & 1) != 0);
        must(a.has_value() == !ec);
        if (a)
            must(a->to_string().find_first_of(std::string_view("\r\n\0<>", 5)) == std::string::npos);
        return a ? *a : mime::address();
    };
    e.from = read(lines.front());
    for (std::size_t i = 1; i < lines.size() && i < 40; ++i)
        if (auto a = read(lines[i]); !a.empty())
            e.to.push_back(std::move(a));
    e.policy = (options & 2) != 0 ? recipients_policy::any : recipients_policy::all;
    if ((options & 4) != 0)
        e.report = delivery_report{.success = (options & 8) != 0, .envelope_id = lines.back()};

    std::string offered = "250-mx.test\r\n";
    if ((options & 16) != 0)
        offered += "250-PIPELINING\r\n";
    if ((options & 32) != 0)
        offered += "250-DSN\r\n";
    if ((options & 64) != 0)
        offered += "250-SMTPUTF8\r\n";
    offered += "250-SIZE 1000\r\n250 8BITMIME\r\n";

    session s;
    auto const now = std::make_shared<progress>();
    auto talk = [&]() -> outkit::detail::flow<> {
        endpoint to;
        to.host = "127.0.0.1";
        to.security = security::plaintext_loopback;
        co_await smtp::detail::connect(s, to);
        std::vector<mail> all(1);
        all.front().envelope = e;
        all.front().content = "Subject: x\r\n\r\nMAIL FROM:<evil@x.example>\r\n.\r\n";
        co_await send_all(s, std::move(all), now);
        co_await quit(s);
    };
    std::vector<std::string> said;
    outkit::detail::simulator sim(1);
    sim.listen("127.0.0.1", 587, [&](outkit::detail::wire& w) { return serve(w, offered, said); });
    auto const r = sim.start("client", talk());
    sim.run();
    must(r->done && !r->ec && now->deliveries.size() == 1);
    must(said.size() >= 2 && said.front().starts_with("EHLO ") && said.back() == "QUIT");
    delivery const& d = now->deliveries.front();
    if (d.ec)  // nothing of it was sent
        return must(said.size() == 2);
    must(!e.to.empty() && said.size() == e.to.size() + 4 && d.recipients.size() == e.to.size());
    is_for(said[1], "MAIL", "FROM:", e.from);
    for (std::size_t i = 0; i != e.to.size(); ++i)
        is_for(said[i + 2], "RCPT", "TO:", e.to[i]);
    must(said[said.size() - 2] == "DATA");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    envelopes(std::string(data + 1, data + size), data[0]);
    return 0;
}
