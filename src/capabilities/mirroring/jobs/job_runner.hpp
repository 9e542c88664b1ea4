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

/// Asks for one run of the job that keeps one entity in step, for one family: the command `run JOB` with its options
/// (contract, section 3).
struct JobRequest {
    const Entity* entity = nullptr;
    domain::AppFamily family;
    Mode mode = Mode::incremental;
    std::vector<std::string> cities;
    std::vector<domain::ParentParkId> parks;
    bool create_missing = false;
    bool verify_children = false;
    /// As PassRequest::retires_on_purpose.
    bool retires_on_purpose = false;
    /// Limits a full pass to this part, which may run beside the incremental passes. PassRequest says more about this
    /// and about grant_retirements.
    std::optional<Shard> shard;
    std::function<std::size_t(std::size_t wanted)> grant_retirements = {};
    bool dry_run = false;
    /// The options as a person would type them, for the record of the run.
    std::string options;
    /// The id of the record of the run, when RunStore::announce() has made it already.
    std::optional<std::int64_t> run_id;
    /// Whether a run that found nothing to do leaves no record. Passes that run all the time ask for this.
    bool record_only_if_something_happened = false;
};

enum class JobEnd : std::uint8_t {
    done,         ///< everything that was asked for has been looked at
    interrupted,  ///< stopped or cancelled: what was done stands, and the next run goes on from there
    lease_lost,   ///< another process has taken the job over
};

/// What a run did, and how it ended.
struct JobResult {
    RunReport report;
    JobEnd end = JobEnd::done;
};

/// Functions that are called while a job runs, from one thread at a time; each may be empty.
struct JobListener {
    /// Called after each batch with the counts so far.
    std::function<void(const RunCounts&)> on_progress;
    /// Called for each child that was created, changed or switched off; in a dry run for each that would be.
    std::function<void(const OperationReport&)> on_operation;
};

/// The settings that all runs share.
struct JobSettings {
    PassSettings pass;
    /// How long a store may be away before a run ends with platform::StoreUnavailable (`--timeout`).
    std::chrono::milliseconds store_timeout{30'000};
};

/// The stores as a dry run sees them (jobs/dry_run_stores.hpp).
class DryRunStores;

/// Runs a job once: works out which parents it covers, repeats calls while a store is away, and keeps the record of the
/// run. Keeps no state between runs. Safe to use from several threads for different jobs.
class JobRunner {
public:
    /// The dependencies outlive this.
    JobRunner(const JobDependencies& dependencies, const JobSettings& settings);

    /// Runs the job under `lease`, which is the lease of the entity and family, or that of the shard. Throws
    /// platform::StoreUnavailable when a store stayed away for longer than `store_timeout`, and SourceIsAnother
    /// (source/source_guard.hpp) when MongoDB is not the cluster that the links are of. A run that fails for
    /// another reason is recorded as failed, and its exception goes on to the caller.
    [[nodiscard]] JobResult run(const JobRequest& request, const HeldLease& lease, const JobListener& listener,
                                std::stop_token stop);
    /// Finds out what a run would do. Needs no lease, since it writes nothing but its record. Runs that share `stores`
    /// see what the earlier ones would have done, such as cars in a park that a dry run of the parks job would make.
    [[nodiscard]] JobResult dry_run(const JobRequest& request, DryRunStores& stores, const JobListener& listener,
                                    std::stop_token stop);

    /// Tries entries of the quarantine again, all of one entity and family, however recently they were tried. Returns
    /// what was done. Throws what the stores throw, SourceIsAnother, and LeaseLost.
    [[nodiscard]] RunCounts retry(const Entity& entity, const domain::AppFamily& family,
                                  const std::vector<QuarantineEntry>& entries, const HeldLease& lease);

    /// How many children may be retired now by one full pass, or by all shards of one round together.
    [[nodiscard]] std::size_t retirement_budget(const Entity& entity, const domain::AppFamily& family);

    /// The approximate number of documents that a run has to read, for a progress bar; 0 when it cannot be told.
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
