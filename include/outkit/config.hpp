#ifndef OUTKIT_CONFIG_HPP
#define OUTKIT_CONFIG_HPP

// The one place that chooses between Boost.Asio (default) and standalone Asio, and between
// header-only use (default) and separate compilation (outkit/src.hpp in one source file).

#include <outkit/version.hpp>

// Both choices are part of an inline namespace, so that translation units which chose differently do not link.
#ifdef OUTKIT_STANDALONE_ASIO
#include <system_error>
#define OUTKIT_SYSTEM std
#ifdef OUTKIT_SEPARATE_COMPILATION
#define OUTKIT_ABI standalone_separate
#else
#define OUTKIT_ABI standalone_header_only
#endif
namespace asio {
}
namespace outkit {
namespace asio = ::asio;
}
#else
#include <boost/system/system_error.hpp>
#define OUTKIT_SYSTEM boost::system
#ifdef OUTKIT_SEPARATE_COMPILATION
#define OUTKIT_ABI boost_separate
#else
#define OUTKIT_ABI boost_header_only
#endif
namespace boost::asio {
}
namespace outkit {
namespace asio = ::boost::asio;
}
#endif

namespace outkit::inline OUTKIT_ABI {
using OUTKIT_SYSTEM::error_category;
using OUTKIT_SYSTEM::error_code;
using OUTKIT_SYSTEM::error_condition;

// An errno value as an error_code; ECANCELED equals asio::error::operation_aborted.
inline error_code os_error(int e) { return {e, OUTKIT_SYSTEM::system_category()}; }
}  // namespace outkit::inline OUTKIT_ABI

#define OUTKIT_ERROR_CODE_ENUM(E)                                \
    template <>                                                  \
    struct OUTKIT_SYSTEM::is_error_code_enum<E> : std::true_type \
    {};
#define OUTKIT_ERROR_CONDITION_ENUM(E)                                \
    template <>                                                       \
    struct OUTKIT_SYSTEM::is_error_condition_enum<E> : std::true_type \
    {};

#ifdef OUTKIT_SEPARATE_COMPILATION
#define OUTKIT_DECL
#else
#define OUTKIT_DECL inline
#endif

#endif
