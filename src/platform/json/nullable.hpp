#pragma once

#include <optional>
#include <string_view>

#include <boost/json/value.hpp>

namespace twinfleet::json {

/// The text as JSON; null when it is empty.
[[nodiscard]] inline boost::json::value text_or_null(std::string_view text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

/// What `to_json` makes of the value; null when there is none.
template <typename Value, typename ToJson>
[[nodiscard]] boost::json::value or_null(const std::optional<Value>& value, const ToJson& to_json) {
    return value ? boost::json::value(to_json(*value)) : boost::json::value(nullptr);
}

}  // namespace twinfleet::json
