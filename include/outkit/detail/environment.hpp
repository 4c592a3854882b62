#ifndef OUTKIT_DETAIL_ENVIRONMENT_HPP
#define OUTKIT_DETAIL_ENVIRONMENT_HPP

#include <outkit/config.hpp>
#include <outkit/detail/files.hpp>

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

// Something that is rung once when its time has come.
class alarm
{
public:
    virtual void ring() = 0;

protected:
    ~alarm() = default;
};

// What a flow and its driver know of the world besides the connection.
class environment
{
public:
    virtual ~environment() = default;
    virtual time_point now() const = 0;
    virtual wall_time date() const = 0;
    virtual void random(std::span<unsigned char> fill) = 0;
    virtual files& disk() { return real_files(); }

    // Where to dial; names in certificates stay as asked for.
    virtual host_port route(host_port to) { return to; }

    // A world with a clock of its own rings alarms itself, in order, on the driver's executor. False: it has none,
    // and the driver takes the system's timer.
    virtual bool set_alarm(alarm&, time_point) { return false; }
    virtual void drop_alarm(alarm&) {}
};

// The system's clocks and OpenSSL's randomness.
OUTKIT_DECL environment& real_environment();

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/environment.ipp>
#endif

#endif
