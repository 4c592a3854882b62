#ifndef OUTKIT_DETAIL_DRIVE_HPP
#define OUTKIT_DETAIL_DRIVE_HPP

#include <outkit/detail/asio.hpp>
#include <outkit/detail/channel.hpp>

#include <memory>
#include <vector>

namespace outkit::inline OUTKIT_ABI::detail {

// The system's clocks and randomness.
environment& real_environment();

// A flow being run for a caller whose handler we do not know here.
class operation
{
public:
    virtual ~operation() = default;
    virtual void complete(error_code ec) = 0;  // destroys *this, then calls the handler

    flow_state state = {};
    asio::any_io_executor executor;  // the handler's; all steps run on it
    asio::cancellation_slot slot;
    bool initiating = true;
    bool ended = false;
};

// Moves the bytes of one connection. Asynchronously it only ever waits, for readiness or a time;
// bytes move in calls that do not block. So a wait can be given up at any moment and nothing is lost:
// whatever still calls back finds that its turn is over.
class driver final : public std::enable_shared_from_this<driver>, event::waiter, alarm
{
public:
    driver(asio::any_io_executor ex, tls_context tls, environment& world);
    ~driver();

    void start(std::unique_ptr<operation> op);
    void adopt(asio::ip::tcp::socket s);
    void close();
    void cancel();

    asio::any_io_executor get_executor() { return timer_.get_executor(); }
    asio::ip::tcp::socket& socket() { return socket_; }
    channel const& connection() const { return channel_; }

private:
    struct step;
    class socket_transport;

    void advance(io_result r);
    bool attempt(io_result& r);
    void suspend(need what);
    void limit(time_point deadline);
    void connect(io_request const& rq);
    void connect_next();
    void finish(error_code ec);
    void give_up_waits();
    void deliver(error_code ec);
    void wake() override;
    void ring() override;
    step next(void (driver::*then)(error_code));

    void retry(error_code ec);
    void timed_out(error_code ec);
    void event_happened(error_code ec);
    void cancelled(error_code ec);
    void connected(error_code ec);

    environment& world_;
    tls_context tls_;
    asio::ip::tcp::socket socket_;
    asio::ip::tcp::resolver resolver_;
    asio::steady_timer timer_;
    channel channel_;
    std::string peer_;
    std::vector<asio::ip::tcp::endpoint> addresses_;  // still to try, last first
    std::unique_ptr<operation> op_;
    std::uint64_t turn_ = 0;
};

// Where the peer's words about a failure go. Keeps their owner alive while the operation runs, if it is shared.
class diagnostics_target
{
public:
    diagnostics_target(std::string& text) : text_(std::shared_ptr<void>(), &text) {}
    diagnostics_target(std::shared_ptr<std::string> text) : text_(std::move(text)) {}
    std::string& operator*() const { return *text_; }

private:
    std::shared_ptr<std::string> text_;
};

// Adds what only the caller knows: the result type and the completion handler.
template <class T, class Handler>
class operation_of final : public operation
{
public:
    operation_of(flow<T> f, diagnostics_target diagnostics, Handler h)
        : diagnostics_(std::move(diagnostics)), flow_(std::move(f)), handler_(std::move(h))
    {
        flow_.start(state);
    }

    void complete(error_code ec) override
    {
        std::unique_ptr<operation_of> self(this);
        *diagnostics_ = std::move(state.diagnostics);
        Handler handler = std::move(handler_);
        if constexpr (std::is_void_v<T>)
        {
            self.reset();  // release our memory before the upcall
            std::move(handler)(ec);
        }
        else
        {
            T value = ec ? T() : flow_.take();
            self.reset();
            std::move(handler)(ec, std::move(value));
        }
    }

private:
    diagnostics_target diagnostics_;  // outlives the flow, which may refer to its owner
    flow<T> flow_;
    Handler handler_;
};

// The executor to run steps on: the handler's, unless it cannot be erased (standalone Asio 1.22's
// use_future), in which case the stream's will do.
template <class Handler>
asio::any_io_executor step_executor(Handler const& h, asio::any_io_executor stream_executor)
{
    auto ex = asio::get_associated_executor(h, stream_executor);
    if constexpr (std::is_convertible_v<decltype(ex), asio::any_io_executor>)
        return ex;
    else
        return stream_executor;
}

template <class T>
struct completion
{
    using signature = void(error_code, T);
};
template <>
struct completion<void>
{
    using signature = void(error_code);
};

// The only asynchronous operation of the library.
template <class T, class CompletionToken>
auto async_run(driver& d, flow<T> f, diagnostics_target diagnostics, CompletionToken&& token)
{
    auto initiate = [&d, diagnostics = std::move(diagnostics)](auto handler, flow<T> fl) {
        auto ex = step_executor(handler, d.get_executor());
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto op = std::make_unique<operation_of<T, decltype(handler)>>(std::move(fl), diagnostics, std::move(handler));
        op->executor = asio::prefer(ex, asio::execution::outstanding_work.tracked);
        op->slot = slot;
        d.start(std::move(op));
    };
    return asio::async_initiate<CompletionToken, typename completion<T>::signature>(std::move(initiate), token,
                                                                                    std::move(f));
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/drive.ipp>
#endif

#endif
