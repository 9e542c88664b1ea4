#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "domain/grant.hpp"

namespace twinfleet::access_control {

/// Contract, section 4: why something is not allowed.
enum class DenyReason : std::uint8_t { no_such_user, disabled, no_grant, child_park_is_read_only };

/// `no_such_user`.
[[nodiscard]] std::string_view name_of(DenyReason reason);

struct GroupRights {
    domain::GrantSet grants;
    bool is_super = false;
    bool read_only = false;
    bool is_enabled = true;
};

struct UserRights {
    bool is_enabled = true;
    bool is_superuser = false;
    std::optional<GroupRights> group = std::nullopt;
};

/// Why the user may not do what the grant stands for; nullopt: he may. The first of these counts:
///
/// 1. there is no such user, or he is disabled
/// 2. in a child park nothing is edited, whatever user and group say
/// 3. a superuser may do everything
/// 4. without a group, or with a disabled one, nothing is granted
/// 5. a read-only group edits nothing
/// 6. a super group may do everything
/// 7. the group's grants, of which `_edit` implies `_view`
///
/// `is_child_park` is asked only where it matters, and may throw.
[[nodiscard]] std::optional<DenyReason> why_denied(const std::optional<UserRights>& user, domain::Grant grant,
                                                   const std::function<bool()>& is_child_park);

}  // namespace twinfleet::access_control
