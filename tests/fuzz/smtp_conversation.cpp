// Feeds octets to the SMTP client as the server's replies.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/smtp_conversation.cpp \
//     -lboost_json -lssl -lcrypto
//
// The first octet says how large the pieces are in which the rest arrives.

#include <outkit/detail/simulate.hpp>
#include <outkit/smtp/detail/flows.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace outkit;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

mime::address address(std::string_view text)
{
    error_code ec;
    return *mime::parse_address(text, ec);
}

// A server that says what it likes, a turn at a time: the next when something has been written since ('|' parts them).
struct turns
{
    explicit turns(std::string_view text)
    {
        for (std::size_t at = 0; at <= text.size();)
        {
            std::size_t const end = std::min(text.find('|', at), text.size());
            all.emplace_back(text.substr(at, end - at));
            at = end + 1;
        }
    }
    std::vector<std::string> all;
};

outkit::detail::flow<> serve(outkit::detail::wire& w, turns const& t)
{
    outkit::detail::event never;
    outkit::detail::event::watch nothing(never);
    for (std::string const& turn : t.all)
    {
        if (!turn.empty())
            co_await w.write(turn);
        co_await w.wait(nothing);
        co_await w.fill();
        while (w.buffered_line())
            ;
    }
}

void conversation(std::string_view text, std::size_t piece)
{
    smtp::detail::session s;
    auto const now = std::make_shared<smtp::detail::progress>();
    bool finished = false;
    auto talk = [&]() -> outkit::detail::flow<> {
        smtp::endpoint to;
        to.host = "127.0.0.1";
        to.security = smtp::security::plaintext_loopback;
        co_await smtp::detail::connect(s, to);
        access_token t("mock-token");
        co_await smtp::detail::authenticate(s, "ann@x.example", std::move(t));
        smtp::mail m;
        m.envelope.from = address("ann@x.example");
        m.envelope.to = {address("bob@x.example"), address("eve@x.example")};
        m.envelope.policy = smtp::recipients_policy::any;
        m.content = "Message-ID: <1@x.example>\r\n\r\n.hello\r\n";
        std::vector<smtp::mail> two{m, m};
        co_await smtp::detail::send_all(s, std::move(two), now);
        finished = true;
        co_await smtp::detail::quit(s);
    };
    turns const t(text);
    outkit::detail::simulator sim(1, {.largest_piece = piece});
    sim.listen("127.0.0.1", 587, [&t](outkit::detail::wire& w) { return serve(w, t); });
    auto const r = sim.start("client", talk());
    sim.run();
    must(r->done);
    must(r->diagnostics.size() <= 2'048);
    must(r->diagnostics.find("mock-token") == std::string::npos);
    must(s.server_said->size() <= 512);
    must(s.server_said->find_first_of("\r\n\x1b") == std::string::npos);
    if (finished)
        for (smtp::delivery const& d : now->deliveries)
            must(d.ec != smtp::error::not_sent);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string const text(data + 1, data + size);
    conversation(text, 1 + data[0] % 64);
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Every fourth time something that servers say is put in, which is beyond the random octets' reach.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed)
{
    static constexpr std::string_view pieces[] = {
        "220 x\r\n|250-x\r\n250-PIPELINING\r\n250-SIZE 99999\r\n250 AUTH XOAUTH2\r\n|235 ok\r\n|",
        "250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n|",
        "250 2.0.0 OK <1@x> [Hostname=x]\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n|250 ok\r\n|221 bye\r\n",
        "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n|535 5.7.3 no\r\n",
        "421 4.4.2 bye\r\n",
        "250-",
        "AUTH=XOAUTH2",
        "\r\n"};
    if (seed % 4 != 0)
        return LLVMFuzzerMutate(data, size, most);
    std::string_view const p = pieces[seed / 4 % std::size(pieces)];
    if (size + p.size() > most)
        return LLVMFuzzerMutate(data, size, most);
    std::string text(data, data + size);
    text.insert(text.empty() ? 0 : 1 + seed / 64 % text.size(), p);
    text.copy(reinterpret_cast<char*>(data), text.size());
    return text.size();
}
