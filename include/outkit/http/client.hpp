#ifndef OUTKIT_HTTP_CLIENT_HPP
#define OUTKIT_HTTP_CLIENT_HPP

#include <outkit/detail/client_base.hpp>
#include <outkit/http/detail/flows.hpp>
#include <outkit/stream.hpp>

#include <string>
#include <utility>

namespace outkit::inline OUTKIT_ABI::http {

/// How a client treats the servers it talks to.
struct client_options
{
    http::limits limits = {};
    /// Redirects followed per request, to the same scheme, host and port only and only for GET and HEAD. All others
    /// fail with error::redirect_refused.
    unsigned redirects = 0;
    /// How long each step may take: connecting, sending, each part of the answer.
    std::chrono::milliseconds patience{60'000};
};

/** An HTTP/1.1 client for services that take a bearer token.

    It has one connection at a time, to one origin, and keeps it for the next request to the same origin. TLS is always
    used and verified, except for http URLs of the machine itself where those are allowed. It stores no cookies, asks for
    no compression and follows no redirect unless told to.

    Movable, not copyable, not thread-safe; one operation at a time.
*/
template <class Stream = outkit::stream>
class basic_client : public outkit::detail::client_base<detail::session, Stream>
{
    using base = outkit::detail::client_base<detail::session, Stream>;

public:
    explicit basic_client(Stream s, client_options o = {}) : base(std::move(s)), options_(std::move(o))
    {
        this->session().w.patience = options_.patience;
    }

    /** Sends a request and reads its response (RFC 9112).

        A status of 400 and above is not an error here: status_error() makes one of it.

        @param to             URL; the request's own target is not used
        @param r              method, headers, body; Host, Content-Length, Transfer-Encoding, Connection and
                              Authorization are set by the client and refused here
        @param authorization  value of the Authorization header, for example "Bearer " and a token; empty: none. The
                              caller decides whether the URL's host may see it.
        @param token          Completion token.

        @par Handler signature
        `void(error_code, http::response)`

        @par Errors
        @li error::invalid_request  nothing was sent
        @li error::redirect_refused
        @li any other of http::error up to invalid_request, and any error of the stream; the connection is closed after
        those

        @par Cancellation
        Supports `terminal`. The connection is closed.
    */
    template <class CompletionToken>
    auto async_send(url to, request r, secret authorization, CompletionToken&& token)
    {
        detail::exchange_options o;
        o.limits = options_.limits;
        o.redirects = options_.redirects;
        return this->run(
            detail::exchange(this->session(), std::move(to), std::move(r), std::move(o), std::move(authorization)),
            std::forward<CompletionToken>(token));
    }

private:
    client_options options_;
};

using client = basic_client<>;

}  // namespace outkit::inline OUTKIT_ABI::http

#endif
