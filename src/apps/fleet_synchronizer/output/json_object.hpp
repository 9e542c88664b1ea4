#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace twinfleet::fleet_synchronizer {

/// A JSON object (RFC 8259) on one line, written member by member. Keys are ours and need no escapes; texts may hold
/// any bytes.
class JsonObject {
public:
    JsonObject& text(std::string_view key, std::string_view value);
    /// null when it is empty.
    JsonObject& text_or_null(std::string_view key, std::string_view value);
    JsonObject& number(std::string_view key, std::integral auto value) { return raw(key, std::to_string(value)); }
    /// With three decimals: what is counted in seconds. Not a number becomes null.
    JsonObject& number(std::string_view key, double value);
    JsonObject& boolean(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
    JsonObject& null(std::string_view key) { return raw(key, "null"); }
    JsonObject& texts(std::string_view key, std::span<const std::string> values);
    /// `value` is JSON already.
    JsonObject& raw(std::string_view key, std::string_view value);
    /// The finished object; this one is used up.
    [[nodiscard]] std::string take();

private:
    std::string json_ = "{";
};

/// As a JSON string, quotes included.
[[nodiscard]] std::string json_string(std::string_view text);

/// `[a,b]` of values that are JSON already.
[[nodiscard]] std::string json_array(std::span<const std::string> values);

/// For a person: as it is, or as a JSON string where it is empty or holds blanks or bytes that a terminal would obey or
/// cannot show.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace twinfleet::fleet_synchronizer
