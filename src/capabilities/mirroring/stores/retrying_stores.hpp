#pragma once

#include <memory>
#include <vector>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "capabilities/mirroring/stores/mirror_stores.hpp"
#include "capabilities/mirroring/stores/retry.hpp"

namespace twinfleet::mirroring {

/// A LinkStore that repeats every call while the store is away, which all calls allow. Both arguments outlive it. The
/// same holds for the other stores of this file.
class RetryingLinkStore final : public LinkStore {
public:
    RetryingLinkStore(LinkStore& store, const Retry& retry) : store_(store), retry_(retry) {}

    std::vector<Link> find_by_parent(const Entity& entity, const domain::AppFamily& family,
                                     std::span<const domain::ParentId> ids) override {
        return retry_([&] { return store_.find_by_parent(entity, family, ids); });
    }
    std::vector<FamilyLink> find_in_all_families(const Entity& entity,
                                                 std::span<const domain::ParentId> parent_ids) override {
        return retry_([&] { return store_.find_in_all_families(entity, parent_ids); });
    }
    std::vector<FamilyLink> find_by_child(const Entity& entity, std::span<const domain::ChildId> ids) override {
        return retry_([&] { return store_.find_by_child(entity, ids); });
    }
    std::vector<Link> list(const Entity& entity, const domain::AppFamily& family, const Page& page) override {
        return retry_([&] { return store_.list(entity, family, page); });
    }
    std::size_t count_not_retired(const Entity& entity, const domain::AppFamily& family,
                                  std::span<const domain::ParentParkId> parent_park_ids) override {
        return retry_([&] { return store_.count_not_retired(entity, family, parent_park_ids); });
    }
    std::vector<Link> reserve(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                              std::span<const NewLink> links) override {
        return retry_([&] { return store_.reserve(lease, entity, family, links); });
    }
    BegunWrite begin_write(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                           std::span<const domain::ParentId> ids) override {
        return retry_([&] { return store_.begin_write(lease, entity, family, ids); });
    }
    std::vector<domain::ParentId> taken_over_among(const Lease* lease, const Entity& entity,
                                                   const domain::AppFamily& family,
                                                   std::span<const OwnWrite> writes) override {
        return retry_([&] { return store_.taken_over_among(lease, entity, family, writes); });
    }
    void record_outcome(const Lease* lease, const Entity& entity, const domain::AppFamily& family, SyncedLinks which,
                        const BatchOutcome& outcome) override {
        retry_([&] { store_.record_outcome(lease, entity, family, which, outcome); });
    }
    void keep_retired(const Entity& entity, const domain::AppFamily& family, std::span<const domain::ParentId> ids,
                      bool is_kept) override {
        retry_([&] { store_.keep_retired(entity, family, ids, is_kept); });
    }
    std::vector<domain::ParentId> erased_among(std::span<const domain::ParentId> driver_ids) override {
        return retry_([&] { return store_.erased_among(driver_ids); });
    }
    std::optional<Cursor> cursor(const Entity& entity, const domain::AppFamily& family) override {
        return retry_([&] { return store_.cursor(entity, family); });
    }
    std::vector<Backfill> pending_backfills(const Entity& entity, const domain::AppFamily& family,
                                            std::size_t limit) override {
        return retry_([&] { return store_.pending_backfills(entity, family, limit); });
    }
    std::vector<std::string> quarantined_among(const Entity& entity, const domain::AppFamily& family,
                                               std::span<const std::string> ids) override {
        return retry_([&] { return store_.quarantined_among(entity, family, ids); });
    }
    std::size_t count_quarantined(const Entity& entity, const domain::AppFamily& family) override {
        return retry_([&] { return store_.count_quarantined(entity, family); });
    }
    Time now() override {
        return retry_([&] { return store_.now(); });
    }

private:
    LinkStore& store_;
    const Retry& retry_;
};

/// The same for an EntityStore. A stream that breaks off in the middle is not resumed; its reader has to begin again.
class RetryingEntityStore final : public EntityStore {
public:
    RetryingEntityStore(EntityStore& store, const Retry& retry) : store_(store), retry_(retry) {}

    std::unique_ptr<DocumentStream> changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                  const BatchLimits& limits) override {
        return retry_([&] { return store_.changed_since(from, scope, limits); });
    }
    std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits) override {
        return retry_([&] { return store_.all(scope, limits); });
    }
    std::unique_ptr<DocumentStream> with_empty_time(const BatchLimits& limits) override {
        return retry_([&] { return store_.with_empty_time(limits); });
    }
    DocumentBatch fetch(std::span<const std::string> ids) override {
        return retry_([&] { return store_.fetch(ids); });
    }
    DocumentBatch fetch_quarantined(std::span<const std::string> ids) override {
        return retry_([&] { return store_.fetch_quarantined(ids); });
    }
    std::vector<Presence> presence(std::span<const std::string> ids) override {
        return retry_([&] { return store_.presence(ids); });
    }
    std::vector<WriteOutcome> insert(std::span<const ChildInsert> children) override {
        return retry_([&] { return store_.insert(children); });
    }
    std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates) override {
        return retry_([&] { return store_.update(updates); });
    }
    std::vector<LoginOwner> logins_in_use(std::span<const std::string> logins) override {
        return retry_([&] { return store_.logins_in_use(logins); });
    }
    std::vector<Removal> removed_since(const std::optional<Removal>& after, std::size_t count_max) override {
        return retry_([&] { return store_.removed_since(after, count_max); });
    }
    std::vector<ParkLogin> login_holders(std::span<const ParkLogin> logins) override {
        return retry_([&] { return store_.login_holders(logins); });
    }
    std::int64_t server_time_ms() override {
        return retry_([&] { return store_.server_time_ms(); });
    }
    std::int64_t settled_until_ms(std::chrono::milliseconds overlap) override {
        return retry_([&] { return store_.settled_until_ms(overlap); });
    }
    std::int64_t estimated_count() override {
        return retry_([&] { return store_.estimated_count(); });
    }

private:
    EntityStore& store_;
    const Retry& retry_;
};

/// The same for a UniqueDriverStore.
class RetryingUniqueDriverStore final : public UniqueDriverStore {
public:
    RetryingUniqueDriverStore(UniqueDriverStore& store, const Retry& retry) : store_(store), retry_(retry) {}

    std::vector<std::size_t> place_profiles(const domain::AppFamily& family,
                                            std::span<const DriverProfile> profiles) override {
        return retry_([&] { return store_.place_profiles(family, profiles); });
    }
    std::vector<ProfilePlace> find_profiles(const domain::AppFamily& family,
                                            std::span<const DriverProfile> profiles) override {
        return retry_([&] { return store_.find_profiles(family, profiles); });
    }

private:
    UniqueDriverStore& store_;
    const Retry& retry_;
};

/// The same for a QuarantineStore.
class RetryingQuarantineStore final : public QuarantineStore {
public:
    RetryingQuarantineStore(QuarantineStore& store, const Retry& retry) : store_(store), retry_(retry) {}

    std::vector<QuarantineEntry> list(const QuarantineFilter& filter) override {
        return retry_([&] { return store_.list(filter); });
    }
    std::size_t drop(const std::vector<std::int64_t>& ids) override {
        return retry_([&] { return store_.drop(ids); });
    }

private:
    QuarantineStore& store_;
    const Retry& retry_;
};

/// All stores of the mirror, with every call repeated while a store is away. Both arguments outlive this.
class RetryingStores {
public:
    RetryingStores(const MirrorStores& stores, const Retry& retry)
        : links_(stores.links, retry),
          quarantine_(stores.quarantine, retry),
          unique_drivers_(stores.unique_drivers, retry),
          ids_(stores.ids) {
        for (const auto& [name, store] : stores.entities) {
            owned_.push_back(std::make_unique<RetryingEntityStore>(*store, retry));
            entities_.emplace(name, owned_.back().get());
        }
    }

    /// The repeating stores. The result refers to this object.
    [[nodiscard]] MirrorStores stores() noexcept { return {links_, quarantine_, entities_, unique_drivers_, ids_}; }

private:
    RetryingLinkStore links_;
    RetryingQuarantineStore quarantine_;
    RetryingUniqueDriverStore unique_drivers_;
    std::vector<std::unique_ptr<RetryingEntityStore>> owned_;
    EntityStoresByName entities_;
    IdSource& ids_;
};

}  // namespace twinfleet::mirroring
