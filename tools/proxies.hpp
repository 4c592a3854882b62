#ifndef OUTKIT_TOOLS_PROXIES_HPP
#define OUTKIT_TOOLS_PROXIES_HPP

#include <outkit/proxy.hpp>

#include <string>

namespace cli {

// The proxies of all connections that a command makes: what --proxy says, or else https_proxy and all_proxy; except those in
// no_proxy in either case. Throws usage_error for a proxy that is none, and for a password in the option, since others can
// read a command line.
outkit::proxy_settings chosen_proxies(std::string const& option);

}  // namespace cli

#endif
