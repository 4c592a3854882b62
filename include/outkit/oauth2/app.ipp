#ifndef OUTKIT_OAUTH2_APP_IPP
#define OUTKIT_OAUTH2_APP_IPP

#include <outkit/http/url.hpp>
#include <outkit/oauth2/app.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF error_code check(app const& a)
{
    // VSCHAR of RFC 6749 appendix A, without the blank.
    auto const visible = [](char c) { return c > 0x20 && c < 0x7f; };
    if (a.client_id.empty() || !std::all_of(a.client_id.begin(), a.client_id.end(), visible))
        return error::invalid_app;
    if (a.certificate && !a.client_secret.empty())
        return error::invalid_app;
    if (!a.redirect_uri.empty())
    {
        error_code ec;
        http::parse_url(a.redirect_uri, ec, http::url_schemes::https_or_loopback_http);
        if (ec)
            return error::invalid_redirect_uri;
    }
    return {};
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
