#ifndef OUTKIT_DETAIL_ABI_HPP
#define OUTKIT_DETAIL_ABI_HPP

// Which Asio, and compiled how: part of an inline namespace, so that translation units which chose differently do not
// link. Without error codes, for headers that must cost next to nothing; all others include <outkit/config.hpp>.

#ifdef OUTKIT_STANDALONE_ASIO
#ifdef OUTKIT_SEPARATE_COMPILATION
#define OUTKIT_ABI standalone_separate
#else
#define OUTKIT_ABI standalone_header_only
#endif
#else
#ifdef OUTKIT_SEPARATE_COMPILATION
#define OUTKIT_ABI boost_separate
#else
#define OUTKIT_ABI boost_header_only
#endif
#endif

#ifdef OUTKIT_SEPARATE_COMPILATION
#define OUTKIT_DECL
#else
#define OUTKIT_DECL inline
#endif

#endif
