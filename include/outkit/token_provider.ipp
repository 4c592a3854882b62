#ifndef OUTKIT_TOKEN_PROVIDER_IPP
#define OUTKIT_TOKEN_PROVIDER_IPP

#include <outkit/token_provider.hpp>

#include <utility>

namespace outkit::inline OUTKIT_ABI {

OUTKIT_DEF void token_answer::operator()(error_code ec, access_token token,
                                         std::optional<std::chrono::system_clock::time_point> expires) const
{
    if (to_->here)
        return;
    to_->here = true;
    to_->ec = ec;
    to_->token = std::move(token);
    to_->expires = expires;
    to_->arrived.notify();
}

}  // namespace outkit::inline OUTKIT_ABI

#endif
