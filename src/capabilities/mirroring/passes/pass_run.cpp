#include "capabilities/mirroring/passes/pass_run.hpp"

#include <algorithm>

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t links_of_a_page = 1000;

}  // namespace

void DealtWith::add(const MirrorBatch& batch) {
    for (const auto& item : batch.items) {
        hashes_.insert(std::hash<std::string>{}(item.parent.id));
    }
}

void DealtWith::discount(MirrorBatch& batch) const {
    if (hashes_.empty()) {
        return;
    }
    for (const auto& item : batch.items) {
        const bool is_repetition = item.result == MirrorBatch::Result::unchanged ||
                                   item.result == MirrorBatch::Result::quarantined ||
                                   item.result == MirrorBatch::Result::skipped;
        if (is_repetition && hashes_.contains(std::hash<std::string>{}(item.parent.id))) {
            batch.counts -= counts_of(item);
        }
    }
}

PassRun::PassRun(const MirrorEnvironment& environment, const Entity& of_entity, const domain::AppFamily& of_family,
                 const PassSettings& with_settings, const PassRequest& asked, const Lease& held,
                 std::function<void()> assert_lease)
    : entity(of_entity),
      family(of_family),
      settings(with_settings),
      request(asked),
      lease(held),
      stores(environment.stores),
      require_source(environment.require_source),
      mirror(environment, of_entity, of_family,
             {.rules = {.create_missing = asked.create_missing,
                        .create_by_name = false,
                        .read_every_child = asked.mode == Mode::full && asked.verify_children},
              .lease = &held,
              .assert_lease = std::move(assert_lease),
              .has_company = asked.shard.has_value()}) {}

bool PassRun::covers(const domain::ParentParkId& park) const {
    return request.shard ? request.shard->holds(park.value()) : is_in_scope(request.scope, park);
}

LinkStore::Page PassRun::first_page_of_links() const {
    LinkStore::Page page;
    page.parent_park_ids = is_part() ? shard_parks.of_shard : request.scope.parks;
    page.limit = links_of_a_page;
    return page;
}

void PassRun::count_linked(const MirrorBatch& batch) {
    for (const auto& item : batch.items) {
        const bool was_linked = !item.is_alongside && item.link && item.link->state != LinkState::retired &&
                                item.link->created_at < started_at && covers(item.link->parent_park_id);
        linked_seen += was_linked ? 1 : 0;
    }
}

void PassRun::record(const BatchOutcome& outcome) const {
    stores.links.record_outcome(&lease, entity, family, SyncedLinks::all, outcome);
}

bool is_in_scope(const Scope& scope, const domain::ParentParkId& park) {
    return scope.everything() || std::find(scope.parks.begin(), scope.parks.end(), park) != scope.parks.end();
}

}  // namespace twinfleet::mirroring
