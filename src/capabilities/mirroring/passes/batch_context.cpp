#include "capabilities/mirroring/passes/batch_context.hpp"

namespace twinfleet::mirroring {

BatchContext::BatchContext(const MirrorEnvironment& environment_, const Entity& entity_,
                           const domain::AppFamily& family_, BatchSettings settings_)
    : environment(environment_),
      entity(entity_),
      family(family_),
      settings(std::move(settings_)),
      projector(entity, family),
      links(environment.stores.links),
      documents(environment.stores.of(entity)) {}

void BatchContext::report(OperationReport::Kind kind, const Link& link, const Difference& difference) const {
    if (environment.on_operation) {
        environment.on_operation({kind, &entity, &family, &link.parent_id, &link.child_id, &difference});
    }
}

void BatchContext::report_creation(const Link& link, bson::View content) const {
    if (environment.on_operation) {
        report(OperationReport::Kind::create, link, projector.difference(bson::View(), content));
    }
}

}  // namespace twinfleet::mirroring
