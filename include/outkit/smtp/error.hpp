#ifndef OUTKIT_SMTP_ERROR_HPP
#define OUTKIT_SMTP_ERROR_HPP

#include <outkit/error.hpp>

namespace outkit::inline OUTKIT_ABI::smtp {

/** What can go wrong in an SMTP conversation. Category "outkit.smtp"; the server's own words are the diagnostics.

    The reply codes 400 to 599 are values, too, named or not: error_code(error(552)), made by reply_error(552). They are
    what the server said in good order, so the connection is still of use after those (except 421 and during sign-in).
*/
enum class error
{
    // what the server must not do
    malformed_greeting = 1,
    malformed_reply,
    unexpected_reply,
    early_reply,
    reply_too_long,
    too_many_reply_lines,
    too_many_challenges,
    completed_without_credentials,

    // what the server does not offer
    extensions_not_offered,
    xoauth2_not_offered,
    smtputf8_not_offered,
    eight_bit_not_offered,

    // refused before a byte was sent
    invalid_client_name,
    invalid_envelope_id,
    invalid_recipient_report,
    no_recipient,
    too_many_recipients,
    message_too_large,
    message_line_too_long,
    message_has_nul,
    more_than_announced,
    already_authenticated,

    // about one message of several, or the one
    not_sent,
    outcome_unknown,

    // replies (RFC 5321 section 4.2.3, RFC 4954 section 6, RFC 3207, RFC 7504)
    service_closing = 421,
    password_transition_needed = 432,
    mailbox_busy = 450,
    local_error = 451,
    out_of_storage = 452,
    temporarily_refused = 454,
    parameters_unusable_now = 455,
    syntax_error = 500,
    argument_error = 501,
    command_not_implemented = 502,
    bad_sequence = 503,
    parameter_not_implemented = 504,
    no_mail_here = 521,
    authentication_required = 530,
    mechanism_too_weak = 534,
    authentication_failed = 535,
    encryption_required = 538,
    mailbox_unavailable = 550,
    user_not_local = 551,
    over_quota = 552,
    mailbox_name_refused = 553,
    transaction_failed = 554,
    parameters_not_recognized = 555,
    domain_without_mail = 556
};

error_code make_error_code(error e);

/// The error for a reply of 400 to 599.
inline error_code reply_error(int code) { return make_error_code(static_cast<error>(code)); }

}  // namespace outkit::inline OUTKIT_ABI::smtp
OUTKIT_ERROR_CODE_ENUM(outkit::smtp::error)

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/smtp/error.ipp>
#endif

#endif
