#include "capabilities/mirroring/api/answers_http.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using platform::time_text;

double seconds_between(Time from, Time to) {
    return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

/// nullopt unless it is a decimal number within the bounds.
std::optional<std::int64_t> number_of(std::string_view text, std::int64_t min, std::int64_t max) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

http::Response overloaded_response() {
    return http::error_response(503, "overloaded", "Too many requests are waiting.", {{"Retry-After", "1"}});
}

http::Response job_is_running_response(std::int64_t run_id) {
    boost::json::object details;
    if (run_id != 0) {
        details["run_id"] = run_id;
    }
    return http::error_response(409, "job_is_running", "Another run of this job is under way.", details);
}

http::Response failure_response(const std::exception_ptr& failure, log::Logger& log, std::string_view request_id) {
    try {
        std::rethrow_exception(failure);
    } catch (const platform::StoreUnavailable& away) {
        log.warning("a request found a store unavailable", {{"request_id", request_id}, {"reason", away.what()}});
        return http::error_response(503, "unavailable", "This cannot be answered right now.", {{"Retry-After", "1"}});
    } catch (const std::exception& error) {
        log.error("a request failed", {{"request_id", request_id}, {"reason", error.what()}});
    } catch (...) {
        log.error("a request failed", {{"request_id", request_id}, {"reason", "something that is not an exception"}});
    }
    return http::error_response(500, "internal", "The request could not be answered.");
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
    return time ? boost::json::value(time_text(*time)) : boost::json::value(nullptr);
}

boost::json::value text_or_null(std::string_view text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

boost::json::object to_json(const RunRecord& run, Time now) {
    const RunReport& report = run.report;
    const RunCounts& counts = report.counts;
    // The report comes with the end.
    const double duration_s = run.finished_at
                                  ? report.duration_seconds
                                  : (run.state == RunState::waiting ? 0.0 : seconds_between(run.started_at, now));
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
        {"started_at", time_text(run.started_at)},
        {"finished_at", time_or_null(run.finished_at)},
        {"cancel_requested", run.is_cancel_requested},
        {"error", text_or_null(run.error)},
    };
}

boost::json::object to_json(const QuarantineEntry& entry) {
    return {
        {"id", entry.id},
        {"entity", entry.entity},
        {"family", entry.family},
        {"parent_id", entry.parent.parent_id},
        {"parent_park_id", text_or_null(entry.parent.parent_park_id)},
        {"reason", entry.parent.reason},
        {"since", time_text(entry.since)},
        {"last_try_at", time_text(entry.last_try_at)},
    };
}

const std::string& id_in_path(const http::Call& call, std::string_view name) {
    const std::string& id = call.path_argument(name);
    if (id.size() > id_limits.bytes_max) {
        throw json::BadInput(std::string(name),
                             "expected at most " + std::to_string(id_limits.bytes_max) + " bytes of text");
    }
    return id;
}

std::int64_t number_in_path(const http::Call& call, std::string_view name) {
    const auto number = number_of(call.path_argument(name), 1, std::numeric_limits<std::int64_t>::max());
    if (!number) {
        throw json::BadInput(std::string(name), "expected a whole number from 1");
    }
    return *number;
}

const Entity* entity_in_path(const http::Call& call, std::string_view name) {
    return find_entity(call.path_argument(name));
}

void refuse_query(const http::Call& call) {
    static_cast<void>(http::read_query(call.request.query, {}));
}

void refuse_body(const http::Call& call) {
    if (!call.request.body.empty()) {
        const auto object = json::parse_object(call.request.body);
        json::ObjectReader(object).finish();
    }
}

Query::Query(const http::Call& call, const std::vector<std::string_view>& names)
    : values_(http::read_query(call.request.query, names)) {}

const std::string* Query::find(std::string_view name) const {
    const auto found = std::ranges::find_if(values_, [&](const auto& value) { return value.first == name; });
    return found == values_.end() ? nullptr : &found->second;
}

std::string Query::text(std::string_view name, json::TextLimits limits) const {
    const std::string* value = find(name);
    if (value == nullptr) {
        return {};
    }
    if (value->size() < limits.bytes_min || value->size() > limits.bytes_max ||
        value->find('\0') != std::string::npos) {
        throw json::BadInput(std::string(name), "expected " + std::to_string(limits.bytes_min) + " to " +
                                                    std::to_string(limits.bytes_max) + " bytes of text without NUL");
    }
    return *value;
}

std::int64_t Query::cursor() const {
    const std::string* value = find("cursor");
    if (value == nullptr) {
        return 0;
    }
    const auto id = number_of(*value, 1, std::numeric_limits<std::int64_t>::max());
    if (!id) {
        throw json::BadInput("cursor", "expected a cursor of an earlier page");
    }
    return *id;
}

std::size_t Query::limit() const {
    const std::string* value = find("limit");
    if (value == nullptr) {
        return page_limit_usual;
    }
    const auto limit = number_of(*value, 1, page_limit_max);
    if (!limit) {
        throw json::BadInput("limit", "expected a whole number from 1 to " + std::to_string(page_limit_max));
    }
    return static_cast<std::size_t>(*limit);
}

void add_next_cursor(boost::json::object& page, std::optional<std::int64_t> last_id) {
    page["next_cursor"] = last_id ? boost::json::value(std::to_string(*last_id)) : boost::json::value(nullptr);
}

}  // namespace twinfleet::mirroring
