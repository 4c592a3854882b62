#include "proxies.hpp"

#include "console.hpp"

#include <cstdlib>
#include <utility>

namespace cli {

namespace {

char const* variable(char const* name) { return std::getenv(name); }

}  // namespace

outkit::proxy_settings chosen_proxies(std::string const& option)
{
    outkit::error_code ec;
    if (option.empty())
    {
        auto chosen = outkit::proxy_settings::from_environment(variable, ec);
        if (ec)
            throw usage_error("https_proxy or all_proxy: " + ec.message());
        return chosen;
    }
    outkit::proxy p = outkit::parse_proxy(option, ec);
    if (ec)
        throw usage_error("--proxy: " + ec.message());
    if (!p.password.empty())
        throw usage_error(
            "--proxy: others can read a command line; set the environment variable https_proxy to the URL with "
            "the password instead");
    char const* except = variable("no_proxy");
    if (!except)
        except = variable("NO_PROXY");
    return outkit::proxy_settings(std::move(p), except ? except : "");
}

}  // namespace cli
