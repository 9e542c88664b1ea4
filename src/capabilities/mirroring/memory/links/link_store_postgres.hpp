#pragma once

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The links in the tables of schema `fleet_sync` (contract, section 2). Errors as of postgres::Pool. Beyond what every
/// LinkStore promises:
///
/// - A text that PostgreSQL cannot hold (a NUL byte, not UTF-8) is refused with platform::StoreRefused, and nothing
///   changes. A document with such an id goes into quarantine as `bad_id`, where the id is written as Extended JSON, in
///   which a NUL byte is escaped.
/// - What reserve() and begin_write() have done survives a crash of the database. An outcome that was recorded under a
///   lease may be lost by such a crash, as a whole, together with those recorded after it, but none before it. The
///   definition of record_outcome() says why nothing breaks by that.
class PostgresLinkStore final : public LinkStore {
public:
    explicit PostgresLinkStore(postgres::Pool& pool) : pool_(pool) {}

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
    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
