#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// Why a parent cannot be mirrored; the contract's stable codes.
namespace reason {
inline constexpr std::string_view bad_id = "bad_id";
inline constexpr std::string_view too_large = "too_large";
inline constexpr std::string_view write_refused = "write_refused";
inline constexpr std::string_view parent_quarantined = "parent_quarantined";
/// bad_field:<name>
[[nodiscard]] inline std::string bad_field(std::string_view name) {
    return "bad_field:" + std::string(name);
}
}  // namespace reason

/// One parent that is to be put aside.
struct Quarantined {
    /// The `_id`; one that is not a string is written as canonical Extended JSON.
    std::string parent_id;
    /// Empty when the document has none that can be read.
    std::string parent_park_id;
    std::string reason;
    bool operator==(const Quarantined&) const = default;
};

/// One parent that is aside.
struct QuarantineEntry {
    std::int64_t id = 0;
    std::string entity;
    std::string family;
    Quarantined parent;
    Time since{};
    Time last_try_at{};
};

struct QuarantineFilter {
    /// Empty: any.
    std::string entity;
    std::string family;
    std::string parent_park_id;
    std::vector<std::int64_t> ids;
    /// Only those last tried before this.
    std::optional<Time> tried_before;
    /// Only entries with a greater id: for reading in pages.
    std::int64_t after_id = 0;
    std::size_t limit = 1000;
};

/// The parents that are aside (`fleet_sync.quarantine`). They come and go with the batches that meet them: see
/// LinkStore::record_outcome().
class QuarantineStore {
public:
    QuarantineStore() = default;
    QuarantineStore(const QuarantineStore&) = delete;
    QuarantineStore& operator=(const QuarantineStore&) = delete;
    virtual ~QuarantineStore() = default;

    /// In order of id.
    [[nodiscard]] virtual std::vector<QuarantineEntry> list(const QuarantineFilter& filter) = 0;
    /// Returns how many entries were removed. The parents are tried again when a pass meets them.
    virtual std::size_t drop(const std::vector<std::int64_t>& ids) = 0;
};

}  // namespace twinfleet::mirroring
