#ifndef OUTKIT_CONFIG_HPP
#define OUTKIT_CONFIG_HPP

// The one place that chooses between Boost.Asio (default) and standalone Asio, and between
// header-only use (default) and separate compilation (outkit/src.hpp in one source file).

#include <outkit/detail/abi.hpp>
#include <outkit/version.hpp>

#ifdef OUTKIT_STANDALONE_ASIO
#include <system_error>
#define OUTKIT_SYSTEM std
namespace asio {
}
namespace outkit {
namespace asio = ::asio;
}
#else
#include <boost/system/system_error.hpp>
#define OUTKIT_SYSTEM boost::system
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

#endif
