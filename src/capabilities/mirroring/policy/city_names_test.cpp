#include "capabilities/mirroring/policy/city_names.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

TEST(CityNames, AreFoundInWhicheverFormTheyAreWritten) {
    const std::vector<std::string> asked_for{"И\u0306ошкар-Ола", "Zürich"};
    CityNames cities(asked_for);
    EXPECT_TRUE(cities.contains("Йошкар-Ола"));
    EXPECT_TRUE(cities.contains("И\u0306ошкар-Ола"));
    EXPECT_TRUE(cities.contains("Zu\u0308rich"));
    EXPECT_FALSE(cities.contains("Иошкар-Ола"));
    EXPECT_FALSE(cities.contains(""));
    cities.erase("Йошкар-Ола");
    EXPECT_EQ(cities.names(), std::set<std::string>{"Zürich"});
}

}  // namespace
}  // namespace twinfleet::mirroring
