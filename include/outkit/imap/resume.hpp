#ifndef OUTKIT_IMAP_RESUME_HPP
#define OUTKIT_IMAP_RESUME_HPP

#include <outkit/imap/types.hpp>
#include <outkit/token_provider.hpp>

#include <chrono>
#include <span>
#include <string>
#include <string_view>

// How a client comes back after it has lost its connection, and what it does not do a second time.

namespace outkit::inline OUTKIT_ABI::imap {

/// Where a mailbox is, and how one gets in.
struct mailbox_access
{
    std::string host = "outlook.office365.com";
    std::uint16_t port = 993;
    security how = security::implicit_tls;
    std::string user = {};  ///< address of the mailbox to open
    token_provider tokens = {};
};

/** How patiently a client tries to come back.

    Before each connection but the first it waits, twice as long each time, and by chance up to half of that less, so
    that many clients of one server do not come back together. The waits begin anew when the server has answered a
    command, not already when it has let us in.
*/
struct resume_policy
{
    unsigned attempts =
        6;  ///< connections made for one operation, before it ends with the error of the last; at least 1
    std::chrono::milliseconds first_wait{1'000};
    std::chrono::milliseconds longest_wait = std::chrono::minutes(5);

    /// A server that throttles us is left alone for as long as it says, and then asked again, unless that is longer than
    /// this. Exchange says just under 5 minutes. Zero: never; the operation ends with error::throttled.
    std::chrono::milliseconds longest_throttle = std::chrono::minutes(6);

    std::chrono::milliseconds token_patience = std::chrono::minutes(2);  ///< for the token_provider
    /// Another connection is made so long before the token expires. oauth2::token_source has a fresh one 5 minutes before.
    std::chrono::milliseconds before_expiry = std::chrono::minutes(4);
};

/// What becomes of a command when its connection is lost before the answer has come.
enum class after_loss
{
    repeated,        ///< said again on the next connection: twice does what once does
    reported,        ///< ends with the error of the connection: said again it would mean something else
    outcome_unknown  ///< ends with error::outcome_unknown once it may have arrived: it may have been carried out
};

struct command_rule
{
    std::string_view command;  ///< as it is said: "UID FETCH"
    after_loss then;
    std::string_view why;
};

/// All commands that are said to a server, as data. outcome_unknown holds for clients that do not come back, too.
OUTKIT_DECL std::span<command_rule const> command_rules();

}  // namespace outkit::inline OUTKIT_ABI::imap

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/imap/resume.ipp>
#endif

#endif
