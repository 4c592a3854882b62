#ifndef OUTKIT_TOOLS_COMMAND_LINE_HPP
#define OUTKIT_TOOLS_COMMAND_LINE_HPP

#include <functional>

namespace cli {

// What the arguments ask for, as something that carries it out and returns the exit code. Nothing has been done before that is
// called. Throws usage_error, which has a suggestion and no argument's value, since people paste secrets.
std::function<int()> read_command_line(int argc, char const* const* argv);

}  // namespace cli

#endif
