#ifndef OUTKIT_DETAIL_ENCODING_IPP
#define OUTKIT_DETAIL_ENCODING_IPP

#include <outkit/detail/encoding.hpp>

#include <cstdint>
#include <cstring>

// Encoding takes twelve bits at a time from a table of character pairs: faster than four shifts and four look-ups, and
// no intrinsics. The tables are made by the compiler.

namespace outkit::inline OUTKIT_ABI::detail {

inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::string_view base64url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct base64_pairs
{
    char pair[4096][2];
    constexpr explicit base64_pairs(char const* digits) : pair()
    {
        for (unsigned i = 0; i != 4096; ++i)
        {
            pair[i][0] = digits[i >> 6];
            pair[i][1] = digits[i & 63];
        }
    }
};
inline constexpr base64_pairs base64_table(base64_digits.data());

// The value of a character, 64 for what is none.
struct digit_values
{
    unsigned char value[256];
    constexpr explicit digit_values(std::string_view digits) : value()
    {
        for (auto& v : value)
            v = 64;
        for (std::size_t i = 0; i != digits.size(); ++i)
            value[static_cast<unsigned char>(digits[i])] = static_cast<unsigned char>(i);
    }
};
inline constexpr digit_values base64_values(base64_digits);
inline constexpr digit_values base64url_values(base64url_digits);

OUTKIT_DECL unsigned octet(std::string_view s, std::size_t i) { return static_cast<unsigned char>(s[i]); }

// `groups` of three bytes become four characters each.
OUTKIT_DECL char* base64_groups(char* out, unsigned char const* in, std::size_t groups)
{
    auto const pair = [&](std::size_t at, std::uint64_t bits) {
        std::memcpy(out + at, base64_table.pair[bits & 4095], 2);
    };
    // Two groups for each load of eight bytes, as long as there are eight.
    for (; groups > 2; groups -= 2, in += 6, out += 8)
    {
        auto const byte = [in](int i) { return std::uint64_t(in[i]); };
        std::uint64_t const bits = byte(0) << 56 | byte(1) << 48 | byte(2) << 40 | byte(3) << 32 | byte(4) << 24 |
                                   byte(5) << 16 | byte(6) << 8 | byte(7);
        pair(0, bits >> 52);
        pair(2, bits >> 40);
        pair(4, bits >> 28);
        pair(6, bits >> 16);
    }
    for (; groups != 0; --groups, in += 3, out += 4)
    {
        std::uint64_t const bits = std::uint64_t(in[0]) << 16 | std::uint64_t(in[1]) << 8 | in[2];
        pair(0, bits >> 12);
        pair(2, bits);
    }
    return out;
}

OUTKIT_DEF void base64_writer::add(std::string_view piece)
{
    if (count_ != 0)
    {
        for (; count_ != 3 && !piece.empty(); piece.remove_prefix(1))
            waiting_[count_++] = static_cast<unsigned char>(piece.front());
        if (count_ != 3)
            return;
        out_ = base64_groups(out_, waiting_, 1);
        count_ = 0;
    }
    std::size_t const groups = piece.size() / 3;
    out_ = base64_groups(out_, reinterpret_cast<unsigned char const*>(piece.data()), groups);
    for (char const c : piece.substr(groups * 3))
        waiting_[count_++] = static_cast<unsigned char>(c);
}

OUTKIT_DEF void base64_writer::finish()
{
    if (count_ == 0)
        return;
    waiting_[count_] = 0;
    if (count_ == 1)
        waiting_[2] = 0;
    out_ = base64_groups(out_, waiting_, 1);
    for (; count_ != 3; ++count_)
        out_[-std::ptrdiff_t(3 - count_)] = '=';
    count_ = 0;
}

OUTKIT_DEF std::string base64_encode(std::string_view bytes)
{
    std::string text(base64_size(bytes.size()), '\0');
    base64_writer w(text.data());
    w.add(bytes);
    w.finish();
    return text;
}

OUTKIT_DEF std::string base64url_encode(std::string_view bytes)
{
    std::string text = base64_encode(bytes);
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    for (char& c : text)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
}

// `text` without padding.
OUTKIT_DECL std::optional<std::string> base64_digits_decode(std::string_view text, digit_values const& values)
{
    std::size_t const groups = text.size() / 4, rest = text.size() % 4;
    if (rest == 1)
        return std::nullopt;
    std::string bytes(groups * 3 + (rest ? rest - 1 : 0), '\0');
    char* out = bytes.data();
    unsigned wrong = 0;
    for (std::size_t i = 0; i != groups * 4; i += 4, out += 3)
    {
        unsigned const a = values.value[octet(text, i)], b = values.value[octet(text, i + 1)],
                       c = values.value[octet(text, i + 2)], d = values.value[octet(text, i + 3)];
        wrong |= a | b | c | d;
        out[0] = static_cast<char>(a << 2 | b >> 4);
        out[1] = static_cast<char>(b << 4 | c >> 2);
        out[2] = static_cast<char>(c << 6 | d);
    }
    if (rest)
    {
        unsigned const a = values.value[octet(text, groups * 4)], b = values.value[octet(text, groups * 4 + 1)];
        unsigned const c = rest == 3 ? values.value[octet(text, groups * 4 + 2)] : 0u;
        wrong |= a | b | c;
        out[0] = static_cast<char>(a << 2 | b >> 4);
        if (rest == 3)
            out[1] = static_cast<char>(b << 4 | c >> 2);
        if ((rest == 2 ? b & 15u : c & 3u) != 0)  // bits left over
            return std::nullopt;
    }
    if (wrong & 64)
        return std::nullopt;
    return bytes;
}

OUTKIT_DEF std::optional<std::string> base64_decode(std::string_view text)
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    for (int padding = 2; padding != 0 && text.ends_with('='); --padding)
        text.remove_suffix(1);
    return base64_digits_decode(text, base64_values);
}

OUTKIT_DEF std::optional<std::string> base64url_decode(std::string_view text)
{
    return base64_digits_decode(text, base64url_values);
}

OUTKIT_DEF std::string hex_encode(std::string_view bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::size_t i = 0; i != bytes.size(); ++i)
    {
        text += digits[octet(bytes, i) >> 4];
        text += digits[octet(bytes, i) & 15];
    }
    return text;
}

// 16 for what is no digit.
constexpr unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return static_cast<unsigned>(c - 'A' + 10);
    return 16;
}

OUTKIT_DEF std::optional<std::string> hex_decode(std::string_view text)
{
    if (text.size() % 2 != 0)
        return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i != text.size(); i += 2)
    {
        unsigned const high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if ((high | low) & 16)
            return std::nullopt;
        bytes += static_cast<char>(high << 4 | low);
    }
    return bytes;
}

OUTKIT_DEF std::string form_encode(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    append_form_encoded(out, text);
    return out;
}

OUTKIT_DEF void append_form_encoded(std::string& out, std::string_view text)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        char const c = text[i];
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '*';
        if (plain)
            out += c;
        else if (c == ' ')
            out += '+';
        else
        {
            out += '%';
            out += digits[octet(text, i) >> 4];
            out += digits[octet(text, i) & 15];
        }
    }
}

OUTKIT_DEF std::optional<std::string> form_decode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        if (text[i] != '%')
        {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (text.size() - i < 3)
            return std::nullopt;
        unsigned const high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
        if ((high | low) & 16)
            return std::nullopt;
        out += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
