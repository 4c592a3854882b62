#ifndef OUTKIT_OAUTH2_TOKEN_SOURCE_HPP
#define OUTKIT_OAUTH2_TOKEN_SOURCE_HPP

#include <outkit/oauth2/detail/renewal.hpp>
#include <outkit/stream.hpp>

#include <list>
#include <memory>
#include <string>
#include <utility>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** Always has a token: for one sign-in, or for the application itself, and one set of scopes.

    The token is renewed when it is needed, from five minutes before its end or when the authority has said. However many
    callers wait, one request is made, and however many processes share the store: who renews holds the account's lock,
    and looks into the store first. A new refresh token is in the store before its access token is handed out. If it
    cannot be saved, the access token is handed out all the same, store_trouble() says so, and saving is tried again.

    While the authority is busy (429, 500, 503) it is asked again within limits, and then left alone for as long as it
    has said; a token that has not expired yet is used meanwhile. A refresh token that is refused for good is marked in
    the store, and not used again until somebody signs in.

    For two resources, the mail servers and Graph, make two of these with the same store and account: they share the
    refresh token.

    Movable, not copyable, not thread-safe: everything happens on the stream's executor. The store's files are read and
    written there, too.
*/
template <class Stream = outkit::stream>
class basic_token_source
{
public:
    /** For a sign-in that the store has, or, with an empty account, for one that async_keep() will bring.

        @param s       a stream with a TLS context for clients
        @param scopes  of one resource, with `offline_access`, `openid` and `profile` as they were asked for at the sign-in
    */
    basic_token_source(Stream s, app a, authority from, std::shared_ptr<token_store> store, account_id account,
                       scope_set scopes, token_source_options o = {})
        : body_(std::make_unique<body>(std::move(s)))
    {
        detail::token_state& t = *body_->state;
        t.authority_session.application = std::move(a);
        t.authority_session.from = std::move(from);
        t.authority_session.options = o.client;
        t.authority_session.options.verify_signatures = false;
        t.store = std::move(store);
        t.account = std::move(account);
        t.scopes = std::move(scopes);
        t.options = std::move(o);
    }

    /// For the application itself. Its tokens are not stored: they are as easily had again.
    basic_token_source(Stream s, app a, authority from, scope_set scopes, token_source_options o = {})
        : basic_token_source(std::move(s), std::move(a), std::move(from), nullptr, {}, std::move(scopes), std::move(o))
    {
    }

    /// The token, if there is one that need not be renewed; else null. Allocates nothing and asks nobody. Valid until
    /// the next operation ends.
    access_token const* cached() const
    {
        return body_->state->fresh(body_->stream.world().date()) ? &body_->state->current.access : nullptr;
    }

    /// When the newest token expires.
    outkit::detail::wall_time expires_at() const
    {
        return body_->state->current.received + body_->state->current.lifetime;
    }

    /** A token that can be used now. Any number of callers may wait at once.

        @par Handler signature
        `void(error_code, access_token)`

        @par Errors
        @li error::sign_in_required  the account is not in the store, or the authority does not accept it any more
        @li error::invalid_grant, interaction_required, consent_required and other words of the authority that a person
            must answer; see last_refusal() for its `claims`
        @li error::request_loop      too many requests within minutes; nothing was asked
        @li error::store_busy        another process did not end its renewal in time; nothing was asked
        @li other errors of basic_client::async_refresh(), of the store, and of the stream

        @par Cancellation
        Supports `terminal`: that caller waits no longer. The renewal goes on for the others.
    */
    template <class CompletionToken>
    auto async_token(CompletionToken&& token)
    {
        waiter& w = body_->free_waiter();
        return async_run(w.stream, detail::await_token(body_->state), w.said, std::forward<CompletionToken>(token));
    }

    /** Keeps a sign-in in the store: what async_redeem() or async_await_device() of a client brought.

        @param t  with an ID token and a refresh token, for the scopes of this source

        @par Handler signature
        `void(error_code, account_id)`

        @par Errors
        @li error::missing_claim  there is no refresh token, or no ID token with `oid`; `offline_access`, `openid` and
            `profile` bring them
        @li error::store_busy and others of the store; nothing is kept then
    */
    template <class CompletionToken>
    auto async_keep(token_response t, CompletionToken&& token)
    {
        return async_run(body_->stream, detail::keep_sign_in(body_->state, std::move(t)), body_->said,
                         std::forward<CompletionToken>(token));
    }

    /** Takes the account out of the store. The refresh token stays good at the authority until it expires: only the
        user or an administrator can revoke it there.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_sign_out(CompletionToken&& token)
    {
        return async_run(body_->stream, detail::sign_out(body_->state), body_->said,
                         std::forward<CompletionToken>(token));
    }

    account_id const& account() const { return body_->state->account; }

    /// Says that a resource server has not accepted this token, though it has not expired: it is not used again.
    void reject(access_token const& t) { body_->state->rejected = t.clone(); }

    /// What the authority said about the last renewal that failed, at most 512 octets; empty when it did not fail.
    std::string const& diagnostics() const { return body_->state->said; }
    refusal const& last_refusal() const { return body_->state->authority_session.last; }

    /// Why the last token is in memory only; none when it is in the store. store_diagnostics() has the file.
    error_code store_trouble() const { return body_->state->store_trouble; }
    std::string const& store_diagnostics() const { return body_->state->store_said; }

    auto get_executor() { return body_->stream.get_executor(); }

private:
    // One for each caller that waits, used again: a caller can be cancelled, and the others are not.
    struct waiter
    {
        Stream stream;
        std::shared_ptr<std::string> said = std::make_shared<std::string>();  // shared with the operation
    };

    struct body
    {
        explicit body(Stream s) : stream(std::move(s))
        {
            state->begin_renewal = [this] { begin(); };
        }
        body(body const&) = delete;
        ~body() { state->begin_renewal = nullptr; }

        void begin()
        {
            state->renewing = true;
            async_run(stream, detail::renew(*state), said, [s = state](error_code ec) {
                s->renewing = false;
                s->outcome = ec;
                ++s->renewals;
                s->changed.notify();
            });
        }

        waiter& free_waiter()
        {
            for (waiter& w : waiters)
                if (w.said.use_count() == 1)
                    return w;
            return waiters.emplace_back(waiter{stream.another()});
        }

        std::shared_ptr<detail::token_state> state = std::make_shared<detail::token_state>();
        std::shared_ptr<std::string> said{state, &state->said};  // keeps the state, for operations that outlive us
        Stream stream;
        std::list<waiter> waiters;
    };
    std::unique_ptr<body> body_;
};

using token_source = basic_token_source<>;

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
