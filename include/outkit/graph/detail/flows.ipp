#ifndef OUTKIT_GRAPH_DETAIL_FLOWS_IPP
#define OUTKIT_GRAPH_DETAIL_FLOWS_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/flows.hpp>
#include <outkit/graph/detail/pages.hpp>
#include <outkit/graph/detail/query.hpp>

namespace outkit::inline OUTKIT_ABI::graph::detail {

using outkit::detail::refuse;

OUTKIT_DEF flow<user> get_me(session& s)
{
    call c;
    c.target = mailbox_path(s.config);
    co_return co_await perform_for<user>(s, std::move(c), parse_user);
}

OUTKIT_DEF flow<mail_folder> get_folder(session& s, std::string id)
{
    if (!is_segment(id))
        co_await refuse(error::invalid_query, "folder");
    call c;
    c.target = mailbox_path(s.config) + "/mailFolders/" + percent_encoded(id);
    co_return co_await perform_for<mail_folder>(s, std::move(c), parse_folder);
}

OUTKIT_DEF flow<page<mail_folder>> list_folders(session& s, folder_query q)
{
    std::string target = mailbox_path(s.config) + "/mailFolders";
    if (!q.parent.empty())
    {
        if (!is_segment(q.parent))
            co_await refuse(error::invalid_query, "parent");
        target += "/" + percent_encoded(q.parent) + "/childFolders";
    }
    if (q.top > 1000)
        co_await refuse(error::invalid_query, "top");
    query_builder query;
    if (q.include_hidden)
        query.add("includeHiddenFolders", "true");
    if (q.top)
        query.add("$top", std::to_string(q.top));
    target += query.text();
    co_return co_await get_page<mail_folder>(s, std::move(target), 1, parse_folders);
}

OUTKIT_DEF flow<page<mail_folder>> next_folders(session& s, page<mail_folder> after)
{
    return next_page<mail_folder>(s, std::move(after), parse_folders);
}

// The quotation marks are part of the value (documented: search-query-parameter.md).
OUTKIT_DECL std::string search_quoted(std::string_view kql)
{
    std::string text = "\"";
    for (char const c : kql)
    {
        if (c == '"' || c == '\\')
            text += '\\';
        text += c;
    }
    return text + '"';
}

OUTKIT_DEF flow<page<message>> list_messages(session& s, message_query q)
{
    std::string target = mailbox_path(s.config);
    if (!q.folder.empty())
    {
        if (!is_segment(q.folder))
            co_await refuse(error::invalid_query, "folder");
        target += "/mailFolders/" + percent_encoded(q.folder);
    }
    target += "/messages";
    if (query_verdict verdict = check(q); verdict.ec)
        co_await refuse(verdict.ec, std::move(verdict.why));
    query_builder query;
    if (!q.search.empty())
        query.add("$search", search_quoted(q.search));
    if (q.count)
        query.add("$count", "true");
    if (q.top)
        query.add("$top", std::to_string(q.top));
    if (q.skip)
        query.add("$skip", std::to_string(q.skip));
    if (!q.filter.empty())
        query.add("$filter", q.filter);
    if (!q.order_by.empty())
        query.add("$orderby", q.order_by);
    if (!q.select.empty())
        query.add_list("$select", q.select);
    if (std::string const expand = text_of(q.expand); !expand.empty())
        query.add("$expand", expand);
    target += query.text();
    co_return co_await get_page<message>(s, std::move(target), 1, parse_messages);
}

OUTKIT_DEF flow<page<message>> next_messages(session& s, page<message> after)
{
    return next_page<message>(s, std::move(after), parse_messages);
}

OUTKIT_DEF flow<message> get_message(session& s, std::string id, std::vector<std::string> select)
{
    message_expansion nothing;
    return get_message(s, std::move(id), std::move(select), std::move(nothing));
}

OUTKIT_DEF flow<message> get_message(session& s, std::string id, std::vector<std::string> select, message_expansion e)
{
    if (!is_segment(id))
        co_await refuse(error::invalid_query, "id");
    if (query_verdict verdict = check(e); verdict.ec)
        co_await refuse(verdict.ec, std::move(verdict.why));
    query_builder query;
    if (!select.empty())
        query.add_list("$select", select);
    if (std::string const expand = text_of(e); !expand.empty())
        query.add("$expand", expand);
    call c;
    c.target = mailbox_path(s.config) + "/messages/" + percent_encoded(id) + query.text();
    co_return co_await perform_for<message>(s, std::move(c), parse_message);
}

OUTKIT_DEF flow<std::uint64_t> get_mime(session& s, std::string id, wire::sink to)
{
    if (!is_segment(id))
        co_await refuse(error::invalid_query, "id");
    std::uint64_t size = 0;
    call c;
    c.target = mailbox_path(s.config) + "/messages/" + percent_encoded(id) + "/$value";
    c.most = s.config.limits.download;
    c.to = [&size, &to](std::string_view part) {
        size += part.size();
        to(part);
    };
    co_await perform(s, std::move(c));
    co_return size;
}

OUTKIT_DEF flow<> send_mail(session& s, outgoing_message m, bool save_to_sent_items)
{
    call c;
    c.method = "POST";
    c.target = mailbox_path(s.config) + "/sendMail";
    c.content_type = "application/json";
    c.body = serialise(m, save_to_sent_items);
    c.repeatable = false;
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<> send_mime(session& s, std::string mime)
{
    call c;
    c.method = "POST";
    c.target = mailbox_path(s.config) + "/sendMail";
    c.content_type = "text/plain";
    c.body = outkit::detail::base64_encode(mime);
    c.repeatable = false;
    co_await perform(s, std::move(c));
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
