#include "capabilities/mirroring/passes/batch_mirror.hpp"

#include <algorithm>

#include "capabilities/mirroring/passes/child_retirement.hpp"
#include "capabilities/mirroring/passes/child_settlement.hpp"
#include "capabilities/mirroring/passes/empty_times.hpp"

namespace twinfleet::mirroring {

BatchMirror::BatchMirror(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                         BatchSettings settings)
    : context_(environment, entity, family, std::move(settings)),
      parks_(context_.links, family),
      references_(context_, [this](const Entity& target,
                                   DocumentBatch&& parents) { return make_references(target, std::move(parents)); }),
      planner_(context_, parks_, references_),
      foreign_edits_(environment.stores.ids),
      untaught_references_(context_),
      finisher_(context_) {}

std::unique_ptr<MirrorBatch> BatchMirror::make_references(const Entity& target, DocumentBatch&& parents) {
    auto& mirror = mirrors_of_references_[&target];
    if (mirror == nullptr) {
        mirror = std::make_unique<BatchMirror>(
            context_.environment, target, context_.family,
            BatchSettings{
                .rules = {.create_by_name = true}, .lease = nullptr, .assert_lease = context_.settings.assert_lease});
    }
    return mirror->mirror_on_demand(std::move(parents));
}

void BatchMirror::prepare(MirrorBatch& batch) {
    planner_.resolve(batch);
    planner_.make_plan(batch, nullptr);
    planner_.reserve(batch);
}

std::unique_ptr<MirrorBatch> BatchMirror::examine(DocumentBatch&& documents) {
    auto batch = planner_.gather(std::move(documents));
    planner_.resolve(*batch);
    std::vector<std::string> child_ids;
    for (const auto& item : batch->items) {
        if (item.link) {
            child_ids.push_back(item.link->child_id.value());
        }
    }
    batch->documents.push_back(std::make_unique<DocumentBatch>(context_.documents.fetch(child_ids)));
    const DocumentsById children = documents_by_id(*batch->documents.back());
    planner_.make_plan(*batch, &children);
    return batch;
}

std::unique_ptr<MirrorBatch> BatchMirror::examine_unlinked(DocumentBatch&& documents) {
    auto batch = planner_.gather(std::move(documents));
    std::erase_if(batch->items, [](const MirrorBatch::Item& item) { return item.link.has_value(); });
    planner_.resolve(*batch);
    planner_.make_plan(*batch, nullptr);
    return batch;
}

void BatchMirror::write(MirrorBatch& batch) {
    std::vector<std::size_t> existing = insert_new(batch);
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        const Step step = batch.items[i].operation.step;
        // On demand, the job does it.
        if (step == Step::read_child || (step == Step::switch_off && !context_.is_on_demand())) {
            existing.push_back(i);
        }
    }
    std::sort(existing.begin(), existing.end());
    if (context_.is_on_demand()) {
        leave_to_the_job(batch, existing);
    } else {
        ChildSettlement(context_, parks_, references_, planner_, foreign_edits_, batch).settle(std::move(existing));
    }
    untaught_references_.watch(batch);
}

std::vector<std::size_t> BatchMirror::insert_new(MirrorBatch& batch) const {
    std::vector<ChildInsert> inserts;
    std::vector<std::size_t> positions;
    const Time now = context_.environment.clock.now();
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        MirrorBatch::Item& item = batch.items[i];
        if (item.operation.step != Step::create) {
            continue;
        }
        const ChildIdentity child{.id = item.link->child_id.value(), .park_id = {}, .login = {}};
        inserts.push_back(
            {context_.projector.new_child(child, item.operation.projection.content, now), item.link->child_id});
        positions.push_back(i);
    }
    std::vector<std::size_t> existing;
    if (inserts.empty()) {
        return existing;
    }
    context_.settings.assert_lease();
    const auto outcomes = context_.documents.insert(inserts);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        MirrorBatch::Item& item = batch.items[positions[i]];
        switch (outcomes[i]) {
            case WriteOutcome::written:
                item.result = MirrorBatch::Result::created;
                item.was_inserted = true;
                item.is_to_be_recorded = true;
                context_.report_creation(*item.link, item.operation.projection.content);
                if (!context_.is_on_demand()) {
                    // From here on its hash will do; as large as the parent, it would wait until the batch is finished.
                    item.operation.projection.content = bson::Document();
                }
                break;
            case WriteOutcome::exists:
            case WriteOutcome::moved_on:
            case WriteOutcome::login_taken:
                existing.push_back(positions[i]);
                break;
            case WriteOutcome::refused:
                item.quarantine(reason::write_refused);
                break;
        }
    }
    return existing;
}

void BatchMirror::leave_to_the_job(MirrorBatch& batch, std::span<const std::size_t> existing) const {
    for (const std::size_t i : existing) {
        MirrorBatch::Item& item = batch.items[i];
        item.result = MirrorBatch::Result::unchanged;
        if (item.is_new) {
            // Made by somebody who has not finished it, from the parent as it was then.
            item.is_to_be_recorded = true;
            request_backfill(batch.outcome, context_.entity, item.parent.park_id);
        }
    }
}

std::unique_ptr<MirrorBatch> BatchMirror::mirror_on_demand(DocumentBatch&& documents, const Choose& choose) {
    auto batch = planner_.gather(std::move(documents));
    if (choose) {
        choose(batch->items);
    }
    if (!batch->items.empty()) {
        prepare(*batch);
        write(*batch);
        finisher_.finish(*batch);
        look_again(*batch);
    }
    return batch;
}

void BatchMirror::look_again(const MirrorBatch& batch) const {
    std::unordered_map<std::string_view, const MirrorBatch::Item*> created;
    std::vector<std::string> ids;
    for (const auto& item : batch.items) {
        if (item.is_to_be_recorded) {
            created.emplace(item.parent.id, &item);
            ids.push_back(item.parent.id);
        }
    }
    if (ids.empty()) {
        return;
    }
    BatchOutcome moved;
    const DocumentBatch parents = context_.documents.fetch(ids);
    for (std::size_t i = 0; i < parents.size(); ++i) {
        const ParentFacts now = context_.projector.inspect(parents[i]);
        const auto before = created.find(now.id);
        if (before == created.end() ||
            std::ranges::equal(before->second->parent.document.bytes(), parents[i].bytes())) {
            continue;
        }
        // The job may have met this version while there was no link to tell it that the parent is mirrored.
        request_backfill(moved, context_.entity, before->second->parent.park_id);
        if (!now.park_id.empty()) {
            request_backfill(moved, context_.entity, now.park_id);
        }
    }
    if (!moved.empty()) {
        context_.links.record_outcome(nullptr, context_.entity, context_.family, SyncedLinks::reserved_only, moved);
    }
}

std::vector<Link> BatchMirror::switched_on_again(std::span<const Link> retired) {
    return mirroring::switched_on_again(context_, retired);
}

std::size_t BatchMirror::set_empty_times(const DocumentBatch& documents) const {
    return mirroring::set_empty_times(context_, documents);
}

std::size_t BatchMirror::retire(std::span<const Link> links, BatchOutcome& outcome) {
    return ChildRetirement(context_, parks_, planner_, foreign_edits_, links, outcome).retire();
}

}  // namespace twinfleet::mirroring
