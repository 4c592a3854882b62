#ifndef OUTKIT_MOCK_IMAP_MAILBOXES_IPP
#define OUTKIT_MOCK_IMAP_MAILBOXES_IPP

#include <outkit/mock/imap.ipp>
#include <outkit/mock/imap_state.hpp>

#include <algorithm>
#include <set>

namespace outkit::inline OUTKIT_ABI::mock {
namespace imap_detail {

OUTKIT_INLINE std::optional<std::string> session::mailbox_argument(reader& r)
{
    auto const encoded = r.astring();
    if (!encoded)
        return std::nullopt;
    field("mailbox", *encoded);
    std::optional<std::string> name;
    if (!rev2_)
        name = codec::from_modified_utf7(*encoded);
    if (!name)
        name = *encoded;
    if (world_.faults.misbehaves("imap.tabs-in-names"))
        std::replace(name->begin(), name->end(), '\t', ' ');
    return name;
}

// RFC 9051 section 5.1: in UTF-8 once IMAP4rev2 has been enabled.
OUTKIT_INLINE std::string session::encoded(std::string const& name) const
{
    return rev2_ ? name : codec::to_modified_utf7(name).value_or(name);
}

OUTKIT_INLINE std::string session::on_wire(std::string const& name) const { return codec::shown(encoded(name)); }

OUTKIT_INLINE void session::list(reader& r, bool subscribed)
{
    bool special_only = false;
    if (generic() && r.peek() == '(')  // RFC 6154 section 4, of RFC 5258's form only this
    {
        auto const option = r.open() ? r.atom() : std::nullopt;
        special_only = option && codec::equal_no_case(*option, "SPECIAL-USE");
        if (!special_only || !r.close() || !r.blank())
            return bad_argument();
    }
    auto const reference = r.astring();
    std::optional<std::string> pattern;
    if (reference && r.blank())
        pattern = r.list_mailbox();
    if (pattern && (generic() || rev2_) && r.blank())  // what could be asked for is there anyway
    {
        auto const option = r.atom();
        if (!option || !codec::equal_no_case(*option, "RETURN") || !r.blank() || !r.open())
            return bad_argument();
        while (r.atom() && r.blank())
            ;
        if (!r.close())
            return bad_argument();
    }
    if (!pattern || !r.at_end())
        return bad_argument();
    char const* const word = subscribed ? "* LSUB " : "* LIST ";
    if (pattern->empty())
    {
        say(std::string(word) + "(\\Noselect \\HasChildren) \"/\" \"\"");  // observed: a public node-imap session
        return completed();
    }
    std::string const wanted = *reference + *pattern;
    struct listed
    {
        std::string key, path;
        folder_ptr what;  // null: there is only the subscription
    };
    std::vector<listed> all;
    auto const add = [&](std::string path, folder_ptr what) {
        std::string key = path;
        for (char& c : key)
            c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
        all.push_back({std::move(key), std::move(path), std::move(what)});
    };
    for (folder_ptr const& f : box_->folders())
        if (!f->hidden() && (!subscribed || f->subscribed))
            add(f->path(), f);
    if (subscribed)  // observed: a public LSUB reply names folders that are gone
        for (std::string const& path : box_->lost_subscriptions)
            add(path, nullptr);
    std::sort(all.begin(), all.end(), [](listed const& a, listed const& b) { return a.key < b.key; });
    for (listed const& one : all)
    {
        std::string name = encoded(one.path);
        if (!matches_pattern(name, wanted))
            continue;
        role const r_of = one.what ? one.what->role() : role::none;
        std::string_view use = special_use(r_of);
        if (generic() && r_of == role::archive)  // RFC 6154; Exchange has none for it
            use = "\\Archive";
        if (special_only && use.empty())
            continue;
        // The order of the attributes is the observed one: (\Marked \HasNoChildren), (\HasNoChildren \Trash).
        std::string line = std::string(word) + '(';
        if (r_of == role::inbox && !generic())
            line += "\\Marked ";
        line += !one.what || one.what->children().empty() ? "\\HasNoChildren" : "\\HasChildren";
        if (!use.empty())
            (line += ' ') += use;
        line += ") \"/\" ";
        if (world_.faults.misbehaves("imap.tabs-in-names"))  // observed: MailKit, its issue 945
        {
            std::replace(name.begin(), name.end(), ' ', '\t');
            line += name;
        }
        else
            codec::append_mailbox(line, name);
        say(line);
    }
    completed();
}

OUTKIT_INLINE void session::leave()
{
    folder_ = nullptr;
    uids_.clear();
}

OUTKIT_INLINE std::uint32_t session::recent_count() const
{
    auto const first = std::lower_bound(uids_.begin(), uids_.end(), recent_from_);
    return static_cast<std::uint32_t>(uids_.end() - first);
}

// The plain server keeps any keyword, and names those that are there.
OUTKIT_INLINE std::string session::kept_flags(bool permanent) const
{
    std::string out = "(\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent";
    if (generic())
    {
        std::set<std::string> more;
        for (auto const& m : folder_->messages())
            more.insert(m->keywords.begin(), m->keywords.end());
        more.erase("$MDNSent");
        for (std::string const& keyword : more)
            (out += ' ') += keyword;
        if (permanent)
            out += " \\*";
    }
    return out + ')';
}

OUTKIT_INLINE void session::select(reader& r, bool read_only)
{
    auto const name = mailbox_argument(r);
    if (!name)
        return bad_argument();
    if (!r.at_end())  // "SELECT INBOX (CONDSTORE)"; observed: a comment in a public client
        return bad_argument();
    leave();
    folder_ = box_->find_path(*name);
    if (!folder_)
        return no_such(*name);
    read_only_ = read_only;
    for (auto const& m : folder_->messages())
        uids_.push_back(m->uid);
    seen_ = folder_->mod_sequence();
    recent_from_ = read_only ? folder_->recent_from() : folder_->take_recent();
    std::size_t unseen = 0;
    for (std::size_t i = 0; i != uids_.size() && unseen == 0; ++i)
        if (!folder_->messages()[i]->is(flags::seen))
            unseen = i + 1;
    // The order is always this one (observed: RainLoop/rainloop-webmail#686).
    say("* " + std::to_string(uids_.size()) + " EXISTS");
    if (!rev2_)
        say("* " + std::to_string(recent_count()) + " RECENT");
    phrases const& w = words();
    auto const code = [&](std::string const& name, std::string const& value, std::string_view text) {
        say("* OK [" + name + ' ' + value + "] " + std::string(text));
    };
    say("* FLAGS " + kept_flags(false));
    code("PERMANENTFLAGS", read_only ? "()" : kept_flags(true), w.permanent_flags);
    if (unseen != 0)
        code("UNSEEN", std::to_string(unseen), w.unseen);
    code("UIDVALIDITY", std::to_string(folder_->uid_validity()), w.uid_validity);
    code("UIDNEXT", std::to_string(folder_->uid_next()), w.uid_next);
    completed(read_only ? "[READ-ONLY]" : "[READ-WRITE]");
}

OUTKIT_INLINE void session::status(reader& r)
{
    unsigned const most = world_.policy.service.throttling.imap_status_at_once;
    if (++status_at_once_ > most && most != 0)  // observed: owncloud-archive/mail#721
        return answer(verdict::no, generic() ? "[UNAVAILABLE] One at a time." : "Server Unavailable. 15",
                      "too many STATUS commands in a pipeline");
    auto const name = mailbox_argument(r);
    if (!name || !r.blank() || !r.open())
        return bad_argument();
    std::vector<std::string> items;
    do
    {
        auto const item = r.atom();
        if (!item)
            return bad_argument();
        items.emplace_back(*item);
        for (char& c : items.back())
            c = c >= 'a' && c <= 'z' ? char(c - 32) : c;
    } while (r.blank());
    if (!r.close() || !r.at_end())
        return bad_argument();
    folder_ptr const f = box_->find_path(*name);
    if (!f)
        return no_such(*name);
    std::string line = "* STATUS ";
    codec::append_mailbox(line, encoded(*name));
    char before = '(';
    line += ' ';
    for (std::string const& item : items)
    {
        std::uint64_t n = 0;
        if (item == "MESSAGES")
            n = f->messages().size();
        else if (item == "RECENT")
            n = static_cast<std::uint64_t>(std::count_if(f->messages().begin(), f->messages().end(),
                                                         [&](auto const& m) { return m->uid >= f->recent_from(); }));
        else if (item == "UIDNEXT")
            n = f->uid_next();
        else if (item == "UIDVALIDITY")
            n = f->uid_validity();
        else if (item == "UNSEEN")
            n = f->unread();
        else
            return bad_argument();
        line += before + item + ' ' + std::to_string(n);
        before = ' ';
    }
    say(line + ')');
    completed();
}

// What the real service says to these when it refuses is not known: the words of the refusals are ours.
OUTKIT_INLINE void session::create(reader& r)
{
    auto name = mailbox_argument(r);
    if (!name || !r.at_end())
        return bad_argument();
    if (name->ends_with('/'))
        name->pop_back();
    if (box_->find_path(*name))
        return answer(verdict::no, generic()
                                       ? "[ALREADYEXISTS] " + on_wire(*name) + " already exists."
                                       : "Mailbox already exists.");  // observed: jgosmann/dmarc-metrics-exporter#15
    if (!world_.mailboxes.create_path(*box_, *name))
        return answer(verdict::no, "[CANNOT] " + on_wire(*name) + " cannot be created.");
    completed();
}

OUTKIT_INLINE void session::remove(reader& r)
{
    auto const name = mailbox_argument(r);
    if (!name || !r.at_end())
        return bad_argument();
    folder_ptr const f = box_->find_path(*name);
    if (!f)
        return no_such(*name);
    if (!world_.mailboxes.remove_folder(*f))
        return answer(verdict::no, "[CANNOT] " + on_wire(*name) + " cannot be deleted.");
    if (folder_ && folder_->removed())
        leave();
    completed();
}

OUTKIT_INLINE void session::rename(reader& r)
{
    auto const from = mailbox_argument(r);
    std::optional<std::string> to;
    if (from && r.blank())
        to = mailbox_argument(r);
    if (!to || !r.at_end())
        return bad_argument();
    folder_ptr const f = box_->find_path(*from);
    if (!f)
        return no_such(*from);
    auto const slash = to->rfind('/');
    folder_ptr parent = box_->root();
    if (slash != std::string::npos)
    {
        parent = box_->find_path(to->substr(0, slash));
        if (!parent)
            parent = world_.mailboxes.create_path(*box_, to->substr(0, slash));
    }
    std::string const leaf = slash == std::string::npos ? *to : to->substr(slash + 1);
    if (!parent || !world_.mailboxes.move_folder(*f, *parent, leaf))
        return answer(verdict::no, "[CANNOT] " + on_wire(*from) + " cannot be renamed.");
    completed();
}

OUTKIT_INLINE void session::subscribe(reader& r, bool on)
{
    auto const name = mailbox_argument(r);
    if (!name || !r.at_end())
        return bad_argument();
    folder_ptr const f = box_->find_path(*name);
    if (!f && (on || box_->lost_subscriptions.erase(*name) == 0))
        return no_such(*name);
    if (f)
        f->subscribed = on;
    completed();
}

}  // namespace imap_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
