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

/// How often one job runs in `serve`.
struct JobSchedule {
    std::chrono::milliseconds incremental_interval{300};
    std::chrono::milliseconds full_interval{3'600'000};
    /// A full round reads every child, and puts right what others wrote into it, when the last round that did so began
    /// at least this long before.
    std::chrono::milliseconds verify_interval{6 * 3'600'000};
    /// Each pause is drawn evenly from this share below to this share above the interval, so that replicas and jobs do
    /// not march in step.
    double jitter_share = 0.1;
    /// A full round is split into this many parts, by park, so that replicas share it. Rounds of parks have one part.
    std::uint32_t full_shards = 8;
};

/// The periodic jobs, each in two threads that go round the families: one for the incremental passes, and beside it one
/// for the full rounds, a shard at a time. A job or shard whose lease another replica holds is left alone and asked for
/// again at each turn. What a pass throws is logged, counted and tried again at the next turn.
class Scheduler {
public:
    Scheduler(JobRunner& runner, const JobDependencies& dependencies, FullRoundStore& rounds,
              const LeaseSettings& leases, JobMetrics& metrics, std::vector<domain::AppFamily> families,
              std::map<std::string, JobSchedule> schedules);
    /// Stops the jobs, lets the passes finish what they have in hand, and gives the leases back.
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

private:
    void keep_running(const Entity& entity, const JobSchedule& schedule, std::stop_token stop);
    void keep_rounds(const Entity& entity, const JobSchedule& schedule, std::stop_token stop);
    /// Does one shard that nobody else has. False when there is none now.
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
