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

/// Why a document cannot be used and is kept aside: `bad_id`, `bad_field:<name>` or `malformed`. The text never holds a
/// value of the document, since it is written to logs, and must live as long as the process.
struct BadDocument {
    std::string_view reason;
};

/// What becomes of a document: a value, or the reason why it cannot be used.
template <typename Value>
using Parsed = std::variant<Value, BadDocument>;

/// What a cache has to know of the documents that it holds. A cached type has these members:
///
/// - `Value`: what readers get
/// - `name`: its name in metrics, logs and file names
/// - `schema_version`: a number to be raised whenever write() changes, so that older dumps are ignored
/// - `index_count`: how many secondary indexes there are
/// - `fields()`: the fields to read, `_id` and `updated_ts` among them
/// - `parse(document)`: the value of a document, or why the document cannot be used
/// - `id(value)`: the text of `_id`; documents whose `_id` is no string cannot be used
/// - `for_each_key(value, use)`: calls `use(index, text)` for each key that the value has in the secondary indexes,
///   which are numbered from 0; a value may have several keys in one index, or none
/// - `write(value, writer)`: packs the value, its id first
/// - `read(reader)`: unpacks what write() has packed
///
/// A type whose values give somebody a right also has `reduced(document, known)` (TakesRightsAway).
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

/// A CachedType whose values give rights. A right must not outlive the document that gave it because some other field
/// of that document cannot be read, so the type tells what a document that cannot be used takes away:
/// `reduced(document, known)` is `known`, the last good version, without the rights that the document no longer gives,
/// or nullopt when nothing changes. It never gives a right. `known` is nullptr when there has been no good version; the
/// result is then a value that gives no right, or nullopt when it is not known that there is none.
template <typename T>
concept TakesRightsAway = CachedType<T> && requires(bson::View document, const typename T::Value* known) {
    { T::reduced(document, known) } -> std::same_as<std::optional<typename T::Value>>;
};

/// The 64-bit hashes of the keys of a document, each with the number of its index. A key that a document has twice is
/// kept once.
class KeyHashes {
public:
    struct Key {
        std::size_t index;
        std::uint64_t hash;
        bool operator==(const Key&) const = default;
    };
    /// The hash of a key: XXH3 (xxhash.com) with a seed that each process draws for itself, so that nobody can prepare
    /// keys that collide.
    [[nodiscard]] static std::uint64_t hash(std::string_view key) noexcept;

    void add(std::size_t index, std::string_view key);
    void clear() noexcept { keys_.clear(); }
    [[nodiscard]] bool contains(const Key& key) const noexcept;
    [[nodiscard]] auto begin() const noexcept { return keys_.begin(); }
    [[nodiscard]] auto end() const noexcept { return keys_.end(); }

private:
    std::vector<Key> keys_;
};

/// A CachedType in the form in which code that is the same for all types uses it.
struct RecordType {
    std::string_view name;
    std::uint32_t schema_version;
    std::size_t index_count;
    std::span<const std::string_view> fields;
    /// Appends the record of the document to `record` and its keys to `keys`, or says why it cannot be used.
    std::optional<BadDocument> (*pack)(bson::View document, RecordWriter& record, KeyHashes& keys);
    /// For a type that TakesRightsAway, otherwise nullptr. Appends what a document that cannot be used leaves of the
    /// record `known` to `record`, and its keys to `keys`. Returns false, and appends nothing, when it changes nothing.
    bool (*pack_reduced)(bson::View document, std::optional<Bytes> known, RecordWriter& record, KeyHashes& keys);
    /// Returns the id of the record and appends its keys to `keys`. Throws MalformedRecord.
    std::string (*read)(Bytes record, KeyHashes& keys);
};

/// Unpacks the value of a record. Throws MalformedRecord.
template <CachedType Type>
[[nodiscard]] typename Type::Value read_record(Bytes record) {
    RecordReader reader(record);
    auto value = Type::read(reader);
    reader.finish();
    return value;
}

/// RecordType::pack_reduced.
template <TakesRightsAway Type>
[[nodiscard]] bool pack_reduced(bson::View document, std::optional<Bytes> known, RecordWriter& record,
                                KeyHashes& keys) {
    try {
        std::optional<typename Type::Value> known_value;
        if (known) {
            known_value = read_record<Type>(*known);
        }
        const auto left = Type::reduced(document, known_value ? &*known_value : nullptr);
        if (!left) {
            return false;
        }
        Type::write(*left, record);
        Type::for_each_key(*left, [&](std::size_t index, std::string_view key) { keys.add(index, key); });
        return true;
    } catch (const bson::Malformed&) {
        return false;
    }
}

/// The RecordType of a CachedType.
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
        .pack_reduced =
            [] {
                if constexpr (TakesRightsAway<Type>) {
                    return &pack_reduced<Type>;
                } else {
                    return static_cast<decltype(RecordType::pack_reduced)>(nullptr);
                }
            }(),
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
