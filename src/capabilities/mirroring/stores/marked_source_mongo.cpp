#include "capabilities/mirroring/stores/marked_source_mongo.hpp"

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr const char* id_of_marker = "marker";

bson::Document filter_of_marker() {
    return bson::Builder().string("_id", id_of_marker).take();
}

mongo::FindOptions ids_from_primary() {
    mongo::FindOptions options;
    options.projection = bson::Builder().int32("_id", 1).take();
    options.from_primary = true;
    return options;
}

[[noreturn]] void refuse_marker(const mongo::WriteError& error) {
    throw platform::StoreRefused("MongoDB", error.code, "the marker of the cluster is not taken: " + error.message);
}

}  // namespace

std::optional<std::string> MarkedSourceMongo::marker() {
    mongo::FindOptions options;
    options.from_primary = true;
    const auto found = markers().find_one(filter_of_marker(), options);
    const auto value = found ? found->view().find("value") : std::nullopt;
    return value && value->is_string() ? std::optional(std::string(value->string())) : std::nullopt;
}

std::string MarkedSourceMongo::leave(const std::string& marker) {
    auto bulk = markers().bulk();
    bulk.insert(bson::Builder()
                    .string("_id", id_of_marker)
                    .string("value", marker)
                    .date("created_date", pool_.server_time_ms())
                    .take());
    const auto result = bulk.execute();
    if (!result.errors.empty() && result.errors.front().code != mongo::WriteError::duplicate_key) {
        refuse_marker(result.errors.front());
    }
    const auto there = this->marker();
    if (!there) {
        throw platform::StoreRefused("MongoDB", 0, "the marker of the cluster is there and cannot be read");
    }
    return *there;
}

void MarkedSourceMongo::replace(const std::string& marker) {
    auto bulk = markers().bulk();
    bulk.update_one(filter_of_marker(),
                    bson::Builder()
                        .begin_document("$set")
                        .string("value", marker)
                        .date("created_date", pool_.server_time_ms())
                        .end()
                        .take(),
                    true);
    const auto result = bulk.execute();
    if (!result.errors.empty()) {
        refuse_marker(result.errors.front());
    }
}

std::size_t MarkedSourceMongo::count_existing(const Entity& entity, std::span<const std::string> ids) {
    if (ids.empty()) {
        return 0;
    }
    const bson::Document wanted = bson::string_array({ids.begin(), ids.end()});
    const auto filter = bson::Builder().begin_document("_id").array("$in", wanted).end().take();
    auto cursor =
        pool_.collection(std::string(entity.database), std::string(entity.collection)).find(filter, ids_from_primary());
    std::size_t count = 0;
    while (cursor.next()) {
        ++count;
    }
    return count;
}

bool MarkedSourceMongo::has_child_parks() {
    // The index on the field serves it.
    const auto filter = bson::Builder().begin_document("parent_park_id").string("$gt", "").end().take();
    return pool_.collection(settings_.database, std::string(park_entity().collection))
        .find_one(filter, ids_from_primary())
        .has_value();
}

}  // namespace twinfleet::mirroring
