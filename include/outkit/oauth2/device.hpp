#ifndef OUTKIT_OAUTH2_DEVICE_HPP
#define OUTKIT_OAUTH2_DEVICE_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/http/message.hpp>
#include <outkit/oauth2/refusal.hpp>
#include <outkit/oauth2/scope.hpp>
#include <outkit/secret.hpp>

#include <chrono>
#include <string>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** What a user has to do on another device to sign in here (RFC 8628 section 3.2).

    Show `message`, or address and code in words of your own; say for which application and permissions it is, and that
    nobody should go on who has not started this: codes that strangers send are how accounts are stolen (RFC 8628
    section 5.4). Nothing of it is opened by itself.

    Made by async_begin_device(), used for one async_await_device().
*/
struct device_authorization
{
    std::string user_code = {};         ///< to be typed in; visible ASCII, 64 characters at most
    std::string verification_uri = {};  ///< where; https, the host as it is resolved (A-labels, RFC 5890), no user info
    /// One sentence with both, in the authority's words, sanitised; ours when it sent none.
    std::string message = {};
    secret device_code = secret();                 ///< for the polls; not to be shown
    std::chrono::seconds interval{5};              ///< between two polls, 5 to 60 seconds
    std::chrono::seconds lifetime{0};              ///< of the code, a day at most; Entra's is 15 minutes
    outkit::detail::wall_time expires_at = {};     ///< the same by the wall clock, for people
    outkit::detail::time_point polled_until = {};  ///< the same by the clock that does not jump, for the polls
    scope_set scopes = {};                         ///< what was asked for
};

/** Reads the answer of a device authorization endpoint.

    @param answer  status 200 and a JSON object, or a refusal; Entra may refuse with status 200 as well (observed: the
                   source of MSAL.NET)
    @param asked   what was asked for
    @param world   the clocks
    @param ec      error::malformed_response and others, or the refusal's error
    @param said    which member was wrong, or the refusal
*/
OUTKIT_DECL device_authorization read_device_authorization(http::response const& answer, scope_set const& asked,
                                                           outkit::detail::environment& world, error_code& ec,
                                                           refusal& said);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/device.ipp>
#endif

#endif
