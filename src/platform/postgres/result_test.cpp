#include "platform/postgres/result.hpp"

#include <initializer_list>
#include <stdexcept>

#include <gtest/gtest.h>

namespace twinfleet::postgres {
namespace {

constexpr std::string_view null{};

/// Rows of one column each, or, of several columns, one row.
Result column(std::initializer_list<std::string_view> cells) {
    return {cells, cells.size(), 0, nullptr};
}
Result row(std::initializer_list<std::string_view> cells) {
    return {cells, 1, 0, nullptr};
}

TEST(PostgresResult, ReadsColumnsOneAfterTheOther) {
    const Result result = row({"text", "", "-7", "0.25", "t", "f"});
    Row columns = result.only_row();
    EXPECT_EQ(columns.text(), "text");
    EXPECT_FALSE(columns.is_null());
    EXPECT_EQ(columns.text(), "");
    EXPECT_EQ(columns.number<int>(), -7);
    Row copy = columns;
    EXPECT_EQ(columns.number<double>(), 0.25);
    EXPECT_TRUE(columns.boolean());
    EXPECT_FALSE(columns.boolean());
    EXPECT_EQ(copy.number<double>(), 0.25) << "it reads on from where the original stood";
    EXPECT_THROW(columns.text(), std::logic_error);
    EXPECT_THROW((void)columns.is_null(), std::logic_error);
}

TEST(PostgresResult, NullIsNoValue) {
    const Result result = row({null, null, null, null, null, null});
    Row columns = result.only_row();
    EXPECT_TRUE(columns.is_null());
    EXPECT_EQ(columns.text(), "");
    EXPECT_EQ(columns.optional_text(), std::nullopt);
    EXPECT_EQ(columns.optional_number<int>(), std::nullopt);
    EXPECT_EQ(columns.optional_time(), std::nullopt);
    EXPECT_EQ(columns.optional_bytes<2>(), std::nullopt);
    EXPECT_THROW(columns.number<int>(), std::logic_error);
}

TEST(PostgresResult, ReadsTimesAsTheServerSendsThem) {
    using std::chrono::microseconds;
    const auto time = [](std::string_view text) {
        const Result result = column({text});
        return result.only_row().sent_time();
    };
    EXPECT_EQ(time("0000000000000000"), Time(microseconds(946'684'800'000'000)));
    EXPECT_EQ(time("fffca2fec4c82000"), Time(microseconds(0)));
    EXPECT_EQ(time("0000000000000001"), Time(microseconds(946'684'800'000'001)));
    EXPECT_EQ(time("7fffffffffffffff"), Time::max()) << "infinity";
    EXPECT_EQ(time("8000000000000000"), Time::min()) << "-infinity";
    EXPECT_EQ(time("7ffffffffffffff0"), Time::max()) << "later than a Time can hold";
    EXPECT_THROW((void)time("00"), std::logic_error);
    EXPECT_THROW((void)time(null), std::logic_error);
    const Result none = column({null});
    EXPECT_EQ(none.only_row().optional_sent_time(), std::nullopt);
}

TEST(PostgresResult, ReadsTimes) {
    using std::chrono::microseconds;
    const auto time = [](std::string_view text) {
        const Result result = column({text});
        return result.only_value<Time>();
    };
    EXPECT_EQ(time("1700000000.123456"), Time(microseconds(1'700'000'000'123'456)));
    EXPECT_EQ(time("-0.500000"), Time(microseconds(-500'000)));
    EXPECT_EQ(time("-1.000001"), Time(microseconds(-1'000'001)));
    EXPECT_EQ(time("7"), Time(microseconds(7'000'000)));
    EXPECT_EQ(time("0.5"), Time(microseconds(500'000)));
    EXPECT_EQ(time("Infinity"), Time::max());
    EXPECT_EQ(time("-Infinity"), Time::min());
    for (const char* bad : {"", "NaN", "1.x", "1e5", "2023-11-14"}) {
        EXPECT_THROW(time(bad), std::logic_error) << bad;
    }
}

TEST(PostgresResult, ReadsBytes) {
    const Result result = row({"01ff", "01ff", "0"});
    Row columns = result.only_row();
    EXPECT_EQ(columns.optional_bytes<2>(), (std::array<std::uint8_t, 2>{0x01, 0xff}));
    EXPECT_EQ(columns.optional_bytes<3>(), std::nullopt) << "of another number";
    EXPECT_EQ(columns.optional_bytes<1>(), std::nullopt);
}

TEST(PostgresResult, RefusesWhatIsNoNumber) {
    for (const char* bad : {"x", "1x", "1.5", " 1", "300"}) {
        const Result result = column({bad});
        EXPECT_THROW((void)result.only_value<std::uint8_t>(), std::logic_error) << bad;
    }
}

TEST(PostgresResult, IsWalkedRowByRow) {
    const Result result(std::vector<std::string_view>{"a", "1", "b", "2"}, 2, 0, nullptr);
    std::string read;
    for (Row columns : result) {
        read += columns.text();
        read += columns.text();
    }
    EXPECT_EQ(read, "a1b2");
    EXPECT_EQ(result.size(), 2U);
    for (Row columns : Result()) {
        ADD_FAILURE() << columns.text();
    }
    EXPECT_TRUE(Result().empty());
}

TEST(PostgresResult, HasOneRowWhereOneIsAskedFor) {
    EXPECT_THROW((void)Result().only_value<int>(), std::logic_error);
    const Result two = column({"1", "2"});
    EXPECT_THROW((void)two.only_row(), std::logic_error);
    const Result one = column({"1"});
    EXPECT_EQ(one.only_value<int>(), 1);
    EXPECT_EQ(one.only_value<std::string>(), "1");
}

}  // namespace
}  // namespace twinfleet::postgres
