#ifndef OUTKIT_GRAPH_DETAIL_DATE_TIME_HPP
#define OUTKIT_GRAPH_DETAIL_DATE_TIME_HPP

#include <outkit/graph/types.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::graph::detail {

// 2026-11-23T09:58:11Z. Reading also takes a fraction of a second, cut off, and an offset from UTC; years 1 to 9999.
OUTKIT_DECL std::string format(date_time t);
OUTKIT_DECL std::optional<date_time> parse_date_time(std::string_view text);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/date_time.ipp>
#endif

#endif
