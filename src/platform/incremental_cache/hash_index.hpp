#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "platform/incremental_cache/entry.hpp"
#include "platform/incremental_cache/epochs.hpp"

namespace twinfleet::incremental_cache {

/// An index of entries by the 64-bit hash of a key. Several entries may have one hash, so the caller has to compare the
/// key itself.
///
/// The index is 4096 small hash tables (linear probing by groups of five places, each group one cache line), each of
/// which grows by itself. So no step costs more than a share of the whole, and only pointers of one table are ever
/// copied. There is one writer and any number of readers, who hold a guard of `epochs`. A key that very many entries
/// share makes changing these entries slow.
class HashIndex {
public:
    explicit HashIndex(Epochs& epochs);
    HashIndex(const HashIndex&) = delete;
    HashIndex& operator=(const HashIndex&) = delete;
    /// Does not free the entries, which belong to the caller.
    ~HashIndex();

    /// Calls `visit(const Entry&)` for all entries with this hash, and perhaps for others that had it a moment ago,
    /// until it returns false.
    template <typename Visit>
    void visit(std::uint64_t hash, Visit&& visit) const {
        const Table* table = shards_[shard_of(hash)].load();
        if (table == nullptr) {
            return;
        }
        const std::uint32_t low = low_of(hash);
        for (std::uint32_t i = table->home(low);; i = table->next(i)) {
            const Group& group = table->groups[i];
            for (std::size_t place = 0; place < Group::places; ++place) {
                const Entry* entry = group.entries[place].load();
                if (entry == nullptr) {
                    return;
                }
                if (entry != vacated() && group.hashes[place].load(std::memory_order_relaxed) == low &&
                    !visit(*entry)) {
                    return;
                }
            }
        }
    }

    static constexpr std::size_t shard_count = 4096;
    /// Calls `visit(const Entry&)` for every entry of one shard.
    template <typename Visit>
    void visit_shard(std::size_t shard, Visit&& visit) const {
        const Table* table = shards_[shard].load();
        for (std::uint32_t i = 0; table != nullptr && i < table->group_count; ++i) {
            for (const auto& place : table->groups[i].entries) {
                const Entry* entry = place.load();
                if (entry != nullptr && entry != vacated()) {
                    visit(*entry);
                }
            }
        }
    }

    // The following is for the writer.

    /// Makes room for this many entries, so that tables need not grow step by step.
    void reserve(std::size_t entries);
    void insert(std::uint64_t hash, const Entry& entry);
    /// Puts `entry` in the place of `old`, which must be there.
    void replace(std::uint64_t hash, const Entry& old, const Entry& entry);
    /// Removes `old`, which must be there.
    void remove(std::uint64_t hash, const Entry& old);

    /// The memory of all tables.
    [[nodiscard]] std::size_t size_bytes() const noexcept { return size_bytes_.load(std::memory_order_relaxed); }

private:
    struct alignas(64) Group {
        static constexpr std::size_t places = 5;
        /// An entry, nullptr (the end of a search), or vacated().
        std::array<std::atomic<const Entry*>, places> entries{};
        /// Of a place, written before its entry.
        std::array<std::atomic<std::uint32_t>, places> hashes{};
    };
    static_assert(sizeof(Group) == 64);

    struct Table {
        explicit Table(std::uint32_t groups_wanted);
        /// The group where a search begins.
        [[nodiscard]] std::uint32_t home(std::uint32_t low) const noexcept {
            return static_cast<std::uint32_t>((std::uint64_t{low} * group_count) >> 32U);
        }
        [[nodiscard]] std::uint32_t next(std::uint32_t i) const noexcept { return i + 1 == group_count ? 0 : i + 1; }
        [[nodiscard]] std::size_t capacity() const noexcept { return std::size_t{group_count} * Group::places; }
        [[nodiscard]] std::size_t size_bytes() const noexcept;

        const std::uint32_t group_count;
        /// The writer's: places with an entry, and places that are not empty.
        std::uint32_t live = 0;
        std::uint32_t used = 0;
        const std::unique_ptr<Group[]> groups;
    };

    static std::size_t shard_of(std::uint64_t hash) noexcept { return static_cast<std::size_t>(hash >> 52U); }
    static std::uint32_t low_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash); }
    static const Entry* vacated() noexcept;
    static void put(Table& table, std::uint32_t low, const Entry& entry);
    /// The place of this entry for this hash; the entry must be there.
    [[nodiscard]] std::atomic<const Entry*>& place_of(std::uint64_t hash, const Entry& entry) const;
    /// Moves what lives in a shard to a table with twice as many places.
    void rebuild(std::size_t shard, std::size_t entries);

    Epochs& epochs_;
    std::vector<std::atomic<Table*>> shards_;
    std::atomic<std::size_t> size_bytes_;
};

}  // namespace twinfleet::incremental_cache
