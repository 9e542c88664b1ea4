#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace twinfleet::mirroring {

/// What driver-protocol holds of a driver beside the documents that it caches: sessions, status, positions and tracks.
/// Throws platform::StoreUnavailable and platform::StoreRefused; every call may be repeated; safe to use from several
/// threads.
class DriverTraces {
public:
    DriverTraces() = default;
    DriverTraces(const DriverTraces&) = delete;
    DriverTraces& operator=(const DriverTraces&) = delete;
    virtual ~DriverTraces() = default;

    struct Erased {
        std::uint64_t sessions = 0;
        std::uint64_t positions = 0;
    };
    /// Ends the sessions of this driver and removes what there is of him. `park_ids` are the parks that he is or was
    /// in, as far as they are known.
    [[nodiscard]] virtual Erased erase(const std::string& driver_id, std::span<const std::string> park_ids) = 0;
};

}  // namespace twinfleet::mirroring
