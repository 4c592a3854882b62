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

// OUTKIT_DECL begins a function that is defined in an .ipp. Flows have two of their own, OUTKIT_FLOW for the first
// declaration and OUTKIT_FLOW_DEF for the definition of what is declared already: g++ emits every inline coroutine at -O0,
// used or not, but a template only when it is used.
#ifdef OUTKIT_SEPARATE_COMPILATION
#define OUTKIT_DECL
#define OUTKIT_FLOW
#define OUTKIT_FLOW_DEF
#else
#define OUTKIT_DECL inline
#define OUTKIT_FLOW template <class = void>
#define OUTKIT_FLOW_DEF template <class>
#endif

#endif
