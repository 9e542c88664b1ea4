#include "capabilities/mirroring/testing/fake_stores.hpp"

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring::testing {

FakeStores::FakeStores(FakeWorld& world, IdSource& ids, const std::string& runner)
    : links(world, runner), quarantine(world, runner), unique_drivers(world, runner), ids_(ids) {
    for (const Entity& entity : mirroring::entities()) {
        owned_.push_back(std::make_unique<FakeEntityStore>(world, entity, runner));
        entities[std::string(entity.name)] = owned_.back().get();
    }
}

FakeEnvironment::FakeEnvironment(FakeWorld* there)
    : owned_(there == nullptr ? std::make_unique<FakeWorld>() : nullptr),
      world(there == nullptr ? *owned_ : *there),
      stores(world, ids),
      environment{
          .stores = stores.stores(),
          .clock = clock,
          .park_enabled = [](const ParentFacts&, const domain::AppFamily&) { return true; },
      } {}

void FakeEnvironment::put(std::string_view collection, const std::string& fields) {
    world.put(collection, bson::from_json("{" + fields + "}").view());
}

void FakeEnvironment::link(std::string_view entity_name, const Link& link, const domain::AppFamily& of_family) {
    const Entity& entity = mirroring::entity(entity_name);
    const NewLink wanted{link.parent_id, link.parent_park_id, link.child_id, link.child_park_id};
    static_cast<void>(stores.links.reserve(nullptr, entity, of_family, std::span(&wanted, 1)));
    if (link.state == LinkState::reserved) {
        return;
    }
    stores.links.record_outcome(nullptr, entity, of_family, SyncedLinks::all,
                                {.synced = {{.parent_id = link.parent_id,
                                             .parent_park_id = link.parent_park_id,
                                             .child_park_id = link.child_park_id,
                                             .source_hash = link.source_hash,
                                             .source_updated_ts = link.source_updated_ts,
                                             .write_token = std::nullopt}}});
    if (link.state == LinkState::retired) {
        const BegunWrite begun = stores.links.begin_write(nullptr, entity, of_family, std::span(&link.parent_id, 1));
        stores.links.record_outcome(nullptr, entity, of_family, SyncedLinks::all,
                                    {.retired = {{link.parent_id, begun.token}}});
    }
}

void FakeEnvironment::link_park(const std::string& id, const std::string& child_id, LinkState state) {
    link("parks",
         {.parent_id = domain::ParentId(id),
          .parent_park_id = domain::ParentParkId(id),
          .child_id = domain::ChildId(child_id),
          .child_park_id = domain::ChildParkId(child_id),
          .state = state},
         family);
}

void FakeEnvironment::put_into_quarantine(std::string_view entity_name, const std::string& id,
                                          const std::string& park_id) {
    stores.links.record_outcome(nullptr, mirroring::entity(entity_name), family, SyncedLinks::all,
                                {.quarantined = {{id, park_id, std::string(reason::too_large)}}});
}

std::optional<Link> FakeEnvironment::link_of(std::string_view entity_name, std::string_view parent_id) const {
    for (const auto& stored : world.links(entity_name)) {
        if (stored.family == family.name && stored.link.parent_id.value() == parent_id) {
            return stored.link;
        }
    }
    return std::nullopt;
}

DocumentBatch FakeEnvironment::fetch(std::string_view entity_name, const std::vector<std::string>& of_ids) {
    return environment.stores.of(mirroring::entity(entity_name)).fetch(of_ids);
}

}  // namespace twinfleet::mirroring::testing
