#ifndef OUTKIT_OAUTH2_ADMIN_CONSENT_IPP
#define OUTKIT_OAUTH2_ADMIN_CONSENT_IPP

#include <outkit/http/detail/grammar.hpp>
#include <outkit/oauth2/admin_consent.hpp>
#include <outkit/oauth2/detail/text.hpp>
#include <outkit/oauth2/pkce.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF pending_admin_consent begin_admin_consent(outkit::detail::environment& world, authority const& from,
                                                     app const& a, scope_set const& scopes, error_code& ec)
{
    using kind = authority::audience;
    ec = check(a);
    if (!ec && a.redirect_uri.empty())
        ec = error::invalid_redirect_uri;
    if (!ec && scopes.empty())
        ec = error::invalid_scope_text;
    if (!ec)
        scopes.resource(from.cloud(), ec);
    if (!ec && (from.tenant().empty() || from.kind() == kind::common || from.kind() == kind::consumers))
        ec = error::invalid_authority;
    if (ec)
        return {};

    pending_admin_consent p;
    p.from_ = from;
    p.redirect_uri_ = a.redirect_uri;
    p.state_ = secret(detail::random_text(world, 32));
    http::url where = from.admin_consent_endpoint();
    std::string query;
    detail::append_parameter(query, "client_id", a.client_id);
    detail::append_parameter(query, "scope", scopes.text());
    detail::append_parameter(query, "redirect_uri", a.redirect_uri);
    detail::append_parameter(query, "state", p.state_.reveal());
    where.target += '?' + query;
    p.url_ = where.text();
    return p;
}

OUTKIT_DEF pending_admin_consent begin_admin_consent(authority const& from, app const& a, scope_set const& scopes,
                                                     error_code& ec)
{
    return begin_admin_consent(outkit::detail::real_environment(), from, a, scopes, ec);
}

OUTKIT_DEF admin_consent_response pending_admin_consent::read(std::string_view parameters, error_code& ec) const
{
    ec = error::malformed_response;
    auto const found = detail::parse_parameters(parameters);
    if (!found)
        return {};
    auto const value = [&](std::string_view name) -> std::string_view {
        auto const* const v = detail::find(*found, name);
        return v ? std::string_view(*v) : std::string_view();
    };
    ec = error::state_mismatch;
    if (state_.empty() || !(secret(std::string(value("state"))) == state_))
        return {};

    // It is ours: whatever else is wrong with it is how this ends.
    ec = {};
    admin_consent_response r;
    // A refusal may have `admin_consent=True` beside it (documented: Microsoft Learn, admin consent).
    if (detail::find(*found, "error"))
    {
        auto const sub = value("error_subcode").empty() ? value("suberror") : value("error_subcode");
        r.refusal = make_refusal(value("error"), value("error_description"), sub);
        r.ec = r.refusal.ec;
        return r;
    }
    std::string tenant(value("tenant"));
    std::transform(tenant.begin(), tenant.end(), tenant.begin(), http::detail::lower);
    error_code bad;
    r.scopes = scope_set::parse(value("scope"), bad);
    bool const consented = http::detail::equal_ignoring_case(value("admin_consent"), "True");
    if (!consented || !is_guid(tenant) || bad || detail::find(*found, "code"))
    {
        r = {};
        r.ec = error::malformed_response;
        return r;
    }
    if (from_.kind() == authority::audience::tenant && tenant != from_.tenant())
    {
        r = {};
        r.ec = error::issuer_mismatch;
        return r;
    }
    r.tenant_id = std::move(tenant);
    return r;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
