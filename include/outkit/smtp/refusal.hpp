#ifndef OUTKIT_SMTP_REFUSAL_HPP
#define OUTKIT_SMTP_REFUSAL_HPP

#include <outkit/smtp/types.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace outkit::inline OUTKIT_ABI::smtp {

/** Why Exchange Online or Outlook.com refuses. Its codes do not tell: eight different causes are 535 5.7.139, so it is the
    sentence that counts. Texts, marks and sources are in docs/fidelity.md. */
enum class refusal
{
    none,     ///< there is no reply, or none of 400 to 599
    unnamed,  ///< the server says something else: see the code, and the words

    // signing in
    identity_refused,  ///< wrong or expired token, of somebody else, for something else; or no right to the mailbox
    smtp_auth_off_for_tenant,   ///< the organisation's switch, and the mailbox has no setting of its own
    smtp_auth_off_for_mailbox,  ///< the mailbox's switch; the token was good
    basic_auth_off,             ///< a password, where passwords are switched off
    basic_auth_retired,         ///< the same, for good
    wrong_password,
    policy_not_met,         ///< Conditional Access, multi-factor authentication, a rule about places
    security_defaults,      ///< the organisation has security defaults on
    federation_failed,      ///< the organisation's own sign-in server was not reached
    federation_insecure,    ///< or has no HTTPS
    malformed_credentials,  ///< the XOAUTH2 text could not be read; on the host for high volume: no such account
    mechanism_refused,      ///< AUTH before STARTTLS, or a mechanism that is not taken
    not_signed_in,          ///< mail without having signed in. If that was refused before, it is that reason
    tls_missing,            ///< mail before STARTTLS

    // for now: the same message may be taken later
    mailbox_unreachable,     ///< the front end did not reach the mailbox's server
    sign_in_unavailable,     ///< authentication does not work at the moment
    concurrent_connections,  ///< more than three connections submit for the mailbox
    submission_rate,         ///< more messages a minute than allowed
    session_timed_out,       ///< the connection was idle, or open for too long
    server_busy,             ///< throttled by address
    too_many_recipients,     ///< of one message

    // the sender
    send_as_denied,           ///< the From address is not one this mailbox may use
    sender_blocked,           ///< for spam
    tenant_blocked,           ///< for spam, or a trial tenant
    domain_unregistered,      ///< From's domain is not one of the organisation's
    sender_header_malformed,  ///< no From, or several addresses there and no Sender
    outbound_spam,            ///< a personal account: over the quota of its reputation, or it must be verified

    // quotas
    daily_recipients,   ///< of the mailbox
    tenant_recipients,  ///< outside ones, of the organisation
    mailbox_full,       ///< the sender's: Sent Items takes no more

    // the message
    header_too_large,
    message_too_large,
    bare_line_feeds
};

/// Which of these a reply is. Where a 530 repeats why an earlier sign-in failed, it is that.
OUTKIT_DECL refusal refusal_of(reply const& r);

/// What stands in brackets at the end of a reply of Exchange Online. To be quoted whole when one asks for support.
struct support_reference
{
    std::string host;                                                      ///< a front end, or the mailbox's server
    std::optional<std::chrono::sys_time<std::chrono::milliseconds>> time;  ///< in UTC
    std::string session;  ///< 16 hexadecimal digits, as said; may be empty
};

/// Nothing: there are no such brackets.
OUTKIT_DECL std::optional<support_reference> reference_of(reply const& r);

}  // namespace outkit::inline OUTKIT_ABI::smtp

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/smtp/refusal.ipp>
#endif

#endif
