#ifndef OUTKIT_SASL_XOAUTH2_HPP
#define OUTKIT_SASL_XOAUTH2_HPP

#include <outkit/detail/abi.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::sasl {

/// Why a SASL message could not be made or understood. With <outkit/sasl/error.hpp> these are error codes of the
/// category "outkit.sasl".
enum class error
{
    none = 0,
    invalid_user,          ///< ours: the user is empty, or has a control character or non-ASCII text in it
    invalid_access_token,  ///< ours: the token is empty, or has characters in it that RFC 6750 section 2.1 does not allow
    response_too_long,     ///< ours: user and token make a line of more than longest_response octets
    not_base64,            ///< the peer's: blanks, wrong padding or other characters
    malformed_response,    ///< the client's: not of the form user=…^Aauth=Bearer …^A^A
    malformed_challenge,  ///< the server's: not a JSON object
    challenge_too_long    ///< the server's: more than longest_challenge octets
};

/// What error `e` means, in a sentence.
OUTKIT_DECL char const* describe(error e) noexcept;

/// RFC 4954 section 4: the longest line of an authentication exchange, without its CRLF.
inline constexpr std::size_t longest_response = 12'288;
inline constexpr std::size_t longest_challenge = 12'288;

/** Proof that what is said next stays confidential. Whoever encodes credentials must have one.

    There is no way to make one by accident: a connection gives it when a TLS handshake has succeeded on it.
*/
class confidential
{
public:
    /// For a connection that has completed a verified TLS handshake (`c.encrypted()`); nothing for any other.
    template <class Connection>
    static std::optional<confidential> over(Connection const& c)
    {
        if (c.encrypted())
            return confidential();
        return std::nullopt;
    }

    /// For a peer on this machine: `host` is "localhost", an address of 127.0.0.0/8 or "::1". Nothing for any other.
    static std::optional<confidential> on_loopback(std::string_view host) noexcept;

    /// The caller's word, for a connection that outkit does not know of: it is TLS, and its certificate was verified.
    static confidential promised_by_caller() noexcept { return {}; }

private:
    confidential() = default;
};

/** The client's message of XOAUTH2, in base64, to be sent as initial response or in answer to an empty challenge.

    This is base64("user=" user ^A "auth=Bearer " token ^A ^A), as Microsoft and Google document it.

    @param user    The mailbox to open, for example "ann@contoso.example". Printable ASCII.
    @param token   An access token for the service, as the authority issued it.
    @param e       error::none, or why there is no result.

    The result is as secret as the token. It is made with one allocation.
*/
OUTKIT_DECL std::optional<std::string> encode_xoauth2(std::string_view user, std::string_view token, confidential,
                                                      error& e);

/// What a server has been told by XOAUTH2.
struct bearer_credentials
{
    std::string user;
    std::string token;
};

/** The server's side of encode_xoauth2().

    @param response  Base64, without line end.
    @param e         error::none, or why it is refused. The scheme's name is compared without regard to case.
*/
OUTKIT_DECL std::optional<bearer_credentials> decode_xoauth2(std::string_view response, error& e);

}  // namespace outkit::inline OUTKIT_ABI::sasl

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/sasl/xoauth2.ipp>
#endif

#endif
