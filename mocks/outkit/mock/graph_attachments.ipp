#ifndef OUTKIT_MOCK_GRAPH_ATTACHMENTS_IPP
#define OUTKIT_MOCK_GRAPH_ATTACHMENTS_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_drafts.ipp>
#include <outkit/mock/graph_state.hpp>

#include <algorithm>

// Attachments are parts of the MIME text. Each has a number of its own, which stays when others come and go; the numbers are
// among the message's properties as "next;1,2,3", in the order of the parts.

namespace outkit::inline OUTKIT_ABI::mock {

namespace graph_detail {

struct numbering
{
    std::uint64_t next = 0;
    std::vector<std::uint64_t> each;

    std::string text() const
    {
        std::string out = std::to_string(next) + ';';
        for (std::uint64_t const n : each)
            out += std::to_string(n) + ',';
        return out;
    }
};

inline numbering numbers_of(message const& m, std::size_t count)
{
    numbering n;
    if (auto const kept = m.properties.find("attachments"); kept != m.properties.end())
    {
        std::string_view rest = kept->second;
        std::size_t const mark = std::min(rest.find(';'), rest.size());
        n.next = number(rest.substr(0, mark)).value_or(0);
        rest.remove_prefix(std::min(mark + 1, rest.size()));
        while (!rest.empty())
        {
            std::string_view const one = rest.substr(0, rest.find(','));
            n.each.push_back(number(one).value_or(0));
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        }
    }
    if (n.each.size() == count)
        return n;
    n.each.clear();
    for (n.next = 0; n.next < count; ++n.next)
        n.each.push_back(n.next);
    return n;
}

// The message's id and 21 octets more, as can be read from ids in public samples.
inline std::string attachment_id(std::string_view message_id, std::uint64_t number)
{
    std::string bytes = detail::base64url_decode(message_id.substr(0, message_id.find('='))).value_or(std::string());
    bytes += std::string("\x01\x12\0\x10\0", 5);
    bytes += std::string("\xb0\0\0\0\0\0\x40\0", 8);
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>(number >> shift & 0xff);
    std::string text = detail::base64url_encode(bytes);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

inline attachment_input::kind kind_of(mime::part const& p)
{
    if (p.is_message())
        return attachment_input::kind::item;
    return p.type + '/' + p.subtype == reference_type ? attachment_input::kind::reference
                                                      : attachment_input::kind::file;
}

// One attachment as JSON: members in the order of attachment-get.md.
inline std::string attachment_json(message const& m, std::uint32_t at, std::string const& id,
                                   std::vector<std::string> const& select, std::string const& item)
{
    using outkit::graph::detail::json_string;
    mime::part const& p = m.structure().parts[at];
    mime::attachment const a = attachment_of(m.structure(), at, m.raw());
    auto const kind = kind_of(p);
    bool const file = kind == attachment_input::kind::file;
    auto const wanted = [&](std::string_view name) {
        return select.empty() ||
               std::any_of(select.begin(), select.end(), [&](std::string const& s) { return same_name(s, name); });
    };
    std::string out = "{\"@odata.type\":\"#microsoft.graph.";
    out += file ? "file" : kind == attachment_input::kind::item ? "item" : "reference";
    out += "Attachment\"";
    auto const add = [&](std::string_view name, std::string const& value, bool always = false) {
        if (always || wanted(name))
            (((out += ",\"") += name) += "\":") += value;
    };
    auto const text_or_null = [](std::string const& s) { return s.empty() ? std::string("null") : json_string(s); };
    // The media type is named also when the octets are not selected (documented: outlook-large-attachments.md).
    if (file)
        add("@odata.mediaContentType", json_string(a.content_type), true);
    add("id", json_string(id), true);
    add("lastModifiedDateTime",
        json_string(outkit::graph::detail::format(std::chrono::floor<std::chrono::seconds>(m.modified))));
    std::string name = a.name;
    if (name.empty() && kind == attachment_input::kind::item)
        name = mime::decode_words(m.structure().envelopes[m.structure().parts[p.first_child].envelope].subject);
    add("name", text_or_null(name));
    add("contentType", file ? json_string(a.content_type) : "null");
    // The service counts more than the octets: 3,640,066 of 3,483,322 in outlook-large-attachments.md.
    add("size", std::to_string(a.content.size() + a.content.size() * 45 / 1000));
    add("isInline", a.is_inline ? "true" : "false");
    constexpr std::string_view cast = "microsoft.graph.fileAttachment/";
    auto const of_files = [&](std::string_view member, auto value) {
        if (file && (wanted(std::string(cast) + std::string(member))))
            (((out += ",\"") += member) += "\":") += value();
    };
    of_files("contentId", [&] { return text_or_null(a.content_id); });
    of_files("contentLocation", [&] { return text_or_null(p.location); });
    of_files("contentBytes", [&] { return '"' + detail::base64_encode(a.content) + '"'; });
    return out + item + '}';
}

}  // namespace graph_detail

OUTKIT_INLINE std::optional<http::response> graph::exchange::select_of_attachments(std::string_view text,
                                                                                   std::vector<std::string>& out)
{
    while (!text.empty())
    {
        std::string_view item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        item = http::detail::without_blanks(item);
        static constexpr std::string_view known[] = {"id",
                                                     "lastModifiedDateTime",
                                                     "name",
                                                     "contentType",
                                                     "size",
                                                     "isInline",
                                                     "microsoft.graph.fileAttachment/contentId",
                                                     "microsoft.graph.fileAttachment/contentLocation",
                                                     "microsoft.graph.fileAttachment/contentBytes"};
        if (std::none_of(std::begin(known), std::end(known), [&](std::string_view k) { return same_name(k, item); }))
            return refuse(400, "BadRequest",
                          "Parsing OData Select and Expand failed: Could not find a property named '" +
                              std::string(item.substr(0, 128)) + "' on type 'microsoft.graph.attachment'.");
        out.emplace_back(item);
    }
    return std::nullopt;
}

// All attachments as JSON, without brackets.
OUTKIT_INLINE std::string graph::exchange::attachments_json(message const& m, std::vector<std::string> const& select)
{
    mime::contents const c = mime::find_contents(m.structure());
    graph_detail::numbering const numbers = graph_detail::numbers_of(m, c.attachments.size());
    std::string const& id = prefer.view.immutable_ids ? m.immutable_id : m.id;
    std::string out;
    for (std::size_t i = 0; i < c.attachments.size(); ++i)
    {
        out += i == 0 ? "" : ",";
        out += graph_detail::attachment_json(m, c.attachments[i], graph_detail::attachment_id(id, numbers.each[i]),
                                             select, {});
    }
    return out;
}

OUTKIT_INLINE http::response graph::exchange::attachments(location const& at, segments s)
{
    message const& m = *at.what;
    std::string const& id = prefer.view.immutable_ids ? m.immutable_id : m.id;
    std::string const base = user_key() + "/messages('" + graph_detail::quoted_key(id) + "')/attachments";
    std::string what;
    if (s.size() == 1 && same_name(s[0], "createUploadSession"))
        return method("POST") ? create_upload(at) : no_method();
    std::vector<std::string> chosen;
    if (std::string const* const select = query.find("$select"))
        if (auto refused = select_of_attachments(*select, chosen))
            return std::move(*refused);
    std::string in_context;
    for (std::string const& name : chosen)
        (in_context += in_context.empty() ? "(" : ",") += name;
    in_context += in_context.empty() ? "" : ")";
    if (s.empty())
    {
        if (method("GET"))
            return json(200, "{\"@odata.context\":" + outkit::graph::detail::json_string(context(base + in_context)) +
                                 ",\"value\":[" + attachments_json(m, chosen) + "]}");
        if (!method("POST"))
            return no_method();
        auto const given = read_attachment_input(request.body, what);
        if (!given)
            return unreadable(what);
        if (given->content.size() > graph_detail::largest_attachment)  // observed: microsoftgraph/msgraph-sdk-java#52
            return refuse(413, "RequestEntityTooLarge", "The attachment is too large to be sent in one request.");
        auto added = add_attachment(at, *given);
        if (!added.id.empty())
            return attachment_answer(201, added.message, added.part, added.id, in_context, chosen);
        return std::move(added.refused);
    }

    mime::contents const c = mime::find_contents(m.structure());
    graph_detail::numbering numbers = graph_detail::numbers_of(m, c.attachments.size());
    std::size_t n = 0;
    while (n < numbers.each.size() && s[0] != graph_detail::attachment_id(m.id, numbers.each[n]) &&
           s[0] != graph_detail::attachment_id(m.immutable_id, numbers.each[n]))
        ++n;
    if (n == numbers.each.size())
        return no_item(s[0]);
    std::uint32_t const part = c.attachments[n];
    auto const kind = graph_detail::kind_of(m.structure().parts[part]);
    if (s.size() == 2 && s[1] == "$value")
    {
        if (!method("GET") || kind == attachment_input::kind::reference)  // documented: attachment-get.md
            return no_method();
        mime::attachment a = graph_detail::attachment_of(m.structure(), part, m.raw());
        response r;
        r.headers.push_back(
            {"Content-Type", kind == attachment_input::kind::item ? "text/plain" : std::move(a.content_type)});
        r.body = std::move(a.content);
        return r;
    }
    if (s.size() != 1)
        return no_segment(s[1]);
    if (method("GET"))
        return attachment_answer(200, at.what, part, graph_detail::attachment_id(id, numbers.each[n]), in_context,
                                 chosen);
    if (!method("DELETE"))
        return no_method();
    draft d{graph_detail::taken_apart(m.structure(), m.raw()), m.properties};
    d.text.attachments.erase(d.text.attachments.begin() + static_cast<std::ptrdiff_t>(n));
    numbers.each.erase(numbers.each.begin() + static_cast<std::ptrdiff_t>(n));
    auto raw = build(d);
    if (!raw)
        return refuse(400, "ErrorInvalidRequest", "The request is invalid.", false);
    at.what->properties["attachments"] = numbers.text();
    w.mailboxes.replace(*at.where, m.uid, graph_detail::trace_of(m) + *raw);
    return no_content(204);
}

OUTKIT_INLINE http::response graph::exchange::attachment_answer(unsigned status, message_ptr const& m,
                                                                std::uint32_t part, std::string const& id,
                                                                std::string const& in_context,
                                                                std::vector<std::string> const& chosen)
{
    std::string const& message_id = prefer.view.immutable_ids ? m->immutable_id : m->id;
    std::string const base =
        context(user_key() + "/messages('" + graph_detail::quoted_key(message_id) + "')/attachments");
    std::string item;
    std::string const* const expand = query.find("$expand");
    mime::part const& p = m->structure().parts[part];
    if (expand && p.is_message() && odata::lowered(*expand).starts_with("microsoft.graph.itemattachment/item"))
    {
        message inner;
        auto text = std::make_shared<content>();
        text->raw = mime::body_of(p, m->raw());
        text->structure = mime::parse(text->raw);
        inner.content = std::move(text);
        inner.created = inner.modified = inner.internal_date = m->modified;
        inner.flags = flags::seen;
        outkit::graph::message v = graph_view(inner, *box->root(), prefer.view);
        v.parent_folder_id.clear();
        std::string const members = outkit::graph::detail::serialise(v);
        item = ",\"item@odata.context\":" +
               outkit::graph::detail::json_string(base + "('" + graph_detail::quoted_key(id) +
                                                  "')/microsoft.graph.itemAttachment/item/$entity") +
               ",\"item\":{\"@odata.type\":\"#microsoft.graph.message\"" + members.substr(members.find(",\"id\":"));
    }
    return json(status, "{\"@odata.context\":" + outkit::graph::detail::json_string(base + in_context + "/$entity") +
                            "," + graph_detail::attachment_json(*m, part, id, chosen, item).substr(1));
}

OUTKIT_INLINE graph::exchange::added_attachment graph::exchange::add_attachment(location const& at,
                                                                                attachment_input const& in)
{
    message const& m = *at.what;
    added_attachment out;
    auto made = attach(in);
    draft d{graph_detail::taken_apart(m.structure(), m.raw()), m.properties};
    graph_detail::numbering numbers = graph_detail::numbers_of(m, d.text.attachments.size());
    // Those that are inline come before the others in the text.
    std::size_t place = d.text.attachments.size();
    if (made && made->is_inline)
        place = static_cast<std::size_t>(std::find_if(d.text.attachments.begin(), d.text.attachments.end(),
                                                      [](mime::attachment const& a) { return !a.is_inline; }) -
                                         d.text.attachments.begin());
    std::optional<std::string> raw;
    if (made)
    {
        d.text.attachments.insert(d.text.attachments.begin() + static_cast<std::ptrdiff_t>(place), std::move(*made));
        raw = build(d);
    }
    if (!raw)
        out.refused = refuse(400, "ErrorInvalidRequest", "The request is invalid.", false);
    else if (raw->size() > w.mailboxes.limits().message_octets || raw->size() > w.policy.mailbox(who.mailbox).max_send)
        out.refused = too_large();
    if (!out.refused.body.empty())
        return out;
    numbers.each.insert(numbers.each.begin() + static_cast<std::ptrdiff_t>(place), numbers.next++);
    at.what->properties["attachments"] = numbers.text();
    out.message = w.mailboxes.replace(*at.where, m.uid, graph_detail::trace_of(m) + *raw);
    out.part = mime::find_contents(out.message->structure()).attachments[place];
    out.id = graph_detail::attachment_id(prefer.view.immutable_ids ? out.message->immutable_id : out.message->id,
                                         numbers.each[place]);
    return out;
}

// Upload sessions (documented: attachment-createuploadsession.md, outlook-large-attachments.md)

OUTKIT_INLINE http::response graph::exchange::create_upload(location const& at)
{
    std::string what;
    auto given = read_upload_input(request.body, what);
    if (!given)
        return unreadable(what);
    if (!who.is_owner && !who.app_only)  // documented: known-issues.md
        return refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
    // observed: microsoftgraph/msgraph-sdk-java#52; the text is [inferred]
    if (given->size < graph_detail::smallest_upload)
        return refuse(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
                      "The attachment is too small for an upload session.", false);
    if (given->size > w.policy.mailbox(who.mailbox).max_send || given->size > graph_detail::largest_upload)
        return refuse(400, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.", false);
    std::erase_if(st.uploads, [&](auto const& u) { return u.second.expires <= w.now(); });
    if (st.uploads.size() >= graph_detail::most_uploads)
        return refuse(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", false);

    std::string const id = new_guid(w);
    state::upload& u = st.uploads[id];
    std::string const tenant = who.claims.tenant;
    u.attachment = std::move(given->attachment);
    u.size = given->size;
    u.owner = who;
    u.message_id = at.what->immutable_id;
    u.expires = w.now() + graph_detail::upload_lifetime;
    u.until = graph_detail::format_fraction(w.date() + graph_detail::upload_lifetime);
    u.key = owner->id + '@' + tenant;
    u.shown_id = prefer.view.immutable_ids ? at.what->immutable_id : at.what->id;
    // A made-up token: what counts is the session's id and this text together.
    u.token = detail::base64url_encode(R"({"alg":"none"})") + '.' + detail::base64url_encode(new_guid(w)) + '.';
    std::string const url = "https://" + host + "/api/v2.0/Users('" + u.key + "')/Messages('" + u.shown_id +
                            "')/AttachmentSessions('" + id + "')?authtoken=" + u.token;
    return json(201,
                "{\"@odata.context\":" + outkit::graph::detail::json_string(context("microsoft.graph.uploadSession")) +
                    ",\"uploadUrl\":" + outkit::graph::detail::json_string(url) + ",\"expirationDateTime\":\"" +
                    u.until + "\",\"nextExpectedRanges\":[\"0-\"]}");
}

// PUT, GET and DELETE of an upload URL, which is its own permission.
OUTKIT_INLINE http::response graph::exchange::upload(segments s)
{
    auto const found = s.size() == 8 ? st.uploads.find(s[7]) : st.uploads.end();
    std::string const* const token = query.find("authtoken");
    if (http::find(request.headers, "Authorization"))  // observed: microsoft-graph-docs#6955, O365/python-o365#1027
        return refuse(401, "InvalidAuthenticationToken",
                      "The audience claim value is invalid for current resource. Audience claim is "
                      "'https://graph.microsoft.com', request url is 'https://" +
                          host + "/api/v2.0/Users...' and resource type is 'Exchange'.");
    if (found == st.uploads.end() || !token || *token != found->second.token || s[3] != found->second.key ||
        s[5] != found->second.shown_id || found->second.expires <= w.now())
        return refuse(404, "ErrorItemNotFound", "The upload session was not found.", false);
    state::upload& u = found->second;
    entry.fields.push_back({"mailbox", u.owner.mailbox});
    auto const escaped = [](std::string_view key) {
        std::string out;
        for (char const c : key)
            out += c == '@' ? "%40" : c == '=' ? "%3D" : std::string(1, c);
        return out;
    };
    auto const status = [&] {
        response r;
        r.headers.push_back({"Content-Type", "application/json"});
        r.body = "{\"@odata.context\":\"https://" + host + "/api/v2.0/$metadata#Users('" + escaped(u.key) +
                 "')/Messages('" + escaped(u.shown_id) + "')/AttachmentSessions/$entity\",\"ExpirationDateTime\":\"" +
                 u.until + "\",\"NextExpectedRanges\":[\"" + std::to_string(u.data.size()) + "\"]}";
        return r;
    };
    if (method("GET"))
        return status();
    if (method("DELETE"))
    {
        st.uploads.erase(found);
        return no_content(204);
    }
    if (!method("PUT"))
        return no_method();

    // bytes 0-2097151/3483322
    std::string const* const range = http::find(request.headers, "Content-Range");
    std::string_view text = range ? std::string_view(*range) : std::string_view();
    std::size_t const dash = text.find('-'), slash = text.find('/');
    std::optional<std::uint64_t> first, last, total;
    if (text.starts_with("bytes ") && dash != text.npos && slash != text.npos && dash < slash)
    {
        first = graph_detail::number(text.substr(6, dash - 6));
        last = graph_detail::number(text.substr(dash + 1, slash - dash - 1));
        total = graph_detail::number(text.substr(slash + 1));
    }
    if (!first || !last || !total || *last < *first || *total != u.size || *last >= u.size)
        return refuse(416, "invalidRange", "The Content-Range header is missing or does not fit the upload.", false);
    if (request.body.size() > *last - *first + 1)  // observed: microsoft-graph-docs-contrib#836
        return refuse(400, "ErrorInvalidRequest", "Content size exceeds specified contentLength", false);
    if (request.body.size() < *last - *first + 1)
        return refuse(400, "ErrorInvalidRequest", "The content is shorter than its Content-Range says.", false);
    if (*first != u.data.size())  // documented: errors.md, sample
        return refuse(416, "invalidRange",
                      *first < u.data.size() ? "Uploaded fragment overlaps with existing data."
                                             : "Uploaded fragment does not follow the existing data.",
                      false);
    u.data += request.body;
    if (u.data.size() < u.size)
        return status();

    state::upload whole = std::move(u);
    st.uploads.erase(found);
    who = whole.owner;
    box = w.mailboxes.find(who.mailbox);
    owner = w.directory.find_user_id(who.owner_id);
    location const at = box && owner ? box->find_message(whole.message_id) : location();
    if (!at)
        return refuse(404, "ErrorItemNotFound", graph_detail::not_found, false);
    whole.attachment.content = std::move(whole.data);
    auto added = add_attachment(at, whole.attachment);
    if (added.id.empty())
        return std::move(added.refused);
    response r = no_content(201);
    r.headers.push_back({"Location", "https://" + host + "/api/v2.0/Users('" + whole.key + "')/Messages('" +
                                         whole.shown_id + "')/Attachments('" + added.id + "')"});
    return r;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
