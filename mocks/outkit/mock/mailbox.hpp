#ifndef OUTKIT_MOCK_MAILBOX_HPP
#define OUTKIT_MOCK_MAILBOX_HPP

// The mail of a mock world. IMAP, SMTP and Graph are views of it: what one of them changes, the others show at once.
// It is state and nothing else: no protocol, no I/O, no clock of its own. Everything happens on the world's strand.

#include <outkit/detail/environment.hpp>
#include <outkit/detail/event.hpp>
#include <outkit/mime/structure.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

class folder;
class mailbox;
class mailbox_store;

/// How much mail a world keeps. Zero means none, not everything.
struct mailbox_limits
{
    std::size_t messages = 1'000;             // in all mailboxes together; the oldest are dropped
    std::uint64_t octets = 256ULL << 20;      // in all mailboxes together; the oldest are dropped
    std::size_t message_octets = 35UL << 20;  // of one message; a larger one is not taken
    std::size_t folders = 1'000;              // of one mailbox
    std::size_t removals = 10'000;            // remembered per folder, for Graph's delta
};

/// What a folder is for, whatever its name. The order is that in which a new mailbox gets them.
enum class role : std::uint8_t
{
    none,
    root,  // msgfolderroot: the parent of all others
    sent_items,
    deleted_items,
    outbox,
    inbox,
    drafts,
    junk_email,
    archive,
    conversation_history,
    calendar,
    birthdays,
    notes
};

/// The name Graph takes for a folder's id: "inbox", "sentitems" … "" for folders without one.
std::string_view well_known_name(role r);
/// The role of such a name, without regard to case; nothing if there is none.
std::optional<role> role_of(std::string_view well_known_name);
/// The attribute IMAP's LIST shows: "\\Sent", "\\Trash", "\\Drafts", "\\Junk"; "" for others. Exchange has none for the
/// archive (observed in LIST replies of Exchange Online and Outlook.com).
std::string_view special_use(role r);

/// System flags of a message, to be joined with '|' (RFC 9051 section 2.3.2). \Recent belongs to folder::take_recent().
enum class flags : std::uint8_t
{
    none = 0,
    seen = 1,
    answered = 2,
    flagged = 4,
    deleted = 8,
    draft = 16
};
constexpr flags operator|(flags a, flags b) { return flags(std::uint8_t(a) | std::uint8_t(b)); }
constexpr flags operator&(flags a, flags b) { return flags(std::uint8_t(a) & std::uint8_t(b)); }
constexpr flags operator-(flags a, flags b) { return flags(std::uint8_t(a) & ~std::uint8_t(b)); }
constexpr bool has(flags set, flags one) { return (set & one) != flags::none; }

/// A message as it was received, and what the one parser made of it. Shared by copies; never changes.
struct content
{
    std::string raw;  // line ends are CRLF
    mime::structure structure;
};

/// A message in a folder. Kept alive by whoever holds it, also after it was removed.
struct message
{
    std::shared_ptr<mock::content const> content;
    std::uint32_t uid = 0;
    mock::flags flags = mock::flags::none;
    std::vector<std::string> keywords;              // "$MDNSent" …, each once, in the order they came
    outkit::detail::wall_time internal_date = {};   // when it was received
    outkit::detail::wall_time created = {};         // when it came into the mailbox
    outkit::detail::wall_time modified = {};        // when anything of it changed last
    std::uint64_t sequence = 0;                     // the folder's mod_sequence at its last change
    std::string id;                                 // Graph, regular form: changes when the message is moved
    std::string immutable_id;                       // Graph, with Prefer: IdType="ImmutableId"
    std::string change_key;                         // Graph; its ETag is W/"change_key"
    std::string conversation_id;                    // Graph
    bool unconvertible = false;                     // Exchange cannot make MIME of it for IMAP
    std::map<std::string, std::string> properties;  // what a view keeps with the message (categories, importance …)

    bool is(mock::flags f) const { return has(flags, f); }
    std::string const& raw() const { return content->raw; }
    mime::structure const& structure() const { return content->structure; }
    mime::envelope const& envelope() const { return content->structure.head(); }
    std::size_t size() const { return content->raw.size(); }

private:
    friend class mailbox_store;
    std::uint64_t arrival_ = 0;  // its place in the order in which messages are dropped
    std::uint64_t item_ = 0;     // the counter in its ids
};
using message_ptr = std::shared_ptr<message>;

/// What the delta of Graph says of a message that is gone from a folder.
struct removal
{
    std::uint64_t sequence;
    std::string id;
    std::string immutable_id;
};

/** A folder of a mailbox, as IMAP and Graph show it. Sessions hold it by folder_ptr; removed() says that it is gone. */
class folder : public std::enable_shared_from_this<folder>
{
public:
    mailbox& owner() const { return *owner_; }
    folder* parent() const { return parent_; }
    std::vector<std::shared_ptr<folder>> const& children() const { return children_; }
    /// The display name in UTF-8: "Sent Items". The inbox's is "Inbox".
    std::string const& name() const { return name_; }
    /// The IMAP name in UTF-8, levels parted by '/': "INBOX", "Archive/2026". "" for the root.
    std::string path() const;
    mock::role role() const { return role_; }
    std::string const& id() const { return id_; }
    /// The key of the folder's ETag; changes when its name or parent does.
    std::string const& change_key() const { return change_key_; }
    /// Whether it holds mail. The calendar is a folder for IMAP, but none of Graph's mailFolders.
    bool is_mail() const { return role_ != mock::role::calendar && role_ != mock::role::birthdays; }
    bool hidden() const { return hidden_; }
    bool removed() const { return removed_; }

    /// By ascending UID: messages()[n - 1] has IMAP's sequence number n.
    std::vector<message_ptr> const& messages() const { return messages_; }
    message_ptr find(std::uint32_t uid) const;
    std::size_t unread() const;
    std::uint64_t octets() const { return octets_; }
    std::uint32_t uid_validity() const { return uid_validity_; }
    std::uint32_t uid_next() const { return uid_next_; }
    /// Grows with every change; a message's sequence is the value of its last one.
    std::uint64_t mod_sequence() const { return mod_sequence_; }
    /// Messages that left the folder, oldest first. Those before removals_since() are forgotten: a delta that began
    /// earlier has to start again.
    std::deque<removal> const& removals() const { return removals_; }
    std::uint64_t removals_since() const { return removals_since_; }

    /// The first UID no session has been told of as \Recent, and from now on has: for a SELECT that may change it.
    std::uint32_t take_recent() { return std::exchange(recent_from_, uid_next_); }
    /// The same without taking it: for EXAMINE and STATUS.
    std::uint32_t recent_from() const { return recent_from_; }

    bool subscribed = true;
    /// Notified after every change of the folder and of its messages. Make the watch before looking.
    outkit::detail::event changed;

private:
    friend class mailbox;
    friend class mailbox_store;

    mailbox* owner_ = nullptr;
    folder* parent_ = nullptr;
    std::vector<std::shared_ptr<folder>> children_;
    std::string name_;
    mock::role role_ = mock::role::none;
    std::string id_;
    std::string change_key_;
    std::uint64_t counter_ = 0;
    bool hidden_ = false;
    bool removed_ = false;
    std::vector<message_ptr> messages_;
    std::uint64_t octets_ = 0;
    std::uint32_t uid_validity_ = 0;
    std::uint32_t uid_next_ = 1;
    std::uint32_t recent_from_ = 1;
    std::uint64_t mod_sequence_ = 1;
    std::deque<removal> removals_;
    std::uint64_t removals_since_ = 0;
};
using folder_ptr = std::shared_ptr<folder>;

/// Where a message is.
struct location
{
    folder_ptr where;
    message_ptr what;
    explicit operator bool() const { return what != nullptr; }
};

/// How a mailbox is set up.
struct mailbox_options
{
    std::string address = {};               // primary; lower case is not needed
    std::vector<std::string> aliases = {};  // further addresses
    std::string display_name = {};          // defaults to the address
    bool personal = false;      // Outlook.com's folder names ("Sent", "Deleted", "Junk") instead of Exchange's
    std::string language = {};  // of the folders' names, one of mailbox_languages(); others count as English
};

/// The languages that folder names are known in: "en" and others, two letters each.
std::span<std::string_view const> mailbox_languages() noexcept;

/// The mailbox of one person or a shared one. Its owner is mailbox_store, which also changes it.
class mailbox
{
public:
    std::string const& address() const { return address_; }
    std::vector<std::string> const& aliases() const { return aliases_; }
    /// A GUID for Graph's ids; visibly a mock's.
    std::string const& guid() const { return guid_; }
    bool has_address(std::string_view address) const;
    /// Whether it is one of Outlook.com, with that service's folder names.
    bool personal() const { return personal_; }
    /// Of its folders' names: "en", "de" …
    std::string const& language() const { return language_; }
    /// IMAP paths people have subscribed to whose folders are gone: LSUB still shows them.
    std::set<std::string, std::less<>> lost_subscriptions;

    folder_ptr const& root() const { return root_; }
    /// The folder of that role, or null. Every mailbox has those of Exchange; "notes" only a personal one.
    folder_ptr find(role r) const;
    /// By IMAP name in UTF-8; "INBOX" in any case, the others exactly.
    folder_ptr find_path(std::string_view path) const;
    /// By Graph id or well-known name.
    folder_ptr find_folder(std::string_view id) const;
    /// By Graph id of either form.
    location find_message(std::string_view id) const;
    /// All folders except the root, parents before their children.
    std::vector<folder_ptr> folders() const;
    std::uint64_t octets() const;

    std::string display_name;
    std::uint64_t quota = 50ULL << 30;  // octets; a full mailbox takes no mail
    /// Notified after every change of any of its folders.
    outkit::detail::event changed;

private:
    friend class mailbox_store;
    std::string address_;
    std::vector<std::string> aliases_;
    std::string guid_;
    bool personal_ = false;
    std::string language_;
    folder_ptr root_;
    std::map<role, folder*> roles_;
    std::unordered_map<std::string, folder*> folders_;
    std::unordered_map<std::string, std::pair<folder*, message_ptr>> messages_;  // by both forms of the id
    std::unordered_map<std::string, std::string> conversations_;                 // by message id
    std::uint32_t next_validity_ = 14;
    std::uint64_t next_item_ = 0x200;
    std::uint64_t next_folder_ = 0x120;
    std::uint64_t next_change_ = 1;
};

/// How a message comes into a folder.
struct append_options
{
    mock::flags flags = mock::flags::none;
    std::vector<std::string> keywords = {};
    std::optional<outkit::detail::wall_time> internal_date = {};  // defaults to now
    bool unconvertible = false;                                   // as in message
};

/// A message that is sent, by SMTP or Graph.
struct submission
{
    mailbox* sender = nullptr;                 // whose Sent Items get a copy; may be null
    std::string raw = {};                      // as it is to be seen; a Bcc field stays in Sent Items only
    std::vector<std::string> recipients = {};  // of the envelope
    bool save_to_sent_items = true;
};

/// What became of it.
struct delivery
{
    location sent;                     // the copy in Sent Items, if any
    std::vector<location> received;    // one per mailbox, however often and by whichever of its addresses it was named
    std::vector<std::string> outside;  // recipients that have no mailbox in this world
    std::vector<std::string> refused;  // recipients whose mailbox is full, or the message too large
};

/// Something that has just happened to a message.
struct change
{
    enum class kind
    {
        created,
        updated,
        deleted
    };
    kind what;
    folder const& where;
    message const& which;  // as it is now; one that was deleted as it was
    bool moved = false;    // deleted and created are two halves of a move within the mailbox
};

/** All mailboxes of a world.

    Everything that changes mail goes through this class; it keeps UIDs, ids, change keys and the limits right and
    notifies the folder's and the mailbox's event. Functions that take a folder and a UID do nothing and say so (false,
    null, 0) when there is no such message.
*/
class mailbox_store
{
public:
    explicit mailbox_store(outkit::detail::environment& world, mailbox_limits limits = {})
        : world_(world), limits_(limits)
    {
    }
    mailbox_store(mailbox_store const&) = delete;

    mailbox_limits const& limits() const { return limits_; }
    /// Takes effect at once: drops what is too much.
    void set_limits(mailbox_limits limits);
    /// Told of every message that the limits drop: "dropped the oldest message (uid 7 of ann@contoso.example, INBOX) …".
    std::function<void(std::string const&)> on_drop;
    std::uint64_t dropped() const { return dropped_; }

    /// Told of every change right after it, in order. They must not change mail themselves. `who` takes itself off again.
    using change_listener = std::function<void(change const&)>;
    void listen(void const* who, change_listener l) { listeners_[who] = std::move(l); }
    void stop_listening(void const* who) { listeners_.erase(who); }
    std::size_t messages() const { return arrivals_.size(); }
    std::uint64_t octets() const { return octets_; }

    /// Makes a mailbox with Exchange's folders. Null if one of the addresses is taken or empty.
    mailbox* create(mailbox_options options);
    /// By primary address or alias, without regard to case. Null if there is none.
    mailbox* find(std::string_view address) const;
    /// In the order of their making.
    std::vector<std::unique_ptr<mailbox>> const& all() const { return mailboxes_; }
    /// Removes all mail and folders people made, and starts again with the folders of a new mailbox.
    void clear(mailbox& box);
    bool remove(std::string_view address);

    /// Null if the message is larger than the limit. Lone CR and LF become CRLF.
    message_ptr append(folder& to, std::string raw, append_options options = {});
    /// Null as above, or if the mailbox is full.
    location deliver(mailbox& to, std::string raw);
    /// Delivers to every recipient that has a mailbox here, once to each, and keeps a copy for the sender.
    delivery submit(submission s);
    /// New text for a draft: a new UID and change key, the same ids and the same place for Graph.
    message_ptr replace(folder& in, std::uint32_t uid, std::string raw);

    enum class how
    {
        set,
        add,
        remove
    };
    /// Changes flags and keywords. False if there is no such message; nothing is notified when nothing changes.
    bool store(folder& in, std::uint32_t uid, how change, flags f, std::span<std::string const> keywords = {});
    /// Says that properties of the message have been changed: new change key and sequence, and a notice.
    bool touch(folder& in, std::uint32_t uid);

    bool expunge(folder& from, std::uint32_t uid);
    /// Expunges all messages of these UIDs (sorted or not); those that do not exist are passed over. Returns how many.
    std::size_t expunge(folder& from, std::span<std::uint32_t const> uids);
    /// The copy has the same flags and internal date. Null if there is no such message.
    message_ptr copy(folder& from, std::uint32_t uid, folder& to);
    /// The moved message has a new UID and, between folders, a new id; its immutable id stays within a mailbox.
    message_ptr move(folder& from, std::uint32_t uid, folder& to);

    /// Null if the name is empty, too long, has '/' or control characters in it, or is taken in that folder (compared
    /// without regard to case), or if there are too many folders.
    folder_ptr create_folder(folder& parent, std::string_view name, bool hidden = false);
    /// By IMAP path; makes missing parents. Null as above, also if it exists already.
    folder_ptr create_path(mailbox& in, std::string_view path);
    /// Gives it another parent, another name or both; "" keeps the name. False for folders with a role, for names as
    /// above, and if it would become its own child.
    bool move_folder(folder& f, folder& parent, std::string_view name = {});
    /// With everything in it. False for folders with a role.
    bool remove_folder(folder& f);

private:
    std::shared_ptr<content const> make_content(std::string raw) const;
    message_ptr add(folder& to, std::shared_ptr<content const> c, append_options options);
    location deliver(mailbox& to, std::shared_ptr<content const> c);
    void insert(folder& to, message_ptr const& m);
    void take_out(folder& from, message_ptr const& m, bool remember);
    void forget(folder& from, message const& m, bool remember);
    void renew(folder& in, message& m);
    void notify(folder& f);
    void tell(change::kind what, folder const& where, message const& which, bool moved = false) const;
    void enforce_limits();
    folder_ptr add_folder(mailbox& in, folder* parent, std::string name, role r, std::uint64_t counter);
    void make_folders(mailbox& in);
    std::string conversation_of(mailbox& in, message const& m);
    void forget_folder(folder& f);
    bool may_be_named(folder const& parent, std::string_view name, folder const* except) const;

    outkit::detail::environment& world_;
    mailbox_limits limits_;
    std::vector<std::unique_ptr<mailbox>> mailboxes_;
    std::vector<std::unique_ptr<mailbox>> removed_;
    std::unordered_map<std::string, mailbox*> addresses_;  // in lower case
    std::map<std::uint64_t, std::pair<folder*, message_ptr>> arrivals_;
    std::uint64_t next_arrival_ = 1;
    std::uint64_t octets_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t made_ = 0;
    std::map<void const*, change_listener> listeners_;
};

/// Whether a text has the form of a Graph id of a message or a folder, whoever's it is.
bool is_graph_id(std::string_view id);

/// The message without the fields of that name, folds included: Bcc for what is delivered.
std::string without_field(std::string_view raw, std::string_view name);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/mailbox.ipp>
#endif

#endif
