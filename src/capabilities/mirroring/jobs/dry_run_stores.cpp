#include "capabilities/mirroring/jobs/dry_run_stores.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::mirroring {
namespace {

/// Where a document that does not exist yet would stand, there stands this. No store makes such an id.
constexpr std::string_view mark = "(new child ";

class DryRunIds final : public IdSource {
public:
    std::string next() override {
        return numbers_.with([](std::uint64_t& number) { return std::string(mark) + std::to_string(++number) + ")"; });
    }

private:
    platform::Guarded<std::uint64_t> numbers_;
};

/// Links and quarantine as they would be, over those that are.
class DryRunLinks final : public LinkStore {
public:
    explicit DryRunLinks(LinkStore& store) : store_(store) {}

    std::vector<Link> find_by_parent(const Entity& entity, const domain::AppFamily& family,
                                     std::span<const domain::ParentId> ids) override {
        auto links = store_.find_by_parent(entity, family, ids);
        made_.with([&](const auto& made) {
            for (const domain::ParentId& id : ids) {
                const auto found = made.find(key(entity, family, id.value()));
                if (found == made.end()) {
                    continue;
                }
                const auto stored =
                    std::find_if(links.begin(), links.end(), [&](const Link& link) { return link.parent_id == id; });
                if (stored == links.end()) {
                    links.push_back(found->second);
                } else {
                    *stored = found->second;
                }
            }
        });
        show_as_kept(entity, family, links);
        return links;
    }
    std::vector<FamilyLink> find_in_all_families(const Entity& entity,
                                                 std::span<const domain::ParentId> parent_ids) override {
        return store_.find_in_all_families(entity, parent_ids);
    }
    std::vector<FamilyLink> find_by_child(const Entity& entity, std::span<const domain::ChildId> ids) override {
        return store_.find_by_child(entity, ids);
    }
    std::vector<Link> list(const Entity& entity, const domain::AppFamily& family, const Page& page) override {
        auto links = store_.list(entity, family, page);
        show_as_kept(entity, family, links);
        return links;
    }
    std::size_t count_not_retired(const Entity& entity, const domain::AppFamily& family,
                                  std::span<const domain::ParentParkId> parent_park_ids) override {
        return store_.count_not_retired(entity, family, parent_park_ids);
    }
    std::vector<Link> reserve(const Lease*, const Entity& entity, const domain::AppFamily& family,
                              std::span<const NewLink> links) override {
        std::vector<Link> reserved;
        const Time now = store_.now();
        for (const NewLink& link : links) {
            reserved.push_back({link.parent_id, link.parent_park_id, link.child_id, link.child_park_id,
                                LinkState::reserved, std::nullopt, std::nullopt, now, now});
        }
        remember(entity, family, reserved);
        return reserved;
    }
    BegunWrite begin_write(const Lease*, const Entity&, const domain::AppFamily&,
                           std::span<const domain::ParentId>) override {
        return {};
    }
    std::vector<domain::ParentId> taken_over_among(const Lease*, const Entity&, const domain::AppFamily&,
                                                   std::span<const OwnWrite>) override {
        return {};
    }
    void record_outcome(const Lease*, const Entity& entity, const domain::AppFamily& family, SyncedLinks,
                        const BatchOutcome& outcome) override {
        std::vector<domain::ParentId> ids;
        for (const SyncedLink& synced : outcome.synced) {
            ids.push_back(synced.parent_id);
        }
        for (const RetiredLink& retired : outcome.retired) {
            ids.push_back(retired.parent_id);
        }
        auto links = find_by_parent(entity, family, ids);
        std::unordered_map<std::string, const SyncedLink*> by_parent;
        for (const SyncedLink& synced : outcome.synced) {
            by_parent.emplace(synced.parent_id.value(), &synced);
        }
        for (Link& link : links) {
            const auto synced = by_parent.find(link.parent_id.value());
            if (synced == by_parent.end()) {
                link.state = LinkState::retired;
                link.source_hash.reset();
                continue;
            }
            link.state = LinkState::linked;
            link.parent_park_id = synced->second->parent_park_id;
            link.child_park_id = synced->second->child_park_id;
            link.source_hash = synced->second->source_hash;
        }
        remember(entity, family, links);
        remember_quarantine(entity, family, outcome);
        backfills_.with([&](auto& backfills) {
            for (const Backfill& backfill : outcome.backfills_requested) {
                backfills.emplace_back(family.name, backfill);
            }
            for (const Backfill& done : outcome.backfills_done) {
                std::erase(backfills, std::pair(family.name, done));
            }
        });
    }
    void keep_retired(const Entity& entity, const domain::AppFamily& family, std::span<const domain::ParentId> ids,
                      bool is_kept) override {
        kept_.with([&](auto& kept) {
            for (const domain::ParentId& id : ids) {
                kept.insert_or_assign(key(entity, family, id.value()), is_kept);
            }
        });
    }
    std::vector<domain::ParentId> erased_among(std::span<const domain::ParentId> driver_ids) override {
        return store_.erased_among(driver_ids);
    }
    std::optional<Cursor> cursor(const Entity& entity, const domain::AppFamily& family) override {
        return store_.cursor(entity, family);
    }
    std::vector<Backfill> pending_backfills(const Entity& entity, const domain::AppFamily& family,
                                            std::size_t limit) override {
        auto pending = store_.pending_backfills(entity, family, limit);
        backfills_.with([&](const auto& backfills) {
            for (const auto& [of_family, backfill] : backfills) {
                if (of_family == family.name && backfill.entity == entity.name) {
                    pending.push_back(backfill);
                }
            }
        });
        return pending;
    }
    std::vector<std::string> quarantined_among(const Entity& entity, const domain::AppFamily& family,
                                               std::span<const std::string> ids) override {
        const auto stored = store_.quarantined_among(entity, family, ids);
        const std::unordered_set<std::string> before(stored.begin(), stored.end());
        std::vector<std::string> quarantined;
        quarantine_.with([&](const auto& changed) {
            for (const std::string& id : ids) {
                const auto now = changed.find(key(entity, family, id));
                if (now == changed.end() ? before.contains(id) : now->second.tried_at.has_value()) {
                    quarantined.push_back(id);
                }
            }
        });
        return quarantined;
    }
    /// With those that would go there, who may be there already: nobody asks for more than whether there are any.
    std::size_t count_quarantined(const Entity& entity, const domain::AppFamily& family) override {
        const std::string of_entity = key(entity, family, "");
        const std::size_t changed = quarantine_.with([&](const auto& known) {
            return static_cast<std::size_t>(std::count_if(known.begin(), known.end(), [&](const auto& entry) {
                return entry.second.tried_at && entry.first.starts_with(of_entity);
            }));
        });
        return store_.count_quarantined(entity, family) + changed;
    }
    Time now() override { return store_.now(); }

    /// Whether an entry of the quarantine would still be there, and last tried before `tried_before`.
    bool would_be_found(const QuarantineEntry& entry, const std::optional<Time>& tried_before) const {
        return quarantine_.with([&](const auto& changed) {
            const auto found = changed.find(key(entry.entity, entry.family, entry.parent.parent_id));
            if (found == changed.end()) {
                return true;
            }
            const std::optional<Time>& tried_at = found->second.tried_at;
            return tried_at && (!tried_before || *tried_at < *tried_before);
        });
    }

private:
    /// What has become of a parent that was in quarantine or would go there.
    struct QuarantineChange {
        /// When it was last tried in vain; absent for one that would be out of quarantine.
        std::optional<Time> tried_at;
    };

    static std::string key(const Entity& entity, const domain::AppFamily& family, std::string_view id) {
        return key(entity.name, family.name, id);
    }
    static std::string key(std::string_view entity, std::string_view family, std::string_view id) {
        return std::string(entity).append(1, '\0').append(family).append(1, '\0').append(id);
    }
    /// Only links of what others refer to are asked for again.
    static bool is_referred_to(const Entity& entity) {
        return std::any_of(entities().begin(), entities().end(), [&](const Entity& other) {
            return std::any_of(other.fields.begin(), other.fields.end(),
                               [&](const FieldPolicy& policy) { return policy.target == entity.name; });
        });
    }
    void remember(const Entity& entity, const domain::AppFamily& family, const std::vector<Link>& links) {
        if (!is_referred_to(entity)) {
            return;
        }
        made_.with([&](auto& made) {
            for (const Link& link : links) {
                made.insert_or_assign(key(entity, family, link.parent_id.value()), link);
            }
        });
    }
    void remember_quarantine(const Entity& entity, const domain::AppFamily& family, const BatchOutcome& outcome) {
        if (outcome.quarantined.empty() && outcome.released.empty()) {
            return;
        }
        const Time now = store_.now();
        quarantine_.with([&](auto& changed) {
            for (const Quarantined& parent : outcome.quarantined) {
                changed.insert_or_assign(key(entity, family, parent.parent_id), QuarantineChange{now});
            }
            for (const std::string& id : outcome.released) {
                changed.insert_or_assign(key(entity, family, id), QuarantineChange{});
            }
        });
    }

    /// As if keep_retired() had been done.
    void show_as_kept(const Entity& entity, const domain::AppFamily& family, std::vector<Link>& links) const {
        kept_.with([&](const auto& kept) {
            if (kept.empty()) {
                return;
            }
            for (Link& link : links) {
                const auto found = kept.find(key(entity, family, link.parent_id.value()));
                if (found != kept.end() && link.kept_retired != KeptRetired::erased) {
                    link.kept_retired = found->second ? std::optional(KeptRetired::on_purpose) : std::nullopt;
                }
            }
        });
    }

    LinkStore& store_;
    platform::Guarded<std::unordered_map<std::string, Link>> made_;
    platform::Guarded<std::unordered_map<std::string, QuarantineChange>> quarantine_;
    /// Whether a link is kept retired, of those that keep_retired() was asked about.
    platform::Guarded<std::unordered_map<std::string, bool>> kept_;
    platform::Guarded<std::vector<std::pair<std::string, Backfill>>> backfills_;
};

class DryRunQuarantine final : public QuarantineStore {
public:
    DryRunQuarantine(QuarantineStore& store, const DryRunLinks& links) : store_(store), links_(links) {}

    /// Whom the run has tried in vain has been tried by now: an incremental pass would try and count him once more, and
    /// a full pass would take him for gone, and a park for out of quarantine. Those that would come there have no
    /// entry: only who was there before is looked for.
    std::vector<QuarantineEntry> list(const QuarantineFilter& filter) override {
        QuarantineFilter rest = filter;
        for (;;) {
            auto entries = store_.list(rest);
            if (entries.empty()) {
                return entries;
            }
            // An empty page would end the reader's walk.
            rest.after_id = entries.back().id;
            std::erase_if(entries, [&](const QuarantineEntry& entry) {
                return !links_.would_be_found(entry, filter.tried_before);
            });
            if (!entries.empty()) {
                return entries;
            }
        }
    }
    std::size_t drop(const std::vector<std::int64_t>&) override { return 0; }

private:
    QuarantineStore& store_;
    const DryRunLinks& links_;
};

class DryRunEntities final : public EntityStore {
public:
    explicit DryRunEntities(EntityStore& store) : store_(store) {}

    std::unique_ptr<DocumentStream> changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                  const BatchLimits& limits) override {
        return store_.changed_since(from, scope, limits);
    }
    std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits) override {
        return store_.all(scope, limits);
    }
    DocumentBatch fetch(std::span<const std::string> ids) override { return store_.fetch(ids); }
    DocumentBatch fetch_quarantined(std::span<const std::string> ids) override { return store_.fetch_quarantined(ids); }
    std::vector<Presence> presence(std::span<const std::string> ids) override { return store_.presence(ids); }
    std::vector<WriteOutcome> insert(std::span<const ChildInsert> children) override {
        return std::vector<WriteOutcome>(children.size(), WriteOutcome::written);
    }
    std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates) override {
        return std::vector<WriteOutcome>(updates.size(), WriteOutcome::written);
    }
    std::vector<LoginOwner> logins_in_use(std::span<const std::string> logins) override {
        return store_.logins_in_use(logins);
    }
    std::unique_ptr<DocumentStream> with_empty_time(const BatchLimits& limits) override {
        return store_.with_empty_time(limits);
    }
    std::vector<Removal> removed_since(const std::optional<Removal>& after, std::size_t count_max) override {
        return store_.removed_since(after, count_max);
    }
    std::vector<ParkLogin> login_holders(std::span<const ParkLogin> logins) override {
        return store_.login_holders(logins);
    }
    std::int64_t server_time_ms() override { return store_.server_time_ms(); }
    std::int64_t settled_until_ms(std::chrono::milliseconds overlap) override {
        return store_.settled_until_ms(overlap);
    }
    std::int64_t estimated_count() override { return store_.estimated_count(); }

private:
    EntityStore& store_;
};

class DryRunUniqueDrivers final : public UniqueDriverStore {
public:
    std::vector<std::size_t> place_profiles(const domain::AppFamily&, std::span<const DriverProfile>) override {
        return {};
    }
    std::vector<ProfilePlace> find_profiles(const domain::AppFamily&,
                                            std::span<const DriverProfile> profiles) override {
        return std::vector(profiles.size(), ProfilePlace::right);
    }
};

}  // namespace

struct DryRunStores::Stores {
    explicit Stores(const MirrorStores& real) : links(real.links), quarantine(real.quarantine, links) {
        for (const auto& [name, store] : real.entities) {
            owned.push_back(std::make_unique<DryRunEntities>(*store));
            entities.emplace(name, owned.back().get());
        }
    }

    DryRunLinks links;
    DryRunQuarantine quarantine;
    std::vector<std::unique_ptr<DryRunEntities>> owned;
    EntityStoresByName entities;
    DryRunUniqueDrivers unique_drivers;
    DryRunIds ids;
};

DryRunStores::DryRunStores(const MirrorStores& real) : stores_(std::make_unique<Stores>(real)) {}
DryRunStores::~DryRunStores() = default;

MirrorStores DryRunStores::stores() noexcept {
    return {stores_->links, stores_->quarantine, stores_->entities, stores_->unique_drivers, stores_->ids};
}

bool DryRunStores::is_of_child_to_be_made(const domain::ChildId& id) {
    return id.value().starts_with(mark);
}

}  // namespace twinfleet::mirroring
