#pragma once

#include <boost/json/object.hpp>

#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"

namespace twinfleet::mirroring {

/// The record as people and other programs are shown it: `id`, `entity`, `family`, `kind` (`changed` or `removed`), the
/// four ids `parent_id`, `parent_park_id`, `child_id` and `child_park_id`, `fields` as an object (ForeignEdit::fields),
/// and `found_at` as a text of RFC 3339. Holds personal data, which must not go into a log.
[[nodiscard]] boost::json::object to_json(const ForeignEditRecord& record);

}  // namespace twinfleet::mirroring
