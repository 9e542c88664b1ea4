#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"

/// Where no MongoDB is at hand, tools/embedded_mongo serves its wire protocol from memory. Here stands everything that
/// the stores do only because this stand-in differs from a MongoDB; with a MongoDB alone all of it could go. It differs
/// in three things:
///
/// - Its answers have no bound: it packs as many documents into one as were asked for.
/// - It keeps an empty `updated_ts` empty, which a MongoDB fills in with the time of the write.
/// - It changes nothing at all, `updated_ts` included, when what an update sets equals what stands there in its own
///   sense, which knows one kind of number and no order of fields.
///
/// In a few places the stores have a choice that is all one to a MongoDB, and take what the stand-in can do as well:
/// the index of (updated_ts, _id) is unique, since it keeps no other kind; guarded updates name just these two fields,
/// so that this index serves them; filters name no BSON types that it does not know.
namespace twinfleet::mirroring::stand_in {

// Answers without a bound.

/// Whether the client took an answer for no message at all because it was longer than the 48,000,000 bytes that the
/// server had promised to keep to (maxMessageSizeBytes). A MongoDB ends an answer at 16 MiB.
[[nodiscard]] bool was_too_large(const platform::StoreRefused& refusal) noexcept;
/// For the next attempt after such an answer.
void ask_one_by_one(mongo::FindOptions& options) noexcept;

// Versions that stay empty.

/// Which versions to write. A MongoDB replaces a top-level Timestamp(0, 0) by the time of the write
/// (mongodb.com/docs/manual/reference/bson-types, "Timestamps"). The stand-in does not, which the first insert shows;
/// from then on documents are written with the server's clock, asked once for each batch, which is never ahead of it.
/// Safe to use from several threads.
class Versions {
public:
    /// The pool must outlive this.
    Versions(const mongo::Pool& pool, mongo::Collection collection) : pool_(pool), collection_(std::move(collection)) {}

    /// Whether an insert has shown what the server does.
    [[nodiscard]] bool are_known() const noexcept { return by_whom_ != ByWhom::unknown; }
    /// Whether the server is known to be a MongoDB, which sets the versions itself.
    [[nodiscard]] bool are_set_by_server() const noexcept { return by_whom_ == ByWhom::server; }

    /// The `updated_ts` of documents that are inserted now, in one batch.
    [[nodiscard]] bson::Timestamp for_inserts() const;
    /// The same for replacements. As long as nothing is known of the server, its clock is taken.
    [[nodiscard]] bson::Timestamp for_replacements() const;

    /// Documents of a store by id, each with its version.
    using Found = std::unordered_map<std::string, bson::ChangeTime>;
    /// Sets the versions of those that are still empty, each by itself: a document that the server will not change
    /// stops no other.
    void set_empty(const Found& found) const;
    /// To be told, once an insert is through, of the documents that were inserted and found by id afterwards.
    void learn_from(const Found& found, std::span<const std::string> inserted_ids);

private:
    enum class ByWhom : std::uint8_t { unknown, server, store };

    [[nodiscard]] bson::Timestamp server_clock() const;

    const mongo::Pool& pool_;
    const mongo::Collection collection_;
    /// Turns once, from unknown.
    std::atomic<ByWhom> by_whom_ = ByWhom::unknown;
};

// Updates that change nothing.

/// Whether the stand-in may have left the child as it was although it counts the update as done: a value of this type
/// can equal another one, to the stand-in, without being the same.
[[nodiscard]] bool may_have_been_kept(const ChildUpdate& update);
/// Whether the child holds what equals, to the stand-in, what the update asked for, so that it may have been left as it
/// was. Never of a replacement.
[[nodiscard]] bool has_been_kept(bson::View child, const ChildUpdate& update);
/// The update that brings the child to the values that were asked for all the same: it replaces the child as a whole,
/// guarded by the version that the child has now.
[[nodiscard]] ChildUpdate replacing_update(bson::View child, const ChildUpdate& update);

}  // namespace twinfleet::mirroring::stand_in
