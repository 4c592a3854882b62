#ifndef OUTKIT_DETAIL_SIMULATE_HPP
#define OUTKIT_DETAIL_SIMULATE_HPP

#include <outkit/detail/channel.hpp>
#include <outkit/detail/wire.hpp>
#include <outkit/proxy.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

// Drivers for tests. `play` runs one flow against a script; `meet` joins two flows; the simulator runs
// many, with connections that are slow, fragmented and cut, in virtual time. Same seed, same run.

namespace outkit::inline OUTKIT_ABI::detail {

// How the simulated network behaves.
struct weather
{
    std::chrono::microseconds least_latency{0}, most_latency{0};
    std::size_t largest_piece = 1 << 16;      // no read or write moves more
    std::chrono::seconds reset_every{0};      // mean life of a connection; 0: for ever
    unsigned refused_per_mille = 0;           // of attempts to connect
    std::size_t cut_after = std::size_t(-1);  // bytes, both ways together, that a connection carries
    bool cut_resets = false;                  // and then: end of file at both ends, or a reset
};

class simulator : public environment
{
public:
    class task;

    explicit simulator(std::uint64_t seed = 0, weather w = {}) : sky(w), dice_(seed) {}
    ~simulator();

    weather sky;
    proxy_settings proxies;  // on the way of all who connect
    bool keep_transcript = false;
    std::string transcript;  // one line per request, when kept
    // Called before each request is carried out; an error returned is the request's fate.
    std::function<error_code(task&)> fate;

    // Whoever connects to host:port is served by a flow of its own.
    using service = std::function<flow<>(wire&)>;
    void listen(std::string host, std::uint16_t port, service s, tls_context tls = {});

    template <class T>
    struct result
    {
        bool done = false;
        error_code ec = {};
        std::string diagnostics = {};
        std::optional<T> value = {};
    };
    // Starts a flow; its first step is taken by run().
    template <class T>
    std::shared_ptr<result<T>> start(std::string name, flow<T> f, tls_context tls = {});
    // Joins the last two tasks started by a connection.
    void join_last_two();

    // Runs until nothing is left to do, or it is `until`. Flows still waiting then stay.
    void run(time_point until = never);
    void after(std::chrono::nanoseconds d, std::function<void()> f);
    std::size_t unfinished() const;

    time_point now() const override { return now_; }
    wall_time date() const override
    {
        return wall_time(std::chrono::duration_cast<wall_time::duration>(now_.time_since_epoch()));
    }
    void random(std::span<unsigned char> fill) override
    {
        for (auto& byte : fill)
            byte = static_cast<unsigned char>(dice_());
    }

private:
    struct link;
    class link_end;
    struct direction;

    std::uint64_t below(std::uint64_t n) { return n ? dice_() % n : 0; }
    std::chrono::nanoseconds latency();
    std::shared_ptr<link> make_link();
    task& add(std::shared_ptr<task> t);

    struct listener
    {
        service serve;
        tls_context tls;
    };
    std::map<std::string, listener> listeners_;
    std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> agenda_;
    std::vector<std::shared_ptr<task>> tasks_;
    time_point now_ = time_point(std::chrono::hours(24 * 365 * 56));
    std::uint64_t sequence_ = 0, served_ = 0;
    std::mt19937_64 dice_;
};

template <>
struct simulator::result<void>
{
    bool done = false;
    error_code ec = {};
    std::string diagnostics = {};
};

// A flow in the simulation: the same loop as the socket driver's, with other waits.
class simulator::task : public std::enable_shared_from_this<task>, event::waiter
{
public:
    task(simulator& s, std::string n, tls_context c) : name(std::move(n)), sim(s), tls(std::move(c)) {}
    virtual ~task() = default;

    void cancel();
    std::string name;
    std::size_t steps = 0;  // requests so far
    io_request const& request() const { return state.request; }

protected:
    void start_again();
    virtual void finished() = 0;
    virtual bool keeps_connection() const { return false; }
    flow_state state;
    bool ended = false;

private:
    friend class simulator;
    friend class simulated_stream;
    void advance(io_result r);
    bool attempt(io_result& r);
    void soon(std::chrono::nanoseconds d, void (task::*then)());
    void limit();
    void begin();
    void retry();
    void timed_out();
    void notified();
    void connect();
    void finish();
    OUTKIT_INLINE void wake() override;
    void log(io_result const& r);

    simulator& sim;
    tls_context tls;
    channel connection;
    std::uint64_t turn = 0;
};

template <class T>
std::shared_ptr<simulator::result<T>> simulator::start(std::string name, flow<T> f, tls_context tls)
{
    struct task_of final : task
    {
        task_of(simulator& s, std::string n, tls_context c, flow<T> fl)
            : task(s, std::move(n), std::move(c)), coro(std::move(fl))
        {
            coro->start(state);
        }
        void finished() override
        {
            out->ec = state.ec;
            out->diagnostics = state.diagnostics;
            if constexpr (!std::is_void_v<T>)
                if (!state.ec)
                    out->value = coro->take();
            out->done = true;
            coro.reset();
        }
        std::optional<flow<T>> coro;
        std::shared_ptr<result<T>> out = std::make_shared<result<T>>();
    };
    auto t = std::make_shared<task_of>(*this, std::move(name), std::move(tls), std::move(f));
    auto out = t->out;
    add(std::move(t));
    return out;
}
// The simulator's end of a client: runs one flow after another on one connection, as outkit::stream does. There is
// no Asio here, so the completion token is a handler.
class simulated_stream
{
public:
    simulated_stream(simulator& s, std::string name, tls_context tls = {})
        : task_(std::make_shared<client_task>(s, std::move(name), std::move(tls)))
    {
    }
    simulated_stream(simulated_stream&&) = default;
    ~simulated_stream()
    {
        if (task_)
            cancel();
    }

    void cancel() { task_->cancel(); }
    void close() { task_->drop(); }

    simulated_stream another() { return simulated_stream(task_->sim, task_->name); }
    environment& world() { return task_->sim; }

    template <class T, class Handler>
    void start(flow<T> f, std::shared_ptr<std::string> diagnostics, Handler handler)
    {
        struct run_of
        {
            flow<T> coro;
            std::shared_ptr<std::string> diagnostics;
            Handler handler;
        };
        auto run = std::make_shared<run_of>(run_of{std::move(f), std::move(diagnostics), std::move(handler)});
        if (task_->busy())
            return task_->refuse([run] { complete<T>(*run, error::operation_in_progress); });
        task_->begin_with([run](flow_state& s) { run->coro.start(s); },
                          [run](flow_state& s) mutable {
                              auto const mine = std::move(run);
                              *mine->diagnostics = std::move(s.diagnostics);
                              complete<T>(*mine, s.ec);
                          });
    }

private:
    template <class T, class Run>
    static void complete(Run& r, error_code ec)
    {
        if constexpr (std::is_void_v<T>)
            r.handler(ec);
        else if (ec)
            r.handler(ec, T());
        else
            r.handler(ec, r.coro.take());
    }

    class client_task final : public simulator::task
    {
    public:
        client_task(simulator& s, std::string n, tls_context c) : task(s, std::move(n), std::move(c)) { ended = true; }
        bool busy() const { return !ended; }
        void drop();
        void refuse(std::function<void()> f);
        void begin_with(std::function<void(flow_state&)> begin, std::function<void(flow_state&)> done);

    private:
        OUTKIT_INLINE void finished() override;
        bool keeps_connection() const override { return !state.ec || state.intact; }
        std::function<void(flow_state&)> done_;
    };
    std::shared_ptr<client_task> task_;
};

template <class T, class Handler>
void async_run(simulated_stream& s, flow<T> f, std::shared_ptr<std::string> diagnostics, Handler handler)
{
    s.start(std::move(f), std::move(diagnostics), std::move(handler));
}
template <class T, class Handler>
void async_run(simulated_stream& s, flow<T> f, std::string& diagnostics, Handler handler)
{
    s.start(std::move(f), std::shared_ptr<std::string>(std::shared_ptr<void>(), &diagnostics), std::move(handler));
}

// A client flow and a server flow over one connection.
template <class C, class S>
std::pair<simulator::result<C>, simulator::result<S>> meet(flow<C> client, flow<S> server, weather w = {},
                                                           tls_context client_tls = {}, tls_context server_tls = {},
                                                           std::function<error_code(simulator::task&)> fate = {})
{
    simulator sim(1, w);
    sim.fate = std::move(fate);
    auto const c = sim.start("client", std::move(client), std::move(client_tls));
    auto const s = sim.start("server", std::move(server), std::move(server_tls));
    sim.join_last_two();
    sim.run();
    return {std::move(*c), std::move(*s)};
}

// What a script made of a flow.
template <class T>
struct played : simulator::result<T>
{
    std::string written;
    std::vector<std::string> connected;  // host:port, also "tls host" and "close"
    std::size_t steps = 0;
    std::chrono::nanoseconds slept{0};
};

// Feeds the scripts to the flow, `piece` bytes at a time: the first to the connection it starts with,
// the next to the first it opens, and so on. At step `fail_at` (from 1) the request fails, or is cancelled.
struct how
{
    std::size_t piece = 4096;
    std::size_t split = std::size_t(-1);  // no read goes beyond this byte of its script
    error_code after = {};                // what a read behind the script fails with; none: end of file
    std::size_t fail_at = 0;
    bool cancel = false;
    proxy_settings proxies = {};
};

template <class T>
played<T> play(flow<T> f, std::vector<std::string> scripts, how h = {})
{
    simulator world;
    flow_state st;
    st.world = &world;
    st.proxies = &h.proxies;
    f.start(st);
    played<T> out;
    std::size_t current = 0, taken = 0;
    std::string_view script = scripts.empty() ? std::string_view() : scripts[0];
    bool connected = true;
    time_point const begin = world.now();
    std::chrono::nanoseconds offset{0};
    io_result r;
    for (;;)
    {
        io_request const& rq = resume(st, std::move(r));
        r = {};
        using kind = io_request::kind;
        if (rq.what == kind::none)
            break;
        if (++out.steps == h.fail_at)
        {
            if (h.cancel)
            {
                st.ec = os_error(ECANCELED);
                break;
            }
            r.ec = os_error(ECONNRESET);
            connected = false;
            continue;
        }
        switch (rq.what)
        {
        case kind::connect:
            out.connected.push_back(std::string(rq.host) + ':' + std::to_string(rq.port));
            connected = true;
            script = ++current < scripts.size() ? std::string_view(scripts[current]) : std::string_view();
            taken = 0;
            break;
        case kind::tls_handshake: out.connected.push_back("tls " + std::string(rq.host)); break;
        case kind::nest: out.connected.push_back("nest"); break;
        case kind::close:
            out.connected.push_back("close");
            connected = false;
            break;
        case kind::write:
            r.n = std::min(h.piece, rq.output.size());
            out.written.append(rq.output.data(), r.n);
            break;
        case kind::read:
            if (!connected)
                r.ec = error::not_connected;
            else
            {
                r.n = std::min({h.piece, rq.max, script.size()});
                if (taken < h.split)
                    r.n = std::min(r.n, h.split - taken);
                if (script.empty())
                    r.ec = h.after;
                rq.input->append(script.substr(0, r.n));
                script.remove_prefix(r.n);
                taken += r.n;
            }
            break;
        case kind::wait:
            if (rq.watch && rq.watch->pending())
            {
                rq.watch->take();
                r.why = wake::event;
            }
            else if (!rq.for_input || (script.empty() && rq.deadline != never))
            {
                r.why = wake::time;
                offset = rq.deadline - begin;
                world.run(rq.deadline);
            }
            break;
        default: break;
        }
    }
    out.slept = offset;
    out.ec = st.ec;
    out.diagnostics = st.diagnostics;
    out.done = true;
    if constexpr (!std::is_void_v<T>)
        if (!st.ec)
            out.value = f.take();
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/simulate.ipp>
#endif

#endif
