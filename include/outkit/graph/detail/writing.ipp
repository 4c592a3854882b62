#ifndef OUTKIT_GRAPH_DETAIL_WRITING_IPP
#define OUTKIT_GRAPH_DETAIL_WRITING_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/writing.hpp>

namespace outkit::inline OUTKIT_ABI::graph::detail {

using outkit::detail::refuse;

OUTKIT_DECL std::string message_path(session const& s, std::string_view id)
{
    return mailbox_path(s.config) + "/messages/" + percent_encoded(id);
}

OUTKIT_DECL std::string folder_path(session const& s, std::string_view id)
{
    return mailbox_path(s.config) + "/mailFolders/" + percent_encoded(id);
}

// A request that makes something, which would be made twice if it were said twice.
OUTKIT_DECL call posting(std::string target, std::string json)
{
    call c;
    c.method = "POST";
    c.target = std::move(target);
    if (!json.empty())
        c.content_type = "application/json";
    c.body = std::move(json);
    c.repeatable = false;
    return c;
}

OUTKIT_DEF flow<message> create_draft(session& s, outgoing_message m, std::string folder)
{
    if (!folder.empty())
        co_await demand(is_segment(folder), "folder");
    std::string where = folder.empty() ? mailbox_path(s.config) : folder_path(s, folder);
    call c = posting(where + "/messages", serialise(m));
    co_return co_await perform_for<message>(s, std::move(c), parse_message);
}

OUTKIT_DEF flow<message> create_draft_of(session& s, std::string mime)
{
    call c = posting(mailbox_path(s.config) + "/messages", outkit::detail::base64_encode(mime));
    c.content_type = "text/plain";
    co_return co_await perform_for<message>(s, std::move(c), parse_message);
}

OUTKIT_DEF flow<message> update_message(session& s, std::string id, message_update u)
{
    co_await demand(is_segment(id), "id");
    call c;
    c.method = "PATCH";
    c.target = message_path(s, id);
    c.content_type = "application/json";
    c.body = serialise(u);
    co_return co_await perform_for<message>(s, std::move(c), parse_message);
}

OUTKIT_DEF flow<> send_draft(session& s, std::string id)
{
    co_await demand(is_segment(id), "id");
    call c = posting(message_path(s, id) + "/send", {});
    co_await perform(s, std::move(c));
}

// Found out here what the service would refuse (documented: message-reply.md, message-forward.md).
OUTKIT_DECL char const* why_no_answer(answering how, reply const& r)
{
    bool const own_recipients = r.message && r.message->to_recipients && !r.message->to_recipients->empty();
    if (!r.comment.empty() && r.message && r.message->body)
        return "a comment and a body exclude each other";
    if (how != answering::forward)
        return r.to_recipients.empty() ? nullptr : "a reply goes to those who are in the message";
    if (r.to_recipients.empty() && !own_recipients)
        return "nobody to forward it to";
    return r.to_recipients.empty() || !own_recipients ? nullptr : "recipients in two places";
}

OUTKIT_DEF flow<> answer(session& s, std::string id, answering how, reply r)
{
    co_await demand(is_segment(id), "id");
    if (char const* const why = why_no_answer(how, r))
        co_await refuse(error::invalid_query, why);
    char const* const action = how == answering::reply       ? "/reply"
                               : how == answering::reply_all ? "/replyAll"
                                                             : "/forward";
    call c = posting(message_path(s, id) + action, serialise(r));
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<message> draft_answer(session& s, std::string id, answering how, reply r)
{
    co_await demand(is_segment(id), "id");
    // A draft may get its recipients later.
    bool const addressed = !r.to_recipients.empty() || how != answering::forward;
    if (char const* const why = addressed ? why_no_answer(how, r) : nullptr)
        co_await refuse(error::invalid_query, why);
    char const* const action = how == answering::reply       ? "/createReply"
                               : how == answering::reply_all ? "/createReplyAll"
                                                             : "/createForward";
    call c = posting(message_path(s, id) + action, serialise(r));
    co_return co_await perform_for<message>(s, std::move(c), parse_message);
}

OUTKIT_DEF flow<message> move_message(session& s, std::string id, std::string destination)
{
    co_await demand(is_segment(id), "id");
    co_await demand(!destination.empty(), "destination");
    call c = posting(message_path(s, id) + "/move", serialise("destinationId", destination));
    co_return co_await perform_for<message>(s, std::move(c), parse_message);
}

OUTKIT_DEF flow<message> copy_message(session& s, std::string id, std::string destination)
{
    co_await demand(is_segment(id), "id");
    co_await demand(!destination.empty(), "destination");
    call c = posting(message_path(s, id) + "/copy", serialise("destinationId", destination));
    co_return co_await perform_for<message>(s, std::move(c), parse_message);
}

OUTKIT_DECL call deleting(std::string target, bool for_ever)
{
    call c;
    c.method = for_ever ? "POST" : "DELETE";
    c.target = std::move(target);
    if (for_ever)
        c.target += "/permanentDelete";
    c.gone_is_done = true;
    return c;
}

OUTKIT_DEF flow<> delete_message(session& s, std::string id, bool for_ever)
{
    co_await demand(is_segment(id), "id");
    call c = deleting(message_path(s, id), for_ever);
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<mail_folder> create_folder(session& s, std::string name, std::string parent, bool hidden)
{
    co_await demand(!name.empty(), "name");
    bool const top = parent.empty();
    if (!top)
        co_await demand(is_segment(parent), "parent");
    std::string where = top ? mailbox_path(s.config) + "/mailFolders" : folder_path(s, parent) + "/childFolders";
    std::string json = serialise("displayName", name);
    if (hidden)
        json.insert(json.size() - 1, ",\"isHidden\":true");
    call c = posting(std::move(where), std::move(json));
    co_return co_await perform_for<mail_folder>(s, std::move(c), parse_folder);
}

OUTKIT_DEF flow<mail_folder> rename_folder(session& s, std::string id, std::string name)
{
    co_await demand(is_segment(id), "id");
    co_await demand(!name.empty(), "name");
    call c;
    c.method = "PATCH";
    c.target = folder_path(s, id);
    c.content_type = "application/json";
    c.body = serialise("displayName", name);
    co_return co_await perform_for<mail_folder>(s, std::move(c), parse_folder);
}

OUTKIT_DEF flow<mail_folder> move_folder(session& s, std::string id, std::string destination)
{
    co_await demand(is_segment(id), "id");
    co_await demand(!destination.empty(), "destination");
    call c = posting(folder_path(s, id) + "/move", serialise("destinationId", destination));
    co_return co_await perform_for<mail_folder>(s, std::move(c), parse_folder);
}

OUTKIT_DEF flow<mail_folder> copy_folder(session& s, std::string id, std::string destination)
{
    co_await demand(is_segment(id), "id");
    co_await demand(!destination.empty(), "destination");
    call c = posting(folder_path(s, id) + "/copy", serialise("destinationId", destination));
    co_return co_await perform_for<mail_folder>(s, std::move(c), parse_folder);
}

OUTKIT_DEF flow<> delete_folder(session& s, std::string id, bool for_ever)
{
    co_await demand(is_segment(id), "folder");
    call c = deleting(folder_path(s, id), for_ever);
    co_await perform(s, std::move(c));
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
