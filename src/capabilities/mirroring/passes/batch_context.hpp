#pragma once

#include <functional>

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "capabilities/mirroring/passes/mirror_environment.hpp"
#include "capabilities/mirroring/planner/plan.hpp"

namespace twinfleet::mirroring {

/// How the batches of one BatchMirror are worked on.
struct BatchSettings {
    PlanRules rules;
    /// The lease under which the children are written; nullptr when children are made on demand, beside the job of the
    /// entity.
    const Lease* lease = nullptr;
    /// Called before each write to children: throws LeaseLost when the lease has lapsed by the local clock.
    std::function<void()> assert_lease = [] {};
    /// Whether another pass of the entity may run at the same time. A parent that the other pass put into quarantine
    /// after this one had read it is then not taken out again; incremental passes try everything that is in quarantine
    /// again.
    bool has_company = false;
    /// Whether nothing is to be written. Only BatchMirror::examine() and examine_unlinked() may be called then.
    bool only_examines = false;
};

/// What the parts of a BatchMirror share: one entity, one family, and everything around them. The environment, the
/// entity and the family outlive this. Does not change, and is safe to use from several threads.
class BatchContext {
public:
    BatchContext(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                 BatchSettings settings);
    BatchContext(const BatchContext&) = delete;
    BatchContext& operator=(const BatchContext&) = delete;

    const MirrorEnvironment& environment;
    const Entity& entity;
    const domain::AppFamily& family;
    const BatchSettings settings;
    const Projector projector;
    LinkStore& links;
    /// The documents of the entity, parents and children.
    EntityStore& documents;

    /// Whether children are made on demand, beside the job of the entity and without its lease.
    [[nodiscard]] bool is_on_demand() const noexcept { return settings.lease == nullptr; }

    /// Tells the environment's listener what was done to the child of this link.
    void report(OperationReport::Kind kind, const Link& link, const Difference& difference) const;
    /// The same for a child that was inserted with this content.
    void report_creation(const Link& link, bson::View content) const;
};

}  // namespace twinfleet::mirroring
