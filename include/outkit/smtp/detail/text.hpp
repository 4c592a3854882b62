#ifndef OUTKIT_SMTP_DETAIL_TEXT_HPP
#define OUTKIT_SMTP_DETAIL_TEXT_HPP

#include <outkit/config.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

// Small things about text that client and mock share.

namespace outkit::inline OUTKIT_ABI::smtp::detail {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
inline std::string upper(std::string_view s)
{
    std::string out(s);
    for (char& c : out)
        c = upper(c);
    return out;
}
inline bool same_word(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return upper(x) == upper(y); });
}
inline std::string_view trimmed(std::string_view s)
{
    while (s.starts_with(' ') || s.starts_with('\t'))
        s.remove_prefix(1);
    while (s.ends_with(' ') || s.ends_with('\t'))
        s.remove_suffix(1);
    return s;
}

// The words between blanks; empty ones left out.
template <class F>
void each_word(std::string_view s, F f)
{
    while (!s.empty())
    {
        auto const end = std::min(s.find(' '), s.size());
        if (end != 0)
            f(s.substr(0, end));
        s.remove_prefix(std::min(end + 1, s.size()));
    }
}

inline std::optional<std::uint64_t> number(std::string_view s)
{
    std::uint64_t n = 0;
    auto const [end, ec] = std::from_chars(s.data(), s.data() + s.size(), n);
    if (s.empty() || ec != std::errc() || end != s.data() + s.size())
        return std::nullopt;
    return n;
}

}  // namespace outkit::inline OUTKIT_ABI::smtp::detail

#endif
