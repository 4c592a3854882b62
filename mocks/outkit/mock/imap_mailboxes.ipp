#ifndef OUTKIT_MOCK_IMAP_MAILBOXES_IPP
#define OUTKIT_MOCK_IMAP_MAILBOXES_IPP

#include <outkit/mock/imap.ipp>
#include <outkit/mock/imap_state.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {
namespace imap_detail {

OUTKIT_INLINE std::optional<std::string> session::mailbox_argument(reader& r)
{
    auto const encoded = r.astring();
    if (!encoded)
        return std::nullopt;
    field("mailbox", *encoded);
    auto name = codec::from_modified_utf7(*encoded);
    return name ? std::move(name) : encoded;
}

OUTKIT_INLINE std::string session::on_wire(std::string const& name)
{
    return codec::shown(codec::to_modified_utf7(name).value_or(name));
}

OUTKIT_INLINE void session::list(reader& r, bool subscribed)
{
    auto const reference = r.astring();
    std::optional<std::string> pattern;
    if (reference && r.blank())
        pattern = r.list_mailbox();
    if (!pattern || !r.at_end())
        return bad_argument();
    char const* const word = subscribed ? "* LSUB " : "* LIST ";
    if (pattern->empty())
    {
        say(std::string(word) + "(\\Noselect \\HasChildren) \"/\" \"\"");  // observed: a public node-imap session
        return completed();
    }
    std::string const wanted = *reference + *pattern;
    std::vector<folder_ptr> all = box_->folders();
    std::erase_if(all, [&](folder_ptr const& f) { return f->hidden() || (subscribed && !f->subscribed); });
    auto const key = [](folder_ptr const& f) {
        std::string k = f->path();
        for (char& c : k)
            c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
        return k;
    };
    std::sort(all.begin(), all.end(), [&](folder_ptr const& a, folder_ptr const& b) { return key(a) < key(b); });
    for (folder_ptr const& f : all)
    {
        std::string const encoded = codec::to_modified_utf7(f->path()).value_or(f->path());
        if (!matches_pattern(encoded, wanted))
            continue;
        // The order of the attributes is the observed one: (\Marked \HasNoChildren), (\HasNoChildren \Trash).
        std::string line = std::string(word) + '(';
        if (f->role() == role::inbox)
            line += "\\Marked ";
        line += f->children().empty() ? "\\HasNoChildren" : "\\HasChildren";
        if (auto const use = special_use(f->role()); !use.empty())
            (line += ' ') += use;
        line += ") \"/\" ";
        codec::append_mailbox(line, encoded);
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
    say("* " + std::to_string(recent_count()) + " RECENT");
    std::string const all = "(\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)";
    say("* FLAGS " + all);
    say("* OK [PERMANENTFLAGS " + (read_only ? std::string("()") : all) + "] Permanent flags");
    if (unseen != 0)
        say("* OK [UNSEEN " + std::to_string(unseen) + "] Is the first unseen message");
    say("* OK [UIDVALIDITY " + std::to_string(folder_->uid_validity()) + "] UIDVALIDITY value");
    say("* OK [UIDNEXT " + std::to_string(folder_->uid_next()) + "] The next unique identifier value");
    completed(read_only ? "[READ-ONLY]" : "[READ-WRITE]");
}

OUTKIT_INLINE void session::status(reader& r)
{
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
    codec::append_mailbox(line, codec::to_modified_utf7(*name).value_or(*name));
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
        return answer(verdict::no, "[ALREADYEXISTS] " + on_wire(*name) + " already exists.");
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
    if (!f)
        return no_such(*name);
    f->subscribed = on;
    completed();
}

}  // namespace imap_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
