#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

/// Read access to BSON (bsonspec.org, version 1.1) without copies. A View does not own its bytes.
namespace twinfleet::bson {

using Bytes = std::span<const std::uint8_t>;

/// Thrown for bytes that are not BSON: lengths that lead outside, a missing terminator, an unknown type.
class Malformed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Thrown for reading a value as another type than it has. That is a mistake of the program, and thrown rather than
/// read from bytes that are not there.
class WrongType : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// The types of BSON values, by their numbers in the specification.
enum class Type : std::uint8_t {
    double_ = 0x01,
    utf8 = 0x02,
    document = 0x03,
    array = 0x04,
    binary = 0x05,
    undefined = 0x06,
    object_id = 0x07,
    boolean = 0x08,
    date = 0x09,
    null = 0x0a,
    regex = 0x0b,
    db_pointer = 0x0c,
    code = 0x0d,
    symbol = 0x0e,
    code_with_scope = 0x0f,
    int32 = 0x10,
    timestamp = 0x11,
    int64 = 0x12,
    decimal128 = 0x13,
    max_key = 0x7f,
    min_key = 0xff,
};

/// Seconds since 1970 and an ordinal within that second, as MongoDB's internal timestamps have them.
struct Timestamp {
    std::uint32_t seconds = 0;
    std::uint32_t increment = 0;
    auto operator<=>(const Timestamp&) const = default;
};

class View;

/// One field: its key, its type, and its bytes.
struct Element {
    std::string_view key;
    Type type = Type::null;
    /// The value alone, without type byte and key.
    Bytes value;
    /// Type byte, key and value, as they stand in the document; copying these bytes copies the field.
    Bytes whole;

    [[nodiscard]] bool is_string() const noexcept { return type == Type::utf8; }

    // Each of these throws WrongType when the value is not of the type that it names.

    /// The text. May hold NUL bytes.
    [[nodiscard]] std::string_view string() const;
    /// The nested document, or the array as a document.
    [[nodiscard]] View document() const;
    [[nodiscard]] Timestamp timestamp() const;
    /// The Date in milliseconds since 1970.
    [[nodiscard]] std::int64_t date_ms() const;
    [[nodiscard]] bool boolean() const;

    /// The value of any numeric type but decimal128, truncated; nullopt for other types, and when the value is out of
    /// range.
    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
    /// Whether both values have the same type and the same bytes. The keys do not matter.
    [[nodiscard]] bool same_value(const Element& other) const noexcept;
};

/// The bytes of one document. Iterating yields its elements in order and throws Malformed where they stop making sense.
class View {
public:
    class Iterator {
    public:
        using value_type = Element;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        explicit Iterator(Bytes bytes);
        [[nodiscard]] const Element& operator*() const noexcept { return element_; }
        [[nodiscard]] const Element* operator->() const noexcept { return &element_; }
        Iterator& operator++();
        void operator++(int) { ++*this; }
        [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return at_end_; }

    private:
        void read();
        Bytes bytes_;
        std::size_t offset_ = 0;
        Element element_;
        bool at_end_ = true;
    };

    /// The empty document.
    View() noexcept;
    /// Throws Malformed unless the length prefix says bytes.size() and the last byte is 0.
    explicit View(Bytes bytes);

    [[nodiscard]] Bytes bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size_bytes() const noexcept { return bytes_.size(); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.size() <= 5; }

    [[nodiscard]] Iterator begin() const { return Iterator(bytes_); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
    /// The first field with that key; nullopt when there is none. Throws Malformed as iterating does.
    [[nodiscard]] std::optional<Element> find(std::string_view key) const;
    /// Throws Malformed unless every nested length, key and string ends where it should, in at most `depth_max` levels
    /// of nesting.
    void validate(std::size_t depth_max = 200) const;

private:
    Bytes bytes_;
};

/// Whether a field says nothing: it is missing, null or undefined, or an empty text. Writers that write every field of
/// a document have null or an empty text where others leave the field out.
[[nodiscard]] bool says_nothing(const std::optional<Element>& field);

/// The text in the field with that key; nullopt when there is no such field, or when it holds something else.
[[nodiscard]] std::optional<std::string_view> find_text(View document, std::string_view key);

/// What to_extended_json() returns for what it cannot write: documents that are nested too deeply, and text that is not
/// UTF-8.
inline constexpr std::string_view unwritable_json = "\"<nested too deeply, or not valid UTF-8>\"";

/// Canonical MongoDB Extended JSON v2, or unwritable_json.
[[nodiscard]] std::string to_extended_json(View document);
/// One value of canonical Extended JSON v2, e.g. `{"$numberInt":"5"}` or `"text"`.
[[nodiscard]] std::string to_extended_json(const Element& element);

}  // namespace twinfleet::bson
