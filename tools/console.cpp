#include "console.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <numeric>

#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace cli {

namespace {

struct code_point
{
    std::uint32_t value = 0;
    std::size_t size = 0;  // 0: not UTF-8
};

// RFC 3629: shortest form only, no surrogates, nothing above U+10FFFF.
code_point decode(std::string_view s)
{
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    unsigned char const first = at(0);
    if (first < 0x80)
        return {first, 1};
    std::size_t const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (size == 0 || first > 0xf4 || s.size() < size)
        return {};
    std::uint32_t value = first & (0xffu >> (size + 1));
    for (std::size_t i = 1; i != size; ++i)
    {
        if ((at(i) & 0xc0) != 0x80)
            return {};
        value = value << 6 | (at(i) & 0x3fu);
    }
    static constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return {};
    return {value, size};
}

// Characters that reorder text or are not seen: the ways to make a report say something else than it looks.
bool deceptive(std::uint32_t c)
{
    return c == 0x00ad || c == 0x034f || c == 0x061c || c == 0x115f || c == 0x1160 || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
           c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

void append_hex(std::string& out, std::uint32_t value, std::size_t digits)
{
    std::array<char, 8> text;
    auto const end = std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr;
    std::size_t const n = static_cast<std::size_t>(end - text.data());
    out.append(digits > n ? digits - n : 0, '0');
    out.append(text.data(), n);
}

}  // namespace

std::string printable(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty())
    {
        code_point const c = decode(text);
        if (c.size == 0 || c.value < 0x20 || (c.value >= 0x7f && c.value <= 0x9f))
        {
            // C1 characters in UTF-8 are shown by their value, like the rest of them.
            out += "\\x";
            append_hex(out, c.size == 0 ? static_cast<unsigned char>(text[0]) : c.value, 2);
        }
        else if (deceptive(c.value))
        {
            out += "\\u{";
            append_hex(out, c.value, 0);
            out += '}';
        }
        else
        {
            out += text.substr(0, c.size);
        }
        text.remove_prefix(std::max<std::size_t>(c.size, 1));
    }
    return out;
}

std::string printable(std::string_view text, std::size_t limit)
{
    std::string out = printable(text.substr(0, limit));
    if (out.size() <= limit && text.size() <= limit)
        return out;
    std::size_t const kept = limit > 3 ? limit - 3 : 0;
    if (out.size() > kept)
    {
        std::size_t end = kept;
        while (end != 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80)  // not in the middle of a character
            --end;
        out.resize(end);
    }
    return out + "...";
}

std::string shortened_address(std::string_view address)
{
    std::size_t const at = address.rfind('@');
    if (at == address.npos || at == 0)
        return std::string(address.empty() ? "" : "***");
    std::size_t const first = decode(address).size;
    return printable(address.substr(0, std::max<std::size_t>(first, 1))) + "***" + printable(address.substr(at));
}

bool same_ignoring_case(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    });
}

std::vector<std::string> wrap(std::string_view text, std::size_t width)
{
    std::vector<std::string> lines;
    std::string line;
    auto const columns = [](std::string_view s) {
        return static_cast<std::size_t>(
            std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
    };
    while (!text.empty())
    {
        std::size_t const end = std::min(text.find(' '), text.size());
        std::string_view const word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty())
            continue;
        if (!line.empty() && columns(line) + 1 + columns(word) > width)
        {
            lines.push_back(std::move(line));
            line.clear();
        }
        if (!line.empty())
            line += ' ';
        line += word;
    }
    if (!line.empty() || lines.empty())
        lines.push_back(std::move(line));
    return lines;
}

std::string_view closest(std::string_view word, std::vector<std::string_view> const& members)
{
    if (word.empty() || word.size() > 64)
        return {};
    std::string_view best;
    std::size_t best_distance = std::min<std::size_t>(3, word.size() / 2 + 1);  // fewer changes than this
    for (std::string_view const member : members)
    {
        std::vector<std::size_t> row(member.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t(0));
        for (std::size_t i = 0; i != word.size(); ++i)
        {
            std::size_t diagonal = row[0];
            row[0] = i + 1;
            for (std::size_t j = 0; j != member.size(); ++j)
            {
                std::size_t const change = diagonal + (word[i] == member[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
            }
        }
        bool const begins = word.size() >= 3 && (member.starts_with(word) || word.starts_with(member));
        std::size_t const distance = begins ? std::min<std::size_t>(row.back(), 1) : row.back();
        if (distance < best_distance)
        {
            best_distance = distance;
            best = member;
        }
    }
    return best;
}

console::console(std::FILE* out) : out_(out), colour_(::isatty(::fileno(out)) == 1)
{
    char const* const no_colour = std::getenv("NO_COLOR");
    char const* const term = std::getenv("TERM");
    if ((no_colour && *no_colour) || !term || std::string_view(term) == "dumb")
        colour_ = false;
}

void console::write(std::string_view text, style s)
{
    std::string_view begin;
    if (colour_)
        switch (s)
        {
        case style::plain: break;
        case style::good: begin = "\x1b[32m"; break;
        case style::bad: begin = "\x1b[31m"; break;
        case style::warning: begin = "\x1b[33m"; break;
        case style::faint: begin = "\x1b[2m"; break;
        case style::strong: begin = "\x1b[1m"; break;
        }
    auto const put = [this](std::string_view t) {
        if (!t.empty() && std::fwrite(t.data(), 1, t.size(), out_) != t.size())
            good_ = false;
    };
    put(begin);
    put(text);
    if (!begin.empty())
        put("\x1b[0m");
}

void console::line(std::string_view text, style s)
{
    write(text, s);
    write("\n");
}

void console::flush()
{
    if (std::fflush(out_) != 0 || std::ferror(out_))
        good_ = false;
}

std::size_t console::width() const
{
    winsize w{};
    if (::isatty(::fileno(out_)) == 1 && ::ioctl(::fileno(out_), TIOCGWINSZ, &w) == 0)
        return std::clamp<std::size_t>(w.ws_col, 40, 80);
    return 80;
}

void prepare_process(bool allow_core)
{
    // A later open() must not land on a standard descriptor that was closed: reports would go into that file. They are
    // opened the wrong way round, so that using them still fails.
    for (int fd = 0; fd != 3; ++fd)
        if (::fcntl(fd, F_GETFD) == -1)
            if (::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
                std::_Exit(usage);
    std::signal(SIGPIPE, SIG_IGN);
    if (!allow_core)
    {
        rlimit core{};
        ::getrlimit(RLIMIT_CORE, &core);
        core.rlim_cur = 0;
        ::setrlimit(RLIMIT_CORE, &core);
#ifndef __SANITIZE_ADDRESS__  // its search for leaks needs to look into the process
        ::prctl(PR_SET_DUMPABLE, 0);
#endif
    }
}

}  // namespace cli
