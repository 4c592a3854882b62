#ifndef OUTKIT_MOCK_HTTP_SERVICE_HPP
#define OUTKIT_MOCK_HTTP_SERVICE_HPP

#include <outkit/detail/wire.hpp>
#include <outkit/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mock {

class faults;
class journal;

// An HTTP mock is a function from request to response. The target is in origin-form; one in absolute-form has lost its
// scheme and host. Date, Content-Length and Connection are added to the response.
using http_handler = std::function<http::response(http::request const&)>;

// The same for answers that others have to be waited for: nothing more is read of the connection until then.
using http_flow_handler = std::function<detail::flow<http::response>(http::request)>;

struct http_service_options
{
    http::limits limits = {.header_bytes = 64 * 1024, .body_bytes = 36 * 1024 * 1024};
    std::chrono::milliseconds idle_before_first{30'000};  // until a request has arrived, each time
    std::chrono::milliseconds idle_between{60'000};

    // Where faults of the connection come from: delays, silence, cuts. Those with a status or an answer are handed on to
    // the handler, which takes them. Null: none happen. The journal is told of what the handler does not see.
    mock::faults* faults = nullptr;
    mock::journal* journal = nullptr;
    std::string server = {};      // as faults name it
    bool handler_delays = false;  // delays of requests are handed on, too: while the handler waits it is at work
    std::uint64_t connection = 0;
};

// One connection, until either end has had enough: requests one after the other, 400, 408, 413, 414, 431, 501 and 505
// where a request is not to be had.
OUTKIT_DECL detail::flow<> serve_http(detail::wire& w, http_flow_handler handler, http_service_options o);
OUTKIT_DECL detail::flow<> serve_http(detail::wire& w, http_handler handler, http_service_options o);

// With the defaults. Not a default argument: g++ 12 destroys such an aggregate twice when the call is awaited.
inline detail::flow<> serve_http(detail::wire& w, http_handler handler)
{
    http_service_options defaults;
    return serve_http(w, std::move(handler), std::move(defaults));
}
inline detail::flow<> serve_http(detail::wire& w, http_flow_handler handler)
{
    http_service_options defaults;
    return serve_http(w, std::move(handler), std::move(defaults));
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/http_service.ipp>
#endif

#endif
