#ifndef OUTKIT_DETAIL_TRANSPORT_HPP
#define OUTKIT_DETAIL_TRANSPORT_HPP

#include <outkit/config.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::detail {

// What has to come about before an operation can go on.
enum class need
{
    nothing,
    readable,
    writable
};

// Moves bytes without waiting: a socket, or a pipe in memory.
class transport
{
public:
    virtual ~transport() = default;
    virtual need read_some(std::span<char> into, std::size_t& n, error_code& ec) = 0;  // n == 0: end of file
    virtual need write_some(std::string_view from, std::size_t& n, error_code& ec) = 0;
    virtual need input(error_code& ec) = 0;  // is there anything to read, or the end?
};

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
