# The targets users link, for the source tree and for an installed package alike.
#
# outkit::outkit    the header-only library
# outkit::mock      the mock servers, header-only too
# outkit_add_compiled_library(<name>)   a static library with everything that need not be a template; link it instead of
#                                       outkit::mock, and all of its users are compiled separately

function(outkit_define_targets include_dir mock_dir)
  find_package(Boost 1.81 REQUIRED COMPONENTS json url)
  find_package(OpenSSL 3 REQUIRED)
  find_package(Threads REQUIRED)

  add_library(outkit INTERFACE)
  add_library(outkit::outkit ALIAS outkit)
  target_compile_features(outkit INTERFACE cxx_std_20)
  target_include_directories(outkit INTERFACE ${include_dir})
  target_link_libraries(outkit INTERFACE Boost::json Boost::url OpenSSL::SSL Threads::Threads)

  add_library(outkit_mock INTERFACE)
  add_library(outkit::mock ALIAS outkit_mock)
  target_include_directories(outkit_mock INTERFACE ${mock_dir})
  target_link_libraries(outkit_mock INTERFACE outkit::outkit)

  # Only Asio is replaced; Boost's other headers stay.
  add_library(outkit_standalone_asio INTERFACE)
  add_library(outkit::standalone_asio ALIAS outkit_standalone_asio)
  target_compile_definitions(outkit_standalone_asio INTERFACE OUTKIT_STANDALONE_ASIO)
  # Asio 1.22 does not know these of clang with libstdc++; the last it finds only when a standard header came before it,
  # and then one source frees with delete what another has from aligned_alloc.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_definitions(outkit_standalone_asio INTERFACE ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1
                                                                ASIO_HAS_STD_ALIGNED_ALLOC=1)
  endif()
endfunction()

# outkit_add_compiled_library(<name> [STANDALONE_ASIO])
function(outkit_add_compiled_library name)
  cmake_parse_arguments(arg "STANDALONE_ASIO" "" "" ${ARGN})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  if(arg_STANDALONE_ASIO)
    set(asio_source "#include <asio/impl/src.hpp>")
  else()
    set(asio_source "#include <boost/asio/impl/src.hpp>")
  endif()
  file(CONFIGURE OUTPUT ${source} CONTENT "#include <outkit/src.hpp>\n#include <outkit/mock/src.hpp>\n${asio_source}\n")
  add_library(${name} STATIC ${source})
  target_link_libraries(${name} PUBLIC outkit::mock)
  outkit_compile_separately(${name} ${ARGN})
endfunction()

# Sets the macros of separate compilation on a library and on its users.
function(outkit_compile_separately name)
  cmake_parse_arguments(arg "STANDALONE_ASIO" "" "" ${ARGN})
  target_compile_definitions(${name} PUBLIC OUTKIT_SEPARATE_COMPILATION)
  if(arg_STANDALONE_ASIO)
    target_compile_definitions(${name} PUBLIC ASIO_SEPARATE_COMPILATION)
    target_link_libraries(${name} PUBLIC outkit::standalone_asio)
  else()
    target_compile_definitions(${name} PUBLIC BOOST_ASIO_SEPARATE_COMPILATION)
  endif()
endfunction()
