#ifndef OUTKIT_OAUTH2_TOKEN_IPP
#define OUTKIT_OAUTH2_TOKEN_IPP

#include <outkit/detail/json.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/oauth2/detail/members.ipp>
#include <outkit/oauth2/token.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::oauth2 {
namespace detail {

inline constexpr std::int64_t default_lifetime = 600;
inline constexpr std::int64_t longest_lifetime = 172'800;  // Entra issues up to 28 h

// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" ; RFC 6750 section 2.1
OUTKIT_DECL bool is_b64token(std::string_view s)
{
    auto const body = s.substr(0, s.find('='));
    return !body.empty() && s.substr(body.size()).find_first_not_of('=') == std::string_view::npos &&
           std::all_of(body.begin(), body.end(), [](char c) {
               return http::detail::is_alnum(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
           });
}

}  // namespace detail

OUTKIT_DEF bool detail::wants_renewal(outkit::detail::wall_time received, std::chrono::seconds lifetime,
                                      std::optional<std::chrono::seconds> refresh_in, outkit::detail::wall_time now)
{
    static constexpr std::chrono::minutes margin{5};
    return now < received || now >= received + lifetime - margin || (refresh_in && now >= received + *refresh_in);
}

OUTKIT_DEF bool token_response::wants_renewal(outkit::detail::wall_time now) const
{
    return detail::wants_renewal(received, lifetime, refresh_in, now);
}

OUTKIT_DEF token_response read_token_response(http::response const& answer, scope_set const& asked,
                                              outkit::detail::wall_time received, error_code& ec, refusal& refused)
{
    ec = {};
    if (answer.status >= 400)
    {
        refused = read_refusal(answer);
        ec = refused.ec;
        return {};
    }
    auto const reject = [&](error e) {
        ec = e;
        return token_response();
    };
    if (answer.status != 200)
        return reject(error::unexpected_status);
    std::string const* const type = http::find(answer.headers, "Content-Type");
    bool const other_charset =
        type && type->find("charset") != std::string::npos &&
        !http::detail::equal_ignoring_case(std::string_view(*type).substr(type->find("charset")), "charset=utf-8");
    if (http::media_type(answer.headers) != "application/json" || other_charset)
    {
        refused.description = "Content-Type: " + detail::presentable(type ? *type : "(none)", 128);
        return reject(error::unexpected_media_type);
    }
    outkit::detail::json_problem problem{};
    auto const object = outkit::detail::parse_strict_object(answer.body, &problem);
    if (problem == outkit::detail::json_problem::too_large)
        return reject(error::answer_too_large);
    if (!object || object->contains("error"))
        return reject(error::malformed_response);

    token_response t;
    t.received = received;
    std::string_view access, refresh, id_token, scope, client_info, token_type;
    bool const well_formed = detail::read_optional(*object, "access_token", access) &&
                             detail::read_optional(*object, "refresh_token", refresh) &&
                             detail::read_optional(*object, "id_token", id_token) &&
                             detail::read_optional(*object, "scope", scope) &&
                             detail::read_optional(*object, "client_info", client_info);
    if (!well_formed || !detail::is_b64token(access) || !detail::is_visible(refresh) || client_info.size() > 4096)
        return reject(error::malformed_response);
    if (access.size() > detail::longest_token || refresh.size() > detail::longest_token ||
        id_token.size() > detail::longest_token)
        return reject(error::token_too_long);
    if (!detail::read_optional(*object, "token_type", token_type) ||
        !http::detail::equal_ignoring_case(token_type, "Bearer"))
        return reject(error::unsupported_token_type);

    t.lifetime = std::chrono::seconds(detail::default_lifetime);
    if (auto const* const v = object->if_contains("expires_in"))
    {
        auto const seconds = detail::read_seconds(*v);
        if (!seconds)
            return reject(error::malformed_response);
        t.lifetime = std::chrono::seconds(std::min(*seconds, detail::longest_lifetime));
    }
    if (auto const* const v = object->if_contains("refresh_in"))
        if (auto const seconds = detail::read_seconds(*v))
            t.refresh_in = std::min(std::chrono::seconds(*seconds), t.lifetime);

    t.scopes = asked;
    if (!scope.empty())
    {
        error_code bad;
        t.scopes = scope_set::parse(scope, bad);
        if (bad)
            return reject(error::malformed_response);
        if (!asked.missing_in(t.scopes).empty())
        {
            refused.description = "not granted: " + detail::presentable(asked.missing_in(t.scopes).text());
            return reject(error::scope_not_granted);
        }
    }
    t.access = access_token(std::string(access));
    t.refresh = secret(std::string(refresh));
    t.id_token = secret(std::string(id_token));
    t.client_info = client_info;
    return t;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
