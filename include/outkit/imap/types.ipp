#ifndef OUTKIT_IMAP_TYPES_IPP
#define OUTKIT_IMAP_TYPES_IPP

#include <outkit/imap/types.hpp>

#include <outkit/detail/utf8.hpp>

#include <algorithm>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::imap {

namespace detail {

OUTKIT_DEF bool equal_no_case(std::string_view a, std::string_view b)
{
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [lower](char x, char y) { return lower(x) == lower(y); });
}

inline constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

OUTKIT_DEF std::optional<std::string> to_modified_utf7(std::string_view utf8)
{
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    bool shifted = false;
    auto const put = [&](std::uint32_t unit) {
        bits = bits << 16 | unit;
        for (held += 16; held >= 6; held -= 6)
            out += base64_letters[bits >> (held - 6) & 63];
    };
    auto const unshift = [&] {
        if (!shifted)
            return;
        if (held > 0)
            out += base64_letters[bits << (6 - held) & 63];
        out += '-';
        held = 0;
        shifted = false;
    };
    while (!utf8.empty())
    {
        if (outkit::detail::utf8_length(utf8) == 0)
            return std::nullopt;
        char32_t const c = outkit::detail::take_code_point(utf8);
        if (c >= 0x20 && c <= 0x7E)
        {
            unshift();
            out += static_cast<char>(c);
            if (c == '&')
                out += '-';
            continue;
        }
        if (!shifted)
            out += '&';
        shifted = true;
        if (c < 0x10000)
            put(static_cast<std::uint32_t>(c));
        else
        {
            put(0xD800u + ((static_cast<std::uint32_t>(c) - 0x10000u) >> 10));
            put(0xDC00u + (static_cast<std::uint32_t>(c) & 0x3FFu));
        }
    }
    unshift();
    return out;
}

OUTKIT_DEF std::optional<std::string> from_modified_utf7(std::string_view s)
{
    std::string out;
    for (std::size_t i = 0; i != s.size();)
    {
        if (s[i] < 0x20 || s[i] > 0x7E)
            return std::nullopt;
        if (s[i] != '&')
        {
            out += s[i++];
            continue;
        }
        std::uint32_t bits = 0, high = 0;
        int held = 0;
        for (++i; i != s.size() && s[i] != '-'; ++i)
        {
            auto const v = base64_letters.find(s[i]);
            if (v == std::string_view::npos)
                return std::nullopt;
            bits = bits << 6 | static_cast<std::uint32_t>(v);
            held += 6;
            if (held < 16)
                continue;
            held -= 16;
            std::uint32_t const unit = bits >> held & 0xFFFF;
            if (high)
            {
                if ((unit & 0xFC00) != 0xDC00)
                    return std::nullopt;
                outkit::detail::append_utf8(out, 0x10000 + ((high & 0x3FF) << 10) + (unit & 0x3FF));
                high = 0;
            }
            else if ((unit & 0xFC00) == 0xD800)
                high = unit;
            else if ((unit & 0xFC00) == 0xDC00 || unit == 0)
                return std::nullopt;
            else
                outkit::detail::append_utf8(out, unit);
        }
        if (i == s.size() || high)
            return std::nullopt;
        if (s[i - 1] == '&')
            out += '&';
        ++i;
    }
    // Only what we would say ourselves: several spellings of one name would be several mailboxes.
    if (to_modified_utf7(out) != s)
        return std::nullopt;
    return out;
}

}  // namespace detail

OUTKIT_DEF void number_set::add(std::uint32_t first, std::uint32_t last)
{
    if (first == 0 || last == 0)
        return;
    if (first > last)
        std::swap(first, last);
    if (!ranges_.empty() && ranges_.back().last != star && first == ranges_.back().last + 1 && last != star)
        ranges_.back().last = last;
    else
        ranges_.push_back({first, last});
}

OUTKIT_DEF std::optional<number_set> number_set::parse(std::string_view text, std::size_t most_ranges)
{
    number_set out;
    char const* p = text.data();
    char const* const end = p + text.size();
    auto const number = [&](std::uint32_t& n) {
        if (p != end && *p == '*')
        {
            ++p;
            n = star;
            return true;
        }
        if (p == end || *p < '1' || *p > '9')
            return false;
        auto const r = std::from_chars(p, end, n);
        p = r.ptr;
        return r.ec == std::errc() && n != 0;
    };
    for (;;)
    {
        range r;
        if (!number(r.first))
            return std::nullopt;
        r.last = r.first;
        if (p != end && *p == ':')
        {
            ++p;
            if (!number(r.last))
                return std::nullopt;
        }
        if (r.first > r.last)
            std::swap(r.first, r.last);
        if (out.ranges_.size() == most_ranges)
            return std::nullopt;
        out.ranges_.push_back(r);
        if (p == end)
            return out;
        if (*p++ != ',')
            return std::nullopt;
    }
}

OUTKIT_DEF std::string number_set::to_string() const
{
    std::string out;
    auto const say = [&out](std::uint32_t n) {
        char digits[10];
        if (n == star)
            out += '*';
        else
            out.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
    };
    for (range const& r : ranges_)
    {
        if (!out.empty())
            out += ',';
        say(r.first);
        if (r.last != r.first)
        {
            out += ':';
            say(r.last);
        }
    }
    return out;
}

OUTKIT_DEF std::uint64_t number_set::size() const noexcept
{
    std::uint64_t n = 0;
    for (range const& r : ranges_)
        n += std::uint64_t(r.last) - r.first + 1;
    return n;
}

OUTKIT_DEF bool number_set::contains(std::uint32_t n) const noexcept
{
    return std::any_of(ranges_.begin(), ranges_.end(), [n](range const& r) { return r.first <= n && n <= r.last; });
}

OUTKIT_DEF bool flags::has(std::string_view keyword) const
{
    return std::any_of(keywords.begin(), keywords.end(),
                       [keyword](std::string const& k) { return detail::equal_no_case(k, keyword); });
}

OUTKIT_DEF std::vector<std::string_view> capabilities::names() const
{
    std::vector<std::string_view> all;
    all.reserve(size_);
    for (std::string_view rest = text_; !rest.empty(); rest.remove_prefix(all.back().size() + 1))
        all.push_back(rest.substr(0, rest.find(' ')));
    return all;
}

OUTKIT_DEF bool capabilities::has(std::string_view name) const
{
    for (std::string_view rest = text_; !rest.empty();)
    {
        std::string_view const one = rest.substr(0, rest.find(' '));
        if (detail::equal_no_case(one, name))
            return true;
        rest.remove_prefix(one.size() + 1);
    }
    return false;
}

OUTKIT_DEF void capabilities::add(std::string_view name)
{
    if (name.empty() || name.find(' ') != name.npos || has(name))
        return;
    (text_ += name) += ' ';
    ++size_;
}

OUTKIT_INLINE mailbox_name::mailbox_name(std::string_view utf8) : utf8_(utf8)
{
    auto encoded = detail::to_modified_utf7(utf8);
    valid_ = encoded && utf8.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
    if (valid_)
        encoded_ = std::move(*encoded);
}

OUTKIT_INLINE mailbox_name::mailbox_name(mailbox const& listed)
    : utf8_(listed.name),
      encoded_(listed.encoded),
      valid_(listed.encoded.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos)
{
}

OUTKIT_DEF bool message::size_contradicted() const
{
    return size && std::any_of(sections.begin(), sections.end(), [this](section_data const& d) {
               return d.section.empty() && !d.origin && (d.streamed || d.data.data()) && d.octets != *size;
           });
}

OUTKIT_DEF bool mailbox::has(std::string_view attribute) const
{
    return std::any_of(attributes.begin(), attributes.end(),
                       [attribute](std::string const& a) { return detail::equal_no_case(a, attribute); });
}

OUTKIT_DEF bool mailbox::likely_mail() const
{
    // observed: kellylford/QuickMail#613, mikegioia/libremail#105
    static constexpr std::string_view others[] = {"Calendar", "Contacts",  "Conversation History", "Journal",
                                                  "Notes",    "RSS Feeds", "Sync Issues",          "Tasks"};
    std::string_view const top = std::string_view(name).substr(0, delimiter ? name.find(*delimiter) : name.npos);
    return std::none_of(std::begin(others), std::end(others),
                        [top](std::string_view o) { return detail::equal_no_case(o, top); });
}

}  // namespace outkit::inline OUTKIT_ABI::imap

#endif
