#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "capabilities/mirroring/jobs/job_dependencies.hpp"
#include "capabilities/mirroring/memory/leases/held_lease.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"

namespace twinfleet::mirroring {

/// `run JOB` with its options (contract, section 3), for one job and one family.
struct JobRequest {
    const Entity* entity = nullptr;
    domain::AppFamily family;
    Mode mode = Mode::incremental;
    std::vector<std::string> cities;
    std::vector<domain::ParentParkId> parks;
    bool create_missing = false;
    bool verify_children = false;
    /// A full pass over this part only, beside the incremental passes. PassRequest says more of both.
    std::optional<Shard> shard;
    std::function<std::size_t(std::size_t wanted)> grant_retirements = {};
    bool dry_run = false;
    /// As a person would type them, for the record of the run.
    std::string options;
    /// The record of the run, when it was made before (RunStore::announce()).
    std::optional<std::int64_t> run_id;
    /// No record is left of a run that found nothing to do, because passes of this kind run all the time.
    bool record_only_if_something_happened = false;
};

enum class JobEnd : std::uint8_t {
    done,         ///< everything that was asked for has been looked at
    interrupted,  ///< stopped or cancelled: what was done stands, and the next run goes on from there
    lease_lost,   ///< another process has taken the job over
};

struct JobResult {
    RunReport report;
    JobEnd end = JobEnd::done;
};

/// Whoever wants to be told while a job runs. Called from one thread at a time; each may be empty.
struct JobListener {
    /// Told the counts so far after each batch.
    std::function<void(const RunCounts&)> on_progress;
    /// Told of each child that was created, changed or switched off; of a dry run, each that would be.
    std::function<void(const OperationReport&)> on_operation;
};

struct JobSettings {
    PassSettings pass;
    /// How long a store may be away before a run gives up with platform::StoreUnavailable (`--timeout`).
    std::chrono::milliseconds store_timeout{30'000};
};

/// The stores as a dry run sees them (jobs/dry_run_stores.hpp).
class DryRunStores;

/// Runs a job once: works out its scope, repeats calls while a store is away, and keeps the record of the run. Keeps no
/// state between runs; safe to use from several threads for different jobs.
class JobRunner {
public:
    JobRunner(const JobDependencies& dependencies, const JobSettings& settings);

    /// `lease` is that of the job and family, or of the shard. Throws platform::StoreUnavailable when a store stayed
    /// away longer than `store_timeout`; a run that fails otherwise is recorded as failed, and what it threw is thrown.
    [[nodiscard]] JobResult run(const JobRequest& request, const HeldLease& lease, const JobListener& listener,
                                std::stop_token stop);
    /// A dry run needs no lease: it writes nothing but its record. Runs that share `stores` see what the earlier ones
    /// would have done: cars in a park that a dry run of the parks job would make.
    [[nodiscard]] JobResult dry_run(const JobRequest& request, DryRunStores& stores, const JobListener& listener,
                                    std::stop_token stop);

    /// Tries quarantine entries of one entity and family again, whatever their age. Throws what the stores throw, and
    /// LeaseLost.
    [[nodiscard]] RunCounts retry(const Entity& entity, const domain::AppFamily& family,
                                  const std::vector<QuarantineEntry>& entries, const HeldLease& lease);

    /// How many children one full pass, or round of shards, may retire now.
    [[nodiscard]] std::size_t retirement_budget(const Entity& entity, const domain::AppFamily& family);

    /// Approximate number of documents that a run has to read, for a progress bar; 0 when it cannot be told.
    [[nodiscard]] std::uint64_t expected_documents(const JobRequest& request);

private:
    JobResult run_recorded(const JobRequest& request, const Lease& lease, const std::function<void()>& assert_lease,
                           const MirrorStores& stores, const JobListener& listener, std::stop_token stop);
    void see_to_accounts(LinkStore& links, const JobRequest& request) const;
    [[nodiscard]] Scope scope_of(const JobRequest& request, EntityStore& park_store) const;

    const JobDependencies& dependencies_;
    const JobSettings settings_;
};

}  // namespace twinfleet::mirroring
