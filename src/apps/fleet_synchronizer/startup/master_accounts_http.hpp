#pragma once

#include <span>

#include "apps/fleet_synchronizer/startup/city_configuration.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "clients/access_control/access_control.hpp"

namespace twinfleet::fleet_synchronizer {

/// Makes the master accounts of the children of these parks, where the configuration by city wants one
/// (`fleet_mirror_master_account`): access-control makes a user with the login that is configured. A user of that login
/// who exists already, perhaps the copy of a user of the parent, stays as he is. A user of the parent who takes the
/// login of a master account later waits in quarantine (LoginClearance in capabilities/mirroring/passes/). Throws what
/// the stores and the client throw.
void make_master_accounts(const clients::AccessControl& access_control, const CityConfiguration& cities,
                          mirroring::LinkStore& links, mirroring::EntityStore& parks, const domain::AppFamily& family,
                          std::span<const domain::ParentParkId> parent_parks);

}  // namespace twinfleet::fleet_synchronizer
