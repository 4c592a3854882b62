#ifndef OUTKIT_IMAP_DETAIL_RESUMING_IPP
#define OUTKIT_IMAP_DETAIL_RESUMING_IPP

#include <outkit/imap/detail/flows.hpp>

#include <algorithm>

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

OUTKIT_DECL milliseconds wait_after(environment& world, resumption const& r, unsigned failures)
{
    return outkit::detail::back_off(world, r.policy.first_wait, r.policy.longest_wait, failures);
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
    access_token token = co_await outkit::detail::ask_for_token(r.access, r.policy.token_patience,
                                                                r.policy.before_expiry, error::invalid_access_token);
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
    for (bool refused = r.access.rejected;;)
    {
        if (r.failures != 0 || throttled.count() != 0)
        {
            milliseconds const wait = std::max(throttled, wait_after(world, r, r.failures));
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
            done = co_await attempt(reopen(s));
            bool const answered = s.at == session::state::authenticated;
            if (done.ec && (answered || !is_loss(done.ec)))
                r.box.reset();
            if (done.ec && answered)  // the connection is good
            {
                r.up = r.was_up = true;
                co_await refuse(done.ec, std::move(done.diagnostics));
            }
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
            refused = r.access.rejected = true;
            continue;
        }
        if (done.ec == error::access_token_expired)
            r.access.rejected = true;
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
    if (r.up && r.access.renew_at && world.date() >= *r.access.renew_at)
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
        r.access.rejected = true;
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
        refreshed = r.access.rejected = true;
        r.up = false;
        co_await make_connection(s, nullptr);
        co_return true;
    }
    // A throttled command was not carried out; of one that met a server without a backend nobody knows.
    bool const busy = ec == error::throttled || (ec == error::unavailable && then == after_loss::repeated);
    if (!busy || r.tried >= r.policy.attempts)
        co_return false;
    milliseconds const wait = s.retry_after.value_or(wait_after(world, r, ++r.failures));
    if (wait > r.policy.longest_throttle)
        co_return false;
    ++r.tried;
    co_await rest(wait, nullptr);
    co_return true;
}

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#endif
