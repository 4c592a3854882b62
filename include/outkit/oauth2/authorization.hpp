#ifndef OUTKIT_OAUTH2_AUTHORIZATION_HPP
#define OUTKIT_OAUTH2_AUTHORIZATION_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/oauth2/app.hpp>
#include <outkit/oauth2/authority.hpp>
#include <outkit/oauth2/metadata.hpp>
#include <outkit/oauth2/pkce.hpp>
#include <outkit/oauth2/refusal.hpp>
#include <outkit/oauth2/scope.hpp>
#include <outkit/secret.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// How the answer comes to the redirect URI.
enum class response_mode
{
    query,     ///< GET with the parameters in the query
    form_post  ///< POST of a form
};

/// What a sign-in asks for.
struct authorization_options
{
    scope_set scopes = {};
    std::string prompt = {};       ///< "login", "none", "consent", "select_account"; empty: the authority decides
    std::string login_hint = {};   ///< address or user principal name to fill in; not with select_account
    std::string domain_hint = {};  ///< "consumers", "organizations" or a domain: skips the choice
    oauth2::response_mode mode = oauth2::response_mode::query;
    std::string claims = {};                                      ///< from an earlier refusal, passed on as it came
    std::vector<std::pair<std::string, std::string>> extra = {};  ///< further parameters; must not repeat one of ours
};

/// What came back from the browser.
struct authorization_response
{
    error_code ec = {};            ///< none: there is a code
    secret code = secret();        ///< for one redemption, within about ten minutes
    oauth2::refusal refusal = {};  ///< why there is none
    std::string session_state = {};
    std::string client_info = {};
};

class pending_authorization;

/** Starts a sign-in: makes state, nonce and PKCE verifier, and the URL (RFC 6749 section 4.1.1, RFC 7636).

    @param world       randomness
    @param from        who signs the user in
    @param a           client id and redirect URI
    @param o           scopes of one resource; `openid` among them makes the authority send an ID token
    @param ec          error::invalid_app, invalid_redirect_uri, invalid_scope_text (no scopes), several_resources,
                       parameter_is_ours, or none
    @param discovered  the authority's metadata, if it was asked for
*/
OUTKIT_DECL pending_authorization begin_authorization(outkit::detail::environment& world, authority const& from,
                                                      app const& a, authorization_options const& o, error_code& ec,
                                                      metadata const* discovered = nullptr);

/** A sign-in that has been started: owns what must not be lost or mixed up until the code is redeemed.

    Made by begin_authorization(), used for one answer.
*/
class pending_authorization
{
public:
    pending_authorization() = default;

    /// Where to send the user's browser. Holds state and challenge: show it to the user, do not log it.
    std::string const& url() const { return url_; }
    std::string const& redirect_uri() const { return redirect_uri_; }

    /** Reads the parameters of an answer, of its query or posted form.

        @param parameters  application/x-www-form-urlencoded
        @param ec          error::state_mismatch, error::malformed_response: not an answer to this request; go on
                           waiting. None: the result is final, with a code or an error of its own.
    */
    OUTKIT_DECL authorization_response read(std::string_view parameters, error_code& ec) const;

    // For the redemption.
    scope_set const& scopes() const { return scopes_; }
    std::string const& nonce() const { return nonce_; }
    secret const& verifier() const { return pkce_.verifier; }

private:
    OUTKIT_DEF friend pending_authorization begin_authorization(outkit::detail::environment&, authority const&,
                                                                app const&, authorization_options const&, error_code&,
                                                                metadata const*);
    std::string url_, redirect_uri_, nonce_;
    secret state_ = secret();
    pkce pkce_;
    scope_set scopes_;
    authority from_;
    std::string issuer_;  // as discovered; empty: not discovered
    bool expects_issuer_ = false;
};

/// Starts a sign-in with the system's randomness.
OUTKIT_DECL pending_authorization begin_authorization(authority const& from, app const& a,
                                                      authorization_options const& o, error_code& ec,
                                                      metadata const* discovered = nullptr);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/authorization.ipp>
#endif

#endif
