#ifndef OUTKIT_GRAPH_TYPES_IPP
#define OUTKIT_GRAPH_TYPES_IPP

#include <outkit/graph/types.hpp>

namespace outkit::inline OUTKIT_ABI::graph {

OUTKIT_DEF std::string odata_quoted(std::string_view text)
{
    std::string out = "'";
    for (char const c : text)
        out.append(c == '\'' ? 2 : 1, c);
    return out += '\'';
}

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
