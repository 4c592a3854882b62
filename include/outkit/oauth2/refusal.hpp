#ifndef OUTKIT_OAUTH2_REFUSAL_HPP
#define OUTKIT_OAUTH2_REFUSAL_HPP

#include <outkit/http/message.hpp>
#include <outkit/oauth2/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** What the authority said when it refused: Entra's error document (documented: Microsoft Learn, Microsoft Entra
    authentication and authorization error codes), or the parameters of an error redirect.

    Texts are the peer's: control characters are replaced, what looks like a token is blanked, and length is limited.
*/
struct refusal
{
    error_code ec = {};                     ///< the enumerator of `error`
    std::string name = {};                  ///< `error` as it came, at most 64 octets
    std::string suberror = {};              ///< "basic_action", "bad_token", ...; `error_subcode` of a redirect
    std::vector<std::uint32_t> codes = {};  ///< AADSTS numbers, from error_codes or else from the description
    std::string description = {};           ///< without the tail of identifiers, at most 512 octets
    std::string trace_id = {};
    std::string correlation_id = {};  ///< what Microsoft's support asks for
    std::string timestamp = {};       ///< "2026-11-24 06:30:00Z", by the authority's clock
    std::string claims = {};          ///< JSON to pass on in the next authorization request, at most 8 KiB
    unsigned status = 0;              ///< of HTTP; 0: it came by redirect
    std::optional<std::chrono::seconds> retry_after = {};  ///< how long to wait, if it said so; not negative

    /// The first AADSTS number; 0: none.
    std::uint32_t code() const { return codes.empty() ? 0 : codes.front(); }

    /// "invalid_client, AADSTS7000215: Invalid client secret provided. ... (correlation id ...)", for people.
    OUTKIT_DECL std::string text() const;
};

/** Reads the body of an answer with status 400 or above. A body that is not Entra's JSON leaves `name` empty and
    `ec` to say what the status means. */
OUTKIT_DECL refusal read_refusal(http::response const& answer);

/// The same from `error`, `error_description` and so on of a redirect.
OUTKIT_DECL refusal make_refusal(std::string_view name, std::string_view description, std::string_view suberror);

namespace detail {

// At most n octets, cut between characters; control characters and what is not UTF-8 become blanks, tokens vanish.
OUTKIT_DECL std::string presentable(std::string_view text, std::size_t n = 512);

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/refusal.ipp>
#endif

#endif
