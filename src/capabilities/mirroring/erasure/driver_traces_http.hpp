#pragma once

#include "capabilities/mirroring/erasure/driver_traces.hpp"
#include "clients/driver_protocol/driver_protocol.hpp"

namespace twinfleet::mirroring {

/// The traces of drivers in the service driver-protocol.
class HttpDriverTraces final : public DriverTraces {
public:
    /// The client outlives this.
    explicit HttpDriverTraces(const clients::DriverProtocol& client) : client_(client) {}

    [[nodiscard]] Erased erase(const std::string& driver_id, std::span<const std::string> park_ids) override {
        const clients::ErasedTraces erased = client_.erase_driver(driver_id, park_ids);
        return {.sessions = erased.sessions, .positions = erased.positions};
    }

private:
    const clients::DriverProtocol& client_;
};

}  // namespace twinfleet::mirroring
