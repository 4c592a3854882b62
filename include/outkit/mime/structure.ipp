#include <outkit/mime/structure.hpp>

#include <algorithm>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mime {

namespace detail {

// Strategy: the text is read line by line, once. Each line is part of a header, of a body, or a delimiter of one of the
// open multiparts; the innermost counts. A delimiter ends everything that is open inside its multipart.
OUTKIT_DECL class structure_parser
{
public:
    structure_parser(std::string_view text, limits const& at_most) : text_(text), at_most_(at_most) {}

    structure run()
    {
        begin_part(no_part, "text", "plain");
        while (at_ != text_.size())
        {
            std::size_t const newline = text_.find('\n', at_);
            std::size_t const next = newline == text_.npos ? text_.size() : newline + 1;
            std::size_t end = newline == text_.npos ? text_.size() : newline;
            if (end != at_ && newline != text_.npos && text_[end - 1] == '\r')
                --end;
            take_line(text_.substr(at_, end - at_), next);
            lines_ += newline != text_.npos;
            at_ = next;
        }
        finish();
        return std::move(out_);
    }

private:
    struct container
    {
        std::uint32_t index;
        std::string boundary;  // empty for a message/rfc822, and for a multipart after its last delimiter
        std::uint32_t last_child = no_part;
        bool digest = false;
    };
    enum class state
    {
        header,
        body,    // of a leaf
        between  // before the first part of a multipart or behind its last
    };

    void take_line(std::string_view line, std::size_t next)
    {
        if (line.starts_with("--") && take_delimiter(line, next))
            return;
        if (state_ == state::header && line.empty())
            end_header(next, lines_ + 1);
    }

    bool take_delimiter(std::string_view line, std::size_t next)
    {
        if (full_)
            return false;
        line.remove_prefix(2);
        for (std::size_t depth = open_.size(); depth-- != 0;)
        {
            std::string const& boundary = open_[depth].boundary;
            if (boundary.empty() || !line.starts_with(boundary))
                continue;
            std::string_view rest = line.substr(boundary.size());
            bool const last = rest.starts_with("--");
            if (last)
                rest.remove_prefix(2);
            if (!trim(rest).empty())
                continue;  // another boundary that begins with the same characters, or text
            if (!last && out_.parts.size() >= at_most_.parts)
            {
                full_ = out_.truncated = true;
                return false;
            }
            end_parts(depth + 1);
            container& c = open_[depth];
            if (last)
            {
                c.boundary.clear();
                state_ = state::between;
                return true;
            }
            std::size_t const here = at_;
            at_ = next;
            ++lines_;
            begin_part(c.index, c.digest ? "message" : "text", c.digest ? "rfc822" : "plain");
            at_ = here;
            --lines_;
            return true;
        }
        return false;
    }

    // Ends the leaf or header that is being read and all containers from that depth on, before the line at at_.
    void end_parts(std::size_t depth)
    {
        std::size_t end = at_;
        std::size_t lines = lines_;
        if (end != 0 && text_[end - 1] == '\n')  // the line end before a delimiter is part of the delimiter
        {
            --end;
            --lines;
            if (end != 0 && text_[end - 1] == '\r')
                --end;
        }
        while (state_ == state::header)  // of a message in a part that ends here, too
            end_header(at_, lines_);
        if (state_ == state::body)
            end_body(current_, end, lines);
        while (open_.size() > depth)
        {
            end_body(open_.back().index, end, lines);
            open_.pop_back();
        }
        state_ = state::between;
    }

    void end_body(std::uint32_t index, std::size_t end, std::size_t lines)
    {
        part& p = out_.parts[index];
        p.body_end = std::max(end, p.body_begin);
        p.lines = p.body_end == end && lines > p.lines ? lines - p.lines : 0;  // until now, those before the body
        if (p.is_multipart() && p.first_child == no_part)
            become_text(p);
    }

    void begin_part(std::uint32_t parent, char const* type, char const* subtype)
    {
        auto const index = static_cast<std::uint32_t>(out_.parts.size());
        part& p = out_.parts.emplace_back();
        p.type = type;
        p.subtype = subtype;
        p.parent = parent;
        p.header_begin = p.body_begin = p.body_end = at_;
        if (!open_.empty() && parent != no_part)
        {
            container& c = open_.back();
            if (c.last_child == no_part)
                out_.parts[c.index].first_child = index;
            else
                out_.parts[c.last_child].next_sibling = index;
            c.last_child = index;
        }
        current_ = index;
        state_ = state::header;
    }

    // The header of the current part ends where its body begins; decides what the body is.
    void end_header(std::size_t body_begin, std::size_t lines)
    {
        part& p = out_.parts[current_];
        p.body_begin = p.body_end = body_begin;
        p.lines = lines;
        state_ = state::body;
        std::string_view const section = text_.substr(p.header_begin, body_begin - p.header_begin);
        std::vector<field> const fields = read_fields(section, at_most_);
        out_.truncated = out_.truncated || section.size() > at_most_.header || fields.size() == at_most_.fields;
        read_content_fields(p, fields);
        if (p.parent == no_part || out_.parts[p.parent].type == "message")
            read_envelope(p, fields);

        std::string const* const boundary = p.find("boundary");
        bool const room = open_.size() < at_most_.depth;
        bool const container_type = p.is_multipart() || p.is("message", "rfc822");
        out_.truncated = out_.truncated || (container_type && !room);
        if (p.is_multipart())
        {
            if (!room || !boundary || boundary->empty() || boundary->size() > 200)
                return become_text(p);
            open_.push_back({current_, std::string(trim(*boundary)), no_part, p.subtype == "digest"});
            state_ = state::between;
        }
        else if (p.is("message", "rfc822"))
        {
            bool const plain = p.encoding == "7bit" || p.encoding == "8bit" || p.encoding == "binary";
            if (!room || !plain || out_.parts.size() >= at_most_.parts)
            {
                p.type = "application";
                p.subtype = "octet-stream";
                return;
            }
            open_.push_back({current_, {}, no_part, false});
            std::uint32_t const outer = current_;
            std::size_t const here = std::exchange(at_, body_begin);
            begin_part(outer, "text", "plain");
            at_ = here;
        }
    }

    static void become_text(part& p)
    {
        p.type = "text";
        p.subtype = "plain";
        p.parameters = {{"charset", "us-ascii"}};
    }

    void read_content_fields(part& p, std::span<field const> fields) const
    {
        auto const value = [&](std::string_view name) -> std::string_view {
            field const* const f = mime::find(fields, name);
            return f ? f->value : std::string_view();
        };
        field const* const content_type = mime::find(fields, "Content-Type");
        if (content_type)
        {
            parameterized t = read_parameterized(content_type->value, at_most_.parameters);
            std::size_t const slash = t.value.find('/');
            if (slash != t.value.npos && is_token(std::string_view(t.value).substr(0, slash)) &&
                is_token(std::string_view(t.value).substr(slash + 1)))
            {
                p.type = t.value.substr(0, slash);
                p.subtype = t.value.substr(slash + 1);
                p.parameters = std::move(t.parameters);
            }
            else
                become_text(p);  // RFC 2045 section 5.2
        }
        else if (p.type == "text")
            become_text(p);
        p.id = unfold(value("Content-ID"));
        p.description = unfold(value("Content-Description"));
        p.location = unfold(value("Content-Location"));
        p.md5 = unfold(value("Content-MD5"));
        std::string encoding = unfold(value("Content-Transfer-Encoding"));
        std::string_view rest = encoding;
        encoding = lower(take_until(rest, ";", true));
        if (is_token(encoding))
            p.encoding = std::move(encoding);
        if (field const* const disposition = mime::find(fields, "Content-Disposition"))
        {
            parameterized d = read_parameterized(disposition->value, at_most_.parameters);
            if (is_token(d.value))
            {
                p.disposition = std::move(d.value);
                p.disposition_parameters = std::move(d.parameters);
            }
        }
        std::string const languages = unfold(value("Content-Language"));
        for (std::string_view all = languages; !all.empty() && p.languages.size() != at_most_.parameters;)
        {
            std::string one = take_until(all, ",", true);
            if (!one.empty())
                p.languages.push_back(std::move(one));
            if (!all.empty())
                all.remove_prefix(1);
        }
    }

    void read_envelope(part& p, std::span<field const> fields)
    {
        p.envelope = static_cast<std::uint32_t>(out_.envelopes.size());
        mime::envelope& e = out_.envelopes.emplace_back();
        auto const text = [&](std::string_view name) {
            field const* const f = mime::find(fields, name);
            return f ? unfold(f->value) : std::string();
        };
        auto const list = [&](std::string_view name) {
            field const* const f = mime::find(fields, name);
            return f ? read_address_list(f->value, at_most_.addresses) : std::vector<address_entry>();
        };
        e.date = text("Date");
        e.subject = text("Subject");
        e.from = list("From");
        e.sender = list("Sender");
        if (e.sender.empty())
            e.sender = e.from;
        e.reply_to = list("Reply-To");
        if (e.reply_to.empty())
            e.reply_to = e.from;
        e.to = list("To");
        e.cc = list("Cc");
        e.bcc = list("Bcc");
        e.in_reply_to = text("In-Reply-To");
        e.message_id = text("Message-ID");
    }

    void finish()
    {
        while (state_ == state::header)
            end_header(text_.size(), lines_);
        if (state_ == state::body)
            end_body(current_, text_.size(), lines_);
        for (; !open_.empty(); open_.pop_back())
            end_body(open_.back().index, text_.size(), lines_);
    }

    std::string_view text_;
    limits const& at_most_;
    structure out_;
    std::vector<container> open_;
    std::uint32_t current_ = 0;
    state state_ = state::header;
    std::size_t at_ = 0;     // beginning of the line
    std::size_t lines_ = 0;  // line ends before it
    bool full_ = false;      // no more parts are wanted
};

}  // namespace detail

OUTKIT_DEF std::string const* part::find(std::string_view name) const
{
    for (parameter const& p : parameters)
        if (detail::equal_fold(p.name, name))
            return &p.value;
    return nullptr;
}

OUTKIT_DEF std::string part::file_name() const
{
    for (parameter const& p : disposition_parameters)
        if (p.name == "filename")
            return p.value;
    std::string const* const name = find("name");
    return name ? *name : std::string();
}

OUTKIT_DEF structure parse(std::string_view text, limits const& at_most)
{
    return detail::structure_parser(text, at_most).run();
}

OUTKIT_DEF std::uint32_t find_section(structure const& s, std::span<std::uint32_t const> numbers)
{
    std::uint32_t at = 0;
    std::uint32_t container = 0;
    for (std::uint32_t const n : numbers)
    {
        if (container >= s.parts.size() || n == 0)
            return no_part;
        if (s.parts[container].is_multipart())
        {
            at = s.parts[container].first_child;
            for (std::uint32_t k = 1; k != n && at != no_part; ++k)
                at = s.parts[at].next_sibling;
        }
        else
            at = n == 1 ? container : no_part;
        if (at >= s.parts.size())
            return no_part;
        container = s.parts[at].is_multipart() ? at : s.parts[at].is_message() ? s.parts[at].first_child : no_part;
    }
    return at;
}

OUTKIT_DEF std::string_view header_of(part const& p, std::string_view text)
{
    return text.substr(std::min(p.header_begin, text.size()), p.body_begin - p.header_begin);
}

OUTKIT_DEF std::string_view body_of(part const& p, std::string_view text)
{
    return text.substr(std::min(p.body_begin, text.size()), p.body_end - p.body_begin);
}

OUTKIT_DEF std::string decode_base64(std::string_view text) { return detail::decode_base64(text); }

OUTKIT_DEF std::string decode_quoted_printable(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    std::size_t i = 0;
    while (i != text.size())
    {
        std::size_t const newline = text.find('\n', i);
        std::size_t const next = newline == text.npos ? text.size() : newline + 1;
        std::size_t end = newline == text.npos ? text.size() : newline;
        if (end != i && text[end - 1] == '\r')
            --end;
        std::string_view const line_end = text.substr(end, next - end);
        while (end != i && detail::is_blank(text[end - 1]))
            --end;  // added on the way (RFC 2045 section 6.7, rule 3)
        bool const soft = end != i && text[end - 1] == '=';
        if (soft)
            --end;
        for (; i != end; ++i)
        {
            int const high = text[i] == '=' && end - i > 2 ? detail::hex_value(text[i + 1]) : -1;
            int const low = high >= 0 ? detail::hex_value(text[i + 2]) : -1;
            if (low >= 0)
            {
                out += static_cast<char>(high * 16 + low);
                i += 2;
            }
            else
                out += text[i];
        }
        if (!soft)
            out += line_end;
        i = next;
    }
    return out;
}

OUTKIT_DEF std::string decoded_body(part const& p, std::string_view text)
{
    std::string_view const body = body_of(p, text);
    if (p.is_multipart() || p.is_message())
        return std::string(body);
    if (p.encoding == "base64")
        return decode_base64(body);
    if (p.encoding == "quoted-printable")
        return decode_quoted_printable(body);
    return std::string(body);
}

OUTKIT_DEF std::string decoded_text(part const& p, std::string_view text)
{
    std::string const* const charset = p.find("charset");
    return to_utf8(decoded_body(p, text), charset ? std::string_view(*charset) : std::string_view());
}

OUTKIT_DEF std::string unflow(std::string_view text, bool delete_space)
{
    std::string out;
    out.reserve(text.size());
    std::size_t depth = 0;
    bool flowing = false;  // the line before goes on
    while (!text.empty())
    {
        std::size_t const newline = text.find('\n');
        std::string_view line = text.substr(0, newline);
        text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
        if (newline != text.npos && line.ends_with('\r'))
            line.remove_suffix(1);
        std::size_t const marks = std::min(line.find_first_not_of('>'), line.size());
        line.remove_prefix(marks);
        if (line.starts_with(' '))
            line.remove_prefix(1);  // stuffed (section 4.4)
        bool const signature = line == "-- ";
        if (flowing && (marks != depth || signature))
        {
            out += "\r\n";
            flowing = false;
        }
        if (!flowing && marks != 0)
            out.append(marks, '>') += ' ';
        flowing = line.ends_with(' ') && !signature;
        out += flowing && delete_space ? line.substr(0, line.size() - 1) : line;
        if (!flowing && newline != text.npos)
            out += "\r\n";
        depth = marks;
    }
    return out;
}

OUTKIT_DEF bool is_inline(structure const& s, std::uint32_t index)
{
    part const& p = s.parts[index];
    if (p.disposition == "attachment")
        return false;
    return p.disposition == "inline" ||
           (!p.id.empty() && p.parent != no_part && s.parts[p.parent].is("multipart", "related"));
}

namespace detail {

// The first part behind a part and all that is in it; the number of parts if there is none.
OUTKIT_DECL std::uint32_t behind(structure const& s, std::uint32_t index)
{
    for (; index != no_part; index = s.parts[index].parent)
        if (s.parts[index].next_sibling != no_part)
            return s.parts[index].next_sibling;
    return static_cast<std::uint32_t>(s.parts.size());
}

}  // namespace detail

OUTKIT_DEF contents find_contents(structure const& s)
{
    contents out;
    for (std::uint32_t i = 0; i < s.parts.size(); ++i)
    {
        part const& p = s.parts[i];
        if (p.is_message())
        {
            out.attachments.push_back(i);
            i = detail::behind(s, i) - 1;  // what is in the message belongs to the message
            continue;
        }
        if (p.is_multipart())
            continue;
        std::uint32_t* const shown = p.disposition == "attachment" ? nullptr
                                     : p.is("text", "plain")       ? &out.text
                                     : p.is("text", "html")        ? &out.html
                                                                   : nullptr;
        bool const alternative = p.parent != no_part && s.parts[p.parent].is("multipart", "alternative");
        if (shown && *shown == no_part)
            *shown = i;
        else if (!alternative)
            out.attachments.push_back(i);
    }
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mime
