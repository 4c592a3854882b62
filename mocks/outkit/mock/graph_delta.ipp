#ifndef OUTKIT_MOCK_GRAPH_DELTA_IPP
#define OUTKIT_MOCK_GRAPH_DELTA_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>

#include <algorithm>
#include <functional>

// Delta queries. A round is a list made when it begins; its pages and the round after it are found under tokens, which the
// mock keeps as long as the service's cache might (documented: delta-query-messages.md, delta-query-overview.md).

namespace outkit::inline OUTKIT_ABI::mock {

OUTKIT_INLINE std::string graph::state::keep(cursor c)
{
    c.expires = w.now() + graph_detail::cursor_lifetime;
    while (cursors.size() >= graph_detail::most_cursors)
        cursors.erase(cursors.begin());
    std::uint64_t const number = ++next_cursor;
    // Opaque for clients; unknown ones of this form are old, others were changed by somebody.
    std::string bytes = "\x1b\x07\x01";
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>(number >> shift & 0xff);
    unsigned char salt[7];
    w.random(salt);
    bytes.append(reinterpret_cast<char const*>(salt), sizeof(salt));
    std::string token = detail::base64url_encode(bytes);
    c.token = token;
    cursors.emplace(number, std::move(c));
    return token;
}

OUTKIT_INLINE graph::state::cursor const* graph::state::find_cursor(std::string_view token, bool& ours)
{
    auto const bytes = detail::base64url_decode(token);
    ours = bytes && bytes->size() == 18 && bytes->starts_with("\x1b\x07\x01");
    if (!ours)
        return nullptr;
    std::uint64_t number = 0;
    for (std::size_t i = 3; i < 11; ++i)
        number = number << 8 | static_cast<unsigned char>((*bytes)[i]);
    auto const found = cursors.find(number);
    if (found == cursors.end() || found->second.token != token || found->second.expires <= w.now())
        return nullptr;
    return &found->second;
}

OUTKIT_INLINE http::response graph::exchange::sync_state_gone(std::string const& link, bool ours)
{
    // observed: microsoftgraph/microsoft-graph-docs#2350; the other code: EmailEngine, alcionai/corso
    response r = ours ? refuse(410, "SyncStateNotFound",
                               "The sync state generation is not found; generation=149;[highest=157][157][155][156].")
                      : refuse(410, "SyncStateInvalid", "The sync state is not valid.");
    r.headers.push_back({"Location", link});
    return r;
}

// The cursor that the request's token names, one of a new round, or a refusal.
OUTKIT_INLINE std::optional<http::response> graph::exchange::read_cursor(std::string const& resource,
                                                                         std::string const& link, state::cursor& out)
{
    std::string const* token = query.find("$skiptoken");
    bool const next_page = token != nullptr;
    if (!token)
        token = query.find("$deltatoken");
    if (!token)
    {
        out.resource = resource;
        return std::nullopt;
    }
    bool ours = false;
    state::cursor const* const found = st.find_cursor(*token, ours);
    if (!found || next_page != (found->round != nullptr))
        return sync_state_gone(link, ours);
    if (found->resource != resource)  // observed: source of alcionai/corso
        return refuse(400, "BadRequest", "Parameter 'DeltaToken' not supported for this request");
    out = *found;
    return std::nullopt;
}

// One page of a round as an answer; `write` makes the JSON of an entry, "" for one that has gone since.
OUTKIT_INLINE http::response graph::exchange::delta_page(state::cursor c, std::string const& link, char const* type,
                                                         std::function<std::string(state::entry const&)> const& write)
{
    std::size_t const size =
        prefer.page_size
            ? static_cast<std::size_t>(std::clamp<std::uint64_t>(*prefer.page_size, 1, graph_detail::largest_page))
        : c.page_size ? c.page_size
                      : static_cast<std::size_t>(graph_detail::default_page);
    auto const& entries = *c.round;
    std::string value;
    std::size_t const end = std::min(entries.size(), c.at + size);
    for (; c.at < end; ++c.at)
        if (std::string const text = write(entries[c.at]); !text.empty())
            (value += value.empty() ? "" : ",") += text;
    bool const more = c.at < entries.size();
    if (!more)
    {
        c.round = nullptr;
        c.at = 0;
        c.started = true;
    }
    std::string body =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context("Collection(" + std::string(type) + ")"));
    std::string const token = st.keep(std::move(c));
    body += more ? ",\"@odata.nextLink\":" : ",\"@odata.deltaLink\":";
    body += outkit::graph::detail::json_string(link + (more ? "?$skiptoken=" : "?$deltatoken=") + token);
    response r = json(200, body + ",\"value\":[" + value + "]}");
    if (prefer.page_size)
        r.headers.push_back({"Preference-Applied", "odata.maxpagesize=" + std::to_string(*prefer.page_size)});
    return r;
}

OUTKIT_INLINE http::response graph::exchange::delta_of_messages(folder_ptr const& in, std::string_view asked)
{
    std::string const link = root() + (whose == "me" ? "me" : "users('" + graph_detail::quoted_key(whose) + "')") +
                             "/mailFolders('" + graph_detail::quoted_key(asked) + "')/messages/delta";
    state::cursor c;
    if (auto refused = read_cursor(in->id(), link, c))
        return std::move(*refused);
    bool const first = !query.find("$skiptoken") && !query.find("$deltatoken");
    if (first)
    {
        for (char const* const option : {"$search", "$skip", "$count"})
            if (query.find(option))  // the text is [inferred]
                return refuse(400, "BadRequest",
                              "The following parameters are not supported with change tracking over the 'Messages' "
                              "resource: '" +
                                  std::string(option) + "'.");
        selection chosen;
        if (auto refused = select(outkit::graph::detail::is_message_property, "microsoft.graph.message", chosen))
            return std::move(*refused);
        if (auto refused = read_expand(chosen.expand))
            return std::move(*refused);
        c.select = std::move(chosen.names);
        c.expand = std::move(chosen.expand);
        std::uint64_t top = 0, skip = 0;
        if (auto refused = page(top, skip))
            return std::move(*refused);
        c.page_size = query.find("$top") ? static_cast<std::size_t>(top) : 0;
        // documented: message-delta.md
        std::string const* const order = query.find("$orderby");
        if (order && !same_name(*order, "receivedDateTime desc"))
            return refuse(
                400, "BadRequest",
                "The following parameters are not supported with change tracking over the 'Messages' resource: "
                "'$orderby'.");
        if (std::string const* const text = query.find("$filter"))
        {
            if (auto const bad = c.filter.parse(*text))
                return refuse(bad);
            std::string const lowered = odata::lowered(*text);
            bool const since =
                lowered.starts_with("receiveddatetime ge ") || lowered.starts_with("receiveddatetime gt ");
            if (!since || std::count(lowered.begin(), lowered.end(), ' ') != 2)
                return refuse(400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.",
                              false);
            c.filtered = true;
        }
    }
    if (!c.round)
    {
        if (c.started && c.since < in->removals_since())
            return sync_state_gone(link, true);
        std::vector<state::entry> round;
        for (auto m = in->messages().rbegin(); m != in->messages().rend(); ++m)
            if ((!c.started || (*m)->sequence > c.since) && (!c.filtered || c.filter.matches(**m, *in)))
                round.push_back({(*m)->immutable_id, (*m)->id, false});
        if (c.filtered && round.size() > graph_detail::most_filtered)
            round.resize(graph_detail::most_filtered);
        if (c.started)
            for (removal const& gone : in->removals())
                if (gone.sequence > c.since)
                    round.push_back({gone.immutable_id, gone.id, true});
        c.since = in->mod_sequence();
        c.round = std::make_shared<std::vector<state::entry> const>(std::move(round));
    }

    selection chosen;
    chosen.names = c.select;
    chosen.views.assign(chosen.names.begin(), chosen.names.end());
    chosen.expand = c.expand;
    bool const basic = !has_right(right::read);
    return delta_page(c, link, "message", [&](state::entry const& e) -> std::string {
        std::string const type = "{\"@odata.type\":\"#microsoft.graph.message\"";
        std::string const& id = prefer.view.immutable_ids ? e.key : e.id;
        location const at = box->find_message(e.key);
        if (e.gone)
        {
            if (at && at.where == in)  // it has come back, and is in the list itself
                return {};
            // What is only elsewhere may come back under the same id [inferred].
            char const* const reason = at && prefer.view.immutable_ids ? "changed" : "deleted";
            return type + ",\"id\":" + outkit::graph::detail::json_string(id) + ",\"@removed\":{\"reason\":\"" +
                   reason + "\"}}";
        }
        if (!at || at.where != in)
            return {};  // the next round says so
        // The id comes last here (documented: delta-query-messages.md, samples).
        std::string const text = entity(*at.what, *in, chosen, basic);
        std::string const shown_id = ",\"id\":" + outkit::graph::detail::json_string(id);
        std::size_t const id_at = text.find(shown_id);
        return type + "," + text.substr(1, id_at - 1) +
               text.substr(id_at + shown_id.size(), text.size() - 1 - id_at - shown_id.size()) + shown_id + "}";
    });
}

// All folders, at any depth. What has changed of them is seen by comparing.
OUTKIT_INLINE http::response graph::exchange::delta_of_folders()
{
    std::string const link =
        root() + (whose == "me" ? "me" : "users('" + graph_detail::quoted_key(whose) + "')") + "/mailFolders/delta";
    state::cursor c;
    if (auto refused = read_cursor(box->guid(), link, c))
        return std::move(*refused);
    if (!query.find("$skiptoken") && !query.find("$deltatoken"))
    {
        selection chosen;
        if (auto refused = select(outkit::graph::detail::is_folder_property, "microsoft.graph.mailFolder", chosen))
            return std::move(*refused);
        c.select = std::move(chosen.names);
    }
    std::vector<std::string_view> const views(c.select.begin(), c.select.end());
    if (!c.round)
    {
        std::map<std::string, std::size_t> now;
        std::vector<state::entry> round;
        for (folder_ptr const& f : box->folders())
        {
            if (!f->is_mail())
                continue;
            std::size_t const state = std::hash<std::string>()(outkit::graph::detail::serialise(graph_view(*f), views));
            auto const before = c.folders.find(f->id());
            if (before == c.folders.end() || before->second != state)
                round.push_back({f->id(), f->id(), false});
            now.emplace(f->id(), state);
        }
        for (auto const& [id, state] : c.folders)
            if (!now.contains(id))
                round.push_back({id, id, true});
        c.folders = std::move(now);
        c.round = std::make_shared<std::vector<state::entry> const>(std::move(round));
    }
    return delta_page(c, link, "mailFolder", [&](state::entry const& e) -> std::string {
        std::string const type = "{\"@odata.type\":\"#microsoft.graph.mailFolder\"";
        folder_ptr const f = box->find_folder(e.id);
        if (e.gone || !f)
            return type + ",\"id\":" + outkit::graph::detail::json_string(e.id) +
                   ",\"@removed\":{\"reason\":\"deleted\"}}";
        return type + "," + outkit::graph::detail::serialise(graph_view(*f), views).substr(1);
    });
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
