#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace twinfleet::testing {

/// Throws std::invalid_argument, with the text, unless it is one JSON object.
[[nodiscard]] boost::json::object json_object(std::string_view text);
/// One object a line; throws as json_object(). Empty text has no lines.
[[nodiscard]] std::vector<boost::json::object> json_lines(std::string_view text);
[[nodiscard]] std::set<std::string> keys_of(const boost::json::object& object);

}  // namespace twinfleet::testing
