#include "capabilities/mirroring/passes/child_writer.hpp"

#include <algorithm>

#include "capabilities/mirroring/policy/content.hpp"
#include "platform/bson/builder.hpp"

namespace twinfleet::mirroring {
namespace {

/// Somebody who writes the same child at the same time is rare; somebody who does so this often in a row is a fault.
constexpr int attempts_max = 5;

/// The child as a replacement, without `updated_ts` and without fields that no replacement may have. `wanted`, if there
/// is one, stands in place of the element of its name, or behind the others.
bson::Document replacement_of(bson::View child, const bson::Element* wanted = nullptr) {
    bson::Builder builder;
    bool is_missing = wanted != nullptr;
    for (const bson::Element& element : child) {
        if (is_missing && element.key == wanted->key) {
            builder.copy(*wanted);
            is_missing = false;
        } else if (element.key != "updated_ts" && !is_left_out_of_children(element.key)) {
            builder.copy(element);
        }
    }
    if (is_missing) {
        builder.copy(*wanted);
    }
    return builder.take();
}

}  // namespace

void ChildWrites::insert(std::size_t position, ChildInsert child) {
    inserts_.push_back(std::move(child));
    inserted_.push_back(position);
}

void ChildWrites::update(std::size_t position, ChildUpdate update) {
    updates_.push_back(std::move(update));
    updated_.push_back(position);
}

void ChildWrites::touch(std::size_t position, ChildUpdate update) {
    touches_.push_back(std::move(update));
    touched_.push_back(position);
}

std::vector<std::size_t> ChildWriter::write(ChildChange& change, std::vector<std::size_t> positions) {
    for (int i = 0; i < attempts_max && !positions.empty(); ++i) {
        positions = attempt(change, positions);
    }
    return positions;
}

ChildrenRead ChildWriter::read(const ChildChange& change, std::span<const std::size_t> positions) {
    std::vector<domain::ParentId> parent_ids;
    std::vector<std::string> parent_texts;
    std::vector<std::string> child_texts;
    for (const std::size_t position : positions) {
        const Link& link = change.link_at(position);
        parent_ids.push_back(link.parent_id);
        parent_texts.push_back(link.parent_id.value());
        child_texts.push_back(link.child_id.value());
    }
    context_.settings.assert_lease();
    ChildrenRead read;
    read.children = context_.documents.fetch(child_texts);
    read.child_by_id = documents_by_id(read.children);
    read.begun = context_.links.begin_write(context_.settings.lease, context_.entity, context_.family, parent_ids);
    for (const auto& taken : read.begun.taken) {
        read.last_written.emplace(taken.parent_id.value(), taken.hash);
    }
    for (const domain::ParentId& id : read.begun.contended) {
        read.contended.insert(id.value());
    }
    read.parents = std::make_unique<DocumentBatch>(context_.documents.fetch(parent_texts));
    return read;
}

std::vector<std::size_t> ChildWriter::attempt(ChildChange& change, std::span<const std::size_t> positions) {
    ChildrenRead children = read(change, positions);
    const ChildWrites writes = change.decide(positions, children);
    std::vector<std::size_t> again;
    const auto take = [&](std::size_t position, ChildWriteKind kind, WriteOutcome outcome) {
        if (change.take(position, kind, outcome)) {
            again.push_back(position);
        }
    };
    if (!writes.inserts_.empty()) {
        context_.settings.assert_lease();
        const auto outcomes = context_.documents.insert(writes.inserts_);
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            take(writes.inserted_[i], ChildWriteKind::insert, outcomes[i]);
        }
    }
    if (!writes.updates_.empty()) {
        context_.settings.assert_lease();
        const auto outcomes = context_.documents.update(writes.updates_);
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            take(writes.updated_[i], ChildWriteKind::update, outcomes[i]);
        }
    }
    for (std::size_t i = 0; i < writes.touches_.size(); ++i) {
        context_.settings.assert_lease();
        // One by one: of several that change nothing, the store cannot always tell which came too late.
        const auto outcomes = context_.documents.update(std::span(&writes.touches_[i], 1));
        take(writes.touched_[i], ChildWriteKind::touch, outcomes.front());
    }
    change.end_attempt(children);
    std::sort(again.begin(), again.end());
    return again;
}

ChildUpdate guarded_update(const domain::ChildId& id, bson::View child) {
    ChildUpdate update{.id = id, .version = {}, .set = {}, .unset = {}, .replacement = {}};
    if (const auto field = child.find("updated_ts")) {
        update.version.updated_ts.assign(field->whole.begin(), field->whole.end());
    }
    return update;
}

ChildUpdate touching_update(const domain::ChildId& id, bson::View child) {
    ChildUpdate update = guarded_update(id, child);
    if (has_awkward_names(child)) {
        update.replacement = replacement_of(child);
    }
    return update;
}

ChildUpdate guarded_update(const domain::ChildId& id, bson::View child, const bson::Element& wanted) {
    ChildUpdate update = guarded_update(id, child);
    update.set = bson::Builder().copy(wanted).take();
    if (has_awkward_names(child)) {
        update.replacement = replacement_of(child, &wanted);
    }
    return update;
}

}  // namespace twinfleet::mirroring
