# How everything is compiled.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -fno-omit-frame-pointer")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(LOADBEARING_FUZZ "Build only the libFuzzer targets (needs clang)" OFF)
set(LOADBEARING_SANITIZE "" CACHE STRING "address,undefined or thread")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of GCC 12 to 14 in standard and Boost templates (GCC bugs 105329, 105562, 107852).
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
                      -Wno-array-bounds -Wno-stringop-overread -Wno-dangling-reference)
  add_compile_options(-Wno-mismatched-new-delete)  # coroutine frames with their own allocator
endif()

if(LOADBEARING_SANITIZE)
  add_compile_options(-fsanitize=${LOADBEARING_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LOADBEARING_SANITIZE})
  if(LOADBEARING_SANITIZE MATCHES "undefined")
    # Checks at each use of a pointer. They double the time to compile; the address sanitizer sees what comes of them.
    add_compile_options(-fno-sanitize=null,alignment,object-size,vptr)
    add_link_options(-fno-sanitize=vptr)
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    add_compile_options(-fno-sanitize=function)  # clang 14 cannot assemble coroutines with it (LLVM 49689)
  endif()
  if(LOADBEARING_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(LOADBEARING_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()
