#ifndef OUTKIT_CHECK_CHECKS_HPP
#define OUTKIT_CHECK_CHECKS_HPP

#include <outkit/check/report.hpp>
#include <outkit/graph/types.hpp>
#include <outkit/oauth2/authorization.hpp>
#include <outkit/oauth2/cloud.hpp>
#include <outkit/proxy.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::check {

/** How somebody signs in: brings the browser to `pending.url()` and returns what came back to the redirect URI.

    `ec` is for what kept that from happening: no browser, no answer in time, the port is taken.
*/
using sign_in_function = std::function<oauth2::authorization_response(oauth2::pending_authorization const& pending,
                                                                      error_code& ec, std::string& said)>;

/// A step that begins, and one that has ended.
struct observer
{
    std::function<void(step const&)> begins = {};
    std::function<void(step const&)> ended = {};
};

/// A sign-in that is over already.
struct granted
{
    oauth2::pending_authorization pending = {};
    oauth2::authorization_response answer = {};
};

struct options
{
    sign_in_function sign_in = {};
    /// Instead of sign_in: what came of it. Moved from.
    granted* already = nullptr;
    observer watch = {};
    /// Told every line of the conversations with "entra", "imap", "smtp" and "graph", secrets and bodies as their length
    /// only. The peers' words are as they came. If it throws, the rest of that conversation is not told.
    std::function<void(std::string_view server, bool sent, std::string_view line)> trace = {};
    /// On the way to all four services.
    proxy_settings proxies = {};
    /// Sends one message from the mailbox to itself, and waits until it has arrived. Without it nothing is changed.
    bool send = false;
    /// Subjects of messages that must be in the inbox, sent over the other base scope.
    std::vector<std::string> expected_subjects = {};
    /// Ids of steps, or their beginnings ("imap"); others are done only as far as these need them. Empty: all.
    std::string only = {};
    /// How long to wait for a message that was sent.
    std::chrono::seconds arrival{60};
};

/** Goes the whole way from the settings to the connected mailbox, and says at each step what was verified, or what failed
    and why. Blocks; the same way against Microsoft's services, a private cloud or the mocks, as the endpoints say.

    The steps and their order: step_ids(), and arrival.other for the messages expected. When one fails,
    those that need it are skipped, and further ones are still tried where they help to tell causes apart: an IMAP refusal
    of a token that SMTP takes has another cause than one of a token that SMTP refuses, too.

    The report's mailbox ends in the state connected exactly when every step passed that was not skipped by choice.
*/
OUTKIT_DECL report run(account::settings const& settings, options const& how);

/// The ids of the steps of a run with this base scope, in order.
OUTKIT_DECL std::span<std::string_view const> step_ids(account::base_scope scope);

/// Who gets a token.
enum class principal
{
    user,        // somebody signs in
    application  // the application on its own behalf, by client credentials
};

/** What of the settings cannot work, or looks like one of the usual mistakes; without any network.

    Where they say which accounts the registration supports, a refusal that is bound to come is told, too: as a failure when
    it is documented or observed, as a warning when it is only inferred. Nothing is claimed that depends on what they do
    not say (oauth2::predict).
*/
OUTKIT_DECL step check_settings(account::settings const& settings, principal who = principal::user);

/// The cloud of the settings with their endpoints in it; an empty name when there is no such cloud.
OUTKIT_DECL oauth2::cloud cloud_of(account::settings const& settings);

/// Where mail is read and submitted: as the settings say, or as the cloud has it. Personal accounts have an SMTP host of
/// their own.
OUTKIT_DECL account::server imap_server_of(account::settings const& settings);
OUTKIT_DECL account::server smtp_server_of(account::settings const& settings, bool personal);

/// Graph, likewise.
OUTKIT_DECL graph::options graph_options_of(account::settings const& settings);

/// What a sign-in asks for: the settings' scopes, or those of the base scope.
OUTKIT_DECL oauth2::scope_set scopes_of(account::settings const& settings, oauth2::cloud const& in);

}  // namespace outkit::inline OUTKIT_ABI::check

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/check/checks.ipp>
#endif

#endif
