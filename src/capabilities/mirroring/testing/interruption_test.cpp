// Where the simulation tries much at random, this tries little completely: one thing is under way, and at each of its
// steps in turn something happens to it; then everything has to be in order.
//
//   TWINFLEET_STEP_STRIDE=n   only at every n-th step, for builds that are slow
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/checker.hpp"
#include "capabilities/mirroring/testing/generators.hpp"
#include "capabilities/mirroring/testing/replica.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::testing {
namespace {

const PassRequest incremental{.mode = Mode::incremental};
const PassRequest full{.mode = Mode::full};

/// Two enabled parks and one that is not; drivers, a car and a rule, which others may edit.
class Town {
public:
    explicit Town(WorldSettings settings = {}) : world_(settings), platform_(world_) {
        park("park", "Chicago");
        park("second", "Chicago");
        park("far", "Oslo");
        put("work_rules", "rule", R"("park_id": "park", "is_enabled": true)");
        put("work_rules", "rule2", R"("park_id": "second", "is_enabled": true)");
        put("work_rules", "far rule", R"("park_id": "far", "is_enabled": true)");
        put("cars", "car", R"("park_id": "park", "status": "working")");
        put("cars", "car2", R"("park_id": "park", "status": "working")");
        put_driver(R"("car_id": "car", "rule_id": "rule")");
        put("drivers", "other", R"("park_id": "far", "work_status": "working")");
        put("drivers", "colleague", R"("park_id": "park", "work_status": "working", "license": {"number": "CD2"})");
        platform_.ask_for_driver("driver");
        platform_.ask_for_driver("colleague");
        platform_.ask_for_driver("stranger");
    }

    FakeWorld& world() { return world_; }

    void put(const std::string& collection, const std::string& id, const std::string& fields) {
        world_.put(collection, bson::from_json("{\"_id\": \"" + id + "\", " + fields + "}").view());
        platform_.ask_for_driver("driver");
    }
    void park(const std::string& id, const std::string& city) {
        put("parks", id, R"("login": ")" + id + R"(", "is_active": true, "city_id": ")" + city + "\"");
    }
    void put_driver(const std::string& fields, const std::string& park = "park", const std::string& license = "AB1") {
        put("drivers", "driver",
            R"("park_id": ")" + park + R"(", "work_status": "working", "license": {"number": ")" + license + "\"}, " +
                fields);
    }
    void remove(const std::string& collection, const std::string& id) { world_.erase(collection, id_key(id)); }

    /// A process that nothing happens to. Its stores' names begin with `name`.
    Replica start(const std::string& name) {
        ++processes_;
        return Replica(world_, platform_, name + " #" + std::to_string(processes_),
                       {.pass = {.batch = {.documents_max = 2}, .execution = Execution::inline_},
                        .full_shards = full_shards_,
                        .seed = static_cast<std::uint64_t>(processes_)});
    }
    /// Long enough for leases to lapse, for writes to be older than the overlap, and for the quarantine to be due.
    void let_time_pass() { world_.advance(100'000); }
    /// All jobs, one after the other, by a process of their own.
    void run_jobs(const PassRequest& request) {
        let_time_pass();
        Replica replica = start("jobs");
        for (const Entity& entity : entities()) {
            if (!replica.run_job(entity, request)) {
                ADD_FAILURE() << "the job of " << entity.name << " did not run";
            }
        }
    }
    /// What an incremental pass of everything has to mend, is mended; and then what a full pass has to.
    [[nodiscard]] std::string faults_after_jobs() {
        std::ostringstream faults;
        const auto look = [&](const char* when, const Expectations& expectations) {
            for (const Violation& violation : check(look_at(world_), expectations)) {
                faults << when << ": " << violation << "\n";
            }
        };
        run_jobs(incremental);
        run_jobs(incremental);
        look("after incremental passes", platform_.expectations(false, false));
        run_jobs(full);
        look("after a full pass", platform_.expectations(true, false));
        run_jobs({.mode = Mode::full, .verify_children = true});
        look("after a verifying pass", platform_.expectations(true, true));
        return faults.str();
    }

    /// Of processes that start from now on; 2 at first.
    void split_rounds(std::uint32_t shards) { full_shards_ = shards; }

private:
    FakeWorld world_;
    Platform platform_;
    int processes_ = 0;
    std::uint32_t full_shards_ = 2;
};

struct Work {
    std::string name;
    /// What there is before.
    std::function<void(Town&)> prepare;
    std::function<void(Town&, Replica&)> act;
    /// Short enough, and with enough to lose, to be interrupted twice.
    bool is_interrupted_twice = false;
};

void make_children(Town& town) {
    town.run_jobs(incremental);
    Replica login = town.start("founder");
    EXPECT_TRUE(std::holds_alternative<ChildDriver>(login.create_child("driver")));
    EXPECT_TRUE(std::holds_alternative<ChildDriver>(login.create_child("colleague")));
    // Whoever logs in leaves no hash; this one looks at everybody, and does.
    town.run_jobs(full);
}

void log_in(Town&, Replica& replica) {
    (void)replica.create_child("driver");
}

std::function<void(Town&, Replica&)> job(const std::string& name, const PassRequest& request) {
    return [name, request](Town&, Replica& replica) { (void)replica.run_job(entity(name), request); };
}

/// All shards of one round of drivers.
void full_round(Town& town, Replica& replica) {
    const Entity& drivers = entity("drivers");
    const auto finished = [&] { return town.world().rounds_finished(drivers.name, "vezet"); };
    const auto before = finished();
    // The first look at a job only starts its time.
    (void)replica.run_next_shard(drivers);
    while (finished() == before && replica.run_next_shard(drivers)) {
    }
}

void all_jobs(Town&, Replica& replica) {
    for (const Entity& entity : entities()) {
        (void)replica.run_job(entity, incremental);
    }
}

constexpr std::string_view changed_in_a_round = "a full round of drivers, one of whom changed";

std::vector<Work> works() {
    const auto mirror_parks = [](Town& town) { town.run_jobs(incremental); };
    const auto then = [](const std::function<void(Town&)>& change) {
        return [change](Town& town) {
            make_children(town);
            change(town);
        };
    };
    return {
        {"the first pass of all jobs", [](Town&) {}, all_jobs},
        {"the first log-in", mirror_parks, log_in, true},
        {"a later log-in", then([](Town& town) { town.put_driver(R"("car_id": "car2", "note": 1)"); }), log_in, true},
        {"a changed driver", then([](Town& town) { town.put_driver(R"("car_id": "car2", "note": 1)"); }),
         job("drivers", incremental), true},
        {"a driver who moved", then([](Town& town) { town.put_driver(R"("rule_id": "rule2")", "second"); }),
         job("drivers", incremental)},
        {"a changed rule",
         then([](Town& town) { town.put("work_rules", "rule", R"("park_id": "park", "commission": 5)"); }),
         job("work_rules", incremental)},
        {"a park that is to be mirrored now", then([](Town& town) { town.park("far", "Chicago"); }), all_jobs},
        {"a full pass of drivers", then([](Town& town) {
             // What is read last, in a batch of its own, changed first.
             town.put("drivers", "colleague", R"("park_id": "park", "work_status": "working", "note": 1)");
             town.let_time_pass();
             town.put_driver(R"("note": 1)");
             town.let_time_pass();
         }),
         job("drivers", full)},
        {std::string(changed_in_a_round), then([](Town& town) { town.put_driver(R"("car_id": "car2", "note": 1)"); }),
         full_round},
        {"a full round of drivers, one of whom is gone", then([](Town& town) { town.remove("drivers", "driver"); }),
         full_round},
        {"a full round of drivers, one of whom left the mirrored parks",
         then([](Town& town) { town.put_driver(R"("x": 1)", "far"); }), full_round},
        {"a driver who is gone", then([](Town& town) { town.remove("drivers", "driver"); }), job("drivers", full)},
        {"a car that is gone", then([](Town& town) { town.remove("cars", "car"); }), job("cars", full)},
        {"a driver who left the mirrored parks", then([](Town& town) { town.put_driver(R"("x": 1)", "far"); }),
         job("drivers", full)},
    };
}

/// A driver's profile has no version to guard it: a writer who is overtaken while he places it, and then finds his
/// lease lost, may put it back where it was after the driver moved or got another licence. The next pass that reads
/// every child corrects it; until then it is no fault.
std::string what_stays(const std::string& faults) {
    std::istringstream lines(faults);
    std::string left;
    for (std::string line; std::getline(lines, line);) {
        const bool is_about_a_profile = line.find("the profile names another park") != std::string::npos ||
                                        line.find("records of the licence, 0 profiles in them") != std::string::npos;
        const bool is_corrected_later = is_about_a_profile && !line.starts_with("after a verifying pass");
        left += is_corrected_later ? "" : line + "\n";
    }
    return left;
}

/// Does the work once, with `happen(step)` at every step of it (beginning with 0); returns how many steps there were.
int play(Town& town, const Work& work, const std::function<Delivery(int, const Step&)>& happen) {
    Replica worker = town.start("worker");
    int steps = 0;
    town.world().interfere(
        [&](const Step& step) { return step.runner == worker.name() ? happen(steps++, step) : Delivery::once; });
    try {
        work.act(town, worker);
    } catch (const Crash&) {
    } catch (const platform::StoreUnavailable&) {
    } catch (const LeaseLost&) {
    }
    town.world().interfere({});
    return steps;
}

int step_stride() {
    const char* given = std::getenv("TWINFLEET_STEP_STRIDE");
    return given == nullptr ? 1 : std::stoi(given);
}

/// At each step in turn, until the work has no such step. `afterwards` happens when the work has come to its end.
void interrupt_everywhere(
    const std::function<Delivery(Town&, const Step&)>& happen,
    const std::function<void(Town&)>& afterwards = [](Town&) {}) {
    for (const Work& work : works()) {
        for (int at = 0;; at += step_stride()) {
            Town town;
            work.prepare(town);
            const int steps = play(town, work, [&](int step, const Step& where) {
                return step == at ? happen(town, where) : Delivery::once;
            });
            afterwards(town);
            ASSERT_EQ(what_stays(town.faults_after_jobs()), "") << work.name << ", step " << at;
            if (steps <= at) {
                ASSERT_GT(steps, 10) << work.name;
                break;
            }
        }
    }
}

TEST(Interruption, ACrashAtAnyStepIsMendedByTheNextPasses) {
    interrupt_everywhere([](Town& town, const Step& step) -> Delivery {
        town.world().bury(step.runner);
        throw Crash();
    });
}

TEST(Interruption, ACrashBeforeTheChangeUnderWayIsTakenBackIsMendedByTheNextPasses) {
    interrupt_everywhere([](Town& town, const Step& step) -> Delivery {
        town.put_driver(R"("car_id": "car", "rule_id": "rule")");
        town.world().bury(step.runner);
        throw Crash();
    });
}

TEST(Interruption, AStoreThatGoesAwayAtAnyStepIsMendedByTheNextPasses) {
    interrupt_everywhere([](Town&, const Step& step) -> Delivery {
        throw platform::StoreUnavailable(std::string(step.call), "a test");
    });
}

TEST(Interruption, ACallThatIsDeliveredTwiceDoesNoHarm) {
    interrupt_everywhere([](Town&, const Step&) { return Delivery::twice; });
}

Delivery late_if_written(Town&, const Step& step) {
    const bool is_write = step.call.ends_with(".insert") || step.call.ends_with(".update");
    return is_write && step.phase == Phase::before ? Delivery::late : Delivery::once;
}

TEST(Interruption, AWriteThatHangsUntilTheNextPassesHaveEndedIsMended) {
    interrupt_everywhere(late_if_written, [](Town& town) {
        town.run_jobs(incremental);
        town.world().let_happen(town.world().count_hanging());
    });
}

TEST(Interruption, AWriteThatHangsUntilItsReasonIsTakenBackIsMended) {
    interrupt_everywhere(late_if_written, [](Town& town) {
        town.put_driver(R"("car_id": "car", "rule_id": "rule")");
        town.run_jobs(incremental);
        town.world().let_happen(town.world().count_hanging());
    });
}

TEST(Interruption, WritesThatNoMajorityHasAreMendedWhetherTheyStayOrAreTakenBack) {
    for (const bool is_taken_back : {false, true}) {
        interrupt_everywhere(
            [](Town& town, const Step&) {
                town.world().lose_majority();
                return Delivery::once;
            },
            [&](Town& town) { town.world().regain_majority(is_taken_back); });
    }
}

/// Others do something, and then the jobs run, while the worker is suspended at one step.
void others_act_everywhere(const std::function<void(Town&)>& others) {
    interrupt_everywhere([&](Town& town, const Step&) {
        others(town);
        town.run_jobs(incremental);
        return Delivery::once;
    });
}

TEST(Interruption, ADriverWhoChangesMeanwhileIsInStepAfterwards) {
    others_act_everywhere([](Town& town) { town.put_driver(R"("car_id": "car2", "rule_id": "rule", "note": 2)"); });
}

TEST(Interruption, ALicenceThatChangesMeanwhileGetsItsProfile) {
    others_act_everywhere([](Town& town) { town.put_driver(R"("car_id": "car")", "park", "EF3"); });
}

TEST(Interruption, ADriverWhoMovesMeanwhileIsInStepAfterwards) {
    others_act_everywhere([](Town& town) { town.put_driver(R"("rule_id": "rule2")", "second"); });
}

TEST(Interruption, ADriverWhoLeavesTheMirroredParksMeanwhileIsRetired) {
    others_act_everywhere([](Town& town) { town.put_driver(R"("x": 1)", "far"); });
}

TEST(Interruption, ADriverWhoVanishesMeanwhileIsRetired) {
    others_act_everywhere([](Town& town) { town.remove("drivers", "driver"); });
}

TEST(Interruption, ACarThatChangesMeanwhileIsInStepAfterwards) {
    others_act_everywhere([](Town& town) { town.put("cars", "car", R"("park_id": "park", "color": "red")"); });
}

TEST(Interruption, ACarThatMovesMeanwhileIsInStepAfterwards) {
    others_act_everywhere([](Town& town) { town.put("cars", "car", R"("park_id": "second")"); });
}

TEST(Interruption, AParkThatAppearsMeanwhileIsMirrored) {
    others_act_everywhere([](Town& town) {
        town.park("late", "Chicago");
        town.put("work_rules", "late rule", R"("park_id": "late")");
    });
}

TEST(Interruption, AnotherLogInMeanwhileMakesNoSecondChild) {
    others_act_everywhere([](Town& town) {
        Replica login = town.start("login");
        (void)login.create_child("driver");
    });
}

TEST(Interruption, AChangeThatOnlyALogInSawLeavesNoTrace) {
    interrupt_everywhere([](Town& town, const Step&) {
        town.put_driver(R"("car_id": "car2", "note": 2)");
        Replica login = town.start("login");
        (void)login.create_child("driver");
        town.put_driver(R"("car_id": "car", "rule_id": "rule")");
        return Delivery::once;
    });
}

/// Those that are interrupted twice.
std::vector<Work> short_works() {
    std::vector<Work> all = works();
    std::erase_if(all, [](const Work& work) { return !work.is_interrupted_twice; });
    return all;
}

std::vector<Work> works_named(std::string_view name) {
    std::vector<Work> all = works();
    std::erase_if(all, [&](const Work& work) { return work.name != name; });
    return all;
}

/// Others change something at one step and take it back at a later one; at both the jobs run. Returns the first fault.
std::string fault_when_taken_back(const std::vector<Work>& works, const std::function<void(Town&)>& others,
                                  const std::function<void(Town&)>& take_back, const WorldSettings& settings = {},
                                  int stride = 1) {
    stride = std::max(stride, step_stride());
    for (const Work& work : works) {
        for (int first = 0, steps = 1; first < steps; first += stride) {
            for (int second = first; second <= steps; second += stride) {
                Town town(settings);
                // There are fewer steps then, and the race is the same.
                town.split_rounds(1);
                work.prepare(town);
                bool is_taken_back = false;
                steps = play(town, work, [&](int step, const Step&) {
                    if (step == first) {
                        others(town);
                        town.run_jobs(incremental);
                    }
                    if (step == second) {
                        take_back(town);
                        town.run_jobs(incremental);
                        is_taken_back = true;
                    }
                    return Delivery::once;
                });
                if (!is_taken_back) {
                    take_back(town);
                }
                if (std::string faults = what_stays(town.faults_after_jobs()); !faults.empty()) {
                    return work.name + ", steps " + std::to_string(first) + " and " + std::to_string(second) + ": " +
                           faults;
                }
            }
        }
    }
    return {};
}

TEST(Interruption, AChangeThatIsTakenBackLeavesNoTrace) {
    EXPECT_EQ(fault_when_taken_back(
                  short_works(), [](Town& town) { town.put_driver(R"("car_id": "car2", "note": 2)"); },
                  [](Town& town) { town.put_driver(R"("car_id": "car", "rule_id": "rule")"); }),
              "");
}

TEST(Interruption, AMoveThatIsTakenBackLeavesNoTrace) {
    EXPECT_EQ(fault_when_taken_back(
                  short_works(), [](Town& town) { town.put_driver(R"("rule_id": "rule2")", "second"); },
                  [](Town& town) { town.put_driver(R"("car_id": "car", "rule_id": "rule")"); }),
              "");
}

TEST(Interruption, AChangeToWhatTheWorkerMirroredLeavesNoTrace) {
    // A round has many steps; every third is enough to meet the fault.
    constexpr int stride = 3;
    const auto others = [](Town& town) { town.put_driver(R"("car_id": "car", "note": 2)"); };
    const auto take_back = [](Town& town) { town.put_driver(R"("car_id": "car2", "note": 1)"); };
    EXPECT_EQ(fault_when_taken_back(works_named(changed_in_a_round), others, take_back, {}, stride), "");
    // That is what the write tokens are for.
    EXPECT_NE(fault_when_taken_back(works_named(changed_in_a_round), others, take_back,
                                    {.write_tokens_protect_nothing = true}, stride),
              "");
}

TEST(Interruption, AReturnBeforeTheOthersHaveSeenTheChangeLeavesNoTrace) {
    // The worker may have read what nobody else did, and write it when the others have found everything in order.
    EXPECT_EQ(fault_when_taken_back(
                  works_named(changed_in_a_round), [](Town&) {},
                  [](Town& town) { town.put_driver(R"("car_id": "car", "rule_id": "rule")"); }, {}, 3),
              "");
}

TEST(Interruption, AChangeBetweenTwoStepsThatNoJobSawIsInStepAfterwards) {
    // The job runs at the first step only: what it missed it has to see later.
    EXPECT_EQ(fault_when_taken_back(
                  short_works(), [](Town& town) { town.put_driver(R"("car_id": "car2", "note": 2)"); }, [](Town&) {}),
              "");
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
