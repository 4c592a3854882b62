#ifndef OUTKIT_TOKEN_PROVIDER_HPP
#define OUTKIT_TOKEN_PROVIDER_HPP

#include <outkit/detail/event.hpp>
#include <outkit/error.hpp>
#include <outkit/secret.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

// How clients that come back after they have lost their connection get an access token for the next one.

namespace outkit::inline OUTKIT_ABI {

namespace detail {

// What a client and the one who brings its access token share.
struct awaited_token
{
    event arrived;
    bool here = false;
    error_code ec = {};
    access_token token = access_token();
    std::optional<std::chrono::system_clock::time_point> expires = {};
};

}  // namespace detail

/** Brings the access token that a token_provider was asked for; also, with two arguments, a completion handler of
    oauth2::token_source::async_token(). Called once, at once or later, on the client's executor; what comes after the client
    has stopped waiting is dropped. Copies are the same answer. */
class token_answer
{
public:
    explicit token_answer(std::shared_ptr<detail::awaited_token> to) : to_(std::move(to)) {}

    /// @param ec       why there is none; the operation ends with it, or tries again if it is condition::transient
    /// @param expires  nothing: not known, so that the server will say when it has expired
    OUTKIT_DECL void operator()(error_code ec, access_token token,
                                std::optional<std::chrono::system_clock::time_point> expires = {}) const;

private:
    std::shared_ptr<detail::awaited_token> to_;
};

/** Asked for an access token before each connection. The same one may be handed out again until it is refused.

    @param rejected  the token handed out last, if the server has not accepted it or has said that it has expired; null if
                     there is nothing wrong with it. Valid during the call.
*/
using token_provider = std::function<void(access_token const* rejected, token_answer answer)>;

}  // namespace outkit::inline OUTKIT_ABI

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/token_provider.ipp>
#endif

#endif
