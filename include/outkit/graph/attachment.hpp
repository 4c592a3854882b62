#ifndef OUTKIT_GRAPH_ATTACHMENT_HPP
#define OUTKIT_GRAPH_ATTACHMENT_HPP

#include <outkit/graph/types.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

// Files, messages and links that are attached to a message.

namespace outkit::inline OUTKIT_ABI::graph {

enum class attachment_kind
{
    file,
    item,      // a message, contact or event
    reference  // to a file in the cloud; it has no content of its own
};

/// An attachment as Graph shows it (resource types fileAttachment, itemAttachment, referenceAttachment).
struct attachment
{
    attachment_kind kind = attachment_kind::file;
    std::string id;  // opaque and case-sensitive
    std::optional<date_time> last_modified_date_time;
    std::string name;
    std::string content_type;  // empty for items
    std::uint32_t size = 0;    // octets in the store, more than the content's own
    bool is_inline = false;
    std::string content_id;
    std::string content_location;
    std::optional<std::string> content;  // the octets of a file, where they were asked for
};

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
