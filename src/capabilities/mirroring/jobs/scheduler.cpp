#include "capabilities/mirroring/jobs/scheduler.hpp"

#include <algorithm>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/jobs/jitter.hpp"
#include "platform/concurrency/backoff.hpp"

namespace twinfleet::mirroring {
namespace {

using std::chrono::milliseconds;

/// How often a replica looks for a shard that is due, or whose holder has died.
constexpr milliseconds shard_pause_min{50};
constexpr milliseconds shard_pause_max{1'000};

}  // namespace

Scheduler::Scheduler(JobRunner& runner, const JobDependencies& dependencies, FullRoundStore& rounds,
                     const LeaseSettings& leases, JobMetrics& metrics, std::vector<domain::AppFamily> families,
                     std::map<std::string, JobSchedule> schedules)
    : runner_(runner),
      dependencies_(dependencies),
      rounds_(rounds),
      leases_(leases),
      metrics_(metrics),
      families_(std::move(families)) {
    for (const Entity& entity : entities()) {
        if (!dependencies_.has_store(entity)) {
            continue;
        }
        const auto found = schedules.find(std::string(entity.name));
        const JobSchedule schedule = found == schedules.end() ? JobSchedule{} : found->second;
        threads_.emplace_back(
            [this, &entity, schedule](std::stop_token stop) { keep_running(entity, schedule, std::move(stop)); });
        threads_.emplace_back(
            [this, &entity, schedule](std::stop_token stop) { keep_rounds(entity, schedule, std::move(stop)); });
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
    };
    Jitter jitter(schedule.jitter_share);
    std::vector<OfFamily> turns;
    for (const domain::AppFamily& family : families_) {
        turns.push_back({family, nullptr});
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
                // Without the lease, another replica can have it that sees the right cluster.
                const bool is_source_another =
                    !dependencies_.problem_of_source(JobDependencies::source_age_max).empty();
                if (is_source_another ||
                    (dependencies_.is_lease_wished && dependencies_.is_lease_wished(entity.name, turn.family.name))) {
                    turn.lease.reset();
                    metrics_.lease_is_held(entity.name, turn.family.name, false);
                    continue;
                }
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
                const JobResult result = runner_.run(request, *turn.lease, {}, stop);
                if (result.end == JobEnd::done) {
                    metrics_.pass_finished(result.report);
                    note_finished(request, result);
                } else if (result.end == JobEnd::lease_lost) {
                    turn.lease.reset();
                    metrics_.lease_is_held(entity.name, turn.family.name, false);
                    dependencies_.log.warning("another process has taken the job over",
                                              {{"job", entity.name}, {"family", turn.family.name}});
                }
            } catch (const std::exception& failure) {
                metrics_.pass_failed(entity.name, turn.family.name);
                dependencies_.log.error(
                    "pass failed", {{"job", entity.name}, {"family", turn.family.name}, {"reason", failure.what()}});
            }
        }
    } while (platform::wait_for(stop, jitter(schedule.incremental_interval)));
}

void Scheduler::keep_rounds(const Entity& entity, const JobSchedule& schedule, std::stop_token stop) {
    Jitter jitter(schedule.jitter_share);
    milliseconds interval = jitter(schedule.full_interval);
    const milliseconds pause = std::clamp(schedule.full_interval / 20, shard_pause_min, shard_pause_max);
    do {
        for (const domain::AppFamily& family : families_) {
            try {
                while (!stop.stop_requested() && run_next_shard(entity, family, schedule, interval, stop)) {
                    interval = jitter(schedule.full_interval);
                }
            } catch (const std::exception& failure) {
                metrics_.pass_failed(entity.name, family.name);
                dependencies_.log.error("shard of a full pass failed",
                                        {{"job", entity.name}, {"family", family.name}, {"reason", failure.what()}});
            }
        }
    } while (platform::wait_for(stop, jitter(pause)));
}

bool Scheduler::run_next_shard(const Entity& entity, const domain::AppFamily& family, const JobSchedule& schedule,
                               milliseconds interval, const std::stop_token& stop) {
    // Parks are few, and a park's own documents cannot be told by their park.
    const std::uint32_t shard_count = entity.is_park() ? 1 : schedule.full_shards;
    const auto round = rounds_.current(entity.name, family, shard_count, interval);
    if (!round || !dependencies_.problem_of_source(JobDependencies::source_age_max).empty()) {
        return false;
    }
    VerificationStore* const verification = dependencies_.verification;
    const bool is_verifying =
        verification != nullptr &&
        verification->decide_round(entity, family, round->number, round->began_at, schedule.verify_interval);
    std::vector<FullShard> shards = rounds_.shards(*round);
    // One that was begun has a holder, or failed: it must not be in the way of the others.
    std::stable_partition(shards.begin(), shards.end(),
                          [](const FullShard& shard) { return shard.state == ShardState::waiting; });
    for (const FullShard& next : shards) {
        if (next.state == ShardState::done || stop.stop_requested()) {
            continue;
        }
        const Shard shard{.index = next.index, .count = round->shard_count};
        const std::string lease_name = shard_lease_name(entity.name, shard);
        const auto lease = HeldLease::acquire(dependencies_.leases, dependencies_.clock, leases_, lease_name,
                                              family.name, milliseconds(0), stop);
        if (lease == nullptr || !rounds_.begin(lease->lease(), *round, shard.index, leases_.holder)) {
            continue;
        }
        if (next.state == ShardState::running) {
            dependencies_.log.info("shard taken over",
                                   {{"job", lease_name}, {"family", family.name}, {"from", next.holder}});
        }
        JobRequest request;
        request.entity = &entity;
        request.family = family;
        request.mode = Mode::full;
        request.shard = shard;
        request.verify_children = is_verifying;
        request.options = std::string(is_verifying ? "--full --verify-children" : "--full") + ", shard " +
                          std::to_string(shard.index + 1) + " of " + std::to_string(shard.count);
        request.record_only_if_something_happened = true;
        request.grant_retirements = [&](std::size_t wanted) {
            return rounds_.grant_retirements(lease->lease(), *round, shard.index, wanted,
                                             runner_.retirement_budget(entity, family));
        };
        const JobResult result = runner_.run(request, *lease, {}, stop);
        switch (result.end) {
            case JobEnd::done:
                metrics_.shard_finished(result.report);
                note_finished(request, result);
                if (rounds_.finish(lease->lease(), *round, shard.index, result.report.counts)) {
                    if (is_verifying) {
                        verification->round_completed(entity, family, round->began_at);
                    }
                    dependencies_.log.info("full round finished",
                                           {{"job", entity.name}, {"family", family.name}, {"round", round->number}});
                }
                return true;
            case JobEnd::lease_lost:
                dependencies_.log.warning("another process has taken the shard over",
                                          {{"job", lease_name}, {"family", family.name}});
                break;
            case JobEnd::interrupted:
                break;
        }
    }
    return false;
}

void Scheduler::note_finished(const JobRequest& request, const JobResult& result) {
    const RunCounts& counts = result.report.counts;
    const bool is_full = request.mode == Mode::full;
    if (is_full || counts.created + counts.updated + counts.retired > 0) {
        dependencies_.log.debug("pass finished", {{"job", request.entity->name},
                                                  {"family", request.family.name},
                                                  {"mode", to_string(request.mode)},
                                                  {"read", counts.read},
                                                  {"created", counts.created},
                                                  {"updated", counts.updated},
                                                  {"retired", counts.retired},
                                                  {"duration_s", result.report.duration_seconds}});
    }
    if (counts.retirements_held_back > 0) {
        dependencies_.log.warning(
            result.report.no_parent_is_left ? "retirements held back: no parent is left"
                                            : "retirements held back by the budget",
            {{"job", request.entity->name}, {"family", request.family.name}, {"count", counts.retirements_held_back}});
    }
}

}  // namespace twinfleet::mirroring
