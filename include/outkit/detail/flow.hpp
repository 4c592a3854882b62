#ifndef OUTKIT_DETAIL_FLOW_HPP
#define OUTKIT_DETAIL_FLOW_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/detail/event.hpp>
#include <outkit/error.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// A flow is a conversation written as a C++20 coroutine that does no I/O. It suspends with an
// io_request; whoever drives it (a socket, a script, a simulator) does what it asks and resumes it.

namespace outkit::inline OUTKIT_ABI {
class proxy_settings;
}

namespace outkit::inline OUTKIT_ABI::detail {

struct io_request
{
    enum class kind
    {
        none,           // the flow has finished, or failed
        connect,        // to host and port; replaces the connection there was
        tls_handshake,  // as a client, verify the certificate against host; sessions are kept by host and port
        nest,           // what follows, another TLS included, is said inside the TLS there is
        read,           // append up to max bytes to *input; nothing appended means end of file
        write,          // some of output
        close,          // says close_notify under TLS; never fails
        wait            // until input can be read, the event happens or it is time, whichever comes first
    };

    kind what = kind::none;
    std::string_view host = {};
    std::uint16_t port = 0;
    std::string* input = nullptr;
    std::size_t max = 0;
    std::string_view output = {};
    bool for_input = false;         // wait
    event::watch* watch = nullptr;  // wait
    time_point deadline = never;    // wait: when to return; else when to fail with error::timeout
};

// Why a wait ended.
enum class wake
{
    input,
    event,
    time
};

struct io_result
{
    error_code ec = {};
    std::size_t n = 0;  // bytes moved by read and write
    wake why = wake::input;
    std::string diagnostics = {};
};

struct attempt_base;

// State shared by a root flow and all the flows it awaits.
struct flow_state
{
    environment* world = nullptr;
    proxy_settings const* proxies = nullptr;  // on the way to servers
    std::coroutine_handle<> innermost = {};   // resume this one next
    io_request request = {};
    io_result result = {};              // of the last request
    error_code ec = {};                 // the failure that ended the flow
    std::string diagnostics = {};       // what the peer said about it
    bool intact = false;                // the failure was a refusal: the connection can go on
    attempt_base* attempted = nullptr;  // the innermost attempt, where a failure stops
};

struct flow_promise_base
{
    flow_state* state = nullptr;
    std::coroutine_handle<> awaiting;  // the flow that awaits this one, if any

    std::suspend_always initial_suspend() const noexcept { return {}; }

    // Hand control back to whoever awaits us. We go through the driver's loop rather than
    // by symmetric transfer, which only runs in constant stack space when optimizing.
    struct return_to_awaiting
    {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> self) const noexcept
        {
            self.promise().state->innermost = self.promise().awaiting;
        }
        void await_resume() const noexcept {}
    };
    return_to_awaiting final_suspend() const noexcept { return {}; }

    [[noreturn]] void unhandled_exception() const { throw; }  // leaves through resume()
};

template <class T>
struct flow_promise : flow_promise_base
{
    std::optional<T> value;
    void return_value(T v) { value.emplace(std::move(v)); }
    T take() { return std::move(*value); }
};

template <>
struct flow_promise<void> : flow_promise_base
{
    void return_void() const noexcept {}
    void take() const noexcept {}
};

template <class T = void>
class [[nodiscard]] flow
{
public:
    struct promise_type : flow_promise<T>
    {
        flow get_return_object() { return flow(handle::from_promise(*this)); }
    };

    flow(flow&& other) noexcept : coro_(std::exchange(other.coro_, {})) {}
    flow& operator=(flow&& other) noexcept
    {
        std::swap(coro_, other.coro_);
        return *this;
    }
    ~flow()
    {
        if (coro_)
            coro_.destroy();
    }

    // Awaiting a flow from another flow runs it to completion. If it fails, so does the
    // awaiting flow: control never comes back, and both frames are destroyed.
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) noexcept
    {
        coro_.promise().awaiting = awaiting;
        start(*awaiting.promise().state);
    }
    T await_resume() { return coro_.promise().take(); }

    // For drivers.
    void start(flow_state& state) noexcept
    {
        coro_.promise().state = &state;
        state.innermost = coro_;
    }
    T take() { return coro_.promise().take(); }

private:
    using handle = std::coroutine_handle<promise_type>;
    explicit flow(handle coro) noexcept : coro_(coro) {}
    handle coro_;
};

// Ends the flow with an error. Nothing after `co_await fail(...)` runs.
struct fail
{
    error_code ec;
    std::string diagnostics;

    explicit fail(error_code e, std::string d = {}) : ec(e), diagnostics(std::move(d)) {}

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept
    {
        self.promise().state->ec = ec;
        self.promise().state->diagnostics = std::move(diagnostics);
    }
    [[noreturn]] void await_resume() const noexcept { std::terminate(); }
};

// Ends the flow with an error that concerns this request only: the peer said no, in full, and the connection is as good
// as before. Nothing of a reply may be left unread.
struct refuse : fail
{
    using fail::fail;

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept
    {
        self.promise().state->intact = true;
        fail::await_suspend(self);
    }
};

// `auto r = co_await attempt(f())` runs a flow whose failure is not ours: r.ec says how it ended.
// For the few places that go on afterwards (reconnect, retry). Cancellation is never caught.
template <class T>
struct outcome
{
    error_code ec;
    std::string diagnostics;
    std::optional<T> value;
};
template <>
struct outcome<void>
{
    error_code ec;
    std::string diagnostics;
};

struct attempt_base
{
    std::coroutine_handle<> awaiting;
    attempt_base* outer = nullptr;
    error_code ec;
    std::string diagnostics;
};

template <class T>
class attempt : attempt_base
{
public:
    explicit attempt(flow<T> f) : inner_(std::move(f)) {}
    attempt(attempt const&) = delete;

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept
    {
        state_ = self.promise().state;
        awaiting = self;
        outer = state_->attempted;
        state_->attempted = this;
        inner_->await_suspend(self);
    }
    outcome<T> await_resume()
    {
        state_->attempted = outer;
        outcome<T> result;
        result.ec = ec;
        result.diagnostics = std::move(diagnostics);
        if constexpr (!std::is_void_v<T>)
            if (!ec)
                result.value = inner_->take();
        inner_.reset();
        return result;
    }

private:
    std::optional<flow<T>> inner_;
    flow_state* state_ = nullptr;
};

// Resumes the flow with the outcome of its last request and returns the next one. An error
// ends the flow, or the attempt it is in. Loops; flows never resume each other.
inline io_request const& resume(flow_state& s, io_result r = {})
{
    s.request = {};
    s.ec = r.ec;
    s.intact = false;
    s.diagnostics = std::move(r.diagnostics);
    s.result = std::move(r);
    for (;;)
    {
        if (s.ec && s.attempted)
        {
            s.attempted->ec = std::exchange(s.ec, {});
            s.intact = false;
            s.attempted->diagnostics = std::move(s.diagnostics);
            s.innermost = s.attempted->awaiting;
        }
        if (s.ec || s.request.what != io_request::kind::none || !s.innermost)
            return s.request;
        s.innermost.resume();
    }
}

// Awaitables a flow uses to talk to its driver.
struct io_awaitable
{
    io_request request;
    flow_state* state = nullptr;

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept
    {
        state = self.promise().state;
        state->innermost = self;
        state->request = request;
    }
    std::size_t await_resume() const noexcept { return state->result.n; }
};
struct wait_awaitable : io_awaitable
{
    wake await_resume() const noexcept { return state->result.why; }
};

inline io_awaitable open_connection(std::string_view host, std::uint16_t port, time_point deadline)
{
    return {{.what = io_request::kind::connect, .host = host, .port = port, .deadline = deadline}};
}
inline io_awaitable tls_handshake(std::string_view host, std::uint16_t port, time_point deadline)
{
    return {{.what = io_request::kind::tls_handshake, .host = host, .port = port, .deadline = deadline}};
}
inline io_awaitable nest_connection() { return {{.what = io_request::kind::nest}}; }
inline io_awaitable read_some(std::string& into, std::size_t max, time_point deadline)
{
    return {{.what = io_request::kind::read, .input = &into, .max = max, .deadline = deadline}};
}
inline io_awaitable write_some(std::string_view from, time_point deadline)
{
    return {{.what = io_request::kind::write, .output = from, .deadline = deadline}};
}
inline io_awaitable close_connection() { return {{.what = io_request::kind::close}}; }

inline wait_awaitable wait_for_input(event::watch* or_event, time_point until)
{
    return {{{.what = io_request::kind::wait, .for_input = true, .watch = or_event, .deadline = until}}};
}
inline wait_awaitable wait_for(event::watch& w, time_point until)
{
    return {{{.what = io_request::kind::wait, .watch = &w, .deadline = until}}};
}
inline wait_awaitable sleep_until(time_point t) { return {{{.what = io_request::kind::wait, .deadline = t}}}; }

// `environment& world = co_await this_environment();` does not suspend.
struct this_environment
{
    environment* world = nullptr;

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept
    {
        world = self.promise().state->world;
        return false;
    }
    environment& await_resume() const noexcept { return *world; }
};

// The same for the proxies; null: there are none.
struct these_proxies
{
    proxy_settings const* proxies = nullptr;

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept
    {
        proxies = self.promise().state->proxies;
        return false;
    }
    proxy_settings const* await_resume() const noexcept { return proxies; }
};

template <class = void>  // g++ would emit an inline coroutine, used or not
flow<> sleep_for(std::chrono::nanoseconds d)
{
    environment& world = co_await this_environment();
    co_await sleep_until(world.now() + d);
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
