#ifndef OUTKIT_MOCK_ACCESS_HPP
#define OUTKIT_MOCK_ACCESS_HPP

#include <outkit/config.hpp>
#include <outkit/mock/tokens.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

class world;
class mailbox;

/// Which door a token is shown at.
enum class protocol
{
    imap,
    smtp,
    graph
};

/// Why a token does not open a mailbox. The servers turn this into the little that the real service says.
enum class access_denial
{
    none,

    // the token itself
    token_missing,
    token_malformed,
    real_credential,    // a token of the real service: refused, not kept, not logged (R-MOC-03)
    token_unknown_key,  // signed by a key that this world does not publish
    token_signature,    // altered
    token_issuer,       // from a tenant that this world does not have
    token_audience,     // for another resource: a Graph token at IMAP, an Outlook token at Graph
    token_expired,
    token_not_yet_valid,
    scope_missing,       // neither the scope (or, app-only, the role) that this protocol needs
    conditional_access,  // the tenant's Conditional Access keeps this protocol out

    // who
    user_unknown,  // the token's user has been deleted
    user_disabled,
    mailbox_unknown,      // `user` names nobody
    no_rights,            // `user` names a mailbox that the token's user has no rights on
    app_not_registered,   // app-only: no New-ServicePrincipal in Exchange
    app_wrong_object_id,  // app-only: registered with another object id than the enterprise application's
    app_no_rights,        // app-only: no Add-MailboxPermission, or outside the application access policy

    // the mailbox and its switches
    mailbox_not_licensed,
    imap_disabled,
    smtp_auth_disabled_tenant,
    smtp_auth_disabled_mailbox,
    security_defaults,      // SMTP AUTH is off because security defaults are on
    authentication_policy,  // an authentication policy forbids SMTP AUTH
    mailbox_blocked,        // suspended for spam
    not_connectable         // service-side fault: authenticated, and yet not connected
};

/// One sentence for the journal: what is wrong, in the words of somebody who knows.
std::string_view describe(access_denial d) noexcept;
inline std::ostream& operator<<(std::ostream& out, access_denial d) { return out << describe(d); }

/// What a token opens, or why it does not. As much as is known is filled in even then.
struct access
{
    access_denial denial = access_denial::none;
    mock::protocol protocol = mock::protocol::imap;
    access_claims claims = {};             // empty when the token is not to be believed
    std::vector<std::string> scopes = {};  // short names: delegated scopes, or roles when app_only
    bool app_only = false;
    std::string actor_id = {};  // object id of the token's user; app-only: of the service principal
    std::string owner_id = {};  // object id of the user whose mailbox it is; empty: nobody's
    std::string mailbox = {};   // the mailbox's primary address; the key of policy and mailbox store
    bool is_owner = false;      // the actor is the owner
    bool full_access = false;   // may read and change everything in the mailbox
    bool send_as = false;       // may send as the mailbox
    bool send_on_behalf = false;

    explicit operator bool() const { return denial == access_denial::none; }

    /** Whether the sign-in as such is good: the token is valid for this protocol and its user may use it.

        True with a denial is what Exchange calls "authenticated but not connected", and what Graph answers with 403 or 404
        instead of 401.
    */
    bool authenticated() const noexcept;

    /// Whether the token carries the scope or role. Compared without case.
    bool has(std::string_view scope) const;
};

/** Says what the bearer token opens.

    Looks in the order in which the real services do: the token (shape, signature, issuer, audience, times), its scopes,
    Conditional Access, its user, the mailbox, the rights on it, the licence, the switches (a mailbox's wins over the
    tenant's), and for SMTP at last the application's own permission in Exchange. The switches are named only to somebody
    whose token matches the mailbox (observed: measurements of SMTP AUTH, 2026-09).

    @param user  For IMAP and SMTP what XOAUTH2 says in `user=`. For Graph the segment behind /users/ (address or object
                 id), or "me" (or empty) for the token's own. Graph's calls check their scopes themselves, with has().
    @param resource  The audience of tokens for Graph in a national cloud, "https://graph.microsoft.us"; its application id
                     will do, too. Empty: the worldwide service.
*/
access open(world& w, std::string_view bearer, protocol p, std::string_view user, std::string_view resource = {});

/// What somebody opens who has shown the right password: their own mailbox, if there is one and the switches allow it.
access open_own(world& w, user const& who, protocol p);

/** Whether who has got this access may send with `from` as the sender (SendAs).

    Yes for the addresses of the mailbox if access::send_as; for other addresses when the mailbox opened has SendAs on
    theirs: a right that only the service principal holds is not enough (observed: Notifuse/notifuse#250).
*/
bool may_send_as(world& w, access const& a, std::string_view from);

/// The same on somebody's behalf, which who may send as them may, too.
bool may_send_on_behalf(world& w, access const& a, std::string_view from);

/// The address under which policy and mailbox store know the user's mailbox: the primary one, else the principal name.
std::string const& mailbox_address(user const& u) noexcept;

/// The user's mailbox in the store, made when it is missing: as the service does when a licence is given. Null for users
/// that have neither a licence nor a shared mailbox.
mailbox* ensure_mailbox(world& w, user const& u);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/access.ipp>
#endif

#endif
