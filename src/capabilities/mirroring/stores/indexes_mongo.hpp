#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// Creates the indexes of every entity, `(updated_ts, _id)` and a unique `license` on `dbtaxi.unique_drivers`
/// (contract, section 1). What exists already stays as it is.
///
/// A unique index that the server refuses (two documents are alike in it, or the collection is sharded by another key)
/// becomes a plain one, and is named in the answer as `database.collection.index`; only the logins of parks have to be
/// unique: there platform::StoreRefused tells what to mend.
std::vector<std::string> make_indexes(const mongo::Pool& pool);

/// The same for other entities, and another place of unique drivers.
struct UniqueDriversPlace {
    std::string_view database = "dbtaxi";
    std::string_view collection = "unique_drivers";
};
std::vector<std::string> make_indexes(const mongo::Pool& pool, std::span<const Entity> entities,
                                      const UniqueDriversPlace& unique_drivers);

}  // namespace twinfleet::mirroring
