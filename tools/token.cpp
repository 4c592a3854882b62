#include "commands.hpp"
#include "console.hpp"
#include "proxies.hpp"
#include "sign_ins.hpp"

#include <outkit/blocking.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <utility>

// `outkit token`: an access token on standard output, for programs that can run a command for one: mutt, mbsync, msmtp,
// git send-email, fetchmail. Renewed where it must be, once for all programs that ask at the same time.

namespace cli {

namespace {

namespace oauth2 = outkit::oauth2;
using outkit::error_code;

// The one account that is meant.
oauth2::account_id chosen_account(application const& a, opened_store const& in, token_options const& o)
{
    std::string const wanted = o.account.empty() ? a.settings().user : o.account;
    std::vector<oauth2::stored_account> const all = a.accounts(in);
    std::string names;
    oauth2::stored_account const* found = nullptr;
    std::size_t count = 0;
    for (oauth2::stored_account const& one : all)
    {
        names += (names.empty() ? "" : ", ") + name_of(one);
        if (!wanted.empty() && !is_meant(one, wanted))
            continue;
        found = &one;
        ++count;
    }
    if (count == 1)
        return found->id;
    std::string const how = "outkit login --config " + printable(o.configuration);
    if (all.empty())
        throw std::runtime_error("nobody is signed in for this configuration; run: " + how);
    if (count == 0)
        throw std::runtime_error(fmt::format("{} is not signed in for this configuration, only {}; run: {}",
                                             printable(wanted, 256), names, how));
    throw usage_error(fmt::format("several accounts are signed in: {}; say which one with --account", names));
}

}  // namespace

int token(token_options const& o)
{
    application const a(o.configuration, o.base_scope, chosen_proxies(o.proxy),
                        o.app ? outkit::check::principal::application : outkit::check::principal::user);
    outkit::blocking_context io;
    std::unique_ptr<oauth2::token_source> source;
    if (o.app)
        source = std::make_unique<oauth2::token_source>(a.stream(io.get_executor()), a.app(), a.from(),
                                                        oauth2::app_scopes_for(a.settings().base_scope, a.cloud()));
    else
    {
        opened_store const in = open_store(o.store);
        oauth2::account_id const id = chosen_account(a, in, o);
        source = std::make_unique<oauth2::token_source>(a.stream(io.get_executor()), a.app(), a.from(), in.store, id,
                                                        a.scopes());
    }
    error_code ec;
    outkit::access_token const t = source->async_token(io.wait(ec));
    if (ec)
    {
        std::string said = with_words(ec, source->diagnostics());
        if (!o.app && ec == outkit::condition::interaction_required)
            said += "\noutkit: run: outkit login --config " + printable(o.configuration);
        throw std::runtime_error(said);
    }
    if (source->store_trouble())
        console(stderr).line("outkit: the token is good, but the renewed sign-in could not be kept: " +
                                 with_words(source->store_trouble(), source->store_diagnostics()),
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
