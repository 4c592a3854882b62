#ifndef OUTKIT_HTTP_URL_HPP
#define OUTKIT_HTTP_URL_HPP

#include <outkit/http/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::http {

/// Whom a request goes to. Two are equal when scheme, host and port are.
struct origin
{
    bool tls = true;
    std::string host = {};  ///< in lower case, an IPv6 address without brackets
    std::uint16_t port = 443;

    /// As in Host: the port only if it is not the scheme's own, an IPv6 address in brackets.
    OUTKIT_DECL std::string authority() const;

    friend bool operator==(origin const&, origin const&) = default;
};

/// An absolute URL, taken apart: the origin to connect to and the target to ask it for.
struct url
{
    origin server = {};
    std::string target = "/";  ///< path and query, percent-encoded, never empty

    OUTKIT_DECL std::string text() const;  ///< put together again
};

enum class url_schemes
{
    https,
    https_or_loopback_http  ///< also http to localhost, 127.0.0.1 and [::1]
};

/** Takes a URL apart, and refuses all that two parsers could understand differently.

    Refused are: other schemes, user information, an empty host or one that ends with a dot, percent-escapes in the host,
    fragments, backslashes, characters outside visible ASCII, and ports that are not plain numbers from 1 to 65535.
    Dot segments and percent-escapes of the path stay as they are.

    @param text     absolute URL
    @param ec       error::invalid_url, or none
    @param schemes  which schemes are accepted
*/
OUTKIT_DECL url parse_url(std::string_view text, error_code& ec, url_schemes schemes = url_schemes::https);

/// Whether the host is this machine by its own word: localhost, 127.0.0.1 or ::1.
OUTKIT_DECL bool is_loopback(std::string_view host);

/** Where a URL reference leads, seen from a URL (RFC 3986 section 5.2).

    @param base       the URL of the document that has the reference
    @param reference  absolute or relative
    @param ec         error::invalid_url when the result is not one parse_url() accepts
*/
OUTKIT_DECL url resolve(url const& base, std::string_view reference, error_code& ec,
                        url_schemes schemes = url_schemes::https);

}  // namespace outkit::inline OUTKIT_ABI::http

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/http/url.ipp>
#endif

#endif
