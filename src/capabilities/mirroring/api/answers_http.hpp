#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "capabilities/mirroring/api/mirror_api_http.hpp"

/// Parts of answers that several endpoints of the mirror share.
namespace twinfleet::mirroring {

/// The answer 409 `job_is_running`. `run_id` is the run that is under way; 0 when it is not known.
[[nodiscard]] http::Response job_is_running_response(std::int64_t run_id);

/// The time as text (contract, section 4), or null.
[[nodiscard]] boost::json::value time_or_null(const std::optional<Time>& time);
/// The seconds from `then` to `now`, never less than 0.
[[nodiscard]] double seconds_since(Time then, Time now);
/// The state of this job and family among `states`; one without lease and cursor when it is not among them.
[[nodiscard]] JobState state_of(const std::vector<JobState>& states, std::string_view job, std::string_view family);
/// The record of a run as the API shows it. A run that has not ended is measured up to `now`.
[[nodiscard]] boost::json::object to_json(const RunRecord& run, Time now);
[[nodiscard]] boost::json::object to_json(const QuarantineEntry& entry);

/// The answer 404 `entity_not_found`.
[[nodiscard]] http::Response no_such_entity_response();
/// The entity that the part `name` of the path names; nullptr when there is no such entity.
[[nodiscard]] const Entity* entity_in_path(const api::Call& call, std::string_view name);

}  // namespace twinfleet::mirroring
