#include "platform/clock/time_text.hpp"

#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

TEST(TimeText, IsRfc3339WithMilliseconds) {
    using namespace std::chrono;
    EXPECT_EQ(time_text(sys_days(year(2024) / 2 / 29) + hours(23) + minutes(59) + microseconds(59'999'999)),
              "2024-02-29T23:59:59.999Z");
    EXPECT_EQ(time_text(sys_days(year(1969) / 12 / 31) + hours(1)), "1969-12-31T01:00:00.000Z");
    EXPECT_EQ(time_text(sys_days(year(987) / 1 / 1) + milliseconds(7)), "0987-01-01T00:00:00.007Z");
}

TEST(ParseTime, ReadsWhateverRfc3339Allows) {
    const auto written = [](std::string_view text) {
        const auto time = parse_time(text);
        return time ? time_text(*time) : "none";
    };
    EXPECT_EQ(written("2024-02-29T23:59:59.999Z"), "2024-02-29T23:59:59.999Z");
    EXPECT_EQ(written("2024-02-29 23:59:59z"), "2024-02-29T23:59:59.000Z");
    EXPECT_EQ(written("2024-02-29T23:59:59.5+03:30"), "2024-02-29T20:29:59.500Z");
    EXPECT_EQ(written("2024-02-29T23:59:60-00:01"), "2024-03-01T00:01:00.000Z");
    EXPECT_EQ(written("1969-12-31T01:00:00.0079999999Z"), "1969-12-31T01:00:00.007Z");
    for (const char* wrong : {"", "2024-02-29", "2024-02-29T23:59:59", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z",
                              "2024-02-29T24:00:00Z", "2024-02-29T23:59:59.Z", "2024-02-29T23:59:59Z ",
                              "24-02-29T23:59:59Z", "2024-2-29T23:59:59Z", "2024-02-29T23:59:59+3:30"}) {
        EXPECT_EQ(written(wrong), "none") << wrong;
    }
}

}  // namespace
}  // namespace twinfleet::platform
