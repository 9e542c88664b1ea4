#include "apps/sample_fleets/store/fleet_loader_mongo.hpp"

#include <map>
#include <string>

namespace twinfleet::sample_fleets {
namespace {

constexpr std::size_t usual_batch_size = 1000;

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

}  // namespace

std::size_t FleetLoader::batch_size_max() const noexcept {
    return has_sent_any_ ? usual_batch_size : 1;
}

void FleetLoader::add(Collection collection, bson::View document) {
    if (collection != collection_) {
        finish();
        collection_ = collection;
    }
    if (!batch_) {
        batch_.emplace(store_.collection(collection_).bulk());
        batch_time_ = change_times_.for_inserts();
    }
    batch_ids_.copy_as(std::to_string(batch_->size()), document.find("_id").value());
    batch_->insert(with_change_time_(document, batch_time_));
    if (batch_->size() >= batch_size_max()) {
        finish();
    }
}

void FleetLoader::finish() {
    if (!batch_) {
        return;
    }
    const auto result = batch_->execute();
    batch_.reset();
    has_sent_any_ = true;
    const auto ids = batch_ids_.take();
    std::map<std::size_t, int> code_of_error;
    for (const auto& error : result.errors) {
        code_of_error.emplace(error.index, error.code);
    }

    auto& counts = counts_.at(static_cast<std::size_t>(collection_));
    ArrayBuilder to_look_at;
    std::optional<bson::Element> inserted;
    std::size_t index = 0;
    for (const auto& id : ids.view()) {
        const auto error = code_of_error.find(index++);
        if (error == code_of_error.end()) {
            ++counts.inserted;
            if (!change_times_.are_known()) {
                inserted = id;
                to_look_at.add(id);
            }
        } else if (error->second == mongo::WriteError::duplicate_key) {
            ++counts.existing;
            to_look_at.add(id);
        } else {
            ++counts.refused;
        }
    }
    if (!to_look_at.empty()) {
        mend_times(to_look_at.take_as_in("_id"), inserted, counts);
    }
}

void FleetLoader::mend_times(bson::View documents, const std::optional<bson::Element>& inserted, LoadCounts& counts) {
    const auto collection = store_.collection(collection_);
    // Asked and looked through here: the embedded server needs seconds for {"_id": ..., "updated_ts": {"$exists":
    // false}}.
    mongo::FindOptions time_only;
    time_only.projection = bson::Builder().int32(bson::updated_ts_field, 1).take();
    ArrayBuilder without_time;
    auto cursor = collection.find(documents, time_only);
    while (const auto document = cursor.next()) {
        const auto id = document->find("_id").value();
        const auto time = document->find(bson::updated_ts_field);
        if (time && inserted && inserted->same_value(id)) {
            change_times_.learn(bson::ChangeTime::of(time));
        }
        if (!time || mongo::ChangeTimes::is_empty(bson::ChangeTime::of(time))) {
            without_time.add(id);
        }
    }
    if (!without_time.empty()) {
        auto times = collection.bulk();
        times.update_many(without_time.take_as_in("_id"), mongo::set_change_time());
        counts.refused += times.execute().errors.size();
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
