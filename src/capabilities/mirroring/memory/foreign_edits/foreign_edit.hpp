#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// Somebody beside the mirror wrote into a child, or removed it, and the mirror put it right.
///
/// Found where a child is read under the lease: its link bore the hash of what the mirror wrote last, and the parent
/// still projects to that hash, yet the child differs. An edit that meets a change of the parent is put right, but
/// cannot be told from that change, so there is no record of it; and a crash between the write of the child and
/// LinkStore::record_outcome() loses the record. What is recorded was foreign.
struct ForeignEdit {
    enum class Kind : std::uint8_t {
        changed,  ///< fields
        removed,  ///< the child was gone
    };
    /// Made by whoever found it, so that a record that is written again stays one.
    std::string key;
    Kind kind = Kind::changed;
    domain::ParentId parent_id;
    domain::ParentParkId parent_park_id;
    domain::ChildId child_id;
    domain::ChildParkId child_park_id;
    /// As changes_json() gives them. Values are data of persons: never for a log.
    std::string fields = "{}";
};

[[nodiscard]] constexpr const char* to_string(ForeignEdit::Kind kind) {
    return kind == ForeignEdit::Kind::removed ? "removed" : "changed";
}

/// What one batch found.
struct ForeignEditsFound {
    std::uint64_t count = 0;
    /// Beyond foreign_edits_recorded_max of the pass.
    std::uint64_t without_record = 0;
};

/// How many of them one pass records; the others are counted and put right all the same.
inline constexpr std::size_t foreign_edits_recorded_max = 1'000;

/// One record as it was kept.
struct ForeignEditRecord {
    std::int64_t id = 0;
    std::string entity;
    std::string family;
    ForeignEdit edit;
    Time found_at{};
};

struct ForeignEditFilter {
    /// Empty: any.
    std::string entity;
    std::string family;
    /// Of the parent or of the child.
    std::string park_id;
    /// Found then or later.
    std::optional<Time> since;
    /// Only records with a greater id, for reading in pages.
    std::int64_t after_id = 0;
    std::size_t limit = 1000;
};

/// The records (`fleet_sync.foreign_edits`). They come with the batches that find them: see
/// LinkStore::record_outcome().
class ForeignEditStore {
public:
    ForeignEditStore() = default;
    ForeignEditStore(const ForeignEditStore&) = delete;
    ForeignEditStore& operator=(const ForeignEditStore&) = delete;
    virtual ~ForeignEditStore() = default;

    /// In order of id, which is that of time.
    [[nodiscard]] virtual std::vector<ForeignEditRecord> list(const ForeignEditFilter& filter) = 0;
    /// Removes up to `limit` of the records older than `kept_for`; returns how many.
    virtual std::size_t prune(std::chrono::hours kept_for, std::size_t limit) = 0;
};

/// Removes all records older than `kept_for`, in portions that do not hold anybody up; returns how many.
std::size_t prune_foreign_edits(ForeignEditStore& store, std::chrono::hours kept_for);

}  // namespace twinfleet::mirroring
