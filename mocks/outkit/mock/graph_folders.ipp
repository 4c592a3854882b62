#ifndef OUTKIT_MOCK_GRAPH_FOLDERS_IPP
#define OUTKIT_MOCK_GRAPH_FOLDERS_IPP

#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {

OUTKIT_INLINE http::response graph::exchange::folders(segments s)
{
    std::string const base = user_key() + "/mailFolders";
    if (s.empty())
    {
        if (method("POST"))
            return create_folder(*box->root(), base);
        return method("GET") ? list_folders(*box->root(), base) : no_method();
    }
    if (s.size() == 1 && same_name(s[0], "delta"))
        return method("GET") ? delta_of_folders() : no_method();
    folder_ptr const f = box->find_folder(s[0]);
    if (!f && is_graph_id(s[0]) && s.size() == 3 && same_name(s[2], "delta"))  // observed: source of alcionai/corso
        return refuse(404, "ErrorSyncFolderNotFound", graph_detail::not_found, false);
    if (!f || !f->is_mail())
        return no_item(s[0]);
    return one_folder(f, s[0], s.subspan(1));
}

OUTKIT_INLINE http::response graph::exchange::one_folder(folder_ptr const& f, std::string_view asked, segments s)
{
    if (!s.empty() && same_name(s[0], "messages"))
        return messages(f, asked, s.subspan(1));
    if (!s.empty() && same_name(s[0], "childFolders"))
        return child_folders(*f, s.subspan(1));
    if (s.size() == 1 && method("POST"))
    {
        if (same_name(s[0], "move") || same_name(s[0], "copy"))
            return transfer_folder(*f, same_name(s[0], "move"));
        if (same_name(s[0], "permanentDelete"))  // documented: mailfolder-permanentdelete.md
            return remove_folder(*f);
    }
    if (!s.empty())
        return no_segment(s[0]);
    if (method("DELETE"))
        return remove_folder(*f);
    if (method("PATCH"))
    {
        auto const body = outkit::graph::detail::parse_folder_name(request.body, {});
        if (body.ec)
            return unreadable(body.what);
        if (f->role() != role::none)
            return refuse(400, "ErrorInvalidRequest", "Distinguished folders cannot be renamed.", false);
        if (!w.mailboxes.move_folder(*f, *f->parent(), body.value))
            return refuse(409, "ErrorFolderExists", "A folder with the specified name already exists.", false);
    }
    else if (!method("GET"))
        return no_method();
    return show(200, *f);
}

namespace graph_detail {

// In the order of the pages' samples: by name.
inline std::vector<folder const*> sorted_children(folder const& parent, bool with_hidden)
{
    std::vector<folder const*> found;
    for (folder_ptr const& f : parent.children())
        if (f->is_mail() && (with_hidden || !f->hidden()))
            found.push_back(f.get());
    std::sort(found.begin(), found.end(),
              [](folder const* a, folder const* b) { return odata::lowered(a->name()) < odata::lowered(b->name()); });
    return found;
}

}  // namespace graph_detail

// $expand=childFolders($select=id,displayName): of one level
OUTKIT_INLINE std::optional<http::response> graph::exchange::read_folder_expand(expansion& out)
{
    std::string const* const text = query.find("$expand");
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (!rest.empty())
    {
        std::string_view const item = graph_detail::take_item(rest, ',');
        std::size_t const open = std::min(item.find('('), item.size());
        std::string_view const name = http::detail::without_blanks(item.substr(0, open));
        if (!same_name(name, "childFolders"))
            return refuse(400, "BadRequest",
                          "Parsing OData Select and Expand failed: Could not find a property named '" +
                              std::string(name.substr(0, 128)) + "' on type 'microsoft.graph.mailFolder'.");
        out.child_folders = true;
        std::string_view inner = item.substr(open);
        if (inner.size() >= 2 && inner.back() == ')')
            inner = inner.substr(1, inner.size() - 2);
        if (!same_name(inner.substr(0, 8), "$select="))
            continue;
        inner.remove_prefix(8);
        while (!inner.empty())
        {
            std::string_view const member = graph_detail::take_item(inner, ',');
            if (outkit::graph::detail::is_folder_property(member) && out.of_child_folders.size() < 64)
                out.of_child_folders.emplace_back(member);
        }
    }
    return std::nullopt;
}

OUTKIT_INLINE std::string graph::exchange::folder_json(folder const& f, selection const& s)
{
    std::string text = outkit::graph::detail::serialise(graph_view(f), s.views);
    if (!s.expand.child_folders)
        return text;
    std::vector<std::string_view> const views(s.expand.of_child_folders.begin(), s.expand.of_child_folders.end());
    text.pop_back();
    text += ",\"childFolders@odata.context\":" +
            outkit::graph::detail::json_string(
                context(user_key() + "/mailFolders('" + graph_detail::quoted_key(f.id()) + "')/childFolders")) +
            ",\"childFolders\":[";
    bool first = true;
    for (folder const* const child : graph_detail::sorted_children(f, false))
    {
        text += std::exchange(first, false) ? "" : ",";
        text += outkit::graph::detail::serialise(graph_view(*child), views);
    }
    return text + "]}";
}

OUTKIT_INLINE http::response graph::exchange::show(unsigned status, folder const& f)
{
    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_folder_property, "microsoft.graph.mailFolder", chosen))
        return std::move(*refused);
    if (auto refused = read_folder_expand(chosen.expand))
        return std::move(*refused);
    std::string const head =
        "{\"@odata.context\":" +
        outkit::graph::detail::json_string(context(user_key() + "/mailFolders" + chosen.in_context + "/$entity"));
    return json(status, head + "," + folder_json(f, chosen).substr(1));
}

OUTKIT_INLINE http::response graph::exchange::remove_folder(folder& f)
{
    if (f.role() != role::none)
        return refuse(400, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.", false);
    w.mailboxes.remove_folder(f);
    return no_content(204);
}

// documented: mailfolder-move.md, mailfolder-copy.md (200, not 201)
OUTKIT_INLINE http::response graph::exchange::transfer_folder(folder& f, bool move)
{
    auto const target = outkit::graph::detail::parse_destination(request.body, {});
    if (target.ec)
        return unreadable(target.what);
    folder_ptr const to = box->find_folder(target.value);
    if (!to || !to->is_mail())
        return no_item(target.value);
    for (folder const* p = to.get(); p; p = p->parent())
        if (p == &f)  // it would become its own child; the text is [inferred]
            return refuse(400, "ErrorMoveCopyFailed", "The move or copy operation failed.", false);
    if (move && f.role() != role::none)
        return refuse(400, "ErrorMoveDistinguishedFolder", "Distinguished folders cannot be moved.", false);
    folder_ptr const there = !move                             ? copy_folder(f, *to)
                             : w.mailboxes.move_folder(f, *to) ? f.shared_from_this()
                                                               : nullptr;
    if (!there)
        return refuse(409, "ErrorFolderExists", "A folder with the specified name already exists.", false);
    return show(200, *there);
}

OUTKIT_INLINE folder_ptr graph::exchange::copy_folder(folder& f, folder& to)
{
    folder_ptr const made = w.mailboxes.create_folder(to, f.name(), f.hidden());
    if (!made)
        return nullptr;
    std::vector<message_ptr> const messages = f.messages();
    for (message_ptr const& m : messages)
        w.mailboxes.copy(f, m->uid, *made);
    std::vector<folder_ptr> const children = f.children();
    for (folder_ptr const& child : children)
        copy_folder(*child, *made);
    return made;
}

OUTKIT_INLINE http::response graph::exchange::child_folders(folder& parent, segments s)
{
    std::string const base = user_key() + "/mailFolders('" + graph_detail::quoted_key(parent.id()) + "')/childFolders";
    if (s.empty())
    {
        if (method("POST"))
            return create_folder(parent, base);
        return method("GET") ? list_folders(parent, base) : no_method();
    }
    folder_ptr const f = box->find_folder(s[0]);
    if (!f || !f->is_mail() || f->parent() != &parent)
        return no_item(s[0]);
    return one_folder(f, s[0], s.subspan(1));
}

OUTKIT_INLINE http::response graph::exchange::create_folder(folder& parent, std::string_view context_of)
{
    auto const body = outkit::graph::detail::parse_folder_name(request.body, {});
    if (body.ec)
        return unreadable(body.what);
    folder_ptr const f = w.mailboxes.create_folder(parent, body.value);
    if (!f)  // observed: alcionai/corso#3278
        return refuse(409, "ErrorFolderExists", "A folder with the specified name already exists.", false);
    std::string const head =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context(std::string(context_of) + "/$entity"));
    response r = json(201, head + "," + outkit::graph::detail::serialise(graph_view(*f)).substr(1));
    r.headers.push_back(
        {"Location", root() + user_key() + "/mailFolders('" + graph_detail::quoted_key(f->id()) + "')"});
    return r;
}

// documented: user-list-mailfolders.md: hidden ones only when asked for, no recursion
OUTKIT_INLINE http::response graph::exchange::list_folders(folder& parent, std::string_view context_of)
{
    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_folder_property, "microsoft.graph.mailFolder", chosen))
        return std::move(*refused);
    if (auto refused = read_folder_expand(chosen.expand))
        return std::move(*refused);
    std::uint64_t top = 0, skip = 0;
    if (auto refused = page(top, skip))
        return std::move(*refused);
    std::string const* const hidden = query.find("includeHiddenFolders");
    auto const found = graph_detail::sorted_children(parent, hidden && same_name(*hidden, "true"));

    std::string body = "{\"@odata.context\":" +
                       outkit::graph::detail::json_string(context(std::string(context_of) + chosen.in_context));
    if (std::string const* const count = query.find("$count"); count && same_name(*count, "true"))
        body += ",\"@odata.count\":" + std::to_string(found.size());
    if (skip + top < found.size())
        body += ",\"@odata.nextLink\":" +
                outkit::graph::detail::json_string("https://" + host + path + query.with_skip(skip + top));
    body += ",\"value\":[";
    for (std::uint64_t i = skip; i < found.size() && i < skip + top; ++i)
    {
        if (i != skip)
            body += ',';
        body += folder_json(*found[i], chosen);
    }
    return json(200, body + "]}");
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
