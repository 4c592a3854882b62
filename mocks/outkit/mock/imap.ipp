#ifndef OUTKIT_MOCK_IMAP_IPP
#define OUTKIT_MOCK_IMAP_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/imap/detail/command.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/imap_view.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/sasl/challenge.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {
namespace imap_detail {

using detail::attempt;
using detail::fail;
using detail::flow;
using detail::wire;
using namespace std::chrono_literals;

inline constexpr std::size_t longest_line = 64 * 1024;
inline constexpr std::size_t largest_before_sign_in = 4 * 1024;  // of literals
inline constexpr auto idle_before_sign_in = 30s;                 // Exchange Server's is 1 minute
inline constexpr auto idle_after_sign_in = 30min;                // AuthenticatedConnectionTimeout

class session
{
public:
    session(imap& s, wire& w, visitor& who)
        : service_(s), world_(s.world_), wire_(w), who_(who), frames_(codec::framer::role::server, limits_)
    {
        limits_.line = longest_line;
        limits_.response = longest_line + largest_before_sign_in;
    }
    session(session const&) = delete;
    ~session() { forget_sign_in(); }

    OUTKIT_DECL flow<> run();

private:
    using reader = codec::command_reader;
    enum class verdict
    {
        ok,
        no,
        bad
    };

    // Talking
    void say(std::string_view line) { (out_ += line) += "\r\n"; }
    OUTKIT_DECL flow<> flush();
    OUTKIT_DECL flow<bool> next_frame();
    OUTKIT_DECL flow<bool> fault(std::string const& operation);
    OUTKIT_DECL flow<> stall();
    bool refuses_literal();
    void refuse_literal(std::string_view reason);
    std::uint64_t random(std::uint64_t below);
    bool after_2025() const;
    void answer(verdict v, std::string text, std::string_view reason = {});
    void completed(std::string_view code = {});
    void bad_argument() { answer(verdict::bad, "Command Argument Error. 11"); }
    void bad_state() { answer(verdict::bad, "Command received in Invalid state."); }
    void no_such(std::string const& name) { answer(verdict::no, name + " doesn't exist."); }
    void field(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }

    // Commands
    std::string greeting();
    std::string capability() const;
    OUTKIT_DECL flow<> handle();
    OUTKIT_DECL flow<> dispatch(reader& r);
    OUTKIT_DECL flow<> start_tls(reader& r);
    OUTKIT_DECL flow<> authenticate(reader& r);
    OUTKIT_DECL flow<> login(reader& r);
    void xoauth2(std::string const& response);
    void signed_in(mailbox& box, std::string const& user);
    void forget_sign_in();
    void list(reader& r, bool subscribed);
    void select(reader& r, bool read_only);
    void status(reader& r);
    void create(reader& r);
    void remove(reader& r);
    void rename(reader& r);
    void subscribe(reader& r, bool on);
    void append(reader& r);
    OUTKIT_DECL flow<> fetch(reader& r, bool by_uid);
    void store(reader& r, bool by_uid);
    void copy(reader& r, bool by_uid, bool move);
    void expunge(reader& r, bool by_uid);
    void search(reader& r, bool by_uid);
    OUTKIT_DECL flow<> idle();

    // The selected mailbox as this client knows it
    void leave();
    void synchronize(bool with_expunges);
    std::optional<std::vector<std::size_t>> positions(outkit::imap::number_set const& set, bool by_uid);
    std::uint32_t recent_count() const;
    std::string flags_of(message const& m) const;
    std::optional<std::string> mailbox_argument(reader& r);
    bool keepable(outkit::imap::flags const& f) const;

    imap& service_;
    world& world_;
    wire& wire_;
    visitor& who_;
    detail::environment* timing_ = nullptr;
    outkit::imap::limits limits_;
    codec::framer frames_;

    std::string out_;
    std::uint64_t sent_ = 0;
    std::optional<std::uint64_t> drop_at_;
    bool close_ = false;
    detail::event never_;

    std::string tag_, name_;
    std::vector<std::pair<std::string, std::string>> fields_;
    unsigned wrong_ = 0;  // BADs in a row

    access access_;
    mailbox* box_ = nullptr;      // whose mail it is; null before the sign-in
    bool not_connected_ = false;  // signed in, in the way of the years before 2026, and no mailbox behind it
    unsigned not_connected_said_ = 0;

    folder_ptr folder_;
    bool read_only_ = false;
    std::vector<std::uint32_t> uids_;  // positions as the client knows them
    std::uint64_t seen_ = 0;           // mod_sequence that the client knows
    std::uint32_t recent_from_ = 0;
};

inline std::uint64_t session::random(std::uint64_t below)
{
    unsigned char bytes[8];
    world_.random(bytes);
    std::uint64_t n = 0;
    for (unsigned char const b : bytes)
        n = n << 8 | b;
    return n % below;
}

inline bool session::after_2025() const
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

inline void session::answer(verdict v, std::string text, std::string_view reason)
{
    static constexpr std::string_view words[] = {"OK ", "NO ", "BAD "};
    std::string reply = std::string(words[static_cast<std::size_t>(v)]) + text;
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
        say("* BYE Connection closed. 14");
        close_ = true;
    }
}

// "<COMMAND> completed." with the bare verb, also for UID forms (observed: OfflineIMAP/offlineimap#62).
inline void session::completed(std::string_view code)
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

inline std::string session::greeting()
{
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
inline std::string session::capability() const
{
    auto const p = world_.policy.service.profile;
    std::string s = "* CAPABILITY IMAP4 IMAP4rev1 ";
    if (!wire_.encrypted())  // Exchange Server on port 143; observed: flourishlib/flourish-classes#145
        return s + "LOGINDISABLED STARTTLS UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+";
    if (box_ || not_connected_)
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

// Reads the next command with its literals. False: the connection ends.
OUTKIT_DEF flow<bool> session::next_frame()
{
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
            answer(verdict::bad, "Command Error. 12", ec.message());
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
                say("+ Ready for additional command text.");  // observed: emersion/go-imap#150
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
                say("* BYE Connection is closed. 13");  // observed: mscdex/node-imap#561
                co_await flush();
                co_return false;
            }
        }
        wire_.patience = idle_before_sign_in;
        auto const filled = co_await attempt(wire_.fill());
        if (filled.ec == error::connection_closed && !frames_.inside() && !wire_.has_buffered())
            co_return false;
        if (filled.ec == error::bare_line_feed || filled.ec == error::line_too_long)
        {
            tag_ = "*";
            name_ = "(line)";
            answer(verdict::bad, "Command Error. 12", filled.ec.message());
            co_await flush();
            co_return false;
        }
        if (filled.ec)
            co_await fail(filled.ec);
    }
}

// A literal that would be too much. One that waits is refused; one that comes anyway ends the connection.
inline bool session::refuses_literal()
{
    auto const& mark = frames_.literals().back();
    std::uint64_t const most = box_ ? world_.mailboxes.limits().message_octets : largest_before_sign_in;
    if (mark.octets <= most)
        return false;
    refuse_literal("a literal of " + std::to_string(mark.octets) + " octets");
    frames_.refuse();
    return true;
}

inline void session::refuse_literal(std::string_view reason)
{
    reader r(frames_.text(), {});
    tag_ = r.tag();
    if (tag_.empty())
        tag_ = "*";
    name_ = "(literal)";
    answer(verdict::bad, "Command Argument Error. 11", reason);
    say("* BYE Connection closed. 14");
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
    limits_.response = longest_line + (box_ ? world_.mailboxes.limits().message_octets : largest_before_sign_in);
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
        answer(verdict::bad, "Command Error. 10");
        co_return;
    }
    name_ = r.name();
    if (name_.size() > 64)
        name_.resize(64);
    if (access_.claims.expires_at > 0 && (box_ || not_connected_) &&
        std::chrono::system_clock::to_time_t(world_.date()) >= access_.claims.expires_at)
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
        say(capability());
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
        say("* ID (\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\" \"version\" \"15.20\")");
        completed();
    }
    else if (n == "LOGOUT")
    {
        say("* BYE Microsoft Exchange Server IMAP4 server signing off.");
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
            say("* BYE Connection closed. 14");
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
        bool const known =
            selected || std::find(std::begin(signed_in_only), std::end(signed_in_only), n) != std::end(signed_in_only);
        if (!known)
        {
            answer(verdict::bad, "Command Error. 10");
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
                answer(verdict::bad, "Command Error. 10");
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
        answer(verdict::bad, "Command Error. 12", "plaintext injected after STARTTLS");
        close_ = true;
        co_return;
    }
    answer(verdict::ok, "Begin TLS negotiation now.");  // observed: flourishlib/flourish-classes#145
    co_await flush();
    wire_.patience = idle_before_sign_in;
    co_await wire_.start_tls();
}

// --- signing in ---

OUTKIT_DEF flow<> session::authenticate(reader& r)
{
    if (!wire_.encrypted() || box_ || not_connected_)
    {
        bad_state();
        co_return;
    }
    std::string mechanism;
    if (r.blank())
        if (auto const m = r.atom())
            mechanism = *m;
    for (char& c : mechanism)
        c = c >= 'a' && c <= 'z' ? char(c - 32) : c;
    name_ = "AUTHENTICATE " + mechanism.substr(0, 20);
    std::optional<std::string> response;
    if (r.blank())
        response = r.astring();
    bool const plain = mechanism == "PLAIN" || mechanism == "LOGIN";
    if (mechanism.empty() || (mechanism != "XOAUTH2" && !plain) || !r.at_end())
    {
        bad_argument();
        co_return;
    }
    if (response == "=")
        response = "";
    if (!response && !(plain && after_2025()))
    {
        std::string const go = world_.policy.service.bare_continuation ? "+" : "+ ";
        say(go);
        std::string const tag = tag_;
        if (!co_await next_frame())
        {
            close_ = true;
            co_return;
        }
        tag_ = tag;
        response = std::string(frames_.text());
    }
    if (plain)
    {
        // No password is looked at (observed: holon-run/uxc#445, mjs/imapclient#602).
        answer(verdict::no, after_2025() ? "Basic authentication is disabled." : "AUTHENTICATE failed.",
               "passwords are refused");
        co_return;
    }
    if (response == "*")
    {
        answer(verdict::bad, "AUTHENTICATE failed.", "cancelled by the client");
        co_return;
    }
    xoauth2(*response);
    if (!box_ && !not_connected_ && world_.policy.service.json_challenge && !out_.empty() && !close_)
    {
        // As other services do; Exchange Online refuses at once.
        std::string refusal = std::move(out_);
        out_.clear();
        say("+ " + sasl::encode_challenge({"400", "Bearer", "https://outlook.office.com/IMAP.AccessAsUser.All"}));
        if (co_await next_frame())
            out_ += refusal;
        else
            close_ = true;
    }
}

inline void session::xoauth2(std::string const& response)
{
    sasl::error wrong{};
    auto const credentials = sasl::decode_xoauth2(response, wrong);
    if (!credentials)  // observed: a comment in a public XOAUTH2 helper; the number is inferred
        return answer(verdict::bad, "Command Argument Error. 11", sasl::describe(wrong));
    field("user", credentials->user);
    access_ = open(world_, credentials->token, protocol::imap, credentials->user);
    if (access_.denial == access_denial::real_credential)
    {
        fields_.clear();
        answer(verdict::no, "AUTHENTICATE failed.", "a credential of the real service was shown; mocks take none");
        say("* BYE This is a mock server: it takes no real credentials.");
        close_ = true;
        return;
    }
    if (!access_ && !access_.authenticated())
        return answer(verdict::no, "AUTHENTICATE failed.", describe(access_.denial));
    mailbox* const box = access_ ? world_.mailboxes.find(access_.mailbox) : nullptr;
    auto const& open_now = service_.connections_[access_.mailbox];
    bool const crowded = open_now.size() >= world_.policy.service.throttling.imap_connections;
    if (box && !crowded)
        return signed_in(*box, credentials->user);
    std::string_view const reason = crowded   ? std::string_view("too many connections to this mailbox")
                                    : access_ ? std::string_view("there is no mailbox behind the address")
                                              : describe(access_.denial);
    if (after_2025())
        return answer(verdict::no, "User is authenticated but not connected.", reason);
    not_connected_ = true;
    answer(verdict::ok, "AUTHENTICATE completed.", reason);
}

inline void session::signed_in(mailbox& box, std::string const&)
{
    box_ = &box;
    who_.logged_in = true;
    service_.connections_[access_.mailbox].insert(who_.number);
    answer(verdict::ok, "AUTHENTICATE completed.");
}

inline void session::forget_sign_in()
{
    auto const at = service_.connections_.find(access_.mailbox);
    if (box_ && at != service_.connections_.end())
    {
        at->second.erase(who_.number);
        if (at->second.empty())
            service_.connections_.erase(at);
    }
}

OUTKIT_DEF flow<> session::login(reader& r)
{
    if (box_ || not_connected_)
    {
        bad_state();
        co_return;
    }
    bool whole = false;
    if (r.blank())
        if (auto const user = r.astring())
        {
            field("user", *user);
            whole = r.blank() && r.astring() && r.at_end();
        }
    if (!wire_.encrypted())
    {
        bad_state();
        co_return;
    }
    if (!whole)
    {
        bad_argument();
        co_return;
    }
    if (after_2025())
    {
        answer(verdict::no, "Basic authentication is disabled.", "passwords are refused");
        say("* BYE Microsoft Exchange Server IMAP4 server signing off.");  // observed: holon-run/uxc#445
        close_ = true;
    }
    else
        answer(verdict::no, "LOGIN failed.", "passwords are refused");
}

// --- mailboxes ---

inline std::optional<std::string> session::mailbox_argument(reader& r)
{
    auto const encoded = r.astring();
    if (!encoded)
        return std::nullopt;
    field("mailbox", *encoded);
    auto name = codec::from_modified_utf7(*encoded);
    return name ? std::move(name) : encoded;
}

inline void session::list(reader& r, bool subscribed)
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

inline void session::leave()
{
    folder_ = nullptr;
    uids_.clear();
}

inline std::uint32_t session::recent_count() const
{
    auto const first = std::lower_bound(uids_.begin(), uids_.end(), recent_from_);
    return static_cast<std::uint32_t>(uids_.end() - first);
}

inline void session::select(reader& r, bool read_only)
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

inline void session::status(reader& r)
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
inline void session::create(reader& r)
{
    auto name = mailbox_argument(r);
    if (!name || !r.at_end())
        return bad_argument();
    if (name->ends_with('/'))
        name->pop_back();
    if (box_->find_path(*name))
        return answer(verdict::no, "[ALREADYEXISTS] " + *name + " already exists.");
    if (!world_.mailboxes.create_path(*box_, *name))
        return answer(verdict::no, "[CANNOT] " + *name + " cannot be created.");
    completed();
}

inline void session::remove(reader& r)
{
    auto const name = mailbox_argument(r);
    if (!name || !r.at_end())
        return bad_argument();
    folder_ptr const f = box_->find_path(*name);
    if (!f)
        return no_such(*name);
    if (!world_.mailboxes.remove_folder(*f))
        return answer(verdict::no, "[CANNOT] " + *name + " cannot be deleted.");
    if (folder_ && folder_->removed())
        leave();
    completed();
}

inline void session::rename(reader& r)
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
        return answer(verdict::no, "[CANNOT] " + *from + " cannot be renamed.");
    completed();
}

inline void session::subscribe(reader& r, bool on)
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

// The only keyword is $MDNSent ([MS-STANXIMAP] 2.2.4).
inline bool session::keepable(outkit::imap::flags const& f) const
{
    return std::all_of(f.keywords.begin(), f.keywords.end(),
                       [](std::string const& k) { return codec::equal_no_case(k, "$MDNSent"); });
}

inline void session::append(reader& r)
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
    folder_ptr const f = box_->find_path(*name);
    if (!f)
        return no_such(*name);
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

// --- messages ---

inline std::string session::flags_of(message const& m) const
{
    std::string out;
    outkit::imap::flags f{from_store(m.flags), m.keywords};
    if (m.uid >= recent_from_)
        f.system = f.system | outkit::imap::flag::recent;
    codec::append_flags(out, f);
    return out;
}

// Tells what has happened since the client was told last.
inline void session::synchronize(bool with_expunges)
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

// Indices into uids_, ascending; nothing if a sequence number is out of range.
inline std::optional<std::vector<std::size_t>> session::positions(outkit::imap::number_set const& set, bool by_uid)
{
    std::vector<std::size_t> out;
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
        if (!by_uid && (range.first == 0 || range.last > uids_.size()))
            return std::nullopt;
        auto first = uids_.begin() + (by_uid ? 0 : range.first - 1);
        auto last = by_uid ? uids_.end() : uids_.begin() + range.last;
        if (by_uid)
        {
            first = std::lower_bound(uids_.begin(), uids_.end(), range.first);
            last = std::upper_bound(first, uids_.end(), range.last);
        }
        for (auto at = first; at < last; ++at)
            out.push_back(static_cast<std::size_t>(at - uids_.begin()));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
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
    auto const which = positions(*set, by_uid);
    if (!which)
    {
        answer(verdict::bad, "The specified message set is invalid.");  // observed: mscdex/node-imap#615
        co_return;
    }
    using item = codec::fetch_arguments::item;
    bool const names_uid = std::find(what->order.begin(), what->order.end(), item::uid) != what->order.end();
    for (std::size_t const i : *which)
    {
        message_ptr const m = folder_->find(uids_[i]);
        if (!m)
            continue;
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
            case item::size: line += "RFC822.SIZE " + std::to_string(estimated_size(*m)); break;
            case item::envelope:
                line += "ENVELOPE ";
                append_envelope(line, m->envelope());
                break;
            case item::body:
            case item::structure:
                line += k == item::body ? "BODY " : "BODYSTRUCTURE ";
                append_structure(line, m->structure(), 0, k == item::structure);
                break;
            case item::section: {
                auto const& s = what->sections[section++];
                marked = marked || s.wanted.mark_seen;
                append_section(line, s, *m);
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
    completed();
}

inline void session::store(reader& r, bool by_uid)
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
        return answer(verdict::no, "Command received in Invalid state.");
    synchronize(false);
    auto const which = positions(*set, by_uid);
    if (!which)
        return answer(verdict::bad, "The specified message set is invalid.");
    for (std::size_t const i : *which)
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

inline void session::copy(reader& r, bool by_uid, bool move)
{
    auto const set = r.set();
    std::optional<std::string> name;
    if (set && r.blank())
        name = mailbox_argument(r);
    if (!name || !r.at_end())
        return bad_argument();
    if (move && read_only_)
        return answer(verdict::no, "Command received in Invalid state.");
    synchronize(false);
    auto const which = positions(*set, by_uid);
    if (!which)
        return answer(verdict::bad, "The specified message set is invalid.");
    folder_ptr const to = box_->find_path(*name);
    if (!to)
        return no_such(*name);
    outkit::imap::number_set from, made;
    for (std::size_t const i : *which)
    {
        std::uint32_t const uid = uids_[i];
        auto const m = move ? world_.mailboxes.move(*folder_, uid, *to) : world_.mailboxes.copy(*folder_, uid, *to);
        if (!m)
            continue;
        from.add(uid);
        made.add(m->uid);
    }
    // With nothing copied, the sets are empty (observed: MailKit, its issue 555).
    std::string const code =
        "[COPYUID " + std::to_string(to->uid_validity()) + ' ' + from.to_string() + ' ' + made.to_string() + ']';
    if (move)
        say("* OK " + code);
    synchronize(true);
    completed(move ? std::string_view() : std::string_view(code));
}

inline void session::expunge(reader& r, bool by_uid)
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
        return answer(verdict::no, "Command received in Invalid state.");
    synchronize(true);
    auto const which = positions(set ? *set : outkit::imap::uid_set::all(), true);
    std::vector<std::uint32_t> gone;
    for (std::size_t const i : *which)
        if (message_ptr const m = folder_->find(uids_[i]); m && m->is(flags::deleted))
            gone.push_back(m->uid);
    world_.mailboxes.expunge(*folder_, gone);
    synchronize(true);
    completed();
}

inline void session::search(reader& r, bool by_uid)
{
    synchronize(by_uid);
    bool other_charset = false;
    search_context c{*folder_, uids_, recent_from_};
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
    say("+ IDLE accepted, awaiting DONE command.");  // observed: Webklex/php-imap#258
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
            say("* BYE Connection is closed. 13");
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
    if (access_.claims.expires_at > 0 &&
        std::chrono::system_clock::to_time_t(world_.date()) >= access_.claims.expires_at)
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

#endif
