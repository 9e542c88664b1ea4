#include "apps/fleet_synchronizer/output/json_object.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "platform/json/string.hpp"

namespace twinfleet::fleet_synchronizer {

JsonObject& JsonObject::text(std::string_view key, std::string_view value) {
    return raw(key, json_string(value));
}

JsonObject& JsonObject::text_or_null(std::string_view key, std::string_view value) {
    return value.empty() ? null(key) : text(key, value);
}

JsonObject& JsonObject::number(std::string_view key, double value) {
    // The largest double has 309 digits before the point.
    std::array<char, 330> digits{};
    if (!std::isfinite(value)) {
        return null(key);
    }
    constexpr int decimals = 3;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed, decimals).ptr;
    return raw(key, {digits.data(), end});
}

JsonObject& JsonObject::texts(std::string_view key, std::span<const std::string> values) {
    std::vector<std::string> strings;
    for (const std::string& value : values) {
        strings.push_back(json_string(value));
    }
    return raw(key, json_array(strings));
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view value) {
    if (json_.size() > 1) {
        json_ += ',';
    }
    json_ += '"';
    json_ += key;
    json_ += "\":";
    json_ += value;
    return *this;
}

std::string JsonObject::take() {
    return std::move(json_) + "}";
}

std::string json_string(std::string_view text) {
    std::string json;
    json::append_string(json, text);
    return json;
}

std::string json_array(std::span<const std::string> values) {
    std::string json = "[";
    for (const std::string& value : values) {
        if (json.size() > 1) {
            json += ',';
        }
        json += value;
    }
    return json + "]";
}

std::string printable(std::string_view text) {
    std::string as_json = json_string(text);
    const bool is_plain = !text.empty() && text.find(' ') == std::string_view::npos &&
                          as_json.size() == text.size() + 2 && as_json.compare(1, text.size(), text) == 0;
    return is_plain ? std::string(text) : as_json;
}

}  // namespace twinfleet::fleet_synchronizer
