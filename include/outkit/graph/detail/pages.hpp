#ifndef OUTKIT_GRAPH_DETAIL_PAGES_HPP
#define OUTKIT_GRAPH_DETAIL_PAGES_HPP

#include <outkit/graph/detail/call.hpp>

// Listings, a page at a time.

namespace outkit::inline OUTKIT_ABI::graph::detail {

// A page's next link is checked when the page is read, so that nobody keeps a bad one, and again when it is followed.
template <class T>
flow<page<T>> get_page(session& s, std::string target, std::size_t number,
                       parsed<page<T>> (*parse)(std::string_view, limits const&))
{
    call c;
    c.target = target;
    http::response const answer = co_await perform_json(s, std::move(c));
    auto parsed = parse(answer.body, s.config.limits);
    page<T> result = co_await checked(std::move(parsed));
    result.number = number;
    if (!result.next_link.empty())
    {
        http::url next;
        if (error_code const ec = check_link(result.next_link, s, next))
            co_await outkit::detail::refuse(ec, "@odata.nextLink");
        if (next.target == target)
            co_await outkit::detail::refuse(error::page_loop);
    }
    co_return result;
}

template <class T>
flow<page<T>> next_page(session& s, page<T> after, parsed<page<T>> (*parse)(std::string_view, limits const&))
{
    s.last = {};
    http::url to;
    if (after.next_link.empty())
        co_await outkit::detail::refuse(error::invalid_query, "there is no next page");
    if (error_code const ec = check_link(after.next_link, s, to))
        co_await outkit::detail::refuse(ec, "@odata.nextLink");
    if (after.number >= s.config.limits.pages)
        co_await outkit::detail::refuse(error::limit_exceeded, "pages");
    co_return co_await get_page(s, std::move(to.target), after.number + 1, parse);
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
