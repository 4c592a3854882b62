#ifndef OUTKIT_MIME_HEADER_HPP
#define OUTKIT_MIME_HEADER_HPP

// Header fields as text and as values: RFC 5322 (fields, folding, dates), RFC 2047 (encoded words), RFC 2231
// (parameters). Functions that read never fail and make the best of what came; functions that write refuse what cannot
// be said in a header. Text outside is UTF-8 always.

#include <outkit/detail/environment.hpp>
#include <outkit/detail/utf8.hpp>
#include <outkit/mime/error.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mime {

/// How much of a message is read as structure. What is beyond a limit stays text of the part it stands in.
struct limits
{
    std::size_t header = 256 * 1024;  // octets of one header section that are read as fields
    std::size_t fields = 2'000;       // fields of one header section
    std::size_t parameters = 64;      // parameters of one field
    std::size_t addresses = 10'000;   // entries of one address list
    std::size_t parts = 10'000;       // parts of a message, containers included
    unsigned depth = 64;              // multipart and message/rfc822 inside each other
};

/// One field of a header section. Views into the section's text.
struct field
{
    std::string_view name;   // as written, without the colon and blanks before it
    std::string_view value;  // everything after the colon, still folded, without the last line end
};

/** Splits a header section into its fields (RFC 5322 section 2.2). The views are valid as long as the text.

    Lines may end with CRLF or LF. Reading stops at the first empty line; a line that is no field is left out.
*/
OUTKIT_DECL std::vector<field> read_fields(std::string_view section, limits const& at_most = {});

/// The first field of that name, without regard to case, or nullptr.
OUTKIT_DECL field const* find(std::span<field const> in, std::string_view name);

/// A folded value on one line, without blanks at its ends (RFC 5322 section 2.2.3). CR, LF, NUL and other control
/// characters that do not belong to a fold become blanks.
OUTKIT_DECL std::string unfold(std::string_view value);

/// The value of an unstructured field as people read it, in UTF-8: unfolded, its encoded words decoded.
OUTKIT_DECL std::string read_text(std::string_view value);

/** Decodes the encoded words of a text (RFC 2047). Other text is kept, as UTF-8.

    Blanks between two encoded words are dropped; a character may be split between two of the same charset.
*/
OUTKIT_DECL std::string decode_words(std::string_view text);

/// Text as encoded words where it needs them, else unchanged. Never has line breaks or controls in it; each encoded
/// word is 75 characters at most. What is not UTF-8 in the text becomes U+FFFD.
OUTKIT_DECL std::string encode_words(std::string_view utf8);

/// A display name as a phrase (RFC 5322 section 3.2.5): as it is, quoted, or as encoded words. With allow_utf8 it stays
/// UTF-8 (RFC 6532), but for characters that nobody sees.
OUTKIT_DECL std::string encode_phrase(std::string_view utf8, bool allow_utf8 = false);

/** Text of any charset as UTF-8. Never fails: what cannot be decoded becomes U+FFFD.

    Charsets have the names that mail programs give them. ISO-8859-1 is taken as windows-1252, GB2312 as GB18030, EUC-KR
    as windows-949 and so on, as browsers do, since that is what senders mean. UTF-16 without a mark is big-endian (RFC
    2781 section 4.3). UTF-7 is decoded where a message names it, and never guessed. No charset, US-ASCII, or one that is
    not known to the C library's iconv, means UTF-8 if the text is valid as such, else windows-1252. The result is at most
    six times as long.
*/
OUTKIT_DECL std::string to_utf8(std::string_view text, std::string_view charset);

/// Whether the text is well-formed UTF-8: no overlong forms, surrogates or values above U+10FFFF.
using outkit::detail::valid_utf8;

/** An unstructured field, encoded and folded, with its line end: "Subject: ...\r\n" (RFC 5322 section 2.2.1).

    Lines are 78 octets long at most where there are blanks to fold at, and 998 always.

    @param name        Printable ASCII characters other than ':'.
    @param utf8        Without line breaks and control characters other than TAB.
    @param ec          error::field_name_malformed, field_value_malformed, text_not_utf8, field_too_long; cleared else.
    @param allow_utf8  Leave UTF-8 as it is (RFC 6532), for servers with SMTPUTF8; characters that nobody sees are encoded
                       all the same.
    @return            The field, or "" with an error.
*/
OUTKIT_DECL std::string format_text_field(std::string_view name, std::string_view utf8, error_code& ec,
                                          bool allow_utf8 = false);

/// A structured field, whose value is already in its own syntax: folded at its blanks, otherwise unchanged. Parameters
/// and errors as for format_text_field(); what is not ASCII is error::field_value_malformed, unless it is allowed.
OUTKIT_DECL std::string format_field(std::string_view name, std::string_view value, error_code& ec,
                                     bool allow_utf8 = false);

/// One parameter of a Content-Type or Content-Disposition.
struct parameter
{
    std::string name;   // lower case
    std::string value;  // UTF-8, unquoted and decoded

    friend bool operator==(parameter const&, parameter const&) = default;
};

/// A value with parameters: `text/plain; charset=utf-8` (RFC 2045 section 5.1, RFC 2183).
struct parameterized
{
    std::string value;  // lower case, without comments
    std::vector<parameter> parameters;

    /// The value of a parameter, or nullptr.
    OUTKIT_DECL std::string const* find(std::string_view name) const;

    friend bool operator==(parameterized const&, parameterized const&) = default;
};

/// Reads such a value. Continuations and charsets of RFC 2231 are put together; encoded words in quoted values, which
/// many senders write, are decoded. Of parameters that come twice, the first counts.
OUTKIT_DECL parameterized read_parameterized(std::string_view value, std::size_t at_most = limits().parameters);

/// The value for format_field(): parameters quoted where they must be, and in the form of RFC 2231 when they are long,
/// not ASCII (with allow_utf8: not to be seen), or look like an encoded word. Blanks stand where it may be folded.
OUTKIT_DECL std::string format_parameterized(parameterized const& p, bool allow_utf8 = false);

/// A point of time and the zone it was written in.
struct date_time
{
    std::chrono::sys_seconds utc = {};
    std::chrono::minutes zone = {};  // east of Greenwich, within a day

    friend bool operator==(date_time const&, date_time const&) = default;
};

/// Reads a date (RFC 5322 section 3.3) with the obsolete forms: two-digit years, zone names, no weekday, comments.
/// An unknown zone counts as UTC, as the RFC says; nothing if it is no date of the years 1900 to 9999.
OUTKIT_DECL std::optional<date_time> read_date(std::string_view value);

/// "Tue, 24 Nov 2026 06:30:00 +0000". Years 1900 to 9999.
OUTKIT_DECL std::string format_date(date_time const& d);

/// The message ids of a Message-ID, In-Reply-To or References field, without '<' and '>'; in order, at most 1,000.
OUTKIT_DECL std::vector<std::string> read_message_ids(std::string_view value);

/// Whether the id, without '<' and '>', can stand in a header: left@right in printable ASCII without blanks, 250 octets.
OUTKIT_DECL bool valid_message_id(std::string_view id);

/// A new message id, without '<' and '>': 32 hexadecimal digits of the world's randomness, '@' and the domain.
OUTKIT_DECL std::string make_message_id(outkit::detail::environment& world, std::string_view domain);

namespace detail {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
OUTKIT_DECL bool is_token(std::string_view s);  // RFC 2045 section 5.1
OUTKIT_DECL int hex_value(char c);              // -1 for what is no hexadecimal digit
// Takes the text before the next of the stop characters, which stays, and returns it trimmed and, on request, without
// comments.
OUTKIT_DECL std::string take_until(std::string_view& s, std::string_view stops, bool comments);
OUTKIT_DECL char lower(char c);
OUTKIT_DECL std::string lower(std::string_view text);
OUTKIT_DECL bool equal_fold(std::string_view a, std::string_view b);
OUTKIT_DECL std::string_view trim(std::string_view text);
OUTKIT_DECL std::string decode_base64(std::string_view text);  // tolerant: what is no base64 digit is skipped
// Controls, C1 included, line and paragraph separators, and characters that turn the direction of text.
OUTKIT_DECL bool is_hidden(char32_t c);
OUTKIT_DECL bool has_hidden(std::string_view utf8);
OUTKIT_DECL bool is_ascii(std::string_view text);
// As encoded words with one blank between them: the first of first_room characters at most, the others of 75.
OUTKIT_DECL std::string to_encoded_words(std::string_view utf8, std::size_t first_room);

}  // namespace detail

}  // namespace outkit::inline OUTKIT_ABI::mime

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mime/header.ipp>
#endif

#endif
