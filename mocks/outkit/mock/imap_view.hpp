#ifndef OUTKIT_MOCK_IMAP_VIEW_HPP
#define OUTKIT_MOCK_IMAP_VIEW_HPP

#include <outkit/imap/detail/command.hpp>
#include <outkit/mock/mailbox.hpp>

#include <functional>

// What IMAP shows of a message in the store, and finds in it. No protocol, no I/O.

namespace outkit::inline OUTKIT_ABI::mock::imap_detail {

namespace codec = outkit::imap::detail;

outkit::imap::flag from_store(flags f);
flags to_store(outkit::imap::flag f);

// RFC822.SIZE is an estimate in Exchange Online (Set-CASMailbox): nine to twelve tenths, always the same for a message.
std::uint64_t estimated_size(message const& m);

void append_envelope(std::string& out, mime::envelope const& e);
struct structure_style
{
    bool extended = true;  // BODYSTRUCTURE; false: BODY
    // Misbehaviours; observed: MailKit, by its issues.
    bool bare_disposition = false;         // 919: "inline" for ("inline" NIL)
    bool empty_disposition = false;        // 919: (NIL NIL) for NIL
    bool description_disposition = false;  // a multipart's description where its disposition belongs
    bool part_of_nothing = false;          // 1415, 1446: NIL for all that a part without octets has
    bool empty_multipart = false;          // 1393: NIL for parts that are all without octets
};
void append_structure(std::string& out, mime::structure const& s, std::uint32_t index, structure_style const& how);
void append_section(std::string& out, codec::fetch_section const& s, content const& c);

// What Exchange gives for a message that it cannot convert.
content substitute_for(message const& m);

// "%" stands for anything but "/", "*" for anything; INBOX in any case.
bool matches_pattern(std::string_view name, std::string_view pattern);

struct search_context
{
    folder const& where;
    std::vector<std::uint32_t> const& uids;
    std::uint32_t recent_from;
    bool generic = false;  // exact sizes, any keyword, UTF-8
};
using search_key = std::function<bool(message const&, std::uint32_t position)>;
// All keys of a SEARCH command; nothing if they are none.
std::optional<search_key> read_search(codec::command_reader& r, search_context const& c, bool& other_charset);

}  // namespace outkit::inline OUTKIT_ABI::mock::imap_detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/imap_view.ipp>
#endif

#endif
