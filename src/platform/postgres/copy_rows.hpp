#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace twinfleet::postgres {

/// Rows for COPY FROM STDIN in its text format (postgresql.org/docs/15/sql-copy.html): the quickest way to insert many
/// rows, since the server neither plans anything nor takes arrays apart. Transaction::copy() sends them.
class CopyRows {
public:
    /// `size_hint` is about how many bytes will be added.
    explicit CopyRows(std::size_t size_hint = 0) { text_.reserve(size_hint); }

    /// Adds the next column of the row. Throws platform::StoreRefused for a text with NUL, which PostgreSQL cannot
    /// hold; the rows cannot be used afterwards.
    CopyRows& column(std::string_view value);
    /// Ends the row.
    void end_row() {
        text_ += '\n';
        is_row_begun_ = false;
    }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
    bool is_row_begun_ = false;
};

}  // namespace twinfleet::postgres
