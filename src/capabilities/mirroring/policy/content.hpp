#pragma once

#include "capabilities/mirroring/memory/link.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// The hash of a document, over its bytes: what links keep of the content that a child should have.
[[nodiscard]] SourceHash hash_of(bson::View content);

/// Whether the fields of the document cannot be set one by one, because some field name, at any depth, is empty, holds
/// a dot, or begins with a dollar sign.
[[nodiscard]] bool has_awkward_names(bson::View document);

}  // namespace twinfleet::mirroring
