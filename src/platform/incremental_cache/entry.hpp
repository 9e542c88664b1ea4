#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/bson/change_position.hpp"
#include "platform/incremental_cache/record.hpp"

namespace twinfleet::incremental_cache {

/// One document in a cache, in a single allocation. Readers look at nothing but its record. A document that changes
/// gets a new entry.
class Entry {
public:
    /// Makes an entry, which has to be given to destroy() in the end.
    [[nodiscard]] static Entry* make(Bytes record, std::uint64_t document_hash, const bson::ChangeTime& version);
    static void destroy(const Entry* entry) noexcept;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    [[nodiscard]] Bytes record() const noexcept {
        return {reinterpret_cast<const std::uint8_t*>(this) + sizeof(Entry), record_bytes_};
    }
    /// Asks the processor to load the lines of memory behind the first one, which a comparison of the id is going to
    /// wait for anyhow.
    void prefetch() const noexcept {
        constexpr std::size_t line_bytes = 64;
        // Most records end within four lines. What is asked for beyond the entry does no harm.
        for (std::size_t line = 1; line <= 3; ++line) {
            __builtin_prefetch(reinterpret_cast<const std::uint8_t*>(this) + line * line_bytes);
        }
    }
    /// The XXH3 of the document as it was read.
    [[nodiscard]] std::uint64_t document_hash() const noexcept { return document_hash_; }
    [[nodiscard]] bson::ChangeTime version() const noexcept { return {kind_, version_}; }
    [[nodiscard]] std::size_t size_bytes() const noexcept { return sizeof(Entry) + record_bytes_; }

    // Notes of the writer. Readers do not look at them.

    /// The number of the last read that had begun when the document was last found to be like this.
    std::uint32_t confirmed_at = 0;
    /// The number of the last full pass that has met the document.
    std::uint32_t seen_by = 0;

private:
    Entry(std::uint32_t record_bytes, std::uint64_t document_hash, const bson::ChangeTime& version)
        : document_hash_(document_hash), version_(version.value), record_bytes_(record_bytes), kind_(version.kind) {}

    const std::uint64_t document_hash_;
    const std::int64_t version_;
    const std::uint32_t record_bytes_;
    const bson::ChangeTime::Kind kind_;
};

}  // namespace twinfleet::incremental_cache
