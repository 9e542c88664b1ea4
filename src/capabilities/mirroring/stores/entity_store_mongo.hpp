#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// An entity's collection in MongoDB. Safe to use from several threads.
///
/// `updated_ts` of an insert is the server's: a top-level Timestamp(0, 0) is replaced by its clock when the document is
/// stored (mongodb.com/docs/manual/reference/bson-types, "Timestamps"). The embedded server does not do that, so the
/// store reads its first insert back, and where nothing was stamped stamps it with `$currentDate`. From then on inserts
/// there carry the server's clock, asked once for each batch, which is never ahead of it.
///
/// A write that the server refuses as a whole, or at which it drops the connection while it is otherwise there, is told
/// apart from its batch and `refused` alone (see write_isolation_mongo.hpp).
class EntityStoreMongo final : public EntityStore {
public:
    struct Settings {
        /// Attempts at a read that broke before its first document.
        std::size_t read_attempts_max = 2;
        /// Connections in a row that one batch of writes may cost before a document in it is suspected.
        std::size_t write_breaks_max = 2;
        /// Ids in one query.
        std::size_t ids_per_query = 1000;
    };

    /// `pool` must outlive the store, and the store its streams; of `entity` only database, collection and park field
    /// count.
    EntityStoreMongo(const mongo::Pool& pool, const Entity& entity, const Settings& settings);

    [[nodiscard]] std::unique_ptr<DocumentStream> changed_since(const Cursor& cursor, const Scope& scope,
                                                                const BatchLimits& limits) override;
    [[nodiscard]] std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits) override;
    [[nodiscard]] DocumentBatch fetch(std::span<const std::string> ids) override;
    [[nodiscard]] DocumentBatch fetch_quarantined(std::span<const std::string> ids) override;
    [[nodiscard]] std::vector<Presence> presence(std::span<const std::string> ids) override;
    [[nodiscard]] std::vector<WriteOutcome> insert(std::span<const ChildInsert> children) override;
    [[nodiscard]] std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates) override;
    [[nodiscard]] std::vector<LoginOwner> logins_in_use(std::span<const std::string> logins) override;
    [[nodiscard]] std::int64_t server_time_ms() override;
    [[nodiscard]] std::int64_t estimated_count() override;

private:
    enum class Stamping : std::uint8_t {
        unknown,    ///< nothing has been inserted yet
        by_server,  ///< Timestamp(0, 0) becomes the time of the write
        by_store,   ///< Timestamp(0, 0) would stay
    };

    using TakeDocument = std::function<void(bson::View)>;
    void read(bson::View filter, mongo::FindOptions options, const TakeDocument& take) const;
    /// Documents whose `field` is one of the strings, asked for in several queries.
    void read_by_strings(std::string_view field, std::span<const std::string> values, const mongo::FindOptions& options,
                         const TakeDocument& take) const;
    void check_store() const;
    [[nodiscard]] bson::Timestamp server_clock() const;

    [[nodiscard]] std::vector<WriteOutcome> insert_batch(std::span<const ChildInsert> children);
    void update_those(std::span<const ChildUpdate> updates, std::span<const std::size_t> which, bool are_replaced,
                      std::vector<WriteOutcome>& outcomes);

    /// Updates of which the server's answer does not tell what became of them: it counts what it took, but does not say
    /// which, and the embedded server takes some without a change (see are_alike in the source).
    enum class Taken : std::uint8_t { none, some, all };
    struct Unclear {
        std::size_t place;
        /// How many of those that it travelled with, itself included.
        Taken taken;
    };
    /// Looks at the children themselves.
    void tell_unclear(std::span<const ChildUpdate> updates, std::span<const Unclear> unclear,
                      std::vector<WriteOutcome>& outcomes);

    /// Those of the documents that exist, and whether each still had to be stamped, which is done.
    using Existing = std::unordered_map<std::string, bool>;
    [[nodiscard]] Existing look_up_and_stamp(std::span<const std::string> ids) const;

    /// A write that a unique index other than that of `_id` stopped.
    struct Duplicate {
        std::size_t place;
        std::string id;
        /// Parks only: the login that was to be written.
        std::optional<std::string> login;
    };
    void tell_duplicates(std::span<const Duplicate> duplicates, std::vector<WriteOutcome>& outcomes);
    [[nodiscard]] std::optional<std::string> login_of(bson::View fields) const;

    const mongo::Pool& pool_;
    const mongo::Collection collection_;
    const std::string park_field_;
    const Settings settings_;
    /// Turns once, from unknown.
    std::atomic<Stamping> stamping_ = Stamping::unknown;
    /// An answer of many documents has been too large; streams ask for one at a time since.
    std::atomic<bool> answers_are_small_ = false;
};

}  // namespace twinfleet::mirroring
