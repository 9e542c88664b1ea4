#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// Creates the indexes of every entity, and `(updated_ts, _id)`, a unique `license` and `(profiles.driver_id, _id)` on
/// `dbtaxi.unique_drivers` (contract, section 1). An index that exists stays as it is.
///
/// A unique index that the server refuses (because two documents have the same key, or the collection is sharded by
/// another one) is made as a plain index, and the answer names it as `database.collection.index`. Only the logins of
/// parks have to be unique: when that index is refused, platform::StoreRefused is thrown and says what to mend.
std::vector<std::string> make_indexes(const mongo::Pool& pool);

/// Where the collection of unique drivers is.
struct UniqueDriversPlace {
    std::string_view database = "dbtaxi";
    std::string_view collection = "unique_drivers";
};
/// The same for these entities, and for unique drivers in another place.
std::vector<std::string> make_indexes(const mongo::Pool& pool, std::span<const Entity> entities,
                                      const UniqueDriversPlace& unique_drivers);

}  // namespace twinfleet::mirroring
