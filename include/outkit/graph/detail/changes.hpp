#ifndef OUTKIT_GRAPH_DETAIL_CHANGES_HPP
#define OUTKIT_GRAPH_DETAIL_CHANGES_HPP

#include <outkit/graph/delta.hpp>
#include <outkit/graph/detail/call.hpp>

// Delta queries: what has changed since a link was handed out.

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL flow<changes<message>> message_changes(session& s, delta_query q);
OUTKIT_DECL flow<changes<mail_folder>> folder_changes(session& s, unsigned page_size);
// From a link of an earlier page: its next_link, or a delta_link that was kept.
OUTKIT_DECL flow<changes<message>> more_message_changes(session& s, changes<message> after);
OUTKIT_DECL flow<changes<mail_folder>> more_folder_changes(session& s, changes<mail_folder> after);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/changes.ipp>
#endif

#endif
