#ifndef OUTKIT_OAUTH2_DETAIL_TOKEN_FILE_HPP
#define OUTKIT_OAUTH2_DETAIL_TOKEN_FILE_HPP

#include <outkit/oauth2/stored_account.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The text of a token file. One line says what it is, and then comes JSON, as it is or encrypted:
//
//     outkit-tokens 1.0 plain LENGTH SHA256 LF JSON
//     outkit-tokens 1.0 aes-256-gcm LENGTH SHA256 LF nonce (12 octets) tag (16) ciphertext
//
// LENGTH is that of all that follows the line, in octets. SHA256 is over the line up to "plain" or the cipher's name, an
// LF, and what follows the line; the cipher authenticates the same beginning. The JSON is {"generation": how often the
// file has been written, "accounts": [...]}. A minor version adds members and kinds of accounts, a major one may change
// anything.

namespace outkit::inline OUTKIT_ABI::oauth2::detail {

struct token_file
{
    std::uint64_t generation = 0;
    unsigned minor = 0;  // of the version that wrote it, if it is later than ours
    std::vector<stored_account> accounts = {};
    std::vector<secret> other_accounts = {};  // of kinds that are not known here: their JSON
    secret unknown = secret();                // further members of the whole
};

inline constexpr std::size_t token_key_octets = 32;

// error::store_corrupt, store_version, store_key; `said` tells which part. An empty key: the text is not encrypted.
OUTKIT_DECL token_file read_token_file(std::string_view text, secret const& key, error_code& ec, std::string& said);

// Wipe the text when it has been used. error::store_key: the key has another length; store_io: no randomness.
OUTKIT_DECL std::string write_token_file(token_file const& f, secret const& key, error_code& ec);

}  // namespace outkit::inline OUTKIT_ABI::oauth2::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/detail/token_file.ipp>
#endif

#endif
