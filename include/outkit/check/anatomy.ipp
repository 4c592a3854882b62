#ifndef OUTKIT_CHECK_ANATOMY_IPP
#define OUTKIT_CHECK_ANATOMY_IPP

#include <outkit/check/anatomy.hpp>

#include <outkit/check/detail/text.hpp>
#include <outkit/detail/encoding.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <openssl/evp.h>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::check {

namespace detail {

OUTKIT_DECL std::string text_member(boost::json::object const& o, std::string_view name)
{
    boost::json::value const* const v = o.if_contains(name);
    return v && v->is_string() ? std::string(std::string_view(v->get_string()).substr(0, 512)) : std::string();
}

}  // namespace detail

OUTKIT_INLINE bool token_facts::has_scope(std::string_view name) const
{
    return std::any_of(scopes.begin(), scopes.end(), [&](auto const& s) { return detail::same_text(s, name); });
}

OUTKIT_INLINE bool token_facts::belongs_to(std::string_view address) const
{
    return std::any_of(user.begin(), user.end(), [&](auto const& u) { return detail::same_text(u, address); });
}

OUTKIT_DEF token_facts read_token(std::string_view token)
{
    token_facts facts;
    std::size_t const first = token.find('.');
    std::size_t const second = first == token.npos ? first : token.find('.', first + 1);
    if (token.size() > 16 * 1024 || second == token.npos)
        return facts;
    auto const payload = outkit::detail::base64url_decode(token.substr(first + 1, second - first - 1));
    if (!payload)
        return facts;
    boost::json::parse_options options;
    options.max_depth = 8;
    boost::system::error_code ec;
    boost::json::value const document = boost::json::parse(*payload, ec, {}, options);
    if (ec || !document.is_object())
        return facts;
    boost::json::object const& claims = document.get_object();
    facts.readable = true;
    facts.audience = detail::text_member(claims, "aud");
    facts.tenant = detail::text_member(claims, "tid");
    facts.application = detail::text_member(claims, "appid");
    if (facts.application.empty())
        facts.application = detail::text_member(claims, "azp");
    for (char const* const name : {"upn", "unique_name", "preferred_username", "email"})
        if (std::string text = detail::text_member(claims, name); !text.empty())
            facts.user.push_back(std::move(text));
    std::string const scopes = detail::text_member(claims, "scp");
    for (std::size_t at = 0; at < scopes.size();)
    {
        std::size_t const end = std::min(scopes.find(' ', at), scopes.size());
        if (end != at)
            facts.scopes.push_back(scopes.substr(at, end - at));
        at = end + 1;
    }
    if (boost::json::value const* const roles = claims.if_contains("roles"); roles && roles->is_array())
        for (boost::json::value const& role : roles->get_array())
            if (role.is_string() && facts.roles.size() < 64)
                facts.roles.emplace_back(std::string_view(role.get_string()).substr(0, 128));
    if (boost::json::value const* const exp = claims.if_contains("exp"); exp && exp->is_int64())
        facts.expires_at = exp->get_int64();
    return facts;
}

OUTKIT_DEF std::string fingerprint(std::string_view secret)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(secret.data(), secret.size(), digest, &size, EVP_sha256(), nullptr) != 1 || size < 3)
        return std::to_string(secret.size()) + " octets";
    std::string_view const begin(reinterpret_cast<char const*>(digest), 3);
    return std::to_string(secret.size()) + " octets, sha256 " + outkit::detail::hex_encode(begin);
}

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
