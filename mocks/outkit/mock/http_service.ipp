#ifndef OUTKIT_MOCK_HTTP_SERVICE_IPP
#define OUTKIT_MOCK_HTTP_SERVICE_IPP

#include <outkit/http/detail/http1.hpp>
#include <outkit/mock/http_service.hpp>

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

OUTKIT_DECL detail::flow<> serve_http(detail::wire& w, http_handler handler, http_service_options o)
{
    detail::environment& world = co_await detail::this_environment();
    w.patience = o.idle_before_first;
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
            if (request.target.starts_with('/') || request.target == "*")
                response = handler(request);
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
