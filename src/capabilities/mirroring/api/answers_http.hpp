#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "capabilities/mirroring/api/mirror_api_http.hpp"

/// What several endpoints of the mirror answer alike.
namespace twinfleet::mirroring {

/// 409 `job_is_running`; `run_id` is that of the run that is under way, 0 when it is not known.
[[nodiscard]] http::Response job_is_running_response(std::int64_t run_id);

[[nodiscard]] boost::json::value time_or_null(const std::optional<Time>& time);
/// Not below 0.
[[nodiscard]] double seconds_since(Time then, Time now);
/// Without lease and cursor when nothing is known of it.
[[nodiscard]] JobState state_of(const std::vector<JobState>& states, std::string_view job, std::string_view family);
[[nodiscard]] boost::json::object to_json(const RunRecord& run, Time now);
[[nodiscard]] boost::json::object to_json(const QuarantineEntry& entry);

/// The entity that a part of the path names; nullptr when there is no such entity.
[[nodiscard]] const Entity* entity_in_path(const api::Call& call, std::string_view name);

}  // namespace twinfleet::mirroring
