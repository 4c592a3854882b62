#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "offline.hpp"
#include "process.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

// `outkit mock`: the offline Outlook as a server of its own.

namespace cli {

namespace {

namespace json = boost::json;
using outkit::account::base_scope;
using outkit::account::settings;

int list_scenarios()
{
    console out(stdout);
    for (outkit::mock::scenario const& s : outkit::mock::scenarios())
        out.line(fmt::format("{:<32} {}", s.name, s.description));
    out.flush();
    return out.good() ? passed : failed;
}

std::string description(offline& world, settings const& chosen)
{
    json::object all = json::parse(to_json(chosen)).as_object();
    json::array users;
    world.world().run([&] {
        for (outkit::mock::user const& u : world.world().directory.users())
            users.push_back({{"user", u.principal_name}, {"password", u.password}, {"name", u.display_name}});
    });
    json::object o;
    o["endpoints"] = all["endpoints"];
    o["ca_file"] = world.ca_file();
    o["users"] = std::move(users);
    for (base_scope const scope : {base_scope::imap, base_scope::api})
    {
        settings s = clone(chosen);
        s.base_scope = scope;
        o[fmt::format("configuration_{}", outkit::account::name(scope))] = json::parse(to_json(s));
    }
    o["configuration"] = std::move(all);
    o["pid"] = static_cast<std::int64_t>(::getpid());
    return json::serialize(o);
}

// What a program finds in its environment. Programs that know nothing of outkit find the certificate authority by the
// variables of their libraries.
std::vector<std::string> environment(offline const& world, settings const& s, std::string const& file,
                                     std::string const& admin_token_file)
{
    return {
        "OUTKIT_CONFIG=" + file,
        "OUTKIT_LOGIN=" + s.endpoints.login,
        "OUTKIT_GRAPH=" + s.endpoints.graph,
        "OUTKIT_IMAP_HOST=" + s.endpoints.imap.host,
        fmt::format("OUTKIT_IMAP_PORT={}", s.endpoints.imap.port),
        "OUTKIT_SMTP_HOST=" + s.endpoints.smtp.host,
        fmt::format("OUTKIT_SMTP_PORT={}", s.endpoints.smtp.port),
        "OUTKIT_CA_FILE=" + world.ca_file(),
        "OUTKIT_CLIENT_ID=" + s.client_id,
        "OUTKIT_CLIENT_SECRET=" + std::string(s.client_secret.reveal()),
        "OUTKIT_REDIRECT_URI=" + s.redirect_uri,
        "OUTKIT_AUTHORITY=" + s.authority,
        "OUTKIT_USER=" + world.user(),
        "OUTKIT_PASSWORD=" + world.password(),
        "OUTKIT_ADMIN_TOKEN_FILE=" + admin_token_file,
        "SSL_CERT_FILE=" + world.ca_file(),
        "CURL_CA_BUNDLE=" + world.ca_file(),
        "REQUESTS_CA_BUNDLE=" + world.ca_file(),
        "NODE_EXTRA_CA_CERTS=" + world.ca_file(),
    };
}

}  // namespace

int mock(mock_options const& o)
{
    if (o.list_scenarios)
        return list_scenarios();
    if (o.exec && o.command.empty())
        throw usage_error("--exec needs a command: outkit mock --exec -- CMD");
    if (!o.exec && !o.command.empty())
        throw usage_error("a command needs --exec: outkit mock --exec -- CMD");

    signals const caught;  // before any thread is started
    offline_options wanted;
    wanted.world_file = o.world_file;
    wanted.scenario = o.scenario;
    wanted.redirect_uri = o.redirect_uri;
    wanted.ports.login = o.login_port;
    wanted.ports.graph = o.graph_port;
    wanted.ports.imap = o.imap_port;
    wanted.ports.smtp = o.smtp_port;
    offline world(wanted);
    settings const s = o.base_scope.empty()
                           ? world.settings()
                           : world.settings(o.base_scope == "api" ? base_scope::api : base_scope::imap);
    if (!o.write_config.empty() || !o.write_admin_token.empty())
        try
        {
            if (!o.write_config.empty())
                write_private_file(o.write_config, to_json(s));
            if (!o.write_admin_token.empty())
                write_private_file(o.write_admin_token, world.administrator_token().reveal());
        }
        catch (std::runtime_error const& e)
        {
            throw usage_error(printable(e.what(), 512));
        }

    if (o.exec)
    {
        std::string const file = world.ca_file() + ".json";
        write_private_file(file, to_json(s));
        std::string admin_token_file;
        if (world.has_administrator())
        {
            admin_token_file = world.ca_file() + ".admin-token";
            write_private_file(admin_token_file, world.administrator_token().reveal());
        }
        return run_program(o.command, environment(world, s, file, admin_token_file), caught);
    }
    console out(stdout);
    out.line(description(world, s));
    out.flush();
    if (!out.good())
        return failed;
    caught.wait();
    return passed;
}

}  // namespace cli
