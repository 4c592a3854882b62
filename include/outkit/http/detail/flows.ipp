#ifndef OUTKIT_HTTP_DETAIL_FLOWS_IPP
#define OUTKIT_HTTP_DETAIL_FLOWS_IPP

#include <outkit/detail/wiping.hpp>
#include <outkit/http/detail/flows.hpp>
#include <outkit/http/detail/grammar.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::http::detail {

OUTKIT_DECL flow<outkit::detail::wake> input_now(outkit::detail::time_point now)
{
    co_return co_await outkit::detail::wait_for_input(nullptr, now);
}

// Is there a connection on which nothing has arrived since the last response? Whatever has (an answer nobody asked
// for, the end of the connection) makes it unusable: the next answer could be somebody else's (RFC 9112 section 9).
OUTKIT_DECL flow<bool> can_reuse(session& s, origin const& to)
{
    if (s.open_to != to || s.w.has_buffered())
        co_return false;
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    auto const r = co_await attempt(input_now(world.now()));
    co_return !r.ec && r.value == outkit::detail::wake::time;
}

// One request and its response. `body` must not have been given anything when this fails before a response began.
OUTKIT_DECL flow<received_response> once(session& s, url to, request r, http::limits l, secret authorization,
                                         wire::sink body)
{
    outkit::detail::wipe_at_end const body_wiped(r.body);
    s.request_sent = false;
    std::string const method = r.method;
    r.target = to.target;
    if (error_code const ec = check(r))
        co_await outkit::detail::fail(ec);
    bool const reuse = co_await can_reuse(s, to.server);
    s.open_to.reset();
    if (!reuse)
        co_await s.w.connect(to.server.host, to.server.port, to.server.tls);
    s.request_sent = true;
    co_await write_request(s.w, to.server.authority(), std::move(r), std::move(authorization));
    auto response = co_await read_response(s.w, method, l, std::move(body));
    if (response.keep_alive && !s.w.has_buffered())
        s.open_to = to.server;
    else
        co_await s.w.close();
    co_return response;
}

OUTKIT_DECL bool may_repeat(std::string_view method)
{
    static constexpr std::string_view methods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};  // RFC 9110 9.2.2
    return std::find(std::begin(methods), std::end(methods), method) != std::end(methods);
}

// The connection was gone, or went, before anything was read on it.
OUTKIT_DECL bool was_stale(error_code ec)
{
    return ec == outkit::error::connection_closed || ec == outkit::error::tls_truncated || ec == os_error(ECONNRESET) ||
           ec == os_error(EPIPE);
}

OUTKIT_DEF flow<response> exchange(session& s, url to, request r, exchange_options o, secret authorization,
                                   wire::sink body)
{
    outkit::detail::wipe_at_end const body_wiped(r.body);
    for (unsigned redirects = 0;; ++redirects)
    {
        bool const kept = s.open_to == to.server;
        bool body_begun = false;
        wire::sink pass = {};
        if (body)
            pass = [&body, &body_begun](std::string_view part) {
                body_begun = body_begun || !part.empty();
                body(part);
            };
        request copy = r;
        auto first = co_await attempt(once(s, to, std::move(copy), o.limits, authorization.clone(), pass));
        if (first.ec && kept && !body_begun && may_repeat(r.method) && was_stale(first.ec))
        {
            s.open_to.reset();
            copy = r;
            auto again = co_await attempt(once(s, to, std::move(copy), o.limits, authorization.clone(), pass));
            first = std::move(again);
        }
        if (first.ec)
            co_await outkit::detail::fail(first.ec, std::move(first.diagnostics));
        http::response answer = std::move(first.value->message);

        static constexpr unsigned redirections[] = {301, 302, 303, 307, 308};
        if (o.redirects_are_values ||
            std::find(std::begin(redirections), std::end(redirections), answer.status) == std::end(redirections))
            co_return answer;
        error_code refused = error::redirect_refused;
        auto const locations = std::count_if(answer.headers.begin(), answer.headers.end(),
                                             [](field const& f) { return equal_ignoring_case(f.name, "Location"); });
        if (locations == 1 && redirects < o.redirects && (r.method == "GET" || r.method == "HEAD"))
        {
            url const next = resolve(to, *find(answer.headers, "Location"), refused);
            if (!refused && next.server != to.server)
                refused = error::redirect_refused;
            if (!refused)
                to = next;
        }
        if (refused)
        {
            if (s.open_to)
                co_await s.w.close();
            s.open_to.reset();
            co_await outkit::detail::fail(error::redirect_refused);
        }
    }
}

}  // namespace outkit::inline OUTKIT_ABI::http::detail

#endif
