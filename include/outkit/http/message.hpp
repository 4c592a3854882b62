#ifndef OUTKIT_HTTP_MESSAGE_HPP
#define OUTKIT_HTTP_MESSAGE_HPP

#include <outkit/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::http {

/// One header field. Names compare without regard to case; values are free of CR, LF and NUL (RFC 9110 section 5).
struct field
{
    std::string name;
    std::string value;
};
using fields = std::vector<field>;

/// The value of the first field of that name, or nullptr. Valid as long as the fields are.
OUTKIT_DECL std::string const* find(fields const& in, std::string_view name);

/// Whether a comma-separated field of that name (all of its lines) lists the token, as in `Connection: close`.
OUTKIT_DECL bool has_token(fields const& in, std::string_view name, std::string_view token);

/// The media type of Content-Type, in lower case and without parameters; empty when there is none.
OUTKIT_DECL std::string media_type(fields const& in);

/// The usual reason phrase of a status, "Unknown" if there is none (RFC 9110 section 15).
OUTKIT_DECL std::string_view reason_phrase(unsigned status);

/// The time of `Date` and the like, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7; its two older forms are not
/// sent by anybody). What lies after the year 9999 is the end of that year.
OUTKIT_DECL std::optional<std::chrono::sys_seconds> parse_date(std::string_view text);

/// A request as it is sent or has arrived, body included (RFC 9112 section 3).
struct request
{
    std::string method = "GET";
    std::string target = "/";  // origin-form: path and query, percent-encoded
    fields headers = {};       // Host and Content-Length are added when it is sent
    std::string body = {};
};

/// A response as it has arrived or is sent, body included (RFC 9112 section 4).
struct response
{
    unsigned status = 200;    // 100 to 599
    std::string reason = {};  // filled in from the status when empty
    fields headers = {};      // Content-Length is added when it is sent
    std::string body = {};
};

/** What the other end may send before the connection is given up. Part of a client's or server's configuration.

    A limit of zero allows nothing; there is no value for "unlimited".
*/
struct limits
{
    std::size_t header_bytes = 64 * 1024;     ///< start line and header section
    std::size_t header_fields = 128;          ///< header fields, and as many in the trailer
    std::size_t interim_responses = 8;        ///< 1xx responses before the final one
    std::size_t chunk_extension_bytes = 256;  ///< of one chunk
    std::size_t trailer_bytes = 8 * 1024;
    std::uint64_t body_bytes = 16 * 1024 * 1024;  ///< decoded; also for a body that goes to a sink
};

}  // namespace outkit::inline OUTKIT_ABI::http

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/http/message.ipp>
#endif

#endif
