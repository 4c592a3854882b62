#ifndef OUTKIT_SASL_CHALLENGE_IPP
#define OUTKIT_SASL_CHALLENGE_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/sasl/challenge.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace outkit::inline OUTKIT_ABI::sasl {
namespace detail {

OUTKIT_DECL std::string shown(boost::json::value const* v)
{
    static constexpr std::size_t most = 256;
    std::string text;
    if (v && v->is_string())
        text.assign(v->get_string().data(), v->get_string().size() < most ? v->get_string().size() : most);
    else if (v && v->is_number())
        text = boost::json::serialize(*v);
    for (char& c : text)
        if (c < ' ' || c > '~')
            c = '?';
    return text;
}

}  // namespace detail

OUTKIT_DEF std::string encode_challenge(error_challenge const& c)
{
    boost::json::object o;
    if (!c.status.empty())
        o["status"] = c.status;
    if (!c.schemes.empty())
        o["schemes"] = c.schemes;
    if (!c.scope.empty())
        o["scope"] = c.scope;
    return outkit::detail::base64_encode(boost::json::serialize(o));
}

OUTKIT_DEF std::optional<error_challenge> decode_challenge(std::string_view text, error& e)
{
    e = error::none;
    if (text.empty())
        return error_challenge{};
    if (text.size() > longest_challenge)
    {
        e = error::challenge_too_long;
        return std::nullopt;
    }
    auto const bytes = outkit::detail::base64_decode(text);
    if (!bytes)
    {
        e = error::not_base64;
        return std::nullopt;
    }
    boost::json::parse_options options;
    options.max_depth = 8;
    boost::json::error_code failed;
    auto const value = boost::json::parse(*bytes, failed, {}, options);
    if (failed || !value.is_object())
    {
        e = error::malformed_challenge;
        return std::nullopt;
    }
    auto const& o = value.get_object();
    return error_challenge{detail::shown(o.if_contains("status")), detail::shown(o.if_contains("schemes")),
                           detail::shown(o.if_contains("scope"))};
}

}  // namespace outkit::inline OUTKIT_ABI::sasl

#endif
