#ifndef OUTKIT_CHECK_PLAN_HPP
#define OUTKIT_CHECK_PLAN_HPP

#include <outkit/account/types.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::check {

/// A request that a check makes.
struct planned_request
{
    std::string_view step;  // "imap.sign-in"
    std::string server;     // host, and port where it is not the usual one
    std::string what;       // "AUTHENTICATE XOAUTH2", "GET /v1.0/me"
};

/** What run() asks of which server when every step passes, in its order; nothing is sent. The pages of the sign-in are the
    person's browser's, beyond the first. With `send`, the last requests over IMAP or Graph are repeated until the message has
    arrived.

    @param settings  such that check_settings() does not fail
*/
OUTKIT_DECL std::vector<planned_request> plan(account::settings const& settings, bool send);

}  // namespace outkit::inline OUTKIT_ABI::check

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/check/plan.ipp>
#endif

#endif
