#ifndef OUTKIT_ADAPTED_STREAM_HPP
#define OUTKIT_ADAPTED_STREAM_HPP

#include <outkit/detail/drive.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace outkit::inline OUTKIT_ABI {

namespace detail {

// Over any AsyncReadStream and AsyncWriteStream. One read and one write at a time are under way below; what a read
// brings is kept, whether or not the wait it was started for has been given up.
template <class AsyncStream>
class adapted_driver final : public driver
{
public:
    adapted_driver(AsyncStream below, tls_context tls, environment& world)
        : driver(below.get_executor(), std::move(tls), world), below_(std::move(below))
    {
    }

    AsyncStream& below() { return below_; }

private:
    static constexpr std::size_t most_unsent = 64 * 1024;

    class memory_transport final : public transport
    {
    public:
        explicit memory_transport(adapted_driver& d) : driver_(d) {}
        need read_some(std::span<char> into, std::size_t& n, error_code& ec) override
        {
            std::string& in = driver_.received_;
            n = std::min(into.size(), in.size());
            in.copy(into.data(), n);
            in.erase(0, n);
            ec = n == 0 ? driver_.read_ec_ : error_code();
            return n != 0 || ec || driver_.read_ended_ ? need::nothing : need::readable;
        }
        need write_some(std::string_view from, std::size_t& n, error_code& ec) override
        {
            std::string& out = driver_.unsent_;
            ec = driver_.write_ec_;
            n = ec ? 0 : std::min(from.size(), most_unsent - std::min(most_unsent, out.size()));
            if (n == 0)
                return ec ? need::nothing : need::writable;
            out.append(from.substr(0, n));
            driver_.send();
            return need::nothing;
        }
        need input(error_code& ec) override
        {
            bool const any = !driver_.received_.empty();
            ec = any ? error_code() : driver_.read_ec_;
            return any || ec || driver_.read_ended_ ? need::nothing : need::readable;
        }

    private:
        adapted_driver& driver_;
    };

    // The connection is there already; it is used once.
    void open(io_request const&) override
    {
        error_code const ec = std::exchange(used_, true) ? make_error_code(error::not_connected) : error_code();
        if (!ec)
            use(std::make_unique<memory_transport>(*this));
        auto then = next(&adapted_driver::connected);
        asio::post(get_executor(), [go_on = std::move(then), ec]() mutable { go_on(ec); });
    }

    void wait_until(need what) override
    {
        if (what == need::readable)
            receive();
    }
    void stop_waiting_below() override {}

    // What has been written, the good-bye of TLS included, still goes out.
    void close_below() override
    {
        closing_ = used_;
        if (closing_ && !sending_)
            close_now();
    }
    void close_now()
    {
        error_code ignored;
        if constexpr (requires { below_.close(ignored); })
            below_.close(ignored);
        else if constexpr (requires { below_.lowest_layer().close(ignored); })
            below_.lowest_layer().close(ignored);
    }

    void receive()
    {
        if (std::exchange(receiving_, true))
            return;
        below_.async_read_some(asio::buffer(buffer_), [self = shared()](error_code ec, std::size_t n) {
            self->receiving_ = false;
            self->received_.append(self->buffer_.data(), n);
            if (ec == asio::error::eof)
                self->read_ended_ = true;
            else
                self->read_ec_ = ec;
            self->go_on();
        });
    }

    void send()
    {
        if (unsent_.empty() || write_ec_ || std::exchange(sending_, true))
            return;
        being_sent_.swap(unsent_);
        send_rest(0);
    }
    void send_rest(std::size_t done)
    {
        below_.async_write_some(asio::buffer(being_sent_.data() + done, being_sent_.size() - done),
                                [self = shared(), done](error_code ec, std::size_t n) {
                                    if (!ec && done + n < self->being_sent_.size())
                                        return self->send_rest(done + n);
                                    self->sending_ = false;
                                    self->write_ec_ = ec;
                                    self->being_sent_.clear();
                                    self->send();
                                    if (self->closing_ && !self->sending_)
                                        self->close_now();
                                    self->go_on();
                                });
    }

    void go_on()
    {
        if (suspended())
            asio::dispatch(next(&adapted_driver::retry));
    }
    std::shared_ptr<adapted_driver> shared()
    {
        return std::static_pointer_cast<adapted_driver>(this->shared_from_this());
    }

    AsyncStream below_;
    std::array<char, 16 * 1024> buffer_;
    std::string received_, unsent_, being_sent_;
    error_code read_ec_, write_ec_;
    bool used_ = false, closing_ = false;
    bool receiving_ = false, sending_ = false, read_ended_ = false;
};

}  // namespace detail

/** A connection the user already has, as a stream for the clients: a tunnel, a Unix socket, another TLS.

    `AsyncStream` models Asio's AsyncReadStream and AsyncWriteStream. The first connect of a client takes the
    connection as it is, whatever host it names (TLS is verified against that name); a second one fails with
    error::not_connected.
*/
template <class AsyncStream>
class adapted_stream
{
public:
    using executor_type = asio::any_io_executor;

    explicit adapted_stream(AsyncStream connected, tls_context tls = {},
                            detail::environment& world = detail::real_environment())
        : driver_(std::make_shared<detail::adapted_driver<AsyncStream>>(std::move(connected), std::move(tls), world))
    {
    }
    adapted_stream(adapted_stream&&) = default;
    adapted_stream& operator=(adapted_stream&& other)
    {
        driver_.swap(other.driver_);
        return *this;
    }
    ~adapted_stream()
    {
        if (driver_)
            cancel();
    }

    executor_type get_executor() { return driver_->get_executor(); }
    bool encrypted() const { return driver_->connection().encrypted(); }
    void cancel() { driver_->cancel(); }
    void close() { driver_->close(); }

    AsyncStream& next_layer() { return driver_->below(); }
    detail::driver& driver() { return *driver_; }

private:
    std::shared_ptr<detail::adapted_driver<AsyncStream>> driver_;
};

namespace detail {

template <class T, class AsyncStream, class CompletionToken>
auto async_run(adapted_stream<AsyncStream>& s, flow<T> f, diagnostics_target diagnostics, CompletionToken&& token)
{
    return async_run(s.driver(), std::move(f), std::move(diagnostics), std::forward<CompletionToken>(token));
}

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI

#endif
