#ifndef OUTKIT_OAUTH2_METADATA_HPP
#define OUTKIT_OAUTH2_METADATA_HPP

#include <outkit/http/message.hpp>
#include <outkit/oauth2/authority.hpp>

#include <string>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// What an authority's discovery document says (OpenID Connect Discovery section 3), checked.
struct metadata
{
    std::string issuer = {};  ///< with the literal "{tenantid}" for common and organizations
    http::url authorization_endpoint = {};
    http::url token_endpoint = {};
    http::url keys_endpoint = {};
    http::url device_authorization_endpoint = {};  ///< by the authority's fixed pattern when the document has none
    http::url end_session_endpoint = {};           ///< the same
    bool answers_with_issuer = false;              ///< authorization answers have `iss` (RFC 9207)
};

/** Reads a discovery document.

    Issuer and endpoints must belong to the authority it was asked from; the others in the document are not looked at.

    @param ec       error::malformed_response, issuer_mismatch, untrusted_endpoint, pkce_unsupported, or none
    @param subject  which member was wrong
*/
OUTKIT_DECL metadata read_metadata(http::response const& answer, authority const& from, error_code& ec,
                                   std::string& subject);

/// The endpoints as Entra's fixed pattern has them, without asking.
OUTKIT_DECL metadata usual_metadata(authority const& of);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/metadata.ipp>
#endif

#endif
