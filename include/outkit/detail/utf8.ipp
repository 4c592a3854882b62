#ifndef OUTKIT_DETAIL_UTF8_IPP
#define OUTKIT_DETAIL_UTF8_IPP

#include <outkit/detail/utf8.hpp>

#include <cstdint>
#include <cstring>

namespace outkit::inline OUTKIT_ABI::detail {

OUTKIT_DEF bool valid_utf8(std::string_view text)
{
    while (!text.empty())
    {
        if (std::uint64_t eight = 0; text.size() >= 8)  // mostly ASCII
        {
            std::memcpy(&eight, text.data(), 8);
            if ((eight & 0x8080808080808080) == 0)
            {
                text.remove_prefix(8);
                continue;
            }
        }
        std::size_t const n = utf8_length(text);
        if (n == 0)
            return false;
        text.remove_prefix(n);
    }
    return true;
}

OUTKIT_DEF char32_t take_code_point(std::string_view& text)
{
    auto const octet = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
    if (std::size_t const n = utf8_length(text))
    {
        char32_t c = n == 1 ? octet(0) : octet(0) & (0x7fU >> n);
        for (std::size_t i = 1; i != n; ++i)
            c = c << 6 | (octet(i) & 0x3f);
        text.remove_prefix(n);
        return c;
    }
    if (text.empty())
        return 0xfffd;
    // What could have begun a character goes together with its first octet.
    std::size_t cut = 1;
    if (octet(0) >= 0xe0 && octet(0) < 0xf5)
    {
        unsigned const low = octet(0) == 0xe0 ? 0xa0 : octet(0) == 0xf0 ? 0x90 : 0x80;
        unsigned const high = octet(0) == 0xed ? 0x9f : octet(0) == 0xf4 ? 0x8f : 0xbf;
        std::size_t const most = octet(0) < 0xf0 ? 2 : 3;
        if (text.size() > 1 && octet(1) >= low && octet(1) <= high)
            for (cut = 2; cut < most && cut < text.size() && (octet(cut) & 0xc0) == 0x80;)
                ++cut;
    }
    text.remove_prefix(cut);
    return 0xfffd;
}

OUTKIT_DEF void append_utf8(std::string& out, char32_t c)
{
    auto const put = [&](char32_t octet) { out += static_cast<char>(octet); };
    if (c < 0x80)
        put(c);
    else if (c < 0x800)
    {
        put(0xc0 | c >> 6);
        put(0x80 | (c & 0x3f));
    }
    else if (c < 0x10000)
    {
        put(0xe0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    }
    else
    {
        put(0xf0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3f));
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

OUTKIT_DEF std::string repaired_utf8(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty())
        append_utf8(out, take_code_point(text));
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
