#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::incremental_cache {

/// One of the copies of a collection: a store may have several, of which one takes the writes and the others follow it.
struct Copy {
    /// Which one it is, in terms of the source; nullopt: the one that takes the writes.
    std::optional<std::uint32_t> server;
    /// How far it is behind: every write that was acknowledged longer ago than this is in it.
    std::chrono::milliseconds behind{0};
};

/// The collection that a cache follows. Documents come with those fields that the cached type asks for. Every function
/// throws platform::StoreUnavailable while the store cannot be reached, and platform::StoreRefused when the store
/// answers with an error. Safe to use from several threads.
class DocumentSource {
public:
    DocumentSource() = default;
    DocumentSource(const DocumentSource&) = delete;
    DocumentSource& operator=(const DocumentSource&) = delete;
    virtual ~DocumentSource() = default;

    /// Called with each document, which is valid during the call. Returns false to end the read.
    using Take = std::function<bool(bson::View)>;

    /// The copy for the next read of changed_since() or all(), which may be any of them.
    [[nodiscard]] virtual Copy choose_copy() { return {}; }
    /// Reads the documents of the copy whose `updated_ts` is at `from` or later, for each of its two types. For a type
    /// of which `from` has no value, reads all documents.
    virtual void changed_since(const bson::ChangePosition& from, const Copy& copy, const Take& take) = 0;
    /// Reads every document of the copy.
    virtual void all(const Copy& copy, const Take& take) = 0;
    /// Reads the documents with these ids, as far as they exist, as they are now, from the copy that takes the writes:
    /// a document that somebody was told has been written is read with that write.
    virtual void by_ids(std::span<const std::string> ids, const Take& take) = 0;
    /// The latest `updated_ts` of each type. One that is later than the time by the store's clock counts as that time.
    [[nodiscard]] virtual bson::ChangePosition latest() = 0;
    /// The time by the clock that sets `updated_ts`, in milliseconds since 1970.
    [[nodiscard]] virtual std::int64_t server_time_ms() = 0;
};

}  // namespace twinfleet::incremental_cache
