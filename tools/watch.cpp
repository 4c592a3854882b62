#include "commands.hpp"
#include "console.hpp"
#include "mailbox.hpp"

#include <cstdio>

// `outkit watch`: a line for each message that arrives, as it arrives, until it is interrupted.

namespace cli {

int watch(watch_options const& o)
{
    mailbox_access a(o);
    auto const box = open_mailbox(a);
    console out(stdout);
    unsigned seen = 0;
    box->watch(
        o.folder, std::chrono::seconds(o.every),
        [] { console(stderr).line("outkit: waiting for new messages; Ctrl-C ends it", style::faint); },
        [&](summary const& m) {
            out.line(o.format == format::json ? as_json(m) : one_line(m, out.width()));
            out.flush();  // programs read it line by line
            return out.good() && ++seen != o.count;
        });
    return out.good() ? passed : failed;
}

}  // namespace cli
