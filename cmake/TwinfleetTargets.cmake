if(TWINFLEET_SANITIZE)
  add_library(sanitizer_defaults OBJECT ${CMAKE_SOURCE_DIR}/cmake/sanitizer_defaults.cpp)
endif()

# twinfleet_library(NAME FOLDER [EXCLUDE path...] [LINKS target...] [TEST_LINKS target...] [THREADS])
#
# A static library of all sources below FOLDER (relative to src/) except those EXCLUDEd (folders or files, relative to
# FOLDER), and, of the *_test.cpp beside them, one test program NAME_tests. Tests whose file name ends in _store_test.cpp
# need running stores: they go into NAME_store_tests and carry the label `stores`.
#
# THREADS: the library or its tests run something side by side, so the thread sanitizer runs its unit tests, too; store tests
# it runs always. (Threads that take turns, as the simulation's, do not count.)
function(twinfleet_library name folder)
  cmake_parse_arguments(ARG "THREADS" "" "EXCLUDE;LINKS;TEST_LINKS" ${ARGN})
  set(root ${CMAKE_SOURCE_DIR}/src/${folder})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${root}/*.cpp)
  foreach(excluded IN LISTS ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "^${root}/${excluded}(/|$)")
  endforeach()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(store_tests ${tests})
  list(FILTER tests EXCLUDE REGEX "_store_test\\.cpp$")
  list(FILTER store_tests INCLUDE REGEX "_store_test\\.cpp$")

  if(sources)
    twinfleet_unity_sources(compiled ${name} ${sources})
    add_library(${name} STATIC ${compiled})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} PUBLIC ${ARG_LINKS})
    twinfleet_precompiled_headers(${name} sources)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} INTERFACE ${ARG_LINKS})
  endif()

  if(tests AND (ARG_THREADS OR NOT TWINFLEET_SANITIZE STREQUAL thread))
    twinfleet_test(${name}_tests SOURCES ${tests} LINKS ${name} ${ARG_TEST_LINKS})
  endif()
  if(store_tests)
    twinfleet_test(${name}_store_tests SOURCES ${store_tests} LINKS ${name} ${ARG_TEST_LINKS} LABEL stores)
  endif()
endfunction()

# twinfleet_program(NAME SOURCES file... LINKS target...)
#
# A program that users run. It brings jemalloc along, which makes the many short-lived buffers of a batch cheaper than the
# C library's allocator does; the sanitizers have an allocator of their own.
function(twinfleet_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  if(NOT TWINFLEET_SANITIZE)
    target_link_libraries(${name} PRIVATE PkgConfig::JEMALLOC)
  endif()
endfunction()

# twinfleet_test(NAME SOURCES file... LINKS target... [LABEL label...] [PARTS n])
#
# The program NAME and a test of that name. PARTS, for one that runs much longer than the others: its tests are dealt out
# to the tests NAME_part_1 ... NAME_part_n, which run side by side, it is optimised, and its label is `simulation`.
function(twinfleet_test name)
  cmake_parse_arguments(ARG "" "PARTS" "SOURCES;LINKS;LABEL" ${ARGN})
  if(ARG_PARTS)
    twinfleet_unity_sources(compiled ${name} SMALL ${ARG_SOURCES})
  else()
    twinfleet_unity_sources(compiled ${name} ${ARG_SOURCES})
  endif()
  add_executable(${name} ${compiled})
  if(TARGET sanitizer_defaults)
    target_link_libraries(${name} PRIVATE sanitizer_defaults)
  endif()
  # What is tested is optimised, the tests are not, as compiling them takes longer than running them. Those that run for
  # minutes are: the linker takes templates of the standard library from the tests, for what is tested as well.
  if(NOT ARG_PARTS)
    target_compile_options(${name} PRIVATE -O0 -U_FORTIFY_SOURCE)
    twinfleet_precompiled_headers(${name} tests)
  endif()
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gmock GTest::gtest GTest::gtest_main rapidcheck)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  # The sanitizers make some of them ten times slower.
  set(timeout_s 600)
  if(TWINFLEET_SANITIZE)
    set(timeout_s 1500)
  endif()
  if(NOT ARG_PARTS)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout_s} LABELS "${ARG_LABEL}")
    return()
  endif()
  list(APPEND ARG_LABEL simulation)
  foreach(part RANGE 1 ${ARG_PARTS})
    # GoogleTest names its report after the program as it was called.
    set(link ${name}_part_${part})
    add_custom_command(TARGET ${name} POST_BUILD WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/tests
                       COMMAND ${CMAKE_COMMAND} -E create_symlink ${name} ${link} VERBATIM)
    math(EXPR index "${part} - 1")
    add_test(NAME ${link} COMMAND ${CMAKE_BINARY_DIR}/tests/${link})
    # Those that take longest begin first.
    set_tests_properties(${link} PROPERTIES TIMEOUT ${timeout_s} LABELS "${ARG_LABEL}" COST 100
                         ENVIRONMENT "GTEST_TOTAL_SHARDS=${ARG_PARTS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# twinfleet_embed(TARGET VARIABLE FILE): makes FILE's text available as `extern const std::string_view VARIABLE` of
# namespace twinfleet::embedded, declared in "embedded/VARIABLE.hpp".
function(twinfleet_embed target variable file)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/embedded_${target})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  file(GENERATE OUTPUT ${folder}/embedded/${variable}.hpp CONTENT
"#pragma once
#include <string_view>
namespace twinfleet::embedded {
inline constexpr std::string_view ${variable} = R\"embedded_text(${text})embedded_text\";
}
")
  target_include_directories(${target} PRIVATE ${folder})
endfunction()

# twinfleet_embed_migrations(TARGET FOLDER): makes the files FOLDER/NNNN_name.sql available, in order, as the constexpr
# array `migrations` of postgres::Migration of namespace twinfleet::embedded::TARGET, declared in
# "embedded/TARGET_migrations.hpp".
function(twinfleet_embed_migrations target folder)
  set(include_folder ${CMAKE_CURRENT_BINARY_DIR}/embedded_${target})
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  set(entries "")
  foreach(file IN LISTS files)
    cmake_path(GET file STEM stem)
    if(NOT stem MATCHES "^0*([1-9][0-9]*)_([a-z0-9_]+)$")
      message(FATAL_ERROR "a migration is named NNNN_name.sql: ${file}")
    endif()
    set(number ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    file(READ ${file} text)
    string(APPEND entries "    postgres::Migration{${number}, \"${name}\", R\"embedded_text(${text})embedded_text\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${include_folder}/embedded/${target}_migrations.hpp @ONLY CONTENT
"#pragma once
#include <array>
#include \"platform/postgres/migration.hpp\"
namespace twinfleet::embedded::${target} {
inline constexpr std::array migrations{
${entries}};
}
")
  target_include_directories(${target} PRIVATE ${include_folder})
endfunction()
