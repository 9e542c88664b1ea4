#pragma once

#include <optional>

#include "capabilities/access_control/directory/ids.hpp"

namespace twinfleet::access_control {

/// Remembers what a ParkSource has said, beyond the life of the process. Every function throws
/// platform::StoreUnavailable while the store is away. Safe to use from any thread.
class ParkMemory {
public:
    ParkMemory() = default;
    ParkMemory(const ParkMemory&) = delete;
    ParkMemory& operator=(const ParkMemory&) = delete;
    virtual ~ParkMemory() = default;

    /// Whether the park is a child, as far as remembered; nullopt when nothing is remembered of it.
    [[nodiscard]] virtual std::optional<bool> recall_is_child(const ParkId& park_id) = 0;
    /// A park that was remembered as a child stays one for ever; `false` has no effect on it.
    virtual void remember(const ParkId& park_id, bool is_child) = 0;
};

}  // namespace twinfleet::access_control
