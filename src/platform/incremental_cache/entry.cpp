#include "platform/incremental_cache/entry.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace twinfleet::incremental_cache {

Entry* Entry::make(Bytes record, std::uint64_t document_hash, const bson::ChangeTime& version) {
    if (record.size() > std::numeric_limits<std::uint32_t>::max()) {
        throw std::length_error("a record of over 4 GiB");
    }
    void* memory = ::operator new(sizeof(Entry) + record.size());
    auto* entry = new (memory) Entry(static_cast<std::uint32_t>(record.size()), document_hash, version);
    std::ranges::copy(record, static_cast<std::uint8_t*>(memory) + sizeof(Entry));
    return entry;
}

void Entry::destroy(const Entry* entry) noexcept {
    entry->~Entry();
    ::operator delete(const_cast<Entry*>(entry));
}

}  // namespace twinfleet::incremental_cache
