#pragma once

#include <cstdint>
#include <optional>

namespace twinfleet::process {

/// Seconds of CPU that all threads of this process have used since it started, user and system (getrusage).
[[nodiscard]] double cpu_seconds();

/// The most physical memory that this process has used at a time, in bytes (VmHWM of /proc/self/status); nullopt where
/// the system does not say.
[[nodiscard]] std::optional<std::int64_t> peak_memory_bytes();

}  // namespace twinfleet::process
