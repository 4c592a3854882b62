#ifndef OUTKIT_DETAIL_CHANNEL_IPP
#define OUTKIT_DETAIL_CHANNEL_IPP

#include <outkit/detail/channel.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace outkit::inline OUTKIT_ABI::detail {

// A TLS connection as the bottom of another one: the tunnel of a proxy that is itself spoken to under TLS.
OUTKIT_DECL class tls_transport final : public transport
{
public:
    tls_transport(std::unique_ptr<transport> below, std::unique_ptr<tls_engine> tls)
        : below_(std::move(below)), tls_(std::move(tls))
    {
    }

    need read_some(std::span<char> into, std::size_t& n, error_code& ec) override
    {
        keep_error const upper;
        return tls_->read_some(into, n, ec);
    }
    need write_some(std::string_view from, std::size_t& n, error_code& ec) override
    {
        keep_error const upper;
        return tls_->write_some(from, n, ec);
    }
    need input(error_code& ec) override
    {
        keep_error const upper;
        return tls_->input(ec);
    }

private:
    // OpenSSL has one queue of errors per thread: why the upper TLS has failed would be forgotten while the lower one
    // sends its alert.
    struct keep_error
    {
        unsigned long const what = ERR_peek_last_error();
        ~keep_error()
        {
            if (what != 0)
                ERR_raise(ERR_GET_LIB(what), ERR_GET_REASON(what));
        }
    };

    std::unique_ptr<transport> below_;
    std::unique_ptr<tls_engine> tls_;
};

OUTKIT_DEF need channel::attempt(io_request const& rq, io_result& r, tls_context const& tls)
{
    using kind = io_request::kind;
    r = {};
    if (rq.what == kind::close)
    {
        if (tls_)
            tls_->say_goodbye();
        *this = {};
        return need::nothing;
    }
    if (rq.what == kind::wait && !rq.for_input)
        return need::readable;  // of no interest: the driver waits for the time or the event
    if (!bottom_)
    {
        r.ec = error::not_connected;
        return need::nothing;
    }
    switch (rq.what)
    {
    case kind::tls_handshake: {
        // The name is part of the key: a session is resumed without looking at the certificate again.
        if (!tls_)
            tls_ = std::make_unique<tls_engine>(*bottom_, tls, std::string(rq.host),
                                                std::string(rq.host) + ':' + std::to_string(rq.port));
        need const n = tls_->handshake(r.ec);
        if (r.ec)
            r.diagnostics = tls_->diagnostics();
        return n;
    }
    case kind::nest:
        if (!tls_)
            r.ec = error::tls_required;
        else
            bottom_ = std::unique_ptr<transport>(new tls_transport(std::move(bottom_), std::move(tls_)));
        return need::nothing;
    case kind::read: {
        // One scratch buffer per thread, so that a connection that waits holds none.
        static thread_local std::array<char, 16 * 1024> scratch;
        std::span<char> const into(scratch.data(), std::min(scratch.size(), rq.max));
        need const n = tls_ ? tls_->read_some(into, r.n, r.ec) : bottom_->read_some(into, r.n, r.ec);
        rq.input->append(scratch.data(), r.n);
        return n;
    }
    case kind::write: return tls_ ? tls_->write_some(rq.output, r.n, r.ec) : bottom_->write_some(rq.output, r.n, r.ec);
    case kind::wait: return tls_ ? tls_->input(r.ec) : bottom_->input(r.ec);
    default: return need::nothing;
    }
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
