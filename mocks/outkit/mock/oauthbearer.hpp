#ifndef OUTKIT_MOCK_OAUTHBEARER_HPP
#define OUTKIT_MOCK_OAUTHBEARER_HPP

#include <outkit/sasl/xoauth2.hpp>

#include <optional>
#include <string>

namespace outkit::inline OUTKIT_ABI::mock {

// A client's message of OAUTHBEARER in base64 (RFC 7628 section 3.1), as plain servers take it. Its user may be empty.
std::optional<sasl::bearer_credentials> decode_oauthbearer(std::string const& response);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/oauthbearer.ipp>
#endif

#endif
