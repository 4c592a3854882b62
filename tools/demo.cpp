#include <outkit/check/checks.hpp>

#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "offline.hpp"
#include "process.hpp"
#include "render.hpp"
#include "sign_in.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// `outkit demo`: the whole way from "New registration" to "connected", offline, over both base scopes; then three of the
// usual mistakes with their causes. The checks are those of `outkit check`; what they say they have asked is looked up in
// the journal of the world.

namespace cli {

namespace {

namespace account = outkit::account;
namespace check = outkit::check;
namespace json = boost::json;
namespace mock = outkit::mock;
using outkit::account::base_scope;

constexpr char const* registered_redirect = "http://localhost:3000/oauth";

class demonstration
{
public:
    demonstration(console& out, console& err, format f) : text_(out, err, true), out_(out), format_(f) {}

    bool go()
    {
        say("An offline Outlook, and an application in it");
        std::optional<offline> started;
        show("start", "start an offline Outlook", [&](check::step& s) {
            offline& world = started.emplace(options());
            mock::server_ports const& p = world.servers().ports();
            s.verified =
                fmt::format("Entra on port {}, Graph on {}, IMAP on {}, SMTP on {}, loopback only, with certificates "
                            "of a local authority",
                            p.login, p.graph, p.imap, p.smtp);
        });
        if (!started)
            return false;
        offline& world = *started;
        show("register", "register an application and make a client secret", [&](check::step& s) {
            world.world().run([&] {
                mock::application const& app =
                    world.register_application("Outlook through outkit", registered_redirect);
                s.verified =
                    fmt::format("application (client) ID {}, redirect URI {} (Web), {} permissions, a secret that "
                                "expires in 180 days",
                                app.app_id, app.redirect_uris.front().uri, app.permissions.size());
            });
        });
        if (!good_)
            return false;

        std::string const by_smtp = journey(world, base_scope::imap, {}).sent_subject;
        journey(world, base_scope::api, {by_smtp});

        for (char const* const name :
             {"secret-id-pasted", "imap-disabled-for-mailbox", "smtp-auth-disabled-for-tenant"})
            mistake(scenario_named(name));

        conclude();
        return good_;
    }

    json::object document() const
    {
        return {{"passed", good_}, {"preparation", preparation_}, {"journeys", journeys_}, {"mistakes", mistakes_}};
    }

private:
    static offline_options options()
    {
        offline_options o;
        o.redirect_uri = registered_redirect;
        o.with_application = false;
        return o;
    }

    void say(std::string_view heading)
    {
        if (format_ == format::text)
            text_.heading(heading);
    }

    // A step of our own, which fails by an exception.
    void show(std::string id, std::string title, std::function<void(check::step&)> const& f)
    {
        check::step s;
        s.id = std::move(id);
        s.title = std::move(title);
        auto const begin = std::chrono::steady_clock::now();
        try
        {
            f(s);
            s.result = check::outcome::passed;
        }
        catch (usage_error const&)
        {
            throw;
        }
        catch (std::exception const& e)
        {
            s.result = check::outcome::failed;
            s.problem = e.what();
            good_ = false;
        }
        s.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
        preparation_.push_back({{"id", s.id},
                                {"title", s.title},
                                {"result", check::name(s.result)},
                                {"microseconds", s.took.count()},
                                {"verified", s.verified},
                                {"problem", s.problem}});
        if (format_ == format::text)
            text_.step(s);
    }

    check::report run(offline& world, base_scope scope, bool send, std::vector<std::string> expected)
    {
        account::settings settings = world.settings(scope);
        // The port of a loopback URI is not compared: whoever uses 3000 may go on doing so.
        settings.redirect_uri = with_port(settings.redirect_uri, free_port());
        check::options how;
        how.sign_in = by_form(world.user(), world.password(), world.ca_file());
        how.send = send;
        how.expected_subjects = std::move(expected);
        if (format_ == format::text)
            how.watch = text_.observer();
        return check::run(settings, how);
    }

    check::report journey(offline& world, base_scope scope, std::vector<std::string> expected)
    {
        say(scope == base_scope::imap ? "Base scope imap: IMAP and SMTP" : "Base scope api: Microsoft Graph");
        std::uint64_t const before = world.world().run([&] { return world.world().journal.last_sequence(); });
        check::report r = run(world, scope, true, std::move(expected));
        json::object o = json::parse(check::to_json(r, true)).as_object();
        if (r.mailbox.state() != account::account_state::connected)
            good_ = false;
        show("journal", "find every request in the journal of the servers", [&](check::step& s) {
            std::size_t const found = world.world().run([&] { return look_up(world.world().journal, before, r); });
            s.verified = fmt::format("all {} requests, in this order", found);
        });
        if (format_ == format::text)
        {
            bool const connected = r.mailbox.state() == account::account_state::connected;
            text_.line(connected ? "ok" : "FAILED", connected ? style::good : style::bad, {},
                       fmt::format("the account's state is {} ({})", account::name(r.mailbox.state()),
                                   account::trace(r.mailbox)));
        }
        journeys_.push_back(std::move(o));
        return r;
    }

    // Throws when a request that a step reported is not in the journal after the one before it.
    static std::size_t look_up(mock::journal const& journal, std::uint64_t after, check::report const& r)
    {
        std::size_t found = 0;
        for (check::step const& s : r.steps)
            for (check::request const& asked : s.asked)
            {
                mock::journal_query q;
                q.server = asked.server;
                q.what = asked.what;
                q.after = after;
                auto const entries = journal.find(q);
                if (entries.empty())
                    throw std::runtime_error(
                        fmt::format("the step {} says that it has sent \"{}\" to {}, but the journal "
                                    "does not have it",
                                    s.id, asked.what, asked.server));
                after = entries.front()->sequence;
                ++found;
            }
        return found;
    }

    void mistake(mock::scenario const& wrong)
    {
        say(fmt::format("A usual mistake: {}", wrong.description));
        offline_options o;
        o.redirect_uri = registered_redirect;
        o.scenario = wrong.name;
        offline world(o);
        check::report const r = run(world, world.settings().base_scope, false, {});
        check::step const* const failing = r.find(wrong.step);
        check::symptom const* const finding = r.finding();
        bool const as_expected = !r.passed() && failing && failing->result == check::outcome::failed && finding &&
                                 finding->id == wrong.symptom && !finding->causes.empty() &&
                                 finding->causes.front().id == wrong.cause;
        std::string const said = as_expected
                                     ? fmt::format("failed as it must, and the first cause named is the one: {}",
                                                   finding->causes.front().what)
                                     : fmt::format("this should have failed at {} with {}, cause {}", wrong.step,
                                                   wrong.symptom, wrong.cause);
        if (!as_expected)
            good_ = false;
        if (format_ == format::text)
            text_.line(as_expected ? "ok" : "FAILED", as_expected ? style::good : style::bad, {}, said);
        mistakes_.push_back(
            {{"scenario", wrong.name}, {"as_expected", as_expected}, {"report", json::parse(check::to_json(r, true))}});
    }

    void conclude()
    {
        if (format_ != format::text)
            return;
        out_.line();
        if (good_)
        {
            out_.write("passed", style::good);
            out_.line(": connected over both base scopes; three mistakes were recognised");
        }
        else
        {
            out_.write("failed", style::bad);
            out_.line(": see the lines marked FAILED");
        }
    }

    renderer text_;
    console& out_;
    format format_;
    bool good_ = true;
    json::array preparation_;
    json::array journeys_;
    json::array mistakes_;
};

}  // namespace

int demo(demo_options const& o)
{
    signals const caught;  // before any thread is started
    console out(stdout);
    console err(stderr);
    interruption const ending(caught, [&] {
        offline::remove_all_files();
        err.line("outkit: interrupted");
        return true;
    });
    demonstration d(out, err, o.format);
    bool const good = d.go();
    if (o.format == format::json)
        out.line(json::serialize(d.document()));
    out.flush();
    return good && out.good() ? passed : failed;
}

}  // namespace cli
