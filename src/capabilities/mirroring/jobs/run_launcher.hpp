#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>

#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/concurrency/work_queue.hpp"

namespace twinfleet::mirroring {

/// The limits of a RunLauncher.
struct RunLauncherSettings {
    LeaseSettings lease;
    /// How long a run waits for its lease. The periodic passes give it back as soon as a run waits.
    std::chrono::milliseconds lease_wait{20'000};
    /// The same for a retry, whose caller waits for the answer.
    std::chrono::milliseconds retry_lease_wait{5'000};
    /// How many runs this process may have at a time, including those that wait for a lease.
    std::size_t runs_max = 16;
};

/// Runs jobs on demand in a process that serves: each run in a thread of its own, under the lease of its job and beside
/// the periodic passes, which give the lease back for it. A run can be watched and cancelled from any replica by its
/// record. Safe to use from any thread.
class RunLauncher {
public:
    /// Once `stop` is requested, all runs are interrupted. All arguments but the settings outlive this.
    RunLauncher(JobRunner& runner, const JobDependencies& dependencies, LeaseWishes& wishes,
                const RunLauncherSettings& settings, std::stop_token stop = {});
    /// Interrupts the runs and waits for their end.
    ~RunLauncher();
    RunLauncher(const RunLauncher&) = delete;
    RunLauncher& operator=(const RunLauncher&) = delete;

    /// The answer when a run of this job and family is waiting or running already.
    struct JobIsRunning {
        /// The id of that run; 0 when it is not known any more.
        std::int64_t run_id = 0;
    };
    /// The answer when this process has `runs_max` runs already.
    struct TooManyRuns {};
    /// Starts a run and returns its id at once. A dry run needs no lease and is never refused because another run is
    /// under way.
    [[nodiscard]] std::variant<std::int64_t, JobIsRunning, TooManyRuns> launch(JobRequest request);

    /// Tries an entry of the quarantine again. Returns false when the lease could not be had within `retry_lease_wait`,
    /// because the job is running, or when it was lost. Throws what the stores throw, and platform::StoreUnavailable
    /// while MongoDB is not the cluster that the links are of.
    [[nodiscard]] bool retry(const QuarantineEntry& entry);

private:
    void interrupt_all();
    void run(std::int64_t id, const JobRequest& request, const std::stop_token& stop);
    void run_with_lease(std::int64_t id, const JobRequest& request, const std::stop_token& stop);
    /// Runs the entities of the same job that come before the one that the run is recorded for. Returns false when that
    /// did not come to its end.
    [[nodiscard]] bool run_those_before(JobRequest request, const std::stop_token& stop);
    /// Returns nullptr when somebody else held the lease all the while, or on a stop.
    [[nodiscard]] std::unique_ptr<HeldLease> acquire(const Entity& entity, const domain::AppFamily& family,
                                                     std::chrono::milliseconds wait, const std::stop_token& stop);
    void end_failed(std::int64_t id, const JobRequest& request, const std::exception& failure);
    void end_unfinished(std::int64_t id, const JobRequest& request, RunState state, const std::string& error);
    void keep_alive(const std::stop_token& stop);

    JobRunner& runner_;
    const JobDependencies& dependencies_;
    LeaseWishes& wishes_;
    const RunLauncherSettings settings_;

    /// What requests the stop of each run, by the run's id.
    platform::Guarded<std::map<std::int64_t, std::stop_source>> active_;
    std::stop_source ending_;
    platform::WorkQueue threads_;
    std::jthread keeper_;
    std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace twinfleet::mirroring
