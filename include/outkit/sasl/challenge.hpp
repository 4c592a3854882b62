#ifndef OUTKIT_SASL_CHALLENGE_HPP
#define OUTKIT_SASL_CHALLENGE_HPP

#include <outkit/sasl/xoauth2.hpp>

namespace outkit::inline OUTKIT_ABI::sasl {

/** What a server says in the challenge with which it refuses a token (RFC 7628 section 3.2.2; XOAUTH2 has the same).

    The client answers it with an empty line, once, and then hears the final refusal.
*/
struct error_challenge
{
    std::string status;   ///< "400" and "401" are common; "invalid_token" in RFC 7628
    std::string schemes;  ///< for example "Bearer"; RFC 7628 has no such member
    std::string scope;    ///< what a token would need, for example "https://outlook.office.com/.default"

    friend bool operator==(error_challenge const&, error_challenge const&) = default;
};

/// Base64 of the JSON object, members in the order above, empty ones left out.
OUTKIT_DECL std::string encode_challenge(error_challenge const& c);

/** Reads an error challenge.

    Members that are missing or no strings stay empty (a number is taken as its digits); others are ignored. What is
    kept is printable ASCII, at most 256 octets each, with '?' in place of other characters: it is fit to be shown.

    @param text  Base64, without line end. An empty one is an empty challenge and no error.
    @param e     error::none, not_base64, malformed_challenge or challenge_too_long.
*/
OUTKIT_DECL std::optional<error_challenge> decode_challenge(std::string_view text, error& e);

}  // namespace outkit::inline OUTKIT_ABI::sasl

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/sasl/challenge.ipp>
#endif

#endif
