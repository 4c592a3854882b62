#ifndef OUTKIT_DETAIL_DRIVE_IPP
#define OUTKIT_DETAIL_DRIVE_IPP

#include <outkit/detail/drive.hpp>

#include <algorithm>
#include <utility>

namespace outkit::inline OUTKIT_ABI::detail {

OUTKIT_DEF driver::driver(asio::any_io_executor ex, tls_context tls, environment& world)
    : world_(world), tls_(std::move(tls)), timer_(std::move(ex))
{
}

OUTKIT_INLINE driver::~driver() { drop_alarm(); }

OUTKIT_DEF driver::step driver::next(void (driver::*then)(error_code))
{
    return {shared_from_this(), then, turn_, op_->executor};
}

OUTKIT_DEF void driver::close()
{
    channel_ = {};
    close_below();
}

OUTKIT_DEF void driver::start(std::unique_ptr<operation> op)
{
    if (op_)
    {
        auto const ex = op->executor;
        return asio::post(ex, [op = std::move(op)]() mutable { op.release()->complete(error::operation_in_progress); });
    }
    op_ = std::move(op);
    op_->state.world = &world_;
    op_->state.proxies = &proxies_;
    if (op_->slot.is_connected())
        op_->slot.assign([this](asio::cancellation_type) { cancel(); });
    advance({});
    if (op_)
        op_->initiating = false;
}

OUTKIT_DEF io_request const& driver::resume_flow(io_result r)
{
    struct mark
    {
        explicit mark(bool& m) : set(m) { set = true; }
        ~mark() { set = false; }
        bool& set;
    } const now(resuming_);
    try
    {
        return resume(op_->state, std::move(r));
    }
    catch (...)
    {
        // A caller's function has thrown, or there is no memory. There is no error code to call the handler with; whoever
        // runs the context gets the exception, and the stream can be used again.
        close();
        timer_.expires_at(time_point::min());
        if (op_->slot.is_connected())
            op_->slot.clear();
        op_.reset();
        throw;
    }
}

OUTKIT_DEF void driver::advance(io_result r)
{
    int budget = 64;  // requests; 4 KiB are as good as one more
    for (;; budget -= 1 + static_cast<int>(r.n / 4096))
    {
        io_request const& rq = resume_flow(std::move(r));
        if (rq.what == io_request::kind::none)
            return finish(op_->state.ec, op_->state.intact);
        if (rq.what == io_request::kind::connect)
        {
            close();
            limit(rq.deadline);
            return open(rq);
        }
        if (budget <= 0)  // others want a turn, too
            return asio::post(next(&driver::retry));
        if (!attempt(r))
            return;
    }
}

OUTKIT_DEF bool driver::attempt(io_result& r)
{
    io_request const& rq = op_->state.request;
    need const what = channel_.attempt(rq, r, tls_);
    if (what != need::nothing)
        suspend(what);
    else if (rq.what == io_request::kind::close)
        close();
    return what == need::nothing;
}

// Waits until the current request should be tried again, or is over.
OUTKIT_DEF void driver::suspend(need what)
{
    io_request const& rq = op_->state.request;
    if (rq.watch)
    {
        if (rq.watch->pending())
            return asio::post(next(&driver::event_happened));
        wait_for(*rq.watch);
    }
    limit(rq.deadline);
    suspended_ = true;
    if (rq.what != io_request::kind::wait || rq.for_input)
        wait_until(what);
}

OUTKIT_DEF void driver::limit(time_point deadline)
{
    if (deadline == never)
        return;
    alarm_set_ = world_.set_alarm(*this, deadline);
    if (alarm_set_)
        return;
    time_point const now = std::chrono::steady_clock::now();
    time_point const when = now + std::max(deadline - world_.now(), time_point::duration::zero());
    if (op_->state.request.what == io_request::kind::connect)
    {
        timer_.expires_at(when);
        timer_.async_wait(next(&driver::timed_out));
        return;
    }
    // Almost no request meets its deadline, and the next one's is later. So a timer that is set is left, and when it goes
    // off the deadline is looked at.
    if (timer_.expiry() > now && timer_.expiry() <= when)
        return;
    timer_.expires_at(when);
    timer_.async_wait(asio::bind_executor(op_->executor, [self = shared_from_this()](error_code ec) {
        if (ec || !self->suspended_)
            return;
        if (self->world_.now() >= self->request().deadline)
            self->timed_out({});
        else
            self->limit(self->request().deadline);
    }));
}

// Once its operation is over a driver leaves the world alone: it may live longer, in a handler that is still queued.
OUTKIT_DEF void driver::drop_alarm()
{
    if (std::exchange(alarm_set_, false))
        world_.drop_alarm(*this);
}

OUTKIT_DEF void driver::give_up_waits()
{
    ++turn_;
    suspended_ = false;
    stop_waiting();
    drop_alarm();
    if (op_->state.request.what == io_request::kind::connect)
        timer_.expires_at(time_point::min());  // not set
    stop_waiting_below();
}

OUTKIT_DEF void driver::retry(error_code ec)
{
    give_up_waits();
    io_result r;
    r.ec = ec;
    if (ec || attempt(r))
        advance(std::move(r));
}

OUTKIT_DEF void driver::timed_out(error_code)
{
    give_up_waits();
    if (op_->state.request.what == io_request::kind::connect && open_another())
        return;
    io_result r;
    r.why = detail::wake::time;
    if (op_->state.request.what != io_request::kind::wait)
        r.ec = error::timeout;
    if (r.ec)
        close();
    advance(std::move(r));
}

OUTKIT_INLINE void driver::ring()
{
    alarm_set_ = false;
    asio::post(next(&driver::timed_out));
}

OUTKIT_INLINE void driver::wake()
{
    give_up_waits();
    asio::post(next(&driver::event_happened));
}

OUTKIT_DEF void driver::event_happened(error_code)
{
    op_->state.request.watch->take();
    io_result r;
    r.why = detail::wake::event;
    advance(std::move(r));
}

OUTKIT_DEF void driver::cancel()
{
    if (!op_ || op_->ended)  // what has ended keeps its outcome
        return;
    give_up_waits();
    asio::post(next(&driver::cancelled));
}

OUTKIT_DEF void driver::abort()
{
    if (resuming_)
        return cancel();
    if (!op_)
        return;
    give_up_waits();
    if (!op_->ended)
    {
        op_->initiating = false;
        finish(asio::error::operation_aborted);
    }
    else
        deliver({});
}

OUTKIT_DEF void driver::cancelled(error_code)
{
    give_up_waits();  // a flow that had itself cancelled has gone on to its next wait
    finish(asio::error::operation_aborted);
}

// A failed or cancelled conversation was cut off in mid-sentence: its connection is of no use any more, unless the
// flow says that it only was refused something.
OUTKIT_DEF void driver::finish(error_code ec, bool intact)
{
    if (ec && !intact)
        close();
    timer_.expires_at(time_point::min());
    op_->state.ec = ec;
    op_->ended = true;
    if (op_->initiating)  // never complete inside the initiating function
        asio::post(next(&driver::deliver));
    else
        deliver({});
}

OUTKIT_DEF void driver::deliver(error_code)
{
    if (op_->slot.is_connected())
        op_->slot.clear();
    auto* const op = op_.release();
    op->complete(op->state.ec);
}

OUTKIT_DEF void driver::connected(error_code ec)
{
    give_up_waits();
    if (ec)
        close();
    io_result r;
    r.ec = ec;
    advance(std::move(r));
}

OUTKIT_DECL class socket_transport final : public transport
{
public:
    explicit socket_transport(asio::ip::tcp::socket& s) : socket_(s) {}

    need read_some(std::span<char> into, std::size_t& n, error_code& ec) override
    {
        n = 0;
        ec = {};
        if (std::exchange(spoken_, false))  // the answer takes its time: to ask for it now would be in vain
            return need::readable;
        n = socket_.read_some(asio::buffer(into.data(), into.size()), ec);
        return result(ec, need::readable);
    }
    need write_some(std::string_view from, std::size_t& n, error_code& ec) override
    {
        n = socket_.write_some(asio::buffer(from.data(), from.size()), ec);
        spoken_ = true;
        return result(ec, need::writable);
    }
    need input(error_code& ec) override
    {
        char byte;
        socket_.receive(asio::buffer(&byte, 1), asio::ip::tcp::socket::message_peek, ec);
        return result(ec, need::readable);
    }

private:
    static need result(error_code& ec, need otherwise)
    {
        bool const blocked = ec == asio::error::would_block || ec == asio::error::try_again;
        if (blocked || ec == asio::error::eof)
            ec = {};
        return blocked ? otherwise : need::nothing;
    }
    asio::ip::tcp::socket& socket_;
    bool spoken_ = false;  // since the last read
};

// The addresses in the order to try them: families alternate (RFC 8305 section 4), so that a family that leads
// nowhere costs one turn and not all of them.
OUTKIT_DECL std::vector<asio::ip::tcp::endpoint> alternating(std::vector<asio::ip::tcp::endpoint> const& found)
{
    std::vector<asio::ip::tcp::endpoint> first, second, mixed;
    for (auto const& f : found)
        (f.protocol() == found.front().protocol() ? first : second).push_back(f);
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i)
        for (auto const* family : {&first, &second})
            if (i < family->size())
                mixed.push_back((*family)[i]);
    return mixed;
}

OUTKIT_DECL class socket_driver final : public driver
{
public:
    socket_driver(asio::any_io_executor ex, tls_context tls, environment& world)
        : driver(ex, std::move(tls), world), socket_(ex), resolver_(ex)
    {
    }

    void adopt(asio::ip::tcp::socket s)
    {
        error_code ignored;
        socket_ = std::move(s);
        socket_.non_blocking(true, ignored);
        socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
        use(std::unique_ptr<transport>(new socket_transport(socket_)));
    }

private:
    void open(io_request const& rq) override
    {
        host_port const to = world().route({std::string(rq.host), rq.port});
        addresses_.clear();
        error_code not_an_address;
        auto const address = asio::ip::make_address(to.host, not_an_address);
        if (!not_an_address)
        {
            addresses_.emplace_back(address, to.port);
            return open_next();
        }
        auto resolved = [self = std::static_pointer_cast<socket_driver>(shared_from_this()),
                         turn_then = turn()](error_code ec, asio::ip::tcp::resolver::results_type const& found) {
            if (turn_then != self->turn())
                return;
            if (!ec && found.empty())
                ec = error::no_address;
            if (ec)
                return self->connected(ec);
            std::vector<asio::ip::tcp::endpoint> endpoints;
            for (auto const& f : found)
                endpoints.push_back(f.endpoint());
            endpoints = alternating(endpoints);
            self->addresses_.assign(endpoints.rbegin(), endpoints.rend());
            self->open_next();
        };
        resolver_.async_resolve(to.host, std::to_string(to.port),
                                asio::bind_executor(step_executor_now(), std::move(resolved)));
    }

    bool open_another() override
    {
        if (addresses_.empty() || world().now() >= request().deadline)
            return false;
        close_below();
        open_next();
        return true;
    }

    void wait_until(need what) override
    {
        if (socket_.is_open())
            socket_.async_wait(what == need::readable ? socket_.wait_read : socket_.wait_write,
                               next(&socket_driver::retry));
    }

    void stop_waiting_below() override
    {
        error_code ignored;
        resolver_.cancel();
        if (socket_.is_open())
            socket_.cancel(ignored);
    }

    void close_below() override
    {
        error_code ignored;
        socket_.close(ignored);
    }

    void open_next()
    {
        give_up_waits();
        time_point until = request().deadline;
        if (until != never)
        {
            auto const left = until - world().now();
            until = world().now() + left / static_cast<long>(addresses_.size());
        }
        limit(until);
        socket_ = asio::ip::tcp::socket(get_executor());  // a late handler must not meet the next socket
        auto const address = addresses_.back();
        addresses_.pop_back();
        socket_.async_connect(address, next(static_cast<void (driver::*)(error_code)>(&socket_driver::opened)));
    }

    void opened(error_code ec)
    {
        if (ec && open_another())
            return;
        if (!ec)
            register_anew(ec);
        if (!ec)
            adopt(std::move(socket_));
        connected(ec);
    }

    // Asio has waited for this socket to be writable, and would hear that it is with each wait for input.
    void register_anew(error_code& ec)
    {
        auto const family = socket_.local_endpoint(ec).protocol();
        if (ec)
            return;
        auto const handle = socket_.release(ec);
        if (!ec)
            socket_.assign(family, handle, ec);
    }

    asio::ip::tcp::socket socket_;
    asio::ip::tcp::resolver resolver_;
    std::vector<asio::ip::tcp::endpoint> addresses_;  // still to try, last first
};

OUTKIT_DEF std::shared_ptr<driver> make_socket_driver(asio::any_io_executor ex, tls_context tls, environment& world)
{
    return std::shared_ptr<driver>(new socket_driver(std::move(ex), std::move(tls), world));
}

OUTKIT_DEF std::shared_ptr<driver> make_socket_driver(asio::ip::tcp::socket accepted, tls_context tls,
                                                      environment& world)
{
    auto* const made = new socket_driver(accepted.get_executor(), std::move(tls), world);
    std::shared_ptr<driver> owner(made);
    made->adopt(std::move(accepted));
    return owner;
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
