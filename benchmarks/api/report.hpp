#pragma once

#include <string>
#include <vector>

namespace twinfleet::benchmarks {

struct Row {
    std::string what;
    std::string measured;
    /// The same of the plain server; empty where it has no equivalent.
    std::string plain;
    std::string to_reach;
    bool is_reached = false;
};

/// Noted on stderr as they come, printed as one Markdown table at the end.
class Report {
public:
    void add(Row row);
    /// A part that was left out, and why; printed below the table.
    void leave_out(std::string sentence);
    void print() const;

private:
    std::vector<Row> rows_;
    std::vector<std::string> left_out_;
};

/// `12,345`.
[[nodiscard]] std::string whole(double figure);
/// Two decimals.
[[nodiscard]] std::string decimal(double figure);
/// ` (3 failed)`, or nothing for none.
[[nodiscard]] std::string failed(std::size_t failures);

}  // namespace twinfleet::benchmarks
