#pragma once

#include <functional>

#include "platform/mongo/client.hpp"
#include "platform/service/settings/section.hpp"
#include "platform/service/stores/store.hpp"

/// These functions are apart from those of other stores, so that only a service that uses MongoDB links its client.
namespace twinfleet::service {

/// Reads the section `mongo`: `uri`, `connections_max` and the timeouts.
void read_mongo(Section section, mongo::Settings& settings);

/// MongoDB as a store of a service; /ready asks whether it takes writes. `pool`, which was made with `settings`,
/// outlives the result. `migrate` does what Store::migrate says; empty when there is nothing to do.
[[nodiscard]] Store mongo_store(const mongo::Pool& pool, const mongo::Settings& settings,
                                std::function<void(const Say& print, const Say& say)> migrate = {});

}  // namespace twinfleet::service
