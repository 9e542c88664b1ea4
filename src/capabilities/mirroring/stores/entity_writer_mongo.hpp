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

/// Writes children into an entity's collection in MongoDB, and tells what became of each. Safe to use from several
/// threads.
///
/// - A write that the server refuses as a whole, or at which it drops the connection while it is otherwise there, is
/// told
///   apart from its batch and `refused` alone (see write_isolation_mongo.hpp).
/// - The server sets `updated_ts`: a MongoDB fills in the empty Timestamp of an insert or a replacement, other updates
/// set
///   it by `$currentDate`.
/// - Which of its unique indexes stopped a write the server says only in words, so the writer looks: at a document of
///   that id, then at one of that login.
/// - The answer to a batch of guarded updates counts those that found their child, but does not say which. Where it
/// does
///   not say it of all, the writer looks at the children themselves.
class EntityWriterMongo {
public:
    struct Settings {
        /// Connections in a row that one batch of writes may cost before a document in it is suspected.
        std::size_t breaks_max = 2;
    };

    /// `pool` and `reader`, of the same collection, must outlive this. `has_logins`: documents have a unique `login`.
    EntityWriterMongo(const mongo::Pool& pool, mongo::Collection collection, const EntityReaderMongo& reader,
                      bool has_logins, const Settings& settings);

    // As EntityStore says.

    [[nodiscard]] std::vector<WriteOutcome> insert(std::span<const ChildInsert> children);
    [[nodiscard]] std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates);

private:
    [[nodiscard]] std::vector<WriteOutcome> insert_batch(std::span<const ChildInsert> children);
    /// Of the updates those in `which`, all of which replace their child, or none.
    void update_those(std::span<const ChildUpdate> updates, std::span<const std::size_t> which, bool are_replaced,
                      std::vector<WriteOutcome>& outcomes);

    /// How many of the updates of a request found their child.
    enum class Taken : std::uint8_t { none, some, all };
    /// An update of which the server's answer does not tell what became of it.
    struct Unclear {
        std::size_t place;
        /// Of those that it travelled with, itself included.
        Taken taken;
    };
    /// Looks at the children themselves.
    void tell_unclear(std::span<const ChildUpdate> updates, std::span<const Unclear> unclear,
                      std::vector<WriteOutcome>& outcomes);

    /// A write that a unique index other than that of `_id` stopped.
    struct Duplicate {
        std::size_t place;
        std::string id;
        /// The login that was to be written, where there are any.
        std::optional<std::string> login;
    };
    void tell_duplicates(std::span<const Duplicate> duplicates, std::vector<WriteOutcome>& outcomes) const;
    [[nodiscard]] std::optional<std::string> login_of(bson::View fields) const;

    const mongo::Collection collection_;
    const EntityReaderMongo& reader_;
    const bool has_logins_;
    const Settings settings_;
    stand_in::Versions stand_in_versions_;
};

}  // namespace twinfleet::mirroring
