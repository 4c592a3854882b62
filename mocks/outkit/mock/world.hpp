#ifndef OUTKIT_MOCK_WORLD_HPP
#define OUTKIT_MOCK_WORLD_HPP

#include <outkit/mock/certificates.hpp>
#include <outkit/mock/clock.hpp>
#include <outkit/mock/directory.hpp>
#include <outkit/mock/faults.hpp>
#include <outkit/mock/journal.hpp>
#include <outkit/mock/keys.hpp>
#include <outkit/mock/mailbox.hpp>
#include <outkit/mock/outgoing.hpp>
#include <outkit/mock/policy.hpp>

#include <outkit/detail/asio.hpp>
#include <outkit/detail/environment.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <random>
#include <thread>
#include <type_traits>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mock {

/** An offline Outlook: who there is, what is in the mailboxes, what is allowed, what time it is.

    The servers are views of it: whatever they answer comes from here. World and servers share one executor. As long as
    no thread has been started, the caller runs `context()` and may touch everything; afterwards access from outside
    goes through run(), so that a blocking client in a test case just works.
*/
class world final : public detail::environment
{
public:
    /// `seed` 0: random values come from OpenSSL; else they repeat from run to run.
    explicit world(std::uint64_t seed = 0);
    /// Ends the thread, if one was started. Servers must be gone before.
    ~world();
    world(world const&) = delete;

    asio::io_context& context() { return context_; }
    asio::any_io_executor get_executor() { return context_.get_executor(); }

    /// Runs the world on a thread of its own from now on.
    void start_thread();

    /// Runs `f` where the world runs, and returns what it returns (also by exception).
    template <class F>
    auto run(F f) -> std::invoke_result_t<F&>
    {
        using result = std::invoke_result_t<F&>;
        if (!thread_.joinable() || std::this_thread::get_id() == thread_.get_id())
            return f();
        // No std::packaged_task: libstdc++ makes one by a static function, which g++ emits wherever this is included.
        std::promise<result> promise;
        auto answer = promise.get_future();
        asio::post(context_, [&f, promise = std::move(promise)]() mutable {
            try
            {
                if constexpr (std::is_void_v<result>)
                {
                    f();
                    promise.set_value();
                }
                else
                    promise.set_value(f());
            }
            catch (...)
            {
                promise.set_exception(std::current_exception());
            }
        });
        return answer.get();
    }

    /// Moves the clock on; timers that are due on the way ring in order, and what they wake runs in between.
    void advance(std::chrono::nanoseconds d);

    detail::time_point now() const override { return clock.now(); }
    detail::wall_time date() const override { return clock.date(); }
    OUTKIT_INLINE void random(std::span<unsigned char> fill) override;
    bool set_alarm(detail::alarm& a, detail::time_point when) override
    {
        clock.set(a, when);
        return true;
    }
    void drop_alarm(detail::alarm& a) override { clock.drop(a); }
    /// Whoever is called is on this machine: no name is looked up.
    detail::host_port route(detail::host_port to) override { return {to.host == "::1" ? "::1" : "127.0.0.1", to.port}; }

private:
    asio::io_context context_{1};
    std::mt19937_64 dice_;
    bool seeded_;

public:
    mock::clock clock;
    mock::journal journal;
    mock::faults faults;
    mock::directory directory;
    mock::mailbox_store mailboxes;
    mock::policy policy;
    mock::certificates certificates;
    mock::signing_keys keys;
    mock::outgoing outgoing;

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/outgoing.ipp>
#include <outkit/mock/world.ipp>
#endif

#endif
