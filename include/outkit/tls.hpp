#ifndef OUTKIT_TLS_HPP
#define OUTKIT_TLS_HPP

#include <outkit/detail/transport.hpp>
#include <outkit/error.hpp>

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace outkit::inline OUTKIT_ABI {

/// Whom a client trusts. The defaults are the system's authorities and nobody else.
struct tls_trust
{
    bool system = true;                 ///< the authorities of the operating system
    std::string authorities_file = {};  ///< PEM file with further authorities; empty: none
    std::string authorities_pem = {};   ///< further authorities as PEM text; empty: none
};

/** Certificates, trust and the sessions to resume; shared by many connections, also across threads.

    TLS 1.2 or later. A client verifies chain and name, always; nothing here weakens that.
*/
class tls_context
{
public:
    /// No TLS.
    tls_context() = default;

    /** A context for clients.

        @param ec     why it could not be made: the file is missing or holds no certificate
        @param trust  whose certificates are believed
    */
    OUTKIT_DECL static tls_context client(error_code& ec, tls_trust const& trust = {});

    /** A context for servers.

        @param ec     why it could not be made, for example because key and certificate do not belong together
        @param chain  PEM text, the server's certificate first
        @param key    PEM text of its private key, not encrypted
    */
    OUTKIT_DECL static tls_context server_pem(error_code& ec, std::string_view chain, std::string_view key);

    SSL_CTX* native() const { return shared_ ? shared_->ctx.get() : nullptr; }
    bool is_server() const { return shared_ && shared_->server; }
    std::string system_trust() const { return shared_ ? shared_->system_trust : std::string(); }

    template <class T, void (*release)(T*)>
    struct releaser
    {
        void operator()(T* p) const { release(p); }
    };
    using session = std::unique_ptr<SSL_SESSION, releaser<SSL_SESSION, SSL_SESSION_free>>;

    OUTKIT_DECL session take_session(std::string const& peer) const;
    OUTKIT_DECL void keep_session(std::string const& peer, session s) const;

private:
    struct shared
    {
        std::unique_ptr<SSL_CTX, releaser<SSL_CTX, SSL_CTX_free>> ctx;
        bool server = false;
        std::string system_trust;  // where the system's authorities are looked for; empty: they are not trusted
        std::mutex mutex;
        std::map<std::string, session> sessions;  // by "host:port"; each is used once (RFC 8446 section C.4)
    };
    OUTKIT_DECL static tls_context make(bool server, error_code& ec);
    std::shared_ptr<shared> shared_;
};

namespace detail {

// One TLS connection over a transport, which must outlive it. Holds no buffer while idle.
class tls_engine
{
public:
    tls_engine(transport& below, tls_context context, std::string host, std::string peer);
    tls_engine(tls_engine const&) = delete;
    ~tls_engine();

    OUTKIT_DECL need handshake(error_code& ec);
    OUTKIT_DECL need read_some(std::span<char> into, std::size_t& n,
                               error_code& ec);  // n == 0: the peer said close_notify
    OUTKIT_DECL need write_some(std::string_view from, std::size_t& n, error_code& ec);
    OUTKIT_DECL need input(error_code& ec);
    OUTKIT_DECL void say_goodbye();  // close_notify, if it can be sent at once

    bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    OUTKIT_DECL std::string diagnostics() const;  // why the handshake failed, in OpenSSL's words

private:
    OUTKIT_DECL static BIO_METHOD const* bio_method();
    OUTKIT_DECL static std::string reference_name(std::string host);
    OUTKIT_DECL static void count_message(int sent, int, int type, void const*, std::size_t, SSL*, void* engine);
    OUTKIT_DECL bool expect_name();
    OUTKIT_DECL need result(int rc, error_code& ec);
    OUTKIT_DECL need received(need what, std::size_t n, error_code& ec);

    transport& below_;
    std::pair<tls_context, std::string> keep_;  // where sessions go, and under which name
    std::string host_;
    std::unique_ptr<SSL, tls_context::releaser<SSL, SSL_free>> ssl_;
    error_code setup_ec_, below_ec_;
    bool below_ended_ = false;
    bool shaken_ = false;        // the handshake is done
    unsigned without_data_ = 0;  // messages since then, or since the last data
};

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/tls.ipp>
#endif

#endif
