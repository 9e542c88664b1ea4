#include "capabilities/mirroring/passes/references.hpp"

#include <algorithm>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t remembered_links_max = 50'000;
/// An empty quarantine is asked about again after this time. No batch can be sure of it to the moment: what comes into
/// quarantine just after the answer is referred to until the batch's parents are looked at again.
constexpr std::chrono::seconds empty_quarantine_counts_for{1};

template <typename Value>
void sort_and_deduplicate(std::vector<Value>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

ReferenceResolver::ReferenceResolver(const BatchContext& context, MakeChildren make_children)
    : context_(context), make_children_(std::move(make_children)) {}

void ReferenceResolver::resolve(MirrorBatch& batch) {
    for (const Wanted& wanted : wanted_by(batch)) {
        find_links(batch, wanted);
        const Ids quarantined = forget_quarantined(batch, wanted);
        if (!context_.settings.only_examines) {
            make_missing(batch, wanted, quarantined);
        }
    }
}

void ReferenceResolver::forget() {
    lasting_links_.with([](auto& links) { links.clear(); });
    empty_quarantines_.with([](auto& known) { known.clear(); });
}

std::vector<ReferenceResolver::Wanted> ReferenceResolver::wanted_by(const MirrorBatch& batch) {
    std::vector<Wanted> by_target;
    for (const auto& item : batch.items) {
        if (item.parent.references.empty() || !item.decision.is_to_be_mirrored()) {
            continue;
        }
        for (const Reference& reference : item.parent.references) {
            auto wanted = std::find_if(by_target.begin(), by_target.end(), [&](const Wanted& known) {
                return known.target->name == reference.policy->target;
            });
            if (wanted == by_target.end()) {
                wanted = by_target.insert(by_target.end(), Wanted{&entity(reference.policy->target), {}, {}});
            }
            wanted->references.push_back(reference);
            wanted->parks.push_back(item.parent.park_id);
        }
    }
    return by_target;
}

void ReferenceResolver::find_links(MirrorBatch& batch, const Wanted& wanted) {
    const bool is_lasting = wanted.target->creation != Creation::on_demand;
    std::vector<std::string_view> distinct;
    distinct.reserve(wanted.references.size());
    for (const Reference& reference : wanted.references) {
        distinct.push_back(reference.id);
    }
    sort_and_deduplicate(distinct);
    if (is_lasting) {
        lasting_links_.with([&](auto& known) {
            std::erase_if(distinct, [&](std::string_view id) {
                const auto link = known.find(std::string(id));
                if (link != known.end()) {
                    batch.references.add(*wanted.target, link->second);
                }
                return link != known.end();
            });
        });
    }
    if (distinct.empty()) {
        return;
    }
    const std::vector<domain::ParentId> ids(distinct.begin(), distinct.end());
    auto links = context_.links.find_by_parent(*wanted.target, context_.family, ids);
    if (is_lasting) {
        lasting_links_.with([&](auto& known) {
            if (known.size() > remembered_links_max) {
                known.clear();
            }
            for (const Link& link : links) {
                if (link.state == LinkState::linked) {
                    known.insert_or_assign(link.parent_id.value(), link);
                }
            }
        });
    }
    for (Link& link : links) {
        batch.references.add(*wanted.target, std::move(link));
    }
}

bool ReferenceResolver::may_have_quarantined(const Entity& target) {
    const auto now = context_.environment.clock.monotonic();
    const bool was_empty = empty_quarantines_.with([&](const auto& known) {
        const auto until = known.find(&target);
        return until != known.end() && now < until->second;
    });
    if (was_empty) {
        return false;
    }
    if (context_.links.count_quarantined(target, context_.family) > 0) {
        return true;
    }
    empty_quarantines_.with([&](auto& known) { known[&target] = now + empty_quarantine_counts_for; });
    return false;
}

ReferenceResolver::Ids ReferenceResolver::forget_quarantined(MirrorBatch& batch, const Wanted& wanted) {
    Ids quarantined;
    if (!may_have_quarantined(*wanted.target)) {
        return quarantined;
    }
    std::vector<std::string> ids;
    for (const Reference& reference : wanted.references) {
        ids.emplace_back(reference.id);
    }
    sort_and_deduplicate(ids);
    for (const std::string& id : context_.links.quarantined_among(*wanted.target, context_.family, ids)) {
        Link unusable;
        unusable.parent_id = domain::ParentId(id);
        batch.references.add(*wanted.target, std::move(unusable));
        quarantined.insert(id);
    }
    return quarantined;
}

void ReferenceResolver::make_missing(MirrorBatch& batch, const Wanted& wanted, const Ids& quarantined) {
    const Entity& target = *wanted.target;
    /// With the park that each is to be in.
    std::unordered_map<std::string, std::string_view> missing;
    for (std::size_t i = 0; i < wanted.references.size(); ++i) {
        const std::string_view id = wanted.references[i].id;
        if (batch.references.find(target, id, wanted.parks[i]) != nullptr) {
            continue;
        }
        if (std::string text(id); !quarantined.contains(text)) {
            missing.emplace(std::move(text), wanted.parks[i]);
        }
    }
    if (missing.empty()) {
        return;
    }
    std::vector<std::string> ids;
    ids.reserve(missing.size());
    for (const auto& [id, park] : missing) {
        ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());

    const std::lock_guard lock(making_);
    const DocumentBatch found = context_.environment.stores.of(target).fetch(ids);
    DocumentBatch of_that_park;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const bson::View document = found[i];
        const auto id = document.find("_id");
        const auto park = document.find(target.park_field);
        if (!id || !id->is_string() || !park || !park->is_string()) {
            continue;
        }
        const auto expected = missing.find(std::string(id->string()));
        if (expected != missing.end() && expected->second == park->string()) {
            of_that_park.add(document);
        }
    }
    if (!of_that_park.empty()) {
        const auto made = make_children_(target, std::move(of_that_park));
        take_made(batch, target, *made);
    }
}

void ReferenceResolver::take_made(MirrorBatch& batch, const Entity& target, MirrorBatch& made) const {
    for (auto& item : made.items) {
        if (!item.link || item.result == MirrorBatch::Result::quarantined) {
            continue;
        }
        if (item.result == MirrorBatch::Result::created) {
            ++batch.counts.created_with[std::string(target.name)];
        }
        if (item.is_to_be_recorded) {
            Link link = std::move(*item.link);
            link.state = LinkState::linked;
            link.parent_park_id = domain::ParentParkId(item.parent.park_id);
            batch.references.add(target, std::move(link));
        } else if (item.link->state != LinkState::linked || item.link->parent_park_id.value() != item.parent.park_id) {
            // It came into this park, or came back, and its job has not got to it yet; then the reference can be
            // followed.
            request_backfill(batch.outcome, target, item.parent.park_id);
            request_backfill(batch.outcome, context_.entity, item.parent.park_id);
        } else {
            batch.references.add(target, std::move(*item.link));
        }
    }
}

}  // namespace twinfleet::mirroring
