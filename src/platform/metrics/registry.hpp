#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

/// Metrics through prometheus-cpp, shown in Prometheus' text format
/// (prometheus.io/docs/instrumenting/exposition_formats). Everything here is safe to use from any thread.
namespace twinfleet::metrics {

/// Counter, Gauge and Histogram are handles: cheap to copy, valid as long as the registry lives.
class Counter {
public:
    explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
    /// `by` is not negative.
    void increment(double by = 1);
    [[nodiscard]] double value() const;

private:
    prometheus::Counter* counter_;
};

class Gauge {
public:
    explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
    void set(double value);
    void add(double value);
    [[nodiscard]] double value() const;
    /// Equal: the same series.
    auto operator<=>(const Gauge&) const = default;

private:
    prometheus::Gauge* gauge_;
};

class Histogram {
public:
    explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
    void observe(double value);
    [[nodiscard]] double sum() const;
    [[nodiscard]] std::uint64_t count() const;

private:
    prometheus::Histogram* histogram_;
};

/// What is not UTF-8 is shown as U+FFFD, and what is longer than label_bytes_max is cut: else one odd value would make
/// Prometheus refuse all metrics of the process.
using LabelValues = std::vector<std::string>;

inline constexpr std::size_t label_bytes_max = 200;

/// The series of one name, told apart by the values of its labels.
///
/// Their number is bounded: once a family has `series_max`, whatever else is asked for shares one series whose label
/// values are all `other`, so that a label that turns out to be unbounded cannot eat the memory.
template <typename Metric>
class Family {
public:
    struct State;
    explicit Family(std::unique_ptr<State> state);
    ~Family();
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;

    /// The series of these label values, in the order of the label names; made when it is asked for first. Throws
    /// std::invalid_argument when their number differs from that of the names.
    [[nodiscard]] Metric with(const LabelValues& values);
    [[nodiscard]] Metric with(std::initializer_list<std::string_view> values) {
        return with(LabelValues(values.begin(), values.end()));
    }
    /// Every series made so far.
    void for_each(const std::function<void(const LabelValues&, Metric)>& action) const;

private:
    std::unique_ptr<State> state_;
};

/// Gives the series named in `values` their value and all others of the family 0, for gauges that are counted afresh.
void replace_all(Family<Gauge>& family, std::span<const std::pair<LabelValues, double>> values);

/// Seconds, from 1 ms to 10 s; for requests.
[[nodiscard]] std::vector<double> request_seconds_buckets();
/// Seconds, from 50 ms to 2 h; for passes.
[[nodiscard]] std::vector<double> pass_seconds_buckets();

/// Asking for a name again gives the same family. Throws std::invalid_argument when the name was used with another
/// type, other labels, help or buckets, or when a name or label is not one that Prometheus allows
/// (prometheus.io/docs/concepts/data_model).
class Registry {
public:
    static constexpr std::size_t series_max_default = 1'000;

    Registry();
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    [[nodiscard]] Family<Counter>& counters(const std::string& name, const std::string& help,
                                            const std::vector<std::string>& labels,
                                            std::size_t series_max = series_max_default);
    [[nodiscard]] Family<Gauge>& gauges(const std::string& name, const std::string& help,
                                        const std::vector<std::string>& labels,
                                        std::size_t series_max = series_max_default);
    /// `buckets`: upper bounds, ascending, without infinity.
    [[nodiscard]] Family<Histogram>& histograms(const std::string& name, const std::string& help,
                                                const std::vector<std::string>& labels,
                                                const std::vector<double>& buckets,
                                                std::size_t series_max = series_max_default);

    // Without labels.
    [[nodiscard]] Counter counter(const std::string& name, const std::string& help);
    [[nodiscard]] Gauge gauge(const std::string& name, const std::string& help);
    [[nodiscard]] Histogram histogram(const std::string& name, const std::string& help,
                                      const std::vector<double>& buckets);

    /// Called before each text(), to bring gauges up to date that somebody else counts (the use of a pool). What it
    /// refers to must outlive the registry, or the last text().
    void before_text(std::function<void()> update);

    /// All metrics in the text format, version 0.0.4.
    [[nodiscard]] std::string text() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::metrics
