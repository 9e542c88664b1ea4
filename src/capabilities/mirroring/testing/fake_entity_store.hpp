#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "capabilities/mirroring/stores/unique_driver_store.hpp"
#include "capabilities/mirroring/testing/fake_world.hpp"

namespace twinfleet::mirroring::testing {

/// One entity's documents as one process sees them. Groups and users keep the rules of access-control: a user's group
/// is in his park, his login is nobody else's there (a disabled user gives his up), and a group does not leave its
/// users. A call that breaks the contract of EntityStore (sets `_id`, addresses a field by a name that MongoDB would
/// take for a path) throws std::logic_error: it is the caller's mistake.
class FakeEntityStore final : public EntityStore {
public:
    FakeEntityStore(FakeWorld& world, const Entity& entity, std::string runner = "runner");

    [[nodiscard]] std::unique_ptr<DocumentStream> changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                                const BatchLimits& limits) override;
    [[nodiscard]] std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits) override;
    [[nodiscard]] std::unique_ptr<DocumentStream> with_empty_time(const BatchLimits& limits) override;
    [[nodiscard]] DocumentBatch fetch(std::span<const std::string> ids) override;
    [[nodiscard]] DocumentBatch fetch_quarantined(std::span<const std::string> ids) override;
    [[nodiscard]] std::vector<Presence> presence(std::span<const std::string> ids) override;
    [[nodiscard]] std::vector<WriteOutcome> insert(std::span<const ChildInsert> children) override;
    [[nodiscard]] std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates) override;
    [[nodiscard]] std::vector<LoginOwner> logins_in_use(std::span<const std::string> logins) override;
    [[nodiscard]] std::vector<Removal> removed_since(const std::optional<Removal>& after,
                                                     std::size_t count_max) override;
    [[nodiscard]] std::vector<ParkLogin> login_holders(std::span<const ParkLogin> logins) override;
    [[nodiscard]] std::int64_t server_time_ms() override;
    [[nodiscard]] std::int64_t estimated_count() override;

private:
    template <typename Item>
    using WriteOne = WriteOutcome (FakeEntityStore::*)(FakeWorld::Data&, const Item&) const;
    /// One call that writes documents, one after the other.
    template <typename Item>
    [[nodiscard]] std::vector<WriteOutcome> write(std::string_view name, std::span<const Item> items,
                                                  WriteOne<Item> write_one);
    [[nodiscard]] std::string call(std::string_view name) const;
    [[nodiscard]] bool keeps_empty_times() const noexcept;
    [[nodiscard]] WriteOutcome insert_one(FakeWorld::Data& data, const ChildInsert& child) const;
    void set_empty_time(FakeWorld::Data& data, const ChildInsert& child) const;
    [[nodiscard]] WriteOutcome update_one(FakeWorld::Data& data, const ChildUpdate& update) const;
    /// What access-control says to it; it may make room for it.
    [[nodiscard]] WriteOutcome admit_record(FakeWorld::Data& data, const std::string& key, bson::View document) const;
    [[nodiscard]] WriteOutcome store(FakeWorld::Data& data, const std::string& key,
                                     const bson::Document& content) const;
    [[nodiscard]] WriteOutcome store(FakeWorld::Data& data, const std::string& key, const bson::Document& content,
                                     bson::Timestamp updated_ts) const;

    FakeWorld& world_;
    const Entity& entity_;
    const std::string runner_;
};

/// `dbtaxi.unique_drivers` as one process sees it; documents {_id, license, profiles}.
class FakeUniqueDriverStore final : public UniqueDriverStore {
public:
    explicit FakeUniqueDriverStore(FakeWorld& world, std::string runner = "runner");

    std::vector<std::size_t> place_profiles(const domain::AppFamily& family,
                                            std::span<const DriverProfile> profiles) override;
    std::vector<ProfilePlace> find_profiles(const domain::AppFamily& family,
                                            std::span<const DriverProfile> profiles) override;

private:
    FakeWorld& world_;
    const std::string runner_;
};

}  // namespace twinfleet::mirroring::testing
