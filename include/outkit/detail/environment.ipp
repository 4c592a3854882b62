#ifndef OUTKIT_DETAIL_ENVIRONMENT_IPP
#define OUTKIT_DETAIL_ENVIRONMENT_IPP

#include <outkit/detail/environment.hpp>

#include <openssl/rand.h>

#include <exception>

namespace outkit::inline OUTKIT_ABI::detail {

OUTKIT_DEF environment& real_environment()
{
    struct system final : environment
    {
        time_point now() const override { return std::chrono::steady_clock::now(); }
        wall_time date() const override { return std::chrono::system_clock::now(); }
        void random(std::span<unsigned char> fill) override
        {
            if (RAND_bytes(fill.data(), static_cast<int>(fill.size())) != 1)
                std::terminate();  // nothing that needs randomness may go on without it
        }
    };
    static system world;
    return world;
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
