#ifndef OUTKIT_SMTP_DETAIL_CODEC_HPP
#define OUTKIT_SMTP_DETAIL_CODEC_HPP

#include <outkit/smtp/types.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// SMTP's text, both ways: clients and mock servers share it. Lines are without their CRLF, unless said otherwise.

namespace outkit::inline OUTKIT_ABI::smtp::detail {

// Replies, line by line. After add() has returned an error nothing more may be added.
class reply_reader
{
public:
    explicit reply_reader(limits const& l) : limits_(l) {}

    OUTKIT_DECL error_code add(std::string_view line);
    bool complete() const { return complete_; }
    reply take() { return std::move(reply_); }
    std::vector<std::string> const& lines() const { return lines_; }  // text of each line, enhanced codes included

private:
    limits limits_;
    reply reply_;
    std::vector<std::string> lines_;
    std::size_t size_ = 0;
    bool complete_ = false;
};

// The text of a reply, with CRLF, enhanced code on each line.
OUTKIT_DECL std::string format_reply(reply const& r);

// "5.7.139 rest" becomes the code, and `text` the rest. Nothing if there is none of the class (2, 4, 5; 0: any).
OUTKIT_DECL enhanced_code take_enhanced_code(std::string_view& text, int status_class);

// Printable ASCII, '?' for everything else.
OUTKIT_DECL std::string printable(std::string_view text);

// What EHLO was answered with.
OUTKIT_DECL extensions parse_extensions(std::vector<std::string> const& lines);

// "<id>" in a final reply like Exchange Online's "OK <id> [Hostname=host]".
OUTKIT_DECL std::string assigned_message_id(std::string_view text);

// xtext ; RFC 3461 section 4
OUTKIT_DECL std::string encode_xtext(std::string_view text);
OUTKIT_DECL std::optional<std::string> decode_xtext(std::string_view text);

// Whether ORCPT can say it: addr-type is an atom, the address printable ASCII; RFC 3461 section 4.2.
OUTKIT_DECL bool valid_original(std::string_view type, std::string_view address);

// A domain or address literal, as EHLO wants it.
OUTKIT_DECL bool valid_client_name(std::string_view name);

// What of a message decides whether and how it can be sent.
struct content_facts
{
    // Octets with all line ends as CRLF, and one at the end (RFC 1870 section 5). octet_source::unknown is not announced.
    std::uint64_t size = 0;
    std::size_t longest_line = 0;
    bool eight_bit = false;
    bool nul = false;
    bool ready = true;         // CRLF at the end of each line, of the last one, too, and no line begins with a dot
    bool utf8_header = false;  // UTF-8 that is not ASCII, which needs SMTPUTF8 (RFC 6532)
    bool binary = false;       // to arrive as it is (RFC 3030 section 3)
};
OUTKIT_DECL content_facts examine(std::string_view content);

// The same in pieces, but for utf8_header.
class examiner
{
public:
    OUTKIT_DECL void add(std::string_view chunk);
    OUTKIT_DECL content_facts facts() const;  // if nothing more comes

private:
    content_facts f_;       // of the lines that have ended
    std::size_t line_ = 0;  // octets of the one that has not
    bool after_cr_ = false;
};

// The value of the message's Message-ID field, "" when there is none.
OUTKIT_DECL std::string message_id_of(std::string_view content);

// Commands, with CRLF.
OUTKIT_DECL std::string mail_command(envelope const& e, extensions const& offered, content_facts const& facts);
OUTKIT_DECL std::string recipient_command(mime::address const& to, envelope const& e, extensions const& offered);

// A message on its way into DATA (RFC 5321 section 4.5.2): CRLF, lone CR and lone LF all become CRLF, then a '.' at the
// beginning of a line is doubled. In this order, and with the state kept from chunk to chunk, so that no server can see
// the end of the data where there is none. For BDAT dots mean nothing.
class data_writer
{
public:
    explicit data_writer(bool dots = true) : dots_(dots) {}

    OUTKIT_DECL void add(std::string_view chunk, std::string& out);
    OUTKIT_DECL void finish(std::string& out);  // ends the last line if need be, then "." CRLF

private:
    bool dots_;
    bool line_start_ = true;
    bool after_cr_ = false;  // its CRLF has been written; an LF now belongs to it
};

// The other way round, strict: ends at CRLF "." CRLF only.
class data_reader
{
public:
    // Takes what belongs to the message and returns how much that was; the rest is the next command's.
    OUTKIT_DECL std::size_t add(std::string_view bytes, std::string& content);
    bool complete() const { return state_ == state::complete; }
    bool bare_line_end() const { return bare_; }  // there was a CR without LF, or an LF without CR

private:
    enum class state
    {
        line_start,
        in_line,
        cr,
        dot,
        dot_cr,
        complete
    };
    state state_ = state::line_start;
    bool bare_ = false;
};

// For servers.

struct command
{
    std::string verb;           // upper case
    std::string_view argument;  // of the line; blanks around it removed
};
OUTKIT_DECL command parse_command(std::string_view line);

// "FROM:<path> A=1 B" for MAIL, "TO:<path> ..." for RCPT.
struct path_argument
{
    enum class fault
    {
        none,
        syntax,   // not of this form
        address,  // between '<' and '>' is no address
        parameter
    };
    fault wrong = fault::none;
    mime::address path;                                           // empty for <>
    std::vector<std::pair<std::string, std::string>> parameters;  // names in upper case

    OUTKIT_DECL std::string const* parameter(std::string_view name) const;
};
OUTKIT_DECL path_argument parse_path_argument(std::string_view argument, std::string_view keyword);

}  // namespace outkit::inline OUTKIT_ABI::smtp::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/smtp/detail/codec.ipp>
#endif

#endif
