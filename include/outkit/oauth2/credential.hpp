#ifndef OUTKIT_OAUTH2_CREDENTIAL_HPP
#define OUTKIT_OAUTH2_CREDENTIAL_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/oauth2/error.hpp>
#include <outkit/secret.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// How an assertion is signed (RFC 7518 section 3).
enum class assertion_algorithm
{
    ps256,  ///< RSASSA-PSS with SHA-256; the certificate is named by its SHA-256. What Entra recommends
    rs256   ///< RSASSA-PKCS1-v1_5 with SHA-256; named by its SHA-1, as older libraries do
};

/** A certificate with its private key, by which an application proves who it is instead of by a secret (RFC 7523
    section 2.2; documented: Microsoft Learn, certificate credentials).

    Only the certificate is uploaded to the application's registration. It need not be signed by anybody but itself.

    Immutable, and shared by all who have copies of the pointer, across threads, too.
*/
class client_certificate
{
public:
    /** Reads certificate and key.

        @param certificate  PEM text; its first certificate counts
        @param key          PEM text of the private key, PKCS #8 or PKCS #1
        @param ec           error::invalid_certificate, error::invalid_certificate_key,
                            error::weak_certificate_key (not RSA, or below 2048 bits),
                            error::certificate_key_mismatch, or none
        @param algorithm    how to sign
        @param passphrase   of an encrypted key; nobody is asked for one
        @return none when there is an error
    */
    OUTKIT_DECL static std::shared_ptr<client_certificate const>
    make(std::string_view certificate, secret const& key, error_code& ec,
         assertion_algorithm algorithm = assertion_algorithm::ps256, secret const& passphrase = secret());

    /// Whether it is of use at that time: error::certificate_expired, error::certificate_not_yet_valid, or none.
    OUTKIT_DECL error_code check(outkit::detail::wall_time at) const;

    outkit::detail::wall_time not_before() const { return not_before_; }
    outkit::detail::wall_time not_after() const { return not_after_; }
    assertion_algorithm algorithm() const { return algorithm_; }
    /// Of the DER form, in base64url: `x5t` and `x5t#S256` of RFC 7515 section 4.1.7 and 4.1.8.
    std::string const& sha1_thumbprint() const { return sha1_; }
    std::string const& sha256_thumbprint() const { return sha256_; }

    /** A new assertion: a signed statement that its bearer is the application, good for ten minutes and one request.

        @param world      clock, and randomness for its identifier
        @param client_id  the application, `iss` and `sub`
        @param audience   URL of the token endpoint, `aud`
        @param ec         as check(), or error::invalid_certificate_key when the key cannot sign
    */
    OUTKIT_DECL secret assertion(outkit::detail::environment& world, std::string_view client_id,
                                 std::string_view audience, error_code& ec) const;

private:
    client_certificate() = default;

    std::shared_ptr<void> key_;  // OpenSSL's; its layer has no place in this one
    assertion_algorithm algorithm_ = assertion_algorithm::ps256;
    outkit::detail::wall_time not_before_ = {}, not_after_ = {};
    std::string sha1_, sha256_;
};

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/credential.ipp>
#endif

#endif
