#pragma once

#include <functional>

#include "platform/mongo/client.hpp"
#include "platform/service/settings/section.hpp"
#include "platform/service/stores/store.hpp"

/// Apart from the other stores, so that only a service that uses MongoDB links its client.
namespace twinfleet::service {

/// The section `mongo`: `uri`, `connections_max` and the timeouts.
void read_mongo(Section section, mongo::Settings& settings);

/// MongoDB. `pool`, which was made with `settings`, outlives what is returned. `migrate` does its share of the command
/// of that name, as of Store; empty: there is nothing to do.
[[nodiscard]] Store mongo_store(const mongo::Pool& pool, const mongo::Settings& settings,
                                std::function<void(const Say& print, const Say& say)> migrate = {});

}  // namespace twinfleet::service
