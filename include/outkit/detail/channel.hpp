#ifndef OUTKIT_DETAIL_CHANNEL_HPP
#define OUTKIT_DETAIL_CHANNEL_HPP

#include <outkit/detail/flow.hpp>
#include <outkit/detail/transport.hpp>
#include <outkit/tls.hpp>

#include <memory>

namespace outkit::inline OUTKIT_ABI::detail {

// One connection of a flow, encrypted or not. It never waits: a request that cannot be met yet says
// what for, and the driver tries again then. Sockets and simulations share all of this.
class channel
{
public:
    channel() = default;
    explicit channel(std::unique_ptr<transport> bottom) : bottom_(std::move(bottom)) {}

    // Everything except connect; of wait, the input part.
    OUTKIT_DECL need attempt(io_request const& rq, io_result& r, tls_context const& tls);

    bool encrypted() const { return tls_ != nullptr; }
    tls_engine const* tls() const { return tls_.get(); }

private:
    std::unique_ptr<transport> bottom_;
    std::unique_ptr<tls_engine> tls_;
};

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/channel.ipp>
#endif

#endif
