#ifndef OUTKIT_TLS_IPP
#define OUTKIT_TLS_IPP

#include <outkit/tls.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace outkit::inline OUTKIT_ABI {

namespace detail {

class tls_category final : public error_category
{
public:
    const char* name() const noexcept override { return "outkit.tls"; }
    std::string message(int ev) const override
    {
        const char* const reason = ERR_reason_error_string(static_cast<unsigned long>(ev));
        return reason ? reason : "TLS error";
    }
};
OUTKIT_DECL error_code last_tls_error()
{
    static const tls_category category;
    unsigned long const e = ERR_peek_last_error();
    ERR_clear_error();
    return {e ? static_cast<int>(e) : 1, category};
}

// In ex_data of SSL: the engine, for the new-session callback.
OUTKIT_DECL int engine_index()
{
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

}  // namespace detail

OUTKIT_DECL tls_context tls_context::make(bool server)
{
    tls_context c;
    c.shared_ = std::make_shared<shared>();
    c.shared_->server = server;
    c.shared_->ctx.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
    SSL_CTX* const ctx = c.native();
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);  // a record in one read instead of two
    return c;
}

OUTKIT_DECL tls_context tls_context::client(error_code& ec, std::string const& authorities)
{
    tls_context c = make(false);
    SSL_CTX* const ctx = c.native();
    int const ok = authorities.empty() ? SSL_CTX_set_default_verify_paths(ctx)
                                       : SSL_CTX_load_verify_file(ctx, authorities.c_str());
    ec = ok == 1 ? error_code() : detail::last_tls_error();
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* s) {
        auto* const keep =
            static_cast<std::pair<tls_context, std::string>*>(SSL_get_ex_data(ssl, detail::engine_index()));
        keep->first.keep_session(keep->second, session(s));
        return 1;
    });
    return c;
}

OUTKIT_DECL tls_context tls_context::server(error_code& ec, std::string const& chain, std::string const& key)
{
    tls_context c = make(true);
    SSL_CTX* const ctx = c.native();
    bool const ok = SSL_CTX_use_certificate_chain_file(ctx, chain.c_str()) == 1 &&
                    SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) == 1;
    ec = ok ? error_code() : detail::last_tls_error();
    unsigned char const id[] = "outkit";
    SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1);
    return c;
}

OUTKIT_DECL tls_context::session tls_context::take_session(std::string const& peer) const
{
    std::lock_guard const lock(shared_->mutex);
    auto const node = shared_->sessions.extract(peer);
    return node ? std::move(node.mapped()) : nullptr;
}

OUTKIT_DECL void tls_context::keep_session(std::string const& peer, session s) const
{
    std::lock_guard const lock(shared_->mutex);
    shared_->sessions.insert_or_assign(peer, std::move(s));
}

namespace detail {

OUTKIT_DECL BIO_METHOD const* tls_engine::bio_method()
{
    static BIO_METHOD* const method = [] {
        BIO_METHOD* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "outkit transport");
        BIO_meth_set_read(m, [](BIO* b, char* out, int size) -> int {
            auto& e = *static_cast<tls_engine*>(BIO_get_data(b));
            std::size_t n = 0;
            BIO_clear_retry_flags(b);
            if (e.below_.read_some({out, static_cast<std::size_t>(size)}, n, e.below_ec_) != need::nothing)
                BIO_set_retry_read(b);
            else if (!e.below_ec_ && n == 0)
            {
                e.below_ended_ = true;
                return 0;
            }
            return n ? static_cast<int>(n) : -1;
        });
        BIO_meth_set_write(m, [](BIO* b, char const* in, int size) -> int {
            auto& e = *static_cast<tls_engine*>(BIO_get_data(b));
            std::size_t n = 0;
            BIO_clear_retry_flags(b);
            if (e.below_.write_some({in, static_cast<std::size_t>(size)}, n, e.below_ec_) != need::nothing)
                BIO_set_retry_write(b);
            return n ? static_cast<int>(n) : -1;
        });
        BIO_meth_set_ctrl(m, [](BIO* b, int what, long, void*) -> long {
            if (what == BIO_CTRL_EOF)
                return static_cast<tls_engine*>(BIO_get_data(b))->below_ended_;
            return what == BIO_CTRL_FLUSH;
        });
        return m;
    }();
    return method;
}

OUTKIT_DECL tls_engine::tls_engine(transport& below, tls_context context, std::string host, std::string peer)
    : below_(below), keep_(std::move(context), std::move(peer)), host_(std::move(host))
{
    tls_context const& c = keep_.first;
    if (!c.native())
    {
        setup_ec_ = error::tls_unavailable;
        return;
    }
    ssl_.reset(SSL_new(c.native()));
    BIO* const bio = BIO_new(bio_method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_ex_data(ssl_.get(), engine_index(), &keep_);
    if (c.is_server())
    {
        SSL_set_accept_state(ssl_.get());
        return;
    }
    SSL_set_connect_state(ssl_.get());
    // SSL_set1_host with "" silently switches the name check off.
    if (host_.empty() || host_.find('\0') != std::string::npos || SSL_set1_host(ssl_.get(), host_.c_str()) != 1)
    {
        setup_ec_ = error::tls_no_host;
        return;
    }
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (ASN1_OCTET_STRING* const address = a2i_IPADDRESS(host_.c_str()))  // SNI is for names only, RFC 6066 section 3
        ASN1_OCTET_STRING_free(address);
    else
        SSL_set_tlsext_host_name(ssl_.get(), host_.c_str());
    if (auto const s = c.take_session(keep_.second))
        SSL_set_session(ssl_.get(), s.get());
}

OUTKIT_DECL tls_engine::~tls_engine()
{
    // Else OpenSSL takes a connection that just went away for an attack and spoils its session for resumption.
    if (ssl_ && SSL_is_init_finished(ssl_.get()))
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// Translates what an SSL function returned.
OUTKIT_DECL need tls_engine::result(int rc, error_code& ec)
{
    ec = {};
    if (rc > 0)
        return need::nothing;
    switch (SSL_get_error(ssl_.get(), rc))
    {
    case SSL_ERROR_WANT_READ: return need::readable;
    case SSL_ERROR_WANT_WRITE: return need::writable;
    case SSL_ERROR_ZERO_RETURN: return need::nothing;
    default:
        ec = below_ec_ ? below_ec_ : below_ended_ ? make_error_code(error::tls_truncated) : last_tls_error();
        ERR_clear_error();
        return need::nothing;
    }
}

OUTKIT_DECL need tls_engine::handshake(error_code& ec)
{
    ec = setup_ec_;
    if (ec)
        return need::nothing;
    ERR_clear_error();
    return result(SSL_do_handshake(ssl_.get()), ec);
}

OUTKIT_DECL need tls_engine::read_some(std::span<char> into, std::size_t& n, error_code& ec)
{
    n = 0;
    ERR_clear_error();
    return result(SSL_read_ex(ssl_.get(), into.data(), into.size(), &n), ec);
}

OUTKIT_DECL need tls_engine::write_some(std::string_view from, std::size_t& n, error_code& ec)
{
    n = 0;
    ERR_clear_error();
    return result(SSL_write_ex(ssl_.get(), from.data(), from.size(), &n), ec);
}

OUTKIT_DECL need tls_engine::input(error_code& ec)
{
    char byte;
    std::size_t n = 0;
    ERR_clear_error();
    return result(SSL_peek_ex(ssl_.get(), &byte, 1, &n), ec);
}

OUTKIT_DECL void tls_engine::say_goodbye()
{
    if (SSL_is_init_finished(ssl_.get()))
        SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

OUTKIT_DECL std::string tls_engine::diagnostics() const
{
    if (!ssl_)
        return {};
    long const verdict = SSL_get_verify_result(ssl_.get());
    if (verdict == X509_V_OK)
        return {};
    return "the certificate of " + host_ + " was refused: " + X509_verify_cert_error_string(verdict);
}

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI

#endif
