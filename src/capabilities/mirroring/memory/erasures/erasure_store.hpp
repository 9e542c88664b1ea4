#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// How much of a person's data was removed, by place.
struct ErasedCounts {
    /// Children that held more than what stays, and fields that were removed from them.
    std::uint64_t children = 0;
    std::uint64_t child_fields = 0;
    std::uint64_t foreign_edits = 0;
    std::uint64_t quarantine_entries = 0;
    /// Of `dbtaxi.unique_drivers`: profiles that were removed from records, and whole records.
    std::uint64_t unique_driver_profiles = 0;
    std::uint64_t unique_driver_records = 0;
    /// Of driver-protocol.
    std::uint64_t sessions = 0;
    std::uint64_t positions = 0;

    bool operator==(const ErasedCounts&) const = default;
    ErasedCounts& operator+=(const ErasedCounts& other) noexcept;
};

/// Calls `action(name, count)` for each place; the names are those of the API and of the store.
template <typename Counts, typename Action>
void for_each_place(Counts& counts, const Action& action) {
    action("children", counts.children);
    action("child_fields", counts.child_fields);
    action("foreign_edits", counts.foreign_edits);
    action("quarantine_entries", counts.quarantine_entries);
    action("unique_driver_profiles", counts.unique_driver_profiles);
    action("unique_driver_records", counts.unique_driver_records);
    action("sessions", counts.sessions);
    action("positions", counts.positions);
}

/// Who asks for an erasure where the parent himself says so.
inline constexpr std::string_view erasure_by_parent = "parent";

/// The erasure of one driver (design, "Erasure"): in all his children, in what the mirror remembers, and in
/// driver-protocol. Holds no data of the person but his parent's id.
struct Erasure {
    domain::ParentId parent_id;
    Time requested_at{};
    /// `parent`, or who called the command.
    std::string requested_by;
    /// When all of it was gone for the first time. Somebody may have been about to write then, so a later attempt looks
    /// again, and completes it.
    std::optional<Time> erased_at;
    std::optional<Time> completed_at;
    /// What all attempts have removed.
    ErasedCounts removed;
    /// Why the last attempt was not the end, as a code; empty when nothing stood in its way.
    std::string problem;
};

/// The record of erasures (`fleet_sync.erasures`). Rows are never removed: a driver who is in it is never copied again.
/// Throws platform::StoreUnavailable and platform::StoreRefused; every call may be repeated; safe to use from several
/// threads. BatchOutcome::erasures_requested adds to it as well.
class ErasureStore {
public:
    ErasureStore() = default;
    ErasureStore(const ErasureStore&) = delete;
    ErasureStore& operator=(const ErasureStore&) = delete;
    virtual ~ErasureStore() = default;

    /// Asks for the erasure of a driver, and keeps his links retired in every family from now on. Who was asked for
    /// before stays as he is, but one that is completed is done once more. Returns the erasure.
    [[nodiscard]] virtual Erasure request(const domain::ParentId& driver, std::string_view requested_by) = 0;
    /// Keeps the links of a driver who was asked for retired once more: one may have been on its way into the store
    /// while he was.
    virtual void keep_links_retired(const domain::ParentId& driver) = 0;
    /// Those that are not completed and were not tried within `retry_after`; those that were not tried for longest come
    /// first.
    [[nodiscard]] virtual std::vector<Erasure> pending(std::chrono::milliseconds retry_after, std::size_t limit) = 0;
    /// How long ago the oldest erasure that is not completed was asked for; 0 when there is none.
    [[nodiscard]] virtual std::chrono::duration<double> oldest_pending_age() = 0;
    /// Removes foreign edits of the driver and his entries in quarantine; returns how many.
    [[nodiscard]] virtual ErasedCounts forget(const domain::ParentId& driver) = 0;
    /// Notes what an attempt came to: adds to what was removed, and sets `problem`. An attempt without a problem sets
    /// `erased_at`; one that begins `settled_after` later, and removed nothing, `completed_at`. Returns the erasure.
    virtual Erasure record_attempt(const domain::ParentId& driver, const ErasedCounts& removed,
                                   std::string_view problem, std::chrono::milliseconds settled_after) = 0;
};

}  // namespace twinfleet::mirroring
