#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <stop_token>

#include "apps/sample_fleets/store/edits.hpp"
#include "apps/sample_fleets/store/fleet_store_mongo.hpp"

namespace twinfleet::sample_fleets {

/// The parents of sample fleets as they are in the store now, bad documents excepted. Scans whole collections.
[[nodiscard]] EditableFleet read_editable_fleet(const FleetStore& store);

struct EditCounts {
    /// Sent and answered without an error.
    std::uint64_t changes = 0;
    /// Of these, how many found no document any more.
    std::uint64_t missed = 0;
    std::uint64_t refused = 0;
    std::array<std::uint64_t, edit_kind_names.size()> by_kind{};
    std::chrono::duration<double> duration{};
};

/// Writes edits at an even pace until `duration` has passed or a stop is asked for; the server sets `updated_ts` and
/// `modified_date`. A store that is slower than the pace gets fewer. Two edits of one document never travel in one
/// bulk, so that their order is the sequence's. Uses up to four connections of the pool at a time.
EditCounts run_edits(const FleetStore& store, EditSequence& edits, std::uint32_t changes_per_second,
                     std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace twinfleet::sample_fleets
