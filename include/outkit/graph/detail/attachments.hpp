#ifndef OUTKIT_GRAPH_DETAIL_ATTACHMENTS_HPP
#define OUTKIT_GRAPH_DETAIL_ATTACHMENTS_HPP

#include <outkit/graph/attachment.hpp>
#include <outkit/graph/detail/call.hpp>
#include <outkit/octet_source.hpp>

// Attachments: reading them, and putting small and large ones to a message.

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL flow<page<attachment>> list_attachments(session& s, std::string message_id,
                                                    std::vector<std::string> select);
OUTKIT_DECL flow<attachment> get_attachment(session& s, std::string message_id, std::string id);
// Returns the number of octets given to the sink.
OUTKIT_DECL flow<std::uint64_t> get_attachment_content(session& s, std::string message_id, std::string id,
                                                       wire::sink to);
OUTKIT_DECL flow<attachment> add_attachment(session& s, std::string message_id, file_attachment a);
OUTKIT_DECL flow<> delete_attachment(session& s, std::string message_id, std::string id);
// By one request or by an upload session, as its size demands. Returns the attachment's id.
OUTKIT_DECL flow<std::string> attach_file(session& s, std::string message_id, attached_file f, octet_source from);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/attachments.ipp>
#endif

#endif
