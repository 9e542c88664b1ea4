#include "platform/incremental_cache/recheck.hpp"

#include <functional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/incremental_cache/incremental_cache.hpp"
#include "platform/incremental_cache/testing/fake_document_source.hpp"
#include "platform/incremental_cache/testing/note.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::incremental_cache {
namespace {

using testing::at_second;
using testing::bad_document;
using testing::CachedNote;
using testing::document_of;
using testing::FakeDocumentSource;
using testing::Note;

/// Calls back in the middle of the next read by ids, when it has been answered and not yet taken.
class InterruptedSource final : public DocumentSource {
public:
    explicit InterruptedSource(FakeDocumentSource& source) : source_(source) {}
    void changed_since(const bson::ChangePosition& from, const Copy& copy, const Take& take) override {
        source_.changed_since(from, copy, take);
    }
    void all(const Copy& copy, const Take& take) override { source_.all(copy, take); }
    void by_ids(std::span<const std::string> ids, const Take& take) override {
        std::vector<bson::Document> answer;
        source_.by_ids(ids, [&](bson::View document) {
            answer.emplace_back(document);
            return true;
        });
        if (auto action = std::exchange(interruption, nullptr)) {
            action();
        }
        for (const auto& document : answer) {
            take(document);
        }
    }
    [[nodiscard]] bson::ChangePosition latest() override { return source_.latest(); }
    [[nodiscard]] std::int64_t server_time_ms() override { return source_.server_time_ms(); }

    std::function<void()> interruption;

private:
    FakeDocumentSource& source_;
};

class RecheckTest : public ::testing::Test {
protected:
    void put(const std::string& id, std::int64_t number, std::int64_t second = 10) {
        collection_.put(id, document_of({id, number, {}}, at_second(second)));
    }
    void fill() { ASSERT_EQ(updater_.full_pass(), PassOutcome::done); }
    void fill_with(int documents) {
        for (int i = 0; i < documents; ++i) {
            put(std::to_string(i), i);
        }
        fill();
    }
    [[nodiscard]] std::optional<std::int64_t> number(const std::string& id) const {
        const auto note = cache_.find(id);
        return note ? std::optional(note->number) : std::nullopt;
    }
    [[nodiscard]] double counted(const std::string& outcome) {
        return registry_
            .counters("note_cache_rechecked_total", "Documents that somebody relies on and that were looked at again",
                      {"cache", "outcome"})
            .with({"notes", outcome})
            .value();
    }

    platform::testing::ManualClock clock_;
    FakeDocumentSource collection_;
    InterruptedSource source_{collection_};
    log::CapturingLogger log_;
    metrics::Registry registry_;
    IncrementalCache<CachedNote> cache_;
    Settings settings_{.recheck_documents_max = 50'000};
    CacheUpdater updater_{cache_.records(), source_, settings_, clock_, log_, registry_, "note_cache"};
    Recheck recheck_{cache_.records(), source_, settings_, clock_, log_, registry_, "note_cache"};
};

TEST_F(RecheckTest, RemovesWhatIsGoneIfSomebodyReliesOnIt) {
    fill_with(2);
    collection_.remove("0");
    collection_.remove("1");
    recheck_.rely_on("0");
    recheck_.rely_on("0");
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_EQ(number("0"), std::nullopt);
    EXPECT_EQ(number("1"), 1);
    EXPECT_EQ(counted("removed"), 1);
}

TEST_F(RecheckTest, RemovesWhatIsKeptAsideToo) {
    put("note", 1);
    fill();
    collection_.put("note", bad_document("note", at_second(11)));
    recheck_.rely_on("note");
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_TRUE(cache_.records().is_kept_aside("note"));
    collection_.remove("note");
    recheck_.rely_on("note");
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_EQ(number("note"), std::nullopt);
    EXPECT_FALSE(cache_.records().is_kept_aside("note"));
}

TEST_F(RecheckTest, TakesAChangeThatDidNotMoveTheVersion) {
    fill_with(1);
    put("0", 7);
    recheck_.rely_on("0");
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_EQ(number("0"), 7);
    EXPECT_EQ(counted("changed"), 1);
}

TEST_F(RecheckTest, AsksForNothingThatNobodyReliesOn) {
    fill_with(1);
    bool was_asked = false;
    source_.interruption = [&] { was_asked = true; };
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_FALSE(was_asked);
    recheck_.rely_on("0");
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_TRUE(was_asked);
}

TEST_F(RecheckTest, KeepsWhatComesWhileItIsLookedFor) {
    fill_with(1);
    collection_.remove("0");
    recheck_.rely_on("0");
    // The second look, after which it would be removed.
    source_.interruption = [&] {
        source_.interruption = [&] {
            put("0", 5, 20);
            EXPECT_EQ(updater_.incremental_pass(), PassOutcome::done);
        };
    };
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_EQ(number("0"), 5);
}

TEST_F(RecheckTest, KeepsWhatIsMissingOnceOnly) {
    fill_with(1);
    collection_.remove("0");
    recheck_.rely_on("0");
    // As on a collection that is being restored.
    source_.interruption = [&] { put("0", 0); };
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_EQ(number("0"), 0);
    EXPECT_EQ(counted("removed"), 0);
}

TEST_F(RecheckTest, LeavesAMassRemovalToTheFullPass) {
    fill_with(100);
    for (int i = 0; i < 21; ++i) {
        collection_.remove(std::to_string(i));
    }
    const auto recheck = [&] {
        for (int i = 0; i < 100; ++i) {
            recheck_.rely_on(std::to_string(i));
        }
        EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    };
    recheck();
    recheck();
    EXPECT_EQ(number("0"), 0);
    EXPECT_EQ(counted("held_back"), 42);
    EXPECT_EQ(log_.entries("too many documents are missing at once: the full pass decides").size(), 1U);
    put("20", 20);
    recheck();
    EXPECT_EQ(number("0"), std::nullopt) << "20 are always removed";
    EXPECT_EQ(number("20"), 20);
}

TEST_F(RecheckTest, RemovesAShareOfMany) {
    fill_with(3'000);
    for (int i = 0; i < 150; ++i) {
        collection_.remove(std::to_string(i));
    }
    for (int i = 0; i < 3'000; ++i) {
        recheck_.rely_on(std::to_string(i));
    }
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_EQ(counted("removed"), 150);
    EXPECT_EQ(cache_.records().size(), 2'850U);
}

TEST_F(RecheckTest, RemembersSoManyAndCountsTheRest) {
    Settings few = settings_;
    few.recheck_documents_max = 16;
    Recheck recheck(cache_.records(), source_, few, clock_, log_, registry_, "note_cache");
    for (int i = 0; i < 1'000; ++i) {
        recheck.rely_on(std::to_string(i));
    }
    EXPECT_GE(counted("left_out"), 1'000 - 16);
}

TEST_F(RecheckTest, AFailureRemovesNothingAndIsLoggedOnce) {
    fill_with(1);
    collection_.remove("0");
    collection_.set_away(true);
    for (int i = 0; i < 2; ++i) {
        recheck_.rely_on("0");
        EXPECT_EQ(recheck_.pass(), PassOutcome::failed);
    }
    EXPECT_EQ(number("0"), 0);
    EXPECT_EQ(log_.entries("documents of a cache cannot be looked at again").size(), 1U);
    collection_.set_away(false);
    recheck_.rely_on("0");
    EXPECT_EQ(recheck_.pass(), PassOutcome::done);
    EXPECT_EQ(number("0"), std::nullopt);
}

TEST_F(RecheckTest, RunsUntilItIsStopped) {
    fill_with(1);
    collection_.remove("0");
    const platform::SystemClock clock;
    Settings often = settings_;
    often.recheck_interval = std::chrono::milliseconds(1);
    Recheck recheck(cache_.records(), source_, often, clock, log_, registry_, "note_cache");
    {
        const std::jthread thread([&](const std::stop_token& stop) { recheck.run(stop); });
        recheck.rely_on("0");
        while (number("0")) {
            std::this_thread::yield();
        }
    }
    EXPECT_EQ(counted("removed"), 1);
}

}  // namespace
}  // namespace twinfleet::incremental_cache
