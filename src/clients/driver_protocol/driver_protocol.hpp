#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "platform/http_client/json_client.hpp"

namespace twinfleet::clients {

/// What driver-protocol removed of a driver.
struct ErasedTraces {
    /// Sessions that were ended.
    std::uint64_t sessions = 0;
    /// Positions of tracks.
    std::uint64_t positions = 0;
};

/// Asks driver-protocol for what other services need of it (contract, section 4). Every function throws as
/// http::JsonClient does; an answer that is not as the contract says throws platform::StoreUnavailable. Safe to use
/// from any thread.
class DriverProtocol {
public:
    /// Does not connect. Throws std::invalid_argument for settings that cannot be used. The clock outlives this.
    DriverProtocol(const http::JsonClientSettings& settings, const platform::Clock& clock);

    /// Ends the sessions of this driver, and removes his status, his positions and his tracks. `park_ids` are the parks
    /// that he is or was in, as far as they are known, at most 100; driver-protocol looks in the one that its cache has
    /// him in as well. His child or parent is another driver. Repeating it is fine.
    [[nodiscard]] ErasedTraces erase_driver(std::string_view driver_id, std::span<const std::string> park_ids) const;

private:
    const http::JsonClient client_;
};

}  // namespace twinfleet::clients
