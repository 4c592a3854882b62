#ifndef OUTKIT_CHECK_ANATOMY_HPP
#define OUTKIT_CHECK_ANATOMY_HPP

#include <outkit/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::check {

/** What an access token says about itself, for diagnosis only: nothing of it is verified, as only the service it is for
    can and may do that. Tokens of personal accounts are opaque and say nothing.
*/
struct token_facts
{
    bool readable = false;                 // it is a JWT
    std::string audience = {};             // aud
    std::string tenant = {};               // tid
    std::string application = {};          // appid or azp
    std::vector<std::string> user = {};    // upn, unique_name, preferred_username, email: whatever is there
    std::vector<std::string> scopes = {};  // scp, of a delegated token
    std::vector<std::string> roles = {};   // of an app-only token
    std::int64_t expires_at = 0;           // exp, seconds since 1970; 0: not said

    bool app_only() const { return readable && scopes.empty() && !roles.empty(); }
    bool has_scope(std::string_view name) const;  // compared without case
    bool belongs_to(std::string_view address) const;
};

/// Texts are cut at 512 octets; a token longer than 16 KiB is not read.
OUTKIT_DECL token_facts read_token(std::string_view token);

/// How a secret is shown in a report: "1498 octets, sha256 3fa94c".
OUTKIT_DECL std::string fingerprint(std::string_view secret);

}  // namespace outkit::inline OUTKIT_ABI::check

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/check/anatomy.ipp>
#endif

#endif
