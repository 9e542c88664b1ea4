#pragma once

#include "domain/identifier.hpp"

namespace twinfleet::access_control {

using ParkId = domain::Identifier<struct ParkIdTag>;
using GroupId = domain::Identifier<struct GroupIdTag>;
using UserId = domain::Identifier<struct UserIdTag>;

}  // namespace twinfleet::access_control
