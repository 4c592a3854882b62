#ifndef OUTKIT_HTTP_DETAIL_FLOWS_HPP
#define OUTKIT_HTTP_DETAIL_FLOWS_HPP

#include <outkit/http/detail/http1.hpp>
#include <outkit/http/url.hpp>

#include <optional>

namespace outkit::inline OUTKIT_ABI::http::detail {

// One connection at a time, to one origin, kept open between exchanges while both ends want that.
struct session
{
    wire w;
    std::optional<origin> open_to = {};  // has carried a whole exchange and waits for the next
    bool request_sent = false;           // some of the last request has left: it may have been carried out
};

struct exchange_options
{
    http::limits limits = {};
    unsigned redirects = 0;             // followed for GET and HEAD, to the same origin only
    bool redirects_are_values = false;  // for who decides on each of them: a browser
};

// Sends a request to the origin of `to` and returns the final response; its target is the URL's, not the request's.
// 4xx and 5xx are values. 301, 302, 303, 307 and 308 are error::redirect_refused unless they may be followed.
// A kept connection that turns out to be dead is replaced once, for methods that may be repeated.
OUTKIT_DECL flow<response> exchange(session& s, url to, request r, exchange_options o, secret authorization = secret(),
                                    wire::sink body = {});

}  // namespace outkit::inline OUTKIT_ABI::http::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/http/detail/flows.ipp>
#endif

#endif
