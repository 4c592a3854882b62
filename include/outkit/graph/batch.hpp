#ifndef OUTKIT_GRAPH_BATCH_HPP
#define OUTKIT_GRAPH_BATCH_HPP

#include <outkit/graph/types.hpp>

#include <string>
#include <vector>

// Several requests in one (documented: json-batching.md).

namespace outkit::inline OUTKIT_ABI::graph {

/// How many requests the service takes in one.
inline constexpr std::size_t most_in_a_batch = 20;

/// One of the requests of a batch.
struct batch_request
{
    std::string id;  // any text, another one for each
    std::string method = "GET";
    std::string path;           // below the version, such as "/me/messages/AAMk%3D/move", percent-encoded
    http::fields headers = {};  // Prefer, say: what the batch as a whole prefers does not count
    std::string body = {};      // JSON, or nothing
    /// Not before these, and not if one of them fails (then its status is 424). Either nobody waits, or each for the one
    /// before it, or all for the same one: other patterns the service refuses.
    std::vector<std::string> depends_on = {};
};

/// The answer to one of them. `status` decides: a batch succeeds even if nothing in it does. 0: the service gave none, or
/// more than one, and `ec` is error::outcome_unknown, or error::response_malformed where nothing was to be changed.
struct batch_response
{
    std::string id;
    unsigned status = 0;
    http::fields headers;
    std::string body;        // JSON; what is no JSON is base64 in a JSON string; empty if there is none
    error_code ec;           // of a status from 400 on, as a call of its own would have it
    graph::problem problem;  // the same
};

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
