#include <outkit/mime/address.hpp>

#include <outkit/mime/header.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mime {

namespace detail {

// atext ; RFC 5322 section 3.2.3
OUTKIT_DECL bool is_atext(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

OUTKIT_DECL bool is_dot_atom(std::string_view s, bool allow_utf8)
{
    bool after_dot = true;
    for (char const c : s)
    {
        if (c == '.' ? after_dot : !is_atext(c) && !(allow_utf8 && static_cast<unsigned char>(c) >= 0x80))
            return false;
        after_dot = c == '.';
    }
    return !after_dot;
}

// The quoted form of a local part, if it needs one. Blanks get a backslash, as parse_address() wants them.
OUTKIT_DECL std::string quote_local(std::string_view local)
{
    if (is_dot_atom(local, true))
        return std::string(local);
    std::string out = "\"";
    for (char const c : local)
    {
        if (c == '"' || c == '\\' || c == ' ')
            out += '\\';
        out += c;
    }
    return out += '"';
}

OUTKIT_DECL bool is_domain(std::string_view s)
{
    std::size_t label = 0;
    char before = '.';
    for (char const c : s)
    {
        bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '.')
        {
            if (before == '.' || before == '-')
                return false;
            label = 0;
        }
        else if ((!letter && c != '-') || (c == '-' && label == 0) || ++label > 63)
            return false;
        before = c;
    }
    return before != '.' && before != '-';
}

// Characters that stand for themselves in a domain, whether it is one or not.
OUTKIT_DECL bool is_written_plainly(std::string_view domain)
{
    return std::all_of(domain.begin(), domain.end(),
                       [](char c) { return is_atext(c) || c == '.' || static_cast<unsigned char>(c) >= 0x80; });
}

OUTKIT_DECL bool is_ipv4(std::string_view s)
{
    for (int octets = 1;; ++octets)
    {
        std::string_view const part = s.substr(0, s.find('.'));
        unsigned value = 0;
        auto const [end, ec] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (part.empty() || part.size() > 3 || ec != std::errc() || end != part.data() + part.size() || value > 255)
            return false;
        if (part.size() == s.size())
            return octets == 4;
        s.remove_prefix(part.size() + 1);
    }
}

OUTKIT_DECL bool is_ipv6(std::string_view s)
{
    int groups = 0;
    bool gap = false;
    if (s.starts_with("::"))
    {
        gap = true;
        s.remove_prefix(2);
    }
    while (!s.empty())
    {
        std::string_view const part = s.substr(0, s.find(':'));
        if (part.size() == s.size() && part.find('.') != std::string_view::npos)
        {
            if (!is_ipv4(part))
                return false;
            groups += 2;
            break;
        }
        auto const hex = [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        };
        if (part.empty() || part.size() > 4 || !std::all_of(part.begin(), part.end(), hex))
            return false;
        ++groups;
        s.remove_prefix(part.size());
        if (s.empty())
            break;
        s.remove_prefix(1);
        if (s.starts_with(':'))
        {
            if (gap)
                return false;
            gap = true;
            s.remove_prefix(1);
        }
        else if (s.empty())
            return false;  // a colon at the end
    }
    return gap ? groups < 8 : groups == 8;
}

// address-literal = "[" ( IPv4 / "IPv6:" IPv6 ) "]" ; RFC 5321 section 4.1.3 (edited: no General-address-literal)
OUTKIT_DECL bool is_address_literal(std::string_view s)
{
    if (s.size() < 2 || s.front() != '[' || s.back() != ']')
        return false;
    s = s.substr(1, s.size() - 2);
    if (s.size() > 45 + 5)
        return false;
    if (equal_fold(s.substr(0, 5), "IPv6:"))
        return is_ipv6(s.substr(5));
    return is_ipv4(s);
}

// phrase = 1*word ; RFC 5322 section 3.2.5 (edited: '.' and UTF-8 in words, as people write them)
OUTKIT_DECL bool read_phrase(std::string_view s, std::string& name)
{
    std::string out;
    bool word = false;
    for (std::size_t i = 0; i != s.size();)
    {
        if (s[i] == ' ' || s[i] == '\t')
        {
            word = false;
            ++i;
            continue;
        }
        if (!word && !out.empty())
            out += ' ';
        word = true;
        if (s[i] == '"')
        {
            for (++i;; ++i)
            {
                if (i == s.size())
                    return false;
                if (s[i] == '"')
                    break;
                if (s[i] == '\\' && ++i == s.size())
                    return false;
                out += s[i];
            }
            ++i;
            continue;
        }
        if (!is_atext(s[i]) && s[i] != '.' && static_cast<unsigned char>(s[i]) < 0x80)
            return false;
        out += s[i++];
    }
    if (!valid_utf8(out))
        return false;
    name = decode_words(out);
    return !has_hidden(name);
}

// One pass over a list that is to be sent. Sets ec and returns nothing at the first thing that is wrong.
OUTKIT_DECL std::optional<std::vector<mailbox>> scan_mailboxes(std::string_view s, error_code& ec, std::size_t at_most,
                                                               bool allow_utf8)
{
    auto const refuse = [&](error e) {
        ec = e;
        return std::nullopt;
    };
    ec = {};
    for (char const c : s)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f)
            return refuse(error::address_forbidden_character);

    std::vector<mailbox> list;
    bool group = false;
    std::size_t i = 0;
    auto const skip_blanks = [&] {
        while (i != s.size() && (s[i] == ' ' || s[i] == '\t'))
            ++i;
    };
    bool may_be_empty = false;  // right after the colon of a group
    for (;;)
    {
        skip_blanks();
        std::size_t const start = i;
        for (; i != s.size() && s[i] != '<' && s[i] != ',' && s[i] != ':' && s[i] != ';'; ++i)
        {
            if (s[i] != '"' && s[i] != '[')
                continue;
            char const closing = s[i] == '"' ? '"' : ']';
            for (++i; i < s.size() && s[i] != closing; ++i)
                if (s[i] == '\\')
                    ++i;
            if (i >= s.size())
                return refuse(error::address_malformed);
        }
        std::string_view const head = trim(s.substr(start, i - start));
        char const stop = i == s.size() ? '\0' : s[i];

        mailbox m;
        std::string_view spec = head;
        if (stop == ':' || stop == '<')
            if (!read_phrase(head, m.name))
                return refuse(error::address_malformed);
        if (stop == ':')
        {
            if (group || head.empty())
                return refuse(group ? error::group_nested : error::address_malformed);
            group = may_be_empty = true;
            ++i;
            continue;
        }
        if (stop == '<')
        {
            std::size_t const end = s.find('>', i);
            if (end == s.npos)
                return refuse(error::address_malformed);
            spec = s.substr(i + 1, end - i - 1);
            i = end + 1;
            skip_blanks();
            if (i != s.size() && s[i] != ',' && s[i] != ';')
                return refuse(error::address_trailing_text);
        }
        if (stop == '<' || !spec.empty() || !may_be_empty || s.substr(i, 1) != ";")
        {
            if (list.size() == at_most)
                return refuse(error::too_many_addresses);
            std::optional<address> a = parse_address(spec, ec, allow_utf8);
            if (!a)
                return std::nullopt;
            m.addr = std::move(*a);
            list.push_back(std::move(m));
        }
        may_be_empty = false;
        if (i != s.size() && s[i] == ';')
        {
            if (!std::exchange(group, false))
                return refuse(error::address_trailing_text);
            ++i;
            skip_blanks();
            if (i != s.size() && s[i] != ',')
                return refuse(error::address_trailing_text);
        }
        if (i == s.size())
            break;
        ++i;  // the comma
    }
    if (group)
        return refuse(error::group_nested);
    return list;
}

// The pieces of an address list that was received. Blanks and controls are left out, quotes and comments taken off.
struct address_scanner
{
    enum class kind
    {
        end,
        word,
        comment,
        special
    };

    kind next()
    {
        text.clear();
        blank = false;
        for (; i != s.size() && is_blank(s[i]); ++i)
            blank = true;
        if (i == s.size())
            return kind::end;
        switch (s[i])
        {
        case '"': quoted(); return kind::word;
        case '(': comment(); return kind::comment;
        case '<':
        case '>':
        case ',':
        case ';':
        case ':':
        case '@': special = s[i++]; return kind::special;
        }
        bool const literal = s[i] == '[' && special == '@';
        for (; i != s.size() && !is_blank(s[i]); ++i)
        {
            if (literal ? s[i] == '>' || s[i] == ','
                        : std::string_view("\"(<>,;:@").find(s[i]) != std::string_view::npos)
                break;
            text += s[i];
            if (literal && s[i] == ']')
            {
                ++i;
                break;
            }
        }
        special = 0;
        return kind::word;
    }

    std::string_view s;
    std::size_t i = 0;
    std::string text = {};  // of the word or comment
    bool blank = false;     // there were blanks before it
    char special = 0;

private:
    static bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

    void quoted()
    {
        special = 0;
        for (++i; i != s.size() && s[i] != '"'; ++i)
        {
            if (s[i] == '\\' && i + 1 != s.size())
                ++i;
            put(s[i]);
        }
        i += i != s.size();
    }
    void comment()
    {
        std::size_t depth = 0;
        for (; i != s.size(); ++i)
        {
            if (s[i] == '\\' && i + 1 != s.size())
                ++i;
            else if (s[i] == '(')
            {
                if (depth++ == 0)
                    continue;
            }
            else if (s[i] == ')' && --depth == 0)
                break;
            put(s[i]);
        }
        i += i != s.size();
    }
    void put(char c)
    {
        if (c != '\r' && c != '\n')  // of a fold, whose blank follows
            text += is_blank(c) ? ' ' : c;
    }
};

// What is known of the entry that is being read.
struct address_collector
{
    std::vector<address_entry>& list;
    std::size_t at_most;
    std::string phrase = {};
    std::size_t last_word = 0;  // where it begins in the phrase
    bool dot = false;           // the last word was a dot of its own, which joins (obs-local-part)
    std::string comment = {};
    std::string local = {};
    std::string domain = {};
    bool at = false;      // '@' was seen
    bool angle = false;   // inside '<' and '>'
    bool closed = false;  // behind '>'
    bool route = false;   // in "@a,@b:", which nobody needs any more

    void word(std::string const& text, bool blank)
    {
        if (route || closed)
            return;
        if (angle || at)
        {
            std::string& to = at ? domain : local;
            if (angle || !blank || to.empty() || to.back() == '.' || text.starts_with('.'))
                to += text;
            return;
        }
        if (!phrase.empty() && blank && !dot && text != ".")
        {
            phrase += ' ';
            last_word = phrase.size();
        }
        phrase += text;
        dot = text == ".";
    }
    void at_sign()
    {
        if (angle && local.empty() && !at)
            route = true;
        else if (!at && !closed)
        {
            at = true;
            if (angle)
                return;
            local = phrase.substr(last_word);
            phrase.resize(last_word);
        }
    }
    void open()
    {
        if (angle || closed)
            return;
        if (at)  // "ann@x.example <ann@x.example>"
            phrase += local + '@' + domain;
        local.clear();
        domain.clear();
        at = false;
        angle = true;
    }
    void close()
    {
        closed = closed || angle;
        angle = route = false;
    }
    void name_group()
    {
        push(address_entry::kind::group_begin);
        reset();
    }
    void flush()
    {
        bool const addressed = at || (closed && !local.empty()) || angle;
        if (!addressed && !phrase.empty() && !closed && phrase.find(' ') == std::string::npos)
            local.swap(phrase);  // a bare user name
        if (!local.empty() || !domain.empty() || !trim(phrase).empty())
            push(address_entry::kind::mailbox);
        reset();
    }
    void push(address_entry::kind what)
    {
        if (list.size() >= at_most)
            return;
        std::string name(trim(phrase.empty() ? std::string_view(comment) : std::string_view(phrase)));
        list.push_back({what, std::move(name), std::move(local), std::move(domain)});
    }
    void reset()
    {
        phrase.clear();
        comment.clear();
        local.clear();
        domain.clear();
        last_word = 0;
        dot = at = angle = closed = route = false;
    }
};

}  // namespace detail

OUTKIT_DEF bool address::ascii() const noexcept { return detail::is_ascii(local_); }

OUTKIT_DEF std::string address::to_string() const
{
    return empty() ? std::string() : detail::quote_local(local_) + '@' + domain_;
}

OUTKIT_DEF bool address::equal(address const& a, address const& b, bool fold_local) noexcept
{
    return (fold_local ? detail::equal_fold(a.local_, b.local_) : a.local_ == b.local_) &&
           detail::equal_fold(a.domain_, b.domain_);
}

// Mailbox = Local-part "@" ( Domain / address-literal ) ; RFC 5321 section 4.1.2
OUTKIT_DEF std::optional<address> parse_address(std::string_view text, error_code& ec, bool allow_utf8)
{
    auto const refuse = [&](error e) {
        ec = e;
        return std::nullopt;
    };
    ec = {};
    if (text.empty())
        return refuse(error::address_empty);
    if (text.size() > 64 + 1 + 255)
        return refuse(error::address_too_long);
    for (char const c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '<' || c == '>')
            return refuse(error::address_forbidden_character);

    address a;
    std::size_t i = 0;
    if (text[0] == '"')
    {
        for (++i; i < text.size() && text[i] != '"'; ++i)
        {
            if (text[i] == ' ')
                return refuse(error::address_forbidden_character);
            if (text[i] == '\\' && ++i == text.size())
                return refuse(error::address_malformed);
            a.local_ += text[i];
        }
        if (i++ >= text.size())
            return refuse(error::address_malformed);
    }
    else
    {
        i = text.find('@');
        if (i == text.npos)
            return refuse(error::address_malformed);
        a.local_ = text.substr(0, i);
        if (a.local_.find(' ') != a.local_.npos)
            return refuse(error::address_forbidden_character);
        if (!detail::is_dot_atom(a.local_, true))
            return refuse(error::address_malformed);
    }
    if (a.local_.empty() || i >= text.size() || text[i] != '@')
        return refuse(error::address_malformed);
    if (!a.ascii())
    {
        if (!allow_utf8)
            return refuse(error::address_not_ascii);
        if (!valid_utf8(a.local_))
            return refuse(error::text_not_utf8);
        if (detail::has_hidden(a.local_))
            return refuse(error::address_forbidden_character);
    }

    std::string_view const domain = text.substr(i + 1);
    for (char const c : domain)
    {
        if (static_cast<unsigned char>(c) >= 0x80)
            return refuse(error::domain_not_ascii);
        if (c == ' ' || c == ',' || c == ';')
            return refuse(error::address_trailing_text);
    }
    if (!detail::is_address_literal(domain) && !detail::is_domain(domain))
        return refuse(error::domain_malformed);
    // Counted as it is going to be written: the quotes are part of the local part.
    std::size_t const local_size = detail::quote_local(a.local_).size();
    if (local_size > 64 || i > 64 || domain.size() > 255 || local_size + 1 + domain.size() > 254)
        return refuse(error::address_too_long);
    a.domain_ = domain;
    return a;
}

OUTKIT_DEF std::optional<mailbox> parse_mailbox(std::string_view text, error_code& ec, bool allow_utf8)
{
    std::optional<std::vector<mailbox>> list = detail::scan_mailboxes(text, ec, 1, allow_utf8);
    if (ec == error::too_many_addresses)
        ec = error::address_trailing_text;
    if (!list)
        return std::nullopt;
    if (list->empty())  // a group without members
    {
        ec = error::address_malformed;
        return std::nullopt;
    }
    return std::move(list->front());
}

OUTKIT_DEF std::optional<std::vector<mailbox>> parse_mailbox_list(std::string_view text, error_code& ec,
                                                                  std::size_t at_most, bool allow_utf8)
{
    return detail::scan_mailboxes(text, ec, at_most, allow_utf8);
}

OUTKIT_DEF std::string to_string(mailbox const& m, bool allow_utf8)
{
    if (m.name.empty())
        return m.addr.to_string();
    return encode_phrase(m.name, allow_utf8) + " <" + m.addr.to_string() + '>';
}

OUTKIT_DEF std::string to_string(group const& g, bool allow_utf8)
{
    std::string out = encode_phrase(g.name, allow_utf8);
    out += out.ends_with("?=") ? " :" : ":";  // RFC 2047 section 5 (3) wants a blank between
    for (mailbox const& m : g.members)
    {
        out += out.ends_with(':') ? " " : ", ";
        out += to_string(m, allow_utf8);
    }
    return out + ';';
}

OUTKIT_DEF std::vector<address_entry> read_address_list(std::string_view value, std::size_t at_most)
{
    using kind = detail::address_scanner::kind;
    std::vector<address_entry> list;
    detail::address_scanner in{value};
    detail::address_collector entry{list, at_most};
    bool group = false;
    while (list.size() < at_most)
    {
        kind const k = in.next();
        if (k == kind::end)
            break;
        if (k == kind::word)
            entry.word(in.text, in.blank);
        else if (k == kind::comment)
            entry.comment = in.text;
        else
            switch (in.special)
            {
            case '@': entry.at_sign(); break;
            case '<': entry.open(); break;
            case '>': entry.close(); break;
            case ',':
                if (!entry.route)
                    entry.flush();
                break;
            case ':':
                if (!group && !entry.at && !entry.angle && !entry.closed)
                {
                    group = true;
                    entry.name_group();
                }
                else if (!std::exchange(entry.route, false) && !entry.at && !entry.angle)
                    entry.reset();  // groups do not nest: the name of the inner one is dropped
                break;
            case ';':
                entry.flush();
                if (std::exchange(group, false))
                    entry.push(address_entry::kind::group_end);
                break;
            }
    }
    entry.flush();
    if (group)
        entry.push(address_entry::kind::group_end);
    return list;
}

OUTKIT_DEF std::optional<address> strict(address_entry const& entry)
{
    if (entry.what != address_entry::kind::mailbox)
        return std::nullopt;
    error_code ec;
    return parse_address(detail::quote_local(entry.local) + '@' + entry.domain, ec, true);
}

OUTKIT_DEF std::string to_string(std::span<address_entry const> list)
{
    std::string out;
    bool comma = false;
    for (address_entry const& e : list)
    {
        if (e.what == address_entry::kind::group_end)
        {
            out += ';';
            comma = true;
            continue;
        }
        if (std::exchange(comma, true))
            out += ", ";
        std::string const name = encode_phrase(decode_words(e.name));
        if (e.what == address_entry::kind::group_begin)
        {
            out += name + ": ";
            comma = false;
            continue;
        }
        std::string spec = detail::quote_local(e.local);
        if (!e.domain.empty())
        {
            // What is no domain must not become one, or the beginning of another entry.
            if (!detail::is_written_plainly(e.domain) && !detail::is_address_literal(e.domain))
            {
                out += encode_phrase(decode_words(e.name + (e.name.empty() ? "" : " ") + e.local + '@' + e.domain));
                continue;
            }
            spec += '@' + e.domain;
        }
        std::erase_if(spec, detail::is_control);
        out += name.empty() ? spec : name + " <" + spec + '>';
    }
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mime
