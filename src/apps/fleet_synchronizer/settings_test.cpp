#include "apps/fleet_synchronizer/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    return settings_layers().read_texts(settings_layers().shipped, own, "config.yaml",
                                        environment(std::move(variables)));
}

std::string problems_of(std::string_view own, Variables variables = {},
                        std::string_view shipped = settings_layers().shipped) {
    return service::testing::problems_of(
        [&] { return settings_layers().read_texts(shipped, own, "config.yaml", environment(std::move(variables))); });
}

TEST(FleetSynchronizerSettings, FileThatShipsIsInOrder) {
    const Settings settings = settings_of("");
    EXPECT_THAT(settings.families, ElementsAre(domain::AppFamily{"vezet"}));
    EXPECT_EQ(settings.lease.lifetime, 15s);
    EXPECT_EQ(settings.lease.wait, 20s);
    EXPECT_EQ(settings.pass.retirement.share_max, 0.05);
    EXPECT_EQ(settings.pass.retirement.always_allowed, 20U);
    EXPECT_EQ(settings.pass.retirement.count_max, 1000U);
    EXPECT_EQ(settings.jobs.size(), 6U);
    EXPECT_EQ(settings.jobs.at("drivers").incremental_interval, 300ms);
    EXPECT_EQ(settings.jobs.at("drivers").full_interval, 1h);
    EXPECT_EQ(settings.typed_configs.file, "");
}

/// Each key of the file that ships is one that is read, and none that is read may be left out of it.
TEST(FleetSynchronizerSettings, FileThatShipsNeedsEachOfItsKeys) {
    std::size_t keys = 0;
    for (const auto& [key, text] : service::testing::without_each_key(settings_layers().shipped)) {
        EXPECT_THAT(problems_of("", {}, text), HasSubstr(key));
        ++keys;
    }
    EXPECT_GT(keys, 40U);
}

TEST(FleetSynchronizerSettings, OwnFileOverridesWhatItNames) {
    const Settings settings = settings_of("pass: {overlap_ms: 5}\nfamilies: [{name: a}, {name: b_2}]\n");
    EXPECT_EQ(settings.pass.overlap, 5ms);
    EXPECT_EQ(settings.pass.batch.documents_max, 1000U);
    EXPECT_THAT(settings.families, ElementsAre(domain::AppFamily{"a"}, domain::AppFamily{"b_2"}));
}

TEST(FleetSynchronizerSettings, EnvironmentWinsOverTheFile) {
    const Settings settings = settings_of("mongo: {uri: \"mongodb://file\"}\nmonitor: {listen: \"127.0.0.1:1\"}\n",
                                          {{"FLEET_MONGO_URI", "mongodb://environment"},
                                           {"FLEET_POSTGRES_DSN", "postgresql://environment/db"},
                                           {"FLEET_TYPED_CONFIGS", "cities.yaml"},
                                           {"FLEET_LISTEN", "127.0.0.1:2"},
                                           {"FLEET_MONITOR_LISTEN", "127.0.0.1:3"},
                                           {"FLEET_SERVICE_TOKENS", "tokens.yaml"},
                                           {"FLEET_SERVICE_TOKEN", "token"},
                                           {"FLEET_ACCESS_CONTROL_URL", "http://access"}});
    EXPECT_EQ(settings.mongo.uri, "mongodb://environment");
    EXPECT_EQ(settings.postgres.dsn, "postgresql://environment/db");
    EXPECT_EQ(settings.typed_configs.file, "cities.yaml");
    EXPECT_EQ(settings.api.listen, "127.0.0.1:2");
    EXPECT_EQ(settings.monitor.listen, "127.0.0.1:3");
    EXPECT_EQ(settings.api.service_tokens_file, "tokens.yaml");
    EXPECT_EQ(settings.access_control.bearer_token, "token");
    EXPECT_EQ(settings.access_control.base_url, "http://access");
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

TEST(FleetSynchronizerSettings, RefusesAddressesThatCannotBeListenedOn) {
    EXPECT_THAT(problems_of("monitor: {listen: nowhere}"), HasSubstr("monitor.listen"));
    EXPECT_THAT(problems_of("", {{"FLEET_LISTEN", ":x"}}), HasSubstr("FLEET_LISTEN"));
    EXPECT_THAT(problems_of("access_control: {url: \"ftp://x\"}"), HasSubstr("access_control.url"));
}

/// What `serve` refuses, `config check` refuses.
TEST(FleetSynchronizerSettings, ACheckRefusesWhatServeRefuses) {
    const service::testing::TemporaryFile broken_tokens("tokens.yaml", "tokens: [{name: a}]\n");
    const service::testing::TemporaryFile broken_cities("cities.yaml", "fleet_mirror_enabled: {default: 5}\n");
    for (const std::string& own : {std::string("api: {service_tokens_file: /no/such/tokens.yaml}"),
                                   "api: {service_tokens_file: " + broken_tokens.path().string() + "}",
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

TEST(FleetSynchronizerSettings, ACheckApprovesOfTheFileThatShips) {
    service::testing::expect_check_and_serve_to_approve(settings_layers(), "");
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

TEST(FleetSynchronizerSettings, AddressesOfOtherServicesAreCheckedAsTheyAreUsed) {
    const auto with_url = [](const std::string& url) { return "access_control: {url: '" + url + "'}\n"; };
    EXPECT_EQ(settings_of(with_url("https://host:8443/path")).access_control.base_url, "https://host:8443/path");
    for (const auto* url : {"ftp://host", "https://", "http://:80", "https://host:0", "http://user:hidden-word@host",
                            "https://host?token=hidden-word"}) {
        EXPECT_THAT(problems_of(with_url(url)), HasSubstr("access_control.url")) << url;
        EXPECT_THAT(problems_of(with_url(url)), Not(HasSubstr("hidden-word"))) << url;
    }
    const std::string token = problems_of("access_control: {service_token: \"hidden-word\\n\"}\n");
    EXPECT_THAT(token, HasSubstr("access_control.service_token"));
    EXPECT_THAT(token, Not(HasSubstr("hidden-word")));
}

TEST(FleetSynchronizerSettings, AFileOfAuthoritiesIsLookedAt) {
    EXPECT_THAT(problems_of("http_client: {ca_file: /nowhere/authority.pem}\n"), HasSubstr("http_client.ca_file"));
    EXPECT_THAT(problems_of("http_client: {ca_file: /dev/null}\n"), HasSubstr("http_client.ca_file"));
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
