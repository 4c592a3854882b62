#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "offline.hpp"
#include "proxies.hpp"

#include <outkit/blocking.hpp>
#include <outkit/check/anatomy.hpp>
#include <outkit/check/checks.hpp>
#include <outkit/graph/directory_client.hpp>
#include <outkit/http/url.hpp>
#include <outkit/oauth2/cloud.hpp>
#include <outkit/oauth2/scope.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <utility>

#include <sys/stat.h>

// `outkit setup`: what the guide has people click in the portal, done through Graph. It looks first, then makes what is
// missing, so that it can be run again after whatever went wrong; it takes nothing away.

namespace cli {

namespace {

namespace graph = outkit::graph;
namespace oauth2 = outkit::oauth2;
using outkit::error_code;
using outkit::account::base_scope;
using outkit::account::settings;

constexpr std::size_t most_token_octets = 64 * 1024;
constexpr std::string_view graph_app_id = "00000003-0000-0000-c000-000000000000";
constexpr std::string_view exchange_app_id = "00000002-0000-0ff1-ce00-000000000000";

bool exists(std::string const& path)
{
    struct stat s{};
    return ::lstat(path.c_str(), &s) == 0;
}

outkit::access_token read_token(std::string const& path)
{
    bool exposed = false;
    std::string text =
        path == "-" ? read_standard_input(most_token_octets) : read_file(path, most_token_octets, exposed);
    std::string const called = path == "-" ? "standard input" : printable(path);
    if (exposed)
        throw usage_error(called + ": others may read this token; chmod 600 it");
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
    if (text.empty() || std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x21 || c > 0x7e; }))
        throw usage_error(called + ": expected an access token and nothing else; with az: az account get-access-token "
                                   "--resource-type ms-graph --query accessToken -o tsv");
    return outkit::access_token(std::move(text));
}

// A token says itself what it is not good for; one that says nothing is tried.
void look_at_token(outkit::access_token const& t, oauth2::cloud const& in, bool grant, bool app)
{
    outkit::check::token_facts const facts = outkit::check::read_token(t.reveal());
    if (!facts.readable)
        return;
    if (facts.audience != graph_app_id && !facts.audience.starts_with(in.graph))
        throw usage_error(
            fmt::format("the token is for {}, not for Microsoft Graph ({})", printable(facts.audience, 128), in.graph));
    auto const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    if (facts.expires_at != 0 && facts.expires_at <= now)
        throw usage_error("the token has expired; get a new one");
    std::vector<std::string_view> needed{"Application.ReadWrite.All"};
    if (grant)
        needed.push_back(app ? "AppRoleAssignment.ReadWrite.All" : "DelegatedPermissionGrant.ReadWrite.All");
    for (std::string_view const permission : needed)
        if (!facts.has_scope(permission) &&
            std::none_of(facts.roles.begin(), facts.roles.end(),
                         [&](std::string const& r) { return same_ignoring_case(r, permission); }))
            throw usage_error(
                fmt::format("the token lacks the permission {}; the program it was made for must have it, "
                            "and the person must be an administrator",
                            permission));
}

std::string_view audience_named(std::string_view word)
{
    return word == "single"     ? "AzureADMyOrg"
           : word == "multiple" ? "AzureADMultipleOrgs"
           : word == "personal" ? "PersonalMicrosoftAccount"
                                : "AzureADandPersonalMicrosoftAccount";
}

std::string authority_for(std::string_view audience, std::string const& tenant, bool app)
{
    return app || audience == "AzureADMyOrg"        ? tenant
           : audience == "AzureADMultipleOrgs"      ? "organizations"
           : audience == "PersonalMicrosoftAccount" ? "consumers"
                                                    : "common";
}

// What is to be, and the one who makes it so.
class registrar
{
public:
    registrar(setup_options const& o, settings& s, outkit::access_token token)
        : o_(o),
          s_(s),
          err_(stderr),
          tls_(outkit::tls_context::client(trouble_, {.authorities_file = s.authorities_file})),
          graph_(outkit::stream(io_.get_executor(), tls_, chosen_proxies(o.proxy)), std::move(token),
                 outkit::check::graph_options_of(s))
    {
        if (trouble_)
            throw usage_error("ca_file: " + trouble_.message());
    }

    // The secret, if one was made, is in the settings and in nothing else.
    void run()
    {
        name_tenant();
        choose_permissions();
        find_registration();
        make_registration();
        make_principal();
        if (o_.grant)
            consent();
        make_secret();
        describe();
    }

    bool made_secret() const { return !fresh_key_.empty(); }
    bool incomplete() const { return o_.dry_run && app_.app_id.empty(); }

    // Nobody will ever know its text.
    void take_secret_back()
    {
        error_code ec;
        graph_.async_remove_password(app_.id, fresh_key_, io_.wait(ec));
        said(ec ? "left" : "removed",
             ec ? "a secret that nobody knows: remove it in the portal" : "the new secret, since it could not be kept");
    }

    void advise()
    {
        if (!o_.grant && !o_.dry_run)
            note(o_.app
                     ? "An administrator has to consent: in the portal under API permissions, or run this again with "
                       "--grant."
                     : "Whoever signs in consents to the permissions; with --grant an administrator does for "
                       "everybody.");
        if (o_.app && s_.base_scope == base_scope::imap)
        {
            note("Exchange wants to know the application, too. In Exchange Online PowerShell, for each mailbox:");
            err_.line(fmt::format("  New-ServicePrincipal -AppId {} -ObjectId {}",
                                  app_.app_id.empty() ? "<client id>" : app_.app_id,
                                  principal_.id.empty() ? "<object id of the enterprise application>" : principal_.id));
            err_.line(fmt::format("  Add-MailboxPermission -Identity {} -User {} -AccessRights FullAccess",
                                  s_.user.empty() ? "<mailbox>" : printable(s_.user),
                                  principal_.id.empty() ? "<the same id>" : principal_.id));
        }
    }

private:
    // A verb in a column of its own, and what it is about beside it.
    void said(std::string_view verb, std::string const& what)
    {
        static constexpr std::size_t column = 16;
        std::string margin = fmt::format("  {:<{}}", verb, column - 2);
        for (std::string const& line : wrap(what, err_.width() - column))
        {
            err_.line(margin + line);
            margin.assign(column, ' ');
        }
    }
    void note(std::string const& text)
    {
        for (std::string const& line : wrap(text, err_.width()))
            err_.line(line);
    }
    // True: it shall be done now, and has been announced.
    bool now(std::string_view verb, std::string const& what)
    {
        said(o_.dry_run ? fmt::format("would {}", verb) : std::string(verb), what);
        changed_ = true;
        return !o_.dry_run;
    }

    [[noreturn]] void failed(std::string const& doing, error_code ec)
    {
        std::string text = fmt::format("{}: {}", doing, ec.message());
        graph::problem const& p = graph_.problem();
        if (!p.code.empty())
            text += fmt::format(" ({}: {})", printable(p.code, 64), printable(p.message, 256));
        else if (!graph_.diagnostics().empty())
            text += fmt::format(" ({})", printable(graph_.diagnostics(), 256));
        if (!p.request_id.empty())
            text += fmt::format("; request {} of {}", printable(p.request_id, 64), printable(p.date, 64));
        if (ec == graph::error::authorization_request_denied)
            text += "; the person whose token this is must be an Application Administrator or higher";
        if (changed_ && !o_.dry_run)
            text += "; what is listed as made is there: run this again to go on";
        throw std::runtime_error(text);
    }
    void require(error_code ec, std::string const& doing)
    {
        if (ec)
            failed(doing, ec);
    }

    void name_tenant()
    {
        error_code ec;
        tenant_ = graph_.async_organization(io_.wait(ec));
        require(ec, "asking for the tenant");
        std::string const heading = fmt::format(
            "In the tenant {} ({}), {}:", printable(tenant_.display_name, 128),
            tenant_.domains.empty() ? "no domain" : printable(tenant_.domains.front(), 128), printable(tenant_.id, 64));
        for (std::string const& line : wrap(heading, err_.width()))
            err_.line(line, style::strong);
    }

    void choose_permissions()
    {
        bool const imap = s_.base_scope == base_scope::imap;
        std::vector<std::string_view> names;
        graph::permission_kind const kind =
            o_.app ? graph::permission_kind::application : graph::permission_kind::delegated;
        if (o_.app && imap)
            names = {"IMAP.AccessAsApp", "SMTP.SendAsApp"};
        else if (o_.app)
            names = {"Mail.ReadWrite", "Mail.Send"};
        else if (imap)
            names = {"IMAP.AccessAsUser.All", "SMTP.Send", "offline_access"};
        else
            names = {"Mail.ReadWrite", "Mail.Send", "User.Read", "offline_access"};
        std::string_view const app_id = o_.app && imap ? exchange_app_id : graph_app_id;

        error_code ec;
        auto found = graph_.async_find_service_principals(std::string(app_id), io_.wait(ec));
        require(ec, "looking for the permissions");
        if (found.empty())
            throw std::runtime_error(fmt::format("this tenant has no {}, so there are no permissions to ask for",
                                                 o_.app && imap ? "Office 365 Exchange Online" : "Microsoft Graph"));
        resource_ = std::move(found.front());
        for (std::string_view const name : names)
        {
            graph::offered_permission const* const p = resource_.find(name, kind);
            if (!p)
                throw std::runtime_error(
                    fmt::format("{} does not offer {} in this tenant", printable(resource_.display_name), name));
            wanted_.push_back({std::string(app_id), p->id, kind});
            names_ += (names_.empty() ? "" : " ") + std::string(name);
        }
    }

    void find_registration()
    {
        std::string const name = !o_.name.empty() ? o_.name : !s_.title.empty() ? s_.title : "Outlook mail";
        error_code ec;
        auto found = s_.client_id.empty() ? graph_.async_find_applications_named(name, io_.wait(ec))
                                          : graph_.async_find_applications(s_.client_id, io_.wait(ec));
        require(ec, "looking for the registration");
        if (!s_.client_id.empty() && found.empty())
            throw std::runtime_error(
                fmt::format("this tenant has no registration with the client_id {}; leave it out of "
                            "the configuration and a new one is made",
                            printable(s_.client_id, 64)));
        if (found.size() > 1)
        {
            std::string all;
            for (graph::application const& a : found)
                all += (all.empty() ? "" : ", ") + printable(a.app_id, 64);
            throw std::runtime_error(
                fmt::format("there are {} registrations with the name \"{}\"; write the client_id of "
                            "the one that is meant into the configuration, or choose another --name: {}",
                            found.size(), printable(name, 128), all));
        }
        if (!found.empty())
            app_ = std::move(found.front());
        else
            app_.display_name = name;
    }

    static bool add(std::vector<std::string>& to, std::string const& what)
    {
        if (std::find(to.begin(), to.end(), what) != to.end())
            return false;
        to.push_back(what);
        return true;
    }

    void make_registration()
    {
        bool const there = !app_.id.empty();
        std::vector<std::string> changes;
        if (there && !o_.name.empty() && app_.display_name != o_.name)
        {
            changes.push_back(fmt::format("the name \"{}\"", printable(o_.name, 128)));
            app_.display_name = o_.name;
        }
        std::string_view const audience = !o_.audience.empty()  ? audience_named(o_.audience)
                                          : there               ? std::string_view(app_.sign_in_audience)
                                          : s_.sign_in_audience ? to_string(*s_.sign_in_audience)
                                          : o_.app              ? audience_named("single")
                                                                : audience_named("both");
        if (app_.sign_in_audience != audience)
        {
            changes.push_back(fmt::format("accounts: {}", audience));
            app_.sign_in_audience = std::string(audience);
        }
        if (!o_.app)
        {
            for (auto const& [uris, platform, wanted] :
                 {std::tuple{&app_.spa_redirect_uris, "a single-page application", false},
                  std::tuple{&app_.public_redirect_uris, "mobile and desktop", o_.public_client},
                  std::tuple{&app_.web_redirect_uris, "web", !o_.public_client}})
                if (!wanted && std::find(uris->begin(), uris->end(), s_.redirect_uri) != uris->end())
                    throw std::runtime_error(fmt::format("{} is registered for the platform {}, which this program is "
                                                         "not; remove it there first, or choose another --redirect-uri",
                                                         printable(s_.redirect_uri, 256), platform));
            auto& uris = o_.public_client ? app_.public_redirect_uris : app_.web_redirect_uris;
            if (add(uris, s_.redirect_uri))
                changes.push_back(fmt::format("the redirect URI {} ({})", printable(s_.redirect_uri, 256),
                                              o_.public_client ? "mobile and desktop" : "web"));
            if (o_.public_client && !std::exchange(app_.is_fallback_public_client, true))
                changes.push_back("public client flows");
        }
        bool more = false;
        for (graph::required_permission const& p : wanted_)
            if (std::find(app_.permissions.begin(), app_.permissions.end(), p) == app_.permissions.end())
            {
                app_.permissions.push_back(p);
                more = true;
            }
        if (more)
            changes.push_back(fmt::format("the permissions {} of {}", names_, printable(resource_.display_name, 64)));

        error_code ec;
        if (!there)
        {
            if (now("make", fmt::format("the registration \"{}\"", printable(app_.display_name, 128))))
            {
                app_ = graph_.async_create_application(app_, io_.wait(ec));
                require(ec, "making the registration");
            }
            for (std::string const& c : changes)
                said("", "with " + c);
        }
        else if (changes.empty())
            said("keep", fmt::format("the registration \"{}\", {}", printable(app_.display_name, 128), app_.app_id));
        else
        {
            bool const act = now(
                "change", fmt::format("the registration \"{}\", {}", printable(app_.display_name, 128), app_.app_id));
            for (std::string const& c : changes)
                said("", "to have " + c);
            if (act)
            {
                graph_.async_update_application(app_, io_.wait(ec));
                require(ec, "changing the registration");
            }
        }
    }

    // What has just been made is not known everywhere at once (documented: Graph, "eventual consistency" of the
    // directory): asked for again for a while.
    template <class Call>
    auto when_known(Call&& call, std::string const& doing)
    {
        for (int left = 6;; --left)
        {
            error_code ec;
            auto result = call(ec);
            bool const unknown =
                ec == graph::error::user_not_found || ec == graph::error::item_not_found ||
                (ec == graph::error::bad_request &&
                 graph_.problem().message.find("does not reference a valid application") != std::string::npos);
            if (!ec)
                return result;
            if (!unknown || !changed_ || left == 0)
                failed(doing, ec);
            outkit::asio::steady_timer pause(io_.get_executor(), std::chrono::seconds(2));
            error_code ignored;
            pause.async_wait(io_.wait(ignored));
        }
    }

    void make_principal()
    {
        error_code ec;
        if (!app_.app_id.empty())
        {
            auto found = graph_.async_find_service_principals(app_.app_id, io_.wait(ec));
            require(ec, "looking for the enterprise application");
            if (!found.empty())
            {
                principal_ = std::move(found.front());
                said("keep", "the enterprise application, " + principal_.id);
                return;
            }
        }
        if (now("make", "the enterprise application (service principal)"))
            principal_ = when_known(
                [&](error_code& failed) {
                    return graph_.async_create_service_principal(app_.app_id, io_.wait(failed));
                },
                "making the enterprise application");
    }

    void consent()
    {
        error_code ec;
        if (o_.app)
        {
            std::vector<graph::role_assignment> has;
            if (!principal_.id.empty())
                has = graph_.async_list_role_assignments(principal_.id, io_.wait(ec));
            require(ec, "looking for what is consented to");
            for (graph::required_permission const& p : wanted_)
            {
                if (std::any_of(has.begin(), has.end(), [&](graph::role_assignment const& a) {
                        return a.role_id == p.id && a.resource_id == resource_.id;
                    }))
                    continue;
                auto const offered = std::find_if(resource_.permissions.begin(), resource_.permissions.end(),
                                                  [&](graph::offered_permission const& one) { return one.id == p.id; });
                if (!now("grant", fmt::format("{} to the application", offered->value)))
                    continue;
                graph_.async_assign_role({p.id, principal_.id, resource_.id}, io_.wait(ec));
                require(ec, "granting " + offered->value);
            }
            return;
        }
        std::vector<graph::permission_grant> has;
        if (!principal_.id.empty())
            has = graph_.async_list_grants(principal_.id, io_.wait(ec));
        require(ec, "looking for what is consented to");
        auto const all = std::find_if(has.begin(), has.end(), [&](graph::permission_grant const& g) {
            return g.principal_id.empty() && g.resource_id == resource_.id;
        });
        graph::permission_grant g;
        if (all != has.end())
            g = *all;
        std::string missing;
        oauth2::scope_set const given = oauth2::scope_set::parse(g.scope, ec);
        for (std::string const& name : oauth2::scope_set::parse(names_, ec))
            if (!given.contains(name))
                missing += (missing.empty() ? "" : " ") + name;
        if (missing.empty())
            return said("keep", "the consent for everybody");
        if (!now("grant", missing + ", for everybody in the tenant"))
            return;
        g.scope += (g.scope.empty() ? "" : " ") + missing;
        g.client_id = principal_.id;
        g.resource_id = resource_.id;
        if (g.id.empty())
            graph_.async_create_grant(g, io_.wait(ec));
        else
            graph_.async_update_grant(g, io_.wait(ec));
        require(ec, "granting " + missing);
    }

    void make_secret()
    {
        if (o_.public_client)
            return;
        auto const today = std::chrono::system_clock::now();
        auto const good = std::find_if(app_.secrets.begin(), app_.secrets.end(),
                                       [&](graph::password_credential const& c) { return !c.end || *c.end > today; });
        if (good != app_.secrets.end() && !o_.new_secret)
        {
            said("keep", fmt::format("the secret \"{}\" ({}...); its text is told once, when it is made: --new-secret "
                                     "makes another",
                                     printable(good->display_name, 64), printable(good->hint, 8)));
            return;
        }
        if (!now("make", fmt::format("a secret for {} days", o_.secret_days)))
            return;
        auto made = when_known(
            [&](error_code& failed) {
                return graph_.async_add_password(app_.id, "outkit setup",
                                                 std::chrono::floor<std::chrono::seconds>(today) +
                                                     std::chrono::hours(24) * o_.secret_days,
                                                 io_.wait(failed));
            },
            "making a secret");
        fresh_key_ = made.credential.key_id;
        s_.client_secret = std::move(made.text);
    }

    void describe()
    {
        s_.client_id = app_.app_id;
        s_.authority = authority_for(app_.sign_in_audience, tenant_.id, o_.app);
        s_.home_tenant = tenant_.id;
        for (auto const one : {oauth2::sign_in_audience::my_org, oauth2::sign_in_audience::multiple_orgs,
                               oauth2::sign_in_audience::orgs_and_personal, oauth2::sign_in_audience::personal})
            if (to_string(one) == app_.sign_in_audience)
                s_.sign_in_audience = one;
        if (s_.title.empty())
            s_.title = app_.display_name;
    }

    setup_options const& o_;
    settings& s_;
    console err_;
    error_code trouble_;
    outkit::blocking_context io_;
    outkit::tls_context tls_;
    graph::directory_client graph_;
    graph::organization tenant_;
    graph::service_principal resource_, principal_;
    std::vector<graph::required_permission> wanted_;
    std::string names_;  // of the wanted permissions, parted by blanks
    graph::application app_;
    bool changed_ = false;
    std::string fresh_key_;  // of the secret that was made
};

}  // namespace

int setup(setup_options const& o)
{
    if (o.mock == !o.token_file.empty())
        throw usage_error("setup acts as an administrator: give a token for Microsoft Graph with --token-file FILE, or "
                          "try it with --mock");
    if (o.mock && !o.configuration.empty())
        throw usage_error("--mock has a world of its own; leave --config out");
    if (o.public_client && (o.app || o.new_secret || !o.secret_file.empty()))
        throw usage_error("--public has no secret, and an application without a user needs one");
    if (o.app && (o.audience == "personal" || o.audience == "both"))
        throw usage_error("--app is for organisations; personal accounts always sign in themselves");
    for (std::string const& file : {o.secret_file, o.output})
        if (!file.empty() && exists(file) && !o.dry_run)
            throw usage_error(printable(file) + ": is there already; name a new file, so that no secret is lost");

    settings s;
    if (!o.configuration.empty())
        s = read_configuration(o.configuration, registration::wanted);
    if (s.client_id.empty())
        s.client_secret = {};  // whatever it is for, it is not this registration's
    std::optional<offline> world;
    outkit::access_token token;
    if (o.mock)
    {
        offline_options wanted;
        wanted.with_application = false;
        world.emplace(wanted);
        settings const there = world->settings();
        s.endpoints = there.endpoints;
        s.authorities_file = there.authorities_file;
        token = world->administrator_token();
    }
    else
    {
        token = read_token(o.token_file);
        look_at_token(token, oauth2::find_cloud(s.cloud), o.grant, o.app);
    }
    if (!o.redirect_uri.empty())
    {
        error_code ec;
        outkit::http::parse_url(o.redirect_uri, ec, outkit::http::url_schemes::https_or_loopback_http);
        if (ec)
            throw usage_error("--redirect-uri must be an https URL, or http to localhost, not " +
                              printable(o.redirect_uri, 128));
        s.redirect_uri = o.redirect_uri;
    }
    if (!o.base_scope.empty())
        s.base_scope = o.base_scope == "api" ? base_scope::api : base_scope::imap;

    registrar r(o, s, std::move(token));
    r.run();
    if (o.dry_run)
    {
        r.advise();
        console(stderr).line("Nothing was changed.");
        return passed;
    }
    try
    {
        std::string secret_file;
        if (!o.secret_file.empty() && r.made_secret())
        {
            write_private_file(o.secret_file, s.client_secret.reveal());
            secret_file = std::filesystem::absolute(o.secret_file).string();
        }
        std::string const text = to_json(s, secret_file);
        if (!o.output.empty())
            write_private_file(o.output, text);
        else
        {
            console out(stdout);
            out.write(text);
            out.flush();
            if (!out.good())
                throw std::runtime_error("the configuration could not be written to standard output");
        }
    }
    catch (std::exception const&)
    {
        if (r.made_secret())
            r.take_secret_back();
        throw;
    }
    r.advise();
    if (!o.mock)
        console(stderr).line("Now: outkit check --config " + (o.output.empty()
                                                                  ? std::string("FILE, with what was printed in it")
                                                                  : printable(o.output)));
    return passed;
}

}  // namespace cli
