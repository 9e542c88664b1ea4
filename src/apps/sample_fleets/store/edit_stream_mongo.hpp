#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <stop_token>

#include "apps/sample_fleets/store/edits.hpp"
#include "apps/sample_fleets/store/fleet_store_mongo.hpp"

namespace twinfleet::sample_fleets {

/// Reads from the store which parents of sample fleets there are now, except bad documents. Scans whole collections.
[[nodiscard]] EditableFleet read_editable_fleet(const FleetStore& store);

/// What became of the edits of run_edits().
struct EditCounts {
    /// Edits that were sent and that the server did not refuse.
    std::uint64_t changes = 0;
    /// How many of the changes found no document any more.
    std::uint64_t missed = 0;
    /// Edits that the server refused.
    std::uint64_t refused = 0;
    /// How many edits there were of each EditKind.
    std::array<std::uint64_t, edit_kind_names.size()> by_kind{};
    std::chrono::duration<double> duration{};
};

/// Writes edits at an even pace until `duration` has passed or a stop is requested. The server sets `updated_ts` and
/// `modified_date`. A store that cannot keep the pace gets fewer edits. Two edits of one document are never in one
/// bulk, so that they take effect in the order of the sequence. Uses up to four connections of the pool at a time.
EditCounts run_edits(const FleetStore& store, EditSequence& edits, std::uint32_t changes_per_second,
                     std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace twinfleet::sample_fleets
