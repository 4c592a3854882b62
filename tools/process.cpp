#include "process.hpp"

#include "console.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace cli {

namespace {

sigset_t ending_signals(bool and_children)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    struct sigaction hang_up{};
    ::sigaction(SIGHUP, nullptr, &hang_up);
    if (hang_up.sa_handler != SIG_IGN)  // nohup
        sigaddset(&set, SIGHUP);
    if (and_children)
        sigaddset(&set, SIGCHLD);
    return set;
}

std::vector<std::string> merged(std::vector<std::string> const& variables)
{
    std::vector<std::string> all = variables;
    for (char** e = environ; *e; ++e)
    {
        std::string_view const entry(*e);
        std::string_view const name = entry.substr(0, entry.find('=') + 1);
        if (std::none_of(variables.begin(), variables.end(), [&](auto const& v) { return v.starts_with(name); }))
            all.emplace_back(entry);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string> const& texts)
{
    std::vector<char*> all;
    for (std::string const& t : texts)
        all.push_back(const_cast<char*>(t.c_str()));
    all.push_back(nullptr);
    return all;
}

}  // namespace

signals::signals()
{
    sigset_t const set = ending_signals(true);
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
}

signals::~signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int signals::wait() const
{
    sigset_t const set = ending_signals(false);
    int number = 0;
    while (::sigwait(&set, &number) != 0)
    {
    }
    return number;
}

std::optional<int> signals::pending() const
{
    sigset_t const set = ending_signals(false);
    timespec const now{};
    int const number = ::sigtimedwait(&set, nullptr, &now);
    return number > 0 ? std::optional<int>(number) : std::nullopt;
}

interruption::interruption(signals const&, std::function<bool()> last)
    : thread_([this, last = std::move(last)] {
          sigset_t const set = ending_signals(true);
          while (!over_)
          {
              int const number = ::sigwaitinfo(&set, nullptr);
              if (number <= 0 || number == SIGCHLD || over_ || !last())
                  continue;
              std::fflush(nullptr);
              std::_Exit(128 + number);
          }
      })
{
}

interruption::~interruption()
{
    over_ = true;
    ::pthread_kill(thread_.native_handle(), SIGCHLD);
    thread_.join();
}

int run_program(std::vector<std::string> const& command, std::vector<std::string> const& variables,
                signals const& caught)
{
    std::vector<std::string> const environment = merged(variables);
    std::vector<char*> const argv = pointers(command);
    std::vector<char*> const envp = pointers(environment);

    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setsigmask(&attributes, &caught.before());
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

    // The program may dump its core, if it could before.
    rlimit ours{};
    ::getrlimit(RLIMIT_CORE, &ours);
    rlimit const theirs{ours.rlim_max, ours.rlim_max};
    ::setrlimit(RLIMIT_CORE, &theirs);
    pid_t child = 0;
    int const problem = ::posix_spawnp(&child, argv[0], nullptr, &attributes, argv.data(), envp.data());
    ::setrlimit(RLIMIT_CORE, &ours);
    ::posix_spawnattr_destroy(&attributes);
    if (problem != 0)
        throw usage_error(printable(command.front()) + ": cannot be started: " + std::strerror(problem));

    sigset_t const set = ending_signals(true);
    for (;;)
    {
        int status = 0;
        pid_t const ended = ::waitpid(child, &status, WNOHANG);
        if (ended == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (ended < 0 && errno != EINTR)
            return failed;
        siginfo_t about{};
        int const number = ::sigwaitinfo(&set, &about);
        // The terminal sends its signals to the program as well; others go on from here.
        if (number > 0 && number != SIGCHLD && about.si_code <= 0)
            ::kill(child, number);
    }
}

}  // namespace cli
