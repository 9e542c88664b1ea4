#pragma once

#include "capabilities/driver_login/children/child_drivers.hpp"
#include "platform/http/client.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_login {

/// Asks fleet-synchronizer: `POST /v1/children/drivers` (contract, section 4).
class HttpChildDrivers final : public ChildDrivers {
public:
    /// The logger must outlive this.
    HttpChildDrivers(const http::ClientSettings& settings, log::Logger& log) : client_(settings), log_(log) {}

    [[nodiscard]] std::variant<ChildDriver, ChildRefusal> make(std::string_view family,
                                                               std::string_view parent_driver_id) override;

private:
    const http::Client client_;
    log::Logger& log_;
};

}  // namespace twinfleet::driver_login
