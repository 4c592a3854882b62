#ifndef OUTKIT_HTTP_ERROR_HPP
#define OUTKIT_HTTP_ERROR_HPP

#include <outkit/error.hpp>

namespace outkit::inline OUTKIT_ABI::http {

/** What can go wrong in HTTP. Category "outkit.http".

    400 to 599 are the status codes themselves (RFC 9110 section 15), named or not: `ec == http::error::not_found`,
    `ec.value() == 429`.
*/
enum class error
{
    malformed_header = 1,
    malformed_chunk,
    ambiguous_length,
    unsupported_transfer_coding,
    unsupported_version,
    header_too_large,
    too_many_fields,
    too_many_interim_responses,
    body_too_large,
    unexpected_upgrade,
    unsupported_content_coding,
    redirect_refused,
    untrusted_origin,
    invalid_url,
    invalid_request,
    invalid_response,

    bad_request = 400,
    unauthorized = 401,
    forbidden = 403,
    not_found = 404,
    method_not_allowed = 405,
    request_timeout = 408,
    conflict = 409,
    gone = 410,
    precondition_failed = 412,
    content_too_large = 413,
    uri_too_long = 414,
    misdirected_request = 421,
    too_many_requests = 429,
    header_fields_too_large = 431,
    internal_server_error = 500,
    not_implemented = 501,
    bad_gateway = 502,
    service_unavailable = 503,
    gateway_timeout = 504,
    version_not_supported = 505
};

namespace detail {

class category final : public outkit::detail::table_category
{
public:
    using table_category::table_category;

    // Statuses without a row of their own mean what their class says (RFC 9110 section 15).
    std::string message(int ev) const override
    {
        std::string const known = table_category::message(ev);
        if (ev < 400 || ev > 599 || !known.starts_with("unknown"))
            return known;
        return "HTTP " + std::to_string(ev) + (ev < 500 ? ": the request was refused" : ": the server failed");
    }
    error_condition default_error_condition(int ev) const noexcept override
    {
        error_condition const known = table_category::default_error_condition(ev);
        if (ev >= 500 && ev <= 599 && ev != int(error::not_implemented) && ev != int(error::version_not_supported))
            return make_error_condition(condition::transient);
        return known;
    }
};

}  // namespace detail

inline error_code make_error_code(error e)
{
    using enum error;
    static constexpr outkit::detail::error_row rows[] = {
        {int(malformed_header), "the peer sent a start line or header that is not HTTP/1.1",
         condition::protocol_violation},
        {int(malformed_chunk), "the peer sent a chunk that is not well-formed", condition::protocol_violation},
        {int(ambiguous_length), "the peer gave more than one length for the body, or an invalid one",
         condition::protocol_violation},
        {int(unsupported_transfer_coding), "the peer used a transfer coding other than chunked",
         condition::protocol_violation},
        {int(unsupported_version), "the peer does not speak HTTP/1.1", condition::protocol_violation},
        {int(header_too_large), "the header is larger than http::limits::header_bytes allows",
         condition::limit_exceeded},
        {int(too_many_fields), "there are more header fields than http::limits::header_fields allows",
         condition::limit_exceeded},
        {int(too_many_interim_responses), "more 1xx responses arrived than http::limits::interim_responses allows",
         condition::limit_exceeded},
        {int(body_too_large), "the body is larger than http::limits::body_bytes allows", condition::limit_exceeded},
        {int(unexpected_upgrade), "the server switched to another protocol without being asked to",
         condition::protocol_violation},
        {int(unsupported_content_coding), "the server compressed its answer although nobody asked for that",
         condition::protocol_violation},
        {int(redirect_refused), "the server redirected where redirects are not followed",
         condition::protocol_violation},
        {int(untrusted_origin), "the URL leads to a host that this request must not go to", condition::untrusted_peer},
        {int(invalid_url), "the URL is not an absolute https URL in its canonical form", condition::invalid_argument},
        {int(invalid_request),
         "the request's method, target or a header has characters that are not allowed there, or the header is one "
         "that is set by the client itself",
         condition::invalid_argument},
        {int(invalid_response), "the response's status or a header is not allowed", condition::invalid_argument},

        {int(bad_request), "HTTP 400: the server did not understand the request"},
        {int(unauthorized), "HTTP 401: the server did not accept the token", condition::authentication_failed},
        {int(forbidden), "HTTP 403: the token does not allow this"},
        {int(not_found), "HTTP 404: there is no such resource", condition::not_found},
        {int(method_not_allowed), "HTTP 405: the resource does not have this method"},
        {int(request_timeout), "HTTP 408: the server waited too long for the request", condition::transient},
        {int(conflict), "HTTP 409: the resource's state does not allow this now"},
        {int(gone), "HTTP 410: the resource is gone", condition::not_found},
        {int(precondition_failed), "HTTP 412: the resource has changed"},
        {int(content_too_large), "HTTP 413: the request's body is too large for the server"},
        {int(uri_too_long), "HTTP 414: the request's target is too long for the server"},
        {int(misdirected_request), "HTTP 421: the server does not serve this host name"},
        {int(too_many_requests), "HTTP 429: throttled; wait as long as Retry-After says", condition::transient},
        {int(header_fields_too_large), "HTTP 431: the request's header is too large for the server"},
        {int(internal_server_error), "HTTP 500: the server failed", condition::transient},
        {int(not_implemented), "HTTP 501: the server does not implement this"},
        {int(bad_gateway), "HTTP 502: a server behind the server failed", condition::transient},
        {int(service_unavailable), "HTTP 503: the server is not available now", condition::transient},
        {int(gateway_timeout), "HTTP 504: a server behind the server did not answer", condition::transient},
        {int(version_not_supported), "HTTP 505: the server does not speak HTTP/1.1"},
    };
    static const detail::category category("outkit.http", rows);
    return {static_cast<int>(e), category};
}

/// The error of a status: none below 400.
inline error_code status_error(unsigned status)
{
    return status < 400 ? error_code() : make_error_code(static_cast<error>(status));
}

}  // namespace outkit::inline OUTKIT_ABI::http
OUTKIT_ERROR_CODE_ENUM(outkit::http::error)

#endif
