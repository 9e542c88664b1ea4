#pragma once

#include "capabilities/driver_login/children/child_drivers.hpp"
#include "clients/fleet_synchronizer/fleet_synchronizer.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_login {

/// Asks fleet-synchronizer (contract, section 4).
class HttpChildDrivers final : public ChildDrivers {
public:
    /// Throws std::invalid_argument for settings that cannot be used. The others must outlive this.
    HttpChildDrivers(const http::JsonClientSettings& settings, const platform::Clock& clock, log::Logger& log)
        : synchronizer_(settings, clock), log_(log) {}

    [[nodiscard]] std::variant<ChildDriver, ChildRefusal> make(std::string_view family,
                                                               std::string_view parent_driver_id) override;

private:
    const clients::FleetSynchronizer synchronizer_;
    log::Logger& log_;
};

}  // namespace twinfleet::driver_login
