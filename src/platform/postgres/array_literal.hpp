#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twinfleet::postgres {

/// Builds an array literal of PostgreSQL (postgresql.org/docs/15/arrays.html#ARRAYS-IO): a column of values that are
/// sent as one parameter, such as `unnest($1::text[])`.
class ArrayLiteral {
public:
    /// `size_hint` is about how many values will be added.
    explicit ArrayLiteral(std::size_t size_hint = 0) {
        text_.reserve(2 + size_hint * 36);
        text_ += '{';
    }
    /// Adds a text. Throws platform::StoreRefused for a text with NUL, which PostgreSQL cannot hold; the literal then
    /// stays as it was.
    void add(std::string_view value);
    /// Adds bytes as a value of type bytea.
    void add_bytea(std::span<const std::uint8_t> bytes);
    void add_number(std::integral auto number) {
        // Of the longest integer: "-9223372036854775808".
        char digits[20];
        separate();
        text_.append(std::begin(digits), std::to_chars(std::begin(digits), std::end(digits), number).ptr);
    }
    void add_null();
    /// The finished literal. The object cannot be used afterwards.
    [[nodiscard]] std::string take() && {
        text_ += '}';
        return std::move(text_);
    }

    /// Adds a value by its type: an integer, bytes (of std::uint8_t), a text, or an optional of these, where nullopt is
    /// NULL.
    template <typename Value>
    void add_value(const Value& value) {
        if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
            add(value);
        } else if constexpr (std::integral<Value>) {
            static_assert(!std::same_as<Value, bool>, "write booleans as text");
            add_number(value);
        } else if constexpr (std::is_convertible_v<const Value&, std::span<const std::uint8_t>>) {
            add_bytea(value);
        } else if (value) {
            add_value(*value);
        } else {
            add_null();
        }
    }

private:
    void separate() {
        if (text_.size() > 1)
            text_ += ',';
    }
    std::string text_;
};

/// An array literal with one element for each item: what `projection` makes of the item, written as add_value() writes
/// it.
template <std::ranges::sized_range Items, typename Projection = std::identity>
[[nodiscard]] std::string array_of(const Items& items, Projection projection = {}) {
    ArrayLiteral literal(std::ranges::size(items));
    for (const auto& item : items) {
        literal.add_value(std::invoke(projection, item));
    }
    return std::move(literal).take();
}

}  // namespace twinfleet::postgres
