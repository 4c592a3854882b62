#ifndef OUTKIT_DETAIL_COMING_BACK_HPP
#define OUTKIT_DETAIL_COMING_BACK_HPP

#include <outkit/detail/flow.hpp>
#include <outkit/token_provider.hpp>

#include <chrono>
#include <optional>

// What clients that come back after they have lost their connection have in common: a wait, and a token.

namespace outkit::inline OUTKIT_ABI::detail {

// An access token that is asked for anew for each connection.
struct renewed_token
{
    token_provider ask;
    access_token token = access_token();  // the last one
    bool rejected = false;                // it is not to be used again
    std::optional<wall_time> renew_at = {};
};

// Asks for one; `none` if there is nobody to ask.
OUTKIT_DECL flow<access_token> ask_for_token(renewed_token& t, std::chrono::milliseconds patience,
                                             std::chrono::milliseconds before_expiry, error_code none);

// How long to wait after so many failures in a row: twice as long each time, and by chance from half of it to all.
OUTKIT_DECL std::chrono::milliseconds back_off(environment& world, std::chrono::milliseconds first,
                                               std::chrono::milliseconds longest, unsigned failures);

// Another connection may do better.
OUTKIT_DECL bool is_loss(error_code ec);

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/coming_back.ipp>
#endif

#endif
