#ifndef OUTKIT_IMAP_DETAIL_FLOWS_IPP
#define OUTKIT_IMAP_DETAIL_FLOWS_IPP

#include <outkit/imap/detail/flows.hpp>
#include <outkit/sasl/challenge.hpp>
#include <outkit/sasl/xoauth2.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::imap::detail {

using outkit::detail::refuse;

OUTKIT_INLINE void session::forget()
{
    at = state::disconnected;
    trusted = ending = ended = false;
    caps.clear();
    spaces = {};
    box = {};
    events.clear();
    alert.clear();
    retry_after.reset();
    malformed = 0;
    last = {};
    frames.refuse();
    frames.sink = nullptr;
}

OUTKIT_DEF std::string tag_source::next(environment& world)
{
    static constexpr std::string_view letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    if (left_ == 0)
    {
        world.random(dice_);
        left_ = dice_.size();
    }
    std::string tag;
    for (std::size_t const end = left_ - size; left_ != end; --left_)
        tag += letters[dice_[dice_.size() - left_] % letters.size()];
    return tag;
}

// --- what the server says without being asked ---

OUTKIT_DECL void note_exists(session& s, std::uint32_t n)
{
    if (n < s.box.exists)  // fewer without an EXPUNGE: positions mean nothing any more
        s.box.reliable = false;
    s.box.exists = n;
    s.events.push_back({mailbox_event::kind::exists, n});
}

OUTKIT_DECL void note_expunge(session& s, std::uint32_t n)
{
    if (n > s.box.exists)
        s.box.reliable = false;
    else
        --s.box.exists;
    s.events.push_back({mailbox_event::kind::expunge, n});
}

OUTKIT_DECL void note_flags(session& s, message const& m)
{
    if (!m.has_flags)
        return;
    mailbox_event e{mailbox_event::kind::flags, m.sequence, m.uid, {m.system, {}}};
    for (std::string_view const k : m.keywords)
        e.flags.keywords.emplace_back(k);
    s.events.push_back(std::move(e));
}

OUTKIT_DECL error_code note_status(session& s, status_text const& st)
{
    limits const& l = s.settings.limits;
    if (st.code.empty())
        return {};
    if (equal_no_case(st.code, "ALERT"))
        s.alert = shown(st.text);
    else if (auto const caps = code_capabilities(st, l))
        s.caps = *caps;
    if (s.at != session::state::selected)
        return {};
    if (auto const n = code_number(st, "UIDVALIDITY"))
    {
        if (*n == 0)
            return error::uid_validity_zero;
        if (s.box.uid_validity != 0 && s.box.uid_validity != *n)
            return error::uid_validity_changed;
        s.box.uid_validity = *n;
    }
    else if (auto const next = code_number(st, "UIDNEXT"))
        s.box.uid_next = *next;
    else if (auto const unseen = code_number(st, "UNSEEN"))
        s.box.first_unseen = *unseen;
    else if (auto f = code_permanent_flags(st, l, s.box.new_keywords))
        s.box.permanent_flags = std::move(*f);
    return {};
}

OUTKIT_DECL error_code end_of(session const& s, status_text const& bye)
{
    if (bye.text.find("AccessTokenExpired") != std::string_view::npos)  // observed: iroco-co/aioimaplib#83
        return error::access_token_expired;
    return s.at == session::state::disconnected ? error::greeting_refused : error::connection_ended;
}

// One untagged response that no command asked for, or every command may meet.
OUTKIT_DECL error_code note(session& s, response& r)
{
    using kind = response::kind;
    if (!s.trusted)
        return {};  // before TLS nothing is believed
    bool const selected = s.at == session::state::selected;
    switch (r.what)
    {
    case kind::status: return note_status(s, r.status);
    case kind::capability: s.caps = std::get<capabilities>(std::move(r.data)); break;
    case kind::namespaces: s.spaces = std::get<imap::namespaces>(std::move(r.data)); break;
    case kind::flags:
        if (selected)
            s.box.flags = std::get<flags>(std::move(r.data));
        break;
    case kind::exists:
        if (selected)
            note_exists(s, r.number);
        break;
    case kind::recent:
        if (selected)
        {
            s.box.recent = r.number;
            s.events.push_back({mailbox_event::kind::recent, r.number});
        }
        break;
    case kind::expunge:
        if (selected)
            note_expunge(s, r.number);
        break;
    case kind::fetch:
        if (selected)
            note_flags(s, *r.fetched);
        break;
    default: break;
    }
    if (s.events.size() > s.settings.limits.untagged_responses)
        return error::too_many_responses;
    return {};
}

// What is being waited for.
enum class until
{
    greeting,      // the first response
    continuation,  // "+", or the tagged answer
    completion,    // the tagged answer
    nothing        // all that has arrived, while idling
};

// How much one command has been answered so far.
struct answered
{
    std::size_t octets = 0;
    std::size_t responses = 0;
};

// Parses the frame that has just been completed. `done`: it is what was waited for, and in s.last.
OUTKIT_DECL error_code hear(session& s, until what, std::string_view tag, data_handler* data, answered& sofar,
                            std::string& words, bool& done)
{
    limits const& l = s.settings.limits;
    response& r = s.heard;
    std::string_view const frame = s.frames.text();
    if (++sofar.responses > l.untagged_responses)
        return error::too_many_responses;
    if ((sofar.octets += frame.size()) > l.untagged_octets)
        return error::response_too_long;

    arena* block = data ? data->block(frame) : nullptr;
    if (!block)
    {
        s.scratch.clear();
        block = &s.scratch;
    }
    error_code ec = parse_response(frame, s.frames.literals(), l, *block, r);
    auto const keep = [&] {
        s.last = {r.what == response::kind::continuation, r.status.status, std::string(r.status.code),
                  std::string(r.status.arguments), std::string(r.status.text)};
        done = true;
    };
    if (what == until::greeting)
    {
        if (ec || r.what != response::kind::status)
        {
            words = shown(frame);
            return error::malformed_greeting;
        }
        keep();
        return {};
    }
    if (r.what == response::kind::tagged)
    {
        if (r.tag != tag || what == until::nothing)
        {
            words = shown(frame);
            return error::unknown_tag;
        }
        if (!ec)
            keep();
        return ec;
    }
    if (ec)
    {
        if (ec != error::malformed_response)
            return ec;
        return ++s.malformed > l.malformed_responses ? make_error_code(error::too_many_malformed_responses)
                                                     : error_code();
    }
    if (r.what == response::kind::continuation)
    {
        if (what != until::continuation)
            return error::unexpected_continuation;
        keep();
        return {};
    }
    if (r.what == response::kind::status && r.status.status == status_text::condition::bye)
    {
        s.ended = true;
        if (s.ending)
            return {};
        if (s.trusted)
            words = shown(r.status.text);
        return end_of(s, r.status);
    }
    if (s.trusted && data && data->take(s, r, ec))
    {
        if (!data->keeps())
            sofar = {};
        return ec;
    }
    return note(s, r);
}

// Reads responses until the one that is waited for. A loop without a flow or an allocation per line.
OUTKIT_DECL flow<> read_reply(session& s, until what, std::string tag, data_handler* data)
{
    environment& world = co_await this_environment();
    answered sofar;
    time_point deadline = world.now() + s.w.patience;
    bool progress = false;
    for (bool done = false; !done;)
    {
        error_code ec;
        std::string words;
        framer::step const step = s.frames.next(s.w, ec);
        if (!ec && step == framer::step::complete)
        {
            progress = true;
            ec = hear(s, what, tag, data, sofar, words, done);
        }
        if (ec)
            co_await fail(ec, std::move(words));
        if (step == framer::step::complete)
            continue;
        // A line that drips in does not get more time by dripping; a literal's pieces do.
        if (progress || s.frames.in_literal())
            deadline = world.now() + s.w.patience;
        else if (world.now() >= deadline)
            co_await fail(outkit::error::timeout);
        progress = false;
        co_await s.w.fill();
    }
}

// What has arrived, without waiting for more than the rest of a response that has begun.
OUTKIT_DECL flow<> read_available(session& s)
{
    answered sofar;
    do
    {
        error_code ec;
        std::string words;
        bool done = false;
        framer::step const step = s.frames.next(s.w, ec);
        if (!ec && step == framer::step::complete)
            ec = hear(s, until::nothing, {}, nullptr, sofar, words, done);
        if (ec)
            co_await fail(ec, std::move(words));
        if (step != framer::step::complete)
            co_await s.w.fill();
    } while (s.frames.inside() || s.w.has_buffered());
}

// Reads what has come since the last command, and does not wait for more.
OUTKIT_DECL flow<> look_around(session& s)
{
    environment& world = co_await this_environment();
    event never_happens;
    event::watch none(never_happens);
    time_point const now = world.now();
    for (;;)
    {
        wake const why = co_await s.w.wait(none, now);
        if (why != wake::input)
            co_return;
        co_await read_available(s);
    }
}

// So that a connection that is gone is known before the next command is said.
OUTKIT_DECL flow<> hear_first(session& s)
{
    s.resume->up = false;
    auto gone = co_await attempt(look_around(s));
    s.resume->up = !gone.ec;
    if (gone.ec && !is_loss(gone.ec))
        co_await fail(gone.ec, std::move(gone.diagnostics));
    if (gone.ec)
        co_await come_back(s, gone.ec, std::move(gone.diagnostics), nullptr);
}

// --- commands ---

OUTKIT_DECL bool says_not_connected(std::string_view text)
{
    return text.find("User is authenticated but not connected") != std::string_view::npos;
}

OUTKIT_DEF error_code meaning(session& s, reply const& r)
{
    s.retry_after.reset();
    if (says_not_connected(r.text))
        return error::authenticated_but_not_connected;
    auto const code = [&r](std::string_view c) { return equal_no_case(r.code, c); };
    if (auto const backoff = suggested_backoff(r.text))
    {
        s.retry_after = backoff;
        return error::throttled;
    }
    if (code("THROTTLED") || code("LIMIT") || r.text.starts_with("Request is throttled"))
        return error::throttled;
    // Exchange: "X doesn't exist."; Dovecot 2.3: "Mailbox doesn't exist: X". Neither has a code.
    if (code("NONEXISTENT") || code("TRYCREATE") || r.text.find("doesn't exist") != std::string::npos)
        return error::no_such_mailbox;
    // Exchange: "Mailbox already exists.", without a code.
    if (code("ALREADYEXISTS") || r.text.find("already exists") != std::string::npos)
        return error::mailbox_exists;
    if (code("OVERQUOTA"))
        return error::over_quota;
    if (code("TOOBIG"))
        return error::message_too_big;
    if (code("BADCHARSET"))
        return error::charset_not_supported;
    if (code("AUTHENTICATIONFAILED") || code("AUTHORIZATIONFAILED") || code("EXPIRED"))
        return error::authentication_failed;
    if (code("UNAVAILABLE") || code("INUSE") || r.text.starts_with("Server Unavailable"))
        return error::unavailable;
    return r.status == status_text::condition::no ? error::command_refused : error::command_rejected;
}

OUTKIT_DEF std::string words(reply const& r) { return shown(r.code.empty() ? r.text : '[' + r.code + "] " + r.text); }

// Sends octets that are not in memory. Once some have been announced, a source without them costs the connection.
OUTKIT_DECL flow<> send_literal(session& s, octet_source from)
{
    static constexpr std::size_t most = 64 * 1024;
    for (std::uint64_t left = from.octets; left != 0;)
    {
        std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(left, most)), '\0');
        error_code ec;
        std::size_t const n = from.read(piece.data(), piece.size(), ec);
        if (!ec && (n == 0 || n > piece.size()))
            ec = error::message_too_short;
        if (ec)
        {
            s.source_failed = true;
            co_await fail(ec);
        }
        piece.resize(n);
        left -= n;
        co_await s.w.write(std::move(piece), wire::redact);
    }
}

// Literals wait for the server's "+" unless this session may send them at once.
OUTKIT_DEF flow<> say(session& s, command& c, data_handler* data)
{
    if (s.at == session::state::disconnected)
        co_await fail(outkit::error::not_connected);
    static constexpr std::size_t literal_minus = 4096;  // RFC 7888 section 5
    environment& world = co_await this_environment();
    std::string const tag = s.tags.next(world);
    std::string line = tag + ' ';
    s.w.patience = s.settings.answering;
    for (command::piece& p : c.pieces)
    {
        if (!p.is_literal)
        {
            line += p.text;
            continue;
        }
        std::uint64_t const n = p.source.read ? p.source.octets : p.text.size();
        bool const at_once = s.caps.has("LITERAL+") || (s.caps.has("LITERAL-") && n <= literal_minus);
        line += '{' + std::to_string(n) + (at_once ? "+}\r\n" : "}\r\n");
        if (!at_once)
        {
            co_await s.w.write(std::move(line));
            line.clear();
            co_await read_reply(s, until::continuation, tag, data);
            if (s.last.ok())
                co_await fail(error::early_completion);
            if (!s.last.continuation)
                co_return;  // refused; the literal is not sent
        }
        if (p.source.read)
        {
            s.committed = true;
            if (!line.empty())
                co_await s.w.write(std::move(line));
            line.clear();
            c.spent = true;
            octet_source from = std::move(p.source);
            co_await send_literal(s, std::move(from));
        }
        if (s.w.trace && c.name() == "APPEND")  // which shows of a message how long it is
        {
            co_await s.w.write(std::move(line));
            line.clear();
            s.committed = true;
            std::string message = p.text;
            co_await s.w.write(std::move(message), wire::redact);
            continue;
        }
        line += p.text;
    }
    line += "\r\n";
    s.committed = true;
    co_await s.w.write(std::move(line));
    co_await read_reply(s, until::completion, tag, data);
}

// Sends a command and reads its answer, once more where that does no harm and the session comes back.
OUTKIT_DEF flow<> execute(session& s, command c, data_handler* data)
{
    if (c.ec)
        co_await refuse(c.ec);
    s.committed = s.source_failed = false;
    after_loss const then = rule_of(c.name());
    resumption* const r = s.resume && !s.resume->busy ? s.resume.get() : nullptr;
    if (!r && then != after_loss::outcome_unknown)
    {
        co_await say(s, c, data);
        co_return;
    }
    if (r && then == after_loss::outcome_unknown)
        co_await hear_first(s);
    literal_sink* const sink = s.frames.sink;
    for (bool refreshed = false;;)
    {
        if (r)
            r->up = false;  // what is cancelled meanwhile leaves half an answer
        auto done = co_await attempt(say(s, c, data));
        if (!done.ec)
        {
            if (!r)
                co_return;
            r->up = true;
            r->failures = 0;
            r->expired = false;
            if (s.last.ok())
                co_return;
            bool const again = co_await worth_repeating(s, c, then, refreshed);
            if (!again)
                co_return;
        }
        else
        {
            bool const ours = s.source_failed || (data && data->gave_up());
            bool const lost = !ours && is_loss(done.ec);
            if (r && (done.ec == error::uid_validity_changed || done.ec == error::uid_validity_zero))
                r->box.reset();  // or it would be selected again, as if nothing had happened
            if (r && done.ec == error::access_token_expired)
                r->access.rejected = true;
            if (s.committed && !ours && done.ec != outkit::error::not_connected && then == after_loss::outcome_unknown)
            {
                std::string text = done.diagnostics.empty() ? done.ec.message() : std::move(done.diagnostics);
                co_await fail(error::outcome_unknown, std::move(text));
            }
            if (!r || !lost || then == after_loss::reported || c.spent)
                co_await fail(done.ec, std::move(done.diagnostics));
            co_await come_back(s, done.ec, std::move(done.diagnostics), nullptr);
        }
        s.committed = false;
        s.frames.sink = sink;
        if (data && !data->again(s, c))
        {
            s.last = {};  // OK
            co_return;
        }
    }
}

// The same for commands that simply must succeed.
OUTKIT_DECL flow<> perform(session& s, command c, data_handler* data = nullptr)
{
    co_await execute(s, std::move(c), data);
    if (!s.last.ok())
    {
        error_code const ec = meaning(s, s.last);
        co_await refuse(ec, words(s.last));
    }
}

OUTKIT_DECL error_code not_ready(session const& s, session::state least)
{
    if (s.at == session::state::disconnected)
        return outkit::error::not_connected;
    if (s.at >= least)
        return {};
    return s.at == session::state::not_authenticated ? error::not_authenticated : error::no_mailbox_selected;
}

OUTKIT_DEF flow<> connect(session& s, std::string host, std::uint16_t port, security how)
{
    if (s.resume && !s.resume->busy)
        s.resume.reset();
    s.forget();
    s.host = host;
    s.how = how;
    if (how == security::plaintext_loopback && !sasl::confidential::on_loopback(host))
        co_await fail(error::plaintext_not_loopback);
    s.w.patience = s.settings.connecting;
    co_await s.w.connect(std::move(host), port, how == security::implicit_tls);
    s.trusted = how != security::starttls;

    s.w.patience = s.settings.greeting;
    std::string no_tag;
    co_await read_reply(s, until::greeting, std::move(no_tag), nullptr);
    std::string said;  // before TLS, its words are not the server's
    if (s.trusted)
        said = words(s.last);
    using enum status_text::condition;
    if (s.last.status == preauth)
    {
        // Without TLS it would make STARTTLS impossible (CVE-2020-12398); with it, somebody else is signed in.
        error_code ec = outkit::error::tls_required;
        if (s.w.encrypted())
            ec = error::completed_without_credentials;
        co_await fail(ec);
    }
    if (s.last.status == bye)
        co_await fail(error::greeting_refused, std::move(said));
    if (s.last.status != ok)
        co_await fail(error::malformed_greeting, std::move(said));

    s.at = session::state::not_authenticated;
    if (how == security::starttls)
    {
        // Said without looking at the capabilities: the outcome is TLS or an error (R-STL-03).
        command c("STARTTLS");
        auto const r = co_await attempt(execute(s, std::move(c), nullptr));
        bool const odd = r.ec == error::connection_ended || r.ec == error::access_token_expired ||
                         r.ec == error::unexpected_continuation || r.ec == error::malformed_response;
        if (odd || (!r.ec && !s.last.ok()))
            co_await fail(outkit::error::tls_required);
        if (r.ec)
            co_await fail(r.ec);
        s.w.patience = s.settings.connecting;
        co_await s.w.start_tls();
        s.forget();  // and nothing that was said before is known any more (RFC 9051 section 6.2.1)
        s.at = session::state::not_authenticated;
        s.trusted = true;
    }
    else if (auto const caps = code_capabilities(s.last.view(), s.settings.limits))
        s.caps = *caps;
    if (s.caps.empty())
        co_await capability(s);
}

OUTKIT_DEF flow<capabilities> capability(session& s)
{
    if (error_code const ec = not_ready(s, session::state::not_authenticated))
        co_await refuse(ec);
    command c("CAPABILITY");
    s.caps.clear();
    co_await perform(s, std::move(c));
    co_return s.caps;
}

// What the challenge says, as far as it may be shown.
OUTKIT_DECL std::string shown(sasl::error_challenge const& c)
{
    std::string out;
    for (auto const& [name, value] : {std::pair<char const*, std::string const*>{"status", &c.status},
                                      {"schemes", &c.schemes},
                                      {"scope", &c.scope}})
        if (!value->empty())
            out += (out.empty() ? "" : ", ") + std::string(name) + ' ' + *value;
    return shown(std::string_view(out));
}

OUTKIT_DECL error_code sasl_error(sasl::error e)
{
    return e == sasl::error::invalid_user ? error::invalid_user : error::invalid_access_token;
}

// AUTHENTICATE XOAUTH2 up to the tagged answer, with what an error challenge said.
OUTKIT_DECL flow<std::string> exchange_xoauth2(session& s, secret response)
{
    environment& world = co_await this_environment();
    std::string const tag = s.tags.next(world);
    std::string line = tag + " AUTHENTICATE XOAUTH2";
    line.reserve(line.size() + response.size() + 3);  // where it grew it would leave the token behind
    s.w.patience = s.settings.authenticating;
    if (s.caps.has("SASL-IR"))
    {
        (line += ' ') += response.reveal();
        line += "\r\n";
        co_await s.w.write(std::move(line), wire::redact);
    }
    else
    {
        line += "\r\n";
        co_await s.w.write(std::move(line));
        co_await read_reply(s, until::continuation, tag, nullptr);
        if (s.last.ok())
            co_await fail(error::completed_without_credentials);
        if (!s.last.continuation)
            co_return {};
        if (!s.last.text.empty() || !s.last.code.empty())
        {
            co_await s.w.write("*\r\n");
            co_await fail(error::malformed_challenge);
        }
        line.reserve(response.size() + 2);
        line = response.reveal();
        line += "\r\n";
        co_await s.w.write(std::move(line), wire::redact);
    }

    // A refused token may come with a challenge that says why (Gmail's does, Exchange's does not): it is answered with
    // an empty line, and then the refusal follows.
    std::string said;
    for (std::size_t round = 0;; ++round)
    {
        co_await read_reply(s, until::continuation, tag, nullptr);
        if (!s.last.continuation)
            break;
        if (round == s.settings.limits.challenges)
            co_await fail(error::too_many_challenges);
        if (s.last.text.size() > s.settings.limits.challenge)
        {
            co_await s.w.write("*\r\n");
            co_await fail(error::challenge_too_long);
        }
        sasl::error e = sasl::error::none;
        auto const challenge = sasl::decode_challenge(s.last.text, e);
        if (!challenge && e != sasl::error::malformed_challenge)
        {
            co_await s.w.write("*\r\n");
            co_await fail(error::malformed_challenge);
        }
        if (challenge)
            said = shown(*challenge);
        co_await s.w.write("\r\n");
        if (said.empty())
            said = "refused with a challenge";
    }
    if (s.last.ok() && !said.empty())
        co_await fail(error::completed_after_refusal);
    co_return said;
}

OUTKIT_DEF flow<> authenticate(session& s, std::string user, access_token token)
{
    if (s.at == session::state::disconnected)
        co_await fail(outkit::error::not_connected);
    if (s.at != session::state::not_authenticated)
        co_await refuse(error::already_authenticated);
    auto channel = sasl::confidential::over(s.w);
    if (!channel && s.how == security::plaintext_loopback)
        channel = sasl::confidential::on_loopback(s.host);
    if (!channel)
        co_await fail(outkit::error::tls_required);
    sasl::error e = sasl::error::none;
    auto response = sasl::encode_xoauth2(user, token.reveal(), *channel, e);
    if (!response)
        co_await refuse(sasl_error(e));
    if (!s.caps.has("AUTH=XOAUTH2"))
        co_await refuse(error::xoauth2_not_offered);

    secret first(std::move(*response));
    std::string said = co_await exchange_xoauth2(s, std::move(first));
    if (!s.last.ok())
    {
        error_code ec = meaning(s, s.last);
        if (ec == error::command_refused)
            ec = error::authentication_failed;
        std::string text = words(s.last);
        if (!said.empty())
            text += " (" + said + ')';
        co_await refuse(ec, std::move(text));
    }
    s.at = session::state::authenticated;
    s.caps.clear();
    if (auto const caps = code_capabilities(s.last.view(), s.settings.limits))
        s.caps = *caps;
    if (s.caps.empty())
        co_await capability(s);
    if (s.caps.has("UTF8=ONLY"))  // it would refuse every SELECT
        co_await fail(error::utf8_required);

    // Until 2026 Exchange says OK first and refuses the mailbox to the next command; NAMESPACE is a harmless one.
    if (s.caps.has("NAMESPACE"))
    {
        command c("NAMESPACE");
        co_await execute(s, std::move(c));
        if (!s.last.ok() && says_not_connected(s.last.text))
            co_await fail(error::authenticated_but_not_connected, words(s.last));
    }
}

OUTKIT_DECL std::vector<mailbox_event> taken(session& s) { return std::exchange(s.events, {}); }

OUTKIT_DEF flow<std::vector<mailbox_event>> noop(session& s)
{
    if (error_code const ec = not_ready(s, session::state::not_authenticated))
        co_await refuse(ec);
    command c("NOOP");
    co_await perform(s, std::move(c));
    co_return taken(s);
}

OUTKIT_DEF flow<> logout(session& s)
{
    if (s.resume && !s.resume->busy)
        s.resume.reset();
    if (s.at == session::state::disconnected)
        co_return;
    command c("LOGOUT");
    s.ending = true;
    auto const r = co_await attempt(execute(s, std::move(c)));
    if (r.ec && !s.ended)  // some servers close right after BYE
        co_await fail(r.ec, r.diagnostics);
    co_await s.w.close();
    s.forget();
}

OUTKIT_DECL class id_handler final : public data_handler
{
public:
    id_fields found;
    arena* block(std::string_view) override { return nullptr; }
    bool take(session&, response& r, error_code&) override
    {
        if (r.what != response::kind::id)
            return false;
        found = std::get<id_fields>(std::move(r.data));
        return true;
    }
};

OUTKIT_DEF flow<id_fields> identify(session& s, id_fields ours)
{
    if (error_code const ec = not_ready(s, session::state::not_authenticated))
        co_await refuse(ec);
    if (!s.caps.has("ID"))
        co_await refuse(error::capability_missing);
    command c("ID");
    c.id(ours);
    id_handler heard;
    co_await perform(s, std::move(c), &heard);
    co_return std::move(heard.found);
}

OUTKIT_DEF flow<imap::namespaces> namespaces_of(session& s)
{
    if (error_code const ec = not_ready(s, session::state::authenticated))
        co_await refuse(ec);
    command c("NAMESPACE");
    co_await perform(s, std::move(c));
    co_return s.spaces;
}

OUTKIT_DECL class list_handler final : public data_handler
{
public:
    explicit list_handler(listing which) : which_(which) {}
    std::vector<mailbox> found;
    arena* block(std::string_view) override { return nullptr; }
    bool take(session&, response& r, error_code&) override
    {
        if (r.what != (which_ == listing::all ? response::kind::list : response::kind::lsub))
            return false;
        found.push_back(std::get<mailbox>(std::move(r.data)));
        return true;
    }
    bool again(session&, command&) override
    {
        found.clear();
        return true;
    }

private:
    listing which_;
};

OUTKIT_DEF flow<std::vector<mailbox>> list(session& s, std::string reference, std::string pattern, listing which)
{
    if (error_code const ec = not_ready(s, session::state::authenticated))
        co_await refuse(ec);
    command c(which == listing::all ? "LIST" : "LSUB");
    c.list_pattern(reference).list_pattern(pattern);
    list_handler found(which);
    co_await perform(s, std::move(c), &found);
    co_return std::move(found.found);
}

OUTKIT_DECL class status_handler final : public data_handler
{
public:
    std::optional<mailbox_status> found;
    arena* block(std::string_view) override { return nullptr; }
    bool take(session&, response& r, error_code&) override
    {
        if (r.what != response::kind::mailbox_status)
            return false;
        found = std::get<mailbox_status>(std::move(r.data));
        return true;
    }
};

OUTKIT_DEF flow<mailbox_status> status(session& s, mailbox_name name)
{
    if (error_code const ec = not_ready(s, session::state::authenticated))
        co_await refuse(ec);
    command c("STATUS");
    c.mailbox(name).word("(MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)");
    status_handler found;
    co_await perform(s, std::move(c), &found);
    if (!found.found)
        co_await refuse(error::malformed_response);
    co_return std::move(*found.found);
}

// What is said from now on is about the new mailbox, also when it is said on the next connection.
OUTKIT_DECL class select_handler final : public data_handler
{
public:
    explicit select_handler(std::string name) : name_(std::move(name)) {}
    void begin(session& s) const
    {
        s.at = session::state::selected;
        s.box = {};
        s.box.name = name_;
        s.events.clear();
    }
    arena* block(std::string_view) override { return nullptr; }
    bool take(session&, response&, error_code&) override { return false; }
    bool again(session& s, command&) override
    {
        begin(s);
        return true;
    }

private:
    std::string name_;
};

OUTKIT_DEF flow<mailbox_status> select(session& s, mailbox_name name, bool read_only)
{
    if (error_code const ec = not_ready(s, session::state::authenticated))
        co_await refuse(ec);
    command c(read_only ? "EXAMINE" : "SELECT");
    c.mailbox(name);
    if (c.ec)
        co_await refuse(c.ec);
    if (s.resume && !s.resume->busy)  // one that comes back and is cancelled comes back to it later
        s.resume->box.reset();
    select_handler opening(name.utf8());
    opening.begin(s);
    co_await execute(s, std::move(c), &opening);
    s.events.clear();  // they are the state itself
    if (!s.last.ok())
    {
        s.at = session::state::authenticated;
        s.box = {};
        error_code const ec = meaning(s, s.last);
        co_await refuse(ec, words(s.last));
    }
    s.box.read_only = read_only || equal_no_case(s.last.code, "READ-ONLY");
    s.box.reliable = true;
    if (s.resume)
        s.resume->box = {std::move(name), read_only, s.box.uid_validity};
    co_return s.box;
}

// No mailbox is selected any more.
OUTKIT_DEF void leave_mailbox(session& s)
{
    s.at = session::state::authenticated;
    s.box = {};
    s.events.clear();
    if (s.resume)
        s.resume->box.reset();
}

OUTKIT_DEF flow<> unselect(session& s)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    if (!s.caps.has("UNSELECT"))  // CLOSE would expunge
        co_await refuse(error::capability_missing);
    command c("UNSELECT");
    co_await perform(s, std::move(c));
    leave_mailbox(s);
}

OUTKIT_DEF flow<> close(session& s)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    command c("CLOSE");
    co_await perform(s, std::move(c));
    leave_mailbox(s);
}

OUTKIT_DECL flow<> named(session& s, char const* verb, mailbox_name name)
{
    if (error_code const ec = not_ready(s, session::state::authenticated))
        co_await refuse(ec);
    command c(verb);
    c.mailbox(name);
    co_await perform(s, std::move(c));
}
OUTKIT_DEF flow<> create(session& s, mailbox_name name) { return named(s, "CREATE", std::move(name)); }
OUTKIT_DEF flow<> remove(session& s, mailbox_name name) { return named(s, "DELETE", std::move(name)); }
OUTKIT_DEF flow<> subscribe(session& s, mailbox_name name, bool on)
{
    return named(s, on ? "SUBSCRIBE" : "UNSUBSCRIBE", std::move(name));
}
OUTKIT_DEF flow<> rename(session& s, mailbox_name from, mailbox_name to)
{
    if (error_code const ec = not_ready(s, session::state::authenticated))
        co_await refuse(ec);
    command c("RENAME");
    c.mailbox(from).mailbox(to);
    co_await perform(s, std::move(c));
}

// --- FETCH and STORE ---

// Whether a number is in a set, in time that grows with the logarithm of its ranges.
class set_index
{
public:
    explicit set_index(number_set const& s) : ranges_(s.ranges())
    {
        std::sort(ranges_.begin(), ranges_.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
        std::size_t n = 0;
        for (auto const& r : ranges_)
            if (n != 0 && r.first <= ranges_[n - 1].last)
                ranges_[n - 1].last = std::max(ranges_[n - 1].last, r.last);
            else
                ranges_[n++] = r;
        ranges_.resize(n);
    }
    // "5:*" has the last message in it even if its number is lower, so a star takes all.
    bool contains(std::uint32_t n) const
    {
        if (!ranges_.empty() && ranges_.back().last == number_set::star)
            return true;
        auto const after = std::upper_bound(ranges_.begin(), ranges_.end(), n,
                                            [](std::uint32_t v, auto const& r) { return v < r.first; });
        return after != ranges_.begin() && n <= std::prev(after)->last;
    }
    std::vector<number_set::range> const& ranges() const { return ranges_; }

private:
    std::vector<number_set::range> ranges_;
};

OUTKIT_DECL number_set without(number_set const& all, set_index const& some)
{
    number_set rest;
    for (auto const& r : all.ranges())
    {
        std::uint64_t from = r.first;
        auto gone = std::partition_point(some.ranges().begin(), some.ranges().end(),
                                         [from](auto const& g) { return g.last < from; });
        for (; gone != some.ranges().end() && gone->first <= r.last; ++gone)
        {
            if (gone->first > from)
                rest.add(static_cast<std::uint32_t>(from), gone->first - 1);
            from = std::uint64_t(gone->last) + 1;
        }
        if (from <= r.last)
            rest.add(static_cast<std::uint32_t>(from), r.last);
    }
    return rest;
}

OUTKIT_DECL bool is_fetch(std::string_view frame)
{
    if (!frame.starts_with("* "))
        return false;
    auto const word = frame.find_first_not_of("0123456789", 2);
    return word != 2 && word != std::string_view::npos && equal_no_case(frame.substr(word, 7), " FETCH ");
}

OUTKIT_DECL class fetch_handler final : public data_handler, public literal_sink
{
public:
    fetch_handler(numbering by, number_set const& which, fetch_items const& what) : by_(by), asked_(which), what_(what)
    {
    }

    arena* block(std::string_view frame) override
    {
        if (what_.each)
            batch.block().clear();  // what was in it has been handed on
        return is_fetch(frame) ? &batch.block() : nullptr;
    }
    bool keeps() const override { return !what_.each; }

    bool take(session& s, response& r, error_code& ec) override
    {
        // Not allowed in the answer to a command that counts (RFC 9051 section 7.5.1): which message is meant?
        if (r.what == response::kind::expunge && by_ == numbering::sequence)
            s.box.reliable = false;
        if (r.what != response::kind::fetch)
            return false;
        message& m = *r.fetched;
        // What has not been asked for is an event, as far as it is about flags; so is what cannot be attributed.
        if (by_ == numbering::uid ? m.uid == 0 || !asked_.contains(m.uid) : !asked_.contains(m.sequence))
            return false;
        if (had_ && had_->contains(m.uid))
            return true;
        any_ = true;
        if (!what_.each)
        {
            batch.keep(&m);
            return true;
        }
        ec = what_.each(m);
        refused_ = bool(ec);
        if (s.resume && whole(m))
            handed_on_.add(m.uid);
        return true;
    }
    bool gave_up() const override { return refused_; }
    bool any() const { return any_; }  // messages have come

    // Of a FETCH that was cut short, the messages that have come are kept, and the others asked for.
    void asks_for(number_set const& piece) { piece_asked_ = &piece; }
    bool again(session&, command& c) override
    {
        if (!piece_asked_)
            return true;
        batch.drop_if([this](message const& m) { return !whole(m); });
        number_set had = handed_on_;
        for (message const& m : batch)
            had.add(m.uid);
        had_.emplace(had);
        number_set const rest = without(*piece_asked_, *had_);
        if (rest.empty())
            return false;
        std::vector<number_set> const pieces = in_pieces(rest);
        c = command(
            "UID FETCH");  // what has come already and does not fit between the others comes again, and is dropped
        c.set(pieces.size() == 1 ? pieces.front() : *piece_asked_).items(what_);
        return true;
    }

    // The marker follows "BODY[section]" or "BODY[section]<n>"; anything else is kept.
    bool wants(std::string_view frame, std::uint64_t octets) override
    {
        if (!what_.sink || !is_fetch(frame))
            return false;
        auto const end = frame.rfind(" {");
        auto const line = frame.rfind("\r\n", frame.size() - 3);
        std::string_view before = frame.substr(0, end);
        if (line != std::string_view::npos)
            before.remove_prefix(std::min(line + 2, before.size()));
        if (before.ends_with('>'))
            before = before.substr(0, before.rfind('<'));
        if (!before.ends_with(']'))
            return false;
        auto const open = before.rfind("BODY[");
        if (open == std::string_view::npos || (open != 0 && before[open - 1] != ' ' && before[open - 1] != '('))
            return false;
        section_.assign(before.substr(open + 5, before.size() - open - 6));
        piece_ = {};
        piece_.section = section_;
        piece_.octets = octets;
        read_numbers(frame);
        return true;
    }
    error_code take(std::string_view octets) override
    {
        if (had_ && had_->contains(piece_.uid))
            return {};
        piece_.data = octets;
        error_code const ec = what_.sink(piece_);
        refused_ = bool(ec);
        piece_.offset += octets.size();
        return ec;
    }

    message_batch batch;

private:
    // Position and, if it has been said already, UID: "* 12 FETCH (UID 7 ..."
    void read_numbers(std::string_view frame)
    {
        auto const number_at = [frame](std::size_t at) {
            auto const end = frame.find_first_not_of("0123456789", at);
            std::uint32_t n = 0;
            std::from_chars(frame.data() + at, frame.data() + std::min(end, frame.size()), n);
            return n;
        };
        piece_.sequence = number_at(2);
        auto const open = frame.find('(');
        if (open != std::string_view::npos && equal_no_case(frame.substr(open + 1, 4), "UID "))
            piece_.uid = number_at(open + 5);
    }

    // All that was asked for is in it.
    bool whole(message const& m) const
    {
        return m.uid != 0 && (!what_.flags || m.has_flags) && (!what_.internal_date || m.internal_date_text.data()) &&
               (!what_.size || m.size) && (!what_.envelope || m.envelope) && (!what_.structure || m.structure) &&
               m.sections.size() >= what_.sections.size();
    }

    numbering by_;
    set_index asked_;
    fetch_items const& what_;
    bool refused_ = false;
    bool any_ = false;
    number_set const* piece_asked_ = nullptr;
    number_set handed_on_;
    std::optional<set_index> had_;  // before the connection was lost
    std::string section_;
    section_piece piece_;
};

// A server may answer for one message in several responses; the same section twice it must not send.
OUTKIT_DECL bool merge(message& into, message& from)
{
    if (from.has_flags)
    {
        into.has_flags = true;
        into.system = from.system;
        into.keywords = from.keywords;
    }
    if (!into.size)
        into.size = from.size;
    if (!into.internal_date_text.data())
    {
        into.internal_date_text = from.internal_date_text;
        into.internal_date = from.internal_date;
    }
    if (!into.envelope)
        into.envelope = from.envelope;
    if (!into.structure)
        into.structure = from.structure;
    for (auto* n = from.sections.first; n; n = n->next)
        for (section_data const& have : into.sections)
            if (equal_no_case(have.section, n->value.section) && have.origin == n->value.origin)
                return false;
    auto** tail = &into.sections.first;
    while (*tail)
        tail = &(*tail)->next;
    *tail = from.sections.first;
    return true;
}

OUTKIT_DECL bool settle(message_batch& batch, number_set const& asked, numbering by)
{
    auto const key = [by](message const* m) { return by == numbering::uid ? m->uid : m->sequence; };
    auto const join = [](message& into, message& from) { return merge(into, from); };  // merge may be a template
    if (!batch.settle(key, join))
        return false;
    if (by == numbering::uid)
    {
        std::vector<std::uint32_t> got;
        got.reserve(batch.size());
        for (message const& m : batch)
            got.push_back(m.uid);
        std::sort(got.begin(), got.end());
        for (auto const& r : asked.ranges())
            if (r.first == r.last && r.first != number_set::star &&
                !std::binary_search(got.begin(), got.end(), r.first))
                batch.miss(r.first);
    }
    return true;
}

// Positions are worth nothing once the server has contradicted itself; UIDs still are.
OUTKIT_DECL error_code countable(session const& s, numbering by)
{
    return by == numbering::sequence && !s.box.reliable ? make_error_code(error::positions_contradicted) : error_code();
}

OUTKIT_DEF flow<message_batch> fetch(session& s, numbering by, number_set which, fetch_items what)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    if (error_code const ec = countable(s, by))
        co_await refuse(ec);
    if (which.empty())
        co_await refuse(error::empty_set);
    fetch_handler found(by, which, what);
    std::vector<number_set> const pieces = in_pieces(which);
    for (number_set const& piece : pieces)
    {
        command c(by == numbering::uid ? "UID FETCH" : "FETCH");
        c.set(piece).items(what);
        if (c.ec)
            co_await refuse(c.ec);
        s.frames.sink = &found;
        if (by == numbering::uid)
            found.asks_for(piece);
        co_await execute(s, std::move(c), &found);
        s.frames.sink = nullptr;
        if (!s.last.ok())
        {
            error_code ec = meaning(s, s.last);
            if (ec == error::command_refused && found.any())
                ec = error::fetch_incomplete;
            co_await refuse(ec, words(s.last));
        }
    }
    if (what.each)
        co_return message_batch();
    if (!settle(found.batch, which, by))
        co_await fail(error::duplicate_answer);
    co_return std::move(found.batch);
}

OUTKIT_DECL error_code keepable(session const& s, flags const& f)
{
    if (error_code const ec = check(f))
        return ec;
    mailbox_status const& b = s.box;
    bool const said = b.new_keywords || !b.permanent_flags.empty();
    if (!said || b.new_keywords)
        return {};
    for (std::string const& k : f.keywords)
        if (!b.permanent_flags.has(k))
            return error::flag_not_permanent;
    return {};
}

OUTKIT_DEF flow<message_batch> store(session& s, numbering by, number_set which, store_options what)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    if (error_code const ec = countable(s, by))
        co_await refuse(ec);
    if (which.empty())
        co_await refuse(error::empty_set);
    if (error_code const ec = keepable(s, what.flags))
        co_await refuse(ec);
    fetch_items const none;
    fetch_handler found(by, which, none);
    std::vector<number_set> const pieces = in_pieces(which);
    static constexpr std::string_view modes[] = {"FLAGS", "+FLAGS", "-FLAGS"};
    std::string mode(modes[static_cast<std::size_t>(what.mode)]);
    if (what.silent)
        mode += ".SILENT";
    for (number_set const& piece : pieces)
    {
        command c(by == numbering::uid ? "UID STORE" : "STORE");
        c.set(piece).word(mode).flag_list(what.flags);
        co_await perform(s, std::move(c), &found);
    }
    settle(found.batch, {}, by);
    co_return std::move(found.batch);
}

// COPYUID is believed for the command in flight only: in its tagged answer, or, for MOVE, before it.
OUTKIT_DECL class copyuid_handler final : public data_handler
{
public:
    std::optional<copy_result> found;
    arena* block(std::string_view) override { return nullptr; }
    bool take(session& s, response& r, error_code&) override
    {
        if (r.what == response::kind::status)
            if (auto c = code_copyuid(r.status, s.settings.limits))
                found = std::move(c);
        return false;
    }
};

OUTKIT_DECL flow<copy_result> transfer(session& s, char const* verb, uid_set which, mailbox_name to)
{
    copyuid_handler heard;
    command c(verb);
    c.set(which).mailbox(to);
    if (c.ec)
        co_await refuse(c.ec);
    co_await perform(s, std::move(c), &heard);
    if (auto tagged = code_copyuid(s.last.view(), s.settings.limits))
        heard.found = std::move(tagged);
    co_return heard.found.value_or(copy_result());
}

OUTKIT_DEF flow<copy_result> copy(session& s, uid_set which, mailbox_name to)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    co_return co_await transfer(s, "UID COPY", std::move(which), std::move(to));
}

OUTKIT_DEF flow<copy_result> move(session& s, uid_set which, mailbox_name to)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    if (!s.caps.has("MOVE"))
        co_await refuse(error::capability_missing);
    co_return co_await transfer(s, "UID MOVE", std::move(which), std::move(to));
}

OUTKIT_DECL class search_handler final : public data_handler
{
public:
    number_set found;
    arena* block(std::string_view) override { return nullptr; }
    bool take(session&, response& r, error_code&) override
    {
        if (r.what != response::kind::search)
            return false;
        for (auto const& range : std::get<number_set>(r.data).ranges())
            found.add(range.first, range.last);
        return true;
    }
    bool again(session&, command&) override
    {
        found = {};
        return true;
    }
};

OUTKIT_DEF flow<uid_set> search(session& s, search_key what)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    command c("UID SEARCH");
    c.search(what);
    search_handler heard;
    co_await perform(s, std::move(c), &heard);
    co_return uid_set(std::move(heard.found));
}

OUTKIT_DEF flow<> expunge_all(session& s)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    command c("EXPUNGE");
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<> expunge(session& s, uid_set which)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        co_await refuse(ec);
    if (!s.caps.has("UIDPLUS"))  // a plain EXPUNGE takes other clients' messages with it
        co_await refuse(error::capability_missing);
    command c("UID EXPUNGE");
    c.set(which);
    co_await perform(s, std::move(c));
}

// --- APPEND ---

OUTKIT_DECL flow<append_result> append_literal(session& s, command c)
{
    co_await perform(s, std::move(c));
    co_return code_appenduid(s.last.view()).value_or(append_result());
}

OUTKIT_DECL error_code may_append(session const& s, std::uint64_t octets)
{
    if (error_code const ec = not_ready(s, session::state::authenticated))
        return ec;
    return octets > s.settings.limits.message ? make_error_code(error::message_too_long) : error_code();
}

OUTKIT_DECL command append_command(mailbox_name const& to, append_options const& how)
{
    command c("APPEND");
    c.mailbox(to);
    if (!how.flags.empty())
        c.flag_list(how.flags);
    if (how.date)
        c.date_time(*how.date);
    return c;
}

OUTKIT_DEF flow<append_result> append(session& s, mailbox_name to, std::string message, append_options how)
{
    if (error_code const ec = may_append(s, message.size()))
        co_await refuse(ec);
    command c = append_command(to, how);
    c.literal(std::move(message));
    co_return co_await append_literal(s, std::move(c));
}

OUTKIT_DEF flow<append_result> append(session& s, mailbox_name to, octet_source from, append_options how)
{
    error_code ec = may_append(s, from.octets);
    if (!ec && !from.read)
        ec = error::message_too_short;
    if (ec)
        co_await refuse(ec);
    command c = append_command(to, how);
    c.literal(std::move(from));
    co_return co_await append_literal(s, std::move(c));
}

// --- IDLE ---

// Thousands of these may wait at once in one program. So what waits has a small frame, and what is not needed meanwhile
// is given back; what is said before and after is said by flows of their own.

// Says IDLE. False: the server has refused it, as s.last tells.
OUTKIT_DECL flow<bool> begin_idle(session& s, std::string tag)
{
    s.w.patience = s.settings.answering;
    co_await s.w.write(tag + " IDLE\r\n");
    co_await read_reply(s, until::continuation, std::move(tag), nullptr);
    if (s.last.ok())
        co_await fail(error::early_completion);
    co_return s.last.continuation;
}

OUTKIT_DECL flow<> end_idle(session& s, std::string tag)
{
    co_await s.w.write("DONE\r\n");
    co_await read_reply(s, until::completion, std::move(tag), nullptr);
}

OUTKIT_DECL void rest_while_idle(session& s)
{
    s.scratch = {};
    s.heard = {};
    if (s.events.empty())
        s.events.shrink_to_fit();
}

// Until something happens, it is `end`, or `expiry`, when the token is about to expire. A refusal is in s.last.
OUTKIT_DECL flow<> idle_once(session& s, std::chrono::milliseconds renew_every, time_point end, time_point expiry,
                             event::watch& stop, bool& stopped)
{
    environment& world = co_await this_environment();
    for (;;)
    {
        std::string const tag = s.tags.next(world);
        if (auto const idling = co_await begin_idle(s, tag); !idling)
            co_return;
        time_point const renewal = std::min({world.now() + renew_every, end, expiry});
        while (s.events.empty() && !stopped)
        {
            rest_while_idle(s);
            wake const why = co_await s.w.wait(stop, renewal);
            if (why == wake::time)
                break;
            if (why == wake::event)
                stopped = true;
            else
                co_await read_available(s);
        }
        co_await end_idle(s, tag);
        if (!s.last.ok() || !s.events.empty() || stopped || world.now() >= std::min(end, expiry))
            co_return;
    }
}

// When a moment of the calendar has come.
OUTKIT_DECL time_point steady(environment& world, outkit::detail::wall_time t)
{
    return world.now() + std::chrono::duration_cast<time_point::duration>(t - world.date());
}

// 29 minutes at most (RFC 2177).
OUTKIT_DECL std::chrono::milliseconds renewal(idle_options const& how)
{
    static constexpr std::chrono::milliseconds longest = std::chrono::minutes(29);
    return how.renew_every.count() <= 0 ? longest : std::min(how.renew_every, longest);
}

// What IDLE needs of the session.
OUTKIT_DECL error_code may_idle(session const& s)
{
    if (error_code const ec = not_ready(s, session::state::selected))
        return ec;
    return s.caps.has("IDLE") ? error_code() : make_error_code(error::capability_missing);
}

// On this connection.
OUTKIT_DECL flow<std::vector<mailbox_event>> idle_here(session& s, idle_options how)
{
    environment& world = co_await this_environment();
    event::watch stop(s.stop_idle);
    bool stopped = false;
    time_point const end = how.at_most.count() > 0 ? world.now() + how.at_most : outkit::detail::never;
    time_point const expiry =
        how.token_expires ? steady(world, *how.token_expires - how.before_expiry) : outkit::detail::never;
    s.last = {};
    error_code ec = may_idle(s);
    if (!ec)
    {
        if (s.events.empty() && world.now() < expiry)
            co_await idle_once(s, renewal(how), end, expiry, stop, stopped);
        if (!s.last.ok())
            ec = meaning(s, s.last);
        else if (world.now() >= expiry && world.now() < end && s.events.empty() && !stopped)
            ec = error::access_token_expiring;
    }
    if (ec)
    {
        std::string said = s.last.ok() ? std::string() : words(s.last);
        co_await refuse(ec, std::move(said));
    }
    co_return taken(s);
}

// On one connection after the other.
OUTKIT_DECL flow<std::vector<mailbox_event>> idle_lasting(session& s, idle_options how)
{
    environment& world = co_await this_environment();
    resumption& r = *s.resume;
    event::watch stop(s.stop_idle);
    bool stopped = co_await stand_ready(s, &stop);
    if (error_code const ec = may_idle(s); ec && !stopped)
        co_await refuse(ec);
    time_point const end = how.at_most.count() > 0 ? world.now() + how.at_most : outkit::detail::never;
    bool refreshed = false;
    while (!stopped && s.events.empty() && world.now() < end)
    {
        time_point const expiry = r.access.renew_at ? steady(world, *r.access.renew_at) : outkit::detail::never;
        if (world.now() >= expiry)
        {
            stopped = co_await stand_ready(s, &stop);
            continue;
        }
        r.up = false;
        auto done = co_await attempt(idle_once(s, renewal(how), end, expiry, stop, stopped));
        if (done.ec)
        {
            if (!is_loss(done.ec))
                co_await fail(done.ec, std::move(done.diagnostics));
            if (!stopped)
                stopped = co_await come_back(s, done.ec, std::move(done.diagnostics), &stop);
            continue;
        }
        r.up = true;
        r.failures = 0;
        r.expired = false;
        if (!s.last.ok())
        {
            command const said("IDLE");
            bool const again = co_await worth_repeating(s, said, after_loss::repeated, refreshed);
            if (!again)
            {
                error_code const ec = meaning(s, s.last);
                co_await refuse(ec, words(s.last));
            }
        }
    }
    co_return taken(s);
}

OUTKIT_DEF flow<std::vector<mailbox_event>> idle(session& s, idle_options how)
{
    return s.resume ? idle_lasting(s, how) : idle_here(s, how);
}

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#endif
