#ifndef OUTKIT_GRAPH_DETAIL_ATTACHMENT_CODEC_IPP
#define OUTKIT_GRAPH_DETAIL_ATTACHMENT_CODEC_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/attachment_codec.hpp>
#include <outkit/graph/detail/members.hpp>
#include <outkit/graph/detail/scanner.hpp>

namespace outkit::inline OUTKIT_ABI::graph::detail {

inline constexpr member_reader<attachment> attachment_members[] = {
    {"@odata.type",
     [](scanner& s, attachment& a) {
         std::string_view type;
         bool const there = s.view("@odata.type", type);
         a.kind = there && same_letters(type, "#microsoft.graph.itemAttachment")        ? attachment_kind::item
                  : there && same_letters(type, "#microsoft.graph.referenceAttachment") ? attachment_kind::reference
                                                                                        : attachment_kind::file;
     }},
    {"id", [](scanner& s, attachment& a) { s.read("id", a.id); }},
    {"lastModifiedDateTime",
     [](scanner& s, attachment& a) { s.read("lastModifiedDateTime", a.last_modified_date_time); }},
    {"name", [](scanner& s, attachment& a) { s.read("name", a.name); }},
    {"contentType", [](scanner& s, attachment& a) { s.read("contentType", a.content_type); }},
    {"size", [](scanner& s, attachment& a) { s.read_count("size", a.size); }},
    {"isInline", [](scanner& s, attachment& a) { s.read("isInline", a.is_inline); }},
    {"contentId", [](scanner& s, attachment& a) { s.read("contentId", a.content_id); }},
    {"contentLocation", [](scanner& s, attachment& a) { s.read("contentLocation", a.content_location); }},
    {"contentBytes", [](scanner& s, attachment& a) { s.read_base64("contentBytes", a.content); }},
};
OUTKIT_DEF void read(scanner& s, attachment& out)
{
    read_members(s, out, attachment_members);
    if (out.id.empty())
        s.wrong("id", "an id");
}

OUTKIT_DEF parsed<attachment> parse_attachment(std::string_view text, limits const& l)
{
    return parse_resource<attachment>(text, l, &read);
}

OUTKIT_DEF parsed<page<attachment>> parse_attachments(std::string_view text, limits const& l)
{
    return parse_page<attachment>(text, l, &read);
}

OUTKIT_DEF std::string serialise(file_attachment const& a)
{
    writer w(a.content.size() * 4 / 3 + 512);
    w.value(a);
    return std::move(w.out);
}

OUTKIT_DEF parsed<upload_session> parse_upload_session(std::string_view text, limits const& l)
{
    parsed<upload_session> result;
    document const d(text, l);
    if (d.ec)
        return {{}, d.ec, d.what};
    json::object const* const o = d.root->if_object();
    if (!o)
        return {{}, error::response_malformed, "an object was expected"};
    reader r;
    for (auto const& m : *o)
    {
        std::string_view const name(m.key().data(), m.key().size());
        if (same_letters(name, "uploadUrl"))
            r.read(*o, name, result.value.upload_url);
        else if (same_letters(name, "expirationDateTime"))
            r.read(*o, name, result.value.expiration_date_time);
        else if (same_letters(name, "nextExpectedRanges"))
            r.read(*o, name, result.value.next_expected_ranges);
    }
    if (r.ec)
        return {{}, r.ec, r.what};
    return result;
}

OUTKIT_DEF std::string serialise(attached_file const& f, std::uint64_t octets)
{
    writer w(512);
    w.open('{');
    w.name("AttachmentItem");
    w.open('{');
    w.name("attachmentType");
    w.out += "\"file\"";
    w.member("name", f.name);
    w.name("size");
    w.out += std::to_string(octets);
    if (!f.content_type.empty())
        w.member("contentType", f.content_type);
    if (f.is_inline)
        w.member("isInline", true);
    if (!f.content_id.empty())
        w.member("contentId", f.content_id);
    w.close('}');
    w.close('}');
    return std::move(w.out);
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
