#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform/postgres/time.hpp"

namespace twinfleet::postgres {

/// One row of a Result. Its columns are read one after the other, in the order in which the statement names them, each
/// once and without being copied. A copy of a Row reads on from where the original stands.
///
/// Valid for as long as the Result is. Reading a column that is not there, or one that does not hold what it is read
/// as, throws std::logic_error, because the program then does not fit its own statement.
class Row {
public:
    Row(const std::string_view* first, std::size_t columns) : next_(first), end_(first + columns) {}

    /// Whether the next column is NULL. That column stays the next one.
    [[nodiscard]] bool is_null() const {
        require_column();
        return next_->data() == nullptr;
    }

    /// The next column as text, which refers into the Result; empty for NULL.
    std::string_view text() {
        require_column();
        return *next_++;
    }
    std::optional<std::string> optional_text() {
        return skip_null() ? std::nullopt : std::optional<std::string>(text());
    }
    /// The next column as an identifier, or as another type that is made of a text; nullopt for NULL.
    template <typename Id>
    std::optional<Id> optional_id() {
        return skip_null() ? std::nullopt : std::optional<Id>(Id(text()));
    }
    bool boolean() { return text() == "t"; }
    /// The next column as a number: an integer, a floating-point number, or a numeric without decimals.
    template <typename Number>
    Number number() {
        const std::string_view digits = text();
        const char* const end = digits.data() + digits.size();
        Number number{};
        const auto [stopped, error] = std::from_chars(digits.data(), end, number);
        if (error != std::errc() || stopped != end) {
            refuse_value("number");
        }
        return number;
    }
    template <typename Number>
    std::optional<Number> optional_number() {
        return skip_null() ? std::nullopt : std::optional(number<Number>());
    }
    /// The next column as a time. The statement has to select `extract(epoch FROM ...)`: seconds since 1970 with up to
    /// six decimals. PostgreSQL's infinities become Time::min() and Time::max().
    Time time();
    std::optional<Time> optional_time() { return skip_null() ? std::nullopt : std::optional(time()); }
    /// The same from `encode(timestamptz_send(...), 'hex')`, which costs the server a third of that: it shows where
    /// thousands of rows are read. Times later than a Time can hold become Time::max().
    Time sent_time();
    std::optional<Time> optional_sent_time() { return skip_null() ? std::nullopt : std::optional(sent_time()); }
    /// The next column as bytes. The statement has to select `encode(..., 'hex')`. nullopt for NULL, and when there are
    /// more or fewer than `size` bytes.
    template <std::size_t size>
    std::optional<std::array<std::uint8_t, size>> optional_bytes() {
        const std::string_view hex = text();
        if (hex.data() == nullptr || hex.size() != 2 * size) {
            return std::nullopt;
        }
        std::array<std::uint8_t, size> bytes{};
        for (std::size_t i = 0; i < size; ++i) {
            bytes[i] = static_cast<std::uint8_t>(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
        }
        return bytes;
    }

private:
    /// Without a branch, which would be taken at random: '0' is 0x30, and 'a' is 0x61.
    static int hex_digit(char digit) { return (digit & 0x0f) + 9 * (digit >> 6); }
    [[noreturn]] static void refuse_value(const char* expected);
    [[noreturn]] static void refuse_column();

    void require_column() const {
        if (next_ == end_) {
            refuse_column();
        }
    }
    bool skip_null() {
        const bool is_skipped = is_null();
        next_ += is_skipped ? 1 : 0;
        return is_skipped;
    }

    /// The next cell. A cell that is NULL has a null pointer.
    const std::string_view* next_;
    const std::string_view* end_;
};

/// What the server answered to a statement. Stays valid when the transaction and the connection are gone.
class Result {
public:
    /// A result without rows.
    Result() = default;
    /// `cells` are the columns of the first row, then those of the second, and so on; a cell with a null pointer is
    /// NULL. They refer into `memory`. `affected_rows` is what PQcmdTuples() says
    /// (postgresql.org/docs/15/libpq-exec.html).
    Result(std::vector<std::string_view> cells, std::size_t rows, std::size_t affected_rows,
           std::shared_ptr<const void> memory)
        : cells_(std::move(cells)),
          rows_(rows),
          columns_(rows == 0 ? 0 : cells_.size() / rows),
          affected_rows_(affected_rows),
          memory_(std::move(memory)) {}

    [[nodiscard]] std::size_t size() const noexcept { return rows_; }
    [[nodiscard]] bool empty() const noexcept { return rows_ == 0; }
    /// How many rows an INSERT, UPDATE or DELETE inserted, changed or removed.
    [[nodiscard]] std::size_t affected_rows() const noexcept { return affected_rows_; }

    /// The row at `index`, which must be less than size().
    [[nodiscard]] Row operator[](std::size_t index) const& { return {cells_.data() + index * columns_, columns_}; }
    Row operator[](std::size_t index) const&& = delete;
    /// The only row. Throws std::logic_error unless there is exactly one.
    [[nodiscard]] Row only_row() const& {
        require_one_row();
        return (*this)[0];
    }
    Row only_row() const&& = delete;
    /// The first column of the only row: a bool, a number, a std::string or a Time. Throws as only_row() and Row do.
    template <typename Value>
    [[nodiscard]] Value only_value() const {
        Row row = only_row();
        if constexpr (std::same_as<Value, bool>) {
            return row.boolean();
        } else if constexpr (std::same_as<Value, Time>) {
            return row.time();
        } else if constexpr (std::is_arithmetic_v<Value>) {
            return row.number<Value>();
        } else {
            static_assert(std::same_as<Value, std::string>, "only_value() cannot read this type");
            return std::string(row.text());
        }
    }

    /// Lets `for (Row row : result)` go through the rows.
    class Iterator {
    public:
        Iterator(const Result& result, std::size_t index) : result_(&result), index_(index) {}
        [[nodiscard]] Row operator*() const { return (*result_)[index_]; }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        bool operator==(const Iterator&) const = default;

    private:
        const Result* result_;
        std::size_t index_;
    };
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, rows_}; }

private:
    void require_one_row() const;

    std::vector<std::string_view> cells_;
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    std::size_t affected_rows_ = 0;
    std::shared_ptr<const void> memory_;
};

}  // namespace twinfleet::postgres
