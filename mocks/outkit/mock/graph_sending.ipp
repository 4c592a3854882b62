#ifndef OUTKIT_MOCK_GRAPH_SENDING_IPP
#define OUTKIT_MOCK_GRAPH_SENDING_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {

OUTKIT_INLINE http::response graph::exchange::send_mail()
{
    if (auto refused = enter(right::send))
        return std::move(*refused);
    // documented: outlook-send-mail-from-other-user.md; the text observed: microsoftgraph/microsoft-graph-docs#3996
    auto const not_this_sender = [&] {
        return refuse(403, "ErrorSendAsDenied",
                      "The user account which was used to submit this request does not have the right to send mail on "
                      "behalf of the specified sending account., Cannot submit message.",
                      false);
    };
    // observed: microsoftgraph/msgraph-sdk-dotnet#1891, microsoftgraph/ruby-connect-rest-sample#15
    auto const no_recipients = [&] {
        return refuse(
            400, "ErrorInvalidRecipients",
            "At least one recipient is not valid., A message can't be sent because it contains no recipients.", false);
    };
    auto const bad_recipient = [&](std::string_view address) {
        return refuse(400, "ErrorInvalidRecipients",
                      "At least one recipient is not valid., Recipient \"" + std::string(address.substr(0, 256)) +
                          "\" isn't resolved. All recipients must be resolved before a message can be submitted.",
                      false);
    };
    if (!who.send_on_behalf)
        return not_this_sender();
    user const* const actor = who.app_only ? owner : w.directory.find_user_id(who.actor_id);

    std::string const type = http::media_type(request.headers);
    if (type.empty())
        return refuse(400, "BadRequest",
                      "Write requests (excluding DELETE) must contain the Content-Type header declaration.");

    if (type == "text/plain")
    {
        std::string encoded;
        std::copy_if(request.body.begin(), request.body.end(), std::back_inserter(encoded),
                     [](char c) { return c != '\r' && c != '\n' && c != ' '; });
        auto const decoded = detail::base64_decode(encoded);
        if (!decoded || decoded->empty())  // documented: user-sendmail.md, example 4
            return refuse(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.", false);
        std::string raw = mime::with_crlf(*decoded);
        mime::structure const parsed = mime::parse(raw);
        mime::envelope const& head = parsed.head();
        std::vector<std::string> recipients;
        for (auto const* list : {&head.to, &head.cc, &head.bcc})
            for (mime::address_entry const& e : *list)
                if (e.what == mime::address_entry::kind::mailbox)
                {
                    auto const a = mime::strict(e);
                    if (!a)
                        return bad_recipient(odata::address_text(e));
                    recipients.push_back(a->to_string());
                }
        if (recipients.empty())
            return no_recipients();
        std::string added;
        error_code ec;
        if (head.from.empty())
        {
            mime::mailbox me;
            me.name = owner->display_name;
            me.addr = mime::parse_address(who.mailbox, ec).value_or(mime::address());
            added += "From: " + mime::to_string(me) + "\r\n";
        }
        else if (auto const from = mime::strict(head.from.front());
                 !from || (!owner->answers_to(from->to_string()) && !may_send_as(w, who, from->to_string())))
            return not_this_sender();
        if (head.date.empty())
            added += "Date: " + mime::format_date({std::chrono::floor<std::chrono::seconds>(w.date()), {}}) + "\r\n";
        if (head.message_id.empty())
        {
            std::string const domain = who.mailbox.substr(who.mailbox.find('@') + 1);
            added += "Message-ID: <" + mime::make_message_id(w, domain) + ">\r\n";
        }
        return submit(added + raw, std::move(recipients), true);
    }
    if (type != "application/json")
        return refuse(415, "UnsupportedMediaType", "The Content-Type of the request is not supported.");

    auto const body = outkit::graph::detail::parse_send_mail(request.body, {});
    if (body.ec)  // observed: mguessan/davmail#506
    {
        entry.reason = body.what;
        return refuse(400, "UnableToDeserializePostBody", "were unable to deserialize ");
    }
    outkit::graph::outgoing_message const& in = body.value.message;
    mime::message out;
    out.keep_bcc = true;
    error_code ec;
    auto const mailbox_of = [&](std::string const& name, std::string const& address) -> std::optional<mime::mailbox> {
        auto a = mime::parse_address(address, ec);
        if (!a)
            return std::nullopt;
        user const* const known = w.directory.find_user(address);
        return mime::mailbox{!name.empty() || !known ? name : known->display_name, *a};
    };

    std::string from = who.mailbox;
    if (in.from && !in.from->address.empty() && !owner->answers_to(in.from->address))
    {
        if (!may_send_as(w, who, in.from->address))
            return not_this_sender();
        from = in.from->address;
    }
    auto const sender = mailbox_of(w.directory.find_user(from) ? std::string() : owner->display_name, from);
    if (!sender)
        return not_this_sender();
    out.from = *sender;
    if (!who.send_as && actor)  // on behalf: the mailbox is seen in From, who it was in Sender
        out.sender = mailbox_of({}, mailbox_address(*actor));

    std::vector<std::string> recipients;
    std::pair<std::vector<outkit::graph::recipient> const*, std::vector<mime::mailbox>*> const lists[] = {
        {&in.to_recipients, &out.to}, {&in.cc_recipients, &out.cc}, {&in.bcc_recipients, &out.bcc}};
    for (auto const& [given, made] : lists)
        for (outkit::graph::recipient const& r : *given)
        {
            auto const m = mailbox_of(r.name, r.address);
            if (!m)
                return bad_recipient(r.address);
            recipients.push_back(m->addr.to_string());
            made->push_back(*m);
        }
    if (recipients.empty())
        return no_recipients();
    for (outkit::graph::recipient const& r : in.reply_to)
    {
        auto const m = mailbox_of(r.name, r.address);
        if (!m)
            return bad_recipient(r.address);
        out.reply_to.push_back(*m);
    }

    out.subject = in.subject;
    (in.body.content_type == outkit::graph::body_type::html ? out.html : out.text) = in.body.content;
    if (in.importance != outkit::graph::importance::normal)
        out.fields.push_back({"Importance", in.importance == outkit::graph::importance::high ? "high" : "low"});
    for (auto const& h : in.internet_message_headers)
    {
        if (!h.name.starts_with("x-") &&
            !h.name.starts_with("X-"))  // observed: terminal42/contao-notification_center#436
            return refuse(400, "InvalidInternetMessageHeader",
                          "The internet message header name '" + h.name.substr(0, 128) +
                              "' should start with 'x-' or 'X-'.",
                          false);
        out.fields.push_back({h.name, h.value});
    }
    for (auto const& a : in.attachments)
    {
        mime::attachment made;
        made.name = a.name;
        if (!a.content_type.empty())
            made.content_type = a.content_type;
        made.content = a.content;
        made.content_id = a.content_id;
        made.is_inline = a.is_inline;
        out.attachments.push_back(std::move(made));
    }
    auto built = mime::build(out, w, ec);
    if (!built)
    {
        entry.reason = ec.message();
        return refuse(400, "ErrorInvalidRequest", "The request is invalid.", false);
    }
    return submit(std::move(built->raw), std::move(recipients), body.value.save_to_sent_items);
}

OUTKIT_INLINE http::response graph::exchange::submit(std::string raw, std::vector<std::string> recipients, bool save)
{
    mailbox_policy const& policy = w.policy.mailbox(who.mailbox);
    if (recipients.size() > w.policy.service.recipients_per_message)
        return refuse(400, "ErrorExceededMaxRecipientLimit", "The message has too many recipients.", false);
    // observed: motze92/office365-mail#39
    if (raw.size() > policy.max_send || raw.size() > w.mailboxes.limits().message_octets)
        return refuse(400, "ErrorMessageSizeExceeded",
                      "The message exceeds the maximum supported size., Cannot save changes made to an item to store.",
                      false);
    if (policy.full)  // observed: microsoftgraph/microsoft-graph-docs#2927
        return refuse(403, "ErrorQuotaExceeded", "Mailbox has exceeded maximum mailbox size.", false);
    entry.fields.push_back({"recipients", std::to_string(recipients.size())});
    submission s;
    s.sender = box;
    s.raw = std::move(raw);
    s.recipients = std::move(recipients);
    s.save_to_sent_items = save;
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
