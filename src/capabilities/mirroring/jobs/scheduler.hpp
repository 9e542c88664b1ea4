#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "capabilities/mirroring/jobs/job_metrics.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"

namespace twinfleet::mirroring {

/// How often one job runs in `serve`.
struct JobSchedule {
    std::chrono::milliseconds incremental_interval{300};
    std::chrono::milliseconds full_interval{3'600'000};
    /// Each pause is drawn evenly from this share below to this share above the interval, so that replicas and jobs do not march
    /// in step.
    double jitter_share = 0.1;
};

/// The periodic jobs: a thread for each, going round the families. A job whose lease another replica holds is left alone and
/// asked for again at each turn. What a pass throws is logged, counted and tried again at the next turn.
class Scheduler {
public:
    Scheduler(JobRunner& runner, const JobDependencies& dependencies, const LeaseSettings& leases, JobMetrics& metrics,
              std::vector<domain::AppFamily> families, std::map<std::string, JobSchedule> schedules);
    /// Stops the jobs, lets the passes finish what they have in hand, and gives the leases back.
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

private:
    void keep_running(const Entity& entity, const JobSchedule& schedule, std::stop_token stop);

    JobRunner& runner_;
    const JobDependencies& dependencies_;
    const LeaseSettings leases_;
    JobMetrics& metrics_;
    const std::vector<domain::AppFamily> families_;
    std::vector<std::jthread> threads_;
};

}  // namespace twinfleet::mirroring
