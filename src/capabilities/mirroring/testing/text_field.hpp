#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/bson/view.hpp"

namespace twinfleet::mirroring::testing {

/// nullopt: there is none, or it is no string.
[[nodiscard]] inline std::optional<std::string> text_field(bson::View document, std::string_view name) {
    const auto found = document.find(name);
    return found && found->is_string() ? std::optional(std::string(found->string())) : std::nullopt;
}

}  // namespace twinfleet::mirroring::testing
