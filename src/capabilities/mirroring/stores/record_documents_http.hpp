#pragma once

#include <cstdint>

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "clients/access_control/records.hpp"
#include "platform/bson/builder.hpp"

/// Turns records of access-control into documents and back.
///
/// A record becomes a document of its fields, with `created_date`, `modified_date` and `updated_ts` as every document
/// has them. `updated_ts` is the version of the record, by the clock of access-control: a BSON Timestamp with the
/// second of the last write, and with the microsecond within that second as the ordinal. When `phone` or `group_id` of
/// a record is null, the document does not have the field.
namespace twinfleet::mirroring {

[[nodiscard]] bson::Document document_of(const clients::Group& group);
[[nodiscard]] bson::Document document_of(const clients::User& user);

/// Fills the record with the document of a child. Returns false when the document holds a value that a record cannot
/// hold, or lacks one that a record needs.
[[nodiscard]] bool read_record(const ChildInsert& child, clients::Group& group);
[[nodiscard]] bool read_record(const ChildInsert& child, clients::User& user);

/// Fills the update of a record with the update of a child. Returns false when the update holds a value that a record
/// cannot hold, removes one that a record needs, or names no version.
[[nodiscard]] bool read_update(const ChildUpdate& child, clients::GroupUpdate& update);
[[nodiscard]] bool read_update(const ChildUpdate& child, clients::UserUpdate& update);

/// A time in microseconds since 1970, such as the version of a record, as a Timestamp, and back.
[[nodiscard]] bson::Timestamp timestamp_of(std::int64_t microseconds);
[[nodiscard]] std::int64_t microseconds(bson::Timestamp version);

}  // namespace twinfleet::mirroring
