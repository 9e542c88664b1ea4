#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "platform/bson/view.hpp"
#include "platform/incremental_cache/record.hpp"

namespace twinfleet::incremental_cache {

/// Why a document is kept aside: `bad_id`, `bad_field:<name>`, `malformed`. Never a value of the document.
struct BadDocument {
    std::string_view reason;
};

template <typename Value>
using Parsed = std::variant<Value, BadDocument>;

/// What a cache has to know of the documents it holds.
///
/// `Value` is what readers get. `name` stands in metrics, logs and file names. `schema_version` is raised whenever
/// write() changes, so that older dumps are ignored. `fields()` are the fields to read, `_id` and `updated_ts` among
/// them. `for_each_key(value, use)` calls `use(index, text)` with the keys of each of the `index_count` secondary
/// indexes; a value may have several of one index, or none. The id is a string
/// `_id`, and the first thing that write() writes.
template <typename T>
concept CachedType = requires(const typename T::Value& value, bson::View document, RecordWriter& writer,
                              RecordReader& reader, void (*use)(std::size_t, std::string_view)) {
    { T::name } -> std::convertible_to<std::string_view>;
    { T::schema_version } -> std::convertible_to<std::uint32_t>;
    { T::index_count } -> std::convertible_to<std::size_t>;
    { T::fields() } -> std::convertible_to<std::span<const std::string_view>>;
    { T::parse(document) } -> std::same_as<Parsed<typename T::Value>>;
    { T::id(value) } -> std::convertible_to<std::string_view>;
    T::for_each_key(value, use);
    T::write(value, writer);
    { T::read(reader) } -> std::same_as<typename T::Value>;
};

/// 64-bit hashes of an entry's keys, each with its index; keys that stand twice count once.
class KeyHashes {
public:
    struct Key {
        std::size_t index;
        std::uint64_t hash;
        bool operator==(const Key&) const = default;
    };
    /// The seed is the process's own, so that nobody can prepare keys that collide.
    [[nodiscard]] static std::uint64_t hash(std::string_view key) noexcept;

    void add(std::size_t index, std::string_view key);
    void clear() noexcept { keys_.clear(); }
    [[nodiscard]] bool contains(const Key& key) const noexcept;
    [[nodiscard]] auto begin() const noexcept { return keys_.begin(); }
    [[nodiscard]] auto end() const noexcept { return keys_.end(); }

private:
    std::vector<Key> keys_;
};

/// A CachedType for code that need not know which.
struct RecordType {
    std::string_view name;
    std::uint32_t schema_version;
    std::size_t index_count;
    std::span<const std::string_view> fields;
    /// Appends the record, and its keys; or says why not.
    std::optional<BadDocument> (*pack)(bson::View document, RecordWriter& record, KeyHashes& keys);
    /// The id; throws MalformedRecord.
    std::string (*read)(Bytes record, KeyHashes& keys);
};

template <CachedType Type>
[[nodiscard]] typename Type::Value read_record(Bytes record) {
    RecordReader reader(record);
    auto value = Type::read(reader);
    reader.finish();
    return value;
}

template <CachedType Type>
[[nodiscard]] const RecordType& record_type() {
    static const RecordType type{
        .name = Type::name,
        .schema_version = Type::schema_version,
        .index_count = Type::index_count,
        .fields = Type::fields(),
        .pack = [](bson::View document, RecordWriter& record, KeyHashes& keys) -> std::optional<BadDocument> {
            try {
                const auto parsed = Type::parse(document);
                if (const auto* bad = std::get_if<BadDocument>(&parsed)) {
                    return *bad;
                }
                const auto& value = std::get<typename Type::Value>(parsed);
                Type::write(value, record);
                Type::for_each_key(value, [&](std::size_t index, std::string_view key) { keys.add(index, key); });
                return std::nullopt;
            } catch (const bson::Malformed&) {
                return BadDocument{"malformed"};
            }
        },
        .read =
            [](Bytes record, KeyHashes& keys) {
                const auto value = read_record<Type>(record);
                Type::for_each_key(value, [&](std::size_t index, std::string_view key) { keys.add(index, key); });
                return std::string(Type::id(value));
            },
    };
    return type;
}

}  // namespace twinfleet::incremental_cache
