#include "platform/postgres/parameters.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/time.hpp"

namespace twinfleet::postgres {
namespace {

TEST(PostgresParameter, IsTheTextThatTheServerReads) {
    EXPECT_EQ(Parameter("it's").text(), "it's");
    EXPECT_EQ(Parameter(std::string_view()).text(), "");
    EXPECT_EQ(Parameter(-7).text(), "-7");
    EXPECT_EQ(Parameter(std::numeric_limits<std::uint64_t>::max()).text(), "18446744073709551615");
    EXPECT_EQ(Parameter(1e-9).text(), "1e-09");
    EXPECT_EQ(Parameter(-std::numeric_limits<double>::min()).text(), "-2.2250738585072014e-308");
    EXPECT_EQ(Parameter(true).text(), "true");
    EXPECT_EQ(Parameter(false).text(), "false");
    EXPECT_EQ(Parameter(std::optional(7)).text(), "7");
    EXPECT_FALSE(Parameter("").is_null());
}

TEST(PostgresParameter, IsNullWhereThereIsNoValue) {
    EXPECT_TRUE(Parameter(std::nullopt).is_null());
    EXPECT_TRUE(Parameter(std::optional<std::string>()).is_null());
}

TEST(PostgresParameter, RefusesNulWithoutRepeatingTheText) {
    try {
        const Parameter parameter(std::string_view("secret\0", 7));
        FAIL();
    } catch (const platform::StoreRefused& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
}

TEST(PostgresParameters, AreNumberedAsTheyCome) {
    Parameters parameters;
    EXPECT_EQ(parameters.add("a"), "$1");
    EXPECT_EQ(parameters.add(2), "$2");
    const auto values = std::move(parameters).take();
    ASSERT_EQ(values.size(), 2U);
    EXPECT_EQ(values[1].text(), "2");
}

TEST(PostgresParameters, ALimitIsABigint) {
    EXPECT_EQ(limit(7), 7);
    EXPECT_EQ(limit(std::numeric_limits<std::size_t>::max()), std::numeric_limits<std::int64_t>::max());
}

TEST(PostgresTime, GoesInAsMicrosecondsWithinWhatIsExact) {
    EXPECT_EQ(microseconds(Time(std::chrono::microseconds(-1))), -1);
    EXPECT_EQ(microseconds(Time::max()), 9'000'000'000'000'000);
    EXPECT_EQ(microseconds(Time::min()), -9'000'000'000'000'000);
}

}  // namespace
}  // namespace twinfleet::postgres
