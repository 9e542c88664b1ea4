#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/leases/held_lease.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"
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
    /// Somebody waits for the lease of a job: its periodic passes make room (runs/lease_wishes.hpp). May be empty.
    std::function<bool(std::string_view job, std::string_view family)> is_lease_wished;
    /// May be empty.
    OnForeignEdits on_foreign_edits = {};
    /// nullptr: nothing is remembered of verifications.
    VerificationStore* verification = nullptr;
    /// Before the users of parks that were linked since are mirrored: sees to the accounts that these children are to
    /// have beside them. Throws like a store. May be empty.
    std::function<void(const domain::AppFamily& family, std::span<const domain::ParentParkId> parks)>
        on_parks_get_users = {};

    /// Whether its store is known: groups and users are left out where there is no access-control.
    [[nodiscard]] bool has_store(const Entity& entity) const { return stores.contains(entity.name); }
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
    /// A full pass over this part, beside the incremental passes; see PassRequest.
    std::optional<Shard> shard;
    std::function<std::size_t(std::size_t wanted)> grant_retirements = {};
    bool dry_run = false;
    /// As a person would type them, for the record of the run.
    std::string options;
    /// Its record, when that was made before (RunStore::announce()).
    std::optional<std::int64_t> run_id;
    /// Leave no record of a run that found nothing to do: for passes that run all the time.
    bool record_only_if_something_happened = false;
};

enum class JobEnd : std::uint8_t {
    done,
    interrupted,  ///< stopped or cancelled; what was done stands and the cursor is where the work is
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

/// Runs jobs: scope, retries while a store is away, the record of the run. Stateless between runs; safe to use from
/// several threads for different jobs.
class JobRunner {
public:
    JobRunner(const JobDependencies& dependencies, const JobSettings& settings);

    /// `lease` is that of the job and family, or of the shard. Throws platform::StoreUnavailable when a store stayed
    /// away longer than `store_timeout`, and whatever else went wrong, after having recorded it.
    [[nodiscard]] JobResult run(const JobRequest& request, const HeldLease& lease, const JobListener& listener,
                                std::stop_token stop);
    /// A dry run needs no lease: it writes nothing but its record. Runs of a process that share `foretold` see what the
    /// earlier ones foretold: cars in a park that a dry run of the parks job would make.
    [[nodiscard]] JobResult dry_run(const JobRequest& request, Foretold& foretold, const JobListener& listener,
                                    std::stop_token stop);

    /// Tries quarantine entries of one entity and family again.
    [[nodiscard]] RunCounts retry(const Entity& entity, const domain::AppFamily& family,
                                  const std::vector<QuarantineEntry>& entries, const HeldLease& lease);

    /// How many children one full pass, or round of shards, may retire now.
    [[nodiscard]] std::size_t retirement_budget(const Entity& entity, const domain::AppFamily& family);

    /// Approximate number of documents that a run has to read, for a progress bar; 0: cannot be told.
    [[nodiscard]] std::uint64_t expected_documents(const JobRequest& request);

private:
    struct Stores;
    JobResult run_recorded(const JobRequest& request, const Lease& lease, const std::function<void()>& assert_lease,
                           Stores& stores, const JobListener& listener, std::stop_token stop);
    void see_to_accounts(LinkStore& links, const JobRequest& request) const;
    [[nodiscard]] Scope scope_of(const JobRequest& request, EntityStore& park_store) const;

    const JobDependencies& dependencies_;
    const JobSettings settings_;
};

}  // namespace twinfleet::mirroring
