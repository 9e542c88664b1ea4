#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "apps/sample_fleets/generator/documents.hpp"
#include "apps/sample_fleets/store/fleet_store_mongo.hpp"
#include "platform/bson/builder.hpp"
#include "platform/mongo/change_times.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::sample_fleets {

/// What became of the documents of a load.
struct LoadCounts {
    /// Documents that were inserted.
    std::uint64_t inserted = 0;
    /// Documents that were there already, by `_id` or, for a park, by login; these stay as they are.
    std::uint64_t existing = 0;
    /// Documents that the server refused for another reason.
    std::uint64_t refused = 0;
};

/// Inserts documents in batches, with the `updated_ts` that mongo::ChangeTimes gives them. Loading the same fleet again
/// changes nothing that is there, but for documents that have no `updated_ts`, or an empty one, since whoever inserted
/// them was cut off: the server sets it.
class FleetLoader {
public:
    /// The store outlives this.
    explicit FleetLoader(const FleetStore& store) : store_(store), change_times_(store.pool()) {}

    /// Takes one document, as a Sink does. When the collection changes, what is left of the previous one is sent first,
    /// so that documents arrive in the order of collections.
    void add(Collection collection, bson::View document);
    /// Sends the documents that have not been sent yet.
    void finish();

    [[nodiscard]] const LoadCounts& counts(Collection collection) const {
        return counts_.at(static_cast<std::size_t>(collection));
    }
    [[nodiscard]] LoadCounts total() const;

private:
    /// Of the batch that is sent next: the first one is a single document, which asks who sets `updated_ts`.
    [[nodiscard]] std::size_t batch_size_max() const noexcept;
    /// Has the server set the `updated_ts` of those of the documents {_id: {$in: ...}} where it is missing or empty.
    /// The time of `inserted`, the `_id` of one that was inserted while nothing was known, tells who sets them.
    void mend_times(bson::View documents, const std::optional<bson::Element>& inserted, LoadCounts& counts);

    const FleetStore& store_;
    mongo::ChangeTimes change_times_;
    mongo::WithChangeTime with_change_time_;
    Collection collection_ = Collection::parks;
    std::optional<mongo::Bulk> batch_;
    /// The `updated_ts` of the documents in it.
    bson::Timestamp batch_time_;
    bool has_sent_any_ = false;
    /// As a BSON array: an `_id` need not be a string.
    bson::Builder batch_ids_;
    std::array<LoadCounts, collections.size()> counts_{};
};

/// Removes all documents of sample fleets, the children of their parks (`parent_park_id`), and all work rules, cars and
/// drivers in any of these parks. Returns how many documents were removed. Scans whole collections, which suits stores
/// that are there to try things out.
std::uint64_t remove_sample_fleets(const FleetStore& store);

}  // namespace twinfleet::sample_fleets
