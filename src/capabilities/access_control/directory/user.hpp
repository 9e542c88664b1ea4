#pragma once

#include <optional>
#include <string>

#include "capabilities/access_control/directory/ids.hpp"

namespace twinfleet::access_control {

/// What a person may set in a user.
struct UserFields {
    /// Unique within the park; logins are compared byte by byte.
    std::string login;
    std::string display_name;
    /// E.164. Never to be logged.
    std::optional<std::string> phone;
    /// A group of the same park.
    std::optional<GroupId> group_id;
    bool is_enabled = true;
    bool is_superuser = false;
    bool operator==(const UserFields&) const = default;
};

struct User {
    UserId id;
    ParkId park_id;
    UserFields fields;
    bool operator==(const User&) const = default;
};

/// The fields as they may stand in a child park: the user is no superuser there.
[[nodiscard]] inline UserFields read_only_projection(UserFields fields) {
    fields.is_superuser = false;
    return fields;
}

}  // namespace twinfleet::access_control
