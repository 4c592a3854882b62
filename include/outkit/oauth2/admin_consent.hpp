#ifndef OUTKIT_OAUTH2_ADMIN_CONSENT_HPP
#define OUTKIT_OAUTH2_ADMIN_CONSENT_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/oauth2/app.hpp>
#include <outkit/oauth2/authority.hpp>
#include <outkit/oauth2/refusal.hpp>
#include <outkit/oauth2/scope.hpp>
#include <outkit/secret.hpp>

#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// What came back from the administrator's browser.
struct admin_consent_response
{
    error_code ec = {};            ///< none: consent was given
    std::string tenant_id = {};    ///< for which tenant, as the browser says: shown or compared, never believed
    scope_set scopes = {};         ///< what was consented to; empty when the answer names none
    oauth2::refusal refusal = {};  ///< why there is no consent
};

class pending_admin_consent;

/** Starts the consent of an administrator for all users of a tenant, or for application permissions (documented:
    Microsoft Learn, admin consent on the Microsoft identity platform).

    @param world   randomness
    @param from    a tenant by id or domain, or organizations; there is no consent at common or consumers
    @param a       client id and redirect URI
    @param scopes  of one resource, for example those of app_scopes_for() for all that the registration lists
    @param ec      error::invalid_app, invalid_redirect_uri, invalid_authority, invalid_scope_text (no scopes),
                   several_resources, or none
*/
OUTKIT_DECL pending_admin_consent begin_admin_consent(outkit::detail::environment& world, authority const& from,
                                                      app const& a, scope_set const& scopes, error_code& ec);

/// A consent that has been asked for. Made by begin_admin_consent(), used for one answer.
class pending_admin_consent
{
public:
    pending_admin_consent() = default;

    /// Where to send the administrator's browser. Holds the state: do not log it.
    std::string const& url() const { return url_; }
    std::string const& redirect_uri() const { return redirect_uri_; }

    /** Reads the parameters of an answer.

        Consent is no token and no proof of anything: whether it was given shows when the next token is asked for.

        @param parameters  the query, application/x-www-form-urlencoded
        @param ec          error::state_mismatch, error::malformed_response: not an answer to this request; go on
                           waiting. None: the result is final, consent or an error of its own (issuer_mismatch: for
                           another tenant than the one asked)
    */
    OUTKIT_DECL admin_consent_response read(std::string_view parameters, error_code& ec) const;

private:
    OUTKIT_DEF friend pending_admin_consent begin_admin_consent(outkit::detail::environment&, authority const&,
                                                                app const&, scope_set const&, error_code&);
    std::string url_, redirect_uri_;
    secret state_ = secret();
    authority from_;
};

/// Starts an administrator's consent with the system's randomness.
OUTKIT_DECL pending_admin_consent begin_admin_consent(authority const& from, app const& a, scope_set const& scopes,
                                                      error_code& ec);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/admin_consent.ipp>
#endif

#endif
