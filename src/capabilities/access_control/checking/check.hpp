#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "domain/grant.hpp"

/// Who may do what in a park: its users, the groups that they belong to, and the grants of these groups (contract,
/// section 4, "access-control"). checking/ has the rules, directory/ the groups and users, child_parks/ which parks are
/// copies that nobody may edit, and records/ what the mirror reads and writes.
namespace twinfleet::access_control {

/// Why something is not allowed (contract, section 4).
enum class DenyReason : std::uint8_t { no_such_user, disabled, no_grant, child_park_is_read_only };

/// The name in the API: `no_such_user`.
[[nodiscard]] std::string_view name_of(DenyReason reason);

/// What a group says about the rights of its users.
struct GroupRights {
    domain::GrantSet grants;
    bool is_super = false;
    bool read_only = false;
    bool is_enabled = true;
};

/// What a user's rights follow from.
struct UserRights {
    bool is_enabled = true;
    bool is_superuser = false;
    std::optional<GroupRights> group = std::nullopt;
};

/// Why the user may not do what `grant` stands for; nullopt: he may. `user` is nullopt when there is no such user.
/// These rules are looked at in order, and the first that applies decides:
///
/// 1. A user who does not exist or is disabled may do nothing.
/// 2. In a child park nobody may edit anything, whatever the user and his group say.
/// 3. A superuser may do everything.
/// 4. Without a group, or in a disabled one, a user may do nothing.
/// 5. In a read-only group a user may edit nothing.
/// 6. In a super group a user may do everything.
/// 7. The group's grants decide; `_edit` implies `_view`.
///
/// `is_child_park` is called only where it matters, and may throw.
[[nodiscard]] std::optional<DenyReason> why_denied(const std::optional<UserRights>& user, domain::Grant grant,
                                                   const std::function<bool()>& is_child_park);

}  // namespace twinfleet::access_control
