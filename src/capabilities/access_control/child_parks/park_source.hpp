#pragma once

#include "capabilities/access_control/directory/ids.hpp"

namespace twinfleet::access_control {

/// A service or store that knows which parks are children. Safe to use from any thread.
class ParkSource {
public:
    ParkSource() = default;
    ParkSource(const ParkSource&) = delete;
    ParkSource& operator=(const ParkSource&) = delete;
    virtual ~ParkSource() = default;

    /// Whether the park is a child; false also for a park that does not exist. Throws platform::StoreUnavailable while
    /// the source is away.
    [[nodiscard]] virtual bool is_child(const ParkId& park_id) const = 0;
};

}  // namespace twinfleet::access_control
