#ifndef OUTKIT_OAUTH2_INSTANCE_HPP
#define OUTKIT_OAUTH2_INSTANCE_HPP

#include <outkit/http/message.hpp>
#include <outkit/oauth2/authority.hpp>
#include <outkit/oauth2/refusal.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** What a login host says about itself and the clouds it knows: Entra's instance discovery (observed: recorded answers in
    the tests of the Azure SDK for JS, sources of the MSAL libraries).

    For people and for names in a cache. Whom outkit sends a secret to is decided by the cloud's own list alone: a host
    is no alias because an answer says so.
*/
struct instance_metadata
{
    /// Host names of one cloud, in lower case.
    struct cloud_names
    {
        std::string preferred_network = {};     ///< where to ask
        std::string preferred_cache = {};       ///< under which name the MSAL libraries store accounts
        std::vector<std::string> aliases = {};  ///< all of them
    };

    http::url tenant_discovery_endpoint = {};  ///< on the authority's own host
    std::vector<cloud_names> clouds = {};

    /// The one that the host belongs to; null when none lists it, as with a host of one's own.
    OUTKIT_DECL cloud_names const* find(std::string_view host) const;
};

/** Reads an instance discovery document.

    @param ec    error::malformed_response, untrusted_endpoint, or the refusal's: error::invalid_instance when the host is
                 not known
    @param said  which member was wrong, or the refusal
*/
OUTKIT_DECL instance_metadata read_instance_metadata(http::response const& answer, authority const& from,
                                                     error_code& ec, refusal& said);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/instance.ipp>
#endif

#endif
