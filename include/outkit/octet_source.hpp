#ifndef OUTKIT_OCTET_SOURCE_HPP
#define OUTKIT_OCTET_SOURCE_HPP

#include <outkit/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace outkit::inline OUTKIT_ABI {

/// Octets that are not in memory, or not all of them: what a message or a file is made of. Read once, from the beginning.
struct octet_source
{
    static constexpr std::uint64_t unknown = std::uint64_t(-1);

    /// How many there are, exactly; `unknown` only where it is said that this may be.
    std::uint64_t octets = 0;

    /// Puts the next octets into `into`, at most `most`, and returns how many; 0 is the end. An error it sets ends the
    /// reading, and the operation with that error.
    std::function<std::size_t(char* into, std::size_t most, error_code& ec)> read = {};
};

}  // namespace outkit::inline OUTKIT_ABI

#endif
