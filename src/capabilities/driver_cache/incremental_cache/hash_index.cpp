#include "capabilities/driver_cache/incremental_cache/hash_index.hpp"

#include <algorithm>
#include <cassert>

namespace twinfleet::incremental_cache {
namespace {

constexpr std::uint32_t places_min = 4;

/// One place in four stays empty, so that searches end soon.
bool is_crowded(std::uint32_t used, std::uint32_t capacity) {
    return std::uint64_t{used} * 4 > std::uint64_t{capacity} * 3;
}

}  // namespace

HashIndex::Table::Table(std::uint32_t places)
    : capacity(places),
      entries(std::make_unique<std::atomic<const Entry*>[]>(places)),
      hashes(std::make_unique<std::atomic<std::uint32_t>[]>(places)) {}

std::size_t HashIndex::Table::size_bytes() const noexcept {
    return sizeof(Table) + std::size_t{capacity} * (sizeof(entries[0]) + sizeof(hashes[0]));
}

HashIndex::HashIndex(Epochs& epochs)
    : epochs_(epochs), shards_(shard_count), size_bytes_(shard_count * sizeof(shards_[0])) {}

HashIndex::~HashIndex() {
    for (const auto& shard : shards_) {
        const std::unique_ptr<Table> owner(shard.load());
    }
}

const Entry* HashIndex::vacated() noexcept {
    static const Entry* const mark = Entry::make({}, 0, {});
    return mark;
}

void HashIndex::put(Table& table, std::uint32_t low, const Entry& entry) {
    std::uint32_t i = table.home(low);
    const Entry* found = table.entries[i].load(std::memory_order_relaxed);
    while (found != nullptr && found != vacated()) {
        i = table.next(i);
        found = table.entries[i].load(std::memory_order_relaxed);
    }
    table.used += found == nullptr ? 1 : 0;
    ++table.live;
    table.hashes[i].store(low, std::memory_order_relaxed);
    table.entries[i].store(&entry);
}

void HashIndex::reserve(std::size_t entries) {
    // Shards differ by chance; a little more spares most of them to grow once more.
    const std::size_t of_a_shard = entries / shard_count + entries / shard_count / 8;
    for (std::size_t shard = 0; shard < shard_count; ++shard) {
        const Table* table = shards_[shard].load(std::memory_order_relaxed);
        if (of_a_shard > (table == nullptr ? 0 : table->live)) {
            rebuild(shard, of_a_shard);
        }
    }
}

void HashIndex::insert(std::uint64_t hash, const Entry& entry) {
    const std::size_t shard = shard_of(hash);
    Table* table = shards_[shard].load(std::memory_order_relaxed);
    if (table == nullptr || is_crowded(table->used + 1, table->capacity)) {
        rebuild(shard, table == nullptr ? 1 : std::size_t{table->live} + 1);
        table = shards_[shard].load(std::memory_order_relaxed);
    }
    put(*table, low_of(hash), entry);
}

std::atomic<const Entry*>& HashIndex::place_of(std::uint64_t hash, const Entry& entry) const {
    const Table* table = shards_[shard_of(hash)].load(std::memory_order_relaxed);
    assert(table != nullptr);
    for (std::uint32_t i = table->home(low_of(hash));; i = table->next(i)) {
        const Entry* found = table->entries[i].load(std::memory_order_relaxed);
        assert(found != nullptr);
        // One entry may have several keys in this table.
        if (found == &entry && table->hashes[i].load(std::memory_order_relaxed) == low_of(hash)) {
            return table->entries[i];
        }
    }
}

void HashIndex::replace(std::uint64_t hash, const Entry& old, const Entry& entry) {
    place_of(hash, old).store(&entry);
}

void HashIndex::remove(std::uint64_t hash, const Entry& old) {
    place_of(hash, old).store(vacated());
    const std::size_t shard = shard_of(hash);
    Table& table = *shards_[shard].load(std::memory_order_relaxed);
    --table.live;
    if (table.capacity > places_min && table.live < table.capacity / 8) {
        rebuild(shard, table.live);
    }
}

void HashIndex::rebuild(std::size_t shard, std::size_t entries) {
    Table* old = shards_[shard].load(std::memory_order_relaxed);
    auto table = std::make_unique<Table>(std::max(places_min, static_cast<std::uint32_t>(entries * 2)));
    std::size_t grown_by = table->size_bytes();
    if (old != nullptr) {
        for (std::uint32_t i = 0; i < old->capacity; ++i) {
            const Entry* entry = old->entries[i].load(std::memory_order_relaxed);
            if (entry != nullptr && entry != vacated()) {
                put(*table, old->hashes[i].load(std::memory_order_relaxed), *entry);
            }
        }
        grown_by -= old->size_bytes();
    }
    shards_[shard].store(table.release());
    size_bytes_.fetch_add(grown_by, std::memory_order_relaxed);
    if (old != nullptr) {
        epochs_.retire(old, [](void* object) { const std::unique_ptr<Table> owner(static_cast<Table*>(object)); });
    }
}

}  // namespace twinfleet::incremental_cache
