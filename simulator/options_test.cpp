#include "simulator/options.hpp"

#include <cstdlib>
#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::simulator {
namespace {

using ::testing::HasSubstr;

class OptionsTest : public ::testing::Test {
protected:
    OptionsTest() {
        for (const auto* name : {"FLEET_DRIVER_PROTOCOL_URL", "FLEET_SMS_OUTBOX", "FLEET_MONGO_URI"}) {
            unsetenv(name);
        }
    }
    std::variant<Options, ExitCode> read(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "driver-simulator");
        return read_options(static_cast<int>(arguments.size()), arguments.data(), out_, error_);
    }
    /// With the three that are needed.
    std::variant<Options, ExitCode> read_with(std::vector<const char*> more) {
        std::vector<const char*> arguments{"--url", "http://h:1", "--outbox", "o", "--mongo-uri", "mongodb://h"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return read(arguments);
    }
    std::ostringstream out_;
    std::ostringstream error_;
};

TEST_F(OptionsTest, TakesDefaultsFromTheEnvironment) {
    setenv("FLEET_DRIVER_PROTOCOL_URL", "http://127.0.0.1:8082", 1);
    setenv("FLEET_SMS_OUTBOX", "/tmp/outbox", 1);
    setenv("FLEET_MONGO_URI", "mongodb://127.0.0.1", 1);
    const auto options = std::get<Options>(read({"--drivers", "7"}));
    EXPECT_EQ(options.url, "http://127.0.0.1:8082");
    EXPECT_EQ(options.outbox, "/tmp/outbox");
    EXPECT_EQ(options.mongo_uri, "mongodb://127.0.0.1");
    EXPECT_EQ(options.drivers, 7U);
    EXPECT_EQ(options.apps[1].family, "vezet");
    EXPECT_EQ(options.apps[1].user_agent, "Taximeter-Vezet 9.61");
}

TEST_F(OptionsTest, AnotherFamilyIsAnOption) {
    const auto options = std::get<Options>(read_with({"--second-app", "citymobil=Taximeter-City 1.0 (5)"}));
    EXPECT_EQ(options.apps[1].family, "citymobil");
    EXPECT_EQ(options.apps[1].user_agent, "Taximeter-City 1.0 (5)");
}

TEST_F(OptionsTest, RefusesWhatMakesNoSense) {
    const std::vector<std::vector<const char*>> wrong{
        {"--drivers", "0"},     {"--seconds", "0"},    {"--speed-up", "0.5"},
        {"--batch-size", "99"}, {"--second-app", "x"}, {"--tracks", "/absent"},
        {"--connections", "0"}, {"--unknown"},         {"--seconds", "3600", "--speed-up", "100"}};
    for (const auto& arguments : wrong) {
        const auto read = read_with(arguments);
        ASSERT_TRUE(std::holds_alternative<ExitCode>(read)) << arguments.front();
        EXPECT_EQ(std::get<ExitCode>(read), wrong_usage) << arguments.front();
    }
}

TEST_F(OptionsTest, NeedsAServiceAnOutboxAndAFleet) {
    EXPECT_EQ(std::get<ExitCode>(read({})), wrong_usage);
    EXPECT_THAT(error_.str(), HasSubstr("--url"));
}

TEST_F(OptionsTest, HelpSaysWhatItDoesAndTheExitCodes) {
    EXPECT_EQ(std::get<ExitCode>(read({"--help"})), all_is_well);
    EXPECT_THAT(out_.str(), HasSubstr("Exit codes: 0"));
    EXPECT_THAT(out_.str(), HasSubstr("--addresses-by-proxy-header"));
}

}  // namespace
}  // namespace twinfleet::simulator
