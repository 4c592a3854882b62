#ifndef OUTKIT_IMAP_ERROR_HPP
#define OUTKIT_IMAP_ERROR_HPP

#include <outkit/error.hpp>

namespace outkit::inline OUTKIT_ABI::imap {

/// What can go wrong in an IMAP conversation. Category "outkit.imap"; the server's own words are the diagnostics.
enum class error
{
    // the conversation as a whole
    greeting_refused = 1,
    malformed_greeting,
    connection_ended,
    access_token_expired,
    access_token_expiring,

    // signing in
    xoauth2_not_offered,
    authentication_failed,
    authenticated_but_not_connected,
    malformed_challenge,
    too_many_challenges,
    completed_without_credentials,
    completed_after_refusal,

    // what the server refused
    command_refused,
    command_rejected,
    fetch_incomplete,
    no_such_mailbox,
    mailbox_exists,
    over_quota,
    message_too_big,
    unavailable,
    throttled,
    charset_not_supported,
    capability_missing,
    utf8_required,

    // what the server must not send
    malformed_response,
    malformed_literal,
    too_many_malformed_responses,
    unknown_tag,
    unexpected_continuation,
    early_completion,
    duplicate_answer,
    uid_validity_zero,
    uid_validity_changed,
    positions_contradicted,

    // limits
    literal_too_long,
    response_too_long,
    too_many_literals,
    nested_too_deep,
    too_many_tokens,
    too_many_responses,
    too_many_capabilities,
    too_many_ranges,
    challenge_too_long,

    // refused before a byte was sent
    invalid_mailbox_name,
    invalid_flag,
    flag_not_permanent,
    invalid_string,
    invalid_section,
    invalid_user,
    invalid_access_token,
    empty_set,
    message_too_long,
    message_too_short,
    not_authenticated,
    already_authenticated,
    no_mailbox_selected,
    plaintext_not_loopback,

    outcome_unknown
};

inline error_code make_error_code(error e)
{
    using enum error;
    static constexpr outkit::detail::error_row rows[] = {
        {int(greeting_refused), "the server closed the connection in its greeting", condition::transient},
        {int(malformed_greeting), "what answered is not an IMAP server; check host, port and TLS mode",
         condition::protocol_violation},
        {int(connection_ended), "the server ended the connection (BYE); connect again", condition::transient},
        {int(access_token_expired),
         "the server ended the connection because the access token has expired; renew it and connect again",
         condition::transient},
        {int(access_token_expiring),
         "the access token is about to expire, so IDLE was ended; renew it and connect again", condition::transient},

        {int(xoauth2_not_offered), "the server does not offer XOAUTH2; check host and TLS mode",
         condition::authentication_failed},
        {int(authentication_failed),
         "the server refused the access token; check its audience, scope, expiry and the user name",
         condition::authentication_failed},
        {int(authenticated_but_not_connected),
         "the access token was accepted but the mailbox could not be opened; check that IMAP is enabled for it, that "
         "it "
         "is licensed, and that the signed-in user or application has access",
         condition::authentication_failed},
        {int(malformed_challenge), "the server sent a SASL challenge that is not base64",
         condition::protocol_violation},
        {int(too_many_challenges), "the server keeps asking for more during AUTHENTICATE",
         condition::protocol_violation},
        {int(completed_without_credentials), "the server completed AUTHENTICATE without having seen the credentials",
         condition::protocol_violation},
        {int(completed_after_refusal), "the server refused the access token and then completed AUTHENTICATE",
         condition::protocol_violation},

        {int(command_refused), "the server refused the command (NO)"},
        {int(command_rejected), "the server did not accept the command or its arguments (BAD)"},
        {int(fetch_incomplete), "the server sent some of the messages and then refused the command (NO); "
                                "fetch_items::each has been given those "
                                "it sent, so ask for the others one by one"},
        {int(no_such_mailbox), "there is no mailbox of this name", condition::not_found},
        {int(mailbox_exists), "there is a mailbox of this name already"},
        {int(over_quota), "the mailbox is full"},
        {int(message_too_big), "the server does not take a message of this size"},
        {int(unavailable), "the server is not available at the moment; try again later", condition::transient},
        {int(throttled), "the server is throttling this user; wait as long as it says", condition::transient},
        {int(charset_not_supported), "the server searches US-ASCII text only"},
        {int(capability_missing), "the server does not offer what this operation needs"},
        {int(utf8_required), "the server talks UTF-8 only (UTF8=ONLY, RFC 6855), which outkit does not speak"},

        {int(malformed_response), "the server sent a response that is none of IMAP", condition::protocol_violation},
        {int(malformed_literal), "the server announced a literal in a form that is none of IMAP",
         condition::protocol_violation},
        {int(too_many_malformed_responses), "the server sent too many responses that could not be understood",
         condition::protocol_violation},
        {int(unknown_tag), "the server answered a command that was never sent", condition::protocol_violation},
        {int(unexpected_continuation), "the server asked for more where nothing was to come",
         condition::protocol_violation},
        {int(early_completion), "the server completed a command before it was completely sent",
         condition::protocol_violation},
        {int(duplicate_answer), "the server sent the same message part twice", condition::protocol_violation},
        {int(uid_validity_zero), "the server sent a UIDVALIDITY of zero", condition::protocol_violation},
        {int(uid_validity_changed),
         "the mailbox has got other UIDs (UIDVALIDITY changed); forget what is known of it and select it again"},
        {int(positions_contradicted),
         "the server contradicted itself about positions, so they mean nothing; select the mailbox again, or use UIDs"},

        {int(literal_too_long), "the server announced a literal longer than the limit", condition::limit_exceeded},
        {int(response_too_long), "the server sent more for one command than the limit allows; ask for fewer messages",
         condition::limit_exceeded},
        {int(too_many_literals), "the server sent too many literals in one response", condition::limit_exceeded},
        {int(nested_too_deep), "the server nested a response deeper than the limit", condition::limit_exceeded},
        {int(too_many_tokens), "the server sent a response of too many parts", condition::limit_exceeded},
        {int(too_many_responses), "the server sent too many responses to one command", condition::limit_exceeded},
        {int(too_many_capabilities), "the server lists too many capabilities", condition::limit_exceeded},
        {int(too_many_ranges), "the server sent a number set of too many ranges", condition::limit_exceeded},
        {int(challenge_too_long), "the server sent a SASL challenge longer than the limit", condition::limit_exceeded},

        {int(invalid_mailbox_name), "the mailbox name holds a NUL or a line end, or is not UTF-8",
         condition::invalid_argument},
        {int(invalid_flag), "a flag or keyword holds a character that IMAP does not allow in it",
         condition::invalid_argument},
        {int(flag_not_permanent), "the mailbox does not keep this flag or keyword (it is not in PERMANENTFLAGS)",
         condition::invalid_argument},
        {int(invalid_string), "an argument holds a NUL, is not UTF-8, or is too long", condition::invalid_argument},
        {int(invalid_section), "a message section or header field name is not valid", condition::invalid_argument},
        {int(invalid_user), "the user name is empty or holds control characters", condition::invalid_argument},
        {int(invalid_access_token), "the access token is empty, too long, or holds characters no token has",
         condition::invalid_argument},
        {int(empty_set), "the set of messages is empty", condition::invalid_argument},
        {int(message_too_long), "the message to append is longer than the limit", condition::invalid_argument},
        {int(message_too_short), "the source of the message to append ended before the announced number of octets",
         condition::invalid_argument},
        {int(not_authenticated), "sign in first (async_authenticate)", condition::invalid_argument},
        {int(already_authenticated), "this connection is signed in already", condition::invalid_argument},
        {int(no_mailbox_selected), "select a mailbox first (async_select)", condition::invalid_argument},
        {int(plaintext_not_loopback), "connections without TLS are for loopback addresses only",
         condition::invalid_argument},

        {int(outcome_unknown),
         "the connection was lost after the command was sent; it may have been carried out. Look before sending it "
         "again",
         condition::outcome_unknown},
    };
    static const outkit::detail::table_category category("outkit.imap", rows);
    return {static_cast<int>(e), category};
}

}  // namespace outkit::inline OUTKIT_ABI::imap
OUTKIT_ERROR_CODE_ENUM(outkit::imap::error)

#endif
