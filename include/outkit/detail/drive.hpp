#ifndef OUTKIT_DETAIL_DRIVE_HPP
#define OUTKIT_DETAIL_DRIVE_HPP

#include <outkit/detail/asio.hpp>
#include <outkit/detail/channel.hpp>
#include <outkit/proxy.hpp>

#include <memory>
#include <vector>

namespace outkit::inline OUTKIT_ABI::detail {

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

// Runs one flow after another. Asynchronously it only ever waits, for readiness or a time; bytes move in
// calls that do not block. So a wait can be given up at any moment and nothing is lost: whatever still
// calls back finds that its turn is over. What there is below a connection, the two classes derived know.
class driver : public std::enable_shared_from_this<driver>, event::waiter, alarm
{
public:
    OUTKIT_DECL driver(asio::any_io_executor ex, tls_context tls, environment& world);
    OUTKIT_INLINE virtual ~driver();

    OUTKIT_DECL void start(std::unique_ptr<operation> op);
    OUTKIT_DECL void close();
    OUTKIT_DECL void cancel();
    // Ends the operation before it returns: its flow is destroyed and its handler called. For an owner who tears down
    // what the flow refers to, on the operation's executor; called by that flow itself it is a cancel().
    OUTKIT_DECL void abort();

    asio::any_io_executor get_executor() { return timer_.get_executor(); }
    channel const& connection() const { return channel_; }
    environment& world() { return world_; }
    void use_proxies(proxy_settings p) { proxies_ = std::move(p); }  // from the next operation on

protected:
    struct step;

    // Connects as the current request says, and calls connected().
    virtual void open(io_request const& rq) = 0;
    // Goes on to another address, if there is one, when one has taken too long.
    virtual bool open_another() { return false; }
    // Calls next(&driver::retry) when the connection may be ready.
    virtual void wait_until(need what) = 0;
    virtual void stop_waiting_below() = 0;
    virtual void close_below() = 0;

    OUTKIT_DECL step next(void (driver::*then)(error_code));
    OUTKIT_DECL void limit(time_point deadline);
    OUTKIT_DECL void give_up_waits();
    bool suspended() const { return suspended_; }
    void use(std::unique_ptr<transport> bottom) { channel_ = channel(std::move(bottom)); }
    asio::any_io_executor const& step_executor_now() const { return op_->executor; }
    std::uint64_t turn() const { return turn_; }
    io_request const& request() const { return op_->state.request; }

    OUTKIT_DECL void retry(error_code ec);
    OUTKIT_DECL void connected(error_code ec);

private:
    OUTKIT_DECL io_request const& resume_flow(io_result r);
    OUTKIT_DECL void drop_alarm();
    OUTKIT_DECL void advance(io_result r);
    OUTKIT_DECL bool attempt(io_result& r);
    OUTKIT_DECL void suspend(need what);
    OUTKIT_DECL void finish(error_code ec, bool intact = false);
    OUTKIT_DECL void deliver(error_code ec);
    OUTKIT_INLINE void wake() override;
    OUTKIT_INLINE void ring() override;

    OUTKIT_DECL void timed_out(error_code ec);
    OUTKIT_DECL void event_happened(error_code ec);
    OUTKIT_DECL void cancelled(error_code ec);

    environment& world_;
    tls_context tls_;
    proxy_settings proxies_;
    asio::steady_timer timer_;
    channel channel_;
    std::unique_ptr<operation> op_;
    std::uint64_t turn_ = 0;
    bool suspended_ = false;
    bool resuming_ = false;   // the flow runs
    bool alarm_set_ = false;  // at the world's clock
};

// The handler of every wait.
struct driver::step
{
    std::shared_ptr<driver> self;
    void (driver::*then)(error_code);
    std::uint64_t turn;
    asio::any_io_executor executor;

    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor; }

    void operator()(error_code ec = {})
    {
        if (turn == self->turn_)
            (*self.*then)(ec);
    }
};

// Over TCP. Tries the addresses of a name in turn, both families, each with its share of the time that is left.
OUTKIT_DECL std::shared_ptr<driver> make_socket_driver(asio::any_io_executor ex, tls_context tls, environment& world);
// On a connection that a server has accepted.
OUTKIT_DECL std::shared_ptr<driver> make_socket_driver(asio::ip::tcp::socket accepted, tls_context tls,
                                                       environment& world);

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
