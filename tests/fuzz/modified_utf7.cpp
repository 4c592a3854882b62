// Feeds octets to modified UTF-7 (RFC 3501 section 5.1.3), in which mailboxes are named, both ways.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/modified_utf7.cpp

#include <outkit/imap/types.hpp>

#include <outkit/detail/utf8.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit;
using namespace outkit::imap::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string const text(data, data + size);
    // One name has one spelling, so what is understood is spelled as it was.
    if (auto const name = from_modified_utf7(text))
    {
        must(outkit::detail::valid_utf8(*name));
        must(to_modified_utf7(*name) == text);
    }
    // Every name has one.
    auto const spelled = to_modified_utf7(text);
    must(spelled.has_value() == outkit::detail::valid_utf8(text));
    if (spelled)
    {
        for (char const c : *spelled)
            must((c >= ' ' && c < 0x7f) || text.find(c) != text.npos);
        if (text.find('\0') == text.npos)  // which no name has
            must(from_modified_utf7(*spelled) == text);
    }
    return 0;
}
