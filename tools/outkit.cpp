#include "command_line.hpp"
#include "console.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

namespace {

void complain(std::string_view what)
{
    std::fflush(stdout);
    cli::console err(stderr);
    err.write("outkit: ", cli::style::bad);
    err.line(what);
}

}  // namespace

int main(int argc, char** argv)
{
    bool const allow_core = std::getenv("OUTKIT_ALLOW_CORE") != nullptr;
    cli::prepare_process(allow_core);
    try
    {
        return cli::read_command_line(argc, argv)();
    }
    catch (cli::usage_error const& e)
    {
        complain(e.what());
        return cli::usage;
    }
    catch (std::exception const& e)
    {
        complain(cli::printable(e.what(), 512));
        return cli::failed;
    }
}
