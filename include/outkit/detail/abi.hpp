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

// What is defined in an .ipp begins with one of these: OUTKIT_DECL the first declaration of a function, a member or a
// class of an .ipp alone; OUTKIT_DEF the definition of what is declared already; OUTKIT_INLINE the rest, virtual functions
// above all. In header-only use the first two make templates, since g++ emits every inline coroutine at -O0 and
// instantiates whatever inline functions call, used or not, but a template only when it is used.
#ifdef OUTKIT_SEPARATE_COMPILATION
#define OUTKIT_DECL
#define OUTKIT_DEF
#define OUTKIT_INLINE
#else
#define OUTKIT_DECL template <class = void>
#define OUTKIT_DEF template <class>
#define OUTKIT_INLINE inline
#endif

#endif
