#include "capabilities/mirroring/passes/batch_finisher.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "domain/license.hpp"

namespace twinfleet::mirroring {

void BatchFinisher::finish(MirrorBatch& batch) {
    // Here, so that the next batch's children are written meanwhile.
    place_profiles(batch);
    release_from_quarantine(batch);
    for (const auto& item : batch.items) {
        batch.counts += counts_of(item);
        add_to_outcome(batch, item);
    }
    if (!batch.outcome.empty()) {
        context_.links.record_outcome(context_.settings.lease, context_.entity, context_.family,
                                      context_.is_on_demand() ? SyncedLinks::reserved_only : SyncedLinks::all,
                                      batch.outcome);
    }
    if (batch.foreign_edits.count > 0 && context_.environment.on_foreign_edits) {
        context_.environment.on_foreign_edits(context_.entity, context_.family, batch.foreign_edits);
    }
}

void BatchFinisher::place_profiles(MirrorBatch& batch) const {
    if (!context_.entity.has_driver_profile) {
        return;
    }
    leave_out_what_others_write(batch);
    std::vector<DriverProfile> profiles;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        const MirrorBatch::Item& item = batch.items[i];
        if (!item.is_to_be_recorded) {
            continue;
        }
        // Also one whose licence was taken away: his profile leaves the record that it is in.
        profiles.push_back({.license = domain::normalize_license(item.parent.license_number),
                            .park_id = domain::ChildParkId(item.park->child_park_id),
                            .driver_id = item.link->child_id,
                            .has_new_id = item.has_new_id && item.was_inserted});
        positions.push_back(i);
    }
    if (profiles.empty()) {
        return;
    }
    context_.settings.assert_lease();
    for (const std::size_t refused :
         context_.environment.stores.unique_drivers.place_profiles(context_.family, profiles)) {
        // His link stays `reserved`: whoever mends the record finds him tried again.
        MirrorBatch::Item& item = batch.items[positions[refused]];
        item.quarantine(reason::write_refused);
        item.is_to_be_recorded = false;
    }
}

void BatchFinisher::leave_out_what_others_write(MirrorBatch& batch) const {
    std::vector<OwnWrite> writes;
    for (const MirrorBatch::Item& item : batch.items) {
        // Who was made a moment ago is in no record that he would be taken out of. He is not asked about, as most of a
        // first pass is like him: if somebody else has written him all the same, that shows when he is recorded.
        if (item.is_to_be_recorded && !(item.has_new_id && item.was_inserted)) {
            writes.push_back({domain::ParentId(item.parent.id), item.write_token});
        }
    }
    if (writes.empty()) {
        return;
    }
    const auto taken_over =
        context_.links.taken_over_among(context_.settings.lease, context_.entity, context_.family, writes);
    if (taken_over.empty()) {
        return;
    }
    for (MirrorBatch::Item& item : batch.items) {
        if (item.is_to_be_recorded &&
            std::ranges::find(taken_over, item.parent.id, &domain::ParentId::value) != taken_over.end()) {
            item.is_to_be_recorded = false;
            // Whoever has taken it over may be cut off before he has finished.
            request_backfill(batch.outcome, context_.entity, item.parent.park_id);
        }
    }
}

void BatchFinisher::add_to_outcome(MirrorBatch& batch, const MirrorBatch::Item& item) const {
    BatchOutcome& outcome = batch.outcome;
    const bool is_park = context_.entity.is_park();
    if (item.result == MirrorBatch::Result::quarantined) {
        outcome.quarantined.push_back({item.parent.id, item.parent.park_id, item.operation.reason});
    }
    if (item.is_erased && (!item.link || item.link->kept_retired != KeptRetired::erased)) {
        outcome.erasures_requested.emplace_back(item.parent.id);
    }
    if (item.operation.step == Step::retire) {
        batch.retirements.push_back(*item.link);
    }
    if (item.is_switch_to_be_recorded) {
        outcome.synced.push_back({.parent_id = item.link->parent_id,
                                  .parent_park_id = item.link->parent_park_id,
                                  .child_park_id = item.link->child_park_id,
                                  .source_hash = std::nullopt,
                                  .source_updated_ts = item.link->source_updated_ts,
                                  .write_token = item.write_token});
    }
    if (!item.is_to_be_recorded) {
        return;
    }
    SyncedLink synced{
        .parent_id = item.link->parent_id,
        .parent_park_id = domain::ParentParkId(item.parent.park_id),
        .child_park_id = domain::ChildParkId(is_park ? item.link->child_id.value() : item.park->child_park_id),
        .source_hash = item.operation.projection.hash,
        .source_updated_ts = to_time(item.parent.version),
        .write_token = item.write_token,
    };
    synced.is_as_reserved = item.has_new_id && item.was_inserted && !item.write_token &&
                            synced.parent_park_id == item.link->parent_park_id &&
                            synced.child_park_id == item.link->child_park_id;
    if (context_.is_on_demand()) {
        // Only the holder of the lease may vouch for a child.
        synced.source_hash.reset();
    }
    outcome.synced.push_back(std::move(synced));
    if (is_park && item.is_new) {
        for (const Entity& entity : entities()) {
            if (entity.creation == Creation::with_park) {
                outcome.backfills_requested.push_back(
                    {std::string(entity.name), domain::ParentParkId(item.parent.id), 0});
            }
        }
    }
}

void BatchFinisher::release_from_quarantine(MirrorBatch& batch) {
    BatchOutcome& outcome = batch.outcome;
    may_have_quarantined_ = may_have_quarantined_ || !outcome.quarantined.empty();
    if (!was_quarantine_asked_) {
        may_have_quarantined_ =
            context_.links.count_quarantined(context_.entity, context_.family) > 0 || may_have_quarantined_;
        was_quarantine_asked_ = true;
    }
    if (!may_have_quarantined_ || context_.settings.has_company) {
        return;
    }
    std::vector<std::string> not_quarantined;
    for (const auto& item : batch.items) {
        // A child that was left to the job was not looked at: its parent may well be in quarantine.
        const bool was_looked_at = !context_.is_on_demand() || item.was_inserted;
        if (item.result != MirrorBatch::Result::quarantined && was_looked_at) {
            not_quarantined.push_back(item.parent.id);
        }
    }
    if (not_quarantined.empty()) {
        return;
    }
    outcome.released = context_.links.quarantined_among(context_.entity, context_.family, not_quarantined);
    keep_those_asked_for_in_vain(batch);
    if (!context_.entity.is_park()) {
        return;
    }
    for (const std::string& park : outcome.released) {
        for (const Entity& entity : entities()) {
            if (!entity.is_park()) {
                outcome.backfills_requested.push_back({std::string(entity.name), domain::ParentParkId(park), 0});
            }
        }
    }
}

void BatchFinisher::keep_those_asked_for_in_vain(MirrorBatch& batch) const {
    std::vector<std::string>& released = batch.outcome.released;
    if (context_.entity.creation != Creation::on_demand || released.empty()) {
        return;
    }
    for (MirrorBatch::Item& item : batch.items) {
        const auto place = std::find(released.begin(), released.end(), item.parent.id);
        if (item.link || place == released.end()) {
            continue;
        }
        // The ids of its child and of what it refers to would all be as long as this one.
        const std::string some_id(32, '0');
        Candidate candidate = item.candidate();
        candidate.proposed_child_id = some_id;
        candidate.decision = nullptr;
        auto operations = plan(context_.projector, std::span(&candidate, 1), {}, {}, PlanRules{.create_missing = true});
        if (operations.front().step == Step::quarantine) {
            item.quarantine(operations.front().reason);
            released.erase(place);
        }
    }
}

}  // namespace twinfleet::mirroring
