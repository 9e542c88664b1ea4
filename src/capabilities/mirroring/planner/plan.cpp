#include "capabilities/mirroring/planner/plan.hpp"

#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"

namespace twinfleet::mirroring {
namespace {

/// Of those that are not to be mirrored.
Step step_of(Decision::Kind kind) {
    switch (kind) {
        case Decision::Kind::quarantine:
            return Step::quarantine;
        case Decision::Kind::retire:
            return Step::retire;
        case Decision::Kind::skip:
        case Decision::Kind::mirror:
            break;
    }
    return Step::skip;
}

/// What takes a right away does not wait until the parent can be mirrored again.
void switch_off_if_parent_is(const Projector& projector, const Candidate& candidate, Operation& operation) {
    const Link* link = candidate.link;
    if (!candidate.parent->off_switch || link == nullptr || link->state != LinkState::linked) {
        return;
    }
    if (candidate.child.state == ChildRead::State::not_read) {
        operation.step = Step::switch_off;
    } else if (candidate.child.state == ChildRead::State::present) {
        operation.difference = projector.switching_off(candidate.child.document, *candidate.parent);
        operation.step = operation.difference.empty() ? operation.step : Step::switch_off;
    }
}

}  // namespace

Decision decide(const Entity& entity, const Candidate& candidate, const PlanRules& rules) {
    using Kind = Decision::Kind;
    const ParentFacts& parent = *candidate.parent;
    const Link* link = candidate.link;
    const auto quarantine = [](std::string_view why) { return Decision{Kind::quarantine, std::string(why)}; };
    const bool may_be_created = [&] {
        switch (entity.creation) {
            case Creation::when_enabled:
                return candidate.is_enabled;
            case Creation::with_park:
                return true;
            case Creation::on_demand:
                return rules.create_by_name ||
                       (rules.create_missing && !(entity.switched_off_gets_no_child && parent.is_switched_off));
        }
        return false;
    }();
    const bool is_wanted = link != nullptr || may_be_created;

    if (parent.is_child || candidate.is_erased) {
        return {Kind::skip, {}};
    }
    // What it was kept retired for counts more than what its parent says.
    const Decision leave{link != nullptr && link->state != LinkState::retired ? Kind::retire : Kind::skip, {}};
    if (link != nullptr && link->kept_retired) {
        return leave;
    }
    if (entity.is_park()) {
        if (!is_wanted) {
            return {Kind::skip, {}};
        }
        return parent.problem.empty() ? Decision{Kind::mirror, {}} : quarantine(parent.problem);
    }
    if (parent.park_id.empty() && !parent.problem.empty()) {
        return quarantine(parent.problem);
    }
    if (candidate.park == nullptr || candidate.park->is_kept_retired ||
        (!candidate.park->is_mirrored && !candidate.park->is_quarantined)) {
        return leave;
    }
    if (!parent.problem.empty()) {
        return quarantine(parent.problem);
    }
    if (!is_wanted) {
        return {Kind::skip, {}};
    }
    return candidate.park->is_quarantined ? quarantine(reason::parent_quarantined) : Decision{Kind::mirror, {}};
}

std::string login_of_child(std::string_view parent_login, const domain::AppFamily& family, std::string_view child_id,
                           const LoginOwners& login_owners) {
    std::string login = derived_login(parent_login, family);
    const auto owner = login_owners.find(login);
    if (owner != login_owners.end() && owner->second != child_id) {
        return fallback_login(parent_login, family, child_id);
    }
    return login;
}

std::vector<Operation> plan(const Projector& projector, std::span<const Candidate> candidates,
                            const ReferenceTable& references, const LoginOwners& login_owners, const PlanRules& rules) {
    const Entity& entity = projector.entity();
    std::vector<Operation> operations(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const Candidate& candidate = candidates[i];
        Operation& operation = operations[i];
        const ParentFacts& parent = *candidate.parent;
        Decision own;
        const Decision* decision = candidate.decision;
        if (decision == nullptr) {
            own = decide(entity, candidate, rules);
            decision = &own;
        }
        if (!decision->is_to_be_mirrored()) {
            operation.step = step_of(decision->kind);
            operation.reason = decision->reason;
            if (operation.step == Step::quarantine) {
                switch_off_if_parent_is(projector, candidate, operation);
            }
            continue;
        }

        const Link* link = candidate.link;
        ChildIdentity child;
        child.id = link != nullptr ? std::string_view(link->child_id.value()) : candidate.proposed_child_id;
        std::string login;
        if (entity.is_park()) {
            child.park_id = child.id;
            login = login_of_child(parent.login, projector.family(), child.id, login_owners);
            child.login = login;
        } else {
            child.park_id = candidate.park->child_park_id;
        }
        operation.projection = projector.project(parent, child, references);
        if (projector.stored_size_bytes(child, operation.projection.content) > document_bytes_max) {
            operation.step = Step::quarantine;
            operation.reason = reason::too_large;
            switch_off_if_parent_is(projector, candidate, operation);
            continue;
        }

        if (link == nullptr) {
            operation.step = Step::reserve;
        } else if (candidate.child.state == ChildRead::State::present) {
            operation.difference = projector.difference(candidate.child.document, operation.projection.content);
            operation.step = operation.difference.empty() ? Step::unchanged : Step::update;
        } else if (candidate.child.state == ChildRead::State::missing || link->state == LinkState::reserved) {
            operation.step = Step::create;
        } else if (!rules.read_every_child && link->state == LinkState::linked &&
                   link->source_hash == operation.projection.hash && link->parent_park_id.value() == parent.park_id) {
            operation.step = Step::unchanged;
        } else {
            operation.step = Step::read_child;
        }
    }
    return operations;
}

}  // namespace twinfleet::mirroring
