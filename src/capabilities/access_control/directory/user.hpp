#pragma once

#include <optional>
#include <string>

#include "capabilities/access_control/directory/ids.hpp"

namespace twinfleet::access_control {

/// What a person may set.
struct UserFields {
    /// Unique within the park, byte by byte.
    std::string login;
    std::string display_name;
    /// E.164. Never to be logged.
    std::optional<std::string> phone;
    /// Of the same park.
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

/// As it may stand in a child park.
[[nodiscard]] inline UserFields read_only_projection(UserFields fields) {
    fields.is_superuser = false;
    return fields;
}

}  // namespace twinfleet::access_control
