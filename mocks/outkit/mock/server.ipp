#ifndef OUTKIT_MOCK_SERVER_IPP
#define OUTKIT_MOCK_SERVER_IPP

#include <outkit/mock/server.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/stream.hpp>

#include <atomic>
#include <list>
#include <optional>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

struct listener::connection
{
    connection(asio::ip::tcp::socket s, tls_context tls, world& w, std::uint64_t number)
        : who{.number = number}, ours(std::move(s), std::move(tls), w)
    {
    }

    visitor who;
    detail::wire wire;
    std::string diagnostics;
    bool leaving = false;
    stream ours;
};

struct listener::state : std::enable_shared_from_this<state>
{
    state(world& w, std::string n, service s, tls_context t, mode m)
        : in(w), name(std::move(n)), serve(std::move(s)), tls(std::move(t)), how(m)
    {
    }

    // Opens both families on one port. An IPv6 port that is taken while any port would do: another one.
    void open(std::uint16_t wanted, error_code& ec)
    {
        using asio::ip::tcp;
        for (int attempts = wanted == 0 ? 16 : 1; attempts != 0; --attempts)
        {
            acceptors.clear();
            bind({asio::ip::make_address("127.0.0.1"), wanted}, ec);
            if (ec)
                return;
            port = acceptors.front().local_endpoint().port();
            bind({asio::ip::make_address("::1"), port}, ec);
            bool const no_ipv6 = ec == asio::error::address_family_not_supported || ec == os_error(EADDRNOTAVAIL);
            if (no_ipv6)
                ec = {};
            if (!ec)
                break;
        }
        if (!ec)
            for (auto& a : acceptors)
                accept(a);
    }

    void bind(asio::ip::tcp::endpoint at, error_code& ec)
    {
        asio::ip::tcp::acceptor a(in.get_executor());
        a.open(at.protocol(), ec);
        if (!ec)
            a.set_option(asio::ip::tcp::acceptor::reuse_address(true), ec);
        if (!ec && at.address().is_v6())
            a.set_option(asio::ip::v6_only(true), ec);
        if (!ec)
            a.bind(at, ec);
        if (!ec)
            a.listen(asio::socket_base::max_listen_connections, ec);
        if (!ec)
            acceptors.push_back(std::move(a));
    }

    void accept(asio::ip::tcp::acceptor& a)
    {
        a.async_accept([self = shared_from_this(), &a](error_code ec, asio::ip::tcp::socket s) {
            if (!a.is_open())
                return;
            if (ec)
                return self->accept_later(a);
            if (self->open_connections.size() < most_connections || self->make_room())
                self->start(std::move(s));
            self->accept(a);
        });
    }

    // Out of descriptors, say: trying at once again would only spin.
    void accept_later(asio::ip::tcp::acceptor& a)
    {
        auto timer = std::make_shared<asio::steady_timer>(in.get_executor(), std::chrono::milliseconds(100));
        timer->async_wait([self = shared_from_this(), &a, timer](error_code) {
            if (a.is_open())
                self->accept(a);
        });
    }

    // Sees off the oldest connection that nobody has logged in on.
    bool make_room()
    {
        for (auto const& c : open_connections)
            if (!c->who.logged_in && !c->leaving)
            {
                c->leaving = true;
                c->ours.cancel();
                return true;
            }
        return false;
    }

    void start(asio::ip::tcp::socket s)
    {
        static std::atomic<std::uint64_t> last_number = 0;
        open_connections.push_back(std::make_shared<connection>(std::move(s), tls, in, ++last_number));
        auto const here = std::prev(open_connections.end());
        auto const c = *here;
        async_run(c->ours, talk(c->wire, c->who), c->diagnostics,
                  [self = shared_from_this(), here, c](error_code) { self->open_connections.erase(here); });
    }

    OUTKIT_DECL detail::flow<> talk(detail::wire& w, visitor& who)
    {
        w.patience = std::chrono::seconds(30);
        if (how == mode::implicit_tls)
            co_await w.start_tls();
        co_await serve(w, who);
    }

    world& in;
    std::string name;
    service serve;
    tls_context tls;
    mode how;
    std::uint16_t port = 0;
    std::vector<asio::ip::tcp::acceptor> acceptors;
    std::list<std::shared_ptr<connection>> open_connections;
};

OUTKIT_INLINE listener::listener(world& w, std::string name, service s, tls_context tls, mode m, std::uint16_t port,
                                 error_code& ec)
    : state_(std::make_shared<state>(w, std::move(name), std::move(s), std::move(tls), m))
{
    state_->open(port, ec);
}

OUTKIT_INLINE listener::~listener()
{
    if (!state_)
        return;
    error_code ignored;
    for (auto& a : state_->acceptors)
        a.close(ignored);
    close_connections();
}

OUTKIT_INLINE std::uint16_t listener::port() const { return state_->port; }

OUTKIT_INLINE std::size_t listener::connections() const { return state_->open_connections.size(); }

OUTKIT_INLINE void listener::close_connections()
{
    auto const all = state_->open_connections;  // each takes itself off the list
    for (auto const& c : all)
        c->ours.driver().abort();
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
