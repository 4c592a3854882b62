#ifndef OUTKIT_OAUTH2_AUTHORITY_IPP
#define OUTKIT_OAUTH2_AUTHORITY_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/oauth2/authority.hpp>

#include <algorithm>
#include <utility>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF error refusal_from_name(std::string_view name)
{
    using enum error;
    static constexpr std::pair<std::string_view, error> names[] = {
        {"invalid_request", invalid_request},
        {"invalid_grant", invalid_grant},
        {"invalid_client", invalid_client},
        {"unauthorized_client", unauthorized_client},
        {"unsupported_grant_type", unsupported_grant_type},
        {"unsupported_response_type", unsupported_response_type},
        {"invalid_scope", invalid_scope},
        {"invalid_resource", invalid_resource},
        {"interaction_required", interaction_required},
        {"consent_required", consent_required},
        {"login_required", login_required},
        {"access_denied", access_denied},
        {"permission_denied", access_denied},  // of an administrator's consent, v1 (documented: Microsoft Learn)
        {"server_error", server_error},
        {"temporarily_unavailable", temporarily_unavailable},
        {"invalid_instance", invalid_instance},
        {"invalid_tenant", invalid_tenant},
        {"authorization_pending", authorization_pending},
        {"authorization_declined", authorization_declined},
        {"slow_down", slow_down},
        {"bad_verification_code", bad_verification_code},
        {"expired_token", expired_token},
    };
    for (auto const& [known, value] : names)
        if (known == name)
            return value;
    return unknown_refusal;
}

OUTKIT_DEF bool is_guid(std::string_view text)
{
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        char const c = http::detail::lower(text[i]);
        bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? c != '-' : !(http::detail::is_digit(c) || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

namespace detail {

// Two labels or more, as in contoso.onmicrosoft.com.
OUTKIT_DECL bool is_domain(std::string_view text)
{
    if (text.size() > 253 || text.find('.') == std::string_view::npos)
        return false;
    for (;;)
    {
        auto const dot = text.find('.');
        auto const label = text.substr(0, dot);
        bool const plain =
            std::all_of(label.begin(), label.end(), [](char c) { return http::detail::is_alnum(c) || c == '-'; });
        if (label.empty() || label.size() > 63 || !plain || label.front() == '-' || label.back() == '-')
            return false;
        if (dot == std::string_view::npos)
            return true;
        text.remove_prefix(dot + 1);
    }
}

}  // namespace detail

OUTKIT_DEF authority authority::make(oauth2::cloud in, std::string_view tenant, error_code& ec)
{
    authority a;
    http::url const login = http::parse_url(in.login, ec);
    std::string name(tenant);
    std::transform(name.begin(), name.end(), name.begin(), http::detail::lower);
    if (name == "common")
        a.kind_ = audience::common;
    else if (name == "organizations")
        a.kind_ = audience::organizations;
    else if (name == "consumers" || name == consumers_tenant_id)
        a.kind_ = audience::consumers;
    else if (is_guid(name))
        a.kind_ = audience::tenant;
    else if (detail::is_domain(name))
        a.kind_ = audience::domain;
    else
        ec = error::invalid_authority;
    if (ec || login.target != "/")
    {
        ec = error::invalid_authority;
        return {};
    }
    if (in.issuer.empty())
        in.issuer = "https://" + login.server.authority();
    a.login_ = login.server;
    a.tenant_ = std::move(name);
    a.cloud_ = std::move(in);
    return a;
}

OUTKIT_DEF http::url authority::endpoint(std::string_view path) const
{
    http::url u;
    u.server = login_;
    u.target = '/' + tenant_;
    u.target += path;
    return u;
}

OUTKIT_DEF http::url authority::instance_discovery_endpoint() const
{
    http::url u;
    u.server = login_;
    u.target = "/common/discovery/instance?api-version=1.1&authorization_endpoint=" +
               outkit::detail::form_encode(authorization_endpoint().text());
    return u;
}

OUTKIT_DEF std::string authority::issuer_of(std::string_view tenant_id) const
{
    std::string issuer = cloud_.issuer + '/';
    issuer += tenant_id;
    return issuer + "/v2.0";
}

OUTKIT_DEF bool authority::may_discover_issuer(std::string_view issuer) const
{
    switch (kind_)
    {
    case audience::common:
    case audience::organizations: return issuer == issuer_of("{tenantid}");
    case audience::consumers: return issuer == issuer_of(consumers_tenant_id);
    case audience::tenant: return issuer == issuer_of(tenant_);
    case audience::domain: break;
    }
    auto const prefix = cloud_.issuer.size() + 1;
    return issuer.size() > prefix + 36 && is_guid(issuer.substr(prefix, 36)) &&
           issuer == issuer_of(issuer.substr(prefix, 36));
}

OUTKIT_DEF bool authority::may_issue(std::string_view tid, std::string_view iss) const
{
    if (!is_guid(tid) || iss != issuer_of(tid))
        return false;
    switch (kind_)
    {
    case audience::common:
    case audience::domain: return true;
    case audience::organizations: return tid != consumers_tenant_id;
    case audience::consumers: return tid == consumers_tenant_id;
    case audience::tenant: return tid == tenant_;
    }
    return false;
}

OUTKIT_DEF bool authority::may_issue(std::string_view iss) const
{
    auto const prefix = cloud_.issuer.size() + 1;
    return iss.size() > prefix + 36 && may_issue(iss.substr(prefix, 36), iss);
}

OUTKIT_DEF bool authority::owns(http::origin const& o) const
{
    if (o == login_)
        return true;
    auto const& aliases = cloud_.login_aliases;
    return o.tls && o.port == 443 && std::find(aliases.begin(), aliases.end(), o.host) != aliases.end();
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
