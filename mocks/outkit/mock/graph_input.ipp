#ifndef OUTKIT_MOCK_GRAPH_INPUT_IPP
#define OUTKIT_MOCK_GRAPH_INPUT_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/members.hpp>
#include <outkit/mock/graph_input.hpp>

#include <boost/json/serialize.hpp>

namespace outkit::inline OUTKIT_ABI::mock {

namespace input_detail {

namespace g = outkit::graph;
namespace json = boost::json;
using g::detail::same_letters;

inline json::value const* in_any_case(json::object const& o, std::string_view name)
{
    for (auto const& m : o)
        if (same_letters({m.key().data(), m.key().size()}, name) && !m.value().is_null())
            return &m.value();
    return nullptr;
}

// The schema's words, in any case of letters; others are refused.
inline bool word(g::detail::reader& r, json::object const& in, std::string_view name,
                 std::initializer_list<std::string_view> words, std::string& out)
{
    std::string_view text;
    if (!r.view(in, name, text))
        return false;
    for (std::string_view const w : words)
        if (same_letters(w, text))
        {
            out = w;
            return true;
        }
    r.wrong(name, "one of the schema's values");
    return false;
}

inline void read(g::detail::reader& r, json::object const& o, message_input& out, int depth);

inline void read(g::detail::reader& r, json::value const& v, attachment_input& out, int depth)
{
    json::object const* const o = v.if_object();
    if (!o)
        return r.wrong("attachments", "an object");
    std::string_view type;
    r.view(*o, "@odata.type", type);
    if (same_letters(type, "#microsoft.graph.fileAttachment"))
        out.what = attachment_input::kind::file;
    else if (same_letters(type, "#microsoft.graph.itemAttachment"))
        out.what = attachment_input::kind::item;
    else if (same_letters(type, "#microsoft.graph.referenceAttachment"))
        out.what = attachment_input::kind::reference;
    else
        return r.wrong("@odata.type", "a kind of attachment");
    r.read(*o, "name", out.name);
    r.read(*o, "contentType", out.content_type);
    r.read(*o, "isInline", out.is_inline);
    r.read(*o, "contentId", out.content_id);
    std::string_view bytes;
    if (out.what == attachment_input::kind::file && r.view(*o, "contentBytes", bytes))
    {
        auto decoded = detail::base64_decode(bytes);
        if (!decoded)
            return r.wrong("contentBytes", "base64");
        out.content = std::move(*decoded);
    }
    if (out.what != attachment_input::kind::item)
        return;
    json::object const* const item = r.object(*o, "item");
    if (!item || depth > 8)
        return r.wrong("item", "an item");
    out.item = std::make_shared<message_input>();
    read(r, *item, *out.item, depth + 1);
}

inline void read(g::detail::reader& r, json::object const& o, message_input& out, int depth)
{
    r.read_if_there(o, "subject", out.subject);
    std::string text;
    if (json::object const* const body = r.object(o, "body"))
    {
        out.body.emplace();
        if (word(r, *body, "contentType", {"text", "html"}, text) && text == "html")
            out.body->content_type = g::body_type::html;
        r.read(*body, "content", out.body->content);
    }
    r.read_if_there(o, "internetMessageId", out.internet_message_id);
    r.read(o, "from", out.from);
    r.read(o, "sender", out.sender);
    r.read_if_there(o, "toRecipients", out.to);
    r.read_if_there(o, "ccRecipients", out.cc);
    r.read_if_there(o, "bccRecipients", out.bcc);
    r.read_if_there(o, "replyTo", out.reply_to);
    if (word(r, o, "importance", {"low", "normal", "high"}, text))
        out.importance = text == "high"  ? g::importance::high
                         : text == "low" ? g::importance::low
                                         : g::importance::normal;
    if (json::object const* const flag = r.object(o, "flag"))
    {
        word(r, *flag, "flagStatus", {"notFlagged", "complete", "flagged"}, text);
        r.read(o, "flag", out.flag);
    }
    r.read_if_there(o, "categories", out.categories);
    if (word(r, o, "inferenceClassification", {"focused", "other"}, text))
        out.inference_classification = text;
    r.read(o, "isRead", out.is_read);
    r.read(o, "isReadReceiptRequested", out.wants_read_receipt);
    r.read(o, "isDeliveryReceiptRequested", out.wants_delivery_receipt);
    r.read(o, "internetMessageHeaders", out.headers);
    auto const list = [&](char const* name, auto&& each) {
        json::value const* const v = r.member(o, name);
        json::array const* const items = v ? v->if_array() : nullptr;
        if (v && !items)
            r.wrong(name, "a list");
        if (items)
            for (json::value const& item : *items)
                if (!r.ec)
                    each(item);
    };
    list("attachments", [&](json::value const& v) { read(r, v, out.attachments.emplace_back(), depth); });
    list("singleValueExtendedProperties", [&](json::value const& v) {
        json::object const* const p = v.if_object();
        extended_property& made = out.extended.emplace_back();
        if (p)
        {
            r.read(*p, "id", made.id);
            r.read(*p, "value", made.value);
        }
        if (made.id.empty())
            r.wrong("singleValueExtendedProperties", "an id and a value");
    });
}

// Reads an object; what `take` says is wrong with it, or that it is none, goes to `what`.
template <class Take>
bool read_object(std::string_view text, std::string& what, Take take)
{
    g::detail::document const d(text, {});
    json::object const* const o = d.root ? d.root->if_object() : nullptr;
    if (!o)
    {
        what = d.ec ? d.what : "an object was expected";
        return false;
    }
    g::detail::reader r;
    take(r, *o);
    what = r.what;
    return !r.ec;
}

}  // namespace input_detail

OUTKIT_INLINE std::optional<message_input> read_message_input(std::string_view json, std::string& what)
{
    message_input out;
    auto const take = [&](auto& r, auto const& o) { input_detail::read(r, o, out, 0); };
    return input_detail::read_object(json, what, take) ? std::optional(std::move(out)) : std::nullopt;
}

OUTKIT_INLINE std::optional<action_input> read_action_input(std::string_view json, std::string& what)
{
    action_input out;
    if (json.find_first_not_of(" \t\r\n") == json.npos)
        return out;
    auto const take = [&](outkit::graph::detail::reader& r, boost::json::object const& o) {
        if (boost::json::value const* const m = input_detail::in_any_case(o, "message"))
        {
            if (!m->is_object())
                return r.wrong("message", "an object");
            input_detail::read(r, m->get_object(), out.message.emplace(), 0);
        }
        if (boost::json::value const* const c = input_detail::in_any_case(o, "comment"))
            r.read(*c, "comment", out.comment.emplace());
        if (boost::json::value const* const to = input_detail::in_any_case(o, "toRecipients"))
        {
            if (!to->is_array())
                return r.wrong("toRecipients", "a list");
            out.to.emplace();
            for (boost::json::value const& one : to->get_array())
                r.read(one, "toRecipients", out.to->emplace_back());
        }
        if (boost::json::value const* const save = input_detail::in_any_case(o, "saveToSentItems"))
        {
            // Older samples write "false" as a string.
            boost::json::string const* const s = save->if_string();
            std::string_view const word = s ? std::string_view(s->data(), s->size()) : std::string_view();
            bool const no = save->is_bool() ? !save->get_bool() : input_detail::same_letters(word, "false");
            if (!save->is_bool() && !no && !input_detail::same_letters(word, "true"))
                return r.wrong("saveToSentItems", "true or false");
            out.save_to_sent_items = !no;
        }
    };
    return input_detail::read_object(json, what, take) ? std::optional(std::move(out)) : std::nullopt;
}

OUTKIT_INLINE std::optional<attachment_input> read_attachment_input(std::string_view json, std::string& what)
{
    attachment_input out;
    auto const take = [&](auto& r, auto const& o) { input_detail::read(r, boost::json::value(o), out, 0); };
    return input_detail::read_object(json, what, take) ? std::optional(std::move(out)) : std::nullopt;
}

OUTKIT_INLINE std::optional<subscription_input> read_subscription_input(std::string_view json, std::string& what)
{
    subscription_input out;
    auto const take = [&](outkit::graph::detail::reader& r, boost::json::object const& o) {
        r.read_if_there(o, "changeType", out.change_type);
        r.read_if_there(o, "notificationUrl", out.notification_url);
        r.read_if_there(o, "lifecycleNotificationUrl", out.lifecycle_url);
        r.read_if_there(o, "resource", out.resource);
        r.read_if_there(o, "expirationDateTime", out.expiration);
        r.read_if_there(o, "clientState", out.client_state);
        r.read_if_there(o, "latestSupportedTlsVersion", out.tls_version);
        r.read(o, "includeResourceData", out.include_resource_data);
    };
    return input_detail::read_object(json, what, take) ? std::optional(std::move(out)) : std::nullopt;
}

OUTKIT_INLINE std::optional<upload_input> read_upload_input(std::string_view json, std::string& what)
{
    upload_input out;
    auto const take = [&](outkit::graph::detail::reader& r, boost::json::object const& o) {
        boost::json::value const* const v = input_detail::in_any_case(o, "AttachmentItem");
        if (!v || !v->is_object())
            return r.wrong("AttachmentItem", "an object");
        boost::json::object const& in = v->get_object();
        std::string kind;
        input_detail::word(r, in, "attachmentType", {"file", "item", "reference"}, kind);
        out.attachment.what = kind == "item"        ? attachment_input::kind::item
                              : kind == "reference" ? attachment_input::kind::reference
                                                    : attachment_input::kind::file;
        r.read(in, "name", out.attachment.name);
        r.read(in, "contentType", out.attachment.content_type);
        r.read(in, "isInline", out.attachment.is_inline);
        r.read(in, "contentId", out.attachment.content_id);
        r.read_count(in, "size", out.size);
        if (!r.ec && (out.attachment.name.empty() || kind.empty()))
            r.wrong("AttachmentItem", "attachmentType, name and size");
    };
    return input_detail::read_object(json, what, take) ? std::optional(std::move(out)) : std::nullopt;
}

OUTKIT_INLINE std::string without_annotations(std::string_view json)
{
    outkit::graph::limits l;
    l.json_string = l.http.body_bytes;
    outkit::graph::detail::document d(json, l);
    if (!d.root)
        return std::string(json);
    // Depth is limited by the parser.
    auto const strip = [](auto const& self, boost::json::value& v) -> void {
        if (boost::json::array* const a = v.if_array())
            for (boost::json::value& item : *a)
                self(self, item);
        boost::json::object* const o = v.if_object();
        if (!o)
            return;
        boost::json::object kept(o->storage());
        for (auto& m : *o)
        {
            std::string_view const name(m.key().data(), m.key().size());
            std::size_t const at = name.find("@odata.");
            std::string_view const what = at == name.npos ? std::string_view() : name.substr(at + 7);
            if (at != name.npos && what != "nextLink" && what != "deltaLink" && what != "count")
                continue;
            self(self, m.value());
            kept.emplace(m.key(), std::move(m.value()));
        }
        *o = std::move(kept);
    };
    strip(strip, *d.root);
    return boost::json::serialize(*d.root);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
