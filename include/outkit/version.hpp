#ifndef OUTKIT_VERSION_HPP
#define OUTKIT_VERSION_HPP

// The one version number: CMake, --version, the User-Agent and the check of CHANGELOG read it here.
#define OUTKIT_VERSION "0.1.0"

#endif
