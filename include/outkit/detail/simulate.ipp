#ifndef OUTKIT_DETAIL_SIMULATE_IPP
#define OUTKIT_DETAIL_SIMULATE_IPP

#include <outkit/detail/simulate.hpp>

#include <algorithm>
#include <cmath>

namespace outkit::inline OUTKIT_ABI::detail {

struct simulator::direction
{
    std::string arrived;
    std::size_t in_flight = 0;
    time_point last_arrival{};  // bytes do not overtake each other
    bool ended = false;         // nothing more will arrive
};

// A connection. Way 0 goes from the one who connected to the one who accepted.
struct simulator::link : std::enable_shared_from_this<link>
{
    static constexpr std::size_t window = 64 * 1024;

    simulator& sim;
    direction way[2];
    task* at[2] = {};
    bool closed[2] = {};
    bool broken = false;
    std::size_t carried = 0;

    explicit link(simulator& s) : sim(s) {}

    void stir()
    {
        for (task* t : at)
            if (t)
                t->retry();
    }
    void later(int way_index, std::function<void()> f)
    {
        time_point& last = way[way_index].last_arrival;
        last = std::max(last, sim.now() + sim.latency());
        sim.after(last - sim.now(), [self = shared_from_this(), f = std::move(f)] {
            f();
            self->stir();
        });
    }
    void cut()
    {
        broken = true;
        sim.after({}, [self = shared_from_this()] { self->stir(); });
    }
};

class simulator::link_end final : public transport
{
public:
    link_end(std::shared_ptr<link> l, int side, task& t) : link_(std::move(l)), side_(side) { link_->at[side] = &t; }
    ~link_end() override
    {
        link_->at[side_] = nullptr;
        link_->closed[side_] = true;
        auto& d = link_->way[side_];
        link_->later(side_, [&d] { d.ended = true; });
    }

    need read_some(std::span<char> into, std::size_t& n, error_code& ec) override
    {
        n = 0;
        ec = {};
        direction& d = link_->way[1 - side_];
        if (link_->broken)
            ec = os_error(ECONNRESET);
        else if (d.arrived.empty())
            return d.ended ? need::nothing : need::readable;
        else
        {
            n = std::min(into.size(), d.arrived.size());
            if (n > link_->sim.sky.largest_piece)
                n = 1 + link_->sim.below(link_->sim.sky.largest_piece);
            d.arrived.copy(into.data(), n);
            bool const was_full = d.arrived.size() + d.in_flight >= link::window;
            d.arrived.erase(0, n);
            if (was_full)
                link_->sim.after({}, [l = link_] { l->stir(); });
        }
        return need::nothing;
    }
    need write_some(std::string_view from, std::size_t& n, error_code& ec) override
    {
        n = 0;
        ec = {};
        direction& d = link_->way[side_];
        if (link_->broken)
        {
            ec = os_error(ECONNRESET);
            return need::nothing;
        }
        if (link_->closed[1 - side_])  // as in life: accepted, and answered by a reset
        {
            n = from.size();
            link_->cut();
            return need::nothing;
        }
        std::size_t const room = link::window - std::min(link::window, d.arrived.size() + d.in_flight);
        if (room == 0)
            return need::writable;
        n = std::min({from.size(), room, link_->sim.sky.largest_piece});
        std::size_t const left = link_->sim.sky.cut_after - link_->carried;
        bool const cut = n >= left;
        std::size_t const carried = cut ? left : n;
        link_->carried += carried;
        d.in_flight += carried;
        link_->later(side_, [&d, bytes = std::string(from.substr(0, carried))] {
            d.in_flight -= bytes.size();
            d.arrived += bytes;
        });
        if (cut && link_->sim.sky.cut_resets)
            link_->cut();
        else if (cut)  // what else is written is lost
            for (int i : {0, 1})
                link_->later(i, [l = link_.get(), i] { l->way[i].ended = true; });
        return need::nothing;
    }
    need input(error_code& ec) override
    {
        ec = link_->broken ? os_error(ECONNRESET) : error_code();
        direction const& d = link_->way[1 - side_];
        return ec || d.ended || !d.arrived.empty() ? need::nothing : need::readable;
    }

private:
    std::shared_ptr<link> link_;
    int side_;
};

OUTKIT_INLINE simulator::~simulator()
{
    // What is destroyed may put something on the agenda: a connection that ends tells its other end.
    auto const forget = [this] {
        while (!agenda_.empty())
            std::exchange(agenda_, {}).clear();
    };
    forget();
    for (auto const& t : tasks_)
        t->cancel();
    forget();
}

OUTKIT_INLINE void simulator::listen(std::string host, std::uint16_t port, service s, tls_context tls)
{
    listeners_[host + ':' + std::to_string(port)] = {std::move(s), std::move(tls)};
}

OUTKIT_INLINE std::chrono::nanoseconds simulator::latency()
{
    auto const spread = (sky.most_latency - sky.least_latency).count();
    return sky.least_latency + std::chrono::microseconds(below(static_cast<std::uint64_t>(spread)));
}

OUTKIT_INLINE std::shared_ptr<simulator::link> simulator::make_link()
{
    auto l = std::make_shared<link>(*this);
    if (sky.reset_every.count() != 0)
    {
        double const u = (static_cast<double>(below(1'000'000)) + 1) / 1'000'001;
        after(std::chrono::seconds(static_cast<long>(-std::log(u) * static_cast<double>(sky.reset_every.count()))),
              [weak = std::weak_ptr(l)] {
                  if (auto const alive = weak.lock())
                      alive->cut();
              });
    }
    return l;
}

OUTKIT_INLINE simulator::task& simulator::add(std::shared_ptr<task> t)
{
    std::erase_if(tasks_, [](auto const& old) { return old->ended; });
    task& added = *tasks_.emplace_back(std::move(t));
    added.state.world = this;
    added.state.proxies = &proxies;
    added.soon({}, &task::begin);
    return added;
}

OUTKIT_INLINE void simulator::join_last_two()
{
    auto const l = make_link();
    for (int side : {0, 1})
    {
        task& t = **(tasks_.end() - 2 + side);
        t.connection = channel(std::make_unique<link_end>(l, side, t));
    }
}

OUTKIT_INLINE void simulator::after(std::chrono::nanoseconds d, std::function<void()> f)
{
    agenda_.emplace(std::pair(now_ + d, sequence_++), std::move(f));
}

OUTKIT_INLINE void simulator::run(time_point until)
{
    while (!agenda_.empty() && agenda_.begin()->first.first <= until)
    {
        auto next = agenda_.extract(agenda_.begin());
        now_ = next.key().first;
        next.mapped()();
    }
    if (until != never)
        now_ = until;
}

OUTKIT_INLINE std::size_t simulator::unfinished() const
{
    return static_cast<std::size_t>(
        std::count_if(tasks_.begin(), tasks_.end(), [](auto const& t) { return !t->ended; }));
}

// Calls `then` after a while, unless something else has happened to the task before.
OUTKIT_INLINE void simulator::task::soon(std::chrono::nanoseconds d, void (task::*then)())
{
    sim.after(d, [self = shared_from_this(), turn_then = turn, then] {
        if (self->turn == turn_then && !self->ended)
            (*self.*then)();
    });
}

OUTKIT_INLINE void simulator::task::begin() { advance({}); }

OUTKIT_INLINE void simulator::task::advance(io_result r)
{
    ++turn;
    stop_waiting();
    for (;;)
    {
        auto const what = resume(state, std::move(r)).what;
        r = {};
        if (what == io_request::kind::none)
            return finish();
        ++steps;
        if (sim.fate)
        {
            r.ec = sim.fate(*this);
            if (ended)
                return;
            if (r.ec)
                continue;
        }
        if (what == io_request::kind::connect)
        {
            connection = {};
            soon(sim.latency(), &task::connect);
            return limit();
        }
        if (!attempt(r))
            return;
    }
}

OUTKIT_INLINE bool simulator::task::attempt(io_result& r)
{
    io_request& rq = state.request;
    if (rq.watch && rq.watch->pending())
    {
        soon({}, &task::notified);
        return false;
    }
    if (connection.attempt(rq, r, tls) == need::nothing)
    {
        log(r);
        return true;
    }
    if (rq.watch)
        wait_for(*rq.watch);
    limit();
    return false;
}

// Arranges for the deadline of the current request.
OUTKIT_INLINE void simulator::task::limit()
{
    if (state.request.deadline != never)
        soon(std::max(state.request.deadline - sim.now(), time_point::duration::zero()), &task::timed_out);
}

OUTKIT_INLINE void simulator::task::retry()
{
    io_request const& rq = state.request;
    using kind = io_request::kind;
    if (ended || rq.what == kind::none || rq.what == kind::connect || (rq.what == kind::wait && !rq.for_input))
        return;
    if (rq.watch && rq.watch->pending())
        return;  // about to be notified
    io_result r;
    if (connection.attempt(rq, r, tls) == need::nothing)
    {
        log(r);
        advance(std::move(r));
    }
}

OUTKIT_INLINE void simulator::task::timed_out()
{
    io_result r;
    r.why = detail::wake::time;
    if (state.request.what != io_request::kind::wait)
    {
        r.ec = error::timeout;
        connection = {};
    }
    log(r);
    advance(std::move(r));
}

OUTKIT_INLINE void simulator::task::wake()
{
    ++turn;
    soon({}, &task::notified);
}

OUTKIT_INLINE void simulator::task::notified()
{
    io_result r;
    r.why = detail::wake::event;
    state.request.watch->take();
    log(r);
    advance(std::move(r));
}

OUTKIT_INLINE void simulator::task::connect()
{
    io_result r;
    std::string const peer = std::string(state.request.host) + ':' + std::to_string(state.request.port);
    auto const found = sim.listeners_.find(peer);
    if (found == sim.listeners_.end() || sim.below(1000) < sim.sky.refused_per_mille)
        r.ec = os_error(ECONNREFUSED);
    else
    {
        struct served final : task
        {
            served(simulator& s, std::string n, listener const& l) : task(s, std::move(n), l.tls), coro(l.serve(w))
            {
                coro->start(state);
            }
            void finished() override { coro.reset(); }
            wire w;
            std::optional<flow<>> coro;
        };
        auto const l = sim.make_link();
        auto server = std::make_shared<served>(sim, peer + '#' + std::to_string(++sim.served_), found->second);
        connection = channel(std::make_unique<link_end>(l, 0, *this));
        server->connection = channel(std::make_unique<link_end>(l, 1, *server));
        sim.add(std::move(server));
    }
    log(r);
    advance(std::move(r));
}

OUTKIT_INLINE void simulator::task::start_again() { sim.add(shared_from_this()); }

OUTKIT_INLINE void simulator::task::cancel()
{
    if (ended)
        return;
    state.ec = os_error(ECANCELED);
    finish();
}

OUTKIT_INLINE void simulator::task::finish()
{
    ended = true;
    stop_waiting();
    auto const keep = shared_from_this();
    if (!keeps_connection())
        connection = {};
    finished();
}

OUTKIT_INLINE void simulated_stream::client_task::drop() { connection = {}; }

OUTKIT_INLINE void simulated_stream::client_task::refuse(std::function<void()> f) { sim.after({}, std::move(f)); }

OUTKIT_INLINE void simulated_stream::client_task::begin_with(std::function<void(flow_state&)> begin,
                                                             std::function<void(flow_state&)> done)
{
    state = {};
    ended = false;
    done_ = std::move(done);
    begin(state);
    start_again();
}

// The flow's frames go before its handler is called, which may start the next one.
OUTKIT_INLINE void simulated_stream::client_task::finished()
{
    auto const done = std::exchange(done_, nullptr);
    flow_state last = std::move(state);
    done(last);
}

OUTKIT_INLINE void simulator::task::log(io_result const& r)
{
    if (!sim.keep_transcript)
        return;
    static constexpr const char* names[] = {"none", "connect", "tls", "nest", "read", "write", "close", "wait"};
    io_request const& rq = state.request;
    auto const us = std::chrono::duration_cast<std::chrono::microseconds>(sim.now_.time_since_epoch()).count();
    sim.transcript += std::to_string(us) + ' ' + name + ' ' + names[static_cast<int>(rq.what)] + ' ' +
                      std::to_string(r.n) + ' ' + std::to_string(static_cast<int>(r.why)) + ' ' +
                      std::to_string(r.ec.value());
    if (rq.what == io_request::kind::write)
        sim.transcript.append(" ").append(rq.output.substr(0, std::min<std::size_t>(r.n, 40)));
    sim.transcript += '\n';
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
