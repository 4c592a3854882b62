#ifndef OUTKIT_IMAP_TYPES_HPP
#define OUTKIT_IMAP_TYPES_HPP

#include <outkit/imap/detail/arena.hpp>
#include <outkit/imap/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::imap {

namespace detail {
OUTKIT_DECL bool equal_no_case(std::string_view a, std::string_view b);  // ASCII letters only

// Modified UTF-7 (RFC 3501 section 5.1.3).
OUTKIT_DECL std::optional<std::string> to_modified_utf7(std::string_view utf8);
OUTKIT_DECL std::optional<std::string>
from_modified_utf7(std::string_view encoded);  // nothing: is none, or not in shortest form
}

/// How much a server may send. Each limit is an error of its own; none can be switched off.
struct limits
{
    std::size_t line = std::size_t(1) << 20;      ///< octets of one response without its literals
    std::size_t response = std::size_t(4) << 20;  ///< octets of one response with the literals kept in memory
    std::uint64_t streamed_literal = std::uint64_t(150) << 20;  ///< octets of a literal that goes to a sink
    std::size_t literals = 1'000;                               ///< per response
    std::size_t depth = 64;                                     ///< nested parentheses
    std::size_t tokens = 200'000;                               ///< per response
    std::size_t untagged_octets = std::size_t(16) << 20;        ///< kept per command; literals for a sink do not count
    std::size_t untagged_responses = 100'000;                   ///< per command
    std::size_t capabilities = 256;
    std::size_t ranges = 100'000;                      ///< in one number set
    std::size_t malformed_responses = 100;             ///< skipped per connection, then it is closed
    std::size_t challenge = 12'288;                    ///< octets of a SASL challenge, base64
    std::size_t challenges = 3;                        ///< rounds of one AUTHENTICATE
    std::uint64_t message = std::uint64_t(150) << 20;  ///< octets of a message to append
};

/// How long the steps of a conversation may take, and how much a server may send. Travels with the client.
struct settings
{
    imap::limits limits = {};
    std::chrono::milliseconds connecting = std::chrono::seconds(30);      ///< connection and TLS handshake together
    std::chrono::milliseconds greeting = std::chrono::seconds(30);        ///< the server's first line
    std::chrono::milliseconds authenticating = std::chrono::seconds(60);  ///< Exchange may take 30 s to sign in
    std::chrono::milliseconds answering = std::chrono::seconds(60);  ///< between two responses, and pieces of a literal
};

/// How the connection is secured. There is no "if possible".
enum class security
{
    implicit_tls,       ///< TLS from the first octet (port 993); what Exchange Online offers
    starttls,           ///< plaintext, then STARTTLS or an error (port 143)
    plaintext_loopback  ///< no TLS; refuses every host but loopback addresses. For tests.
};

/// Numbers of messages as ranges, in the order given, never expanded. "*", the highest number there is, is star, which
/// is also the greatest number a server can use.
class number_set
{
public:
    static constexpr std::uint32_t star = std::numeric_limits<std::uint32_t>::max();

    struct range
    {
        std::uint32_t first = 0;
        std::uint32_t last = 0;  ///< inclusive, not below first
        friend bool operator==(range const&, range const&) = default;
    };

    number_set() = default;

    /// Adds one number; 0 is none and is ignored. Extends the last range when it continues it.
    void add(std::uint32_t n) { add(n, n); }
    /// Adds the numbers from one to the other, both inclusive, whichever is greater.
    OUTKIT_DECL void add(std::uint32_t first, std::uint32_t last);

    /// "1:5,7,9:*". Nothing for text that is no set: empty, zero, more than 32 bits, or more ranges than the limit.
    OUTKIT_DECL static std::optional<number_set> parse(std::string_view text,
                                                       std::size_t most_ranges = limits().ranges);
    OUTKIT_DECL std::string to_string() const;

    bool empty() const noexcept { return ranges_.empty(); }
    OUTKIT_DECL std::uint64_t size() const noexcept;  ///< how many numbers
    OUTKIT_DECL bool contains(std::uint32_t n) const noexcept;
    std::vector<range> const& ranges() const noexcept { return ranges_; }

    friend bool operator==(number_set const&, number_set const&) = default;

private:
    std::vector<range> ranges_;
};

/// A number_set of UIDs. They stay the same as long as the mailbox's uid_validity does.
class uid_set : public number_set
{
public:
    uid_set() = default;
    explicit uid_set(number_set s) : number_set(std::move(s)) {}
    explicit uid_set(std::uint32_t uid) { add(uid); }
    /// From one UID to the other, both inclusive.
    uid_set(std::uint32_t first, std::uint32_t last) { add(first, last); }
    static uid_set all() { return {1, star}; }
};

/// A number_set of positions in the mailbox, from 1. They move when a message before them is expunged.
class sequence_set : public number_set
{
public:
    sequence_set() = default;
    explicit sequence_set(number_set s) : number_set(std::move(s)) {}
    explicit sequence_set(std::uint32_t position) { add(position); }
    /// From one position to the other, both inclusive.
    sequence_set(std::uint32_t first, std::uint32_t last) { add(first, last); }
    static sequence_set all() { return {1, star}; }
};

/// The flags every server knows, as a set of bits.
enum class flag : std::uint8_t
{
    none = 0,
    seen = 1,
    answered = 2,
    flagged = 4,
    deleted = 8,
    draft = 16,
    recent = 32  ///< read only
};
constexpr flag operator|(flag a, flag b) { return flag(std::uint8_t(a) | std::uint8_t(b)); }
constexpr flag operator&(flag a, flag b) { return flag(std::uint8_t(a) & std::uint8_t(b)); }
constexpr flag operator~(flag a) { return flag(~std::uint8_t(a) & 63); }

/// Flags and keywords that own their text.
struct flags
{
    flag system = flag::none;
    std::vector<std::string> keywords = {};  ///< as spelled, for example "$MDNSent", also unknown "\Flags"

    bool has(flag f) const { return (system & f) == f; }
    OUTKIT_DECL bool has(std::string_view keyword) const;  ///< letters compare without case
    bool empty() const { return system == flag::none && keywords.empty(); }
    friend bool operator==(flags const&, flags const&) = default;
};

/** A list of views, owned by the batch it came in and valid as long as that.

    A forward range; its size is counted, not stored.
*/
template <class T>
class chain
{
public:
    struct node
    {
        T value;
        node* next = nullptr;
    };
    class iterator
    {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using pointer = T const*;
        using reference = T const&;

        iterator() = default;
        explicit iterator(node const* n) : node_(n) {}
        reference operator*() const { return node_->value; }
        pointer operator->() const { return &node_->value; }
        iterator& operator++()
        {
            node_ = node_->next;
            return *this;
        }
        iterator operator++(int)
        {
            iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(iterator, iterator) = default;

    private:
        node const* node_ = nullptr;
    };
    using value_type = T;
    using const_iterator = iterator;

    iterator begin() const { return iterator(first); }
    iterator end() const { return {}; }
    bool empty() const { return !first; }
    std::size_t size() const { return static_cast<std::size_t>(std::distance(begin(), end())); }
    T const& front() const { return first->value; }  ///< of a chain that is not empty

    node* first = nullptr;
};

/// A mailbox address as ENVELOPE has it (RFC 9051 section 7.5.2). NIL is a view whose data() is null.
struct address
{
    std::string_view name = {};     ///< display name, encoded words not decoded
    std::string_view route = {};    ///< obsolete source route
    std::string_view mailbox = {};  ///< local part; NIL ends a group, and with a NIL host begins one of this name
    std::string_view host = {};
};

/// The header as the server has parsed it. Text is as sent: not decoded, perhaps not UTF-8. NIL: data() is null.
struct envelope
{
    std::string_view date = {};
    std::string_view subject = {};
    chain<address> from = {}, sender = {}, reply_to = {}, to = {}, cc = {}, bcc = {};
    std::string_view in_reply_to = {};
    std::string_view message_id = {};
};

struct parameter
{
    std::string_view name = {};
    std::string_view value = {};
};

/// One node of a BODYSTRUCTURE. Text as sent; NIL: data() is null.
struct body_part
{
    std::string_view type = {};  ///< "text"; "multipart" for every multipart, and NIL if a server says so
    std::string_view subtype = {};
    chain<parameter> parameters = {};
    std::string_view id = {}, description = {}, encoding = {};
    std::uint64_t octets = 0;  ///< in its transfer encoding; a claim, not a length to rely on
    std::uint64_t lines = 0;   ///< text and message/rfc822 only
    std::string_view md5 = {};
    std::string_view disposition = {};  ///< "attachment", "inline", or NIL
    chain<parameter> disposition_parameters = {};
    chain<std::string_view> languages = {};
    std::string_view location = {};
    envelope const* enclosed = nullptr;  ///< of a message/rfc822, else null
    chain<body_part> parts = {};         ///< of a multipart; of a message/rfc822 its one body
    bool multipart = false;
};

/// A piece of a message that was fetched: a body section.
struct section_data
{
    std::string_view section = {};             ///< as the server spells it: "", "1.2", "HEADER.FIELDS (Subject)"
    std::optional<std::uint32_t> origin = {};  ///< of a partial fetch: the first octet's number
    std::string_view data = {};                ///< empty if it went to the sink; NIL: data() is null
    std::uint64_t octets = 0;                  ///< how many there were, also when they went to the sink
    bool streamed = false;                     ///< they went to the sink
};

/// What a FETCH response said about one message. Absent items have their default.
struct message
{
    std::uint32_t sequence = 0;
    std::uint32_t uid = 0;  ///< 0: not said
    bool has_flags = false;
    flag system = flag::none;
    chain<std::string_view> keywords = {};   ///< with unknown "\Flags"
    std::optional<std::uint64_t> size = {};  ///< RFC822.SIZE; Exchange Online estimates it, so never rely on it
    std::string_view internal_date_text = {};
    std::optional<std::chrono::sys_seconds> internal_date = {};  ///< nothing if the text is no date
    imap::envelope const* envelope = nullptr;
    body_part const* structure = nullptr;
    chain<section_data> sections = {};

    bool has(flag f) const { return (system & f) == f; }
    /// A whole body has come, and it has not the announced size.
    OUTKIT_DECL bool size_contradicted() const;
};

/** Messages in the order in which the server sent them, in one block of memory.

    Everything in it, down to the last view, is valid as long as the batch. Moving it moves nothing.
*/
class message_batch
{
public:
    std::size_t size() const { return messages_.size(); }
    bool empty() const { return messages_.empty(); }
    message const& operator[](std::size_t i) const { return *messages_[i]; }

    class iterator
    {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = message;
        using difference_type = std::ptrdiff_t;
        using pointer = message const*;
        using reference = message const&;

        iterator() = default;
        explicit iterator(message* const* at) : at_(at) {}
        reference operator*() const { return **at_; }
        pointer operator->() const { return *at_; }
        iterator& operator++()
        {
            ++at_;
            return *this;
        }
        iterator operator++(int) { return iterator(at_++); }
        friend bool operator==(iterator, iterator) = default;

    private:
        message* const* at_ = nullptr;
    };
    iterator begin() const { return iterator(messages_.data()); }
    iterator end() const { return iterator(messages_.data() + messages_.size()); }

    /// UIDs that were asked for one by one and not answered: gone, or not convertible by the server.
    uid_set const& missing() const { return missing_; }

    /// Octets of memory the batch holds.
    std::size_t capacity() const { return arena_.capacity() + messages_.capacity() * sizeof(message*); }

    detail::arena& block() { return arena_; }
    void keep(message* m) { messages_.push_back(m); }
    template <class Predicate>
    void drop_if(Predicate p)
    {
        std::erase_if(messages_, [&p](message const* m) { return p(*m); });
    }
    // Makes one message of those with the same key; false if `merge` says that they contradict each other.
    template <class Key, class Merge>
    bool settle(Key key, Merge merge)
    {
        bool rising = true;
        for (std::size_t i = 1; i < messages_.size() && rising; ++i)
            rising = key(messages_[i - 1]) < key(messages_[i]);
        if (rising)
            return true;
        std::vector<std::size_t> order(messages_.size());
        for (std::size_t i = 0; i != order.size(); ++i)
            order[i] = i;
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(key(messages_[a]), a) < std::pair(key(messages_[b]), b);
        });
        for (std::size_t i = 0, first = 0; i != order.size(); ++i)
        {
            if (i == 0 || key(messages_[order[first]]) != key(messages_[order[i]]))
            {
                first = i;
                continue;
            }
            if (!merge(*messages_[order[first]], *messages_[order[i]]))
                return false;
            messages_[order[i]] = nullptr;
        }
        std::erase(messages_, nullptr);
        return true;
    }
    void miss(std::uint32_t uid) { missing_.add(uid); }

private:
    detail::arena arena_;
    std::vector<message*> messages_;
    uid_set missing_;
};

/// What of a message is wanted: BODY[...] (RFC 9051 section 6.4.5).
struct section
{
    enum class text
    {
        everything,         ///< BODY[] or BODY[1.2]
        header,             ///< the header, with the empty line that ends it
        header_fields,      ///< the named fields only
        header_fields_not,  ///< all but the named fields
        body,               ///< TEXT: what follows the header
        mime                ///< the MIME header of a part; needs a part
    };
    struct slice
    {
        std::uint32_t first = 0;   ///< octet, from 0
        std::uint32_t octets = 0;  ///< at most so many; the answer may be shorter
    };

    std::vector<std::uint32_t> part = {};  ///< {1, 2} is part 1.2; empty: the message
    text what = text::everything;
    std::vector<std::string> fields = {};  ///< header field names without colon
    std::optional<slice> only = {};
    bool mark_seen = false;  ///< without this, reading leaves \Seen alone (BODY.PEEK)
};

/// Where a section's octets go while they arrive.
struct section_piece
{
    std::uint32_t sequence = 0;
    std::uint32_t uid = 0;          ///< 0 if the server names it only after the octets; it is asked to name it first
    std::string_view section = {};  ///< as the server spells it
    std::uint64_t octets = 0;       ///< of the whole section
    std::uint64_t offset = 0;       ///< of this piece in the section
    std::string_view data = {};     ///< valid during the call
};

/// What to fetch. UIDs are always asked for.
struct fetch_items
{
    bool flags = false;
    bool internal_date = false;
    bool size = false;
    bool envelope = false;
    bool structure = false;
    std::vector<section> sections = {};

    /// Takes the sections' octets piece by piece instead of the batch. An error it returns ends the operation with that
    /// error, and the connection. Called at least once per section, also for an empty one.
    std::function<error_code(section_piece const&)> sink = {};

    /// Takes each message when it has come instead of the batch, which stays empty: for a mailbox of any size. Views are
    /// valid during the call; a server may tell of one message in several calls. An error it returns ends the operation
    /// with that error, and the connection.
    std::function<error_code(message const&)> each = {};

    /// ENVELOPE, BODYSTRUCTURE, FLAGS, RFC822.SIZE and INTERNALDATE: all that is known without reading the message.
    static fetch_items metadata()
    {
        fetch_items i;
        i.flags = i.internal_date = i.size = i.envelope = i.structure = true;
        return i;
    }
};

/// What the server can do. Names compare without case.
class capabilities
{
public:
    OUTKIT_DECL bool has(std::string_view name) const;
    /// As the server lists them; they live as long as this object is not changed.
    OUTKIT_DECL std::vector<std::string_view> names() const;
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    OUTKIT_DECL void add(std::string_view name);  ///< duplicates are ignored
    void clear() { *this = {}; }

private:
    std::string text_;  // a blank after each: thousands of idle connections keep theirs
    std::size_t size_ = 0;
};

/// The selected mailbox, kept up to date by what the server says during later commands.
struct mailbox_status
{
    std::string name = {};     ///< UTF-8
    std::uint32_t exists = 0;  ///< how many messages there are
    std::uint32_t recent = 0;
    std::uint32_t uid_validity = 0;    ///< 0: the server did not say
    std::uint32_t uid_next = 0;        ///< 0: the server did not say
    std::uint32_t first_unseen = 0;    ///< position; 0: none, or the server did not say
    std::uint32_t unseen = 0;          ///< how many; only async_status knows
    imap::flags flags = {};            ///< what messages here may have
    imap::flags permanent_flags = {};  ///< what can be changed for good
    bool new_keywords = false;         ///< \*: keywords can be invented
    bool read_only = false;
    bool reliable = true;  ///< false once the server contradicted itself about positions: select again
};

/// One line of LIST.
struct mailbox
{
    std::string name = {};                     ///< UTF-8, for people; as on the wire where that is not modified UTF-7
    std::string encoded = {};                  ///< as on the wire
    std::optional<char> delimiter = {};        ///< of the levels in the name; nothing for a flat name
    std::vector<std::string> attributes = {};  ///< "\HasNoChildren", "\Sent"
    bool selectable = true;                    ///< false for \Noselect and for names that cannot be said again

    OUTKIT_DECL bool has(std::string_view attribute) const;  ///< letters compare without case
    /// False for the folders that Exchange lists among the others and that hold no mail, such as Calendar, with what is
    /// below them. By their English names: in other languages they are not told apart.
    OUTKIT_DECL bool likely_mail() const;
};

/** The name of a mailbox in a command: from UTF-8 text, or from a line of LIST, which is said back as it came.

    Not quoted, not encoded. "INBOX" is the same in any case. NUL, CR and LF are refused (error::invalid_mailbox_name).
*/
class mailbox_name
{
public:
    mailbox_name(std::string_view utf8);
    mailbox_name(std::string const& utf8) : mailbox_name(std::string_view(utf8)) {}
    mailbox_name(char const* utf8) : mailbox_name(std::string_view(utf8)) {}
    mailbox_name(mailbox const& listed);

    std::string const& utf8() const { return utf8_; }
    std::string const& encoded() const { return encoded_; }
    bool valid() const { return valid_; }

private:
    std::string utf8_, encoded_;
    bool valid_ = false;
};

/// Where a server keeps mailboxes (RFC 2342).
struct namespaces
{
    struct entry
    {
        std::string prefix = {};
        std::optional<char> delimiter = {};
    };
    std::vector<entry> personal = {}, other_users = {}, shared = {};
};

/// How to change flags.
enum class store_mode
{
    replace,
    add,
    remove
};

struct store_options
{
    store_mode mode = store_mode::add;
    imap::flags flags = {};
    bool silent = false;  ///< the server need not say what the flags are now; the result is empty
};

struct append_options
{
    imap::flags flags = {};
    std::optional<std::chrono::sys_seconds> date = {};  ///< becomes INTERNALDATE; nothing: now
};

/// Where an appended or copied message went; zeros if the server does not say (no UIDPLUS).
struct append_result
{
    std::uint32_t uid_validity = 0;
    std::uint32_t uid = 0;
};

/// Which UIDs became which, as ranges of the same size; empty if the server does not say.
struct copy_result
{
    std::uint32_t uid_validity = 0;
    uid_set from = {};
    uid_set to = {};
};

/// Who a program is (RFC 2971): names like "name", "version", "vendor", and what they are.
using id_fields = std::vector<std::pair<std::string, std::string>>;

/// Something that happened in the selected mailbox.
struct mailbox_event
{
    enum class kind
    {
        exists,   ///< number is how many messages there are now
        recent,   ///< number is how many of them are new
        expunge,  ///< number is the position that is gone; those behind it moved down
        flags,    ///< number is the position; flags are its flags now
        resumed  ///< the connection was lost and made anew; what happened meanwhile is not told, and positions are counted
                 ///< anew. number is how many messages there are now
    };
    kind what = kind::exists;
    std::uint32_t number = 0;
    std::uint32_t uid = 0;  ///< flags: 0 if not said
    imap::flags flags = {};
};

struct idle_options
{
    /// How long to wait for something to happen. Zero: until it does, or stop_idle().
    std::chrono::milliseconds at_most{0};
    /// IDLE is ended and begun again this often. Servers drop it after 30 minutes (RFC 2177), so more than 29 minutes, and
    /// zero, are 29 minutes.
    std::chrono::milliseconds renew_every = std::chrono::minutes(10);

    /// When the access token expires, if that is known. IDLE ends in good order `before_expiry` before it, with
    /// error::access_token_expiring: the server would say nothing and be gone. A client that was opened with async_open()
    /// knows better, and makes another connection then.
    std::optional<std::chrono::system_clock::time_point> token_expires = {};
    std::chrono::milliseconds before_expiry = std::chrono::minutes(4);
};

}  // namespace outkit::inline OUTKIT_ABI::imap

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/imap/types.ipp>
#endif

#endif
