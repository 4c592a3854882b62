#ifndef OUTKIT_IMAP_DETAIL_RESUMING_IPP
#define OUTKIT_IMAP_DETAIL_RESUMING_IPP

#include <outkit/imap/detail/flows.hpp>

#include <algorithm>
#include <array>

// Coming back after a lost connection. Strategy: `execute` knows which command was lost and whether it may be said again;
// here is only what leads to the next connection: a wait, a token, signing in, and the mailbox that was selected.

namespace outkit::inline OUTKIT_ABI::imap::detail {

using std::chrono::milliseconds;

// What is in no table is taken for the worst.
OUTKIT_DEF after_loss rule_of(std::string_view command)
{
    for (command_rule const& r : command_rules())
        if (r.command == command)
            return r.then;
    return after_loss::outcome_unknown;
}

OUTKIT_DEF bool is_loss(error_code ec)
{
    return ec == condition::timeout || ec == condition::transient || ec == outkit::error::tls_truncated ||
           ec == outkit::error::not_connected || ec == outkit::error::no_address ||
           ec.category() == os_error(ECONNRESET).category() ||
           std::string_view(ec.category().name()) == "asio.netdb";  // no names while there is no network
}

// From half of the wait to all of it.
OUTKIT_DECL milliseconds back_off(environment& world, resume_policy const& p, unsigned failures)
{
    milliseconds whole = std::clamp(p.first_wait, milliseconds(0), p.longest_wait);
    for (unsigned n = 1; n < failures && whole < p.longest_wait; ++n)
        whole = std::min(whole * 2, p.longest_wait);
    std::array<unsigned char, 4> dice;
    world.random(dice);
    std::uint64_t chance = 0;
    for (unsigned char const d : dice)
        chance = chance << 8 | d;
    std::uint64_t const half = static_cast<std::uint64_t>(whole.count()) / 2;
    return whole - milliseconds((half * chance) >> 32);
}

// True: `stop` has happened first.
OUTKIT_DECL flow<bool> rest(milliseconds d, event::watch* stop)
{
    environment& world = co_await this_environment();
    time_point const until = world.now() + d;
    if (stop)
    {
        wake const why = co_await outkit::detail::wait_for(*stop, until);
        co_return why == wake::event;
    }
    co_await outkit::detail::sleep_until(until);
    co_return false;
}

OUTKIT_DECL flow<access_token> ask_for_token(session& s)
{
    resumption& r = *s.resume;
    if (!r.where.tokens)
        co_await fail(error::invalid_access_token, "there is no token_provider");
    environment& world = co_await this_environment();
    auto const coming = std::make_shared<awaited_token>();
    event::watch seen(coming->arrived);
    token_answer answer(coming);
    r.where.tokens(r.rejected ? &r.token : nullptr, std::move(answer));
    time_point const until = world.now() + r.policy.token_patience;
    while (!coming->here)
    {
        wake const why = co_await outkit::detail::wait_for(seen, until);
        if (why == wake::time)
            co_await fail(outkit::error::timeout, "no access token has come");
    }
    if (coming->ec)
        co_await fail(coming->ec);
    r.token = coming->token.clone();
    r.rejected = false;
    r.renew_at.reset();
    if (coming->expires)
    {
        // A token that is nearly over is used to its end: the provider has no other.
        auto const early = *coming->expires - r.policy.before_expiry;
        r.renew_at = early > world.date() ? early : *coming->expires;
    }
    co_return std::move(coming->token);
}

// While one comes back, commands are said once, and what is said by name is not `connect` by the caller.
class coming_back
{
public:
    explicit coming_back(resumption& r) : r_(r) { r_.busy = true; }
    coming_back(coming_back const&) = delete;
    ~coming_back() { r_.busy = false; }

private:
    resumption& r_;
};

OUTKIT_DECL flow<> sign_in_anew(session& s)
{
    resumption& r = *s.resume;
    coming_back const now(r);
    access_token token = co_await ask_for_token(s);
    co_await connect(s, r.where.host, r.where.port, r.where.how);
    co_await authenticate(s, r.where.user, std::move(token));
}

// The mailbox that was selected, if it is still the same one. Else none is, so that nobody goes on with other UIDs.
OUTKIT_DECL flow<> reopen(session& s)
{
    resumption& r = *s.resume;
    coming_back const now(r);
    resumption::open_mailbox const before = *r.box;
    co_await select(s, before.name, before.read_only);
    if (s.box.uid_validity == before.uid_validity)
        co_return;
    leave_mailbox(s);
    co_await refuse(error::uid_validity_changed);
}

OUTKIT_DECL flow<bool> make_connection(session& s, event::watch* stop)
{
    resumption& r = *s.resume;
    environment& world = co_await this_environment();
    milliseconds throttled{0};
    for (bool refused = r.rejected;;)
    {
        if (r.failures != 0 || throttled.count() != 0)
        {
            milliseconds const wait = std::max(throttled, back_off(world, r.policy, r.failures));
            bool const stopped = co_await rest(wait, stop);
            if (stopped)
                co_return true;
        }
        ++r.tried;
        auto done = co_await attempt(sign_in_anew(s));
        bool signed_in = !done.ec;
        bool const mailbox = signed_in && r.box;
        if (mailbox)
        {
            auto const name = *r.box;
            done = co_await attempt(reopen(s));
            if (done.ec && s.at == session::state::authenticated)  // it was answered: the connection is good
            {
                r.up = r.was_up = true;
                co_await refuse(done.ec, std::move(done.diagnostics));
            }
            if (done.ec && is_loss(done.ec))
                r.box = name;
            signed_in = !done.ec;
        }
        if (signed_in)
        {
            r.up = true;
            if (std::exchange(r.was_up, true))
                s.events.push_back({mailbox_event::kind::resumed, s.box.exists});
            co_return false;
        }
        if (done.ec == error::authentication_failed && !refused)
        {
            refused = r.rejected = true;
            continue;
        }
        if (done.ec == error::access_token_expired)
            r.rejected = true;
        ++r.failures;
        throttled = done.ec == error::throttled ? s.retry_after.value_or(milliseconds(0)) : milliseconds(0);
        if (!is_loss(done.ec) || r.tried >= r.policy.attempts || throttled > r.policy.longest_throttle)
            co_await fail(done.ec, std::move(done.diagnostics));
    }
}

OUTKIT_DEF flow<> open(session& s, mailbox_access where, resume_policy how)
{
    s.resume = std::make_unique<resumption>(std::move(where), how);
    co_await make_connection(s, nullptr);
}

// Servers count connections that are not closed.
OUTKIT_DECL flow<> take_leave(session& s)
{
    coming_back const now(*s.resume);
    co_await logout(s);
}

OUTKIT_DEF flow<bool> stand_ready(session& s, event::watch* stop)
{
    resumption& r = *s.resume;
    environment& world = co_await this_environment();
    r.tried = 0;
    if (r.up && r.renew_at && world.date() >= *r.renew_at)
    {
        r.up = false;
        co_await attempt(take_leave(s));
    }
    if (r.up)
        co_return false;
    co_return co_await make_connection(s, stop);
}

OUTKIT_DEF flow<bool> come_back(session& s, error_code why, std::string said, event::watch* stop)
{
    resumption& r = *s.resume;
    r.up = false;
    // The token's end is no failure of server or network, unless it is all that happens.
    bool const expired = why == error::access_token_expired;
    if (expired)
        r.rejected = true;
    if (!expired || std::exchange(r.expired, true))
        ++r.failures;
    if (r.tried >= r.policy.attempts)
        co_await fail(why, std::move(said));
    co_return co_await make_connection(s, stop);
}

OUTKIT_DEF flow<bool> worth_repeating(session& s, command const& c, after_loss then, bool& refreshed)
{
    resumption& r = *s.resume;
    environment& world = co_await this_environment();
    error_code const ec = meaning(s, s.last);
    if (c.spent)
        co_return false;
    if (ec == error::authentication_failed && !refreshed)  // RFC 5530: the credentials are good no more
    {
        refreshed = r.rejected = true;
        r.up = false;
        co_await make_connection(s, nullptr);
        co_return true;
    }
    // A throttled command was not carried out; of one that met a server without a backend nobody knows.
    bool const busy = ec == error::throttled || (ec == error::unavailable && then == after_loss::repeated);
    if (!busy || r.tried >= r.policy.attempts)
        co_return false;
    milliseconds const wait = s.retry_after.value_or(back_off(world, r.policy, ++r.failures));
    if (wait > r.policy.longest_throttle)
        co_return false;
    ++r.tried;
    co_await rest(wait, nullptr);
    co_return true;
}

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#endif
