#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// Reads the collection of an entity in MongoDB. This is the part of EntityStoreMongo that changes nothing. Safe to use
/// from several threads.
///
/// A query that breaks before its first document is repeated, so that a connection that was lost while it lay idle does
/// no harm. A query that breaks later throws platform::StoreUnavailable, because the documents that were handed out
/// already would come again.
///
/// Documents that are asked for by id or login come from the primary, whatever the connection string says: updates are
/// guarded by the versions that are read here, and whoever creates a child looks at its parent again.
class EntityReaderMongo {
public:
    struct Settings {
        /// How often a query that breaks before its first document is tried.
        std::size_t attempts_max = 2;
        /// The most ids, or logins, in one query.
        std::size_t ids_per_query = 1000;
    };

    /// `park_field` is the field that holds the id of the park a document belongs to.
    EntityReaderMongo(mongo::Collection collection, std::string park_field, const Settings& settings);

    // These functions do what EntityStore says. The reader outlives its streams.

    [[nodiscard]] std::unique_ptr<DocumentStream> changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                                const BatchLimits& limits);
    [[nodiscard]] std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits);
    [[nodiscard]] std::unique_ptr<DocumentStream> with_empty_time(const BatchLimits& limits);
    [[nodiscard]] DocumentBatch fetch(std::span<const std::string> ids) const;
    [[nodiscard]] DocumentBatch fetch_quarantined(std::span<const std::string> ids) const;
    [[nodiscard]] std::vector<EntityStore::Presence> presence(std::span<const std::string> ids) const;
    [[nodiscard]] std::vector<EntityStore::LoginOwner> logins_in_use(std::span<const std::string> logins) const;

    // These functions are for EntityWriterMongo.

    /// Which writes a read sees.
    enum class Visibility : std::uint8_t {
        acknowledged,  ///< those that a majority of the replica set has
        all,           ///< all that the primary has, as unique indexes and the filters of updates do
    };
    /// The `updated_ts` of each of these documents that exists, by id.
    [[nodiscard]] std::unordered_map<std::string, bson::ChangeTime> versions(
        std::span<const std::string> ids, Visibility visibility = Visibility::acknowledged) const;
    /// As fetch() and logins_in_use(), with all that the primary has.
    [[nodiscard]] DocumentBatch fetch_all_there_is(std::span<const std::string> ids) const;
    [[nodiscard]] std::vector<EntityStore::LoginOwner> logins_there_are(std::span<const std::string> logins) const;

private:
    using TakeDocument = std::function<void(bson::View)>;
    void read(bson::View filter, mongo::FindOptions options, const TakeDocument& take) const;
    /// Reads the documents whose `field` is one of the strings from the primary, in several queries.
    void read_by_strings(std::string_view field, std::span<const std::string> values, const mongo::FindOptions& options,
                         const TakeDocument& take) const;

    [[nodiscard]] std::vector<EntityStore::LoginOwner> find_logins(std::span<const std::string> logins,
                                                                   mongo::FindOptions options) const;

    const mongo::Collection collection_;
    const std::string park_field_;
    const Settings settings_;
    /// An answer of many documents has been too large (see stand_in_mongo.hpp); streams ask for one at a time since.
    std::atomic<bool> answers_are_small_ = false;
};

}  // namespace twinfleet::mirroring
