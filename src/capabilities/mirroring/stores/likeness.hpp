#pragma once

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/bson/view.hpp"

/// Whether what stands in a store is what was written there. Values are the same when type and bytes are.
namespace twinfleet::mirroring {

/// Whether the child still is at exactly that version.
[[nodiscard]] bool is_at_version(bson::View child, const ChildVersion& version);

/// Whether the child holds what the update asked for. Of a replacement: just these fields and `updated_ts`, in any
/// order, since a server may keep the fields that it knows where they were. Otherwise: every field that was to be set,
/// and none that was to be removed.
[[nodiscard]] bool is_written(bson::View child, const ChildUpdate& update);

}  // namespace twinfleet::mirroring
