// MongoDB is a replica set that writes and does not acknowledge, or does not answer: no document is to blame, and what
// was written is recognised when all is well again.
#include <string>

#include "tests/end_to_end/installation.hpp"
#include "tests/support/mongo_proxy.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MongoProxy;
using Verdict = MongoProxy::Verdict;

constexpr std::size_t drivers = 30;

class UnacknowledgedWritesTest : public ::testing::Test {
protected:
    UnacknowledgedWritesTest() {
        be_well();
        installation_.configure("mongo: {socket_timeout_ms: 1500}");
        EXPECT_THAT(installation_.run({"migrate"}), EndsWith(0));
        installation_.enable_cities({"Chicago"});
        installation_.put(park_with_drivers(park("park-1", "Chicago"), drivers));
        EXPECT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
        for (std::size_t driver = 1; driver <= drivers; ++driver) {
            installation_.put("drivers", "park-1-driver-" + std::to_string(driver), R"({"first_name": "Changed"})");
        }
    }

    void be_well() {
        follow([](const MongoProxy::Command&) { return Verdict(); });
    }
    void follow(const std::function<Verdict(const MongoProxy::Command&)>& script) {
        proxy_.follow([script, hello = proxy_.primary_of_a_set()](const MongoProxy::Command& command) {
            return command.name == "hello" ? Verdict{.with = hello} : script(command);
        });
    }
    void expect_to_catch_up() {
        be_well();
        EXPECT_THAT(installation_.quarantine(), IsEmpty());
        EXPECT_THAT(installation_.run({"run", "drivers"}), EndsWith(0));
        EXPECT_EQ(field(installation_.child("drivers", "park-1-driver-7"), "first_name"), "\"Changed\"");
        EXPECT_THAT(installation_.quarantine(), IsEmpty());
        EXPECT_THAT(installation_.violations(), IsEmpty());
        EXPECT_THAT(installation_.run({"verify"}), EndsWith(0));
    }

    MongoProxy proxy_{shared_mongo().port()};
    testing::PostgresDatabase postgres_;
    Installation installation_{{.mongo_uri = proxy_.uri(), .postgres_dsn = postgres_.dsn()}};
};

TEST_F(UnacknowledgedWritesTest, OfAMajorityThatIsAwayPutNothingIntoTheQuarantine) {
    follow([](const MongoProxy::Command& command) {
        return command.name == "update" || command.name == "insert" ? Verdict{.with = testing::write_concern_error()}
                                                                    : Verdict();
    });
    const auto ended = installation_.run({"run", "drivers", "--timeout", "2"});
    EXPECT_THAT(ended, EndsWith(3));
    EXPECT_THAT(ended.error, HasSubstr("not acknowledged as widely as the write concern asks"));
    expect_to_catch_up();
}

TEST_F(UnacknowledgedWritesTest, ThatHangAreSentAFewTimesAndPutNothingIntoTheQuarantine) {
    const auto before = proxy_.commands("update").size();
    follow([](const MongoProxy::Command& command) {
        return Verdict{.is_never_answered = command.name == "update" || command.name == "insert"};
    });
    EXPECT_THAT(installation_.run({"run", "drivers", "--timeout", "3"}), EndsWith(3));
    EXPECT_LE(proxy_.commands("update").size() - before, 4U) << "one after the other, each as a whole";
    expect_to_catch_up();
}

}  // namespace
}  // namespace twinfleet::end_to_end
