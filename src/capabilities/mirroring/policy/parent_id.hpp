#pragma once

#include <string>
#include <string_view>

#include "platform/bson/view.hpp"

/// How the `_id` of a parent is written as a text in links, in the quarantine and in logs.
namespace twinfleet::mirroring {

/// Whether the text can be the id of a link: valid UTF-8 without NUL, and at most 1024 bytes long.
[[nodiscard]] bool is_usable_id(std::string_view text) noexcept;

/// The text for an `_id` that is no usable string: canonical Extended JSON, or a stand-in when the `_id` cannot be
/// written so (text that is not UTF-8, or nesting that is too deep).
[[nodiscard]] std::string text_of_unusable_id(const bson::Element& id);

/// Whether the text is such a stand-in. One `_id` always has the same stand-in, but no document can be found by it.
[[nodiscard]] bool is_stand_in_for_id(std::string_view text) noexcept;

}  // namespace twinfleet::mirroring
