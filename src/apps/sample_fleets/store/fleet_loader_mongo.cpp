#include "apps/sample_fleets/store/fleet_loader_mongo.hpp"

#include <map>
#include <string>

namespace twinfleet::sample_fleets {
namespace {

constexpr std::size_t batch_size = 1000;

bson::Document exists(std::string_view field, bool wanted) {
    bson::Builder builder;
    builder.begin_document(field).boolean("$exists", wanted).end();
    return builder.take();
}

/// A BSON array under construction.
class ArrayBuilder {
public:
    void add(const bson::Element& element) { builder_.copy_as(std::to_string(size_++), element); }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// {field: {"$in": [...]}}
    [[nodiscard]] bson::Document take_as_in(std::string_view field) {
        size_ = 0;
        bson::Builder filter;
        filter.begin_document(field).array("$in", builder_.take()).end();
        return filter.take();
    }

private:
    bson::Builder builder_;
    std::size_t size_ = 0;
};

bson::Document set_timestamp() {
    bson::Builder builder;
    builder.begin_document("$currentDate").begin_document("updated_ts").string("$type", "timestamp").end().end();
    return builder.take();
}

}  // namespace

void FleetLoader::add(Collection collection, bson::View document) {
    if (collection != collection_) {
        finish();
        collection_ = collection;
    }
    if (!batch_) {
        batch_.emplace(store_.collection(collection_).bulk());
    }
    batch_ids_.copy_as(std::to_string(batch_->size()), document.find("_id").value());
    batch_->insert(document);
    if (batch_->size() == batch_size) {
        finish();
    }
}

void FleetLoader::finish() {
    if (!batch_) {
        return;
    }
    const auto result = batch_->execute();
    batch_.reset();
    const auto ids = batch_ids_.take();
    std::map<std::size_t, int> code_of_error;
    for (const auto& error : result.errors) {
        code_of_error.emplace(error.index, error.code);
    }

    auto& counts = counts_.at(static_cast<std::size_t>(collection_));
    ArrayBuilder without_timestamp;
    ArrayBuilder existing;
    std::size_t index = 0;
    for (const auto& id : ids.view()) {
        const auto error = code_of_error.find(index++);
        if (error == code_of_error.end()) {
            ++counts.inserted;
            without_timestamp.add(id);
        } else if (error->second == mongo::WriteError::duplicate_key) {
            ++counts.existing;
            existing.add(id);
        } else {
            ++counts.refused;
        }
    }

    const auto collection = store_.collection(collection_);
    if (!existing.empty()) {
        // Asked and looked through here: the embedded server needs seconds for {"_id": ..., "updated_ts": {"$exists":
        // false}}.
        mongo::FindOptions timestamp_only;
        timestamp_only.projection = bson::Builder().int32("updated_ts", 1).take();
        auto cursor = collection.find(existing.take_as_in("_id"), timestamp_only);
        while (const auto document = cursor.next()) {
            if (!document->find("updated_ts")) {
                without_timestamp.add(document->find("_id").value());
            }
        }
    }
    if (!without_timestamp.empty()) {
        auto timestamps = collection.bulk();
        timestamps.update_many(without_timestamp.take_as_in("_id"), set_timestamp());
        counts.refused += timestamps.execute().errors.size();
    }
}

LoadCounts FleetLoader::total() const {
    LoadCounts sum;
    for (const auto& counts : counts_) {
        sum.inserted += counts.inserted;
        sum.existing += counts.existing;
        sum.refused += counts.refused;
    }
    return sum;
}

std::uint64_t remove_sample_fleets(const FleetStore& store) {
    const auto sample = exists(origin_field, true);
    mongo::FindOptions ids_only;
    ids_only.projection = bson::Builder().int32("_id", 1).take();

    // Children carry the origin as well; asking for `parent_park_id` finds those, too, whose mirror drops unknown
    // fields.
    ArrayBuilder park_ids;
    const auto collect_ids = [&](bson::View filter, ArrayBuilder& ids) {
        auto cursor = store.collection(Collection::parks).find(filter, ids_only);
        while (const auto park = cursor.next()) {
            ids.add(park->find("_id").value());
        }
    };
    ArrayBuilder parent_ids;
    collect_ids(sample, parent_ids);
    collect_ids(sample, park_ids);
    collect_ids(parent_ids.take_as_in("parent_park_id"), park_ids);
    const auto in_parks = park_ids.take_as_in("park_id");
    const auto park_list = in_parks.view().find("park_id").value();

    std::uint64_t removed = 0;
    for (const auto collection : {Collection::work_rules, Collection::cars, Collection::drivers}) {
        removed += store.remove(collection, sample);
        removed += store.remove(collection, in_parks);
    }
    removed += store.remove(Collection::unique_drivers, sample);
    // Parks last: when this is cut off half-way, the next try still knows which parks they were.
    removed += store.remove(Collection::parks, bson::Builder().copy_as("_id", park_list).take());
    return removed;
}

}  // namespace twinfleet::sample_fleets
