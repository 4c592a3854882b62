#ifndef OUTKIT_OAUTH2_ID_TOKEN_HPP
#define OUTKIT_OAUTH2_ID_TOKEN_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/oauth2/authority.hpp>
#include <outkit/oauth2/error.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** Who has signed in (documented: Microsoft Learn, ID token claims reference).

    An account is known by cloud, tenant_id and object_id. The other names can change and can be chosen by a tenant's
    administrator: show them, do not compare them.
*/
struct id_claims
{
    std::string issuer = {};                 ///< iss
    std::string subject = {};                ///< sub: the user, for this application only
    std::vector<std::string> audience = {};  ///< aud
    std::string authorized_party = {};       ///< azp
    std::string tenant_id = {};              ///< tid; of personal accounts consumers_tenant_id
    std::string object_id = {};              ///< oid
    std::string nonce = {};
    std::string preferred_username = {};  ///< usually the login name, not always the address
    std::string name = {};
    std::string email = {};
    std::int64_t issued_at = 0;   ///< iat, seconds since 1970
    std::int64_t not_before = 0;  ///< nbf
    std::int64_t expires_at = 0;  ///< exp
};

/** Where an account is at home, from the member or parameter `client_info` (observed: recorded token answers in the tests
    of the Azure SDK for JS, source of the MSAL libraries).

    It is not signed: a name for a cache, not a proof. A guest's home is another tenant than that of the ID token.
*/
struct home_account
{
    std::string user_id = {};    ///< uid; of most accounts the `oid` of its home tenant
    std::string tenant_id = {};  ///< utid, a GUID in lower case; of personal accounts consumers_tenant_id

    /// "{uid}.{utid}", the home account id of the MSAL libraries.
    std::string text() const { return user_id + '.' + tenant_id; }

    friend bool operator==(home_account const&, home_account const&) = default;
};

/** Reads `client_info`.

    @param text  base64url of a JSON object, at most 4 KiB
    @param ec    error::malformed_response, or none. An application's own token has none of these members, or others
*/
OUTKIT_DECL home_account read_client_info(std::string_view text, error_code& ec);

/// A JSON Web Token taken apart (RFC 7515 section 3.1).
struct id_token
{
    std::string algorithm = {};  ///< alg of the header
    std::string key_id = {};     ///< kid of the header
    id_claims claims = {};
    std::string signed_part = {};  ///< what the signature is over
    std::string signature = {};    ///< octets
};

/** Takes an ID token apart. Nothing is believed yet: see verify() and validate().

    @param text  three parts in base64url, at most 16 KiB
    @param ec    error::malformed_id_token, error::missing_claim, or none
*/
OUTKIT_DECL id_token parse_id_token(std::string_view text, error_code& ec);

/// What the claims must agree with.
struct id_token_expectation
{
    std::string client_id = {};
    std::string nonce = {};      ///< empty: none was sent, and none may be there
    bool refreshed = false;      ///< from a refresh: the nonce of the sign-in comes again, or none
    std::string subject = {};    ///< of the earlier token of this account, if there is one
    std::string tenant_id = {};  ///< the same
    std::string issuer = {};     ///< the same
    std::chrono::seconds leeway{300};
};

/// OpenID Connect Core section 3.1.3.7: issuer and tenant, audience, times, nonce, and on refresh the same account.
OUTKIT_DECL error_code validate(id_claims const& claims, authority const& from, id_token_expectation const& expected,
                                outkit::detail::wall_time now);

/// The keys an authority publishes for its signatures (RFC 7517).
class key_set
{
public:
    static constexpr std::size_t most_keys = 64;

    /** Reads a key set document. Keys for which there is no algorithm below, that do not say so, or that are too weak are
        left out.

        @param ec  error::malformed_key_set when it is no key set, or two keys have the same kid
    */
    OUTKIT_DECL static key_set parse(std::string_view document, error_code& ec);

    bool has(std::string_view key_id) const { return find(key_id) != nullptr; }
    std::size_t size() const { return keys_.size(); }

    /** Checks a signature (RFC 8725 section 3.1: the algorithm is ours to choose).

        RS256 with RSA keys that name it or no algorithm, as Entra's; PS256 and ES256 with keys that name it, the latter
        on P-256 only. There is no other, above all neither `none` nor HS256. Without `kid` there must be one key that
        fits and no other.

        A key that names an issuer signs for that issuer only; one with `{tenantid}` in it for each tenant.

        @return error::unsupported_algorithm, unknown_signing_key, bad_signature, or none
    */
    OUTKIT_DECL error_code verify(id_token const& token) const;

private:
    struct key
    {
        std::string id, issuer;
        std::string algorithm;      // the one it is for
        std::string first, second;  // big-endian octets: modulus and exponent, or x and y
    };
    OUTKIT_DECL key const* find(std::string_view key_id) const;

    std::vector<key> keys_;
};

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/id_token.ipp>
#endif

#endif
