#ifndef OUTKIT_TOOLS_PROCESS_HPP
#define OUTKIT_TOOLS_PROCESS_HPP

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>

namespace cli {

// While it lives, SIGINT, SIGTERM and SIGHUP end nothing by themselves: they wait to be looked at. Made before other
// threads are, so that these do not get them either.
class signals
{
public:
    signals();
    ~signals();
    signals(signals const&) = delete;

    // Waits for one of them, and returns its number.
    int wait() const;
    // The number of one that has come, if any.
    std::optional<int> pending() const;

    sigset_t const& before() const { return before_; }

private:
    sigset_t before_;
};

// Ends the process when one of the signals comes, with exit code 128 and its number: what `last` does is done before, in a
// thread of its own, while the rest of the process goes on. When `last` returns false, the signal came too late and nothing
// happens.
class interruption
{
public:
    interruption(signals const& caught, std::function<bool()> last);
    ~interruption();
    interruption(interruption const&) = delete;

private:
    std::atomic<bool> over_{false};
    std::thread thread_;
};

// Runs a program to its end, with further variables in its environment, and returns its exit code; 128 and the number when
// a signal ended it. Signals sent to this process are passed on. Throws usage_error when it cannot be started.
int run_program(std::vector<std::string> const& command, std::vector<std::string> const& variables,
                signals const& caught);

}  // namespace cli

#endif
