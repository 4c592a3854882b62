#ifndef OUTKIT_IMAP_DETAIL_COMMAND_HPP
#define OUTKIT_IMAP_DETAIL_COMMAND_HPP

#include <outkit/imap/detail/codec.hpp>
#include <outkit/imap/search.hpp>
#include <outkit/octet_source.hpp>

// The grammar of commands, both directions (RFC 9051 and RFC 3501 section 9). A client builds, a server reads.

namespace outkit::inline OUTKIT_ABI::imap::detail {

// One command without its tag. The only way to a command line: everything a caller says passes through the member for
// its grammar, which refuses what cannot be said. The first error stays.
class command
{
public:
    explicit command(std::string_view name);  // of ours, so it is right
    std::string_view name() const { return std::string_view(pieces.front().text).substr(0, name_); }

    OUTKIT_DECL command& atom(std::string_view s);
    OUTKIT_DECL command& astring(std::string_view s);  // atom, quoted or literal by content
    OUTKIT_DECL command& mailbox(mailbox_name const& name);
    OUTKIT_DECL command& list_pattern(std::string_view s);  // may hold wildcards
    OUTKIT_DECL command& number(std::uint32_t n);
    OUTKIT_DECL command& set(number_set const& s);
    OUTKIT_DECL command& flag_list(flags const& f);
    OUTKIT_DECL command& date_time(std::chrono::sys_seconds t);
    OUTKIT_DECL command& date(std::chrono::sys_days d);  // "1-Feb-1994", for SEARCH
    OUTKIT_DECL command& literal(std::string octets);    // always as a literal
    OUTKIT_DECL command& literal(octet_source from);
    OUTKIT_DECL command& items(fetch_items const& i);
    OUTKIT_DECL command& search(search_key const& k);  // with CHARSET UTF-8, if it takes that
    OUTKIT_DECL command& id(id_fields const& fields);
    OUTKIT_DECL command& word(std::string_view s);  // of ours: "RETURN", "+FLAGS.SILENT", "("

    error_code ec;
    bool spent = false;  // octets of a source have been taken: it cannot be said again

    // What is sent, in this order. Before each literal stands its announcement, which the sender makes.
    struct piece
    {
        std::string text;
        bool is_literal = false;
        octet_source source = {};  // of a literal that is not in `text`
    };
    std::vector<piece> pieces;

private:
    OUTKIT_DECL std::string& text();
    OUTKIT_DECL void wrong(error e);

    std::size_t name_;
};

// Whether all of a flag list can be said.
OUTKIT_DECL error_code check(flags const& f);
OUTKIT_DECL error_code check(section const& s);
OUTKIT_DECL std::string section_name(section const& s);  // "1.2.MIME", "HEADER.FIELDS (From To)"

// The same numbers in several sets, each of at most `most` characters: servers limit the length of a command
// (Exchange's MaxCommandSize: 10,240).
OUTKIT_DECL std::vector<number_set> in_pieces(number_set const& s, std::size_t most = 8'000);

// --- the server's side ---

// One section of a FETCH command, as asked for.
struct fetch_section
{
    std::string spelled;   // as the client wrote it, without brackets
    section wanted;        // mark_seen unless PEEK
    std::string reply_as;  // "BODY[...]" without the partial, or the old name: "RFC822.HEADER"
};

struct fetch_arguments
{
    enum class item
    {
        uid,
        flags,
        internal_date,
        size,
        envelope,
        body,
        structure,
        section
    };
    std::vector<item> order;              // items in the client's order
    std::vector<fetch_section> sections;  // for each item::section, in order
};

// Takes a command's frame apart, from left to right. A member that does not find what it looks for returns nothing or
// false, and the command is BAD.
class command_reader
{
public:
    command_reader(std::string_view frame, std::span<literal_mark const> literals) : text_(frame), literals_(literals)
    {
    }

    OUTKIT_DECL std::string_view tag();  // empty: there is none
    OUTKIT_DECL std::string name();      // in capitals; with "UID " before it where that is so

    OUTKIT_DECL bool blank();
    bool at_end() const { return at_ == text_.size(); }
    OUTKIT_DECL bool open();
    OUTKIT_DECL bool close();
    char peek() const { return at_ == text_.size() ? '\0' : text_[at_]; }
    OUTKIT_DECL std::optional<std::string_view> atom();  // 1*ATOM-CHAR, with what flags and sets need
    OUTKIT_DECL std::optional<std::string> astring();
    OUTKIT_DECL std::optional<std::string> list_mailbox();  // with wildcards
    OUTKIT_DECL std::optional<number_set> set();
    OUTKIT_DECL std::optional<std::uint32_t> number();
    OUTKIT_DECL std::optional<flags> flag_list(bool parentheses_needed);
    OUTKIT_DECL std::optional<std::chrono::sys_seconds> date_time();
    OUTKIT_DECL std::optional<std::chrono::sys_days> date();
    OUTKIT_DECL std::optional<fetch_arguments> fetch_items();
    OUTKIT_DECL std::optional<std::string_view> literal();  // octets of the literal that stands here

private:
    OUTKIT_DECL bool fetch_item(fetch_arguments& out);
    OUTKIT_DECL bool section_spec(fetch_section& out);

    std::string_view text_;
    std::span<literal_mark const> literals_;
    std::size_t at_ = 0;
};

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/imap/detail/command.ipp>
#endif

#endif
