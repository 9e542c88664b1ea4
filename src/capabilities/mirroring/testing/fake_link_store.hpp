#pragma once

#include <string>

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds.hpp"
#include "capabilities/mirroring/testing/fake_world.hpp"

/// As in PostgreSQL, text with a NUL byte or that is not UTF-8 is refused: platform::StoreRefused, and nothing changes.
namespace twinfleet::mirroring::testing {

/// The links as one process sees them.
class FakeLinkStore final : public LinkStore {
public:
    explicit FakeLinkStore(FakeWorld& world, std::string runner = "runner");

    [[nodiscard]] std::vector<Link> find_by_parent(const Entity& entity, const domain::AppFamily& family,
                                                   std::span<const domain::ParentId> ids) override;
    [[nodiscard]] std::vector<FamilyLink> find_in_all_families(const Entity& entity,
                                                               std::span<const domain::ParentId> parent_ids) override;
    [[nodiscard]] std::vector<FamilyLink> find_by_child(const Entity& entity,
                                                        std::span<const domain::ChildId> ids) override;
    [[nodiscard]] std::vector<Link> list(const Entity& entity, const domain::AppFamily& family,
                                         const Page& page) override;
    [[nodiscard]] std::size_t count_not_retired(const Entity& entity, const domain::AppFamily& family,
                                                std::span<const domain::ParentParkId> parent_park_ids) override;
    [[nodiscard]] std::vector<Link> reserve(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                            std::span<const NewLink> links) override;
    [[nodiscard]] BegunWrite begin_write(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                         std::span<const domain::ParentId> ids) override;
    [[nodiscard]] std::vector<domain::ParentId> taken_over_among(const Lease* lease, const Entity& entity,
                                                                 const domain::AppFamily& family,
                                                                 std::span<const OwnWrite> writes) override;
    void record_outcome(const Lease* lease, const Entity& entity, const domain::AppFamily& family, SyncedLinks which,
                        const BatchOutcome& outcome) override;
    void keep_retired(const Entity& entity, const domain::AppFamily& family, std::span<const domain::ParentId> ids,
                      bool is_kept) override;
    [[nodiscard]] std::vector<domain::ParentId> erased_among(std::span<const domain::ParentId> driver_ids) override;
    [[nodiscard]] std::optional<Cursor> cursor(const Entity& entity, const domain::AppFamily& family) override;
    [[nodiscard]] std::vector<Backfill> pending_backfills(const Entity& entity, const domain::AppFamily& family,
                                                          std::size_t limit) override;
    [[nodiscard]] std::vector<std::string> quarantined_among(const Entity& entity, const domain::AppFamily& family,
                                                             std::span<const std::string> ids) override;
    [[nodiscard]] std::size_t count_quarantined(const Entity& entity, const domain::AppFamily& family) override;
    [[nodiscard]] Time now() override;

private:
    FakeWorld& world_;
    const std::string runner_;
};

/// Leases by the world's clock. One that has lapsed stays good until somebody takes it over; one that was given back
/// does not.
class FakeLeaseStore final : public LeaseStore {
public:
    explicit FakeLeaseStore(FakeWorld& world, std::string runner = "runner");

    [[nodiscard]] std::optional<Lease> acquire(std::string_view job, std::string_view family, std::string_view holder,
                                               std::chrono::milliseconds lifetime) override;
    [[nodiscard]] bool renew(const Lease& lease, std::chrono::milliseconds lifetime) override;
    void release(const Lease& lease) override;

private:
    FakeWorld& world_;
    const std::string runner_;
};

class FakeFullRoundStore final : public FullRoundStore {
public:
    explicit FakeFullRoundStore(FakeWorld& world, std::string runner = "runner");

    [[nodiscard]] std::optional<FullRound> current(std::string_view job, const domain::AppFamily& family,
                                                   std::uint32_t shard_count,
                                                   std::chrono::milliseconds interval) override;
    [[nodiscard]] std::vector<FullShard> shards(const FullRound& round) override;
    [[nodiscard]] bool begin(const Lease& lease, const FullRound& round, std::uint32_t shard,
                             std::string_view holder) override;
    [[nodiscard]] std::size_t grant_retirements(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                                std::size_t wanted, std::size_t budget) override;
    bool finish(const Lease& lease, const FullRound& round, std::uint32_t shard, const RunCounts& counts) override;
    [[nodiscard]] std::optional<FullRound> last_finished(std::string_view job,
                                                         const domain::AppFamily& family) override;

private:
    FakeWorld& world_;
    const std::string runner_;
};

class FakeQuarantineStore final : public QuarantineStore {
public:
    explicit FakeQuarantineStore(FakeWorld& world, std::string runner = "runner");

    [[nodiscard]] std::vector<QuarantineEntry> list(const QuarantineFilter& filter) override;
    [[nodiscard]] std::size_t drop(const std::vector<std::int64_t>& ids) override;

private:
    FakeWorld& world_;
    const std::string runner_;
};

}  // namespace twinfleet::mirroring::testing
