#ifndef OUTKIT_MOCK_SCENARIOS_HPP
#define OUTKIT_MOCK_SCENARIOS_HPP

#include <outkit/config.hpp>

#include <span>
#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::mock {

class world;
struct application;
struct directory_error;
struct tenant;
struct user;

/// Where the fault of a scenario is, and with it who can mend it.
enum class scenario_place
{
    nowhere,        // nothing is wrong
    configuration,  // of the mail program
    registration,   // of the application
    tenant,         // an administrator's decision for everybody
    account,        // the user
    mailbox,        // the mailbox's switches and rights
    service         // Microsoft's side
};

/// "configuration", "registration", …
std::string_view to_string(scenario_place p) noexcept;

/// What a mail program has to know to use a world: what its configuration says. Scenarios put mistakes in.
struct client_setup
{
    std::string client_id = {};
    std::string client_secret = {};
    std::string redirect_uri = "http://localhost:3000/oauth";
    std::string authority = "common";  // common, organizations, consumers, a tenant's GUID or domain
    std::string base_scope = "imap";   // "imap" or "api"
    std::string scopes = {};           // parted by blanks; empty: those of the base scope
    std::string user = {};             // the mailbox
    std::string login = {};            // who signs in, and with
    std::string password = {};
};

/// The scopes that go with a base scope, parted by blanks: what `scopes` stands for when it is empty.
std::string_view default_scopes(std::string_view base_scope) noexcept;

/// What a scenario may change.
struct scenario_stage
{
    mock::world& world;
    mock::tenant& tenant;  // the user's
    mock::user& user;
    mock::application& app;
    client_setup& client;
};

/// A world with one thing wrong, and how it shows. All views are of static storage.
struct scenario
{
    std::string_view name;         // "imap-disabled-for-mailbox"
    std::string_view description;  // what is wrong, in one sentence
    std::string_view base_scope;   // "imap" or "api": with which it shows
    scenario_place place;
    /// Where it shows first: "sign-in" (on the way through the browser), "code" (redeeming it), "refresh", "imap.sign-in",
    /// "smtp.sign-in", "smtp.send", "graph.folders"; empty: nowhere.
    std::string_view step;
    std::string_view symptom;  // id of the symptom: "AADSTS7000215", "imap-not-connected"; empty: none
    std::string_view cause;    // id of the cause behind it: "secret-id-pasted"; empty: none that a client could name
    std::string_view says;     // part of what the service says, letter by letter
    std::string_view remedy;   // what to do about it
    void (*apply)(scenario_stage&);
};

/// Every scenario, "everything-works" first.
std::span<scenario const> scenarios() noexcept;
/// Null when there is none of this name.
scenario const* find_scenario(std::string_view name) noexcept;
/// The name that a typo probably meant; empty when none is near.
std::string_view nearest_scenario(std::string_view typo) noexcept;

/** Registers a mail program in the tenant of `login` (for a personal account: in the first organisation), through the
    directory's own validation, with a secret for 180 days and the permissions of both base scopes.

    @param login  principal name of a user of the world
    @param why    when not null, what the directory has against it
    @return       the setup that works with it; an empty client_id when there is no such user or the directory refuses
*/
client_setup register_client(world& w, std::string_view login, std::string_view name = "Mail program",
                             std::string_view redirect_uri = "http://localhost:3000/oauth",
                             directory_error* why = nullptr);

/** Puts the scenario's fault into the world or into the setup.

    @param client  as register_client() has returned it; the scenario sets its base scope, too
    @return        false when the setup names no application or user of this world
*/
bool apply(scenario const& s, world& w, client_setup& client);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/scenarios.ipp>
#endif

#endif
