#include "apps/driver_protocol/settings.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/http_client/client.hpp"
#include "platform/service/settings/testing/settings_contract.hpp"
#include "platform/service/settings/testing/settings_texts.hpp"

namespace twinfleet::driver_protocol_app {
namespace {

using namespace std::chrono_literals;
using service::testing::Variables;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Settings settings_of(std::string_view own, Variables variables = {}) {
    return service::testing::settings_of(settings_layers(), own, std::move(variables));
}

std::string problems_of(std::string_view own, Variables variables = {}) {
    return service::testing::problems_of(settings_layers(), own, std::move(variables));
}

/// `taximeter Taximeter`.
std::vector<std::string> names_of(const std::vector<driver_apps::DriverApp>& apps) {
    std::vector<std::string> names;
    for (const driver_apps::DriverApp& app : apps) {
        names.push_back(app.family + " " + app.product);
    }
    return names;
}

/// The figures of the contract, "driver-protocol".
TEST(DriverProtocolSettings, FileThatShipsSaysWhatTheContractSays) {
    const Settings settings = settings_of("");
    EXPECT_THAT(names_of(settings.families), ElementsAre("taximeter Taximeter", "vezet Taximeter-Vezet"));
    const auto& limits = settings.login.steps.limits;
    EXPECT_EQ(limits.code_ttl, 5min);
    EXPECT_EQ(limits.resend_after, 60s);
    EXPECT_EQ(limits.attempts_max, 5U);
    EXPECT_EQ(limits.codes_per_hour_max, 5U);
    EXPECT_EQ(limits.codes_per_day_max, 10U);
    EXPECT_EQ(limits.starts_per_address_max, 100U);
    EXPECT_EQ(limits.starts_per_address_window, 10min);
    EXPECT_EQ(limits.login_token_ttl, 10min);
    EXPECT_EQ(limits.failures_max, 100U);
    EXPECT_EQ(limits.failures_pause, std::chrono::days(7));
    EXPECT_EQ(limits.starts_max, 3'000U);
    EXPECT_EQ(limits.wrong_guesses_max, 1'500U);
    EXPECT_EQ(limits.messages.messages_max, 5'000U);
    EXPECT_EQ(settings.login.text_messages.queue.age_max, 2min);
    EXPECT_EQ(settings.login_redis().uri, settings.redis.uri);
    EXPECT_EQ(settings.login.steps.region, "RU");
    EXPECT_EQ(settings.sessions.absolute_lifetime, std::chrono::days(30));
    EXPECT_EQ(settings.sessions.idle_lifetime, std::chrono::days(14));
    EXPECT_EQ(settings.positions.batch_positions_max, 100U);
    EXPECT_EQ(settings.positions.position_age_max, 24h);
    EXPECT_EQ(settings.positions.position_ahead_max, 60s);
    EXPECT_EQ(settings.positions.speed_mps_max, 100);
    EXPECT_EQ(settings.positions.track_burst_positions, 100'000U);
    EXPECT_EQ(settings.positions.track_positions_per_s, 2);
    EXPECT_EQ(settings.positions.latest_age_max, 120s);
    EXPECT_EQ(settings.positions.batch_queue.threads, 4U);
    EXPECT_EQ(settings.positions.batch_queue.waiting_max, 512U);
    EXPECT_EQ(settings.positions.batch_queue.group_max, 64U);
    EXPECT_EQ(settings.cache.caches.full_interval, 1h);
    EXPECT_EQ(settings.cache.caches.full_interval_max, 2h);
    EXPECT_EQ(settings.cache.caches.interval, 1s);
    EXPECT_EQ(settings.cache.caches.quick_interval, 250ms);
    EXPECT_EQ(settings.cache.caches.recheck_interval, 3s);
    EXPECT_EQ(settings.cache.caches.recheck_documents_max, 50'000U);
    EXPECT_LT(settings.newcomers.reader.wait, 250ms) << "a profile is promised within that";
    EXPECT_EQ(settings.api.listen, "127.0.0.1:8094");
    EXPECT_EQ(settings.monitor.listen, "127.0.0.1:8095");
}

TEST(DriverProtocolSettings, EnvironmentWinsOverTheFile) {
    const Settings settings =
        settings_of("redis: {uri: redis://file}\n", {{"FLEET_MONGO_URI", "mongodb://environment"},
                                                     {"FLEET_REDIS_URI", "redis://environment"},
                                                     {"FLEET_SYNCHRONIZER_URL", "http://127.0.0.1:8090"},
                                                     {"FLEET_SERVICE_TOKEN", "shown"},
                                                     {"FLEET_DATA_DIR", "/data"},
                                                     {"FLEET_SMS_OUTBOX", "outbox.jsonl"}});
    EXPECT_EQ(settings.mongo.uri, "mongodb://environment");
    EXPECT_EQ(settings.redis.uri, "redis://environment");
    EXPECT_EQ(settings.login.synchronizer.base_url, "http://127.0.0.1:8090");
    EXPECT_EQ(settings.login.synchronizer.bearer_token, "shown");
    EXPECT_EQ(settings.cache.caches.dump_folder, "/data");
    EXPECT_EQ(settings.login.text_messages.outbox_file, "outbox.jsonl");
}

TEST(DriverProtocolSettings, PassesMayReadSecondariesAndNothingMayReadLess) {
    EXPECT_EQ(settings_of("mongo: {uri: \"mongodb://db/?readPreference=secondaryPreferred\"}\n").mongo.uri,
              "mongodb://db/?readPreference=secondaryPreferred");
    EXPECT_THAT(problems_of("mongo: {uri: \"mongodb://db/?w=0\"}\n"), HasSubstr("mongo.uri: the MongoDB URI has"));
    EXPECT_THAT(problems_of("", {{"FLEET_MONGO_URI", "mongodb://db/?readConcernLevel=local"}}),
                HasSubstr("readConcernLevel=local: expected majority"));
}

TEST(DriverProtocolSettings, LoginsMayHaveARedisOfTheirOwn) {
    const std::string own = "redis: {uri: redis://main, connect_timeout_ms: 77}\n";
    Settings settings = settings_of(own);
    EXPECT_EQ(settings.login_redis().uri, "redis://main");
    settings = settings_of(own + "login: {redis: {uri: redis://logins, connections_max: 5}}\n");
    EXPECT_EQ(settings.redis.uri, "redis://main");
    EXPECT_EQ(settings.login_redis().uri, "redis://logins");
    EXPECT_EQ(settings.login_redis().connections_max, 5U);
    EXPECT_EQ(settings.login_redis().connect_timeout, 77ms);
    EXPECT_EQ(settings_of(own, {{"FLEET_LOGIN_REDIS_URI", "redis://environment"}}).login_redis().uri,
              "redis://environment");
}

TEST(DriverProtocolSettings, NoMessageIsSentWhoseCodeIsNotGoodAnyMore) {
    EXPECT_EQ(settings_of("login: {code_ttl_s: 100}\n").login.text_messages.queue.age_max, 100s);
    EXPECT_EQ(settings_of("text_messages: {queue: {age_max_s: 30}}\n").login.text_messages.queue.age_max, 30s);
}

/// A third brand is configuration alone.
TEST(DriverProtocolSettings, FamiliesAreConfigured) {
    const Settings settings = settings_of(
        "families:\n"
        "  - {name: taximeter, product: Taximeter, minimum_version: \"9.8\"}\n"
        "  - {name: third, product: Taximeter-Third, minimum_version: \"1\"}\n");
    EXPECT_THAT(names_of(settings.families), ElementsAre("taximeter Taximeter", "third Taximeter-Third"));
    const driver_apps::DriverApps apps(settings.families);
    const auto found = apps.find("Taximeter-Third 1.2 (3)");
    ASSERT_TRUE(std::holds_alternative<const driver_apps::DriverApp*>(found));
    EXPECT_EQ(std::get<const driver_apps::DriverApp*>(found)->family, "third");
    EXPECT_EQ(std::get<driver_apps::Refusal>(apps.find("Taximeter 9.7")), driver_apps::Refusal::update_required);
}

TEST(DriverProtocolSettings, RefusesFamiliesThatCannotBe) {
    EXPECT_THAT(problems_of("families: []"), HasSubstr("families: expected at least one"));
    EXPECT_THAT(problems_of("families: [{name: a, product: A, minimum_version: new}]"),
                HasSubstr("families[0].minimum_version: expected"));
    EXPECT_THAT(problems_of("families: [{name: a, product: A}]"), HasSubstr("families[0].minimum_version"));
    EXPECT_THAT(problems_of("families: [{name: a, product: A, minimum_version: \"1\"},"
                            " {name: a, product: B, minimum_version: \"1\"}]"),
                HasSubstr("config.yaml:1: families"));
}

TEST(DriverProtocolSettings, RechecksAreConfiguredWithinBounds) {
    const Settings settings = settings_of("cache: {recheck_interval_ms: 500, recheck_documents_max: 1000}");
    EXPECT_EQ(settings.cache.caches.recheck_interval, 500ms);
    EXPECT_EQ(settings.cache.caches.recheck_documents_max, 1'000U);
    EXPECT_THAT(problems_of("cache: {recheck_interval_ms: 0}\n"), HasSubstr("cache.recheck_interval_ms"));
    EXPECT_THAT(problems_of("cache: {recheck_documents_max: 1}\n"), HasSubstr("cache.recheck_documents_max"));
}

TEST(DriverProtocolSettings, AnIntervalOfOnesOwnKeepsTheJitterThatShips) {
    const Settings settings = settings_of("cache: {full_interval_s: 60}");
    EXPECT_EQ(settings.cache.caches.full_interval, 60s);
    EXPECT_EQ(settings.cache.caches.full_interval_max, 3660s);
}

TEST(DriverProtocolSettings, NewDriversAreReadAsTheFileSays) {
    const Settings settings = settings_of(
        "newcomers: {wait_ms: 50, repeat_after_ms: 60, circuit_failures_max: 7, circuit_open_for_ms: 80,"
        " ping_interval_ms: 90, reconnect_first_ms: 10, reconnect_longest_ms: 11}");
    EXPECT_EQ(settings.newcomers.reader.wait, 50ms);
    EXPECT_EQ(settings.newcomers.reader.repeat_after, 60ms);
    EXPECT_EQ(settings.newcomers.reader.circuit.failures_max, 7U);
    EXPECT_EQ(settings.newcomers.reader.circuit.open_for, 80ms);
    EXPECT_EQ(settings.newcomers.news.ping_interval, 90ms);
    EXPECT_EQ(settings.newcomers.news.reconnect_first, 10ms);
    EXPECT_EQ(settings.newcomers.news.reconnect_longest, 11ms);
    EXPECT_THAT(problems_of("newcomers: {reconnect_first_ms: 9000}"), HasSubstr("reconnect_longest_ms: expected"));
    EXPECT_THAT(problems_of("newcomers: {wait_ms: 0}"), HasSubstr("newcomers.wait_ms"));
}

/// What `serve` refuses, `config check` refuses.
TEST(DriverProtocolSettings, ACheckRefusesWhatServeRefuses) {
    const service::testing::Variables outbox{{"FLEET_SMS_OUTBOX", "/tmp/outbox.jsonl"}};
    for (const char* own : {"synchronizer: {url: \"\"}", "synchronizer: {url: \"http://127.0.0.1:http\"}",
                            "text_messages: {gateway: {url: \"http://\"}}"}) {
        service::testing::expect_check_and_serve_to_refuse(settings_layers(), own, outbox);
    }
}

TEST(DriverProtocolSettings, ACheckRefusesToServeWhereNobodyCouldLogIn) {
    const std::string gateway = "text_messages: {gateway: {url: \"http://127.0.0.1:1\"}}";
    service::testing::expect_check_and_serve_to_refuse(settings_layers(), "");
    service::testing::expect_check_and_serve_to_refuse(settings_layers(), gateway,
                                                       {{"FLEET_SMS_OUTBOX", "/tmp/outbox.jsonl"}});
    service::testing::expect_check_and_serve_to_approve(settings_layers(), gateway);
    service::testing::expect_check_and_serve_to_approve(settings_layers(), "",
                                                        {{"FLEET_SMS_OUTBOX", "/tmp/outbox.jsonl"}});
}

TEST(DriverProtocolSettings, ACheckRefusesAnOutboxThatCannotBeWritten) {
    const service::testing::TemporaryFile file("outbox.jsonl", "");
    const std::filesystem::path link = file.path().string() + ".link";
    std::filesystem::create_symlink(file.path(), link);
    for (const std::string& outbox :
         {std::string("/no/such/folder/outbox.jsonl"), std::string("/tmp"), link.string()}) {
        service::testing::expect_check_and_serve_to_refuse(settings_layers(), "", {{"FLEET_SMS_OUTBOX", outbox}});
    }
    std::filesystem::remove(link);
    service::testing::expect_check_and_serve_to_approve(settings_layers(), "",
                                                        {{"FLEET_SMS_OUTBOX", file.path().string()}});
    // It is not made by being looked for.
    const std::string other = file.path().string() + ".other";
    service::testing::expect_check_and_serve_to_approve(settings_layers(), "", {{"FLEET_SMS_OUTBOX", other}});
    EXPECT_FALSE(std::filesystem::exists(other));
}

TEST(DriverProtocolSettings, ProblemsNameTheKey) {
    EXPECT_THAT(problems_of("positions: {track_retention_s: 60}\n"), HasSubstr("positions.track_retention_s"));
    EXPECT_THAT(problems_of("cache: {expiry_s: soon}\n"), HasSubstr("cache.expiry_s"));
    EXPECT_THAT(problems_of("synchronizer: {url: 127.0.0.1}\n"), HasSubstr("synchronizer.url"));
    EXPECT_THAT(problems_of("synchronizer: {url: \"\"}\n"), HasSubstr("synchronizer.url"));
    EXPECT_EQ(settings_of("synchronizer: {url: \"https://host\"}\n").login.synchronizer.base_url, "https://host");
    EXPECT_THAT(problems_of("login: {trusted_proxies: [10.0.0.1/8]}\n"), HasSubstr("login.trusted_proxies"));
    EXPECT_THAT(problems_of("login: {message_text: no place for it}\n"), HasSubstr("login"));
    EXPECT_THAT(problems_of("login: {redis: {uri: 'http://hidden-word'}}\n"),
                ::testing::AllOf(HasSubstr("login.redis.uri"), Not(HasSubstr("hidden-word"))));
    EXPECT_THAT(problems_of("text_messages: {gateway: {url: here}}\n"), HasSubstr("text_messages.gateway.url"));
    EXPECT_THAT(problems_of("text_messages: {gateway: {target: there}}\n"), HasSubstr("text_messages.gateway.target"));
    const std::string bad_key = problems_of("login: {code_key: hidden-word}\n");
    EXPECT_THAT(bad_key, HasSubstr("login.code_key"));
    EXPECT_THAT(bad_key, Not(HasSubstr("hidden-word")));
    const std::string bad_secret = problems_of("redis: {uri: 'http://hidden-word'}\n");
    EXPECT_THAT(bad_secret, HasSubstr("redis.uri"));
    EXPECT_THAT(bad_secret, Not(HasSubstr("hidden-word")));
    EXPECT_EQ(problems_of("redis: {uri: 'rediss-cluster://app:word@a,b:7000'}\n"), "");
    EXPECT_THAT(problems_of("redis: {uri: 'redis-sentinel://a,b'}\n"), HasSubstr("redis.uri"));
    EXPECT_THAT(problems_of("redis: {ca_file: /nowhere}\n"), HasSubstr("redis.ca_file"));
    EXPECT_THAT(problems_of("redis: {certificate_file: /nowhere}\n"), HasSubstr("redis.certificate_file"));
    EXPECT_THAT(problems_of("redis: {replica_wait_timeout_ms: 0}\n"), HasSubstr("redis.replica_wait_timeout_ms"));
}

}  // namespace
}  // namespace twinfleet::driver_protocol_app

namespace twinfleet::service::testing {
namespace {

struct DriverProtocol {
    static const Layers<driver_protocol_app::Settings>& layers() { return driver_protocol_app::settings_layers(); }
    static constexpr std::size_t keys_min = 60;
    static Variables variables_for_serving() { return {{"FLEET_SMS_OUTBOX", "/tmp/outbox.jsonl"}}; }
    static constexpr NeighbourNames neighbour{.section = "text_messages.gateway", .token = "token"};
    static std::string neighbour_text(const std::string& keys) { return "text_messages: {gateway: {" + keys + "}}\n"; }
    static const http::ClientSettings& neighbour_of(const driver_protocol_app::Settings& settings) {
        return settings.login.text_messages.gateway.client;
    }
};

INSTANTIATE_TYPED_TEST_SUITE_P(DriverProtocol, SettingsContract, DriverProtocol);

}  // namespace
}  // namespace twinfleet::service::testing
