#ifndef OUTKIT_MOCK_WORLD_JSON_HPP
#define OUTKIT_MOCK_WORLD_JSON_HPP

#include <outkit/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

/// What is wrong with a world file, and where.
struct world_problem
{
    std::string file = {};     // as the caller named it
    std::size_t line = 0;      // from 1; 0: the file as a whole
    std::string field = {};    // "users[2].mailbox.imap"; empty: no single field
    std::string message = {};  // what is wrong and what was expected, with a suggestion where there is one

    /// "world.json:14: users[2].mailbox.imap: …"
    std::string text() const;
};

/// The largest world file: 16 MiB.
inline constexpr std::size_t max_world_file = std::size_t(16) << 20;
/// No more problems than this many are reported at once.
inline constexpr std::size_t max_world_problems = 20;

/** Adds what the JSON text describes to the world, or nothing.

    Strict: unknown and repeated keys, wrong types, values out of range, references to tenants, users and applications that
    are not there, and a second one of the same name or id are problems. Nothing is changed when there is one. For a world
    whose servers do not run yet: references into the world's directory become invalid.

    The keys are those of default_world_json() and what save_world() writes; docs/world.md explains them. In short:

    @code
    {
      "base": "default",                      or "empty": what to begin with
      "date": "2026-11-24T12:00:00Z",         where the world's calendar stands
      "tenants": [{"domains": ["woodgrove.example"], "policy": {"smtp_auth": false}}],
      "users": [{"principal_name": "adele@woodgrove.example", "mailbox": {"imap": false, "messages": []}}],
      "applications": [{"display_name": "Mail", "tenant": "woodgrove.example", "permissions": ["Mail.Read"]}],
      "service": {"imap_profile": "classic"},
      "switches": [{"name": "mailbox.imap", "subject": "adele@woodgrove.example", "value": false}],
      "faults": [{"server": "imap", "operation": "AUTHENTICATE", "answer": "NO [UNAVAILABLE] try later"}]
    }
    @endcode

    @param file      how problems name the text
    @param problems  replaced: empty on success
    @return          whether it was loaded
*/
bool load_world(world& w, std::string_view json, std::string_view file, std::vector<world_problem>& problems);

/// The same from a file: a regular one, no larger than max_world_file.
bool load_world_file(world& w, std::string const& path, std::vector<world_problem>& problems);

/** The world with which `outkit demo` and `outkit mock` begin.

    Tenant Woodgrove (woodgrove.example) with the users adele, bob and admin (an administrator), the shared mailbox team,
    of which bob is a delegate, and dora, who has no licence; tenant Fabrikam (fabrikam.example) with carol; the personal
    account robin@outlook.test. Everybody's password is `mock-secret-` and the first name. No application is registered.
*/
std::string_view default_world_json() noexcept;
/// Loads default_world_json(); always succeeds on a new world.
void load_default_world(world& w);

struct save_options
{
    bool messages = true;  // all mail, too
};
/// The world as a text that load_world() takes, indented, ending in a line feed. Signing keys, tokens and the journal are
/// not in it; secrets and passwords are: they are a mock's.
std::string save_world(world const& w, save_options options = {});

/// The world for people, in lines: who there is, which applications, and every switch that is not as it comes. Without
/// passwords and secrets.
std::string describe_world(world const& w);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/world_json.ipp>
#endif

#endif
