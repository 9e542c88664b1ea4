// What ./dev refuses before it installs, builds or starts anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program.hpp"
#include "tests/support/source_tree.hpp"

namespace twinfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Ended dev(std::vector<std::string> arguments) {
    return run({.program = source_tree() / "dev", .arguments = std::move(arguments), .environment = {}});
}

TEST(Dev, RefusesWrongUsageWithTwo) {
    const std::vector<std::vector<std::string>> wrong{
        {"dance"},        {"bench", "dance"},      {"bench", "mirroring", "projection"},
        {"test", "["},    {"test", "a", "b", "c"}, {"lint", "src"},
        {"build", "all"},
    };
    for (const auto& arguments : wrong) {
        const Ended ended = dev(arguments);
        EXPECT_EQ(ended.exit_code, 2) << ::testing::PrintToString(arguments);
        EXPECT_THAT(ended.out, IsEmpty());
        EXPECT_THAT(ended.error, HasSubstr("see ./dev help"));
    }
}

TEST(Dev, TellsTheBenchmarksThatThereAre) {
    EXPECT_THAT(dev({"bench", "dance"}).error,
                AllOf(HasSubstr("no benchmark dance; there are "), HasSubstr("mirroring"), HasSubstr("projection")));
    EXPECT_THAT(dev({"help"}).out, AllOf(HasSubstr("mirroring"), HasSubstr("projection")));
}

TEST(Dev, TellsWhatIsNoRegularExpression) {
    EXPECT_THAT(dev({"test", "["}).error, HasSubstr("not a regular expression: ["));
}

}  // namespace
}  // namespace twinfleet::testing
