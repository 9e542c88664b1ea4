#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace twinfleet::mirroring {

/// The records of unique drivers, as far as an erasure is concerned. Throws platform::StoreUnavailable and
/// platform::StoreRefused; every call may be repeated; safe to use from several threads.
class DriverRecords {
public:
    DriverRecords() = default;
    DriverRecords(const DriverRecords&) = delete;
    DriverRecords& operator=(const DriverRecords&) = delete;
    virtual ~DriverRecords() = default;

    struct Erased {
        /// Profiles of these drivers that were taken out of records that others share.
        std::uint64_t profiles = 0;
        /// Records, with their licences, that were of these drivers alone.
        std::uint64_t records = 0;
        /// False when somebody kept writing a record that was to be removed, so that it is still there.
        bool is_complete = true;
    };
    /// Takes the profiles of these drivers out of all records, and removes the records that hold no other profile.
    [[nodiscard]] virtual Erased erase(std::span<const std::string> driver_ids) = 0;
};

}  // namespace twinfleet::mirroring
