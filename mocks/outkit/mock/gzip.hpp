#ifndef OUTKIT_MOCK_GZIP_HPP
#define OUTKIT_MOCK_GZIP_HPP

#include <outkit/config.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The content coding gzip (RFC 9110 section 8.4.1.3, RFC 1952).

namespace outkit::inline OUTKIT_ABI::mock {

std::string gzip(std::string_view plain);

// Nothing for what is no gzip, is cut, or has been damaged. No more than `most` octets come out: a text that has more is
// cut there.
std::optional<std::string> gunzip(std::string_view packed, std::size_t most);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/gzip.ipp>
#endif

#endif
