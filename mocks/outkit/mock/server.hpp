#ifndef OUTKIT_MOCK_SERVER_HPP
#define OUTKIT_MOCK_SERVER_HPP

#include <outkit/detail/asio.hpp>
#include <outkit/detail/wire.hpp>
#include <outkit/tls.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

// What a listener knows of a connection, and what its service tells it in return.
struct visitor
{
    std::uint64_t number = 0;  // of the connection; counts from 1, for all listeners of a process
    bool logged_in = false;    // as long as it is not, the connection gives way when there are too many
};

// Accepts connections on 127.0.0.1 and, where there is IPv6, on [::1], both on the same port, and serves each by a
// flow of its own. Everything happens on the world's executor; make and destroy it inside world.run().
class listener
{
public:
    using service = std::function<detail::flow<>(detail::wire&, visitor&)>;

    enum class mode
    {
        implicit_tls,  // the handshake comes first
        starttls       // in plaintext until the service says w.start_tls()
    };

    // With so many open, the oldest one that has not logged in gives way to the next (R-MOC-10).
    static constexpr std::size_t most_connections = 1024;

    // `port` 0: any that is free. `ec`: why it could not listen, for example address_in_use.
    listener(world& w, std::string name, service s, tls_context tls, mode m, std::uint16_t port, error_code& ec);
    ~listener();
    listener(listener&&) noexcept = default;
    listener& operator=(listener&&) = delete;

    std::uint16_t port() const;
    std::size_t connections() const;  // open now
    // As if the server had crashed; it goes on accepting. When it returns the services' flows are gone: they may refer
    // to what the caller destroys next.
    void close_connections();

private:
    struct state;
    struct connection;
    std::shared_ptr<state> state_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/server.ipp>
#endif

#endif
