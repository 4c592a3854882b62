#ifndef OUTKIT_MOCK_IMAP_MESSAGES_IPP
#define OUTKIT_MOCK_IMAP_MESSAGES_IPP

#include <outkit/mock/imap.ipp>
#include <outkit/mock/imap_state.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {
namespace imap_detail {

// The only keyword is $MDNSent ([MS-STANXIMAP] 2.2.4).
OUTKIT_INLINE bool session::keepable(outkit::imap::flags const& f) const
{
    if (generic())
        return true;
    return std::all_of(f.keywords.begin(), f.keywords.end(),
                       [](std::string const& k) { return codec::equal_no_case(k, "$MDNSent"); });
}

OUTKIT_INLINE void session::append(reader& r)
{
    auto const name = mailbox_argument(r);
    if (!name || !r.blank())
        return bad_argument();
    outkit::imap::flags wanted;
    if (r.peek() == '(')
    {
        auto const f = r.flag_list(true);
        if (!f || !r.blank())
            return bad_argument();
        wanted = *f;
    }
    append_options how;
    if (r.peek() == '"')
    {
        auto const date = r.date_time();
        if (!date || !r.blank())
            return bad_argument();
        how.internal_date = std::chrono::time_point_cast<outkit::detail::wall_time::duration>(*date);
    }
    auto const octets = r.literal();
    if (!octets || !r.at_end() || !keepable(wanted))  // observed: imapsync/imapsync#161
        return bad_argument();
    field("size", std::to_string(octets->size()));
    if (world_.policy.service.throttling.imap_octets_per_5_minutes != 0)
        service_.budgets_[box_->address()].octets += octets->size();
    folder_ptr const f = box_->find_path(*name);
    if (!f)
        return no_such(*name, true);
    if (world_.policy.mailbox(box_->address()).full || box_->octets() + octets->size() > box_->quota)
        return answer(verdict::no, "[OVERQUOTA] Mailbox is full.");  // inferred
    how.flags = to_store(wanted.system);
    how.keywords = wanted.keywords;
    auto const m = world_.mailboxes.append(*f, std::string(*octets), std::move(how));
    if (!m)
        return answer(verdict::no, "[TOOBIG] The message is too large.");  // inferred
    synchronize(true);
    completed("[APPENDUID " + std::to_string(f->uid_validity()) + ' ' + std::to_string(m->uid) + ']');
}

OUTKIT_INLINE std::string session::flags_of(message const& m) const
{
    std::string out;
    outkit::imap::flags f{from_store(m.flags), m.keywords};
    if (m.uid >= recent_from_ && !rev2_)
        f.system = f.system | outkit::imap::flag::recent;
    codec::append_flags(out, f);
    return out;
}

// Tells what has happened since the client was told last.
OUTKIT_INLINE void session::synchronize(bool with_expunges)
{
    if (!folder_ || folder_->mod_sequence() == seen_)
        return;
    auto const& now = folder_->messages();
    if (with_expunges)
    {
        std::size_t kept = 0, at = 0;
        for (std::size_t i = 0; i != uids_.size(); ++i)
        {
            while (at != now.size() && now[at]->uid < uids_[i])
                ++at;
            if (at != now.size() && now[at]->uid == uids_[i])
                uids_[kept++] = uids_[i];
            else
                say("* " + std::to_string(kept + 1) + " EXPUNGE");
        }
        uids_.resize(kept);
    }
    std::uint32_t const newest = uids_.empty() ? 0 : uids_.back();
    bool more = false;
    for (auto const& m : now)
        if (m->uid > newest)
        {
            uids_.push_back(m->uid);
            more = true;
        }
    if (more)
    {
        say("* " + std::to_string(uids_.size()) + " EXISTS");
        if (!rev2_)  // RFC 9051 has it no more
            say("* " + std::to_string(recent_count()) + " RECENT");
        if (!read_only_)
            folder_->take_recent();
    }
    for (auto const& m : now)
        if (m->sequence > seen_ && m->uid <= newest)
        {
            auto const at = std::lower_bound(uids_.begin(), uids_.end(), m->uid);
            if (at != uids_.end() && *at == m->uid)
                say("* " + std::to_string(at - uids_.begin() + 1) + " FETCH (FLAGS " + flags_of(*m) + ')');
        }
    if (with_expunges || uids_.size() == now.size())
        seen_ = folder_->mod_sequence();
}

OUTKIT_INLINE session::chosen session::choose(outkit::imap::number_set const& set, bool by_uid)
{
    chosen out;
    std::uint32_t const top = by_uid ? (uids_.empty() ? 0 : uids_.back()) : static_cast<std::uint32_t>(uids_.size());
    for (auto range : set.ranges())
    {
        bool const star = range.last == outkit::imap::number_set::star;
        if (range.first == outkit::imap::number_set::star)
            range.first = top;
        if (star)
        {
            range.last = top;
            range.first = std::min(range.first, top);
        }
        if (!by_uid)
        {
            out.valid = out.valid && range.first != 0 && range.first <= uids_.size();
            if (!out.valid)
                break;
            out.beyond = out.beyond || range.last > uids_.size();
            range.last = std::min(range.last, top);
        }
        auto first = uids_.begin() + (by_uid ? 0 : range.first - 1);
        auto last = by_uid ? uids_.end() : uids_.begin() + range.last;
        if (by_uid)
        {
            first = std::lower_bound(uids_.begin(), uids_.end(), range.first);
            last = std::upper_bound(first, uids_.end(), range.last);
        }
        for (auto at = first; at < last; ++at)
            out.at.push_back(static_cast<std::size_t>(at - uids_.begin()));
    }
    std::sort(out.at.begin(), out.at.end());
    out.at.erase(std::unique(out.at.begin(), out.at.end()), out.at.end());
    return out;
}

OUTKIT_DEF flow<> session::fetch(reader& r, bool by_uid)
{
    auto const set = r.set();
    std::optional<codec::fetch_arguments> what;
    if (set && r.blank())
        what = r.fetch_items();
    if (!what || !r.at_end())
    {
        bad_argument();
        co_return;
    }
    synchronize(false);
    chosen const which = choose(*set, by_uid);
    if (!which.valid || (which.beyond && generic()))
    {
        missing_set(false);  // observed: mscdex/node-imap#615
        co_return;
    }
    using item = codec::fetch_arguments::item;
    bool const names_uid = std::find(what->order.begin(), what->order.end(), item::uid) != what->order.end();
    bool const peeks =
        std::any_of(what->sections.begin(), what->sections.end(), [](auto const& s) { return !s.wanted.mark_seen; });
    structure_style const basic{.extended = false};
    structure_style const extended{.bare_disposition = world_.faults.misbehaves("imap.bare-disposition"),
                                   .empty_disposition = world_.faults.misbehaves("imap.empty-disposition"),
                                   .description_disposition = world_.faults.misbehaves("imap.description-disposition"),
                                   .part_of_nothing = world_.faults.misbehaves("imap.part-of-nothing"),
                                   .empty_multipart = world_.faults.misbehaves("imap.empty-multipart")};
    for (std::size_t const i : which.at)
    {
        message_ptr const m = folder_->find(uids_[i]);
        // observed: OfflineIMAP/offlineimap#62 (with PEEK nothing comes, without it another message)
        bool const unconvertible = m && m->unconvertible && !what->sections.empty() && !generic();
        if (!m || (unconvertible && peeks))
            continue;
        std::optional<content> const substitute =
            unconvertible ? std::optional<content>(substitute_for(*m)) : std::nullopt;
        std::string& line = out_;
        line += "* " + std::to_string(i + 1) + " FETCH (";
        bool marked = false;
        std::size_t section = 0;
        char const* before = "";
        for (item const k : what->order)
        {
            line += before;
            before = " ";
            switch (k)
            {
            case item::uid: line += "UID " + std::to_string(m->uid); break;
            case item::flags: line += "FLAGS " + flags_of(*m); break;
            case item::internal_date:
                line += "INTERNALDATE ";
                codec::append_quoted(
                    line, codec::format_date_time(std::chrono::floor<std::chrono::seconds>(m->internal_date)));
                break;
            case item::size: line += "RFC822.SIZE " + std::to_string(size_of(*m)); break;
            case item::envelope:
                line += "ENVELOPE ";
                append_envelope(line, m->envelope());
                break;
            case item::body:
            case item::structure:
                line += k == item::body ? "BODY " : "BODYSTRUCTURE ";
                append_structure(line, m->structure(), 0, k == item::body ? basic : extended);
                break;
            case item::section: {
                auto const& s = what->sections[section++];
                marked = marked || s.wanted.mark_seen;
                append_section(line, s, substitute ? *substitute : *m->content);
                break;
            }
            }
        }
        if (by_uid && !names_uid)
            line += std::string(before) + "UID " + std::to_string(m->uid);
        if (marked && !read_only_ && !m->is(flags::seen))
        {
            world_.mailboxes.store(*folder_, m->uid, mailbox_store::how::add, flags::seen);
            line += " FLAGS " + flags_of(*m);
            if (folder_->mod_sequence() == seen_ + 1)
                seen_ = folder_->mod_sequence();
        }
        line += ")\r\n";
        static constexpr std::size_t enough = 256 * 1024;
        if (out_.size() > enough)
            co_await flush();
        if (!folder_)
            break;
    }
    synchronize(by_uid);
    if (which.beyond)  // observed: mscdex/node-imap#709
        missing_set(true);
    else
        completed();
}

OUTKIT_INLINE void session::store(reader& r, bool by_uid)
{
    auto const set = r.set();
    if (!set || !r.blank())
        return bad_argument();
    auto how = mailbox_store::how::set;
    std::string item;
    while (r.peek() == '+' || r.peek() == '-')
    {
        how = r.peek() == '+' ? mailbox_store::how::add : mailbox_store::how::remove;
        auto const word = r.atom();
        if (!word)
            return bad_argument();
        item = word->substr(1);
        break;
    }
    if (item.empty())
        if (auto const word = r.atom())
            item = *word;
    bool const silent = codec::equal_no_case(item, "FLAGS.SILENT");
    if ((!silent && !codec::equal_no_case(item, "FLAGS")) || !r.blank())
        return bad_argument();
    auto const f = r.flag_list(false);
    if (!f || !r.at_end() || !keepable(*f))  // observed: djcb/mu#1384
        return bad_argument();
    if (read_only_)  // observed on Exchange 2010: mxk/go-imap#11
        return answer(verdict::no, std::string(words().read_only));
    synchronize(false);
    chosen const which = choose(*set, by_uid);
    if (!which.valid || which.beyond)
        return missing_set(which.valid);
    for (std::size_t const i : which.at)
        if (message_ptr const m = folder_->find(uids_[i]))
        {
            world_.mailboxes.store(*folder_, m->uid, how, to_store(f->system), f->keywords);
            if (!silent)
                say("* " + std::to_string(i + 1) + " FETCH (" +
                    (by_uid ? "UID " + std::to_string(m->uid) + ' ' : std::string()) + "FLAGS " + flags_of(*m) + ')');
        }
    if (uids_.size() == folder_->messages().size())
        seen_ = folder_->mod_sequence();
    completed();
}

OUTKIT_INLINE void session::copy(reader& r, bool by_uid, bool move)
{
    auto const set = r.set();
    std::optional<std::string> name;
    if (set && r.blank())
        name = mailbox_argument(r);
    if (!name || !r.at_end())
        return bad_argument();
    if (move && read_only_)
        return answer(verdict::no, std::string(words().read_only));
    synchronize(false);
    chosen const which = choose(*set, by_uid);
    if (!which.valid || which.beyond)
        return missing_set(which.valid);
    folder_ptr const to = box_->find_path(*name);
    if (!to)
        return no_such(*name, true);
    outkit::imap::number_set from, made;
    for (std::size_t const i : which.at)
    {
        std::uint32_t const uid = uids_[i];
        auto const m = move ? world_.mailboxes.move(*folder_, uid, *to) : world_.mailboxes.copy(*folder_, uid, *to);
        if (!m)
            continue;
        from.add(uid);
        made.add(m->uid);
    }
    // With nothing copied, Exchange's sets are empty (observed: MailKit, its issue 555).
    std::string code =
        "[COPYUID " + std::to_string(to->uid_validity()) + ' ' + from.to_string() + ' ' + made.to_string() + ']';
    if (generic() && from.empty())
        code.clear();
    if (move && !code.empty())  // observed in 2014: jstedfast/MailKit#115
        say(world_.faults.misbehaves("imap.bare-copyuid") ? code : "* OK " + code + (generic() ? " Moved." : ""));
    synchronize(true);
    completed(move ? std::string_view() : std::string_view(code));
}

OUTKIT_INLINE void session::expunge(reader& r, bool by_uid)
{
    std::optional<outkit::imap::number_set> set;
    if (by_uid)
    {
        set = r.set();
        if (!set)
            return bad_argument();
    }
    if (!r.at_end())
        return bad_argument();
    if (read_only_)
        return answer(verdict::no, std::string(words().read_only));
    synchronize(true);
    chosen const which = choose(set ? *set : outkit::imap::uid_set::all(), true);
    std::vector<std::uint32_t> gone;
    for (std::size_t const i : which.at)
        if (message_ptr const m = folder_->find(uids_[i]); m && m->is(flags::deleted))
            gone.push_back(m->uid);
    world_.mailboxes.expunge(*folder_, gone);
    synchronize(true);
    completed();
}

OUTKIT_INLINE void session::search(reader& r, bool by_uid)
{
    if (rev2_)  // that it fails is observed: jstedfast/MailKit#2016; the words are inferred
        return bad_argument();
    synchronize(by_uid);
    bool other_charset = false;
    search_context c{*folder_, uids_, recent_from_, generic()};
    auto const key = read_search(r, c, other_charset);
    if (other_charset)  // [MS-STANXIMAP] V0037; observed: jstedfast/MailKit#808
        return answer(verdict::no, "[BADCHARSET (US-ASCII)] The specified charset is not supported.");
    if (!key)
        return bad_argument();
    std::string line = "* SEARCH";
    for (std::size_t i = 0; i != uids_.size(); ++i)
        if (message_ptr const m = folder_->find(uids_[i]); m && (*key)(*m, static_cast<std::uint32_t>(i + 1)))
            line += ' ' + std::to_string(by_uid ? uids_[i] : static_cast<std::uint32_t>(i + 1));
    say(line);
    completed();
}

// Nothing is said when the token expires meanwhile: the BYE comes when the client ends the IDLE.
OUTKIT_DEF flow<> session::idle()
{
    synchronize(true);
    say(words().idling);  // observed: Webklex/php-imap#258
    detail::time_point const until = timing_->now() + idle_after_sign_in;
    detail::event::watch news(folder_->changed);
    std::string const tag = tag_;
    for (;;)
    {
        synchronize(true);
        co_await flush();
        auto const why = co_await wire_.wait(news, until);
        if (why == detail::wake::time)
        {
            say(words().idle_too_long);
            close_ = true;
            co_return;
        }
        if (why == detail::wake::event)
            continue;
        break;
    }
    if (!co_await next_frame())
    {
        close_ = true;
        co_return;
    }
    std::string const line(frames_.text());
    if (token_over())
    {
        say("* BYE Session invalidated - AccessTokenExpired");
        close_ = true;
        co_return;
    }
    synchronize(true);
    tag_ = tag;
    name_ = "IDLE";
    completed();
    if (codec::equal_no_case(line, "DONE"))
        co_return;
    reader other(line, {});
    tag_ = other.tag();
    name_ = "(during IDLE)";
    bad_state();
}

}  // namespace imap_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
