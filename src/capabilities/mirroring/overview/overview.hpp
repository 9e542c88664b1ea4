#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// The lease of a job: one process at a time has it.
struct LeaseState {
    /// Tells a person which process holds the lease.
    std::string holder;
    Time acquired_at{};
    Time expires_at{};
};

/// How far the incremental passes of a job have read.
struct CursorState {
    /// `updated_ts` of the newest change that is mirrored.
    Time source_time{};
    /// When that change was mirrored.
    Time moved_at{};
    /// When the last pass began that came to its end. What was changed before that time is mirrored or in quarantine.
    std::optional<Time> caught_up_at;
};

/// How the job of one entity stands in one family. When `lease` is absent, no process runs the job; when `cursor` is
/// absent, the job has mirrored nothing yet.
struct JobState {
    std::string job;
    std::string family;
    std::optional<LeaseState> lease;
    std::optional<CursorState> cursor;
};

/// How many links one park has of one entity in one family, by their states.
struct ParkEntityState {
    std::string family;
    std::string entity;
    std::size_t reserved = 0;
    std::size_t linked = 0;
    std::size_t retired = 0;
    std::optional<Time> last_synced_at;
};

/// How far one park is mirrored.
struct ParkState {
    /// One for each family and entity of which the park has links.
    std::vector<ParkEntityState> entities;
    /// How many entities of the park are in quarantine, in all families.
    std::size_t quarantined = 0;
};

/// The state of the mirror, for people who watch it. Every function throws platform::StoreUnavailable while the store
/// is away.
class Overview {
public:
    Overview() = default;
    Overview(const Overview&) = delete;
    Overview& operator=(const Overview&) = delete;
    virtual ~Overview() = default;

    /// All jobs that have a lease in force, or a cursor.
    [[nodiscard]] virtual std::vector<JobState> jobs() = 0;
    /// The state of a parent park. All figures are 0 for a park that is not known.
    [[nodiscard]] virtual ParkState park(const domain::ParentParkId& id) = 0;
    /// The time by the clock of the store, which has made all times here.
    [[nodiscard]] virtual Time now() = 0;
};

}  // namespace twinfleet::mirroring
