#ifndef OUTKIT_MOCK_SERVERS_IPP
#define OUTKIT_MOCK_SERVERS_IPP

#include <outkit/mock/entra.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/world.hpp>

#include <deque>

namespace outkit::inline OUTKIT_ABI::mock {

// The services, and the doors to them. Doors close before services go.
struct servers::state
{
    explicit state(world& w) : login(w), graph(w), smtp(w), tls(w.certificates.server_context()) {}

    mock::entra login;
    mock::graph graph;
    mock::smtp smtp;
    tls_context tls;
    std::deque<listener> doors;

    // One more door; its port, or 0.
    std::uint16_t open(world& w, std::string const& name, listener::service s, listener::mode m, std::uint16_t port,
                       error_code& ec)
    {
        auto const& door = doors.emplace_back(w, name, std::move(s), tls, m, port, ec);
        return ec ? 0 : door.port();
    }
};

OUTKIT_DECL servers::servers(world& w, server_ports const& wanted, error_code& ec) : world_(w)
{
    world_.run([&] {
        state_ = std::make_unique<state>(world_);
        state& s = *state_;
        auto const http = [](auto& service) {
            return [&service](detail::wire& c, visitor& who) {
                who.logged_in = true;  // HTTP has no log-in: every request brings its own token
                return serve_http(c, [&service](http::request const& r) { return service.answer(r); });
            };
        };
        auto const line = [](auto& service) {
            return [&service](detail::wire& c, visitor& who) { return service.serve(c, who); };
        };
        auto const open = [&](std::string const& name, listener::service serve, listener::mode m, std::uint16_t port) {
            if (ec)
                return std::uint16_t(0);
            std::uint16_t const got = s.open(world_, name, std::move(serve), m, port, ec);
            if (ec)
                failed_ = name;
            return got;
        };
        ec = {};
        ports_.login = open("login", http(s.login), listener::mode::implicit_tls, wanted.login);
        ports_.graph = open("graph", http(s.graph), listener::mode::implicit_tls, wanted.graph);
        ports_.smtp = open("smtp", line(s.smtp), listener::mode::starttls, wanted.smtp);
        if (ec)
            s.doors.clear();
    });
}

OUTKIT_DECL servers::~servers()
{
    world_.run([&] { state_.reset(); });
}

OUTKIT_DECL void servers::close_connections()
{
    world_.run([&] {
        for (listener& door : state_->doors)
            door.close_connections();
    });
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
