#ifndef OUTKIT_TOOLS_COMMANDS_HPP
#define OUTKIT_TOOLS_COMMANDS_HPP

#include <cstdint>
#include <string>
#include <vector>

// The subcommands: their options, as outkit.cpp reads them from the command line, and what carries them out. Each returns
// the exit code and may throw usage_error.

namespace cli {

enum class format
{
    text,
    json
};

struct explain_options
{
    std::vector<std::string> words = {};  // empty, or "-": standard input
    cli::format format = format::text;
};
int explain(explain_options const& o);

}  // namespace cli

#endif
