#ifndef OUTKIT_MOCK_IMAP_IPP
#define OUTKIT_MOCK_IMAP_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/imap_state.hpp>

#include <algorithm>
#include <cstdio>

namespace outkit::inline OUTKIT_ABI::mock {
namespace imap_detail {

OUTKIT_INLINE std::uint64_t session::random(std::uint64_t below)
{
    unsigned char bytes[8];
    world_.random(bytes);
    std::uint64_t n = 0;
    for (unsigned char const b : bytes)
        n = n << 8 | b;
    return n % below;
}

OUTKIT_INLINE bool session::after_2025() const
{
    auto const p = world_.policy.service.profile;
    return p == imap_profile::tcpproxy || p == imap_profile::rev2;
}

OUTKIT_DEF flow<> session::flush()
{
    if (out_.empty())
        co_return;
    std::string text = std::move(out_);
    out_.clear();
    bool cut = false;
    if (drop_at_ && sent_ + text.size() >= *drop_at_)
    {
        text.resize(static_cast<std::size_t>(*drop_at_ - std::min(*drop_at_, sent_)));
        cut = true;
    }
    sent_ += text.size();
    if (box_ && world_.policy.service.throttling.imap_octets_per_5_minutes != 0)
        service_.budgets_[box_->address()].octets += text.size();
    co_await wire_.write(std::move(text));
    if (cut)
        co_await fail(error::connection_closed, "a fault has cut the connection");
}

OUTKIT_DEF flow<> session::stall()
{
    co_await flush();
    wire_.patience = 24h;
    wire::sink nowhere = [](std::string_view) {};
    co_await wire_.read_to_end(std::move(nowhere));
    close_ = true;
}

OUTKIT_INLINE void session::answer(verdict v, std::string text, std::string_view reason)
{
    static constexpr std::string_view verdicts[] = {"OK ", "NO ", "BAD "};
    std::string reply = std::string(verdicts[static_cast<std::size_t>(v)]) + text;
    say(tag_ + ' ' + reply);
    wrong_ = v == verdict::bad ? wrong_ + 1 : 0;
    journal_entry e;
    e.time = world_.date();
    e.server = "imap";
    e.connection = who_.number;
    e.what = name_;
    e.fields = std::move(fields_);
    e.answer = std::move(reply);
    e.outcome = v == verdict::ok   ? journal_outcome::ok
                : v == verdict::no ? journal_outcome::refused
                                   : journal_outcome::invalid;
    e.reason = reason;
    world_.journal.record(std::move(e));
    fields_.clear();
    // observed: mscdex/node-imap#868 (a literal announced too short makes the connection end), jstedfast/MailKit#849
    static constexpr unsigned patience = 4;
    if (wrong_ >= patience && !close_)
    {
        say(words().too_many_errors);
        close_ = true;
    }
}

// For APPEND, COPY and MOVE it is said that the mailbox could be made (RFC 3501 section 7.1; Exchange's code was observed on
// COPY: vladimarius/imapy#3).
OUTKIT_INLINE void session::no_such(std::string const& name, bool could_be_made)
{
    if (generic())
        return answer(verdict::no, std::string(could_be_made ? "[TRYCREATE]" : "[NONEXISTENT]") + " There is no " +
                                       on_wire(name) + '.');
    answer(verdict::no, (could_be_made ? "[TRYCREATE] " : "") + on_wire(name) + " doesn't exist.");
}

// "<COMMAND> completed." with the bare verb, also for UID forms (observed: OfflineIMAP/offlineimap#62).
OUTKIT_INLINE void session::completed(std::string_view code)
{
    std::string text(code);
    if (!text.empty())
        text += ' ';
    text += name_.starts_with("UID ") ? name_.substr(4) : name_.substr(0, name_.find(' '));
    answer(verdict::ok, text + " completed.");
}

// Whether a fault has answered the operation.
OUTKIT_DEF flow<bool> session::fault(std::string const& operation)
{
    auto const f = world_.faults.take("imap", operation);
    if (!f)
        co_return false;
    if (f->delay > 0ns)
    {
        co_await flush();
        co_await detail::sleep_for(f->delay);
    }
    if (f->drop_after)
        drop_at_ = sent_ + *f->drop_after;
    if (drop_at_ && *drop_at_ == sent_)
        co_await fail(error::connection_closed, "a fault has cut the connection");
    bool const happened = f->answer || f->disconnect || f->stall;
    if (happened)
    {
        journal_entry e;
        e.time = world_.date();
        e.server = "imap";
        e.connection = who_.number;
        e.what = operation;
        e.answer = f->answer.value_or("");
        e.outcome = journal_outcome::fault;
        e.reason = f->stall ? "never answered" : f->disconnect ? "disconnected" : "";
        world_.journal.record(std::move(e));
    }
    if (f->answer)
    {
        // "* BYE …" and "+ …" stand as they are, everything else gets the command's tag.
        bool const own = f->answer->starts_with("* ") || f->answer->starts_with("+") || tag_.empty();
        say(own ? *f->answer : tag_ + ' ' + *f->answer);
        if (f->answer->starts_with("* BYE") || f->answer->starts_with("BYE"))
            close_ = true;
    }
    if (f->disconnect)
        close_ = true;
    if (f->stall)
        co_await stall();
    co_return happened;
}

// --- connection ---

OUTKIT_INLINE std::string session::greeting()
{
    if (generic())
        return "* OK [CAPABILITY " + capabilities() + "] The mock IMAP server is ready.";
    // "MOCKPR06CA0042.mockprd06.prod.outlook.com" in UTF-16LE and base64: shaped like Microsoft's, and a mock's.
    char number[8];
    std::snprintf(number, sizeof number, "%04u", static_cast<unsigned>(random(10'000)));
    std::string const host = "MOCKPR06CA" + std::string(number) + ".mockprd06.prod.outlook.com";
    std::string wide;
    for (char const c : host)
        (wide += c) += '\0';
    std::string const bracket = " [" + outkit::detail::base64_encode(wide) + ']';
    if (!after_2025())
        return "* OK The Microsoft Exchange IMAP4 service is ready." + bracket;
    char guid[40];
    std::snprintf(guid, sizeof guid, "00000000-0000-4000-8000-%012llx",
                  static_cast<unsigned long long>(random(std::uint64_t(1) << 48)));
    return "* OK Microsoft Exchange IMAP4 service ready. " + std::string(guid) +
           " (tcpproxy/15.21.0406.000 BACKENDAUTHENTICATE)" + bracket;
}

// observed: jstedfast/MailKit#1494 and #2016, postalsys/imapflow's transcripts
OUTKIT_INLINE std::string session::capabilities() const
{
    auto const p = world_.policy.service.profile;
    bool const inside = box_ || not_connected_;
    if (p == imap_profile::generic)
    {
        std::string const all = "IMAP4rev1 LITERAL+ ID ENABLE ";
        if (inside)
            return all + "UIDPLUS MOVE UNSELECT CHILDREN IDLE NAMESPACE SPECIAL-USE";
        if (!wire_.encrypted())
            return all + "LOGINDISABLED STARTTLS";
        return all + "SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2 " + (passwords_count() ? "AUTH=PLAIN" : "LOGINDISABLED");
    }
    std::string s = "IMAP4 IMAP4rev1 ";
    if (!wire_.encrypted())  // Exchange Server on port 143; observed: flourishlib/flourish-classes#145
        return s + "LOGINDISABLED STARTTLS UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+";
    if (inside)
    {
        s += "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT ";
        if (p == imap_profile::rev2)
            s += "ENABLE IMAP4rev2 ";
        s += "CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE ";
        if (p == imap_profile::rev2)
            s += "BACKENDAUTHENTICATE-IR ";
        return s + "CHILDREN IDLE NAMESPACE LITERAL+";
    }
    s += p == imap_profile::classic ? "AUTH=PLAIN AUTH=XOAUTH2 " : "AUTH=XOAUTH2 LOGINDISABLED ";
    return s + (after_2025() ? "SASL-IR UIDPLUS MOVE ID UNSELECT " : "SASL-IR UIDPLUS ID UNSELECT ") +
           "CHILDREN IDLE NAMESPACE LITERAL+";
}

// The plain server asks for a token when somebody signs in, and not again.
OUTKIT_INLINE bool session::token_over() const
{
    return access_.claims.expires_at > 0 && !generic() &&
           std::chrono::system_clock::to_time_t(world_.date()) >= access_.claims.expires_at;
}

// Whether the mailbox has used up what it may do in the window; then this has been answered.
OUTKIT_INLINE bool session::throttled()
{
    auto const& most = world_.policy.service.throttling;
    if (most.imap_commands_per_5_minutes == 0 && most.imap_octets_per_5_minutes == 0)
        return false;
    auto& used = service_.budgets_[box_->address()];
    auto const now = world_.now();
    if (used.commands == 0 || now - used.since >= budget_window)
        used = {now, 0, 0};
    bool const over = (most.imap_commands_per_5_minutes != 0 && used.commands >= most.imap_commands_per_5_minutes) ||
                      (most.imap_octets_per_5_minutes != 0 && used.octets >= most.imap_octets_per_5_minutes);
    if (!over)
    {
        ++used.commands;
        return false;
    }
    // observed: ikvk/imap_tools#135, imapsync/imapsync#198
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(used.since + budget_window - now).count();
    answer(verdict::no,
           (generic() ? "[LIMIT] That was too much. Try again in milliseconds: "
                      : "Request is throttled. Suggested Backoff Time: ") +
               std::to_string(left) + (generic() ? "" : " milliseconds"),
           "the mailbox has used up its budget of five minutes");
    return true;
}

// Reads the next command with its literals. False: the connection ends.
OUTKIT_DEF flow<bool> session::next_frame()
{
    limits_.response = longest_line + (box_ ? world_.mailboxes.limits().message_octets : largest_before_sign_in);
    for (;;)
    {
        error_code ec;
        auto const step = frames_.next(wire_, ec);
        if (ec == outkit::imap::error::literal_too_long)
        {
            refuse_literal(ec.message());
            co_await flush();
            co_return false;
        }
        if (ec)
        {
            // The words are ours: what the real service says to lines that are none is not known.
            tag_ = "*";
            name_ = "(line)";
            answer(verdict::bad, std::string(words().bad_line), ec.message());
            co_await flush();
            co_return false;
        }
        if (step == codec::framer::step::complete)
            co_return true;
        if (step == codec::framer::step::literal)
        {
            if (refuses_literal())
                continue;
            if (frames_.literals().back().synchronizing)
                say(words().go_ahead);  // observed: emersion/go-imap#150
            continue;
        }
        co_await flush();
        if (!wire_.has_buffered() || !frames_.inside())
        {
            detail::time_point until = timing_->now() + idle_before_sign_in;
            if (box_)
                until = timing_->now() + idle_after_sign_in;
            detail::event::watch nothing(never_);
            if (!wire_.has_buffered() && co_await wire_.wait(nothing, until) == detail::wake::time)
            {
                say(words().idle_too_long);  // observed: mscdex/node-imap#561
                co_await flush();
                co_return false;
            }
        }
        wire_.patience = idle_before_sign_in;
        status_at_once_ = 0;
        auto const filled = co_await attempt(wire_.fill());
        if (filled.ec == error::connection_closed && !frames_.inside() && !wire_.has_buffered())
            co_return false;
        if (filled.ec == error::bare_line_feed || filled.ec == error::line_too_long)
        {
            tag_ = "*";
            name_ = "(line)";
            answer(verdict::bad, std::string(words().bad_line), filled.ec.message());
            co_await flush();
            co_return false;
        }
        if (filled.ec)
            co_await fail(filled.ec);
    }
}

// A literal that would be too much. One that waits is refused; one that comes anyway ends the connection.
OUTKIT_INLINE bool session::refuses_literal()
{
    auto const& mark = frames_.literals().back();
    std::uint64_t const most = box_ ? world_.mailboxes.limits().message_octets : largest_before_sign_in;
    if (mark.octets <= most)
        return false;
    refuse_literal("a literal of " + std::to_string(mark.octets) + " octets");
    frames_.refuse();
    return true;
}

OUTKIT_INLINE void session::refuse_literal(std::string_view reason)
{
    reader r(frames_.text(), {});
    tag_ = r.tag();
    if (tag_.empty())
        tag_ = "*";
    name_ = "(literal)";
    answer(verdict::bad, std::string(words().bad_argument), reason);
    say(words().too_many_errors);
    close_ = true;
}

OUTKIT_DEF flow<> session::run()
{
    timing_ = &co_await detail::this_environment();
    wire_.max_line = longest_line;
    wire_.lenient_line_ends = world_.faults.misbehaves("imap.lenient-line-ends");
    std::string const connecting = "connect";
    bool const faulty = co_await fault(connecting);
    if (world_.faults.misbehaves("imap.greeting-garbage"))
        say("HTTP/1.1 400 Bad Request");
    else if (!faulty)
        say(greeting());
    while (!close_)
    {
        if (!co_await next_frame())
            break;
        co_await handle();
        if (close_)
            break;
    }
    co_await flush();
    co_await wire_.close();
}

OUTKIT_DEF flow<> session::handle()
{
    world_.policy.apply_due(world_.date());
    // The frame lives in buffers that are used again while the command is being carried out.
    std::string const text(frames_.text());
    std::vector<codec::literal_mark> const literals(frames_.literals().begin(), frames_.literals().end());
    reader r(text, literals);
    tag_ = r.tag();
    if (tag_.empty() || !r.blank())
    {
        // What a client sends beyond an announced literal: its first word comes back as a tag (observed:
        // mscdex/node-imap#868).
        tag_ = codec::shown(std::string_view(text).substr(0, std::min<std::size_t>(text.find(' '), 128)));
        name_ = "(line)";
        answer(verdict::bad, std::string(words().unknown_command));
        co_return;
    }
    name_ = r.name();
    if (name_.size() > 64)
        name_.resize(64);
    if ((box_ || not_connected_) && token_over())
    {
        // In place of the answer (observed: iroco-co/aioimaplib#83, getmail6/getmail6#73).
        say("* BYE Session invalidated - AccessTokenExpired");
        close_ = true;
        co_return;
    }
    if (co_await fault(name_))
        co_return;
    co_await dispatch(r);
}

OUTKIT_DEF flow<> session::dispatch(reader& r)
{
    auto const& n = name_;
    bool const last = r.at_end();
    if (n == "CAPABILITY")
    {
        say("* CAPABILITY " + capabilities());
        completed();
    }
    else if (n == "NOOP" || n == "CHECK")
    {
        synchronize(true);
        completed();
    }
    else if (n == "ID")
    {
        // observed: a Thunderbird profile of a hotmail account
        say(generic() ? "* ID (\"name\" \"outkit mock\")"
                      : "* ID (\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\" \"version\" \"15.20\")");
        completed();
    }
    else if (n == "LOGOUT")
    {
        say(words().signing_off);
        completed();
        close_ = true;
    }
    else if (n == "STARTTLS")
        co_await start_tls(r);
    else if (n == "AUTHENTICATE")
        co_await authenticate(r);
    else if (n == "LOGIN")
        co_await login(r);
    else if (not_connected_)
    {
        // observed: simonrob/email-oauth2-proxy#74, jstedfast/MailKit#1496
        answer(verdict::bad, "User is authenticated but not connected.", describe(access_.denial));
        if (++not_connected_said_ == 2)
        {
            say(words().too_many_errors);
            close_ = true;
        }
    }
    else
    {
        static constexpr std::string_view with_mailbox[] = {
            "CLOSE", "UNSELECT",  "EXPUNGE", "UID EXPUNGE", "SEARCH", "UID SEARCH", "FETCH", "UID FETCH",
            "STORE", "UID STORE", "COPY",    "UID COPY",    "MOVE",   "UID MOVE",   "IDLE"};
        static constexpr std::string_view signed_in_only[] = {"NAMESPACE", "LIST",      "LSUB",   "SELECT",
                                                              "EXAMINE",   "STATUS",    "CREATE", "DELETE",
                                                              "RENAME",    "SUBSCRIBE", "APPEND", "UNSUBSCRIBE"};
        bool const selected = std::find(std::begin(with_mailbox), std::end(with_mailbox), n) != std::end(with_mailbox);
        bool const enabling = n == "ENABLE" && (generic() || world_.policy.service.profile == imap_profile::rev2);
        bool const known =
            enabling || selected ||
            std::find(std::begin(signed_in_only), std::end(signed_in_only), n) != std::end(signed_in_only);
        if (!known)
        {
            answer(verdict::bad, std::string(words().unknown_command));
            co_return;
        }
        // IDLE without a mailbox is allowed by the RFC; there is nothing to say then.
        if (!box_ || (selected && !folder_))
        {
            bad_state();
            co_return;
        }
        r.blank();
        bool const by_uid = n.starts_with("UID ");
        std::string_view const verb = by_uid ? std::string_view(n).substr(4) : std::string_view(n);
        if (enabling)
        {
            enable(r);
            co_return;
        }
        if (verb != "IDLE" && throttled())
            co_return;
        if (verb == "NAMESPACE")
        {
            say("* NAMESPACE ((\"\" \"/\")) NIL NIL");
            completed();
        }
        else if (verb == "LIST")
            list(r, false);
        else if (verb == "LSUB")
        {
            if (world_.policy.service.profile == imap_profile::rev2)  // observed: postalsys/imapflow 1.4.9
                answer(verdict::bad, std::string(words().unknown_command));
            else
                list(r, true);
        }
        else if (verb == "SELECT" || verb == "EXAMINE")
            select(r, verb == "EXAMINE");
        else if (verb == "STATUS")
            status(r);
        else if (verb == "CREATE")
            create(r);
        else if (verb == "DELETE")
            remove(r);
        else if (verb == "RENAME")
            rename(r);
        else if (verb == "SUBSCRIBE" || verb == "UNSUBSCRIBE")
            subscribe(r, verb == "SUBSCRIBE");
        else if (verb == "APPEND")
            append(r);
        else if (verb == "FETCH")
            co_await fetch(r, by_uid);
        else if (verb == "STORE")
            store(r, by_uid);
        else if (verb == "COPY" || verb == "MOVE")
            copy(r, by_uid, verb == "MOVE");
        else if (verb == "EXPUNGE")
            expunge(r, by_uid);
        else if (verb == "SEARCH")
            search(r, by_uid);
        else if (verb == "IDLE")
            co_await idle();
        else if (!last)
            bad_argument();
        else
        {
            if (verb == "CLOSE" && !read_only_)
            {
                std::vector<std::uint32_t> gone;
                for (auto const& m : folder_->messages())
                    if (m->is(flags::deleted))
                        gone.push_back(m->uid);
                world_.mailboxes.expunge(*folder_, gone);
            }
            leave();
            completed();
        }
    }
}

// RFC 5161. What is enabled in `rev2` is inferred; the plain server has nothing to enable.
OUTKIT_INLINE void session::enable(reader& r)
{
    bool any = false, rev2 = false;
    do
    {
        auto const what = r.atom();
        if (!what)
            return bad_argument();
        any = true;
        rev2 = rev2 || codec::equal_no_case(*what, "IMAP4rev2");
    } while (r.blank());
    if (!any || !r.at_end())
        return bad_argument();
    rev2_ = rev2_ || (rev2 && !generic());
    say(rev2 && !generic() ? "* ENABLED IMAP4rev2" : "* ENABLED");
    completed();
}

OUTKIT_DEF flow<> session::start_tls(reader& r)
{
    if (wire_.encrypted() || box_)
    {
        bad_state();
        co_return;
    }
    if (!r.at_end())
    {
        bad_argument();
        co_return;
    }
    if (wire_.has_buffered())  // CVE-2011-0411
    {
        answer(verdict::bad, std::string(words().bad_line), "plaintext injected after STARTTLS");
        close_ = true;
        co_return;
    }
    answer(verdict::ok, "Begin TLS negotiation now.");  // observed: flourishlib/flourish-classes#145
    co_await flush();
    wire_.patience = idle_before_sign_in;
    co_await wire_.start_tls();
}

}  // namespace imap_detail

OUTKIT_DEF detail::flow<> imap::serve(detail::wire& w, visitor& who)
{
    imap_detail::session s(*this, w, who);
    co_await s.run();
}

OUTKIT_DEF detail::flow<> imap::serve(detail::wire& w)
{
    visitor who;
    who.number = (std::uint64_t(1) << 32) + next_connection_++;
    co_await serve(w, who);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/imap_mailboxes.ipp>
#include <outkit/mock/imap_messages.ipp>
#include <outkit/mock/imap_sign_in.ipp>
#endif

#endif
