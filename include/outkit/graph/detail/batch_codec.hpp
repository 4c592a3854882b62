#ifndef OUTKIT_GRAPH_DETAIL_BATCH_CODEC_HPP
#define OUTKIT_GRAPH_DETAIL_BATCH_CODEC_HPP

#include <outkit/graph/batch.hpp>
#include <outkit/graph/detail/codec.hpp>

// Batches in Graph's JSON.

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL std::string serialise(std::vector<batch_request> const& requests);
OUTKIT_DECL bool is_json(std::string_view text);
// With `ec` and `problem` of those that failed.
OUTKIT_DECL parsed<std::vector<batch_response>> parse_batch(std::string_view json, limits const& l);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/batch_codec.ipp>
#endif

#endif
