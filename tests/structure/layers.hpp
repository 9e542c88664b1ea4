#pragma once

#include <optional>
#include <string>

namespace twinfleet::structure {

/// Why `file` may not include `included`, both named from src/, by the layers of ARCHITECTURE.md; nullopt when it may.
[[nodiscard]] std::optional<std::string> layer_objection(const std::string& file, const std::string& included);

/// Why `file` may not include `included`, both named from src/, when that is the driver of a store or what asks
/// another service: only adapters may, which say so in their names. nullopt when it may.
[[nodiscard]] std::optional<std::string> driver_objection(const std::string& file, const std::string& included);

}  // namespace twinfleet::structure
