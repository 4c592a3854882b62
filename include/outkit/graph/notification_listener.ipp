#ifndef OUTKIT_GRAPH_NOTIFICATION_LISTENER_IPP
#define OUTKIT_GRAPH_NOTIFICATION_LISTENER_IPP

#include <outkit/graph/detail/notification_desk.hpp>
#include <outkit/graph/notification_listener.hpp>
#include <outkit/http/detail/http1.hpp>
#include <outkit/stream.hpp>

#include <algorithm>
#include <list>
#include <optional>

namespace outkit::inline OUTKIT_ABI::graph {
namespace detail {

using outkit::detail::flow;
using outkit::detail::wire;

class notification_server : public std::enable_shared_from_this<notification_server>
{
public:
    notification_server(asio::any_io_executor ex, notification_listener_options o, tls_context tls,
                        outkit::detail::environment& world)
        : executor(std::move(ex)),
          options_(std::move(o)),
          tls_(std::move(tls)),
          world_(world),
          acceptor_(executor),
          desk_(rules_of(options_))
    {
    }

    void open(error_code& ec)
    {
        auto const address = asio::ip::make_address(options_.address, ec);
        if (!ec && (!has_secret() || !(tls_.is_server() || address.is_loopback())))
            ec = os_error(EINVAL);
        asio::ip::tcp::endpoint const at(address, options_.port);
        if (!ec)
            acceptor_.open(at.protocol(), ec);
        if (!ec && at.port() != 0)
            acceptor_.set_option(asio::ip::tcp::acceptor::reuse_address(true), ec);
        if (!ec)
            acceptor_.bind(at, ec);
        if (!ec)
            acceptor_.listen(asio::socket_base::max_listen_connections, ec);
        if (ec)
            return;
        port = acceptor_.local_endpoint().port();
        accept();
    }

    void start(std::unique_ptr<outkit::detail::waiting<notification>> w)
    {
        error_code ec;
        std::optional<notification> n;
        if (waiting_)
            ec = outkit::error::operation_in_progress;
        else if (!(n = desk_.next()) && !acceptor_.is_open())
            ec = ended_ ? ended_ : error_code(outkit::error::not_connected);
        if (n || ec)
            return outkit::detail::deliver(std::move(w), ec, std::move(n).value_or(notification()));
        waiting_ = std::move(w);
        if (waiting_->slot.is_connected())
            waiting_->slot.assign([this](asio::cancellation_type) { give_up(asio::error::operation_aborted); });
    }

    void close(error_code ec)
    {
        auto const keep = shared_from_this();
        error_code ignored;
        acceptor_.close(ignored);
        ended_ = ec == asio::error::operation_aborted ? error_code() : ec;
        for (auto const& c : std::list(open_))  // each takes itself off the list, and nobody needs to run for that
        {
            c->clock.driver().abort();
            c->ours.driver().abort();
        }
        give_up(ec);
    }

    std::uint64_t foreign() const { return desk_.foreign(); }

    asio::any_io_executor executor;
    std::uint16_t port = 0;

private:
    struct connection
    {
        connection(asio::ip::tcp::socket s, tls_context tls, asio::any_io_executor ex,
                   outkit::detail::environment& world)
            : ours(std::move(s), std::move(tls), world), clock(std::move(ex), {}, world)
        {
        }
        wire w;
        std::string diagnostics;
        stream ours, clock;
    };

    static desk_rules rules_of(notification_listener_options const& o)
    {
        desk_rules r;
        r.path = o.path;
        for (secret const& s : o.client_states)
            r.client_states.push_back(s.clone());
        r.most_waiting = o.most_waiting;
        r.remembered = o.remembered;
        return r;
    }

    bool has_secret() const
    {
        bool const none_empty = std::none_of(options_.client_states.begin(), options_.client_states.end(),
                                             [](secret const& s) { return s.empty(); });
        return none_empty && !options_.client_states.empty();
    }

    void give_up(error_code ec)
    {
        if (waiting_)
            outkit::detail::deliver(std::move(waiting_), ec, notification());
    }

    void accept()
    {
        acceptor_.async_accept([self = shared_from_this()](error_code ec, asio::ip::tcp::socket s) {
            if (!self->acceptor_.is_open())
                return;
            if (!ec)
                self->begin(std::move(s));
            else if (ec != asio::error::connection_aborted)  // out of descriptors, say: it would only spin
                return self->close(ec);
            self->accept();
        });
    }

    void begin(asio::ip::tcp::socket s)
    {
        if (open_.size() >= options_.most_connections && !open_.empty())
            open_.front()->ours.cancel();
        auto const c = std::make_shared<connection>(std::move(s), tls_, executor, world_);
        open_.push_back(c);
        // As long as a connection may last altogether: no step of it needs to be slow to keep others out.
        async_run(c->clock, outkit::detail::sleep_for(options_.per_connection), std::make_shared<std::string>(),
                  [weak = std::weak_ptr(c)](error_code ec) {
                      if (auto const late = weak.lock(); late && !ec)
                          late->ours.cancel();
                  });
        async_run(c->ours, talk(*c), std::shared_ptr<std::string>(c, &c->diagnostics),
                  [self = shared_from_this(), c](error_code) {
                      c->clock.cancel();
                      self->open_.remove(c);
                  });
    }

    static unsigned refusal_of(error_code ec)
    {
        if (ec == http::error::body_too_large)
            return 413;
        if (ec == condition::limit_exceeded)
            return 431;
        return ec == condition::protocol_violation ? 400 : 0;
    }

    OUTKIT_DECL flow<> talk(connection& c)
    {
        c.w.patience = options_.per_connection;
        if (tls_.is_server())
            co_await c.w.start_tls();
        http::limits l;
        l.header_bytes = options_.header_bytes;
        l.body_bytes = options_.body_bytes;
        for (std::size_t number = 1;; ++number)
        {
            auto received = co_await outkit::detail::attempt(http::detail::read_request(c.w, l));
            http::response answer;
            http::detail::answer_options how;
            how.keep_alive = false;
            if (received.ec)
                answer.status = refusal_of(received.ec);
            else if (!*received.value)
                co_return;
            else
            {
                answer = desk_.answer((*received.value)->message);
                how.keep_alive = (*received.value)->keep_alive && number < options_.most_requests;
            }
            if (answer.status == 0)
                co_return;
            hand_over();
            co_await http::detail::write_response(c.w, std::move(answer), how);
            if (!how.keep_alive)
                break;
        }
        co_await c.w.close();
    }

    void hand_over()
    {
        if (!waiting_)
            return;
        if (auto n = desk_.next())
            outkit::detail::deliver(std::move(waiting_), {}, std::move(*n));
    }

    notification_listener_options options_;
    tls_context tls_;
    outkit::detail::environment& world_;
    asio::ip::tcp::acceptor acceptor_;
    notification_desk desk_;
    std::list<std::shared_ptr<connection>> open_;
    std::unique_ptr<outkit::detail::waiting<notification>> waiting_;
    error_code ended_;
};

}  // namespace detail

OUTKIT_INLINE notification_listener::notification_listener(executor_type ex, notification_listener_options o,
                                                           error_code& ec, tls_context tls,
                                                           outkit::detail::environment& world)
    : server_(std::make_shared<detail::notification_server>(std::move(ex), std::move(o), std::move(tls), world))
{
    server_->open(ec);
}

OUTKIT_INLINE notification_listener::notification_listener(notification_listener&&) noexcept = default;

OUTKIT_INLINE notification_listener& notification_listener::operator=(notification_listener&& other) noexcept
{
    std::swap(server_, other.server_);
    return *this;
}

OUTKIT_INLINE notification_listener::~notification_listener()
{
    if (server_)
        close();
}

OUTKIT_INLINE notification_listener::executor_type notification_listener::get_executor() const
{
    return server_->executor;
}

OUTKIT_INLINE std::uint16_t notification_listener::port() const { return server_->port; }

OUTKIT_INLINE std::uint64_t notification_listener::foreign() const { return server_->foreign(); }

OUTKIT_INLINE void notification_listener::close() { server_->close(asio::error::operation_aborted); }

OUTKIT_INLINE void notification_listener::start(std::unique_ptr<outkit::detail::waiting<notification>> w)
{
    server_->start(std::move(w));
}

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
