# How the project's own tests and tools are built: warnings are errors, everything that need not be a template once, a
# translation unit per folder.

find_program(ccache ccache)
if(ccache AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ccache})
endif()

add_library(outkit_warnings INTERFACE)
target_compile_options(outkit_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns inside std::string and Asio when it optimizes.
  target_compile_options(outkit_warnings INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-Wno-maybe-uninitialized
                                                   -Wno-restrict>)
endif()

add_library(outkit_development INTERFACE) # for the library and the mocks
target_link_libraries(outkit_development INTERFACE outkit_warnings)
add_library(outkit_test_development INTERFACE) # for tests and tools
target_link_libraries(outkit_test_development INTERFACE outkit_warnings)
if(OUTKIT_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_compile_options(outkit_development INTERFACE ${sanitizers})
  target_link_options(outkit_development INTERFACE -fsanitize=address,undefined)
  # These checks double the time a test takes to compile; ASan sees the use of a null pointer, too.
  target_compile_options(outkit_test_development INTERFACE ${sanitizers} -fno-sanitize=null,vptr,alignment,object-size)
  target_link_options(outkit_test_development INTERFACE -fsanitize=address,undefined)
endif()

# outkit_compile_folders(<name> [STANDALONE_ASIO] [CORE_ONLY]): the compiled library for development, one generated source
# per folder of .ipp files, so that a change recompiles little.
function(outkit_compile_folders name)
  cmake_parse_arguments(arg "STANDALONE_ASIO;CORE_ONLY" "" "" ${ARGN})
  set(asio_source boost/asio/impl/src.hpp)
  if(arg_STANDALONE_ASIO)
    set(asio_source asio/impl/src.hpp)
  endif()
  set(asio ${CMAKE_CURRENT_BINARY_DIR}/${name}_asio.cpp)
  file(CONFIGURE OUTPUT ${asio} CONTENT "#include <${asio_source}>\n")
  add_library(${name} STATIC ${asio})
  foreach(root include mocks)
    file(GLOB_RECURSE parts CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/${root}
         ${PROJECT_SOURCE_DIR}/${root}/*.ipp)
    foreach(part IN LISTS parts)
      string(REGEX REPLACE "^(outkit/[a-z0-9_]+)/.*" "\\1" folder ${part})
      string(REGEX REPLACE "^outkit/[a-z0-9_]+\\.ipp$" "outkit/detail" folder ${folder})
      if(arg_CORE_ONLY AND NOT folder STREQUAL "outkit/detail")
        continue()
      endif()
      if(folder STREQUAL "outkit/mock") # the largest: a source per subject (entra and entra_token are one, and tokens)
        string(REGEX REPLACE "^(outkit/mock/[a-z0-9]+).*" "\\1" folder ${part})
        string(REGEX REPLACE "/tokens$" "/entra" folder ${folder})
      endif()
      string(REPLACE "/" "_" key ${folder})
      list(APPEND keys ${key})
      string(APPEND includes_${key} "#include <${part}>\n")
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES keys)
  foreach(key IN LISTS keys)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_${key}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "${includes_${key}}")
    target_sources(${name} PRIVATE ${source})
  endforeach()
  target_link_libraries(${name} PUBLIC outkit::mock PRIVATE outkit_development)
  outkit_compile_separately(${name} ${ARGN})
endfunction()

if(OUTKIT_HEADER_ONLY)
  add_library(outkit_compiled INTERFACE)
  target_link_libraries(outkit_compiled INTERFACE outkit::mock)
elseif(OUTKIT_STANDALONE)
  outkit_compile_folders(outkit_compiled STANDALONE_ASIO)
else()
  outkit_compile_folders(outkit_compiled)
endif()
