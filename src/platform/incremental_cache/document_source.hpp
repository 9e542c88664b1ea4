#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::incremental_cache {

/// The collection that a cache follows. Documents come with the fields that the cached type asks for. Every call throws
/// platform::StoreUnavailable while the store cannot be reached and platform::StoreRefused when it answers with an
/// error. Safe to use from several threads.
class DocumentSource {
public:
    DocumentSource() = default;
    DocumentSource(const DocumentSource&) = delete;
    DocumentSource& operator=(const DocumentSource&) = delete;
    virtual ~DocumentSource() = default;

    /// Is called with each document, which is valid during the call; returns false to end the read.
    using Take = std::function<bool(bson::View)>;

    /// The documents whose `updated_ts` is at `from` or later, for each of its two types; of a type for which `from`
    /// has no value, all.
    virtual void changed_since(const bson::ChangePosition& from, const Take& take) = 0;
    /// Every document.
    virtual void all(const Take& take) = 0;
    /// The documents of these ids, as far as they exist.
    virtual void by_ids(std::span<const std::string> ids, const Take& take) = 0;
    /// The latest `updated_ts` of each type; one that is later than the store's clock counts as now.
    [[nodiscard]] virtual bson::ChangePosition latest() = 0;
    /// The clock that sets `updated_ts`, in milliseconds since 1970.
    [[nodiscard]] virtual std::int64_t server_time_ms() = 0;
};

}  // namespace twinfleet::incremental_cache
