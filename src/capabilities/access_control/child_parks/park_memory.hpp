#pragma once

#include <optional>

#include "capabilities/access_control/directory/ids.hpp"

namespace twinfleet::access_control {

/// The last known answers, which outlive the process. Safe to use from any thread.
class ParkMemory {
public:
    ParkMemory() = default;
    ParkMemory(const ParkMemory&) = delete;
    ParkMemory& operator=(const ParkMemory&) = delete;
    virtual ~ParkMemory() = default;

    /// nullopt: never heard of.
    [[nodiscard]] virtual std::optional<bool> recall_is_child(const ParkId& park_id) = 0;
    /// Once a child, always a child: then a `false` has no effect.
    virtual void remember(const ParkId& park_id, bool is_child) = 0;
};

}  // namespace twinfleet::access_control
