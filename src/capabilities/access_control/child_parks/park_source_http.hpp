#pragma once

#include "capabilities/access_control/child_parks/park_source.hpp"
#include "clients/fleet_synchronizer/fleet_synchronizer.hpp"

namespace twinfleet::access_control {

/// Asks fleet-synchronizer for the park's links (contract, section 4).
class HttpParkSource final : public ParkSource {
public:
    /// Throws std::invalid_argument for settings that cannot be used. The clock must outlive this.
    HttpParkSource(const http::JsonClientSettings& settings, const platform::Clock& clock)
        : synchronizer_(settings, clock) {}

    [[nodiscard]] bool is_child(const ParkId& park_id) const override;

private:
    const clients::FleetSynchronizer synchronizer_;
};

}  // namespace twinfleet::access_control
