#ifndef OUTKIT_OAUTH2_END_SESSION_IPP
#define OUTKIT_OAUTH2_END_SESSION_IPP

#include <outkit/oauth2/detail/text.hpp>
#include <outkit/oauth2/end_session.hpp>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF std::string end_session_url(authority const& from, end_session_options const& o, error_code& ec,
                                       metadata const* discovered)
{
    ec = {};
    if (from.tenant().empty())
        ec = error::invalid_authority;
    else if (o.post_logout_redirect_uri.empty() && !o.state.empty())
        ec = error::invalid_redirect_uri;
    else if (!o.post_logout_redirect_uri.empty())
    {
        http::parse_url(o.post_logout_redirect_uri, ec, http::url_schemes::https_or_loopback_http);
        if (ec)
            ec = error::invalid_redirect_uri;
    }
    if (ec)
        return {};
    std::string query;
    auto const add = [&](std::string_view name, std::string_view value) {
        if (!value.empty())
            detail::append_parameter(query, name, value);
    };
    add("post_logout_redirect_uri", o.post_logout_redirect_uri);
    add("logout_hint", o.logout_hint);
    add("id_token_hint", o.id_token_hint.reveal());
    add("state", o.state);
    http::url where = discovered ? discovered->end_session_endpoint : from.end_session_endpoint();
    if (!query.empty())
        where.target += (where.target.find('?') == std::string::npos ? '?' : '&') + query;
    return where.text();
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
