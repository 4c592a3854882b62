#ifndef OUTKIT_SMTP_DETAIL_CODEC_IPP
#define OUTKIT_SMTP_DETAIL_CODEC_IPP

#include <outkit/detail/utf8.hpp>
#include <outkit/smtp/detail/codec.hpp>
#include <outkit/smtp/detail/text.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace outkit::inline OUTKIT_ABI::smtp::detail {

OUTKIT_DEF std::string printable(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c < ' ' || c > '~')
            c = '?';
    return out;
}

// status-code = class "." subject "." detail ; RFC 3463 section 2
OUTKIT_DEF enhanced_code take_enhanced_code(std::string_view& text, int status_class)
{
    if (text.size() < 5 || text[1] != '.' || (text[0] != '2' && text[0] != '4' && text[0] != '5') ||
        (status_class != 0 && text[0] != '0' + status_class))
        return {};
    enhanced_code c{text[0] - '0', 0, 0};
    std::size_t at = 2;
    auto const field = [&](int& value) {
        std::size_t const begin = at;
        while (at != text.size() && is_digit(text[at]) && at - begin < 3)
            value = value * 10 + (text[at++] - '0');
        return at != begin;
    };
    if (!field(c.subject) || at == text.size() || text[at++] != '.' || !field(c.detail))
        return {};
    if (at != text.size() && text[at] != ' ')
        return {};
    text.remove_prefix(std::min(at + 1, text.size()));
    return c;
}

// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF ; RFC 5321 section 4.2
OUTKIT_DEF error_code reply_reader::add(std::string_view line)
{
    size_ += line.size() + 2;
    if (size_ > limits_.reply)
        return error::reply_too_long;
    if (lines_.size() == limits_.reply_lines)
        return error::too_many_reply_lines;
    if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]) ||
        (line.size() > 3 && line[3] != ' ' && line[3] != '-'))
        return error::malformed_reply;
    int const code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    bool const first = lines_.empty();
    if (!first && code != reply_.code)
        return error::malformed_reply;
    reply_.code = code;
    complete_ = line.size() == 3 || line[3] == ' ';
    line.remove_prefix(std::min<std::size_t>(line.size(), 4));
    lines_.push_back(printable(line));

    std::string_view text = lines_.back();
    enhanced_code const enhanced = take_enhanced_code(text, line.empty() ? 0 : code / 100);
    if (first)
        reply_.enhanced = enhanced;
    else
        reply_.text += '\n';
    reply_.text += text;
    return {};
}

OUTKIT_DEF std::string format_reply(reply const& r)
{
    std::string out;
    std::string_view rest = r.text;
    for (bool last = false; !last;)
    {
        auto const end = rest.find('\n');
        last = end == std::string_view::npos;
        out += std::to_string(r.code) + (last ? ' ' : '-');
        if (r.enhanced)
            out += to_string(r.enhanced) + ' ';
        out += rest.substr(0, end);
        out += "\r\n";
        if (!last)
            rest.remove_prefix(end + 1);
    }
    return out;
}

// ehlo-line = ehlo-keyword *( SP ehlo-param ) ; RFC 5321 section 4.1.1.1 (edited: "AUTH=" as old servers have it)
OUTKIT_DEF extensions parse_extensions(std::vector<std::string> const& lines)
{
    extensions x;
    if (!lines.empty())
        x.server_name = lines.front().substr(0, lines.front().find(' '));
    for (std::size_t i = 1; i < lines.size(); ++i)
    {
        std::string_view const line = trimmed(lines[i]);
        auto const end = std::min(line.find_first_of(" ="), line.size());
        extensions::keyword k{upper(line.substr(0, end)), {}};
        if (end != line.size())
            k.parameters = trimmed(line.substr(end + 1));
        if (k.name.empty())
            continue;
        if (k.name == "AUTH")
            each_word(k.parameters, [&](std::string_view m) {
                if (!x.has_mechanism(upper(m)))
                    x.mechanisms.push_back(upper(m));
            });
        if (k.name == "SIZE" && !x.size)
            if (auto const n = number(k.parameters); n && *n != 0)
                x.size = n;
        if (!x.has(k.name))
            x.keywords.push_back(std::move(k));
    }
    return x;
}

OUTKIT_DEF std::string assigned_message_id(std::string_view text)
{
    if (!text.starts_with("OK <"))
        return {};
    text.remove_prefix(4);
    auto const end = text.find('>');
    if (end == std::string_view::npos)
        return {};
    auto const id = text.substr(0, end);
    bool const one_at = std::count(id.begin(), id.end(), '@') == 1 && !id.starts_with('@') && !id.ends_with('@');
    if (!one_at || id.find_first_of(" <") != std::string_view::npos)
        return {};
    return std::string(id);
}

OUTKIT_DEF std::string encode_xtext(std::string_view text)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (char const c : text)
        if (c > ' ' && c <= '~' && c != '+' && c != '=')
            out += c;
        else
        {
            auto const byte = static_cast<unsigned char>(c);
            (out += '+') += digits[byte >> 4];
            out += digits[byte & 15];
        }
    return out;
}

OUTKIT_DEF std::optional<std::string> decode_xtext(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        char const c = text[i];
        if (c <= ' ' || c > '~' || c == '=')
            return std::nullopt;
        if (c != '+')
        {
            out += c;
            continue;
        }
        static constexpr std::string_view digits = "0123456789ABCDEF";
        auto const value = [&](std::size_t at) { return at < text.size() ? digits.find(text[at]) : digits.npos; };
        if (value(i + 1) == digits.npos || value(i + 2) == digits.npos)
            return std::nullopt;
        out += static_cast<char>(value(i + 1) << 4 | value(i + 2));
        i += 2;
    }
    return out;
}

OUTKIT_DEF bool valid_original(std::string_view type, std::string_view address)
{
    static constexpr std::size_t most = 500;
    auto const atom = [](char c) {
        return c > ' ' && c <= '~' && std::string_view("()<>@,;:\\\"[]+=").find(c) == std::string_view::npos;
    };
    return !type.empty() && std::all_of(type.begin(), type.end(), atom) && printable(address) == address &&
           type.size() + 1 + encode_xtext(address).size() <= most;
}

OUTKIT_DEF bool valid_client_name(std::string_view name)
{
    error_code ec;
    auto const a = mime::parse_address("a@" + std::string(name), ec);
    return a && a->ascii();
}

OUTKIT_DEF void examiner::add(std::string_view chunk)
{
    std::uint64_t all = 0;  // eight octets at a time
    std::size_t i = 0;
    for (std::uint64_t word; i + sizeof word <= chunk.size(); i += sizeof word)
    {
        std::memcpy(&word, chunk.data() + i, sizeof word);
        all |= word;
    }
    for (; i != chunk.size(); ++i)
        all |= static_cast<unsigned char>(chunk[i]);
    f_.eight_bit = f_.eight_bit || (all & 0x8080808080808080u) != 0;
    f_.nul = f_.nul || chunk.find('\0') != std::string_view::npos;

    if (after_cr_ && !chunk.empty())
    {
        if (chunk.front() == '\n')
            chunk.remove_prefix(1);
        after_cr_ = false;
    }
    char const* at = chunk.data();
    char const* const end = at + chunk.size();
    while (at != end)
    {
        if (line_ == 0 && *at == '.')
            f_.ready = false;
        auto const* const lf = static_cast<char const*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        char const* line_end = lf ? lf : end;
        char const* next = lf ? lf + 1 : end;
        auto const* const cr = static_cast<char const*>(std::memchr(at, '\r', static_cast<std::size_t>(line_end - at)));
        if (cr)
        {
            line_end = cr;
            if (cr + 1 != lf)  // a lone CR is a line end, too
            {
                next = cr + 1;
                f_.ready = false;
            }
            after_cr_ = next == end && !lf;
        }
        else
            f_.ready = f_.ready && !lf;
        line_ += static_cast<std::size_t>(line_end - at);
        if (cr || lf)
        {
            f_.longest_line = std::max(f_.longest_line, line_);
            f_.size += line_ + 2;
            line_ = 0;
        }
        at = next;
    }
}

OUTKIT_DEF content_facts examiner::facts() const
{
    content_facts f = f_;
    f.longest_line = std::max(f.longest_line, line_);
    if (line_ != 0)
    {
        f.size += line_ + 2;
        f.ready = false;
    }
    return f;
}

OUTKIT_DEF content_facts examine(std::string_view content)
{
    examiner look;
    look.add(content);
    content_facts f = look.facts();
    if (f.eight_bit)
    {
        std::string_view const header = content.substr(0, std::min(content.find("\r\n\r\n"), content.find("\n\n")));
        f.utf8_header = outkit::detail::valid_utf8(header) &&
                        std::any_of(header.begin(), header.end(), [](char c) { return (c & 0x80) != 0; });
    }
    return f;
}

OUTKIT_DEF std::string message_id_of(std::string_view content)
{
    while (!content.empty())
    {
        auto const end = content.find_first_of("\r\n");
        std::string_view const line = content.substr(0, end);
        if (line.empty())
            return {};
        bool crlf = false;
        if (end != std::string_view::npos)
            crlf = content.substr(end, 2) == "\r\n";
        content.remove_prefix(end == std::string_view::npos ? content.size() : end + (crlf ? 2 : 1));
        if (!same_word(line.substr(0, 11), "Message-ID:"))
            continue;
        std::string_view value = trimmed(line.substr(11));
        if (value.empty() && (content.starts_with(' ') || content.starts_with('\t')))
            value = trimmed(content.substr(0, content.find_first_of("\r\n")));
        return printable(value.substr(0, 256));
    }
    return {};
}

// "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF ; RFC 5321 section 4.1.1.2, RFC 1870, 3461, 6152, 6531
OUTKIT_DEF std::string mail_command(envelope const& e, extensions const& offered, content_facts const& facts)
{
    std::string line = "MAIL FROM:<" + e.from.to_string() + '>';
    if (offered.has("SIZE") && facts.size != octet_source::unknown)
        line += " SIZE=" + std::to_string(facts.size);
    if (facts.binary)
        line += " BODY=BINARYMIME";
    else if (facts.eight_bit && offered.has("8BITMIME"))
        line += " BODY=8BITMIME";
    bool const utf8 = facts.utf8_header || !e.from.ascii() ||
                      std::any_of(e.to.begin(), e.to.end(), [](auto const& a) { return !a.ascii(); });
    if (utf8)
        line += " SMTPUTF8";
    if (e.report && offered.has("DSN"))
    {
        line += e.report->full_message ? " RET=FULL" : " RET=HDRS";
        if (!e.report->envelope_id.empty())
            line += " ENVID=" + encode_xtext(e.report->envelope_id);
    }
    return line += "\r\n";
}

OUTKIT_DEF std::string recipient_command(mime::address const& to, envelope const& e, extensions const& offered)
{
    std::string line = "RCPT TO:<" + to.to_string() + '>';
    if (e.report && offered.has("DSN"))
    {
        delivery_report const& all = *e.report;
        recipient_report wanted{.success = all.success, .failure = all.failure, .delay = all.delay};
        for (recipient_report const& one : all.recipients)
            if (one.to == to)
                wanted = one;
        std::string notify;
        auto const also = [&](bool when, char const* name) {
            if (when)
                (notify += notify.empty() ? "" : ",") += name;
        };
        also(wanted.success, "SUCCESS");
        also(wanted.failure, "FAILURE");
        also(wanted.delay, "DELAY");
        line += " NOTIFY=" + (notify.empty() ? "NEVER" : notify);
        if (!wanted.original.empty())
            line += " ORCPT=" + wanted.original_type + ';' + encode_xtext(wanted.original);
        else if (to.ascii())
            line += " ORCPT=rfc822;" + encode_xtext(to.to_string());
    }
    return line += "\r\n";
}

OUTKIT_DEF void data_writer::add(std::string_view chunk, std::string& out)
{
    if (after_cr_ && !chunk.empty())
    {
        if (chunk.front() == '\n')
            chunk.remove_prefix(1);
        after_cr_ = false;
    }
    char const* const end = chunk.data() + chunk.size();
    char const* copied = chunk.data();  // what is before is in `out`
    char const* at = copied;
    while (at != end)
    {
        if (dots_ && line_start_ && *at == '.')
        {
            out.append(copied, at);
            out += '.';
            copied = at;
        }
        auto const* const lf = static_cast<char const*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        char const* const line_end = lf ? lf : end;
        auto const* const cr = static_cast<char const*>(std::memchr(at, '\r', static_cast<std::size_t>(line_end - at)));
        line_start_ = cr || lf;
        if (cr && cr + 1 == lf)  // as it should be
        {
            at = lf + 1;
            continue;
        }
        if (!cr && !lf)
            break;
        char const* const stop = cr ? cr : lf;
        out.append(copied, stop);
        out += "\r\n";
        copied = at = stop + 1;
        after_cr_ = cr && at == end;
    }
    out.append(copied, end);
}

OUTKIT_DEF void data_writer::finish(std::string& out)
{
    if (!line_start_)
        out += "\r\n";
    if (dots_)
        out += ".\r\n";
    *this = data_writer(dots_);
}

OUTKIT_DEF std::size_t data_reader::add(std::string_view bytes, std::string& content)
{
    // Where the next of each is, at or after `i`; looked for once only, whatever the message is made of.
    std::size_t cr = 0, lf = 0;
    auto const next = [bytes](char c, std::size_t& known, std::size_t from) {
        if (known <= from)
            known = std::min(bytes.find(c, from), bytes.size());
        return known;
    };
    std::size_t i = 0;
    while (i != bytes.size() && state_ != state::complete)
    {
        // The quick way: lines as they are, many at a time.
        if (state_ == state::in_line || state_ == state::line_start)
        {
            std::size_t stop = i;
            bool whole = state_ == state::line_start;
            while (stop != bytes.size() && !(whole && bytes[stop] == '.'))
            {
                std::size_t const end = next('\n', lf, stop);
                if (next('\r', cr, stop) + 1 != end || end == bytes.size())
                    break;
                stop = end + 1;
                whole = true;
            }
            if (!whole)  // to the end of the line, or of what there is of it
                stop = std::min(next('\r', cr, stop), next('\n', lf, stop));
            content += bytes.substr(i, stop - i);
            if (stop != i)
                state_ = whole ? state::line_start : state::in_line;
            i = stop;
            if (i == bytes.size())
                break;
        }
        char const c = bytes[i++];
        switch (state_)
        {
        case state::line_start:
            if (c == '.')
            {
                state_ = state::dot;
                continue;
            }
            break;
        case state::dot:
            if (c == '\r')
            {
                state_ = state::dot_cr;
                continue;
            }
            break;  // the dot was stuffed, or should have been
        case state::dot_cr:
            if (c == '\n')
            {
                state_ = state::complete;
                continue;
            }
            content += '\r';
            bare_ = true;
            break;
        case state::cr:
            if (c == '\n')
            {
                content += c;
                state_ = state::line_start;
                continue;
            }
            bare_ = true;
            break;
        default: break;
        }
        content += c;
        bare_ = bare_ || c == '\n';
        state_ = c == '\r' ? state::cr : state::in_line;
    }
    return i;
}

OUTKIT_DEF command parse_command(std::string_view line)
{
    auto const end = std::min(line.find(' '), line.size());
    return {upper(line.substr(0, end)), trimmed(line.substr(end))};
}

OUTKIT_DEF std::string const* path_argument::parameter(std::string_view name) const
{
    for (auto const& p : parameters)
        if (p.first == name)
            return &p.second;
    return nullptr;
}

// Path = "<" [ A-d-l ":" ] Mailbox ">" ; esmtp-param = esmtp-keyword ["=" esmtp-value] ; RFC 5321 section 4.1.2
// (edited: no source routes, but a blank after the colon, as many clients write)
OUTKIT_DEF path_argument parse_path_argument(std::string_view argument, std::string_view keyword)
{
    path_argument r;
    r.wrong = path_argument::fault::syntax;
    if (argument.size() <= keyword.size() || !same_word(argument.substr(0, keyword.size()), keyword))
        return r;
    argument = trimmed(argument.substr(keyword.size()));
    if (!argument.starts_with('<'))
        return r;
    bool quoted = false;
    std::size_t end = 1;
    for (; end != argument.size() && (quoted || argument[end] != '>'); ++end)
        if (argument[end] == '"')
            quoted = !quoted;
        else if (argument[end] == '\\' && end + 1 != argument.size())
            ++end;
    if (end == argument.size())
        return r;
    std::string_view const path = argument.substr(1, end - 1);
    std::string_view const rest = argument.substr(end + 1);
    if (!rest.empty() && rest.front() != ' ')
        return r;
    r.wrong = path_argument::fault::none;
    if (!path.empty())
    {
        error_code ec;
        auto a = mime::parse_address(path, ec, true);
        if (a)
            r.path = std::move(*a);
        else
            r.wrong = path_argument::fault::address;
    }
    each_word(rest, [&](std::string_view word) {
        auto const equals = std::min(word.find('='), word.size());
        std::string name = upper(word.substr(0, equals));
        bool const named =
            !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == name.npos;
        bool const again = r.parameter(name) != nullptr;
        if ((!named || again) && r.wrong == path_argument::fault::none)
            r.wrong = path_argument::fault::parameter;
        r.parameters.emplace_back(std::move(name), word.substr(std::min(equals + 1, word.size())));
    });
    return r;
}

}  // namespace outkit::inline OUTKIT_ABI::smtp::detail

#endif
