#pragma once

#include <string>
#include <string_view>

#include "platform/bson/view.hpp"

/// The `_id` of a parent as a text, as links, quarantine and logs name it.
namespace twinfleet::mirroring {

/// Whether the text can be the id of a link: it is valid UTF-8 without NUL, and at most 1024 bytes long.
[[nodiscard]] bool is_usable_id(std::string_view text) noexcept;

/// The text of an `_id` that is no usable string: canonical Extended JSON, or a stand-in when the `_id` has none (text
/// that is not UTF-8, or nesting too deep).
[[nodiscard]] std::string text_of_unusable_id(const bson::Element& id);

/// Whether the text is such a stand-in. It is always the same for the same `_id`, but the document cannot be asked for
/// by it.
[[nodiscard]] bool is_stand_in_for_id(std::string_view text) noexcept;

}  // namespace twinfleet::mirroring
