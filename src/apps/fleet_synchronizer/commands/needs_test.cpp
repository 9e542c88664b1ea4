#include "apps/fleet_synchronizer/commands/needs.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::fleet_synchronizer {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What a person reads who has configured neither cities nor access-control.
std::string said_without_configuration(const std::optional<Command>& command, bool is_serving) {
    std::ostringstream out;
    std::ostringstream error;
    Console console(out, error);
    say_what_is_left_out(needs_of(command, is_serving), false, false, console);
    EXPECT_EQ(out.str(), "");
    return error.str();
}

TEST(Needs, ServeNeedsEverything) {
    const Needs needs = needs_of(std::nullopt, true);
    EXPECT_TRUE(needs.documents);
    EXPECT_TRUE(needs.cities);
    EXPECT_THAT(said_without_configuration(std::nullopt, true),
                AllOf(HasSubstr("no city is enabled"), HasSubstr("the users job is left out")));
}

TEST(Needs, MigrateMakesIndexesAndAsksForNoPark) {
    const Needs needs = needs_of(std::nullopt, false);
    EXPECT_TRUE(needs.documents);
    EXPECT_FALSE(needs.cities);
    EXPECT_EQ(said_without_configuration(std::nullopt, false), "");
}

TEST(Needs, OnlyARunOfAllJobsMissesTheUsersJob) {
    const Command some = RunJobs{.jobs = {"parks"}};
    const Command all = RunJobs{.is_all = true};
    EXPECT_THAT(said_without_configuration(some, false),
                AllOf(HasSubstr("no city is enabled"), Not(HasSubstr("users job"))));
    EXPECT_THAT(said_without_configuration(all, false), HasSubstr("the users job is left out"));
}

TEST(Needs, RetireSaysThatUsersAreLeftOutAndNothingOfCities) {
    EXPECT_THAT(said_without_configuration(Command(RetireParks{.parks = {"p1"}}), false),
                AllOf(HasSubstr("the users job is left out"), Not(HasSubstr("no city is enabled"))));
}

TEST(Needs, WhatOnlyRemembersNeedsNoDocuments) {
    for (const Command& command :
         {Command(GetLinks{}), Command(ListQuarantine{}), Command(DropQuarantine{}), Command(ListForeignEdits{})}) {
        const Needs needs = needs_of(command, false);
        EXPECT_FALSE(needs.documents) << command.index();
        EXPECT_FALSE(needs.right_cluster) << command.index();
        EXPECT_FALSE(needs.cities) << command.index();
    }
    for (const Command& command : {Command(RunJobs{}), Command(CreateChildDriver{}), Command(Verify{}),
                                   Command(RetryQuarantine{}), Command(RetireParks{})}) {
        const Needs needs = needs_of(command, false);
        EXPECT_TRUE(needs.documents) << command.index();
        EXPECT_TRUE(needs.cities) << command.index();
    }
}

TEST(Needs, WhateverTouchesDocumentsNeedsTheRightClusterAndOnlyWhatWritesTakesOneUp) {
    for (const Command& command : {Command(RunJobs{}), Command(CreateChildDriver{}), Command(Verify{.repair = true}),
                                   Command(RetryQuarantine{})}) {
        EXPECT_TRUE(needs_of(command, false).right_cluster) << command.index();
        EXPECT_TRUE(needs_of(command, false).writes) << command.index();
    }
    for (const Command& command : {Command(RunJobs{.dry_run = true}), Command(Verify{})}) {
        EXPECT_TRUE(needs_of(command, false).right_cluster) << command.index();
        EXPECT_FALSE(needs_of(command, false).writes) << command.index();
    }
    for (const Command& command : {Command(ShowCluster{}), Command(AdoptCluster{})}) {
        EXPECT_TRUE(needs_of(command, false).documents) << command.index();
        EXPECT_FALSE(needs_of(command, false).right_cluster) << "it is there for another one";
    }
    for (const bool is_serving : {true, false}) {
        EXPECT_TRUE(needs_of(std::nullopt, is_serving).right_cluster);
        EXPECT_TRUE(needs_of(std::nullopt, is_serving).writes);
    }
}

TEST(Needs, NothingIsSaidOfWhatIsConfigured) {
    std::ostringstream out;
    std::ostringstream error;
    Console console(out, error);
    say_what_is_left_out(needs_of(std::nullopt, true), true, true, console);
    EXPECT_EQ(error.str(), "");
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
