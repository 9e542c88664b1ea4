#pragma once

#include "capabilities/access_control/directory/ids.hpp"

namespace twinfleet::access_control {

/// Who knows which parks are children. Safe to use from any thread.
class ParkSource {
public:
    ParkSource() = default;
    ParkSource(const ParkSource&) = delete;
    ParkSource& operator=(const ParkSource&) = delete;
    virtual ~ParkSource() = default;

    /// False for a park that nobody knows, too. Throws platform::StoreUnavailable while the source is away.
    [[nodiscard]] virtual bool is_child(const ParkId& park_id) const = 0;
};

}  // namespace twinfleet::access_control
