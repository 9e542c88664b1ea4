#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/api/route.hpp"
#include "platform/json/object_reader.hpp"

/// Ids in the path of a request. Every function throws json::BadInput with the name of the argument that is wrong.
namespace twinfleet::api {

/// The lengths that an id may have. The longest is longer than any id that our stores hold.
inline constexpr json::TextLimits id_limits{.bytes_min = 1, .bytes_max = 1'024};

/// The part `name` of the path, percent-decoded, if its length is within id_limits. ApiServer has made sure that it is
/// UTF-8 without NUL.
[[nodiscard]] const std::string& id_in_path(const Call& call, std::string_view name);
/// The part `name` of the path as a whole number of 1 or more.
[[nodiscard]] std::int64_t number_in_path(const Call& call, std::string_view name);

}  // namespace twinfleet::api
