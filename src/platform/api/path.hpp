#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/api/route.hpp"
#include "platform/json/object_reader.hpp"

/// Ids in the path of a request. Everything here throws json::BadInput with the name of the argument that is wrong.
namespace twinfleet::api {

/// Longer than any id that a store of ours holds.
inline constexpr json::TextLimits id_limits{.bytes_min = 1, .bytes_max = 1'024};

/// A part of the path, percent-decoded, of 1 byte to id_limits.bytes_max. What ApiServer hands over is UTF-8 without
/// NUL.
[[nodiscard]] const std::string& id_in_path(const Call& call, std::string_view name);
/// One that is a whole number from 1.
[[nodiscard]] std::int64_t number_in_path(const Call& call, std::string_view name);

}  // namespace twinfleet::api
