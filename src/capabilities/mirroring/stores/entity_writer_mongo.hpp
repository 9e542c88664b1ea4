#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/stores/entity_reader_mongo.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "capabilities/mirroring/stores/stand_in_mongo.hpp"
#include "platform/bson/view.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// Writes children into the collection of an entity in MongoDB, and tells what became of each. Safe to use from several
/// threads.
///
/// - A server may refuse a whole command because of one document, or drop the connection at it while it is otherwise
///   there. Such a document is found, and it alone gets the outcome `refused` (write_isolation_mongo.hpp).
/// - The server sets `updated_ts`: a MongoDB fills in the empty Timestamp of an insert or a replacement; other updates
///   set it by `$currentDate`.
/// - The server says only in words which of its unique indexes stopped a write. So the writer looks for a document with
///   that id, and then for one with that login.
/// - The answer to a batch of guarded updates counts how many found their child, but does not say which. Unless all
///   did, the writer reads the children to find out.
/// - Guards and unique indexes go by what the primary has, other reads by what a majority of the replica set has. So
///   the writer looks for what was in its way among all that the primary has. A child that it finds there alone is not
///   acknowledged yet, and may be taken back: the batch is platform::StoreUnavailable then, and has to be sent again.
class EntityWriterMongo {
public:
    struct Settings {
        /// How many connections in a row may break at one batch of writes before a document in the batch is suspected.
        std::size_t breaks_max = 2;
    };

    /// `pool` and `reader`, which reads the same collection, outlive this. `has_logins` says whether documents have a
    /// unique `login`.
    EntityWriterMongo(const mongo::Pool& pool, mongo::Collection collection, const EntityReaderMongo& reader,
                      bool has_logins, const Settings& settings);

    // These functions do what EntityStore says.

    [[nodiscard]] std::vector<WriteOutcome> insert(std::span<const ChildInsert> children);
    [[nodiscard]] std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates);

private:
    [[nodiscard]] std::vector<WriteOutcome> insert_batch(std::span<const ChildInsert> children);
    /// Throws unless the store takes writes and acknowledges them: sends an update that finds no document. A replica
    /// set acknowledges it when a majority has everything that was written before it.
    void check_store() const;
    /// Sends those of the updates that `which` names. Either all of these replace their child, or none does.
    void update_those(std::span<const ChildUpdate> updates, std::span<const std::size_t> which, bool are_replaced,
                      std::vector<WriteOutcome>& outcomes);

    /// How many of the updates of a request found their child.
    enum class Taken : std::uint8_t { none, some, all };
    /// An update of which the server's answer does not tell what became of it.
    struct Unclear {
        std::size_t place;
        /// How many of the updates in the same request, this one included, found their child.
        Taken taken;
    };
    /// Finds the outcomes of these updates by reading the children.
    void tell_unclear(std::span<const ChildUpdate> updates, std::span<const Unclear> unclear,
                      std::vector<WriteOutcome>& outcomes);

    /// A write that was stopped by a unique index other than that of `_id`.
    struct Duplicate {
        std::size_t place;
        std::string id;
        /// The login that was to be written, where there are any.
        std::optional<std::string> login;
    };
    void tell_duplicates(std::span<const Duplicate> duplicates, std::vector<WriteOutcome>& outcomes) const;
    /// Throws when one of the documents that stopped these inserts is there, but not acknowledged yet.
    void throw_if_not_acknowledged(std::span<const Duplicate> duplicates) const;
    [[nodiscard]] std::optional<std::string> login_of(bson::View fields) const;

    const mongo::Collection collection_;
    const EntityReaderMongo& reader_;
    const bool has_logins_;
    const Settings settings_;
    stand_in::Versions stand_in_versions_;
};

}  // namespace twinfleet::mirroring
