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

/// A number that only grows. Counter, Gauge and Histogram are handles: cheap to copy, and valid as long as the
/// registry.
class Counter {
public:
    explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
    /// `by` must not be negative.
    void increment(double by = 1);
    [[nodiscard]] double value() const;

private:
    prometheus::Counter* counter_;
};

/// A number that goes up and down.
class Gauge {
public:
    explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
    void set(double value);
    void add(double value);
    [[nodiscard]] double value() const;
    /// Two handles are equal when they are of the same series.
    auto operator<=>(const Gauge&) const = default;

private:
    prometheus::Gauge* gauge_;
};

/// Counts values by the bucket into which they fall, and adds them up.
class Histogram {
public:
    explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
    void observe(double value);
    [[nodiscard]] double sum() const;
    [[nodiscard]] std::uint64_t count() const;

private:
    prometheus::Histogram* histogram_;
};

/// The values of a series' labels. Bytes that are not UTF-8 are replaced by U+FFFD, and a text that is longer than
/// label_bytes_max is cut, because otherwise one odd value would make Prometheus refuse all metrics of the process.
using LabelValues = std::vector<std::string>;

inline constexpr std::size_t label_bytes_max = 200;

/// All series of one name; they are told apart by the values of their labels.
///
/// The number of series is bounded, so that a label whose values turn out to be unbounded cannot use up the memory:
/// once a family has `series_max` of them, all other label values share one series, whose labels all say `other`.
template <typename Metric>
class Family {
public:
    struct State;
    explicit Family(std::unique_ptr<State> state);
    ~Family();
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;

    /// The series of these label values, which are in the order of the label names. It is made when it is asked for
    /// first. Throws std::invalid_argument when there are more or fewer values than names.
    [[nodiscard]] Metric with(const LabelValues& values);
    [[nodiscard]] Metric with(std::initializer_list<std::string_view> values) {
        return with(LabelValues(values.begin(), values.end()));
    }
    /// Calls `action` with every series made so far. `action` must not use the family.
    void for_each(const std::function<void(const LabelValues&, Metric)>& action) const;

private:
    std::unique_ptr<State> state_;
};

/// For gauges that are counted afresh each time: gives the series named in `values` their values, and 0 to all others
/// of the family. Values that fall into the same series are added up.
void replace_all(Family<Gauge>& family, std::span<const std::pair<LabelValues, double>> values);

/// Upper bounds of buckets in seconds, from 1 ms to 10 s, for requests.
[[nodiscard]] std::vector<double> request_seconds_buckets();
/// Upper bounds of buckets in seconds, from 50 ms to 2 h, for passes.
[[nodiscard]] std::vector<double> pass_seconds_buckets();

/// All metrics of a process. Asking for a name again gives the same family. Throws std::invalid_argument when the name
/// was used with another type, other labels, help or buckets, or when a name or label is not one that Prometheus allows
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
    /// `buckets` are upper bounds, ascending, without infinity.
    [[nodiscard]] Family<Histogram>& histograms(const std::string& name, const std::string& help,
                                                const std::vector<std::string>& labels,
                                                const std::vector<double>& buckets,
                                                std::size_t series_max = series_max_default);

    // Without labels.
    [[nodiscard]] Counter counter(const std::string& name, const std::string& help);
    [[nodiscard]] Gauge gauge(const std::string& name, const std::string& help);
    [[nodiscard]] Histogram histogram(const std::string& name, const std::string& help,
                                      const std::vector<double>& buckets);

    /// Has `update` called before each text(), for gauges of something that is counted elsewhere (the use of a pool).
    /// What `update` refers to must outlive the registry, or the last call of text().
    void before_text(std::function<void()> update);

    /// All metrics in Prometheus' text format, version 0.0.4.
    [[nodiscard]] std::string text() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::metrics
