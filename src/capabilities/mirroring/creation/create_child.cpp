#include "capabilities/mirroring/creation/create_child.hpp"

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/passes/batch_mirror.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::string_view working = "working";

std::optional<domain::ChildId> text_of(bson::View document, std::string_view field) {
    const auto element = document.find(field);
    if (!element || !element->is_string()) {
        return std::nullopt;
    }
    return domain::ChildId(element->string());
}

/// Either the document lives in a child park, or it is one that the mirror made.
bool is_child(const World& world, const ParentFacts& driver, const domain::ParentId& id) {
    const domain::ChildId as_child(id.value());
    if (!world.links.find_by_child(entity("drivers"), std::span(&as_child, 1)).empty()) {
        return true;
    }
    if (driver.park_id.empty()) {
        return false;
    }
    const DocumentBatch park = world.store(park_entity()).fetch(std::span(&driver.park_id, 1));
    return !park.empty() && Projector(park_entity(), {}).inspect(park[0]).is_child;
}

}  // namespace

std::string_view to_string(CreationRefusal refusal) {
    switch (refusal) {
        case CreationRefusal::driver_not_found:
            return "driver_not_found";
        case CreationRefusal::driver_is_child:
            return "driver_is_child";
        case CreationRefusal::park_not_mirrored:
            return "park_not_mirrored";
        case CreationRefusal::driver_not_working:
            return "driver_not_working";
        case CreationRefusal::driver_quarantined:
            break;
    }
    return "driver_quarantined";
}

std::variant<ChildDriver, CreationRefused> create_child_driver(const World& world, const domain::AppFamily& family,
                                                               const domain::ParentId& parent_driver_id) {
    const Entity& drivers = entity("drivers");
    EntityStore& store = world.store(drivers);
    const auto refuse = [](CreationRefusal refusal, std::string reason = {}) {
        return CreationRefused{refusal, std::move(reason)};
    };
    if (!is_usable_id(parent_driver_id.value())) {
        return refuse(CreationRefusal::driver_not_found);
    }
    DocumentBatch parents = store.fetch(std::span(&parent_driver_id.value(), 1));
    if (parents.empty()) {
        return refuse(CreationRefusal::driver_not_found);
    }
    const Projector projector(drivers, family);
    const ParentFacts driver = projector.inspect(parents[0]);
    if (is_child(world, driver, parent_driver_id)) {
        return refuse(CreationRefusal::driver_is_child);
    }
    if (!driver.problem.empty()) {
        return refuse(CreationRefusal::driver_quarantined, driver.problem);
    }
    const domain::ParentId park_id(driver.park_id);
    const auto park_links = world.links.find_by_parent(park_entity(), family, std::span(&park_id, 1));
    const bool park_is_quarantined =
        !world.links.quarantined_among(park_entity(), family, std::span(&driver.park_id, 1)).empty();
    if (park_is_quarantined) {
        return refuse(CreationRefusal::driver_quarantined, std::string(reason::parent_quarantined));
    }
    if (park_links.empty() || park_links.front().state != LinkState::linked) {
        return refuse(CreationRefusal::park_not_mirrored);
    }
    const auto work_status = parents[0].find("work_status");
    if (!work_status || !work_status->is_string() || work_status->string() != working) {
        return refuse(CreationRefusal::driver_not_working);
    }

    const auto links = world.links.find_by_parent(drivers, family, std::span(&parent_driver_id, 1));
    if (!links.empty() && links.front().state != LinkState::reserved) {
        const Link& link = links.front();
        const DocumentBatch child = store.fetch(std::span(&link.child_id.value(), 1));
        return ChildDriver{
            .family = family,
            .driver_id = link.child_id,
            .park_id = link.child_park_id,
            .car_id = child.empty() ? std::nullopt : text_of(child[0], "car_id"),
            .rule_id = child.empty() ? std::nullopt : text_of(child[0], "rule_id"),
            .created = false,
        };
    }
    BatchMirror mirror(world, drivers, family, {.rules = {.create_by_name = true}, .lease = nullptr});
    const auto batch = mirror.mirror_on_demand(std::move(parents));
    const MirrorBatch::Item& item = batch->items.front();
    if (item.result == MirrorBatch::Result::quarantined) {
        return refuse(CreationRefusal::driver_quarantined, item.operation.reason);
    }
    if (!item.link || item.result == MirrorBatch::Result::skipped) {
        // He left the park, or the park the mirror, while this was under way.
        return refuse(CreationRefusal::park_not_mirrored);
    }
    const bson::View content = item.operation.projection.content;
    return ChildDriver{
        .family = family,
        .driver_id = item.link->child_id,
        .park_id = domain::ChildParkId(item.park->child_park_id),
        .car_id = text_of(content, "car_id"),
        .rule_id = text_of(content, "rule_id"),
        .created = item.was_inserted,
    };
}

}  // namespace twinfleet::mirroring
