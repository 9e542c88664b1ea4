#pragma once

#include <cerrno>
#include <system_error>

namespace twinfleet::testing {

/// Throws what errno says of the call that failed.
[[noreturn]] inline void throw_system_error(const char* call) {
    throw std::system_error(errno, std::generic_category(), call);
}

}  // namespace twinfleet::testing
