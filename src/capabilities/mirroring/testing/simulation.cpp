#include "capabilities/mirroring/testing/simulation.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/checker.hpp"
#include "capabilities/mirroring/testing/generators.hpp"
#include "capabilities/mirroring/testing/replica.hpp"
#include "capabilities/mirroring/testing/stage.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::testing {
namespace {

class Simulation {
public:
    Simulation(std::uint64_t seed, std::ostream* trace)
        : draw_(draw_from_seed(seed)),
          trace_(trace),
          world_({.whole_second_timestamps = draw_(8) == 7,
                  .keeps_empty_times = draw_(3) == 2,
                  .streams_are_snapshots = draw_(3) == 2,
                  .links_clock_ahead_ms = draw_(5) * 700 - 1'400,
                  .leases_protect_nothing = draw_(6) == 5}),
          platform_(world_),
          stage_([this](std::size_t actors) { return static_cast<std::size_t>(draw_(static_cast<int>(actors))); }) {
        settings_.batch = {.documents_max = static_cast<std::size_t>(1 + draw_(4)), .bytes_max = std::size_t{1} << 20};
        settings_.bytes_in_flight_max = draw_(2) == 1 ? 1 : std::size_t{1} << 20;
        settings_.execution = Execution::inline_;
        // The clocks of the platform's shards are up to 3 s apart.
        settings_.overlap = std::chrono::milliseconds(4'000 + 1'000 * draw_(6));
        is_crowded_ = draw_(2) == 1;
        contended_ = draw_(3) == 2 ? "users" : "drivers";
        one_full_of_ = std::array{2, 8, 30}[static_cast<std::size_t>(draw_(3))];
        // A process that was suspended may or may not notice by its own clock.
        has_local_clocks_ = draw_(2) == 1;
        // With timestamps that do not tell versions apart nobody can keep two replicas apart.
        replicas_ = world_.settings().whole_second_timestamps ? 1 : 1 + draw_(2);
        // Nor the incremental passes from the shards.
        has_shards_ = !world_.settings().whole_second_timestamps && draw_(4) != 3;
        full_shards_ = static_cast<std::uint32_t>(1 + draw_(4));
        edit_pause_max_ = std::array{6, 6, 40, 150}[static_cast<std::size_t>(draw_(4))];
        faults_per_thousand_ = std::array{0, 2, 10, 40}[static_cast<std::size_t>(draw_(4))];
        world_.interfere([this](const Step& step) { return interfere(step); });
    }

    SimulationResult run() {
        if (is_crowded_) {
            platform_.put(draw_fleet(draw_, {.parks_max = 2, .documents_per_park_max = 2, .one_strange_of = 1'000}));
            platform_.prefer_mirrored_parents();
        } else {
            platform_.put(
                draw_fleet(draw_, {.one_strange_of = std::array{4, 8, 16}[static_cast<std::size_t>(draw_(3))]}));
        }
        try {
            if (is_crowded_ || draw_(2) == 1) {
                begin_in_step();
            }
            storm();
            expect_always("after the storm");
            calm();
        } catch (const std::exception& error) {
            fail(std::string("an exception that nobody expects: ") + error.what());
        } catch (const Crash&) {
            fail("a crash that nobody expects");
        }
        return std::move(result_);
    }

private:
    void say(const std::string& text) {
        if (trace_ != nullptr) {
            *trace_ << text << "\n";
        }
    }
    void tally(const std::string& event) { ++result_.tally.events[event]; }
    void fail(const std::string& text) {
        say("FAILED: " + text);
        result_.failures.push_back(text);
    }

    // The storm.

    /// So that the storm finds children of every kind.
    void begin_in_step() {
        const auto process = start_process("founder");
        for (const char* name : {"parks", "work_rules", "groups", "users"}) {
            run_job(*process, entity(name), {.mode = Mode::full});
        }
        for (int left = draw_(6); left > 0; --left) {
            log_in(*process);
        }
    }

    void storm() {
        is_storm_ = true;
        for (int i = 0; i < replicas_; ++i) {
            stage_.add([this, i] { be_replica("replica " + std::to_string(i)); });
            if (has_shards_) {
                stage_.add([this, i] { share_rounds("shards of replica " + std::to_string(i)); });
            }
        }
        stage_.add([this] { be_drivers(); });
        stage_.add([this] { be_platform(); });
        stage_.play();
        is_storm_ = false;
        if (!world_.has_majority()) {
            regain_majority();
        }
        // In the calm nothing hangs any more.
        world_.let_happen(world_.count_hanging());
    }

    Delivery interfere(const Step& step) {
        if (!is_storm_) {
            return Delivery::once;
        }
        const std::string_view phase = step.phase == Phase::before   ? "before"
                                       : step.phase == Phase::within ? "within"
                                                                     : "after";
        if (trace_ != nullptr) {
            say(std::string(step.runner) + ": " + std::string(phase) + " " + std::string(step.call));
        }
        watch_cursors();
        if (draw_(4) == 3) {
            world_.advance(draw_(is_crowded_ ? 2'000 : 900));
        }
        if (draw_(3) == 2) {
            stage_.yield();
        }
        if (draw_(is_crowded_ ? 60 : 300) == 0) {
            // Suspended while the others go on, often for longer than a lease lasts.
            tally("suspended");
            say(std::string(step.runner) + " FALLS ASLEEP");
            world_.advance(draw_(2) == 1 ? Replica::lease_lifetime.count() + 1 : 0);
            for (int turns = draw_(draw_(4) == 3 ? 500 : 100); turns > 0; --turns) {
                stage_.yield();
            }
            say(std::string(step.runner) + " WAKES UP");
        }
        if (!world_.has_majority() && draw_(30) == 29) {
            regain_majority();
        }
        if (world_.count_hanging() > 0 && draw_(20) == 19) {
            say("A WRITE THAT HUNG TAKES EFFECT");
            world_.let_happen(1);
        }
        if (faults_left_ > 0 && draw_(1000) < faults_per_thousand_) {
            --faults_left_;
            if (draw_(3) == 2) {
                tally("crash");
                say(std::string(step.runner) + " CRASHES");
                world_.bury(step.runner);
                throw Crash();
            }
            tally(step.phase == Phase::after ? "acknowledgement lost" : "store away");
            say(std::string(step.runner) + " CUT OFF");
            throw platform::StoreUnavailable(std::string(step.call), "the simulation says so");
        }
        const bool is_write = step.phase == Phase::before && is_write_of_documents(step.call);
        if (is_write && faults_per_thousand_ > 0 && draw_(12) == 11) {
            if (draw_(2) == 1) {
                tally("write hangs");
                say(std::string(step.runner) + " WRITES WITHOUT AN ANSWER");
                return Delivery::late;
            }
            if (world_.has_majority()) {
                tally("majority lost");
                say("THE MAJORITY IS LOST");
                world_.lose_majority();
            }
            return Delivery::once;
        }
        if (step.phase == Phase::before && faults_per_thousand_ > 0 && draw_(50) == 49) {
            tally("delivered twice");
            say(std::string(step.runner) + " IS HEARD TWICE");
            return Delivery::twice;
        }
        return Delivery::once;
    }

    static bool is_write_of_documents(std::string_view call) {
        return call.ends_with(".insert") || call.ends_with(".update");
    }

    void regain_majority() {
        const bool is_taken_back = draw_(3) == 2;
        tally(is_taken_back ? "unacknowledged writes taken back" : "unacknowledged writes seen at last");
        say(is_taken_back ? "THE MAJORITY HAS ANOTHER PRIMARY" : "THE MAJORITY IS BACK");
        world_.regain_majority(is_taken_back);
    }

    /// Invariant 6: none ever goes back.
    void watch_cursors() {
        for (const Entity& entity : entities()) {
            const auto now = world_.cursor(entity.name, family_.name);
            auto& last = cursors_[std::string(entity.name)];
            if (last && (!now || now->position.timestamp < last->position.timestamp ||
                         now->position.date_ms < last->position.date_ms)) {
                fail("the cursor of " + std::string(entity.name) + " went back");
            }
            last = now;
        }
    }

    std::unique_ptr<Replica> start_process(const std::string& name) {
        return std::make_unique<Replica>(world_, platform_, name + " #" + std::to_string(++incarnations_),
                                         Replica::Settings{.pass = settings_,
                                                           .family = family_,
                                                           .has_local_clock = has_local_clocks_,
                                                           .full_shards = full_shards_,
                                                           .seed = static_cast<std::uint64_t>(draw_(0x7fffffff))});
    }

    void be_replica(const std::string& name) {
        for (int left = 3 + draw_(3); left > 0; --left) {
            // A new process now and then; always after a crash.
            const auto process = start_process(name);
            try {
                const int rounds = 1 + draw_(2);
                for (int round = 0; round < rounds; ++round) {
                    for (const Entity& next : entities()) {
                        // Where all want the same drivers or users, their job matters most.
                        const Entity& entity = is_crowded_ && draw_(2) == 1 ? mirroring::entity(contended_) : next;
                        const PassRequest request{.mode = draw_(one_full_of_) == 0 ? Mode::full : Mode::incremental,
                                                  .verify_children = draw_(2) == 1};
                        run_job(*process, entity, request);
                    }
                }
            } catch (const Crash&) {
            }
        }
    }

    void share_rounds(const std::string& name) {
        for (int left = 2 + draw_(2); left > 0; --left) {
            const auto process = start_process(name);
            try {
                for (int turn = 2 + draw_(6); turn > 0; --turn) {
                    const auto any = static_cast<std::size_t>(draw_(static_cast<int>(entities().size())));
                    const Entity& entity =
                        is_crowded_ && draw_(2) == 1 ? mirroring::entity(contended_) : entities()[any];
                    run_shard(*process, entity, draw_(3) == 2);
                    stage_.yield();
                }
            } catch (const Crash&) {
            }
        }
    }

    void be_drivers() {
        for (int left = 4 + draw_(8); left > 0; --left) {
            const auto process = start_process("login");
            try {
                stage_.yield();
                log_in(*process);
            } catch (const Crash&) {
            } catch (const platform::StoreUnavailable&) {
            }
        }
    }

    void be_platform() {
        std::vector<Edit> edits;
        for (int left = is_crowded_ ? 5 + draw_(25) : draw_(12); left > 0; --left) {
            edits.push_back(draw_edit(draw_));
            if (is_crowded_ && draw_(4) != 3) {
                using Kind = Edit::Kind;
                constexpr std::array usual{Kind::change,      Kind::change, Kind::change, Kind::refer,
                                           Kind::refer,       Kind::move,   Kind::remove, Kind::swap_logins,
                                           Kind::swap_logins, Kind::account};
                edits.back().kind = usual[static_cast<std::size_t>(draw_(usual.size()))];
            }
            // What goes wrong is often mended soon.
            if (edits.back().kind == Edit::Kind::remove && draw_(2) == 1) {
                edits.push_back({Edit::Kind::revive, static_cast<std::uint32_t>(draw_(4)), edits.back().choice});
            } else if (edits.back().kind == Edit::Kind::change && draw_(3) == 2) {
                edits.push_back({Edit::Kind::undo, 0, edits.back().choice});
            } else if (edits.back().kind == Edit::Kind::break_ && draw_(2) == 1) {
                edits.push_back({Edit::Kind::mend, 0, edits.back().choice});
            }
        }
        for (const Edit& edit : edits) {
            for (int pause = draw_(edit_pause_max_); pause >= 0; --pause) {
                stage_.yield();
            }
            const std::string done = platform_.apply(edit);
            if (!done.empty()) {
                tally("edit");
                say("platform: " + done);
            }
        }
    }

    void log_in(Replica& process) {
        const auto drivers = platform_.parent_ids("drivers");
        if (drivers.empty()) {
            return;
        }
        // Mostly the same few, who are known to the mirror.
        const int among =
            draw_(3) == 2 ? static_cast<int>(drivers.size()) : std::min<int>(3, static_cast<int>(drivers.size()));
        const std::string& id = drivers[static_cast<std::size_t>(draw_(among))];
        platform_.ask_for_driver(id);
        say(process.name() + ": asks for " + id);
        const auto answer = process.create_child(id);
        if (const auto* child = std::get_if<ChildDriver>(&answer)) {
            tally("child asked for and made");
            say(process.name() + ": got " + child->driver_id.value());
            // Whoever got the answer has a child, whatever happens afterwards.
            if (!world_.document("drivers", id_key(child->driver_id.value())) &&
                !was_removed(child->driver_id.value())) {
                fail("a driver was told of a child that does not exist: " + child->driver_id.value());
            }
        } else {
            const auto& refused = std::get<CreationRefused>(answer);
            tally("child refused");
            say(process.name() + ": refused: " + std::string(to_string(refused.refusal)) + " " + refused.reason);
        }
    }

    bool was_removed(const std::string& child_id) const {
        return platform_.expectations(false, false).edited_children.contains(child_id);
    }

    // Jobs.

    /// nullopt when somebody else has the lease, or the pass came to nothing.
    std::optional<PassResult> run_job(Replica& process, const Entity& entity, PassRequest request) {
        say(process.name() + ": runs " + std::string(entity.name) + (request.mode == Mode::full ? " in full" : "") +
            (request.verify_children ? " and verifies" : ""));
        return attempt(process, [&] {
            auto result = process.run_job(entity, std::move(request));
            tally(result ? "pass done" : "lease held by another");
            return result;
        });
    }

    /// nullopt when there is none to be had, or it came to nothing.
    std::optional<PassResult> run_shard(Replica& process, const Entity& entity, bool verify_children) {
        say(process.name() + ": looks for a shard of " + std::string(entity.name));
        return attempt(process, [&] {
            auto result = process.run_next_shard(entity, verify_children);
            tally(result ? "shard done" : "no shard to be had");
            return result;
        });
    }

    std::optional<PassResult> attempt(Replica& process, const std::function<std::optional<PassResult>()>& work) {
        try {
            return work();
        } catch (const platform::StoreUnavailable& away) {
            say(process.name() + ": " + away.what());
            tally("pass cut off");
            expect_storm("a store was away");
        } catch (const LeaseLost&) {
            say(process.name() + ": lost the lease");
            tally("lease lost");
            expect_storm("a lease was lost");
        }
        return std::nullopt;
    }

    void expect_storm(const std::string& text) {
        if (!is_storm_) {
            fail(text + " in the calm");
        }
    }

    // The calm.

    void calm() {
        // Leases of the dead lapse, everything is older than the overlap, and the quarantine is due.
        const auto let_time_pass = [&] { world_.advance(100'000); };
        const auto process = start_process("calm");
        const auto run_all = [&](const PassRequest& request, const char* what) {
            let_time_pass();
            RunCounts counts;
            for (const Entity& entity : entities()) {
                if (const auto result = run_job(*process, entity, request)) {
                    counts += result->counts;
                    if (!result->is_complete) {
                        fail(std::string(what) + " of " + std::string(entity.name) + " did not come to its end");
                    }
                } else {
                    fail(std::string(what) + " of " + std::string(entity.name) + " did not run");
                }
            }
            return counts;
        };
        const bool is_sharded = has_shards_ && draw_(2) == 1;
        /// A whole round of every job, or a full pass.
        const auto run_everything = [&](const PassRequest& request, const char* what) {
            if (!is_sharded) {
                return run_all(request, what);
            }
            let_time_pass();
            RunCounts counts;
            for (const Entity& entity : entities()) {
                // What the storm left of a round comes first.
                for (int round = 0; round < 2; ++round) {
                    const auto finished_before = world_.rounds_finished(entity.name, family_.name);
                    int shards = 0;
                    while (world_.rounds_finished(entity.name, family_.name) == finished_before && ++shards < 20) {
                        if (const auto result = run_shard(*process, entity, request.verify_children)) {
                            counts += result->counts;
                        }
                    }
                    if (shards == 20) {
                        fail(std::string(what) + " of " + std::string(entity.name) + " by shards did not end");
                    }
                }
            }
            // They run beside the rounds; what a round asks them to backfill is theirs.
            counts += run_all({.mode = Mode::incremental}, "the incremental pass behind the round");
            return counts;
        };
        const PassRequest incremental{.mode = Mode::incremental};
        const PassRequest full{.mode = Mode::full};
        const PassRequest verifying{.mode = Mode::full, .verify_children = true};

        run_all(incremental, "the incremental pass");
        run_all(incremental, "the second incremental pass");
        expect("after incremental passes", platform_.expectations(false, false));
        if (draw_(4) == 3) {
            world_.forget_cursors();
            cursors_.clear();
        }
        run_everything(full, "the full pass");
        run_everything(full, "the second full pass");
        expect("after full passes", platform_.expectations(true, false));
        run_everything(verifying, "the verifying pass");
        expect("after verifying passes", platform_.expectations(true, true));
        expect_true_records();
        if (draw_(2) == 1) {
            meddle([&] { return run_everything(verifying, "the pass behind a meddler"); });
            expect("after foreign edits", platform_.expectations(true, true));
        }

        const Fleet before = look_at(world_);
        for (const auto& [request, what] :
             {std::pair{incremental, "another incremental pass"}, std::pair{full, "another full pass"},
              std::pair{verifying, "another verifying pass"}}) {
            const RunCounts counts =
                request.mode == Mode::full ? run_everything(request, what) : run_all(request, what);
            if (counts.created + counts.updated + counts.retired > 0) {
                fail(std::string(what) + " found something to write");
            }
        }
        if (look_at(world_).documents != before.documents) {
            fail("a pass that had nothing to do wrote documents");
        }
    }

    /// Nothing is called a foreign edit that was none. Where two runners cannot be kept apart, neither can others.
    void expect_true_records() {
        if (world_.settings().whole_second_timestamps || world_.settings().leases_protect_nothing) {
            return;
        }
        for (const ForeignEditRecord& record : world_.foreign_edits()) {
            tally("foreign edit recorded");
            if (!was_removed(record.edit.child_id.value())) {
                fail("a record of a foreign edit that nobody made: " + record.entity + " " +
                     record.edit.child_id.value() + " " + record.edit.fields);
            }
        }
    }

    /// In the calm every edit of a child is found, and recorded once.
    void meddle(const std::function<RunCounts()>& verify) {
        for (int left = 1 + draw_(4); left > 0; --left) {
            Edit edit = draw_edit(draw_);
            edit.kind = draw_(3) == 2 ? Edit::Kind::remove_child : Edit::Kind::edit_child;
            say("meddler: " + platform_.apply(edit));
        }
        const std::size_t before = world_.foreign_edits().size();
        const RunCounts counts = verify();
        const std::size_t recorded = world_.foreign_edits().size() - before;
        tally(recorded > 0 ? "meddler recorded" : "meddler without effect");
        if (recorded != counts.created + counts.updated + counts.retired) {
            fail(std::to_string(counts.created + counts.updated + counts.retired) + " children were put right, but " +
                 std::to_string(recorded) + " foreign edits recorded");
        }
    }

    void expect(const std::string& when, const Expectations& expectations) {
        const Fleet fleet = look_at(world_);
        const std::vector<Violation> violations = check(fleet, expectations);
        for (const Violation& violation : violations) {
            std::ostringstream text;
            text << when << ": " << violation;
            fail(text.str());
        }
        if (!violations.empty() && trace_ != nullptr) {
            *trace_ << fleet;
        }
        for (const Entity& entity : entities()) {
            if (!world_.backfills(entity.name, family_.name).empty()) {
                fail(when + ": backfills of " + std::string(entity.name) + " are left over");
            }
        }
    }

    /// What must not be wrong even in the middle of everything.
    void expect_always(const std::string& when) {
        for (const Violation& violation : check(look_at(world_), platform_.expectations(false, false))) {
            switch (violation.fault) {
                case Fault::two_children:
                case Fault::stray_child:
                case Fault::child_as_source:
                case Fault::parent_written:
                case Fault::uncalled_for:
                case Fault::may_write: {
                    std::ostringstream text;
                    text << when << ": " << violation;
                    fail(text.str());
                    break;
                }
                default:
                    break;
            }
        }
    }

    const Draw draw_;
    std::ostream* const trace_;
    FakeWorld world_;
    Platform platform_;
    Stage stage_;
    const domain::AppFamily family_{"vezet"};
    PassSettings settings_;
    /// A small fleet without strange documents, in which everybody wants to write the same few children.
    bool is_crowded_ = false;
    /// What all want to write where it is crowded.
    std::string_view contended_ = "drivers";
    /// Of this many passes one is full.
    int one_full_of_ = 1;
    bool has_local_clocks_ = false;
    /// Turns of others between two edits.
    int edit_pause_max_ = 1;
    bool has_shards_ = false;
    std::uint32_t full_shards_ = 1;
    int replicas_ = 1;
    int faults_per_thousand_ = 0;
    int faults_left_ = 12;
    int incarnations_ = 0;
    bool is_storm_ = false;
    std::map<std::string, std::optional<Cursor>> cursors_;
    SimulationResult result_;
};

}  // namespace

SimulationTally& SimulationTally::operator+=(const SimulationTally& other) {
    for (const auto& [event, count] : other.events) {
        events[event] += count;
    }
    return *this;
}

SimulationResult simulate(std::uint64_t seed, std::ostream* trace) {
    return Simulation(seed, trace).run();
}

}  // namespace twinfleet::mirroring::testing
