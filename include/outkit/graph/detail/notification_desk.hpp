#ifndef OUTKIT_GRAPH_DETAIL_NOTIFICATION_DESK_HPP
#define OUTKIT_GRAPH_DETAIL_NOTIFICATION_DESK_HPP

#include <outkit/graph/subscription.hpp>
#include <outkit/http/message.hpp>
#include <outkit/secret.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// What is answered to whoever speaks to a notification URL, and what is made of it. No I/O.

namespace outkit::inline OUTKIT_ABI::graph::detail {

struct desk_rules
{
    std::string path = "/";
    std::vector<secret> client_states = {};  // one of them must come along
    std::size_t most_waiting = 1000;
    std::size_t remembered = 1000;
    graph::limits limits = {};
};

class notification_desk
{
public:
    explicit notification_desk(desk_rules r) : rules_(std::move(r)) {}

    // The answer; what is good of the request waits then.
    OUTKIT_DECL http::response answer(http::request const& r);

    OUTKIT_DECL std::optional<notification> next();
    // Notifications that did not bring our secret along, and those that came before.
    std::uint64_t foreign() const { return foreign_; }
    std::uint64_t repeated() const { return repeated_; }

private:
    OUTKIT_DECL bool is_ours(notification const& n) const;
    OUTKIT_DECL bool came_before(notification const& n) const;
    OUTKIT_DECL static std::string key_of(notification const& n);

    desk_rules rules_;
    std::deque<notification> waiting_;
    std::set<std::string> known_;     // keys of the last ones
    std::deque<std::string> oldest_;  // the same, in their order
    std::uint64_t foreign_ = 0;
    std::uint64_t repeated_ = 0;
};

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/notification_desk.ipp>
#endif

#endif
