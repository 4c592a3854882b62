#ifndef OUTKIT_MOCK_TOKENS_HPP
#define OUTKIT_MOCK_TOKENS_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/mock/directory.hpp>
#include <outkit/mock/keys.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The tokens of the mock authority. Their claims, lengths and formats are Microsoft's (documented: Microsoft Learn,
// access token and ID token claims references; observed: publicly decoded Outlook and Graph tokens); that they are a
// mock's shows in the kid, and in the word MOCK within the opaque ones.

namespace outkit::inline OUTKIT_ABI::mock {

/// Seconds since 1970-01-01 UTC on the environment's calendar.
std::int64_t unix_time(detail::environment const& at);

/// So many random octets in base64url without padding.
std::string random_text(detail::environment& from, std::size_t octets);

/// A person as tokens name them.
struct person
{
    std::string home_tenant;  // consumers_tenant for a personal account
    std::string object_id;
    std::string login;  // user principal name, or the address of a personal account
    std::string name;
    std::string given_name;
    std::string family_name;
    std::string email;  // empty: none known
    bool personal() const { return home_tenant == consumers_tenant; }
};

/// What an access token says.
struct access_claims
{
    enum class shape
    {
        v1,     // Graph and Exchange: iss sts.windows.net, appid, upn, scp
        v2,     // APIs of one's own: iss {login}/{tid}/v2.0, azp, preferred_username, scp
        opaque  // personal accounts: nothing to read
    };
    shape kind = shape::v1;
    std::string audience;  // as it was asked for: "https://outlook.office.com", "https://graph.microsoft.com", …
    std::string issuer;    // filled in for v1 and opaque when empty
    std::string tenant;    // tid: where it was issued
    std::string client_id;
    std::string client_name;
    int client_authentication = 0;                // appidacr: 0 public client, 1 secret, 2 certificate
    bool app_only = false;                        // no person, but roles
    mock::person person;                          // unless app_only
    std::vector<std::string> permissions;         // short names: scp, or roles when app_only
    std::string service_principal;                // object id, when app_only
    bool multifactor = false;                     // amr says mfa
    std::string identity_provider;                // of a guest: "live.com", or the home tenant's issuer
    bool continuous_access = false;               // xms_cc says cp1: the client understands claims challenges
    bool hashed_nonce = false;                    // as Graph's: the signature is over another header than one sees
    std::int64_t issued_at = 0;                   // iat = nbf: 300 s before the token was made
    std::int64_t expires_at = 0;                  // exp
    std::string id;                               // uti, filled in when empty
    bool has(std::string_view permission) const;  // compared without case
};

/** Makes an access token from the claims. Fills in issuer, issued_at, id, and expires_at from `lifetime` in seconds.

    The token is dated back five minutes, as Entra's are: exp - iat is 300 more than the lifetime.
*/
std::string issue_access_token(signing_keys const& keys, detail::environment& env, access_claims& claims,
                               std::int64_t lifetime = 3600);

/// Why an access token was not accepted.
enum class token_fault
{
    none,
    malformed,        // neither a JWT nor one of ours
    real_credential,  // looks like a token of the real service: refused, and not to be kept or logged (R-MOC-03)
    unknown_key,      // signed by a key that is not published
    bad_signature,
    not_yet_valid,
    expired
};

/// What verification of a bearer token found. The claims are believed unless the fault says malformed, real_credential,
/// unknown_key or bad_signature: those leave them empty.
struct access_verdict
{
    token_fault fault = token_fault::malformed;
    access_claims claims;
    explicit operator bool() const { return fault == token_fault::none; }
};

/// Verifies signature and times of an access token of this world. Audience, permissions and person are the resource's
/// business.
access_verdict verify_access_token(signing_keys const& keys, detail::environment const& env, std::string_view bearer);

/// What an ID token says, beside the person.
struct id_claims
{
    std::string issuer;    // "https://host/{tid}/v2.0" with the tenant filled in
    std::string audience;  // the client id
    std::string tenant;
    mock::person person;
    bool profile = false;           // name, oid, preferred_username
    bool email = false;             // email, when known
    std::string nonce;              // empty: none
    std::int64_t auth_time = 0;     // 0: not said
    std::string c_hash_of;          // a code that came with it, or empty
    std::string at_hash_of;         // an access token that came with it, or empty
    std::string session_id;         // sid, or empty
    std::string identity_provider;  // of a guest: idp, or empty
    bool v1 = false;                // as the v1 endpoint makes them: issuer sts.windows.net, upn, ver 1.0
};
std::string issue_id_token(signing_keys const& keys, detail::environment& env, id_claims const& claims);

/// The value of `client_info`: whose account, unpadded base64url JSON.
std::string client_info(person const& who);

/// The person's identifier for one application (sub): always the same for the pair, different between applications.
std::string pairwise_subject(std::string_view client_id, person const& who);

/// What a code or a refresh token stands for. Neither can be read, and neither is kept: both are sealed.
struct grant
{
    std::string id;         // the sign-in it comes from
    std::string tenant;     // the tenant the person signed in to
    std::string authority;  // the path the request was made on: common, organizations, consumers or a tenant's GUID
    std::string client_id;
    std::string user_id;  // object id
    std::string user_tenant;
    std::string scope;     // as asked for, with offline_access
    std::string platform;  // of the redirect URI: "web", "spa", "publicClient"; or "device", "password"
    std::string redirect_uri;
    std::string nonce;
    std::string challenge;         // code_challenge, or empty
    std::string challenge_method;  // "S256" or "plain"
    std::string session_id;
    std::string token_id;  // of this refresh token
    bool multifactor = false;
    bool says_auth_time = false;      // max_age was asked for
    std::int64_t multifactor_at = 0;  // when the second factor was given
    std::int64_t signed_in_at = 0;    // when the person typed a password
    std::int64_t issued_at = 0;       // when this code or refresh token was made
};

std::string seal_code(signing_keys const& keys, detail::environment& env, grant const& g);
std::optional<grant> open_code(signing_keys const& keys, std::string_view code);
std::string seal_refresh_token(signing_keys const& keys, detail::environment& env, grant const& g);
std::optional<grant> open_refresh_token(signing_keys const& keys, std::string_view text);

/// Whether the text has the shape of a refresh token, code, access token or ID token of the real service and was not
/// made by a mock. Such a text is not processed any further (R-MOC-03).
bool is_real_credential(signing_keys const& keys, std::string_view text);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/tokens.ipp>
#endif

#endif
