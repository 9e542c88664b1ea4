#include "apps/sample_fleets/store/fleet_loader_mongo.hpp"

#include <string>

namespace twinfleet::sample_fleets {
namespace {

constexpr std::size_t batch_size = 1000;

bson::Document exists(std::string_view field, bool wanted) {
    bson::Builder builder;
    builder.begin_document(field).boolean("$exists", wanted).end();
    return builder.take();
}

/// {"_id": {"$in": ids}, "updated_ts": {"$exists": false}}
bson::Document without_timestamp(bson::View ids) {
    bson::Builder builder;
    builder.begin_document("_id").array("$in", ids).end();
    builder.begin_document("updated_ts").boolean("$exists", false).end();
    return builder.take();
}

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
    const auto sent = batch_->size();
    const auto result = batch_->execute();
    batch_.reset();
    auto& counts = counts_.at(static_cast<std::size_t>(collection_));
    // Not result.inserted: the embedded server counts refused inserts as well.
    counts.inserted += sent - result.errors.size();
    for (const auto& error : result.errors) {
        ++(error.code == mongo::WriteError::duplicate_key ? counts.existing : counts.refused);
    }

    auto timestamps = store_.collection(collection_).bulk();
    timestamps.update_many(without_timestamp(batch_ids_.take()), set_timestamp());
    counts.refused += timestamps.execute().errors.size();
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

    bson::Builder ids_builder;
    std::size_t id_count = 0;
    const auto collect_ids = [&](bson::View filter) {
        auto cursor = store.collection(Collection::parks).find(filter, ids_only);
        while (const auto park = cursor.next()) {
            ids_builder.copy_as(std::to_string(id_count++), park->find("_id").value());
        }
    };
    collect_ids(sample);
    const auto parent_ids = ids_builder.take();
    // Children carry the origin as well; this finds those, too, that were made by a mirror which drops unknown fields.
    for (const auto& id : parent_ids.view()) {
        ids_builder.copy_as(std::to_string(id_count++), id);
    }
    bson::Builder children;
    children.begin_document("parent_park_id").array("$in", parent_ids).end();
    collect_ids(children.take());
    const auto park_ids = ids_builder.take();

    std::uint64_t removed = 0;
    for (const auto collection : {Collection::work_rules, Collection::cars, Collection::drivers}) {
        bson::Builder in_parks;
        in_parks.begin_document("park_id").array("$in", park_ids).end();
        removed += store.remove(collection, sample);
        removed += store.remove(collection, in_parks.take());
    }
    removed += store.remove(Collection::unique_drivers, sample);
    // Parks last: when this is cut off half-way, the next try still knows which parks they were.
    bson::Builder parks;
    parks.begin_document("_id").array("$in", park_ids).end();
    removed += store.remove(Collection::parks, parks.take());
    return removed;
}

}  // namespace twinfleet::sample_fleets
