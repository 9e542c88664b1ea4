#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/bson/view.hpp"
#include "platform/incremental_cache/cached_type.hpp"
#include "platform/incremental_cache/entry.hpp"
#include "platform/incremental_cache/epochs.hpp"
#include "platform/incremental_cache/hash_index.hpp"
#include "platform/incremental_cache/version.hpp"

namespace twinfleet::incremental_cache {

/// What became of a document that was read.
enum class Applied : std::uint8_t {
    /// It is in the cache now.
    changed,
    /// It was there, to the bit.
    unchanged,
    /// It cannot be used: the last good version stays, if there was one.
    kept_aside,
    /// Another read has brought a later version meanwhile.
    outdated,
    /// Another read has brought a different one meanwhile, and which of them is the later does not show: read it again.
    undecided,
};

/// Documents of one collection in memory, packed into records. Any number of readers, who neither block nor wait; any
/// number of writers, who take turns document by document.
///
/// Several reads of the store may be under way at a time, and a slow one must not bring back what a quick one has seen
/// change. So each document is remembered with the last read that had begun when it was applied: whoever began later
/// has read later; between those that overlap `updated_ts` decides, or else a read anew.
class RecordCache {
public:
    explicit RecordCache(const RecordType& type);
    RecordCache(const RecordCache&) = delete;
    RecordCache& operator=(const RecordCache&) = delete;
    ~RecordCache();

    [[nodiscard]] const RecordType& type() const noexcept { return type_; }

    // For readers.

    /// `use(Bytes record)` for the document of that id; false when there is none.
    template <typename Use>
    bool find(std::string_view id, Use&& use) const {
        const auto guard = epochs_.enter();
        bool is_found = false;
        by_id_.visit(KeyHashes::hash(id), [&](const Entry& entry) {
            entry.prefetch();
            is_found = RecordReader(entry.record()).text_is(id);
            if (is_found) {
                use(entry.record());
            }
            return !is_found;
        });
        return is_found;
    }
    /// `use(Bytes record)` for the documents that have the key in that secondary index, and for others of the same
    /// hash, or that had the key a moment ago: the caller compares. One document may come twice while it changes.
    template <typename Use>
    void find_by_key(std::size_t index, std::string_view key, Use&& use) const {
        const auto guard = epochs_.enter();
        by_key_[index]->visit(KeyHashes::hash(key), [&](const Entry& entry) {
            entry.prefetch();
            use(entry.record());
            return true;
        });
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    /// Entries, indexes and notes about what is kept aside; without the allocator's overhead.
    [[nodiscard]] std::size_t size_bytes() const noexcept;
    /// Waits for a writer's turn, so it is for ids that find() does not know. A document is never in neither place.
    [[nodiscard]] bool is_kept_aside(std::string_view id) const;
    [[nodiscard]] std::size_t kept_aside_count() const noexcept { return aside_count_.load(std::memory_order_relaxed); }
    struct KeptAside {
        /// Not a string: in Extended JSON.
        std::string id;
        std::string reason;
    };
    /// At most kept_aside_listed_max of them.
    [[nodiscard]] std::vector<KeptAside> kept_aside() const;
    static constexpr std::size_t kept_aside_listed_max = 100;

    // For writers.

    /// A read of the store that is under way; to be begun before the store is asked. Its end frees memory.
    class [[nodiscard]] Read {
    public:
        explicit Read(RecordCache& cache);
        Read(const Read&) = delete;
        Read& operator=(const Read&) = delete;
        ~Read();

    private:
        friend class RecordCache;
        RecordCache& cache_;
        std::uint32_t number_;
    };

    Applied apply(bson::View document, const Read& read);

    /// From now on every document that any read meets is marked. One full pass at a time.
    void begin_full_pass();
    /// Ids of documents without a mark: whoever has read everything asks for them by id, applies what comes, and
    /// removes what still has none. In portions, by shards from `shard` on, which moves on; empty at the end only.
    [[nodiscard]] std::vector<std::string> not_met(std::size_t& shard, std::size_t count_min);
    /// Removes those that have no mark. How many of them were in use.
    std::size_t remove_not_met(std::span<const std::string> ids);
    /// Likewise bad documents that cannot be asked for by id.
    void forget_not_met_aside();

    // For dumps.

    /// `use(const Entry&)` for all documents of one of HashIndex::shard_count shards, as a reader: their records,
    /// hashes and versions.
    template <typename Use>
    void visit_shard(std::size_t shard, Use&& use) const {
        const auto guard = epochs_.enter();
        by_id_.visit_shard(shard, use);
    }
    void reserve(std::size_t documents);
    /// A document of a dump; one of an id that is there already is left as it is. Throws MalformedRecord.
    void restore(Bytes record, std::uint64_t document_hash, const Version& version);
    /// Everything goes.
    void clear();

private:
    /// What the last read said of a document that cannot be used.
    struct Aside {
        std::string_view reason;
        std::uint64_t document_hash = 0;
        Version version;
        std::uint32_t confirmed_at = 0;
        std::uint32_t seen_by = 0;
        /// Whether there is an entry in listed_.
        bool is_listed = false;
        /// Empty: the id is no string.
        std::string id;
    };

    [[nodiscard]] Entry* find_entry(std::uint64_t id_hash, std::string_view id) const;
    void put(std::uint64_t id_hash, Entry* old, Entry* entry, const KeyHashes& keys);
    void remove(std::uint64_t id_hash, Entry& entry);
    void set_aside(std::uint64_t id_hash, Aside aside, const bson::Element* id);
    void erase_aside(std::uint64_t id_hash);
    void dispose(Entry& entry);
    void reclaim_sometimes();

    const RecordType& type_;
    Epochs mutable epochs_;
    HashIndex by_id_;
    std::vector<std::unique_ptr<HashIndex>> by_key_;
    std::atomic<std::size_t> size_ = 0;
    std::atomic<std::size_t> entry_bytes_ = 0;
    std::atomic<std::size_t> aside_count_ = 0;

    // Guarded by mutex_; so is writing to the above.
    mutable std::mutex mutex_;
    std::uint32_t read_number_ = 0;
    std::multiset<std::uint32_t> reads_under_way_;
    std::uint32_t full_pass_number_ = 0;
    std::unordered_map<std::uint64_t, Aside> aside_;
    std::unordered_map<std::uint64_t, KeptAside> listed_;
    /// Hashes of the ids that were removed while reads were under way that may have met them before.
    std::unordered_map<std::uint64_t, std::uint32_t> removed_;
    // Kept for their memory.
    RecordWriter record_;
    KeyHashes keys_;
    KeyHashes old_keys_;
};

}  // namespace twinfleet::incremental_cache
