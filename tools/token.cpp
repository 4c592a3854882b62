#include "commands.hpp"
#include "console.hpp"
#include "proxies.hpp"
#include "sign_ins.hpp"

#include <outkit/blocking.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

// `outkit token`: an access token on standard output, for programs that can run a command for one: mutt, mbsync, msmtp,
// git send-email, fetchmail. Renewed where it must be, once for all programs that ask at the same time.

namespace cli {

int token(account_options const& o)
{
    application const a(o);
    outkit::blocking_context io;
    account_tokens const tokens = tokens_of(a, o, io.get_executor());
    outkit::error_code ec;
    outkit::access_token const t = tokens.source->async_token(io.wait(ec));
    if (ec)
        no_token(o, *tokens.source, ec);
    if (tokens.source->store_trouble())
        console(stderr).line("outkit: the token is good, but the renewed sign-in could not be kept: " +
                                 with_words(tokens.source->store_trouble(), tokens.source->store_diagnostics()),
                             style::warning);
    console out(stdout);
    if (o.format == format::json)
        out.line(boost::json::serialize(boost::json::object{{"access_token", t.reveal()}}));
    else
        out.line(t.reveal());
    out.flush();
    return out.good() ? passed : failed;
}

}  // namespace cli
