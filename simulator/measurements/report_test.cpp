#include "simulator/measurements/report.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// 1,000 reads of a status, each sent 1 ms late and answered 4 ms later, and a promise kept by each of ten logins.
SimulationResult good_result() {
    SimulationResult result{.drivers = 5, .duration = 10s};
    for (int count = 0; count < 1'000; ++count) {
        result.measurements.answered(Operation::status_read, 10s, 10s + 1ms, 10s + 5ms, {});
        result.measurements.lateness.record(1ms);
        result.measurements.checked(Check::status, true, {});
    }
    result.measurements.logged_in = 10;
    result.measurements.promises = {.made = 10, .failed = 0};
    return result;
}

TEST(Report, AGoodRunFallsShortOfNothing) {
    EXPECT_THAT(shortcomings(good_result(), {}), IsEmpty());
    EXPECT_THAT(report_text(good_result(), {}), HasSubstr("All is well."));
}

TEST(Report, AFailedCheckIsAShortcoming) {
    auto result = good_result();
    result.measurements.checked(Check::track, false, "driver 3, vezet: 20 positions where 10 were sent");
    EXPECT_THAT(shortcomings(result, {}), ElementsAre("1 of 1001 checks of independence failed"));
    EXPECT_THAT(report_text(result, {}), HasSubstr("failed: track: driver 3, vezet"));
    result = good_result();
    result.measurements.checked(Check::wrong_code, false, "");
    EXPECT_THAT(shortcomings(result, {}), ElementsAre("1 other checks failed"));
}

TEST(Report, NothingCheckedIsNothingShown) {
    auto result = good_result();
    result.measurements.checks = {};
    EXPECT_THAT(shortcomings(result, {}), ElementsAre("no independence was checked: the run was too short"));
}

TEST(Report, NinetyNineOfAHundredPromisesAreToBeKept) {
    auto result = good_result();
    result.measurements.promises = {.made = 100, .failed = 1};
    EXPECT_THAT(shortcomings(result, {}), IsEmpty());
    result.measurements.promises = {.made = 1'000, .failed = 11};
    EXPECT_THAT(shortcomings(result, {}), ElementsAre("98.90 % of the promises were kept, below 99 %"));
}

TEST(Report, ErrorsUpToAShareAreNoShortcoming) {
    auto result = good_result();
    for (int count = 0; count < 10; ++count) {
        result.measurements.answered(Operation::positions, 10s, 10s, 10s, "503 unavailable");
    }
    EXPECT_THAT(shortcomings(result, {}), IsEmpty());
    EXPECT_THAT(shortcomings(result, {.errors_max = 0.001}),
                ElementsAre("0.99 % of the requests failed, above 0.10 %"));
    EXPECT_THAT(report_text(result, {}), HasSubstr("positions: 503 unavailable: 10"));
}

TEST(Report, LivesThatWereGivenUpAreAShortcoming) {
    auto result = good_result();
    result.measurements.given_up["vezet no_parks"] = 1;
    EXPECT_THAT(shortcomings(result, {}), ElementsAre("1 of 10 lives had to be given up"));
}

TEST(Report, NobodyLoggedInIsAShortcoming) {
    SimulationResult result;
    EXPECT_THAT(shortcomings(result, {}), ::testing::Contains("nobody could log in"));
    EXPECT_THAT(report_text(result, {}), Not(HasSubstr("nan")));
}

TEST(Report, AsJsonItHasTheTimesFromWhenARequestWasDue) {
    const auto report = boost::json::parse(report_json(good_result(), {}));
    const auto& read = report.at("operations").at("status_read");
    EXPECT_EQ(read.at("count").to_number<int>(), 1'000);
    EXPECT_EQ(read.at("per_s").to_number<double>(), 100);
    EXPECT_NEAR(read.at("latency_ms").at("p50").to_number<double>(), 5, 0.05);
    EXPECT_NEAR(read.at("service_ms").at("p99_9").to_number<double>(), 4, 0.04);
    EXPECT_EQ(report.at("lateness_ms").at("max").to_number<double>(), 1);
    EXPECT_EQ(report.at("promises").at("kept_percent").to_number<double>(), 100);
    EXPECT_EQ(report.at("independence").at("made").to_number<int>(), 1'000);
    EXPECT_TRUE(report.at("shortcomings").as_array().empty());
}

TEST(Measurements, MergedTheyAreAsIfTakenInOne) {
    Measurements one = good_result().measurements;
    Measurements another = good_result().measurements;
    another.answered(Operation::track_read, 0s, 0s, 1s, "unreachable");
    another.checked(Check::track, false, "x");
    another.given_up["a"] = 2;
    another.positions_sent = 3;
    one.merge(another);
    EXPECT_EQ(one.requests(), 2'001U);
    EXPECT_EQ(one.errors(), 1U);
    EXPECT_EQ(one.logged_in, 20U);
    EXPECT_EQ(one.independence().made, 2'001U);
    EXPECT_EQ(one.independence().failed, 1U);
    EXPECT_EQ(one.given_up_count(), 2U);
    EXPECT_EQ(one.positions_sent, 3U);
    EXPECT_EQ(one.lateness.count(), 2'000U);
    EXPECT_THAT(one.examples, ElementsAre("track: x"));
}

}  // namespace
}  // namespace twinfleet::simulator
