// Processes that die, stores that go away for a while, replicas that stand still.
#include <csignal>
#include <random>

#include <pqxx/pqxx>

#include "tests/end_to_end/installation.hpp"
#include "tests/support/embedded_mongo.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::AnyOf;
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
  lifetime_ms: 500
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

/// How many children are at this version.
std::size_t children_of_version(const Installation& installation, int version) {
    const std::map<std::string, std::string> fields{
        {"work_rules", "parent_rule_id"}, {"cars", "parent_car_id"}, {"drivers", "parent_driver_id"}};
    std::size_t found = 0;
    for (const auto& [entity, parent_field] : fields) {
        for (const bson::Document& document : installation.documents(entity)) {
            const auto value = document.view().find("version");
            found += document.view().find(parent_field) && value && value->integer() == version ? 1U : 0U;
        }
    }
    return found;
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
        if (run.reaches([&] { return installation_.links() > aim; }, 20s)) {
            static_cast<void>(run.ends_within(std::chrono::ceil<std::chrono::milliseconds>(delay)));
            run.signal(SIGKILL);
        }
        const Ended ended = run.wait(1s);
        killed += ended.exit_code == 128 + SIGKILL ? 1 : 0;
        if (ended.exit_code == 0) {
            break;
        }
        // A busy machine may be too slow for so short a lease.
        ASSERT_THAT(ended.exit_code, AnyOf(128 + SIGKILL, 4)) << "seed " << seed << "\n" << ended.error;
    }
    EXPECT_GE(killed, kills / 2) << "the runs were too short to be killed";

    installation_.configure("");
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
    std::uniform_int_distribution<std::size_t> arrived_at_kill(1, 300);
    for (int round = 1; round <= 6; ++round) {
        Documents edited;
        for (const char* entity : {"cars", "drivers", "work_rules"}) {
            for (const bson::Document& document : fleet.at(entity)) {
                edited[entity].push_back(with(document, R"({"version": )" + std::to_string(round) + "}"));
            }
        }
        installation_.put(edited);
        const std::size_t aim = arrived_at_kill(random);
        auto run = installation_.start({"run", "all"});
        const auto has_come_so_far = [&] { return children_of_version(installation_, round) >= aim; };
        EXPECT_TRUE(run.reaches(has_come_so_far, 20s)) << "seed " << seed << "\n" << run.error();
        run.signal(SIGKILL);
    }

    installation_.configure("");
    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0)) << "seed " << seed;
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(CrashTest, ManyAtOnceMakeOneChildEach) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("one", "Chicago"), 20));
    ASSERT_THAT(installation_.run({"run", "parks"}), EndsWith(0));

    // Two runs wait for each other; creation on demand waits for nobody.
    std::vector<Program> programs;
    for (int index = 1; index <= 8; ++index) {
        programs.push_back(installation_.start(
            {"create-child", "driver", "--family", "vezet", "--parent-id", "one-driver-" + std::to_string(index)}));
        if (index % 4 == 0) {
            programs.push_back(installation_.start({"run", "all", "--create-missing"}));
        }
    }

    for (Program& program : programs) {
        EXPECT_THAT(program.wait(), EndsWith(0));
    }
    EXPECT_EQ(installation_.links(), 1U + 2U + 20U + 20U);
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

class ReplicaTest : public EndToEndTest {
protected:
    /// If it can be met there at all, where it hurts most: while a transaction of its own holds on to a lease.
    void pause_in_the_middle_of_work(Program& program) const {
        pqxx::connection connection(postgres_.dsn());
        pqxx::nontransaction session(connection);
        constexpr int attempts = 500;
        for (int attempt = 1;; ++attempt) {
            program.pause();
            const auto open_transactions = session.exec(
                "SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE datname = current_database() AND state = 'idle in transaction' "
                "AND relation = 'fleet_sync.job_leases'::regclass");
            if (!open_transactions.empty() || attempt == attempts) {
                return;
            }
            program.resume();
            static_cast<void>(program.ends_within(1ms));
        }
    }
};

TEST_F(ReplicaTest, AReplicaThatStoodStillForLongerThanItsLeaseDoesNoHarm) {
    installation_.enable_cities({"Chicago"});
    const Documents fleet = park_with_drivers(park("one", "Chicago"), 50);
    constexpr std::size_t children_below_the_park = 2 + 50 + 50;
    installation_.put(fleet);
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    installation_.configure("lease:\n  lifetime_ms: 1000\npass:\n  batch_documents_max: 5\n");
    const auto edit = [&](std::initializer_list<const char*> entities, int version) {
        Documents edited;
        for (const char* entity : entities) {
            for (const bson::Document& document : fleet.at(entity)) {
                edited[entity].push_back(with(document, R"({"version": )" + std::to_string(version) + "}"));
            }
        }
        installation_.put(edited);
    };
    const auto are_at = [&](int version, std::size_t number) {
        return [this, version, number] { return children_of_version(installation_, version) >= number; };
    };

    auto sleeper = installation_.serve();
    edit({"work_rules", "cars", "drivers"}, 1);
    ASSERT_TRUE(sleeper.program.reaches(are_at(1, children_below_the_park), 10s)) << sleeper.program.error();
    auto other = installation_.serve();

    edit({"work_rules", "cars", "drivers"}, 2);
    ASSERT_TRUE(sleeper.program.reaches(are_at(2, 1), 10s)) << sleeper.program.error();
    pause_in_the_middle_of_work(sleeper.program);
    edit({"work_rules", "cars", "drivers"}, 3);
    EXPECT_TRUE(other.program.reaches(are_at(3, children_below_the_park), 15s)) << other.program.error();
    sleeper.program.resume();
    // Cars and drivers do not change any more: what the sleeper wrote late would stay.
    edit({"work_rules"}, 4);
    EXPECT_TRUE(other.program.reaches(are_at(4, 2), 15s)) << other.program.error();

    for (Program* program : {&sleeper.program, &other.program}) {
        EXPECT_TRUE(program->runs()) << program->error();
        program->signal(SIGTERM);
        EXPECT_THAT(program->wait(15s), EndsWith(0));
    }
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::end_to_end
