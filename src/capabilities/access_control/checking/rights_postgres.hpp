#pragma once

#include <optional>
#include <string>

#include "capabilities/access_control/checking/check.hpp"
#include "capabilities/access_control/directory/ids.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// What the rows say of a user, by one query along the unique index of (park, login); nullopt: there is none.
[[nodiscard]] std::optional<UserRights> read_rights(postgres::Pool& pool, const ParkId& park_id,
                                                    const std::string& login);

}  // namespace twinfleet::access_control
