#ifndef OUTKIT_TOOLS_CONFIG_HPP
#define OUTKIT_TOOLS_CONFIG_HPP

#include <outkit/account/types.hpp>

#include <string>
#include <string_view>

// The configuration file: JSON, strict. What is wrong is said with file, line, field and what was expected, as a
// cli::usage_error.

namespace cli {

inline constexpr std::size_t most_configuration_octets = 1024 * 1024;
inline constexpr std::size_t most_secret_octets = 4096;
inline constexpr char const* secret_variable = "OUTKIT_CLIENT_SECRET";

// Whether the application of a configuration is registered already, so that it has a client_id.
enum class registration
{
    made,
    wanted
};

// Reads a configuration file. Relative paths in it count from its folder. The client secret comes from client_secret,
// client_secret_file or, when neither is there, the environment variable, which is removed from the environment.
outkit::account::settings read_configuration(std::string const& path, registration there = registration::made);

// The same from text, `path` being what messages call it. `exposed`: others may read the file, so that it must not have a
// secret (except one of a mock).
outkit::account::settings parse_configuration(std::string_view text, std::string const& path, bool exposed,
                                              registration there = registration::made);

// The text of a regular file, at most `limit` octets; no FIFO or device is waited for. `exposed`: set when others than its
// owner may read or change it.
std::string read_file(std::string const& path, std::size_t limit, bool& exposed);

// All of it, for what a pipe brings.
std::string read_standard_input(std::size_t limit);

// The settings as a configuration file, ending in a line feed. With the secret in it, or, if `secret_file` is not empty, with
// the name of the file that has it.
std::string to_json(outkit::account::settings const& s, std::string const& secret_file = {});

// Writes a file that only its owner may read, whole or not at all. Throws std::runtime_error.
void write_private_file(std::string const& path, std::string_view text);

}  // namespace cli

#endif
