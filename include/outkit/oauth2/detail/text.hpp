#ifndef OUTKIT_OAUTH2_DETAIL_TEXT_HPP
#define OUTKIT_OAUTH2_DETAIL_TEXT_HPP

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/utf8.hpp>
#include <outkit/detail/wiping.hpp>
#include <outkit/secret.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Forms and queries as the OAuth codecs need them. Included by .ipp files.

namespace outkit::inline OUTKIT_ABI::oauth2::detail {

// U+202A to U+202E and U+2066 to U+2069: they turn the text around that follows.
constexpr bool is_direction_override(std::string_view character)
{
    return character.size() == 3 && character[0] == '\xe2' &&
           ((character[1] == '\x80' && character[2] >= '\xaa' && character[2] <= '\xae') ||
            (character[1] == '\x81' && character[2] >= '\xa6' && character[2] <= '\xa9'));
}

using parameters = std::vector<std::pair<std::string, std::string>>;

// A query or form, decoded. Nothing when an escape is broken, a name is empty or comes twice (RFC 6749 section 3.1), a
// value is not UTF-8 or has control characters, or there are too many.
inline std::optional<parameters> parse_parameters(std::string_view text)
{
    static constexpr std::size_t most = 64;
    parameters found;
    while (!text.empty())
    {
        auto const end = std::min(text.find('&'), text.size());
        auto const one = text.substr(0, end);
        auto const equals = std::min(one.find('='), one.size());
        auto name = outkit::detail::form_decode(one.substr(0, equals));
        auto value = outkit::detail::form_decode(one.substr(std::min(equals + 1, one.size())));
        if (!name || !value || name->empty() || found.size() == most || !outkit::detail::valid_utf8(*value) ||
            !outkit::detail::valid_utf8(*name))
            return std::nullopt;
        for (auto const& [known, unused] : found)
            if (known == *name)
                return std::nullopt;
        if (value->find('\0') != std::string::npos)
            return std::nullopt;
        found.emplace_back(std::move(*name), std::move(*value));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

inline std::string const* find(parameters const& in, std::string_view name)
{
    for (auto const& [known, value] : in)
        if (known == name)
            return &value;
    return nullptr;
}

// Nothing of a secret value is left behind where the text grows.
inline void append_parameter(std::string& to, std::string_view name, std::string_view value)
{
    outkit::detail::make_room(to, 2 + 3 * (name.size() + value.size()));
    if (!to.empty())
        to += '&';
    outkit::detail::append_form_encoded(to, name);
    to += '=';
    outkit::detail::append_form_encoded(to, value);
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2::detail

#endif
