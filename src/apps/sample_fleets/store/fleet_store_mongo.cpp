#include "apps/sample_fleets/store/fleet_store_mongo.hpp"

namespace twinfleet::sample_fleets {

mongo::Collection FleetStore::collection(Collection collection) const {
    const auto name = name_of(collection);
    return pool_.collection(database_prefix_ + std::string(name.database), std::string(name.name));
}

std::uint64_t FleetStore::remove(Collection collection, bson::View filter) const {
    const auto name = name_of(collection);
    bson::Builder builder;
    builder.string("delete", name.name).begin_array("deletes").begin_document("0");
    builder.document("q", filter).int32("limit", 0).end().end();
    const auto answer = pool_.command(database_prefix_ + std::string(name.database), builder.take());
    const auto removed = answer.view().find("n");
    return removed ? static_cast<std::uint64_t>(removed->integer().value_or(0)) : 0;
}

}  // namespace twinfleet::sample_fleets
