#ifndef OUTKIT_GRAPH_DETAIL_BATCHES_HPP
#define OUTKIT_GRAPH_DETAIL_BATCHES_HPP

#include <outkit/graph/batch.hpp>
#include <outkit/graph/detail/call.hpp>

// Several requests in one.

namespace outkit::inline OUTKIT_ABI::graph::detail {

// The answers are in the order of the requests. Those that the service puts off are asked again, the others are not.
OUTKIT_DECL flow<std::vector<batch_response>> run_batch(session& s, std::vector<batch_request> requests);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/batches.ipp>
#endif

#endif
