#include "offline.hpp"

#include "config.hpp"
#include "console.hpp"

#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world_json.hpp>

#include <cstdlib>
#include <mutex>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <stdlib.h>

namespace cli {

namespace {

namespace mock = outkit::mock;
using outkit::account::base_scope;

// What the administrator has signed in with: some program that is not in the directory.
constexpr char const* administrators_program = "00000000-0000-4000-8000-00000000a001";
constexpr std::int64_t administrators_day = 24 * 60 * 60;  // seconds

// Folders that are to be removed. Signals may end the process at any time.
std::mutex folders_mutex;
std::set<std::filesystem::path> folders;

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

// Of that person's organisation, if there is one.
mock::user const* administrator(mock::world& w)
{
    mock::user const* found = nullptr;
    std::string const& home = somebody(w).tenant_id;
    for (mock::user const& u : std::as_const(w.directory).users())
        if (u.is_admin() && (!found || u.tenant_id == home))
            found = &u;
    return found;
}

}  // namespace

outkit::account::settings clone(outkit::account::settings const& s)
{
    outkit::account::settings c;
    c.title = s.title;
    c.enabled = s.enabled;
    c.client_id = s.client_id;
    c.client_secret = s.client_secret.clone();
    c.certificate = s.certificate;
    c.redirect_uri = s.redirect_uri;
    c.authority = s.authority;
    c.cloud = s.cloud;
    c.base_scope = s.base_scope;
    c.scopes = s.scopes;
    c.user = s.user;
    c.sign_in_audience = s.sign_in_audience;
    c.home_tenant = s.home_tenant;
    c.account_kind = s.account_kind;
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

    login_ = somebody(w).principal_name;

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
    if (o.with_application)
        try
        {
            register_application("Outlook through outkit", o.redirect_uri);
        }
        catch (std::runtime_error const& e)
        {
            throw usage_error(printable(e.what(), 512));
        }
    if (!o.scenario.empty() && !mock::apply(scenario_named(o.scenario), w, client_))
        throw usage_error("the scenario does not fit this world");
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
    std::lock_guard const lock(folders_mutex);
    if (folders.erase(folder_) != 0)
        std::filesystem::remove_all(folder_, ignored);
}

void offline::remove_all_files()
{
    std::error_code ignored;
    std::lock_guard const lock(folders_mutex);
    for (std::filesystem::path const& folder : folders)
        std::filesystem::remove_all(folder, ignored);
}

void offline::make_folder()
{
    std::error_code ec;
    std::filesystem::path const parent = std::filesystem::temp_directory_path(ec);
    std::string name = (parent / "outkit-mock-XXXXXX").string();
    std::lock_guard const lock(folders_mutex);
    if (ec || !::mkdtemp(name.data()))
        throw usage_error("no folder for temporary files can be made; is TMPDIR right?");
    folder_ = name;
    folders.insert(folder_);
    ca_file_ = folder_ / "ca.pem";
    write_private_file(ca_file_.string(), world_->certificates.ca_pem());
}

mock::application const& offline::register_application(std::string const& name, std::string const& redirect_uri)
{
    mock::directory_error why;
    client_ = mock::register_client(*world_, login_, name, redirect_uri, &why);
    mock::application const* const app = world_->directory.find_application(client_.client_id);
    if (!app)
        throw std::runtime_error("the directory refused the registration: " + why.message + " " + why.detail);
    return *app;
}

bool offline::has_administrator()
{
    return world_->run([&] { return administrator(*world_) != nullptr; });
}

outkit::access_token offline::administrator_token()
{
    return world_->run([&] {
        mock::user const* const admin = administrator(*world_);
        if (!admin)
            throw usage_error("this world has no administrator: give a user in it the role \"Global Administrator\"");
        mock::access_claims c;
        c.audience = "https://graph.microsoft.com";
        c.tenant = admin->tenant_id;
        c.client_id = administrators_program;
        c.person = {admin->tenant_id, admin->id, admin->principal_name, admin->display_name, "", "", ""};
        c.permissions = {"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All",
                         "DelegatedPermissionGrant.ReadWrite.All", "User.Read", "User.Read.All"};
        return outkit::access_token(mock::issue_access_token(world_->keys, *world_, c, administrators_day));
    });
}

outkit::account::settings offline::settings() const
{
    outkit::account::settings s;
    s.title = "Outlook through outkit";
    s.client_id = client_.client_id;
    s.client_secret = outkit::secret(client_.client_secret);
    s.redirect_uri = client_.redirect_uri;
    s.authority = client_.authority;
    s.base_scope = client_.base_scope == "api" ? base_scope::api : base_scope::imap;
    s.scopes = client_.scopes;
    s.user = client_.user;
    s.endpoints.login = servers_->login_url();
    s.endpoints.graph = servers_->graph_url();
    s.endpoints.imap = {"localhost", servers_->ports().imap, outkit::account::transport::implicit_tls};
    s.endpoints.smtp = {"localhost", servers_->ports().smtp, outkit::account::transport::starttls};
    s.authorities_file = ca_file();
    return s;
}

outkit::account::settings offline::settings(base_scope scope) const
{
    outkit::account::settings s = settings();
    s.base_scope = scope;
    return s;
}

mock::scenario const& scenario_named(std::string const& name)
{
    if (mock::scenario const* const s = mock::find_scenario(name))
        return *s;
    std::string said = "there is no scenario \"" + printable(name, 64) + '"';
    if (std::string_view const better = mock::nearest_scenario(name); !better.empty())
        said += "; did you mean " + std::string(better) + "?";
    throw usage_error(said + " (outkit mock --list-scenarios)");
}

}  // namespace cli
