#ifndef OUTKIT_TLS_IPP
#define OUTKIT_TLS_IPP

#include <outkit/tls.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>

namespace outkit::inline OUTKIT_ABI {

namespace detail {

class tls_category final : public error_category
{
public:
    const char* name() const noexcept override { return "outkit.tls"; }
    std::string message(int ev) const override
    {
        const char* const reason = ERR_reason_error_string(static_cast<unsigned long>(ev));
        return reason ? std::string("TLS: ") + reason : "TLS error";
    }
    error_condition default_error_condition(int ev) const noexcept override
    {
        int const reason = ERR_GET_REASON(static_cast<unsigned long>(ev));
        return reason == SSL_R_CERTIFICATE_VERIFY_FAILED ? condition::untrusted_peer : condition::protocol_violation;
    }
};
OUTKIT_DECL error_code last_tls_error()
{
    static const tls_category category;
    unsigned long const e = ERR_peek_last_error();
    ERR_clear_error();
    return {e ? static_cast<int>(e) : 1, category};
}

// Calls f with each PEM certificate of a text; false when there is none or one cannot be read.
OUTKIT_DECL bool for_each_certificate(std::string_view pem, bool (*f)(SSL_CTX*, X509*, bool first), SSL_CTX* ctx)
{
    std::unique_ptr<BIO, tls_context::releaser<BIO, BIO_free_all>> const in(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    bool any = false;
    while (in)
    {
        std::unique_ptr<X509, tls_context::releaser<X509, X509_free>> const certificate(
            PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
        if (!certificate)
            break;
        if (!f(ctx, certificate.get(), !any))
            return false;
        any = true;
    }
    if (any)
        ERR_clear_error();  // the end of the text is reported like an error
    return any;
}

// Where OpenSSL looks for the system's authorities.
OUTKIT_DECL std::string system_trust_paths()
{
    auto const path = [](char const* variable, char const* usual) {
        char const* const set = std::getenv(variable);
        return std::string(set ? set : usual);
    };
    return path(X509_get_default_cert_file_env(), X509_get_default_cert_file()) + " and " +
           path(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
}

// In ex_data of SSL: the engine, for the new-session callback.
OUTKIT_DECL int engine_index()
{
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

}  // namespace detail

OUTKIT_DEF tls_context tls_context::make(bool server, error_code& ec)
{
    tls_context c;
    c.shared_ = std::make_shared<shared>();
    c.shared_->server = server;
    c.shared_->ctx.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
    SSL_CTX* const ctx = c.native();
    if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
    {
        ec = detail::last_tls_error();
        return {};
    }
    ec = {};
    SSL_CTX_set_security_level(ctx, 2);  // RSA of 2048 bits, SHA-2; the system's configuration may ask for less
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);  // a record in one read instead of two
    return c;
}

OUTKIT_DEF tls_context tls_context::client(error_code& ec, tls_trust const& trust)
{
    tls_context c = make(false, ec);
    SSL_CTX* const ctx = c.native();
    if (ec)
        return {};
    ERR_clear_error();
    auto const add = [](SSL_CTX* to, X509* certificate, bool) {
        return X509_STORE_add_cert(SSL_CTX_get_cert_store(to), certificate) == 1;
    };
    bool const ok =
        (!trust.system || SSL_CTX_set_default_verify_paths(ctx) == 1) &&
        (trust.authorities_file.empty() || SSL_CTX_load_verify_file(ctx, trust.authorities_file.c_str()) == 1) &&
        (trust.authorities_pem.empty() || detail::for_each_certificate(trust.authorities_pem, add, ctx));
    if (!ok)
    {
        ec = detail::last_tls_error();
        return {};
    }
    if (trust.system)
        c.shared_->system_trust = detail::system_trust_paths();
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

OUTKIT_DEF tls_context tls_context::server_pem(error_code& ec, std::string_view chain, std::string_view key)
{
    tls_context c = make(true, ec);
    SSL_CTX* const ctx = c.native();
    if (ec)
        return {};
    ERR_clear_error();
    auto const use = [](SSL_CTX* to, X509* certificate, bool first) {
        return (first ? SSL_CTX_use_certificate(to, certificate) : SSL_CTX_add1_chain_cert(to, certificate)) == 1;
    };
    std::unique_ptr<BIO, releaser<BIO, BIO_free_all>> const in(
        BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
    std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY, EVP_PKEY_free>> const private_key(
        in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr);
    unsigned char const id[] = "outkit";
    bool const ok = private_key && detail::for_each_certificate(chain, use, ctx) &&
                    SSL_CTX_use_PrivateKey(ctx, private_key.get()) == 1 &&
                    SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) == 1;
    if (ok)
        return c;
    ec = detail::last_tls_error();
    return {};
}

OUTKIT_DEF tls_context::session tls_context::take_session(std::string const& peer) const
{
    std::lock_guard const lock(shared_->mutex);
    auto const node = shared_->sessions.extract(peer);
    return node ? std::move(node.mapped()) : nullptr;
}

OUTKIT_DEF void tls_context::keep_session(std::string const& peer, session s) const
{
    std::lock_guard const lock(shared_->mutex);
    shared_->sessions.insert_or_assign(peer, std::move(s));
}

namespace detail {

inline constexpr unsigned most_without_data = 32;  // handshake messages after the handshake

OUTKIT_DEF BIO_METHOD const* tls_engine::bio_method()
{
    static BIO_METHOD* const method = [] {
        BIO_METHOD* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "outkit transport");
        BIO_meth_set_read(m, [](BIO* b, char* out, int size) -> int {
            auto& e = *static_cast<tls_engine*>(BIO_get_data(b));
            std::size_t n = 0;
            BIO_clear_retry_flags(b);
            if (e.without_data_ > most_without_data)
            {
                e.below_ec_ = error::tls_too_talkative;
                return -1;
            }
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

OUTKIT_INLINE tls_engine::tls_engine(transport& below, tls_context context, std::string host, std::string peer)
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
    if (!ssl_ || !bio)
    {
        setup_ec_ = last_tls_error();
        BIO_free(bio);
        ssl_.reset();
        return;
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_ex_data(ssl_.get(), engine_index(), &keep_);
    SSL_set_msg_callback(ssl_.get(), count_message);
    SSL_set_msg_callback_arg(ssl_.get(), this);
    if (c.is_server())
    {
        SSL_set_accept_state(ssl_.get());
        return;
    }
    SSL_set_connect_state(ssl_.get());
    host_ = reference_name(std::move(host_));
    // SSL_set1_host with "" silently switches the name check off.
    if (host_.empty() || !expect_name())
    {
        setup_ec_ = error::tls_no_host;
        return;
    }
    if (auto const s = c.take_session(keep_.second))
        SSL_set_session(ssl_.get(), s.get());
}

// The name as certificates have it: no brackets, no final dot; empty if it is none (R-TLS-04).
OUTKIT_DEF std::string tls_engine::reference_name(std::string host)
{
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.size() > 1 && host.back() == '.')
        host.pop_back();
    for (unsigned char const c : host)
        if (c <= ' ' || c >= 0x7f || c == '/' || c == '@' || c == '%')
            return {};
    return host;
}

// Has OpenSSL check the certificate against the name, and asks for it (SNI is for names only, RFC 6066 section 3).
OUTKIT_DEF bool tls_engine::expect_name()
{
    X509_VERIFY_PARAM* const check = SSL_get0_param(ssl_.get());
    ERR_clear_error();
    if (X509_VERIFY_PARAM_set1_ip_asc(check, host_.c_str()) == 1)
        return true;
    ERR_clear_error();
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(check, host_.data(), host_.size()) == 1 &&
           SSL_set_tlsext_host_name(ssl_.get(), host_.c_str()) == 1;
}

OUTKIT_INLINE tls_engine::~tls_engine()
{
    // Else OpenSSL takes a connection that just went away for an attack and spoils its session for resumption.
    if (ssl_ && SSL_is_init_finished(ssl_.get()))
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// Translates what an SSL function returned.
OUTKIT_DEF need tls_engine::result(int rc, error_code& ec)
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

OUTKIT_DEF need tls_engine::handshake(error_code& ec)
{
    ec = setup_ec_;
    if (ec)
        return need::nothing;
    ERR_clear_error();
    need const n = result(SSL_do_handshake(ssl_.get()), ec);
    // A second net: what comes out of a client's handshake is verified, whatever a callback may have said.
    if (n == need::nothing && !ec && !keep_.first.is_server() &&
        (SSL_get_verify_result(ssl_.get()) != X509_V_OK || SSL_version(ssl_.get()) < TLS1_2_VERSION))
        ec = error::tls_unverified;
    shaken_ = shaken_ || (n == need::nothing && !ec);
    return n;
}

OUTKIT_DEF need tls_engine::read_some(std::span<char> into, std::size_t& n, error_code& ec)
{
    n = 0;
    ERR_clear_error();
    need const what = result(SSL_read_ex(ssl_.get(), into.data(), into.size(), &n), ec);
    return received(what, n, ec);
}

OUTKIT_DEF need tls_engine::write_some(std::string_view from, std::size_t& n, error_code& ec)
{
    n = 0;
    ERR_clear_error();
    return result(SSL_write_ex(ssl_.get(), from.data(), from.size(), &n), ec);
}

OUTKIT_DEF need tls_engine::input(error_code& ec)
{
    char byte;
    std::size_t n = 0;
    ERR_clear_error();
    need const what = result(SSL_peek_ex(ssl_.get(), &byte, 1, &n), ec);
    return received(what, n, ec);
}

// OpenSSL goes on reading until there is data, however many key updates come instead: each costs the peer 27 octets and
// us a derivation of keys. Tickets and a key update now and then are few.
OUTKIT_DEF void tls_engine::count_message(int sent, int, int type, void const*, std::size_t, SSL*, void* engine)
{
    auto& e = *static_cast<tls_engine*>(engine);
    if (!sent && type == SSL3_RT_HANDSHAKE && e.shaken_)
        ++e.without_data_;
}

OUTKIT_DEF need tls_engine::received(need what, std::size_t n, error_code& ec)
{
    if (n == 0 || ec)
        return what;
    if (without_data_ > most_without_data)
        ec = error::tls_too_talkative;
    without_data_ = 0;
    return what;
}

OUTKIT_DEF void tls_engine::say_goodbye()
{
    if (SSL_is_init_finished(ssl_.get()))
        SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

OUTKIT_DEF std::string tls_engine::diagnostics() const
{
    if (!ssl_)
        return {};
    long const verdict = SSL_get_verify_result(ssl_.get());
    if (verdict == X509_V_OK)
        return {};
    std::string text = "the certificate of " + host_ + " was refused: " + X509_verify_cert_error_string(verdict);
    bool const nobody_known =
        verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
        verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || verdict == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
    if (std::string const where = keep_.first.system_trust(); nobody_known && !where.empty())
        text += " (the system's authorities are looked for in " + where + ')';
    return text;
}

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI

#endif
