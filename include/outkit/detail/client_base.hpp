#ifndef OUTKIT_DETAIL_CLIENT_BASE_HPP
#define OUTKIT_DETAIL_CLIENT_BASE_HPP

#include <outkit/detail/flow.hpp>

#include <memory>
#include <string>
#include <utility>

namespace outkit::inline OUTKIT_ABI::detail {

struct ignore_result
{
    void operator()(error_code) const {}
};

// What a client needs of a stream: it can run a flow, one at a time, on one connection after another.
// Models: outkit::stream, outkit::adapted_stream, detail::simulated_stream.
template <class S>
concept flow_stream = requires(S& s, flow<> f, std::string& said, ignore_result done) {
    async_run(s, std::move(f), said, done);
    s.cancel();
    s.close();
};

// What all clients share: a stream, and a session (wire, what is known of the peer) that flows refer to.
// The session lives as long as an operation does, even if the client is destroyed meanwhile.
template <class Session, flow_stream Stream>
class client_base
{
public:
    /// The peer's words about the last operation's failure, at most 512 octets, no secrets; empty when there are none.
    /// Valid until the next operation ends.
    std::string const& diagnostics() const noexcept { return kept_->diagnostics; }

    /// Ends the operation in progress with operation_aborted, and the connection.
    void cancel() { stream_.cancel(); }
    /// Drops the connection at once, without the protocol's good-bye.
    void close() { stream_.close(); }

    auto get_executor() { return stream_.get_executor(); }
    Stream& stream() noexcept { return stream_; }

protected:
    template <class... Args>
    explicit client_base(Stream s, Args&&... args)
        : kept_(std::make_shared<kept>(std::forward<Args>(args)...)), stream_(std::move(s))
    {
    }

    Session& session() noexcept { return kept_->session; }
    Session const& session() const noexcept { return kept_->session; }

    template <class T, class CompletionToken>
    auto run(flow<T> f, CompletionToken&& token)
    {
        return async_run(stream_, std::move(f), std::shared_ptr<std::string>(kept_, &kept_->diagnostics),
                         std::forward<CompletionToken>(token));
    }

private:
    struct kept
    {
        template <class... Args>
        explicit kept(Args&&... args) : session(std::forward<Args>(args)...)
        {
        }
        Session session;
        std::string diagnostics;
    };
    std::shared_ptr<kept> kept_;
    Stream stream_;
};

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
