#ifndef OUTKIT_OAUTH2_DETAIL_FLOWS_HPP
#define OUTKIT_OAUTH2_DETAIL_FLOWS_HPP

#include <outkit/http/detail/flows.hpp>
#include <outkit/oauth2/app.hpp>
#include <outkit/oauth2/authorization.hpp>
#include <outkit/oauth2/device.hpp>
#include <outkit/oauth2/id_token.hpp>
#include <outkit/oauth2/instance.hpp>
#include <outkit/oauth2/key_cache.hpp>
#include <outkit/oauth2/metadata.hpp>
#include <outkit/oauth2/token.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

// Conversations with an authority: discovery, keys, and the four grants.

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// How a client treats the authority.
struct client_options
{
    http::limits limits = {.body_bytes = 256 * 1024};  ///< of token and discovery answers
    http::limits key_limits = {.body_bytes = 512 * 1024};
    std::chrono::milliseconds patience{60'000};  ///< for each step: connecting, sending, each part of the answer
    /// Check the signature of ID tokens with the authority's published keys, and not only their claims.
    bool verify_signatures = true;
    std::chrono::seconds leeway{300};  ///< how wrong clocks may be
    std::chrono::hours metadata_lifetime{24};
    std::chrono::minutes least_key_age{5};  ///< keys are not fetched more often for an unknown kid
    std::shared_ptr<key_cache> keys = {};   ///< shared with other clients; null: the client's own
};

/// A code with what belongs to it.
struct redemption
{
    secret code = secret();
    secret verifier = secret();
    std::string redirect_uri = {};
    std::string nonce = {};
    scope_set scopes = {};

    static redemption of(pending_authorization const& pending, authorization_response const& answer)
    {
        return {answer.code.clone(), pending.verifier().clone(), pending.redirect_uri(), pending.nonce(),
                pending.scopes()};
    }
};

namespace detail {

using outkit::detail::flow;

struct session
{
    oauth2::app application = {};
    authority from = {};
    client_options options = {};

    http::detail::session connection;
    refusal last = {};  // why the last operation was refused, if it was
    std::optional<metadata> discovered = {};
    outkit::detail::time_point discovered_at = {};
    std::string pinned_issuer = {};  // found by domain; must stay the same
    // How far this machine's clock is ahead of the authority's, by the last answer's Date.
    std::optional<std::chrono::seconds> ahead = {};
};

OUTKIT_DECL flow<metadata> discover(session& s);
OUTKIT_DECL flow<instance_metadata> discover_instance(session& s);
OUTKIT_DECL flow<token_response> redeem(session& s, redemption r);
// `account`: the earlier claims, which the new ID token must agree with; a default one if they are not known.
OUTKIT_DECL flow<token_response> refresh(session& s, secret refresh_token, scope_set scopes, id_claims account);
OUTKIT_DECL flow<token_response> client_credentials(session& s, scope_set scopes);
OUTKIT_DECL flow<device_authorization> begin_device(session& s, scope_set scopes);
// Polls until the user has signed in or refused, or the code has expired.
OUTKIT_DECL flow<token_response> await_device(session& s, device_authorization d);

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/detail/flows.ipp>
#endif

#endif
