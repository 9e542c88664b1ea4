// Several replicas of `serve` share the full rounds; one of them dies or stands still in the middle of its shard.
#include <algorithm>
#include <csignal>
#include <memory>
#include <set>
#include <utility>

#include <pqxx/pqxx>

#include "tests/end_to_end/installation.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int parks = 16;
constexpr int drivers_of_a_park = 30;
constexpr std::size_t drivers = std::size_t{parks} * drivers_of_a_park;

// Small batches: there is much to interrupt. Rounds follow each other as fast as a test needs them.
constexpr const char* small_batches = R"(
pass:
  batch_documents_max: 5
jobs:
  parks: {full_interval_s: 3600}
  work_rules: {full_interval_s: 3600}
  cars: {full_interval_s: 3600}
  drivers: {full_interval_s: 1, full_shards: 8}
)";
constexpr const char* short_lease = "lease:\n  lifetime_ms: 1500\n";

class ReplicasTest : public EndToEndTest {
protected:
    ReplicasTest() : connection_(postgres_.dsn()), session_(connection_) {
        installation_.enable_cities({"Chicago"});
        for (int index = 0; index < parks; ++index) {
            add(fleet_, park_with_drivers(park("park-" + std::to_string(index), "Chicago"), drivers_of_a_park));
        }
        installation_.put(fleet_);
        EXPECT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    }

    struct Shard {
        int index;
        std::string state;
        std::string holder;
        int attempts;
        std::size_t read;
    };
    /// Of a round of the drivers job.
    std::vector<Shard> shards(std::int64_t round) {
        std::vector<Shard> found;
        for (const auto& row : session_.exec_params("SELECT shard, state, holder, attempts, read"
                                                    " FROM fleet_sync.full_shards"
                                                    " WHERE job = 'drivers' AND round = $1 ORDER BY shard",
                                                    round)) {
            found.push_back({row[0].as<int>(), row[1].as<std::string>(), row[2].as<std::string>(), row[3].as<int>(),
                             row[4].as<std::size_t>()});
        }
        return found;
    }
    /// The latest round of the drivers job; 0: none has begun.
    std::int64_t round() {
        return session_.exec1("SELECT coalesce(max(round), 0) FROM fleet_sync.full_rounds WHERE job = 'drivers'")[0]
            .as<std::int64_t>();
    }
    bool is_finished(std::int64_t number) {
        return !session_
                    .exec_params(
                        "SELECT FROM fleet_sync.full_rounds"
                        " WHERE job = 'drivers' AND round = $1 AND finished_at IS NOT NULL",
                        number)
                    .empty();
    }
    /// So that a full pass has to look at every child, and takes its time.
    void forget_hashes() {
        // One after the other, as two who lock many rows may wait for each other in a circle.
        for (const bson::Document& document : fleet_.at("drivers")) {
            session_.exec_params("UPDATE fleet_sync.drivers SET source_hash = NULL WHERE parent_id = $1",
                                 std::string(document.view().find("_id")->string()));
        }
    }
    static bool holds(const Program& program, const Shard& shard) {
        return shard.state == "running" &&
               shard.holder.ends_with("(process " + std::to_string(program.process_id()) + ")");
    }
    /// Stops the program (SIGSTOP) while it has a shard in hand; returns the round, and which one.
    std::pair<std::int64_t, int> pause_in_a_shard(Program& program) {
        std::pair<std::int64_t, int> found{0, -1};
        const auto has_stopped_in_one = [&] {
            forget_hashes();
            program.pause();
            const std::int64_t number = round();
            for (const Shard& shard : shards(number)) {
                if (holds(program, shard)) {
                    found = {number, shard.index};
                    return true;
                }
            }
            program.resume();
            return false;
        };
        for (int attempt = 0; attempt < 2'000 && !has_stopped_in_one(); ++attempt) {
            static_cast<void>(program.ends_within(5ms));
        }
        EXPECT_GE(found.second, 0) << "it had no shard in hand\n" << program.error();
        return found;
    }
    /// Every parent was read by one shard, and no shard was begun again but `interrupted`.
    void expect_nothing_twice(std::int64_t number, int interrupted) {
        const auto of_round = shards(number);
        ASSERT_THAT(of_round, SizeIs(8));
        std::size_t read = 0;
        for (const Shard& shard : of_round) {
            EXPECT_EQ(shard.state, "done") << shard.index;
            if (shard.index == interrupted) {
                EXPECT_GE(shard.attempts, 2);
            } else {
                EXPECT_EQ(shard.attempts, 1) << shard.index;
            }
            read += shard.read;
        }
        EXPECT_EQ(read, drivers);
    }
    void expect_in_step() {
        EXPECT_THAT(installation_.violations(), IsEmpty());
        EXPECT_THAT(installation_.run({"verify"}), EndsWith(0));
    }
    void edit_drivers(int version) {
        for (const bson::Document& document : fleet_.at("drivers")) {
            installation_.put("drivers", with(document, R"({"version": )" + std::to_string(version) + "}"));
        }
    }
    /// How many child drivers are at this version.
    std::size_t at_version(int version) const {
        std::size_t found = 0;
        for (const bson::Document& document : installation_.documents("drivers")) {
            const auto value = document.view().find("version");
            found += document.view().find("parent_driver_id") && value && value->integer() == version ? 1U : 0U;
        }
        return found;
    }
    static void end(Program& program) {
        EXPECT_TRUE(program.runs()) << program.error();
        program.signal(SIGTERM);
        EXPECT_THAT(program.wait(15s), EndsWith(0));
    }

    Documents fleet_;

private:
    pqxx::connection connection_;
    pqxx::nontransaction session_;
};

TEST_F(ReplicasTest, BothTakeShardsOfOneRound) {
    installation_.configure(std::string(small_batches) + short_lease);
    auto one = installation_.serve();
    auto other = installation_.serve();
    const auto both_have_taken_some = [&] {
        forget_hashes();
        for (std::int64_t number = round(); number > std::max<std::int64_t>(round() - 3, 0); --number) {
            std::set<std::string> holders;
            for (const Shard& shard : shards(number)) {
                holders.insert(shard.holder);
            }
            if (is_finished(number) && holders.size() == 2) {
                expect_nothing_twice(number, -1);
                return true;
            }
        }
        return false;
    };
    EXPECT_TRUE(one.program.reaches(both_have_taken_some, 20s)) << one.program.error();
    end(one.program);
    end(other.program);
    expect_in_step();
}

TEST_F(ReplicasTest, OneIsKilledDuringAFullRoundAndTheOtherFinishesItWithinHalfAMinute) {
    // The lease that ships: 15 s.
    installation_.configure(small_batches);
    auto killed = installation_.serve();
    auto other = installation_.serve();
    const auto [number, shard] = pause_in_a_shard(killed.program);
    killed.program.signal(SIGKILL);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(other.program.reaches([&, number = number] { return is_finished(number); }, 30s))
        << other.program.error();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
    expect_nothing_twice(number, shard);
    end(other.program);
    expect_in_step();
}

TEST_F(ReplicasTest, OneThatStoodStillForLongerThanItsLeaseDoesNoHarm) {
    installation_.configure(std::string(small_batches) + short_lease);
    auto sleeper = installation_.serve();
    auto other = installation_.serve();
    const auto [number, shard] = pause_in_a_shard(sleeper.program);
    // What the sleeper has read is old when it wakes up.
    edit_drivers(1);
    EXPECT_TRUE(other.program.reaches([&, number = number] { return is_finished(number); }, 20s))
        << other.program.error();
    const auto are_at = [this](int version) { return [this, version] { return at_version(version) == drivers; }; };
    EXPECT_TRUE(other.program.reaches(are_at(1), 20s)) << other.program.error();
    expect_nothing_twice(number, shard);
    sleeper.program.resume();
    const std::int64_t next = round() + 1;
    EXPECT_TRUE(sleeper.program.reaches([&] { return is_finished(next); }, 20s)) << sleeper.program.error();
    EXPECT_EQ(at_version(1), drivers);
    end(sleeper.program);
    end(other.program);
    expect_in_step();
}

TEST_F(ReplicasTest, OneIsKilledWhileTheFleetChangesAllTheTime) {
    installation_.configure(std::string(small_batches) + short_lease);
    auto first = std::make_unique<Installation::Service>(installation_.serve());
    auto other = installation_.serve();
    int version = 0;
    for (int kills = 0; kills < 3; ++kills) {
        edit_drivers(++version);
        static_cast<void>(pause_in_a_shard(first->program));
        first->program.signal(SIGKILL);
        edit_drivers(++version);
        first = std::make_unique<Installation::Service>(installation_.serve());
    }
    const auto all_are_there = [&] { return at_version(version) == drivers; };
    EXPECT_TRUE(other.program.reaches(all_are_there, 20s)) << other.program.error();
    const std::int64_t next = round() + 1;
    EXPECT_TRUE(other.program.reaches([&] { return is_finished(next); }, 20s)) << other.program.error();
    end(first->program);
    end(other.program);
    expect_in_step();
}

}  // namespace
}  // namespace twinfleet::end_to_end
