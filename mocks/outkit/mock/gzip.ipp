#ifndef OUTKIT_MOCK_GZIP_IPP
#define OUTKIT_MOCK_GZIP_IPP

#include <outkit/mock/gzip.hpp>

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>

#include <algorithm>
#include <cstdint>

namespace outkit::inline OUTKIT_ABI::mock {

namespace gzip_detail {

namespace zlib = boost::beast::zlib;

inline std::uint32_t check_sum(std::string_view text)
{
    boost::crc_32_type crc;
    crc.process_bytes(text.data(), text.size());
    return crc.checksum();
}

inline void append(std::string& out, std::uint32_t number)  // the least octet first
{
    for (int shift = 0; shift < 32; shift += 8)
        out += static_cast<char>(number >> shift & 0xff);
}

inline std::uint32_t number(std::string_view octets)
{
    std::uint32_t n = 0;
    for (std::size_t i = 4; i-- != 0;)
        n = n << 8 | static_cast<unsigned char>(octets[i]);
    return n;
}

// What follows the header of one member, or nothing.
inline std::optional<std::string_view> without_header(std::string_view text)
{
    constexpr unsigned has_check = 2, has_extra = 4, has_name = 8, has_comment = 16;
    if (text.size() < 18 || !text.starts_with("\x1f\x8b\x08"))
        return std::nullopt;
    unsigned const flags = static_cast<unsigned char>(text[3]);
    std::size_t at = 10;
    if (flags & has_extra)
        at += 2u + static_cast<unsigned char>(text[at]) + 256u * static_cast<unsigned char>(text[at + 1]);
    for (unsigned const one : {has_name, has_comment})
        if (flags & one && at < text.size())
        {
            std::size_t const end = text.find('\0', at);
            at = end == text.npos ? text.size() : end + 1;
        }
    if (flags & has_check)
        at += 2;
    if (flags >= 32 || at + 8 > text.size())
        return std::nullopt;
    return text.substr(at);
}

}  // namespace gzip_detail

OUTKIT_INLINE std::string gzip(std::string_view plain)
{
    namespace d = gzip_detail;
    d::zlib::deflate_stream deflate;
    std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    std::size_t const begin = out.size();
    out.resize(begin + deflate.upper_bound(plain.size()) + 16);
    d::zlib::z_params z;
    z.next_in = plain.data();
    z.avail_in = plain.size();
    z.next_out = out.data() + begin;
    z.avail_out = out.size() - begin;
    boost::beast::error_code ec;
    deflate.write(z, d::zlib::Flush::finish, ec);
    out.resize(out.size() - z.avail_out);
    d::append(out, d::check_sum(plain));
    d::append(out, static_cast<std::uint32_t>(plain.size()));
    return out;
}

OUTKIT_INLINE std::optional<std::string> gunzip(std::string_view packed, std::size_t most)
{
    namespace d = gzip_detail;
    auto const body = d::without_header(packed);
    if (!body)
        return std::nullopt;
    d::zlib::inflate_stream inflate;
    d::zlib::z_params z;
    z.next_in = body->data();
    z.avail_in = body->size();
    std::string out;
    for (boost::beast::error_code ec; ec != d::zlib::error::end_of_stream;)
    {
        std::size_t const had = out.size();
        if (had == most)
            return out;
        out.resize(std::min(most, std::max<std::size_t>(2 * had, 16 * 1024)));
        z.next_out = out.data() + had;
        z.avail_out = out.size() - had;
        inflate.write(z, d::zlib::Flush::none, ec);
        out.resize(out.size() - z.avail_out);
        if (ec && ec != d::zlib::error::end_of_stream && ec != d::zlib::error::need_buffers)
            return std::nullopt;
        if (out.size() == had && ec != d::zlib::error::end_of_stream)
            return std::nullopt;  // cut
    }
    // The stream may have read an octet too many: the check sum knows.
    std::string_view const trailer = body->substr(body->size() - 8);
    if (z.avail_in > 8 || d::number(trailer) != d::check_sum(out) ||
        d::number(trailer.substr(4)) != static_cast<std::uint32_t>(out.size()))
        return std::nullopt;
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
