#pragma once

#include <chrono>
#include <stop_token>
#include <thread>

#include "platform/log/logger.hpp"

namespace twinfleet::process {

/// The limit of a service: under the 10 s of the contract (section 4).
inline constexpr std::chrono::milliseconds shutdown_limit{9'000};

/// Ends the process with exit code 0 when, after a stop was asked for, this object still lives at the end of the limit:
/// a store that does not answer must not hold up the end (contract, section 4: within 10 s of SIGTERM). Whatever is
/// under way then can be cut off as by a crash.
class ShutdownDeadline {
public:
    ShutdownDeadline(std::stop_token stop, std::chrono::milliseconds limit, log::Logger& log);

private:
    std::jthread thread_;
};

}  // namespace twinfleet::process
