#ifndef OUTKIT_MIME_ERROR_HPP
#define OUTKIT_MIME_ERROR_HPP

#include <outkit/error.hpp>

namespace outkit::inline OUTKIT_ABI::mime {

/// Why an address or a message that was to be sent has been refused. Category "outkit.mime". Reading never fails.
enum class error
{
    address_empty = 1,
    address_malformed,
    address_forbidden_character,
    address_not_ascii,
    domain_malformed,
    domain_not_ascii,
    address_too_long,
    address_trailing_text,
    group_nested,
    too_many_addresses,
    field_name_malformed,
    field_reserved,
    field_value_malformed,
    field_too_long,
    text_not_utf8,
    message_id_malformed,
    content_type_malformed,
    no_sender,
    content_incomplete,
    group_unnamed
};

inline error_code make_error_code(error e)
{
    using enum error;
    static constexpr outkit::detail::error_row rows[] = {
        {int(address_empty), "the address is empty", condition::invalid_argument},
        {int(address_malformed), "this is not an e-mail address; write local-part@domain, without blanks",
         condition::invalid_argument},
        {int(address_forbidden_character), "the address has a control character, a blank, '<' or '>' in it",
         condition::invalid_argument},
        {int(address_not_ascii), "the local part of the address is not ASCII; that needs a server with SMTPUTF8",
         condition::invalid_argument},
        {int(domain_malformed), "the part of the address after '@' is not a domain name", condition::invalid_argument},
        {int(domain_not_ascii), "the domain of the address is not ASCII; write its A-label (xn--...)",
         condition::invalid_argument},
        {int(address_too_long), "the address is too long: 64 octets before '@', 255 after it and 254 in all",
         condition::invalid_argument},
        {int(address_trailing_text), "there is text after the address; separate addresses with commas",
         condition::invalid_argument},
        {int(group_nested), "an address group stands inside another, or is not ended with ';'",
         condition::invalid_argument},
        {int(too_many_addresses), "the address list is longer than the limit", condition::limit_exceeded},
        {int(field_name_malformed), "a header field name may have printable ASCII characters other than ':' only",
         condition::invalid_argument},
        {int(field_reserved), "this header field is written by the library; set the member that is for it",
         condition::invalid_argument},
        {int(field_value_malformed), "a header field may not have line breaks or control characters in it",
         condition::invalid_argument},
        {int(field_too_long), "a header field cannot be folded into lines of 998 octets", condition::invalid_argument},
        {int(text_not_utf8), "the text is not valid UTF-8", condition::invalid_argument},
        {int(message_id_malformed), "a message id is written left@right, without '<', '>' and blanks",
         condition::invalid_argument},
        {int(content_type_malformed), "a content type is written type/subtype", condition::invalid_argument},
        {int(no_sender), "the message has no From address", condition::invalid_argument},
        {int(content_incomplete), "an attachment's source ended before it had given as many octets as it announced",
         condition::invalid_argument},
        {int(group_unnamed), "a group of recipients has no name", condition::invalid_argument},
    };
    static const outkit::detail::table_category category("outkit.mime", rows);
    return {static_cast<int>(e), category};
}

}  // namespace outkit::inline OUTKIT_ABI::mime
OUTKIT_ERROR_CODE_ENUM(outkit::mime::error)

#endif
