#include "capabilities/mirroring/erasure/child_erasure.hpp"

#include "platform/bson/builder.hpp"

namespace twinfleet::mirroring {
namespace {

/// A creator that was suspended for longer between reserving an id and using it is not reckoned with.
constexpr std::chrono::hours insert_comes_within{1};

/// The child as it is to be, for documents whose fields cannot be addressed one by one.
bson::Document without(bson::View child, const Difference& difference) {
    bson::Builder builder;
    for (const bson::Element& element : child) {
        const bool is_changed = std::ranges::any_of(
            difference.fields, [&](const Difference::Field& field) { return field.name == element.key; });
        if (!is_changed && element.key != "updated_ts") {
            builder.copy(element);
        }
    }
    for (const Difference::Field& field : difference.fields) {
        if (field.to) {
            builder.copy(*field.to);
        }
    }
    return builder.take();
}

}  // namespace

ChildErasure::ChildErasure(const BatchContext& context, const Link& link, BatchOutcome& outcome, ErasedCounts& removed)
    : context_(context), link_(link), outcome_(outcome), removed_(removed) {}

std::string ChildErasure::erase() {
    if (!ChildWriter(context_).write(*this, {0}).empty()) {
        problem_ = "child_not_settled";
    }
    return problem_;
}

ChildWrites ChildErasure::decide(std::span<const std::size_t> positions, ChildrenRead& read) {
    token_ = read.begun.token;
    ChildWrites writes;
    const auto child = read.child_by_id.find(link_.child_id.value());
    if (child == read.child_by_id.end()) {
        const bool may_come =
            link_.state == LinkState::reserved && link_.created_at > context_.links.now() - insert_comes_within;
        if (may_come) {
            problem_ = "child_not_settled";
        } else {
            add_retired();
        }
        return writes;
    }
    bson::Document storage;
    const Difference difference = context_.projector.erasure(child->second, storage);
    fields_ = difference.fields.size();
    const bool is_contended = !read.contended.empty();
    if (difference.empty() && !is_contended) {
        add_retired();
        return writes;
    }
    // Of one that is erased already this makes a new version and changes nothing: see ChildWriter.
    ChildUpdate update = guarded_update(link_.child_id, child->second);
    bson::Builder set;
    for (const Difference::Field& field : difference.fields) {
        if (field.to) {
            set.copy(*field.to);
        } else {
            update.unset.push_back(field.name);
        }
    }
    if (difference.empty()) {
        if (const auto off = child->second.find(context_.entity.retirement.field)) {
            set.copy(*off);
        }
    }
    update.set = set.take();
    if (has_awkward_names(child->second)) {
        update.replacement = without(child->second, difference);
    }
    writes.update(positions.front(), std::move(update));
    return writes;
}

bool ChildErasure::take(std::size_t /*position*/, ChildWriteKind /*kind*/, WriteOutcome outcome) {
    if (outcome == WriteOutcome::written) {
        removed_.children += fields_ > 0 ? 1 : 0;
        removed_.child_fields += fields_;
        add_retired();
        return false;
    }
    if (outcome == WriteOutcome::refused) {
        problem_ = "write_refused";
        return false;
    }
    return true;
}

void ChildErasure::add_retired() {
    outcome_.retired.push_back({link_.parent_id, token_});
}

}  // namespace twinfleet::mirroring
