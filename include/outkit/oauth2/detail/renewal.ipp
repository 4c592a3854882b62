#ifndef OUTKIT_OAUTH2_DETAIL_RENEWAL_IPP
#define OUTKIT_OAUTH2_DETAIL_RENEWAL_IPP

#include <outkit/oauth2/detail/renewal.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace outkit::inline OUTKIT_ABI::oauth2::detail {

using outkit::detail::attempt;
using outkit::detail::environment;
using outkit::detail::fail;
using outkit::detail::sleep_until;
using outkit::detail::this_environment;
using outkit::detail::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

OUTKIT_DEF bool token_state::fresh(outkit::detail::wall_time now) const
{
    return !current.access.empty() && !current.wants_renewal(now) && !(current.access == rejected);
}

OUTKIT_DEF bool token_state::usable(outkit::detail::wall_time now) const
{
    return !current.access.empty() && now >= current.received && now < current.received + current.lifetime &&
           !(current.access == rejected);
}

OUTKIT_DECL milliseconds some_milliseconds(environment& world, milliseconds least, milliseconds more)
{
    unsigned char dice[2];
    world.random(dice);
    return least + milliseconds((dice[0] * 256 + dice[1]) % (more.count() + 1));
}

using account_lock = std::unique_ptr<token_store::lock>;

OUTKIT_DECL flow<account_lock> take_lock(std::shared_ptr<token_store> store, account_id of, milliseconds patience)
{
    environment& world = co_await this_environment();
    time_point const begin = world.now();
    for (;;)
    {
        error_code ec;
        std::string said;
        account_lock lock = store->try_lock(of, ec, said);
        if (ec)
            co_await fail(ec, std::move(said));
        if (lock)
            co_return lock;
        if (world.now() >= begin + patience)
            co_await fail(error::store_busy, "somebody else is renewing this sign-in");
        // The longer one has waited, the more often one looks: of many, those who came first are served first.
        auto const waited = std::chrono::duration_cast<seconds>(world.now() - begin).count();
        milliseconds const longest(waited < 4 ? 20 >> waited : 1);
        time_point const next = world.now() + some_milliseconds(world, milliseconds(1), longest);
        co_await sleep_until(next);
    }
}

// Who gives a lock up and wants it again at once would have it again and again, as all others only look now and then.
OUTKIT_DECL flow<account_lock> take_lock_in_turn(token_state& s)
{
    environment& world = co_await this_environment();
    static constexpr milliseconds courtesy{30};
    if (s.released != time_point::min() && world.now() < s.released + courtesy)
    {
        time_point const next = s.released + courtesy;
        co_await sleep_until(next);
    }
    account_lock lock = co_await take_lock(s.store, s.account, s.options.lock_patience);
    co_return lock;
}

using store_change = std::function<void(error_code&, std::string&)>;

// Changes the store, and waits where somebody else is changing it just now.
OUTKIT_DECL flow<> change_store(store_change change, milliseconds patience)
{
    environment& world = co_await this_environment();
    time_point const until = world.now() + patience;
    for (;;)
    {
        error_code ec;
        std::string said;
        change(ec, said);
        if (!ec)
            co_return;
        if (ec != error::store_busy || world.now() >= until)
            co_await fail(ec, std::move(said));
        time_point const next = world.now() + some_milliseconds(world, milliseconds(2), milliseconds(8));
        co_await sleep_until(next);
    }
}

OUTKIT_DECL flow<> write_account(std::shared_ptr<token_store> store, stored_account a, milliseconds patience)
{
    store_change write = [&](error_code& ec, std::string& said) { store->write(a, ec, said); };
    co_await change_store(std::move(write), patience);
}

OUTKIT_DECL stored_token token_of(token_response const& t, scope_set const& asked)
{
    stored_token kept;
    kept.scopes = asked;
    kept.access = t.access.clone();
    kept.received = t.received;
    kept.lifetime = t.lifetime;
    kept.refresh_in = t.refresh_in;
    return kept;
}

// The connection or the authority failed us: the same request may work in a moment.
OUTKIT_DECL bool was_lost(error_code ec, refusal const& last)
{
    return last.status == 0 && ec != oauth2::error::store_busy &&
           (ec == condition::transient || ec == condition::timeout ||
            ec.category() == OUTKIT_SYSTEM::system_category());
}

// A refresh token that is dead, and not one whose use needs a person's consent, second factor or another device:
// `suberror` tells the two apart (observed: the source of MSAL.NET and MSAL Node).
OUTKIT_DECL bool is_dead(refusal const& last)
{
    static constexpr std::string_view alive[] = {"basic_action",
                                                 "additional_action",
                                                 "message_only",
                                                 "consent_required",
                                                 "protection_policy_required",
                                                 "device_authentication_failed",
                                                 "ui_not_allowed",
                                                 "interrupted_user"};
    return last.ec == error::invalid_grant &&
           std::none_of(std::begin(alive), std::end(alive), [&](auto word) { return word == last.suberror; });
}

inline constexpr std::uint32_t request_loop_code = 50196;

// One request, if it is not one too many.
OUTKIT_DECL flow<token_response> request_once(token_state& s, secret refresh_token, id_claims account)
{
    environment& world = co_await this_environment();
    time_point const now = world.now();
    while (!s.requests.empty() && now - s.requests.front() >= s.options.loop_window)
        s.requests.pop_front();
    if (s.requests.size() >= s.options.most_requests)
        co_await fail(error::request_loop);
    s.requests.push_back(now);
    if (s.store)
        co_return co_await refresh(s.authority_session, std::move(refresh_token), s.scopes, std::move(account));
    co_return co_await client_credentials(s.authority_session, s.scopes);
}

// One request, and a second one where the first was lost on the way: the authority takes a refresh token twice.
OUTKIT_DECL flow<token_response> request_twice_at_most(token_state& s, secret refresh_token, id_claims account)
{
    secret again = refresh_token.clone();
    auto first = co_await attempt(request_once(s, std::move(refresh_token), account));
    if (!first.ec)
        co_return std::move(*first.value);
    if (!was_lost(first.ec, s.authority_session.last))
        co_await fail(first.ec, std::move(first.diagnostics));
    co_return co_await request_once(s, std::move(again), std::move(account));
}

OUTKIT_DECL id_claims claims_of(stored_account const& a)
{
    id_claims c;
    c.subject = a.subject;
    c.issuer = a.issuer;
    c.tenant_id = a.id.tenant_id;
    return c;
}

// What came is kept before it is used. If it cannot be kept it is used all the same, and kept the next time.
OUTKIT_DECL flow<> save_renewed(token_state& s, account_lock lock, stored_account a, secret used)
{
    s.store_trouble = {};
    s.store_said.clear();
    if (!lock->held())
    {
        lock.reset();
        lock = co_await take_lock_in_turn(s);
    }
    error_code ec;
    std::string said;
    std::optional<stored_account> const there = s.store->read(a.id, ec, said);
    if (!ec && !there)  // and it is not brought back
        co_await fail(error::sign_in_required, "signed out meanwhile");
    if (!ec && !(there->refresh == used) && (s.unsaved.empty() || !(there->refresh == s.replaced)))
        co_return;  // somebody else has been at it, whose answer is as good
    secret newest = a.refresh.clone();
    auto written = co_await attempt(write_account(s.store, std::move(a), s.options.lock_patience));
    s.store_trouble = written.ec;
    s.store_said = std::move(written.diagnostics);
    if (!written.ec || s.unsaved.empty())  // else the store has still the one before
        s.replaced = written.ec ? std::move(used) : secret();
    s.unsaved = written.ec ? std::move(newest) : secret();
}

// Marks the refresh token as dead, so that nobody asks with it again. It is not erased: that is for the next sign-in.
OUTKIT_DECL flow<> mark_refused(token_state& s, stored_account a)
{
    a.refused = true;
    a.tokens.erase(std::remove_if(a.tokens.begin(), a.tokens.end(),
                                  [&](stored_token const& t) { return same_scopes(t.scopes, s.scopes); }),
                   a.tokens.end());
    auto written = co_await attempt(write_account(s.store, std::move(a), s.options.lock_patience));
    s.store_trouble = written.ec;
    s.store_said = std::move(written.diagnostics);
}

OUTKIT_DECL flow<> renew_sign_in(token_state& s)
{
    environment& world = co_await this_environment();
    account_lock lock = co_await take_lock_in_turn(s);
    for (bool second = false;; second = true)
    {
        error_code ec;
        std::string said;
        std::optional<stored_account> a = s.store->read(s.account, ec, said);
        if (ec)
            co_await fail(ec, std::move(said));
        if (!a)
            co_await fail(error::sign_in_required, "this account is not in the token store");
        if (!s.unsaved.empty() && a->refresh == s.replaced)
            a->refresh = s.unsaved.clone();
        else
        {
            s.unsaved = secret();
            s.replaced = secret();
        }
        stored_token const* const there = a->find(s.scopes);
        bool const newer = there && !there->wants_renewal(world.date()) && !(there->access == s.rejected);
        if (newer)  // somebody else has just renewed it
        {
            s.current = there->clone();
            s.released = world.now();
            co_return;
        }
        if (a->refused)
            co_await fail(error::sign_in_required, "the authority has refused this sign-in before");
        secret used = a->refresh.clone();
        id_claims claims = claims_of(*a);
        auto answer = co_await attempt(request_twice_at_most(s, used.clone(), std::move(claims)));
        if (!answer.ec)
        {
            s.current = token_of(*answer.value, s.scopes);
            a->refresh = std::move(answer.value->refresh);
            a->put(s.current.clone());
            co_await save_renewed(s, std::move(lock), std::move(*a), std::move(used));
            s.released = world.now();
            co_return;
        }
        refusal const& last = s.authority_session.last;
        if (!is_dead(last) || last.code() == request_loop_code)
        {
            s.released = world.now();
            co_await fail(answer.ec, std::move(answer.diagnostics));
        }
        // A store whose lock is less than a lock may hold a newer one.
        std::optional<stored_account> const now = s.store->read(s.account, ec, said);
        if (!ec && !now)
            co_await fail(error::sign_in_required, "signed out meanwhile");
        bool const changed = !ec && !(now->refresh == used) && !(now->refresh == s.replaced);
        if (changed && !second)
            continue;
        if (!changed)
            co_await mark_refused(s, std::move(*a));
        s.released = world.now();
        co_await fail(error::sign_in_required, std::move(answer.diagnostics));
    }
}

OUTKIT_DECL flow<> renew_once(token_state& s)
{
    if (s.store)
        co_await renew_sign_in(s);
    else
    {
        token_response const t = co_await request_twice_at_most(s, secret(), id_claims());
        s.current = token_of(t, s.scopes);
    }
}

// Again and again, while the authority is busy. Nothing is locked meanwhile.
OUTKIT_DECL flow<> renew_patiently(token_state& s)
{
    environment& world = co_await this_environment();
    static constexpr seconds longest_block{3600};
    if (world.now() < s.blocked_until)
        co_await fail(s.blocked, s.blocked_said);
    for (unsigned n = 1;; ++n)
    {
        s.authority_session.last = {};
        auto done = co_await attempt(renew_once(s));
        if (!done.ec)
            co_return;
        refusal const& last = s.authority_session.last;
        bool const loop = last.code() == request_loop_code;
        bool const busy = last.status != 0 && done.ec == condition::transient && done.ec != error::store_busy;
        if (!busy && !loop)
            co_await fail(done.ec, std::move(done.diagnostics));
        seconds const backoff(n < 6 ? 1u << (n - 1) : 32u);
        seconds const wait = loop ? s.options.loop_window : last.retry_after.value_or(backoff);
        if (loop || n >= s.options.attempts || wait > s.options.longest_wait)
        {
            if (loop || last.retry_after)
            {
                s.blocked_until = world.now() + std::min(wait, longest_block);
                s.blocked = loop ? make_error_code(error::request_loop) : done.ec;
                s.blocked_said = done.diagnostics;
            }
            error_code const ec = loop ? make_error_code(error::request_loop) : done.ec;
            co_await fail(ec, std::move(done.diagnostics));
        }
        milliseconds const chance = last.retry_after ? milliseconds(0) : milliseconds(500);
        time_point const next = world.now() + wait + some_milliseconds(world, milliseconds(0), chance);
        co_await sleep_until(next);
    }
}

OUTKIT_DEF flow<> renew(token_state& s)
{
    environment& world = co_await this_environment();
    auto done = co_await attempt(renew_patiently(s));
    bool const passing = done.ec == condition::transient || was_lost(done.ec, s.authority_session.last);
    if (done.ec && !(passing && s.usable(world.date())))  // the old one does for now
        co_await fail(done.ec, std::move(done.diagnostics));
}

OUTKIT_DEF flow<access_token> await_token(std::shared_ptr<token_state> s)
{
    environment& world = co_await this_environment();
    if (s->fresh(world.date()))
        co_return s->current.access.clone();
    outkit::detail::event::watch seen(s->changed);
    if (!s->renewing && !s->begin_renewal)
        co_await fail(os_error(ECANCELED));
    if (!s->renewing)
        s->begin_renewal();
    for (std::uint64_t const before = s->renewals; s->renewals == before;)
        co_await outkit::detail::wait_for(seen, outkit::detail::never);
    if (s->outcome)
        co_await fail(s->outcome, s->said);
    co_return s->current.access.clone();
}

inline constexpr char const* no_store = "this source is for the application itself and has no store";

OUTKIT_DEF flow<account_id> keep_sign_in(std::shared_ptr<token_state> s, token_response t)
{
    error_code ec;
    stored_account a = account_of(t, s->authority_session.application.client_id, s->authority_session.from, ec);
    if (ec)
        co_await fail(ec, "it cannot be told whose it is; ask for openid and profile");
    if (a.refresh.empty())
        co_await fail(error::missing_claim, "there is no refresh token; ask for offline_access");
    if (!s->store)
        co_await fail(error::store_io, no_store);
    account_id const id = a.id;
    account_lock const lock = co_await take_lock(s->store, id, s->options.lock_patience);
    std::string said;
    if (std::optional<stored_account> before = s->store->read(id, ec, said))
        a.unknown = std::move(before->unknown);
    stored_token first = token_of(t, s->scopes);
    a.put(first.clone());
    co_await write_account(s->store, std::move(a), s->options.lock_patience);
    s->account = id;
    s->current = std::move(first);
    s->unsaved = secret();
    s->replaced = secret();
    co_return id;
}

OUTKIT_DEF flow<> sign_out(std::shared_ptr<token_state> s)
{
    if (!s->store)
        co_await fail(error::store_io, no_store);
    account_lock const lock = co_await take_lock(s->store, s->account, s->options.lock_patience);
    s->current = {};
    s->unsaved = secret();
    store_change erase = [&](error_code& ec, std::string& said) { s->store->erase(s->account, ec, said); };
    co_await change_store(std::move(erase), s->options.lock_patience);
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2::detail

#endif
