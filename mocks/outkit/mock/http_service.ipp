#ifndef OUTKIT_MOCK_HTTP_SERVICE_IPP
#define OUTKIT_MOCK_HTTP_SERVICE_IPP

#include <outkit/http/detail/http1.hpp>
#include <outkit/mock/faults.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/journal.hpp>

#include <optional>

namespace outkit::inline OUTKIT_ABI::mock {

// The status that says what was wrong with a request; 0: nothing can be said any more.
inline unsigned refusal(error_code ec)
{
    if (ec == make_error_code(error::timeout))
        return 408;
    if (ec == make_error_code(http::error::body_too_large))
        return 413;
    if (ec == make_error_code(error::line_too_long) || ec == make_error_code(http::error::header_too_large) ||
        ec == make_error_code(http::error::too_many_fields))
        return 431;
    if (ec == make_error_code(http::error::unsupported_transfer_coding))
        return 501;
    if (ec == make_error_code(http::error::unsupported_version))
        return 505;
    if (ec == condition::protocol_violation && ec != make_error_code(error::tls_truncated))
        return 400;
    return 0;
}

// http://host/path as proxies get it: what counts is the path (RFC 9112 section 3.2.2).
inline void to_origin_form(std::string& target)
{
    auto const scheme = target.find("://");
    if (target.starts_with('/') || scheme == std::string::npos)
        return;
    auto const path = target.find_first_of("/?", scheme + 3);
    target.erase(0, std::min(path, target.size()));
    if (!target.starts_with('/'))
        target.insert(0, "/");
}

// A connection with a fault on it: how much may still be sent, and what happened.
struct faulty_connection
{
    http_service_options const& options;
    std::optional<std::uint64_t> may_send = {};

    std::optional<fault> take(std::string_view operation)
    {
        return options.faults ? options.faults->take(options.server, operation) : std::nullopt;
    }
    void note(detail::environment& world, std::string what, std::string reason) const
    {
        if (!options.journal)
            return;
        journal_entry e;
        e.time = world.date();
        e.server = options.server;
        e.connection = options.connection;
        e.what = std::move(what);
        e.outcome = journal_outcome::fault;
        e.reason = std::move(reason);
        options.journal->record(std::move(e));
    }
};

// The response as octets, for a connection that is cut somewhere in it.
inline std::string as_text(http::response const& r)
{
    std::string text = "HTTP/1.1 " + std::to_string(r.status) + " \r\n";
    for (http::field const& f : r.headers)
        text += f.name + ": " + f.value + "\r\n";
    return text + "Content-Length: " + std::to_string(r.body.size()) + "\r\n\r\n" + r.body;
}

// Never answers, and waits until the peer has gone.
OUTKIT_DECL detail::flow<> fall_silent(detail::wire& w)
{
    w.patience = std::chrono::hours(24);
    detail::wire::sink nowhere = [](std::string_view) {};
    co_await w.read_to_end(std::move(nowhere));
}

OUTKIT_DECL detail::flow<http::response> at_once(http::response r) { co_return r; }

OUTKIT_DEF detail::flow<> serve_http(detail::wire& w, http_handler handler, http_service_options o)
{
    http_flow_handler flow = [handler = std::move(handler)](http::request const& r) { return at_once(handler(r)); };
    return serve_http(w, std::move(flow), std::move(o));
}

OUTKIT_DEF detail::flow<> serve_http(detail::wire& w, http_flow_handler handler, http_service_options o)
{
    detail::environment& world = co_await detail::this_environment();
    w.patience = o.idle_before_first;
    faulty_connection faulty{o};
    if (auto const f = faulty.take("connect"))
    {
        faulty.note(world, "connect", "a queued fault");
        if (f->delay > std::chrono::nanoseconds(0))
            co_await detail::sleep_for(f->delay);
        if (f->stall)
        {
            co_await fall_silent(w);
            co_return;
        }
        faulty.may_send = f->disconnect ? 0 : f->drop_after;
        if (faulty.may_send == std::uint64_t(0))
            co_await detail::fail(error::connection_closed, "a fault has cut the connection");
    }
    for (;;)
    {
        auto received = co_await detail::attempt(http::detail::read_request(w, o.limits));
        bool keep_alive = false;
        bool to_head = false;
        http::response response;
        if (received.ec)
        {
            response.status = refusal(received.ec);
            if (response.status == 0)
                co_await detail::fail(received.ec, received.diagnostics);
        }
        else if (!*received.value)
            break;
        else
        {
            http::request& request = (*received.value)->message;
            to_origin_form(request.target);
            keep_alive = (*received.value)->keep_alive;
            to_head = request.method == "HEAD";
            std::string const operation = request.method + ' ' + request.target.substr(0, request.target.find('?'));
            if (auto f = faulty.take(operation))
            {
                bool const answered = f->status != 0 || f->answer;
                bool const handled = answered || !(f->stall || f->disconnect);
                if (f->delay > std::chrono::nanoseconds(0) && !(handled && o.handler_delays))
                {
                    co_await detail::sleep_for(f->delay);
                    f->delay = std::chrono::nanoseconds(0);
                }
                if (f->drop_after)
                    faulty.may_send = f->drop_after;
                if (f->stall || (f->disconnect && !answered))
                {
                    faulty.note(world, operation, f->stall ? "never answered" : "disconnected");
                    if (f->stall)
                        co_await fall_silent(w);
                    else
                        co_await w.close();
                    co_return;
                }
                if (answered || f->delay > std::chrono::nanoseconds(0))
                    o.faults->hand_on(std::move(*f));
            }
            if (request.target.starts_with('/') || request.target == "*")
                response = co_await handler(std::move(request));
            else
            {
                response.status = 400;
                keep_alive = false;
            }
            if (http::has_token(response.headers, "Connection", "close"))
                keep_alive = false;
        }
        if (!http::find(response.headers, "Date"))
            response.headers.push_back({"Date", http::detail::http_date(world.date())});
        if (faulty.may_send)
        {
            std::string text = as_text(response);
            if (text.size() >= *faulty.may_send)
            {
                text.resize(static_cast<std::size_t>(*faulty.may_send));
                co_await w.write(std::move(text));
                faulty.note(world, "connection", "cut by a fault");
                co_await detail::fail(error::connection_closed, "a fault has cut the connection");
            }
            *faulty.may_send -= text.size();
            co_await w.write(std::move(text));
            if (!keep_alive)
                break;
            continue;
        }
        http::detail::answer_options how;
        how.keep_alive = keep_alive;
        how.to_head = to_head;
        co_await http::detail::write_response(w, std::move(response), how);
        if (!keep_alive)
            break;
        w.patience = o.idle_between;
    }
    co_await w.close();
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
