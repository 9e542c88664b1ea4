#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/mongo/client.hpp"
#include "simulator/accounts/account.hpp"

namespace twinfleet::simulator {

/// Up to `count` drivers who can log in to both apps: they are working, have a phone, and their park is active and has
/// an active child in `family`. No two of them have the same phone. The same seed picks the same drivers from the same
/// fleet.
///
/// Only reads: the children of at most 1,000 parks by `parent_park_id`, these parks by `_id`, and their drivers by
/// `park_id` (the indexes of the contract, section 1), until it has twice as many as were asked for. `database_prefix`
/// is put before the names of the databases, so that tests have databases of their own. Throws what mongo::Collection
/// throws.
[[nodiscard]] std::vector<Account> pick_drivers(const mongo::Pool& pool, std::string_view family, std::size_t count,
                                                std::uint64_t seed, const std::string& database_prefix = {});

}  // namespace twinfleet::simulator
