#include "offline.hpp"

#include "config.hpp"
#include "console.hpp"

#include <outkit/mock/world_json.hpp>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <stdlib.h>

namespace cli {

namespace {

namespace mock = outkit::mock;
using outkit::account::base_scope;

// The first person of the world with a mailbox and a password: the default world's Adele.
mock::user& somebody(mock::world& w)
{
    for (mock::user& u : w.directory.users())
        if (u.enabled && u.licensed && !u.shared_mailbox && !u.password.empty() && u.kind == mock::account_kind::work)
            return u;
    for (mock::user& u : w.directory.users())
        if (u.enabled && !u.password.empty())
            return u;
    throw usage_error("the world has nobody who could sign in: no user with a password");
}

}  // namespace

outkit::account::settings clone(outkit::account::settings const& s)
{
    outkit::account::settings c;
    c.title = s.title;
    c.enabled = s.enabled;
    c.client_id = s.client_id;
    c.client_secret = s.client_secret.clone();
    c.redirect_uri = s.redirect_uri;
    c.authority = s.authority;
    c.cloud = s.cloud;
    c.base_scope = s.base_scope;
    c.user = s.user;
    c.endpoints = s.endpoints;
    c.authorities_file = s.authorities_file;
    return c;
}

offline::offline(offline_options const& o) : world_(std::make_unique<mock::world>())
{
    mock::world& w = *world_;
    std::vector<mock::world_problem> problems;
    if (o.world_file.empty())
        mock::load_default_world(w);
    else if (!mock::load_world_file(w, o.world_file, problems))
    {
        std::string said;
        for (mock::world_problem const& p : problems)
            said += (said.empty() ? "" : "\noutkit: ") + printable(p.text(), 512);
        throw usage_error(said);
    }

    mock::user& person = somebody(w);
    user_ = person.principal_name;
    password_ = person.password;

    outkit::error_code ec;
    servers_ = std::make_unique<mock::servers>(w, o.ports, ec);
    if (ec)
    {
        mock::server_ports const& p = o.ports;
        std::string const& which = servers_->failed();
        unsigned const port = which == "login"   ? p.login
                              : which == "graph" ? p.graph
                              : which == "imap"  ? p.imap
                                                 : p.smtp;
        throw usage_error("the " + which + " server cannot listen on port " + std::to_string(port) + ": " +
                          ec.message() + "; choose another with --" + which + "-port, or 0 for any that is free");
    }

    make_folder();
    settings_.redirect_uri = o.redirect_uri;
    settings_.user = user_;
    settings_.endpoints.login = servers_->login_url();
    settings_.endpoints.graph = servers_->graph_url();
    settings_.endpoints.imap = {"localhost", servers_->ports().imap, outkit::account::transport::implicit_tls};
    settings_.endpoints.smtp = {"localhost", servers_->ports().smtp, outkit::account::transport::starttls};
    settings_.authorities_file = ca_file();
    if (o.with_application)
    {
        register_application("Outlook through outkit", o.redirect_uri);
        if (!o.scenario.empty())
            apply(find_scenario(o.scenario));
    }
    w.start_thread();
}

offline::~offline()
{
    servers_.reset();
    world_.reset();
    remove_files();
}

void offline::remove_files()
{
    std::error_code ignored;
    if (!folder_.empty())
        std::filesystem::remove_all(folder_, ignored);
}

void offline::make_folder()
{
    std::error_code ec;
    std::filesystem::path const parent = std::filesystem::temp_directory_path(ec);
    std::string name = (parent / "outkit-mock-XXXXXX").string();
    if (ec || !::mkdtemp(name.data()))
        throw std::runtime_error("no folder for temporary files can be made; is TMPDIR right?");
    folder_ = name;
    ca_file_ = folder_ / "ca.pem";
    write_private_file(ca_file_.string(), world_->certificates.ca_pem());
}

mock::application& offline::register_application(std::string const& name, std::string const& redirect_uri)
{
    mock::world& w = *world_;
    mock::user const& person = *w.directory.find_user(user_);
    mock::application_request request;
    request.display_name = name;
    request.audience = mock::sign_in_audience::orgs_and_personal;
    request.redirect_uris.push_back({redirect_uri, mock::platform::web});
    for (char const* const permission :
         {"IMAP.AccessAsUser.All", "SMTP.Send", "Mail.ReadWrite", "Mail.Send", "offline_access", "openid", "profile"})
        if (!request.add_permission(permission))
            throw std::runtime_error(std::string("the directory does not know the permission ") + permission);
    // A personal account's tenant has no registrations of its own: those are made in some organisation.
    std::string tenant = person.tenant_id;
    if (tenant == mock::consumers_tenant)
        for (mock::tenant const& t : w.directory.tenants())
            if (!t.personal())
                tenant = t.id;
    mock::directory::registration const made = w.directory.register_application(w, tenant, std::move(request));
    if (!made)
        throw std::runtime_error("the directory refused the registration: " + made.errors.front().message);
    mock::directory_error refused;
    mock::client_secret const* const secret =
        w.directory.add_secret(w, *made.app, "outkit", std::chrono::hours(24 * 180), refused);
    if (!secret)
        throw std::runtime_error("the directory refused the secret: " + refused.message);
    app_ = made.app;
    settings_.title = name;
    settings_.client_id = app_->app_id;
    settings_.client_secret = outkit::secret(secret->value);
    settings_.redirect_uri = redirect_uri;
    settings_.authority = tenant;
    return *app_;
}

outkit::account::settings offline::settings(base_scope scope) const
{
    outkit::account::settings s = clone(settings_);
    s.base_scope = scope;
    return s;
}

void offline::apply(scenario const& s)
{
    mock::world& w = *world_;
    mock::user& person = *w.directory.find_user(user_);
    mock::tenant* const tenant = w.directory.find_tenant(person.tenant_id);
    stage where{w, *tenant, person, *app_, settings_};
    s.apply(where);
}

}  // namespace cli
