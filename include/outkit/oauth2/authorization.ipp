#ifndef OUTKIT_OAUTH2_AUTHORIZATION_IPP
#define OUTKIT_OAUTH2_AUTHORIZATION_IPP

#include <outkit/oauth2/authorization.hpp>
#include <outkit/oauth2/detail/text.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF pending_authorization begin_authorization(outkit::detail::environment& world, authority const& from,
                                                     app const& a, authorization_options const& o, error_code& ec,
                                                     metadata const* discovered)
{
    ec = check(a);
    if (!ec && a.redirect_uri.empty())
        ec = error::invalid_redirect_uri;
    if (!ec && o.scopes.empty())
        ec = error::invalid_scope_text;
    if (!ec)
        o.scopes.resource(from.cloud(), ec);
    if (!ec && from.tenant().empty())
        ec = error::invalid_authority;
    if (ec)
        return {};

    pending_authorization p;
    p.from_ = from;
    p.redirect_uri_ = a.redirect_uri;
    p.scopes_ = o.scopes;
    p.state_ = secret(detail::random_text(world, 32));
    p.pkce_ = make_pkce(world);
    if (o.scopes.contains("openid"))
        p.nonce_ = detail::random_text(world, 32);
    if (discovered)
    {
        p.issuer_ = discovered->issuer;
        p.expects_issuer_ = discovered->answers_with_issuer;
    }

    std::vector<std::pair<std::string_view, std::string_view>> const ours = {
        {"client_id", a.client_id},
        {"response_type", "code"},
        {"redirect_uri", a.redirect_uri},
        {"response_mode", o.mode == response_mode::query ? "query" : "form_post"},
        {"scope", {}},
        {"state", p.state_.reveal()},
        {"nonce", p.nonce_},
        {"code_challenge", p.pkce_.challenge},
        {"code_challenge_method", "S256"},
        {"prompt", o.prompt},
        {"login_hint", o.login_hint},
        {"domain_hint", o.domain_hint},
        {"claims", o.claims}};
    std::string const scopes = o.scopes.text();
    std::string query;
    for (auto const& [name, value] : ours)
    {
        std::string_view const v = name == "scope" ? std::string_view(scopes) : value;
        if (!v.empty())
            detail::append_parameter(query, name, v);
    }
    for (std::size_t i = 0; i != o.extra.size(); ++i)
    {
        auto const& name = o.extra[i].first;
        bool taken = name.empty() || name == "client_secret" || name == "request" || name == "request_uri";
        for (auto const& mine : ours)
            taken = taken || mine.first == name;
        for (std::size_t j = 0; j != i; ++j)
            taken = taken || o.extra[j].first == name;
        if (taken)
        {
            ec = error::parameter_is_ours;
            return {};
        }
        detail::append_parameter(query, name, o.extra[i].second);
    }
    http::url endpoint = discovered ? discovered->authorization_endpoint : from.authorization_endpoint();
    endpoint.target += endpoint.target.find('?') == std::string::npos ? '?' : '&';
    endpoint.target += query;
    p.url_ = endpoint.text();
    return p;
}

OUTKIT_DEF pending_authorization begin_authorization(authority const& from, app const& a,
                                                     authorization_options const& o, error_code& ec,
                                                     metadata const* discovered)
{
    return begin_authorization(outkit::detail::real_environment(), from, a, o, ec, discovered);
}

OUTKIT_DEF authorization_response pending_authorization::read(std::string_view parameters, error_code& ec) const
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

    // It is ours: whatever else is wrong with it is how the sign-in ends.
    ec = {};
    authorization_response r;
    std::string_view const issuer = value("iss");
    if (issuer.empty() ? expects_issuer_ : !(issuer == issuer_ || from_.may_issue(issuer)))
    {
        r.ec = error::issuer_mismatch;
        return r;
    }
    bool const has_error = detail::find(*found, "error");
    bool const has_code = detail::find(*found, "code");
    if (has_error == has_code || detail::find(*found, "id_token") || detail::find(*found, "access_token"))
    {
        r.ec = error::malformed_response;
        return r;
    }
    if (has_error)
    {
        auto const sub = value("error_subcode").empty() ? value("suberror") : value("error_subcode");
        r.refusal = make_refusal(value("error"), value("error_description"), sub);
        r.ec = r.refusal.ec;
        return r;
    }
    std::string_view const code = value("code");
    bool const visible = std::all_of(code.begin(), code.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (code.empty() || code.size() > 4096 || !visible)
    {
        r.ec = error::malformed_response;
        return r;
    }
    r.code = secret(std::string(code));
    r.session_state = value("session_state").substr(0, 128);
    r.client_info = value("client_info").substr(0, 4096);
    return r;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
