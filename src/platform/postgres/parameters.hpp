#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twinfleet::postgres {

/// The value of one parameter ($1, $2, ...) of a statement, as the text that PostgreSQL reads, or NULL. A time is
/// written by microseconds() (time.hpp), and many values at once by array_of() (array_literal.hpp).
///
/// A text that PostgreSQL cannot hold is refused and never cut or altered: a text with a NUL byte here, a text that is
/// not UTF-8 by the server. Both throw platform::StoreRefused.
class Parameter {
public:
    // All of these constructors convert, so that a call can name values as they are.
    Parameter(std::string text) : text_(std::move(text)) { refuse_nul(*text_); }
    Parameter(std::string_view text) : Parameter(std::string(text)) {}
    Parameter(const char* text) : Parameter(std::string(text)) {}
    template <std::same_as<bool> Boolean>
    Parameter(Boolean value) : text_(value ? "true" : "false") {}
    template <typename Number>
    requires((std::integral<Number> || std::floating_point<Number>)&&!std::same_as<Number, bool>)
        Parameter(Number number)
        : text_(digits_of(number)) {}
    Parameter(std::nullopt_t) {}
    template <typename Value>
    Parameter(std::optional<Value> value) {
        if (value) {
            *this = Parameter(*std::move(value));
        }
    }

    [[nodiscard]] bool is_null() const noexcept { return !text_; }
    /// The text of a parameter that is not NULL.
    [[nodiscard]] const std::string& text() const& { return *text_; }
    [[nodiscard]] std::string text() && { return *std::move(text_); }

private:
    template <typename Number>
    static std::string digits_of(Number number) {
        // Of the longest double: "-2.2250738585072014e-308".
        char digits[32];
        return {digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr};
    }
    static void refuse_nul(std::string_view text);

    std::optional<std::string> text_;
};

/// Collects the parameters of a statement whose text is put together piece by piece.
class Parameters {
public:
    /// Adds a value and returns the name by which the statement refers to it: "$1" for the first one.
    [[nodiscard]] std::string add(Parameter value) {
        values_.push_back(std::move(value));
        return "$" + std::to_string(values_.size());
    }
    /// The values in order. The object cannot be used afterwards.
    [[nodiscard]] std::vector<Parameter> take() && { return std::move(values_); }

private:
    std::vector<Parameter> values_;
};

/// A number of rows as the value of LIMIT, which is a bigint.
[[nodiscard]] std::int64_t limit(std::size_t rows);

}  // namespace twinfleet::postgres
