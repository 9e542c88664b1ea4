#include "capabilities/mirroring/jobs/scheduler.hpp"

#include <algorithm>
#include <random>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/concurrency/backoff.hpp"

namespace twinfleet::mirroring {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class Jitter {
public:
    explicit Jitter(double share) : spread_(1.0 - share, 1.0 + share) {}
    milliseconds operator()(milliseconds interval) {
        return std::chrono::duration_cast<milliseconds>(interval * spread_(random_));
    }

private:
    std::minstd_rand random_{std::random_device{}()};
    std::uniform_real_distribution<double> spread_;
};

}  // namespace

Scheduler::Scheduler(JobRunner& runner, const JobDependencies& dependencies, const LeaseSettings& leases,
                     JobMetrics& metrics, std::vector<domain::AppFamily> families,
                     std::map<std::string, JobSchedule> schedules)
    : runner_(runner), dependencies_(dependencies), leases_(leases), metrics_(metrics), families_(std::move(families)) {
    for (const Entity& entity : entities()) {
        const auto schedule = schedules.find(std::string(entity.name));
        threads_.emplace_back(
            [this, &entity, of_job = schedule == schedules.end() ? JobSchedule{} : schedule->second](
                std::stop_token stop) { keep_running(entity, of_job, std::move(stop)); });
    }
}

Scheduler::~Scheduler() {
    for (std::jthread& thread : threads_) {
        thread.request_stop();
    }
}

void Scheduler::keep_running(const Entity& entity, const JobSchedule& schedule, std::stop_token stop) {
    struct OfFamily {
        const domain::AppFamily& family;
        std::unique_ptr<HeldLease> lease;
        nanoseconds next_full{};
    };
    Jitter jitter(schedule.jitter_share);
    std::vector<OfFamily> turns;
    for (const domain::AppFamily& family : families_) {
        turns.push_back({family, nullptr, dependencies_.clock.monotonic() + jitter(schedule.full_interval)});
    }
    do {
        for (OfFamily& turn : turns) {
            if (stop.stop_requested()) {
                break;
            }
            JobRequest request;
            request.entity = &entity;
            request.family = turn.family;
            request.record_only_if_something_happened = true;
            try {
                if (turn.lease == nullptr || turn.lease->is_lost()) {
                    turn.lease.reset();
                    turn.lease = HeldLease::acquire(dependencies_.leases, dependencies_.clock, leases_, entity.name,
                                                    turn.family.name, milliseconds(0), stop);
                    metrics_.lease_is_held(entity.name, turn.family.name, turn.lease != nullptr);
                    if (turn.lease == nullptr) {
                        continue;
                    }
                    dependencies_.log.info("job taken over", {{"job", entity.name}, {"family", turn.family.name}});
                }
                const bool is_full = dependencies_.clock.monotonic() >= turn.next_full;
                request.mode = is_full ? Mode::full : Mode::incremental;
                const JobResult result = runner_.run(request, *turn.lease, {}, stop);
                if (result.end == JobEnd::done) {
                    metrics_.pass_finished(result.report);
                    if (is_full) {
                        turn.next_full = dependencies_.clock.monotonic() + jitter(schedule.full_interval);
                    }
                    const RunCounts& counts = result.report.counts;
                    if (is_full || counts.created + counts.updated + counts.retired > 0) {
                        dependencies_.log.debug("pass finished", {{"job", entity.name},
                                                                  {"family", turn.family.name},
                                                                  {"mode", to_string(request.mode)},
                                                                  {"read", counts.read},
                                                                  {"created", counts.created},
                                                                  {"updated", counts.updated},
                                                                  {"retired", counts.retired},
                                                                  {"duration_s", result.report.duration_seconds}});
                    }
                    if (counts.retirements_held_back > 0) {
                        dependencies_.log.warning("retirements held back by the budget",
                                                  {{"job", entity.name},
                                                   {"family", turn.family.name},
                                                   {"count", counts.retirements_held_back}});
                    }
                } else if (result.end == JobEnd::lease_lost) {
                    turn.lease.reset();
                    metrics_.lease_is_held(entity.name, turn.family.name, false);
                    dependencies_.log.warning("another process has taken the job over",
                                              {{"job", entity.name}, {"family", turn.family.name}});
                }
            } catch (const std::exception& failure) {
                metrics_.pass_failed(entity.name, turn.family.name);
                dependencies_.log.error("pass failed", {{"job", entity.name},
                                                        {"family", turn.family.name},
                                                        {"reason", failure.what()}});
            }
        }
    } while (platform::wait_for(stop, jitter(schedule.incremental_interval)));
}

}  // namespace twinfleet::mirroring
