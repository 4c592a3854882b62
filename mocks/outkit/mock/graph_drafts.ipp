#ifndef OUTKIT_MOCK_GRAPH_DRAFTS_IPP
#define OUTKIT_MOCK_GRAPH_DRAFTS_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>
#include <outkit/mock/graph_view.ipp>

#include <algorithm>

// A draft is MIME text in the mailbox as every message is, so that IMAP sees it, too. It is taken apart, changed and built
// again. What has no place in MIME is among the message's properties.

namespace outkit::inline OUTKIT_ABI::mock {

namespace graph_detail {

inline void set_field(mime::message& m, std::string name, std::string value)
{
    std::erase_if(m.fields, [&](mime::extra_field const& f) { return same_name(f.name, name); });
    if (!value.empty())
        m.fields.push_back({std::move(name), std::move(value)});
}

inline bool is_reserved(std::string_view name)
{
    static constexpr std::string_view names[] = {
        "Date",    "From",       "Sender",      "Reply-To",   "To",           "Cc",          "Bcc",
        "Subject", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Return-Path", "Received"};
    return same_name(name.substr(0, 8), "Content-") || same_name(name.substr(0, 7), "Resent-") ||
           std::any_of(std::begin(names), std::end(names), [&](std::string_view n) { return same_name(n, name); });
}

inline std::vector<mime::mailbox> mailboxes(std::vector<mime::address_entry> const& list)
{
    std::vector<mime::mailbox> out;
    for (mime::address_entry const& e : list)
        if (auto a = mime::strict(e); a && e.what == mime::address_entry::kind::mailbox)
            out.push_back({mime::decode_words(e.name), std::move(*a)});
    return out;
}

inline mime::attachment attachment_of(mime::structure const& s, std::uint32_t at, std::string const& raw)
{
    mime::part const& p = s.parts[at];
    mime::attachment a;
    a.name = p.file_name();
    a.content_type = p.type + '/' + p.subtype;
    a.content = p.is_message() ? std::string(mime::body_of(p, raw)) : mime::decoded_body(p, raw);
    if (p.id.size() > 2)
        a.content_id = p.id.substr(1, p.id.size() - 2);
    a.is_inline = mime::is_inline(s, at);
    return a;
}

inline mime::message taken_apart(mime::structure const& s, std::string const& raw)
{
    mime::envelope const& e = s.head();
    mime::message m;
    auto const first = [](std::vector<mime::mailbox> list) { return list.empty() ? mime::mailbox() : list.front(); };
    m.from = first(mailboxes(e.from));
    if (e.sender != e.from)
        if (mime::mailbox sender = first(mailboxes(e.sender)); !sender.addr.empty())
            m.sender = std::move(sender);
    if (e.reply_to != e.from)
        m.reply_to = mailboxes(e.reply_to);
    m.to = mailboxes(e.to);
    m.cc = mailboxes(e.cc);
    m.bcc = mailboxes(e.bcc);
    m.keep_bcc = true;
    m.subject = mime::decode_words(e.subject);
    m.date = mime::read_date(e.date);
    auto const ids = [](std::string_view text) {
        std::vector<std::string> out = mime::read_message_ids(text);
        std::erase_if(out, [](std::string const& id) { return !mime::valid_message_id(id); });
        return out;
    };
    if (auto own = ids(e.message_id); !own.empty())
        m.message_id = std::move(own.front());
    m.in_reply_to = ids(e.in_reply_to);
    for (mime::field const& f : mime::read_fields(mime::header_of(s.parts.front(), raw)))
    {
        std::string value = mime::read_text(f.value);
        if (same_name(f.name, "References"))
            m.references = ids(f.value);
        else if (!is_reserved(f.name) && !mime::detail::has_hidden(value))
            m.fields.push_back({std::string(f.name), std::move(value)});
    }
    mime::contents const c = mime::find_contents(s);
    if (c.html != mime::no_part)
        m.html = mime::decoded_text(s.parts[c.html], raw);
    else if (c.text != mime::no_part)
        m.text = mime::decoded_text(s.parts[c.text], raw);
    for (std::uint32_t const at : c.attachments)
        m.attachments.push_back(attachment_of(s, at, raw));
    return m;
}

// The fields at the head of a received message that say how it came (RFC 5321 section 4.4): they are no part of a draft.
inline std::string trace_of(message const& m)
{
    std::string out;
    bool inside = false;
    for (std::string_view rest = mime::header_of(m.structure().parts.front(), m.raw()); !rest.empty();)
    {
        std::string_view const line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
        rest.remove_prefix(line.size());
        if (line[0] != ' ' && line[0] != '\t')
        {
            std::string_view const name = line.substr(0, line.find(':'));
            inside = same_name(name, "Received") || same_name(name, "Return-Path");
        }
        if (inside)
            out += line;
    }
    return out;
}

// The fields of that name replaced by one, at the head of the text.
inline std::string with_people(std::string raw, std::string_view name, std::vector<mime::mailbox> const& list)
{
    raw = without_field(raw, name);
    std::string value;
    for (mime::mailbox const& m : list)
        (value += value.empty() ? "" : ", ") += mime::to_string(m);
    error_code ec;
    std::string field = list.empty() ? std::string() : mime::format_field(name, value, ec);
    return field + raw;
}

}  // namespace graph_detail

OUTKIT_INLINE std::optional<mime::mailbox> graph::exchange::person(outkit::graph::recipient const& r) const
{
    error_code ec;
    auto a = mime::parse_address(r.address, ec);
    if (!a)
        return std::nullopt;
    user const* const known = w.directory.find_user(r.address);  // whose name is filled in
    return mime::mailbox{!r.name.empty() || !known ? r.name : known->display_name, std::move(*a)};
}

OUTKIT_INLINE http::response graph::exchange::unreadable(std::string what)  // observed: mguessan/davmail#506
{
    if (entry.reason.empty())
        entry.reason = std::move(what);
    return refuse(400, "UnableToDeserializePostBody", "were unable to deserialize ");
}

OUTKIT_INLINE std::optional<std::string> graph::exchange::mime_body()
{
    std::string encoded;
    std::copy_if(request.body.begin(), request.body.end(), std::back_inserter(encoded),
                 [](char c) { return c != '\r' && c != '\n' && c != ' '; });
    auto decoded = detail::base64_decode(encoded);
    if (!decoded || decoded->empty())
        return std::nullopt;
    return mime::with_crlf(*decoded);
}

OUTKIT_INLINE http::response graph::exchange::no_mime()  // documented: user-sendmail.md, example 4
{
    return refuse(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.", false);
}

// What is kept with drafts and with received messages in the same way.
OUTKIT_INLINE void graph::exchange::keep(message_input const& in, std::map<std::string, std::string>& properties) const
{
    if (in.categories)
        properties["categories"] = odata::join_categories(*in.categories);
    if (in.inference_classification)
        properties["inference"] = *in.inference_classification;
    auto const truth = [&](char const* name, std::optional<bool> const& value) {
        if (value)
            properties[name] = *value ? "true" : "false";
    };
    truth("read receipt", in.wants_read_receipt);
    truth("delivery receipt", in.wants_delivery_receipt);
    if (in.flag)
    {
        auto const date = [&](char const* name, std::optional<outkit::graph::zoned_time> const& t) {
            properties[name] = t ? t->date_time + '\n' + t->time_zone : std::string();
        };
        properties["flag"] = in.flag->status == outkit::graph::flag_status::complete ? "complete" : "";
        date("flag start", in.flag->start);
        date("flag due", in.flag->due);
        date("flag completed", in.flag->completed);
    }
    for (extended_property const& p : in.extended)
        properties["mapi " + odata::mapi_key(p.id)] = p.value;
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::fill(draft& d, message_input const& in)
{
    mime::message& m = d.text;
    m.keep_bcc = true;
    if (in.flag && in.flag->due && !in.flag->start)  // documented: followupflag.md; the text is [inferred]
        return refuse(400, "ErrorInvalidRequest", "A flag with a due date needs a start date.", false);
    std::pair<std::optional<message_input::people> const*, std::vector<mime::mailbox>*> const lists[] = {
        {&in.to, &m.to}, {&in.cc, &m.cc}, {&in.bcc, &m.bcc}, {&in.reply_to, &m.reply_to}};
    for (auto const& [given, made] : lists)
        if (*given)
        {
            made->clear();
            for (outkit::graph::recipient const& r : **given)
            {
                auto one = person(r);
                if (!one)
                    return bad_recipient(r.address);
                made->push_back(std::move(*one));
            }
        }
    if (in.from && !in.from->address.empty())
    {
        auto from = person(*in.from);
        if (!from)
            return bad_recipient(in.from->address);
        m.from = std::move(*from);
        d.properties.erase("unsigned");
    }
    if (in.sender && !in.sender->address.empty())
        if (auto sender = person(*in.sender); sender && sender->addr != m.from.addr)
            m.sender = std::move(sender);
    if (m.from.addr.empty())
    {
        // MIME needs one; Graph shows none before it is sent (documented: user-post-messages.md, samples).
        m.from = person({{}, who.mailbox}).value_or(mime::mailbox());
        d.properties["unsigned"] = "true";
    }
    if (in.subject)
        m.subject = *in.subject;
    if (in.body)
    {
        bool const html = in.body->content_type == outkit::graph::body_type::html;
        m.html = html ? in.body->content : std::string();
        m.text = html ? std::string() : in.body->content;
    }
    if (in.internet_message_id)
    {
        auto ids = mime::read_message_ids(*in.internet_message_id);
        m.message_id = ids.empty() ? *in.internet_message_id : std::move(ids.front());
    }
    if (in.importance)
    {
        using outkit::graph::importance;
        graph_detail::set_field(m, "Importance",
                                *in.importance == importance::high  ? "high"
                                : *in.importance == importance::low ? "low"
                                                                    : "");
        d.properties.erase("importance");
    }
    if (in.wants_read_receipt)
        graph_detail::set_field(m, "Disposition-Notification-To",
                                *in.wants_read_receipt ? m.from.addr.to_string() : std::string());
    for (auto const& h : in.headers)
    {
        // observed: terminal42/contao-notification_center#436
        if (!h.name.starts_with("x-") && !h.name.starts_with("X-"))
            return refuse(400, "InvalidInternetMessageHeader",
                          "The internet message header name '" + h.name.substr(0, 128) +
                              "' should start with 'x-' or 'X-'.",
                          false);
        m.fields.push_back({h.name, h.value});
    }
    for (attachment_input const& a : in.attachments)
    {
        auto made = attach(a);
        if (!made)
            return refuse(400, "ErrorInvalidRequest", "The attachment cannot be made.", false);
        m.attachments.push_back(std::move(*made));
    }
    keep(in, d.properties);
    return std::nullopt;
}

OUTKIT_INLINE std::optional<mime::attachment> graph::exchange::attach(attachment_input const& in)
{
    mime::attachment a;
    a.name = in.name;
    if (!in.content_type.empty())
        a.content_type = in.content_type;
    a.content = in.content;
    a.content_id = in.content_id;
    a.is_inline = in.is_inline;
    if (in.what == attachment_input::kind::reference)
        a.content_type = graph_detail::reference_type;
    if (in.what == attachment_input::kind::item && in.item)
    {
        draft inner;
        if (fill(inner, *in.item))
            return std::nullopt;
        auto raw = build(inner);
        if (!raw)
            return std::nullopt;
        a.content_type = "message/rfc822";
        a.content = std::move(*raw);
    }
    return a;
}

// The service takes Content-IDs that are none of RFC 2392, such as "image001"; they get a domain for as long as they are
// built, so that nothing else can get into the field.
OUTKIT_INLINE std::optional<std::string> graph::exchange::build(draft const& d)
{
    constexpr std::string_view domain = "@content-id.invalid";
    mime::message text = d.text;
    bool added = false;
    for (mime::attachment& a : text.attachments)
        if (!a.content_id.empty() && a.content_id.find('@') == std::string::npos)
        {
            a.content_id += domain;
            added = true;
        }
    error_code ec;
    auto built = mime::build(text, w, ec);
    if (!built)
    {
        entry.reason = ec.message();
        return std::nullopt;
    }
    constexpr std::string_view field = "\r\nContent-ID: <";
    for (std::size_t at = added ? built->raw.find(field) : std::string::npos; at != std::string::npos;
         at = built->raw.find(field, at + 1))
        if (std::size_t const end = built->raw.find('>', at + field.size());
            end != std::string::npos && std::string_view(built->raw).substr(0, end).ends_with(domain))
            built->raw.erase(end - domain.size(), domain.size());
    return std::move(built->raw);
}

OUTKIT_INLINE http::response graph::exchange::store_draft(folder& in, draft d, std::string raw, append_options o)
{
    if (w.policy.mailbox(who.mailbox).full)
        return refuse(403, "ErrorQuotaExceeded", "Mailbox has exceeded maximum mailbox size.", false);
    message_ptr const made = w.mailboxes.append(in, std::move(raw), std::move(o));
    if (!made)
        return too_large();
    made->properties = std::move(d.properties);
    response r = show(201, *made, in);
    std::string const& id = prefer.view.immutable_ids ? made->immutable_id : made->id;
    r.headers.push_back({"Location", root() + user_key() + "/messages('" + graph_detail::quoted_key(id) + "')"});
    return r;
}

OUTKIT_INLINE http::response graph::exchange::create_message(folder& in)
{
    append_options o;
    o.flags = flags::draft | flags::seen;
    std::string const type = http::media_type(request.headers);
    if (type == "text/plain")
    {
        auto raw = mime_body();
        return raw ? store_draft(in, {}, std::move(*raw), std::move(o)) : no_mime();
    }
    std::string what;
    auto const given = read_message_input(request.body, what);
    if (!given)
        return unreadable(what);
    draft d;
    if (auto refused = fill(d, *given))
        return std::move(*refused);
    // MAPI's flags and dates make an import of what is no draft (observed: EmailEngine, mguessan/davmail).
    bool draft = true, read = given->is_read.value_or(true);
    for (extended_property const& p : given->extended)
    {
        std::string const key = odata::mapi_key(p.id);
        if (key == "integer 0xe07")
        {
            auto const bits = graph_detail::number(p.value).value_or(8);
            draft = (bits & 8) != 0;
            read = (bits & 1) != 0;
        }
        auto const date = outkit::graph::detail::parse_date_time(p.value);
        if (date && key == "systemtime 0xe06")
            o.internal_date = detail::wall_time(*date);
        if (date && key == "systemtime 0x39")
            d.text.date = {*date, {}};
    }
    for (char const* const computed : {"integer 0xe07", "systemtime 0xe06", "systemtime 0x39"})
        d.properties.erase(std::string("mapi ") + computed);
    o.flags = (draft ? flags::draft : flags::none) | (read ? flags::seen : flags::none);
    if (given->flag && given->flag->status == outkit::graph::flag_status::flagged)
        o.flags = o.flags | flags::flagged;
    auto raw = build(d);
    if (!raw)
        return refuse(400, "ErrorInvalidRequest", "The request is invalid.", false);
    return store_draft(in, std::move(d), std::move(*raw), std::move(o));
}

// documented: message-update.md: subject, body, internetMessageId and replyTo of drafts only; the error of others is [inferred]
OUTKIT_INLINE http::response graph::exchange::update_message(location at)
{
    std::string what;
    auto const given = read_message_input(request.body, what);
    if (!given)
        return unreadable(what);
    if (stale(*at.what))
        return conflict();
    bool const draft_only = given->subject || given->body || given->internet_message_id || given->reply_to;
    bool const people = given->to || given->cc || given->bcc || given->from || given->sender;
    bool const is_draft = at.what->is(flags::draft);
    if (draft_only && !is_draft)
        return refuse(400, "ErrorInvalidPropertySet", "Set action is invalid for property.", false);
    draft d{graph_detail::taken_apart(at.what->structure(), at.what->raw()), at.what->properties};
    if (auto refused = fill(d, *given))
        return std::move(*refused);
    std::optional<std::string> raw;
    if (is_draft && (draft_only || people || given->importance || given->wants_read_receipt))
    {
        raw = build(d);
        if (!raw)
            return refuse(400, "ErrorInvalidRequest", "The request is invalid.", false);
    }
    else if (people)
    {
        raw = at.what->raw();
        if (given->bcc)
            raw = graph_detail::with_people(std::move(*raw), "Bcc", d.text.bcc);
        if (given->cc)
            raw = graph_detail::with_people(std::move(*raw), "Cc", d.text.cc);
        if (given->to)
            raw = graph_detail::with_people(std::move(*raw), "To", d.text.to);
        if (given->sender && d.text.sender)
            raw = graph_detail::with_people(std::move(*raw), "Sender", {*d.text.sender});
        if (given->from)
            raw = graph_detail::with_people(std::move(*raw), "From", {d.text.from});
    }
    if (!is_draft && given->importance)
        d.properties["importance"] = *given->importance == outkit::graph::importance::high  ? "high"
                                     : *given->importance == outkit::graph::importance::low ? "low"
                                                                                            : "normal";
    if (!is_draft)
        d.properties.erase("unsigned");
    if (raw && raw->size() > w.mailboxes.limits().message_octets)
        return too_large();
    at.what->properties = std::move(d.properties);
    if (raw)
        at.what = w.mailboxes.replace(*at.where, at.what->uid, std::move(*raw));
    else
        w.mailboxes.touch(*at.where, at.what->uid);
    auto const set = [&](flags f, bool on) {
        w.mailboxes.store(*at.where, at.what->uid, on ? mailbox_store::how::add : mailbox_store::how::remove, f);
    };
    if (given->flag)
        set(flags::flagged, given->flag->status == outkit::graph::flag_status::flagged);
    if (given->is_read)
        set(flags::seen, *given->is_read);
    return show(200, *at.what, *at.where);
}

// Answers

// The original under the answer's own words. Its form is Outlook's in outline [inferred].
OUTKIT_INLINE void graph::exchange::quote(draft& d, location const& at, graph_detail::answer how)
{
    using graph_detail::answer;
    message const& m = *at.what;
    outkit::graph::message const shown = graph_view(m, *at.where, {});
    mime::message const original = graph_detail::taken_apart(m.structure(), m.raw());
    bool const forward = how == answer::forward;
    auto const is_me = [&](mime::mailbox const& one) { return owner->answers_to(one.addr.to_string()); };
    if (!forward)
    {
        d.text.to = original.reply_to;  // documented: message-reply.md
        if (d.text.to.empty() && !original.from.addr.empty())
            d.text.to.push_back(original.from);
        if (how == answer::reply_all)
        {
            std::copy_if(original.to.begin(), original.to.end(), std::back_inserter(d.text.to), std::not_fn(is_me));
            std::copy_if(original.cc.begin(), original.cc.end(), std::back_inserter(d.text.cc), std::not_fn(is_me));
        }
    }
    else
        d.text.attachments = original.attachments;
    std::string_view const mark = forward ? "FW: " : "RE: ";
    d.text.subject = same_name(std::string_view(original.subject).substr(0, mark.size()), mark)
                         ? original.subject
                         : std::string(mark) + original.subject;
    if (!original.message_id.empty())
    {
        d.text.in_reply_to = {original.message_id};
        d.text.references = original.references;
        d.text.references.push_back(original.message_id);
    }
    auto const line = [](char const* name, std::string const& value) {
        std::string out;
        if (!value.empty())
        {
            ((out += "<b>") += name) += ":</b> ";
            view_detail::append_escaped(out, value);
            out += "<br>\r\n";
        }
        return out;
    };
    auto const names = [](std::vector<outkit::graph::recipient> const& list) {
        std::string out;
        for (auto const& r : list)
            (((out += out.empty() ? "" : "; ") += r.name) += " <") += r.address + ">";
        return out;
    };
    std::string inner = shown.body->content;
    if (std::size_t const begin = view_detail::find_tag(inner, "body"); begin != inner.npos)
    {
        std::size_t const end = view_detail::find_tag(inner, "/body", begin);
        inner.resize(std::min(end, inner.size()));
        inner.erase(0, std::min(inner.find('>', begin), inner.size() - 1) + 1);
    }
    d.text.html =
        "<hr>\r\n<div id=\"divRplyFwdMsg\">\r\n" + line("From", shown.from ? names({*shown.from}) : std::string()) +
        line("Sent", mime::format_date({*shown.sent_date_time, {}})) + line("To", names(shown.to_recipients)) +
        line("Cc", names(shown.cc_recipients)) + line("Subject", shown.subject) + "</div>\r\n" + inner;
    d.properties["answers"] = m.immutable_id;
    // MAPI's PidTagLastVerbExecuted (observed: mguessan/davmail reads it)
    d.properties["verb"] = forward ? "104" : how == answer::reply_all ? "103" : "102";
}

OUTKIT_INLINE http::response graph::exchange::answer_message(location const& at, graph_detail::answer how, bool send)
{
    draft d;
    quote(d, at, how);
    std::string const quoted = d.text.html;
    action_input given;
    if (http::media_type(request.headers) == "text/plain" && !request.body.empty())
    {
        // MIME says all of the answer but what it answers (documented: message-reply.md).
        auto const raw = mime_body();
        if (!raw)
            return no_mime();
        mime::message said = graph_detail::taken_apart(mime::parse(*raw), *raw);
        if (said.to.empty() && said.cc.empty() && said.bcc.empty())
        {
            said.to = d.text.to;
            said.cc = d.text.cc;
        }
        if (said.subject.empty())
            said.subject = d.text.subject;
        said.in_reply_to = d.text.in_reply_to;
        said.references = d.text.references;
        d.text = std::move(said);
        given.message.emplace();
    }
    else
    {
        std::string what;
        auto read = read_action_input(request.body, what);
        if (!read)
            return unreadable(what);
        given = std::move(*read);
        bool const in_message = given.message && given.message->to;
        auto const invalid = [&](char const* text) { return refuse(400, "ErrorInvalidRequest", text, false); };
        if (given.comment && given.message && given.message->body)  // documented: message-reply.md
            return invalid("Comment and the message's body cannot both be given.");
        if (how == graph_detail::answer::forward && given.to && in_message)  // documented: message-forward.md
            return invalid("ToRecipients cannot be given twice.");
        if (how == graph_detail::answer::forward && send && !given.to && !in_message)
            return invalid("ToRecipients must be given.");
        if (!given.message)
            given.message.emplace();
        if (given.to)
            given.message->to = std::move(given.to);
        std::string words;
        view_detail::append_escaped(words, given.comment.value_or(std::string()));
        d.text.html = "<html>\r\n<head>\r\n" + std::string(view_detail::meta) + "\r\n</head>\r\n<body>\r\n" +
                      (words.empty() ? words : "<div>" + words + "</div>\r\n") + quoted + "\r\n</body>\r\n</html>\r\n";
    }
    if (auto refused = fill(d, *given.message))
        return std::move(*refused);
    auto raw = build(d);
    if (!raw)
        return refuse(400, "ErrorInvalidRequest", "The request is invalid.", false);
    if (!send)
    {
        append_options o;
        o.flags = flags::draft | flags::seen;
        return store_draft(*box->find(role::drafts), std::move(d), std::move(*raw), std::move(o));
    }
    response r = dispatch(std::move(*raw), true, {});
    if (r.status == 202)
        mark_answered(d.properties);
    return r;
}

OUTKIT_INLINE void graph::exchange::mark_answered(std::map<std::string, std::string> const& properties)
{
    auto const original = properties.find("answers");
    auto const verb = properties.find("verb");
    location const at = original == properties.end() ? location() : box->find_message(original->second);
    if (!at || verb == properties.end())
        return;
    at.what->properties["mapi integer 0x1081"] = verb->second;
    w.mailboxes.touch(*at.where, at.what->uid);
    if (verb->second != "104")
        w.mailboxes.store(*at.where, at.what->uid, mailbox_store::how::add, flags::answered);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
