#ifndef OUTKIT_GRAPH_NOTIFICATION_LISTENER_HPP
#define OUTKIT_GRAPH_NOTIFICATION_LISTENER_HPP

#include <outkit/detail/waiting.hpp>
#include <outkit/graph/subscription.hpp>
#include <outkit/secret.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::graph {

/// Where a notification_listener listens, to whom, and what it puts up with.
struct notification_listener_options
{
    std::string address = "127.0.0.1";  ///< another one only with a certificate
    std::uint16_t port = 0;             ///< 0: the system chooses
    std::string path = "/";             ///< of the notification URL, and of the one for lifecycle events
    /// The `client_state` of the subscriptions; what brings along none of them is thrown away. At least one.
    std::vector<secret> client_states = {};

    std::size_t most_waiting = 1000;    ///< notifications; when so many wait the service is told to come later
    std::size_t remembered = 1000;      ///< notifications that are known when they come again
    std::size_t most_connections = 64;  ///< at once; a new one displaces the oldest
    std::size_t most_requests = 100;    ///< on one connection
    std::chrono::milliseconds per_connection{30'000};
    std::size_t header_bytes = 16 * 1024;
    std::size_t body_bytes = 1024 * 1024;
};

namespace detail {
class notification_server;
}

/** Takes what Graph sends to a notification URL: answers the trial that comes before a subscription is made, and hands over
    notifications one after the other, each of them once.

    The service is answered at once, whether somebody waits or not: it gives up endpoints that take longer than three
    seconds. Notifications are hints. They come late, twice or not at all; what has changed says async_changes.

    The service calls at https addresses that it can reach. Give a certificate, or listen on the loopback, without one, behind a
    server that has it.

    Movable, not copyable, not thread-safe; one wait at a time.
*/
class notification_listener
{
public:
    using executor_type = asio::any_io_executor;

    /** Opens the port.

        @param ex     where everything happens; a strand's, unless its context runs in one thread
        @param ec     EINVAL: no client state, or no certificate for an address that is not the loopback's; or why the
                      port cannot be opened: address_in_use
        @param tls    tls_context::server_pem; empty: plaintext
        @param world  the clock
    */
    notification_listener(executor_type ex, notification_listener_options o, error_code& ec, tls_context tls = {},
                          outkit::detail::environment& world = outkit::detail::real_environment());
    notification_listener(notification_listener&&) noexcept;
    notification_listener& operator=(notification_listener&&) noexcept;
    /// Ends the wait, if there is one, with operation_aborted.
    ~notification_listener();

    executor_type get_executor() const;
    std::uint16_t port() const;

    /// Notifications without a secret of ours, which were thrown away.
    std::uint64_t foreign() const;

    /** The next notification.

        @par Handler signature
        `void(error_code, notification)`

        @par Errors
        @li operation_in_progress, not_connected  a second wait, or the listener is closed
        @li why no more connections can be accepted

        @par Cancellation
        Supports `terminal`. Nothing is lost: what comes waits for the next call.
    */
    template <class CompletionToken>
    auto async_next(CompletionToken&& token)
    {
        auto initiate = [this](auto handler) {
            start(outkit::detail::wait_with<notification>(std::move(handler), get_executor()));
        };
        return asio::async_initiate<CompletionToken, void(error_code, notification)>(std::move(initiate), token);
    }

    /// Ends the wait with operation_aborted, and closes the port and all connections.
    void close();

private:
    void start(std::unique_ptr<outkit::detail::waiting<notification>> w);

    std::shared_ptr<detail::notification_server> server_;
};

}  // namespace outkit::inline OUTKIT_ABI::graph

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/notification_listener.ipp>
#endif

#endif
