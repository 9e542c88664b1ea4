#include "platform/incremental_cache/epochs.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace twinfleet::incremental_cache {
namespace {

int disposed = 0;
void count_disposed(void*) {
    ++disposed;
}

TEST(Epochs, WhatNobodyReadsIsFreedAtOnce) {
    disposed = 0;
    Epochs epochs;
    { const auto guard = epochs.enter(); }
    epochs.retire(&disposed, count_disposed);
    epochs.reclaim();
    EXPECT_EQ(disposed, 1);
    EXPECT_EQ(epochs.retired(), 0U);
}

TEST(Epochs, AReaderKeepsWhatWasRetiredWhileItWasThere) {
    disposed = 0;
    Epochs epochs;
    {
        const auto guard = epochs.enter();
        epochs.retire(&disposed, count_disposed);
        epochs.reclaim();
        EXPECT_EQ(disposed, 0);
    }
    epochs.reclaim();
    EXPECT_EQ(disposed, 1);
}

TEST(Epochs, AReaderWhoCameLaterKeepsNothing) {
    disposed = 0;
    Epochs epochs;
    epochs.retire(&disposed, count_disposed);
    {
        const auto early = epochs.enter();
        epochs.reclaim();
        ASSERT_EQ(disposed, 0) << "it entered before the epoch was advanced";
        {
            const auto late = epochs.enter();
            epochs.retire(&disposed, count_disposed);
        }
    }
    const auto later = epochs.enter();
    epochs.reclaim();
    EXPECT_EQ(disposed, 1) << "the second was retired in the epoch in which the later reader came";
}

// More readers than there are slots at first.
void hold_guards(Epochs& epochs, int depth) {
    const auto guard = epochs.enter();
    if (depth > 0) {
        hold_guards(epochs, depth - 1);
        return;
    }
    epochs.retire(&disposed, count_disposed);
    epochs.reclaim();
    EXPECT_EQ(disposed, 0);
}

TEST(Epochs, ReadersAreNeverTooMany) {
    disposed = 0;
    Epochs epochs;
    hold_guards(epochs, 300);
    epochs.reclaim();
    EXPECT_EQ(disposed, 1);
}

TEST(Epochs, TheEndFreesTheRest) {
    disposed = 0;
    {
        Epochs epochs;
        epochs.retire(&disposed, count_disposed);
    }
    EXPECT_EQ(disposed, 1);
}

TEST(Epochs, NoReaderSeesFreedMemory) {
    struct Pair {
        int one;
        int other;
    };
    Epochs epochs;
    std::atomic<Pair*> shared = new Pair{0, 0};
    std::atomic<bool> is_torn = false;
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 4; ++i) {
            readers.emplace_back([&](const std::stop_token& stop) {
                while (!stop.stop_requested()) {
                    const auto guard = epochs.enter();
                    const Pair* pair = shared.load();
                    is_torn = is_torn || pair->one != pair->other;
                }
            });
        }
        for (int i = 1; i < 20'000; ++i) {
            Pair* old = shared.exchange(new Pair{i, i});
            // Seen by a reader, if it is freed too early.
            epochs.retire(old, [](void* object) {
                auto* pair = static_cast<Pair*>(object);
                pair->one = -1;
                delete pair;
            });
            epochs.reclaim();
        }
    }
    EXPECT_FALSE(is_torn);
    delete shared.load();
}

}  // namespace
}  // namespace twinfleet::incremental_cache
