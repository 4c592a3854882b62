#ifndef OUTKIT_GRAPH_DETAIL_ATTACHMENT_CODEC_HPP
#define OUTKIT_GRAPH_DETAIL_ATTACHMENT_CODEC_HPP

#include <outkit/graph/attachment.hpp>
#include <outkit/graph/detail/codec.hpp>

// Attachments and upload sessions in Graph's JSON.

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL parsed<attachment> parse_attachment(std::string_view json, limits const& l);
OUTKIT_DECL parsed<page<attachment>> parse_attachments(std::string_view json, limits const& l);
OUTKIT_DECL std::string serialise(file_attachment const& a);

// The service writes its members' names in two ways: `uploadUrl` by Graph, `NextExpectedRanges` by the upload address.
OUTKIT_DECL parsed<upload_session> parse_upload_session(std::string_view json, limits const& l);
// The body of createUploadSession.
OUTKIT_DECL std::string serialise(attached_file const& f, std::uint64_t octets);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/attachment_codec.ipp>
#endif

#endif
