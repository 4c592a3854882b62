#ifndef OUTKIT_GRAPH_DETAIL_SUBSCRIPTIONS_HPP
#define OUTKIT_GRAPH_DETAIL_SUBSCRIPTIONS_HPP

#include <outkit/graph/detail/call.hpp>
#include <outkit/graph/subscription.hpp>

// Making subscriptions, and keeping them.

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL flow<subscription> create_subscription(session& s, subscription_request r);
OUTKIT_DECL flow<page<subscription>> list_subscriptions(session& s);
OUTKIT_DECL flow<page<subscription>> next_subscriptions(session& s, page<subscription> after);
OUTKIT_DECL flow<subscription> get_subscription(session& s, std::string id);
OUTKIT_DECL flow<subscription> renew_subscription(session& s, std::string id, date_time until);
OUTKIT_DECL flow<> reauthorize_subscription(session& s, std::string id);
OUTKIT_DECL flow<> delete_subscription(session& s, std::string id);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/subscriptions.ipp>
#endif

#endif
