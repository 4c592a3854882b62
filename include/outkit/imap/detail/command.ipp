#ifndef OUTKIT_IMAP_DETAIL_COMMAND_IPP
#define OUTKIT_IMAP_DETAIL_COMMAND_IPP

#include <outkit/detail/utf8.hpp>
#include <outkit/imap/detail/command.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace outkit::inline OUTKIT_ABI::imap::detail {

OUTKIT_INLINE command::command(std::string_view name) : name_(name.size())
{
    pieces.push_back({std::string(name), false, {}});
}

OUTKIT_DEF std::string& command::text()
{
    if (pieces.back().is_literal)
        pieces.push_back({});
    return pieces.back().text;
}

OUTKIT_DEF void command::wrong(error e)
{
    if (!ec)
        ec = e;
}

OUTKIT_DEF command& command::word(std::string_view s)
{
    (text() += ' ') += s;
    return *this;
}

OUTKIT_DEF command& command::atom(std::string_view s)
{
    if (!is_atom(s))
        wrong(error::invalid_string);
    return word(s);
}

OUTKIT_DEF command& command::literal(std::string octets)
{
    text() += ' ';
    pieces.push_back({std::move(octets), true, {}});
    return *this;
}

OUTKIT_DEF command& command::literal(octet_source from)
{
    text() += ' ';
    pieces.push_back({{}, true, std::move(from)});
    return *this;
}

OUTKIT_DEF command& command::astring(std::string_view s)
{
    static constexpr std::size_t longest_quoted = 1024;
    if (s.find('\0') != std::string_view::npos)
        wrong(error::invalid_string);
    if (is_astring_atom(s) && !equal_no_case(s, "NIL"))
        return word(s);
    if (!can_be_quoted(s) || s.size() > longest_quoted)
        return literal(std::string(s));
    append_quoted(text() += ' ', s);
    return *this;
}

OUTKIT_DEF command& command::mailbox(mailbox_name const& name)
{
    if (!name.valid())
        wrong(error::invalid_mailbox_name);
    return astring(name.encoded());
}

OUTKIT_DEF command& command::list_pattern(std::string_view s)
{
    auto const encoded = to_modified_utf7(s);
    if (!encoded || s.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    {
        wrong(error::invalid_mailbox_name);
        return *this;
    }
    append_quoted(text() += ' ', *encoded);
    return *this;
}

OUTKIT_DEF command& command::number(std::uint32_t n) { return word(std::to_string(n)); }

OUTKIT_DEF command& command::set(number_set const& s)
{
    if (s.empty())
        wrong(error::empty_set);
    return word(s.to_string());
}

// flag-keyword = atom ; flag-extension = "\" atom
OUTKIT_DEF error_code check(flags const& f)
{
    for (std::string_view k : f.keywords)
    {
        if (k.starts_with('\\'))
            k.remove_prefix(1);
        if (!is_atom(k))
            return error::invalid_flag;
    }
    return {};
}

OUTKIT_DEF command& command::flag_list(flags const& f)
{
    if (error_code const e = check(f); e && !ec)
        ec = e;
    append_flags(text() += ' ', flags{f.system & ~flag::recent, f.keywords});
    return *this;
}

OUTKIT_DEF command& command::date_time(std::chrono::sys_seconds t)
{
    append_quoted(text() += ' ', format_date_time(t));
    return *this;
}

OUTKIT_DEF command& command::date(std::chrono::sys_days d)
{
    std::string const s = format_date_time(d);
    return word(std::string_view(s).substr(s.starts_with(' ') ? 1 : 0, s.starts_with(' ') ? 10 : 11));
}

OUTKIT_DEF error_code check(section const& s)
{
    static constexpr std::size_t deepest = 64;
    using what = section::text;
    bool const named = s.what == what::header_fields || s.what == what::header_fields_not;
    bool ok = s.part.size() <= deepest && named == !s.fields.empty() && (s.what != what::mime || !s.part.empty());
    ok = ok && std::find(s.part.begin(), s.part.end(), 0u) == s.part.end() && (!s.only || s.only->octets != 0);
    for (std::string const& f : s.fields)
        ok = ok && is_atom(f) && f.find(':') == std::string::npos;
    if (!ok)
        return error::invalid_section;
    return {};
}

OUTKIT_DEF std::string section_name(section const& s)
{
    std::string out;
    for (std::uint32_t const n : s.part)
    {
        if (!out.empty())
            out += '.';
        out += std::to_string(n);
    }
    static constexpr std::string_view names[] = {"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"};
    std::string_view const name = names[static_cast<std::size_t>(s.what)];
    if (!out.empty() && !name.empty())
        out += '.';
    out += name;
    char before = '(';
    for (std::string const& f : s.fields)
    {
        if (before == '(')
            out += ' ';
        (out += before) += f;
        before = ' ';
    }
    if (before != '(')
        out += ')';
    return out;
}

OUTKIT_DEF command& command::items(fetch_items const& i)
{
    std::string out = "(UID";
    if (i.flags)
        out += " FLAGS";
    if (i.internal_date)
        out += " INTERNALDATE";
    if (i.size)
        out += " RFC822.SIZE";
    if (i.envelope)
        out += " ENVELOPE";
    if (i.structure)
        out += " BODYSTRUCTURE";
    for (section const& s : i.sections)
    {
        if (error_code const e = check(s); e && !ec)
            ec = e;
        out += s.mark_seen ? " BODY[" : " BODY.PEEK[";
        out += section_name(s) + ']';
        if (s.only)
            out += '<' + std::to_string(s.only->first) + '.' + std::to_string(s.only->octets) + '>';
    }
    return word(out + ')');
}

// search = "SEARCH" [SP "CHARSET" SP charset] 1*(SP search-key)
OUTKIT_DEF command& command::search(search_key const& k)
{
    using kind = search_key::term::kind;
    auto const is_ascii = [](std::string_view s) {
        return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    };
    bool ascii = true;
    for (auto const& t : k.terms())
    {
        ascii = ascii && is_ascii(t.value);
        if (!outkit::detail::valid_utf8(t.value))
            wrong(error::invalid_string);
    }
    if (!ascii)
        word("CHARSET UTF-8");
    std::string opened;  // parentheses before the next word
    for (auto const& t : k.terms())
        switch (t.what)
        {
        case kind::open: opened += '('; break;
        case kind::close: text() += ')'; break;
        case kind::word: word(std::exchange(opened, {}) + t.value); break;
        case kind::text: astring(t.value); break;
        case kind::keyword:
            if (!is_atom(t.value))
                wrong(error::invalid_flag);
            word(t.value);
            break;
        case kind::field_name:
            if (!is_atom(t.value) || t.value.find(':') != std::string::npos)
                wrong(error::invalid_section);
            word(t.value);
            break;
        case kind::set:
            if (t.value.empty())
                wrong(error::empty_set);
            word(std::exchange(opened, {}) + t.value);
            break;
        case kind::date: date(t.day); break;
        }
    return *this;
}

// id = "ID" SP ("(" [string SP nstring *(SP string SP nstring)] ")" / NIL) ; RFC 2971 section 4
OUTKIT_DEF command& command::id(id_fields const& fields)
{
    static constexpr std::size_t most_fields = 30, longest_name = 30, longest_value = 1024;
    if (fields.empty())
        return word("NIL");
    if (fields.size() > most_fields)
        wrong(error::invalid_string);
    std::string out = "(";
    for (auto const& [name, value] : fields)
    {
        if (name.size() > longest_name || value.size() > longest_value || !can_be_quoted(name) || !can_be_quoted(value))
            wrong(error::invalid_string);
        if (out.size() > 1)
            out += ' ';
        append_quoted(out, name);
        append_quoted(out += ' ', value);
    }
    return word(out + ')');
}

OUTKIT_DEF std::vector<number_set> in_pieces(number_set const& s, std::size_t most)
{
    std::vector<number_set> out;
    std::size_t length = most;
    for (auto const& r : s.ranges())
    {
        static constexpr std::size_t longest_range = 22;  // "4294967294:4294967295,"
        length += longest_range;
        if (length > most)
        {
            out.emplace_back();
            length = longest_range;
        }
        out.back().add(r.first, r.last);
    }
    return out;
}

// --- the server's side ---

// tag = 1*<any ASTRING-CHAR except "+">
OUTKIT_DEF std::string_view command_reader::tag()
{
    std::size_t const from = at_;
    while (at_ != text_.size() && text_[at_] != '+' && is_astring_atom(text_.substr(at_, 1)))
        ++at_;
    return text_.substr(from, at_ - from);
}

OUTKIT_DEF std::string command_reader::name()
{
    std::string out;
    for (int words = 0; words != 2; ++words)
    {
        if (words == 1)
        {
            if (out != "UID" || !blank())
                return out;
            out += ' ';
        }
        for (; at_ != text_.size() && text_[at_] != ' '; ++at_)
        {
            char const c = text_[at_];
            out += c >= 'a' && c <= 'z' ? char(c - 32) : c;
        }
    }
    return out;
}

OUTKIT_DEF bool command_reader::blank()
{
    if (peek() != ' ')
        return false;
    ++at_;
    return true;
}
OUTKIT_DEF bool command_reader::open()
{
    if (peek() != '(')
        return false;
    ++at_;
    return true;
}
OUTKIT_DEF bool command_reader::close()
{
    if (peek() != ')')
        return false;
    ++at_;
    return true;
}

OUTKIT_DEF std::optional<std::string_view> command_reader::atom()
{
    std::size_t const from = at_;
    while (at_ != text_.size() && (is_atom(text_.substr(at_, 1)) || text_[at_] == '\\' || text_[at_] == '*'))
        ++at_;
    if (at_ == from)
        return std::nullopt;
    return text_.substr(from, at_ - from);
}

OUTKIT_DEF std::optional<std::string_view> command_reader::literal()
{
    if (literals_.empty() || peek() != '{' || literals_.front().at < at_)
        return std::nullopt;
    literal_mark const m = literals_.front();
    std::string_view const marker = text_.substr(at_ + 1, m.at - at_ - 1);
    if (marker.find_first_not_of("0123456789+}\r\n") != std::string_view::npos)
        return std::nullopt;
    literals_ = literals_.subspan(1);
    at_ = m.at + static_cast<std::size_t>(m.octets);
    return text_.substr(m.at, static_cast<std::size_t>(m.octets));
}

OUTKIT_DEF std::optional<std::string> command_reader::astring()
{
    if (peek() == '{')
    {
        if (auto const octets = literal())
            return std::string(*octets);
        return std::nullopt;
    }
    std::string out;
    if (peek() == '"')
    {
        for (++at_; at_ != text_.size() && text_[at_] != '"'; ++at_)
        {
            if (text_[at_] == '\\' && ++at_ == text_.size())
                return std::nullopt;
            if (text_[at_] == '\r')  // a literal's announcement: the quotes are not closed
                return std::nullopt;
            out += text_[at_];
        }
        if (at_ == text_.size())
            return std::nullopt;
        ++at_;
        return out;
    }
    for (; at_ != text_.size() && is_astring_atom(text_.substr(at_, 1)); ++at_)
        out += text_[at_];
    if (out.empty())
        return std::nullopt;
    return out;
}

OUTKIT_DEF std::optional<std::string> command_reader::list_mailbox()
{
    if (peek() == '"' || peek() == '{')
        return astring();
    std::string out;
    for (; at_ != text_.size(); ++at_)
    {
        char const c = text_[at_];
        if (!is_astring_atom(std::string_view(&c, 1)) && c != '%' && c != '*')
            break;
        out += c;
    }
    if (out.empty())
        return std::nullopt;
    return out;
}

OUTKIT_DEF std::optional<number_set> command_reader::set()
{
    std::size_t const from = at_;
    while (at_ != text_.size() && std::string_view("0123456789:,*").find(text_[at_]) != std::string_view::npos)
        ++at_;
    return number_set::parse(text_.substr(from, at_ - from));
}

OUTKIT_DEF std::optional<std::uint32_t> command_reader::number()
{
    std::uint32_t n = 0;
    if (peek() < '0' || peek() > '9')
        return std::nullopt;
    auto const r = std::from_chars(text_.data() + at_, text_.data() + text_.size(), n);
    if (r.ec != std::errc())
        return std::nullopt;
    at_ = static_cast<std::size_t>(r.ptr - text_.data());
    return n;
}

OUTKIT_DEF std::optional<flags> command_reader::flag_list(bool parentheses_needed)
{
    bool const open_seen = open();
    if (parentheses_needed && !open_seen)
        return std::nullopt;
    flags out;
    while (!(open_seen ? close() : at_end()))
    {
        auto const name = atom();
        if (!name)
            return std::nullopt;
        if (flag const f = flag_of(*name); f != flag::none)
            out.system = out.system | f;
        else
            out.keywords.emplace_back(*name);
        blank();
    }
    return out;
}

OUTKIT_DEF std::optional<std::chrono::sys_seconds> command_reader::date_time()
{
    if (peek() != '"')
        return std::nullopt;
    auto const s = astring();
    return s ? parse_date_time(*s) : std::nullopt;
}

// date = date-text / DQUOTE date-text DQUOTE ; "1-Feb-1994"
OUTKIT_DEF std::optional<std::chrono::sys_days> command_reader::date()
{
    auto const s = astring();
    if (!s)
        return std::nullopt;
    auto const t = parse_date_time(*s + " 00:00:00 +0000");
    if (!t)
        return std::nullopt;
    return std::chrono::floor<std::chrono::days>(*t);
}

// fetch-att, or a list of them, or a macro
OUTKIT_DEF std::optional<fetch_arguments> command_reader::fetch_items()
{
    using item = fetch_arguments::item;
    fetch_arguments out;
    for (auto const& [macro, last] : {std::pair<std::string_view, int>{"ALL", 1}, {"FULL", 2}, {"FAST", 0}})
        if (equal_no_case(text_.substr(at_), macro))
        {
            at_ = text_.size();
            out.order = {item::flags, item::internal_date, item::size};
            if (last >= 1)
                out.order.push_back(item::envelope);
            if (last == 2)
                out.order.push_back(item::body);
            return out;
        }
    if (!open())
    {
        if (!fetch_item(out))
            return std::nullopt;
        return out;
    }
    do
        if (!fetch_item(out))
            return std::nullopt;
    while (blank());
    if (!close())
        return std::nullopt;
    return out;
}

OUTKIT_DEF bool command_reader::fetch_item(fetch_arguments& out)
{
    using item = fetch_arguments::item;
    std::size_t const from = at_;
    while (at_ != text_.size() && std::string_view(" )[(").find(text_[at_]) == std::string_view::npos)
        ++at_;
    std::string_view const name = text_.substr(from, at_ - from);
    for (auto const& [word, what] : {std::pair<std::string_view, item>{"UID", item::uid},
                                     {"FLAGS", item::flags},
                                     {"INTERNALDATE", item::internal_date},
                                     {"RFC822.SIZE", item::size},
                                     {"ENVELOPE", item::envelope},
                                     {"BODYSTRUCTURE", item::structure}})
        if (equal_no_case(name, word))
        {
            out.order.push_back(what);
            return true;
        }
    fetch_section s;
    using text = section::text;
    for (auto const& [word, what, seen] : {std::tuple<std::string_view, text, bool>{"RFC822", text::everything, true},
                                           {"RFC822.HEADER", text::header, false},
                                           {"RFC822.TEXT", text::body, true}})
        if (equal_no_case(name, word))
        {
            s.wanted.what = what;
            s.wanted.mark_seen = seen;
            s.reply_as = word;
            out.order.push_back(item::section);
            out.sections.push_back(std::move(s));
            return true;
        }
    bool const peeks = equal_no_case(name, "BODY.PEEK");
    if (!peeks && !equal_no_case(name, "BODY"))
        return false;
    if (peek() != '[')
    {
        out.order.push_back(item::body);
        return !peeks;
    }
    s.wanted.mark_seen = !peeks;
    if (!section_spec(s))
        return false;
    out.order.push_back(item::section);
    out.sections.push_back(std::move(s));
    return true;
}

// section = "[" [section-spec] "]" ["<" number "." nz-number ">"]
OUTKIT_DEF bool command_reader::section_spec(fetch_section& out)
{
    std::size_t const from = ++at_;
    using text = section::text;
    section& w = out.wanted;
    while (peek() >= '1' && peek() <= '9')
    {
        auto const n = number();
        if (!n || w.part.size() == 64)
            return false;
        w.part.push_back(*n);
        if (peek() != '.')
            break;
        ++at_;
    }
    bool const part_ended = !w.part.empty() && text_[at_ - 1] != '.';
    if (peek() != ']')
    {
        if (part_ended)
            return false;
        std::size_t const word_from = at_;
        while (at_ != text_.size() && text_[at_] != ' ' && text_[at_] != ']')
            ++at_;
        std::string_view const word = text_.substr(word_from, at_ - word_from);
        if (equal_no_case(word, "HEADER"))
            w.what = text::header;
        else if (equal_no_case(word, "TEXT"))
            w.what = text::body;
        else if (equal_no_case(word, "MIME") && !w.part.empty())
            w.what = text::mime;
        else if (equal_no_case(word, "HEADER.FIELDS") || equal_no_case(word, "HEADER.FIELDS.NOT"))
        {
            w.what = word.size() == 13 ? text::header_fields : text::header_fields_not;
            if (!blank() || !open())
                return false;
            do
            {
                auto const field = astring();
                if (!field)
                    return false;
                w.fields.push_back(*field);
            } while (blank());
            if (!close())
                return false;
        }
        else
            return false;
    }
    else if (!w.part.empty() && !part_ended)
        return false;
    if (peek() != ']')
        return false;
    out.spelled = text_.substr(from, at_ - from);
    out.reply_as = "BODY[" + out.spelled + ']';
    ++at_;
    if (peek() != '<')
        return true;
    ++at_;
    auto const first = number();
    if (!first || peek() != '.')
        return false;
    ++at_;
    auto const octets = number();
    if (!octets || *octets == 0 || peek() != '>')
        return false;
    ++at_;
    w.only = section::slice{*first, *octets};
    return true;
}

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#endif
