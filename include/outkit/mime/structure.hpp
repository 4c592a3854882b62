#ifndef OUTKIT_MIME_STRUCTURE_HPP
#define OUTKIT_MIME_STRUCTURE_HPP

// One parser of messages. IMAP's ENVELOPE, BODYSTRUCTURE and body sections and Graph's JSON are made of its result, so
// they cannot disagree. It reads the text once, line by line, with a stack of the open containers, and its result is a
// flat list: whatever a sender writes costs time and memory linear in the text, and no recursion.

#include <outkit/mime/address.hpp>
#include <outkit/mime/header.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mime {

/// What people see of a message before they open it (RFC 9051 section 7.5.2). Strings are unfolded but not decoded.
struct envelope
{
    std::string date;     // as received, see read_date()
    std::string subject;  // see decode_words()
    std::vector<address_entry> from;
    std::vector<address_entry> sender;    // From's, if there was no Sender
    std::vector<address_entry> reply_to;  // From's, if there was no Reply-To
    std::vector<address_entry> to;
    std::vector<address_entry> cc;
    std::vector<address_entry> bcc;
    std::string in_reply_to;  // with '<' and '>'
    std::string message_id;   // with '<' and '>'
};

/// Index of a part or an envelope that does not exist.
inline constexpr std::uint32_t no_part = 0xffff'ffff;

/** One part of a message: a multipart, a message/rfc822, or a leaf (RFC 2045, RFC 9051 section 7.5.2, body).

    Positions count octets from the beginning of the whole message's text. A message/rfc822 has one child, which is the
    message in it: that child's header is the inner message's header.
*/
struct part
{
    std::string type = "text";      // lower case
    std::string subtype = "plain";  // lower case
    std::vector<parameter> parameters;
    std::string id;                 // Content-ID with '<' and '>'
    std::string description;        // may have encoded words
    std::string encoding = "7bit";  // lower case
    std::string disposition;        // "inline", "attachment", … in lower case; empty for none
    std::vector<parameter> disposition_parameters;
    std::vector<std::string> languages;
    std::string location;
    std::string md5;

    std::size_t header_begin = 0;
    std::size_t body_begin = 0;  // where the header ends, its empty line included
    std::size_t body_end = 0;
    std::size_t lines = 0;  // line ends in the body

    std::uint32_t parent = no_part;
    std::uint32_t first_child = no_part;
    std::uint32_t next_sibling = no_part;
    std::uint32_t envelope = no_part;  // in structure::envelopes, if this is the top of a message

    std::size_t octets() const noexcept { return body_end - body_begin; }
    bool is_multipart() const noexcept { return type == "multipart"; }
    /// Whether there is a message inside, which then is first_child.
    bool is_message() const noexcept { return type == "message" && first_child != no_part; }
    bool is(std::string_view media_type, std::string_view media_subtype) const noexcept
    {
        return type == media_type && subtype == media_subtype;
    }
    /// A parameter of the Content-Type, or nullptr.
    OUTKIT_DECL std::string const* find(std::string_view name) const;
    /// The name the sender gave to the file, in UTF-8: not a path, and never to be used as one. Empty for none.
    OUTKIT_DECL std::string file_name() const;
};

/// A message taken apart. Does not depend on the text's life; functions that need the text take it again.
struct structure
{
    std::vector<part> parts;          // in the order of the text; parts[0] is the message itself and always there
    std::vector<envelope> envelopes;  // envelopes[0] is the message's and always there
    bool truncated = false;           // a limit was met, so something stayed text

    mime::envelope const& head() const { return envelopes.front(); }
};

/** Takes a message apart (RFC 5322, RFC 2045, RFC 2046). Never fails: what is broken becomes text/plain.

    Lines may end with CRLF or LF, also both in one message; a lone CR ends no line (with_crlf() makes it one). Of fields
    that come twice, the first counts. A multipart without a boundary or without parts is text/plain; so is one nested deeper
    than the limit. A message/rfc822 that is encoded or nested deeper than the limit is application/octet-stream.

    @param text     The message as it was received.
    @param at_most  Where to stop; structure::truncated says that it happened.
*/
OUTKIT_DECL structure parse(std::string_view text, limits const& at_most = {});

/** The part that IMAP calls by these numbers (RFC 9051 section 6.4.5.1), or no_part.

    @param numbers  For BODY[2.1] {2, 1}; none for the whole message. Numbers begin with 1.
*/
OUTKIT_DECL std::uint32_t find_section(structure const& s, std::span<std::uint32_t const> numbers);

/// The header of a part with its empty line, as it stands in the text.
OUTKIT_DECL std::string_view header_of(part const& p, std::string_view text);
/// The body of a part, as it stands in the text: still encoded.
OUTKIT_DECL std::string_view body_of(part const& p, std::string_view text);
/// The body without its content transfer encoding: base64 or quoted-printable. With any other, x-uuencode too, it is the
/// body as it stands in the text. Not longer than the body.
OUTKIT_DECL std::string decoded_body(part const& p, std::string_view text);
/// The body as UTF-8 text, its charset converted as to_utf8() does. For text/… parts.
OUTKIT_DECL std::string decoded_text(part const& p, std::string_view text);

/// Content transfer encodings, tolerant: what is no base64 is skipped, what is no quoted-printable is kept.
OUTKIT_DECL std::string decode_base64(std::string_view text);
OUTKIT_DECL std::string decode_quoted_printable(std::string_view text);

/** Text with the lines put together that format=flowed has broken (RFC 3676 section 4.1).

    For decoded_text() of a part whose parameter format is "flowed". Marks of quotes are kept, one blank behind them.
    Takes CRLF and LF, writes CRLF.

    @param delete_space  Whether the parameter delsp is "yes": the blank at the end of a line was not in the text.
*/
OUTKIT_DECL std::string unflow(std::string_view text, bool delete_space = false);

/// What a reader shows of a message.
struct contents
{
    std::uint32_t text = no_part;            // the first text/plain that is no attachment
    std::uint32_t html = no_part;            // the first text/html that is no attachment
    std::vector<std::uint32_t> attachments;  // all other leaves and messages, except alternatives of the text
};
OUTKIT_DECL contents find_contents(structure const& s);

/// Whether an attachment belongs into the text (a picture in HTML) and is not listed by itself.
OUTKIT_DECL bool is_inline(structure const& s, std::uint32_t index);

}  // namespace outkit::inline OUTKIT_ABI::mime

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mime/structure.ipp>
#endif

#endif
