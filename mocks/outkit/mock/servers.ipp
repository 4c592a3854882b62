#ifndef OUTKIT_MOCK_SERVERS_IPP
#define OUTKIT_MOCK_SERVERS_IPP

#include <outkit/mock/entra.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/world.hpp>

#include <deque>

namespace outkit::inline OUTKIT_ABI::mock {

// The services, and the doors to them. Doors close before services go.
struct servers::state
{
    explicit state(world& w) : login(w), graph(w), imap(w), smtp(w), tls(w.certificates.server_context()) {}

    mock::entra login;
    mock::graph graph;
    mock::imap imap;
    mock::smtp smtp;
    tls_context tls;
    std::deque<listener> doors;

    // HTTP has no log-in: every request brings its own token.
    OUTKIT_DECL detail::flow<http::response> ask_graph(visitor& who, http::request request)
    {
        http::response response = co_await graph.serve(std::move(request));
        who.logged_in = who.logged_in || response.status != 401;
        co_return response;
    }

    // One more door; its port, or 0.
    std::uint16_t open(world& w, std::string const& name, listener::service s, listener::mode m, std::uint16_t port,
                       error_code& ec)
    {
        auto const& door = doors.emplace_back(w, name, std::move(s), tls, m, port, ec);
        return ec ? 0 : door.port();
    }
};

OUTKIT_INLINE servers::servers(world& w, server_ports const& wanted, error_code& ec) : world_(w)
{
    world_.run([&] {
        state_ = std::make_unique<state>(world_);
        state& s = *state_;
        auto const http = [&w](std::string name, auto handler) {
            return [&w, name, handler](detail::wire& c, visitor& who) {
                http_service_options options;
                options.faults = &w.faults;
                options.journal = &w.journal;
                options.server = name;
                options.handler_delays = name == "graph";
                options.connection = who.number;
                auto answer = [&who, handler](auto&& request) {
                    return handler(who, std::forward<decltype(request)>(request));
                };
                return serve_http(c, std::move(answer), std::move(options));
            };
        };
        auto const login = [&s](visitor& who, http::request const& request) {
            http::response response = s.login.answer(request);
            who.logged_in = who.logged_in || response.status != 401;
            return response;
        };
        auto const graph = [&s](visitor& who, http::request request) { return s.ask_graph(who, std::move(request)); };
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
        ports_.login = open("login", http("entra", login), listener::mode::implicit_tls, wanted.login);
        ports_.graph = open("graph", http("graph", graph), listener::mode::implicit_tls, wanted.graph);
        ports_.imap = open("imap", line(s.imap), listener::mode::implicit_tls, wanted.imap);
        ports_.smtp = open("smtp", line(s.smtp), listener::mode::starttls, wanted.smtp);
        if (ec)
            s.doors.clear();
    });
}

OUTKIT_INLINE servers::~servers()
{
    world_.run([&] { state_.reset(); });
}

OUTKIT_INLINE void servers::close_connections()
{
    world_.run([&] {
        for (listener& door : state_->doors)
            door.close_connections();
    });
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
