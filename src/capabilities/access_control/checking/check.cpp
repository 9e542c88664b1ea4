#include "capabilities/access_control/checking/check.hpp"

namespace twinfleet::access_control {

std::string_view name_of(DenyReason reason) {
    switch (reason) {
        case DenyReason::no_such_user:
            return "no_such_user";
        case DenyReason::disabled:
            return "disabled";
        case DenyReason::no_grant:
            return "no_grant";
        case DenyReason::child_park_is_read_only:
            return "child_park_is_read_only";
    }
    return {};
}

std::optional<DenyReason> why_denied(const std::optional<UserRights>& user, domain::Grant grant,
                                     const std::function<bool()>& is_child_park) {
    if (!user) {
        return DenyReason::no_such_user;
    }
    if (!user->is_enabled) {
        return DenyReason::disabled;
    }
    const bool is_edit = grant.action == domain::Action::edit;
    if (is_edit && is_child_park()) {
        return DenyReason::child_park_is_read_only;
    }
    if (user->is_superuser) {
        return std::nullopt;
    }
    if (!user->group || !user->group->is_enabled || (is_edit && user->group->read_only)) {
        return DenyReason::no_grant;
    }
    const bool is_granted = user->group->is_super || user->group->grants.allows(grant);
    return is_granted ? std::nullopt : std::optional(DenyReason::no_grant);
}

}  // namespace twinfleet::access_control
