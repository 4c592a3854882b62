#ifndef OUTKIT_GRAPH_DETAIL_QUERY_HPP
#define OUTKIT_GRAPH_DETAIL_QUERY_HPP

#include <outkit/graph/error.hpp>
#include <outkit/graph/types.hpp>

#include <string>

// What Graph would refuse of a query, found out before it is asked.

namespace outkit::inline OUTKIT_ABI::graph::detail {

struct query_verdict
{
    error_code ec = {};
    std::string why = {};
};

/* error::invalid_query, search_not_combinable, unknown_property, invalid_filter or inefficient_filter, or none. What the
   documentation does not rule out is left to the service. */
OUTKIT_DECL query_verdict check(message_query const& q);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/query.ipp>
#endif

#endif
