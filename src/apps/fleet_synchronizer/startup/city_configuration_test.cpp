#include "apps/fleet_synchronizer/startup/city_configuration.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace twinfleet::fleet_synchronizer {
namespace {

const domain::AppFamily child_family{"vezet"};

class CityConfigurationTest : public ::testing::Test {
protected:
    CityConfigurationTest()
        : file_(std::filesystem::temp_directory_path() /
                ("city_configuration_test_" + std::to_string(getpid()) + ".yaml")) {}
    ~CityConfigurationTest() override { std::filesystem::remove(file_); }

    void write(std::string_view text) { std::ofstream(file_) << text; }
    CityConfiguration configuration() {
        return {{.file = file_.string(), .poll_interval = std::chrono::milliseconds(100)},
                CityConfiguration::Reload::never,
                log_};
    }

    std::filesystem::path file_;
    log::NullLogger log_;
};

constexpr std::string_view chicago = R"(
fleet_mirror_enabled:
  default: {enabled: false}
  clauses:
    - title: pilot
      predicate: {type: eq, arg: city_id, value: Chicago}
      value: {enabled: true}
    - title: one park
      predicate:
        type: all_of
        predicates:
          - {type: eq, arg: family, value: vezet}
          - {type: eq, arg: country_id, value: usa}
          - {type: eq, arg: park_id, value: p1}
      value: {enabled: true}
)";

mirroring::ParentFacts park(std::string id, std::string_view city, std::string_view country = {}) {
    mirroring::ParentFacts facts;
    facts.id = std::move(id);
    facts.city_id = city;
    facts.country_id = country;
    return facts;
}

TEST_F(CityConfigurationTest, AsksTheFileAboutEachPark) {
    write(chicago);
    const auto enabled = configuration().enabled_parks();
    EXPECT_TRUE(enabled.is_enabled(park("p2", "Chicago"), child_family));
    EXPECT_FALSE(enabled.is_enabled(park("p2", "Boston"), child_family));
    EXPECT_FALSE(enabled.is_enabled(park("p2", ""), child_family));
    EXPECT_TRUE(enabled.is_enabled(park("p1", "Boston", "usa"), child_family));
    EXPECT_FALSE(enabled.is_enabled(park("p1", "Boston", "usa"), domain::AppFamily{"other"}));
    EXPECT_FALSE(enabled.is_enabled(park("p1", "Boston"), child_family));
}

TEST_F(CityConfigurationTest, FingerprintFollowsTheFile) {
    write(chicago);
    const std::string before = configuration().enabled_parks().fingerprint;
    EXPECT_EQ(configuration().enabled_parks().fingerprint, before);
    write("fleet_mirror_enabled: {default: {enabled: true}}");
    EXPECT_NE(configuration().enabled_parks().fingerprint, before);
}

TEST_F(CityConfigurationTest, WithoutAFileNoParkIsEnabled) {
    const CityConfiguration configuration({}, CityConfiguration::Reload::never, log_);
    EXPECT_FALSE(configuration.is_set());
    const auto enabled = configuration.enabled_parks();
    EXPECT_FALSE(enabled.is_enabled(park("p1", "Chicago"), child_family));
    EXPECT_FALSE(enabled.fingerprint.empty());
}

TEST_F(CityConfigurationTest, RefusesAFileThatIsMissingOrWrong) {
    EXPECT_THROW(configuration(), config::Error);
    write("fleet_mirror_enabled: {default: {enabled: maybe}}");
    EXPECT_THROW(configuration(), config::Error);
    write("fleet_mirror_enabled: {default: {enabled: true, colour: red}}");
    EXPECT_THROW(configuration(), config::Error);
    write("fleet_miror_enabled: {default: {enabled: true}}");
    EXPECT_THROW(configuration(), config::Error);
}

TEST_F(CityConfigurationTest, IsToldApartFromSettingsOfAProgram) {
    for (const char* text : {"fleet_mirror_enabled: {default: {enabled: true}}", "fleet_mirror_master_account: 5",
                             "fleet_miror_enabled: {default: {enabled: true}}", "fleet_mirror: {clauses: []}"}) {
        EXPECT_TRUE(CityConfiguration::is_one(text, "file")) << text;
    }
    for (const char* text : {"", "mongo: {uri: x}", "typed_configs: {file: fleet_mirror_enabled}", "families: [a]"}) {
        EXPECT_FALSE(CityConfiguration::is_one(text, "file")) << text;
    }
    EXPECT_THROW(static_cast<void>(CityConfiguration::is_one("a: [", "file")), config::Error);
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
