#ifndef OUTKIT_TESTS_E2E_OFFLINE_TOKEN_HPP
#define OUTKIT_TESTS_E2E_OFFLINE_TOKEN_HPP

#include "../../tools/offline.hpp"

#include <outkit/mock/tokens.hpp>

#include <string>
#include <utility>
#include <vector>

namespace outkit::tests {

// For the person of the offline world, and one of its servers.
inline access_token token_of(cli::offline& here, char const* audience, std::vector<std::string> permissions)
{
    return here.world().run([&] {
        mock::user const& u = *here.world().directory.find_user(here.user());
        mock::access_claims c;
        c.audience = audience;
        c.tenant = u.tenant_id;
        c.client_id = "00000000-0000-4000-8000-00000000a001";
        c.person = {u.tenant_id, u.id, u.principal_name, u.display_name, "", "", ""};
        c.permissions = std::move(permissions);
        return access_token(mock::issue_access_token(here.world().keys, here.world(), c));
    });
}

}  // namespace outkit::tests

#endif
