#include "platform/api/paging.hpp"

#include <string>
#include <vector>

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Numbered {
    std::int64_t id;
    std::string name;
};

/// What a store of so many items returns.
auto numbered_up_to(std::int64_t last) {
    return [last](std::size_t count) {
        std::vector<Numbered> items;
        for (std::int64_t id = 1; id <= last && items.size() < count; ++id) {
            items.push_back({id, "n" + std::to_string(id)});
        }
        return items;
    };
}

std::string name_of(const Numbered& item) {
    return item.name;
}

TEST(Paging, AsksTheStoreForOneItemMoreThanThePageHolds) {
    std::size_t asked = 0;
    const auto page = read_page(3, [&](std::size_t count) {
        asked = count;
        return std::vector<int>{1, 2, 3, 4};
    });
    EXPECT_EQ(asked, 4U);
    EXPECT_THAT(page.items, ElementsAre(1, 2, 3));
    EXPECT_TRUE(page.has_more);
}

TEST(Paging, APageThatIsJustFullIsTheLast) {
    const auto page = read_page(3, numbered_up_to(3));
    EXPECT_EQ(page.items.size(), 3U);
    EXPECT_FALSE(page.has_more);
    EXPECT_THAT(read_page(3, numbered_up_to(0)).items, IsEmpty());
}

TEST(Paging, ShowsTheCursorOfTheNextPage) {
    const auto first = page_json(read_page(2, numbered_up_to(3)), name_of, &Numbered::id);
    EXPECT_EQ(boost::json::serialize(first), R"({"items":["n1","n2"],"next_cursor":"2"})");
    const auto last = page_json(read_page(3, numbered_up_to(3)), name_of, &Numbered::id);
    EXPECT_EQ(boost::json::serialize(last), R"({"items":["n1","n2","n3"],"next_cursor":null})");
    const auto by_name = page_response(read_page(1, numbered_up_to(3)), name_of, &Numbered::name);
    EXPECT_EQ(by_name.status, 200);
    EXPECT_EQ(by_name.body, R"({"items":["n1"],"next_cursor":"n1"})");
}

}  // namespace
}  // namespace twinfleet::api
