#include "capabilities/mirroring/passes/child_settlement.hpp"

#include <algorithm>
#include <utility>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/passes/login_clearance.hpp"
#include "capabilities/mirroring/policy/logins.hpp"

namespace twinfleet::mirroring {

ChildSettlement::ChildSettlement(const BatchContext& context, ParkStandings& parks, ReferenceResolver& references,
                                 BatchPlanner& planner, ForeignEditRecorder& foreign_edits, MirrorBatch& batch)
    : context_(context),
      parks_(parks),
      references_(references),
      planner_(planner),
      foreign_edits_(foreign_edits),
      batch_(batch) {}

void ChildSettlement::settle(std::vector<std::size_t> positions) {
    LoginClearance clearance(context_, parks_, planner_, foreign_edits_, batch_);
    while (!positions.empty()) {
        for (const std::size_t position : ChildWriter(context_).write(*this, std::move(positions))) {
            batch_.items[position].result = MirrorBatch::Result::unsettled;
            batch_.is_unsettled = true;
        }
        positions = clearance.clear(std::exchange(waiting_, {}));
    }
    for (MirrorBatch::Item& item : batch_.items) {
        if (!item.login_holder.empty()) {
            item.quarantine(reason::login_taken(item.login_holder));
        }
    }
}

const Link& ChildSettlement::link_at(std::size_t position) const {
    return *batch_.items[position].link;
}

MirrorBatch::Item& ChildSettlement::fresh_item(std::size_t position) {
    const auto found = std::lower_bound(positions_.begin(), positions_.end(), position);
    return fresh_.items[static_cast<std::size_t>(found - positions_.begin())];
}

ChildWrites ChildSettlement::decide(std::span<const std::size_t> positions, ChildrenRead& read) {
    read_ = &read;
    look_at_parents(positions, read);
    planner_.make_plan(fresh_, &read.child_by_id);

    ChildWrites writes;
    const Time now = context_.environment.clock.now();
    for (std::size_t i = 0; i < fresh_.items.size(); ++i) {
        MirrorBatch::Item& item = fresh_.items[i];
        if (item.was_refused && item.operation.step == Step::update) {
            item.quarantine(reason::write_refused);
        }
        if (item.result == MirrorBatch::Result::quarantined) {
            decide_on_switch(positions_[i], item, read, writes);
            continue;
        }
        const bool is_right = item.operation.step == Step::unchanged;
        if (is_right) {
            item.login_holder.clear();
        }
        if (is_right && !read.contended.contains(item.parent.id)) {
            item.is_to_be_recorded = true;
        } else if (item.operation.step == Step::create) {
            if (!item.login_holder.empty()) {
                continue;
            }
            const ChildIdentity child{.id = item.link->child_id.value(), .park_id = {}, .login = {}};
            writes.insert(positions_[i], {context_.projector.new_child(child, item.operation.projection.content, now),
                                          item.link->child_id});
        } else if (is_right || item.operation.step == Step::update) {
            ChildUpdate update = update_of(item, read.child_by_id.find(item.link->child_id.value())->second);
            if (item.operation.difference.fields.empty()) {
                writes.touch(positions_[i], std::move(update));
            } else if (item.login_holder.empty() || !update.set.view().empty() || !update.unset.empty()) {
                writes.update(positions_[i], std::move(update));
            }
        }
    }
    return writes;
}

void ChildSettlement::decide_on_switch(std::size_t position, MirrorBatch::Item& item, const ChildrenRead& read,
                                       ChildWrites& writes) {
    if (!item.parent.off_switch || item.link->state != LinkState::linked) {
        return;
    }
    const auto child = read.child_by_id.find(item.link->child_id.value());
    if (child == read.child_by_id.end()) {
        return;
    }
    item.operation.difference = context_.projector.switching_off(child->second, item.parent);
    ChildUpdate update = guarded_update(item.link->child_id, child->second, *item.parent.off_switch);
    if (!item.operation.difference.empty()) {
        item.operation.step = Step::switch_off;
        writes.update(position, std::move(update));
    } else if (read.contended.contains(item.parent.id) && !item.was_refused) {
        // Whoever has begun to write it must not switch it on again. After a refusal that was this very item.
        writes.touch(position, std::move(update));
    } else {
        item.is_switch_to_be_recorded = true;
    }
}

void ChildSettlement::look_at_parents(std::span<const std::size_t> positions, ChildrenRead& read) {
    fresh_ = {};
    positions_.clear();
    batch_.documents.push_back(std::move(read.parents));
    const DocumentsById parents = documents_by_id(*batch_.documents.back());
    for (const std::size_t position : positions) {
        MirrorBatch::Item& item = batch_.items[position];
        const auto parent = parents.find(item.parent.id);
        if (parent == parents.end()) {
            item.operation = {};
            item.result = MirrorBatch::Result::skipped;
            item.login_holder.clear();
            continue;
        }
        MirrorBatch::Item again = planner_.inspect(parent->second);
        again.link = std::move(item.link);
        // Somebody may have decided it since the link was found, and what he has erased must not come back.
        const auto kept =
            std::ranges::find(read.begun.kept_retired, again.link->parent_id, &BegunWrite::Kept::parent_id);
        again.link->kept_retired = kept == read.begun.kept_retired.end() ? std::nullopt : std::optional(kept->why);
        again.is_new = item.is_new;
        again.was_inserted = item.was_inserted;
        again.was_refused = item.was_refused;
        again.is_alongside = item.is_alongside;
        again.login_holder = std::move(item.login_holder);
        // Whether its parent still cannot be mirrored is found out anew.
        again.result = item.result == MirrorBatch::Result::quarantined ? MirrorBatch::Result::none : item.result;
        again.write_token = read.begun.token;
        fresh_.items.push_back(std::move(again));
        positions_.push_back(position);
    }
    if (context_.settings.has_company) {
        // What others have linked or moved since it was looked up must not be undone.
        parks_.forget();
        references_.forget();
    }
    if (!context_.entity.is_park()) {
        parks_.find(fresh_.items);
    }
    planner_.resolve(fresh_);
    // What was made for the parents as they are now, and what is to be looked at for their sake.
    batch_.counts += fresh_.counts;
    for (const Backfill& backfill : fresh_.outcome.backfills_requested) {
        request_backfill(batch_.outcome, entity(backfill.entity), backfill.parent_park_id.value());
    }
}

ChildUpdate ChildSettlement::update_of(const MirrorBatch::Item& item, bson::View child) const {
    const bson::View content = item.operation.projection.content;
    ChildUpdate update = guarded_update(item.link->child_id, child);
    // Without the login that it cannot have it has the one that it had, so it may be as its parent in all else; but not
    // with a login that nobody knows.
    const bool keeps_login = !item.login_holder.empty();
    const auto login = keeps_login ? child.find(context_.entity.unique_in_park) : std::nullopt;
    const bool is_off = login && login->is_string() && is_stand_in_login(login->string(), update.id.value());
    bson::Document off;
    bson::Builder set;
    if (is_off && !context_.projector.retirement(child, off).empty()) {
        set.copy(*off.view().find(context_.entity.retirement.field));
    }
    for (const auto& field : item.operation.difference.fields) {
        const bool stays = (keeps_login && field.name == context_.entity.unique_in_park) ||
                           (is_off && field.name == context_.entity.retirement.field);
        if (stays) {
            continue;
        }
        if (field.to) {
            set.copy(*field.to);
        } else {
            update.unset.push_back(field.name);
        }
    }
    update.set = set.take();
    if (!keeps_login && (has_awkward_names(content) || has_awkward_names(child))) {
        update.replacement = context_.projector.replaced_child(child, content);
    }
    return update;
}

bool ChildSettlement::take(std::size_t position, ChildWriteKind kind, WriteOutcome outcome) {
    using Result = MirrorBatch::Result;
    MirrorBatch::Item& item = fresh_item(position);
    if (item.result == Result::quarantined) {
        return take_switch(item, outcome);
    }
    switch (outcome) {
        case WriteOutcome::written:
            if (!item.login_holder.empty()) {
                return false;
            }
            item.is_to_be_recorded = true;
            // Only now is it certain that the child was as it was read when the hash was taken.
            note_foreign_edit(item);
            if (kind == ChildWriteKind::insert) {
                item.result = Result::created;
                item.was_inserted = true;
                context_.report_creation(*item.link, item.operation.projection.content);
            } else if (kind == ChildWriteKind::update) {
                item.result = Result::updated;
                context_.report(OperationReport::Kind::update, *item.link, item.operation.difference);
            } else {
                item.result = item.operation.difference.has_empty_time ? Result::updated : Result::unchanged;
            }
            return false;
        case WriteOutcome::login_taken:
            // A park gets another login; a user has to have this one.
            if (context_.entity.unique_in_park.empty()) {
                return true;
            }
            waiting_.push_back(position);
            return false;
        case WriteOutcome::exists:
        case WriteOutcome::moved_on:
            return true;
        case WriteOutcome::refused:
            if (kind == ChildWriteKind::update && item.parent.off_switch && !item.was_refused) {
                item.was_refused = true;
                return true;
            }
            item.quarantine(reason::write_refused);
            return false;
    }
    return false;
}

bool ChildSettlement::take_switch(MirrorBatch::Item& item, WriteOutcome outcome) {
    if (outcome == WriteOutcome::written) {
        item.is_switch_to_be_recorded = true;
        if (!item.operation.difference.empty()) {
            context_.report(OperationReport::Kind::update, *item.link, item.operation.difference);
        }
        return false;
    }
    return outcome != WriteOutcome::refused;
}

void ChildSettlement::note_foreign_edit(const MirrorBatch::Item& item) {
    const Operation& operation = item.operation;
    const auto last_written = read_->last_written.find(item.parent.id);
    // Who inserted the child and was cut off edited nothing.
    const bool differs =
        (operation.step == Step::update && !operation.difference.fields.empty()) || operation.step == Step::create;
    if (last_written == read_->last_written.end() || !differs || operation.projection.hash != last_written->second ||
        item.link->state != LinkState::linked) {
        return;
    }
    foreign_edits_.record(batch_.foreign_edits, batch_.outcome, *item.link,
                          operation.step == Step::create ? ForeignEdit::Kind::removed : ForeignEdit::Kind::changed,
                          operation.difference);
}

void ChildSettlement::end_attempt(const ChildrenRead& /*read*/) {
    for (std::size_t i = 0; i < fresh_.items.size(); ++i) {
        // The difference looked into children that go away now.
        fresh_.items[i].operation.difference = {};
        batch_.items[positions_[i]] = std::move(fresh_.items[i]);
    }
    read_ = nullptr;
}

}  // namespace twinfleet::mirroring
