#include "capabilities/mirroring/api/answers_http.hpp"

#include <algorithm>
#include <chrono>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/runs/counts_json.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/nullable.hpp"

namespace twinfleet::mirroring {

http::Response job_is_running_response(std::int64_t run_id) {
    boost::json::object details;
    if (run_id != 0) {
        details["run_id"] = run_id;
    }
    return http::error_response(409, "job_is_running", "Another run of this job is under way.", details);
}

double seconds_since(Time then, Time now) {
    return std::max(0.0, std::chrono::duration<double>(now - then).count());
}

JobState state_of(const std::vector<JobState>& states, std::string_view job, std::string_view family) {
    const auto found =
        std::ranges::find_if(states, [&](const JobState& known) { return known.job == job && known.family == family; });
    return found == states.end() ? JobState{} : *found;
}

boost::json::value time_or_null(const std::optional<Time>& time) {
    return json::or_null(time, platform::time_text);
}

boost::json::object to_json(const RunRecord& run, Time now) {
    const RunReport& report = run.report;
    const RunCounts& counts = report.counts;
    // The report comes with the end.
    const double duration_s = run.finished_at
                                  ? report.duration_seconds
                                  : (run.state == RunState::waiting ? 0.0 : seconds_since(run.started_at, now));
    return {
        {"run_id", run.id},
        {"state", to_string(run.state)},
        {"job", report.job},
        {"family", report.family},
        {"mode", to_string(report.mode)},
        {"dry_run", report.dry_run},
        {"options", run.options},
        {"read", counts.read},
        {"expected", run.expected == 0 ? boost::json::value(nullptr) : boost::json::value(run.expected)},
        {"created", counts.created},
        {"created_with", created_with_json(counts.created_with)},
        {"updated", counts.updated},
        {"unchanged", counts.unchanged},
        {"skipped", counts.skipped},
        {"retired", counts.retired},
        {"retirements_held_back", counts.retirements_held_back},
        {"quarantined", counts.quarantined},
        {"dangling_references", counts.dangling_references},
        {"duration_s", duration_s},
        {"docs_per_s", duration_s > 0 ? static_cast<double>(counts.read) / duration_s : 0.0},
        {"cpu_s", report.cpu_seconds},
        {"lag_s", report.lag_seconds},
        {"started_at", platform::time_text(run.started_at)},
        {"finished_at", time_or_null(run.finished_at)},
        {"cancel_requested", run.is_cancel_requested},
        {"error", json::text_or_null(run.error)},
    };
}

boost::json::object to_json(const QuarantineEntry& entry) {
    return {
        {"id", entry.id},
        {"entity", entry.entity},
        {"family", entry.family},
        {"parent_id", entry.parent.parent_id},
        {"parent_park_id", json::text_or_null(entry.parent.parent_park_id)},
        {"reason", entry.parent.reason},
        {"since", platform::time_text(entry.since)},
        {"last_try_at", platform::time_text(entry.last_try_at)},
    };
}

http::Response no_such_entity_response() {
    return http::error_response(404, "entity_not_found", "There is no such entity.");
}

const Entity* entity_in_path(const api::Call& call, std::string_view name) {
    return find_entity(call.path_argument(name));
}

}  // namespace twinfleet::mirroring
