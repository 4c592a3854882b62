#ifndef OUTKIT_OAUTH2_PKCE_HPP
#define OUTKIT_OAUTH2_PKCE_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/secret.hpp>

#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// Proof that the one who redeems a code is the one who asked for it (RFC 7636). The method is S256; there is no other.
struct pkce
{
    secret verifier = secret();  ///< 43 characters from 32 random octets
    std::string challenge = {};
};

/// BASE64URL(SHA256(verifier)), RFC 7636 section 4.2.
OUTKIT_DECL std::string s256_challenge(std::string_view verifier);

/// A new verifier and its challenge. What the environment throws for lack of randomness leaves through here.
OUTKIT_DECL pkce make_pkce(outkit::detail::environment& world);

namespace detail {

// That many random octets in base64url: state, nonce, verifier.
OUTKIT_DECL std::string random_text(outkit::detail::environment& world, std::size_t octets);
// A random GUID (RFC 9562 section 5.4).
OUTKIT_DECL std::string random_guid(outkit::detail::environment& world);

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/pkce.ipp>
#endif

#endif
