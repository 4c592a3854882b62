#ifndef OUTKIT_TOOLS_SIGN_IN_HPP
#define OUTKIT_TOOLS_SIGN_IN_HPP

#include "offline.hpp"

#include <outkit/check/checks.hpp>

#include <cstdint>
#include <string>

// How somebody signs in: both ways, the answer comes to the redirect URI over HTTP, where the redirect listener waits.

namespace cli {

// In the person's browser. `open` false: only prints the address to standard error.
outkit::check::sign_in_function in_browser(bool open);

// At an offline world, by its own HTML forms: fetched and posted over HTTPS as a browser does.
outkit::check::sign_in_function by_form(std::string user, std::string password, std::string ca_file);

// The redirect URI with another port: one of the loopback matches whatever its port is (RFC 8252 section 7.3).
std::string with_port(std::string const& redirect_uri, std::uint16_t port);

// A port of the loopback that is free at present.
std::uint16_t free_port();

}  // namespace cli

#endif
