#ifndef OUTKIT_MOCK_SERVERS_HPP
#define OUTKIT_MOCK_SERVERS_HPP

#include <outkit/config.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

/// A port for each server; 0: any that is free.
struct server_ports
{
    std::uint16_t login = 0;  ///< Entra, HTTPS
    std::uint16_t graph = 0;  ///< Graph, HTTPS
    std::uint16_t imap = 0;   ///< IMAP with TLS from the first byte, as on 993
    std::uint16_t smtp = 0;   ///< SMTP submission with STARTTLS, as on 587
};

/** All four servers of a world, on the loopback, both families. Certificates are for localhost, 127.0.0.1 and ::1, by the
    world's own authority: trust `world.certificates.ca_pem()`.

    @code
    mock::world w;
    w.start_thread();
    error_code ec;
    mock::servers outlook(w, {}, ec);
    // https://localhost:PORT with PORT = outlook.ports().login
    @endcode
*/
class servers
{
public:
    /** Starts them all.

        @param w       must outlive this object; running on its own thread or not yet running
        @param wanted  ports
        @param ec      why one of them could not listen, for example address_in_use; failed() names it, and none runs
    */
    servers(world& w, server_ports const& wanted, error_code& ec);
    ~servers();
    servers(servers const&) = delete;

    /// Where they listen.
    server_ports const& ports() const noexcept { return ports_; }
    /// Which one could not: "login", "graph", "imap" or "smtp"; empty when all run.
    std::string const& failed() const noexcept { return failed_; }

    /// "https://localhost:PORT", without a slash at the end.
    std::string login_url() const { return "https://localhost:" + std::to_string(ports_.login); }
    std::string graph_url() const { return "https://localhost:" + std::to_string(ports_.graph); }

    /// Drops all connections, as if the servers had crashed; they go on accepting.
    void close_connections();

private:
    struct state;
    world& world_;
    server_ports ports_;
    std::string failed_;
    std::unique_ptr<state> state_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/servers.ipp>
#endif

#endif
