#ifndef OUTKIT_OAUTH2_REDIRECT_LISTENER_HPP
#define OUTKIT_OAUTH2_REDIRECT_LISTENER_HPP

#include <outkit/detail/waiting.hpp>
#include <outkit/oauth2/authorization.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// What a redirect_listener puts up with.
struct redirect_listener_options
{
    std::chrono::milliseconds wait{300'000};          ///< for the user to sign in
    std::chrono::milliseconds per_connection{5'000};  ///< for a whole request
    std::size_t most_connections = 8;                 ///< at once; a new one displaces the oldest
    std::size_t most_requests = 64;                   ///< answered in all, ours not counted
    std::size_t header_bytes = 8 * 1024;
    std::size_t body_bytes = 16 * 1024;  ///< of a posted form
    /// To be tried in this order when the redirect URI names none, for example those a firewall leaves open. Empty: the
    /// system chooses.
    std::vector<std::uint16_t> ports = {};
};

namespace detail {

class redirect_server;

}  // namespace detail

/** Waits on this machine for the browser to come back from a sign-in (RFC 8252 section 7.3).

    It listens on loopback only: for `localhost` on 127.0.0.1 and ::1, both on the same port, so that nobody else can
    answer on the other; for an address on that one. It accepts GET, and POST of a form, with its own Host on the exact
    path. Everything else gets a constant error page and the wait goes on: only an answer with the right state ends it.
    No parameter is ever reflected.

    Make it first, then the authorization request with its redirect_uri(), then send the user to the URL, then wait.

    Movable, not copyable, not thread-safe; one wait.
*/
class redirect_listener
{
public:
    using executor_type = asio::any_io_executor;

    /** Opens the port.

        @param ex            where everything happens; a strand's, unless its context runs in one thread
        @param redirect_uri  "http://localhost:3000/oauth", as registered. Without a port a free one is chosen, which
                             Entra allows for localhost; one of which somebody else has a family is not
        @param ec            error::invalid_redirect_uri, or why the port cannot be opened: address_in_use
        @param o             limits
        @param world         the clock
    */
    redirect_listener(executor_type ex, std::string redirect_uri, error_code& ec, redirect_listener_options o = {},
                      outkit::detail::environment& world = outkit::detail::real_environment());
    redirect_listener(redirect_listener&&) noexcept;
    redirect_listener& operator=(redirect_listener&&) noexcept;
    /// Ends the wait, if there is one, with operation_aborted.
    ~redirect_listener();

    executor_type get_executor() const;

    /// With the port that was chosen; use it in the authorization request.
    std::string const& redirect_uri() const;
    std::uint16_t port() const;

    /** Waits for the answer to an authorization request. The listener is closed afterwards, whatever came.

        @param pending  the request; must live until the operation ends
        @param token    Completion token.

        @par Handler signature
        `void(error_code, authorization_response)`. The response may be a refusal: look at its own `ec`.

        @par Errors
        @li error::timeout of outkit  the user did not come back in time
        @li http::error::too_many_requests  more requests than the limit, none of them ours
        @li operation_in_progress, not_connected  a second wait, or the listener is closed

        @par Cancellation
        Supports `terminal`.
    */
    template <class CompletionToken>
    auto async_wait(pending_authorization const& pending, CompletionToken&& token)
    {
        auto initiate = [this, &pending](auto handler) {
            start(outkit::detail::wait_with<authorization_response>(std::move(handler), get_executor()), pending);
        };
        return asio::async_initiate<CompletionToken, void(error_code, authorization_response)>(std::move(initiate),
                                                                                               token);
    }

    /// Ends the wait with operation_aborted, and closes the port.
    void cancel();

private:
    void start(std::unique_ptr<outkit::detail::waiting<authorization_response>> w,
               pending_authorization const& pending);

    std::shared_ptr<detail::redirect_server> server_;
};

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/redirect_listener.ipp>
#endif

#endif
