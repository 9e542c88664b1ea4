# Precompiled headers: those of the standard library for sources, those of GoogleTest as well for tests.
#
# They hide that a file forgets an include, as unity builds do; ./dev lint compiles file by file without them.
option(TWINFLEET_PRECOMPILED_HEADERS "Precompiled headers where they save time" ON)

# Compiled once for all; the others reuse them. With the options of every target, or else the compiler refuses them.
if(TWINFLEET_PRECOMPILED_HEADERS)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled/empty.cpp CONTENT "" @ONLY)
  add_library(precompiled_for_tests OBJECT ${CMAKE_BINARY_DIR}/precompiled/empty.cpp)
  target_link_libraries(precompiled_for_tests PRIVATE GTest::gmock GTest::gtest)
  target_compile_options(precompiled_for_tests PRIVATE -O0 -U_FORTIFY_SOURCE)
  target_precompile_headers(precompiled_for_tests PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  add_library(precompiled_for_sources OBJECT ${CMAKE_BINARY_DIR}/precompiled/empty.cpp)
  target_precompile_headers(precompiled_for_sources PRIVATE
    <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <filesystem> <functional> <map> <memory> <mutex>
    <optional> <set> <span> <sstream> <stdexcept> <stop_token> <string> <string_view> <thread> <unordered_map>
    <unordered_set> <utility> <variant> <vector>)
endif()

# twinfleet_precompiled_headers(TARGET KIND): KIND is `sources` or `tests`.
function(twinfleet_precompiled_headers target kind)
  if(TARGET precompiled_for_${kind})
    target_precompile_headers(${target} REUSE_FROM precompiled_for_${kind})
  endif()
endfunction()
