#ifndef OUTKIT_MOCK_CLOCK_HPP
#define OUTKIT_MOCK_CLOCK_HPP

#include <outkit/detail/asio.hpp>
#include <outkit/detail/environment.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mock {

// The clock of a world: it goes with the system's, and can be moved. All timers of the mocks wait for it; moving it
// rings those that are due, in order. Used on the world's executor only.
class clock
{
public:
    explicit clock(asio::any_io_executor ex) : timer_(std::move(ex)) {}

    detail::time_point now() const { return std::chrono::steady_clock::now() + moved_; }
    detail::wall_time date() const;

    // Makes the next date() this one; nobody who waits is woken by it.
    void set_date(detail::wall_time date);

    // Moves to the next time somebody waits for, not beyond `limit`, and rings; false when nobody waits until then,
    // and the clock stands at the limit.
    bool step(detail::time_point limit);

    void set(detail::alarm& a, detail::time_point when);
    void drop(detail::alarm& a);

private:
    using key = std::pair<detail::time_point, std::uint64_t>;
    void ring_due();
    void arm();
    void move_to(detail::time_point t);

    asio::steady_timer timer_;
    std::map<key, detail::alarm*> agenda_;
    std::map<detail::alarm*, key> set_;
    std::chrono::nanoseconds moved_{0};
    std::chrono::nanoseconds date_moved_{0};
    std::uint64_t sequence_ = 0;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/clock.ipp>
#endif

#endif
