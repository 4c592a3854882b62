#ifndef OUTKIT_MOCK_GRAPH_SENDING_IPP
#define OUTKIT_MOCK_GRAPH_SENDING_IPP

#include <outkit/mime/message.hpp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {

// documented: outlook-send-mail-from-other-user.md; the text observed: microsoftgraph/microsoft-graph-docs#3996
OUTKIT_INLINE http::response graph::exchange::not_this_sender()
{
    return refuse(
        403, "ErrorSendAsDenied",
        "The user account which was used to submit this request does not have the right to send mail on behalf "
        "of the specified sending account., Cannot submit message.",
        false);
}

OUTKIT_INLINE http::response graph::exchange::bad_recipient(std::string_view address)
{
    // observed: microsoftgraph/ruby-connect-rest-sample#15
    return refuse(400, "ErrorInvalidRecipients",
                  "At least one recipient is not valid., Recipient \"" + std::string(address.substr(0, 256)) +
                      "\" isn't resolved. All recipients must be resolved before a message can be submitted.",
                  false);
}

OUTKIT_INLINE http::response graph::exchange::too_large()  // observed: motze92/office365-mail#39
{
    return refuse(400, "ErrorMessageSizeExceeded",
                  "The message exceeds the maximum supported size., Cannot save changes made to an item to store.",
                  false);
}

OUTKIT_INLINE http::response graph::exchange::send_mail()
{
    if (auto refused = enter(right::send))
        return std::move(*refused);
    if (!who.send_on_behalf)
        return not_this_sender();
    std::string const type = http::media_type(request.headers);
    if (type.empty())
        return refuse(400, "BadRequest",
                      "Write requests (excluding DELETE) must contain the Content-Type header declaration.");
    if (type == "text/plain")
    {
        auto raw = mime_body();
        return raw ? dispatch(std::move(*raw), true, {}) : no_mime();
    }
    if (type != "application/json")
        return refuse(415, "UnsupportedMediaType", "The Content-Type of the request is not supported.");
    std::string what;
    auto const given = read_action_input(request.body, what);
    if (!given || !given->message)
        return unreadable(given ? "message: an object was expected" : what);
    draft d;
    if (auto refused = fill(d, *given->message))
        return std::move(*refused);
    auto raw = build(d);
    if (!raw)
        return refuse(400, "ErrorInvalidRequest", "The request is invalid.", false);
    return dispatch(std::move(*raw), given->save_to_sent_items, {});
}

OUTKIT_INLINE http::response graph::exchange::send_draft(location const& at)
{
    if (!at.what->is(flags::draft))  // [inferred]
        return refuse(400, "ErrorInvalidRequest", "The message has been sent already.", false);
    std::map<std::string, std::string> const properties = at.what->properties;
    response r = dispatch(at.what->raw(), true, at);
    if (r.status == 202)
        mark_answered(properties);
    return r;
}

// Sends a message: checks and completes its header, and takes the recipients from it. A draft is moved to Sent Items and
// keeps its immutable id (documented: outlook-immutable-id.md).
OUTKIT_INLINE http::response graph::exchange::dispatch(std::string raw, bool save, location const& written)
{
    mime::structure const parsed = mime::parse(raw);
    mime::envelope const& head = parsed.head();
    submission s;
    for (auto const* list : {&head.to, &head.cc, &head.bcc})
        for (mime::address_entry const& e : *list)
            if (e.what == mime::address_entry::kind::mailbox)
            {
                auto const a = mime::strict(e);
                if (!a)
                    return bad_recipient(odata::address_text(e));
                s.recipients.push_back(a->to_string());
            }

    // SendAs: seen in From alone. On behalf: the mailbox is seen in From, who it was in Sender.
    user const* const actor = who.app_only ? owner : w.directory.find_user_id(who.actor_id);
    bool as = who.send_as, behalf = who.send_on_behalf;
    user const* sender = actor;
    std::string added;
    if (!head.from.empty())
    {
        auto const from = mime::strict(head.from.front());
        if (!from)
            return not_this_sender();
        if (!owner->answers_to(from->to_string()))
        {
            as = may_send_as(w, who, from->to_string());
            behalf = may_send_on_behalf(w, who, from->to_string());
            sender = owner;
        }
    }
    else if (auto const me = person({owner->display_name, who.mailbox}))
        added += "From: " + mime::to_string(*me) + "\r\n";
    if (!as && !behalf)
        return not_this_sender();
    if (s.recipients.empty())  // observed: microsoftgraph/msgraph-sdk-dotnet#1891
        return refuse(
            400, "ErrorInvalidRecipients",
            "At least one recipient is not valid., A message can't be sent because it contains no recipients.", false);
    if (auto const other = !as && sender ? person({{}, mailbox_address(*sender)}) : std::nullopt)
    {
        raw = without_field(raw, "Sender");
        added += "Sender: " + mime::to_string(*other) + "\r\n";
    }
    if (written)
        raw = without_field(raw, "Date");
    if (written || head.date.empty())
        added += "Date: " + mime::format_date({std::chrono::floor<std::chrono::seconds>(w.date()), {}}) + "\r\n";
    if (head.message_id.empty())
        added += "Message-ID: <" + mime::make_message_id(w, who.mailbox.substr(who.mailbox.find('@') + 1)) + ">\r\n";
    raw.insert(0, added);

    mailbox_policy const& policy = w.policy.mailbox(who.mailbox);
    if (s.recipients.size() > w.policy.service.recipients_per_message)
        return refuse(400, "ErrorExceededMaxRecipientLimit", "The message has too many recipients.", false);
    if (raw.size() > policy.max_send || raw.size() > w.mailboxes.limits().message_octets)
        return too_large();
    if (policy.full)  // observed: microsoftgraph/microsoft-graph-docs#2927
        return refuse(403, "ErrorQuotaExceeded", "Mailbox has exceeded maximum mailbox size.", false);
    entry.fields.push_back({"recipients", std::to_string(s.recipients.size())});
    s.sender = box;
    s.save_to_sent_items = save && !written;
    s.raw = raw;
    if (written)
    {
        for (char const* const of_drafts : {"unsigned", "answers", "verb"})
            written.what->properties.erase(of_drafts);
        message_ptr const sent = w.mailboxes.replace(*written.where, written.what->uid, std::move(raw));
        sent->internal_date = w.date();
        w.mailboxes.store(*written.where, sent->uid, mailbox_store::how::set, flags::seen);
        w.mailboxes.move(*written.where, sent->uid, *box->find(role::sent_items));
    }
    delivery const d = w.mailboxes.submit(std::move(s));
    entry.fields.push_back({"delivered", std::to_string(d.received.size())});
    if (!d.outside.empty())
        entry.fields.push_back({"outside", std::to_string(d.outside.size())});
    if (!d.refused.empty())
        entry.fields.push_back({"refused", std::to_string(d.refused.size())});
    return no_content(202);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
