#ifndef OUTKIT_DETAIL_ENCODING_HPP
#define OUTKIT_DETAIL_ENCODING_HPP

#include <outkit/detail/abi.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Bytes as text and back. Decoders are strict: one text for each sequence of bytes, and nothing else is accepted.

namespace outkit::inline OUTKIT_ABI::detail {

// RFC 4648 section 4, with padding. Decoding refuses blanks, line ends, missing padding and bits that are left over.
constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
OUTKIT_DECL std::string base64_encode(std::string_view bytes);
OUTKIT_DECL std::optional<std::string> base64_decode(std::string_view text);

// RFC 4648 section 5, without padding, as JOSE and PKCE have it.
OUTKIT_DECL std::string base64url_encode(std::string_view bytes);
OUTKIT_DECL std::optional<std::string> base64url_decode(std::string_view text);

// Lower case; decoding takes both.
OUTKIT_DECL std::string hex_encode(std::string_view bytes);
OUTKIT_DECL std::optional<std::string> hex_decode(std::string_view text);

// application/x-www-form-urlencoded: one name or value. Decoding takes '+' for a blank and refuses a '%' without two
// digits after it.
OUTKIT_DECL std::string form_encode(std::string_view text);
OUTKIT_DECL void append_form_encoded(std::string& out, std::string_view text);
OUTKIT_DECL std::optional<std::string> form_decode(std::string_view text);

// Base64 of several pieces without joining them first. Writes base64_size(sum of the pieces) characters at `out`.
class base64_writer
{
public:
    explicit base64_writer(char* out) : out_(out) {}
    OUTKIT_DECL void add(std::string_view piece);
    OUTKIT_DECL void finish();  // with padding

private:
    char* out_;
    unsigned char waiting_[3] = {};  // bytes that do not make a group of three yet
    std::size_t count_ = 0;
};

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/encoding.ipp>
#endif

#endif
