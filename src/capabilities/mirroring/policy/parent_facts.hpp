#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/link.hpp"
#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// The time of a parent's `updated_ts` as links keep it, with the ordinal of a Timestamp as microseconds. nullopt where
/// there is none, or where PostgreSQL could not hold it.
[[nodiscard]] std::optional<Time> to_time(const bson::ChangeTime& version);

/// A field that refers to another entity, with the id that it holds.
struct Reference {
    const FieldPolicy* policy;
    std::string_view id;
};

/// What has to be known of a document before anything can be planned. The views look into the document.
struct ParentFacts {
    bson::View document;
    /// The `_id`: as it is when it is a usable string, otherwise what text_of_unusable_id() makes of it (see
    /// parent_id.hpp).
    std::string id;
    /// The id of the park that it belongs to (for a park: its own); empty when it cannot be read.
    std::string park_id;
    /// Why it cannot be mirrored whatever the circumstances; empty when it can.
    std::string problem;
    /// It bears a `fleet_type`: it is a child, never a source.
    bool is_child = false;
    /// It holds the field by which a child names its parent. A parent may hold one, too, whatever it means there.
    bool names_a_parent = false;
    /// The field by which this kind of document is switched off says so.
    bool is_switched_off = false;
    /// Its `updated_ts`.
    bson::ChangeTime version;
    /// References other than the park. Ids that no document can have are left out here, and dangle.
    std::vector<Reference> references;
    /// Parks only.
    std::string_view login;
    std::string_view city_id;
    std::string_view country_id;
    /// `license.number`, where it is a string.
    std::string_view license_number;
};

}  // namespace twinfleet::mirroring
