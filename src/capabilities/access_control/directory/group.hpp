#pragma once

#include <string>

#include "capabilities/access_control/directory/ids.hpp"
#include "domain/grant.hpp"

namespace twinfleet::access_control {

/// What a person may set in a group.
struct GroupFields {
    std::string name;
    domain::GrantSet grants;
    /// Its users may do everything in the park.
    bool is_super = false;
    /// Its users may change nothing, whatever the other fields say.
    bool read_only = false;
    bool operator==(const GroupFields&) const = default;
};

struct Group {
    GroupId id;
    ParkId park_id;
    GroupFields fields;
    bool operator==(const Group&) const = default;
};

/// The fields as they may stand in a child park: without the right to edit anything.
[[nodiscard]] inline GroupFields read_only_projection(GroupFields fields) {
    fields.grants = fields.grants.read_only();
    fields.is_super = false;
    return fields;
}

}  // namespace twinfleet::access_control
