#ifndef OUTKIT_OAUTH2_STORED_ACCOUNT_HPP
#define OUTKIT_OAUTH2_STORED_ACCOUNT_HPP

#include <outkit/oauth2/error.hpp>
#include <outkit/oauth2/scope.hpp>
#include <outkit/oauth2/token.hpp>
#include <outkit/secret.hpp>

#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** Which sign-in: an account as one application of one authority knows it.

    Addresses and names are no part of it. They change, and a tenant's administrator can choose them.
*/
struct account_id
{
    std::string client_id = {};
    std::string login = {};      ///< origin of the authority, "https://login.microsoftonline.com"
    std::string tenant_id = {};  ///< `tid`
    std::string object_id = {};  ///< `oid`

    auto operator<=>(account_id const&) const = default;
};

/// An access token of a stored account.
struct stored_token
{
    scope_set scopes = {};  ///< as they were asked for
    access_token access = access_token();
    outkit::detail::wall_time received = {};
    std::chrono::seconds lifetime{0};
    std::optional<std::chrono::seconds> refresh_in = {};
    secret unknown = secret();  ///< members that a newer version wrote, as they stood in the file

    OUTKIT_DECL stored_token clone() const;
    /// As in token_response.
    OUTKIT_DECL bool wants_renewal(outkit::detail::wall_time now) const;
};

/// What is kept of a sign-in.
struct stored_account
{
    account_id id = {};
    std::string tenant = {};  ///< the authority's tenant, "common" or "contoso.example"
    std::string subject = {}, issuer = {};
    std::string username = {}, name = {};  ///< to be shown, not to be compared
    secret refresh = secret();
    /// The authority has refused `refresh`: it is not asked again until somebody signs in.
    bool refused = false;
    outkit::detail::wall_time signed_in = {};
    std::vector<stored_token> tokens = {};  ///< one for each set of scopes
    secret unknown = secret();              ///< as in stored_token

    OUTKIT_DECL stored_account clone() const;

    /// The token for just these scopes, in any order; null: there is none.
    OUTKIT_DECL stored_token const* find(scope_set const& scopes) const;
    /// Keeps a token in the place of the one for the same scopes. Of more than 16 the oldest goes.
    OUTKIT_DECL void put(stored_token t);
};

/** What is to be kept of a sign-in.

    @param from  the authority that was asked
    @param ec    error::missing_claim: whose it is cannot be told; ask for `openid` and `profile`
*/
OUTKIT_DECL stored_account account_of(token_response const& signed_in, std::string const& client_id,
                                      authority const& from, error_code& ec);

namespace detail {

// In any order.
OUTKIT_DECL bool same_scopes(scope_set const& a, scope_set const& b);

}  // namespace detail

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/stored_account.ipp>
#endif

#endif
