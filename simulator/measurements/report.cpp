#include "simulator/measurements/report.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "platform/json/to_text.hpp"

namespace twinfleet::simulator {
namespace {

constexpr std::array<std::pair<const char*, double>, 4> quantiles{
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99_9", 0.999}}};

double milliseconds(std::chrono::microseconds duration) {
    return static_cast<double>(duration.count()) / 1000;
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double per_second(std::uint64_t count, const SimulationResult& result) {
    return result.duration.count() > 0 ? static_cast<double>(count) / result.duration.count() : 0;
}

std::uint64_t kept_promises(const Measurements& measurements) {
    return measurements.promises.made - measurements.promises.failed;
}

/// Cut, so that what falls short of 99 never reads as 99.
std::optional<double> kept_percent(const Measurements& measurements) {
    if (measurements.promises.made == 0) {
        return std::nullopt;
    }
    return std::floor(share(kept_promises(measurements), measurements.promises.made) * 10'000) / 100;
}

std::string decimal(double number, int decimals) {
    std::array<char, 64> text{};
    const auto size = std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

/// Columns as wide as their widest cell; the first to the left, the others to the right.
class Table {
public:
    using Row = std::vector<std::string>;
    explicit Table(Row head) { add(std::move(head)); }
    void add(Row row) {
        widths_.resize(std::max(widths_.size(), row.size()));
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths_[column] = std::max(widths_[column], row[column].size());
        }
        rows_.push_back(std::move(row));
    }
    [[nodiscard]] std::string text() const {
        std::string text;
        for (const auto& row : rows_) {
            std::string line;
            for (std::size_t column = 0; column < row.size(); ++column) {
                const std::string padding(widths_[column] - row[column].size(), ' ');
                line += (column == 0 ? "" : "  ") + (column == 0 ? row[column] + padding : padding + row[column]);
            }
            line.erase(line.find_last_not_of(' ') + 1);
            text += line + "\n";
        }
        return text;
    }

private:
    std::vector<Row> rows_;
    std::vector<std::size_t> widths_;
};

Table::Row histogram_cells(const Histogram& histogram) {
    Table::Row cells;
    for (const auto& [name, quantile] : quantiles) {
        cells.push_back(decimal(milliseconds(histogram.quantile(quantile)), 1));
    }
    cells.push_back(decimal(milliseconds(histogram.max()), 1));
    return cells;
}

boost::json::object histogram_json(const Histogram& histogram) {
    boost::json::object object;
    for (const auto& [name, quantile] : quantiles) {
        object[name] = milliseconds(histogram.quantile(quantile));
    }
    object["max"] = milliseconds(histogram.max());
    return object;
}

boost::json::object counts_json(const std::map<std::string, std::uint64_t>& counts) {
    boost::json::object object;
    for (const auto& [name, count] : counts) {
        object[name] = count;
    }
    return object;
}

std::string counts_text(const std::map<std::string, std::uint64_t>& counts) {
    std::string text;
    for (const auto& [name, count] : counts) {
        text += (text.empty() ? "" : ", ") + name + ": " + std::to_string(count);
    }
    return text;
}

boost::json::object check_json(const CheckFigures& figures) {
    return {{"made", figures.made}, {"failed", figures.failed}};
}

std::string operations_text(const SimulationResult& result) {
    Table table({"operation", "count", "per s", "errors", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"});
    const auto add = [&](std::string name, const Histogram& histogram, std::string errors) {
        Table::Row row{std::move(name), std::to_string(histogram.count()),
                       decimal(per_second(histogram.count(), result), 1), std::move(errors)};
        const auto cells = histogram_cells(histogram);
        row.insert(row.end(), cells.begin(), cells.end());
        table.add(std::move(row));
    };
    for (std::size_t index = 0; index < operation_names.size(); ++index) {
        const auto& figures = result.measurements.operations.at(index);
        add(std::string(operation_names.at(index)), figures.from_due, std::to_string(figures.error_count()));
    }
    add("lateness", result.measurements.lateness, "");
    return table.text();
}

std::string errors_text(const Measurements& measurements) {
    std::string text;
    for (std::size_t index = 0; index < operation_names.size(); ++index) {
        const auto& errors = measurements.operations.at(index).errors;
        if (!errors.empty()) {
            text += "  " + std::string(operation_names.at(index)) + ": " + counts_text(errors) + "\n";
        }
    }
    if (!measurements.given_up.empty()) {
        text += "  given up: " + counts_text(measurements.given_up) + "\n";
    }
    return text.empty() ? "" : "Errors\n" + text + "\n";
}

std::string checks_text(const Measurements& measurements) {
    Table table({"check", "made", "failed"});
    const auto add = [&](std::string name, const CheckFigures& figures) {
        table.add({std::move(name), std::to_string(figures.made), std::to_string(figures.failed)});
    };
    add("independence", measurements.independence());
    for (std::size_t index = 0; index < check_names.size(); ++index) {
        add((index < independence_checks ? "  " : "") + std::string(check_names.at(index)),
            measurements.checks.at(index));
    }
    std::string text = table.text();
    for (const auto& example : measurements.examples) {
        text += "  failed: " + example + "\n";
    }
    return text;
}

std::string promises_text(const Measurements& measurements) {
    if (measurements.promises.made == 0) {
        return "Promises of profile_ready_in_ms: none was made; every profile that was asked for was there at log-in\n";
    }
    std::string text = "Promises of profile_ready_in_ms: " + std::to_string(kept_promises(measurements)) + " kept, " +
                       std::to_string(measurements.promises.failed) + " broken (" +
                       decimal(kept_percent(measurements).value(), 2) + " %)";
    const auto middle = [](const Histogram& histogram) {
        return "p50 " + decimal(milliseconds(histogram.quantile(0.5)), 0) + " ms, p99 " +
               decimal(milliseconds(histogram.quantile(0.99)), 0) + " ms";
    };
    text += "\n  promised: " + middle(measurements.promised);
    if (measurements.ready.count() > 0) {
        text += "\n  ready:    " + middle(measurements.ready) + " (" + std::to_string(measurements.ready.count()) +
                " logins that kept asking)";
    }
    return text + "\n";
}

}  // namespace

std::vector<std::string> shortcomings(const SimulationResult& result, const Goals& goals) {
    const auto& measurements = result.measurements;
    std::vector<std::string> found;
    if (measurements.logged_in == 0) {
        found.emplace_back("nobody could log in");
    }
    if (const auto independence = measurements.independence(); independence.failed > 0) {
        found.push_back(std::to_string(independence.failed) + " of " + std::to_string(independence.made) +
                        " checks of independence failed");
    } else if (independence.made == 0) {
        found.emplace_back("no independence was checked: the run was too short");
    }
    if (const auto others = measurements.failed_checks() - measurements.independence().failed; others > 0) {
        found.push_back(std::to_string(others) + " other checks failed");
    }
    if (measurements.promises.made > 0 &&
        share(kept_promises(measurements), measurements.promises.made) < goals.promises_kept_min) {
        found.push_back(decimal(kept_percent(measurements).value_or(0), 2) + " % of the promises were kept, below " +
                        decimal(goals.promises_kept_min * 100, 0) + " %");
    }
    if (const auto errors = share(measurements.errors(), measurements.requests()); errors > goals.errors_max) {
        found.push_back(decimal(errors * 100, 2) + " % of the requests failed, above " +
                        decimal(goals.errors_max * 100, 2) + " %");
    }
    if (share(measurements.given_up_count(), 2 * result.drivers) > goals.errors_max) {
        found.push_back(std::to_string(measurements.given_up_count()) + " of " + std::to_string(2 * result.drivers) +
                        " lives had to be given up");
    }
    return found;
}

std::string report_text(const SimulationResult& result, const Goals& goals) {
    const auto& measurements = result.measurements;
    std::string text = std::to_string(result.drivers) + " drivers in two apps for " +
                       decimal(result.duration.count(), 1) + " s: " + std::to_string(measurements.requests()) +
                       " requests, " + decimal(per_second(measurements.requests(), result), 1) + " per second, " +
                       std::to_string(measurements.logged_in) + " logins\n\n";
    text += operations_text(result);
    text += "Times count from when a request was due; lateness is the part of them before it was sent.\n";
    if (result.batches_behind > 0) {
        text += std::to_string(result.batches_behind) +
                " batches of positions were due and not sent: too much for the service or for --connections.\n";
    }
    text += "\n" + errors_text(measurements);
    text += "Positions: " + std::to_string(measurements.positions_sent) + " sent, " +
            std::to_string(measurements.positions_accepted) + " accepted, " +
            std::to_string(measurements.positions_rejected) + " rejected\n";
    text += promises_text(measurements) + "\n" + checks_text(measurements);
    if (measurements.used_tracks > 0) {
        text += "In " + std::to_string(measurements.used_tracks) +
                " lives there were positions of an earlier run; further ones were not held against the service.\n";
    }
    const auto found = shortcomings(result, goals);
    text += found.empty() ? "\nAll is well.\n" : "\n";
    for (const auto& sentence : found) {
        text += "NOT REACHED: " + sentence + "\n";
    }
    return text;
}

std::string report_json(const SimulationResult& result, const Goals& goals) {
    const auto& measurements = result.measurements;
    boost::json::object operations;
    for (std::size_t index = 0; index < operation_names.size(); ++index) {
        const auto& figures = measurements.operations.at(index);
        operations[operation_names.at(index)] =
            boost::json::object{{"count", figures.from_due.count()},
                                {"per_s", per_second(figures.from_due.count(), result)},
                                {"errors", counts_json(figures.errors)},
                                {"latency_ms", histogram_json(figures.from_due)},
                                {"service_ms", histogram_json(figures.from_sent)}};
    }
    boost::json::object checks;
    for (std::size_t index = 0; index < check_names.size(); ++index) {
        checks[check_names.at(index)] = check_json(measurements.checks.at(index));
    }
    const auto percent = kept_percent(measurements);
    const auto found = shortcomings(result, goals);
    return json::to_text(boost::json::object{
        {"drivers", result.drivers},
        {"duration_s", result.duration.count()},
        {"logged_in", measurements.logged_in},
        {"given_up", counts_json(measurements.given_up)},
        {"requests", measurements.requests()},
        {"requests_per_s", per_second(measurements.requests(), result)},
        {"errors", measurements.errors()},
        {"operations", std::move(operations)},
        {"lateness_ms", histogram_json(measurements.lateness)},
        {"batches_behind", result.batches_behind},
        {"positions",
         {{"sent", measurements.positions_sent},
          {"accepted", measurements.positions_accepted},
          {"rejected", measurements.positions_rejected}}},
        {"promises",
         {{"kept", kept_promises(measurements)},
          {"broken", measurements.promises.failed},
          {"kept_percent", percent ? boost::json::value(*percent) : boost::json::value(nullptr)},
          {"promised_ms", histogram_json(measurements.promised)},
          {"ready_ms", histogram_json(measurements.ready)}}},
        {"independence", check_json(measurements.independence())},
        {"checks", std::move(checks)},
        {"used_tracks", measurements.used_tracks},
        {"examples", boost::json::array(measurements.examples.begin(), measurements.examples.end())},
        {"shortcomings", boost::json::array(found.begin(), found.end())},
    });
}

}  // namespace twinfleet::simulator
