#pragma once

#include <span>

#include "apps/fleet_synchronizer/startup/city_configuration.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "clients/access_control/access_control.hpp"

namespace twinfleet::fleet_synchronizer {

/// Sees to it that the child of each of these parks has the master account that the configuration by city wants there
/// (`fleet_mirror_master_account`): a user of that login, made by access-control. One that is there stays as it is.
/// Throws like the stores and the client.
void make_master_accounts(const clients::AccessControl& access_control, const CityConfiguration& cities,
                          mirroring::LinkStore& links, mirroring::EntityStore& parks, const domain::AppFamily& family,
                          std::span<const domain::ParentParkId> parent_parks);

}  // namespace twinfleet::fleet_synchronizer
