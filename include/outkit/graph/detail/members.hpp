#ifndef OUTKIT_GRAPH_DETAIL_MEMBERS_HPP
#define OUTKIT_GRAPH_DETAIL_MEMBERS_HPP

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/json.hpp>
#include <outkit/graph/detail/date_time.hpp>
#include <outkit/graph/error.hpp>
#include <outkit/graph/types.hpp>
#include <outkit/http/detail/grammar.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How members of Graph's objects are read and written: what the codecs of graph/detail are made of.
// Included by .ipp files only.

namespace outkit::inline OUTKIT_ABI::graph::detail {

namespace json = boost::json;

// Text as a value, with its storage. A parse of its own per answer: all of it is released at once.
OUTKIT_DECL class document
{
public:
    document(std::string_view text, limits const& l) : storage_(buffer_, sizeof(buffer_))
    {
        outkit::detail::json_limits most;
        most.depth = l.json_depth;
        most.values = l.json_values;
        most.name = most.string = l.json_string;
        outkit::detail::json_problem problem{};
        root = outkit::detail::parse_json(text, most, &storage_, problem, what);
        if (!root)
            ec = problem == outkit::detail::json_problem::too_large ? error::limit_exceeded : error::response_malformed;
    }
    document(document const&) = delete;

    error_code ec;
    std::string what;

private:
    unsigned char buffer_[8192];
    json::monotonic_resource storage_;

public:
    std::optional<json::value> root;
};

inline bool same_letters(std::string_view a, std::string_view b) { return http::detail::equal_ignoring_case(a, b); }

// Takes members out of objects. The first one of a wrong type is remembered, and nothing is read after it.
class reader
{
public:
    error_code ec;
    std::string what;

    void wrong(std::string_view name, char const* expected)
    {
        if (ec)
            return;
        ec = error::response_malformed;
        what = std::string(name) + ": " + expected + " was expected";
    }

    // Nothing for a missing member and for null.
    json::value const* member(json::object const& in, std::string_view name)
    {
        if (ec)
            return nullptr;
        json::value const* const v = in.if_contains(json::string_view(name.data(), name.size()));
        return v && !v->is_null() ? v : nullptr;
    }

    void read(json::object const& in, std::string_view name, std::string& out)
    {
        if (json::value const* const v = member(in, name))
        {
            if (json::string const* const s = v->if_string())
                out.assign(s->data(), s->size());
            else
                wrong(name, "a string");
        }
    }
    void read(json::object const& in, std::string_view name, bool& out)
    {
        if (json::value const* const v = member(in, name))
        {
            if (v->is_bool())
                out = v->get_bool();
            else
                wrong(name, "true or false");
        }
    }
    template <class Integer>
    void read_count(json::object const& in, std::string_view name, Integer& out)
    {
        if (json::value const* const v = member(in, name))
        {
            std::uint64_t n = 0;
            if (v->is_int64() && v->get_int64() >= 0)
                n = static_cast<std::uint64_t>(v->get_int64());
            else if (v->is_uint64())
                n = v->get_uint64();
            else
                return wrong(name, "a whole number from 0 on");
            if (n > static_cast<std::uint64_t>(std::numeric_limits<Integer>::max()) / 2)
                return wrong(name, "a smaller number");
            out = static_cast<Integer>(n);
        }
    }
    void read(json::object const& in, std::string_view name, std::optional<bool>& out)
    {
        if (bool b = false; member(in, name))
        {
            read(in, name, b);
            out = b;
        }
    }
    void read(json::object const& in, std::string_view name, std::optional<date_time>& out)
    {
        std::string_view text;
        if (!view(in, name, text))
            return;
        out = parse_date_time(text);
        if (!out)
            wrong(name, "a date such as 2026-11-23T09:58:11Z");
    }
    void read(json::object const& in, std::string_view name, std::optional<importance>& out)
    {
        std::string_view text;
        if (!view(in, name, text))
            return;
        if (same_letters(text, "low"))
            out = importance::low;
        else if (same_letters(text, "normal"))
            out = importance::normal;
        else if (same_letters(text, "high"))
            out = importance::high;
        // A value added to the schema later is none we know.
    }
    void read(json::object const& in, std::string_view name, std::optional<zoned_time>& out)
    {
        if (json::object const* const o = object(in, name))
        {
            out.emplace();
            read(*o, "dateTime", out->date_time);
            read(*o, "timeZone", out->time_zone);
        }
    }
    void read(json::object const& in, std::string_view name, std::optional<followup_flag>& out)
    {
        json::object const* const o = object(in, name);
        if (!o)
            return;
        out.emplace();
        std::string_view text;
        if (view(*o, "flagStatus", text))
        {
            if (same_letters(text, "flagged"))
                out->status = flag_status::flagged;
            else if (same_letters(text, "complete"))
                out->status = flag_status::complete;
        }
        read(*o, "startDateTime", out->start);
        read(*o, "dueDateTime", out->due);
        read(*o, "completedDateTime", out->completed);
    }
    void read(json::object const& in, std::string_view name, std::optional<item_body>& out)
    {
        json::object const* const o = object(in, name);
        if (!o)
            return;
        out.emplace();
        std::string_view text;
        if (view(*o, "contentType", text) && same_letters(text, "html"))
            out->content_type = body_type::html;
        read(*o, "content", out->content);
    }
    void read(json::value const& v, std::string_view name, recipient& out)
    {
        json::object const* const o = v.if_object();
        if (!o)
            return wrong(name, "an object");
        if (json::object const* const address = object(*o, "emailAddress"))
        {
            read(*address, "name", out.name);
            read(*address, "address", out.address);
        }
    }
    void read(json::object const& in, std::string_view name, std::optional<recipient>& out)
    {
        if (json::value const* const v = member(in, name))
        {
            out.emplace();
            read(*v, name, *out);
        }
    }
    void read(json::value const& v, std::string_view name, internet_message_header& out)
    {
        json::object const* const o = v.if_object();
        if (!o)
            return wrong(name, "an object");
        read(*o, "name", out.name);
        read(*o, "value", out.value);
    }
    void read(json::value const& v, std::string_view name, std::string& out)
    {
        if (json::string const* const s = v.if_string())
            out.assign(s->data(), s->size());
        else
            wrong(name, "a string");
    }
    template <class T>
    void read(json::object const& in, std::string_view name, std::vector<T>& out)
    {
        json::value const* const v = member(in, name);
        if (!v)
            return;
        json::array const* const items = v->if_array();
        if (!items)
            return wrong(name, "a list");
        out.reserve(items->size());
        for (json::value const& item : *items)
        {
            read(item, name, out.emplace_back());
            if (ec)
                return;
        }
    }

    template <class T>
    void read_if_there(json::object const& in, std::string_view name, std::optional<T>& out)
    {
        if (member(in, name))
            read(in, name, out.emplace());
    }

    json::object const* object(json::object const& in, std::string_view name)
    {
        json::value const* const v = member(in, name);
        if (!v)
            return nullptr;
        if (!v->is_object())
            wrong(name, "an object");
        return v->if_object();
    }
    bool view(json::object const& in, std::string_view name, std::string_view& out)
    {
        json::value const* const v = member(in, name);
        if (!v)
            return false;
        json::string const* const s = v->if_string();
        if (!s)
        {
            wrong(name, "a string");
            return false;
        }
        out = {s->data(), s->size()};
        return true;
    }
};

class writer
{
public:
    explicit writer(std::size_t expected = 0) { out.reserve(expected); }
    std::string out;

    void open(char bracket)
    {
        out += bracket;
        first_ = true;
    }
    void close(char bracket)
    {
        out += bracket;
        first_ = false;
    }
    void next()
    {
        if (!first_)
            out += ',';
        first_ = false;
    }
    void name(std::string_view n)  // one of ours, so there is nothing to escape
    {
        next();
        ((out += '"') += n) += "\":";
    }
    void text(std::string_view s)
    {
        std::array<char, 1024> piece;
        serializer_.reset(json::string_view(s.data(), s.size()));
        while (!serializer_.done())
        {
            json::string_view const part = serializer_.read(piece.data(), piece.size());
            out.append(part.data(), part.size());
        }
    }

    // One that is not ours, with its value as JSON.
    void json_member(std::string_view n, std::string_view json_text)
    {
        next();
        text(n);
        (out += ':') += json_text;
    }
    void json_members(std::vector<unknown_member> const& list)
    {
        for (unknown_member const& m : list)
            json_member(m.name, m.json);
    }

    void value(std::string const& s) { text(s); }
    void value(bool b) { out += b ? "true" : "false"; }
    void value(std::uint32_t n) { out += std::to_string(n); }
    void value(date_time t) { ((out += '"') += format(t)) += '"'; }
    void value(importance i)
    {
        out += i == importance::low ? "\"low\"" : i == importance::high ? "\"high\"" : "\"normal\"";
    }
    void value(flag_status s)
    {
        out += s == flag_status::flagged    ? "\"flagged\""
               : s == flag_status::complete ? "\"complete\""
                                            : "\"notFlagged\"";
    }
    void value(zoned_time const& z)
    {
        open('{');
        member("dateTime", z.date_time);
        member("timeZone", z.time_zone);
        close('}');
    }
    void value(followup_flag const& f)
    {
        open('{');
        if (f.completed)
            member("completedDateTime", *f.completed);
        if (f.due)
            member("dueDateTime", *f.due);
        member("flagStatus", f.status);
        if (f.start)
            member("startDateTime", *f.start);
        close('}');
    }
    void value(item_body const& b)
    {
        open('{');
        name("contentType");
        out += b.content_type == body_type::html ? "\"html\"" : "\"text\"";
        member("content", b.content);
        close('}');
    }
    void value(recipient const& r)
    {
        open('{');
        name("emailAddress");
        open('{');
        if (!r.name.empty())
            member("name", r.name);
        member("address", r.address);
        json_members(r.address_other);
        close('}');
        json_members(r.other);
        close('}');
    }
    void value(internet_message_header const& h)
    {
        open('{');
        member("name", h.name);
        member("value", h.value);
        close('}');
    }
    void value(extended_property const& p)
    {
        open('{');
        member("id", p.id);
        member("value", p.value);
        close('}');
    }
    void value(extended_values const& p)
    {
        open('{');
        member("id", p.id);
        member("value", p.values);
        close('}');
    }
    void value(attachment const& a)
    {
        open('{');
        name("@odata.type");
        out += a.kind == attachment_kind::item        ? "\"#microsoft.graph.itemAttachment\""
               : a.kind == attachment_kind::reference ? "\"#microsoft.graph.referenceAttachment\""
                                                      : "\"#microsoft.graph.fileAttachment\"";
        member("id", a.id);
        member("lastModifiedDateTime", a.last_modified_date_time);
        member("name", a.name);
        member_or_null("contentType", a.content_type);
        member("size", a.size);
        member("isInline", a.is_inline);
        if (a.kind == attachment_kind::file)
        {
            member_or_null("contentId", a.content_id);
            member_or_null("contentLocation", a.content_location);
        }
        if (a.content)
        {
            name("contentBytes");
            ((out += '"') += outkit::detail::base64_encode(*a.content)) += '"';
        }
        json_members(a.other);
        close('}');
    }
    void value(file_attachment const& a)
    {
        open('{');
        name("@odata.type");
        out += "\"#microsoft.graph.fileAttachment\"";
        member("name", a.name);
        member("contentType", a.content_type);
        if (a.is_inline)
            member("isInline", true);
        if (!a.content_id.empty())
            member("contentId", a.content_id);
        name("contentBytes");
        ((out += '"') += outkit::detail::base64_encode(a.content)) += '"';
        close('}');
    }
    template <class T>
    void value(std::vector<T> const& items)
    {
        open('[');
        for (T const& item : items)
        {
            next();
            value(item);
        }
        close(']');
    }
    template <class T>
    void value(std::optional<T> const& v)
    {
        if (v)
            value(*v);
        else
            out += "null";
    }
    template <class T>
    void member(std::string_view n, T const& v)
    {
        name(n);
        value(v);
    }
    template <class T>
    void member_if(std::string_view n, std::optional<T> const& v)
    {
        if (v)
            member(n, *v);
    }
    void member_or_null(std::string_view n, std::string const& s)
    {
        name(n);
        if (s.empty())
            out += "null";
        else
            text(s);
    }

private:
    json::serializer serializer_;
    bool first_ = true;
};

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
