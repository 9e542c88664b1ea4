#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/mongo/client.hpp"
#include "simulator/accounts/account.hpp"

namespace twinfleet::simulator {

/// Up to `count` drivers who can log in to both apps: working, with a phone, in an active park that has an active
/// child in `family`. Each phone once. The same seed on the same fleet picks the same ones.
///
/// Reads only: children of at most 1,000 parks by `parent_park_id`, these parks by `_id`, their drivers by `park_id`
/// (the indexes of contract, section 1) until there are twice as many as asked for. `database_prefix` goes before the
/// databases' names, so that tests keep to databases of their own. Throws as mongo::Collection does.
[[nodiscard]] std::vector<Account> pick_drivers(const mongo::Pool& pool, std::string_view family, std::size_t count,
                                                std::uint64_t seed, const std::string& database_prefix = {});

}  // namespace twinfleet::simulator
