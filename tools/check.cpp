#include <outkit/check/checks.hpp>
#include <outkit/check/plan.hpp>

#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "offline.hpp"
#include "process.hpp"
#include "proxies.hpp"
#include "render.hpp"
#include "sign_in.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// `outkit check`: each step from a configuration to the connected mailbox, and the cause when one fails.

namespace cli {

namespace {

namespace account = outkit::account;
using outkit::account::base_scope;

void print(outkit::check::report const& r, console& out, renderer& text, format f, bool full_addresses)
{
    switch (f)
    {
    case format::text: text.report(r); break;
    case format::json: out.line(outkit::check::to_json(r, full_addresses)); break;
    case format::junit: out.write(outkit::check::to_junit(r, full_addresses)); break;
    case format::html: out.write(outkit::check::to_html(r, full_addresses)); break;
    }
    out.flush();
}

int print_plan(account::settings const& settings, bool send, format f)
{
    auto const all = outkit::check::plan(settings, send);
    console out(stdout);
    if (f == format::json)
    {
        boost::json::array requests;
        for (outkit::check::planned_request const& r : all)
            requests.push_back({{"step", r.step}, {"server", r.server}, {"request", r.what}});
        out.line(boost::json::serialize(boost::json::object{{"requests", std::move(requests)}}));
    }
    else
    {
        std::string_view before;
        for (outkit::check::planned_request const& r : all)
        {
            if (r.server != before)
                out.line(printable(r.server), style::strong);
            before = r.server;
            out.line(fmt::format("  {:<14}{}", r.step, printable(r.what)));
        }
        out.line(
            fmt::format("{} requests, and the pages of the sign-in in the browser. Nothing was sent.", all.size()));
    }
    out.flush();
    return out.good() ? passed : failed;
}

// A misspelt step would be passed over in silence.
void check_only(std::string const& only, base_scope scope)
{
    auto const known = outkit::check::step_ids(scope);
    std::vector<std::string_view> const steps(known.begin(), known.end());
    if (std::any_of(steps.begin(), steps.end(), [&](std::string_view s) { return s.starts_with(only); }))
        return;
    std::string said = fmt::format("--only {}: with base scope {} there is no step of this name", printable(only, 64),
                                   account::name(scope));
    if (std::string_view const better = closest(only, steps); !better.empty())
        said += fmt::format("; did you mean {}?", better);
    throw usage_error(said);
}

// What has been found so far: the report, when a signal ends the run.
class progress
{
public:
    explicit progress(base_scope scope) { report_.base_scope = scope; }

    outkit::check::observer observer(outkit::check::observer further)
    {
        return {[this, begins = further.begins](outkit::check::step const& s) {
                    {
                        std::lock_guard const lock(mutex_);
                        current_ = s;
                    }
                    if (begins)
                        begins(s);
                },
                [this, ended = further.ended](outkit::check::step const& s) {
                    std::lock_guard const lock(mutex_);  // a step's text is not cut off in its middle
                    report_.steps.push_back(s);
                    current_.reset();
                    if (ended)
                        ended(s);
                }};
    }

    // The run is over, and prints the report itself while it holds the lock.
    std::unique_lock<std::mutex> finish()
    {
        std::unique_lock lock(mutex_);
        finished_ = true;
        return lock;
    }

    // Prints what there is, and keeps the lock, since the process is about to end. False: all has been printed.
    bool interrupted(console& out, console& err, renderer& text, format f, bool full_addresses)
    {
        std::unique_lock lock(mutex_);
        if (finished_)
            return false;
        outkit::check::step s = current_.value_or(outkit::check::step());
        if (!current_)
            s.id = s.title = "settings";
        s.result = outkit::check::outcome::failed;
        s.problem = "interrupted";
        report_.steps.push_back(s);
        print(report_, out, text, f, full_addresses);
        err.line("outkit: interrupted: " + s.title);
        err.flush();
        lock.release();
        return true;
    }

private:
    std::mutex mutex_;
    outkit::check::report report_;
    std::optional<outkit::check::step> current_;
    bool finished_ = false;
};

}  // namespace

int check(check_options const& o)
{
    if (!o.mock && !(o.scenario.empty() && o.world_file.empty()))
        throw usage_error("--scenario and --world are for --mock");
    if (o.configuration.empty() && !o.mock)
        throw usage_error("check needs a configuration: outkit check --config FILE, or --mock for an offline one");
    if (!o.configuration.empty() && !o.scenario.empty())
        throw usage_error("--scenario brings a configuration of its own; leave --config out");

    outkit::check::options how;
    how.proxies = chosen_proxies(o.proxy);
    signals const caught;  // before any thread is started
    std::optional<account::settings> given;
    if (!o.configuration.empty())
        given = read_configuration(o.configuration);

    std::optional<offline> world;
    account::settings settings;
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
    check_only(o.only, settings.base_scope);
    if (o.plan)
    {
        outkit::check::step const looked = outkit::check::check_settings(settings);
        if (looked.result == outkit::check::outcome::failed)
            throw usage_error(looked.problem);
        return print_plan(settings, o.send, o.format);
    }
    how.send = o.send;
    how.only = o.only;

    console out(stdout);
    console err(stderr);
    renderer text(out, err, full_addresses);
    how.watch = text.progress();
    if (o.verbose)
        how.trace = [&](std::string_view server, bool sent, std::string_view line) {
            while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
                line.remove_suffix(1);
            std::string const shown(full_addresses ? std::string(line) : outkit::check::shorten_addresses(line));
            err.line(fmt::format("{:<5} {} {}", server, sent ? '>' : '<', printable(shown, 1024)), style::faint);
        };
    progress so_far(settings.base_scope);
    how.watch = so_far.observer(how.watch);
    interruption const ending(caught, [&] {
        if (!so_far.interrupted(out, err, text, o.format, full_addresses))
            return false;
        offline::remove_all_files();
        return true;
    });
    outkit::check::report const r = outkit::check::run(settings, how);
    auto const last_words = so_far.finish();
    print(r, out, text, o.format, full_addresses);
    return r.passed() && out.good() ? passed : failed;
}

}  // namespace cli
