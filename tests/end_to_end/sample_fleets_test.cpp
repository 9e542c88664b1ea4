// sample-fleets against servers that are there and servers that are not.
#include "tests/end_to_end/installation.hpp"
#include "tests/support/loopback_port.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SampleFleetsTest : public EndToEndTest {
protected:
    /// `uri_variable`: FLEET_MONGO_URI; empty: it is not set.
    static Ended sample_fleets(std::vector<std::string> arguments, std::string uri_variable = {}) {
        testing::Command command{.program = built_program("sample-fleets"), .arguments = std::move(arguments)};
        command.environment["FLEET_MONGO_URI"] = std::move(uri_variable);
        return testing::run(command);
    }
    static std::string uri_of_nobody() {
        return "mongodb://someone:hidden-word@127.0.0.1:" + std::to_string(testing::free_loopback_port());
    }
    /// Asks the server what can be edited: nothing, which is refused with 2 once the server has answered.
    static std::vector<std::string> edit(std::vector<std::string> more) {
        more.insert(more.begin(), "edit");
        return more;
    }
};

TEST_F(SampleFleetsTest, TheOptionWinsOverTheEnvironment) {
    const std::string here = installation_.stores().mongo_uri;

    EXPECT_THAT(sample_fleets(edit({"--mongo-uri", here, "--timeout", "0"}), uri_of_nobody()), EndsWith(2));
    EXPECT_THAT(sample_fleets(edit({"--mongo-uri", uri_of_nobody(), "--timeout", "0"}), here), EndsWith(3));
    EXPECT_THAT(sample_fleets(edit({"--timeout", "0"}), here), EndsWith(2));
}

TEST_F(SampleFleetsTest, AServerThatIsAwayIsSaidAndTriedAgain) {
    const Ended ended = sample_fleets(edit({"--mongo-uri", uri_of_nobody(), "--timeout", "4"}));

    EXPECT_THAT(ended, EndsWith(3));
    EXPECT_THAT(ended.error,
                AllOf(StartsWith("MongoDB cannot be reached: "), HasSubstr("; trying again for "),
                      HasSubstr("\nsample-fleets: MongoDB cannot be reached: "), Not(HasSubstr("hidden-word"))));
}

TEST_F(SampleFleetsTest, UnknownCommandIsRefusedWithTheListOfThem) {
    const Ended ended = sample_fleets({"dance"});

    EXPECT_THAT(ended, EndsWith(2));
    EXPECT_THAT(ended.error, StartsWith("unknown command \"dance\"; there are load, edit\n"));
}

}  // namespace
}  // namespace twinfleet::end_to_end
