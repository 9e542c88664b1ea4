#include "capabilities/access_control/child_parks/park_source_mongo.hpp"

namespace twinfleet::access_control {

bool MongoParkSource::is_child(const ParkId& park_id) const {
    mongo::FindOptions options;
    options.projection = bson::Builder().int32("fleet_type", 1).take();
    options.limit = 1;
    const auto park = parks_.find_one(bson::Builder().string("_id", park_id.value()).take(), options);
    return park && !bson::says_nothing(park->view().find("fleet_type"));
}

}  // namespace twinfleet::access_control
