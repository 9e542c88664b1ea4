#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::incremental_cache {

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

    /// Reads the documents whose `updated_ts` is at `from` or later, for each of its two types. For a type of which
    /// `from` has no value, reads all documents.
    virtual void changed_since(const bson::ChangePosition& from, const Take& take) = 0;
    /// Reads every document.
    virtual void all(const Take& take) = 0;
    /// Reads the documents with these ids, as far as they exist, as they are now: a document that somebody was told has
    /// been written is read with that write.
    virtual void by_ids(std::span<const std::string> ids, const Take& take) = 0;
    /// The latest `updated_ts` of each type. One that is later than the time by the store's clock counts as that time.
    [[nodiscard]] virtual bson::ChangePosition latest() = 0;
    /// The time by the clock that sets `updated_ts`, in milliseconds since 1970.
    [[nodiscard]] virtual std::int64_t server_time_ms() = 0;
};

}  // namespace twinfleet::incremental_cache
