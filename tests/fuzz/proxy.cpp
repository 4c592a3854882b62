// Feeds octets to what reads a proxy's URL, the list of who goes around it, and its answer to CONNECT.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/proxy.cpp -o fuzz_proxy \
//     -lssl -lcrypto
//   ./fuzz_proxy -max_len=512 -max_total_time=60
//
// The first octet says what the rest is, and how large the pieces are in which an answer arrives.

#include <outkit/detail/simulate.hpp>
#include <outkit/proxy.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit;
using namespace outkit::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

void url(std::string_view text)
{
    error_code ec;
    proxy const p = parse_proxy(text, ec);
    if (ec)
        return;
    error_code again_ec;
    proxy const again = parse_proxy(p.text(), again_ec);
    must(!again_ec && again.host == p.host && again.port == p.port && again.tls == p.tls);
    must(proxy_authorization(p).reveal().find_first_of("\r\n") == std::string_view::npos);
    must(p.text().find_first_of("\r\n @") == std::string::npos);
}

// A host and a list, parted by '|'.
void exceptions(std::string_view text)
{
    error_code ec;
    std::size_t const bar = std::min(text.find('|'), text.size());
    std::string_view const host = text.substr(0, bar), list = text.substr(std::min(bar + 1, text.size()));
    proxy_settings const s(parse_proxy("http://proxy.test:3128", ec), list);
    bool const direct = !s.for_target(host, 993);
    must(direct == !proxy_settings(s).for_target(host, 993));
    std::string const target = connect_target(host, 993, ec);
    must(ec || target.find_first_of("\r\n /@") == std::string::npos);
}

flow<std::string> greeting(wire& w)
{
    co_await w.connect("mail.test", 587, false);
    std::string line = co_await w.read_line();
    co_return line;
}

void answer(std::string_view text, std::size_t piece)
{
    error_code ec;
    wire w;
    how h;
    h.piece = piece;
    h.proxies = proxy_settings(parse_proxy("http://ann:mock-secret@proxy.test:3128", ec));
    auto const r = play(greeting(w), {"", std::string(text)}, h);
    must(!r.ec == (text.find(" 200") != text.npos && r.value.has_value()));
    must(r.diagnostics.size() <= 512 + 64 && r.diagnostics.find("mock-secret") == std::string::npos);
    for (char const c : r.diagnostics)
        must(c >= ' ' && c < 0x7f);
    must(!w.encrypted());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string_view const text(reinterpret_cast<char const*>(data) + 1, size - 1);
    switch (data[0] % 3)
    {
    case 0: url(text); break;
    case 1: exceptions(text); break;
    default: answer(text, 1 + data[0] / 3);
    }
    return 0;
}
