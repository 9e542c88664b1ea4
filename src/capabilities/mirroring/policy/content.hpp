#pragma once

#include <string_view>

#include "capabilities/mirroring/memory/link.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// The hash of a document, over its bytes: what links keep of the content that a child should have.
[[nodiscard]] SourceHash hash_of(bson::View content);

/// Whether a field of that name stays out of every child. MongoDB takes a top-level field whose name begins with a
/// dollar sign when a document is inserted, and refuses it in a replacement, in `$set` and in `$unset`
/// (mongodb.com/docs/manual, "Dollar-Prefixed Field Names"). So a child with such a field could be made, but never
/// follow its parent.
[[nodiscard]] bool is_left_out_of_children(std::string_view field) noexcept;

/// Whether the fields of the document cannot be set one by one, because some field name, at any depth, is empty, holds
/// a dot, or begins with a dollar sign.
[[nodiscard]] bool has_awkward_names(bson::View document);

}  // namespace twinfleet::mirroring
