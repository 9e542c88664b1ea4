#include "platform/command_line/service_command_line.hpp"

#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::command_line {
namespace {

using namespace std::chrono_literals;
using process::ExitCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ServiceCommandLineTest : public ::testing::Test {
protected:
    std::variant<ServiceCommandLine, ExitCode> parse(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "access-control");
        return parse_service_command_line(program_, static_cast<int>(arguments.size()), arguments.data(), out_, error_);
    }

    ServiceProgram program_{.name = "access-control", .purpose = "Answers.", .version = "0.1.0", .has_schema = true};
    std::ostringstream out_;
    std::ostringstream error_;
};

TEST_F(ServiceCommandLineTest, CommandsAreTold) {
    const auto serve = std::get<ServiceCommandLine>(parse({"serve", "--config", "a.yaml", "--timeout", "1.5"}));
    EXPECT_TRUE(std::holds_alternative<Serve>(serve.command));
    EXPECT_EQ(serve.config, "a.yaml");
    EXPECT_EQ(serve.timeout, 1500ms);
    const auto migrate = std::get<ServiceCommandLine>(parse({"migrate"}));
    EXPECT_TRUE(std::holds_alternative<Migrate>(migrate.command));
    EXPECT_EQ(migrate.config, std::nullopt);
    EXPECT_EQ(migrate.timeout, 30s);
    const auto check = std::get<ServiceCommandLine>(parse({"config", "check", "b.yaml"}));
    EXPECT_EQ(std::get<CheckConfig>(check.command).file, "b.yaml");
}

TEST_F(ServiceCommandLineTest, WrongUsageIsRefused) {
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

TEST_F(ServiceCommandLineTest, HelpAndVersionGoToStandardOutput) {
    EXPECT_EQ(std::get<ExitCode>(parse({"--help"})), ExitCode::done);
    EXPECT_THAT(out_.str(), HasSubstr("migrate"));
    EXPECT_EQ(std::get<ExitCode>(parse({"--version"})), ExitCode::done);
    EXPECT_THAT(out_.str(), HasSubstr("access-control 0."));
}

TEST_F(ServiceCommandLineTest, WithoutASchemaThereIsNothingToMigrate) {
    program_.has_schema = false;
    EXPECT_EQ(std::get<ExitCode>(parse({"migrate"})), ExitCode::wrong_usage);
    EXPECT_EQ(std::get<ExitCode>(parse({"--help"})), ExitCode::done);
    EXPECT_THAT(out_.str(), Not(HasSubstr("migrate")));
}

}  // namespace
}  // namespace twinfleet::command_line
