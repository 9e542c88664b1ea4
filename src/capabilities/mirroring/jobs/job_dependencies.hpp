#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "capabilities/mirroring/passes/mirror_environment.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::mirroring {

/// Which parks the configuration by city enables at one moment.
struct EnabledParks {
    ParkEnabled is_enabled;
    /// A text that is different whenever the answers may be different.
    std::string fingerprint;
};

/// Everything that jobs work with, made once by the process. All that this refers to outlives the jobs.
struct JobDependencies {
    LinkStore& links;
    LeaseStore& leases;
    QuarantineStore& quarantine;
    RunStore& runs;
    /// The document stores by the name of their entity.
    const EntityStoresByName& stores;
    UniqueDriverStore& unique_drivers;
    IdSource& ids;
    const platform::Clock& clock;
    log::Logger& log;
    /// Tells which parks the configuration by city enables now. Called once for each run.
    std::function<EnabledParks()> enabled_parks;
    /// Called as MirrorEnvironment::on_untaught_reference; may be empty.
    OnUntaughtReference on_untaught_reference;
    /// Whether somebody waits for the lease of a job, whose periodic passes then make room
    /// (memory/runs/lease_wishes.hpp). May be empty.
    std::function<bool(std::string_view job, std::string_view family)> is_lease_wished;
    /// Called as MirrorEnvironment::on_foreign_edits; may be empty.
    OnForeignEdits on_foreign_edits = {};
    /// Where it is kept how far verifications have come; nullptr when that is not kept.
    VerificationStore* verification = nullptr;
    /// Called before the users of newly linked parks are mirrored: makes the accounts that these child parks are to
    /// have beside the copies of their parents' users. Throws what the stores throw. May be empty.
    std::function<void(const domain::AppFamily& family, std::span<const domain::ParentParkId> parks)>
        on_parks_get_users = {};
    /// As MirrorEnvironment::parent_erased; may be empty.
    ParentErased parent_erased = {};
    /// SourceGuard::problem() (source/source_guard.hpp): why MongoDB may neither be believed nor written. May be empty.
    std::function<std::string(std::chrono::milliseconds age_max)> source_problem = {};

    /// How old the answer may be where it is asked for all the time.
    static constexpr std::chrono::milliseconds source_age_max{1'000};
    /// Why MongoDB may neither be believed nor written, as of at most `age_max` ago; empty when it may.
    [[nodiscard]] std::string problem_of_source(std::chrono::milliseconds age_max) const {
        return source_problem ? source_problem(age_max) : std::string();
    }
    /// Throws SourceIsAnother when there is such a problem.
    void require_source(std::chrono::milliseconds age_max) const;

    /// Whether the entity's store is known: groups and users are left out where there is no access-control.
    [[nodiscard]] bool has_store(const Entity& entity) const { return stores.contains(entity.name); }

    [[nodiscard]] MirrorStores mirror_stores() const { return {links, quarantine, stores, unique_drivers, ids}; }
    /// What passes, creation and verification work with: the stores that are given here (the real ones, those of a dry
    /// run, or stores that repeat their calls) with the clock, the listeners, and the configuration by city as it is
    /// now. The stores and these dependencies outlive the result. Environments are put together here and nowhere else.
    [[nodiscard]] MirrorEnvironment environment(const MirrorStores& over) const;
    /// The same with a configuration that was asked for before, and with a listener that is told of operations; an
    /// empty one is told of none.
    [[nodiscard]] MirrorEnvironment environment(const MirrorStores& over, ParkEnabled park_enabled,
                                                OnOperation on_operation) const;
};

}  // namespace twinfleet::mirroring
