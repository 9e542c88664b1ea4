#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulator/accounts/drivers_mongo.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::simulator {
namespace {

using ::testing::AllOf;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

/// A fleet in databases of the test's own.
class DriversMongo : public ::testing::Test {
protected:
    void insert(const std::string& database, const std::string& collection, const std::string& json) const {
        auto bulk = mongo_.pool().collection(mongo_.database_name(database), collection).bulk();
        bulk.insert(bson::from_json(json));
        (void)bulk.execute();
    }
    void park(const std::string& id, const std::string& more) const {
        insert("dbparks", "parks", R"({"_id":")" + id + R"(","login":")" + id + "\"," + more + "}");
    }
    void mirrored_park(const std::string& id) const {
        park(id, R"("is_active":true)");
        park(id + "_child", R"("is_active":true,"fleet_type":"vezet","parent_park_id":")" + id + "\"");
    }
    void driver(const std::string& id, const std::string& park, const std::string& phones,
                const std::string& status = "working") const {
        insert("dbdrivers", "drivers",
               R"({"_id":")" + id + R"(","park_id":")" + park + R"(","work_status":")" + status + R"(","phones":)" +
                   phones + "}");
    }
    [[nodiscard]] std::vector<Account> pick(std::size_t count, std::uint64_t seed = 1) const {
        return pick_drivers(mongo_.pool(), "vezet", count, seed, mongo_.prefix());
    }
    [[nodiscard]] std::set<std::string> picked_phones(std::size_t count) const {
        std::set<std::string> phones;
        for (const auto& account : pick(count)) {
            EXPECT_TRUE(phones.insert(account.phone).second);
        }
        return phones;
    }

    const twinfleet::testing::TestMongo mongo_;
};

TEST_F(DriversMongo, PicksThoseWhoCanLogInToBothApps) {
    mirrored_park("a");
    mirrored_park("b");
    park("plain", R"("is_active":true)");
    park("closed", R"("is_active":false)");
    park("closed_child", R"("is_active":true,"fleet_type":"vezet","parent_park_id":"closed")");
    park("half", R"("is_active":true)");
    park("half_child", R"("is_active":false,"fleet_type":"vezet","parent_park_id":"half")");
    park("other", R"("is_active":true)");
    park("other_child", R"("is_active":true,"fleet_type":"another","parent_park_id":"other")");
    driver("1", "a", R"(["+1"])");
    driver("2", "b", R"([5, "no number", "+2", "+3"])");
    driver("3", "b", R"(["+1"])");
    driver("4", "a", R"(["+4"])", "not_working");
    driver("5", "a", "[]");
    driver("6", "a", "null");
    driver("7", "plain", R"(["+7"])");
    driver("8", "closed", R"(["+8"])");
    driver("9", "half", R"(["+9"])");
    driver("10", "other", R"(["+10"])");
    driver("11", "a_child", R"(["+11"])");
    EXPECT_THAT(picked_phones(100), UnorderedElementsAre("+1", "+2"));
}

TEST_F(DriversMongo, PicksAsManyAsAskedForAndTheSameOnesAgain) {
    mirrored_park("a");
    for (int number = 10; number < 40; ++number) {
        driver(std::to_string(number), "a", "[\"+" + std::to_string(number) + "\"]");
    }
    EXPECT_THAT(picked_phones(30), SizeIs(30));
    const auto phones = picked_phones(7);
    EXPECT_THAT(phones, AllOf(SizeIs(7), picked_phones(7)));
    EXPECT_EQ(pick(1).front().park_id, "a");
}

TEST_F(DriversMongo, FindsNobodyInAFleetThatIsNotMirrored) {
    EXPECT_THAT(pick(10), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::simulator
