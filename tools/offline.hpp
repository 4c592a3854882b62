#ifndef OUTKIT_TOOLS_OFFLINE_HPP
#define OUTKIT_TOOLS_OFFLINE_HPP

#include <outkit/account/types.hpp>
#include <outkit/mock/scenarios.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/world.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

// An offline Outlook in this process, with an application registered and its servers running: what `outkit mock` serves, and
// `outkit demo` and `outkit check --mock` talk to over real sockets.

namespace cli {

struct offline_options
{
    std::string world_file = {};  // empty: the default world
    std::string scenario = {};    // empty: none
    outkit::mock::server_ports ports = {};
    std::string redirect_uri = "http://localhost:3000/oauth";
    bool with_application = true;  // false: the caller registers one
};

class offline
{
public:
    // Throws usage_error: a world file or scenario that is none, a port in use.
    explicit offline(offline_options const& o);
    ~offline();

    outkit::mock::world& world() { return *world_; }
    outkit::mock::servers& servers() { return *servers_; }
    // Who signs in. A scenario may have them type a wrong password.
    std::string const& user() const { return client_.login; }
    std::string const& password() const { return client_.password; }
    std::string ca_file() const { return ca_file_.string(); }
    // Removes the files of all there are: for an end without destructors.
    static void remove_all_files();

    // Registers an application as the portal does, with the permissions of both base scopes, and makes a secret. Throws
    // std::runtime_error when the directory refuses. Inside world().run().
    outkit::mock::application const& register_application(std::string const& name, std::string const& redirect_uri);

    // A token for Graph, good for a day, of an administrator of the user's organisation, who may register applications.
    // Throws usage_error when this world has none.
    outkit::access_token administrator_token();
    bool has_administrator();

    // A configuration that works, unless the scenario has put a mistake in.
    outkit::account::settings settings(outkit::account::base_scope scope) const;
    // The same with the base scope of the scenario.
    outkit::account::settings settings() const;

private:
    void make_folder();
    void remove_files();

    std::unique_ptr<outkit::mock::world> world_;
    std::unique_ptr<outkit::mock::servers> servers_;
    std::filesystem::path folder_;
    std::filesystem::path ca_file_;
    std::string login_;
    outkit::mock::client_setup client_;
};

// Throws usage_error, with a suggestion, when there is none of this name.
outkit::mock::scenario const& scenario_named(std::string const& name);

outkit::account::settings clone(outkit::account::settings const& s);

}  // namespace cli

#endif
