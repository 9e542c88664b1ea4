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

/// The time of a parent's `updated_ts` in the form in which links keep it. A Timestamp says the second alone: its other
/// half counts the writes of that second (mongodb.com/docs/manual/reference/bson-types, "Timestamps"). nullopt when
/// there is none, or when PostgreSQL could not hold it.
[[nodiscard]] std::optional<Time> to_time(const bson::ChangeTime& version);

/// A field that refers to another entity, and the id that it holds; of a list of references one of its ids.
struct Reference {
    const FieldPolicy* policy;
    std::string_view id;
};

/// What has to be known of a document before anything can be planned for it. The views look into the document.
struct ParentFacts {
    bson::View document;
    /// The `_id`: as it is when it is a usable string, otherwise what text_of_unusable_id() makes of it (see
    /// parent_id.hpp).
    std::string id;
    /// The id of the park that the document belongs to (for a park: its own id); empty when it cannot be read.
    std::string park_id;
    /// Why the document cannot be mirrored under any circumstances, as a code of the contract; empty when it can be.
    std::string problem;
    /// Whether the document has a `fleet_type`: then it is a child and never a source. Null and an empty text say
    /// nothing there (bson::says_nothing()).
    bool is_child = false;
    /// Whether the document has the field by which a child names its parent. A parent may have such a field, too,
    /// whatever it means there.
    bool names_a_parent = false;
    /// Whether the document is switched off as a retired one is, by the field that Entity::retirement names.
    bool is_switched_off = false;
    /// That field, when what it holds can be read and takes a right away: false, or a text that is not Retirement::on.
    std::optional<bson::Element> off_switch;
    /// The `updated_ts` of the document.
    bson::ChangeTime version;
    /// All references but the one to the park. Ids that no document can have are left out here, and dangle.
    std::vector<Reference> references;
    /// For parks only: these three fields.
    std::string_view login;
    std::string_view city_id;
    std::string_view country_id;
    /// For drivers: `license.number`; empty when it is not a string.
    std::string_view license_number;
};

}  // namespace twinfleet::mirroring
