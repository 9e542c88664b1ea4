# Everything here is a package of Debian 12; `./dev` installs them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(mongoc-1.0 1.23 REQUIRED)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx libpq)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
# -D_FILE_OFFSET_BITS=64, which says nothing new on 64 bits and would keep tests from the precompiled headers.
set_target_properties(PkgConfig::HIREDIS PROPERTIES INTERFACE_COMPILE_OPTIONS "")
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(rapidcheck REQUIRED)

# Headers that ./dev unpacks, as their package cannot be installed beside Boost 1.81's, and the library of libphonenumber8.
# Without a define on Linux they have the POSIX locks that Debian built the library with.
find_path(PHONENUMBER_INCLUDE_DIR phonenumbers/phonenumberutil.h
          HINTS ${CMAKE_SOURCE_DIR}/build/debian/libphonenumber-dev/usr/include)
find_library(PHONENUMBER_LIBRARY NAMES libphonenumber.so.8)
find_path(ABSL_INCLUDE_DIR absl/container/node_hash_map.h)
if(NOT PHONENUMBER_INCLUDE_DIR OR NOT PHONENUMBER_LIBRARY OR NOT ABSL_INCLUDE_DIR)
  message(FATAL_ERROR "libphonenumber is not there. Run scripts/phone_number_library.sh once the packages libphonenumber8, "
                      "libprotobuf-dev and libabsl-dev are installed; ./dev build does all of it.")
endif()
pkg_check_modules(PROTOBUF REQUIRED IMPORTED_TARGET protobuf)
add_library(phonenumber SHARED IMPORTED GLOBAL)
set_target_properties(phonenumber PROPERTIES
  IMPORTED_LOCATION ${PHONENUMBER_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${PHONENUMBER_INCLUDE_DIR}
  INTERFACE_LINK_LIBRARIES PkgConfig::PROTOBUF)
