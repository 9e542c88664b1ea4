#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/leases/held_lease.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"
#include "capabilities/mirroring/runs/run_store.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::mirroring {

/// Which parks the configuration by city enables at one moment.
struct EnabledParks {
    ParkEnabled is_enabled;
    /// Changes whenever the answers may.
    std::string fingerprint;
};

/// Everything that jobs need, made once by the process.
struct JobDependencies {
    LinkStore& links;
    LeaseStore& leases;
    QuarantineStore& quarantine;
    RunStore& runs;
    const std::map<std::string, EntityStore*, std::less<>>& stores;
    UniqueDriverStore& unique_drivers;
    IdSource& ids;
    const platform::Clock& clock;
    log::Logger& log;
    /// Asked once per run.
    std::function<EnabledParks()> enabled_parks;
    std::function<void(const Entity& entity, std::string_view field)> on_untaught_reference;
};

/// `run JOB` with its options (contract, section 3), for one job and one family.
struct JobRequest {
    const Entity* entity = nullptr;
    domain::AppFamily family;
    Mode mode = Mode::incremental;
    std::vector<std::string> cities;
    std::vector<domain::ParentParkId> parks;
    bool create_missing = false;
    bool verify_children = false;
    bool dry_run = false;
    /// As a person would type them, for the record of the run.
    std::string options;
    /// Leave no record of a run that found nothing to do: for passes that run all the time.
    bool record_only_if_something_happened = false;
};

enum class JobEnd : std::uint8_t {
    done,
    interrupted,  ///< stopped; what was done stands and the cursor is where the work is
    lease_lost,   ///< another process took the job over
};

struct JobResult {
    RunReport report;
    JobEnd end = JobEnd::done;
};

/// What is told while a job runs; called from one thread at a time. Any may be empty.
struct JobListener {
    std::function<void(const RunCounts&)> on_progress;
    /// A dry run tells what would be done; other runs what was done.
    std::function<void(const OperationReport&)> on_operation;
};

struct JobSettings {
    PassSettings pass;
    /// How long a store may be away before a run gives up with platform::StoreUnavailable (`--timeout`).
    std::chrono::milliseconds store_timeout{30'000};
};

/// What dry runs have foretold so far (jobs/foretold.hpp).
class Foretold;

/// Runs jobs: scope, retries while a store is away, the record of the run. Stateless between runs; safe to use from several
/// threads for different jobs.
class JobRunner {
public:
    JobRunner(const JobDependencies& dependencies, const JobSettings& settings);

    /// `lease` is that of the job and family. Throws platform::StoreUnavailable when a store stayed away longer than
    /// `store_timeout`, and whatever else went wrong, after having recorded it.
    [[nodiscard]] JobResult run(const JobRequest& request, const HeldLease& lease, const JobListener& listener,
                                std::stop_token stop);
    /// A dry run needs no lease: it writes nothing but its record. Runs of a process that share `foretold` see what the earlier
    /// ones foretold: cars in a park that a dry run of the parks job would make.
    [[nodiscard]] JobResult dry_run(const JobRequest& request, Foretold& foretold, const JobListener& listener,
                                    std::stop_token stop);

    /// Tries quarantine entries of one entity and family again.
    [[nodiscard]] RunCounts retry(const Entity& entity, const domain::AppFamily& family,
                                  const std::vector<QuarantineEntry>& entries, const HeldLease& lease);

    /// Approximate number of documents that a run has to read, for a progress bar; 0: cannot be told.
    [[nodiscard]] std::uint64_t expected_documents(const JobRequest& request);

private:
    struct Stores;
    JobResult run_recorded(const JobRequest& request, const Lease& lease, const std::function<void()>& assert_lease,
                           Stores& stores, const JobListener& listener, std::stop_token stop);
    [[nodiscard]] Scope scope_of(const JobRequest& request, EntityStore& park_store) const;

    const JobDependencies& dependencies_;
    const JobSettings settings_;
};

}  // namespace twinfleet::mirroring
