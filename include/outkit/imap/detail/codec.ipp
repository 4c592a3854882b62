#ifndef OUTKIT_IMAP_DETAIL_CODEC_IPP
#define OUTKIT_IMAP_DETAIL_CODEC_IPP

#include <outkit/imap/detail/codec.hpp>

#include <array>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::imap::detail {

enum char_class : unsigned char
{
    atom_char = 1,       // ATOM-CHAR
    resp_special = 2,    // "]", which an ASTRING-CHAR may be
    quoted_special = 4,  // ends the plain run of a quoted string: DQUOTE, "\", CR, LF, NUL
    word_char = 8  // of words we look at as a whole: anything but blank, parentheses, DQUOTE and control characters
};

inline constexpr std::array<unsigned char, 256> char_classes = [] {
    std::array<unsigned char, 256> t{};
    for (int c = 0; c != 256; ++c)
    {
        bool const control = c < 32 || c == 127;
        bool const special = std::string_view("(){ %*\"\\]").find(char(c)) != std::string_view::npos;
        unsigned char k = 0;
        if (!control && !special && c < 128)
            k |= atom_char;
        if (c == ']')
            k |= resp_special;
        if (c == '"' || c == '\\' || c == '\r' || c == '\n' || c == 0)
            k |= quoted_special;
        if (!control && c != ' ' && c != '(' && c != ')' && c != '"')
            k |= word_char;
        t[static_cast<std::size_t>(c)] = k;
    }
    return t;
}();
OUTKIT_DECL bool is_class(char c, unsigned char k) { return char_classes[static_cast<unsigned char>(c)] & k; }
OUTKIT_DECL char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }

OUTKIT_DEF bool is_atom(std::string_view s)
{
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return is_class(c, atom_char); });
}
OUTKIT_DEF bool is_astring_atom(std::string_view s)
{
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return is_class(c, atom_char | resp_special); });
}
OUTKIT_DEF bool can_be_quoted(std::string_view s)
{
    return std::all_of(s.begin(), s.end(),
                       [](char c) { return c != 0 && c != '\r' && c != '\n' && static_cast<unsigned char>(c) < 128; });
}

OUTKIT_DEF void append_quoted(std::string& out, std::string_view s)
{
    out += '"';
    for (char const c : s)
    {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    out += '"';
}

OUTKIT_DEF void append_string(std::string& out, std::string_view s)
{
    if (can_be_quoted(s))
        return append_quoted(out, s);
    out += '{' + std::to_string(s.size()) + "}\r\n";
    out += s;
}

OUTKIT_DEF void append_nstring(std::string& out, std::string_view s)
{
    if (!s.data())
        out += "NIL";
    else
        append_string(out, s);
}

OUTKIT_DEF void append_mailbox(std::string& out, std::string_view encoded)
{
    if (is_astring_atom(encoded) && !equal_no_case(encoded, "NIL"))
        out += encoded;
    else
        append_string(out, encoded);
}

// --- dates ---

inline constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
OUTKIT_DEF std::optional<std::chrono::sys_seconds> parse_date_time(std::string_view s)
{
    if (s.size() == 25 && s[1] == '-')  // a one-digit day without the blank
        return parse_date_time(' ' + std::string(s));
    if (s.size() != 26 || s[2] != '-' || s[6] != '-' || s[11] != ' ' || s[14] != ':' || s[17] != ':' || s[20] != ' ')
        return std::nullopt;
    bool bad = false;
    auto const number = [&](std::size_t at, std::size_t n) {
        int v = 0;
        for (std::size_t i = at; i != at + n; ++i)
        {
            bad = bad || s[i] < '0' || s[i] > '9';
            v = v * 10 + (s[i] - '0');
        }
        return v;
    };
    int const day = s[0] == ' ' ? number(1, 1) : number(0, 2);
    unsigned month = 0;
    for (unsigned m = 0; m != 12; ++m)
        if (equal_no_case(s.substr(3, 3), month_names.substr(m * 3, 3)))
            month = m + 1;
    int const year = number(7, 4), hour = number(12, 2), minute = number(15, 2), second = number(18, 2);
    int const zone_hours = number(22, 2), zone_minutes = number(24, 2);
    if (bad || month == 0 || year == 0 || hour > 23 || minute > 59 || second > 60 || zone_hours > 23 ||
        zone_minutes > 59 || (s[21] != '+' && s[21] != '-'))
        return std::nullopt;
    std::chrono::year_month_day const date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok())
        return std::nullopt;
    std::chrono::minutes const zone(zone_hours * 60 + zone_minutes);
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) - (s[21] == '+' ? zone : -zone);
}

OUTKIT_DEF std::string format_date_time(std::chrono::sys_seconds t)
{
    auto const days = std::chrono::floor<std::chrono::days>(t);
    std::chrono::year_month_day const date(days);
    std::chrono::hh_mm_ss const time(t - days);
    auto const pad = [](long n, std::size_t width, char with) {
        std::string digits = std::to_string(n);
        return digits.size() < width ? std::string(width - digits.size(), with) + digits : digits;
    };
    std::string out = pad(static_cast<long>(static_cast<unsigned>(date.day())), 2, ' ') + '-';
    out += month_names.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3);
    out += '-' + pad(static_cast<int>(date.year()), 4, '0') + ' ' + pad(time.hours().count(), 2, '0') + ':' +
           pad(time.minutes().count(), 2, '0') + ':' + pad(time.seconds().count(), 2, '0') + " +0000";
    return out;
}

// --- flags ---

struct named_flag
{
    flag value;
    std::string_view name;
};
inline constexpr named_flag flag_names[] = {{flag::seen, "\\Seen"},       {flag::answered, "\\Answered"},
                                            {flag::flagged, "\\Flagged"}, {flag::deleted, "\\Deleted"},
                                            {flag::draft, "\\Draft"},     {flag::recent, "\\Recent"}};

OUTKIT_DEF std::string_view name_of(flag one)
{
    for (named_flag const& f : flag_names)
        if (f.value == one)
            return f.name;
    return {};
}

OUTKIT_DEF flag flag_of(std::string_view name)
{
    for (named_flag const& f : flag_names)
        if (f.name.size() == name.size() && equal_no_case(f.name, name))
            return f.value;
    return flag::none;
}

template <class Keywords>
void append_flags_of(std::string& out, flag system, Keywords const& keywords)
{
    char before = '(';
    for (named_flag const& f : flag_names)
        if ((system & f.value) == f.value)
        {
            (out += before) += f.name;
            before = ' ';
        }
    for (auto const& k : keywords)
    {
        (out += before) += k;
        before = ' ';
    }
    if (before == '(')
        out += before;
    out += ')';
}
OUTKIT_DEF void append_flags(std::string& out, flags const& f) { append_flags_of(out, f.system, f.keywords); }
OUTKIT_DEF void append_flags(std::string& out, flag system, chain<std::string_view> keywords)
{
    append_flags_of(out, system, keywords);
}

// --- responses, read ---

// Recursive descent over one frame in the arena, whose text it may change (escapes are removed in place). Depth is
// checked before going down; every step looks whether there is more.
OUTKIT_DECL class response_parser
{
public:
    response_parser(std::span<char> text, std::span<literal_mark const> literals, limits const& l, arena& block)
        : begin_(text.data()),
          p_(begin_),
          end_(begin_ + text.size()),
          mark_(literals.data()),
          marks_end_(literals.data() + literals.size()),
          limits_(l),
          block_(block)
    {
    }

    error_code run(response& out)
    {
        if (!parse(out) && !ec_)
            ec_ = error::malformed_response;
        else if (!ec_ && mark_ != marks_end_)
            ec_ = error::malformed_literal;  // octets that stood nowhere: the framing is not what the server means
        return ec_;
    }

    // For the arguments of response codes.
    bool flag_list(flags& out, bool* star = nullptr)
    {
        if (!open())
            return bad();
        while (!close())
        {
            std::string_view w;
            if (!word(w))
                return bad();
            if (star && w == "\\*")
                *star = true;
            else if (flag const f = flag_of(w); f != flag::none)
                out.system = out.system | f;
            else
                out.keywords.emplace_back(w);
            blank();
        }
        return true;
    }
    bool words(capabilities& out)
    {
        for (std::string_view w;;)
        {
            while (blank())
            {
            }
            if (at_end())
                return true;
            if (!word(w))
                return bad();
            if (out.size() == limits_.capabilities)
                return fatal(error::too_many_capabilities);
            if (!w.ends_with('='))  // "AUTH=" says nothing
                out.add(w);
        }
    }

private:
    bool bad() { return false; }
    bool fatal(error e)
    {
        if (!ec_)
            ec_ = e;
        return false;
    }
    bool count() { return ++tokens_ <= limits_.tokens || fatal(error::too_many_tokens); }

    bool eat(char c)
    {
        if (p_ == end_ || *p_ != c)
            return false;
        ++p_;
        return true;
    }
    bool blank() { return eat(' '); }
    bool at(char c) const { return p_ != end_ && *p_ == c; }
    bool open()
    {
        if (!at('(') || !count())
            return false;
        ++p_;
        return true;
    }
    bool close() { return eat(')'); }
    bool at_end() const { return p_ == end_; }

    bool word(std::string_view& out)
    {
        char const* const from = p_;
        while (p_ != end_ && is_class(*p_, word_char))
            ++p_;
        out = {from, static_cast<std::size_t>(p_ - from)};
        return p_ != from && count();
    }
    // The rest of the frame as words are: up to a blank, for what may hold anything.
    std::string_view until_blank()
    {
        char const* const from = p_;
        while (p_ != end_ && *p_ != ' ')
            ++p_;
        return {from, static_cast<std::size_t>(p_ - from)};
    }

    template <class T>
    bool number(T& out)
    {
        if (p_ == end_ || *p_ < '0' || *p_ > '9')
            return bad();
        auto const r = std::from_chars(p_, end_, out);
        if (r.ec != std::errc())
            return bad();
        p_ += r.ptr - p_;
        return true;
    }

    bool quoted(std::string_view& out)
    {
        char* const from = ++p_;
        while (p_ != end_ && !is_class(*p_, quoted_special))
            ++p_;
        char* to = p_;
        while (p_ != end_ && *p_ != '"')
        {
            if (*p_ == '\\' && ++p_ == end_)
                return bad();
            if (*p_ == '\r' || *p_ == '\n' || *p_ == 0)
                return bad();
            *to++ = *p_++;
        }
        out = {from, static_cast<std::size_t>(to - from)};
        return eat('"') && count();
    }

    bool literal(std::string_view& out, literal_mark const** which = nullptr)
    {
        char* const from = p_;
        if (mark_ == marks_end_)
            return fatal(error::malformed_literal);
        char* const data = begin_ + mark_->at;
        if (data < from + 5 || std::any_of(from + 1, data - 3, [](char c) { return c < '0' || c > '9'; }))
            return fatal(error::malformed_literal);
        std::size_t const n = mark_->streamed ? 0 : static_cast<std::size_t>(mark_->octets);
        out = {data, n};
        p_ = data + n;
        if (which)
            *which = mark_;
        ++mark_;
        return count();
    }

    bool string(std::string_view& out)
    {
        if (at('"'))
            return quoted(out);
        if (at('{'))
            return literal(out);
        return bad();
    }
    bool nil()
    {
        if (end_ - p_ < 3 || lower(p_[0]) != 'n' || lower(p_[1]) != 'i' || lower(p_[2]) != 'l' ||
            (end_ - p_ > 3 && is_class(p_[3], atom_char)))
            return false;
        p_ += 3;
        return true;
    }
    bool nstring(std::string_view& out)
    {
        if (at('"'))
            return quoted(out);
        if (nil())
        {
            out = {};
            return count();
        }
        return string(out);
    }
    bool astring(std::string_view& out)
    {
        if (at('"') || at('{'))
            return string(out);
        char const* const from = p_;
        while (p_ != end_ && is_class(*p_, atom_char | resp_special))
            ++p_;
        out = {from, static_cast<std::size_t>(p_ - from)};
        return p_ != from && count();
    }

    template <class T>
    T* append(chain<T>&, typename chain<T>::node**& tail)
    {
        auto* const n = block_.make<typename chain<T>::node>();
        *tail = n;
        tail = &n->next;
        return &n->value;
    }

    // Passes over one value of any shape.
    bool skip()
    {
        std::size_t depth = 0;
        do
        {
            std::string_view ignored;
            if (open())
            {
                if (++depth > limits_.depth)
                    return fatal(error::nested_too_deep);
            }
            else if (close())
            {
                if (depth == 0)
                    return bad();
                --depth;
            }
            else if (at('"') || at('{') ? !string(ignored) : !word(ignored))
                return bad();
            while (depth != 0 && blank())
            {
            }
        } while (depth != 0);
        return !ec_;
    }

    // address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
    bool addresses(chain<address>& out)
    {
        if (nil())
            return count();
        if (!open())
            return bad();
        auto** tail = &out.first;
        while (!close())
        {
            if (!open())
                return bad();
            address& a = *append(out, tail);
            if (!nstring(a.name) || !blank() || !nstring(a.route) || !blank() || !nstring(a.mailbox) || !blank() ||
                !nstring(a.host) || !close())
                return bad();
            blank();  // none in the grammar; servers put one between addresses
        }
        return true;
    }

    bool parse_envelope(envelope const*& out)
    {
        if (!open())
            return bad();
        envelope& e = *block_.make<envelope>();
        out = &e;
        return nstring(e.date) && blank() && nstring(e.subject) && blank() && addresses(e.from) && blank() &&
               addresses(e.sender) && blank() && addresses(e.reply_to) && blank() && addresses(e.to) && blank() &&
               addresses(e.cc) && blank() && addresses(e.bcc) && blank() && nstring(e.in_reply_to) && blank() &&
               nstring(e.message_id) && close();
    }

    // body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
    bool parameters(chain<parameter>& out)
    {
        if (nil())
            return count();
        if (!open())
            return bad();
        auto** tail = &out.first;
        while (!close())
        {
            parameter& q = *append(out, tail);
            if (!nstring(q.name) || !blank() || !nstring(q.value))
                return bad();
            blank();
        }
        return true;
    }

    // body-fld-dsp = "(" string SP body-fld-param ")" / nil
    bool disposition(body_part& b)
    {
        if (open())
            return nstring(b.disposition) && blank() && parameters(b.disposition_parameters) && close();
        std::string_view s;
        if (!nstring(s))
            return bad();
        // Exchange says "inline" without parentheses (jstedfast/MailKit issue 919), and a multipart's description
        // where its disposition belongs.
        if (equal_no_case(s, "inline") || equal_no_case(s, "attachment"))
            b.disposition = s;
        else if (s.data())
            b.description = s;
        return true;
    }

    bool languages(chain<std::string_view>& out)
    {
        auto** tail = &out.first;
        if (!open())
        {
            std::string_view s;
            if (!nstring(s))
                return bad();
            if (s.data())
                *append(out, tail) = s;
            return true;
        }
        while (!close())
        {
            if (!nstring(*append(out, tail)))
                return bad();
            blank();
        }
        return true;
    }

    // What follows the MD5 of a part or the parameters of a multipart; each item may be the last.
    bool extensions(body_part& b)
    {
        if (!blank())
            return true;
        if (!disposition(b))
            return bad();
        if (!blank())
            return true;
        if (!languages(b.languages))
            return bad();
        if (!blank())
            return true;
        if (!nstring(b.location))
            return bad();
        while (blank())
            if (!skip())
                return bad();
        return true;
    }

    // body = "(" (body-type-1part / body-type-mpart) ")"
    bool parse_body(body_part& b)
    {
        if (depth_ == limits_.depth)
            return fatal(error::nested_too_deep);
        if (!open())
            return bad();
        ++depth_;
        bool const ok = at('(') ? multipart(b) : single_part(b);
        --depth_;
        return ok && close();
    }

    bool multipart(body_part& b)
    {
        b.multipart = true;
        b.type = "multipart";
        auto** tail = &b.parts.first;
        while (at('('))
        {
            if (!parse_body(*append(b.parts, tail)))
                return bad();
            while (blank() && at('('))  // none in the grammar; some servers put one between parts
            {
            }
        }
        // The blank before the subtype has been taken by the loop above.
        if (!nstring(b.subtype))
            return bad();
        if (!blank())
            return true;
        return parameters(b.parameters) && extensions(b);
    }

    bool single_part(body_part& b)
    {
        if (!nstring(b.type) || !blank() || !nstring(b.subtype) || !blank() || !parameters(b.parameters))
            return bad();
        // An empty multipart is (NIL "alternative" ("boundary" ...) NIL NIL NIL) (jstedfast/MailKit issue 1393); a part
        // without anything has NIL for both (issues 1415, 1446).
        if (!b.type.data() && b.subtype.data())
        {
            b.multipart = true;
            b.type = "multipart";
            return extensions(b);
        }
        if (!blank() || !nstring(b.id) || !blank() || !nstring(b.description) || !blank() || !nstring(b.encoding) ||
            !blank() || !number(b.octets))
            return bad();
        if (equal_no_case(b.type, "text"))
        {
            if (!blank() || !number(b.lines))
                return bad();
        }
        else if (equal_no_case(b.type, "message") &&
                 (equal_no_case(b.subtype, "rfc822") || equal_no_case(b.subtype, "global")) && end_ - p_ > 1 &&
                 p_[1] == '(')
        {
            auto** tail = &b.parts.first;
            if (!blank() || !parse_envelope(b.enclosed) || !blank() || !parse_body(*append(b.parts, tail)) ||
                !blank() || !number(b.lines))
                return bad();
        }
        if (!blank())
            return true;
        return nstring(b.md5) && extensions(b);
    }

    bool message_flags(message& m)
    {
        if (!open())
            return bad();
        m.has_flags = true;
        m.system = flag::none;
        m.keywords = {};
        auto** tail = &m.keywords.first;
        while (!close())
        {
            std::string_view w;
            if (!word(w))
                return bad();
            if (flag const f = w[0] == '\\' ? flag_of(w) : flag::none; f != flag::none)
                m.system = m.system | f;
            else
                *append(m.keywords, tail) = w;
            blank();
        }
        return true;
    }

    // section = "[" [section-spec] "]" ["<" number ">"] SP nstring
    bool section(typename chain<section_data>::node**& tail, message& m)
    {
        section_data& s = *append(m.sections, tail);
        char const* const from = ++p_;
        bool in_quotes = false;
        while (p_ != end_ && (in_quotes || *p_ != ']'))
        {
            if (*p_ == '\r')
                return bad();
            in_quotes = in_quotes != (*p_ == '"');
            ++p_;
        }
        s.section = {from, static_cast<std::size_t>(p_ - from)};
        if (!eat(']'))
            return bad();
        if (eat('<'))
        {
            std::uint32_t n = 0;
            if (!number(n) || !eat('>'))
                return bad();
            s.origin = n;
        }
        return blank() && section_text(s);
    }
    bool section_text(section_data& s)
    {
        if (at('~') && end_ - p_ > 1 && p_[1] == '{')
            ++p_;
        if (!at('{'))
        {
            bool const ok = nstring(s.data);
            s.octets = s.data.size();
            return ok;
        }
        literal_mark const* which = nullptr;
        if (!literal(s.data, &which))
            return bad();
        s.octets = which->octets;
        s.streamed = which->streamed;
        return true;
    }

    // msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP …) ")"
    bool items(message& m)
    {
        if (!open())
            return bad();
        auto** tail = &m.sections.first;
        while (!close())
        {
            char const* const from = p_;
            while (p_ != end_ && *p_ != ' ' && *p_ != '[' && *p_ != ')')
                ++p_;
            std::string_view const name(from, static_cast<std::size_t>(p_ - from));
            if (name.empty() || p_ == end_)
                return bad();
            bool ok = true;
            if (*p_ == '[')
                ok = (equal_no_case(name, "BODY") || equal_no_case(name, "BINARY")) && section(tail, m);
            else
            {
                blank();
                ok = item(name, m, tail);
            }
            if (!ok)
                return bad();
            blank();
        }
        return true;
    }
    bool item(std::string_view name, message& m, typename chain<section_data>::node**& tail)
    {
        auto const is = [name](std::string_view s) { return name == s || equal_no_case(name, s); };
        if (is("UID"))
            return number(m.uid) && m.uid != 0;
        if (is("FLAGS"))
            return message_flags(m);
        if (is("INTERNALDATE"))
        {
            if (!nstring(m.internal_date_text))
                return bad();
            m.internal_date = parse_date_time(m.internal_date_text);
            return true;
        }
        if (is("RFC822.SIZE"))
        {
            std::uint64_t n = 0;
            if (!number(n))
                return bad();
            m.size = n;
            return true;
        }
        if (is("ENVELOPE"))
            return parse_envelope(m.envelope);
        if (is("BODYSTRUCTURE") || is("BODY"))
        {
            auto* const b = block_.make<body_part>();
            m.structure = b;
            return parse_body(*b);
        }
        for (auto const& [old, now] : {std::pair<std::string_view, std::string_view>{"RFC822", ""},
                                       {"RFC822.HEADER", "HEADER"},
                                       {"RFC822.TEXT", "TEXT"}})
            if (is(old))
            {
                section_data& s = *append(m.sections, tail);
                s.section = now;
                return section_text(s);
            }
        return skip();
    }

    // mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
    bool list(mailbox& m)
    {
        if (!open())
            return bad();
        while (!close())
        {
            std::string_view w;
            if (!word(w))
                return bad();
            m.attributes.emplace_back(w);
            if (equal_no_case(w, "\\Noselect") || equal_no_case(w, "\\NonExistent"))
                m.selectable = false;
            blank();
        }
        if (!blank())
            return bad();
        if (!nil())
        {
            std::string_view d;
            if (!at('"') || !quoted(d) || d.size() != 1)
                return bad();
            m.delimiter = d[0];
        }
        if (!blank())
            return bad();
        std::string_view name;
        if (at('"') || at('{'))
        {
            if (!string(name))
                return bad();
        }
        else
        {
            // Exchange leaves names with control characters such as TAB unquoted, so that the line cannot be cut into
            // words (jstedfast/MailKit issue 945): the name is the rest of it, unless extended data follows.
            char const* const from = p_;
            while (p_ != end_ && !(*p_ == ' ' && end_ - p_ > 1 && p_[1] == '('))
                ++p_;
            name = {from, static_cast<std::size_t>(p_ - from)};
            if (name.empty())
                return bad();
        }
        m.encoded = name;
        auto utf8 = from_modified_utf7(name);
        m.name = utf8 ? std::move(*utf8) : m.encoded;
        if (name.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
            m.selectable = false;
        return true;
    }

    // "STATUS" SP mailbox SP "(" [status-att-list] ")"
    bool mailbox_status_items(imap::mailbox_status& s)
    {
        std::string_view name;
        if (!astring(name) || !blank() || !open())
            return bad();
        auto utf8 = from_modified_utf7(name);
        s.name = utf8 ? std::move(*utf8) : std::string(name);
        while (!close())
        {
            std::string_view item;
            if (!word(item) || !blank())
                return bad();
            std::uint64_t n = 0;
            if (!(at('(') ? skip() : number(n)))
                return bad();
            auto const n32 = static_cast<std::uint32_t>(std::min<std::uint64_t>(n, number_set::star));
            if (equal_no_case(item, "MESSAGES"))
                s.exists = n32;
            else if (equal_no_case(item, "RECENT"))
                s.recent = n32;
            else if (equal_no_case(item, "UIDNEXT"))
                s.uid_next = n32;
            else if (equal_no_case(item, "UIDVALIDITY"))
                s.uid_validity = n32;
            else if (equal_no_case(item, "UNSEEN"))
                s.unseen = n32;
            blank();
        }
        return true;
    }

    bool search(number_set& out)
    {
        while (blank())
        {
            if (at_end())
                return true;
            if (at('('))  // (MODSEQ n)
                return skip();
            std::uint32_t n = 0;
            if (!number(n) || n == 0 || !count())
                return bad();
            out.add(n);
            if (out.ranges().size() > limits_.ranges)
                return fatal(error::too_many_ranges);
        }
        return at_end();
    }

    // namespace = nil / "(" 1*("(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil) [extensions] ")") ")"
    bool namespace_list(std::vector<imap::namespaces::entry>& out)
    {
        if (nil())
            return true;
        if (!open())
            return bad();
        while (!close())
        {
            std::string_view prefix, delimiter;
            if (!open() || !string(prefix) || !blank() || !nstring(delimiter) || delimiter.size() > 1)
                return bad();
            imap::namespaces::entry e;
            auto utf8 = from_modified_utf7(prefix);
            e.prefix = utf8 ? std::move(*utf8) : std::string(prefix);
            if (!delimiter.empty())
                e.delimiter = delimiter[0];
            out.push_back(std::move(e));
            while (blank())
                if (!skip())
                    return bad();
            if (!close())
                return bad();
            blank();
        }
        return true;
    }

    bool id(id_fields& out)
    {
        if (nil())
            return true;
        if (!open())
            return bad();
        while (!close())
        {
            std::string_view k, v;
            if (!string(k) || !blank() || !nstring(v))
                return bad();
            if (out.size() < 30)  // RFC 2971 section 3.3
                out.emplace_back(k, v);
            blank();
        }
        return true;
    }

    // resp-text = ["[" resp-text-code "]" SP] [text]
    void text(status_text& s)
    {
        std::string_view rest(p_, static_cast<std::size_t>(end_ - p_));
        if (rest.starts_with('['))
            if (auto const end = rest.find(']'); end != std::string_view::npos)
            {
                std::string_view const inside = rest.substr(1, end - 1);
                auto const space = inside.find(' ');
                s.code = inside.substr(0, space);
                if (space != std::string_view::npos)
                    s.arguments = inside.substr(space + 1);
                rest.remove_prefix(end + 1);
                if (rest.starts_with(' '))
                    rest.remove_prefix(1);
            }
        s.text = rest;
        p_ = end_;
    }

    bool condition(std::string_view word, status_text& s)
    {
        using enum status_text::condition;
        for (auto const& [name, c] : {std::pair<std::string_view, status_text::condition>{"OK", ok},
                                      {"NO", no},
                                      {"BAD", bad_},
                                      {"BYE", bye},
                                      {"PREAUTH", preauth}})
            if (equal_no_case(word, name))
            {
                s.status = c;
                blank();
                text(s);
                return true;
            }
        return false;
    }
    static constexpr auto bad_ = status_text::condition::bad;

    bool parse(response& out)
    {
        std::string_view const all(p_, static_cast<std::size_t>(end_ - p_));
        out.data = std::monostate();
        out.fetched = nullptr;
        out.status = {};
        out.tag = {};
        if (all.starts_with('+'))
        {
            out.what = response::kind::continuation;
            ++p_;
            blank();
            text(out.status);
            return true;
        }
        if (all.starts_with("* "))
        {
            p_ += 2;
            return untagged(out);
        }
        // Office 365 answers MOVE with a code on a line of its own (2014; jstedfast/MailKit issue 115), and sometimes
        // says "Server Unavailable. 15" without tag or asterisk (postalsys/imapflow's parser).
        if (all.starts_with("[COPYUID "))
        {
            out.what = response::kind::status;
            text(out.status);
            return true;
        }
        if (all.starts_with("Server Unavailable."))
        {
            out.what = response::kind::status;
            out.status.status = status_text::condition::no;
            text(out.status);
            return true;
        }
        if (all == "*")
            return bad();
        out.what = response::kind::tagged;
        out.tag = until_blank();
        blank();
        std::string_view const word = until_blank();
        return condition(word, out.status) && out.status.status != status_text::condition::bye &&
               out.status.status != status_text::condition::preauth;
    }

    bool untagged(response& out)
    {
        if (p_ != end_ && *p_ >= '0' && *p_ <= '9')
            return numbered(out);
        std::string_view word = until_blank();
        auto const is = [&word](std::string_view s) { return equal_no_case(word, s); };
        using kind = response::kind;
        if (condition(word, out.status))
        {
            out.what = kind::status;
            return true;
        }
        if (is("CAPABILITY") || is("ENABLED"))
        {
            out.what = is("CAPABILITY") ? kind::capability : kind::enabled;
            return words(out.data.emplace<capabilities>());
        }
        if (is("SEARCH"))
        {
            out.what = kind::search;
            return search(out.data.emplace<number_set>());
        }
        if (is("LIST") || is("LSUB"))
        {
            out.what = is("LIST") ? kind::list : kind::lsub;
            return blank() && list(out.data.emplace<mailbox>()) && (skip_rest() || bad());
        }
        if (is("STATUS"))
        {
            out.what = kind::mailbox_status;
            return blank() && mailbox_status_items(out.data.emplace<imap::mailbox_status>()) && tail_is_empty();
        }
        if (is("FLAGS"))
        {
            out.what = kind::flags;
            return blank() && flag_list(out.data.emplace<flags>()) && tail_is_empty();
        }
        if (is("NAMESPACE"))
        {
            out.what = kind::namespaces;
            auto& n = out.data.emplace<imap::namespaces>();
            return blank() && namespace_list(n.personal) && blank() && namespace_list(n.other_users) && blank() &&
                   namespace_list(n.shared) && tail_is_empty();
        }
        if (is("ID"))
        {
            out.what = kind::id;
            return blank() && id(out.data.emplace<id_fields>()) && tail_is_empty();
        }
        out.what = kind::other;
        return !word.empty() && skip_rest();
    }

    bool numbered(response& out)
    {
        if (!number(out.number) || !blank())
            return bad();
        std::string_view const word = until_blank();
        auto const is = [word](std::string_view s) { return equal_no_case(word, s); };
        using kind = response::kind;
        if (is("FETCH"))
        {
            out.what = kind::fetch;
            if (out.number == 0 || !blank())
                return bad();
            message& m = *block_.make<message>();
            m.sequence = out.number;
            out.fetched = &m;
            return items(m) && tail_is_empty();
        }
        if (is("EXISTS"))
            out.what = kind::exists;
        else if (is("RECENT"))
            out.what = kind::recent;
        else if (is("EXPUNGE"))
        {
            out.what = kind::expunge;
            if (out.number == 0)
                return bad();
        }
        else
        {
            out.what = kind::other;
            return !word.empty() && skip_rest();
        }
        return tail_is_empty();
    }

    bool tail_is_empty()
    {
        while (blank())
        {
        }
        return at_end();
    }
    // What is not looked at may have any shape, but its literals stand where literals may.
    bool skip_rest()
    {
        mark_ = marks_end_;
        p_ = end_;
        return true;
    }

    char* begin_;
    char* p_;
    char* end_;
    literal_mark const* mark_;
    literal_mark const* marks_end_;
    limits const& limits_;
    arena& block_;
    error_code ec_;
    std::size_t tokens_ = 0;
    std::size_t depth_ = 0;
};

OUTKIT_DEF error_code parse_response(std::string_view frame, std::span<literal_mark const> literals, limits const& l,
                                     arena& block, response& out)
{
    char* const text = block.copy(frame);
    return response_parser({text, frame.size()}, literals, l, block).run(out);
}

// --- response codes ---

OUTKIT_DECL std::optional<std::uint32_t> whole_number(std::string_view s)
{
    std::uint32_t n = 0;
    auto const r = std::from_chars(s.data(), s.data() + s.size(), n);
    if (s.empty() || s[0] < '0' || s[0] > '9' || r.ec != std::errc() || r.ptr != s.data() + s.size())
        return std::nullopt;
    return n;
}

OUTKIT_DEF std::optional<std::uint32_t> code_number(status_text const& s, std::string_view code)
{
    if (!equal_no_case(s.code, code))
        return std::nullopt;
    return whole_number(s.arguments);
}

OUTKIT_DEF std::optional<append_result> code_appenduid(status_text const& s)
{
    if (!equal_no_case(s.code, "APPENDUID"))
        return std::nullopt;
    auto const space = s.arguments.find(' ');
    if (space == std::string_view::npos)
        return std::nullopt;
    auto const validity = whole_number(s.arguments.substr(0, space));
    auto const uid = whole_number(s.arguments.substr(space + 1));
    if (!validity || !uid || *uid == 0)
        return std::nullopt;
    return append_result{*validity, *uid};
}

// Exchange leaves both sets empty when nothing was copied (MailKit's issue 555).
OUTKIT_DEF std::optional<copy_result> code_copyuid(status_text const& s, limits const& l)
{
    if (!equal_no_case(s.code, "COPYUID"))
        return std::nullopt;
    std::string_view rest = s.arguments;
    auto const next = [&rest] {
        auto const space = std::min(rest.find(' '), rest.size());
        auto const word = rest.substr(0, space);
        rest.remove_prefix(std::min(space + 1, rest.size()));
        return word;
    };
    auto const validity = whole_number(next());
    auto const from_text = next(), to_text = next();
    if (!validity)
        return std::nullopt;
    copy_result out;
    out.uid_validity = *validity;
    if (from_text.empty() && to_text.empty())
        return out;
    auto from = number_set::parse(from_text, l.ranges), to = number_set::parse(to_text, l.ranges);
    if (!from || !to || from_text.find('*') != std::string_view::npos || to_text.find('*') != std::string_view::npos ||
        from->size() != to->size())
        return std::nullopt;
    out.from = uid_set(std::move(*from));
    out.to = uid_set(std::move(*to));
    return out;
}

OUTKIT_DEF std::optional<flags> code_permanent_flags(status_text const& s, limits const& l, bool& new_keywords)
{
    if (!equal_no_case(s.code, "PERMANENTFLAGS"))
        return std::nullopt;
    std::string text(s.arguments);
    arena none;
    flags out;
    if (!response_parser(text, {}, l, none).flag_list(out, &new_keywords))
        return std::nullopt;
    return out;
}

OUTKIT_DEF std::optional<capabilities> code_capabilities(status_text const& s, limits const& l)
{
    if (!equal_no_case(s.code, "CAPABILITY"))
        return std::nullopt;
    std::string text(s.arguments);
    arena none;
    capabilities out;
    if (!response_parser(text, {}, l, none).words(out))
        return std::nullopt;
    return out;
}

OUTKIT_DEF std::optional<std::chrono::milliseconds> suggested_backoff(std::string_view text)
{
    static constexpr std::string_view words = "Backoff Time";
    auto at = std::search(text.begin(), text.end(), words.begin(), words.end(),
                          [](char a, char b) { return lower(a) == lower(b); });
    if (at == text.end())
        return std::nullopt;
    at += words.size();
    while (at != text.end() && (*at == ':' || *at == '=' || *at == ' '))
        ++at;
    auto const end = std::find_if(at, text.end(), [](char c) { return c < '0' || c > '9'; });
    auto const n =
        whole_number(text.substr(static_cast<std::size_t>(at - text.begin()), static_cast<std::size_t>(end - at)));
    if (!n)
        return std::nullopt;
    return std::chrono::milliseconds(*n);
}

OUTKIT_DEF std::string shown(std::string_view text)
{
    static constexpr std::size_t most = 512;
    std::string out(text.substr(0, most));
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            c = ' ';
    return outkit::detail::without_tokens(out);
}

// --- responses, written ---

OUTKIT_DECL void append_addresses(std::string& out, chain<address> const& list)
{
    if (list.empty())
    {
        out += "NIL";
        return;
    }
    out += '(';
    for (address const& a : list)
    {
        char before = '(';
        for (std::string_view const part : {a.name, a.route, a.mailbox, a.host})
        {
            out += before;
            append_nstring(out, part);
            before = ' ';
        }
        out += ')';
    }
    out += ')';
}

OUTKIT_DEF void append_envelope(std::string& out, envelope const& e)
{
    out += '(';
    append_nstring(out, e.date);
    out += ' ';
    append_nstring(out, e.subject);
    for (auto const* list : {&e.from, &e.sender, &e.reply_to, &e.to, &e.cc, &e.bcc})
    {
        out += ' ';
        append_addresses(out, *list);
    }
    out += ' ';
    append_nstring(out, e.in_reply_to);
    out += ' ';
    append_nstring(out, e.message_id);
    out += ')';
}

OUTKIT_DECL void append_parameters(std::string& out, chain<parameter> const& list)
{
    if (list.empty())
    {
        out += "NIL";
        return;
    }
    char before = '(';
    for (parameter const& q : list)
    {
        out += before;
        append_nstring(out, q.name);
        out += ' ';
        append_nstring(out, q.value);
        before = ' ';
    }
    out += ')';
}

OUTKIT_DECL void append_body_extensions(std::string& out, body_part const& b)
{
    out += ' ';
    if (!b.disposition.data() && b.disposition_parameters.empty())
        out += "NIL";
    else
    {
        out += '(';
        append_nstring(out, b.disposition);
        out += ' ';
        append_parameters(out, b.disposition_parameters);
        out += ')';
    }
    out += ' ';
    if (b.languages.empty())
        out += "NIL";
    else
    {
        char before = '(';
        for (std::string_view const l : b.languages)
        {
            out += before;
            append_nstring(out, l);
            before = ' ';
        }
        out += ')';
    }
    out += ' ';
    append_nstring(out, b.location);
}

OUTKIT_DEF void append_body(std::string& out, body_part const& b, bool extensions)
{
    out += '(';
    if (b.multipart)
    {
        for (body_part const& part : b.parts)
            append_body(out, part, extensions);
        out += b.parts.empty() ? "NIL " : " ";
        append_nstring(out, b.subtype);
        if (extensions)
        {
            out += ' ';
            append_parameters(out, b.parameters);
            append_body_extensions(out, b);
        }
        out += ')';
        return;
    }
    append_nstring(out, b.type);
    out += ' ';
    append_nstring(out, b.subtype);
    out += ' ';
    append_parameters(out, b.parameters);
    for (std::string_view const s : {b.id, b.description, b.encoding})
    {
        out += ' ';
        append_nstring(out, s);
    }
    out += ' ' + std::to_string(b.octets);
    if (equal_no_case(b.type, "text"))
        out += ' ' + std::to_string(b.lines);
    else if (b.enclosed && !b.parts.empty())
    {
        out += ' ';
        append_envelope(out, *b.enclosed);
        out += ' ';
        append_body(out, b.parts.front(), extensions);
        out += ' ' + std::to_string(b.lines);
    }
    if (extensions)
    {
        out += ' ';
        append_nstring(out, b.md5);
        append_body_extensions(out, b);
    }
    out += ')';
}

OUTKIT_DECL void append_message(std::string& out, message const& m)
{
    std::string items;
    auto const item = [&items](std::string_view name) -> std::string& {
        if (!items.empty())
            items += ' ';
        return (items += name) += ' ';
    };
    if (m.uid)
        item("UID") += std::to_string(m.uid);
    if (m.has_flags)
        append_flags(item("FLAGS"), m.system, m.keywords);
    if (m.internal_date_text.data())
        append_quoted(item("INTERNALDATE"), m.internal_date_text);
    if (m.size)
        item("RFC822.SIZE") += std::to_string(*m.size);
    if (m.envelope)
        append_envelope(item("ENVELOPE"), *m.envelope);
    if (m.structure)
        append_body(item("BODYSTRUCTURE"), *m.structure, true);
    for (section_data const& s : m.sections)
    {
        std::string name = "BODY[" + std::string(s.section) + ']';
        if (s.origin)
            name += '<' + std::to_string(*s.origin) + '>';
        append_nstring(item(name), s.data);
    }
    out += std::to_string(m.sequence) + " FETCH (" + items + ')';
}

OUTKIT_DECL void append_status(std::string& out, status_text const& s)
{
    static constexpr std::string_view names[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
    out += names[static_cast<std::size_t>(s.status)];
    if (!s.code.empty())
    {
        (out += " [") += s.code;
        if (!s.arguments.empty())
            (out += ' ') += s.arguments;
        out += ']';
    }
    if (!s.text.empty())
        (out += ' ') += s.text;
}

OUTKIT_DEF void append_response(std::string& out, response const& r)
{
    using kind = response::kind;
    if (r.what == kind::tagged)
        (out += r.tag) += ' ';
    else
        out += r.what == kind::continuation ? "+ " : "* ";
    auto const number = [&](std::string_view word) { (out += std::to_string(r.number) + ' ') += word; };
    switch (r.what)
    {
    case kind::continuation: out += r.status.text; break;
    case kind::tagged:
    case kind::status: append_status(out, r.status); break;
    case kind::capability:
    case kind::enabled:
        out += r.what == kind::capability ? "CAPABILITY" : "ENABLED";
        for (std::string_view const name : std::get<capabilities>(r.data).names())
            (out += ' ') += name;
        break;
    case kind::list:
    case kind::lsub: {
        auto const& m = std::get<mailbox>(r.data);
        out += r.what == kind::list ? "LIST " : "LSUB ";
        append_flags_of(out, flag::none, m.attributes);
        out += ' ';
        if (m.delimiter)
            append_quoted(out, std::string_view(&*m.delimiter, 1));
        else
            out += "NIL";
        out += ' ';
        append_mailbox(out, m.encoded);
        break;
    }
    case kind::mailbox_status: {
        auto const& s = std::get<imap::mailbox_status>(r.data);
        out += "STATUS ";
        append_mailbox(out, to_modified_utf7(s.name).value_or(s.name));
        out += " (MESSAGES " + std::to_string(s.exists) + " RECENT " + std::to_string(s.recent) + " UIDNEXT " +
               std::to_string(s.uid_next) + " UIDVALIDITY " + std::to_string(s.uid_validity) + " UNSEEN " +
               std::to_string(s.unseen) + ')';
        break;
    }
    case kind::flags:
        out += "FLAGS ";
        append_flags(out, std::get<flags>(r.data));
        break;
    case kind::exists: number("EXISTS"); break;
    case kind::recent: number("RECENT"); break;
    case kind::expunge: number("EXPUNGE"); break;
    case kind::fetch: append_message(out, *r.fetched); break;
    case kind::search:
        out += "SEARCH";
        for (auto const& range : std::get<number_set>(r.data).ranges())
            for (std::uint64_t n = range.first; n <= range.last; ++n)
                out += ' ' + std::to_string(n);
        break;
    case kind::namespaces: {
        auto const& n = std::get<imap::namespaces>(r.data);
        out += "NAMESPACE";
        for (auto const* list : {&n.personal, &n.other_users, &n.shared})
        {
            out += list->empty() ? " NIL" : " (";
            for (auto const& e : *list)
            {
                out += '(';
                append_quoted(out, to_modified_utf7(e.prefix).value_or(e.prefix));
                out += ' ';
                if (e.delimiter)
                    append_quoted(out, std::string_view(&*e.delimiter, 1));
                else
                    out += "NIL";
                out += ')';
            }
            if (!list->empty())
                out += ')';
        }
        break;
    }
    case kind::id: {
        auto const& fields = std::get<id_fields>(r.data);
        out += fields.empty() ? "ID NIL" : "ID ";
        char before = '(';
        for (auto const& [k, v] : fields)
        {
            out += before;
            append_string(out, k);
            out += ' ';
            append_string(out, v);
            before = ' ';
        }
        if (!fields.empty())
            out += ')';
        break;
    }
    case kind::other: break;
    }
    out += "\r\n";
}

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#endif
