#ifndef OUTKIT_MOCK_GRAPH_SEARCH_HPP
#define OUTKIT_MOCK_GRAPH_SEARCH_HPP

#include <outkit/mock/odata.hpp>

#include <string>
#include <string_view>
#include <vector>

// $search: the part of the Keyword Query Language that Graph's pages show for mail (documented:
// search-query-parameter.md in microsoftgraph/microsoft-graph-docs-contrib).

namespace outkit::inline OUTKIT_ABI::mock::odata {

class search
{
public:
    /// The value of $search, with the double quotes around it.
    refusal parse(std::string_view text);
    bool matches(message const& m) const;

private:
    friend class search_parser;
    enum class kind : std::uint8_t
    {
        all,  // of first and second
        any,
        none,  // not first
        words  // somewhere in the property, compared without regard to case
    };
    enum class comparison : std::uint8_t
    {
        is,
        greater,
        greater_or_same,
        less,
        less_or_same
    };
    struct node
    {
        kind what = kind::words;
        std::string property;  // lower case; empty: sender, subject and body
        comparison how = comparison::is;
        std::string text;  // lower case
        std::uint32_t first = 0, second = 0;
    };
    bool holds(std::uint32_t at, message const& m) const;
    static bool holds(node const& n, message const& m);
    std::vector<node> nodes_;
    std::uint32_t root_ = 0;
};

}  // namespace outkit::inline OUTKIT_ABI::mock::odata

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/graph_search.ipp>
#endif

#endif
