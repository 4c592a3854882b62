#ifndef OUTKIT_HTTP_DETAIL_HTTP1_HPP
#define OUTKIT_HTTP_DETAIL_HTTP1_HPP

#include <outkit/detail/wire.hpp>
#include <outkit/http/error.hpp>
#include <outkit/http/message.hpp>
#include <outkit/secret.hpp>

#include <optional>

// HTTP/1.1 for both ends. Start line and fields are parsed by Boost.Beast. What Beast lets pass and RFC 9112 does not
// (sections 2.2, 5, 6.3, 7.1) is refused here, and bodies are framed here, so that two parsers can never disagree about
// where a message ends. The trace shows header fields, without those that carry secrets, and sizes of bodies.

namespace outkit::inline OUTKIT_ABI::http::detail {

using outkit::detail::attempt;
using outkit::detail::flow;
using outkit::detail::wire;

struct received_request
{
    request message = {};
    bool keep_alive = false;  // the connection may carry another request after the response
};
struct received_response
{
    response message = {};
    bool keep_alive = false;  // the connection may carry another request
};

// The next request, or nothing when the peer has ended the connection between two requests. Says 100 Continue where
// that is expected.
OUTKIT_DECL flow<std::optional<received_request>> read_request(wire& w, limits l);

// The final response to a request of that method. `body`, when set, gets the body of a 2xx piece by piece, and the
// message's is empty then.
OUTKIT_DECL flow<received_response> read_response(wire& w, std::string method, limits l, wire::sink body = {});

// What of the request must not be sent: error::invalid_request, or none. Host, Content-Length, Transfer-Encoding,
// Connection and Authorization are not the caller's to set.
OUTKIT_DECL error_code check(request const& r);

// `authorization` is the value of that header ("Bearer ..."), or empty.
OUTKIT_DECL flow<> write_request(wire& w, std::string host, request r, secret authorization = secret());

struct answer_options
{
    bool keep_alive = true;
    bool to_head = false;  // the body's length is told, the body not sent
};
OUTKIT_DECL flow<> write_response(wire& w, response r, answer_options o);
OUTKIT_DECL flow<> write_response(wire& w, response r);

// Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110 section 5.6.7)
OUTKIT_DECL std::string http_date(outkit::detail::wall_time t);

}  // namespace outkit::inline OUTKIT_ABI::http::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/http/detail/http1.ipp>
#endif

#endif
