#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "platform/incremental_cache/cached_type.hpp"
#include "platform/incremental_cache/record_cache.hpp"

namespace twinfleet::incremental_cache {

/// A RecordCache as its readers use it: it gives out values of one type. Safe to use from any number of threads, which
/// neither block nor wait.
template <CachedType Type>
class IncrementalCache {
public:
    using Value = typename Type::Value;

    /// The value with this id; nullopt when there is none.
    [[nodiscard]] std::optional<Value> find(std::string_view id) const {
        std::optional<Value> found;
        records_.find(id, [&](Bytes record) { found = read_record<Type>(record); });
        return found;
    }
    /// The values that have `key` in the secondary index with this number, in order of id.
    [[nodiscard]] std::vector<Value> find_by_key(std::size_t index, std::string_view key) const {
        std::vector<Value> found;
        records_.find_by_key(index, key, [&](Bytes record) {
            Value value = read_record<Type>(record);
            bool has_key = false;
            Type::for_each_key(value, [&](std::size_t its_index, std::string_view its_key) {
                has_key = has_key || (its_index == index && its_key == key);
            });
            if (has_key) {
                found.push_back(std::move(value));
            }
        });
        std::stable_sort(found.begin(), found.end(), [](const Value& one, const Value& other) {
            return std::string_view(Type::id(one)) < std::string_view(Type::id(other));
        });
        const auto repeated = std::unique(found.begin(), found.end(), [](const Value& one, const Value& other) {
            return Type::id(one) == Type::id(other);
        });
        found.erase(repeated, found.end());
        return found;
    }

    /// The cache behind it, for the updater.
    [[nodiscard]] RecordCache& records() noexcept { return records_; }
    [[nodiscard]] const RecordCache& records() const noexcept { return records_; }

private:
    RecordCache records_{record_type<Type>()};
};

}  // namespace twinfleet::incremental_cache
