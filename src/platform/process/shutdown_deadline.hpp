#pragma once

#include <chrono>
#include <stop_token>
#include <thread>

#include "platform/log/logger.hpp"

namespace twinfleet::process {

/// How long a service may take to end, which leaves a second of the 10 that the contract allows (section 4).
inline constexpr std::chrono::milliseconds shutdown_limit{9'000};

/// Sees to it that a service ends in time after SIGTERM (contract, section 4), even while a store does not answer. If
/// this object still lives when `limit` has passed since a stop was requested, the process ends at once with exit code
/// 0. Work that is under way then is cut off as by a crash, which it has to bear anyway.
class ShutdownDeadline {
public:
    /// `log` must outlive this object.
    ShutdownDeadline(std::stop_token stop, std::chrono::milliseconds limit, log::Logger& log);

private:
    std::jthread thread_;
};

}  // namespace twinfleet::process
