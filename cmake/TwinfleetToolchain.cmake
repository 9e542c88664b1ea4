# Compiler settings that hold for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)

set(TWINFLEET_SANITIZE "" CACHE STRING "Sanitizers for every target, as -fsanitize= takes them")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # What one checkout compiled serves another in a different folder, and a precompiled header does not keep ccache from it.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
  # Or else debuggers would look for sources in the folder of the other checkout; they are to be started in this one's.
  add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -fpch-preprocess)
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough)
# To a unity build all unnamed namespaces of a folder's files are one, and that of a header.
if(TWINFLEET_UNITY_BUILD)
  add_compile_options(-Wno-subobject-linkage)
else()
  add_compile_options(-Wshadow)
endif()
# A designated initializer leaves fields out on purpose.
add_compile_options(-Wno-missing-field-initializers)
# The compiler collects garbage less often: a fifth less time for half as much memory again (a gigabyte for the largest).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options("SHELL:--param ggc-min-heapsize=524288")
endif()
# What ships is hardened as the OpenSSF's compiler options guide for C and C++ has it; tests/deploy/hardening_test.py looks at
# what came of it. The sanitizers, in whose way it would be, see more.
if(NOT TWINFLEET_SANITIZE)
  # By itself and not by CMake's property, which has other flags for libraries than for programs: one precompiled header
  # serves both.
  add_compile_options(-fPIE -fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    add_compile_options(-fcf-protection=full)
  endif()
  add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  # The checks of the C library need the optimizer; what is not optimised undefines it.
  if(CMAKE_BUILD_TYPE MATCHES "^Rel")
    add_compile_definitions(_FORTIFY_SOURCE=3)
  endif()
endif()
if(TWINFLEET_SANITIZE)
  # Without those that check every access to an object: AddressSanitizer does most of that, too (wire formats, where
  # alignment would matter, are read by memcpy), and they cost a third of the time that compiling takes.
  add_compile_options(-fsanitize=${TWINFLEET_SANITIZE} -fno-sanitize=null,vptr,object-size,alignment
                      -fno-sanitize-recover=all -fno-omit-frame-pointer -O0 -g1)
  add_link_options(-fsanitize=${TWINFLEET_SANITIZE})
  # g++ 12 reports false positives of these from the standard library once the sanitizers add their branches.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-tsan)
endif()
