#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/config/document.hpp"

/// What a scalar of a YAML file is: the core schema (YAML 1.2.2, section 10.3), but only the forms of a number that
/// YAML 1.1 reads as the same one.
namespace twinfleet::config::detail {

// nullopt: the text is nothing of that type.

[[nodiscard]] std::optional<bool> as_boolean(std::string_view text);
/// Decimal, without leading zeros.
[[nodiscard]] std::optional<std::int64_t> as_integer(std::string_view text);
/// Decimal, with a fraction and an exponent if need be; finite.
[[nodiscard]] std::optional<double> as_real(std::string_view text);

/// Whether the type of the node follows from its text.
[[nodiscard]] bool is_typed(const Node& node);
/// Whether the node is a text. A plain scalar that YAML would take for something else is not.
[[nodiscard]] bool is_text(const Node& node);
/// As a message shows what was found: `the number 5`, `a list`. Of a secret the type alone.
[[nodiscard]] std::string describe(const Node& node, bool secret = false);

}  // namespace twinfleet::config::detail
