#pragma once

#include <span>
#include <string>
#include <string_view>

#include "platform/log/logger.hpp"

/// The text of log lines, apart from where they are written.
namespace twinfleet::log {

/// `"event":"pass finished","job":"parks","read":12`. A number that JSON cannot hold (NaN, infinity) is written as
/// null.
[[nodiscard]] std::string json_members(std::string_view event, std::span<const Field> fields);

/// `pass finished job=parks read=12`. A text with spaces, quotes, `=` or control characters is quoted as in JSON.
[[nodiscard]] std::string console_line(std::string_view event, std::span<const Field> fields);

/// `12`, `0.5`, `true`, or the text as it is.
[[nodiscard]] std::string value_text(const FieldValue& value);

}  // namespace twinfleet::log
