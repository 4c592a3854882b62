#ifndef OUTKIT_OAUTH2_DETAIL_RENEWAL_HPP
#define OUTKIT_OAUTH2_DETAIL_RENEWAL_HPP

#include <outkit/oauth2/detail/flows.hpp>
#include <outkit/oauth2/token_store.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

// Access tokens over and over: from a stored sign-in, or for the application itself.

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// How patient a token source is.
struct token_source_options
{
    /// Of an ID token that comes with a renewal the claims are checked, and not the signature: it comes straight from the
    /// token endpoint over verified TLS (OpenID Connect Core section 3.1.3.7), and keys that cannot be had must not cost a
    /// refresh token that has just been issued.
    client_options client = {};
    /// How long to wait for another process that renews the same sign-in. Without the lock nothing is asked.
    std::chrono::milliseconds lock_patience{10'000};
    /// Requests for one renewal while the authority is busy (429, 500, 503), the first included.
    unsigned attempts = 3;
    /// Between them: what Retry-After says, if it is not more than this, else 1, 2, 4, ... seconds and some chance.
    std::chrono::seconds longest_wait{60};
    /// More requests than these within `loop_window` are a loop, which the authority would answer with AADSTS50196.
    unsigned most_requests = 12;
    std::chrono::seconds loop_window{300};
};

namespace detail {

// What the callers of a token source share. Used on one executor.
struct token_state
{
    session authority_session;
    std::shared_ptr<token_store> store = {};  // null: tokens of the application itself
    account_id account = {};
    scope_set scopes = {};
    token_source_options options = {};

    stored_token current = {};   // the newest, whether or not it has expired
    secret rejected = secret();  // the access token that a resource server did not accept
    secret unsaved = secret();   // a refresh token that could not be saved
    secret replaced = secret();  // the one that is in the store instead

    // While the authority has told us to wait.
    outkit::detail::time_point blocked_until = outkit::detail::time_point::min();
    error_code blocked = {};
    std::string blocked_said = {};
    std::deque<outkit::detail::time_point> requests = {};                     // of the last minutes
    outkit::detail::time_point released = outkit::detail::time_point::min();  // when the lock was given up

    // A renewal that is under way, for all who wait.
    std::function<void()> begin_renewal = {};  // empty: whose source is gone
    bool renewing = false;
    std::uint64_t renewals = 0;  // ended
    error_code outcome = {};     // of the last
    std::string said = {};
    outkit::detail::event changed;

    error_code store_trouble = {};  // why the last token is not in the store
    std::string store_said = {};

    OUTKIT_DECL bool fresh(outkit::detail::wall_time now) const;
    OUTKIT_DECL bool usable(outkit::detail::wall_time now) const;  // not over yet
};

// Ends with a `current` that can be used, or fails. One at a time.
OUTKIT_DECL flow<> renew(token_state& s);

// The token, at once or when a renewal has ended that others may be waiting for, too.
OUTKIT_DECL flow<access_token> await_token(std::shared_ptr<token_state> s);

// Keeps a sign-in in the store, whatever there was of that account, and is the source of its tokens from now on.
OUTKIT_DECL flow<account_id> keep_sign_in(std::shared_ptr<token_state> s, token_response t);

// The account is not in the store afterwards. The authority is not told: it has no way to be.
OUTKIT_DECL flow<> sign_out(std::shared_ptr<token_state> s);

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/detail/renewal.ipp>
#endif

#endif
