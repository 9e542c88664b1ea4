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

/// The login that a child user has while it must give up its own and cannot have its next one yet: a tilde and its id.
[[nodiscard]] std::string stand_in_login(std::string_view child_id);

/// Whether a login is one that stands in for another: ours, or that of a disabled user whose login somebody else
/// needed, to whom access-control gives his own with a tilde and the first 32 characters of his id.
[[nodiscard]] bool is_stand_in_login(std::string_view login, std::string_view child_id);

}  // namespace twinfleet::mirroring
