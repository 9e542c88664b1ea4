#include "apps/sample_fleets/store/edit_stream_mongo.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "platform/concurrency/backoff.hpp"

namespace twinfleet::sample_fleets {
namespace {

using Steady = std::chrono::steady_clock;

/// Edits that fall due within one tick travel together.
constexpr std::chrono::milliseconds tick{10};
constexpr std::uint64_t bulk_size_max = 1000;

bson::Document editable_filter() {
    bson::Builder builder;
    builder.begin_document(origin_field)
        .array("$in", bson::string_array({origin::chicago, origin::new_york, origin::synthetic}))
        .end();
    return builder.take();
}

/// Calls `visit(document, id)` for the documents of sample fleets in order of `_id`, so that a seed means the same
/// edits whatever order the store has them in.
template <typename Visit>
void for_each_editable(const FleetStore& store, Collection collection, bson::Document projection, const Visit& visit) {
    mongo::FindOptions options;
    options.projection = std::move(projection);
    options.sort = bson::Builder().int32("_id", 1).take();
    auto cursor = store.collection(collection).find(editable_filter(), options);
    while (const auto document = cursor.next()) {
        const auto id = document->find("_id");
        if (id && id->is_string()) {
            visit(*document, std::string(id->string()));
        }
    }
}

std::string string_or_empty(bson::View document, std::string_view key) {
    const auto element = document.find(key);
    return element && element->is_string() ? std::string(element->string()) : std::string();
}

bson::Document update_of(const Edit& edit) {
    bson::Builder builder;
    builder.document("$set", edit.set);
    builder.begin_document("$currentDate")
        .boolean("modified_date", true)
        .begin_document("updated_ts")
        .string("$type", "timestamp")
        .end()
        .end();
    return builder.take();
}

/// The edits that wait for one tick's end.
class Batch {
public:
    explicit Batch(const FleetStore& store) : store_(store) {}

    void add(const Edit& edit, EditCounts& counts) {
        if (!documents_.insert({edit.collection, edit.id}).second) {
            send(counts);
            documents_.insert({edit.collection, edit.id});
        }
        auto bulk = bulks_.find(edit.collection);
        if (bulk == bulks_.end()) {
            bulk = bulks_.emplace(edit.collection, store_.collection(edit.collection).bulk()).first;
        }
        bulk->second.update_one(bson::Builder().string("_id", edit.id).take(), update_of(edit));
        ++counts.by_kind.at(static_cast<std::size_t>(edit.kind));
    }

    void send(EditCounts& counts) {
        for (auto& [collection, bulk] : bulks_) {
            const auto sent = bulk.size();
            const auto result = bulk.execute();
            counts.changes += sent - result.errors.size();
            counts.refused += result.errors.size();
            counts.missed += sent - result.errors.size() - result.matched;
        }
        bulks_.clear();
        documents_.clear();
    }

private:
    const FleetStore& store_;
    std::unordered_map<Collection, mongo::Bulk> bulks_;
    std::set<std::pair<Collection, std::string>> documents_;
};

}  // namespace

EditableFleet read_editable_fleet(const FleetStore& store) {
    EditableFleet fleet;
    std::unordered_map<std::string, std::size_t> position_of_park;
    for_each_editable(store, Collection::parks, bson::Builder().int32("name", 1).int32("fleet_type", 1).take(),
                      [&](bson::View park, std::string id) {
                          // A child carries the origin too, and is nobody's to edit.
                          if (park.find("fleet_type")) {
                              return;
                          }
                          position_of_park.emplace(id, fleet.parks.size());
                          fleet.parks.push_back({std::move(id), string_or_empty(park, "name")});
                      });
    fleet.cars_of_park.resize(fleet.parks.size());

    for_each_editable(store, Collection::work_rules, bson::Builder().int32("name", 1).int32("park_id", 1).take(),
                      [&](bson::View rule, std::string id) {
                          if (position_of_park.contains(string_or_empty(rule, "park_id"))) {
                              fleet.work_rules.push_back({std::move(id), string_or_empty(rule, "name")});
                          }
                      });
    const auto park_only = bson::Builder().int32("park_id", 1).take();
    for_each_editable(store, Collection::cars, park_only, [&](bson::View car, std::string id) {
        const auto park = position_of_park.find(string_or_empty(car, "park_id"));
        if (park != position_of_park.end()) {
            fleet.cars_of_park[park->second].push_back(id);
            fleet.cars.push_back(std::move(id));
        }
    });
    for_each_editable(store, Collection::drivers, park_only, [&](bson::View driver, std::string id) {
        const auto park = position_of_park.find(string_or_empty(driver, "park_id"));
        if (park != position_of_park.end()) {
            fleet.drivers.push_back({std::move(id), park->second});
        }
    });
    return fleet;
}

EditCounts run_edits(const FleetStore& store, EditSequence& edits, std::uint32_t changes_per_second,
                     std::chrono::milliseconds duration, const std::stop_token& stop) {
    EditCounts counts;
    Batch batch(store);
    const auto begin = Steady::now();
    const auto interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / changes_per_second;
    const auto total = static_cast<std::uint64_t>(std::chrono::nanoseconds(duration) / interval);
    std::uint64_t taken = 0;
    while (taken < total && !stop.stop_requested()) {
        const auto elapsed = Steady::now() - begin;
        if (elapsed >= duration) {
            break;
        }
        // The first edit is due at once, the others one interval apart.
        const auto due = std::min(total, static_cast<std::uint64_t>(elapsed / interval) + 1);
        for (const auto end = std::min(due, taken + bulk_size_max); taken < end; ++taken) {
            batch.add(edits.next(), counts);
        }
        batch.send(counts);
        const auto next_at = begin + interval * taken;
        const auto now = Steady::now();
        if (taken < total && now < next_at) {
            platform::wait_for(stop, std::max<std::chrono::nanoseconds>(next_at - now, tick));
        }
    }
    counts.duration = Steady::now() - begin;
    return counts;
}

}  // namespace twinfleet::sample_fleets
