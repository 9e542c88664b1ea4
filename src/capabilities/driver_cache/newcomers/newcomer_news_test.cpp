#include "capabilities/driver_cache/newcomers/newcomer_news.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::driver_cache {
namespace {

using ::testing::ElementsAre;

TEST(NewcomerNews, AreReadAsTheyWereWritten) {
    const auto news = read_news(text_of({.from = "replica", .ids = {"driver \"1\"", "водитель"}}));
    ASSERT_TRUE(news);
    EXPECT_EQ(news->from, "replica");
    EXPECT_THAT(news->ids, ElementsAre("driver \"1\"", "водитель"));
}

TEST(NewcomerNews, OfALaterVersionMayHoldMore) {
    const auto news = read_news(R"({"from": "a", "ids": ["d"], "since": 1})");
    ASSERT_TRUE(news);
    EXPECT_THAT(news->ids, ElementsAre("d"));
}

TEST(NewcomerNews, ThatCannotBeReadAreNone) {
    for (const char* text :
         {"", "no json", "[]", "{}", R"({"ids": ["d"]})", R"({"from": "a"})", R"({"from": "a", "ids": []})",
          R"({"from": "a", "ids": "d"})", R"({"from": "a", "ids": [1]})", R"({"from": "a", "ids": [""]})",
          R"({"from": 1, "ids": ["d"]})", "{\"from\": \"a\", \"ids\": [\"\xff\"]}"}) {
        EXPECT_EQ(read_news(text), std::nullopt) << text;
    }
    EXPECT_EQ(read_news(text_of({.from = "a", .ids = std::vector<std::string>(news_ids_max + 1, "d")})), std::nullopt);
    EXPECT_EQ(read_news(R"({"from": "a", "ids": ["d"]})" + std::string(news_bytes_max, ' ')), std::nullopt);
}

}  // namespace
}  // namespace twinfleet::driver_cache
