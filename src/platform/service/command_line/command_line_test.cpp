#include "platform/service/command_line/command_line.hpp"

#include <sstream>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::service {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ProgramCommandLine : public ::testing::Test {
protected:
    ProgramCommandLine() {
        app_.require_subcommand(1);
        app_.fallthrough();
        add_timeout(app_, timeout_);
        app_.add_subcommand("start", "");
        auto* cake = app_.add_subcommand("cake", "")->require_subcommand(1);
        cake->add_subcommand("bake", "")->add_option("ID", id_, "")->required();
        cake->add_subcommand("eat", "");
    }

    /// Empty: parsed. Otherwise what is said on stderr.
    std::string problem(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "program");
        std::ostringstream out;
        std::ostringstream error;
        try {
            app_.parse(static_cast<int>(arguments.size()), arguments.data());
        } catch (const CLI::ParseError& parse_error) {
            is_answered_ = answer_parse_error(app_, parse_error, out, error);
        }
        EXPECT_TRUE(is_answered_ || out.str().empty());
        return error.str();
    }

    CLI::App app_;
    std::chrono::milliseconds timeout_{30s};
    int id_ = 0;
    bool is_answered_ = false;
};

TEST_F(ProgramCommandLine, UnknownCommandIsAnsweredWithTheListOfThem) {
    EXPECT_THAT(problem({"nonsense"}), StartsWith("unknown command \"nonsense\"; there are start, cake\n"));
    EXPECT_THAT(problem({"--timeout", "3", "nonsense", "more"}), StartsWith("unknown command \"nonsense\"; "));
}

TEST_F(ProgramCommandLine, UnknownCommandWithinACommandIsAnsweredWithItsOwn) {
    EXPECT_THAT(problem({"cake", "burn"}),
                StartsWith("unknown command \"cake burn\"; there are cake bake, cake eat\n"));
}

TEST_F(ProgramCommandLine, MissingCommandIsAnsweredWithTheListOfThem) {
    EXPECT_THAT(problem({}), StartsWith("a command is missing; there are start, cake\n"));
    EXPECT_THAT(problem({"cake"}), StartsWith("a command is missing; there are cake bake, cake eat\n"));
}

TEST_F(ProgramCommandLine, UnknownOptionIsNamed) {
    EXPECT_THAT(problem({"--bogus"}), StartsWith("unknown option --bogus\n"));
    EXPECT_THAT(problem({"start", "--bogus"}), HasSubstr("--bogus"));
}

TEST_F(ProgramCommandLine, WhatAChosenCommandLacksIsNamed) {
    EXPECT_THAT(problem({"cake", "bake"}), HasSubstr("ID is required"));
}

TEST_F(ProgramCommandLine, HelpIsNoProblem) {
    EXPECT_EQ(problem({"--help"}), "");
    EXPECT_TRUE(is_answered_);
}

TEST_F(ProgramCommandLine, TimeoutIsInSeconds) {
    EXPECT_EQ(problem({"start", "--timeout", "1.5"}), "");
    EXPECT_EQ(timeout_, 1500ms);
    EXPECT_EQ(problem({"start"}), "");
}

TEST_F(ProgramCommandLine, TimeoutTellsWhatItExpects) {
    for (const char* wrong : {"x", "-1", "86401", "1s", "nan", ""}) {
        EXPECT_THAT(problem({"start", "--timeout", wrong}), StartsWith("--timeout: expected seconds from 0 to 86400\n"))
            << wrong;
    }
    EXPECT_EQ(timeout_, 30s);
}

}  // namespace
}  // namespace twinfleet::service
