#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// Why a parent cannot be mirrored: the stable codes of the contract.
namespace reason {
inline constexpr std::string_view bad_id = "bad_id";
inline constexpr std::string_view too_large = "too_large";
inline constexpr std::string_view write_refused = "write_refused";
inline constexpr std::string_view parent_quarantined = "parent_quarantined";
/// The code `bad_field:<name>` of a field that does not hold what the mirror needs.
[[nodiscard]] inline std::string bad_field(std::string_view name) {
    return "bad_field:" + std::string(name);
}
/// The code `login_taken:<id>` of a user whose login the account with that id has in the child park, and keeps: his
/// copy cannot have it until one of the two gets another login.
[[nodiscard]] inline std::string login_taken(std::string_view holder_id) {
    return "login_taken:" + std::string(holder_id);
}
/// The code without the id that it may name, so that there are few of them, as in metrics.
[[nodiscard]] inline std::string_view without_id(std::string_view code) {
    constexpr std::string_view with_id = "login_taken:";
    return code.starts_with(with_id) ? with_id.substr(0, with_id.size() - 1) : code;
}
}  // namespace reason

/// A parent that is to go into quarantine.
struct Quarantined {
    /// The `_id` of the parent. One that is not a string is written as canonical Extended JSON.
    std::string parent_id;
    /// The id of its park; empty when the document holds none that can be read.
    std::string parent_park_id;
    /// One of the codes in namespace `reason`.
    std::string reason;
    bool operator==(const Quarantined&) const = default;
};

/// A parent that is in quarantine.
struct QuarantineEntry {
    std::int64_t id = 0;
    std::string entity;
    std::string family;
    Quarantined parent;
    /// When it came into quarantine, and when mirroring it was last tried.
    Time since{};
    Time last_try_at{};
};

/// Which entries to list.
struct QuarantineFilter {
    /// An entity, a family, a parent park and ids of entries; each is empty for any.
    std::string entity;
    std::string family;
    std::string parent_park_id;
    std::vector<std::int64_t> ids;
    /// Only entries that were last tried before this time.
    std::optional<Time> tried_before;
    /// Only entries with a greater id: for reading in pages.
    std::int64_t after_id = 0;
    std::size_t limit = 1000;
};

/// The parents that are in quarantine (`fleet_sync.quarantine`). This interface lists and drops entries;
/// LinkStore::record_outcome() adds and removes them, together with the batches that meet their parents.
class QuarantineStore {
public:
    QuarantineStore() = default;
    QuarantineStore(const QuarantineStore&) = delete;
    QuarantineStore& operator=(const QuarantineStore&) = delete;
    virtual ~QuarantineStore() = default;

    /// The entries that the filter finds, in order of id.
    [[nodiscard]] virtual std::vector<QuarantineEntry> list(const QuarantineFilter& filter) = 0;
    /// Removes the entries with these ids and returns how many there were. Their parents are tried again when a pass
    /// meets them.
    virtual std::size_t drop(const std::vector<std::int64_t>& ids) = 0;
};

}  // namespace twinfleet::mirroring
