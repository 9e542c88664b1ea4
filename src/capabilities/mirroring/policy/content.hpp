#pragma once

#include "capabilities/mirroring/memory/link.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// The hash of what a child should hold, over the bytes of the document.
[[nodiscard]] SourceHash hash_of(bson::View content);

/// Whether the fields of the document cannot be set one by one: one of them has no name, or a name in it, at any depth,
/// holds a dot or begins with a dollar sign.
[[nodiscard]] bool has_awkward_names(bson::View document);

}  // namespace twinfleet::mirroring
