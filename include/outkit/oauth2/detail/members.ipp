#ifndef OUTKIT_OAUTH2_DETAIL_MEMBERS_IPP
#define OUTKIT_OAUTH2_DETAIL_MEMBERS_IPP

#include <boost/json/value.hpp>

#include <outkit/detail/json.hpp>
#include <outkit/http/detail/grammar.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

// Members of the authority's JSON documents, for several .ipp files: inline, since they are compiled apart.

namespace outkit::inline OUTKIT_ABI::oauth2::detail {

inline constexpr std::size_t longest_token = 16 * 1024;

// refresh-token = 1*VSCHAR ; RFC 6749 appendix A.17, without the blank. Personal accounts' have "!", "*" and "$".
inline bool is_visible(std::string_view s)
{
    return std::all_of(s.begin(), s.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// A whole number, or the decimal string that v1-style endpoints send.
inline std::optional<std::int64_t> read_number(boost::json::value const& v)
{
    if (!v.is_string())
        return outkit::detail::whole_number(v);
    std::string_view const digits(v.get_string().data(), v.get_string().size());
    std::int64_t n = 0;
    auto const r = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (digits.empty() || r.ec != std::errc() || r.ptr != digits.data() + digits.size())
        return std::nullopt;
    return n;
}

// The same, of seconds to come.
inline std::optional<std::int64_t> read_seconds(boost::json::value const& v)
{
    auto const n = read_number(v);
    return n && *n >= 0 ? n : std::nullopt;
}

// A string member that may be missing, but must be a string otherwise.
inline bool read_optional(boost::json::object const& o, char const* name, std::string_view& into)
{
    boost::json::value const* const v = o.if_contains(name);
    if (!v)
        return true;
    if (!v->is_string())
        return false;
    into = {v->get_string().data(), v->get_string().size()};
    return true;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2::detail

#endif
