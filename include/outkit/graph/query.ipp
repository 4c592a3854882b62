#ifndef OUTKIT_GRAPH_QUERY_IPP
#define OUTKIT_GRAPH_QUERY_IPP

#include <outkit/graph/detail/date_time.hpp>
#include <outkit/graph/detail/query.hpp>
#include <outkit/graph/query.hpp>

#include <algorithm>
#include <vector>

namespace outkit::inline OUTKIT_ABI::graph {

OUTKIT_DEF std::string filter::enclosed() const { return loose_ ? '(' + text_ + ')' : text_; }

OUTKIT_DEF filter filter::both(filter const& a, filter const& b)
{
    return filter(a.enclosed() + " and " + b.enclosed(), false);
}
OUTKIT_DEF filter filter::either(filter const& a, filter const& b)
{
    return filter(a.enclosed() + " or " + b.enclosed(), true);
}
OUTKIT_DEF filter filter::negation(filter const& a) { return filter("not (" + a.text_ + ')', false); }

OUTKIT_DEF filter date_property::operator==(date_time t) const { return is(" eq ", detail::format(t)); }
OUTKIT_DEF filter date_property::operator<(date_time t) const { return is(" lt ", detail::format(t)); }
OUTKIT_DEF filter date_property::operator<=(date_time t) const { return is(" le ", detail::format(t)); }
OUTKIT_DEF filter date_property::operator>(date_time t) const { return is(" gt ", detail::format(t)); }
OUTKIT_DEF filter date_property::operator>=(date_time t) const { return is(" ge ", detail::format(t)); }

OUTKIT_DEF filter importance_property::operator==(graph::importance value) const
{
    return is(" eq ", value == graph::importance::low      ? "'low'"
                      : value == graph::importance::normal ? "'normal'"
                                                           : "'high'");
}
OUTKIT_DEF filter flag_status_property::operator==(flag_status value) const
{
    return is(" eq ", value == flag_status::flagged    ? "'flagged'"
                      : value == flag_status::complete ? "'complete'"
                                                       : "'notFlagged'");
}

// observed: postalsys/emailengine sends receivedDateTime gt 1970-01-01T00:00:00.000Z in front of what it filters by
OUTKIT_DEF filter sorted_by(ordering const& by, filter const& what)
{
    auto const ordered = detail::properties_of(by.text());
    auto const filtered = detail::properties_in(what.text());
    if (filtered.size() >= ordered.size() && std::equal(ordered.begin(), ordered.end(), filtered.begin()))
        return what;
    std::string front;
    for (std::string_view const name : ordered)
    {
        if (!name.ends_with("DateTime"))
            return what;
        front.append(front.empty() ? "" : " and ").append(name).append(" ge 1970-01-01T00:00:00Z");
    }
    return filter(front + " and (" + what.text() + ')');
}

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
