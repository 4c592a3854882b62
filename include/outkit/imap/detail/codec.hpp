#ifndef OUTKIT_IMAP_DETAIL_CODEC_HPP
#define OUTKIT_IMAP_DETAIL_CODEC_HPP

#include <outkit/imap/detail/frame.hpp>

#include <span>
#include <variant>

// The grammar of responses, both directions (RFC 9051 and RFC 3501 section 9). A client parses, a server appends.

namespace outkit::inline OUTKIT_ABI::imap::detail {

// resp-text, with the response code taken apart.
struct status_text
{
    enum class condition
    {
        ok,
        no,
        bad,
        bye,
        preauth
    };
    condition status = condition::ok;
    std::string_view code = {};       // "UIDNEXT", "READ-WRITE"; empty: none
    std::string_view arguments = {};  // "4392"
    std::string_view text = {};

    bool ok() const { return status == condition::ok; }
};

struct response
{
    enum class kind
    {
        continuation,  // status.text
        tagged,        // tag, status
        status,        // status
        capability,    // data: capabilities
        list,          // data: mailbox
        lsub,          // data: mailbox
        mailbox_status,
        flags,
        exists,   // number
        recent,   // number
        expunge,  // number
        fetch,    // fetched
        search,   // data: number_set
        namespaces,
        id,       // data: id_fields
        enabled,  // data: capabilities
        other     // understood to be none of these
    };
    kind what = kind::other;
    std::string_view tag = {};
    status_text status = {};
    std::uint32_t number = 0;
    message* fetched = nullptr;
    std::variant<std::monostate, capabilities, mailbox, imap::mailbox_status, flags, number_set, namespaces, id_fields>
        data = {};
};

// Second of two stages: one frame to one value, views into the arena, where the frame's text is copied to. An error
// that is condition::protocol_violation or condition::limit_exceeded ends the connection, except
// error::malformed_response, which costs this frame only.
OUTKIT_DECL error_code parse_response(std::string_view frame, std::span<literal_mark const> literals, limits const& l,
                                      arena& block, response& out);

// What status text says besides words. Nothing if it says something else, or says it wrongly.
OUTKIT_DECL std::optional<std::uint32_t> code_number(status_text const& s, std::string_view code);
OUTKIT_DECL std::optional<append_result> code_appenduid(status_text const& s);
OUTKIT_DECL std::optional<copy_result> code_copyuid(status_text const& s, limits const& l);
OUTKIT_DECL std::optional<flags> code_permanent_flags(status_text const& s, limits const& l, bool& new_keywords);
OUTKIT_DECL std::optional<capabilities> code_capabilities(status_text const& s, limits const& l);
// "Suggested Backoff Time: 299910 milliseconds" (observed: ikvk/imap_tools#135, imapsync/imapsync#198).
OUTKIT_DECL std::optional<std::chrono::milliseconds> suggested_backoff(std::string_view text);

// At most 512 octets, and no control characters: what may be shown of the server's words.
OUTKIT_DECL std::string shown(std::string_view text);

// Strings. `append_string` says it quoted, or as a literal if it must.
OUTKIT_DECL bool is_atom(std::string_view s);          // RFC 3501 atom
OUTKIT_DECL bool is_astring_atom(std::string_view s);  // 1*ASTRING-CHAR
OUTKIT_DECL bool can_be_quoted(std::string_view s);    // no NUL, CR, LF or 8-bit
OUTKIT_DECL void append_quoted(std::string& out, std::string_view s);
OUTKIT_DECL void append_string(std::string& out, std::string_view s);
OUTKIT_DECL void append_nstring(std::string& out, std::string_view s);  // data() == nullptr: NIL
OUTKIT_DECL void append_mailbox(std::string& out, std::string_view encoded);

// "17-Jul-1996 02:44:25 -0700", with a blank before a one-digit day.
OUTKIT_DECL std::optional<std::chrono::sys_seconds> parse_date_time(std::string_view s);
OUTKIT_DECL std::string format_date_time(std::chrono::sys_seconds t);

OUTKIT_DECL std::string_view name_of(flag one);                   // "\Seen"
OUTKIT_DECL flag flag_of(std::string_view name);                  // none if it is no flag of the RFC
OUTKIT_DECL void append_flags(std::string& out, flags const& f);  // with parentheses
OUTKIT_DECL void append_flags(std::string& out, flag system, chain<std::string_view> keywords);
OUTKIT_DECL void append_envelope(std::string& out, envelope const& e);
OUTKIT_DECL void append_body(std::string& out, body_part const& b,
                             bool extensions);                          // BODYSTRUCTURE, or BODY without them
OUTKIT_DECL void append_response(std::string& out, response const& r);  // with CRLF

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/imap/detail/codec.ipp>
#endif

#endif
