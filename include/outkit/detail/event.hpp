#ifndef OUTKIT_DETAIL_EVENT_HPP
#define OUTKIT_DETAIL_EVENT_HPP

#include <outkit/config.hpp>

#include <cstdint>
#include <utility>

namespace outkit::inline OUTKIT_ABI::detail {

// Something flows can wait for besides input: "the mailbox has changed", "stop idling", "there is a
// new token". Notifying never runs a flow at once. Everything happens on one executor; another
// thread posts its notify().
class event
{
public:
    event() = default;
    event(event const&) = delete;
    ~event()
    {
        while (first_)
            first_->stop_waiting();
    }

    void notify()
    {
        ++count_;
        while (first_)
        {
            waiter* const w = first_;
            w->stop_waiting();
            w->wake();
        }
    }

    // Remembers what its owner has seen. Make it before looking at what the event is about: then
    // nothing is missed, however many watch. Several notifications may be seen as one.
    class watch
    {
    public:
        explicit watch(event& e) : event_(&e), seen_(e.count_) {}
        bool pending() const { return seen_ != event_->count_; }
        void take() { seen_ = event_->count_; }

    private:
        friend class event;
        event* event_;
        std::uint64_t seen_;
    };

    // A driver whose flow waits. Latest first, so that simulations repeat exactly.
    class waiter
    {
    public:
        void wait_for(watch& w)
        {
            stop_waiting();
            at_ = &w.event_->first_;
            next_ = std::exchange(*at_, this);
            if (next_)
                next_->at_ = &next_;
        }
        void stop_waiting()
        {
            if (!at_)
                return;
            *at_ = next_;
            if (next_)
                next_->at_ = at_;
            at_ = nullptr;
            next_ = nullptr;
        }

    protected:
        ~waiter() { stop_waiting(); }

    private:
        friend class event;
        virtual void wake() = 0;
        waiter* next_ = nullptr;
        waiter** at_ = nullptr;  // the pointer that points here
    };

private:
    waiter* first_ = nullptr;
    std::uint64_t count_ = 0;
};

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
