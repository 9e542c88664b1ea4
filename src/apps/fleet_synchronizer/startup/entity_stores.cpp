#include "apps/fleet_synchronizer/startup/entity_stores.hpp"

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/stores/entity_store_access_control_http.hpp"
#include "capabilities/mirroring/stores/entity_store_mongo.hpp"

namespace twinfleet::fleet_synchronizer {

using mirroring::EntityStoreMongo;

EntityStores::EntityStores(const mongo::Pool& mongo, const clients::AccessControl* access_control) {
    for (const mirroring::Entity& entity : mirroring::entities()) {
        if (entity.storage == mirroring::Storage::mongo) {
            stores_.push_back(std::make_unique<EntityStoreMongo>(mongo, entity, EntityStoreMongo::Settings{}));
        } else if (access_control != nullptr) {
            stores_.push_back(mirroring::make_entity_store_access_control(*access_control, entity));
        } else {
            continue;
        }
        by_name_.emplace(entity.name, stores_.back().get());
    }
}

}  // namespace twinfleet::fleet_synchronizer
