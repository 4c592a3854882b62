#ifndef OUTKIT_MOCK_GRAPH_VIEW_IPP
#define OUTKIT_MOCK_GRAPH_VIEW_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/graph_view.hpp>
#include <outkit/mock/odata.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::mock {

namespace view_detail {

inline bool begins(std::string_view text, std::string_view lower_case)
{
    return text.size() >= lower_case.size() && same_name(text.substr(0, lower_case.size()), lower_case);
}

// Where a tag of that name begins at or after `from` ("<script", "</p"), or npos. One pass, whatever the text.
inline std::size_t find_tag(std::string_view html, std::string_view name, std::size_t from = 0)
{
    for (std::size_t at = html.find('<', from); at != html.npos; at = html.find('<', at + 1))
    {
        std::string_view const rest = html.substr(at + 1);
        if (begins(rest, name) &&
            (rest.size() == name.size() || !std::isalnum(static_cast<unsigned char>(rest[name.size()]))))
            return at;
    }
    return html.npos;
}

inline void append_escaped(std::string& out, std::string_view text)
{
    for (char const c : text)
        switch (c)
        {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
}

// The character that an entity stands for, at the beginning of the text; 0 for none.
inline std::size_t append_entity(std::string& out, std::string_view text)
{
    static constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", "\xc2\xa0"}};
    for (auto const& [name, character] : names)
        if (text.starts_with(name))
        {
            out += character;
            return name.size();
        }
    std::size_t const end = text.substr(0, 12).find(';');
    if (!text.starts_with("&#") || end == text.npos || end < 3)
        return 0;
    bool const hex = text[2] == 'x' || text[2] == 'X';
    std::string_view const digits = text.substr(hex ? 3 : 2, end - (hex ? 3 : 2));
    std::uint32_t c = 0;
    auto const r = std::from_chars(digits.data(), digits.data() + digits.size(), c, hex ? 16 : 10);
    if (r.ec != std::errc() || r.ptr != digits.data() + digits.size() || c == 0 || c > 0x10FFFF ||
        (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    outkit::detail::append_utf8(out, static_cast<char32_t>(c));
    return end + 1;
}

inline std::string utf8(std::string text) { return mime::valid_utf8(text) ? text : mime::to_utf8(text, ""); }

inline std::vector<outkit::graph::recipient> people(std::vector<mime::address_entry> const& list)
{
    std::vector<outkit::graph::recipient> out;
    for (mime::address_entry const& e : list)
        if (e.what == mime::address_entry::kind::mailbox)
        {
            outkit::graph::recipient r;
            r.address = utf8(odata::address_text(e));
            r.name = mime::decode_words(e.name);
            if (r.name.empty())
                r.name = r.address;
            out.push_back(std::move(r));
        }
    return out;
}

inline std::optional<outkit::graph::recipient> person(std::vector<mime::address_entry> const& list)
{
    auto all = people(list);
    if (all.empty())
        return std::nullopt;
    return std::move(all.front());
}

// The first characters as text, blanks as they are (documented: message.md; the sample shows its line ends).
inline std::string preview(std::string_view text)
{
    std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == text.npos)
        return {};
    std::size_t characters = 0, at = begin;
    for (; at < text.size(); ++at)
    {
        if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && ++characters > 255)
            break;
    }
    text = text.substr(begin, at - begin);
    while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != std::string_view::npos)
        text.remove_suffix(1);
    return std::string(text);
}

inline std::string without_element(std::string_view html, std::string_view name)
{
    std::string out;
    std::string const closing = "/" + std::string(name);
    std::size_t kept = 0;
    for (;;)
    {
        std::size_t const begin = find_tag(html, name, kept);
        if (begin == html.npos)
            break;
        out += html.substr(kept, begin - kept);
        std::size_t const close = find_tag(html, closing, begin);
        std::size_t const end = close == html.npos ? html.npos : html.find('>', close);
        if (end == html.npos)
            return out;
        kept = end + 1;
    }
    return out += html.substr(kept);
}

inline constexpr std::string_view meta = "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">";

// A whole page that says its charset, as every HTML body comes back (documented: user-post-messages.md, samples).
inline std::string normalised(std::string html)
{
    std::size_t const head = find_tag(html, "head");
    if (head != html.npos)
    {
        std::size_t const end = html.find('>', head);
        if (end != html.npos &&
            odata::lowered(html.substr(head, 4096)).find("http-equiv=\"content-type\"") == html.npos)
            html.insert(end + 1, "\r\n" + std::string(meta));
        return html;
    }
    if (find_tag(html, "html") != html.npos)
        return html;
    std::string out = "<html>\r\n<head>\r\n" + std::string(meta) + "\r\n</head>\r\n";
    bool const has_body = find_tag(html, "body") != html.npos;
    out += has_body ? "" : "<body>\r\n";
    out += html;
    out += html.ends_with("\r\n") ? "" : "\r\n";
    out += has_body ? "</html>\r\n" : "</body>\r\n</html>\r\n";
    return out;
}

// 0x01, five octets of the time in 100 ns since 1601, and a GUID: here the conversation's.
inline std::string conversation_index(message const& m)
{
    std::string thread = odata::header_text(m, "Thread-Index");
    if (auto const decoded = detail::base64_decode(thread); decoded && decoded->size() >= 22)
        return thread;
    auto const ticks = static_cast<std::uint64_t>(odata::seconds(m.internal_date) + 11'644'473'600) * 10'000'000;
    std::string bytes = "\x01";
    for (int shift = 56; shift >= 24; shift -= 8)
        bytes += static_cast<char>(ticks >> shift & 0xff);
    std::string guid = m.conversation_id;
    std::replace(guid.begin(), guid.end(), '-', '+');
    std::replace(guid.begin(), guid.end(), '_', '/');
    std::string const key = detail::base64_decode(guid).value_or(std::string());
    bytes += key.size() >= 16 ? key.substr(key.size() - 16) : std::string(16, '\0');
    return detail::base64_encode(bytes);
}

inline std::string web_link(std::string_view id)
{
    return "https://outlook.office365.com/owa/?ItemID=" + detail::form_encode(id) +
           "&exvsurl=1&viewmodel=ReadMessageItem";
}

}  // namespace view_detail

// The form of the service's own conversion, which announces itself in a comment [inferred from bodies in public issues].
OUTKIT_INLINE std::string html_of_text(std::string_view text)
{
    std::string out = "<html>\r\n<head>\r\n";
    out += view_detail::meta;
    out += "\r\n<meta name=\"Generator\" content=\"Microsoft Exchange Server\">\r\n<!-- converted from text -->\r\n"
           "</head>\r\n<body>\r\n<div class=\"PlainText\">";
    while (!text.empty())
    {
        std::size_t const end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        view_detail::append_escaped(out, line);
        if (end != text.npos)
            out += "<br>\r\n";
    }
    return out += "</div>\r\n</body>\r\n</html>\r\n";
}

OUTKIT_INLINE std::string text_of_html(std::string_view html)
{
    std::string const without = view_detail::without_element(
        view_detail::without_element(view_detail::without_element(html, "script"), "style"), "head");
    std::string out;
    bool blank = true;  // a blank would be the first of the line
    for (std::size_t at = 0; at < without.size();)
    {
        char const c = without[at];
        std::string_view const rest = std::string_view(without).substr(at);
        if (c == '<')
        {
            std::size_t const end = rest.starts_with("<!--") ? rest.find("-->") : rest.find('>');
            std::string_view const tag = rest.substr(1, std::min<std::size_t>(rest.size(), 6));
            if (view_detail::begins(tag, "br") || view_detail::begins(tag, "/p") || view_detail::begins(tag, "/div") ||
                view_detail::begins(tag, "/tr") || view_detail::begins(tag, "/h") || view_detail::begins(tag, "/li"))
            {
                while (out.ends_with(' '))
                    out.pop_back();
                out += "\r\n";
                blank = true;
            }
            at = end == rest.npos ? without.size() : at + end + (rest.starts_with("<!--") ? 3 : 1);
            continue;
        }
        if (c == '&')
            if (std::size_t const n = view_detail::append_entity(out, rest))
            {
                at += n;
                blank = false;
                continue;
            }
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
        {
            if (!blank)
                out += ' ';
            blank = true;
        }
        else
        {
            out += c;
            blank = false;
        }
        ++at;
    }
    std::size_t const last = out.find_last_not_of(" \r\n");
    out.resize(last == out.npos ? 0 : last + 1);
    return out.empty() ? out : out += "\r\n";
}

OUTKIT_INLINE outkit::graph::message graph_view(message const& m, folder const& in, view_options const& o)
{
    namespace g = outkit::graph;
    auto const& e = m.envelope();
    g::message v;
    v.id = o.immutable_ids ? m.immutable_id : m.id;
    v.etag = "W/\"" + m.change_key + "\"";
    auto const date = [](detail::wall_time t) { return std::chrono::floor<std::chrono::seconds>(t); };
    v.created_date_time = date(m.created);
    v.last_modified_date_time = date(m.modified);
    v.change_key = m.change_key;
    v.categories = odata::categories_of(m);
    v.received_date_time = date(m.internal_date);
    v.sent_date_time = g::date_time(std::chrono::seconds(odata::sent_seconds(m)));
    v.has_attachments = odata::has_attachments(m);
    v.internet_message_id = view_detail::utf8(e.message_id);
    v.subject = mime::decode_words(e.subject);
    std::string const importance = odata::importance_of(m);
    v.importance = importance == "high"  ? g::importance::high
                   : importance == "low" ? g::importance::low
                                         : g::importance::normal;
    v.parent_folder_id = in.id();
    v.conversation_id = m.conversation_id;
    v.conversation_index = view_detail::conversation_index(m);
    bool const draft = m.is(flags::draft);
    auto const kept = [&](char const* name) -> std::string_view {
        auto const found = m.properties.find(name);
        return found == m.properties.end() ? std::string_view() : std::string_view(found->second);
    };
    if (std::string_view const asked = kept("delivery receipt"); !asked.empty())
        v.is_delivery_receipt_requested = asked == "true";
    else if (draft)
        v.is_delivery_receipt_requested = false;  // null on received mail (documented: message-move.md, sample)
    std::string_view const receipt = kept("read receipt");
    v.is_read_receipt_requested =
        receipt.empty() ? !odata::header_text(m, "Disposition-Notification-To").empty() : receipt == "true";
    v.is_read = m.is(flags::seen);
    v.is_draft = draft;
    v.web_link = view_detail::web_link(v.id);
    v.inference_classification = odata::inference_of(m);

    mime::contents const c = mime::find_contents(m.structure());
    auto const& parts = m.structure().parts;
    std::string text, html;
    if (c.html != mime::no_part)
        html = mime::decoded_text(parts[c.html], m.raw());
    if (c.text != mime::no_part)
        text = mime::decoded_text(parts[c.text], m.raw());
    else if (!html.empty())
        text = text_of_html(html);
    v.body_preview = view_detail::preview(text);
    g::item_body body;
    if (o.body == g::body_type::text)
        body.content = c.html != mime::no_part ? text_of_html(html) : text;
    else
    {
        body.content_type = g::body_type::html;
        if (c.html == mime::no_part)
            body.content = html_of_text(text);
        else
            body.content = view_detail::normalised(o.unsafe_html ? html : view_detail::without_element(html, "script"));
    }
    v.body = std::move(body);

    if (kept("unsigned").empty())  // a draft has no sender before it is sent
    {
        v.from = view_detail::person(e.from);
        v.sender = view_detail::person(e.sender.empty() ? e.from : e.sender);
    }
    v.to_recipients = view_detail::people(e.to);
    v.cc_recipients = view_detail::people(e.cc);
    v.bcc_recipients = view_detail::people(e.bcc);
    if (e.reply_to != e.from)
        v.reply_to = view_detail::people(e.reply_to);
    std::string const flag = odata::flag_of(m);
    v.flag.emplace().status = flag == "flagged"    ? g::flag_status::flagged
                              : flag == "complete" ? g::flag_status::complete
                                                   : g::flag_status::not_flagged;
    auto const time = [&](char const* name) -> std::optional<g::zoned_time> {
        std::string_view const text = kept(name);
        if (text.empty())
            return std::nullopt;
        std::size_t const end = std::min(text.find('\n'), text.size() - 1);
        return g::zoned_time{std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
    };
    v.flag->start = time("flag start");
    v.flag->due = time("flag due");
    v.flag->completed = time("flag completed");
    if (o.headers && !draft)  // a draft has none
        for (mime::field const& f : mime::read_fields(mime::header_of(parts.front(), m.raw())))
            v.internet_message_headers.push_back(
                {view_detail::utf8(std::string(f.name)), view_detail::utf8(mime::unfold(f.value))});
    return v;
}

OUTKIT_INLINE outkit::graph::mail_folder graph_view(folder const& f)
{
    outkit::graph::mail_folder v;
    v.id = f.id();
    v.display_name = f.role() == role::root ? "Top of Information Store" : f.name();
    if (f.parent())
        v.parent_folder_id = f.parent()->id();
    v.child_folder_count = static_cast<std::uint32_t>(std::count_if(
        f.children().begin(), f.children().end(), [](folder_ptr const& c) { return c->is_mail() && !c->hidden(); }));
    v.unread_item_count = static_cast<std::uint32_t>(f.unread());
    v.total_item_count = static_cast<std::uint32_t>(f.messages().size());
    v.is_hidden = f.hidden();
    return v;
}

OUTKIT_INLINE std::string graph_user_id(user const& u)
{
    if (u.kind != account_kind::personal)
        return u.id;
    std::string digits;
    std::copy_if(u.id.begin(), u.id.end(), std::back_inserter(digits), [](char c) { return c != '-'; });
    return digits.size() == 32 ? digits.substr(16) : u.id;
}

OUTKIT_INLINE outkit::graph::user graph_view(user const& u)
{
    outkit::graph::user v;
    v.id = graph_user_id(u);
    v.user_principal_name = u.principal_name;
    v.mail = u.mail;
    v.display_name = u.display_name;
    v.given_name = u.given_name;
    v.surname = u.surname;
    v.preferred_language = "en-US";
    return v;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
