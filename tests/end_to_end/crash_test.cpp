// Processes that die, stores that go away for a while, replicas that stand still.
#include <csignal>
#include <iostream>
#include <random>

#include "tests/end_to_end/installation.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::IsEmpty;

/// 20 parks, with their rules, cars and drivers: 3,060 documents that get a child.
constexpr std::size_t parks_of_large_fleet = 20;
constexpr std::size_t drivers_of_a_park = 75;
constexpr std::size_t links_of_large_fleet = parks_of_large_fleet * (1 + 2 + 2 * drivers_of_a_park);

Documents large_fleet() {
    Documents fleet;
    for (std::size_t index = 0; index < parks_of_large_fleet; ++index) {
        add(fleet, park_with_drivers(park("park-" + std::to_string(index), "Chicago"), drivers_of_a_park));
    }
    return fleet;
}

// Small batches: there is much to interrupt.
constexpr const char* slow_and_short_lived = R"(
pass:
  batch_documents_max: 20
lease:
  lifetime_ms: 1000
)";

void migrate(const Installation& installation) {
    ASSERT_THAT(installation.run({"migrate"}), EndsWith(0));
}

void expect_whole_fleet_in_step(const Installation& installation) {
    EXPECT_EQ(installation.links(), links_of_large_fleet);
    EXPECT_THAT(installation.violations(), IsEmpty());
    for (const char* entity : {"parks", "work_rules", "cars", "drivers"}) {
        const std::map<std::string, std::string> fields{{"parks", "parent_park_id"},
                                                        {"work_rules", "parent_rule_id"},
                                                        {"cars", "parent_car_id"},
                                                        {"drivers", "parent_driver_id"}};
        std::map<std::string, int> children;
        for (const bson::Document& document : installation.documents(entity)) {
            if (const auto parent = document.view().find(fields.at(entity))) {
                ++children[std::string(parent->string())];
            }
        }
        for (const auto& [parent, number] : children) {
            EXPECT_EQ(number, 1) << entity << " " << parent;
        }
    }
}

class CrashTest : public EndToEndTest {};

TEST_F(CrashTest, KilledAtAnyMomentAndStartedAgainItLeavesOneChildEach) {
    constexpr unsigned seed = 20240607;
    constexpr int kills = 15;
    installation_.enable_cities({"Chicago"});
    installation_.put(large_fleet());
    installation_.configure(slow_and_short_lived);
    std::mt19937 random(seed);
    // Of the links that one run may still make before it is killed, and of what it does behind that.
    std::uniform_int_distribution<std::size_t> progress(0, 2 * links_of_large_fleet / kills / 2);
    std::uniform_int_distribution<int> delay_us(0, 20'000);

    int killed = 0;
    for (int attempt = 0; attempt < kills; ++attempt) {
        auto run = installation_.start({"run", "all", "--create-missing"});
        const std::size_t aim = installation_.links() + progress(random);
        const std::chrono::microseconds delay{delay_us(random)};
        if (!run.reaches([&] { return installation_.links() > aim; }, 20s)) {
            ASSERT_THAT(run.wait(1s), EndsWith(0)) << "seed " << seed << ", attempt " << attempt;
            break;
        }
        static_cast<void>(run.ends_within(std::chrono::ceil<std::chrono::milliseconds>(delay)));
        run.signal(SIGKILL);
        killed += run.wait().exit_code == 128 + SIGKILL ? 1 : 0;
    }
    EXPECT_GE(killed, kills / 2) << "the runs were too short to be killed";

    EXPECT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0)) << "seed " << seed;
    expect_whole_fleet_in_step(installation_);
    EXPECT_THAT(installation_.run({"verify"}), EndsWith(0));
}

TEST_F(CrashTest, KilledWhileItWritesChangesItLosesNone) {
    constexpr unsigned seed = 7;
    installation_.enable_cities({"Chicago"});
    Documents fleet;
    for (int index = 0; index < 5; ++index) {
        add(fleet, park_with_drivers(park("park-" + std::to_string(index), "Chicago"), 40));
    }
    installation_.put(fleet);
    installation_.configure(slow_and_short_lived);
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));

    std::mt19937 random(seed);
    std::uniform_int_distribution<int> delay_ms(20, 250);
    for (int round = 0; round < 6; ++round) {
        Documents edited;
        for (const char* entity : {"cars", "drivers", "work_rules"}) {
            for (const bson::Document& document : fleet.at(entity)) {
                edited[entity].push_back(with(document, R"({"round": )" + std::to_string(round) + "}"));
            }
        }
        installation_.put(edited);
        auto run = installation_.start({"run", "all"});
        static_cast<void>(run.ends_within(std::chrono::milliseconds(delay_ms(random))));
        run.signal(SIGKILL);
    }

    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0)) << "seed " << seed;
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

/// A test of its own store that goes away.
class OutageTest : public ::testing::Test {
protected:
    static void mirror_while(Installation& installation, const std::function<void()>& goes_away,
                             const std::function<void()>& comes_back) {
        migrate(installation);
        installation.enable_cities({"Chicago"});
        installation.put(large_fleet());
        installation.configure("pass:\n  batch_documents_max: 20\n");
        auto run = installation.start({"run", "all", "--create-missing"});
        ASSERT_TRUE(run.reaches([&] { return installation.links() > 300; }, 30s)) << run.error();

        goes_away();
        ASSERT_FALSE(run.ends_within(1s)) << run.error();
        comes_back();

        EXPECT_THAT(run.wait(), EndsWith(0));
        expect_whole_fleet_in_step(installation);
    }
};

TEST_F(OutageTest, MongoStoppedAndStartedDuringAPass) {
    const testing::PostgresDatabase postgres;
    const testing::Ended folder = testing::run({.program = "mktemp", .arguments = {"-d"}});
    const std::filesystem::path path = folder.out.substr(0, folder.out.find('\n'));
    {
        testing::EmbeddedMongo mongo(path / "mongo.h2");
        Installation installation({.mongo_uri = mongo.uri(), .postgres_dsn = postgres.dsn()});
        mirror_while(
            installation, [&] { mongo.stop(); }, [&] { mongo.restart(); });
    }
    std::filesystem::remove_all(path);
}

TEST_F(OutageTest, PostgresStoppedAndStartedDuringAPass) {
    testing::PostgresCluster postgres;
    Installation installation({.mongo_uri = shared_mongo().uri(), .postgres_dsn = postgres.dsn()});
    mirror_while(
        installation, [&] { postgres.stop(); }, [&] { postgres.start(); });
}

class ReplicaTest : public EndToEndTest {};

TEST_F(ReplicaTest, AReplicaThatStoodStillForLongerThanItsLeaseDoesNoHarm) {
    installation_.enable_cities({"Chicago"});
    Documents fleet = park_with_drivers(park("one", "Chicago"), 50);
    installation_.put(fleet);
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    installation_.configure("lease:\n  lifetime_ms: 1500\npass:\n  batch_documents_max: 5\n");

    const auto edit_all = [&](int version) {
        Documents edited;
        for (const char* entity : {"cars", "drivers", "work_rules"}) {
            for (const bson::Document& document : fleet.at(entity)) {
                edited[entity].push_back(with(document, R"({"version": )" + std::to_string(version) + "}"));
            }
        }
        installation_.put(edited);
    };
    const auto all_have = [&](int version) {
        for (const char* entity : {"cars", "drivers", "work_rules"}) {
            for (const bson::Document& document : installation_.documents(entity)) {
                const auto found = document.view().find("version");
                if (!found || found->integer() != version) {
                    return false;
                }
            }
        }
        return true;
    };

    auto first = installation_.serve();
    edit_all(1);
    ASSERT_TRUE(first.program.reaches([&] { return all_have(1); }, 10s)) << first.program.error();
    auto second = installation_.serve();
    for (int round = 0; round < 2; ++round) {
        auto& sleeper = round % 2 == 0 ? first.program : second.program;
        auto& other = round % 2 == 0 ? second.program : first.program;
        const int version = 10 * (round + 1);
        // In the middle of its work, as far as one can tell from outside.
        edit_all(version);
        sleeper.pause();
        edit_all(version + 1);
        EXPECT_TRUE(other.reaches([&] { return all_have(version + 1); }, 15s)) << other.error();
        sleeper.resume();
        edit_all(version + 2);
        EXPECT_TRUE(other.reaches([&] { return all_have(version + 2); }, 15s)) << other.error();
    }

    for (Program* program : {&first.program, &second.program}) {
        EXPECT_TRUE(program->runs()) << program->error();
        program->signal(SIGTERM);
        EXPECT_THAT(program->wait(15s), EndsWith(0));
    }
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::end_to_end
