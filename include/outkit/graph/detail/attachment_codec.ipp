#ifndef OUTKIT_GRAPH_DETAIL_ATTACHMENT_CODEC_IPP
#define OUTKIT_GRAPH_DETAIL_ATTACHMENT_CODEC_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/attachment_codec.hpp>
#include <outkit/graph/detail/members.hpp>

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL void read(reader& r, json::object const& o, attachment& out)
{
    std::string_view type;
    if (r.view(o, "@odata.type", type))
        out.kind = same_letters(type, "#microsoft.graph.itemAttachment")        ? attachment_kind::item
                   : same_letters(type, "#microsoft.graph.referenceAttachment") ? attachment_kind::reference
                                                                                : attachment_kind::file;
    r.read(o, "id", out.id);
    r.read(o, "lastModifiedDateTime", out.last_modified_date_time);
    r.read(o, "name", out.name);
    r.read(o, "contentType", out.content_type);
    r.read_count(o, "size", out.size);
    r.read(o, "isInline", out.is_inline);
    r.read(o, "contentId", out.content_id);
    r.read(o, "contentLocation", out.content_location);
    if (std::string_view bytes; r.view(o, "contentBytes", bytes))
    {
        auto decoded = outkit::detail::base64_decode(bytes);
        if (decoded)
            out.content = std::move(*decoded);
        else
            r.wrong("contentBytes", "base64");
    }
    if (!r.ec && out.id.empty())
        r.wrong("id", "an id");
}

OUTKIT_DEF parsed<attachment> parse_attachment(std::string_view text, limits const& l)
{
    parsed<attachment> result;
    limits whole = l;
    whole.json_string = l.json_body;  // the content is one string
    document const d(text, whole);
    if (d.ec)
        return {{}, d.ec, d.what};
    json::object const* const o = d.root->if_object();
    if (!o)
        return {{}, error::response_malformed, "an object was expected"};
    reader r;
    read(r, *o, result.value);
    if (r.ec)
        return {{}, r.ec, r.what};
    return result;
}

OUTKIT_DEF parsed<page<attachment>> parse_attachments(std::string_view text, limits const& l)
{
    parsed<page<attachment>> result;
    limits whole = l;
    whole.json_string = l.json_body;
    document const d(text, whole);
    if (d.ec)
        return {{}, d.ec, d.what};
    json::object const* const o = d.root->if_object();
    reader r;
    json::value const* const value = o ? r.member(*o, "value") : nullptr;
    json::array const* const items = value ? value->if_array() : nullptr;
    if (!items)
        return {{}, error::response_malformed, "value: a list was expected"};
    r.read(*o, "@odata.nextLink", result.value.next_link);
    for (json::value const& item : *items)
    {
        json::object const* const entity = item.if_object();
        if (!entity)
            return {{}, error::response_malformed, "value: an item is no object"};
        read(r, *entity, result.value.value.emplace_back());
        if (r.ec)
            return {{}, r.ec, "value[" + std::to_string(result.value.value.size() - 1) + "]." + r.what};
    }
    return result;
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
