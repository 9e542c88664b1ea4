#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "platform/bson/view.hpp"
#include "platform/incremental_cache/version.hpp"

namespace twinfleet::incremental_cache {

/// The collection that a cache follows; documents come with the fields that its type asks for. Throws
/// platform::StoreUnavailable and platform::StoreRefused. Safe to use from several threads.
class DocumentSource {
public:
    DocumentSource() = default;
    DocumentSource(const DocumentSource&) = delete;
    DocumentSource& operator=(const DocumentSource&) = delete;
    virtual ~DocumentSource() = default;

    /// Gets each document; false: no more.
    using Take = std::function<bool(bson::View)>;

    /// Those whose `updated_ts` is not earlier than `from`, of each of its types; of a type without a value all.
    virtual void changed_since(const Watermark& from, const Take& take) = 0;
    virtual void all(const Take& take) = 0;
    /// Those that exist.
    virtual void by_ids(std::span<const std::string> ids, const Take& take) = 0;
    /// The latest `updated_ts` of each type.
    [[nodiscard]] virtual Watermark latest() = 0;
    /// The clock that sets `updated_ts`, in milliseconds since 1970.
    [[nodiscard]] virtual std::int64_t server_time_ms() = 0;
};

}  // namespace twinfleet::incremental_cache
