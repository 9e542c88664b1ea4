#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/stores/entity_reader_mongo.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "capabilities/mirroring/stores/entity_writer_mongo.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// The store of an entity whose documents are in a collection of MongoDB: a reader and a writer over this collection.
/// Safe to use from several threads.
class EntityStoreMongo final : public EntityStore {
public:
    struct Settings {
        EntityReaderMongo::Settings read;
        EntityWriterMongo::Settings write;
    };

    /// `pool` outlives the store, and the store outlives its streams. Nothing of `entity` is kept, and nothing but its
    /// database, its collection and its park field matters.
    EntityStoreMongo(const mongo::Pool& pool, const Entity& entity, const Settings& settings);

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
    /// None: nothing here notes what was removed.
    [[nodiscard]] std::vector<Removal> removed_since(const std::optional<Removal>& after,
                                                     std::size_t count_max) override;
    /// None: users are elsewhere.
    [[nodiscard]] std::vector<ParkLogin> login_holders(std::span<const ParkLogin> logins) override;
    [[nodiscard]] std::int64_t server_time_ms() override;
    [[nodiscard]] std::int64_t estimated_count() override;

private:
    const mongo::Pool& pool_;
    const mongo::Collection collection_;
    EntityReaderMongo reader_;
    EntityWriterMongo writer_;
};

}  // namespace twinfleet::mirroring
