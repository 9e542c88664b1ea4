#include "apps/fleet_synchronizer/command_line.hpp"

#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/source_tree.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Parsed {
    std::variant<service::CommandLine, process::ExitCode> outcome;
    /// The command, where it is one of fleet-synchronizer's own.
    std::optional<Command> command;
    std::string out;
    std::string error;
};

Parsed parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "fleet-synchronizer");
    std::ostringstream out;
    std::ostringstream error;
    CommandReader reader;
    auto outcome =
        service::parse_command_line(reader.program(), static_cast<int>(arguments.size()), arguments.data(), out, error);
    return {std::move(outcome), reader.command(), out.str(), error.str()};
}

service::CommandLine accepted(std::vector<const char*> arguments) {
    const Parsed parsed = parse(std::move(arguments));
    EXPECT_TRUE(std::holds_alternative<service::CommandLine>(parsed.outcome)) << parsed.error;
    return std::get<service::CommandLine>(parsed.outcome);
}

template <typename Chosen>
Chosen accepted_as(std::vector<const char*> arguments) {
    const Parsed parsed = parse(std::move(arguments));
    EXPECT_TRUE(std::holds_alternative<service::CommandLine>(parsed.outcome)) << parsed.error;
    EXPECT_TRUE(std::holds_alternative<service::OwnCommand>(std::get<service::CommandLine>(parsed.outcome).command));
    return std::get<Chosen>(parsed.command.value());
}

/// What is said on stderr.
std::string refused(std::vector<const char*> arguments) {
    const Parsed parsed = parse(std::move(arguments));
    const auto* code = std::get_if<process::ExitCode>(&parsed.outcome);
    EXPECT_TRUE(code != nullptr && *code == process::ExitCode::wrong_usage);
    EXPECT_EQ(parsed.out, "");
    return parsed.error;
}

TEST(CommandLine, PutsJobsInDependencyOrderEachOnce) {
    const RunJobs run = accepted_as<RunJobs>({"run", "drivers", "parks", "drivers"});
    EXPECT_THAT(run.jobs, ElementsAre("parks", "drivers"));
    EXPECT_FALSE(run.is_all);
}

TEST(CommandLine, AllStandsForEveryJob) {
    const RunJobs run = accepted_as<RunJobs>({"run", "all"});
    EXPECT_THAT(run.jobs, ElementsAre("parks", "work_rules", "cars", "drivers", "users"));
    EXPECT_TRUE(run.is_all);
}

TEST(CommandLine, TakesEveryOptionOfRun) {
    const RunJobs run = accepted_as<RunJobs>({"run", "--family", "vezet", "--city", "Chicago", "--city", "New York",
                                              "--park", "1", "--park", "2", "parks", "--full", "--verify-children",
                                              "--create-missing", "--dry-run", "--json"});
    EXPECT_THAT(run.jobs, ElementsAre("parks"));
    EXPECT_EQ(run.family, "vezet");
    EXPECT_THAT(run.cities, ElementsAre("Chicago", "New York"));
    EXPECT_THAT(run.parks, ElementsAre("1", "2"));
    EXPECT_TRUE(run.full && run.verify_children && run.create_missing && run.dry_run && run.json);
}

TEST(CommandLine, TakesEveryOptionOfRetire) {
    const RetireParks retire = accepted_as<RetireParks>({"retire", "--family", "vezet", "--park", "1", "--park", "2",
                                                         "--city", "Chicago", "--undo", "--dry-run", "--json"});
    EXPECT_EQ(retire.family, "vezet");
    EXPECT_THAT(retire.parks, ElementsAre("1", "2"));
    EXPECT_THAT(retire.cities, ElementsAre("Chicago"));
    EXPECT_TRUE(retire.undo && retire.dry_run && retire.json);
    EXPECT_THAT(refused({"retire", "--family", "vezet"}), HasSubstr("needs --park or --city"));
    refused({"retire", "--park", "1"});
}

TEST(CommandLine, ErasesOneDriverByName) {
    EXPECT_EQ(accepted_as<EraseDriver>({"erase", "driver", "--parent-id", "1", "--json"}).parent_id, "1");
    refused({"erase"});
    refused({"erase", "driver"});
    refused({"erase", "park", "--parent-id", "1"});
}

TEST(CommandLine, NothingIsSetUnlessAskedFor) {
    const RunJobs run = accepted_as<RunJobs>({"run", "parks"});
    EXPECT_TRUE(run.family.empty());
    EXPECT_THAT(run.cities, IsEmpty());
    EXPECT_THAT(run.parks, IsEmpty());
    EXPECT_FALSE(run.full || run.verify_children || run.create_missing || run.dry_run || run.json);
}

TEST(CommandLine, JobBehindACityIsAJob) {
    const RunJobs run = accepted_as<RunJobs>({"run", "--city", "Chicago", "cars"});
    EXPECT_THAT(run.jobs, ElementsAre("cars"));
}

TEST(CommandLine, RefusesUnknownJobWithTheListOfThem) {
    EXPECT_THAT(refused({"run", "trucks"}),
                HasSubstr(R"(unknown job "trucks"; there are parks, work_rules, cars, drivers, users, all)"));
}

TEST(CommandLine, RefusesUnknownCommandsWithTheListOfThem) {
    EXPECT_THAT(refused({"nonsense"}),
                StartsWith("unknown command \"nonsense\"; there are migrate, serve, run, create-child, "));
    EXPECT_THAT(refused({"quarantine", "nonsense"}),
                StartsWith("unknown command \"quarantine nonsense\"; there are quarantine list, quarantine retry, "
                           "quarantine drop\n"));
}

TEST(CommandLine, TimeoutTellsWhatItExpects) {
    EXPECT_THAT(refused({"run", "all", "--timeout", "x"}), HasSubstr("expected seconds from 0 to 86400"));
}

TEST(CommandLine, VerifyChildrenNeedsFull) {
    EXPECT_THAT(refused({"run", "parks", "--verify-children"}), HasSubstr("needs --full"));
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
    EXPECT_THAT(refused({"run", "parks", "--bogus"}), HasSubstr("--bogus"));
    refused({});
    refused({"run"});
    refused({"dance"});
    refused({"migrate", "serve"});
    refused({"create-child", "car", "--family", "vezet", "--parent-id", "1"});
    refused({"create-child", "driver", "--family", "vezet"});
    refused({"quarantine"});
    refused({"quarantine", "retry", "one"});
    refused({"run", "parks", "--timeout", "-1"});
    EXPECT_THAT(refused({"links", "get", "trucks", "1"}), HasSubstr("there are parks, work_rules, cars, drivers"));
}

TEST(CommandLine, ConfigAndTimeoutMayStandBeforeOrBehindTheCommand) {
    for (const service::CommandLine& parsed : {accepted({"--config", "x.yaml", "--timeout", "1.5", "migrate"}),
                                               accepted({"migrate", "--config", "x.yaml", "--timeout", "1.5"})}) {
        EXPECT_EQ(parsed.config, "x.yaml");
        EXPECT_EQ(parsed.timeout, std::chrono::milliseconds(1500));
        EXPECT_TRUE(std::holds_alternative<service::Migrate>(parsed.command));
    }
    EXPECT_EQ(accepted({"serve"}).timeout, std::chrono::seconds(30));
    EXPECT_EQ(accepted({"serve"}).config, std::nullopt);
}

TEST(CommandLine, TakesTheOtherCommands) {
    const auto create =
        accepted_as<CreateChildDriver>({"create-child", "driver", "--family", "vezet", "--parent-id", "17", "--json"});
    EXPECT_EQ(create.family, "vezet");
    EXPECT_EQ(create.parent_id, "17");
    EXPECT_TRUE(create.json);

    const auto verify = accepted_as<Verify>({"verify", "--family", "vezet", "--park", "1", "--repair", "--json"});
    EXPECT_EQ(verify.family, "vezet");
    EXPECT_THAT(verify.parks, ElementsAre("1"));
    EXPECT_TRUE(verify.repair && verify.json);

    const auto links = accepted_as<GetLinks>({"links", "get", "cars", "run", "--json"});
    EXPECT_EQ(links.entity, "cars");
    EXPECT_EQ(links.id, "run");
    EXPECT_TRUE(links.json);

    EXPECT_TRUE(accepted_as<ListQuarantine>({"quarantine", "list", "--json"}).json);
    EXPECT_THAT(accepted_as<RetryQuarantine>({"quarantine", "retry"}).ids, IsEmpty());
    EXPECT_THAT(accepted_as<RetryQuarantine>({"quarantine", "retry", "3", "4"}).ids, ElementsAre(3, 4));
    EXPECT_THAT(accepted_as<DropQuarantine>({"quarantine", "drop", "5"}).ids, ElementsAre(5));
    EXPECT_TRUE(accepted_as<ShowCluster>({"cluster", "show", "--json"}).json);
    EXPECT_FALSE(accepted_as<AdoptCluster>({"cluster", "adopt"}).force);
    EXPECT_TRUE(accepted_as<AdoptCluster>({"cluster", "adopt", "--force"}).force);
    const auto check = accepted({"config", "check", "x.yaml"});
    EXPECT_EQ(std::get<service::CheckConfig>(check.command).file, "x.yaml");
    EXPECT_EQ(parse({"serve"}).command, std::nullopt);
}

TEST(CommandLine, HelpTellsTheExitCodesOfTheOperationsPage) {
    std::ifstream page(twinfleet::testing::source_tree() / "docs/operations.md");
    const std::regex row(R"(\| (\d+) \| (.+) \|)");
    const std::string help = parse({"--help"}).out;
    int rows = 0;
    std::smatch cells;
    for (std::string line; std::getline(page, line);) {
        if (std::regex_match(line, cells, row)) {
            ++rows;
            EXPECT_THAT(help, HasSubstr(" " + cells[1].str() + "  " + cells[2].str() + "\n"));
        }
    }
    EXPECT_EQ(rows, 7);
}

TEST(CommandLine, HelpAndVersionGoToStdout) {
    const Parsed help = parse({"run", "--help"});
    EXPECT_EQ(std::get<process::ExitCode>(help.outcome), process::ExitCode::done);
    EXPECT_THAT(help.out, HasSubstr("--create-missing"));
    const Parsed version = parse({"--version"});
    EXPECT_EQ(std::get<process::ExitCode>(version.outcome), process::ExitCode::done);
    EXPECT_THAT(version.out, HasSubstr("fleet-synchronizer "));
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
