#include "platform/incremental_cache/record_cache.hpp"

#include <algorithm>
#include <utility>

#include <xxhash.h>

namespace twinfleet::incremental_cache {
namespace {

/// Replaced entries that wait to be freed together: looking at all readers costs more than freeing an entry.
constexpr std::size_t retired_max = 256;
/// What a node of a hash table costs beside its value.
constexpr std::size_t node_bytes = 4 * sizeof(void*);

/// Of an entry that is what a bad document has left of the version before. Every replica that reads that document gets
/// the same; but no document is like the entry, so the next one that is read is looked at, even that one again.
std::uint64_t hash_of_what_is_left(std::uint64_t document_hash) {
    return ~document_hash;
}

/// Whether a read of what was written before `complete_until_ms` need not have seen the write of that time.
bool may_have_missed(const bson::ChangeTime& write, std::optional<std::int64_t> complete_until_ms) {
    // A Timestamp tells the second alone.
    constexpr std::int64_t second_ms = 1'000;
    const auto written_at = write.milliseconds();
    return complete_until_ms && written_at && *written_at > *complete_until_ms - second_ms;
}

std::string_view text_of(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

RecordCache::RecordCache(const RecordType& type) : type_(type), by_id_(epochs_) {
    for (std::size_t i = 0; i < type.index_count; ++i) {
        by_key_.push_back(std::make_unique<HashIndex>(epochs_));
    }
}

RecordCache::~RecordCache() {
    for (std::size_t shard = 0; shard < HashIndex::shard_count; ++shard) {
        by_id_.visit_shard(shard, [](const Entry& entry) { Entry::destroy(&entry); });
    }
}

std::size_t RecordCache::size_bytes() const noexcept {
    std::size_t bytes = entry_bytes_.load(std::memory_order_relaxed) + by_id_.size_bytes() +
                        kept_aside_count() * (sizeof(Aside) + node_bytes);
    for (const auto& index : by_key_) {
        bytes += index->size_bytes();
    }
    return bytes;
}

bool RecordCache::is_kept_aside(std::string_view id) const {
    if (kept_aside_count() == 0) {
        return false;
    }
    const std::lock_guard lock(mutex_);
    const auto aside = aside_.find(KeyHashes::hash(id));
    return aside != aside_.end() && aside->second.id == id;
}

std::vector<RecordCache::KeptAside> RecordCache::kept_aside() const {
    const std::lock_guard lock(mutex_);
    std::vector<KeptAside> listed;
    for (const auto& [hash, document] : listed_) {
        listed.push_back(document);
    }
    std::sort(listed.begin(), listed.end(), [](const auto& one, const auto& other) { return one.id < other.id; });
    return listed;
}

RecordCache::Read::Read(RecordCache& cache, std::optional<std::int64_t> complete_until_ms)
    : cache_(cache), complete_until_ms_(complete_until_ms) {
    const std::lock_guard lock(cache.mutex_);
    number_ = ++cache.read_number_;
    cache.reads_under_way_.insert(number_);
}

RecordCache::Read::~Read() {
    const std::lock_guard lock(cache_.mutex_);
    auto& under_way = cache_.reads_under_way_;
    under_way.erase(under_way.find(number_));
    std::erase_if(cache_.removed_,
                  [&](const auto& removed) { return under_way.empty() || removed.second < *under_way.begin(); });
    cache_.epochs_.reclaim();
}

Entry* RecordCache::find_entry(std::uint64_t id_hash, std::string_view id) const {
    // The writer's own entries: nobody else changes them.
    Entry* found = nullptr;
    by_id_.visit(id_hash, [&](const Entry& entry) {
        if (RecordReader(entry.record()).text_is(id)) {
            found = const_cast<Entry*>(&entry);
        }
        return found == nullptr;
    });
    return found;
}

Applied RecordCache::apply(bson::View document, const Read& read) {
    const std::uint64_t document_hash = XXH3_64bits(document.bytes().data(), document.size_bytes());
    std::optional<bson::Element> id;
    bson::ChangeTime version;
    try {
        id = document.find("_id");
        version = bson::ChangeTime::of(document);
    } catch (const bson::Malformed&) {  // pack() says so, too
    }
    const bool has_text_id = id && id->is_string();
    const std::string_view id_text = has_text_id ? id->string() : std::string_view{};
    // What has no text for an id is told apart by the whole field.
    const std::uint64_t id_hash = KeyHashes::hash(has_text_id ? id_text : text_of(id ? id->whole : document.bytes()));

    const std::lock_guard lock(mutex_);
    Entry* entry = has_text_id ? find_entry(id_hash, id_text) : nullptr;
    const auto aside = aside_.find(id_hash);
    const bool is_aside = aside != aside_.end();
    if (entry != nullptr) {
        entry->seen_by = full_pass_number_;
    }
    if (is_aside) {
        aside->second.seen_by = full_pass_number_;
    }

    const auto decide = [&](std::uint64_t known_hash, const bson::ChangeTime& known,
                            std::uint32_t& confirmed_at) -> std::optional<Applied> {
        if (known_hash == document_hash) {
            confirmed_at = read_number_;
            return is_aside ? Applied::kept_aside : Applied::unchanged;
        }
        if (version < known && may_have_missed(known, read.complete_until_ms_)) {
            return Applied::outdated;
        }
        if (confirmed_at < read.number_ || version > known) {
            return std::nullopt;
        }
        return version < known ? Applied::outdated : Applied::undecided;
    };
    std::optional<Applied> decided;
    if (is_aside) {
        decided = decide(aside->second.document_hash, aside->second.version, aside->second.confirmed_at);
    } else if (entry != nullptr) {
        decided = decide(entry->document_hash(), entry->version(), entry->confirmed_at);
    } else if (const auto removed = removed_.find(id_hash);
               removed != removed_.end() && removed->second >= read.number_) {
        decided = has_text_id ? Applied::undecided : Applied::outdated;
    }
    if (decided) {
        return *decided;
    }

    record_.clear();
    keys_.clear();
    if (const auto bad = type_.pack(document, record_, keys_)) {
        if (has_text_id && type_.pack_reduced != nullptr) {
            reduce(id_hash, entry, document, hash_of_what_is_left(document_hash), version);
        }
        set_aside(id_hash,
                  {.reason = bad->reason,
                   .document_hash = document_hash,
                   .version = version,
                   .confirmed_at = read_number_,
                   .seen_by = full_pass_number_,
                   .is_listed = false,
                   .id = std::string(id_text)},
                  id ? &*id : nullptr);
        return Applied::kept_aside;
    }
    if (is_aside) {
        erase_aside(id_hash);
    }
    Entry* fresh = Entry::make(record_.bytes(), document_hash, version);
    fresh->confirmed_at = read_number_;
    fresh->seen_by = full_pass_number_;
    put(id_hash, entry, fresh, keys_);
    reclaim_sometimes();
    return Applied::changed;
}

void RecordCache::reduce(std::uint64_t id_hash, Entry* entry, bson::View document, std::uint64_t hash,
                         const bson::ChangeTime& version) {
    record_.clear();
    keys_.clear();
    const auto known = entry == nullptr ? std::nullopt : std::optional(entry->record());
    if (!type_.pack_reduced(document, known, record_, keys_)) {
        return;
    }
    Entry* reduced = Entry::make(record_.bytes(), hash, version);
    reduced->confirmed_at = read_number_;
    reduced->seen_by = full_pass_number_;
    put(id_hash, entry, reduced, keys_);
    reclaim_sometimes();
}

void RecordCache::put(std::uint64_t id_hash, Entry* old, Entry* entry, const KeyHashes& keys) {
    old_keys_.clear();
    if (old != nullptr) {
        static_cast<void>(type_.read(old->record(), old_keys_));
    }
    for (const auto& key : keys) {
        if (old_keys_.contains(key)) {
            by_key_[key.index]->replace(key.hash, *old, *entry);
        } else {
            by_key_[key.index]->insert(key.hash, *entry);
        }
    }
    entry_bytes_.fetch_add(entry->size_bytes(), std::memory_order_relaxed);
    if (old == nullptr) {
        by_id_.insert(id_hash, *entry);
        size_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    // Whoever sees the change can rely on its having been told.
    if (watcher_ && !std::ranges::equal(old->record(), entry->record())) {
        watcher_({.before = old->record(), .after = entry->record(), .document_hash = entry->document_hash()});
    }
    by_id_.replace(id_hash, *old, *entry);
    for (const auto& key : old_keys_) {
        if (!keys.contains(key)) {
            by_key_[key.index]->remove(key.hash, *old);
        }
    }
    dispose(*old);
}

void RecordCache::remove(std::uint64_t id_hash, Entry& entry) {
    if (watcher_) {
        watcher_({.before = entry.record(), .after = {}, .document_hash = 0});
    }
    by_id_.remove(id_hash, entry);
    old_keys_.clear();
    static_cast<void>(type_.read(entry.record(), old_keys_));
    for (const auto& key : old_keys_) {
        by_key_[key.index]->remove(key.hash, entry);
    }
    size_.fetch_sub(1, std::memory_order_relaxed);
    dispose(entry);
}

void RecordCache::dispose(Entry& entry) {
    entry_bytes_.fetch_sub(entry.size_bytes(), std::memory_order_relaxed);
    epochs_.retire(&entry, [](void* object) { Entry::destroy(static_cast<const Entry*>(object)); });
}

void RecordCache::reclaim_sometimes() {
    if (epochs_.retired() >= retired_max) {
        epochs_.reclaim();
    }
}

void RecordCache::set_aside(std::uint64_t id_hash, Aside aside, const bson::Element* id) {
    aside.is_listed = listed_.contains(id_hash) || listed_.size() < kept_aside_listed_max;
    if (aside.is_listed) {
        std::string shown = aside.id;
        if (id != nullptr && !id->is_string()) {
            shown = bson::to_extended_json(*id);
        }
        listed_[id_hash] = {.id = std::move(shown), .reason = std::string(aside.reason)};
    }
    aside_[id_hash] = std::move(aside);
    aside_count_.store(aside_.size(), std::memory_order_relaxed);
}

void RecordCache::erase_aside(std::uint64_t id_hash) {
    aside_.erase(id_hash);
    listed_.erase(id_hash);
    aside_count_.store(aside_.size(), std::memory_order_relaxed);
}

void RecordCache::begin_full_pass() {
    const std::lock_guard lock(mutex_);
    ++full_pass_number_;
}

std::vector<std::string> RecordCache::not_met(std::size_t& shard, std::size_t count_min) {
    std::vector<std::string> ids;
    for (; shard < HashIndex::shard_count && ids.size() < count_min; ++shard) {
        const std::lock_guard lock(mutex_);
        by_id_.visit_shard(shard, [&](const Entry& entry) {
            if (entry.seen_by != full_pass_number_) {
                ids.push_back(RecordReader(entry.record()).text());
            }
        });
    }
    if (ids.empty()) {
        // Bad documents that never were good; the others are told by their entries.
        const std::lock_guard lock(mutex_);
        for (const auto& [hash, aside] : aside_) {
            if (ids.size() == count_min) {
                break;
            }
            if (!aside.id.empty() && aside.seen_by != full_pass_number_) {
                ids.push_back(aside.id);
            }
        }
    }
    return ids;
}

std::size_t RecordCache::remove_not_met(std::span<const std::string> ids) {
    std::size_t count = 0;
    const std::lock_guard lock(mutex_);
    for (const std::string& id : ids) {
        const std::uint64_t id_hash = KeyHashes::hash(id);
        Entry* entry = find_entry(id_hash, id);
        const auto aside = aside_.find(id_hash);
        if ((aside != aside_.end() && aside->second.seen_by == full_pass_number_) ||
            (entry != nullptr && entry->seen_by == full_pass_number_)) {
            continue;
        }
        count += erase(id_hash, entry) ? 1 : 0;
    }
    epochs_.reclaim();
    return count;
}

std::size_t RecordCache::remove_missing(std::span<const std::string> ids, const Read& read) {
    std::size_t count = 0;
    const std::lock_guard lock(mutex_);
    for (const std::string& id : ids) {
        const std::uint64_t id_hash = KeyHashes::hash(id);
        Entry* entry = find_entry(id_hash, id);
        const auto aside = aside_.find(id_hash);
        const bool is_confirmed = (aside != aside_.end() && aside->second.confirmed_at >= read.number_) ||
                                  (entry != nullptr && entry->confirmed_at >= read.number_);
        if (!is_confirmed) {
            count += erase(id_hash, entry) ? 1 : 0;
        }
    }
    epochs_.reclaim();
    return count;
}

bool RecordCache::erase(std::uint64_t id_hash, Entry* entry) {
    if (aside_.contains(id_hash)) {
        erase_aside(id_hash);
    }
    if (entry != nullptr) {
        remove(id_hash, *entry);
    }
    removed_[id_hash] = read_number_;
    return entry != nullptr;
}

void RecordCache::forget_not_met_aside() {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> gone;
    for (const auto& [hash, aside] : aside_) {
        if (aside.id.empty() && aside.seen_by != full_pass_number_) {
            gone.push_back(hash);
        }
    }
    for (const std::uint64_t hash : gone) {
        erase_aside(hash);
    }
}

void RecordCache::reserve(std::size_t documents) {
    const std::lock_guard lock(mutex_);
    by_id_.reserve(documents);
    epochs_.reclaim();
}

void RecordCache::restore(Bytes record, std::uint64_t document_hash, const bson::ChangeTime& version) {
    const std::lock_guard lock(mutex_);
    keys_.clear();
    const std::string id = type_.read(record, keys_);
    const std::uint64_t id_hash = KeyHashes::hash(id);
    if (find_entry(id_hash, id) == nullptr) {
        put(id_hash, nullptr, Entry::make(record, document_hash, version), keys_);
    }
}

void RecordCache::clear() {
    const std::lock_guard lock(mutex_);
    for (std::size_t shard = 0; shard < HashIndex::shard_count; ++shard) {
        std::vector<Entry*> entries;
        by_id_.visit_shard(shard, [&](const Entry& entry) { entries.push_back(const_cast<Entry*>(&entry)); });
        for (Entry* entry : entries) {
            remove(KeyHashes::hash(RecordReader(entry->record()).text()), *entry);
        }
    }
    aside_.clear();
    listed_.clear();
    aside_count_.store(0, std::memory_order_relaxed);
    epochs_.reclaim();
}

}  // namespace twinfleet::incremental_cache
