#ifndef OUTKIT_GRAPH_DETAIL_SCANNER_IPP
#define OUTKIT_GRAPH_DETAIL_SCANNER_IPP

#include <outkit/detail/utf8.hpp>
#include <outkit/graph/detail/scanner.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace outkit::inline OUTKIT_ABI::graph::detail {

// The first of quotation marks, backslashes and control characters, eight octets at a time.
OUTKIT_DECL char const* end_of_plain(char const* at, char const* end)
{
    constexpr std::uint64_t ones = 0x0101010101010101, highs = ones << 7;
    if constexpr (std::endian::native == std::endian::little)
        while (end - at >= 8)
        {
            std::uint64_t x = 0;
            std::memcpy(&x, at, 8);
            std::uint64_t const quote = x ^ (ones * '"'), backslash = x ^ (ones * '\\');
            // The lowest bit that is set is that of the first octet which is 0, or below 0x20.
            std::uint64_t const found =
                (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((x - ones * 0x20) & ~x)) & highs;
            if (found)
                return at + std::countr_zero(found) / 8;
            at += 8;
        }
    while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20)
        ++at;
    return at;
}

OUTKIT_DEF scanner::scanner(std::string_view text, limits const& l)
    : limit_(l), at_(text.data()), end_(text.data() + text.size())
{
    if (!outkit::detail::valid_utf8(text))
        fail("this is not UTF-8");
}

OUTKIT_DEF void scanner::wrong(std::string_view name, char const* expected)
{
    if (ec)
        return;
    ec = error::response_malformed;
    what = (name.empty() ? std::string() : std::string(name) + ": ") + expected + " was expected";
    at_ = end_;
}

OUTKIT_DEF void scanner::within(std::string const& where)
{
    if (ec)
        what.insert(0, where);
}

OUTKIT_DEF bool scanner::open(char bracket)
{
    if (!take(bracket))
        return false;
    first_ = true;
    if (++depth_ > limit_.json_depth)
        return too_much("too deep");
    return counted();
}

// Behind the comma of the next one, or the closing bracket.
OUTKIT_DEF bool scanner::next(char closing)
{
    if (ec)
        return false;
    if (take(closing))
    {
        --depth_;
        first_ = false;
        return false;
    }
    if (!first_ && !take(','))
        return fail("a comma is missing");
    first_ = false;
    return true;
}

OUTKIT_DEF bool scanner::open_object(std::string_view name)
{
    if (null())
        return false;
    if (open('{'))
        return true;
    wrong(name, "an object");
    return false;
}

OUTKIT_DEF bool scanner::open_array(std::string_view name)
{
    if (null())
        return false;
    if (open('['))
        return true;
    wrong(name, "a list");
    return false;
}

OUTKIT_DEF bool scanner::next_element() { return next(']'); }

OUTKIT_DEF bool scanner::next_member(std::string_view& name)
{
    if (!next('}'))
        return false;
    blanks();
    if (!string(name, limit_.json_string))
        return fail("a member's name is missing");
    if (name.data() == buffer_.data())
    {
        name_.swap(buffer_);
        name = name_;
    }
    return take(':') || fail("a colon is missing");
}

// At the quotation mark. A string without escapes is not copied.
OUTKIT_DEF bool scanner::string(std::string_view& out, std::size_t most)
{
    if (at_ == end_ || *at_ != '"')
        return false;
    char const* begin = ++at_;
    at_ = end_of_plain(at_, end_);
    if (at_ != end_ && *at_ == '"')
        out = {begin, static_cast<std::size_t>(at_ - begin)};
    else
    {
        buffer_.assign(begin, at_);
        for (;;)
        {
            if (at_ == end_ || *at_ == '"' || buffer_.size() > most)
                break;
            if (*at_ != '\\')
                return fail("there is a control character in a string");
            if (!escape(buffer_))
                return false;
            begin = at_;
            at_ = end_of_plain(at_, end_);
            buffer_.append(begin, at_);
        }
        out = buffer_;
    }
    if (out.size() > most)
        return too_much("a string is too long");
    if (at_ == end_)
        return fail("a string has no end");
    ++at_;
    return true;
}

// At the backslash.
OUTKIT_DEF bool scanner::escape(std::string& out)
{
    if (end_ - at_ < 2)
        return fail("a string has no end");
    char const c = at_[1];
    at_ += 2;
    auto const unit = [&]() -> std::optional<std::uint32_t> {
        std::uint32_t n = 0;
        if (end_ - at_ < 4)
            return std::nullopt;
        auto const r = std::from_chars(at_, at_ + 4, n, 16);
        if (r.ec != std::errc() || r.ptr != at_ + 4)
            return std::nullopt;
        at_ += 4;
        return n;
    };
    switch (c)
    {
    case '"':
    case '\\':
    case '/': out += c; return true;
    case 'b': out += '\b'; return true;
    case 'f': out += '\f'; return true;
    case 'n': out += '\n'; return true;
    case 'r': out += '\r'; return true;
    case 't': out += '\t'; return true;
    case 'u': break;
    default: return fail("there is an unknown escape in a string");
    }
    auto const high = unit();
    if (!high)
        return fail("there is an unknown escape in a string");
    std::uint32_t code = *high;
    if (code >= 0xd800 && code < 0xdc00 && end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u')
    {
        at_ += 2;
        auto const low = unit();
        code = low && *low >= 0xdc00 && *low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (*low - 0xdc00) : 0xd800;
    }
    if (code >= 0xd800 && code < 0xe000)
        return fail("there is half a character in a string");
    outkit::detail::append_utf8(out, code);
    return true;
}

OUTKIT_DEF bool scanner::word(std::string_view text)
{
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(text))
        return false;
    at_ += text.size();
    return counted();
}

OUTKIT_DEF bool scanner::null()
{
    blanks();
    return at_ != end_ && *at_ == 'n' && word("null");
}

// number = [ "-" ] int [ frac ] [ exp ]; one that a double cannot hold is none.
OUTKIT_DEF bool scanner::number(std::string_view& out)
{
    char const* const begin = at_;
    auto const digits = [&] {
        char const* const from = at_;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9')
            ++at_;
        return at_ != from;
    };
    if (at_ != end_ && *at_ == '-')
        ++at_;
    char const* const integer = at_;
    if (!digits() || (*integer == '0' && at_ - integer > 1))
        return fail("there is something that is no JSON");
    bool whole = at_ - begin < 300;
    if (at_ != end_ && *at_ == '.')
    {
        ++at_;
        if (!digits())
            return fail("a number has no digits after its point");
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E'))
    {
        whole = false;
        ++at_;
        if (at_ != end_ && (*at_ == '+' || *at_ == '-'))
            ++at_;
        if (!digits())
            return fail("a number has no digits in its exponent");
    }
    out = {begin, static_cast<std::size_t>(at_ - begin)};
    if (!whole)
    {
        double value = 0;
        auto const r = std::from_chars(out.data(), out.data() + out.size(), value);
        if (r.ec == std::errc::result_out_of_range && !(out.find("e-") != out.npos || out.find("E-") != out.npos))
            return fail("a number is too large");
    }
    return counted();
}

OUTKIT_DEF std::string_view scanner::skip()
{
    blanks();
    char const* const begin = at_;
    std::string_view ignored;
    if (at_ == end_)
        fail("a value is missing");
    else if (*at_ == '"')
        string(ignored, limit_.json_string) && counted();
    else if (*at_ == '{' && open('{'))
        while (next_member(ignored))
            skip();
    else if (*at_ == '[' && open('['))
        while (next_element())
            skip();
    else if (!ec && !word("true") && !word("false") && !word("null"))
        number(ignored);
    return ec ? std::string_view() : std::string_view(begin, static_cast<std::size_t>(at_ - begin));
}

OUTKIT_DEF void scanner::end()
{
    blanks();
    if (!ec && at_ != end_)
        fail("there is more text after the JSON");
}

OUTKIT_DEF bool scanner::view(std::string_view name, std::string_view& out)
{
    if (null())
        return false;
    if (string(out, limit_.json_string))
        return counted();
    wrong(name, "a string");
    return false;
}

OUTKIT_DEF bool scanner::read(std::string_view name, std::string& out)
{
    std::string_view text;
    bool const there = view(name, text);
    out.assign(text);
    return there;
}

OUTKIT_DEF bool scanner::read_base64(std::string_view name, std::optional<std::string>& out)
{
    out.reset();
    if (null())
        return false;
    std::string_view text;
    if (!string(text, limit_.json_body) || !counted())
    {
        wrong(name, "a string");
        return false;
    }
    out = outkit::detail::base64_decode(text);
    if (!out)
        wrong(name, "base64");
    return out.has_value();
}

OUTKIT_DEF void scanner::read(std::string_view name, std::optional<bool>& out)
{
    out.reset();
    if (null())
        return;
    if (word("true"))
        out = true;
    else if (word("false"))
        out = false;
    else
        wrong(name, "true or false");
}

OUTKIT_DEF void scanner::read(std::string_view name, bool& out)
{
    std::optional<bool> b;
    read(name, b);
    out = b.value_or(false);
}

OUTKIT_DEF void scanner::read(std::string_view name, std::optional<date_time>& out)
{
    out.reset();
    std::string_view text;
    if (!view(name, text))
        return;
    out = parse_date_time(text);
    if (!out)
        wrong(name, "a date such as 2026-11-23T09:58:11Z");
}

OUTKIT_DEF bool scanner::whole(std::string_view name, std::uint64_t most, std::uint64_t& out)
{
    if (null())
        return false;
    std::string_view text;
    if (at_ == end_ || (*at_ != '-' && (*at_ < '0' || *at_ > '9')))
    {
        wrong(name, "a whole number from 0 on");
        return false;
    }
    if (!number(text))
    {
        within(std::string(name) + ": ");
        return false;
    }
    if (text == "-0")
        text = "0";
    auto const r = std::from_chars(text.data(), text.data() + text.size(), out);
    if (r.ec == std::errc::result_out_of_range || (r.ec == std::errc() && out > most))
        wrong(name, "a smaller number");
    else if (r.ec != std::errc() || r.ptr != text.data() + text.size())
        wrong(name, "a whole number from 0 on");
    return !ec;
}

OUTKIT_DEF void scanner::read_count(std::string_view name, std::uint32_t& out)
{
    std::uint64_t n = 0;
    whole(name, std::numeric_limits<std::uint32_t>::max() / 2, n);
    out = static_cast<std::uint32_t>(n);
}

OUTKIT_DEF void scanner::read_count(std::string_view name, std::optional<std::uint64_t>& out)
{
    std::uint64_t n = 0;
    out.reset();
    if (whole(name, std::numeric_limits<std::uint64_t>::max() / 2, n))
        out = n;
}

OUTKIT_DEF void keep(scanner& s, std::string_view member, std::vector<unknown_member>& in)
{
    bool const context = member.ends_with("@odata.context");
    std::string name(context ? std::string_view() : member);
    std::string_view const json = s.skip();
    if (!context && !s.ec)
        in.push_back({std::move(name), std::string(json)});
}

OUTKIT_DEF unknown_member const* find(std::vector<unknown_member> const& in, std::string_view name)
{
    for (unknown_member const& m : in)
        if (m.name == name)
            return &m;
    return nullptr;
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
