#include "capabilities/driver_apps/driver_apps.hpp"

#include <stdexcept>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::driver_apps {
namespace {

using Apps = std::vector<DriverApp>;

Version version(std::string_view text) {
    return Version::parse(text).value();
}

TEST(AppVersion, ComparesNumberByNumber) {
    EXPECT_LT(version("9.8"), version("9.61"));
    EXPECT_LT(version("9.9.9"), version("10"));
    EXPECT_EQ(version("9"), version("9.0"));
    EXPECT_EQ(version("9.0.0.0"), version("9"));
    EXPECT_EQ(version("09.1"), version("9.01"));
    EXPECT_LT(version("1.2.3"), version("1.2.3.1"));
    EXPECT_LT(version("999999998"), version("999999999"));
}

TEST(AppVersion, RefusesWhatIsNone) {
    for (const char* text : {"", ".", "9.", ".9", "9..8", "9.8b", "v9", "-1", "+1", " 9", "9 ", "1.2.3.4.5",
                             "1234567890", "9.1234567890", "9,8", "0x9", "\xd9\xa9"}) {
        EXPECT_FALSE(Version::parse(text)) << text;
    }
    EXPECT_FALSE(Version::parse(std::string(100'000, '9')));
    EXPECT_FALSE(Version::parse(std::string_view("9\0", 2)));
}

class DriverAppsTest : public ::testing::Test {
protected:
    std::string family(std::optional<std::string_view> user_agent) const {
        const auto found = apps.find(user_agent);
        if (const auto* app = std::get_if<const DriverApp*>(&found)) {
            return (*app)->family;
        }
        return std::get<Refusal>(found) == Refusal::unknown_app ? "unknown_app" : "update_required";
    }

    const DriverApps apps{
        Apps{{"taximeter", "Taximeter", version("9.10")}, {"vezet", "Taximeter-Vezet", version("9.61")}}};
};

TEST_F(DriverAppsTest, TellsTheFamilyByTheWholeProduct) {
    EXPECT_EQ(family("Taximeter 9.61"), "taximeter");
    EXPECT_EQ(family("Taximeter-Vezet 9.61"), "vezet");
    EXPECT_EQ(family("Taximeter-Vezet 9.61 (3121)"), "vezet");
    EXPECT_EQ(family("Taximeter-Vezet/9.61"), "vezet");
    EXPECT_EQ(family("Taximeter/9.61.2 (3121) Qt/6.4"), "taximeter");
}

TEST_F(DriverAppsTest, AsksForAnUpdateBelowTheFamilysMinimum) {
    EXPECT_EQ(family("Taximeter 9.9"), "update_required");
    EXPECT_EQ(family("Taximeter 9.10"), "taximeter");
    EXPECT_EQ(family("Taximeter-Vezet 9.10"), "update_required");
    EXPECT_EQ(family("Taximeter-Vezet 9.60.99 (3121)"), "update_required");
    EXPECT_EQ(family("Taximeter-Vezet 10"), "vezet");
}

TEST_F(DriverAppsTest, KnowsNobodyElse) {
    EXPECT_EQ(family(std::nullopt), "unknown_app");
    for (const char* user_agent : {"",
                                   " ",
                                   "/",
                                   "Taximeter",
                                   "Taximeter ",
                                   "Taximeter/",
                                   "taximeter 9.61",
                                   "TAXIMETER 9.61",
                                   "Taximeter-Vezet",
                                   "Taximeter-Other 9.61",
                                   "Taximeter-Vezet-Beta 9.61",
                                   "TaximeterVezet 9.61",
                                   " Taximeter 9.61",
                                   "Taximeter  9.61",
                                   "Taximeter\t9.61",
                                   "Taximeter 9.61beta",
                                   "Taximeter 9.61(3121)",
                                   "Taximeter 9.61/1",
                                   "Taximeter -9.61",
                                   "Taximeter (9.61)",
                                   "Mozilla/5.0 (X11; Linux x86_64) Taximeter 9.61",
                                   "Mozilla/5.0 Taximeter-Vezet/9.61",
                                   "Taximeter 1.2.3.4.5",
                                   "Taximeter 99999999999999999999",
                                   "Taximeter \xff\xfe",
                                   "Taximeter NaN"}) {
        EXPECT_EQ(family(user_agent), "unknown_app") << user_agent;
    }
    EXPECT_EQ(family(std::string_view("Taximeter\0 9.61", 15)), "unknown_app");
    EXPECT_EQ(family(std::string_view("Taximeter 9.61\0", 15)), "unknown_app");
    EXPECT_EQ(family("Taximeter " + std::string(100'000, '9')), "unknown_app");
    EXPECT_EQ(family(std::string(100'000, 'T')), "unknown_app");
}

TEST_F(DriverAppsTest, TakesAThirdBrandFromConfigurationAlone) {
    const DriverApps three(
        Apps{{"taximeter", "Taximeter", {}}, {"vezet", "Taximeter-Vezet", {}}, {"rutaxi", "RuTaxi", {}}});
    const auto found = three.find("RuTaxi 0.1");
    ASSERT_TRUE(std::holds_alternative<const DriverApp*>(found));
    EXPECT_EQ(std::get<const DriverApp*>(found)->family, "rutaxi");
    EXPECT_EQ(family("RuTaxi 0.1"), "unknown_app");
}

TEST_F(DriverAppsTest, RefusesAConfigurationInWhichAnAppIsAmbiguous) {
    EXPECT_THROW(DriverApps(Apps{{"a", "A", {}}, {"a", "B", {}}}), std::invalid_argument);
    EXPECT_THROW(DriverApps(Apps{{"a", "A", {}}, {"b", "A", {}}}), std::invalid_argument);
    EXPECT_THROW(DriverApps(Apps{{"", "A", {}}}), std::invalid_argument);
    EXPECT_THROW(DriverApps(Apps{{"a", "", {}}}), std::invalid_argument);
    EXPECT_THROW(DriverApps(Apps{{"a", "A B", {}}}), std::invalid_argument) << "no User-Agent could be told from it";
}

RC_GTEST_FIXTURE_PROP(DriverAppsTest, LetsInOnlyWhatBeginsWithAProductAndAVersion, (const std::string& text)) {
    for (const auto& user_agent : {text, "Taximeter" + text, "Taximeter-Vezet" + text, "Taximeter 9.61" + text}) {
        const auto known = family(user_agent);
        if (known == "taximeter") {
            RC_ASSERT(user_agent.starts_with("Taximeter ") || user_agent.starts_with("Taximeter/"));
        } else if (known == "vezet") {
            RC_ASSERT(user_agent.starts_with("Taximeter-Vezet ") || user_agent.starts_with("Taximeter-Vezet/"));
        }
    }
}

}  // namespace
}  // namespace twinfleet::driver_apps
