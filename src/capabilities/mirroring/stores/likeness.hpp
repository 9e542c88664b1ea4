#pragma once

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/bson/view.hpp"

/// Comparisons of a child with what was read or written. Two values are the same when they have the same type and the
/// same bytes.
namespace twinfleet::mirroring {

/// Whether the child still has exactly this version.
[[nodiscard]] bool is_at_version(bson::View child, const ChildVersion& version);

/// Whether the child holds what the update asked for. After a replacement the child holds just the fields of the
/// replacement and `updated_ts`, in any order, because a server may leave fields that it knows in their place. After
/// any other update the child holds every field that was to be set, and none that was to be removed.
[[nodiscard]] bool is_written(bson::View child, const ChildUpdate& update);

}  // namespace twinfleet::mirroring
