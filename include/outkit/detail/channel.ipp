#ifndef OUTKIT_DETAIL_CHANNEL_IPP
#define OUTKIT_DETAIL_CHANNEL_IPP

#include <outkit/detail/channel.hpp>

#include <algorithm>
#include <array>

namespace outkit::inline OUTKIT_ABI::detail {

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
        if (!tls_)
            tls_ = std::make_unique<tls_engine>(*bottom_, tls, std::string(rq.host), peer_);
        need const n = tls_->handshake(r.ec);
        if (r.ec)
            r.diagnostics = tls_->diagnostics();
        return n;
    }
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
