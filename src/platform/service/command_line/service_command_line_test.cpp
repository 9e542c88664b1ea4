#include "platform/service/command_line/service_command_line.hpp"

#include <sstream>
#include <vector>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::service {
namespace {

using namespace std::chrono_literals;
using process::ExitCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ServiceCommandLineTest : public ::testing::Test {
protected:
    std::variant<CommandLine, ExitCode> parse(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "example");
        return parse_command_line(program_, static_cast<int>(arguments.size()), arguments.data(), out_, error_);
    }

    Program program_{.name = "example", .purpose = "Answers.", .version = "0.1.0", .migrates = "Make the schema"};
    std::ostringstream out_;
    std::ostringstream error_;
};

TEST_F(ServiceCommandLineTest, CommandsAreTold) {
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
    EXPECT_THAT(out_.str(), HasSubstr("Make the schema"));
    EXPECT_EQ(std::get<ExitCode>(parse({"--version"})), ExitCode::done);
    EXPECT_THAT(out_.str(), HasSubstr("example 0."));
}

TEST_F(ServiceCommandLineTest, WithoutASchemaThereIsNothingToMigrate) {
    program_.migrates.clear();
    EXPECT_EQ(std::get<ExitCode>(parse({"migrate"})), ExitCode::wrong_usage);
    EXPECT_EQ(std::get<ExitCode>(parse({"--help"})), ExitCode::done);
    EXPECT_THAT(out_.str(), Not(HasSubstr("migrate")));
}

TEST_F(ServiceCommandLineTest, AServiceAddsCommandsOfItsOwn) {
    std::string colour;
    program_.add_commands = [&colour](CLI::App& app) {
        auto* paint = app.add_subcommand("paint", "Paint something");
        paint->add_option("COLOUR", colour)->required();
        paint->callback([&colour] {
            if (colour == "none") {
                throw CLI::ValidationError("COLOUR", "nothing can be painted so");
            }
        });
    };
    const auto paint = std::get<CommandLine>(parse({"paint", "red", "--timeout", "2"}));
    EXPECT_TRUE(std::holds_alternative<OwnCommand>(paint.command));
    EXPECT_EQ(colour, "red");
    EXPECT_EQ(paint.timeout, 2s);
    EXPECT_TRUE(std::holds_alternative<Serve>(std::get<CommandLine>(parse({"serve"})).command));
    EXPECT_EQ(std::get<ExitCode>(parse({"paint", "none"})), ExitCode::wrong_usage);
    EXPECT_THAT(error_.str(), HasSubstr("nothing can be painted so"));
    error_.str("");
    EXPECT_EQ(std::get<ExitCode>(parse({"dance"})), ExitCode::wrong_usage);
    EXPECT_THAT(error_.str(), HasSubstr("there are migrate, serve, paint, config"));
}

}  // namespace
}  // namespace twinfleet::service
