#include "capabilities/mirroring/passes/batch_mirror.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/policy/changes_json.hpp"
#include "domain/license.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::mirroring {
namespace {

/// Somebody who writes the same child at the same time is rare; somebody who does so this often in a row is a fault.
constexpr int settle_attempts_max = 5;
/// A creator that was suspended for longer between reserving an id and using it is not reckoned with.
constexpr std::chrono::hours creator_gives_up_after{1};
constexpr std::size_t cached_entries_max = 50'000;
/// Values of one field that a pass holds against the ids of parents: a reference shows itself in the first few.
constexpr std::size_t suspects_per_field_max = 256;

template <typename Value>
void sort_and_deduplicate(std::vector<Value>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

ChildVersion version_of(bson::View child) {
    ChildVersion version;
    if (const auto field = child.find("updated_ts")) {
        version.updated_ts.assign(field->whole.begin(), field->whole.end());
    }
    return version;
}

std::unordered_map<std::string_view, bson::View> by_id(const DocumentBatch& documents) {
    std::unordered_map<std::string_view, bson::View> found;
    found.reserve(documents.size());
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const bson::View document = documents[i];
        if (const auto id = document.find("_id"); id && id->is_string()) {
            found.emplace(id->string(), document);
        }
    }
    return found;
}

}  // namespace

/// Shared by the steps, which may run in different threads.
struct BatchMirror::Caches {
    struct Parks {
        std::unordered_map<std::string, std::shared_ptr<const ParkStanding>> standings;
        /// Whether any park is in quarantine; asked once.
        std::optional<bool> any_quarantined;
    };
    platform::Guarded<Parks> parks;
    /// Links of entities that are mirrored with their park: few, and asked for again and again.
    platform::Guarded<std::unordered_map<std::string, Link>> lasting_links;
    /// Mirrors of the entities that this one refers to. Held for the whole time of their use.
    std::mutex references_mutex;
    std::unordered_map<const Entity*, std::unique_ptr<BatchMirror>> references;
    /// Whether any parent of this entity may be in quarantine.
    std::once_flag quarantine_asked;
    std::atomic<bool> may_have_quarantined{false};
    // Used by write() only.
    std::map<std::string, std::size_t, std::less<>> suspects_seen;
    std::size_t foreign_edits_recorded = 0;
};

BatchMirror::BatchMirror(const World& world, const Entity& entity, const domain::AppFamily& family, Settings settings)
    : world_(world),
      entity_(entity),
      family_(family),
      settings_(std::move(settings)),
      projector_(entity, family),
      store_(world.store(entity)),
      caches_(std::make_unique<Caches>()) {}

BatchMirror::~BatchMirror() = default;

std::unique_ptr<MirrorBatch> BatchMirror::prepare(DocumentBatch&& documents) {
    auto batch = gather(std::move(documents));
    make_plan(*batch, nullptr);
    reserve(*batch);
    return batch;
}

std::unique_ptr<MirrorBatch> BatchMirror::examine(DocumentBatch&& documents) {
    auto batch = gather(std::move(documents));
    std::vector<std::string> child_ids;
    for (const auto& item : batch->items) {
        if (item.link) {
            child_ids.push_back(item.link->child_id.value());
        }
    }
    batch->documents.push_back(std::make_unique<DocumentBatch>(store_.fetch(child_ids)));
    const auto children = by_id(*batch->documents.back());
    make_plan(*batch, &children);
    return batch;
}

std::unique_ptr<MirrorBatch> BatchMirror::examine_unlinked(DocumentBatch&& documents) {
    auto batch = gather(std::move(documents), Gather::unlinked);
    make_plan(*batch, nullptr);
    return batch;
}

std::unique_ptr<MirrorBatch> BatchMirror::gather(DocumentBatch&& documents, Gather which) {
    auto batch = std::make_unique<MirrorBatch>();
    batch->documents.push_back(std::make_unique<DocumentBatch>(std::move(documents)));
    const DocumentBatch& source = *batch->documents.back();
    batch->items.reserve(source.size());
    std::unordered_map<std::string_view, std::size_t> positions;
    positions.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        MirrorBatch::Item item = inspect(source[i]);
        batch->newest.advance(item.parent.version);
        // A document that changed while it was being read may come twice; the later reading counts.
        const auto known = positions.find(item.parent.id);
        if (known != positions.end()) {
            const std::size_t position = known->second;
            positions.erase(known);
            batch->items[position] = std::move(item);
            positions.emplace(batch->items[position].parent.id, position);
        } else {
            batch->items.push_back(std::move(item));
            positions.emplace(batch->items.back().parent.id, batch->items.size() - 1);
        }
    }
    find_parks(*batch);
    find_links(*batch);
    if (which == Gather::unlinked) {
        std::erase_if(batch->items, [](const MirrorBatch::Item& item) { return item.link.has_value(); });
    }
    resolve_references(*batch);
    find_logins(*batch);
    return batch;
}

MirrorBatch::Item BatchMirror::inspect(bson::View document) const {
    MirrorBatch::Item item;
    item.parent = projector_.inspect(document);
    if (entity_.is_park() && !item.parent.is_child) {
        item.is_enabled = world_.park_enabled(item.parent, family_);
    }
    return item;
}

void BatchMirror::find_parks(MirrorBatch& batch) {
    if (entity_.is_park()) {
        return;
    }
    caches_->parks.with([&](Caches::Parks& parks) {
        if (parks.standings.size() > cached_entries_max) {
            parks.standings.clear();
        }
        std::vector<std::string> unknown;
        for (const auto& item : batch.items) {
            if (!item.parent.park_id.empty() && !parks.standings.contains(item.parent.park_id)) {
                unknown.push_back(item.parent.park_id);
            }
        }
        sort_and_deduplicate(unknown);
        if (!unknown.empty()) {
            const Entity& park = park_entity();
            if (!parks.any_quarantined) {
                parks.any_quarantined = world_.links.count_quarantined(park, family_) > 0;
            }
            std::vector<domain::ParentId> ids;
            ids.reserve(unknown.size());
            for (const std::string& id : unknown) {
                ids.emplace_back(id);
            }
            std::unordered_map<std::string, ParkStanding> found;
            for (const std::string& id : unknown) {
                found.emplace(id, ParkStanding{});
            }
            std::vector<domain::ChildId> without_link;
            for (const Link& link : world_.links.find_by_parent(park, family_, ids)) {
                ParkStanding& standing = found[link.parent_id.value()];
                standing.is_mirrored = link.state != LinkState::reserved;
                standing.child_park_id = link.child_id.value();
            }
            for (const auto& [id, standing] : found) {
                if (standing.child_park_id.empty()) {
                    without_link.emplace_back(id);
                }
            }
            if (!without_link.empty()) {
                for (const auto& of_family : world_.links.find_by_child(park, without_link)) {
                    found[of_family.link.child_id.value()].is_child = true;
                }
            }
            if (*parks.any_quarantined) {
                for (const std::string& id : world_.links.quarantined_among(park, family_, unknown)) {
                    found[id].is_quarantined = true;
                }
            }
            for (auto& [id, standing] : found) {
                parks.standings.emplace(id, std::make_shared<const ParkStanding>(std::move(standing)));
            }
        }
        for (auto& item : batch.items) {
            if (!item.parent.park_id.empty()) {
                item.park = parks.standings.find(item.parent.park_id)->second;
            }
        }
    });
}

void BatchMirror::find_links(MirrorBatch& batch) {
    std::unordered_map<std::string_view, std::size_t> positions;
    positions.reserve(batch.items.size());
    std::vector<domain::ParentId> ids;
    ids.reserve(batch.items.size());
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        const ParentFacts& parent = batch.items[i].parent;
        // A pass reads as many children as parents; for those that show it, their links need not be asked for.
        const bool is_child =
            parent.is_child || (parent.names_a_parent && batch.items[i].park && batch.items[i].park->is_child);
        if (is_child || parent.problem == reason::bad_id) {
            continue;
        }
        positions.emplace(parent.id, i);
        ids.emplace_back(parent.id);
    }
    if (ids.empty()) {
        return;
    }
    for (Link& link : world_.links.find_by_parent(entity_, family_, ids)) {
        const auto position = positions.find(link.parent_id.value());
        if (position != positions.end()) {
            MirrorBatch::Item& item = batch.items[position->second];
            item.is_new = link.state == LinkState::reserved;
            item.link = std::move(link);
        }
    }
}

Candidate BatchMirror::candidate_of(const MirrorBatch::Item& item) const {
    return Candidate{
        .parent = &item.parent,
        .link = item.link ? &*item.link : nullptr,
        .proposed_child_id = item.proposed_child_id,
        .park = item.park.get(),
        .is_enabled = item.is_enabled,
        .child = {},
    };
}

void BatchMirror::resolve_references(MirrorBatch& batch) {
    struct Wanted {
        const Entity* target;
        std::vector<Reference> references;
        std::vector<std::string_view> parks;
    };
    std::vector<Wanted> by_target;
    for (const auto& item : batch.items) {
        if (item.parent.references.empty() || !is_to_be_mirrored(entity_, candidate_of(item), settings_.rules)) {
            continue;
        }
        for (const Reference& reference : item.parent.references) {
            auto wanted = std::find_if(by_target.begin(), by_target.end(), [&](const Wanted& known) {
                return known.target->name == reference.policy->target;
            });
            if (wanted == by_target.end()) {
                wanted =
                    by_target.insert(by_target.end(), Wanted{&mirroring::entity(reference.policy->target), {}, {}});
            }
            wanted->references.push_back(reference);
            wanted->parks.push_back(item.parent.park_id);
        }
    }
    for (const Wanted& wanted : by_target) {
        std::vector<domain::ParentId> ids;
        const bool is_lasting = wanted.target->creation != Creation::on_demand;
        {
            std::vector<std::string_view> distinct;
            distinct.reserve(wanted.references.size());
            for (const Reference& reference : wanted.references) {
                distinct.push_back(reference.id);
            }
            sort_and_deduplicate(distinct);
            if (is_lasting) {
                caches_->lasting_links.with([&](auto& known) {
                    std::erase_if(distinct, [&](std::string_view id) {
                        const auto link = known.find(std::string(id));
                        if (link != known.end()) {
                            batch.references.add(*wanted.target, link->second);
                        }
                        return link != known.end();
                    });
                });
            }
            ids.reserve(distinct.size());
            for (const std::string_view id : distinct) {
                ids.emplace_back(id);
            }
        }
        if (!ids.empty()) {
            auto links = world_.links.find_by_parent(*wanted.target, family_, ids);
            if (is_lasting) {
                caches_->lasting_links.with([&](auto& known) {
                    if (known.size() > cached_entries_max) {
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
        const auto aside = forget_quarantined(batch, *wanted.target, wanted.references);
        if (!settings_.only_examines) {
            make_references(batch, *wanted.target, wanted.references, wanted.parks, aside);
        }
    }
}

std::unordered_set<std::string> BatchMirror::forget_quarantined(MirrorBatch& batch, const Entity& target,
                                                                std::span<const Reference> wanted) const {
    // Its child may be there from better days, but what is in quarantine is not referred to.
    std::unordered_set<std::string> aside;
    if (world_.links.count_quarantined(target, family_) == 0) {
        return aside;
    }
    std::vector<std::string> ids;
    for (const Reference& reference : wanted) {
        ids.emplace_back(reference.id);
    }
    sort_and_deduplicate(ids);
    for (const std::string& id : world_.links.quarantined_among(target, family_, ids)) {
        Link unusable;
        unusable.parent_id = domain::ParentId(id);
        batch.references.add(target, std::move(unusable));
        aside.insert(id);
    }
    return aside;
}

void BatchMirror::make_references(MirrorBatch& batch, const Entity& target, std::span<const Reference> wanted,
                                  std::span<const std::string_view> parks,
                                  const std::unordered_set<std::string>& aside) {
    std::unordered_map<std::string, std::string_view> missing;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        std::string id(wanted[i].id);
        if (batch.references.find(target, id, parks[i]) == nullptr && !aside.contains(id)) {
            missing.emplace(std::move(id), parks[i]);
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

    const std::lock_guard lock(caches_->references_mutex);
    auto& mirror = caches_->references[&target];
    if (mirror == nullptr) {
        mirror = std::make_unique<BatchMirror>(
            world_, target, family_,
            Settings{.rules = {.create_by_name = true}, .lease = nullptr, .assert_lease = settings_.assert_lease});
    }
    // What does not exist, or belongs to another park, gets no child on this account, and the reference dangles.
    const DocumentBatch found = world_.store(target).fetch(ids);
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
    if (of_that_park.empty()) {
        return;
    }
    const auto made = mirror->mirror_on_demand(std::move(of_that_park));
    for (auto& item : made->items) {
        if (!item.link || item.result == MirrorBatch::Result::quarantined) {
            continue;
        }
        if (item.is_to_be_committed) {
            Link link = std::move(*item.link);
            link.state = LinkState::linked;
            link.parent_park_id = domain::ParentParkId(item.parent.park_id);
            batch.references.add(target, std::move(link));
        } else if (item.link->state != LinkState::linked || item.link->parent_park_id.value() != item.parent.park_id) {
            // It came into this park, or came back, and its job has not got to it yet; then the reference can be
            // followed.
            request_backfill(batch, target, item.parent.park_id);
            request_backfill(batch, entity_, item.parent.park_id);
        } else {
            batch.references.add(target, std::move(*item.link));
        }
    }
}

void BatchMirror::find_logins(MirrorBatch& batch) {
    if (!entity_.is_park()) {
        return;
    }
    std::vector<std::string> logins;
    for (const auto& item : batch.items) {
        if (item.parent.problem.empty() && is_to_be_mirrored(entity_, candidate_of(item), settings_.rules)) {
            logins.push_back(derived_login(item.parent.login, family_));
        }
    }
    if (logins.empty()) {
        return;
    }
    for (auto& owner : store_.logins_in_use(logins)) {
        batch.login_owners.insert_or_assign(std::move(owner.login), std::move(owner.id));
    }
}

void BatchMirror::make_plan(MirrorBatch& batch, const std::unordered_map<std::string_view, bson::View>* children) {
    std::vector<Candidate> candidates;
    candidates.reserve(batch.items.size());
    for (auto& item : batch.items) {
        if (!item.link && item.proposed_child_id.empty() &&
            is_to_be_mirrored(entity_, candidate_of(item), settings_.rules)) {
            item.proposed_child_id = world_.ids.next();
        }
        Candidate candidate = candidate_of(item);
        if (children != nullptr && item.link) {
            const auto child = children->find(item.link->child_id.value());
            candidate.child = child == children->end() ? ChildRead{ChildRead::State::missing, {}}
                                                       : ChildRead{ChildRead::State::present, child->second};
        }
        candidates.push_back(candidate);
    }
    auto operations = plan(projector_, candidates, batch.references, batch.login_owners, settings_.rules);
    for (std::size_t i = 0; i < operations.size(); ++i) {
        MirrorBatch::Item& item = batch.items[i];
        item.operation = std::move(operations[i]);
        switch (item.operation.step) {
            case Step::skip:
            case Step::retire:
                item.result = MirrorBatch::Result::skipped;
                break;
            case Step::quarantine:
                item.result = MirrorBatch::Result::quarantined;
                break;
            case Step::unchanged:
                item.result = MirrorBatch::Result::unchanged;
                break;
            default:
                break;
        }
    }
}

void BatchMirror::reserve(MirrorBatch& batch) {
    std::vector<NewLink> wanted;
    std::unordered_map<std::string_view, std::size_t> positions;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        MirrorBatch::Item& item = batch.items[i];
        if (item.operation.step != Step::reserve) {
            continue;
        }
        positions.emplace(item.parent.id, i);
        wanted.push_back({domain::ParentId(item.parent.id), domain::ParentParkId(item.parent.park_id),
                          domain::ChildId(item.proposed_child_id),
                          domain::ChildParkId(entity_.is_park() ? item.proposed_child_id : item.park->child_park_id)});
    }
    if (wanted.empty()) {
        return;
    }
    for (Link& link : world_.links.reserve(settings_.lease, entity_, family_, wanted)) {
        const auto position = positions.find(link.parent_id.value());
        if (position == positions.end()) {
            continue;
        }
        MirrorBatch::Item& item = batch.items[position->second];
        item.is_new = link.state == LinkState::reserved;
        // Somebody else was faster: what was planned for our id does not hold for his.
        const bool is_ours = item.is_new && link.child_id.value() == item.proposed_child_id;
        item.operation.step = is_ours ? Step::create : Step::read_child;
        item.link = std::move(link);
    }
}

void BatchMirror::write(MirrorBatch& batch) {
    std::vector<std::size_t> to_settle = insert_new(batch);
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        if (batch.items[i].operation.step == Step::read_child) {
            to_settle.push_back(i);
        }
    }
    std::sort(to_settle.begin(), to_settle.end());
    if (is_on_demand()) {
        leave_to_the_job(batch, to_settle);
    } else {
        settle(batch, std::move(to_settle));
    }
    watch_references(batch);
}

std::vector<std::size_t> BatchMirror::insert_new(MirrorBatch& batch) {
    std::vector<ChildInsert> inserts;
    std::vector<std::size_t> positions;
    const Time now = world_.clock.now();
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        MirrorBatch::Item& item = batch.items[i];
        if (item.operation.step != Step::create) {
            continue;
        }
        const ChildIdentity child{.id = item.link->child_id.value(), .park_id = {}, .login = {}};
        inserts.push_back({projector_.new_child(child, item.operation.projection.content, now), item.link->child_id});
        positions.push_back(i);
    }
    std::vector<std::size_t> to_settle;
    if (inserts.empty()) {
        return to_settle;
    }
    settings_.assert_lease();
    const auto outcomes = store_.insert(inserts);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        MirrorBatch::Item& item = batch.items[positions[i]];
        switch (outcomes[i]) {
            case WriteOutcome::written:
                item.result = MirrorBatch::Result::created;
                item.was_inserted = true;
                item.is_to_be_committed = true;
                report_creation(item);
                break;
            case WriteOutcome::exists:
            case WriteOutcome::moved_on:
            case WriteOutcome::login_taken:
                to_settle.push_back(positions[i]);
                break;
            case WriteOutcome::refused:
                quarantine(item, reason::write_refused);
                break;
        }
    }
    return to_settle;
}

void BatchMirror::leave_to_the_job(MirrorBatch& batch, std::span<const std::size_t> existing) const {
    for (const std::size_t i : existing) {
        MirrorBatch::Item& item = batch.items[i];
        item.result = MirrorBatch::Result::unchanged;
        if (item.is_new) {
            // Made by somebody who has not finished it, from the parent as it was then.
            item.is_to_be_committed = true;
            request_backfill(batch, entity_, item.parent.park_id);
        }
    }
}

void BatchMirror::request_backfill(MirrorBatch& batch, const Entity& entity, std::string_view park_id) {
    Backfill wanted{std::string(entity.name), domain::ParentParkId(park_id), 0};
    auto& requested = batch.outcome.backfills_requested;
    if (std::find(requested.begin(), requested.end(), wanted) == requested.end()) {
        requested.push_back(std::move(wanted));
    }
}

void BatchMirror::settle(MirrorBatch& batch, std::vector<std::size_t> to_settle) {
    for (int attempt = 0; !to_settle.empty(); ++attempt) {
        if (attempt == settle_attempts_max) {
            for (const std::size_t i : to_settle) {
                MirrorBatch::Item& item = batch.items[i];
                if (item.has_to_wait) {
                    // Until whoever has the value is mirrored himself, in another batch, or retired.
                    quarantine(item, reason::write_refused);
                } else {
                    item.result = MirrorBatch::Result::unsettled;
                    batch.is_unsettled = true;
                }
            }
            return;
        }
        to_settle = settle_once(batch, to_settle);
    }
}

std::vector<std::size_t> BatchMirror::settle_once(MirrorBatch& batch, std::span<const std::size_t> to_settle) {
    std::vector<domain::ParentId> parent_ids;
    std::vector<std::string> parent_texts;
    std::vector<std::string> child_texts;
    for (const std::size_t i : to_settle) {
        const MirrorBatch::Item& item = batch.items[i];
        parent_ids.emplace_back(item.parent.id);
        parent_texts.push_back(item.parent.id);
        child_texts.push_back(item.link->child_id.value());
    }
    settings_.assert_lease();
    // First the children, then the beginning, then their parents: see the class comment.
    const DocumentBatch children = store_.fetch(child_texts);
    const auto child_by_id = by_id(children);
    const BegunWrite begun = world_.links.begin_write(settings_.lease, entity_, family_, parent_ids);
    std::unordered_map<std::string_view, SourceHash> last_written;
    for (const auto& taken : begun.taken) {
        last_written.emplace(taken.parent_id.value(), taken.hash);
    }
    std::unordered_set<std::string_view> contended;
    for (const domain::ParentId& id : begun.contended) {
        contended.insert(id.value());
    }
    batch.documents.push_back(std::make_unique<DocumentBatch>(store_.fetch(parent_texts)));
    const auto parent_by_id = by_id(*batch.documents.back());

    MirrorBatch fresh;
    std::vector<std::size_t> positions;
    for (const std::size_t i : to_settle) {
        MirrorBatch::Item& item = batch.items[i];
        const auto parent = parent_by_id.find(item.parent.id);
        if (parent == parent_by_id.end()) {
            item.operation = {};
            item.result = MirrorBatch::Result::skipped;
            continue;
        }
        MirrorBatch::Item again = inspect(parent->second);
        again.link = std::move(item.link);
        again.is_new = item.is_new;
        again.was_inserted = item.was_inserted;
        again.result = item.result;
        again.write_token = begun.token;
        fresh.items.push_back(std::move(again));
        positions.push_back(i);
    }
    if (settings_.has_company) {
        // What others have linked or moved since it was looked up must not be undone.
        caches_->parks.with([](Caches::Parks& parks) { parks = {}; });
        caches_->lasting_links.with([](auto& links) { links.clear(); });
    }
    find_parks(fresh);
    resolve_references(fresh);
    find_logins(fresh);
    make_plan(fresh, &child_by_id);

    std::vector<ChildInsert> inserts;
    std::vector<ChildUpdate> updates;
    std::vector<std::size_t> inserted;
    std::vector<std::size_t> updated;
    /// Children that are right, but that somebody else may be about to write.
    std::vector<ChildUpdate> touches;
    std::vector<std::size_t> touched;
    const Time now = world_.clock.now();
    for (std::size_t i = 0; i < fresh.items.size(); ++i) {
        MirrorBatch::Item& item = fresh.items[i];
        const bson::View content = item.operation.projection.content;
        const bool is_right = item.operation.step == Step::unchanged;
        if (is_right && !contended.contains(item.parent.id)) {
            item.is_to_be_committed = true;
        } else if (item.operation.step == Step::create) {
            const ChildIdentity child{.id = item.link->child_id.value(), .park_id = {}, .login = {}};
            inserts.push_back({projector_.new_child(child, content, now), item.link->child_id});
            inserted.push_back(i);
        } else if (is_right || item.operation.step == Step::update) {
            const bson::View existing = child_by_id.find(item.link->child_id.value())->second;
            ChildUpdate update{
                .id = item.link->child_id, .version = version_of(existing), .set = {}, .unset = {}, .replacement = {}};
            bson::Builder set;
            const bool is_awkward = has_awkward_names(content) || has_awkward_names(existing);
            for (const auto& field : item.operation.difference.fields) {
                if (field.to) {
                    set.copy(*field.to);
                } else {
                    update.unset.push_back(field.name);
                }
            }
            update.set = set.take();
            if (is_awkward) {
                update.replacement = projector_.replaced_child(existing, content);
            }
            (is_right ? touches : updates).push_back(std::move(update));
            (is_right ? touched : updated).push_back(i);
        }
    }

    std::vector<std::size_t> again;
    std::vector<std::size_t> waiting;
    const auto take = [&](std::size_t i, WriteOutcome outcome, MirrorBatch::Result result) {
        MirrorBatch::Item& item = fresh.items[i];
        switch (outcome) {
            case WriteOutcome::written:
                item.result = result;
                item.is_to_be_committed = true;
                // Only now is it certain that the child was as it was read when the hash was taken.
                if (const auto hash = last_written.find(item.parent.id); hash != last_written.end()) {
                    note_foreign_edit(batch, item, hash->second);
                }
                if (result == MirrorBatch::Result::created) {
                    item.was_inserted = true;
                    report_creation(item);
                } else if (result == MirrorBatch::Result::updated) {
                    report(item, OperationReport::Kind::update, item.operation.difference);
                }
                break;
            case WriteOutcome::login_taken:
                // A park gets another login; a user has to have this one.
                if (!entity_.unique_in_park.empty()) {
                    item.has_to_wait = true;
                    waiting.push_back(i);
                }
                [[fallthrough]];
            case WriteOutcome::exists:
            case WriteOutcome::moved_on:
                again.push_back(positions[i]);
                break;
            case WriteOutcome::refused:
                quarantine(item, reason::write_refused);
                break;
        }
    };
    if (!inserts.empty()) {
        settings_.assert_lease();
        const auto outcomes = store_.insert(inserts);
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            take(inserted[i], outcomes[i], MirrorBatch::Result::created);
        }
    }
    if (!updates.empty()) {
        settings_.assert_lease();
        const auto outcomes = store_.update(updates);
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            take(updated[i], outcomes[i], MirrorBatch::Result::updated);
        }
    }
    for (std::size_t i = 0; i < touches.size(); ++i) {
        settings_.assert_lease();
        // One by one: of several that change nothing, the store cannot always tell which came too late.
        take(touched[i], store_.update(std::span(&touches[i], 1)).front(), MirrorBatch::Result::unchanged);
    }
    give_way(fresh, waiting, child_by_id);
    for (std::size_t i = 0; i < fresh.items.size(); ++i) {
        // The difference looked into children that go away now.
        fresh.items[i].operation.difference = {};
        batch.items[positions[i]] = std::move(fresh.items[i]);
    }
    std::sort(again.begin(), again.end());
    return again;
}

void BatchMirror::give_way(const MirrorBatch& batch, std::span<const std::size_t> waiting,
                           const std::unordered_map<std::string_view, bson::View>& children) {
    std::vector<ChildUpdate> updates;
    for (const std::size_t i : waiting) {
        const MirrorBatch::Item& item = batch.items[i];
        const auto child = children.find(item.link->child_id.value());
        const std::string stand_in = "~" + item.link->child_id.value();
        const auto value = child == children.end() ? std::nullopt : child->second.find(entity_.unique_in_park);
        if (value && !(value->is_string() && value->string() == stand_in)) {
            updates.push_back({.id = item.link->child_id,
                               .version = version_of(child->second),
                               .set = bson::Builder().string(entity_.unique_in_park, stand_in).take(),
                               .unset = {},
                               .replacement = {}});
        }
    }
    if (!updates.empty()) {
        settings_.assert_lease();
        // Whatever comes of it, the children are read again.
        static_cast<void>(store_.update(updates));
    }
}

void BatchMirror::note_foreign_edit(MirrorBatch& batch, const MirrorBatch::Item& item, const SourceHash& last_written) {
    const Operation& operation = item.operation;
    const bool differs = operation.step == Step::update || operation.step == Step::create;
    if (!differs || operation.projection.hash != last_written || item.link->state != LinkState::linked) {
        return;
    }
    record_foreign_edit(batch.foreign_edits, batch.outcome, *item.link,
                        operation.step == Step::create ? ForeignEdit::Kind::removed : ForeignEdit::Kind::changed,
                        operation.difference);
}

void BatchMirror::record_foreign_edit(ForeignEditsFound& found, BatchOutcome& outcome, const Link& link,
                                      ForeignEdit::Kind kind, const Difference& difference) {
    ++found.count;
    if (caches_->foreign_edits_recorded == foreign_edits_recorded_max) {
        ++found.without_record;
        return;
    }
    ++caches_->foreign_edits_recorded;
    outcome.foreign_edits.push_back({
        .key = world_.ids.next(),
        .kind = kind,
        .parent_id = link.parent_id,
        .parent_park_id = link.parent_park_id,
        .child_id = link.child_id,
        .child_park_id = link.child_park_id,
        .fields = changes_json(difference),
    });
}

void BatchMirror::quarantine(MirrorBatch::Item& item, std::string_view reason) const {
    item.operation.step = Step::quarantine;
    item.operation.reason = reason;
    item.result = MirrorBatch::Result::quarantined;
}

void BatchMirror::report(const MirrorBatch::Item& item, OperationReport::Kind kind,
                         const Difference& difference) const {
    if (!world_.on_operation) {
        return;
    }
    const domain::ParentId parent_id(item.parent.id);
    world_.on_operation({kind, &entity_, &family_, &parent_id, &item.link->child_id, &difference});
}

void BatchMirror::report_creation(const MirrorBatch::Item& item) const {
    if (world_.on_operation) {
        report(item, OperationReport::Kind::create,
               projector_.difference(bson::View(), item.operation.projection.content));
    }
}

void BatchMirror::add_profiles(MirrorBatch& batch) {
    if (!entity_.has_driver_profile) {
        return;
    }
    std::vector<DriverProfile> profiles;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        const MirrorBatch::Item& item = batch.items[i];
        if (!item.is_to_be_committed) {
            continue;
        }
        std::string license = domain::normalize_license(item.parent.license_number);
        if (!license.empty()) {
            profiles.push_back(
                {std::move(license), domain::ChildParkId(item.park->child_park_id), item.link->child_id});
            positions.push_back(i);
        }
    }
    if (profiles.empty()) {
        return;
    }
    settings_.assert_lease();
    for (const std::size_t refused : world_.unique_drivers.add_profiles(family_, profiles)) {
        // His link stays `reserved`: whoever mends the record finds him tried again.
        MirrorBatch::Item& item = batch.items[positions[refused]];
        quarantine(item, reason::write_refused);
        item.is_to_be_committed = false;
    }
}

void BatchMirror::watch_references(const MirrorBatch& batch) {
    if (!world_.on_untaught_reference) {
        return;
    }
    std::vector<Projector::Suspect> suspects;
    for (const auto& item : batch.items) {
        if (item.result == MirrorBatch::Result::created || item.result == MirrorBatch::Result::updated) {
            projector_.collect_suspects(item.parent.document, suspects);
        }
    }
    std::unordered_map<std::string, std::vector<std::string>> fields_by_text;
    for (const auto& suspect : suspects) {
        auto seen = caches_->suspects_seen.find(suspect.field);
        if (seen == caches_->suspects_seen.end()) {
            seen = caches_->suspects_seen.emplace(suspect.field, 0).first;
        }
        if (seen->second < suspects_per_field_max) {
            ++seen->second;
            fields_by_text[std::string(suspect.text)].emplace_back(suspect.field);
        }
    }
    if (fields_by_text.empty()) {
        return;
    }
    std::vector<std::string> texts;
    texts.reserve(fields_by_text.size());
    for (const auto& [text, fields] : fields_by_text) {
        texts.push_back(text);
    }
    std::sort(texts.begin(), texts.end());
    for (const auto& [name, store] : world_.stores) {
        // Another service may be away, and need not hold up this job for a hint.
        if (mirroring::entity(name).storage != entity_.storage) {
            continue;
        }
        for (const auto& found : store->presence(texts)) {
            for (const std::string& field : fields_by_text[found.id]) {
                world_.on_untaught_reference(entity_, field);
            }
        }
    }
}

RunCounts BatchMirror::counts_of(const MirrorBatch::Item& item) {
    RunCounts counts;
    counts.read = 1;
    switch (item.result) {
        case MirrorBatch::Result::created:
            counts.created = 1;
            break;
        case MirrorBatch::Result::updated:
            counts.updated = 1;
            break;
        case MirrorBatch::Result::unchanged:
            counts.unchanged = 1;
            break;
        case MirrorBatch::Result::quarantined:
            counts.quarantined = 1;
            break;
        default:
            counts.skipped = 1;
            break;
    }
    counts.dangling_references = item.operation.projection.dangling_references;
    return counts;
}

void BatchMirror::commit(MirrorBatch& batch) {
    // Here, so that the next batch's children are written meanwhile.
    add_profiles(batch);
    const auto created_with_park = [&](const MirrorBatch::Item& item) {
        return entity_.is_park() && item.is_new && item.is_to_be_committed;
    };
    BatchOutcome& outcome = batch.outcome;
    std::vector<std::string> not_quarantined;
    for (auto& item : batch.items) {
        batch.counts += counts_of(item);
        if (item.result == MirrorBatch::Result::quarantined) {
            outcome.quarantined.push_back({item.parent.id, item.parent.park_id, item.operation.reason});
            caches_->may_have_quarantined = true;
        } else if (!settings_.has_company && (!is_on_demand() || item.was_inserted)) {
            // A child that was left to the job was not looked at: its parent may well be in quarantine.
            not_quarantined.push_back(item.parent.id);
        }
        if (item.operation.step == Step::retire) {
            batch.retirements.push_back(*item.link);
        }
        if (item.is_to_be_committed) {
            SyncedLink synced{
                .parent_id = item.link->parent_id,
                .parent_park_id = domain::ParentParkId(item.parent.park_id),
                .child_park_id =
                    domain::ChildParkId(entity_.is_park() ? item.link->child_id.value() : item.park->child_park_id),
                .source_hash = item.operation.projection.hash,
                .source_updated_ts = to_time(item.parent.version),
                .write_token = item.write_token,
            };
            if (is_on_demand()) {
                synced.source_hash.reset();
            }
            outcome.synced.push_back(std::move(synced));
        }
        if (created_with_park(item)) {
            for (const Entity& entity : entities()) {
                if (entity.creation == Creation::with_park) {
                    outcome.backfills_requested.push_back(
                        {std::string(entity.name), domain::ParentParkId(item.parent.id), 0});
                }
            }
        }
    }

    std::call_once(caches_->quarantine_asked, [&] {
        if (world_.links.count_quarantined(entity_, family_) > 0) {
            caches_->may_have_quarantined = true;
        }
    });
    if (caches_->may_have_quarantined && !not_quarantined.empty()) {
        outcome.released = world_.links.quarantined_among(entity_, family_, not_quarantined);
        if (entity_.is_park()) {
            for (const std::string& park : outcome.released) {
                for (const Entity& entity : entities()) {
                    if (!entity.is_park()) {
                        outcome.backfills_requested.push_back(
                            {std::string(entity.name), domain::ParentParkId(park), 0});
                    }
                }
            }
        }
    }
    if (!outcome.empty()) {
        world_.links.record_outcome(settings_.lease, entity_, family_,
                                    is_on_demand() ? SyncedLinks::reserved_only : SyncedLinks::all, outcome);
    }
    if (batch.foreign_edits.count > 0 && world_.on_foreign_edits) {
        world_.on_foreign_edits(entity_, family_, batch.foreign_edits);
    }
}

std::unique_ptr<MirrorBatch> BatchMirror::mirror_on_demand(DocumentBatch&& documents) {
    auto batch = prepare(std::move(documents));
    write(*batch);
    commit(*batch);
    look_again(*batch);
    return batch;
}

void BatchMirror::look_again(const MirrorBatch& batch) {
    std::unordered_map<std::string_view, const MirrorBatch::Item*> created;
    std::vector<std::string> ids;
    for (const auto& item : batch.items) {
        if (item.is_to_be_committed) {
            created.emplace(item.parent.id, &item);
            ids.push_back(item.parent.id);
        }
    }
    if (ids.empty()) {
        return;
    }
    MirrorBatch moved;
    const DocumentBatch parents = store_.fetch(ids);
    for (std::size_t i = 0; i < parents.size(); ++i) {
        const ParentFacts now = projector_.inspect(parents[i]);
        const auto before = created.find(now.id);
        if (before == created.end() ||
            std::ranges::equal(before->second->parent.document.bytes(), parents[i].bytes())) {
            continue;
        }
        // The job may have met this version while there was no link to tell it that the parent is mirrored.
        request_backfill(moved, entity_, before->second->parent.park_id);
        if (!now.park_id.empty()) {
            request_backfill(moved, entity_, now.park_id);
        }
    }
    if (!moved.outcome.empty()) {
        world_.links.record_outcome(nullptr, entity_, family_, SyncedLinks::reserved_only, moved.outcome);
    }
}

std::vector<Link> BatchMirror::switched_on(std::span<const Link> retired) {
    std::unordered_map<std::string_view, const Link*> by_child;
    std::vector<std::string> ids;
    for (const Link& link : retired) {
        by_child.emplace(link.child_id.value(), &link);
        ids.push_back(link.child_id.value());
    }
    std::vector<Link> found;
    const DocumentBatch children = store_.fetch(ids);
    for (const auto& [id, child] : by_id(children)) {
        bson::Document storage;
        const auto link = by_child.find(id);
        if (link != by_child.end() && !projector_.retirement(child, storage).empty()) {
            found.push_back(*link->second);
        }
    }
    return found;
}

std::size_t BatchMirror::retire(std::span<const Link> links, BatchOutcome& outcome) {
    const Time now = world_.links.now();
    std::vector<Link> left(links.begin(), links.end());
    std::size_t retired = 0;
    ForeignEditsFound foreign_edits;
    for (int attempt = 0; attempt < settle_attempts_max && !left.empty(); ++attempt) {
        std::vector<domain::ParentId> parent_ids;
        std::vector<std::string> parent_texts;
        std::vector<std::string> child_texts;
        for (const Link& link : left) {
            parent_ids.push_back(link.parent_id);
            parent_texts.push_back(link.parent_id.value());
            child_texts.push_back(link.child_id.value());
        }
        settings_.assert_lease();
        const DocumentBatch children = store_.fetch(child_texts);
        const auto child_by_id = by_id(children);
        const BegunWrite begun = world_.links.begin_write(settings_.lease, entity_, family_, parent_ids);
        std::unordered_set<std::string_view> contended;
        for (const domain::ParentId& id : begun.contended) {
            contended.insert(id.value());
        }
        // A park may have been linked since this pass looked, and its children brought back by others.
        caches_->parks.with([](Caches::Parks& parks) { parks = {}; });
        // Whoever is back by now, in a park that is mirrored, is not retired after all.
        MirrorBatch parents;
        parents.documents.push_back(std::make_unique<DocumentBatch>(store_.fetch(parent_texts)));
        for (std::size_t i = 0; i < parents.documents.back()->size(); ++i) {
            parents.items.push_back(inspect((*parents.documents.back())[i]));
        }
        find_parks(parents);
        std::unordered_set<std::string> back;
        for (const auto& item : parents.items) {
            const bool is_mirrored = entity_.is_park()
                                         ? !item.parent.is_child
                                         : item.park && (item.park->is_mirrored || item.park->is_quarantined);
            if (is_mirrored || !item.parent.problem.empty()) {
                back.insert(item.parent.id);
            }
        }

        std::vector<ChildUpdate> updates;
        std::vector<std::size_t> updated;
        std::vector<Difference> differences(left.size());
        std::vector<bson::Document> storage(left.size());
        for (std::size_t i = 0; i < left.size(); ++i) {
            if (back.contains(left[i].parent_id.value())) {
                continue;
            }
            const auto child = child_by_id.find(left[i].child_id.value());
            if (child != child_by_id.end()) {
                differences[i] = projector_.retirement(child->second, storage[i]);
            }
            if (child == child_by_id.end() && left[i].state == LinkState::reserved &&
                left[i].created_at > now - creator_gives_up_after) {
                // Whoever reserved the id may still be about to use it: the next full pass looks again.
                continue;
            }
            const bool is_contended = contended.contains(left[i].parent_id.value());
            if (child == child_by_id.end() && is_contended && left[i].state == LinkState::linked) {
                // Somebody had removed it, and whoever had begun may be about to insert it: his write ends here, and
                // the next full pass looks again.
                outcome.synced.push_back({.parent_id = left[i].parent_id,
                                          .parent_park_id = left[i].parent_park_id,
                                          .child_park_id = left[i].child_park_id,
                                          .source_hash = std::nullopt,
                                          .source_updated_ts = left[i].source_updated_ts,
                                          .write_token = begun.token});
                continue;
            }
            if (child == child_by_id.end() || (differences[i].empty() && !is_contended)) {
                outcome.retired.push_back({left[i].parent_id, begun.token});
                ++retired;
                continue;
            }
            ChildUpdate update{.id = left[i].child_id,
                               .version = version_of(child->second),
                               .set = {},
                               .unset = {},
                               .replacement = {}};
            // Of one that is off already this makes a new version and changes nothing: see the class comment.
            update.set = storage[i];
            if (has_awkward_names(child->second)) {
                bson::Builder replacement;
                bool is_set = differences[i].empty();
                for (const bson::Element& element : child->second) {
                    if (!is_set && element.key == entity_.retirement.field) {
                        replacement.copy(*differences[i].fields.front().to);
                        is_set = true;
                    } else if (element.key != "updated_ts") {
                        replacement.copy(element);
                    }
                }
                if (!is_set) {
                    replacement.copy(*differences[i].fields.front().to);
                }
                update.replacement = replacement.take();
            }
            updates.push_back(std::move(update));
            updated.push_back(i);
        }
        std::vector<Link> again;
        if (!updates.empty()) {
            settings_.assert_lease();
            const auto outcomes = store_.update(updates);
            for (std::size_t i = 0; i < outcomes.size(); ++i) {
                const Link& link = left[updated[i]];
                if (outcomes[i] == WriteOutcome::written) {
                    outcome.retired.push_back({link.parent_id, begun.token});
                    ++retired;
                    if (link.state == LinkState::retired && !differences[updated[i]].empty() &&
                        !contended.contains(link.parent_id.value())) {
                        record_foreign_edit(foreign_edits, outcome, link, ForeignEdit::Kind::changed,
                                            differences[updated[i]]);
                    }
                    if (world_.on_operation && !differences[updated[i]].empty()) {
                        world_.on_operation({OperationReport::Kind::retire, &entity_, &family_, &link.parent_id,
                                             &link.child_id, &differences[updated[i]]});
                    }
                } else if (outcomes[i] != WriteOutcome::refused) {
                    again.push_back(link);
                }
            }
        }
        left = std::move(again);
    }
    if (foreign_edits.count > 0 && world_.on_foreign_edits) {
        world_.on_foreign_edits(entity_, family_, foreign_edits);
    }
    return retired;
}

}  // namespace twinfleet::mirroring
