#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "apps/sample_fleets/generator/documents.hpp"
#include "apps/sample_fleets/store/fleet_store_mongo.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::sample_fleets {

struct LoadCounts {
    std::uint64_t inserted = 0;
    /// A document of that `_id` (or a park of that login) was there, and stays as it is.
    std::uint64_t existing = 0;
    /// Refused for another reason.
    std::uint64_t refused = 0;
};

/// Inserts documents in batches and lets the server set `updated_ts`: an insert cannot, so a second write does, for all
/// documents of the batch that have none. Loading again changes nothing that is there and heals a load that was cut off
/// between the two writes.
class FleetLoader {
public:
    /// Keeps a reference to the store.
    explicit FleetLoader(const FleetStore& store) : store_(store) {}

    /// A Sink. A change of collection sends what the last one left over, so the order of documents is kept from one
    /// collection to the next.
    void add(Collection collection, bson::View document);
    /// Sends what is left.
    void finish();

    [[nodiscard]] const LoadCounts& counts(Collection collection) const {
        return counts_.at(static_cast<std::size_t>(collection));
    }
    [[nodiscard]] LoadCounts total() const;

private:
    const FleetStore& store_;
    Collection collection_ = Collection::parks;
    std::optional<mongo::Bulk> batch_;
    /// As a BSON array: an `_id` need not be a string.
    bson::Builder batch_ids_;
    std::array<LoadCounts, collections.size()> counts_{};
};

/// Removes all documents of sample fleets, the children of their parks (`parent_park_id`) and whatever work rules, cars
/// and drivers are in these parks. Scans whole collections: for stores that are there to try things out. Returns how
/// many were removed.
std::uint64_t remove_sample_fleets(const FleetStore& store);

}  // namespace twinfleet::sample_fleets
