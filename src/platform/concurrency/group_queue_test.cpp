#include "platform/concurrency/group_queue.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

using ::testing::ElementsAre;

/// A queue of one thread, which the item 0 holds until open().
class HeldQueue {
public:
    explicit HeldQueue(const GroupQueueSettings& settings)
        : queue_(settings, [this](std::vector<int> group) { work(std::move(group)); }) {
        EXPECT_TRUE(post(0));
        is_held_.wait();
    }

    [[nodiscard]] bool post(int item) { return queue_.try_post(std::move(item)); }
    [[nodiscard]] WorkQueue::Usage usage() const { return queue_.usage(); }
    void open() { gate_.set_value(); }
    /// All that were worked on, once so many were.
    std::vector<std::vector<int>> groups(std::size_t count) {
        while (true) {
            {
                const std::lock_guard lock(mutex_);
                if (groups_.size() >= count) {
                    return groups_;
                }
            }
            std::this_thread::yield();
        }
    }

private:
    void work(std::vector<int> group) {
        if (group.front() == 0) {
            is_held_.count_down();
            gate_.get_future().wait();
        }
        const std::lock_guard lock(mutex_);
        groups_.push_back(std::move(group));
    }

    std::latch is_held_{1};
    std::promise<void> gate_;
    std::mutex mutex_;
    // Guarded by mutex_.
    std::vector<std::vector<int>> groups_;
    GroupQueue<int> queue_;
};

TEST(GroupQueue, TakesWhatWaitsTogetherInItsOrder) {
    HeldQueue queue({.threads = 1, .waiting_max = 10, .group_max = 3});
    for (int item = 1; item <= 5; ++item) {
        ASSERT_TRUE(queue.post(item));
    }
    queue.open();
    EXPECT_THAT(queue.groups(3), ElementsAre(ElementsAre(0), ElementsAre(1, 2, 3), ElementsAre(4, 5)));
}

TEST(GroupQueue, RefusesWhenItIsFullAndGoesOnAfterwards) {
    HeldQueue queue({.threads = 1, .waiting_max = 2, .group_max = 10});
    ASSERT_TRUE(queue.post(1));
    ASSERT_TRUE(queue.post(2));
    EXPECT_FALSE(queue.post(3));
    EXPECT_EQ(queue.usage().running, 1U);
    EXPECT_EQ(queue.usage().waiting, 2U);
    queue.open();
    EXPECT_THAT(queue.groups(2), ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
    EXPECT_TRUE(queue.post(4));
    EXPECT_THAT(queue.groups(3).back(), ElementsAre(4));
}

TEST(GroupQueue, WorksOnEveryItemOnce) {
    constexpr int posters = 4;
    constexpr int items_of_each = 5'000;
    std::vector<std::atomic<int>> seen(posters * items_of_each);
    std::latch done(posters * items_of_each);
    GroupQueue<int> queue({.threads = 3, .waiting_max = posters * items_of_each, .group_max = 16},
                          [&](const std::vector<int>& group) {
                              for (const int item : group) {
                                  ++seen[static_cast<std::size_t>(item)];
                                  done.count_down();
                              }
                          });
    {
        std::vector<std::jthread> threads;
        for (int poster = 0; poster < posters; ++poster) {
            threads.emplace_back([&queue, poster] {
                for (int i = 0; i < items_of_each; ++i) {
                    EXPECT_TRUE(queue.try_post(poster * items_of_each + i));
                }
            });
        }
    }
    done.wait();
    for (const auto& count : seen) {
        ASSERT_EQ(count, 1);
    }
}

TEST(GroupQueue, DropsWhatWaitsAndWaitsForWhatRunsWhenItEnds) {
    std::promise<void> gate;
    std::latch running(1);
    std::atomic<int> finished = 0;
    auto held = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = held;
    std::optional<GroupQueue<std::shared_ptr<int>>> queue(std::in_place, GroupQueueSettings{.threads = 1},
                                                          [&](const std::vector<std::shared_ptr<int>>& /*group*/) {
                                                              running.count_down();
                                                              gate.get_future().wait();
                                                              ++finished;
                                                          });
    ASSERT_TRUE(queue->try_post(std::make_shared<int>(1)));
    running.wait();
    ASSERT_TRUE(queue->try_post(std::move(held)));
    std::jthread ending([&] { queue.reset(); });
    while (!watched.expired()) {
        std::this_thread::yield();
    }
    EXPECT_EQ(finished, 0);
    gate.set_value();
    ending.join();
    EXPECT_EQ(finished, 1) << "what was dropped is not worked on";
}

TEST(GroupQueue, ARefusedItemIsLeftAsItWas) {
    std::promise<void> gate;
    std::latch running(1);
    GroupQueue<std::unique_ptr<int>> queue({.threads = 1, .waiting_max = 0},
                                           [&](const std::vector<std::unique_ptr<int>>& /*group*/) {
                                               running.count_down();
                                               gate.get_future().wait();
                                           });
    ASSERT_TRUE(queue.try_post(std::make_unique<int>(1)));
    running.wait();
    auto item = std::make_unique<int>(2);
    EXPECT_FALSE(queue.try_post(std::move(item)));
    EXPECT_NE(item, nullptr);
    gate.set_value();
}

TEST(GroupQueue, NeedsAThread) {
    EXPECT_THROW(GroupQueue<int>({.threads = 0}, [](const std::vector<int>& /*group*/) {}), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::platform
