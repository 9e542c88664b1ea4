#include "apps/fleet_synchronizer/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/http_client/client.hpp"
#include "platform/service/settings/testing/settings_contract.hpp"
#include "platform/service/settings/testing/settings_texts.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using service::testing::environment;
using service::testing::Variables;

Settings settings_of(std::string_view own, Variables variables = {}) {
    return service::testing::settings_of(settings_layers(), own, std::move(variables));
}

std::string problems_of(std::string_view own, Variables variables = {}) {
    return service::testing::problems_of(settings_layers(), own, std::move(variables));
}

TEST(FleetSynchronizerSettings, FileThatShipsIsInOrder) {
    const Settings settings = settings_of("");
    EXPECT_THAT(settings.mirror.families, ElementsAre(domain::AppFamily{"vezet"}));
    EXPECT_EQ(settings.mirror.lease.lifetime, 15s);
    EXPECT_EQ(settings.mirror.lease.wait, 20s);
    EXPECT_EQ(settings.mirror.pass.retirement.share_max, 0.05);
    EXPECT_EQ(settings.mirror.pass.retirement.always_allowed, 20U);
    EXPECT_EQ(settings.mirror.pass.retirement.count_max, 1000U);
    EXPECT_EQ(settings.mirror.schedules.size(), 6U);
    EXPECT_EQ(settings.mirror.schedules.at("drivers").incremental_interval, 300ms);
    EXPECT_EQ(settings.mirror.schedules.at("drivers").full_interval, 1h);
    EXPECT_EQ(settings.typed_configs.file, "");
}

TEST(FleetSynchronizerSettings, OwnFileOverridesWhatItNames) {
    const Settings settings = settings_of("pass: {overlap_ms: 5}\nfamilies: [{name: a}, {name: b_2}]\n");
    EXPECT_EQ(settings.mirror.pass.overlap, 5ms);
    EXPECT_EQ(settings.mirror.pass.batch.documents_max, 2000U);
    EXPECT_THAT(settings.mirror.families, ElementsAre(domain::AppFamily{"a"}, domain::AppFamily{"b_2"}));
}

TEST(FleetSynchronizerSettings, EnvironmentWinsOverTheFile) {
    const Settings settings =
        settings_of("mongo: {uri: \"mongodb://file\"}\n", {{"FLEET_MONGO_URI", "mongodb://environment"},
                                                           {"FLEET_POSTGRES_DSN", "postgresql://environment/db"},
                                                           {"FLEET_TYPED_CONFIGS", "cities.yaml"},
                                                           {"FLEET_SERVICE_TOKEN", "token"},
                                                           {"FLEET_ACCESS_CONTROL_URL", "http://access"},
                                                           {"FLEET_DRIVER_PROTOCOL_URL", "http://drivers"}});
    EXPECT_EQ(settings.mongo.uri, "mongodb://environment");
    EXPECT_EQ(settings.postgres.dsn, "postgresql://environment/db");
    EXPECT_EQ(settings.typed_configs.file, "cities.yaml");
    EXPECT_EQ(settings.mirror.access_control.bearer_token, "token");
    EXPECT_EQ(settings.mirror.access_control.base_url, "http://access");
    EXPECT_EQ(settings.mirror.driver_protocol.bearer_token, "token") << "the same, as a file may have two";
    EXPECT_EQ(settings.mirror.driver_protocol.base_url, "http://drivers");
}

TEST(FleetSynchronizerSettings, VariablesOfOtherServicesAreNoProblem) {
    EXPECT_EQ(problems_of("", {{"FLEET_REDIS_URI", "redis://x"},
                               {"FLEET_SYNCHRONIZER_URL", "http://x"},
                               {"FLEET_SMS_OUTBOX", "x"},
                               {"FLEET_DATA_DIR", "x"}}),
              "");
}

TEST(FleetSynchronizerSettings, TellsEveryProblemWithItsPlace) {
    const std::string problems = problems_of("mongo:\n  urri: x\npass:\n  overlap_ms: soon\nlease: 5\n");
    EXPECT_THAT(problems, HasSubstr("config.yaml:2: mongo.urri: unknown key; did you mean \"uri\"?"));
    EXPECT_THAT(problems, HasSubstr("config.yaml:4: pass.overlap_ms: expected a number of milliseconds"));
    EXPECT_THAT(problems, HasSubstr("config.yaml:5: lease: expected a section, found"));
}

TEST(FleetSynchronizerSettings, RefusesFamiliesThatCannotBe) {
    EXPECT_THAT(problems_of("families: [{name: Vezet}]"), HasSubstr("families[0].name: expected lower-case letters"));
    EXPECT_THAT(problems_of("families: [{name: \"\"}]"), HasSubstr("families[0].name: expected lower-case letters"));
    EXPECT_THAT(problems_of("families: [{name: taximeter}]"), HasSubstr("families[0].name"));
    EXPECT_THAT(problems_of("families: [{name: a}, {name: a}]"), HasSubstr("families[1].name"));
    EXPECT_THAT(problems_of("families: []"), HasSubstr("families: expected at least one"));
    EXPECT_THAT(problems_of("families: [{title: a}]"), HasSubstr("families[0]"));
}

TEST(FleetSynchronizerSettings, RefusesConnectionStringsWithoutRepeatingThem) {
    const std::string problems = problems_of("mongo: {uri: \"secret1://x\"}\npostgres: {dsn: \"host=x secret2\"}\n");
    EXPECT_THAT(problems, HasSubstr("config.yaml:1: mongo.uri: "));
    EXPECT_THAT(problems, HasSubstr("config.yaml:2: postgres.dsn: "));
    EXPECT_THAT(problems, Not(HasSubstr("secret")));
    EXPECT_THAT(problems_of("", {{"FLEET_MONGO_URI", "nonsense"}}), HasSubstr("environment variable FLEET_MONGO_URI"));
}

TEST(FleetSynchronizerSettings, RefusesAMongoDbThatIsToAcknowledgeOrReadLess) {
    EXPECT_THAT(problems_of("mongo: {uri: \"mongodb://db/?w=0&readPreference=nearest\"}\n"),
                HasSubstr("config.yaml:1: mongo.uri: the MongoDB URI has the option w=0: expected w=majority"));
    EXPECT_THAT(problems_of("", {{"FLEET_MONGO_URI", "mongodb://db/?readPreference=secondaryPreferred"}}),
                HasSubstr("readPreference: expected primary"));
}

TEST(FleetSynchronizerSettings, RefusesAddressesThatCannotBeListenedOn) {
    EXPECT_THAT(problems_of("monitor: {listen: nowhere}"), HasSubstr("monitor.listen"));
    EXPECT_THAT(problems_of("", {{"FLEET_LISTEN", ":x"}}), HasSubstr("FLEET_LISTEN"));
    EXPECT_THAT(problems_of("access_control: {url: \"ftp://x\"}"), HasSubstr("access_control.url"));
}

/// What `serve` refuses, `config check` refuses.
TEST(FleetSynchronizerSettings, ACheckRefusesWhatServeRefuses) {
    const service::testing::TemporaryFile broken_tokens("tokens.yaml", "tokens: [{name: a}]\n");
    const service::testing::TemporaryFile broken_cities("cities.yaml", "fleet_mirror_enabled: {default: 5}\n");
    for (const std::string& own : {"api: {service_tokens_file: " + broken_tokens.path().string() + "}",
                                   std::string("typed_configs: {file: /no/such/cities.yaml}"),
                                   "typed_configs: {file: " + broken_cities.path().string() + "}",
                                   std::string("access_control: {url: \"http://\"}"),
                                   std::string("access_control: {url: \"http://127.0.0.1:http\"}"),
                                   std::string("access_control: {url: \"http://127.0.0.1/?key=1\"}")}) {
        service::testing::expect_check_and_serve_to_refuse(settings_layers(), own);
    }
    service::testing::expect_check_and_serve_to_refuse(settings_layers(), "",
                                                       {{"FLEET_SERVICE_TOKENS", "/no/such/tokens.yaml"}});
    service::testing::expect_check_and_serve_to_refuse(settings_layers(), "",
                                                       {{"FLEET_ACCESS_CONTROL_URL", "http://127.0.0.1:http"}});
}

TEST(FleetSynchronizerSettings, ACheckTakesAConfigurationByCityAsWell) {
    const auto check = [](const std::string& text) {
        const service::testing::TemporaryFile file("checked.yaml", text);
        settings_layers().check(file.path(), environment({}));
    };
    EXPECT_NO_THROW(check("fleet_mirror_enabled: {default: {enabled: true}}"));
    EXPECT_NO_THROW(check("pass: {overlap_ms: 5}"));
    for (const char* wrong : {"fleet_mirror_enabled: {default: {enabled: maybe}}", "fleet_mirror_enabled: 5",
                              "fleet_miror_enabled: {default: {enabled: true}}",
                              "fleet_mirror_enabled: {default: {enabled: true}}\npass: {overlap_ms: 5}"}) {
        EXPECT_THROW(check(wrong), config::Error) << wrong;
    }
}

TEST(FleetSynchronizerSettings, RefusesMoreThreadsThanConnections) {
    EXPECT_THAT(problems_of("api: {threads: 257}"), HasSubstr("api.threads: expected at most 256"));
    EXPECT_EQ(problems_of("api: {threads: 256}"), "");
}

TEST(FleetSynchronizerSettings, TellsThatAFileIsMissing) {
    EXPECT_THROW(
        static_cast<void>(settings_layers().read(std::filesystem::path("/nonexistent/config.yaml"), environment({}))),
        config::Error);
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer

namespace twinfleet::service::testing {
namespace {

struct FleetSynchronizer {
    static const Layers<fleet_synchronizer::Settings>& layers() { return fleet_synchronizer::settings_layers(); }
    static constexpr std::size_t keys_min = 40;
    static Variables variables_for_serving() { return {}; }
    static constexpr NeighbourNames neighbour{.section = "access_control"};
    static std::string neighbour_text(const std::string& keys) { return "access_control: {" + keys + "}\n"; }
    static const http::ClientSettings& neighbour_of(const fleet_synchronizer::Settings& settings) {
        return settings.mirror.access_control;
    }
};

INSTANTIATE_TYPED_TEST_SUITE_P(FleetSynchronizer, SettingsContract, FleetSynchronizer);

}  // namespace
}  // namespace twinfleet::service::testing
