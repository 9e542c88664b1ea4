#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

struct LeaseState {
    /// Names the process to a person.
    std::string holder;
    Time acquired_at{};
    Time expires_at{};
};

/// How far the incremental passes of a job have read.
struct CursorState {
    /// `updated_ts` of the newest change that is mirrored.
    Time source_time{};
    /// When it was mirrored.
    Time moved_at{};
    /// When the last pass that came to its end began: what was there before is mirrored, or in quarantine.
    std::optional<Time> caught_up_at;
};

struct JobState {
    std::string job;
    std::string family;
    std::optional<LeaseState> lease;
    std::optional<CursorState> cursor;
};

/// The links of one entity, in one family, of one park.
struct ParkEntityState {
    std::string family;
    std::string entity;
    std::size_t reserved = 0;
    std::size_t linked = 0;
    std::size_t retired = 0;
    std::optional<Time> last_synced_at;
};

struct ParkState {
    /// Where there are any links.
    std::vector<ParkEntityState> entities;
    std::size_t quarantined = 0;
};

/// What stands where, for people who watch the mirror.
class Overview {
public:
    Overview() = default;
    Overview(const Overview&) = delete;
    Overview& operator=(const Overview&) = delete;
    virtual ~Overview() = default;

    /// Where there is a lease that has not lapsed, or a cursor.
    [[nodiscard]] virtual std::vector<JobState> jobs() = 0;
    [[nodiscard]] virtual ParkState park(const domain::ParentParkId& id) = 0;
    [[nodiscard]] virtual Time now() = 0;
};

}  // namespace twinfleet::mirroring
