#pragma once

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
    /// A text that changes whenever the answers may have changed.
    std::string fingerprint;
};

/// Everything that jobs need, made once by the process.
struct JobDependencies {
    LinkStore& links;
    LeaseStore& leases;
    QuarantineStore& quarantine;
    RunStore& runs;
    const EntityStoresByName& stores;
    UniqueDriverStore& unique_drivers;
    IdSource& ids;
    const platform::Clock& clock;
    log::Logger& log;
    /// Tells which parks the configuration enables at this moment; asked once per run.
    std::function<EnabledParks()> enabled_parks;
    /// MirrorEnvironment says of what this is told. May be empty.
    OnUntaughtReference on_untaught_reference;
    /// Whether somebody waits for the lease of a job, whose periodic passes then make room
    /// (memory/runs/lease_wishes.hpp). May be empty.
    std::function<bool(std::string_view job, std::string_view family)> is_lease_wished;
    /// MirrorEnvironment says of what this is told. May be empty.
    OnForeignEdits on_foreign_edits = {};
    /// nullptr when nothing is to be remembered of verifications.
    VerificationStore* verification = nullptr;
    /// Called before the users of newly linked parks are mirrored: sees to the accounts that these child parks are to
    /// have beside the copies of their parents' users. Throws what the stores throw. May be empty.
    std::function<void(const domain::AppFamily& family, std::span<const domain::ParentParkId> parks)>
        on_parks_get_users = {};

    /// Whether the entity's store is known: groups and users are left out where there is no access-control.
    [[nodiscard]] bool has_store(const Entity& entity) const { return stores.contains(entity.name); }

    [[nodiscard]] MirrorStores mirror_stores() const { return {links, quarantine, stores, unique_drivers, ids}; }
    /// What passes, creation and verification work with: these stores (the real ones, those of a dry run, or such as
    /// repeat their calls) with the clock, the listeners, and the configuration by city as it is now. The dependencies
    /// outlive it. This is the one place where it is put together.
    [[nodiscard]] MirrorEnvironment environment(const MirrorStores& over) const;
    /// The same with a configuration that was asked for before, and a listener of operations (empty: none).
    [[nodiscard]] MirrorEnvironment environment(const MirrorStores& over, ParkEnabled park_enabled,
                                                OnOperation on_operation) const;
};

}  // namespace twinfleet::mirroring
