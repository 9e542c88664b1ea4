#include "capabilities/mirroring/jobs/run_launcher.hpp"

#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/jobs/dry_run_stores.hpp"
#include "capabilities/mirroring/memory/runs/wished_lease.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

RunReport report_of(const JobRequest& request) {
    RunReport report;
    report.job = request.entity->name;
    report.family = request.family.name;
    report.mode = request.mode;
    report.dry_run = request.dry_run;
    return report;
}

}  // namespace

RunLauncher::RunLauncher(JobRunner& runner, const JobDependencies& dependencies, LeaseWishes& wishes,
                         const RunLauncherSettings& settings, std::stop_token stop)
    : runner_(runner),
      dependencies_(dependencies),
      wishes_(wishes),
      settings_(settings),
      threads_({.threads = settings.runs_max, .waiting_max = 0}),
      keeper_([this](const std::stop_token& ended) { keep_alive(ended); }),
      on_stop_(std::move(stop), [this] { interrupt_all(); }) {}

RunLauncher::~RunLauncher() {
    interrupt_all();
}

void RunLauncher::interrupt_all() {
    ending_.request_stop();
    active_.with([](auto& active) {
        for (auto& [id, stop] : active) {
            stop.request_stop();
        }
    });
}

std::variant<std::int64_t, RunLauncher::JobIsRunning, RunLauncher::TooManyRuns> RunLauncher::launch(
    JobRequest request) {
    RunStore& runs = dependencies_.runs;
    if (active_.with([&](const auto& active) { return active.size() >= settings_.runs_max; })) {
        return TooManyRuns{};
    }
    std::int64_t id = 0;
    if (request.dry_run) {
        id = runs.begin(report_of(request), request.options);
    } else {
        const auto announced = runs.announce(report_of(request), request.options);
        if (!announced.is_new) {
            return JobIsRunning{announced.id};
        }
        id = announced.id;
    }
    request.run_id = id;
    std::stop_source stop;
    active_.with([&](auto& active) { active.emplace(id, stop); });
    if (ending_.stop_requested()) {
        stop.request_stop();
    }
    const bool is_posted =
        threads_.try_post([this, id, request, token = stop.get_token()] { run(id, request, token); });
    if (!is_posted) {
        active_.with([&](auto& active) { active.erase(id); });
        end_unfinished(id, request, RunState::failed, "too many runs at a time");
        return TooManyRuns{};
    }
    return id;
}

void RunLauncher::run(std::int64_t id, const JobRequest& request, const std::stop_token& stop) {
    try {
        if (request.dry_run) {
            DryRunStores dry_run_stores(dependencies_.mirror_stores());
            for (const Entity& entity : entities()) {
                if (entity.job == request.entity->job) {
                    JobRequest one = request;
                    one.entity = &entity;
                    one.run_id = &entity == request.entity ? request.run_id : std::nullopt;
                    static_cast<void>(runner_.dry_run(one, dry_run_stores, {}, stop));
                }
            }
        } else {
            run_with_lease(id, request, stop);
        }
    } catch (const platform::StoreUnavailable& away) {
        // Whoever is to stop gives up what is under way.
        if (stop.stop_requested()) {
            end_unfinished(id, request, RunState::interrupted, "");
        } else {
            end_failed(id, request, away);
        }
    } catch (const std::exception& failure) {
        end_failed(id, request, failure);
    }
    active_.with([&](auto& active) { active.erase(id); });
}

void RunLauncher::run_with_lease(std::int64_t id, const JobRequest& request, const std::stop_token& stop) {
    const bool is_its_turn = run_those_before(request, stop);
    const auto lease = is_its_turn ? acquire(*request.entity, request.family, settings_.lease_wait, stop) : nullptr;
    if (lease == nullptr) {
        const bool is_stopped = stop.stop_requested();
        end_unfinished(id, request, is_stopped ? RunState::interrupted : RunState::failed,
                       is_stopped ? "" : "another process held the lease of the job");
        return;
    }
    if (dependencies_.runs.start(id, runner_.expected_documents(request))) {
        static_cast<void>(runner_.run(request, *lease, {}, stop));
    }
}

bool RunLauncher::run_those_before(JobRequest request, const std::stop_token& stop) {
    const Entity& last = *request.entity;
    request.run_id.reset();
    for (const Entity& entity : entities()) {
        if (&entity == &last) {
            break;
        }
        if (entity.job != last.job) {
            continue;
        }
        const auto lease = acquire(entity, request.family, settings_.lease_wait, stop);
        request.entity = &entity;
        if (lease == nullptr || runner_.run(request, *lease, {}, stop).end != JobEnd::done) {
            return false;
        }
    }
    return true;
}

std::unique_ptr<HeldLease> RunLauncher::acquire(const Entity& entity, const domain::AppFamily& family,
                                                std::chrono::milliseconds wait, const std::stop_token& stop) {
    return acquire_wished(dependencies_.leases, wishes_, dependencies_.clock, settings_.lease, entity.name, family.name,
                          wait, stop);
}

bool RunLauncher::retry(const QuarantineEntry& entry) {
    const Entity& entity = mirroring::entity(entry.entity);
    const domain::AppFamily family{entry.family};
    if (const auto problem = dependencies_.problem_of_source(JobDependencies::source_age_max); !problem.empty()) {
        // The caller is to come back.
        throw platform::StoreUnavailable("MongoDB", problem);
    }
    const auto lease = acquire(entity, family, settings_.retry_lease_wait, ending_.get_token());
    if (lease == nullptr) {
        return false;
    }
    try {
        static_cast<void>(runner_.retry(entity, family, {entry}, *lease));
    } catch (const LeaseLost&) {
        return false;
    }
    return true;
}

void RunLauncher::end_failed(std::int64_t id, const JobRequest& request, const std::exception& failure) {
    dependencies_.log.error(
        "a run failed",
        {{"run_id", id}, {"job", request.entity->name}, {"family", request.family.name}, {"reason", failure.what()}});
    end_unfinished(id, request, RunState::failed, failure.what());
}

void RunLauncher::end_unfinished(std::int64_t id, const JobRequest& request, RunState state, const std::string& error) {
    try {
        const auto record = dependencies_.runs.find(id);
        // JobRunner records what it knows; somebody may have cancelled a run that waited.
        if (record && !record->finished_at) {
            RunReport report = record->report;
            report.dry_run = request.dry_run;
            dependencies_.runs.finish(id, state, report, error);
        }
    } catch (const std::exception& failure) {
        // Silent from now on, it is taken for dead.
        dependencies_.log.warning("the end of a run was not recorded", {{"run_id", id}, {"reason", failure.what()}});
    }
}

void RunLauncher::keep_alive(const std::stop_token& stop) {
    while (platform::wait_for(stop, run_heartbeat_interval)) {
        const auto ids = active_.with([](const auto& active) {
            std::vector<std::int64_t> all;
            all.reserve(active.size());
            for (const auto& [id, source] : active) {
                all.push_back(id);
            }
            return all;
        });
        if (ids.empty()) {
            continue;
        }
        try {
            for (const std::int64_t id : dependencies_.runs.keep_alive(ids)) {
                active_.with([&](auto& active) {
                    if (const auto run = active.find(id); run != active.end()) {
                        run->second.request_stop();
                    }
                });
            }
        } catch (const std::exception& failure) {
            dependencies_.log.warning("signs of life of runs were not recorded", {{"reason", failure.what()}});
        }
    }
}

}  // namespace twinfleet::mirroring
