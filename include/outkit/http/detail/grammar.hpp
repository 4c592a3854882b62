#ifndef OUTKIT_HTTP_DETAIL_GRAMMAR_HPP
#define OUTKIT_HTTP_DETAIL_GRAMMAR_HPP

#include <outkit/config.hpp>

#include <algorithm>
#include <string_view>

// The characters of RFC 9110 section 5.6, without the locale.

namespace outkit::inline OUTKIT_ABI::http::detail {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }

// token = 1*tchar
constexpr bool is_token(std::string_view s)
{
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
        return is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

// field-value: visible characters, blanks, tabs and obs-text; no control characters
constexpr bool is_field_value(std::string_view s)
{
    return std::all_of(s.begin(), s.end(), [](char c) {
        auto const u = static_cast<unsigned char>(c);
        return u == '\t' || (u >= 0x20 && u != 0x7f);
    });
}

// origin-form, or "*": visible ASCII, no fragment
constexpr bool is_target(std::string_view s)
{
    return (s == "*" || s.starts_with('/')) &&
           std::all_of(s.begin(), s.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

constexpr std::string_view without_blanks(std::string_view s)
{
    auto const blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!s.empty() && blank(s.front()))
        s.remove_prefix(1);
    while (!s.empty() && blank(s.back()))
        s.remove_suffix(1);
    return s;
}

}  // namespace outkit::inline OUTKIT_ABI::http::detail

#endif
