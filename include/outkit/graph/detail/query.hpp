#ifndef OUTKIT_GRAPH_DETAIL_QUERY_HPP
#define OUTKIT_GRAPH_DETAIL_QUERY_HPP

#include <outkit/graph/error.hpp>
#include <outkit/graph/types.hpp>

#include <string>
#include <string_view>
#include <vector>

// What Graph would refuse of a query, found out before it is asked.

namespace outkit::inline OUTKIT_ABI::graph::detail {

// The properties a filter names, in order and each once: isRead, from/emailAddress/address. Literals, operators and
// functions are none, nor is what stands in a lambda's own name.
OUTKIT_DECL std::vector<std::string_view> properties_in(std::string_view filter);
// Those that messages are sorted by.
OUTKIT_DECL std::vector<std::string_view> properties_of(std::string_view order_by);

struct query_verdict
{
    error_code ec = {};
    std::string why = {};
};

/* error::invalid_query, search_not_combinable, unknown_property, invalid_filter or inefficient_filter, or none. What the
   documentation does not rule out is left to the service. */
OUTKIT_DECL query_verdict check(message_query const& q);
OUTKIT_DECL query_verdict check(message_expansion const& e);

// The value of $expand, which has been checked; empty if nothing is expanded.
OUTKIT_DECL std::string text_of(message_expansion const& e);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/query.ipp>
#endif

#endif
