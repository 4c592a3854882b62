#include <outkit/check/checks.hpp>

#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "offline.hpp"
#include "render.hpp"
#include "sign_in.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <utility>

// `outkit check`: each step from a configuration to the connected mailbox, and the cause when one fails.

namespace cli {

namespace {

namespace account = outkit::account;
using outkit::account::base_scope;

void conclude(console& out, outkit::check::report const& r)
{
    out.line();
    if (r.passed())
    {
        out.write("passed", style::good);
        out.line(fmt::format(": {} ({})", account::name(r.mailbox.state()), account::trace(r.mailbox)));
        return;
    }
    out.write("failed", style::bad);
    out.line(fmt::format(": {} ({})", account::name(r.mailbox.state()), account::trace(r.mailbox)));
}

}  // namespace

int check(check_options const& o)
{
    if (!o.mock && !(o.scenario.empty() && o.world_file.empty()))
        throw usage_error("--scenario and --world are for --mock");
    if (o.configuration.empty() && !o.mock)
        throw usage_error("check needs a configuration: outkit check --config FILE, or --mock for an offline one");
    if (!o.configuration.empty() && !o.scenario.empty())
        throw usage_error("--scenario brings a configuration of its own; leave --config out");

    std::optional<account::settings> given;
    if (!o.configuration.empty())
        given = read_configuration(o.configuration);

    std::optional<offline> world;
    account::settings settings;
    outkit::check::options how;
    bool full_addresses = o.full_addresses;
    if (o.mock)
    {
        offline_options wanted;
        wanted.world_file = o.world_file;
        wanted.scenario = o.scenario;
        world.emplace(wanted);
        account::settings filled = o.base_scope.empty()
                                       ? world->settings()
                                       : world->settings(o.base_scope == "api" ? base_scope::api : base_scope::imap);
        if (given)
        {
            settings = std::move(*given);
            settings.endpoints = filled.endpoints;
            settings.authorities_file = filled.authorities_file;
        }
        else
        {
            settings = std::move(filled);
            settings.redirect_uri = with_port(settings.redirect_uri, free_port());
        }
        how.sign_in = by_form(world->user(), world->password(), world->ca_file());
        full_addresses = true;  // nobody's
    }
    else
    {
        settings = std::move(*given);
        how.sign_in = in_browser(!o.no_browser);
    }
    how.send = o.send;
    how.only = o.only;

    console out(stdout);
    console err(stderr);
    renderer text(out, err, full_addresses);
    if (o.format == format::text)
    {
        text.heading(fmt::format("outkit check, base scope {}", account::name(settings.base_scope)));
        how.watch = text.observer();
    }
    outkit::check::report const r = outkit::check::run(settings, how);
    if (o.format == format::json)
        out.line(outkit::check::to_json(r, full_addresses));
    else
        conclude(out, r);
    out.flush();
    return r.passed() && out.good() ? passed : failed;
}

}  // namespace cli
