#include "apps/access_control/command_line.hpp"

#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::access_control_app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CommandLineTest : public ::testing::Test {
protected:
    std::variant<CommandLine, ExitCode> parse(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "access-control");
        return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), out_, error_);
    }

    std::ostringstream out_;
    std::ostringstream error_;
};

TEST_F(CommandLineTest, CommandsAreTold) {
    const auto serve = std::get<CommandLine>(parse({"serve", "--config", "a.yaml", "--timeout", "1.5"}));
    EXPECT_TRUE(std::holds_alternative<Serve>(serve.command));
    EXPECT_EQ(serve.config, "a.yaml");
    EXPECT_EQ(serve.timeout, 1500ms);
    const auto migrate = std::get<CommandLine>(parse({"migrate"}));
    EXPECT_TRUE(std::holds_alternative<Migrate>(migrate.command));
    EXPECT_EQ(migrate.config, std::nullopt);
    EXPECT_EQ(migrate.timeout, 30s);
    const auto check = std::get<CommandLine>(parse({"config", "check", "b.yaml"}));
    EXPECT_EQ(std::get<CheckConfig>(check.command).file, "b.yaml");
}

TEST_F(CommandLineTest, WrongUsageIsRefused) {
    for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{{},
                                                                                           {"dance"},
                                                                                           {"serve", "--dance"},
                                                                                           {"config"},
                                                                                           {"config", "check"},
                                                                                           {"serve", "--timeout", "-1"},
                                                                                           {"serve", "migrate"}}) {
        EXPECT_EQ(std::get<ExitCode>(parse(arguments)), ExitCode::wrong_usage) << ::testing::PrintToString(arguments);
        EXPECT_THAT(error_.str(), Not(IsEmpty()));
        EXPECT_THAT(out_.str(), IsEmpty());
    }
}

TEST_F(CommandLineTest, HelpAndVersionGoToStandardOutput) {
    EXPECT_EQ(std::get<ExitCode>(parse({"--help"})), ExitCode::done);
    EXPECT_THAT(out_.str(), HasSubstr("migrate"));
    EXPECT_EQ(std::get<ExitCode>(parse({"--version"})), ExitCode::done);
    EXPECT_THAT(out_.str(), HasSubstr("access-control 0."));
}

}  // namespace
}  // namespace twinfleet::access_control_app
