#ifndef OUTKIT_STREAM_HPP
#define OUTKIT_STREAM_HPP

#include <outkit/detail/drive.hpp>

namespace outkit::inline OUTKIT_ABI {

// One TCP connection after another, in plaintext or under TLS. Flows open, upgrade and close it.
// Not thread-safe: give it a strand's executor, or run its context in one thread.
class stream
{
public:
    using executor_type = asio::any_io_executor;

    OUTKIT_DECL explicit stream(asio::any_io_executor ex, tls_context tls = {},
                                detail::environment& world = detail::real_environment())
        : driver_(detail::make_socket_driver(std::move(ex), std::move(tls), world))
    {
    }
    // The same, through a proxy where the settings say so.
    OUTKIT_DECL stream(asio::any_io_executor ex, tls_context tls, proxy_settings proxies,
                       detail::environment& world = detail::real_environment())
        : driver_(detail::make_socket_driver(std::move(ex), std::move(tls), world))
    {
        driver_->use_proxies(std::move(proxies));
    }
    // A connection a server has accepted.
    OUTKIT_DECL explicit stream(asio::ip::tcp::socket accepted, tls_context tls = {},
                                detail::environment& world = detail::real_environment())
        : driver_(detail::make_socket_driver(std::move(accepted), std::move(tls), world))
    {
    }
    stream(stream&&) = default;
    stream& operator=(stream&& other)
    {
        driver_.swap(other.driver_);
        return *this;
    }
    ~stream()
    {
        if (driver_)
            cancel();
    }

    executor_type get_executor() { return driver_->get_executor(); }
    bool encrypted() const { return driver_->connection().encrypted(); }
    void cancel() { driver_->cancel(); }  // ends the operation in progress and the connection
    void close() { driver_->close(); }

    // Of the same executor and world: without a connection, for flows that only wait.
    OUTKIT_DECL stream another() { return stream(get_executor(), tls_context(), world()); }

    detail::environment& world() { return driver_->world(); }
    detail::driver& driver() { return *driver_; }

private:
    std::shared_ptr<detail::driver> driver_;
};

namespace detail {

template <class T, class CompletionToken>
auto async_run(stream& s, flow<T> f, diagnostics_target diagnostics, CompletionToken&& token)
{
    return async_run(s.driver(), std::move(f), std::move(diagnostics), std::forward<CompletionToken>(token));
}

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI

#endif
