#include "platform/service_settings/layers.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "platform/service_settings/testing/settings_texts.hpp"

namespace twinfleet::service_settings {
namespace {

using testing::environment;
using ::testing::HasSubstr;
using testing::problems_of;
using testing::Variables;

struct Settings {
    std::string listen;
    int threads = 0;
};

constexpr std::string_view shipped = "api:\n  listen: a:1\n  threads: 4\n";

Layers<Settings> layers() {
    return {.shipped = shipped, .initial = {}, .read_section = [](Section root, Settings& settings) {
                Section api = root.section("api");
                api.read("listen", settings.listen);
                api.read("threads", settings.threads);
            }};
}

Settings settings_of(std::string_view own, Variables variables = {}, std::string_view ships = shipped) {
    return layers().read_texts(ships, own, "own.yaml", environment(std::move(variables)));
}

TEST(SettingsLayers, EachLayerWinsOverTheOneBelow) {
    EXPECT_EQ(settings_of("").listen, "a:1");
    const Settings settings = settings_of("api: {listen: b:2, threads: 8}", {{"FLEET_LISTEN", "c:3"}});
    EXPECT_EQ(settings.listen, "c:3");
    EXPECT_EQ(settings.threads, 8);
}

TEST(SettingsLayers, VariablesOfKeysThatTheServiceDoesNotHaveAreNoProblem) {
    EXPECT_EQ(problems_of([] { return settings_of("", {{"FLEET_REDIS_URI", "redis://x"}}); }), "");
}

TEST(SettingsLayers, ProblemsOfBothTextsAreTold) {
    EXPECT_THAT(problems_of([] { return settings_of("api: {thread: 1}"); }), HasSubstr("own.yaml:1: api.thread: "));
    EXPECT_THAT(problems_of([] { return settings_of("", {}, "api: {listen: a:1}"); }), HasSubstr("api.threads"));
}

TEST(SettingsLayers, ACheckSeesWhatTheEnvironmentHides) {
    const auto file = std::filesystem::temp_directory_path() / ("layers_test_" + std::to_string(getpid()) + ".yaml");
    std::ofstream(file) << "api: {listen: [1]}";
    const auto hides = environment({{"FLEET_LISTEN", "c:3"}});
    EXPECT_EQ(layers().read(file, hides).listen, "c:3");
    EXPECT_THAT(problems_of([&] { return layers().check(file, hides); }), HasSubstr("api.listen"));
    std::filesystem::remove(file);
    EXPECT_THROW(static_cast<void>(layers().read(file, hides)), config::Error);
}

}  // namespace
}  // namespace twinfleet::service_settings
