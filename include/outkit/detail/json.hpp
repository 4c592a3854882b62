#ifndef OUTKIT_DETAIL_JSON_HPP
#define OUTKIT_DETAIL_JSON_HPP

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <outkit/detail/abi.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// JSON from peers, read within limits that Boost.JSON does not have. Included by .ipp files only.

namespace outkit::inline OUTKIT_ABI::detail {

struct json_limits
{
    std::size_t depth = 8;
    std::size_t values = 10'000;  // in total, members and elements
    std::size_t name = 4096;      // octets of a member's name
    std::size_t string = 512 * 1024;
    // Of two equal names the last one wins; two readers could then disagree about what a document says. For documents
    // that decide about trust: tokens, discovery, keys, JWT parts.
    bool unique_names = false;
    bool wiped = false;  // there are secrets in it: its memory is overwritten before it is freed
};

enum class json_problem
{
    none,
    malformed,
    too_large,  // beyond a limit
};

// One JSON text (RFC 8259) and nothing but blanks after it; nothing when it is not, and `what` says why. The storage of
// one that is wiped is our own.
OUTKIT_DECL std::optional<boost::json::value> parse_json(std::string_view text, json_limits const& limits,
                                                         boost::json::storage_ptr storage, json_problem& problem,
                                                         std::string& what);

// A document that decides about trust: an object with unique names; nothing otherwise.
OUTKIT_DECL std::optional<boost::json::object> parse_strict_object(std::string_view text,
                                                                   json_problem* problem = nullptr);

// A string member; nullopt when it is missing or something else.
OUTKIT_DECL std::optional<std::string_view> string_member(boost::json::object const& o, std::string_view name);

// A number without fraction; also as a double, as some writers make it. Within 2^53, where doubles are exact.
OUTKIT_DECL std::optional<std::int64_t> whole_number(boost::json::value const& v);

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/json.ipp>
#endif

#endif
