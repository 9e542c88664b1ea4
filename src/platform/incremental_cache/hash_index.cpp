#include "platform/incremental_cache/hash_index.hpp"

#include <algorithm>
#include <cassert>

namespace twinfleet::incremental_cache {
namespace {

/// One place in four stays empty, so that searches end soon.
bool is_crowded(std::size_t used, std::size_t capacity) {
    return used * 4 > capacity * 3;
}

}  // namespace

HashIndex::Table::Table(std::uint32_t groups_wanted)
    : group_count(groups_wanted), groups(std::make_unique<Group[]>(groups_wanted)) {}

std::size_t HashIndex::Table::size_bytes() const noexcept {
    return sizeof(Table) + std::size_t{group_count} * sizeof(Group);
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
    for (std::uint32_t i = table.home(low);; i = table.next(i)) {
        Group& group = table.groups[i];
        for (std::size_t place = 0; place < Group::places; ++place) {
            const Entry* found = group.entries[place].load(std::memory_order_relaxed);
            if (found == nullptr || found == vacated()) {
                table.used += found == nullptr ? 1 : 0;
                ++table.live;
                group.hashes[place].store(low, std::memory_order_relaxed);
                group.entries[place].store(&entry);
                return;
            }
        }
    }
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
    if (table == nullptr || is_crowded(std::size_t{table->used} + 1, table->capacity())) {
        rebuild(shard, table == nullptr ? 1 : std::size_t{table->live} + 1);
        table = shards_[shard].load(std::memory_order_relaxed);
    }
    put(*table, low_of(hash), entry);
}

std::atomic<const Entry*>& HashIndex::place_of(std::uint64_t hash, const Entry& entry) const {
    const Table* table = shards_[shard_of(hash)].load(std::memory_order_relaxed);
    assert(table != nullptr);
    for (std::uint32_t i = table->home(low_of(hash));; i = table->next(i)) {
        Group& group = table->groups[i];
        for (std::size_t place = 0; place < Group::places; ++place) {
            const Entry* found = group.entries[place].load(std::memory_order_relaxed);
            assert(found != nullptr);
            // One entry may have several keys in this table.
            if (found == &entry && group.hashes[place].load(std::memory_order_relaxed) == low_of(hash)) {
                return group.entries[place];
            }
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
    if (table.group_count > 1 && table.live < table.capacity() / 8) {
        rebuild(shard, table.live);
    }
}

void HashIndex::rebuild(std::size_t shard, std::size_t entries) {
    Table* old = shards_[shard].load(std::memory_order_relaxed);
    const std::size_t places = std::max<std::size_t>(entries * 2, 1);
    auto table = std::make_unique<Table>(static_cast<std::uint32_t>((places + Group::places - 1) / Group::places));
    std::size_t grown_by = table->size_bytes();
    if (old != nullptr) {
        for (std::uint32_t i = 0; i < old->group_count; ++i) {
            const Group& group = old->groups[i];
            for (std::size_t place = 0; place < Group::places; ++place) {
                const Entry* entry = group.entries[place].load(std::memory_order_relaxed);
                if (entry != nullptr && entry != vacated()) {
                    put(*table, group.hashes[place].load(std::memory_order_relaxed), *entry);
                }
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
