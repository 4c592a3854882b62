#ifndef OUTKIT_GRAPH_DETAIL_CHANGES_IPP
#define OUTKIT_GRAPH_DETAIL_CHANGES_IPP

#include <outkit/graph/detail/changes.hpp>

namespace outkit::inline OUTKIT_ABI::graph::detail {

using outkit::detail::refuse;

template <class T>
flow<changes<T>> get_changes(session& s, std::string target, std::size_t number, unsigned page_size,
                             parsed<changes<T>> (*parse)(std::string_view, limits const&))
{
    call c;
    c.target = target;
    if (page_size)  // not part of the links (documented: delta-query-messages.md)
        c.prefer = "odata.maxpagesize=" + std::to_string(page_size);
    changes<T> result = co_await perform_for<changes<T>>(s, std::move(c), parse);
    result.number = number;
    result.page_size = page_size;
    bool const over = result.next_link.empty();
    std::string const& link = over ? result.delta_link : result.next_link;
    http::url next;
    if (error_code const ec = check_link(link, s, next))
        co_await refuse(ec, "a link of the answer");
    if (!over && next.target == target)
        co_await refuse(error::page_loop);
    co_return result;
}

template <class T>
flow<changes<T>> more_changes(session& s, changes<T> after,
                              parsed<changes<T>> (*parse)(std::string_view, limits const&))
{
    s.last = {};
    bool const over = after.next_link.empty();
    std::string const& link = over ? after.delta_link : after.next_link;
    co_await demand(!link.empty(), "there is no link to go on from");
    http::url to;
    if (error_code const ec = check_link(link, s, to))
        co_await refuse(ec, "the link");
    if (!over && after.number >= s.config.limits.pages)
        co_await refuse(error::limit_exceeded, "pages");
    std::size_t const number = over ? 1 : after.number + 1;
    co_return co_await get_changes<T>(s, std::move(to.target), number, after.page_size, parse);
}

OUTKIT_DEF flow<changes<message>> message_changes(session& s, delta_query q)
{
    co_await demand(is_segment(q.folder), "folder");
    co_await demand(q.page_size <= 1000, "page_size");
    query_builder query;
    if (!q.select.empty())
        query.add_list("$select", q.select);
    if (q.received_since)
        query.add("$filter", "receivedDateTime ge " + format(*q.received_since));
    std::string target =
        mailbox_path(s.config) + "/mailFolders/" + percent_encoded(q.folder) + "/messages/delta" + query.text();
    co_return co_await get_changes<message>(s, std::move(target), 1, q.page_size, parse_message_changes);
}

OUTKIT_DEF flow<changes<mail_folder>> folder_changes(session& s, unsigned page_size)
{
    co_await demand(page_size <= 1000, "page_size");
    std::string target = mailbox_path(s.config) + "/mailFolders/delta";
    co_return co_await get_changes<mail_folder>(s, std::move(target), 1, page_size, parse_folder_changes);
}

OUTKIT_DEF flow<changes<message>> more_message_changes(session& s, changes<message> after)
{
    return more_changes<message>(s, std::move(after), parse_message_changes);
}

OUTKIT_DEF flow<changes<mail_folder>> more_folder_changes(session& s, changes<mail_folder> after)
{
    return more_changes<mail_folder>(s, std::move(after), parse_folder_changes);
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
