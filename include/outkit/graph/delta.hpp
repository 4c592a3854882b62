#ifndef OUTKIT_GRAPH_DELTA_HPP
#define OUTKIT_GRAPH_DELTA_HPP

#include <outkit/graph/types.hpp>

#include <optional>
#include <string>
#include <vector>

// What has changed in a folder since one has looked last.

namespace outkit::inline OUTKIT_ABI::graph {

/// Which changes to ask for. All of it is fixed by the first call of a series: links carry it on.
struct delta_query
{
    std::string folder = "inbox";                  // id or well-known name; there is no delta of a whole mailbox
    std::vector<std::string> select = {};          // as of message_query
    std::optional<date_time> received_since = {};  // then 5,000 messages at most
    unsigned page_size = 0;                        // 1 to 1000; 0: the service decides (10)
};

/// Something that is not in the folder any more.
struct removed_item
{
    std::string id;
    bool may_return = false;  // reason "changed": it may be there again some time
};

/** A page of changes. The last page of a series has a `delta_link`; whoever keeps it, in a file say, can ask for what
    comes after it, as long as the service remembers (then: error::sync_state_not_found, start again from nothing).

    The same item may come twice, and pages may be empty while there are more.
*/
template <class T>
struct changes
{
    std::vector<T> value;  // new or changed, with all that was selected
    std::vector<removed_item> removed;
    std::string next_link;   // the series goes on; opaque
    std::string delta_link;  // the series is over; opaque
    std::size_t number = 1;  // of this page
    unsigned page_size = 0;  // as it was asked for
};

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
