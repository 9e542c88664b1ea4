#include "platform/incremental_cache/hash_index.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::incremental_cache {
namespace {

struct DestroyEntry {
    void operator()(Entry* entry) const { Entry::destroy(entry); }
};
using OwnedEntry = std::unique_ptr<Entry, DestroyEntry>;

std::multiset<const Entry*> found(const HashIndex& index, std::uint64_t hash) {
    std::multiset<const Entry*> entries;
    index.visit(hash, [&](const Entry& entry) {
        entries.insert(&entry);
        return true;
    });
    return entries;
}

RC_GTEST_PROP(HashIndex, HoldsWhatAMultimapHolds, ()) {
    Epochs epochs;
    HashIndex index(epochs);
    std::vector<OwnedEntry> entries;
    std::multimap<std::uint64_t, const Entry*> model;
    // Few shards and few hashes, so that tables fill, wrap around and shrink.
    const auto a_hash =
        rc::gen::map(rc::gen::pair(rc::gen::inRange<std::uint64_t>(0, 3), rc::gen::inRange<std::uint64_t>(0, 40)),
                     [](const auto& parts) { return parts.first << 60U | (parts.second * 0x0666'6666U); });
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5));
    for (const int step : steps) {
        if (step == 4 && !model.empty()) {
            const auto victim = std::next(model.begin(), *rc::gen::inRange<int>(0, static_cast<int>(model.size())));
            index.remove(victim->first, *victim->second);
            model.erase(victim);
        } else if (step == 3 && !model.empty()) {
            const auto changed = std::next(model.begin(), *rc::gen::inRange<int>(0, static_cast<int>(model.size())));
            entries.emplace_back(Entry::make({}, 0, {}));
            index.replace(changed->first, *changed->second, *entries.back());
            changed->second = entries.back().get();
        } else {
            // An entry has several keys now and then, each once.
            if (entries.empty() || step == 0) {
                entries.emplace_back(Entry::make({}, 0, {}));
            }
            const std::pair added{*a_hash, static_cast<const Entry*>(entries.back().get())};
            if (std::ranges::find(model, std::pair<const std::uint64_t, const Entry*>(added)) == model.end()) {
                index.insert(added.first, *added.second);
                model.insert(added);
            }
        }
    }
    std::set<std::uint64_t> hashes;
    std::multiset<const Entry*> all;
    for (const auto& [hash, entry] : model) {
        hashes.insert(hash);
        all.insert(entry);
    }
    for (const auto hash : hashes) {
        std::multiset<const Entry*> expected;
        for (auto [first, last] = model.equal_range(hash); first != last; ++first) {
            expected.insert(first->second);
        }
        RC_ASSERT(found(index, hash) == expected);
    }
    std::multiset<const Entry*> visited;
    for (std::size_t shard = 0; shard < HashIndex::shard_count; ++shard) {
        index.visit_shard(shard, [&](const Entry& entry) { visited.insert(&entry); });
    }
    RC_ASSERT(visited == all);
}

TEST(HashIndex, ShrinksAgain) {
    Epochs epochs;
    HashIndex index(epochs);
    const std::size_t empty_bytes = index.size_bytes();
    const OwnedEntry entry(Entry::make({}, 0, {}));
    constexpr std::uint64_t count = 10'000;
    for (std::uint64_t hash = 0; hash < count; ++hash) {
        index.insert(hash * 0x9e37'79b9U, *entry);
    }
    EXPECT_GT(index.size_bytes(), empty_bytes + count * 12);
    for (std::uint64_t hash = 0; hash < count; ++hash) {
        index.remove(hash * 0x9e37'79b9U, *entry);
    }
    EXPECT_LT(index.size_bytes(), empty_bytes + 1'000);
}

}  // namespace
}  // namespace twinfleet::incremental_cache
