#ifndef OUTKIT_GRAPH_DETAIL_QUERY_IPP
#define OUTKIT_GRAPH_DETAIL_QUERY_IPP

#include <outkit/detail/utf8.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/graph/detail/query.hpp>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DEF std::vector<std::string_view> properties_in(std::string_view filter)
{
    static constexpr std::string_view words[] = {"eq", "ne",  "gt",   "ge",    "lt",   "le", "and",
                                                 "or", "not", "true", "false", "null", "in"};
    std::vector<std::string_view> found;
    auto const is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    auto const is_part = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '/' || c == '.';
    };
    for (std::size_t i = 0; i < filter.size();)
    {
        if (filter[i] == '\'')
        {
            std::size_t const end = filter.find('\'', i + 1);
            i = end == filter.npos ? filter.size() : end + 1;
            continue;
        }
        std::size_t end = i;
        while (end < filter.size() && is_part(filter[end]))
            ++end;
        if (end == i)
        {
            ++i;
            continue;
        }
        std::string_view name = filter.substr(i, end - i);
        bool const called = end < filter.size() && filter[end] == '(';
        i = end;
        if (called && name.find('/') != name.npos)  // categories/any(c:c eq 'x')
        {
            name = name.substr(0, name.rfind('/'));
            int depth = 0;
            bool quoted = false;
            for (; i < filter.size(); ++i)
            {
                quoted = filter[i] == '\'' ? !quoted : quoted;
                if (quoted)
                    continue;
                depth += filter[i] == '(' ? 1 : filter[i] == ')' ? -1 : 0;
                if (depth == 0)
                    break;
            }
        }
        else if (called || !is_letter(name.front()) ||
                 std::find(std::begin(words), std::end(words), name) != std::end(words))
            continue;  // a date, a number, a function
        if (std::find(found.begin(), found.end(), name) == found.end())
            found.push_back(name);
    }
    return found;
}

OUTKIT_DEF std::vector<std::string_view> properties_of(std::string_view order_by)
{
    std::vector<std::string_view> found;
    while (!order_by.empty())
    {
        std::string_view item = order_by.substr(0, order_by.find(','));
        order_by.remove_prefix(std::min(item.size() + 1, order_by.size()));
        item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
        found.push_back(item.substr(0, item.find(' ')));
    }
    return found;
}

OUTKIT_DECL bool is_text(std::string_view text)
{
    return outkit::detail::valid_utf8(text) && text.find('\0') == text.npos;
}

// Names of properties, those of one kind of attachment behind its type's: microsoft.graph.fileAttachment/contentId
OUTKIT_DECL bool is_path(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/' ||
               c == '_';
    });
}

OUTKIT_DEF query_verdict check(message_expansion const& e)
{
    if (!e.attachments && !e.attachment_select.empty())
        return {error::invalid_query, "attachments that are not expanded have no properties"};
    if (!std::all_of(e.attachment_select.begin(), e.attachment_select.end(),
                     [](std::string const& name) { return is_path(name); }))
        return {error::invalid_query, "a property of attachments has letters, digits, points and slashes"};
    for (auto const* const ids : {&e.single_value_properties, &e.multi_value_properties})
        if (!std::all_of(ids->begin(), ids->end(), [](std::string const& id) { return !id.empty() && is_text(id); }))
            return {error::invalid_query, "the id of an extended property is UTF-8 without NUL, and not empty"};
    return {};
}

// attachments($select=id,name),singleValueExtendedProperties($filter=id eq 'String 0x007D' or id eq '…')
OUTKIT_DEF std::string text_of(message_expansion const& e)
{
    std::string out;
    if (e.attachments)
        out = "attachments";
    for (std::string const& name : e.attachment_select)
        (out += out.ends_with("attachments") ? "($select=" : ",") += name;
    out += e.attachment_select.empty() ? "" : ")";
    for (auto const& [name, ids] : {std::pair("singleValueExtendedProperties($filter=", &e.single_value_properties),
                                    std::pair("multiValueExtendedProperties($filter=", &e.multi_value_properties)})
    {
        if (ids->empty())
            continue;
        (out += out.empty() ? "" : ",") += name;
        for (std::string const& id : *ids)
            ((out += out.ends_with('=') ? "" : " or ") += "id eq ") += odata_quoted(id);
        out += ')';
    }
    return out;
}

OUTKIT_DECL std::string_view head_of(std::string_view property) { return property.substr(0, property.find('/')); }

OUTKIT_DEF query_verdict check(message_query const& q)
{
    if (q.top > 1000)
        return {error::invalid_query, "top"};
    for (std::string const* const text : {&q.filter, &q.order_by, &q.search})
        if (!is_text(*text))
            return {error::invalid_query, "a filter, an order or a search is UTF-8 without NUL"};
    if (query_verdict verdict = check(q.expand); verdict.ec)
        return verdict;
    if (!q.search.empty())
        for (auto const& [there, what] :
             {std::pair(!q.filter.empty(), "a filter"), std::pair(!q.order_by.empty(), "an order"),
              std::pair(q.skip != 0, "skip"), std::pair(q.count, "a count")})
            if (there)
                return {error::search_not_combinable, std::string(what) + " besides the search"};
    auto const filtered = properties_in(q.filter);
    auto const ordered = properties_of(q.order_by);
    for (auto const* const list : {&filtered, &ordered})
        for (std::string_view const name : *list)
        {
            std::string_view const head = head_of(name);
            bool const extended = head == "singleValueExtendedProperties" || head == "multiValueExtendedProperties";
            if (!is_message_property(head) && !extended)
                return {error::unknown_property, std::string(name.substr(0, 64))};
        }
    for (std::string_view const name : filtered)  // refused by the service (observed: postalsys/emailengine)
        for (std::string_view const unfit : {"toRecipients", "ccRecipients", "bccRecipients", "internetMessageHeaders"})
            if (head_of(name) == unfit)
                return {error::invalid_filter,
                        std::string(name.substr(0, 64)) + " cannot be filtered by; search instead"};
    // documented: user-list-messages.md, "Using filter and orderby in the same query"
    if (!filtered.empty())
        for (std::size_t i = 0; i < ordered.size(); ++i)
            if (i >= filtered.size() || filtered[i] != ordered[i])
                return {error::inefficient_filter,
                        std::string(ordered[i].substr(0, 64)) +
                            " must be in the filter, before what is not ordered by; for a date \"receivedDateTime gt "
                            "1970-01-01T00:00:00Z and ...\" will do"};
    return {};
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
