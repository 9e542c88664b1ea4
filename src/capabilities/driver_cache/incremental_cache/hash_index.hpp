#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "capabilities/driver_cache/incremental_cache/entry.hpp"
#include "capabilities/driver_cache/incremental_cache/epochs.hpp"

namespace twinfleet::incremental_cache {

/// Entries by the 64-bit hash of a key, several of one hash if need be: whoever finds one compares the key itself.
///
/// 4096 small hash tables (linear probing, 12 bytes a place), each of which grows by itself: no step costs more than
/// a share of the whole, and nothing is ever copied but pointers of one table. One writer, any number of readers, who
/// hold a guard of `epochs`. A key that very many entries share makes changing these slow.
class HashIndex {
public:
    explicit HashIndex(Epochs& epochs);
    HashIndex(const HashIndex&) = delete;
    HashIndex& operator=(const HashIndex&) = delete;
    /// The entries themselves are somebody else's.
    ~HashIndex();

    /// `visit(const Entry&)` for all of that hash, and maybe others that were there a moment ago; until it returns
    /// false.
    template <typename Visit>
    void visit(std::uint64_t hash, Visit&& visit) const {
        const Table* table = shards_[shard_of(hash)].load();
        if (table == nullptr) {
            return;
        }
        const std::uint32_t low = low_of(hash);
        for (std::uint32_t i = table->home(low);; i = table->next(i)) {
            const Entry* entry = table->entries[i].load();
            if (entry == nullptr) {
                return;
            }
            if (entry != vacated() && table->hashes[i].load(std::memory_order_relaxed) == low && !visit(*entry)) {
                return;
            }
        }
    }

    static constexpr std::size_t shard_count = 4096;
    /// Every entry of one shard.
    template <typename Visit>
    void visit_shard(std::size_t shard, Visit&& visit) const {
        const Table* table = shards_[shard].load();
        for (std::uint32_t i = 0; table != nullptr && i < table->capacity; ++i) {
            const Entry* entry = table->entries[i].load();
            if (entry != nullptr && entry != vacated()) {
                visit(*entry);
            }
        }
    }

    // The rest is the writer's.

    /// Room for so many, to spare growing step by step.
    void reserve(std::size_t entries);
    void insert(std::uint64_t hash, const Entry& entry);
    /// `old` is there.
    void replace(std::uint64_t hash, const Entry& old, const Entry& entry);
    void remove(std::uint64_t hash, const Entry& old);

    [[nodiscard]] std::size_t size_bytes() const noexcept { return size_bytes_.load(std::memory_order_relaxed); }

private:
    struct Table {
        explicit Table(std::uint32_t places);
        [[nodiscard]] std::uint32_t home(std::uint32_t low) const noexcept {
            return static_cast<std::uint32_t>((std::uint64_t{low} * capacity) >> 32U);
        }
        [[nodiscard]] std::uint32_t next(std::uint32_t i) const noexcept { return i + 1 == capacity ? 0 : i + 1; }
        [[nodiscard]] std::size_t size_bytes() const noexcept;

        const std::uint32_t capacity;
        /// The writer's: places with an entry, and places that are not empty.
        std::uint32_t live = 0;
        std::uint32_t used = 0;
        /// An entry, nullptr (the end of a search), or vacated().
        const std::unique_ptr<std::atomic<const Entry*>[]> entries;
        /// Of a place, written before its entry.
        const std::unique_ptr<std::atomic<std::uint32_t>[]> hashes;
    };

    static std::size_t shard_of(std::uint64_t hash) noexcept { return static_cast<std::size_t>(hash >> 52U); }
    static std::uint32_t low_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash); }
    static const Entry* vacated() noexcept;
    static void put(Table& table, std::uint32_t low, const Entry& entry);
    [[nodiscard]] std::atomic<const Entry*>& place_of(std::uint64_t hash, const Entry& entry) const;
    /// Moves what lives in a shard to a table with twice as many places.
    void rebuild(std::size_t shard, std::size_t entries);

    Epochs& epochs_;
    std::vector<std::atomic<Table*>> shards_;
    std::atomic<std::size_t> size_bytes_;
};

}  // namespace twinfleet::incremental_cache
