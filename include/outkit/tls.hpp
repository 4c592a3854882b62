#ifndef OUTKIT_TLS_HPP
#define OUTKIT_TLS_HPP

#include <outkit/detail/transport.hpp>
#include <outkit/error.hpp>

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace outkit::inline OUTKIT_ABI {

// Certificates, trust and the sessions to resume; shared by many connections, also across threads.
// TLS 1.2 or later. A client verifies chain and name, always.
class tls_context
{
public:
    tls_context() = default;  // no TLS

    // Trusts the system's authorities, or those in a PEM file.
    static tls_context client(error_code& ec, std::string const& authorities = {});
    static tls_context server(error_code& ec, std::string const& certificate_chain, std::string const& private_key);

    SSL_CTX* native() const { return shared_ ? shared_->ctx.get() : nullptr; }
    bool is_server() const { return shared_ && shared_->server; }

    template <class T, void (*release)(T*)>
    struct releaser
    {
        void operator()(T* p) const { release(p); }
    };
    using session = std::unique_ptr<SSL_SESSION, releaser<SSL_SESSION, SSL_SESSION_free>>;

    session take_session(std::string const& peer) const;
    void keep_session(std::string const& peer, session s) const;

private:
    struct shared
    {
        std::unique_ptr<SSL_CTX, releaser<SSL_CTX, SSL_CTX_free>> ctx;
        bool server = false;
        std::mutex mutex;
        std::map<std::string, session> sessions;  // by "host:port"; each is used once (RFC 8446 section C.4)
    };
    static tls_context make(bool server);
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

    need handshake(error_code& ec);
    need read_some(std::span<char> into, std::size_t& n, error_code& ec);  // n == 0: the peer said close_notify
    need write_some(std::string_view from, std::size_t& n, error_code& ec);
    need input(error_code& ec);
    void say_goodbye();  // close_notify, if it can be sent at once

    bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    std::string diagnostics() const;  // why the handshake failed, in OpenSSL's words

private:
    static BIO_METHOD const* bio_method();
    need result(int rc, error_code& ec);

    transport& below_;
    std::pair<tls_context, std::string> keep_;  // where sessions go, and under which name
    std::string host_;
    std::unique_ptr<SSL, tls_context::releaser<SSL, SSL_free>> ssl_;
    error_code setup_ec_, below_ec_;
    bool below_ended_ = false;
};

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/tls.ipp>
#endif

#endif
