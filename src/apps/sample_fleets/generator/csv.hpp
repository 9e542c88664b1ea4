#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twinfleet::sample_fleets {

/// The fields of one record, in the order of the columns.
using CsvRecord = std::vector<std::string>;

/// A table of comma-separated values (RFC 4180). A field in double quotes may hold commas, line breaks and doubled
/// quotes; lines end with LF or CRLF; the last one may lack its line break. Every record must have as many fields as
/// the header. Columns are found by name, so that a register may gain columns.
class CsvTable {
public:
    /// Throws std::invalid_argument, naming the line, when `text` is not such a table or lacks a header.
    explicit CsvTable(std::string_view text);

    /// The place of the column of that name in each record, from 0. Throws std::invalid_argument when there is no such
    /// column.
    [[nodiscard]] std::size_t column(std::string_view name) const;
    /// All records but the header.
    [[nodiscard]] const std::vector<CsvRecord>& records() const noexcept { return records_; }

private:
    CsvRecord header_;
    std::vector<CsvRecord> records_;
};

}  // namespace twinfleet::sample_fleets
