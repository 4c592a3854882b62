#ifndef OUTKIT_MOCK_GRAPH_EXPAND_IPP
#define OUTKIT_MOCK_GRAPH_EXPAND_IPP

#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {

namespace graph_detail {

// id eq 'String 0x0070' or id eq '…'; nothing for anything else
inline std::optional<std::vector<std::string>> ids_of(std::string_view filter)
{
    std::vector<std::string> out;
    for (;;)
    {
        filter = http::detail::without_blanks(filter);
        std::string const head = odata::lowered(filter.substr(0, 6));
        std::size_t const open = filter.find('\''), end = open == filter.npos ? open : filter.find('\'', open + 1);
        if (!head.starts_with("id eq") || end == filter.npos ||
            http::detail::without_blanks(filter.substr(5, open - 5)) != "")
            return std::nullopt;
        out.emplace_back(filter.substr(open + 1, end - open - 1));
        filter = http::detail::without_blanks(filter.substr(end + 1));
        if (filter.empty())
            return out;
        if (odata::lowered(filter.substr(0, 3)) != "or " || out.size() >= 64)
            return std::nullopt;
        filter.remove_prefix(3);
    }
}

}  // namespace graph_detail

// documented: user-list-messages.md, singlevaluelegacyextendedproperty-get.md
OUTKIT_INLINE std::optional<http::response> graph::exchange::read_expand(expansion& out)
{
    std::string const* const text = query.find("$expand");
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (!rest.empty())
    {
        std::string_view const item = graph_detail::take_item(rest, ',');
        std::size_t const open = std::min(item.find('('), item.size());
        std::string_view const name = http::detail::without_blanks(item.substr(0, open));
        std::string_view inner = item.substr(open);
        if (inner.size() >= 2 && inner.back() == ')')
            inner = inner.substr(1, inner.size() - 2);
        std::string_view select, filter;
        while (!inner.empty())
        {
            std::string_view const option = graph_detail::take_item(inner, ';');
            std::size_t const equals = std::min(option.find('='), option.size());
            std::string_view const value = option.substr(std::min(equals + 1, option.size()));
            if (same_name(option.substr(0, equals), "$select"))
                select = value;
            else if (same_name(option.substr(0, equals), "$filter"))
                filter = value;
        }
        if (same_name(name, "attachments"))
        {
            out.attachments = true;
            if (auto refused = select_of_attachments(select, out.of_attachments))
                return refused;
        }
        else if (same_name(name, "singleValueExtendedProperties"))
        {
            auto ids = graph_detail::ids_of(filter);
            if (!ids)  // the text is [inferred]
                return refuse(400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.",
                              false);
            out.extended = std::move(*ids);
        }
        else if (!same_name(name, "extensions") && !same_name(name, "multiValueExtendedProperties"))
            return refuse(400, "BadRequest",
                          "Parsing OData Select and Expand failed: Could not find a property named '" +
                              std::string(name.substr(0, 128)) + "' on type 'microsoft.graph.message'.");
    }
    return std::nullopt;
}

// The members that $expand adds, each with a comma before it.
OUTKIT_INLINE std::string graph::exchange::expanded(message const& m, expansion const& e)
{
    using outkit::graph::detail::json_string;
    std::string out;
    std::string const& id = prefer.view.immutable_ids ? m.immutable_id : m.id;
    std::string const base = user_key() + "/messages('" + graph_detail::quoted_key(id) + "')/";
    std::string list;
    for (std::string const& asked : e.extended)
        if (auto const value = odata::extended_value(m, asked))
            list += (list.empty() ? "{\"id\":" : ",{\"id\":") + json_string(asked) +
                    ",\"value\":" + json_string(*value) + '}';
    if (!list.empty())
        out += ",\"singleValueExtendedProperties@odata.context\":" +
               json_string(context(base + "singleValueExtendedProperties")) + ",\"singleValueExtendedProperties\":[" +
               list + ']';
    if (e.attachments)
        out += ",\"attachments@odata.context\":" + json_string(context(base + "attachments")) + ",\"attachments\":[" +
               attachments_json(m, e.of_attachments) + ']';
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
