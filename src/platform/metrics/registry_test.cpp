#include "platform/metrics/registry.hpp"

#include <limits>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsRegistry, ShowsCountersGaugesAndHistograms) {
    Registry registry;
    auto& documents = registry.counters("documents_total", "Documents by outcome.", {"job", "outcome"});
    documents.with({"parks", "created"}).increment();
    documents.with({"parks", "created"}).increment(2);
    registry.gauge("lag_seconds", "How far behind.").set(1.5);
    auto seconds = registry.histogram("pass_seconds", "Passes.", {0.1, 1});
    seconds.observe(0.5);
    seconds.observe(3);
    EXPECT_EQ(seconds.count(), 2U);
    EXPECT_EQ(seconds.sum(), 3.5);

    EXPECT_EQ(registry.text(),
              "# HELP documents_total Documents by outcome.\n"
              "# TYPE documents_total counter\n"
              "documents_total{job=\"parks\",outcome=\"created\"} 3\n"
              "# HELP lag_seconds How far behind.\n"
              "# TYPE lag_seconds gauge\n"
              "lag_seconds 1.5\n"
              "# HELP pass_seconds Passes.\n"
              "# TYPE pass_seconds histogram\n"
              "pass_seconds_count 2\n"
              "pass_seconds_sum 3.5\n"
              "pass_seconds_bucket{le=\"0.1\"} 0\n"
              "pass_seconds_bucket{le=\"1\"} 1\n"
              "pass_seconds_bucket{le=\"+Inf\"} 2\n");
}

TEST(MetricsRegistry, BoundsTheSeriesOfAFamily) {
    Registry registry;
    auto& requests = registry.counters("requests_total", "Requests.", {"path"}, 3);
    for (int i = 0; i < 100; ++i) {
        requests.with({std::to_string(i)}).increment();
    }
    int series = 0;
    requests.for_each([&series](const LabelValues&, Counter) { ++series; });
    EXPECT_EQ(series, 4);
    EXPECT_EQ(requests.with({"2"}).value(), 1);
    EXPECT_EQ(requests.with({"yet another"}).value(), 97);
    EXPECT_EQ(requests.with({"other"}).value(), 97);
}

TEST(MetricsRegistry, GivesTheSameFamilyAgain) {
    Registry registry;
    auto& first = registry.gauges("pool_open", "Open connections.", {"pool"});
    auto& second = registry.gauges("pool_open", "Open connections.", {"pool"});
    EXPECT_EQ(&first, &second);
    EXPECT_EQ(first.with({"a"}), second.with({"a"}));
    EXPECT_NE(first.with({"a"}), second.with({"b"}));
}

TEST(MetricsRegistry, RefusesContradictions) {
    Registry registry;
    (void)registry.gauges("name", "Help.", {"a"});
    EXPECT_THROW((void)registry.gauges("name", "Help.", {"b"}), std::invalid_argument);
    EXPECT_THROW((void)registry.gauges("name", "Other help.", {"a"}), std::invalid_argument);
    EXPECT_THROW((void)registry.counters("name", "Help.", {"a"}), std::invalid_argument);
    (void)registry.histogram("seconds", "Help.", {1, 2});
    EXPECT_THROW((void)registry.histogram("seconds", "Help.", {1, 3}), std::invalid_argument);
}

TEST(MetricsRegistry, RefusesWhatPrometheusWould) {
    Registry registry;
    EXPECT_THROW((void)registry.counter("with-hyphen", "Help."), std::invalid_argument);
    EXPECT_THROW((void)registry.counter("", "Help."), std::invalid_argument);
    EXPECT_THROW((void)registry.counters("name", "Help.", {"with-hyphen"}), std::invalid_argument);
    EXPECT_THROW((void)registry.counters("name", "Help.", {"a", "a"}), std::invalid_argument);
    EXPECT_THROW((void)registry.histograms("name", "Help.", {"le"}, {1}), std::invalid_argument);
    EXPECT_THROW((void)registry.histogram("name", "Help.", {2, 1}), std::invalid_argument);
    EXPECT_THROW((void)registry.counters("name", "Help.", {"a"}, 0), std::invalid_argument);
    EXPECT_EQ(registry.text(), "");
}

TEST(MetricsRegistry, RefusesAnotherNumberOfLabelValues) {
    Registry registry;
    auto& family = registry.counters("name", "Help.", {"a", "b"});
    EXPECT_THROW((void)family.with({"one"}), std::invalid_argument);
    EXPECT_THROW((void)family.with({"one", "two", "three"}), std::invalid_argument);
}

TEST(MetricsRegistry, MakesAnyLabelValueFit) {
    Registry registry;
    auto& family = registry.counters("name", "Help.", {"field"});
    family.with({"a\"b\\c\nd\xff"}).increment();
    EXPECT_THAT(registry.text(), HasSubstr("name{field=\"a\\\"b\\\\c\\nd\uFFFD\"} 1\n"));
    std::string cities;
    while (cities.size() < 1'000) {
        cities += "Ижевск";
    }
    family.with({std::string_view(cities)}).increment();
    family.for_each([](const LabelValues& values, Counter) {
        EXPECT_LE(values[0].size(), label_bytes_max);
        EXPECT_FALSE(values[0].empty());
    });
    EXPECT_THAT(registry.text(), Not(HasSubstr("\xd0\"")));
}

TEST(MetricsRegistry, ReplacesAllValuesOfAGauge) {
    Registry registry;
    auto& quarantine = registry.gauges("quarantine", "Entities in quarantine.", {"entity", "reason"}, 3);
    using Values = std::vector<std::pair<LabelValues, double>>;
    replace_all(quarantine, Values{{{"cars", "bad_id"}, 3}, {{"cars", "too_large"}, 1}});
    replace_all(quarantine,
                Values{{{"cars", "bad_id"}, 2}, {{"users", "bad_id"}, 5}, {{"x", "1"}, 1}, {{"x", "2"}, 1}});
    EXPECT_EQ(quarantine.with({"cars", "bad_id"}).value(), 2);
    EXPECT_EQ(quarantine.with({"cars", "too_large"}).value(), 0);
    EXPECT_EQ(quarantine.with({"users", "bad_id"}).value(), 5);
    EXPECT_EQ(quarantine.with({"other", "other"}).value(), 2);
}

TEST(MetricsRegistry, UpdatesBeforeItShows) {
    Registry registry;
    auto in_use = registry.gauge("in_use", "Connections in use.");
    int connections = 4;
    registry.before_text([&] { in_use.set(connections); });
    EXPECT_THAT(registry.text(), HasSubstr("in_use 4\n"));
    connections = 5;
    EXPECT_THAT(registry.text(), HasSubstr("in_use 5\n"));
}

TEST(MetricsRegistry, CountsFromManyThreads) {
    Registry registry;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&registry, i] {
                for (int j = 0; j < 500; ++j) {
                    registry.counters("total", "Help.", {"thread"}).with({std::to_string((i + j) % 2)}).increment();
                    if (j % 100 == 0) {
                        (void)registry.text();
                    }
                }
            });
        }
    }
    auto& family = registry.counters("total", "Help.", {"thread"});
    EXPECT_EQ(family.with({"0"}).value() + family.with({"1"}).value(), 2'000);
}

}  // namespace
}  // namespace twinfleet::metrics
