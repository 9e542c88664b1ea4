#pragma once

#include <string>
#include <string_view>

#include "domain/app_family.hpp"

namespace twinfleet::mirroring {

/// The login that a child park should have (contract, section 1).
[[nodiscard]] std::string derived_login(std::string_view parent_login, const domain::AppFamily& family);

/// The login that a child park has instead when another park uses the derived one (contract, section 1).
[[nodiscard]] std::string fallback_login(std::string_view parent_login, const domain::AppFamily& family,
                                         std::string_view child_id);

}  // namespace twinfleet::mirroring
