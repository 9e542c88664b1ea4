#include "apps/access_control/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/http_client/client.hpp"
#include "platform/service/settings/testing/settings_contract.hpp"
#include "platform/service/settings/testing/settings_texts.hpp"

namespace twinfleet::access_control_app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

using service::testing::Variables;

Settings settings_of(std::string_view own, Variables variables = {}) {
    return service::testing::settings_of(settings_layers(), own, std::move(variables));
}

std::string problems_of(std::string_view own, Variables variables = {}) {
    return service::testing::problems_of(settings_layers(), own, std::move(variables));
}

TEST(AccessControlSettings, FileThatShipsIsInOrder) {
    const Settings settings = settings_of("");
    EXPECT_EQ(settings.synchronizer.base_url, "");
    EXPECT_EQ(settings.child_parks.not_child_lifetime, 10s);
    EXPECT_EQ(settings.housekeeping.audit_kept_days, 365U);
    EXPECT_EQ(settings.housekeeping.removals_kept_days, 7U);
    EXPECT_EQ(settings.api.listen, "127.0.0.1:8092");
    EXPECT_EQ(settings.monitor.listen, "127.0.0.1:8093");
}

TEST(AccessControlSettings, EnvironmentWinsOverTheFile) {
    const Settings settings =
        settings_of("postgres: {dsn: postgresql://file/}\n", {{"FLEET_POSTGRES_DSN", "postgresql://environment/"},
                                                              {"FLEET_SYNCHRONIZER_URL", "http://127.0.0.1:8090"},
                                                              {"FLEET_SERVICE_TOKEN", "shown"},
                                                              {"FLEET_MONGO_URI", "mongodb://environment"}});
    EXPECT_EQ(settings.postgres.dsn, "postgresql://environment/");
    EXPECT_EQ(settings.synchronizer.base_url, "http://127.0.0.1:8090");
    EXPECT_EQ(settings.synchronizer.bearer_token, "shown");
    EXPECT_EQ(settings.mongo.uri, "mongodb://environment");
}

/// What `serve` refuses, `config check` refuses.
TEST(AccessControlSettings, ACheckRefusesWhatServeRefuses) {
    for (const char* own :
         {"mongo: {uri: \"mongodb://db/?readPreference=secondary\"}", "synchronizer: {url: synchronizer}",
          "synchronizer: {url: \"http://\"}", "synchronizer: {url: \"http://127.0.0.1:http\"}",
          "synchronizer: {url: \"gopher://127.0.0.1\"}"}) {
        service::testing::expect_check_and_serve_to_refuse(settings_layers(), own);
    }
}

TEST(AccessControlSettings, ProblemsNameTheKey) {
    EXPECT_THAT(problems_of("child_parks: {not_child_lifetime_s: long}\n"),
                HasSubstr("child_parks.not_child_lifetime_s"));
    EXPECT_THAT(problems_of("audit: {kept_days: 0}\n"), HasSubstr("audit.kept_days"));
    EXPECT_THAT(problems_of("feed: {removals_kept_days: 0}\n"), HasSubstr("feed.removals_kept_days"));
    const std::string bad_secret = problems_of("postgres: {dsn: 'host=h hidden-word'}\n");
    EXPECT_THAT(bad_secret, HasSubstr("postgres.dsn"));
    EXPECT_THAT(bad_secret, Not(HasSubstr("hidden-word")));
}

}  // namespace
}  // namespace twinfleet::access_control_app

namespace twinfleet::service::testing {
namespace {

struct AccessControl {
    static const Layers<access_control_app::Settings>& layers() { return access_control_app::settings_layers(); }
    static constexpr std::size_t keys_min = 20;
    static Variables variables_for_serving() { return {}; }
    static constexpr NeighbourNames neighbour{.section = "synchronizer"};
    static std::string neighbour_text(const std::string& keys) { return "synchronizer: {" + keys + "}\n"; }
    static const http::ClientSettings& neighbour_of(const access_control_app::Settings& settings) {
        return settings.synchronizer;
    }
};

INSTANTIATE_TYPED_TEST_SUITE_P(AccessControl, SettingsContract, AccessControl);

}  // namespace
}  // namespace twinfleet::service::testing
