#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// A foreign edit: somebody other than the mirror wrote into a child or removed it, and the mirror put it right.
///
/// A foreign edit is found where a child is read under the lease of its job: the link bears the hash of what the mirror
/// wrote last, and the projection of the parent still has this hash, yet the child differs. Whatever is recorded was
/// foreign, but not everything foreign is recorded: an edit together with a change of the parent is put right but
/// cannot be told from that change, and a crash between the write of the child and LinkStore::record_outcome() loses
/// the record.
struct ForeignEdit {
    enum class Kind : std::uint8_t {
        changed,  ///< fields of the child
        removed,  ///< the child was gone
    };
    /// Identifies the edit, so that a record that is written again does not become a second one. Made when the edit is
    /// found.
    std::string key;
    Kind kind = Kind::changed;
    domain::ParentId parent_id;
    domain::ParentParkId parent_park_id;
    domain::ChildId child_id;
    domain::ChildParkId child_park_id;
    /// What was changed, in the form of changes_json(). Holds personal data, which must not go into a log.
    std::string fields = "{}";
};

[[nodiscard]] constexpr const char* to_string(ForeignEdit::Kind kind) {
    return kind == ForeignEdit::Kind::removed ? "removed" : "changed";
}

/// How many foreign edits one batch found.
struct ForeignEditsFound {
    std::uint64_t count = 0;
    /// How many of these are not recorded, because the pass has recorded foreign_edits_recorded_max already.
    std::uint64_t without_record = 0;
};

/// The most foreign edits that one pass records. Further ones are counted and put right all the same.
inline constexpr std::size_t foreign_edits_recorded_max = 1'000;

/// A foreign edit as the store keeps it.
struct ForeignEditRecord {
    std::int64_t id = 0;
    std::string entity;
    std::string family;
    ForeignEdit edit;
    Time found_at{};
};

/// Which records to list.
struct ForeignEditFilter {
    /// The name of an entity, and the name of a family; empty for any.
    std::string entity;
    std::string family;
    /// The id of a parent park or of a child park; empty for any.
    std::string park_id;
    /// Only edits that were found at this time or later.
    std::optional<Time> since;
    /// Only records with a greater id, for reading in pages.
    std::int64_t after_id = 0;
    std::size_t limit = 1000;
};

/// The records of foreign edits (`fleet_sync.foreign_edits`). This interface lists and removes them;
/// LinkStore::record_outcome() adds them, together with the batches that found them.
class ForeignEditStore {
public:
    ForeignEditStore() = default;
    ForeignEditStore(const ForeignEditStore&) = delete;
    ForeignEditStore& operator=(const ForeignEditStore&) = delete;
    virtual ~ForeignEditStore() = default;

    /// The records that the filter finds, in order of id, which is the order of time.
    [[nodiscard]] virtual std::vector<ForeignEditRecord> list(const ForeignEditFilter& filter) = 0;
    /// Removes up to `limit` of the records older than `kept_for`; returns how many.
    virtual std::size_t prune(std::chrono::hours kept_for, std::size_t limit) = 0;
};

/// Removes all records older than `kept_for` in small portions, so that no other statement has to wait long. Returns
/// how many there were.
std::size_t prune_foreign_edits(ForeignEditStore& store, std::chrono::hours kept_for);

}  // namespace twinfleet::mirroring
