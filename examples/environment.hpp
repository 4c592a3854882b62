#ifndef OUTKIT_EXAMPLES_ENVIRONMENT_HPP
#define OUTKIT_EXAMPLES_ENVIRONMENT_HPP

#include <outkit/secret.hpp>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

// The examples ask their environment where the servers are. Without it they talk to the real service; in
//
//     outkit mock --exec -- sh -c 'sign_in imap token && OUTKIT_ACCESS_TOKEN_FILE=token imap_newest'
//
// they talk to the mock, which sets all of it but the token's file.

namespace example {

inline std::string setting(char const* name, std::string otherwise = {})
{
    char const* const value = std::getenv(name);
    return value ? value : otherwise;
}

inline std::uint16_t port(char const* name, std::uint16_t otherwise)
{
    std::string const value = setting(name);
    return value.empty() ? otherwise : static_cast<std::uint16_t>(std::stoul(value));
}

inline std::string required(char const* name)
{
    std::string value = setting(name);
    if (value.empty())
        throw std::runtime_error(std::string(name) + " is not set");
    return value;
}

// A token is never on the command line, where others could read it.
inline outkit::access_token token()
{
    std::string const file = required("OUTKIT_ACCESS_TOKEN_FILE");
    std::ifstream in(file);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    if (text.empty())
        throw std::runtime_error(file + " has no token; make one with the example sign_in");
    return outkit::access_token(std::move(text));
}

}  // namespace example

#endif
