#ifndef OUTKIT_CHECK_DETAIL_TEXT_HPP
#define OUTKIT_CHECK_DETAIL_TEXT_HPP

#include <outkit/config.hpp>

#include <algorithm>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::check::detail {

// Equal but for the case of ASCII letters.
inline bool same_text(std::string_view a, std::string_view b)
{
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace outkit::inline OUTKIT_ABI::check::detail

#endif
