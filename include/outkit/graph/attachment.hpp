#ifndef OUTKIT_GRAPH_ATTACHMENT_HPP
#define OUTKIT_GRAPH_ATTACHMENT_HPP

#include <outkit/graph/types.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Files that are to be attached to a message.

namespace outkit::inline OUTKIT_ABI::graph {

/// A file to be attached whose octets are not in memory.
struct attached_file
{
    std::string name;
    std::string content_type = {};
    bool is_inline = false;
    std::string content_id = {};
    /// Told how many octets the service has, after each piece.
    std::function<void(std::uint64_t)> progress = {};
};

/// Where a large attachment is put, piece by piece (resource type uploadSession).
struct upload_session
{
    std::string upload_url;  // opens the door by itself: nobody else is to see it, and it gets no access token
    std::string expiration_date_time;
    std::vector<std::string> next_expected_ranges;  // "0-", "2097152"
};

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
