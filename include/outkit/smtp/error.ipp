#ifndef OUTKIT_SMTP_ERROR_IPP
#define OUTKIT_SMTP_ERROR_IPP

#include <outkit/smtp/error.hpp>

namespace outkit::inline OUTKIT_ABI::smtp {
namespace detail {

// Replies mean something by their first digit, also those that have no name.
class category final : public outkit::detail::table_category
{
public:
    using table_category::table_category;

    std::string message(int ev) const override
    {
        if (ev < 400 || ev > 599)
            return table_category::message(ev);
        std::string const said = table_category::message(ev);
        std::string const text = "SMTP " + std::to_string(ev) + ' ';
        if (!said.starts_with("unknown "))
            return text + said;
        return text + (ev < 500 ? "temporarily refused; try again later" : "refused");
    }
    error_condition default_error_condition(int ev) const noexcept override
    {
        error_condition const c = table_category::default_error_condition(ev);
        if (c.category() == *this && ev >= 400 && ev <= 499)
            return make_error_condition(condition::transient);
        return c;
    }
};

}  // namespace detail

OUTKIT_INLINE error_code make_error_code(error e)
{
    using enum error;
    static constexpr outkit::detail::error_row rows[] = {
        {int(malformed_greeting), "what answered is not an SMTP server; check host, port and TLS mode",
         condition::protocol_violation},
        {int(malformed_reply), "the server sent a reply that is none of SMTP", condition::protocol_violation},
        {int(unexpected_reply), "the server sent a reply that does not belong to the command",
         condition::protocol_violation},
        {int(early_reply), "the server sent a reply to a command that it has not been sent",
         condition::protocol_violation},
        {int(reply_too_long), "the server sent a reply longer than the limit", condition::limit_exceeded},
        {int(too_many_reply_lines), "the server sent a reply of more lines than the limit", condition::limit_exceeded},
        {int(too_many_challenges), "the server keeps asking for more during AUTH", condition::protocol_violation},
        {int(completed_without_credentials), "the server completed AUTH without having seen the credentials",
         condition::protocol_violation},

        {int(extensions_not_offered), "the server does not know EHLO, so it cannot be signed in to"},
        {int(xoauth2_not_offered), "the server does not offer XOAUTH2; check host and TLS mode",
         condition::authentication_failed},
        {int(smtputf8_not_offered), "an address or the header is not ASCII, and the server does not offer SMTPUTF8",
         condition::invalid_argument},
        {int(eight_bit_not_offered),
         "the message has 8-bit text and the server does not offer 8BITMIME; encode it as quoted-printable or base64",
         condition::invalid_argument},

        {int(invalid_client_name), "the name for EHLO is neither a domain nor an address literal",
         condition::invalid_argument},
        {int(invalid_envelope_id), "the envelope id is longer than 100 characters or not printable ASCII",
         condition::invalid_argument},
        {int(invalid_recipient_report),
         "a recipient's report is about nobody in the envelope, or about an original address that is none of RFC 3461",
         condition::invalid_argument},
        {int(no_recipient), "the envelope has no recipient", condition::invalid_argument},
        {int(too_many_recipients), "the envelope has more recipients than the limit; send the message several times",
         condition::invalid_argument},
        {int(message_too_large), "the message is larger than the server takes", condition::invalid_argument},
        {int(message_line_too_long),
         "the message has a line of more than 998 octets; encode it as quoted-printable or base64",
         condition::invalid_argument},
        {int(message_has_nul), "the message has a NUL in it; encode it as base64", condition::invalid_argument},
        {int(more_than_announced), "the message's source gave more octets than it had announced",
         condition::limit_exceeded},
        {int(already_authenticated), "this connection has signed in already; connect again for another user",
         condition::invalid_argument},

        {int(not_sent), "the message has not been sent, because the connection ended before its turn",
         condition::transient},
        {int(outcome_unknown),
         "the connection was lost after the message had been sent and before the server's answer: it may have been "
         "delivered; look for its Message-ID before sending it again",
         condition::outcome_unknown},

        {int(service_closing), "the server is closing the connection; try again later", condition::transient},
        {int(password_transition_needed),
         "refused for now; too many connections at once, or a password must be renewed", condition::transient},
        {int(mailbox_busy), "the mailbox is busy or the server does not take this message now; try again later",
         condition::transient},
        {int(local_error), "the server has a problem of its own; try again later", condition::transient},
        {int(out_of_storage), "the server is out of storage, or there are too many recipients; try again later",
         condition::transient},
        {int(temporarily_refused), "TLS or authentication is not available at the moment; try again later",
         condition::transient},
        {int(parameters_unusable_now), "the server cannot take these parameters now; try again later",
         condition::transient},
        {int(syntax_error), "command not recognized"},
        {int(argument_error), "the command's arguments were not accepted"},
        {int(command_not_implemented), "command not implemented"},
        {int(bad_sequence), "bad sequence of commands"},
        {int(parameter_not_implemented), "parameter or authentication mechanism not implemented"},
        {int(no_mail_here), "the host does not accept mail"},
        {int(authentication_required), "the server wants a sign-in first", condition::authentication_failed},
        {int(mechanism_too_weak), "the authentication mechanism is not allowed for this user",
         condition::authentication_failed},
        {int(authentication_failed), "authentication failed", condition::authentication_failed},
        {int(encryption_required), "the server wants TLS first", condition::untrusted_peer},
        {int(mailbox_unavailable), "mailbox unavailable, or the message was refused by policy"},
        {int(user_not_local), "the user is not at this server"},
        {int(over_quota), "the mailbox is full or the message too large"},
        {int(mailbox_name_refused), "the mailbox name is not allowed"},
        {int(transaction_failed), "the message was refused"},
        {int(parameters_not_recognized), "the server does not know a parameter of MAIL or RCPT"},
        {int(domain_without_mail), "the recipient's domain does not accept mail", condition::not_found},
    };
    static const detail::category category("outkit.smtp", rows);
    return {static_cast<int>(e), category};
}

}  // namespace outkit::inline OUTKIT_ABI::smtp

#endif
