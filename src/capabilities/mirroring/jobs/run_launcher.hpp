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

struct RunLauncherSettings {
    LeaseSettings lease;
    /// How long a run waits for its lease. The periodic passes make room as soon as it waits.
    std::chrono::milliseconds lease_wait{20'000};
    /// The same for a retry, whose caller waits for the answer.
    std::chrono::milliseconds retry_lease_wait{5'000};
    /// How many runs this process may have at a time, including those that wait for a lease.
    std::size_t runs_max = 16;
};

/// Runs of jobs that somebody asks for while the process serves: each in a thread of its own, under the lease of its
/// job and beside the periodic passes, which make room. A run can be watched and cancelled from any replica, by its
/// record. Safe to use from any thread.
class RunLauncher {
public:
    /// Runs are interrupted as soon as `stop` is requested.
    RunLauncher(JobRunner& runner, const JobDependencies& dependencies, LeaseWishes& wishes,
                const RunLauncherSettings& settings, std::stop_token stop = {});
    /// Interrupts the runs and waits for their end.
    ~RunLauncher();
    RunLauncher(const RunLauncher&) = delete;
    RunLauncher& operator=(const RunLauncher&) = delete;

    /// The job waits or runs already.
    struct JobIsRunning {
        /// The run that does; 0 when that is not known any more.
        std::int64_t run_id = 0;
    };
    struct TooManyRuns {};
    /// Returns the run's id at once. A dry run needs no lease and is never in the way of another.
    [[nodiscard]] std::variant<std::int64_t, JobIsRunning, TooManyRuns> launch(JobRequest request);

    /// Tries an entry of the quarantine again. Returns false when the lease could not be had in time, since the job is
    /// running, or was lost. Throws what the stores throw.
    [[nodiscard]] bool retry(const QuarantineEntry& entry);

private:
    void interrupt_all();
    void run(std::int64_t id, const JobRequest& request, const std::stop_token& stop);
    void run_with_lease(std::int64_t id, const JobRequest& request, const std::stop_token& stop);
    /// The entities of the same job that come before the one that the run is recorded for. False: they did not get
    /// done.
    [[nodiscard]] bool run_those_before(JobRequest request, const std::stop_token& stop);
    /// nullptr when somebody else held it all the while, or on a stop.
    [[nodiscard]] std::unique_ptr<HeldLease> acquire(const Entity& entity, const domain::AppFamily& family,
                                                     std::chrono::milliseconds wait, const std::stop_token& stop);
    void end_unfinished(std::int64_t id, const JobRequest& request, RunState state, const std::string& error);
    void keep_alive(const std::stop_token& stop);

    JobRunner& runner_;
    const JobDependencies& dependencies_;
    LeaseWishes& wishes_;
    const RunLauncherSettings settings_;

    /// Ends runs; by their ids.
    platform::Guarded<std::map<std::int64_t, std::stop_source>> active_;
    std::stop_source ending_;
    platform::WorkQueue threads_;
    std::jthread keeper_;
    std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace twinfleet::mirroring
