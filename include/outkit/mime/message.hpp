#ifndef OUTKIT_MIME_MESSAGE_HPP
#define OUTKIT_MIME_MESSAGE_HPP

// Builds messages. Everything that comes from a caller passes an encoder for the place it gets to or is refused, so no
// text can become a header field, an address, a parameter or a part.

#include <outkit/mime/address.hpp>
#include <outkit/mime/header.hpp>
#include <outkit/octet_source.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mime {

/// A file that goes with a message. Arrives octet by octet as it is here.
struct attachment
{
    std::string name = {};                                  // UTF-8, without control characters; empty for none
    std::string content_type = "application/octet-stream";  // with parameters if there are any; not multipart/…
    std::string content = {};
    octet_source source = {};     // if it can be read, what it gives stands for content; read once
    std::string content_id = {};  // without '<' and '>'; HTML shows the file as <img src="cid:…">
    bool is_inline = false;       // belongs into the HTML and is not listed by itself
};

/// A header field of the caller's own.
struct extra_field
{
    std::string name = {};   // printable ASCII other than ':'; none of those the library writes
    std::string value = {};  // unstructured text in UTF-8, on one line
};

/// A message to be built (RFC 5322 section 3.6). All text is UTF-8.
struct message
{
    mailbox from = {};                   // must be there
    std::optional<mailbox> sender = {};  // who sent it, if not From
    std::vector<mailbox> reply_to = {};
    std::vector<mailbox> to = {};
    std::vector<group> to_groups = {};  // after those of `to`; their members are recipients, too
    std::vector<mailbox> cc = {};
    std::vector<group> cc_groups = {};
    std::vector<mailbox> bcc = {};              // recipients nobody sees; see keep_bcc
    std::string subject = {};                   // on one line
    std::optional<date_time> date = {};         // defaults to the world's date, in UTC
    std::string message_id = {};                // without '<' and '>'; defaults to a new one in From's domain
    std::vector<std::string> in_reply_to = {};  // message ids without '<' and '>'
    std::vector<std::string> references = {};   // message ids without '<' and '>', oldest first
    std::string text = {};                      // any line ends; they become CRLF
    std::string html = {};                      // with text too, the two are alternatives
    std::vector<attachment> attachments = {};
    std::vector<extra_field> fields = {};
    bool keep_bcc = false;    // write a Bcc field: for a draft, or for Graph, which takes it out
    bool allow_utf8 = false;  // header fields in UTF-8 (RFC 6532): only for servers with SMTPUTF8, or UTF8=ACCEPT
};

/// What build() made.
struct built_message
{
    std::string raw;                  // lines of 998 octets at most, ended with CRLF; ASCII, unless allow_utf8 was set
    std::string message_id;           // without '<' and '>'
    std::vector<address> recipients;  // of To, Cc and Bcc, each once, for the envelope
};

/** Builds the text of a message (RFC 5322, RFC 2045 to 2047, RFC 2231).

    Bodies are sent as they are if they are ASCII in lines of 998 octets at most, none of which begins with "From " (which
    mail stores change), else as quoted-printable or base64, whichever is shorter. Attachments are base64; a message/rfc822
    attachment that is not plain ASCII, or not in memory, becomes application/octet-stream. Files that are inline form a
    multipart/related with the HTML. Names of files are written for readers of RFC 2231 (filename*) and for others (name,
    with encoded words). Where there are only Bcc recipients, To is the empty group "undisclosed-recipients".
    The same message, date and randomness give the same octets.

    @param m      Recipients may be missing, for a draft.
    @param world  Date and randomness, for what the message does not say itself; the system's where it is left out.
    @param ec     Cleared, or one of mime::error: no_sender, address_empty, address_not_ascii, group_unnamed, text_not_utf8,
                  field_name_malformed, field_reserved, field_value_malformed, field_too_long, message_id_malformed,
                  content_type_malformed, content_incomplete; or an error of a source.
    @return       The message, or nothing with an error.
*/
OUTKIT_DECL std::optional<built_message> build(message const& m, outkit::detail::environment& world, error_code& ec);
OUTKIT_DECL std::optional<built_message> build(message const& m, error_code& ec);

/// A message that is built while it is read.
struct streamed_message
{
    octet_source raw;                 // the octets that build() would give, for smtp::mail or imap's async_append()
    std::string message_id;           // without '<' and '>'
    std::vector<address> recipients;  // of To, Cc and Bcc, each once, for the envelope
};

/** Builds a message like build(), but encodes attachments only when they are read: needs no memory for their sources.

    @param m  Kept until the last copy of raw.read is gone.
*/
OUTKIT_DECL std::optional<streamed_message> build_streamed(message m, outkit::detail::environment& world,
                                                           error_code& ec);
OUTKIT_DECL std::optional<streamed_message> build_streamed(message m, error_code& ec);

/// Text as quoted-printable with CRLF line ends, in lines of 76 characters (RFC 2045 section 6.7). Lone CR and LF
/// become CRLF. No line begins with '.' or "From " (RFC 2049 section 3).
OUTKIT_DECL std::string encode_quoted_printable(std::string_view text);

/// Octets as base64 in lines of 76 characters, each ended with CRLF (RFC 2045 section 6.8).
OUTKIT_DECL std::string encode_base64(std::string_view octets);

/// Text with every line end as CRLF: CRLF, lone CR and lone LF each become one (RFC 5321 section 2.3.8).
OUTKIT_DECL std::string with_crlf(std::string_view text);

}  // namespace outkit::inline OUTKIT_ABI::mime

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mime/message.ipp>
#endif

#endif
