#ifndef OUTKIT_OAUTH2_END_SESSION_HPP
#define OUTKIT_OAUTH2_END_SESSION_HPP

#include <outkit/oauth2/authority.hpp>
#include <outkit/oauth2/metadata.hpp>
#include <outkit/secret.hpp>

#include <string>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// How a user is signed out of the browser.
struct end_session_options
{
    std::string post_logout_redirect_uri =
        {};  ///< where to go afterwards, as registered; empty: a page of the authority
    /// Of the account to be signed out, so that nobody has to choose: the `login_hint` claim of its ID token (documented:
    /// Microsoft Learn, OpenID Connect on the Microsoft identity platform).
    std::string logout_hint = {};
    secret id_token_hint =
        secret();            ///< the ID token itself, as OpenID Connect has it; it stays in the browser's history
    std::string state = {};  ///< comes back with the redirect; not without one
};

/** The URL that ends the user's session with the authority (OpenID Connect RP-Initiated Logout section 2).

    It signs out of the browser, no more: tokens stay good until they expire. Erase them as well.

    @param from        who signed the user in
    @param o           what to send
    @param ec          error::invalid_authority, invalid_redirect_uri (not https and not this machine, or a state without
                       one), or none
    @param discovered  the authority's metadata, if it was asked for
*/
OUTKIT_DECL std::string end_session_url(authority const& from, end_session_options const& o, error_code& ec,
                                        metadata const* discovered = nullptr);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/end_session.ipp>
#endif

#endif
