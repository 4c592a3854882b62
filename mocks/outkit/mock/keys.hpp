#ifndef OUTKIT_MOCK_KEYS_HPP
#define OUTKIT_MOCK_KEYS_HPP

#include <outkit/config.hpp>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

/** The keys with which a world's authority signs its tokens (RS256, RSA of 2048 bits), and the one with which it seals
    those that nobody but itself can read.

    Making an RSA key costs about 0.1 s, so the first one is made once per process, in a thread of its own that starts
    with the first object of this class, and is shared by all worlds. Functions that need it wait for it. Keys live in
    memory only and are never the same in two processes.
*/
class signing_keys
{
public:
    signing_keys();
    signing_keys(signing_keys&&) noexcept;
    signing_keys& operator=(signing_keys&&) noexcept;
    ~signing_keys();

    /// What the JWT header says of the key in use. `kid` is "mock-" and the beginning of `x5t`, so that it has the
    /// length of Entra's and cannot be taken for one; `x5t` is the SHA-1 thumbprint, base64url without padding.
    std::string const& kid() const;
    std::string const& x5t() const;

    /// The RS256 signature of the text by the key in use, in base64url without padding (RFC 7515 section 5.1).
    std::string sign_rs256(std::string_view input) const;

    /// Whether the signature (octets, not base64) is by the published key of that kid.
    bool verify_rs256(std::string_view kid, std::string_view input, std::string_view signature) const;

    /** The JWKS document, shaped like Entra's: kty, use, kid, x5t, n, e, x5c, issuer; no alg.

        @param issuer  the value of each key's `issuer`, for example "https://host/{tenantid}/v2.0"; empty: the member
                       is left out, as in the v1 document
    */
    std::string jwks_json(std::string_view issuer) const;

    /// The key ids that jwks_json() publishes, oldest first; the last one is in use.
    std::vector<std::string> kids() const;

    /// Whether jwks_json() publishes a key of that kid.
    bool publishes(std::string_view kid) const;

    /// The published key of that kid as PEM ("BEGIN PUBLIC KEY"), or empty.
    std::string public_key_pem(std::string_view kid) const;

    /// Signs with a new key from now on; the older ones stay published. Takes about 0.1 s the first time in a process.
    void rotate();

    /// Publishes the key in use only; tokens signed by the older ones are not believed any more.
    void retire_old();

    /** Encrypts and authenticates (AES-256-GCM) with a key that only this object has.

        @param purpose  what it is for; open() must say the same
        @param nonce    random, never used twice
    */
    std::string seal(std::string_view purpose, std::array<unsigned char, 12> const& nonce,
                     std::string_view plain) const;
    /// What was sealed, or nothing if it was altered, is for something else or comes from another world.
    std::optional<std::string> open(std::string_view purpose, std::string_view sealed) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/keys.ipp>
#endif

#endif
