#include "platform/incremental_cache/cache_updater.hpp"

#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/incremental_cache/incremental_cache.hpp"
#include "platform/incremental_cache/testing/fake_document_source.hpp"
#include "platform/incremental_cache/testing/note.hpp"
#include "platform/log/capturing_logger.hpp"
#include "tests/support/temporary_folder.hpp"

namespace twinfleet::incremental_cache {
namespace {

using namespace std::chrono_literals;
using platform::testing::ManualClock;
using testing::at_second;
using testing::bad_document;
using testing::CachedNote;
using testing::document_of;
using testing::FakeDocumentSource;
using ::testing::HasSubstr;
using testing::Note;
using twinfleet::testing::TemporaryFolder;

/// One process: a cache and its updater.
struct Process {
    Process(FakeDocumentSource& source, const Settings& settings, const platform::Clock& clock)
        : updater(cache.records(), source, settings, clock, log, registry, "note_cache") {
        updater.load();
    }
    [[nodiscard]] std::optional<std::int64_t> number(const std::string& id) const {
        const auto note = cache.find(id);
        return note ? std::optional(note->number) : std::nullopt;
    }

    log::CapturingLogger log;
    metrics::Registry registry;
    IncrementalCache<CachedNote> cache;
    CacheUpdater updater;
};

class Updater : public ::testing::Test {
protected:
    Updater() {
        clock_.advance(1'000'000s);
        source_.set_server_time_ms(1'000'000'000);
    }
    void put(const std::string& id, std::int64_t number, const bson::ChangeTime& version) {
        source_.put(id, document_of({id, number, {}}, version));
    }

    ManualClock clock_;
    FakeDocumentSource source_;
    TemporaryFolder folder_;
    Settings settings_{.dump_folder = folder_.path()};
};

TEST_F(Updater, AFullPassFillsTheCache) {
    put("timestamp", 1, at_second(10));
    put("date", 2, bson::ChangeTime::of_date(10'000));
    put("neither", 3, {});
    Process process(source_, settings_, clock_);
    EXPECT_FALSE(process.updater.is_filled());
    EXPECT_EQ(process.updater.full_pass(), PassOutcome::done);
    EXPECT_TRUE(process.updater.is_filled());
    EXPECT_EQ(process.number("timestamp"), 1);
    EXPECT_EQ(process.number("date"), 2);
    EXPECT_EQ(process.number("neither"), 3);
}

TEST_F(Updater, AnIncrementalPassBringsWhatChanged) {
    put("timestamp", 1, at_second(100'000));
    put("date", 1, bson::ChangeTime::of_date(100'000'000));
    put("old", 1, at_second(10));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    put("timestamp", 2, at_second(100'001));
    put("date", 2, bson::ChangeTime::of_date(100'001'000));
    put("new", 1, at_second(100'001));
    put("old", 2, at_second(10));
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_EQ(process.number("timestamp"), 2);
    EXPECT_EQ(process.number("date"), 2);
    EXPECT_EQ(process.number("new"), 1);
    EXPECT_EQ(process.number("old"), 1) << "nobody moved its updated_ts: the full pass finds it";
    process.updater.full_pass();
    EXPECT_EQ(process.number("old"), 2);
}

TEST_F(Updater, TheLeastDateThatThereIsHidesNoLaterOnes) {
    put("absurd", 1, bson::ChangeTime::of_date(std::numeric_limits<std::int64_t>::min()));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    put("date", 1, bson::ChangeTime::of_date(100'000'000));
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("date"), 1);
}

TEST_F(Updater, WritesThatBecomeVisibleLateAreFoundWithinTheOverlap) {
    source_.set_server_time_ms(100'000'000);
    put("one", 1, at_second(100'000));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    put("late", 1, at_second(99'991));
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("late"), 1);
    source_.set_server_time_ms(100'005'000);
    process.updater.incremental_pass();
    put("very late", 1, at_second(99'996));
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("very late"), 1);
}

TEST_F(Updater, AQuickPassBringsWhatWasWrittenJustNowAndReadsLittleAgain) {
    source_.set_server_time_ms(100'000'000);
    put("one", 1, at_second(99'992));
    put("two", 1, at_second(100'000));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    put("new", 1, at_second(100'000));
    put("late", 1, at_second(99'991));
    const auto before = source_.documents_read();
    EXPECT_EQ(process.updater.quick_pass(), PassOutcome::done);
    EXPECT_EQ(source_.documents_read() - before, 2U) << "what was written within the last second";
    EXPECT_EQ(process.number("new"), 1);
    EXPECT_EQ(process.number("late"), std::nullopt) << "left to the incremental pass";
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("late"), 1);
}

TEST_F(Updater, AQuickPassTakesNothingOfTheOverlap) {
    source_.set_server_time_ms(100'000'000);
    put("one", 1, at_second(100'000));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    source_.set_server_time_ms(100'005'000);
    put("new", 1, at_second(100'005));
    process.updater.quick_pass();
    EXPECT_EQ(process.number("new"), 1);
    put("late", 1, at_second(99'991));
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("late"), 1) << "9 s after its time, which is within the overlap";
}

TEST_F(Updater, AQuickPassMakesTheCacheNoMoreComplete) {
    put("one", 1, at_second(100));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.quick_pass();
    EXPECT_EQ(process.updater.complete_until(), std::nullopt);
    EXPECT_TRUE(process.updater.is_stale());
    process.updater.incremental_pass();
    const auto complete_until = process.updater.complete_until();
    const auto ready_in = process.updater.ready_in();
    clock_.advance(500ms);
    process.updater.quick_pass();
    EXPECT_EQ(process.updater.complete_until(), complete_until);
    EXPECT_EQ(process.updater.ready_in(), ready_in);
}

TEST_F(Updater, QuickPassesBringChangesLongBeforeTheNextIncrementalPass) {
    const platform::SystemClock clock;
    settings_.interval = 1h;
    settings_.quick_interval = 1ms;
    put("a", 1, at_second(100));
    Process process(source_, settings_, clock);
    std::jthread incremental([&](const std::stop_token& stop) { process.updater.run_incremental_passes(stop); });
    while (!process.updater.caught_up_until() && process.updater.status().last_incremental_at == std::nullopt) {
        std::this_thread::yield();
    }
    put("b", 1, at_second(101));
    while (process.number("b") != 1) {
        std::this_thread::yield();
    }
}

TEST_F(Updater, TheAgeOfACopyIsLag) {
    put("a", 1, at_second(100));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    const auto complete_before = process.updater.complete_until();
    source_.let_a_copy_fall_behind(40s);
    clock_.advance(10s);
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_EQ(process.updater.complete_until(), complete_before) << "what has been read has been read";
    EXPECT_DOUBLE_EQ(process.updater.status().lag_seconds, 10);
    clock_.advance(80s);
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_EQ(process.updater.complete_until(), clock_.now() - 40s);
    EXPECT_DOUBLE_EQ(process.updater.status().lag_seconds, 40);
    EXPECT_FALSE(process.updater.is_stale());
    EXPECT_GE(process.updater.ready_in(), 40s);
    source_.let_a_copy_fall_behind(61s);
    clock_.advance(70s);
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_TRUE(process.updater.is_stale()) << "older than Settings::expiry, whenever it was read";
    source_.let_a_copy_fall_behind(std::nullopt);
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_DOUBLE_EQ(process.updater.status().lag_seconds, 0);
}

TEST_F(Updater, ACopyThatIsBehindBringsNothingBack) {
    source_.set_server_time_ms(100'030'000);
    put("rehired", 1, at_second(100'000));
    put("other", 1, at_second(100'000));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    put("other", 2, at_second(100'001));
    source_.let_a_copy_fall_behind(4s);
    put("rehired", 2, at_second(100'029));
    put("new", 1, at_second(100'029));
    process.updater.read_now(std::vector<std::string>{"rehired", "new"});
    for (const bool is_full : {false, true}) {
        EXPECT_EQ(is_full ? process.updater.full_pass() : process.updater.incremental_pass(), PassOutcome::done);
        EXPECT_EQ(process.number("rehired"), 2) << is_full;
        EXPECT_EQ(process.number("new"), 1) << is_full;
        EXPECT_EQ(process.number("other"), 2) << "what the copy has is taken from it";
    }
}

TEST_F(Updater, AFullPassReadsNoCopyThatIsFurtherBehindThanIncrementalOnesGoBack) {
    source_.set_server_time_ms(100'030'000);
    source_.let_a_copy_fall_behind(60s);
    put("a", 1, at_second(100'000));
    Process process(source_, settings_, clock_);
    EXPECT_EQ(process.updater.full_pass(), PassOutcome::done);
    EXPECT_EQ(process.number("a"), 1);
}

TEST_F(Updater, WritesThatReachACopyLateAreFound) {
    source_.set_server_time_ms(100'000'000);
    put("a", 1, at_second(99'000));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    source_.let_a_copy_fall_behind(30s);
    put("b", 1, at_second(99'999));
    for (int pass = 0; pass < 3; ++pass) {
        clock_.advance(20s);
        source_.set_server_time_ms(100'000'000 + 20'000 * (pass + 1));
        process.updater.incremental_pass();
        EXPECT_EQ(process.number("b"), std::nullopt);
    }
    source_.let_a_copy_fall_behind(30s);
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("b"), 1);
}

TEST_F(Updater, WhatWasWrittenLastIsNotReadAgainAndAgain) {
    source_.set_server_time_ms(100'000'000);
    put("old", 1, at_second(99'995));
    put("last", 1, at_second(100'000));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    const auto read_by_a_pass = [&] {
        const auto before = source_.documents_read();
        EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
        return source_.documents_read() - before;
    };
    EXPECT_EQ(read_by_a_pass(), 2U);
    source_.set_server_time_ms(100'011'000);
    EXPECT_EQ(read_by_a_pass(), 2U) << "the pass before could not know";
    EXPECT_EQ(read_by_a_pass(), 1U) << "one more may be written at the time of the last";
    put("new", 1, at_second(100'011));
    EXPECT_EQ(read_by_a_pass(), 2U);
    EXPECT_EQ(read_by_a_pass(), 1U);
}

TEST_F(Updater, ADocumentFromTheFutureHidesNothing) {
    put("future", 1, at_second(4'000'000'000));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    put("now", 1, at_second(1'000'000));
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("now"), 1);
}

TEST_F(Updater, WhatChangesDuringTheFirstFullPassIsNotLost) {
    put("a", 1, at_second(10));
    put("b", 1, at_second(10));
    put("c", 1, at_second(10));
    Process process(source_, settings_, clock_);
    source_.between_documents([&] {
        put("a", 2, at_second(1'000));
        put("0 before all others", 1, at_second(1'000));
        source_.remove("b");
        // The first position must not come from here.
        put("c", 2, at_second(5'000));
    });
    process.updater.full_pass();
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("a"), 2);
    EXPECT_EQ(process.number("0 before all others"), 1);
    EXPECT_EQ(process.number("b"), std::nullopt);
}

TEST_F(Updater, AFullPassFindsWhatIsGoneAndKeepsWhatCame) {
    for (int i = 0; i < 2'500; ++i) {
        put("gone" + std::to_string(i), 1, at_second(10));
    }
    put("stays", 1, at_second(10));
    source_.put("bad and gone", bad_document("bad and gone", at_second(10)));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    for (int i = 0; i < 2'500; ++i) {
        source_.remove("gone" + std::to_string(i));
    }
    source_.remove("bad and gone");
    source_.between_documents([&] {
        put("comes", 1, at_second(20));
        process.updater.incremental_pass();
    });
    process.updater.full_pass();
    EXPECT_EQ(process.cache.records().size(), 2U);
    EXPECT_EQ(process.number("stays"), 1);
    EXPECT_EQ(process.number("comes"), 1);
    EXPECT_EQ(process.cache.records().kept_aside_count(), 0U);
}

TEST_F(Updater, AFullPassThatFailsRemovesNothing) {
    put("a", 1, at_second(10));
    put("b", 1, at_second(10));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    source_.between_documents([&] { source_.set_away(true); });
    EXPECT_EQ(process.updater.full_pass(), PassOutcome::failed);
    EXPECT_EQ(process.cache.records().size(), 2U);
}

TEST_F(Updater, AStoreThatIsAwayIsToldOnceAndTheCacheGoesOnServing) {
    put("a", 1, at_second(10));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    source_.set_away(true);
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::failed);
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::failed);
    EXPECT_EQ(process.log.entries("cache cannot be brought up to date").size(), 1U);
    EXPECT_EQ(process.number("a"), 1);
    source_.set_away(false);
    put("a", 2, at_second(20));
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_EQ(process.log.entries("cache is brought up to date again").size(), 1U);
    EXPECT_EQ(process.number("a"), 2);
    EXPECT_THAT(process.registry.text(),
                HasSubstr(R"(note_cache_passes_total{cache="notes",mode="incremental",outcome="failed"} 2)"));
}

TEST_F(Updater, IsStaleUntilFilledAndWhenNoPassSucceedsForTooLong) {
    put("a", 1, at_second(10));
    Process process(source_, settings_, clock_);
    EXPECT_TRUE(process.updater.is_stale());
    process.updater.incremental_pass();
    EXPECT_TRUE(process.updater.is_stale()) << "not everything was read yet";
    EXPECT_EQ(process.updater.complete_until(), std::nullopt);
    process.updater.full_pass();
    EXPECT_FALSE(process.updater.is_stale());
    clock_.advance(settings_.expiry);
    EXPECT_FALSE(process.updater.is_stale());
    clock_.advance(1ms);
    EXPECT_TRUE(process.updater.is_stale());
    EXPECT_THAT(process.registry.text(), HasSubstr(R"(note_cache_stale{cache="notes"} 1)"));
    process.updater.incremental_pass();
    EXPECT_FALSE(process.updater.is_stale());
    EXPECT_EQ(process.updater.complete_until(), clock_.now());
}

TEST_F(Updater, AStopEndsAPassWithoutAnOutcome) {
    put("a", 1, at_second(10));
    Process process(source_, settings_, clock_);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(process.updater.full_pass(stop.get_token()), PassOutcome::stopped);
    EXPECT_EQ(process.updater.incremental_pass(stop.get_token()), PassOutcome::stopped);
    EXPECT_FALSE(process.updater.is_filled());
}

TEST_F(Updater, ARestartIsWarm) {
    put("a", 1, at_second(100));
    put("b", 1, at_second(100));
    {
        Process process(source_, settings_, clock_);
        EXPECT_FALSE(process.updater.write_dump()) << "nothing to write yet";
        process.updater.full_pass();
        process.updater.incremental_pass();
        EXPECT_TRUE(process.updater.write_dump());
    }
    put("a", 2, at_second(120));
    clock_.advance(30s);
    source_.set_away(true);
    Process process(source_, settings_, clock_);
    EXPECT_TRUE(process.updater.is_filled());
    EXPECT_EQ(process.number("a"), 1);
    EXPECT_EQ(process.updater.complete_until(), clock_.now() - 30s);
    EXPECT_EQ(process.updater.caught_up_until(), std::nullopt);
    EXPECT_TRUE(process.updater.is_stale()) << "somebody may have lost a right meanwhile";
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::failed);
    EXPECT_TRUE(process.updater.is_stale());
    source_.set_away(false);
    process.updater.incremental_pass();
    EXPECT_EQ(process.number("a"), 2);
    EXPECT_FALSE(process.updater.is_stale());
}

TEST_F(Updater, AfterARestartItIsNotCompleteUntilItKnowsAgainWhatIsKeptAside) {
    put("a", 1, at_second(100));
    source_.put("bad", bad_document("bad", at_second(100)));
    {
        Process process(source_, settings_, clock_);
        process.updater.full_pass();
        process.updater.incremental_pass();
        EXPECT_TRUE(process.cache.records().is_kept_aside("bad"));
        EXPECT_TRUE(process.updater.write_dump());
    }
    clock_.advance(120s);
    Process process(source_, settings_, clock_);
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_FALSE(process.updater.is_stale());
    EXPECT_EQ(process.updater.complete_until(), std::nullopt);
    EXPECT_EQ(process.updater.caught_up_until(), clock_.now());
    EXPECT_FALSE(process.updater.write_dump()) << "it would tell that nothing is kept aside";
    EXPECT_EQ(process.updater.full_pass(), PassOutcome::done);
    EXPECT_TRUE(process.cache.records().is_kept_aside("bad"));
    EXPECT_EQ(process.updater.complete_until(), clock_.now());
    EXPECT_TRUE(process.updater.write_dump());
}

TEST_F(Updater, ADumpThatIsNoGoodIsIgnoredWithOneWarning) {
    std::ofstream(dump_path(folder_.path(), "notes")) << "not a dump";
    Process process(source_, settings_, clock_);
    EXPECT_FALSE(process.updater.is_filled());
    EXPECT_EQ(process.log.entries("dump of a cache is not used").size(), 1U);
    EXPECT_THAT(process.registry.text(),
                HasSubstr(R"(note_cache_dump_loads_total{cache="notes",outcome="cut_short"} 1)"));
}

TEST_F(Updater, AnUnwritableFolderIsToldOnce) {
    std::ofstream(folder_.path() / "file") << "";
    settings_.dump_folder = folder_.path() / "file" / "below";
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    EXPECT_FALSE(process.updater.write_dump());
    EXPECT_FALSE(process.updater.write_dump());
    EXPECT_EQ(process.log.entries("dump of a cache cannot be written").size(), 1U);
}

/// Runs the loop of full passes until the cache has `size` documents.
void run_full_passes_until(Process& process, std::size_t size) {
    std::jthread loop([&](const std::stop_token& stop) { process.updater.run_full_passes(stop); });
    while (process.cache.records().size() != size) {
        std::this_thread::yield();
    }
}

TEST_F(Updater, AfterAnOldDumpEverythingIsReadAtOnce) {
    put("a", 1, at_second(100));
    put("gone", 1, at_second(100));
    {
        Process process(source_, settings_, clock_);
        process.updater.full_pass();
        process.updater.incremental_pass();
        process.updater.write_dump();
    }
    source_.remove("gone");
    clock_.advance(settings_.dump_age_max + 1s);
    Process process(source_, settings_, clock_);
    EXPECT_EQ(process.number("gone"), 1);
    run_full_passes_until(process, 1);
    EXPECT_EQ(process.number("gone"), std::nullopt);
}

TEST_F(Updater, AfterARecentDumpTheFullPassHasTime) {
    put("a", 1, at_second(100));
    {
        Process process(source_, settings_, clock_);
        process.updater.full_pass();
        process.updater.incremental_pass();
        process.updater.write_dump();
    }
    Process process(source_, settings_, clock_);
    // It would find this away and say so.
    source_.set_away(true);
    {
        std::jthread loop([&](const std::stop_token& stop) { process.updater.run_full_passes(stop); });
    }
    EXPECT_TRUE(process.log.entries("cache cannot be brought up to date").empty());
}

TEST_F(Updater, TheLoopsFillTheCacheAndFollowTheCollection) {
    const platform::SystemClock clock;
    settings_.interval = 1ms;
    settings_.retry_max = 10ms;
    put("a", 1, at_second(100));
    Process process(source_, settings_, clock);
    std::jthread incremental([&](const std::stop_token& stop) { process.updater.run_incremental_passes(stop); });
    std::jthread full([&](const std::stop_token& stop) { process.updater.run_full_passes(stop); });
    ASSERT_TRUE(process.updater.wait_until_filled({}, 10s));
    put("b", 1, at_second(101));
    while (process.number("b") != 1) {
        std::this_thread::yield();
    }
    while (!std::filesystem::exists(dump_path(folder_.path(), "notes"))) {
        std::this_thread::yield();
    }
}

/// What a document is, and what it was while it was good.
struct Known {
    std::optional<Note> note;
    bool is_bad = false;
    bool has_version = true;
    std::set<std::int64_t> good_numbers;
};

// Random histories of a collection, with passes, restarts and a store that is away in between.
RC_GTEST_PROP(UpdaterProperty, TheCacheEndsUpAsTheCollectionIs, ()) {
    ManualClock clock;
    clock.advance(1'000'000s);
    FakeDocumentSource source;
    const TemporaryFolder folder;
    const Settings settings{.dump_folder = folder.path()};
    std::map<std::string, Known> model;
    std::int64_t second = 100'000;
    std::int64_t next_number = 0;
    source.set_server_time_ms(second * 1000);
    auto process = std::make_unique<Process>(source, settings, clock);

    const auto change = [&] {
        second += *rc::gen::inRange(0, 3);
        source.set_server_time_ms(second * 1000);
        const auto id = *rc::gen::elementOf(std::vector<std::string>{"a", "b", "c", "d", "e"});
        const int kind = *rc::gen::inRange(0, 12);
        bson::ChangeTime version = at_second(second);
        if (kind == 0) {
            version = bson::ChangeTime::of_date(second * 1000);
        } else if (kind == 1) {
            version = {};
        }
        Known& known = model[id];
        known.has_version = version.kind != bson::ChangeTime::Kind::none;
        known.note.reset();
        known.is_bad = false;
        const int action = *rc::gen::inRange(0, 10);
        if (action == 0) {
            source.remove(id);
            known.has_version = false;
        } else if (action <= 2) {
            source.put(id, bad_document(id, version));
            known.is_bad = true;
        } else {
            const auto tags = *rc::gen::container<std::vector<std::string>>(
                rc::gen::elementOf(std::vector<std::string>{"red", "blue", "round"}));
            known.note = Note{id, next_number++, tags};
            known.good_numbers.insert(known.note->number);
            source.put(id, document_of(*known.note, version));
        }
    };
    const auto check_indexes = [&] {
        std::map<std::string, std::set<std::string>> tagged;
        for (const auto& [id, known] : model) {
            if (const auto note = process->cache.find(id)) {
                for (const auto& tag : note->tags) {
                    tagged[tag].insert(id);
                }
            }
        }
        for (const std::string tag : {"red", "blue", "round"}) {
            std::set<std::string> found;
            for (const auto& note : process->cache.find_by_key(CachedNote::by_tag, tag)) {
                found.insert(note.id);
            }
            RC_ASSERT(found == tagged[tag]);
        }
    };

    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 20));
    for (const int step : steps) {
        clock.advance(1s);
        if (step < 11) {
            change();
        } else if (step == 11) {
            RC_ASSERT(process->updater.quick_pass() == PassOutcome::done);
        } else if (step < 15) {
            RC_ASSERT(process->updater.incremental_pass() == PassOutcome::done);
            for (const auto& [id, known] : model) {
                if (process->updater.is_filled() && known.note && known.has_version) {
                    RC_ASSERT(process->cache.find(id) == known.note);
                }
            }
        } else if (step < 17) {
            // The collection changes while everything is read, and an incremental pass gets ahead of the full one.
            source.between_documents([&] {
                change();
                process->updater.incremental_pass();
                change();
            });
            RC_ASSERT(process->updater.full_pass() == PassOutcome::done);
        } else if (step == 17) {
            source.set_away(true);
            RC_ASSERT(process->updater.incremental_pass() == PassOutcome::failed);
            source.set_away(false);
        } else if (step == 18) {
            process->updater.write_dump();
        } else {
            process = std::make_unique<Process>(source, settings, clock);
        }
        check_indexes();
    }
    source.between_documents(nullptr);
    RC_ASSERT(process->updater.full_pass() == PassOutcome::done);
    check_indexes();
    std::size_t bad = 0;
    for (const auto& [id, known] : model) {
        const auto cached = process->cache.find(id);
        if (known.is_bad) {
            ++bad;
            // RapidCheck's || evaluates both of its sides.
            if (cached) {
                RC_ASSERT(known.good_numbers.contains(cached->number));
            }
        } else {
            RC_ASSERT(cached == known.note);
        }
    }
    RC_ASSERT(process->cache.records().kept_aside_count() == bad);
}

TEST_F(Updater, WhatIsReadNowIsThereBeforeAnyPass) {
    put("one", 1, at_second(100'000));
    put("other", 1, at_second(100'000));
    Process process(source_, settings_, clock_);
    process.updater.read_now(std::vector<std::string>{"one", "nobody"});
    EXPECT_EQ(process.number("one"), 1);
    EXPECT_EQ(process.number("other"), std::nullopt);
    EXPECT_EQ(process.number("nobody"), std::nullopt);
    EXPECT_FALSE(process.updater.is_filled()) << "one document is not all of them";
    process.updater.full_pass();
    process.updater.incremental_pass();
    const auto complete_until = process.updater.complete_until();
    put("one", 2, at_second(100'001));
    clock_.advance(5s);
    process.updater.read_now(std::vector<std::string>{"one"});
    EXPECT_EQ(process.number("one"), 2);
    EXPECT_EQ(process.updater.complete_until(), complete_until) << "nothing is known of the others";
    EXPECT_EQ(process.number("other"), 1);
}

TEST_F(Updater, ManyIdsAreReadNowByAsManyQueriesAsItTakes) {
    std::vector<std::string> ids;
    for (int i = 0; i < 2'500; ++i) {
        ids.push_back(std::to_string(i));
        put(ids.back(), i, at_second(100'000));
    }
    Process process(source_, settings_, clock_);
    process.updater.read_now(ids);
    EXPECT_EQ(process.cache.records().size(), 2'500U);
    process.updater.read_now({});
    EXPECT_EQ(process.number("2499"), 2'499);
}

TEST_F(Updater, ASlowPassBringsNothingBackThatWasReadNow) {
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    put("later", 1, at_second(100'000));
    put("same tick", 1, at_second(100'000));
    source_.while_changes_are_on_the_way([&] {
        put("later", 2, at_second(100'001));
        put("same tick", 2, at_second(100'000));
        process.updater.read_now(std::vector<std::string>{"later", "same tick"});
    });
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_EQ(process.number("later"), 2);
    EXPECT_EQ(process.number("same tick"), 2);
}

TEST_F(Updater, WhatIsReadNowSlowlyBringsNothingBackThatAPassHasBrought) {
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    put("later", 1, at_second(100'000));
    put("same tick", 1, at_second(100'000));
    source_.while_ids_are_on_the_way([&] {
        put("later", 2, at_second(100'001));
        put("same tick", 2, at_second(100'000));
        process.updater.incremental_pass();
    });
    process.updater.read_now(std::vector<std::string>{"later", "same tick"});
    EXPECT_EQ(process.number("later"), 2);
    EXPECT_EQ(process.number("same tick"), 2);
}

TEST_F(Updater, AFullPassLeavesWhatWasReadNowWhileItWasUnderWay) {
    put("a", 1, at_second(1));
    put("b", 1, at_second(1));
    Process process(source_, settings_, clock_);
    source_.between_documents([&] {
        put("new", 1, at_second(100'000));
        process.updater.read_now(std::vector<std::string>{"new"});
    });
    EXPECT_EQ(process.updater.full_pass(), PassOutcome::done);
    EXPECT_EQ(process.number("new"), 1);
    source_.remove("new");
    process.updater.read_now(std::vector<std::string>{"new"});
    EXPECT_EQ(process.number("new"), 1) << "a full pass finds what is gone";
    process.updater.full_pass();
    EXPECT_EQ(process.number("new"), std::nullopt);
}

TEST_F(Updater, WhatChangesUnderTheHandsOfReadNowIsLeftToTheNextPass) {
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    process.updater.incremental_pass();
    // Old, so that no pass meets it by itself.
    std::int64_t number = 1;
    put("restless", number, at_second(1));
    source_.while_ids_are_on_the_way([&] {
        // Another reader is always the quicker one, and what is on the way may be older or newer.
        put("restless", ++number, at_second(1));
        process.updater.read_now(std::vector<std::string>{"restless"});
        put("restless", ++number, at_second(1));
    });
    process.updater.read_now(std::vector<std::string>{"restless"});
    EXPECT_NE(process.number("restless"), number);
    source_.while_ids_are_on_the_way(nullptr);
    EXPECT_EQ(process.updater.incremental_pass(), PassOutcome::done);
    EXPECT_EQ(process.number("restless"), number);
}

TEST_F(Updater, AStoreThatIsAwayIsNoReasonToForgetWhatWasReadBefore) {
    put("one", 1, at_second(1));
    Process process(source_, settings_, clock_);
    process.updater.full_pass();
    source_.set_away(true);
    EXPECT_THROW(process.updater.read_now(std::vector<std::string>{"one"}), platform::StoreUnavailable);
    EXPECT_EQ(process.number("one"), 1);
}

}  // namespace
}  // namespace twinfleet::incremental_cache
