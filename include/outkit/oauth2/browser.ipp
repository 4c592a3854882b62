#ifndef OUTKIT_OAUTH2_BROWSER_IPP
#define OUTKIT_OAUTH2_BROWSER_IPP

#include <outkit/http/url.hpp>
#include <outkit/oauth2/browser.hpp>

#include <thread>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF void open_browser(std::string_view url, error_code& ec, std::string const& program)
{
    // What RFC 3986 does not allow in a URL at all is escaped; '%' stays, as it begins an escape.
    std::string escaped;
    for (char const c : url)
        if (c > 0x20 && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos)
            escaped += c;
        else
        {
            static constexpr char digits[] = "0123456789ABCDEF";
            escaped += {'%', digits[static_cast<unsigned char>(c) >> 4], digits[c & 15]};
        }
    http::url const parsed = http::parse_url(escaped, ec, http::url_schemes::https_or_loopback_http);
    if (ec)
    {
        ec = error::not_openable;
        return;
    }
    std::string argument = parsed.text();  // begins with "http", so never with a dash
    std::string name = program;
    char* const arguments[] = {name.data(), argument.data(), nullptr};

    // The program's words do not belong into our output.
    posix_spawn_file_actions_t actions;
    bool good = posix_spawn_file_actions_init(&actions) == 0;
    for (int const fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        good = good && posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0) == 0;
    // Nor does our way with signals, or a Ctrl-C that is for us, concern it.
    posix_spawnattr_t attributes;
    good = posix_spawnattr_init(&attributes) == 0 && good;
    sigset_t none;
    sigemptyset(&none);
    sigset_t defaults = none;
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    pid_t child = 0;
    good = good && posix_spawnp(&child, name.c_str(), &actions, &attributes, arguments, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (!good)
    {
        ec = error::browser_unavailable;
        return;
    }
    std::thread([child] { waitpid(child, nullptr, 0); }).detach();  // it may run as long as the browser does
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
