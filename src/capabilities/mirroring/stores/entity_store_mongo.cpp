#include "capabilities/mirroring/stores/entity_store_mongo.hpp"

namespace twinfleet::mirroring {

EntityStoreMongo::EntityStoreMongo(const mongo::Pool& pool, const Entity& entity, const Settings& settings)
    : pool_(pool),
      collection_(pool.collection(std::string(entity.database), std::string(entity.collection))),
      reader_(collection_, std::string(entity.park_field), settings.read),
      writer_(pool, collection_, reader_, entity.is_park(), settings.write) {}

std::unique_ptr<DocumentStream> EntityStoreMongo::changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                                const BatchLimits& limits) {
    return reader_.changed_since(from, scope, limits);
}

std::unique_ptr<DocumentStream> EntityStoreMongo::all(const Scope& scope, const BatchLimits& limits) {
    return reader_.all(scope, limits);
}

std::unique_ptr<DocumentStream> EntityStoreMongo::with_empty_time(const BatchLimits& limits) {
    return reader_.with_empty_time(limits);
}

DocumentBatch EntityStoreMongo::fetch(std::span<const std::string> ids) {
    return reader_.fetch(ids);
}

DocumentBatch EntityStoreMongo::fetch_quarantined(std::span<const std::string> ids) {
    return reader_.fetch_quarantined(ids);
}

std::vector<EntityStore::Presence> EntityStoreMongo::presence(std::span<const std::string> ids) {
    return reader_.presence(ids);
}

std::vector<WriteOutcome> EntityStoreMongo::insert(std::span<const ChildInsert> children) {
    return writer_.insert(children);
}

std::vector<WriteOutcome> EntityStoreMongo::update(std::span<const ChildUpdate> updates) {
    return writer_.update(updates);
}

std::vector<EntityStore::LoginOwner> EntityStoreMongo::logins_in_use(std::span<const std::string> logins) {
    return reader_.logins_in_use(logins);
}

std::vector<EntityStore::Removal> EntityStoreMongo::removed_since(const std::optional<Removal>& /*after*/,
                                                                  std::size_t /*count_max*/) {
    return {};
}

std::vector<EntityStore::ParkLogin> EntityStoreMongo::login_holders(std::span<const ParkLogin> /*logins*/) {
    return {};
}

std::int64_t EntityStoreMongo::server_time_ms() {
    return pool_.change_time_ms();
}

std::int64_t EntityStoreMongo::estimated_count() {
    return collection_.estimated_count();
}

}  // namespace twinfleet::mirroring
