#pragma once

#include <cstdint>
#include <optional>

namespace twinfleet::process {

/// Seconds of CPU that all threads of this process have used since it started, user and system (getrusage).
[[nodiscard]] double cpu_seconds();

/// The most physical memory that this process has used at a time, in bytes (VmHWM of /proc/self/status); nullopt where
/// the system does not say.
[[nodiscard]] std::optional<std::int64_t> peak_memory_bytes();

/// How many descriptors this process may have open at once after raise_descriptor_limit(): the hard limit
/// (RLIMIT_NOFILE of getrlimit(2)).
[[nodiscard]] std::uint64_t descriptor_limit_max();

/// Raises the soft limit of descriptors to the hard one. Systems start processes with a low soft limit for the sake of
/// programs that use select(2), which this one does not.
void raise_descriptor_limit();

}  // namespace twinfleet::process
