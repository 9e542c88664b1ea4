#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>

#include <pqxx/pqxx>

#include "capabilities/mirroring/memory/links/link.hpp"
#include "platform/postgres/pool.hpp"

/// Values on their way into the tables of schema `fleet_sync` and out of them.
///
/// Text that PostgreSQL cannot hold is refused whole, never cut or altered: a NUL byte here, what is not UTF-8 by the
/// server. Both are platform::StoreRefused. Whoever meets such an id in a document puts the document aside as `bad_id`,
/// written as Extended JSON, where a NUL byte is escaped.
namespace twinfleet::mirroring::stored {

/// The text itself, as a parameter.
const std::string& text(const std::string& value);

/// Microseconds since 1970, as a parameter of `time_of_microseconds`. Times beyond 1684 and 2255 become these bounds:
/// in between, PostgreSQL's arithmetic with double precision is exact.
std::string microseconds(Time time);

/// SQL that makes a timestamptz of the bigint behind it.
inline constexpr std::string_view time_of_microseconds = "timestamptz 'epoch' + interval '1 microsecond' * ";

/// A LIMIT, as a parameter.
std::string limit(std::size_t rows);

/// An array parameter with one element for each item.
template <std::ranges::sized_range Items, typename Projection = std::identity>
std::string text_array(const Items& items, Projection projection = {}) {
    postgres::ArrayLiteral array(std::ranges::size(items));
    for (const auto& item : items) {
        array.add(text(std::invoke(projection, item)));
    }
    return std::move(array).take();
}

/// The columns of one row, each read once and in order, without copies.
class Columns {
public:
    explicit Columns(const pqxx::row& row) : column_(row.begin()) {}

    /// Valid as long as the result; empty for NULL.
    std::string_view text() {
        const std::string_view value(column_.c_str(), column_.size());
        ++column_;
        return value;
    }
    template <typename Number>
    Number number() {
        const std::string_view value = text();
        Number number{};
        std::from_chars(value.data(), value.data() + value.size(), number);
        return number;
    }
    template <typename Number>
    std::optional<Number> optional_number() {
        return skip_null() ? std::nullopt : std::optional(number<Number>());
    }
    bool boolean() { return text() == "t"; }
    /// Of a column `extract(epoch FROM ...)`: seconds since 1970 with six decimals.
    Time time();
    std::optional<Time> optional_time() { return skip_null() ? std::nullopt : std::optional(time()); }
    /// Of a column `encode(..., 'hex')`; nullopt also for a hash of another length, which says nothing about the
    /// content.
    std::optional<SourceHash> hash();

private:
    bool skip_null() {
        const bool is_null = column_.is_null();
        if (is_null) {
            ++column_;
        }
        return is_null;
    }

    pqxx::const_row_iterator column_;
};

}  // namespace twinfleet::mirroring::stored
