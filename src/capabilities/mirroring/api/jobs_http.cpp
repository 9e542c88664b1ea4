#include "capabilities/mirroring/api/jobs_http.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "capabilities/mirroring/api/answers_http.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/api/path.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/string.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t cities_max = 100;
constexpr std::size_t parks_max = 1000;

std::int64_t milliseconds(std::chrono::milliseconds duration) {
    return duration.count();
}

boost::json::object to_json(const JobSchedule& schedule) {
    return {{"incremental_interval_ms", milliseconds(schedule.incremental_interval)},
            {"full_interval_s", std::chrono::duration<double>(schedule.full_interval).count()},
            {"jitter_share", schedule.jitter_share}};
}

boost::json::value to_json(const std::optional<LeaseState>& lease) {
    if (!lease) {
        return nullptr;
    }
    return boost::json::object{{"holder", lease->holder},
                               {"acquired_at", platform::time_text(lease->acquired_at)},
                               {"expires_at", platform::time_text(lease->expires_at)}};
}

boost::json::value to_json(const std::optional<CursorState>& cursor, Time now) {
    if (!cursor) {
        return nullptr;
    }
    return boost::json::object{
        {"source_time", platform::time_text(cursor->source_time)},
        {"moved_at", platform::time_text(cursor->moved_at)},
        {"age_s", seconds_since(cursor->source_time, now)},
        {"caught_up_at", time_or_null(cursor->caught_up_at)},
    };
}

/// Each entity of a job has passes of its own.
boost::json::object to_json(const Entity& entity, const std::string& family,
                            const std::map<std::string, JobSchedule>& schedules, const std::vector<JobState>& states,
                            Time now) {
    const auto schedule = schedules.find(std::string(entity.name));
    const JobState state = state_of(states, entity.name, family);
    return {
        {"entity", entity.name},
        {"schedule", to_json(schedule == schedules.end() ? JobSchedule{} : schedule->second)},
        {"lease", to_json(state.lease)},
        {"cursor", to_json(state.cursor, now)},
    };
}

http::Response list_jobs(const MirrorApi& api, const api::Call& call) {
    api::refuse_query(call);
    std::vector<RunStore::JobAndFamily> all;
    for (const std::string_view job : jobs()) {
        for (const domain::AppFamily& family : api.families) {
            all.push_back({std::string(job), family.name});
        }
    }
    const auto states = api.overview.jobs();
    const auto runs = api.runs.latest(all);
    const Time now = api.overview.now();
    boost::json::array items;
    for (const auto& [job, family] : all) {
        boost::json::array of_job;
        for (const Entity& entity : entities()) {
            if (entity.job == job) {
                of_job.push_back(to_json(entity, family, api.schedules, states, now));
            }
        }
        const auto run = std::ranges::find_if(runs, [&job = job, &family = family](const RunRecord& record) {
            return record.report.job == job && record.report.family == family;
        });
        items.push_back(boost::json::object{
            {"job", job},
            {"family", family},
            {"entities", std::move(of_job)},
            {"last_run",
             run == runs.end() ? boost::json::value(nullptr) : boost::json::value(mirroring::to_json(*run, now))},
        });
    }
    return http::json_response(200, {{"items", std::move(items)}});
}

/// As a person would type them, for the record of the run.
class Options {
public:
    void add(std::string_view option) { text_.append(text_.empty() ? "" : " ").append(option); }
    void add(std::string_view option, std::string_view value) {
        add(option);
        text_ += ' ';
        const bool is_plain = std::ranges::all_of(value, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        });
        if (is_plain) {
            text_ += value;
        } else {
            json::append_string(text_, value);
        }
    }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    std::string text_;
};

const domain::AppFamily& family_of(const MirrorApi& api, const std::optional<std::string>& name) {
    if (!name && api.families.size() == 1) {
        return api.families.front();
    }
    const auto family =
        std::ranges::find_if(api.families, [&](const domain::AppFamily& known) { return name == known.name; });
    if (family == api.families.end()) {
        throw json::BadInput("family",
                             name ? "expected a configured family" : "expected a family, as there are several of them");
    }
    return *family;
}

JobRequest read_request(const MirrorApi& api, const Entity& entity, const api::Call& call) {
    const auto body = json::parse_object(call.request.body);
    json::ObjectReader reader(body);
    const auto family = reader.optional_text("family");
    auto cities = reader.optional_texts("cities", 0, cities_max).value_or(std::vector<std::string>());
    const auto parks =
        reader.optional_texts("parks", 0, parks_max, api::id_limits).value_or(std::vector<std::string>());
    const auto flag = [&](std::string_view name) { return reader.optional_boolean(name).value_or(false); };
    const bool full = flag("full");
    JobRequest request;
    request.entity = &entity;
    request.mode = full ? Mode::full : Mode::incremental;
    request.verify_children = flag("verify_children");
    request.create_missing = flag("create_missing");
    request.dry_run = flag("dry_run");
    reader.finish();
    request.family = family_of(api, family);
    if (request.verify_children && !full) {
        throw json::BadInput("verify_children", "expected only together with full");
    }

    Options options;
    options.add("--family", request.family.name);
    for (const std::string& city : cities) {
        options.add("--city", city);
    }
    for (const std::string& park : parks) {
        options.add("--park", park);
        request.parks.emplace_back(park);
    }
    request.cities = std::move(cities);
    for (const auto& [is_set, name] :
         {std::pair(full, "--full"), std::pair(request.verify_children, "--verify-children"),
          std::pair(request.create_missing, "--create-missing"), std::pair(request.dry_run, "--dry-run")}) {
        if (is_set) {
            options.add(name);
        }
    }
    request.options = std::move(options).take();
    return request;
}

http::Response launch(const MirrorApi& api, const api::Call& call) {
    api::refuse_query(call);
    const Entity* entity = entity_in_path(call, "job");
    if (entity == nullptr || entity->job != entity->name) {
        return http::error_response(404, "job_not_found", "There is no such job.");
    }
    if (!api.stores.contains(entity->name)) {
        return http::error_response(409, "access_control_not_configured",
                                    "The job is left out: no access-control is configured.");
    }
    const auto outcome = api.launcher.launch(read_request(api, *entity, call));
    if (const auto* running = std::get_if<RunLauncher::JobIsRunning>(&outcome)) {
        return job_is_running_response(running->run_id);
    }
    if (std::holds_alternative<RunLauncher::TooManyRuns>(outcome)) {
        return api::overloaded_response();
    }
    const auto id = std::get<std::int64_t>(outcome);
    return http::json_response(202, {{"run_id", id}}, {{"Location", "/v1/runs/" + std::to_string(id)}});
}

}  // namespace

std::vector<api::Route> job_routes(const MirrorApi& api) {
    return {
        {.method = "GET", .pattern = "/v1/jobs", .handler = api::BlockingHandler([api](const api::Call& call) {
                                                     return list_jobs(api, call);
                                                 })},
        {.method = "POST",
         .pattern = "/v1/jobs/{job}/runs",
         .handler = api::BlockingHandler([api](const api::Call& call) { return launch(api, call); }),
         .takes_body = true},
    };
}

}  // namespace twinfleet::mirroring
