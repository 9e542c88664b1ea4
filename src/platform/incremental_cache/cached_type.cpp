#include "platform/incremental_cache/cached_type.hpp"

#include <algorithm>
#include <random>

#include <xxhash.h>

namespace twinfleet::incremental_cache {

std::uint64_t KeyHashes::hash(std::string_view key) noexcept {
    static const std::uint64_t seed = [] {
        std::random_device random;
        return std::uint64_t{random()} << 32U | random();
    }();
    return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

void KeyHashes::add(std::size_t index, std::string_view key) {
    const Key added{index, hash(key)};
    if (!contains(added)) {
        keys_.push_back(added);
    }
}

bool KeyHashes::contains(const Key& key) const noexcept {
    return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

}  // namespace twinfleet::incremental_cache
