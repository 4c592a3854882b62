#include "commands.hpp"
#include "console.hpp"
#include "proxies.hpp"
#include "sign_in.hpp"
#include "sign_ins.hpp"

#include <outkit/blocking.hpp>
#include <outkit/oauth2/client.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <utility>

// `outkit login`: signs somebody in, in the browser or on another device, and keeps the sign-in for `outkit token`.

namespace cli {

namespace {

namespace oauth2 = outkit::oauth2;
using outkit::error_code;

oauth2::token_response by_browser(application const& a, oauth2::client& client, outkit::blocking_context& io, bool open)
{
    oauth2::authorization_options o;
    o.scopes = a.scopes();
    o.login_hint = a.settings().user;
    error_code ec;
    oauth2::pending_authorization const pending = oauth2::begin_authorization(a.from(), a.app(), o, ec);
    if (ec)
        throw usage_error(ec.message());
    std::string said;
    oauth2::authorization_response const answer = in_browser(open)(pending, ec, said);
    if (ec)
        throw std::runtime_error(with_words(ec, said));
    if (answer.ec)
        throw std::runtime_error(with_words(answer.ec, answer.refusal.text()));
    auto tokens = client.async_redeem(oauth2::redemption::of(pending, answer), io.wait(ec));
    if (ec)
        throw std::runtime_error(with_words(ec, client.diagnostics()));
    return tokens;
}

oauth2::token_response by_device(application const& a, oauth2::client& client, outkit::blocking_context& io)
{
    error_code ec;
    oauth2::device_authorization device = client.async_begin_device(a.scopes(), io.wait(ec));
    if (ec)
        throw std::runtime_error(with_words(ec, client.diagnostics()));
    console err(stderr);
    for (std::string const& line : wrap(printable(device.message, 512), err.width()))
        err.line(line, style::strong);
    err.line();
    for (std::string const& line :
         wrap(fmt::format(
                  "Only if you have started this yourself: whoever has the code gets into the mailbox. It is for "
                  "the application {} at {}, which asks for: {}",
                  printable(a.settings().client_id, 64), printable(a.login(), 256), printable(a.scopes().text(), 1024)),
              err.width()))
        err.line(line, style::faint);
    err.flush();
    auto tokens = client.async_await_device(std::move(device), io.wait(ec));
    if (ec)
        throw std::runtime_error(with_words(ec, client.diagnostics()));
    return tokens;
}

}  // namespace

int login(login_options const& o)
{
    application const a(o.configuration, o.base_scope, chosen_proxies(o.proxy), outkit::check::principal::user);
    opened_store const kept_in = open_store(o.store);
    // Before somebody signs in for nothing. A damaged file makes room, but is not lost.
    error_code ec;
    std::string said;
    kept_in.store->accounts(ec, said);
    if (ec == oauth2::error::store_corrupt)
        console(stderr).line("outkit: " + with_words(ec, said) + "; it is kept as " + printable(kept_in.path) +
                                 ".corrupt-1 or a later number",
                             style::warning);
    else if (ec)
        throw std::runtime_error(with_words(ec, said));

    outkit::blocking_context io;
    oauth2::client client(a.stream(io.get_executor()), a.app(), a.from());
    oauth2::token_response tokens = o.device ? by_device(a, client, io) : by_browser(a, client, io, !o.no_browser);
    std::string const who = tokens.identity ? tokens.identity->preferred_username : "";

    oauth2::token_source source(a.stream(io.get_executor()), a.app(), a.from(), kept_in.store, {}, a.scopes());
    oauth2::account_id const id = source.async_keep(std::move(tokens), io.wait(ec));
    if (ec)
        throw std::runtime_error(with_words(ec, source.diagnostics()));

    console out(stdout);
    console err(stderr);
    if (o.format == format::json)
        out.line(boost::json::serialize(boost::json::object{{"user", printable(who, 256)},
                                                            {"tenant_id", id.tenant_id},
                                                            {"object_id", id.object_id},
                                                            {"client_id", id.client_id},
                                                            {"login", id.login},
                                                            {"store", printable(kept_in.path)}}));
    else
        out.line(fmt::format("signed in as {}; kept in {}", printable(who, 256), printable(kept_in.path)));
    out.flush();
    oauth2::stored_account signed_in;
    signed_in.id = id;
    signed_in.username = who;
    if (!a.settings().user.empty() && !is_meant(signed_in, a.settings().user))
        err.line(
            fmt::format("outkit: the configuration names {}, and {} has signed in: was the browser's other account "
                        "picked?",
                        printable(a.settings().user, 256), printable(who, 256)),
            style::warning);
    return out.good() ? passed : failed;
}

}  // namespace cli
