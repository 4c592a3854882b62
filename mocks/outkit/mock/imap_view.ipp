#ifndef OUTKIT_MOCK_IMAP_VIEW_IPP
#define OUTKIT_MOCK_IMAP_VIEW_IPP

#include <outkit/mock/imap_view.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock::imap_detail {

struct flag_pair
{
    flags ours;
    outkit::imap::flag theirs;
};
inline constexpr flag_pair flag_pairs[] = {{flags::seen, outkit::imap::flag::seen},
                                           {flags::answered, outkit::imap::flag::answered},
                                           {flags::flagged, outkit::imap::flag::flagged},
                                           {flags::deleted, outkit::imap::flag::deleted},
                                           {flags::draft, outkit::imap::flag::draft}};

OUTKIT_INLINE outkit::imap::flag from_store(flags f)
{
    auto out = outkit::imap::flag::none;
    for (flag_pair const& p : flag_pairs)
        if (has(f, p.ours))
            out = out | p.theirs;
    return out;
}

OUTKIT_INLINE flags to_store(outkit::imap::flag f)
{
    flags out = flags::none;
    for (flag_pair const& p : flag_pairs)
        if ((f & p.theirs) == p.theirs)
            out = out | p.ours;
    return out;
}

OUTKIT_INLINE std::uint64_t estimated_size(message const& m)
{
    return m.size() * (90 + (m.uid * 2654435761u >> 16) % 31) / 100;
}

// Exchange says nothing at all as NIL.
OUTKIT_INLINE void append_text(std::string& out, std::string const& s)
{
    codec::append_nstring(out, s.empty() ? std::string_view() : std::string_view(s));
}

OUTKIT_INLINE void append_entries(std::string& out, std::vector<mime::address_entry> const& list)
{
    if (list.empty())
    {
        out += "NIL";
        return;
    }
    out += '(';
    for (mime::address_entry const& a : list)
    {
        using kind = mime::address_entry::kind;
        out += '(';
        if (a.what == kind::mailbox)
        {
            append_text(out, a.name);
            out += " NIL ";
            append_text(out, a.local);
            out += ' ';
            append_text(out, a.domain.empty() ? std::string(".MISSING-HOST-NAME.") : a.domain);
        }
        else
        {
            out += "NIL NIL ";
            append_text(out, a.name);
            out += " NIL";
        }
        out += ')';
    }
    out += ')';
}

OUTKIT_INLINE void append_envelope(std::string& out, mime::envelope const& e)
{
    out += '(';
    append_text(out, e.date);
    out += ' ';
    append_text(out, e.subject);
    for (auto const* list : {&e.from, &e.sender, &e.reply_to, &e.to, &e.cc, &e.bcc})
    {
        out += ' ';
        append_entries(out, *list);
    }
    out += ' ';
    append_text(out, e.in_reply_to);
    out += ' ';
    append_text(out, e.message_id);
    out += ')';
}

OUTKIT_INLINE void append_pairs(std::string& out, std::vector<mime::parameter> const& list)
{
    if (list.empty())
    {
        out += "NIL";
        return;
    }
    char before = '(';
    for (mime::parameter const& p : list)
    {
        out += before;
        codec::append_string(out, p.name);
        out += ' ';
        codec::append_string(out, p.value);
        before = ' ';
    }
    out += ')';
}

OUTKIT_INLINE void append_extensions(std::string& out, mime::part const& p, structure_style const& how)
{
    if (how.description_disposition && p.is_multipart() && !p.description.empty())
        codec::append_string(out += ' ', p.description);
    else if (p.disposition.empty())
        out += how.empty_disposition ? " (NIL NIL)" : " NIL";
    else if (how.bare_disposition && p.disposition_parameters.empty())
        codec::append_string(out += ' ', p.disposition);
    else
    {
        out += " (";
        codec::append_string(out, p.disposition);
        out += ' ';
        append_pairs(out, p.disposition_parameters);
        out += ')';
    }
    if (p.languages.empty())
        out += " NIL";
    else
    {
        char before = '(';
        out += ' ';
        for (std::string const& l : p.languages)
        {
            out += before;
            codec::append_string(out, l);
            before = ' ';
        }
        out += ')';
    }
    out += ' ';
    append_text(out, p.location);
}

// The parser has limited the depth.
OUTKIT_INLINE void append_structure(std::string& out, mime::structure const& s, std::uint32_t index,
                                    structure_style const& how)
{
    mime::part const& p = s.parts[index];
    bool const leaf = p.first_child == mime::no_part;
    if (how.part_of_nothing && leaf && p.octets() == 0)
    {
        out += how.extended ? "(NIL NIL NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)" : "(NIL NIL NIL NIL NIL \"7BIT\" 0)";
        return;
    }
    out += '(';
    if (p.is_multipart())
    {
        bool empty = how.empty_multipart;
        for (auto child = p.first_child; child != mime::no_part; child = s.parts[child].next_sibling)
            empty = empty && s.parts[child].octets() == 0;
        if (empty)
            out += "NIL";
        for (auto child = p.first_child; child != mime::no_part && !empty; child = s.parts[child].next_sibling)
            append_structure(out, s, child, how);
        out += ' ';
        codec::append_string(out, p.subtype);
        if (how.extended)
        {
            out += ' ';
            append_pairs(out, p.parameters);
            append_extensions(out, p, how);
        }
        out += ')';
        return;
    }
    codec::append_string(out, p.type);
    out += ' ';
    codec::append_string(out, p.subtype);
    out += ' ';
    append_pairs(out, p.parameters);
    for (std::string const* text : {&p.id, &p.description})
    {
        out += ' ';
        append_text(out, *text);
    }
    out += ' ';
    codec::append_string(out, p.encoding);
    out += ' ' + std::to_string(p.octets());
    if (p.is_message())
    {
        mime::part const& inner = s.parts[p.first_child];
        out += ' ';
        append_envelope(out, inner.envelope == mime::no_part ? mime::envelope() : s.envelopes[inner.envelope]);
        out += ' ';
        append_structure(out, s, p.first_child, how);
        out += ' ' + std::to_string(p.lines);
    }
    else if (p.type == "text")
        out += ' ' + std::to_string(p.lines);
    if (how.extended)
    {
        out += ' ';
        append_text(out, p.md5);
        append_extensions(out, p, how);
    }
    out += ')';
}

// The fields of these names with their folds, or all others, and the empty line.
OUTKIT_INLINE std::string some_fields(std::string_view header, std::vector<std::string> const& names, bool these)
{
    std::string out;
    bool take = false;
    while (!header.empty())
    {
        auto const end = std::min(header.find('\n'), header.size() - 1);
        std::string_view const line = header.substr(0, end + 1);
        header.remove_prefix(end + 1);
        if (line == "\r\n" || line == "\n")
            break;
        if (line[0] != ' ' && line[0] != '\t')
        {
            std::string_view name = line.substr(0, std::min(line.find(':'), line.size()));
            while (name.ends_with(' '))
                name.remove_suffix(1);
            bool const named = std::any_of(names.begin(), names.end(),
                                           [name](std::string const& n) { return codec::equal_no_case(n, name); });
            take = named == these;
        }
        if (take)
            out += line;
    }
    return out + "\r\n";
}

OUTKIT_INLINE void append_section(std::string& out, codec::fetch_section const& s, content const& c)
{
    std::string_view const raw = c.raw;
    mime::structure const& tree = c.structure;
    auto const& w = s.wanted;
    using text = outkit::imap::section::text;
    std::optional<std::string> made;
    std::string_view data;
    bool found = true;

    std::uint32_t index = w.part.empty() ? 0 : mime::find_section(tree, w.part);
    bool const of_message = w.what != text::everything && w.what != text::mime;
    if (index != mime::no_part && of_message && !w.part.empty())
        index = tree.parts[index].is_message() ? tree.parts[index].first_child : mime::no_part;
    if (index == mime::no_part)
        found = false;
    else
    {
        mime::part const& p = tree.parts[index];
        switch (w.what)
        {
        case text::everything: data = w.part.empty() ? raw : mime::body_of(p, raw); break;
        case text::header:
        case text::mime: data = mime::header_of(p, raw); break;
        case text::body: data = mime::body_of(p, raw); break;
        case text::header_fields:
        case text::header_fields_not:
            made = some_fields(mime::header_of(p, raw), w.fields, w.what == text::header_fields);
            data = *made;
            break;
        }
    }
    out += s.reply_as;
    if (w.only)
    {
        out += '<' + std::to_string(w.only->first) + '>';
        data = data.substr(std::min<std::size_t>(w.only->first, data.size()), w.only->octets);
    }
    if (!found)
    {
        out += " NIL";
        return;
    }
    out += " {" + std::to_string(data.size()) + "}\r\n";
    out += data;
}

// observed: OfflineIMAP/offlineimap#62, Foundry376/Mailspring#2038; the rest of the body is ours
OUTKIT_INLINE content substitute_for(message const& m)
{
    std::vector<std::string> const shown = {"Subject", "From", "Date"};
    std::string const of = some_fields(mime::header_of(m.structure().parts[0], m.raw()), shown, true);
    content out;
    out.raw = "From: Microsoft Exchange Server\r\n"
              "Subject: Retrieval using the IMAP4 protocol failed for the following message: " +
              std::to_string(m.uid) +
              "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
              "The server couldn't retrieve the following message:\r\n\r\n" +
              of;
    out.structure = mime::parse(out.raw);
    return out;
}

OUTKIT_INLINE bool matches_pattern(std::string_view name, std::string_view pattern)
{
    // Greedy with one step back at a time per wildcard would be exponential; this keeps the last "*" and the last "%".
    std::size_t n = 0, p = 0, star_n = 0, star_p = std::string_view::npos, level_n = 0,
                level_p = std::string_view::npos;
    bool const inbox = codec::equal_no_case(name, "INBOX");
    auto const same = [inbox](char a, char b) {
        return inbox ? codec::equal_no_case(std::string_view(&a, 1), std::string_view(&b, 1)) : a == b;
    };
    for (;;)
    {
        if (n == name.size() && p == pattern.size())
            return true;
        if (p != pattern.size() && pattern[p] == '*')
        {
            star_p = p++;
            star_n = n;
            level_p = std::string_view::npos;
        }
        else if (p != pattern.size() && pattern[p] == '%')
        {
            level_p = p++;
            level_n = n;
        }
        else if (n != name.size() && p != pattern.size() && same(name[n], pattern[p]))
        {
            ++n;
            ++p;
        }
        else if (level_p != std::string_view::npos && level_n != name.size() && name[level_n] != '/')
        {
            n = ++level_n;
            p = level_p + 1;
        }
        else if (star_p != std::string_view::npos && star_n != name.size())
        {
            n = ++star_n;
            p = star_p + 1;
            level_p = std::string_view::npos;
        }
        else
            return false;
    }
}

// --- SEARCH ---

OUTKIT_INLINE bool contains_no_case(std::string_view text, std::string_view part)
{
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; };
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
                       [lower](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

OUTKIT_INLINE bool header_contains(message const& m, std::string_view name, std::string_view part)
{
    std::vector<std::string> const names{std::string(name)};
    std::string const fields = some_fields(mime::header_of(m.structure().parts[0], m.raw()), names, true);
    std::string_view const found = std::string_view(fields).substr(0, fields.size() - 2);
    if (found.empty())
        return false;
    return contains_no_case(found.substr(name.size()), part);
}

OUTKIT_INLINE std::optional<search_key> read_key(codec::command_reader& r, search_context const& c, unsigned depth);

OUTKIT_INLINE std::optional<search_key> read_keys(codec::command_reader& r, search_context const& c, unsigned depth)
{
    std::vector<search_key> all;
    do
    {
        auto k = read_key(r, c, depth);
        if (!k)
            return std::nullopt;
        all.push_back(std::move(*k));
    } while (r.blank());
    return [all](message const& m, std::uint32_t n) {
        return std::all_of(all.begin(), all.end(), [&](search_key const& k) { return k(m, n); });
    };
}

OUTKIT_INLINE std::optional<search_key> read_key(codec::command_reader& r, search_context const& c, unsigned depth)
{
    static constexpr unsigned deepest = 32;
    if (depth > deepest)
        return std::nullopt;
    if (r.open())
    {
        auto k = read_keys(r, c, depth + 1);
        if (!k || !r.close())
            return std::nullopt;
        return k;
    }
    auto const in_set = [&c](outkit::imap::number_set const& s, std::uint32_t n, std::uint32_t top) {
        (void)c;
        return s.contains(n) ||
               (n == top && !s.ranges().empty() && s.ranges().back().last == outkit::imap::number_set::star);
    };
    if ((r.peek() >= '0' && r.peek() <= '9') || r.peek() == '*')
    {
        auto const s = r.set();
        if (!s)
            return std::nullopt;
        auto const top = static_cast<std::uint32_t>(c.uids.size());
        return [s = *s, top, in_set](message const&, std::uint32_t n) { return in_set(s, n, top); };
    }
    auto const word = r.atom();
    if (!word)
        return std::nullopt;
    auto const is = [word](std::string_view w) { return codec::equal_no_case(*word, w); };
    for (auto const& [name, f, on] : {std::tuple<std::string_view, flags, bool>{"SEEN", flags::seen, true},
                                      {"UNSEEN", flags::seen, false},
                                      {"ANSWERED", flags::answered, true},
                                      {"UNANSWERED", flags::answered, false},
                                      {"FLAGGED", flags::flagged, true},
                                      {"UNFLAGGED", flags::flagged, false},
                                      {"DELETED", flags::deleted, true},
                                      {"UNDELETED", flags::deleted, false},
                                      {"DRAFT", flags::draft, true},
                                      {"UNDRAFT", flags::draft, false}})
        if (is(name))
            return [f = f, on = on](message const& m, std::uint32_t) { return m.is(f) == on; };
    if (is("ALL"))
        return [](message const&, std::uint32_t) { return true; };
    std::uint32_t const recent = c.recent_from;
    if (is("RECENT"))
        return [recent](message const& m, std::uint32_t) { return m.uid >= recent; };
    if (is("OLD"))
        return [recent](message const& m, std::uint32_t) { return m.uid < recent; };
    if (is("NEW"))
        return [recent](message const& m, std::uint32_t) { return m.uid >= recent && !m.is(flags::seen); };
    if (!r.blank())
        return std::nullopt;
    if (is("NOT"))
    {
        auto k = read_key(r, c, depth + 1);
        if (!k)
            return std::nullopt;
        return [k = std::move(*k)](message const& m, std::uint32_t n) { return !k(m, n); };
    }
    if (is("OR"))
    {
        auto a = read_key(r, c, depth + 1);
        if (!a || !r.blank())
            return std::nullopt;
        auto b = read_key(r, c, depth + 1);
        if (!b)
            return std::nullopt;
        return [a = std::move(*a), b = std::move(*b)](message const& m, std::uint32_t n) { return a(m, n) || b(m, n); };
    }
    if (is("UID"))
    {
        auto const s = r.set();
        if (!s)
            return std::nullopt;
        std::uint32_t const top = c.uids.empty() ? 0 : c.uids.back();
        return [s = *s, top, in_set](message const& m, std::uint32_t) { return in_set(s, m.uid, top); };
    }
    if (is("LARGER") || is("SMALLER"))
    {
        auto const n = r.number();
        if (!n)
            return std::nullopt;
        bool const larger = is("LARGER"), exact = c.generic;
        return [n = *n, larger, exact](message const& m, std::uint32_t) {
            std::uint64_t const size = exact ? m.size() : estimated_size(m);
            return larger ? size > n : size < n;
        };
    }
    if (is("KEYWORD") || is("UNKEYWORD"))
    {
        auto const k = r.atom();
        // [MS-STANXIMAP] V0039; observed: ikvk/imap_tools#181
        if (!k || (!c.generic && !codec::equal_no_case(*k, "$MDNSent")))
            return std::nullopt;
        bool const on = is("KEYWORD");
        return [on, wanted = std::string(*k)](message const& m, std::uint32_t) {
            return std::any_of(m.keywords.begin(), m.keywords.end(),
                               [&](std::string const& w) { return codec::equal_no_case(w, wanted); }) == on;
        };
    }
    for (std::string_view const which : {"BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE"})
        if (is(which))
        {
            auto const date = r.date();
            if (!date)
                return std::nullopt;
            bool const sent = which.starts_with("SENT");
            std::string_view const relation = sent ? which.substr(4) : which;
            return [date = *date, sent, relation](message const& m, std::uint32_t) {
                auto day = std::chrono::floor<std::chrono::days>(m.internal_date);
                if (sent)
                {
                    auto const d = mime::read_date(m.envelope().date);
                    if (!d)
                        return false;
                    day = std::chrono::floor<std::chrono::days>(d->utc + d->zone);
                }
                return relation == "BEFORE" ? day < date : relation == "ON" ? day == date : day >= date;
            };
        }
    if (is("HEADER"))
    {
        auto const name = r.astring();
        if (!name || !r.blank())
            return std::nullopt;
        auto const part = r.astring();
        if (!part)
            return std::nullopt;
        return [name = *name, part = *part](message const& m, std::uint32_t) { return header_contains(m, name, part); };
    }
    for (std::string_view const name : {"BCC", "CC", "FROM", "TO", "SUBJECT"})
        if (is(name))
        {
            auto const part = r.astring();
            if (!part)
                return std::nullopt;
            return [name, part = *part](message const& m, std::uint32_t) { return header_contains(m, name, part); };
        }
    if (is("BODY") || is("TEXT"))
    {
        auto const part = r.astring();
        if (!part)
            return std::nullopt;
        bool const whole = is("TEXT");
        return [part = *part, whole](message const& m, std::uint32_t) {
            return contains_no_case(whole ? std::string_view(m.raw()) : mime::body_of(m.structure().parts[0], m.raw()),
                                    part);
        };
    }
    return std::nullopt;
}

OUTKIT_INLINE std::optional<search_key> read_search(codec::command_reader& r, search_context const& c,
                                                    bool& other_charset)
{
    codec::command_reader const begin = r;
    if (auto const word = r.atom(); word && codec::equal_no_case(*word, "CHARSET"))
    {
        std::optional<std::string> charset;
        if (r.blank())
            charset = r.astring();
        if (!charset || !r.blank())
            return std::nullopt;
        if (!codec::equal_no_case(*charset, "US-ASCII") && !(c.generic && codec::equal_no_case(*charset, "UTF-8")))
        {
            other_charset = true;
            return std::nullopt;
        }
    }
    else
        r = begin;
    auto k = read_keys(r, c, 0);
    if (!k || !r.at_end())
        return std::nullopt;
    return k;
}

}  // namespace outkit::inline OUTKIT_ABI::mock::imap_detail

#endif
