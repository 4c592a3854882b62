#ifndef OUTKIT_OAUTH2_KEY_CACHE_HPP
#define OUTKIT_OAUTH2_KEY_CACHE_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/detail/event.hpp>
#include <outkit/oauth2/id_token.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** The signing keys of an authority, fetched by one client for all that wait for them.

    A client has one of its own unless client_options::keys gives it one. Clients of one authority that run on one
    executor, or in one strand, can share it; it is not thread-safe. A fetch that fails is nobody's but theirs who
    waited for it: whoever comes later asks again.

    The members are the clients' own.
*/
struct key_cache
{
    std::optional<key_set> keys = {};
    std::string from = {};  ///< the endpoint that published them
    outkit::detail::time_point fetched_at = {};

    // The fetch in progress, and how the last one ended: ECANCELED if its client did not wait for the end.
    bool fetching = false;
    std::uint64_t ended = 0;
    error_code outcome = {};
    std::string said = {};
    outkit::detail::event changed;
};

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
