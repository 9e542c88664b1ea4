#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"
#include "platform/incremental_cache/cached_type.hpp"
#include "platform/incremental_cache/entry.hpp"
#include "platform/incremental_cache/epochs.hpp"
#include "platform/incremental_cache/hash_index.hpp"

namespace twinfleet::incremental_cache {

/// What became of a document that was read.
enum class Applied : std::uint8_t {
    /// The document is in the cache now.
    changed,
    /// The cache held exactly this document already.
    unchanged,
    /// The document cannot be used. If there was a good version of it, that version stays in the cache, without the
    /// rights that the document has taken away (TakesRightsAway).
    kept_aside,
    /// Another read has brought a later version meanwhile.
    outdated,
    /// Another read has brought a different version meanwhile, and nothing shows which of the two is the later one: the
    /// document has to be read again.
    undecided,
};

/// The documents of one collection in memory, packed into records. Any number of readers may use the cache at once, and
/// neither block nor wait. Any number of writers may use it as well; they take turns, document by document.
///
/// Several reads of the store may be under way at a time, and a slow one must not bring back what a quick one has seen
/// change. So the cache keeps, for each document, the last read that had begun when the document was applied. A read
/// that began only after that brings a later version. Of two reads that overlap, the one with the later `updated_ts`
/// brings it; where that does not decide, the document is read again. A read of a copy of the collection that is behind
/// (Copy) says nothing about a document that the cache holds as it was written after what the copy has.
class RecordCache {
public:
    explicit RecordCache(const RecordType& type);
    RecordCache(const RecordCache&) = delete;
    RecordCache& operator=(const RecordCache&) = delete;
    ~RecordCache();

    [[nodiscard]] const RecordType& type() const noexcept { return type_; }

    // For readers.

    /// Calls `use(Bytes record)` with the document that has this id. Returns false when there is none.
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
    /// Calls `use(Bytes record)` with the documents that have the key in this secondary index. The caller has to
    /// compare the key itself, because documents whose key has the same hash, or that had the key a moment ago, are
    /// among them. A document may come twice while it changes.
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
    /// The memory of entries, indexes and notes about documents that are kept aside, without the overhead of the
    /// allocator.
    [[nodiscard]] std::size_t size_bytes() const noexcept;
    /// Whether the document with this id is kept aside because it cannot be used. Waits until no writer is active, so
    /// it should be asked only for ids that find() does not know. At any time, a document that exists is in at least
    /// one of the two places.
    [[nodiscard]] bool is_kept_aside(std::string_view id) const;
    [[nodiscard]] std::size_t kept_aside_count() const noexcept { return aside_count_.load(std::memory_order_relaxed); }
    /// A document that cannot be used.
    struct KeptAside {
        /// The text of `_id`, which is Extended JSON when `_id` is no string.
        std::string id;
        std::string reason;
    };
    /// The documents that are kept aside, at most kept_aside_listed_max of them.
    [[nodiscard]] std::vector<KeptAside> kept_aside() const;
    static constexpr std::size_t kept_aside_listed_max = 100;

    // For writers.

    /// What a cache tells of a document that it holds and that became another one: the record as it was, the record as
    /// it is now, and the XXH3 of the document that was read, which is the same in every process that reads it. A
    /// document that was removed has an empty record and the hash 0.
    struct Change {
        Bytes before;
        Bytes after;
        std::uint64_t document_hash;
    };
    using Watcher = std::function<void(const Change&)>;
    /// Has `watcher` called for every change, in the order in which the changes are applied, and before readers can see
    /// the change. It is not called for a
    /// document that comes in for the first time, nor for one whose record stays the same. It is called while the cache
    /// is locked against other writers, so it must be quick and must not use the cache. To be set once, before the
    /// first read.
    void watch(Watcher watcher) { watcher_ = std::move(watcher); }

    /// A read of the store that is under way. Must be constructed before the store is asked, and destroyed when the
    /// answer has been applied; then memory is freed that no reader looks at any more.
    class [[nodiscard]] Read {
    public:
        /// `complete_until_ms`: the copy that is read has what was written before that time, by the clock that sets
        /// `updated_ts`, in milliseconds since 1970; nullopt: what is read has everything.
        explicit Read(RecordCache& cache, std::optional<std::int64_t> complete_until_ms = std::nullopt);
        Read(const Read&) = delete;
        Read& operator=(const Read&) = delete;
        ~Read();

    private:
        friend class RecordCache;
        RecordCache& cache_;
        std::uint32_t number_;
        const std::optional<std::int64_t> complete_until_ms_;
    };

    /// Takes a document that `read` has brought.
    Applied apply(bson::View document, const Read& read);

    /// Begins a full pass: from now on every document that any read meets is marked. One full pass at a time.
    void begin_full_pass();
    /// The ids of documents without a mark. When a full pass has read everything, the caller asks the store for these
    /// ids, applies what comes, and gives those that still have no mark to remove_not_met(). The ids come in portions
    /// of about `count_min` or more: `shard` begins at 0 and is moved on by each call. The result is empty only at the
    /// end.
    [[nodiscard]] std::vector<std::string> not_met(std::size_t& shard, std::size_t count_min);
    /// Removes those of these documents that have no mark. Returns how many of them were in the cache rather than kept
    /// aside.
    std::size_t remove_not_met(std::span<const std::string> ids);
    /// Removes those of these documents that `read`, which has asked the store for them and is at its end, has not
    /// brought, unless another read has brought them since. Returns how many of them were in the cache.
    std::size_t remove_missing(std::span<const std::string> ids, const Read& read);
    /// Forgets documents without a mark that are kept aside and cannot be asked for by id.
    void forget_not_met_aside();

    // For dumps.

    /// Calls `use(const Entry&)` for all documents of one of the HashIndex::shard_count shards. `use` may look at the
    /// record, the hash and the version of an entry, and at nothing else.
    template <typename Use>
    void visit_shard(std::size_t shard, Use&& use) const {
        const auto guard = epochs_.enter();
        by_id_.visit_shard(shard, use);
    }
    /// Makes room for this many documents, so that indexes need not grow step by step.
    void reserve(std::size_t documents);
    /// Puts a document of a dump into the cache, unless a document with its id is there already. Throws
    /// MalformedRecord.
    void restore(Bytes record, std::uint64_t document_hash, const bson::ChangeTime& version);
    /// Removes all documents.
    void clear();

private:
    /// What the last read said about a document that cannot be used.
    struct Aside {
        std::string_view reason;
        std::uint64_t document_hash = 0;
        bson::ChangeTime version;
        std::uint32_t confirmed_at = 0;
        std::uint32_t seen_by = 0;
        /// Whether there is an entry in listed_.
        bool is_listed = false;
        /// The id; empty when it is no string.
        std::string id;
    };

    [[nodiscard]] Entry* find_entry(std::uint64_t id_hash, std::string_view id) const;
    void put(std::uint64_t id_hash, Entry* old, Entry* entry, const KeyHashes& keys);
    void remove(std::uint64_t id_hash, Entry& entry);
    /// Whether the document with this id was there, and not only kept aside.
    bool erase(std::uint64_t id_hash, Entry* entry);
    void reduce(std::uint64_t id_hash, Entry* entry, bson::View document, std::uint64_t hash,
                const bson::ChangeTime& version);
    void set_aside(std::uint64_t id_hash, Aside aside, const bson::Element* id);
    void erase_aside(std::uint64_t id_hash);
    void dispose(Entry& entry);
    void reclaim_sometimes();

    const RecordType& type_;
    Watcher watcher_;
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
