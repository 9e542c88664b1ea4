#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/mongo/change_times.hpp"
#include "platform/mongo/client.hpp"

/// Where no MongoDB is at hand, tools/embedded_mongo serves its wire protocol from memory. This header holds everything
/// that the stores do only because this stand-in differs from a MongoDB, or because a server may that only resembles
/// one; with a MongoDB alone all of it could go. The stand-in differs in the first of three things, and in the others
/// when it is started with `--only-similar`, as the tests of the stores do to try them:
///
/// - The size of its answers has no limit: it packs as many documents into one answer as were asked for.
/// - It keeps an empty `updated_ts` empty, which a MongoDB replaces by the time of the write.
/// - It changes nothing at all, not even `updated_ts`, when the values that an update sets equal the present ones by
///   its own rules, in which all kinds of numbers are one and the order of fields does not matter.
///
/// In a few places the stores do what a MongoDB does not need but the stand-in does: the index of (updated_ts, _id) is
/// unique, since the stand-in keeps no other kind; guarded updates name just these two fields, so that this index
/// serves them; filters name no BSON types that the stand-in does not know.
namespace twinfleet::mirroring::stand_in {

// Answers without a bound.

/// Whether the client refused an answer because it was longer than the 48,000,000 bytes that the server had promised
/// not to exceed (maxMessageSizeBytes). A MongoDB ends an answer at 16 MiB.
[[nodiscard]] bool was_too_large(const platform::StoreRefused& refusal) noexcept;
/// Changes the options for the next attempt after such an answer: documents are asked for one by one.
void ask_one_by_one(mongo::FindOptions& options) noexcept;

// Versions that stay empty.

/// The versions (`updated_ts`) that are written, as mongo::ChangeTimes has them, for a store whose documents have
/// strings as ids. Safe to use from several threads.
class Versions : public mongo::ChangeTimes {
public:
    /// The pool outlives this.
    Versions(const mongo::Pool& pool, mongo::Collection collection)
        : ChangeTimes(pool), collection_(std::move(collection)) {}

    /// Documents that were found in the store, by id, each with its version.
    using Found = std::unordered_map<std::string, bson::ChangeTime>;
    /// Sets the versions of those documents that are still empty, each by a write of its own, so that a document that
    /// the server will not change stops no other.
    void set_empty(const Found& found) const;
    /// Has to be called after an insert with the ids of the documents that were inserted, and with those documents as
    /// they were found afterwards. Learns from them what the server does.
    void learn_from(const Found& found, std::span<const std::string> inserted_ids);

private:
    const mongo::Collection collection_;
};

// Updates that change nothing.

/// Whether the stand-in may have left the child as it was although it counts the update as done: one of the values to
/// be set is of a type in which the stand-in takes two different values for equal.
[[nodiscard]] bool may_have_been_kept(const ChildUpdate& update);
/// Whether the child holds values that the stand-in takes for equal to those that the update asked for, so that it may
/// have been left as it was. False for a replacement.
[[nodiscard]] bool has_been_kept(bson::View child, const ChildUpdate& update);
/// The update that brings the child to the values that were asked for all the same: it replaces the whole child,
/// guarded by the version that the child has now.
[[nodiscard]] ChildUpdate replacing_update(bson::View child, const ChildUpdate& update);

}  // namespace twinfleet::mirroring::stand_in
