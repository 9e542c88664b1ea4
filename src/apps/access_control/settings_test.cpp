#include "apps/access_control/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/service/settings/testing/settings_texts.hpp"

namespace twinfleet::access_control_app {
namespace {

using namespace std::chrono_literals;
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

TEST(AccessControlSettings, FileThatShipsIsInOrder) {
    const Settings settings = settings_of("");
    EXPECT_EQ(settings.synchronizer.base_url, "");
    EXPECT_EQ(settings.child_parks.not_child_lifetime, 10s);
    EXPECT_EQ(settings.api.listen, "127.0.0.1:8092");
    EXPECT_EQ(settings.monitor.listen, "127.0.0.1:8093");
}

/// Each key of the file that ships is one that is read, and none that is read may be left out of it.
TEST(AccessControlSettings, FileThatShipsNeedsEachOfItsKeys) {
    std::size_t keys = 0;
    for (const auto& [key, text] : service::testing::without_each_key(settings_layers().shipped)) {
        EXPECT_THAT(problems_of("", {}, text), HasSubstr(key));
        ++keys;
    }
    EXPECT_GT(keys, 20U);
}

TEST(AccessControlSettings, EnvironmentWinsOverTheFile) {
    const Settings settings = settings_of("postgres: {dsn: postgresql://file/}\napi: {listen: 127.0.0.1:1}\n",
                                          {{"FLEET_POSTGRES_DSN", "postgresql://environment/"},
                                           {"FLEET_SYNCHRONIZER_URL", "http://127.0.0.1:8090"},
                                           {"FLEET_SERVICE_TOKEN", "shown"},
                                           {"FLEET_MONGO_URI", "mongodb://environment"},
                                           {"FLEET_LISTEN", "127.0.0.1:2"},
                                           {"FLEET_MONITOR_LISTEN", "127.0.0.1:3"},
                                           {"FLEET_SERVICE_TOKENS", "tokens.yaml"}});
    EXPECT_EQ(settings.postgres.dsn, "postgresql://environment/");
    EXPECT_EQ(settings.synchronizer.base_url, "http://127.0.0.1:8090");
    EXPECT_EQ(settings.synchronizer.bearer_token, "shown");
    EXPECT_EQ(settings.mongo.uri, "mongodb://environment");
    EXPECT_EQ(settings.api.listen, "127.0.0.1:2");
    EXPECT_EQ(settings.monitor.listen, "127.0.0.1:3");
    EXPECT_EQ(settings.api.service_tokens_file, "tokens.yaml");
}

/// What `serve` refuses, `config check` refuses.
TEST(AccessControlSettings, ACheckRefusesWhatServeRefuses) {
    for (const char* own : {"api: {service_tokens_file: /no/such/tokens.yaml}", "synchronizer: {url: synchronizer}",
                            "synchronizer: {url: \"http://\"}", "synchronizer: {url: \"http://127.0.0.1:http\"}",
                            "synchronizer: {url: \"gopher://127.0.0.1\"}"}) {
        service::testing::expect_check_and_serve_to_refuse(settings_layers(), own);
    }
}

TEST(AccessControlSettings, ACheckApprovesOfTheFileThatShips) {
    service::testing::expect_check_and_serve_to_approve(settings_layers(), "");
}

TEST(AccessControlSettings, ProblemsNameTheKey) {
    EXPECT_THAT(problems_of("dance: 1\n"), HasSubstr("dance"));
    EXPECT_THAT(problems_of("api: {threads: 0}\n"), HasSubstr("api.threads"));
    EXPECT_THAT(problems_of("api: {listen: here}\n"), HasSubstr("api.listen"));
    EXPECT_THAT(problems_of("child_parks: {not_child_lifetime_s: long}\n"),
                HasSubstr("child_parks.not_child_lifetime_s"));
    EXPECT_THAT(problems_of("synchronizer: {url: 127.0.0.1}\n"), HasSubstr("synchronizer.url"));
    const std::string bad_secret = problems_of("postgres: {dsn: 'host=h hidden-word'}\n");
    EXPECT_THAT(bad_secret, HasSubstr("postgres.dsn"));
    EXPECT_THAT(bad_secret, Not(HasSubstr("hidden-word")));
}

TEST(AccessControlSettings, AddressesOfOtherServicesAreCheckedAsTheyAreUsed) {
    const auto with_url = [](const std::string& url) { return "synchronizer: {url: '" + url + "'}\n"; };
    EXPECT_EQ(settings_of(with_url("https://host:8443/path")).synchronizer.base_url, "https://host:8443/path");
    for (const auto* url : {"ftp://host", "https://", "http://:80", "https://host:0", "http://user:hidden-word@host",
                            "https://host?token=hidden-word"}) {
        EXPECT_THAT(problems_of(with_url(url)), HasSubstr("synchronizer.url")) << url;
        EXPECT_THAT(problems_of(with_url(url)), Not(HasSubstr("hidden-word"))) << url;
    }
    const std::string token = problems_of("synchronizer: {service_token: \"hidden-word\\n\"}\n");
    EXPECT_THAT(token, HasSubstr("synchronizer.service_token"));
    EXPECT_THAT(token, Not(HasSubstr("hidden-word")));
}

TEST(AccessControlSettings, AFileOfAuthoritiesIsLookedAt) {
    EXPECT_THAT(problems_of("http_client: {ca_file: /nowhere/authority.pem}\n"), HasSubstr("http_client.ca_file"));
    EXPECT_THAT(problems_of("http_client: {ca_file: /dev/null}\n"), HasSubstr("http_client.ca_file"));
}

}  // namespace
}  // namespace twinfleet::access_control_app
