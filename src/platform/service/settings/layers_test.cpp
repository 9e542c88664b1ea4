#include "platform/service/settings/layers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/service/settings/neighbour_section.hpp"
#include "platform/service/settings/testing/settings_texts.hpp"

namespace twinfleet::service {
namespace {

using testing::common_sections_text;
using testing::environment;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::problems_of;
using testing::TemporaryFile;
using testing::Variables;

struct ExampleSettings : CommonSettings {
    int wheels = 0;
    http::ClientSettings garage;
};

const std::string shipped =
    common_sections_text +
    "cart: {wheels: 4}\n"
    "garage: {url: \"\", service_token: \"\", connect_timeout_ms: 1000, request_timeout_ms: 1000}\n";

Layers<ExampleSettings> layers() {
    return {.shipped = shipped,
            .variables = {{"FLEET_GARAGE_URL", "garage.url"},
                          {.variable = "FLEET_GARAGE_TOKEN", .key = "garage.service_token", .is_secret = true}},
            .read_sections =
                [](Section& root, ExampleSettings& settings) {
                    Section cart = root.section("cart");
                    cart.read("wheels", settings.wheels);
                    Section garage = root.section("garage");
                    read_neighbour(garage, settings.garage, {.is_optional = true});
                },
            .check_for_serving =
                [](const ExampleSettings& settings, Findings& findings) {
                    if (settings.wheels == 3 && settings.garage.base_url.empty()) {
                        findings.refuse("cart.wheels", "expected a garage for a cart with three wheels");
                    }
                },
            .pool_connections = [](const ExampleSettings& settings) -> std::size_t {
                return settings.wheels == 1'000 ? 1'000'000'000 : 0;
            }};
}

ExampleSettings settings_of(std::string_view own, Variables variables = {}, std::string_view ships = shipped) {
    return layers().read_texts(ships, own, "own.yaml", environment(std::move(variables)));
}

TEST(SettingsLayers, EachLayerWinsOverTheOneBelow) {
    EXPECT_EQ(settings_of("").api.listen, "127.0.0.1:1");
    const ExampleSettings settings =
        settings_of("api: {listen: \"b:2\", threads: 8}", {{"FLEET_LISTEN", "c:3"}, {"FLEET_GARAGE_TOKEN", "shown"}});
    EXPECT_EQ(settings.api.listen, "c:3");
    EXPECT_EQ(settings.api.threads, 8U);
    EXPECT_EQ(settings.garage.bearer_token, "shown");
}

TEST(SettingsLayers, VariablesOfKeysThatTheServiceDoesNotHaveAreNoProblem) {
    EXPECT_EQ(problems_of([] { return settings_of("", {{"FLEET_REDIS_URI", "redis://x"}}); }), "");
}

TEST(SettingsLayers, ProblemsOfBothTextsAreTold) {
    EXPECT_THAT(problems_of([] { return settings_of("api: {thread: 1}"); }), HasSubstr("own.yaml:1: api.thread: "));
    EXPECT_THAT(problems_of([] { return settings_of("", {}, common_sections_text); }), HasSubstr("cart"));
}

TEST(SettingsLayers, SectionsOfEveryServiceAreNeeded) {
    for (const auto& [key, text] : testing::without_each_key(shipped)) {
        EXPECT_THAT(problems_of([&, &text = text] { return settings_of("", {}, text); }), HasSubstr(key));
    }
}

TEST(SettingsLayers, ACheckSeesWhatTheEnvironmentHides) {
    const auto hides = environment({{"FLEET_LISTEN", "c:3"}});
    {
        const TemporaryFile file("hidden.yaml", "api: {listen: [1]}");
        EXPECT_EQ(layers().read(file.path(), hides).api.listen, "c:3");
        EXPECT_THAT(problems_of([&] { layers().check(file.path(), hides); }), HasSubstr("api.listen"));
    }
    EXPECT_THROW(static_cast<void>(layers().read("/no/such/file.yaml", hides)), config::Error);
}

/// What `serve` cannot begin with, told alike by it and by a check, and no business of other commands.
TEST(SettingsLayers, ACheckRefusesWhateverServeRefuses) {
    const TemporaryFile broken_tokens("tokens.yaml", "tokens: [{name: a}]\n");
    const TemporaryFile good("good.yaml", "");
    const TemporaryFile three_wheels("wheels.yaml", "cart: {wheels: 3}\n");
    const TemporaryFile tokens_are_missing("missing.yaml", "api: {service_tokens_file: /no/such/tokens.yaml}\n");
    const TemporaryFile tokens_are_broken("broken.yaml",
                                          "api: {service_tokens_file: " + broken_tokens.path().string() + "}\n");
    EXPECT_EQ(problems_of([&] { layers().check(good.path(), environment({})); }), "");
    for (const auto* file : {&three_wheels, &tokens_are_missing, &tokens_are_broken}) {
        const std::string by_check = problems_of([&] { layers().check(file->path(), environment({})); });
        EXPECT_NE(by_check, "") << file->path();
        EXPECT_EQ(by_check, problems_of([&] { return layers().read_for_serving(file->path(), environment({})); }));
        EXPECT_EQ(problems_of([&] { return layers().read(file->path(), environment({})); }), "");
    }
    const auto no_tokens = environment({{"FLEET_SERVICE_TOKENS", "/no/such/tokens.yaml"}});
    EXPECT_THAT(problems_of([&] { layers().check(good.path(), no_tokens); }), HasSubstr("/no/such/tokens.yaml"));
}

/// A secret in a file that anybody on the machine can read is none.
TEST(SettingsLayers, AFileWithSecretsMustNotBeReadableByOthers) {
    using std::filesystem::perms;
    const TemporaryFile secret("secret.yaml", "garage: {service_token: hidden-word}\n");
    const TemporaryFile open("open.yaml", "cart: {wheels: 2}\n");
    const auto problems_of_file = [](const TemporaryFile& file) {
        return problems_of([&] { layers().check(file.path(), environment({})); });
    };
    EXPECT_EQ(problems_of_file(secret), "");
    for (const auto* file : {&secret, &open}) {
        std::filesystem::permissions(file->path(), perms::group_read | perms::others_read,
                                     std::filesystem::perm_options::add);
    }
    EXPECT_EQ(problems_of_file(open), "");
    const std::string problems = problems_of_file(secret);
    EXPECT_THAT(problems, HasSubstr(secret.path().string() + ":1: garage.service_token: expected a file that only"));
    EXPECT_THAT(problems, HasSubstr("chmod o-rwx " + secret.path().string()));
    EXPECT_THAT(problems, Not(HasSubstr("hidden-word")));
    EXPECT_EQ(problems, problems_of([&] { return layers().read_for_serving(secret.path(), environment({})); }));
    std::filesystem::permissions(secret.path(), perms::others_read, std::filesystem::perm_options::remove);
    EXPECT_EQ(problems_of_file(secret), "") << "the group may, as where a package gives the service a group of its own";
}

TEST(SettingsLayers, SecretsMayBeInFilesOfTheirOwn) {
    const TemporaryFile token("token", "shown\n");
    EXPECT_EQ(settings_of("", {{"FLEET_GARAGE_TOKEN_FILE", token.path()}}).garage.bearer_token, "shown");
    EXPECT_THAT(
        problems_of([&] {
            return settings_of("", {{"FLEET_GARAGE_TOKEN_FILE", token.path()}, {"FLEET_GARAGE_TOKEN", "shown"}});
        }),
        HasSubstr("environment variable FLEET_GARAGE_TOKEN_FILE"));
}

TEST(SettingsLayers, MoreConnectionsThanDescriptorsAreRefused) {
    const TemporaryFile file("many.yaml", "cart: {wheels: 1000}\n");
    const std::string problems = problems_of([&] { layers().check(file.path(), environment({})); });
    EXPECT_THAT(problems, HasSubstr("api.connections_max: "));
    EXPECT_THAT(problems, HasSubstr("LimitNOFILE"));
    EXPECT_EQ(problems, problems_of([&] { return layers().read_for_serving(file.path(), environment({})); }));
}

TEST(SettingsLayers, AllThatServeRefusesIsToldAtOnce) {
    const TemporaryFile file("both.yaml", "cart: {wheels: 3}\napi: {service_tokens_file: /no/such/tokens.yaml}\n");
    const std::string problems = problems_of([&] { layers().check(file.path(), environment({})); });
    EXPECT_THAT(problems, HasSubstr("/no/such/tokens.yaml: "));
    EXPECT_THAT(problems, HasSubstr(file.path().string() + ": cart.wheels: expected a garage"));
}

TEST(SettingsLayers, UrlsThatNoClientTakesAreRefused) {
    for (const char* url : {"garage:80", "ftp://garage", "http://garage:port", "http://garage/?key=1"}) {
        EXPECT_THAT(problems_of([&] { return settings_of("garage: {url: \"" + std::string(url) + "\"}"); }),
                    HasSubstr("own.yaml:1: garage.url: "))
            << url;
    }
    EXPECT_THAT(problems_of([] {
                    return settings_of("", {{"FLEET_GARAGE_URL", "garage"}});
                }),
                HasSubstr("environment variable FLEET_GARAGE_URL"));
    EXPECT_EQ(problems_of([] { return settings_of("garage: {url: \"http://garage:80/path\"}"); }), "");
    const std::string bad_token =
        problems_of([] { return settings_of("garage: {url: garage, service_token: hidden-word}"); });
    EXPECT_THAT(bad_token, Not(HasSubstr("hidden-word")));
}

}  // namespace
}  // namespace twinfleet::service
