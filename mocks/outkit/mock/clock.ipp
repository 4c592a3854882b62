#ifndef OUTKIT_MOCK_CLOCK_IPP
#define OUTKIT_MOCK_CLOCK_IPP

#include <outkit/mock/clock.hpp>

namespace outkit::inline OUTKIT_ABI::mock {

OUTKIT_INLINE detail::wall_time clock::date() const
{
    auto const moved = std::chrono::duration_cast<detail::wall_time::duration>(moved_ + date_moved_);
    return std::chrono::system_clock::now() + moved;
}

OUTKIT_INLINE void clock::set_date(detail::wall_time date) { date_moved_ += date - clock::date(); }

OUTKIT_INLINE void clock::move_to(detail::time_point t)
{
    if (t > now())
        moved_ += t - now();
}

OUTKIT_INLINE bool clock::step(detail::time_point limit)
{
    if (agenda_.empty() || agenda_.begin()->first.first > limit)
    {
        move_to(limit);
        arm();
        return false;
    }
    auto const node = agenda_.extract(agenda_.begin());
    move_to(node.key().first);
    set_.erase(node.mapped());
    arm();
    node.mapped()->ring();
    return true;
}

OUTKIT_INLINE void clock::set(detail::alarm& a, detail::time_point when)
{
    drop(a);
    key const k{when, ++sequence_};
    agenda_.emplace(k, &a);
    set_.emplace(&a, k);
    if (agenda_.begin()->second == &a)
        arm();
}

OUTKIT_INLINE void clock::drop(detail::alarm& a)
{
    auto const found = set_.find(&a);
    if (found == set_.end())
        return;
    agenda_.erase(found->second);
    set_.erase(found);
}

OUTKIT_INLINE void clock::ring_due()
{
    while (!agenda_.empty() && agenda_.begin()->first.first <= now())
        step(agenda_.begin()->first.first);
    arm();
}

// Has the system's timer wait for the first alarm. An alarm that is dropped leaves it set: it finds nothing due.
OUTKIT_INLINE void clock::arm()
{
    if (agenda_.empty())
    {
        timer_.cancel();
        return;
    }
    timer_.expires_at(agenda_.begin()->first.first - moved_);
    timer_.async_wait([this](error_code ec) {
        if (!ec)
            ring_due();
    });
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
