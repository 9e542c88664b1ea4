#pragma once

#include <cstdint>

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "clients/access_control/records.hpp"
#include "platform/bson/builder.hpp"

/// Records of access-control as documents, and back.
///
/// A record becomes a document of its fields, with `created_date`, `modified_date` and `updated_ts` as everywhere: a
/// BSON Timestamp of the second of the write, with its microsecond as the ordinal. That is the version of a record, by
/// access-control's clock. A `phone` or `group_id` that is null has no field in the document.
namespace twinfleet::mirroring {

[[nodiscard]] bson::Document document_of(const clients::Group& group);
[[nodiscard]] bson::Document document_of(const clients::User& user);

/// Put the document of a child into the record; false when it holds a value, or lacks one, that a record cannot.
[[nodiscard]] bool read_record(const ChildInsert& child, clients::Group& group);
[[nodiscard]] bool read_record(const ChildInsert& child, clients::User& user);

/// Put the update of a child into that of the record; false when it holds a value that a record cannot, or takes one
/// away that a record needs, or names no version.
[[nodiscard]] bool read_update(const ChildUpdate& child, clients::GroupUpdate& update);
[[nodiscard]] bool read_update(const ChildUpdate& child, clients::UserUpdate& update);

[[nodiscard]] std::int64_t microseconds(bson::Timestamp version);

}  // namespace twinfleet::mirroring
