#include <outkit/mock/mailbox.hpp>

#include <outkit/detail/encoding.hpp>
#include <outkit/mime/header.hpp>
#include <outkit/mime/message.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace outkit::inline OUTKIT_ABI::mock {

namespace mailbox_detail {

struct role_row
{
    mock::role role;
    std::string_view graph;     // well-known name
    std::string_view imap;      // attribute in LIST
    std::string_view work;      // name in Exchange
    std::string_view personal;  // name in Outlook.com; "" if it is not there
    std::uint64_t counter;      // in the folder's id, as seen in Graph's samples where there are any
    mock::role parent = role::root;
};

// In the order in which a new mailbox gets them, so that the inbox has the UIDVALIDITY that is so common: 14.
inline constexpr role_row roles[] = {
    {role::root, "msgfolderroot", "", "Top of Information Store", "Top of Information Store", 0x108, role::none},
    {role::inbox, "inbox", "", "Inbox", "Inbox", 0x10c},
    {role::drafts, "drafts", "\\Drafts", "Drafts", "Drafts", 0x10f},
    {role::sent_items, "sentitems", "\\Sent", "Sent Items", "Sent", 0x109},
    {role::deleted_items, "deleteditems", "\\Trash", "Deleted Items", "Deleted", 0x10a},
    {role::outbox, "outbox", "", "Outbox", "Outbox", 0x10b},
    {role::junk_email, "junkemail", "\\Junk", "Junk Email", "Junk", 0x114},
    {role::archive, "archive", "", "Archive", "Archive", 0x115},
    {role::conversation_history, "conversationhistory", "", "Conversation History", "", 0x116},
    {role::calendar, "", "", "Calendar", "", 0x10d},
    {role::birthdays, "", "", "Birthdays", "", 0x117, role::calendar},
    {role::notes, "", "", "", "Notes", 0x112},
};

// The names of Outlook in other languages, in the order of `roles` without the root. The inbox's is not seen by IMAP.
struct language_row
{
    std::string_view language;
    std::array<std::string_view, 11> names;
};
inline constexpr language_row languages[] = {
    {"de",
     {"Posteingang", "Entw\u00fcrfe", "Gesendete Elemente", "Gel\u00f6schte Elemente", "Postausgang", "Junk-E-Mail",
      "Archiv", "Aufgezeichnete Unterhaltungen", "Kalender", "Geburtstage", "Notizen"}},
    {"es",
     {"Bandeja de entrada", "Borradores", "Elementos enviados", "Elementos eliminados", "Bandeja de salida",
      "Correo no deseado", "Archivo", "Historial de conversaciones", "Calendario", "Cumplea\u00f1os", "Notas"}},
    {"fr",
     {"Bo\u00eete de r\u00e9ception", "Brouillons", "\u00c9l\u00e9ments envoy\u00e9s",
      "\u00c9l\u00e9ments supprim\u00e9s", "Bo\u00eete d'envoi", "Courrier ind\u00e9sirable", "Archive",
      "Historique des conversations", "Calendrier", "Anniversaires", "Notes"}},
    {"pl",
     {"Skrzynka odbiorcza", "Wersje robocze", "Elementy wys\u0142ane", "Elementy usuni\u0119te", "Skrzynka nadawcza",
      "Wiadomo\u015bci-\u015bmieci", "Archiwum", "Historia konwersacji", "Kalendarz", "Urodziny", "Notatki"}},
};

inline role_row const* row_of(role r)
{
    auto const it = std::ranges::find(roles, r, &role_row::role);
    return it == std::end(roles) ? nullptr : &*it;
}

inline void put(std::string& out, std::initializer_list<int> bytes)
{
    for (int const b : bytes)
        out += static_cast<char>(b);
}

inline void put_counter(std::string& out, std::uint64_t n)
{
    for (int shift = 40; shift >= 0; shift -= 8)
        out += static_cast<char>(n >> shift & 0xff);
}

// The 16 bytes of a GUID, with the first changed so that one mailbox can have several.
inline std::string guid_bytes(std::string_view guid, int variant)
{
    std::string digits(guid);
    std::erase(digits, '-');
    std::string bytes = outkit::detail::hex_decode(digits).value_or(std::string(16, '\0'));
    bytes[0] = static_cast<char>(variant);
    return bytes;
}

inline std::string graph_text(std::string const& bytes)
{
    std::string text = outkit::detail::base64url_encode(bytes);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

// Layouts as they can be read from ids in public samples. Clients look at their lengths.
inline std::string folder_id(std::string const& guid, std::uint64_t counter)
{
    std::string b;
    put(b, {0, 3, 0x24, 0});
    b += guid;
    put(b, {0, 0x2e, 0, 0, 0, 0, 0});
    b += guid_bytes(guid, 1);
    put(b, {1, 0});
    b += guid_bytes(guid, 2);
    put_counter(b, counter);
    put(b, {0, 0});
    return graph_text(b);
}

inline std::string message_id(std::string const& guid, std::uint64_t folder, std::uint64_t item)
{
    std::string b;
    put(b, {0, 3, 0x24, 0});
    b += guid;
    put(b, {0, 0x46, 0, 0, 0, 0, 0});
    b += guid_bytes(guid, 1);
    put(b, {7, 0});
    b += guid_bytes(guid, 2);
    put_counter(b, folder);
    put(b, {0, 0});
    b += guid_bytes(guid, 3);
    put_counter(b, item);
    put(b, {0, 0});
    return graph_text(b);
}

inline std::string immutable_id(std::string const& guid, std::uint64_t item)
{
    std::string b;
    put(b, {0, 9, 0, 0x2e, 0, 0, 0, 0, 0});
    put(b, {0x1d, 0x84, 0x03, 0x11, 0xaa, 0x66, 0x11, 0xcd, 0x9b, 0xc8, 0x00, 0xaa, 0x00, 0x2f, 0x84, 0x5a});
    put(b, {0x0d, 0});
    b += guid_bytes(guid, 3);
    put_counter(b, item);
    put(b, {0, 0});
    return graph_text(b);
}

inline std::string conversation_id(std::string const& guid, std::uint64_t n)
{
    std::string b;
    put(b, {0, 4, 0x24, 0});
    b += guid;
    put(b, {0, 0x10, 0});
    b += guid_bytes(guid, 4).substr(0, 10);
    put_counter(b, n);
    return graph_text(b);
}

inline std::string change_key(std::string const& guid, int kind, std::uint64_t n)
{
    std::string b;
    put(b, {kind, 0, 0, 0, 22, 0, 0, 0});
    b += guid_bytes(guid, 5);
    put_counter(b, n);
    return outkit::detail::base64_encode(b);
}

}  // namespace mailbox_detail

OUTKIT_INLINE std::string_view well_known_name(role r)
{
    mailbox_detail::role_row const* const row = mailbox_detail::row_of(r);
    return row ? row->graph : std::string_view();
}

OUTKIT_INLINE std::optional<role> role_of(std::string_view name)
{
    for (mailbox_detail::role_row const& row : mailbox_detail::roles)
        if (!row.graph.empty() && mime::detail::equal_fold(row.graph, name))
            return row.role;
    return std::nullopt;
}

OUTKIT_INLINE std::string_view special_use(role r)
{
    mailbox_detail::role_row const* const row = mailbox_detail::row_of(r);
    return row ? row->imap : std::string_view();
}

OUTKIT_INLINE std::span<std::string_view const> mailbox_languages() noexcept
{
    static constexpr std::string_view all[] = {"en", "de", "es", "fr", "pl"};
    return all;
}

OUTKIT_INLINE std::string folder::path() const
{
    if (!parent_)
        return {};
    std::vector<std::string_view> names;
    for (folder const* f = this; f->parent_; f = f->parent_)
        names.push_back(f->role_ != mock::role::inbox ? std::string_view(f->name_)
                        : owner_->personal()          ? std::string_view("Inbox")
                                                      : std::string_view("INBOX"));
    std::string out(names.back());
    for (std::size_t i = names.size() - 1; i-- != 0;)
    {
        out += '/';
        out += names[i];
    }
    return out;
}

OUTKIT_INLINE message_ptr folder::find(std::uint32_t uid) const
{
    auto const it = std::ranges::lower_bound(messages_, uid, {}, &message::uid);
    return it != messages_.end() && (*it)->uid == uid ? *it : nullptr;
}

OUTKIT_INLINE std::size_t folder::unread() const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(messages_, [](message_ptr const& m) { return !m->is(flags::seen); }));
}

OUTKIT_INLINE bool mailbox::has_address(std::string_view address) const
{
    return mime::detail::equal_fold(address_, address) ||
           std::ranges::any_of(aliases_, [&](std::string const& a) { return mime::detail::equal_fold(a, address); });
}

OUTKIT_INLINE folder_ptr mailbox::find(role r) const
{
    auto const it = roles_.find(r);
    return it == roles_.end() ? nullptr : it->second->shared_from_this();
}

OUTKIT_INLINE folder_ptr mailbox::find_path(std::string_view path) const
{
    folder_ptr at = root_;
    while (at)
    {
        std::size_t const slash = path.find('/');
        std::string_view const name = path.substr(0, slash);
        folder_ptr next;
        for (folder_ptr const& f : at->children_)
            if (f->role_ == role::inbox ? mime::detail::equal_fold(name, "INBOX") : f->name_ == name)
                next = f;
        at = std::move(next);
        if (slash == path.npos)
            break;
        path.remove_prefix(slash + 1);
    }
    return at;
}

OUTKIT_INLINE folder_ptr mailbox::find_folder(std::string_view id) const
{
    if (std::optional<role> const r = role_of(id))
        return find(*r);
    auto const it = folders_.find(std::string(id));
    return it == folders_.end() ? nullptr : it->second->shared_from_this();
}

OUTKIT_INLINE location mailbox::find_message(std::string_view id) const
{
    auto const it = messages_.find(std::string(id));
    if (it == messages_.end())
        return {};
    return {it->second.first->shared_from_this(), it->second.second};
}

OUTKIT_INLINE std::vector<folder_ptr> mailbox::folders() const
{
    std::vector<folder_ptr> out(root_->children_);
    for (std::size_t i = 0; i != out.size(); ++i)
    {
        std::vector<folder_ptr> const& children = out[i]->children_;
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(i) + 1, children.begin(), children.end());
    }
    return out;
}

OUTKIT_INLINE std::uint64_t mailbox::octets() const
{
    std::uint64_t sum = 0;
    for (auto const& [id, f] : folders_)
        sum += f->octets();
    return sum;
}

OUTKIT_INLINE void mailbox_store::set_limits(mailbox_limits limits)
{
    limits_ = limits;
    enforce_limits();
}

OUTKIT_INLINE mailbox* mailbox_store::create(mailbox_options options)
{
    std::vector<std::string> addresses = options.aliases;
    addresses.push_back(options.address);
    for (std::string& a : addresses)
    {
        a = mime::detail::lower(a);
        if (a.empty() || addresses_.contains(a))
            return nullptr;
    }
    auto box = std::make_unique<mailbox>();
    std::string number = std::to_string(++made_);
    number.insert(0, number.size() < 12 ? 12 - number.size() : 0, '0');
    number.replace(0, 1, "b");
    box->guid_ = "00000000-0000-4000-8000-" + number;
    box->address_ = std::move(options.address);
    box->aliases_ = std::move(options.aliases);
    box->display_name = options.display_name.empty() ? box->address_ : std::move(options.display_name);
    box->personal_ = options.personal;
    auto const known = mailbox_languages();
    box->language_ = std::ranges::find(known, options.language) == known.end() ? "en" : std::move(options.language);
    make_folders(*box);
    for (std::string const& a : addresses)
        addresses_[a] = box.get();
    return mailboxes_.emplace_back(std::move(box)).get();
}

OUTKIT_INLINE mailbox* mailbox_store::find(std::string_view address) const
{
    auto const it = addresses_.find(mime::detail::lower(address));
    return it == addresses_.end() ? nullptr : it->second;
}

OUTKIT_INLINE void mailbox_store::clear(mailbox& box)
{
    std::vector<folder_ptr> old = box.folders();
    old.push_back(box.root_);
    for (folder_ptr const& f : old)
        forget_folder(*f);
    box.conversations_.clear();
    box.lost_subscriptions.clear();
    make_folders(box);
    for (folder_ptr const& f : old)
        f->changed.notify();
    box.changed.notify();
}

OUTKIT_INLINE bool mailbox_store::remove(std::string_view address)
{
    mailbox* const box = find(address);
    if (!box)
        return false;
    std::vector<folder_ptr> const old = box->folders();
    for (folder_ptr const& f : old)
        forget_folder(*f);
    std::erase_if(addresses_, [&](auto const& entry) { return entry.second == box; });
    for (folder_ptr const& f : old)
        f->changed.notify();
    auto const it = std::ranges::find(mailboxes_, box, &std::unique_ptr<mailbox>::get);
    removed_.push_back(std::move(*it));  // sessions that have it open still look at it
    mailboxes_.erase(it);
    removed_.back()->changed.notify();
    return true;
}

OUTKIT_INLINE std::shared_ptr<content const> mailbox_store::make_content(std::string raw) const
{
    auto c = std::make_shared<content>();
    c->raw = mime::with_crlf(raw);  // RFC 5321 section 2.3.8
    c->structure = mime::parse(c->raw);
    return c;
}

OUTKIT_INLINE message_ptr mailbox_store::append(folder& to, std::string raw, append_options options)
{
    if (raw.size() > limits_.message_octets || to.removed_)
        return nullptr;
    return add(to, make_content(std::move(raw)), std::move(options));
}

OUTKIT_INLINE message_ptr mailbox_store::add(folder& to, std::shared_ptr<content const> c, append_options options)
{
    auto m = std::make_shared<message>();
    m->content = std::move(c);
    m->flags = options.flags;
    for (std::string& keyword : options.keywords)
        if (std::ranges::find(m->keywords, keyword) == m->keywords.end())
            m->keywords.push_back(std::move(keyword));
    m->created = world_.date();
    m->internal_date = options.internal_date.value_or(m->created);
    m->unconvertible = options.unconvertible;
    insert(to, m);
    tell(change::kind::created, to, *m);
    notify(to);
    enforce_limits();
    return m;
}

OUTKIT_INLINE location mailbox_store::deliver(mailbox& to, std::string raw)
{
    if (raw.size() > limits_.message_octets)
        return {};
    return deliver(to, make_content(std::move(raw)));
}

OUTKIT_INLINE location mailbox_store::deliver(mailbox& to, std::shared_ptr<content const> c)
{
    folder_ptr inbox = to.find(role::inbox);
    if (!inbox || to.octets() + c->raw.size() > to.quota)
        return {};
    message_ptr m = add(*inbox, std::move(c), {});
    return {std::move(inbox), std::move(m)};
}

OUTKIT_INLINE delivery mailbox_store::submit(submission s)
{
    delivery out;
    std::vector<std::pair<mailbox*, std::string>> boxes;
    std::set<mailbox*> known;
    std::set<std::string> outside;
    for (std::string& recipient : s.recipients)
    {
        mailbox* const box = find(recipient);
        if (!box && outside.insert(mime::detail::lower(recipient)).second)
            out.outside.push_back(std::move(recipient));
        else if (box && s.raw.size() > limits_.message_octets)
            out.refused.push_back(std::move(recipient));
        else if (box && known.insert(box).second)
            boxes.emplace_back(box, std::move(recipient));
    }
    if (s.raw.size() > limits_.message_octets)
        return out;

    std::string for_recipients = without_field(s.raw, "Bcc");
    bool const same = for_recipients.size() == s.raw.size();
    std::shared_ptr<content const> const theirs = make_content(std::move(for_recipients));
    if (s.sender && s.save_to_sent_items)
        if (folder_ptr sent = s.sender->find(role::sent_items))
        {
            append_options options;
            options.flags = flags::seen;
            message_ptr m = add(*sent, same ? theirs : make_content(std::move(s.raw)), std::move(options));
            out.sent = {std::move(sent), std::move(m)};
        }
    for (auto& [box, recipient] : boxes)
    {
        location l = deliver(*box, theirs);
        if (l)
            out.received.push_back(std::move(l));
        else
            out.refused.push_back(std::move(recipient));
    }
    return out;
}

OUTKIT_INLINE message_ptr mailbox_store::replace(folder& in, std::uint32_t uid, std::string raw)
{
    message_ptr const old = in.find(uid);
    if (!old || raw.size() > limits_.message_octets)
        return nullptr;
    auto m = std::make_shared<message>(*old);
    m->content = make_content(std::move(raw));
    take_out(in, old, false);
    insert(in, m);
    tell(change::kind::updated, in, *m);
    notify(in);
    enforce_limits();
    return m;
}

OUTKIT_INLINE bool mailbox_store::store(folder& in, std::uint32_t uid, how change, flags f,
                                        std::span<std::string const> keywords)
{
    message_ptr const m = in.find(uid);
    if (!m)
        return false;
    flags const next = change == how::set ? f : change == how::add ? m->flags | f : m->flags - f;
    std::vector<std::string> words;
    if (change != how::set)
        words = m->keywords;
    for (std::string const& keyword : keywords)
    {
        auto const it =
            std::ranges::find_if(words, [&](std::string const& w) { return mime::detail::equal_fold(w, keyword); });
        if (change == how::remove && it != words.end())
            words.erase(it);
        else if (change != how::remove && it == words.end())
            words.push_back(keyword);
    }
    if (next == m->flags && words == m->keywords)
        return true;
    m->flags = next;
    m->keywords = std::move(words);
    renew(in, *m);
    tell(change::kind::updated, in, *m);
    notify(in);
    return true;
}

OUTKIT_INLINE bool mailbox_store::touch(folder& in, std::uint32_t uid)
{
    message_ptr const m = in.find(uid);
    if (!m)
        return false;
    renew(in, *m);
    tell(change::kind::updated, in, *m);
    notify(in);
    return true;
}

OUTKIT_INLINE bool mailbox_store::expunge(folder& from, std::uint32_t uid)
{
    return expunge(from, std::span(&uid, 1)) == 1;
}

OUTKIT_INLINE std::size_t mailbox_store::expunge(folder& from, std::span<std::uint32_t const> uids)
{
    std::vector<message_ptr> gone;
    for (std::uint32_t const uid : uids)
        if (message_ptr m = from.find(uid))
            gone.push_back(std::move(m));
    std::ranges::sort(gone, {}, &message::uid);
    gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
    // One pass over the folder, however many go.
    auto next = gone.begin();
    std::erase_if(from.messages_, [&](message_ptr const& m) {
        bool const here = next != gone.end() && *next == m;
        next += here;
        return here;
    });
    for (message_ptr const& m : gone)
    {
        forget(from, *m, true);
        tell(change::kind::deleted, from, *m);
    }
    if (!gone.empty())
        notify(from);
    return gone.size();
}

OUTKIT_INLINE message_ptr mailbox_store::copy(folder& from, std::uint32_t uid, folder& to)
{
    message_ptr const old = from.find(uid);
    if (!old || to.removed_)
        return nullptr;
    auto m = std::make_shared<message>(*old);
    m->arrival_ = 0;
    m->item_ = 0;
    m->created = world_.date();
    insert(to, m);
    tell(change::kind::created, to, *m);
    notify(to);
    enforce_limits();
    return m;
}

OUTKIT_INLINE message_ptr mailbox_store::move(folder& from, std::uint32_t uid, folder& to)
{
    message_ptr const old = from.find(uid);
    if (!old || to.removed_)
        return nullptr;
    auto m = std::make_shared<message>(*old);
    if (from.owner_ != to.owner_)
        m->item_ = 0;
    take_out(from, old, &from != &to);
    insert(to, m);
    if (&from == &to)
        tell(change::kind::updated, to, *m);
    else
    {
        bool const within = from.owner_ == to.owner_;
        tell(change::kind::deleted, from, *old, within);
        tell(change::kind::created, to, *m, within);
    }
    notify(from);
    if (&from != &to)
        notify(to);
    return m;
}

OUTKIT_INLINE bool mailbox_store::may_be_named(folder const& parent, std::string_view name, folder const* except) const
{
    if (name.empty() || name.size() > 255 || !mime::valid_utf8(name) || parent.removed_)
        return false;
    for (std::string_view rest = name; !rest.empty();)
    {
        char32_t const c = outkit::detail::take_code_point(rest);
        if (c == '/' || mime::detail::is_hidden(c))
            return false;
    }
    for (folder_ptr const& f : parent.children_)
        if (f.get() != except && mime::detail::equal_fold(f->name_, name))
            return false;
    return true;
}

OUTKIT_INLINE folder_ptr mailbox_store::create_folder(folder& parent, std::string_view name, bool hidden)
{
    mailbox& box = *parent.owner_;
    std::size_t depth = 0;
    for (folder const* f = &parent; f; f = f->parent_)
        ++depth;
    if (!may_be_named(parent, name, nullptr) || box.folders_.size() >= limits_.folders || depth > 64)
        return nullptr;
    folder_ptr f = add_folder(box, &parent, std::string(name), role::none, box.next_folder_++);
    f->hidden_ = hidden;
    parent.changed.notify();
    box.changed.notify();
    return f;
}

OUTKIT_INLINE folder_ptr mailbox_store::create_path(mailbox& in, std::string_view path)
{
    if (in.find_path(path))
        return nullptr;
    folder_ptr at = in.root_;
    for (std::size_t begin = 0; at && begin <= path.size();)
    {
        std::size_t const end = std::min(path.find('/', begin), path.size());
        folder_ptr next = in.find_path(path.substr(0, end));
        at = next ? next : create_folder(*at, path.substr(begin, end - begin));
        begin = end + 1;
    }
    return at;
}

OUTKIT_INLINE bool mailbox_store::move_folder(folder& f, folder& parent, std::string_view name)
{
    if (f.role_ != role::none || f.removed_ || f.owner_ != parent.owner_)
        return false;
    for (folder const* p = &parent; p; p = p->parent_)
        if (p == &f)
            return false;
    std::string const next(name.empty() ? std::string_view(f.name_) : name);
    if (!may_be_named(parent, next, &f))
        return false;
    folder_ptr const self = f.shared_from_this();
    folder& before = *f.parent_;
    std::erase(before.children_, self);
    parent.children_.push_back(self);
    f.parent_ = &parent;
    f.name_ = next;
    f.change_key_ = mailbox_detail::change_key(f.owner_->guid_, 0x11, f.owner_->next_change_++);
    before.changed.notify();
    parent.changed.notify();
    f.changed.notify();
    f.owner_->changed.notify();
    return true;
}

OUTKIT_INLINE bool mailbox_store::remove_folder(folder& f)
{
    if (f.role_ != role::none || f.removed_)
        return false;
    std::vector<folder_ptr> all(1, f.shared_from_this());
    for (std::size_t i = 0; i != all.size(); ++i)
    {
        std::vector<folder_ptr> const& children = all[i]->children_;
        all.insert(all.end(), children.begin(), children.end());
    }
    mailbox& box = *f.owner_;
    folder& parent = *f.parent_;
    for (folder_ptr const& one : all)
        if (one->subscribed)
            box.lost_subscriptions.insert(one->path());
    std::erase(parent.children_, all.front());
    for (folder_ptr const& one : all)
        forget_folder(*one);
    for (folder_ptr const& one : all)
        one->changed.notify();
    parent.changed.notify();
    box.changed.notify();
    return true;
}

// Gives the message its place and its identity in the folder. The caller notifies.
OUTKIT_INLINE void mailbox_store::insert(folder& to, message_ptr const& m)
{
    mailbox& box = *to.owner_;
    m->uid = to.uid_next_++;
    if (m->item_ == 0)
    {
        m->item_ = box.next_item_++;
        m->immutable_id = mailbox_detail::immutable_id(box.guid_, m->item_);
        m->conversation_id = conversation_of(box, *m);
    }
    m->id = mailbox_detail::message_id(box.guid_, to.counter_, m->item_);
    if (m->arrival_ == 0)
        m->arrival_ = next_arrival_++;
    renew(to, *m);
    to.messages_.push_back(m);
    to.octets_ += m->size();
    octets_ += m->size();
    box.messages_[m->id] = box.messages_[m->immutable_id] = {&to, m};
    arrivals_[m->arrival_] = {&to, m};
}

OUTKIT_INLINE void mailbox_store::take_out(folder& from, message_ptr const& m, bool remember)
{
    std::erase(from.messages_, m);
    forget(from, *m, remember);
}

// The message is no longer among the folder's; takes it out of the indexes.
OUTKIT_INLINE void mailbox_store::forget(folder& from, message const& m, bool remember)
{
    mailbox& box = *from.owner_;
    box.messages_.erase(m.id);
    box.messages_.erase(m.immutable_id);
    arrivals_.erase(m.arrival_);
    from.octets_ -= m.size();
    octets_ -= m.size();
    ++from.mod_sequence_;
    if (!remember)
        return;
    from.removals_.push_back({from.mod_sequence_, m.id, m.immutable_id});
    if (from.removals_.size() > limits_.removals)
    {
        from.removals_since_ = from.removals_.front().sequence;
        from.removals_.pop_front();
    }
}

OUTKIT_INLINE void mailbox_store::renew(folder& in, message& m)
{
    m.sequence = ++in.mod_sequence_;
    m.modified = world_.date();
    m.change_key = mailbox_detail::change_key(in.owner_->guid_, 9, in.owner_->next_change_++);
}

OUTKIT_INLINE void mailbox_store::notify(folder& f)
{
    f.changed.notify();
    f.owner_->changed.notify();
}

OUTKIT_INLINE void mailbox_store::tell(change::kind what, folder const& where, message const& which, bool moved) const
{
    for (auto const& [who, listener] : listeners_)
        listener(change{what, where, which, moved});
}

OUTKIT_INLINE void mailbox_store::enforce_limits()
{
    while (!arrivals_.empty() && (arrivals_.size() > limits_.messages || octets_ > limits_.octets))
    {
        auto const [where, m] = arrivals_.begin()->second;
        take_out(*where, m, true);
        tell(change::kind::deleted, *where, *m);
        ++dropped_;
        if (on_drop)
            on_drop("dropped the oldest message (UID " + std::to_string(m->uid) + " of " + where->owner_->address_ +
                    ", " + where->path() + "): the limit is " + std::to_string(limits_.messages) + " messages and " +
                    std::to_string(limits_.octets) + " octets");
        notify(*where);
    }
}

OUTKIT_INLINE folder_ptr mailbox_store::add_folder(mailbox& in, folder* parent, std::string name, role r,
                                                   std::uint64_t counter)
{
    auto f = std::make_shared<folder>();
    f->owner_ = &in;
    f->parent_ = parent;
    f->name_ = std::move(name);
    f->role_ = r;
    f->counter_ = counter;
    f->id_ = mailbox_detail::folder_id(in.guid_, counter);
    f->change_key_ = mailbox_detail::change_key(in.guid_, 0x11, in.next_change_++);
    in.folders_[f->id_] = f.get();
    if (r != role::none)
        in.roles_[r] = f.get();
    if (parent)
    {
        f->uid_validity_ = in.next_validity_++;
        parent->children_.push_back(f);
        in.lost_subscriptions.erase(f->path());
    }
    return f;
}

OUTKIT_INLINE void mailbox_store::make_folders(mailbox& in)
{
    auto const* const other =
        std::ranges::find(mailbox_detail::languages, in.language_, &mailbox_detail::language_row::language);
    for (std::size_t i = 0; i != std::size(mailbox_detail::roles); ++i)
    {
        mailbox_detail::role_row const& row = mailbox_detail::roles[i];
        std::string_view name = in.personal_ ? row.personal : row.work;
        if (name.empty())
            continue;
        if (row.role != role::root && other != std::end(mailbox_detail::languages))
            name = other->names[i - 1];
        folder_ptr const parent = in.find(row.parent);
        folder_ptr f = add_folder(in, parent.get(), std::string(name), row.role, row.counter);
        if (row.role == role::root)
            in.root_ = std::move(f);
    }
}

// Nothing finds the folder or its messages any more; sessions that hold it see that it is gone.
OUTKIT_INLINE void mailbox_store::forget_folder(folder& f)
{
    std::vector<message_ptr> const messages = std::exchange(f.messages_, {});
    for (message_ptr const& m : messages)
    {
        forget(f, *m, false);
        tell(change::kind::deleted, f, *m);
    }
    f.owner_->folders_.erase(f.id_);
    if (f.role_ != role::none)
        f.owner_->roles_.erase(f.role_);
    f.children_.clear();
    f.removed_ = true;
}

// The conversation of the first known message it answers, else a new one.
OUTKIT_INLINE std::string mailbox_store::conversation_of(mailbox& in, message const& m)
{
    mime::structure const& s = m.content->structure;
    std::vector<mime::field> const fields = mime::read_fields(mime::header_of(s.parts.front(), m.content->raw));
    mime::field const* const references = mime::find(fields, "References");
    std::vector<std::string> ids = mime::read_message_ids(s.head().in_reply_to);
    if (references)
        for (std::string& id : mime::read_message_ids(references->value))
            ids.push_back(std::move(id));
    std::vector<std::string> const own = mime::read_message_ids(s.head().message_id);
    ids.insert(ids.end(), own.begin(), own.end());

    std::string conversation;
    for (std::string const& id : ids)
        if (auto const it = in.conversations_.find(id); it != in.conversations_.end())
            conversation = it->second;
    if (conversation.empty())
        conversation = mailbox_detail::conversation_id(in.guid_, m.item_);
    if (in.conversations_.size() > 20 * limits_.messages)
        in.conversations_.clear();
    for (std::string const& id : own)
        in.conversations_.emplace(id, conversation);
    return conversation;
}

OUTKIT_INLINE bool is_graph_id(std::string_view id)
{
    std::size_t const text = id.find_last_not_of('=') + 1;
    if (id.size() - text > 2)
        return false;
    std::optional<std::string> const bytes = outkit::detail::base64url_decode(id.substr(0, text));
    if (!bytes)
        return false;
    static constexpr std::array<std::size_t, 6> sizes = {113, 89, 51, 134, 72, 59};
    return std::ranges::find(sizes, bytes->size()) != sizes.end() && (*bytes)[0] == 0;
}

OUTKIT_INLINE std::string without_field(std::string_view raw, std::string_view name)
{
    std::string out;
    out.reserve(raw.size());
    bool inside = false;
    std::size_t i = 0;
    while (i != raw.size())
    {
        std::size_t const newline = raw.find('\n', i);
        std::size_t const end = newline == raw.npos ? raw.size() : newline + 1;
        std::string_view const line = raw.substr(i, end - i);
        if (line == "\r\n" || line == "\n")
            break;
        if (line[0] != ' ' && line[0] != '\t')
        {
            std::size_t const colon = line.find(':');
            inside = colon != line.npos && mime::detail::equal_fold(mime::detail::trim(line.substr(0, colon)), name);
        }
        if (!inside)
            out += line;
        i = end;
    }
    out += raw.substr(i);
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mock
