#include "platform/metrics/registry.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>

#include <boost/locale/utf.hpp>
#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace twinfleet::metrics {

namespace {

std::string fit_label(std::string_view text) {
    using Utf8 = boost::locale::utf::utf_traits<char>;
    constexpr auto replacement = char32_t{0xfffd};
    std::string label;
    const char* position = text.data();
    const char* const end = text.data() + text.size();
    while (position != end) {
        const char* next = position;
        auto code = Utf8::decode(next, end);
        if (code == boost::locale::utf::illegal || code == boost::locale::utf::incomplete) {
            next = position + 1;
            code = replacement;
        }
        if (label.size() + static_cast<std::size_t>(Utf8::width(code)) > label_bytes_max) {
            break;
        }
        Utf8::encode(code, std::back_inserter(label));
        position = next;
    }
    return label;
}

template <typename Metric>
struct Native;
template <>
struct Native<Counter> {
    using Type = prometheus::Counter;
};
template <>
struct Native<Gauge> {
    using Type = prometheus::Gauge;
};
template <>
struct Native<Histogram> {
    using Type = prometheus::Histogram;
};

/// What a family was asked for with.
struct Description {
    prometheus::MetricType type;
    std::string help;
    std::vector<std::string> labels;
    std::vector<double> buckets;
    std::size_t series_max;
    bool operator==(const Description&) const = default;
};

void check_names(const std::string& name, const Description& description) {
    if (!prometheus::CheckMetricName(name)) {
        throw std::invalid_argument("not a name for a metric: " + name);
    }
    std::set<std::string> seen;
    for (const std::string& label : description.labels) {
        const bool reserved = description.type == prometheus::MetricType::Histogram && label == "le";
        if (!prometheus::CheckLabelName(label) || reserved || !seen.insert(label).second) {
            throw std::invalid_argument(
                std::string("not a name for a label of ").append(name).append(": ").append(label));
        }
    }
    if (description.series_max == 0) {
        throw std::invalid_argument("a family needs room for a series: " + name);
    }
    const auto& buckets = description.buckets;
    if (std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>()) != buckets.end()) {
        throw std::invalid_argument("the buckets do not ascend: " + name);
    }
}

}  // namespace

void Counter::increment(double by) {
    counter_->Increment(by);
}

double Counter::value() const {
    return counter_->Value();
}

void Gauge::set(double value) {
    gauge_->Set(value);
}

void Gauge::add(double value) {
    gauge_->Increment(value);
}

double Gauge::value() const {
    return gauge_->Value();
}

void Histogram::observe(double value) {
    histogram_->Observe(value);
}

double Histogram::sum() const {
    return histogram_->Collect().histogram.sample_sum;
}

std::uint64_t Histogram::count() const {
    return histogram_->Collect().histogram.sample_count;
}

template <typename Metric>
struct Family<Metric>::State {
    using Type = typename Native<Metric>::Type;

    Type& add(const LabelValues& values) {
        prometheus::Labels named;
        for (std::size_t i = 0; i < values.size(); ++i) {
            named.emplace(labels[i], values[i]);
        }
        if constexpr (std::is_same_v<Metric, Histogram>) {
            return family.Add(named, buckets);
        } else {
            return family.Add(named);
        }
    }

    // Constant after construction.
    prometheus::Family<Type>& family;
    std::vector<std::string> labels;
    std::vector<double> buckets;
    std::size_t series_max;

    std::mutex mutex;
    // Guarded by mutex.
    std::map<LabelValues, Type*> series;
};

template <typename Metric>
Family<Metric>::Family(std::unique_ptr<State> state) : state_(std::move(state)) {}

template <typename Metric>
Family<Metric>::~Family() = default;

template <typename Metric>
Metric Family<Metric>::with(const LabelValues& values) {
    if (values.size() != state_->labels.size()) {
        throw std::invalid_argument("expected " + std::to_string(state_->labels.size()) + " label values, found " +
                                    std::to_string(values.size()));
    }
    LabelValues fitting;
    std::transform(values.begin(), values.end(), std::back_inserter(fitting), fit_label);
    const std::lock_guard lock(state_->mutex);
    auto found = state_->series.find(fitting);
    if (found == state_->series.end()) {
        if (state_->series.size() >= state_->series_max) {
            std::fill(fitting.begin(), fitting.end(), "other");
        }
        found = state_->series.try_emplace(fitting, nullptr).first;
        if (found->second == nullptr) {
            found->second = &state_->add(fitting);
        }
    }
    return Metric(*found->second);
}

template <typename Metric>
void Family<Metric>::for_each(const std::function<void(const LabelValues&, Metric)>& action) const {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [values, metric] : state_->series) {
        action(values, Metric(*metric));
    }
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

void replace_all(Family<Gauge>& family, std::span<const std::pair<LabelValues, double>> values) {
    // Added up, because several may share the series `other`.
    std::map<Gauge, double> totals;
    for (const auto& [labels, value] : values) {
        totals[family.with(labels)] += value;
    }
    family.for_each([&totals](const LabelValues&, Gauge gauge) {
        const auto total = totals.find(gauge);
        gauge.set(total == totals.end() ? 0 : total->second);
    });
}

std::vector<double> request_seconds_buckets() {
    return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

std::vector<double> pass_seconds_buckets() {
    return {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1'800, 3'600, 7'200};
}

struct Registry::State {
    template <typename Metric>
    using Families = std::map<std::string, Family<Metric>>;

    template <typename Metric>
    Family<Metric>& family(Families<Metric>& families, const std::string& name, Description description) {
        using Type = typename Native<Metric>::Type;
        description.type = Type::metric_type;
        const std::lock_guard lock(mutex);
        if (const auto known = descriptions.find(name); known != descriptions.end()) {
            if (known->second != description) {
                throw std::invalid_argument("a metric of this name has another type, help, labels or buckets: " + name);
            }
            return families.at(name);
        }
        check_names(name, description);
        auto& native = prometheus::detail::Builder<Type>().Name(name).Help(description.help).Register(registry);
        using FamilyState = typename Family<Metric>::State;
        std::unique_ptr<FamilyState> state(
            new FamilyState{native, description.labels, description.buckets, description.series_max, {}, {}});
        descriptions.emplace(name, std::move(description));
        return families.try_emplace(name, std::move(state)).first->second;
    }

    prometheus::Registry registry;

    std::mutex mutex;
    // Guarded by mutex.
    std::map<std::string, Description> descriptions;
    Families<Counter> counters;
    Families<Gauge> gauges;
    Families<Histogram> histograms;
    std::vector<std::function<void()>> updates;
};

Registry::Registry() : state_(std::make_unique<State>()) {}

Registry::~Registry() = default;

Family<Counter>& Registry::counters(const std::string& name, const std::string& help,
                                    const std::vector<std::string>& labels, std::size_t series_max) {
    return state_->family(state_->counters, name, {{}, help, labels, {}, series_max});
}

Family<Gauge>& Registry::gauges(const std::string& name, const std::string& help,
                                const std::vector<std::string>& labels, std::size_t series_max) {
    return state_->family(state_->gauges, name, {{}, help, labels, {}, series_max});
}

Family<Histogram>& Registry::histograms(const std::string& name, const std::string& help,
                                        const std::vector<std::string>& labels, const std::vector<double>& buckets,
                                        std::size_t series_max) {
    return state_->family(state_->histograms, name, {{}, help, labels, buckets, series_max});
}

Counter Registry::counter(const std::string& name, const std::string& help) {
    return counters(name, help, {}).with({});
}

Gauge Registry::gauge(const std::string& name, const std::string& help) {
    return gauges(name, help, {}).with({});
}

Histogram Registry::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets) {
    return histograms(name, help, {}, buckets).with({});
}

void Registry::before_text(std::function<void()> update) {
    const std::lock_guard lock(state_->mutex);
    state_->updates.push_back(std::move(update));
}

std::string Registry::text() const {
    std::vector<std::function<void()>> updates;
    {
        const std::lock_guard lock(state_->mutex);
        updates = state_->updates;
    }
    // Unlocked: an update may ask for metrics.
    for (const auto& update : updates) {
        update();
    }
    return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace twinfleet::metrics
