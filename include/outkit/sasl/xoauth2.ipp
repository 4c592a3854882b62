#ifndef OUTKIT_SASL_XOAUTH2_IPP
#define OUTKIT_SASL_XOAUTH2_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/sasl/xoauth2.hpp>

namespace outkit::inline OUTKIT_ABI::sasl {
namespace detail {

OUTKIT_DECL bool printable(std::string_view s)
{
    for (char const c : s)
        if (c < ' ' || c > '~')
            return false;
    return true;
}

// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" ; RFC 6750 section 2.1
// (edited: '!' and '*' as well, which opaque tokens of personal accounts have). A table: tokens are long.
struct token_characters
{
    bool is_one[256];
    constexpr token_characters() : is_one()
    {
        for (char const c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/!*"))
            is_one[static_cast<unsigned char>(c)] = true;
    }
};
inline constexpr token_characters token_character;

OUTKIT_DECL bool bearer_token(std::string_view s)
{
    while (s.ends_with('='))
        s.remove_suffix(1);
    auto const one = [&s](std::size_t i) { return token_character.is_one[static_cast<unsigned char>(s[i])]; };
    bool all = !s.empty();
    std::size_t i = 0;
    for (; s.size() - i >= 4; i += 4)  // to the end in any case: no branch but the loop's
        all &= one(i) & one(i + 1) & one(i + 2) & one(i + 3);
    for (; i != s.size(); ++i)
        all &= one(i);
    return all;
}

OUTKIT_DECL bool same_word(std::string_view a, std::string_view lower_case)
{
    if (a.size() != lower_case.size())
        return false;
    for (std::size_t i = 0; i != a.size(); ++i)
        if ((a[i] >= 'A' && a[i] <= 'Z' ? a[i] + 32 : a[i]) != lower_case[i])
            return false;
    return true;
}

// Takes "127.1.2.3" and nothing shorter: older forms mean different things to different resolvers.
OUTKIT_DECL bool ipv4_loopback(std::string_view host)
{
    if (!host.starts_with("127."))
        return false;
    int dots = 0;
    unsigned part = 0, digits = 0;
    for (char const c : host)
    {
        if (c == '.')
        {
            if (digits == 0 || ++dots > 3)
                return false;
            part = digits = 0;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 3)
            return false;
        part = part * 10 + static_cast<unsigned>(c - '0');
        if (part > 255)
            return false;
    }
    return dots == 3 && digits != 0;
}

}  // namespace detail

OUTKIT_DEF char const* describe(error e) noexcept
{
    switch (e)
    {
    case error::none: return "no error";
    case error::invalid_user: return "the user name is empty, or has control or non-ASCII characters in it";
    case error::invalid_access_token: return "the access token is empty, or has characters in it that no token has";
    case error::response_too_long: return "the access token is too long for a SASL response of 12,288 octets";
    case error::not_base64: return "the peer sent a SASL message that is not base64";
    case error::malformed_response: return "the client sent a SASL response that is not of XOAUTH2's form";
    case error::malformed_challenge: return "the server sent a SASL challenge that is not a JSON object";
    case error::challenge_too_long: return "the server sent a SASL challenge of more than 12,288 octets";
    }
    return "unknown error";
}

OUTKIT_INLINE std::optional<confidential> confidential::on_loopback(std::string_view host) noexcept
{
    if (detail::same_word(host, "localhost") || host == "::1" || detail::ipv4_loopback(host))
        return confidential();
    return std::nullopt;
}

OUTKIT_DEF std::optional<std::string> encode_xoauth2(std::string_view user, std::string_view token, confidential,
                                                     error& e)
{
    static constexpr std::string_view before_user = "user=", before_token = "\1auth=Bearer ", end = "\1\1";
    e = error::none;
    if (user.empty() || !detail::printable(user))
        e = error::invalid_user;
    else if (!detail::bearer_token(token))
        e = error::invalid_access_token;
    std::size_t const size =
        outkit::detail::base64_size(before_user.size() + user.size() + before_token.size() + token.size() + end.size());
    if (e == error::none && size > longest_response)
        e = error::response_too_long;
    if (e != error::none)
        return std::nullopt;

    std::optional<std::string> response(std::in_place, size, '\0');
    outkit::detail::base64_writer w(response->data());
    for (std::string_view const part : {before_user, user, before_token, token, end})
        w.add(part);
    w.finish();
    return response;
}

OUTKIT_DEF std::optional<bearer_credentials> decode_xoauth2(std::string_view response, error& e)
{
    e = error::none;
    if (response.size() > longest_response)
    {
        e = error::response_too_long;
        return std::nullopt;
    }
    auto const bytes = outkit::detail::base64_decode(response);
    if (!bytes)
    {
        e = error::not_base64;
        return std::nullopt;
    }
    e = error::malformed_response;
    std::string_view rest = *bytes;
    if (!rest.starts_with("user=") || !rest.ends_with("\1\1"))
        return std::nullopt;
    rest = rest.substr(5, rest.size() - 7);
    auto const separator = rest.find('\1');
    if (separator == std::string_view::npos)
        return std::nullopt;
    std::string_view const user = rest.substr(0, separator);
    std::string_view auth = rest.substr(separator + 1);
    if (!auth.starts_with("auth=") || !detail::same_word(auth.substr(5, 7), "bearer "))
        return std::nullopt;
    auth.remove_prefix(12);
    if (user.empty() || !detail::printable(user) || !detail::bearer_token(auth))
        return std::nullopt;
    e = error::none;
    return bearer_credentials{std::string(user), std::string(auth)};
}

}  // namespace outkit::inline OUTKIT_ABI::sasl

#endif
