#include <outkit/mime/message.hpp>

#include <outkit/detail/encoding.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mime {

namespace detail {

// What a message is made of: text that is ready, or a file that is still to be encoded.
struct message_piece
{
    std::string text = {};
    attachment const* file = nullptr;
};

// A part: its own header fields, and its body in an encoding that fits, which ends with CRLF unless empty.
struct entity
{
    std::string header;
    std::vector<message_piece> body;
};

inline constexpr std::size_t base64_line = 57;  // octets, which make 76 characters

OUTKIT_DECL std::uint64_t base64_octets(std::uint64_t octets)
{
    std::uint64_t const characters = (octets + 2) / 3 * 4;
    return characters + (characters + 75) / 76 * 2;
}

OUTKIT_DECL std::uint64_t octets_of(message_piece const& p)
{
    if (!p.file)
        return p.text.size();
    return base64_octets(p.file->source.read ? p.file->source.octets : p.file->content.size());
}

// Gives out the pieces one after the other, files encoded a few hundred lines at a time.
class message_reader
{
public:
    explicit message_reader(std::vector<message_piece> pieces) : pieces_(std::move(pieces)) {}

    // The next octets, valid until the next call; empty at the end and with an error.
    std::string_view next(error_code& ec)
    {
        while (at_ != pieces_.size())
        {
            message_piece const& p = pieces_[at_];
            std::string_view const out = p.file ? encoded(*p.file, ec) : std::string_view(p.text);
            if (ec)
                return {};
            if (!p.file || out.empty())
            {
                ++at_;
                done_ = 0;
            }
            if (!out.empty())
                return out;
        }
        return {};
    }

private:
    std::string_view encoded(attachment const& a, error_code& ec)
    {
        std::uint64_t const all = a.source.read ? a.source.octets : a.content.size();
        auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(all - done_, base64_line * 256));
        if (a.source.read)
        {
            octets_.resize(size);
            for (std::size_t have = 0; have != size;)
            {
                std::size_t const more = a.source.read(octets_.data() + have, size - have, ec);
                if (more == 0 && !ec)
                    ec = error::content_incomplete;
                if (ec)
                    return {};
                have += std::min(more, size - have);
            }
        }
        else
            octets_.assign(a.content, static_cast<std::size_t>(done_), size);
        done_ += size;
        encoded_ = encode_base64(octets_);
        return encoded_;
    }

    std::vector<message_piece> pieces_;
    std::size_t at_ = 0;
    std::uint64_t done_ = 0;  // octets of the current file
    std::string octets_;
    std::string encoded_;
};

OUTKIT_DECL bool has_long_line(std::string_view text)
{
    std::size_t length = 0;
    for (char const c : text)
    {
        length = c == '\n' ? 0 : length + (c != '\r');
        if (length > 998)
            return true;
    }
    return false;
}

// Mail stores of old put a '>' before such a line (RFC 4155 appendix A).
OUTKIT_DECL bool has_from_line(std::string_view text)
{
    return text.starts_with("From ") || text.find("\nFrom ") != text.npos;
}

// Begins a boundary of ours. Neither quoted-printable nor base64 can have it in a body; other bodies are looked through.
inline constexpr std::string_view boundary_mark = "=_";

OUTKIT_DECL class message_builder
{
public:
    message_builder(message const& m, outkit::detail::environment& world, error_code& ec)
        : m_(m), world_(world), ec_(ec)
    {
        std::array<unsigned char, 12> bytes = {};
        world_.random(bytes);
        boundary_ = boundary_mark;
        boundary_ += "outkit_";
        boundary_ += outkit::detail::hex_encode(std::string(bytes.begin(), bytes.end()));
    }

    // What the message is made of, which refers to its attachments.
    std::optional<std::vector<message_piece>> run(std::string& message_id, std::vector<address>& recipients)
    {
        if (m_.from.addr.empty())
            return fail(error::no_sender);
        message_id = m_.message_id.empty() ? make_message_id(world_, m_.from.addr.domain()) : m_.message_id;
        date_time const now{std::chrono::floor<std::chrono::seconds>(world_.date()), {}};

        structured("Date", format_date(m_.date.value_or(now)));
        addresses("From", {&m_.from, 1});
        if (m_.sender)
            addresses("Sender", {&*m_.sender, 1});
        addresses("Reply-To", m_.reply_to);
        bool const listed = !m_.to.empty() || !m_.cc.empty() || !m_.to_groups.empty() || !m_.cc_groups.empty();
        if (!listed && !m_.bcc.empty() && !m_.keep_bcc)
            structured("To", "undisclosed-recipients:;");
        else
            addresses("To", m_.to, m_.to_groups);
        addresses("Cc", m_.cc, m_.cc_groups);
        if (m_.keep_bcc)
            addresses("Bcc", m_.bcc);
        else
            check(m_.bcc);
        text("Subject", m_.subject);
        ids("Message-ID", {&message_id, 1});
        ids("In-Reply-To", m_.in_reply_to);
        ids("References", m_.references);
        for (extra_field const& f : m_.fields)
        {
            if (is_reserved(f.name))
                return fail(error::field_reserved);
            text(f.name, f.value);
        }
        structured("MIME-Version", "1.0");
        if (ec_)
            return std::nullopt;
        entity content = make_content();
        if (ec_)
            return std::nullopt;

        std::set<std::string> seen;  // each once, in order
        auto const add = [&](std::vector<mailbox> const& list) {
            for (mailbox const& r : list)
                if (seen.insert(key_of(r.addr)).second)
                    recipients.push_back(r.addr);
        };
        add(m_.to);
        for (group const& g : m_.to_groups)
            add(g.members);
        add(m_.cc);
        for (group const& g : m_.cc_groups)
            add(g.members);
        add(m_.bcc);
        content.body.insert(content.body.begin(), {std::move(header_) + content.header + "\r\n"});
        return std::move(content.body);
    }

private:
    std::nullopt_t fail(error e)
    {
        if (!ec_)
            ec_ = e;
        return std::nullopt;
    }

    static std::string key_of(address const& a) { return a.local() + '@' + lower(a.domain()); }

    static bool is_reserved(std::string_view name)
    {
        static constexpr std::string_view names[] = {
            "Date",    "From",       "Sender",      "Reply-To",   "To",           "Cc",          "Bcc",
            "Subject", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Return-Path", "Received"};
        return equal_fold(name.substr(0, 8), "Content-") || equal_fold(name.substr(0, 7), "Resent-") ||
               std::any_of(std::begin(names), std::end(names), [&](std::string_view n) { return equal_fold(n, name); });
    }

    void structured(std::string_view name, std::string_view value)
    {
        if (!ec_)
            header_ += format_field(name, value, ec_, m_.allow_utf8);
    }

    void text(std::string_view name, std::string_view value)
    {
        if (!ec_)
            header_ += format_text_field(name, value, ec_, m_.allow_utf8);
    }

    void check(std::span<mailbox const> list)
    {
        for (mailbox const& one : list)
            if (one.addr.empty())
                fail(error::address_empty);
            else if (!m_.allow_utf8 && !one.addr.ascii())
                fail(error::address_not_ascii);
            else
                check_text(one.name);
    }

    // Text that gets into a phrase or a parameter, whose encoders would let control characters through encoded.
    void check_text(std::string_view value)
    {
        if (!valid_utf8(value))
            fail(error::text_not_utf8);
        else if (std::any_of(value.begin(), value.end(), is_control))
            fail(error::field_value_malformed);
    }

    void addresses(std::string_view name, std::span<mailbox const> list, std::span<group const> groups = {})
    {
        check(list);
        for (group const& g : groups)
        {
            if (g.name.empty())
                fail(error::group_unnamed);
            check_text(g.name);
            check(g.members);
        }
        if (ec_ || (list.empty() && groups.empty()))
            return;
        std::string value;
        auto const add = [&](auto const& one) {
            if (!value.empty())
                value += ", ";
            value += to_string(one, m_.allow_utf8);
        };
        std::for_each(list.begin(), list.end(), add);
        std::for_each(groups.begin(), groups.end(), add);
        structured(name, value);
    }

    void ids(std::string_view name, std::span<std::string const> list)
    {
        std::string value;
        for (std::string const& id : list)
        {
            if (!valid_message_id(id))
            {
                fail(error::message_id_malformed);
                return;
            }
            value += (value.empty() ? "<" : " <") + id + '>';
        }
        if (!list.empty())
            structured(name, value);
    }

    entity make_content()
    {
        std::vector<attachment const*> related;
        std::vector<attachment const*> others;
        for (attachment const& a : m_.attachments)
            (a.is_inline && !m_.html.empty() ? related : others).push_back(&a);

        entity html;
        if (!m_.html.empty())
        {
            html = make_text(m_.html, "text/html");
            if (!related.empty())
            {
                std::vector<entity> parts(1, std::move(html));
                for (attachment const* const a : related)
                    parts.push_back(make_attachment(*a));
                html = join("related", std::move(parts), "type=\"text/html\"");
            }
        }
        entity content;
        if (m_.html.empty())
            content = make_text(m_.text, "text/plain");
        else if (m_.text.empty())
            content = std::move(html);
        else
        {
            std::vector<entity> parts;
            parts.push_back(make_text(m_.text, "text/plain"));
            parts.push_back(std::move(html));
            content = join("alternative", std::move(parts), {});
        }
        if (others.empty())
            return content;
        std::vector<entity> parts(1, std::move(content));
        for (attachment const* const a : others)
            parts.push_back(make_attachment(*a));
        return join("mixed", std::move(parts), {});
    }

    entity make_text(std::string_view value, std::string_view type)
    {
        if (!valid_utf8(value))
            fail(error::text_not_utf8);
        entity e;
        std::string lines = with_crlf(value);
        if (!lines.empty() && !lines.ends_with("\r\n"))
            lines += "\r\n";
        std::size_t special = 0;
        std::size_t high = 0;
        for (char const c : lines)
        {
            high += static_cast<unsigned char>(c) >= 0x80;
            special += is_control(c) && c != '\r' && c != '\n' && c != '\t';
        }
        std::string_view encoding = "7bit";
        if (high || special || has_long_line(lines) || has_from_line(lines) ||
            lines.find("--" + std::string(boundary_mark)) != lines.npos)
            encoding = high > lines.size() / 6 ? "base64" : "quoted-printable";
        bool const ascii = high == 0;
        e.header = "Content-Type: " + std::string(type) + "; charset=" + (ascii ? "us-ascii" : "utf-8") +
                   "\r\nContent-Transfer-Encoding: " + std::string(encoding) + "\r\n";
        if (encoding == "base64")
            lines = encode_base64(lines);
        else if (encoding == "quoted-printable")
            lines = encode_quoted_printable(lines);
        e.body.push_back({std::move(lines)});
        return e;
    }

    entity make_attachment(attachment const& a)
    {
        check_text(a.name);
        check_text(a.content_type);
        parameterized type = read_parameterized(a.content_type);
        std::size_t const slash = type.value.find('/');
        bool named = slash != type.value.npos && is_token(type.value.substr(0, slash)) &&
                     is_token(type.value.substr(slash + 1)) && !type.value.starts_with("multipart/");
        for (parameter const& p : type.parameters)
            named = named && is_token(p.name);
        if (!named)
            fail(error::content_type_malformed);
        if (!a.content_id.empty() && !valid_message_id(a.content_id))
            fail(error::message_id_malformed);
        if (a.source.read && a.source.octets == octet_source::unknown)
            fail(error::content_incomplete);
        if (ec_)
            return {};

        std::string lines;
        if (type.value == "message/rfc822")
        {
            lines = with_crlf(a.content);
            bool const plain = is_ascii(lines) && lines.find('\0') == lines.npos && !a.source.read;
            // Such a part must not be base64 (RFC 2046 section 5.2.1), so what does not fit goes as a file.
            if (!plain || has_long_line(lines) || lines.find(boundary_) != lines.npos)
                type = {"application/octet-stream", {}};
            else if (!lines.ends_with("\r\n"))
                lines += "\r\n";
        }
        std::erase_if(type.parameters, [](parameter const& p) { return p.name == "name"; });
        parameterized disposition{a.is_inline ? "inline" : "attachment", {}};
        std::string old_name;
        if (!a.name.empty())
        {
            disposition.parameters.push_back({"filename", a.name});
            // Readers that know nothing of RFC 2231 look for an encoded word here, where RFC 2047 has none.
            if (!m_.allow_utf8 && !is_ascii(a.name))
                old_name = "; name=\"" + to_encoded_words(a.name, 66) + '"';
            else
                type.parameters.push_back({"name", a.name});
        }
        entity e;
        bool const as_is = type.value == "message/rfc822";
        e.header =
            format_field("Content-Type", format_parameterized(type, m_.allow_utf8) + old_name, ec_, m_.allow_utf8);
        if (!ec_)
            e.header += format_field("Content-Disposition", format_parameterized(disposition, m_.allow_utf8), ec_,
                                     m_.allow_utf8);
        if (!ec_ && !a.content_id.empty())
            e.header += format_field("Content-ID", '<' + a.content_id + '>', ec_);
        e.header += as_is ? "Content-Transfer-Encoding: 7bit\r\n" : "Content-Transfer-Encoding: base64\r\n";
        if (as_is)
            e.body.push_back({std::move(lines)});
        else
            e.body.push_back({{}, &a});
        return e;
    }

    entity join(std::string_view subtype, std::vector<entity> parts, std::string_view parameter)
    {
        // Of one length, so that none is the beginning of another, whatever the randomness.
        std::string const boundary = boundary_ + '_' + static_cast<char>('a' + containers_++);
        entity out;
        out.header = "Content-Type: multipart/" + std::string(subtype) + ";\r\n";
        if (!parameter.empty())
            out.header += ' ' + std::string(parameter) + ";\r\n";
        out.header += " boundary=\"" + boundary + "\"\r\n";
        std::string before;
        for (entity& part : parts)
        {
            out.body.push_back({before + "--" + boundary + "\r\n" + part.header + "\r\n"});
            std::move(part.body.begin(), part.body.end(), std::back_inserter(out.body));
            before = "\r\n";
        }
        out.body.push_back({before + "--" + boundary + "--\r\n"});
        return out;
    }

    message const& m_;
    outkit::detail::environment& world_;
    error_code& ec_;
    std::string header_;
    std::string boundary_;
    int containers_ = 0;
};

}  // namespace detail

OUTKIT_DEF std::optional<built_message> build(message const& m, outkit::detail::environment& world, error_code& ec)
{
    ec = {};
    built_message out;
    auto pieces = detail::message_builder(m, world, ec).run(out.message_id, out.recipients);
    if (ec || !pieces)
        return std::nullopt;
    std::uint64_t octets = 0;
    for (detail::message_piece const& p : *pieces)
        octets += detail::octets_of(p);
    out.raw.reserve(static_cast<std::size_t>(octets));
    detail::message_reader read(std::move(*pieces));
    for (std::string_view more = read.next(ec); !more.empty(); more = read.next(ec))
        out.raw += more;
    if (ec)
        return std::nullopt;
    return out;
}

OUTKIT_DEF std::optional<built_message> build(message const& m, error_code& ec)
{
    return build(m, outkit::detail::real_environment(), ec);
}

OUTKIT_DEF std::optional<streamed_message> build_streamed(message m, outkit::detail::environment& world, error_code& ec)
{
    struct state
    {
        message m;
        std::optional<detail::message_reader> read;
        std::string_view ready;
    };
    ec = {};
    auto const all = std::make_shared<state>();
    all->m = std::move(m);
    streamed_message out;
    auto pieces = detail::message_builder(all->m, world, ec).run(out.message_id, out.recipients);
    if (ec || !pieces)
        return std::nullopt;
    for (detail::message_piece const& p : *pieces)
        out.raw.octets += detail::octets_of(p);
    all->read.emplace(std::move(*pieces));
    out.raw.read = [all](char* into, std::size_t most, error_code& failed) {
        if (all->ready.empty())
            all->ready = all->read->next(failed);
        std::size_t const size = all->ready.copy(into, most);
        all->ready.remove_prefix(size);
        return size;
    };
    return out;
}

OUTKIT_DEF std::optional<streamed_message> build_streamed(message m, error_code& ec)
{
    return build_streamed(std::move(m), outkit::detail::real_environment(), ec);
}

OUTKIT_DEF std::string encode_quoted_printable(std::string_view text)
{
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string const lines = with_crlf(text);
    std::string out;
    out.reserve(lines.size() + lines.size() / 8);
    std::size_t column = 0;
    for (std::size_t i = 0; i != lines.size(); ++i)
    {
        char const c = lines[i];
        if (c == '\r')
        {
            out += "\r\n";
            ++i;
            column = 0;
            continue;
        }
        bool const last = i + 1 == lines.size() || lines[i + 1] == '\r';
        bool plain = (c > ' ' && c < 0x7f && c != '=') || (detail::is_blank(c) && !last);
        // One column stays free for the '=' of a soft line break, except before a real one.
        if (column + (plain ? 1 : 3) > (last ? 76U : 75U))
        {
            out += "=\r\n";
            column = 0;
        }
        plain = plain && (column != 0 || (c != '.' && lines.compare(i, 5, "From ") != 0));
        if (plain)
            out += c;
        else
            out += {'=', hex[static_cast<unsigned char>(c) >> 4], hex[c & 15]};
        column += plain ? 1 : 3;
    }
    return out;
}

OUTKIT_DEF std::string encode_base64(std::string_view octets)
{
    std::string out(static_cast<std::size_t>(detail::base64_octets(octets.size())), '\0');
    char* to = out.data();
    for (std::string_view line = octets.substr(0, detail::base64_line); !line.empty();
         line = octets.substr(0, detail::base64_line))
    {
        outkit::detail::base64_writer writer(to);
        writer.add(line);
        writer.finish();
        to += (line.size() + 2) / 3 * 4;
        *to++ = '\r';
        *to++ = '\n';
        octets.remove_prefix(line.size());
    }
    return out;
}

OUTKIT_DEF std::string with_crlf(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    std::size_t copied = 0;
    std::size_t lf = text.find('\n');
    for (std::size_t at = 0; at != text.size();)
    {
        if (lf < at)
            lf = text.find('\n', at);
        std::string_view const line = text.substr(at, lf == text.npos ? lf : lf - at);
        std::size_t const end = at + std::min(line.find('\r'), line.size());
        if (end == text.size())
            break;
        bool const whole = text.substr(end, 2) == "\r\n";
        at = end + (whole ? 2 : 1);
        if (whole)
            continue;
        out += text.substr(copied, end - copied);
        out += "\r\n";
        copied = at;
    }
    out += text.substr(copied);
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mime
