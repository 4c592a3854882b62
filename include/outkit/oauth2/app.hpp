#ifndef OUTKIT_OAUTH2_APP_HPP
#define OUTKIT_OAUTH2_APP_HPP

#include <outkit/oauth2/credential.hpp>
#include <outkit/oauth2/error.hpp>
#include <outkit/secret.hpp>

#include <memory>
#include <string>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// An application as it is registered with the authority.
struct app
{
    std::string client_id = {};       ///< "Application (client) ID", a GUID
    secret client_secret = secret();  ///< the secret's value; empty for a public client, or one with a certificate
    std::string redirect_uri = {};    ///< exactly as registered, for example "http://localhost:3000/oauth"
    std::shared_ptr<client_certificate const> certificate = {};  ///< instead of the secret; none: without

    bool is_public() const { return client_secret.empty() && !certificate; }
    app clone() const { return {client_id, client_secret.clone(), redirect_uri, certificate}; }
};

/// What of the application cannot work: error::invalid_app (as to client id, or both a secret and a certificate),
/// error::invalid_redirect_uri, or none. An empty redirect URI is no error: client credentials have no use for it.
OUTKIT_DECL error_code check(app const& a);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/app.ipp>
#endif

#endif
