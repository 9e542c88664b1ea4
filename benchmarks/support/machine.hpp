#pragma once

#include <cstdint>

#include <sys/types.h>

namespace twinfleet::benchmarks {

/// What the processors of the machine have done since it started, in seconds, summed up over all of them
/// (proc(5), /proc/stat).
struct MachineTime {
    double total_seconds = 0;
    /// Idle, or waiting for a disk.
    double idle_seconds = 0;
};
[[nodiscard]] MachineTime machine_time();

/// The CPU that a process and everything it has started has used so far, in seconds: those that run, and those that
/// have ended and were waited for. Zero for a process that is not there.
[[nodiscard]] double cpu_seconds_of_tree(pid_t root);

/// The process that listens on this TCP port of the machine. Throws std::runtime_error when there is none, or when it
/// belongs to another user.
[[nodiscard]] pid_t listener_on(std::uint16_t port);

}  // namespace twinfleet::benchmarks
