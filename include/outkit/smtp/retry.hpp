#ifndef OUTKIT_SMTP_RETRY_HPP
#define OUTKIT_SMTP_RETRY_HPP

#include <outkit/smtp/types.hpp>
#include <outkit/token_provider.hpp>

#include <chrono>
#include <string>

// For whom mail is submitted, and how patiently.

namespace outkit::inline OUTKIT_ABI::smtp {

/// Where mail is handed over, and for whom.
struct submission_access
{
    endpoint server = {};
    std::string user = {};  ///< the mailbox to send from
    token_provider tokens = {};
};

/** How often a message is tried, and how long is waited before it is tried again.

    The waits are twice as long each time, and by chance up to half of that less, so that many clients of one server do not
    come back together. They begin anew when a message has been taken, or refused for good.
*/
struct submission_policy
{
    /// Of each message, and of each connection that does not come about; at least 1.
    unsigned attempts = 10;
    std::chrono::milliseconds first_wait{1'000};
    std::chrono::milliseconds longest_wait = std::chrono::minutes(5);

    /// The least that is waited after refusal::submission_rate. Exchange counts the messages of a minute.
    std::chrono::milliseconds rate_wait = std::chrono::minutes(1);

    /// Of one operation: nothing is waited for that would be longer than that after its beginning.
    std::chrono::milliseconds budget = std::chrono::minutes(30);

    std::chrono::milliseconds token_patience = std::chrono::minutes(2);  ///< for the token_provider
    /// Another connection is made so long before the token expires. oauth2::token_source has a fresh one 5 minutes before.
    std::chrono::milliseconds before_expiry = std::chrono::minutes(4);
};

}  // namespace outkit::inline OUTKIT_ABI::smtp

#endif
