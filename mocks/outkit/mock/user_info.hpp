#ifndef OUTKIT_MOCK_USER_INFO_HPP
#define OUTKIT_MOCK_USER_INFO_HPP

#include <outkit/config.hpp>
#include <outkit/http/message.hpp>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

/** The user info endpoint (OpenID Connect Core 1.0 section 5.3): what a token for Graph with `openid` says of its person.

    Real metadata name it at graph.microsoft.com, so the mocks of both answer it.
*/
http::response user_info(world& w, http::request const& request);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/user_info.ipp>
#endif

#endif
