#ifndef OUTKIT_DETAIL_ENVIRONMENT_HPP
#define OUTKIT_DETAIL_ENVIRONMENT_HPP

#include <outkit/config.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace outkit::inline OUTKIT_ABI::detail {

using time_point = std::chrono::steady_clock::time_point;  // for deadlines and sleeping; never jumps
using wall_time = std::chrono::system_clock::time_point;   // for what is written down: token expiry, Date:
inline constexpr time_point never = time_point::max();

struct host_port
{
    std::string host;
    std::uint16_t port = 0;
};

// What a flow and its driver know of the world besides the connection.
class environment
{
public:
    virtual ~environment() = default;
    virtual time_point now() const = 0;
    virtual wall_time date() const = 0;
    virtual void random(std::span<unsigned char> fill) = 0;
    virtual host_port route(host_port to) { return to; }  // where to dial; names in certificates stay as asked for
};

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
