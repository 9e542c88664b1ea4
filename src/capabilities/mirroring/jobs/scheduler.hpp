#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "capabilities/mirroring/jobs/job_metrics.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds.hpp"

namespace twinfleet::mirroring {

/// How often the job of one entity runs in `serve`.
struct JobSchedule {
    std::chrono::milliseconds incremental_interval{300};
    std::chrono::milliseconds full_interval{3'600'000};
    /// How long after the beginning of one verifying round the next one is due. A verifying round is a full round that
    /// reads every child and puts right what others than the mirror wrote into it.
    std::chrono::milliseconds verify_interval{6 * 3'600'000};
    /// The share of an interval by which its pauses may be shorter or longer, at random (Jitter), so that replicas and
    /// jobs do not run in step with each other.
    double jitter_share = 0.1;
    /// How many parts a full round is split into, by park, so that replicas share it. Rounds of parks have one part.
    std::uint32_t full_shards = 8;
};

/// Runs the periodic jobs, from construction to destruction. The job of each entity has two threads, which take the
/// families in turn: one runs incremental passes, the other full rounds, a shard at a time. A job or shard whose lease
/// another replica holds is left alone, and its lease is asked for again at each turn. While MongoDB is not the cluster
/// that the links are of (source/source_guard.hpp), nothing runs and no lease is held. What a pass throws is logged and
/// counted, and the pass is tried again at the next turn.
class Scheduler {
public:
    /// `schedules` are by the name of the entity; an entity without one has the schedule JobSchedule{}. The references
    /// outlive this.
    Scheduler(JobRunner& runner, const JobDependencies& dependencies, FullRoundStore& rounds,
              const LeaseSettings& leases, JobMetrics& metrics, std::vector<domain::AppFamily> families,
              std::map<std::string, JobSchedule> schedules);
    /// Stops the jobs, lets each pass finish the batches that it has read, and gives the leases back.
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

private:
    void keep_running(const Entity& entity, const JobSchedule& schedule, std::stop_token stop);
    void keep_rounds(const Entity& entity, const JobSchedule& schedule, std::stop_token stop);
    /// Runs one shard that no replica runs. Returns false when there is none now.
    bool run_next_shard(const Entity& entity, const domain::AppFamily& family, const JobSchedule& schedule,
                        std::chrono::milliseconds interval, const std::stop_token& stop);
    void note_finished(const JobRequest& request, const JobResult& result);

    JobRunner& runner_;
    const JobDependencies& dependencies_;
    FullRoundStore& rounds_;
    const LeaseSettings leases_;
    JobMetrics& metrics_;
    const std::vector<domain::AppFamily> families_;
    std::vector<std::jthread> threads_;
};

}  // namespace twinfleet::mirroring
