#ifndef OUTKIT_DETAIL_UTF8_HPP
#define OUTKIT_DETAIL_UTF8_HPP

#include <outkit/detail/abi.hpp>

#include <cstddef>
#include <string>
#include <string_view>

// UTF-8 as RFC 3629 has it: shortest forms, no surrogates, nothing above U+10FFFF.

namespace outkit::inline OUTKIT_ABI::detail {

// Octets of the character at the front; 0 when there is none.
constexpr std::size_t utf8_length(std::string_view s)
{
    if (s.empty())
        return 0;
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    unsigned char const c = at(0);
    if (c < 0x80)
        return 1;
    std::size_t const n = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
    if (n == 0 || s.size() < n)
        return 0;
    unsigned char low = 0x80, high = 0xbf;  // of the second octet: no overlong forms, surrogates or beyond U+10FFFF
    if (c == 0xe0)
        low = 0xa0;
    else if (c == 0xed)
        high = 0x9f;
    else if (c == 0xf0)
        low = 0x90;
    else if (c == 0xf4)
        high = 0x8f;
    if (at(1) < low || at(1) > high)
        return 0;
    for (std::size_t i = 2; i < n; ++i)
        if ((at(i) & 0xc0) != 0x80)
            return 0;
    return n;
}

OUTKIT_DECL bool valid_utf8(std::string_view text);

// Removes the character at the front and returns its code point; U+FFFD for what is none, once for each beginning of a
// character that is cut off (Unicode 3.9, maximal subparts).
OUTKIT_DECL char32_t take_code_point(std::string_view& text);

OUTKIT_DECL void append_utf8(std::string& out, char32_t c);

// The text with U+FFFD for what is not UTF-8.
OUTKIT_DECL std::string repaired_utf8(std::string_view text);

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/utf8.ipp>
#endif

#endif
