#ifndef OUTKIT_MOCK_GRAPH_MESSAGES_IPP
#define OUTKIT_MOCK_GRAPH_MESSAGES_IPP

#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_search.hpp>
#include <outkit/mock/graph_state.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {

OUTKIT_INLINE http::response graph::exchange::messages(folder_ptr const& in, std::string_view asked, segments s)
{
    if (s.empty() && method("POST"))
        return create_message(in ? *in : *box->find(role::drafts));
    if (s.empty())
        return method("GET") ? list_messages(in, asked, false) : no_method();
    if (s[0] == "$count" && s.size() == 1)
        return method("GET") ? list_messages(in, asked, true) : no_method();
    if (in && same_name(s[0], "delta") && s.size() == 1)  // of one folder only
        return method("GET") ? delta_of_messages(in, asked) : no_method();
    return one_message(in, s[0], s.subspan(1));
}

OUTKIT_INLINE std::shared_ptr<std::string const> graph::state::render(message const& m, folder const& in,
                                                                      view_options const& o)
{
    // The id changes when the message is moved, so the key has the folder in it.
    std::string key = m.id;
    key += o.immutable_ids ? 'i' : 'r';
    key += o.body == outkit::graph::body_type::text ? 't' : 'h';
    key += o.unsafe_html ? 'u' : 's';
    auto const found = cache.find(key);
    if (found != cache.end() && found->second.change_key == m.change_key)
        return found->second.text;
    auto text = std::make_shared<std::string const>(outkit::graph::detail::serialise(graph_view(m, in, o)));
    if (found != cache.end())
        cached_octets -= found->second.text->size();
    else if (cache.size() >= graph_detail::most_rendered || cached_octets > graph_detail::most_rendered_octets)
    {
        cache.clear();
        cached_octets = 0;
    }
    cached_octets += text->size();
    cache.insert_or_assign(std::move(key), rendered{m.change_key, text});
    return text;
}

// One message's JSON with what the permission allows of it (documented: permissions-reference.md, Mail.ReadBasic).
OUTKIT_INLINE std::string graph::exchange::entity(message const& m, folder const& in, selection const& chosen,
                                                  bool basic)
{
    // Those who see the basics only see no attachments and extended properties, either.
    if (chosen.expand && !basic)
    {
        selection plain = chosen;
        plain.expand = {};
        std::string text = entity(m, in, plain, basic);
        return text.insert(text.size() - 1, expanded(m, chosen.expand));
    }
    if (chosen.names.empty() && !basic)
        return *st.render(m, in, prefer.view);
    auto const is_hidden = [](std::string_view name) {
        return name == "body" || name == "bodyPreview" || name == "uniqueBody";
    };
    view_options o = prefer.view;
    o.headers = std::find(chosen.names.begin(), chosen.names.end(), "internetMessageHeaders") != chosen.names.end();
    std::vector<std::string_view> names;
    static constexpr std::string_view defaults[] = {"createdDateTime",
                                                    "lastModifiedDateTime",
                                                    "changeKey",
                                                    "categories",
                                                    "receivedDateTime",
                                                    "sentDateTime",
                                                    "hasAttachments",
                                                    "internetMessageId",
                                                    "subject",
                                                    "importance",
                                                    "parentFolderId",
                                                    "conversationId",
                                                    "conversationIndex",
                                                    "isDeliveryReceiptRequested",
                                                    "isReadReceiptRequested",
                                                    "isRead",
                                                    "isDraft",
                                                    "webLink",
                                                    "inferenceClassification",
                                                    "sender",
                                                    "from",
                                                    "toRecipients",
                                                    "ccRecipients",
                                                    "bccRecipients",
                                                    "replyTo",
                                                    "flag"};
    if (chosen.names.empty())
        names.assign(std::begin(defaults), std::end(defaults));
    else
        std::copy_if(chosen.views.begin(), chosen.views.end(), std::back_inserter(names),
                     [&](std::string_view n) { return !basic || !is_hidden(n); });
    if (names.empty())
        names.push_back("id");
    return outkit::graph::detail::serialise(graph_view(m, in, o), names);
}

OUTKIT_INLINE http::response graph::exchange::list_messages(folder_ptr const& in, std::string_view asked,
                                                            bool only_count)
{
    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_message_property, "microsoft.graph.message", chosen))
        return std::move(*refused);
    if (auto refused = read_expand(chosen.expand))
        return std::move(*refused);
    std::uint64_t top = 0, skip = 0;
    if (auto refused = page(top, skip))
        return std::move(*refused);
    odata::filter wanted;
    std::string const* const filter_text = query.find("$filter");
    std::string const* const order_text = query.find("$orderby");
    std::string const* const search_text = query.find("$search");
    if (search_text && !only_count)
    {
        if (order_text)  // observed: visionik/mogcli#11
            return refuse(400, "SearchWithOrderBy", "The query parameter '$orderBy' is not supported with '$search'.");
        if (filter_text)  // [inferred] from the former
            return refuse(400, "SearchWithFilter", "The query parameter '$filter' is not supported with '$search'.");
        return search_messages(in, asked, *search_text, chosen, static_cast<std::size_t>(top));
    }
    if (filter_text)
        if (auto const refused = wanted.parse(*filter_text))
            return refuse(refused);
    std::vector<odata::order> by;
    if (order_text)
    {
        if (auto const refused = odata::parse_order(*order_text, by))
            return refuse(refused);
        if (filter_text)
            if (auto const refused = odata::check_order(wanted, by))
                return refuse(refused);
    }
    if (by.empty())
        by.push_back({odata::property::received, true});

    struct item
    {
        message const* what;
        folder const* where;
        std::size_t place;  // what is equal stays in the order it was found in
    };
    std::vector<item> found;
    auto const collect = [&](folder const& f) {
        for (auto m = f.messages().rbegin(); m != f.messages().rend(); ++m)  // the newest are the last ones
            if (!filter_text || wanted.matches(**m, f))
                found.push_back({m->get(), &f, found.size()});
    };
    if (in)
        collect(*in);
    else
        for (folder_ptr const& f : box->folders())
            if (f->is_mail())
                collect(*f);
    if (only_count)
    {
        response r;
        r.headers.push_back({"Content-Type", "text/plain"});
        r.body = std::to_string(found.size());
        return r;
    }
    bool const usual = by.size() == 1 && by[0].by == odata::property::received && by[0].descending;
    auto const before = [&](item const& a, item const& b) {
        if (usual)
        {
            auto const x = odata::seconds(a.what->internal_date), y = odata::seconds(b.what->internal_date);
            return x != y ? x > y : a.place < b.place;
        }
        if (odata::comes_before(by, *a.what, *a.where, *b.what, *b.where))
            return true;
        return a.place < b.place && !odata::comes_before(by, *b.what, *b.where, *a.what, *a.where);
    };
    if (!std::is_sorted(found.begin(), found.end(), before))
        std::sort(found.begin(), found.end(), before);

    bool const basic = !has_right(right::read);
    std::string of = user_key();
    if (in)
        of += "/mailFolders('" + graph_detail::quoted_key(asked) + "')";
    std::string body =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context(of + "/messages" + chosen.in_context));
    if (std::string const* const count = query.find("$count"); count && same_name(*count, "true"))
        body += ",\"@odata.count\":" + std::to_string(found.size());
    if (skip + top < found.size())
        body += ",\"@odata.nextLink\":" +
                outkit::graph::detail::json_string("https://" + host + path + query.with_skip(skip + top));
    body += ",\"value\":[";
    found.erase(found.begin(),
                found.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(skip, found.size())));
    found.resize(std::min<std::uint64_t>(top, found.size()));
    if (chosen.names.empty() && !basic && !chosen.expand)
    {
        // The kept texts, joined in one allocation.
        std::vector<std::shared_ptr<std::string const>> texts;
        std::size_t size = body.size() + 2;
        for (item const& i : found)
            size += texts.emplace_back(st.render(*i.what, *i.where, prefer.view))->size() + 1;
        body.reserve(size);
        for (auto const& text : texts)
            (body += &text == &texts.front() ? "" : ",") += *text;
    }
    else
        for (item const& i : found)
        {
            body += &i == &found.front() ? "" : ",";
            body += entity(*i.what, *i.where, chosen, basic);
        }
    body += "]}";
    return json(200, std::move(body));
}

// documented: search-query-parameter.md: 250 messages at most, the last sent first; the next page is behind a $skiptoken
OUTKIT_INLINE http::response graph::exchange::search_messages(folder_ptr const& in, std::string_view asked,
                                                              std::string const& text, selection const& chosen,
                                                              std::size_t top)
{
    if (!has_right(right::read))  // documented: permissions-reference.md, Mail.ReadBasic
        return refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
    std::string const resource = "search " + (in ? in->id() : box->guid());
    state::cursor c;
    if (std::string const* const token = query.find("$skiptoken"))
    {
        bool ours = false;
        state::cursor const* const found = st.find_cursor(*token, ours);
        if (!found || found->resource != resource)  // the code observed: EmailEngine; the text is [inferred]
            return refuse(400, "ErrorExecuteSearchStaleData", "The search results are stale.", false);
        c = *found;
    }
    else
    {
        odata::search wanted;
        if (auto const bad = wanted.parse(text))
            return refuse(bad);
        std::vector<std::pair<std::int64_t, message const*>> found;
        auto const collect = [&](folder const& f) {
            for (message_ptr const& m : f.messages())
                if (wanted.matches(*m))
                    found.emplace_back(odata::sent_seconds(*m), m.get());
        };
        if (in)
            collect(*in);
        else
            for (folder_ptr const& f : box->folders())
                if (f->is_mail())
                    collect(*f);
        std::stable_sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
        found.resize(std::min(found.size(), graph_detail::most_hits));
        std::vector<state::entry> round;
        for (auto const& [sent, m] : found)
            round.push_back({m->immutable_id, m->id, false});
        c.resource = resource;
        c.round = std::make_shared<std::vector<state::entry> const>(std::move(round));
    }
    std::string value;
    std::size_t const end = std::min(c.round->size(), c.at + top);
    for (; c.at < end; ++c.at)
        if (location const at = box->find_message((*c.round)[c.at].key))
            (value += value.empty() ? "" : ",") += entity(*at.what, *at.where, chosen, false);
    std::string of = user_key();
    if (in)
        of += "/mailFolders('" + graph_detail::quoted_key(asked) + "')";
    std::string body =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context(of + "/messages" + chosen.in_context));
    if (c.at < c.round->size())
        body += ",\"@odata.nextLink\":" +
                outkit::graph::detail::json_string("https://" + host + path + query.with("$skiptoken", st.keep(c)));
    return json(200, body + ",\"value\":[" + value + "]}");
}

OUTKIT_INLINE http::response graph::exchange::one_message(folder_ptr const& in, std::string const& id, segments s)
{
    location const at = box->find_message(id);
    if (!at || !at.where->is_mail() || (in && at.where != in))
        return no_item(id);
    message& m = *at.what;
    if (s.size() == 1 && s[0] == "$value")
    {
        if (!method("GET"))
            return no_method();
        response r;
        r.headers.push_back({"Content-Type", "text/plain"});
        r.body = m.raw();
        return r;
    }
    if (!s.empty() && same_name(s[0], "attachments"))
        return attachments(at, s.subspan(1));
    if (s.size() == 1 && method("POST"))
    {
        using graph_detail::answer;
        static constexpr struct
        {
            std::string_view name;
            answer how;
            bool send;
        } answers[] = {{"reply", answer::reply, true},
                       {"replyAll", answer::reply_all, true},
                       {"forward", answer::forward, true},
                       {"createReply", answer::reply, false},
                       {"createReplyAll", answer::reply_all, false},
                       {"createForward", answer::forward, false}};
        for (auto const& a : answers)
            if (same_name(s[0], a.name))
                return answer_message(at, a.how, a.send);
        if (same_name(s[0], "move") || same_name(s[0], "copy"))
            return transfer(at, same_name(s[0], "move"));
        if (same_name(s[0], "send"))
            return send_draft(at);
        if (same_name(s[0], "permanentDelete"))  // documented: message-permanentdelete.md
        {
            w.mailboxes.expunge(*at.where, m.uid);
            return no_content(204);
        }
    }
    if (!s.empty())
        return no_segment(s[0]);

    if (method("DELETE"))
    {
        if (stale(m))
            return conflict();
        folder_ptr const deleted = box->find(role::deleted_items);
        if (deleted && deleted != at.where)
            w.mailboxes.move(*at.where, m.uid, *deleted);
        else
            w.mailboxes.expunge(*at.where, m.uid);
        return no_content(204);
    }
    if (method("PATCH"))
        return update_message(at);
    return method("GET") ? show(200, m, *at.where) : no_method();
}

OUTKIT_INLINE bool graph::exchange::stale(message const& m) const
{
    std::string const* const match = http::find(request.headers, "If-Match");
    return match && *match != "*" && *match != "W/\"" + m.change_key + "\"";
}

OUTKIT_INLINE http::response graph::exchange::conflict()  // observed: microsoftgraph/microsoft-graph-docs-contrib#7934
{
    return refuse(
        412, "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key passed in the request does "
        "not match the current change key for the item.",
        false);
}

OUTKIT_INLINE http::response graph::exchange::show(unsigned status, message const& m, folder const& in)
{
    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_message_property, "microsoft.graph.message", chosen))
        return std::move(*refused);
    if (auto refused = read_expand(chosen.expand))
        return std::move(*refused);
    std::string const head =
        "{\"@odata.context\":" +
        outkit::graph::detail::json_string(context(user_key() + "/messages" + chosen.in_context + "/$entity"));
    response r = json(status, head + "," + entity(m, in, chosen, !has_right(right::read)).substr(1));
    r.headers.push_back({"ETag", "W/\"" + m.change_key + "\""});
    if (prefer.body_named)
    {
        bool const text = prefer.view.body == outkit::graph::body_type::text;
        r.headers.push_back(
            {"Preference-Applied", std::string("outlook.body-content-type=\"") + (text ? "text" : "html") + '"'});
    }
    return r;
}

OUTKIT_INLINE http::response graph::exchange::transfer(location const& from, bool move)
{
    auto const target = outkit::graph::detail::parse_destination(request.body, {});
    if (target.ec)
        return unreadable(target.what);
    folder_ptr const to = box->find_folder(target.value);
    if (!to || !to->is_mail())
        return no_item(target.value);
    message_ptr const there =
        move ? w.mailboxes.move(*from.where, from.what->uid, *to) : w.mailboxes.copy(*from.where, from.what->uid, *to);
    if (!there)
        return refuse(404, "ErrorItemNotFound", graph_detail::not_found, false);
    std::string const head =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context(user_key() + "/messages/$entity"));
    return json(201, head + "," + st.render(*there, *to, prefer.view)->substr(1));
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
