#ifndef OUTKIT_OAUTH2_TOKEN_HPP
#define OUTKIT_OAUTH2_TOKEN_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/http/message.hpp>
#include <outkit/oauth2/id_token.hpp>
#include <outkit/oauth2/refusal.hpp>
#include <outkit/oauth2/scope.hpp>
#include <outkit/secret.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// A successful token answer (RFC 6749 section 5.1).
struct token_response
{
    access_token access = access_token();    ///< opaque; for the resource of the scopes and nobody else
    secret refresh = secret();               ///< empty: none was issued, keep the one there was
    secret id_token = secret();              ///< as it came; empty: none
    std::optional<id_claims> identity = {};  ///< who has signed in, from the ID token, checked by the client
    scope_set scopes = {};                   ///< granted; what was asked for when the answer names none
    std::string client_info = {};            ///< see read_client_info(); if it was asked for

    outkit::detail::wall_time received = {};
    std::chrono::seconds lifetime{0};                     ///< 0 to 48 hours
    std::optional<std::chrono::seconds> refresh_in = {};  ///< when to renew, if the authority said so
    outkit::detail::wall_time expires_at() const { return received + lifetime; }

    /// Whether it should be renewed now: five minutes before its end, or when the authority said.
    OUTKIT_DECL bool wants_renewal(outkit::detail::wall_time now) const;
};

namespace detail {

// Five minutes before its end, or when the authority said, and when it is from the future: a clock has been set back.
OUTKIT_DECL bool wants_renewal(outkit::detail::wall_time received, std::chrono::seconds lifetime,
                               std::optional<std::chrono::seconds> refresh_in, outkit::detail::wall_time now);

}  // namespace detail

/** Reads the answer of a token endpoint.

    @param answer    status 200 and a JSON object, or a refusal
    @param asked     what was asked for
    @param received  when
    @param ec        error::malformed_response and others, or the refusal's error
    @param refused   set when the authority said why
*/
OUTKIT_DECL token_response read_token_response(http::response const& answer, scope_set const& asked,
                                               outkit::detail::wall_time received, error_code& ec, refusal& refused);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/token.ipp>
#endif

#endif
