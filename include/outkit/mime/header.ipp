#include <outkit/mime/header.hpp>

#include <outkit/detail/encoding.hpp>

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mime {

namespace detail {

OUTKIT_DECL bool is_alnum(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }

// token ; RFC 2045 section 5.1
OUTKIT_DEF bool is_token(std::string_view s)
{
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
    });
}

OUTKIT_DEF int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

OUTKIT_DEF char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

OUTKIT_DEF std::string lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        c = lower(c);
    return out;
}

OUTKIT_DEF bool equal_fold(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

OUTKIT_DEF std::string_view trim(std::string_view text)
{
    while (!text.empty() && (is_blank(text.front()) || text.front() == '\r' || text.front() == '\n'))
        text.remove_prefix(1);
    while (!text.empty() && (is_blank(text.back()) || text.back() == '\r' || text.back() == '\n'))
        text.remove_suffix(1);
    return text;
}

OUTKIT_DEF std::string decode_base64(std::string_view text)
{
    static constexpr auto values = [] {
        std::array<signed char, 256> t{};
        t.fill(-1);
        for (int i = 0; i != 26; ++i)
        {
            t[static_cast<unsigned char>('A' + i)] = static_cast<signed char>(i);
            t[static_cast<unsigned char>('a' + i)] = static_cast<signed char>(26 + i);
        }
        for (int i = 0; i != 10; ++i)
            t[static_cast<unsigned char>('0' + i)] = static_cast<signed char>(52 + i);
        t['+'] = 62;
        t['/'] = 63;
        return t;
    }();
    std::string out;
    out.resize(text.size() / 4 * 3 + 3);
    std::size_t size = 0;
    std::uint32_t bits = 0;
    int count = 0;
    auto const value = [&](std::size_t i) { return values[static_cast<unsigned char>(text[i])]; };
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        // Whole groups, as nearly all are.
        while (count == 0 && text.size() - i > 4)
        {
            int const a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
            if ((a | b | c | d) < 0)
                break;
            out[size++] = static_cast<char>(a << 2 | b >> 4);
            out[size++] = static_cast<char>(b << 4 | c >> 2);
            out[size++] = static_cast<char>(c << 6 | d);
            i += 4;
        }
        int const v = value(i);
        if (text[i] == '=')
        {
            // Padding ends a group; some senders concatenate padded pieces, so reading goes on.
            count = 0;
            continue;
        }
        if (v < 0)
            continue;
        bits = bits << 6 | static_cast<std::uint32_t>(v);
        count += 6;
        if (count >= 8)
        {
            count -= 8;
            out[size++] = static_cast<char>(bits >> count & 0xff);
        }
    }
    out.resize(size);
    return out;
}

OUTKIT_DEF bool is_hidden(char32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

OUTKIT_DEF bool has_hidden(std::string_view utf8)
{
    while (!utf8.empty())
        if (is_hidden(outkit::detail::take_code_point(utf8)))
            return true;
    return false;
}

OUTKIT_DEF bool is_ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

OUTKIT_DECL std::string from_windows_1252(std::string_view text)
{
    static constexpr char16_t high[32] = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
    };
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (char const c : text)
    {
        auto const byte = static_cast<unsigned char>(c);
        outkit::detail::append_utf8(out, byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte);
    }
    return out;
}

// What a charset's name in a message means: a name for the C library's iconv, "windows-1252", "utf-8", or "" for one that
// is not known (US-ASCII is one, where the text is not). A list, because a name from a message must not choose which
// converter is loaded (CVE-2024-2961 was in one that nobody needs for mail). Labels mean what
// https://encoding.spec.whatwg.org/#names-and-labels says, since programs write the name of a charset and the octets of
// its successor.
OUTKIT_DECL std::string_view meaning_of_charset(std::string_view label)
{
    struct row
    {
        std::string_view label;
        std::string_view charset;
    };
    static constexpr row rows[] = {
        {"utf-8", "utf-8"},
        {"utf8", "utf-8"},
        {"unicode-1-1-utf-8", "utf-8"},
        {"latin1", "windows-1252"},
        {"latin-1", "windows-1252"},
        {"l1", "windows-1252"},
        {"iso-8859-1", "windows-1252"},
        {"iso-8859-2", "iso-8859-2"},
        {"latin2", "iso-8859-2"},
        {"iso-8859-3", "iso-8859-3"},
        {"iso-8859-4", "iso-8859-4"},
        {"iso-8859-5", "iso-8859-5"},
        {"iso-8859-6", "iso-8859-6"},
        {"iso-8859-6-i", "iso-8859-6"},
        {"iso-8859-6-e", "iso-8859-6"},
        {"iso-8859-7", "iso-8859-7"},
        {"iso-8859-8", "iso-8859-8"},
        {"iso-8859-8-i", "iso-8859-8"},
        {"iso-8859-8-e", "iso-8859-8"},
        {"iso-8859-9", "windows-1254"},
        {"latin5", "windows-1254"},
        {"iso-8859-10", "iso-8859-10"},
        {"iso-8859-11", "windows-874"},
        {"tis-620", "windows-874"},
        {"iso-8859-13", "iso-8859-13"},
        {"iso-8859-14", "iso-8859-14"},
        {"iso-8859-15", "iso-8859-15"},
        {"latin9", "iso-8859-15"},
        {"iso-8859-16", "iso-8859-16"},
        {"windows-874", "windows-874"},
        {"windows-1250", "windows-1250"},
        {"windows-1251", "windows-1251"},
        {"windows-1252", "windows-1252"},
        {"windows-1253", "windows-1253"},
        {"windows-1254", "windows-1254"},
        {"windows-1255", "windows-1255"},
        {"windows-1256", "windows-1256"},
        {"windows-1257", "windows-1257"},
        {"windows-1258", "windows-1258"},
        {"koi8-r", "koi8-r"},
        {"koi8-u", "koi8-u"},
        {"koi8-ru", "koi8-u"},
        {"gb2312", "gb18030"},
        {"gb_2312-80", "gb18030"},
        {"gbk", "gb18030"},
        {"windows-936", "gb18030"},
        {"gb18030", "gb18030"},
        {"big5", "big5"},
        {"cn-big5", "big5"},
        {"x-big5", "big5"},
        {"big5-hkscs", "big5-hkscs"},
        {"shift_jis", "cp932"},
        {"shift-jis", "cp932"},
        {"sjis", "cp932"},
        {"windows-31j", "cp932"},
        {"windows-932", "cp932"},
        {"euc-jp", "euc-jp"},
        {"iso-2022-jp", "iso-2022-jp"},
        {"euc-kr", "uhc"},
        {"ks_c_5601-1987", "uhc"},
        {"windows-949", "uhc"},
        {"iso-2022-kr", "iso-2022-kr"},
        {"utf-16", "utf-16"},
        {"utf-16le", "utf-16le"},
        {"utf-16be", "utf-16be"},
        {"utf-7", "utf-7"},
        {"unicode-1-1-utf-7", "utf-7"},
        {"macintosh", "macintosh"},
        {"mac-roman", "macintosh"},
        {"ibm437", "ibm437"},
        {"ibm850", "ibm850"},
        {"ibm866", "ibm866"},
    };
    if (label.size() > 40)
        return {};
    std::string name = lower(trim(label));
    if (name.starts_with("x-"))
        name.erase(0, 2);
    if (name == "cp437" || name == "cp850" || name == "cp866")
        name.replace(0, 2, "ibm");
    else if (name.starts_with("cp") && name.size() > 2 && is_digit(name[2]))
        name.replace(0, 2, "windows-");
    else if (std::size_t const at = name.find("8859"); name.starts_with("iso") && at <= 4)
    {
        // iso8859-1, iso_8859-1:1987, iso-8859_1
        std::size_t const digits = std::min(name.find_first_of("0123456789", at + 4), name.size());
        name = "iso-8859-" + name.substr(digits, name.find(':') - digits);
    }
    for (row const& r : rows)
        if (r.label == name)
            return r.charset;
    return {};
}

OUTKIT_DECL std::string from_iconv(std::string_view text, std::string charset)
{
    if (charset == "utf-16" && !text.starts_with("\xff\xfe"))
        charset = "utf-16be";  // whatever this machine is
    if (charset == "utf-16be" && text.starts_with("\xfe\xff"))
        text.remove_prefix(2);
    iconv_t const converter = ::iconv_open("UTF-8", charset.c_str());
    // iconv_open says failure as (iconv_t)-1, whatever type iconv_t is.
    if (std::intptr_t(converter) == -1)
        return from_windows_1252(text);
    std::string out;
    char* in = const_cast<char*>(text.data());
    std::size_t left = text.size();
    char buffer[4096];
    bool end = false;
    while (!end)
    {
        char* to = buffer;
        std::size_t room = sizeof buffer;
        end = left == 0;
        std::size_t const r = ::iconv(converter, end ? nullptr : &in, end ? nullptr : &left, &to, &room);
        int const why = errno;
        out.append(buffer, sizeof buffer - room);
        if (r != static_cast<std::size_t>(-1) || why == E2BIG)
            continue;
        outkit::detail::append_utf8(out, 0xfffd);
        if (why != EILSEQ || left == 0)
            break;  // the text ends in the middle of a character
        ++in;
        --left;
    }
    ::iconv_close(converter);
    return out;
}

// One encoded word at the front of the text: its charset, its decoded bytes and its length, which is 0 for none.
struct encoded_word
{
    std::string_view charset;
    std::string bytes;
    std::size_t size = 0;
    std::size_t looked = 0;  // octets after which the search for the next may go on
};

// encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" ; RFC 2047 section 2 (edited: any length, blanks)
OUTKIT_DECL encoded_word take_encoded_word(std::string_view s)
{
    encoded_word w;
    std::size_t const charset_end = s.find('?', 2);
    if (charset_end == s.npos || charset_end + 2 >= s.size() || s[charset_end + 2] != '?')
    {
        w.looked = charset_end == s.npos ? s.size() : charset_end - 1;
        return w;
    }
    char const encoding = lower(s[charset_end + 1]);
    std::size_t const begin = charset_end + 3;
    std::size_t const end = s.find('?', begin);
    if (end == s.npos || end + 1 == s.size() || s[end + 1] != '=' || (encoding != 'q' && encoding != 'b'))
    {
        w.looked = end == s.npos ? s.size() : end - 1;
        return w;
    }
    w.charset = s.substr(2, charset_end - 2);
    w.charset = w.charset.substr(0, w.charset.find('*'));  // a language may follow (RFC 2231 section 5)
    w.size = end + 2;
    std::string_view const text = s.substr(begin, end - begin);
    if (encoding == 'b')
        w.bytes = decode_base64(text);
    else
        for (std::size_t i = 0; i != text.size(); ++i)
        {
            if (text[i] == '=' && text.size() - i > 2 && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0)
            {
                w.bytes += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
                i += 2;
            }
            else
                w.bytes += text[i] == '_' ? ' ' : text[i];
        }
    return w;
}

OUTKIT_DEF std::string to_encoded_words(std::string_view utf8, std::size_t first_room)
{
    auto const literal = [](char c) { return is_alnum(c) || (c && std::strchr("!*+-/", c)); };
    std::size_t q_size = 0;
    for (char const c : utf8)
        q_size += literal(c) || c == ' ' ? 1 : 3;
    bool const q = q_size <= (utf8.size() + 2) / 3 * 5;  // a little longer, but people can read it

    constexpr std::string_view tail = "?=";
    std::string const head = q ? "=?utf-8?Q?" : "=?utf-8?B?";
    std::string out;
    std::size_t room = std::clamp<std::size_t>(first_room, 32, 75);
    while (!utf8.empty())
    {
        if (!out.empty())
            out += ' ';
        std::size_t const space = room - head.size() - tail.size();
        std::string bytes;
        std::size_t used = 0;
        while (!utf8.empty())
        {
            std::string_view rest = utf8;
            std::string one;
            outkit::detail::append_utf8(one, outkit::detail::take_code_point(rest));
            std::size_t more = 0;
            if (q)
                for (char const c : one)
                    more += literal(c) || c == ' ' ? 1 : 3;
            else
                more = (bytes.size() + one.size() + 2) / 3 * 4 - used;
            if (used + more > space)
                break;
            used += more;
            bytes += one;
            utf8 = rest;
        }
        out += head;
        if (q)
            for (char const c : bytes)
            {
                static constexpr char hex[] = "0123456789ABCDEF";
                if (literal(c))
                    out += c;
                else if (c == ' ')
                    out += '_';
                else
                    out += {'=', hex[static_cast<unsigned char>(c) >> 4], hex[c & 15]};
            }
        else
            out += outkit::detail::base64_encode(bytes);
        out += tail;
        room = 75;
    }
    return out;
}

OUTKIT_DECL bool needs_encoding(std::string_view word, bool allow_utf8)
{
    return word.size() > 900 || word.find("=?") != word.npos || std::any_of(word.begin(), word.end(), is_control) ||
           (!is_ascii(word) && (!allow_utf8 || has_hidden(word)));
}

// Encodes what stands between the first and the last word that need it; the rest stays readable.
OUTKIT_DECL std::string encode_words(std::string_view utf8, std::size_t first_room, bool allow_utf8)
{
    if (utf8.empty())
        return {};
    std::size_t begin = utf8.npos;
    std::size_t end = 0;
    for (std::size_t i = 0; i < utf8.size();)
    {
        std::size_t const stop = std::min(utf8.find(' ', i), utf8.size());
        if (needs_encoding(utf8.substr(i, stop - i), allow_utf8))
        {
            begin = std::min(begin, i);
            end = stop;
        }
        i = stop + 1;
    }
    if (utf8.front() == ' ' || utf8.back() == ' ')
    {
        begin = 0;  // blanks at the ends would not survive folding
        end = utf8.size();
    }
    if (begin == utf8.npos)
        return std::string(utf8);
    std::string out(utf8.substr(0, begin));
    out += to_encoded_words(utf8.substr(begin, end - begin), begin ? 75 : first_room);
    out += utf8.substr(end);
    return out;
}

OUTKIT_DECL bool is_field_name(std::string_view name)
{
    return !name.empty() && name.size() <= 76 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

// Name and value, which is on one line, folded before blanks: into 78 characters if that goes, else 998.
OUTKIT_DECL std::string fold(std::string_view name, std::string_view value, error_code& ec)
{
    std::string out(name);
    out += ':';
    std::size_t line = out.size();
    std::size_t i = 0;
    bool first = true;
    while (i != value.size())
    {
        std::size_t word = i;
        while (word != value.size() && is_blank(value[word]))
            ++word;
        std::size_t end = word;
        while (end != value.size() && !is_blank(value[end]))
            ++end;
        std::size_t const blanks = first ? 1 : word - i;
        if (line + blanks + (end - word) > 78 && !first && word != end)
        {
            out += "\r\n";
            line = 0;
        }
        if (first)
        {
            bool const own_line = line > 40 && line + 1 + (end - word) > 78;  // only a long name leaves too little room
            out += own_line ? "\r\n " : " ";
            line = own_line ? 0 : line;
        }
        else
            out += value.substr(i, word - i);
        out += value.substr(word, end - word);
        line += blanks + (end - word);
        if (line > 998)
        {
            ec = error::field_too_long;
            return {};
        }
        first = false;
        i = end;
    }
    return out += "\r\n";
}

OUTKIT_DEF std::string take_until(std::string_view& s, std::string_view stops, bool comments)
{
    std::string out;
    std::size_t i = 0;
    std::size_t depth = 0;
    for (; i != s.size(); ++i)
    {
        if (comments && s[i] == '(')
            ++depth;
        else if (depth && s[i] == ')')
            --depth;
        else if (depth && s[i] == '\\' && i + 1 != s.size())
            ++i;
        else if (!depth)
        {
            if (stops.find(s[i]) != stops.npos)
                break;
            out += s[i];
        }
    }
    s.remove_prefix(i);
    return std::string(trim(out));
}

// A piece of a parameter, as RFC 2231 splits them: name*index*=value.
struct parameter_piece
{
    std::string name;
    int index = -1;        // -1: not split
    bool encoded = false;  // charset and percent signs
    std::string value;
    std::size_t order = 0;  // in which it came
};

OUTKIT_DECL std::string percent_decode(std::string_view s)
{
    std::string out;
    for (std::size_t i = 0; i != s.size(); ++i)
        if (s[i] == '%' && s.size() - i > 2 && hex_value(s[i + 1]) >= 0 && hex_value(s[i + 2]) >= 0)
        {
            out += static_cast<char>(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]));
            i += 2;
        }
        else
            out += s[i];
    return out;
}

// Reads ";name=value" from the front of the text; false at its end.
OUTKIT_DECL bool take_parameter(std::string_view& s, parameter_piece& p)
{
    if (s.empty())
        return false;
    s.remove_prefix(1);  // the semicolon
    p = {};
    p.name = lower(take_until(s, "=;", true));
    if (s.empty() || s.front() == ';')
        return true;  // no value: left out by the caller
    s.remove_prefix(1);
    while (!s.empty() && is_blank(s.front()))
        s.remove_prefix(1);
    if (s.starts_with('"'))
    {
        std::size_t i = 1;
        for (; i < s.size() && s[i] != '"'; ++i)
        {
            // A backslash in a Windows path is not meant as a quote; only these two are ever written with one.
            if (s[i] == '\\' && i + 1 < s.size() && (s[i + 1] == '"' || s[i + 1] == '\\'))
                ++i;
            p.value += s[i];
        }
        s.remove_prefix(std::min(i + 1, s.size()));
        take_until(s, ";", true);
    }
    else
        p.value = take_until(s, ";", !p.name.starts_with("name") && !p.name.starts_with("filename"));

    if (p.name.ends_with('*'))
    {
        p.encoded = true;
        p.name.pop_back();
    }
    std::size_t const star = p.name.rfind('*');
    if (star != p.name.npos)
    {
        int index = 0;
        char const* const end = p.name.data() + p.name.size();
        auto const [stop, ec] = std::from_chars(p.name.data() + star + 1, end, index);
        if (ec == std::errc() && stop == end && index >= 0)
        {
            p.index = index;
            p.name.resize(star);
        }
    }
    else if (p.encoded)
        p.index = 0;
    return true;
}

// Puts the pieces of one parameter together. They are sorted by index and there is one at least.
OUTKIT_DECL parameter join(std::span<parameter_piece const> pieces)
{
    parameter out{pieces.front().name, {}};
    if (pieces.front().index < 0)
    {
        std::string const& value = pieces.front().value;
        out.value = value.find("=?") == value.npos ? to_utf8(value, "") : decode_words(value);
        return out;
    }
    std::string charset;
    std::string bytes;
    int next = 0;
    for (parameter_piece const& p : pieces)
    {
        if (p.index != next++)
            break;  // a gap, or a piece that comes twice
        std::string_view value = p.value;
        if (p.encoded && p.index == 0)
        {
            std::size_t const first = value.find('\'');
            std::size_t const second = first == value.npos ? first : value.find('\'', first + 1);
            if (second != value.npos)
            {
                charset = value.substr(0, first);
                value.remove_prefix(second + 1);
            }
        }
        bytes += p.encoded ? percent_decode(value) : std::string(value);
    }
    out.value = to_utf8(bytes, charset);
    return out;
}

OUTKIT_DECL std::optional<std::chrono::minutes> zone_of(std::string_view name)
{
    struct row
    {
        std::string_view name;
        int hours;
    };
    static constexpr row names[] = {{"ut", 0},   {"gmt", 0},  {"utc", 0},  {"est", -5}, {"edt", -4}, {"cst", -6},
                                    {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};
    if (name.size() == 5 && (name[0] == '+' || name[0] == '-') && std::all_of(name.begin() + 1, name.end(), is_digit))
    {
        int const hours = (name[1] - '0') * 10 + (name[2] - '0');
        int const minutes = (name[3] - '0') * 10 + (name[4] - '0');
        if (hours > 23 || minutes > 59)
            return std::nullopt;
        return std::chrono::minutes((hours * 60 + minutes) * (name[0] == '-' ? -1 : 1));
    }
    for (row const& r : names)
        if (equal_fold(r.name, name))
            return std::chrono::hours(r.hours);
    return std::chrono::minutes(0);
}

inline constexpr std::string_view month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
inline constexpr std::string_view weekday_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// A number of so many digits, no sign, nothing else.
OUTKIT_DECL std::optional<int> number(std::string_view s, std::size_t min, std::size_t max)
{
    int value = 0;
    if (s.size() < min || s.size() > max || !std::all_of(s.begin(), s.end(), is_digit))
        return std::nullopt;
    std::from_chars(s.data(), s.data() + s.size(), value);
    return value;
}

}  // namespace detail

OUTKIT_DEF std::vector<field> read_fields(std::string_view section, limits const& at_most)
{
    std::vector<field> out;
    std::size_t const end = std::min(section.size(), at_most.header);
    std::size_t i = 0;
    while (i != end)
    {
        std::size_t const start = i;
        std::size_t stop = i;  // of the value, without the line end
        bool more = true;
        while (more)
        {
            std::size_t const line_end = std::min(section.find('\n', i), end);
            stop = line_end != i && line_end != end && section[line_end - 1] == '\r' ? line_end - 1 : line_end;
            if (stop == i && i == start)
                return out;  // the empty line
            i = line_end == end ? end : line_end + 1;
            more = i != end && detail::is_blank(section[i]);
        }
        std::string_view const whole = section.substr(start, stop - start);
        std::size_t const colon = whole.find(':');
        if (colon == whole.npos)
            continue;
        std::string_view const name = detail::trim(whole.substr(0, colon));
        if (!std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; }) || name.empty())
            continue;
        if (out.size() == at_most.fields)
            break;
        out.push_back({name, whole.substr(colon + 1)});
    }
    return out;
}

OUTKIT_DEF field const* find(std::span<field const> in, std::string_view name)
{
    for (field const& f : in)
        if (detail::equal_fold(f.name, name))
            return &f;
    return nullptr;
}

OUTKIT_DEF std::string unfold(std::string_view value)
{
    value = detail::trim(value);
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i != value.size(); ++i)
    {
        char const c = value[i];
        if (c == '\r' && i + 2 < value.size() && value[i + 1] == '\n' && detail::is_blank(value[i + 2]))
            ++i;
        else if (c == '\n' && i + 1 < value.size() && detail::is_blank(value[i + 1]))
            continue;
        else
            out += detail::is_control(c) && c != '\t' ? ' ' : c;
    }
    return out;
}

OUTKIT_DEF std::string read_text(std::string_view value) { return decode_words(unfold(value)); }

OUTKIT_DEF std::string decode_words(std::string_view text)
{
    std::string out;
    std::string bytes;         // of encoded words not yet converted
    std::string_view charset;  // theirs
    std::size_t plain = 0;     // start of what is no encoded word
    auto const flush = [&] {
        out += to_utf8(bytes, charset);
        bytes.clear();
    };
    bool after_word = false;
    for (std::size_t i = text.find("=?"); i != text.npos;)
    {
        detail::encoded_word w = detail::take_encoded_word(text.substr(i));
        if (w.size == 0)
        {
            i = text.find("=?", i + std::max<std::size_t>(w.looked, 1));
            continue;
        }
        std::string_view const between = text.substr(plain, i - plain);
        bool const joined = after_word && detail::trim(between).empty();
        if (!joined || !detail::equal_fold(charset, w.charset))
            flush();
        if (!joined)
            out += to_utf8(between, "");
        charset = w.charset;
        bytes += w.bytes;
        after_word = true;
        plain = i + w.size;
        i = text.find("=?", plain);
    }
    flush();
    out += to_utf8(text.substr(plain), "");
    return out;
}

OUTKIT_DEF std::string encode_words(std::string_view utf8) { return detail::encode_words(utf8, 75, false); }

OUTKIT_DEF std::string encode_phrase(std::string_view utf8, bool allow_utf8)
{
    // Readers drop blanks at the ends even of what is quoted.
    if (detail::needs_encoding(utf8, allow_utf8) || utf8.starts_with(' ') || utf8.ends_with(' '))
        return detail::to_encoded_words(utf8, 75);
    bool atoms = utf8.find("  ") == utf8.npos;
    for (char const c : utf8)
        atoms = atoms && (detail::is_alnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
                          std::string_view("!#$%&'*+-/=?^_`{|}~ ").find(c) != std::string_view::npos);
    if (atoms)
        return std::string(utf8);
    std::string out = "\"";
    for (char const c : utf8)
    {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out += '"';
}

OUTKIT_DEF std::string to_utf8(std::string_view text, std::string_view charset)
{
    std::string_view const from = detail::meaning_of_charset(charset);
    if (from == "utf-8")
        return outkit::detail::repaired_utf8(text);
    if (detail::is_ascii(text) && !from.starts_with("iso-2022") && !from.starts_with("utf-"))
        return std::string(text);
    if (from == "windows-1252")
        return detail::from_windows_1252(text);
    if (!from.empty())
        return detail::from_iconv(text, std::string(from));
    return valid_utf8(text) ? std::string(text) : detail::from_windows_1252(text);
}

OUTKIT_DEF std::string format_text_field(std::string_view name, std::string_view utf8, error_code& ec, bool allow_utf8)
{
    ec = {};
    if (!detail::is_field_name(name))
        ec = error::field_name_malformed;
    else if (!valid_utf8(utf8))
        ec = error::text_not_utf8;
    else if (std::any_of(utf8.begin(), utf8.end(), [](char c) { return detail::is_control(c) && c != '\t'; }))
        ec = error::field_value_malformed;
    if (ec)
        return {};
    std::size_t const room = 78 - std::min<std::size_t>(name.size() + 2, 46);
    return detail::fold(name, detail::encode_words(utf8, room, allow_utf8), ec);
}

OUTKIT_DEF std::string format_field(std::string_view name, std::string_view value, error_code& ec, bool allow_utf8)
{
    ec = {};
    if (!detail::is_field_name(name))
        ec = error::field_name_malformed;
    else if (std::any_of(value.begin(), value.end(), [](char c) { return detail::is_control(c) && c != '\t'; }) ||
             (!allow_utf8 && !detail::is_ascii(value)))
        ec = error::field_value_malformed;
    else if (!valid_utf8(value))
        ec = error::text_not_utf8;
    if (ec)
        return {};
    return detail::fold(name, detail::trim(value), ec);
}

OUTKIT_DEF std::string const* parameterized::find(std::string_view name) const
{
    for (parameter const& p : parameters)
        if (detail::equal_fold(p.name, name))
            return &p.value;
    return nullptr;
}

OUTKIT_DEF parameterized read_parameterized(std::string_view value, std::size_t at_most)
{
    std::string const text = unfold(value);
    std::string_view rest = text;
    parameterized out;
    out.value = detail::lower(detail::take_until(rest, ";", true));
    // "text / plain": blanks around the slash are comments' relatives.
    std::erase_if(out.value, detail::is_blank);

    std::vector<detail::parameter_piece> pieces;
    std::vector<std::string> names;  // in the order they came
    for (detail::parameter_piece p; pieces.size() < at_most && detail::take_parameter(rest, p);)
        if (!p.name.empty())
            pieces.push_back(std::move(p));
    for (detail::parameter_piece& p : pieces)
    {
        p.order = names.size();
        names.push_back(p.name);
    }
    // Split and encoded parameters come first: they say the same as a plain one, but better (RFC 2231, RFC 6266).
    std::sort(pieces.begin(), pieces.end(), [](detail::parameter_piece const& a, detail::parameter_piece const& b) {
        if (int const order = a.name.compare(b.name))
            return order < 0;
        return a.index != b.index ? std::uint32_t(a.index) < std::uint32_t(b.index) : a.order < b.order;
    });
    std::vector<parameter> joined;  // sorted by name
    for (std::size_t i = 0; i != pieces.size();)
    {
        std::size_t end = i + 1;
        while (end != pieces.size() && pieces[end].name == pieces[i].name)
            ++end;
        joined.push_back(detail::join(std::span(pieces).subspan(i, end - i)));
        i = end;
    }
    for (std::string const& name : names)
    {
        auto const it = std::lower_bound(joined.begin(), joined.end(), name,
                                         [](parameter const& p, std::string const& n) { return p.name < n; });
        if (it != joined.end() && it->name == name && !out.find(name))
            out.parameters.push_back(*it);
    }
    return out;
}

OUTKIT_DEF std::string format_parameterized(parameterized const& p, bool allow_utf8)
{
    std::string out = p.value;
    for (parameter const& q : p.parameters)
    {
        out += "; ";
        // Many readers, this one too, decode encoded words in quotes (which RFC 2047 forbids).
        bool const plain = q.value.size() <= 70 && !detail::needs_encoding(q.value, allow_utf8);
        if (plain)
        {
            out += q.name + '=';
            if (detail::is_token(q.value))
            {
                out += q.value;
                continue;
            }
            out += '"';
            for (char const c : q.value)
            {
                if (c == '"' || c == '\\')
                    out += '\\';
                out += c;
            }
            out += '"';
            continue;
        }
        // name*0*=utf-8''text; name*1*=text ; RFC 2231 sections 3 and 4
        std::vector<std::string> sections(1, "utf-8''");
        std::string_view rest = q.value;
        while (!rest.empty())
        {
            std::string bytes;
            outkit::detail::append_utf8(bytes, outkit::detail::take_code_point(rest));
            std::string escaped;
            for (char const c : bytes)
            {
                static constexpr char hex[] = "0123456789ABCDEF";
                if (detail::is_alnum(c) || (c && std::strchr("-._~", c)))
                    escaped += c;
                else
                    escaped += {'%', hex[static_cast<unsigned char>(c) >> 4], hex[c & 15]};
            }
            if (sections.back().size() + escaped.size() > 56)
                sections.emplace_back();
            sections.back() += escaped;
        }
        for (std::size_t i = 0; i != sections.size(); ++i)
        {
            out += i ? "; " : "";
            out += q.name + '*';
            if (sections.size() != 1)
                out += std::to_string(i) + '*';
            out += '=' + sections[i];
        }
    }
    return out;
}

// date-time = [ day-of-week "," ] date time ; RFC 5322 section 3.3 (edited: as loose as section 4.3 and a bit more)
OUTKIT_DEF std::optional<date_time> read_date(std::string_view value)
{
    if (value.size() > 1'000)
        return std::nullopt;
    std::string const text = unfold(value);
    std::string_view all = text;
    std::string bare = detail::take_until(all, "", true);
    for (std::size_t colon = bare.find(':'); colon != bare.npos; colon = bare.find(':', colon + 1))
    {
        std::size_t begin = colon;  // obs-hour and its kin
        while (begin != 0 && detail::is_blank(bare[begin - 1]))
            --begin;
        std::size_t end = colon + 1;
        while (end != bare.size() && detail::is_blank(bare[end]))
            ++end;
        bare.replace(begin, end - begin, ":");
        colon = begin;
    }

    std::array<std::string_view, 6> words;
    std::size_t count = 0;
    for (std::size_t i = 0; i != bare.size() && count != words.size();)
    {
        if (detail::is_blank(bare[i]) || bare[i] == ',')
        {
            ++i;
            continue;
        }
        std::size_t const end = std::min(bare.find_first_of(" \t,", i), bare.size());
        words[count++] = std::string_view(bare).substr(i, end - i);
        i = end;
    }
    std::size_t w = count && !detail::is_digit(words[0][0]) ? 1 : 0;  // the weekday says nothing new
    if (count < w + 4)
        return std::nullopt;
    std::optional<int> const day = detail::number(words[w], 1, 2);
    auto const month =
        std::find_if(std::begin(detail::month_names), std::end(detail::month_names),
                     [&](std::string_view m) { return detail::equal_fold(m, words[w + 1].substr(0, 3)); });
    std::optional<int> year = detail::number(words[w + 2], 2, 4);
    if (!day || month == std::end(detail::month_names) || !year)
        return std::nullopt;
    if (words[w + 2].size() == 2)
        *year += *year < 50 ? 2000 : 1900;
    else if (words[w + 2].size() == 3)
        *year += 1900;

    std::string_view time = words[w + 3];
    std::array<int, 3> clock = {};
    std::size_t parts = 0;
    for (bool more = true; more && parts != 3; ++parts)
    {
        std::size_t const colon = std::min(time.find(':'), time.size());
        std::optional<int> const n = detail::number(time.substr(0, colon), 1, 2);
        if (!n)
            return std::nullopt;
        clock[parts] = *n;
        more = colon != time.size();
        time.remove_prefix(std::min(colon + 1, time.size()));
    }
    std::optional<std::chrono::minutes> const zone =
        count > w + 4 ? detail::zone_of(words[w + 4]) : std::chrono::minutes(0);
    if (parts < 2 || !time.empty() || clock[0] > 23 || clock[1] > 59 || clock[2] > 60 || !zone || *year < 1900)
        return std::nullopt;

    std::chrono::year_month_day const date{std::chrono::year(*year),
                                           std::chrono::month(unsigned(month - std::begin(detail::month_names)) + 1),
                                           std::chrono::day(unsigned(*day))};
    if (!date.ok())
        return std::nullopt;
    std::chrono::sys_seconds const local = std::chrono::sys_days(date) + std::chrono::hours(clock[0]) +
                                           std::chrono::minutes(clock[1]) + std::chrono::seconds(clock[2]);
    return date_time{local - *zone, *zone};
}

OUTKIT_DEF std::string format_date(date_time const& d)
{
    std::chrono::sys_seconds const local = d.utc + d.zone;
    std::chrono::sys_days const day = std::chrono::floor<std::chrono::days>(local);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const time(local - day);
    std::chrono::minutes const zone = std::chrono::abs(d.zone);
    auto const two = [](auto n) {
        std::string s = std::to_string(n);
        return s.size() < 2 ? '0' + s : s;
    };
    std::string out(detail::weekday_names[std::chrono::weekday(day).c_encoding()]);
    out += ", " + std::to_string(unsigned(date.day())) + ' ';
    out += detail::month_names[unsigned(date.month()) - 1];
    out += ' ' + std::to_string(int(date.year())) + ' ';
    out += two(time.hours().count()) + ':' + two(time.minutes().count()) + ':' + two(time.seconds().count());
    out += d.zone.count() < 0 ? " -" : " +";
    return out += two(zone.count() / 60) + two(zone.count() % 60);
}

OUTKIT_DEF std::vector<std::string> read_message_ids(std::string_view value)
{
    std::vector<std::string> out;
    for (std::size_t i = value.find('<'); i != value.npos && out.size() != 1'000; i = value.find('<', i))
    {
        std::size_t const end = value.find('>', i);
        if (end == value.npos)
            break;
        std::string id(value.substr(i + 1, end - i - 1));
        std::erase_if(id, [](char c) { return detail::is_control(c) || c == ' '; });  // folded ids exist
        if (!id.empty())
            out.push_back(std::move(id));
        i = end + 1;
    }
    return out;
}

OUTKIT_DEF bool valid_message_id(std::string_view id)
{
    std::size_t const at = id.find('@');
    return id.size() <= 250 && at != id.npos && at != 0 && at + 1 != id.size() &&
           std::all_of(id.begin(), id.end(), [](char c) {
               return c > ' ' && c < 0x7f && std::string_view("<>()\\\",;").find(c) == std::string_view::npos;
           });
}

OUTKIT_DEF std::string make_message_id(outkit::detail::environment& world, std::string_view domain)
{
    std::array<unsigned char, 16> bytes = {};
    world.random(bytes);
    static constexpr char hex[] = "0123456789abcdef";
    std::string out;
    for (unsigned char const b : bytes)
        out += {hex[b >> 4], hex[b & 15]};
    return out += '@' + std::string(domain);
}

}  // namespace outkit::inline OUTKIT_ABI::mime
