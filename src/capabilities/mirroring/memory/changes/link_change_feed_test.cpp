#include "capabilities/mirroring/memory/changes/link_change_feed.hpp"

#include <future>
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/fake_link_changes.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;

class LinkChangeFeedTest : public ::testing::Test {
protected:
    using Answer = LinkChangeFeed::Answer;

    std::unique_ptr<LinkChangeFeed> feed(std::size_t waiting_max = 1'000, std::stop_token stop = {}) {
        return std::make_unique<LinkChangeFeed>(
            changes_, clock_, LinkChangeFeedSettings{.poll_interval = 1ms, .waiting_max = waiting_max},
            std::move(stop));
    }
    static LinkChangeFeed::Question question(std::optional<std::int64_t> after, std::chrono::milliseconds wait,
                                             std::size_t limit = 100) {
        return {.entity = &entity("cars"), .after = after, .limit = limit, .wait = wait};
    }
    /// The answer to come; an invalid future when the question is refused.
    static std::future<Answer> ask(LinkChangeFeed& feed, const LinkChangeFeed::Question& question) {
        const auto promise = std::make_shared<std::promise<Answer>>();
        auto future = promise->get_future();
        const bool is_accepted = feed.ask(question, [promise](const Answer& answer, const std::exception_ptr& failure) {
            failure ? promise->set_exception(failure) : promise->set_value(answer);
        });
        return is_accepted ? std::move(future) : std::future<Answer>();
    }
    /// The feed has looked for changes after those who wait had been told that there are none.
    void await_polls() const {
        const std::size_t before = changes_.calls();
        while (changes_.calls() < before + 3) {
            std::this_thread::yield();
        }
    }

    platform::SystemClock clock_;
    testing::FakeLinkChanges changes_;
};

TEST_F(LinkChangeFeedTest, GivesWhatIsThereAtOnce) {
    changes_.add();
    changes_.add();
    const auto feed = this->feed();
    const Answer answer = ask(*feed, question(std::nullopt, 1h, 1)).get();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->changes.size(), 1U);
    EXPECT_EQ(answer->next, 1);
    EXPECT_EQ(ask(*feed, question(1, 1h)).get()->next, 2);
}

TEST_F(LinkChangeFeedTest, WithoutAWaitGivesNothingAtOnce) {
    const auto feed = this->feed();
    const Answer answer = ask(*feed, question(0, 0ms)).get();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->changes.empty());
    EXPECT_EQ(answer->next, 0);
}

TEST_F(LinkChangeFeedTest, AllWhoWaitGetAChangeThatComes) {
    const auto feed = this->feed();
    auto one = ask(*feed, question(0, 1h));
    auto other = ask(*feed, question(std::nullopt, 1h));
    await_polls();
    changes_.add();
    EXPECT_EQ(one.get()->next, 1);
    EXPECT_EQ(other.get()->next, 1);
}

TEST_F(LinkChangeFeedTest, AWaitEndsWithNothing) {
    const auto feed = this->feed();
    EXPECT_TRUE(ask(*feed, question(0, 20ms)).get()->changes.empty());
}

TEST_F(LinkChangeFeedTest, APositionThatSaysNothingIsToldAtOnce) {
    changes_.add();
    changes_.add();
    changes_.forget_until(1);
    const auto feed = this->feed();
    EXPECT_FALSE(ask(*feed, question(0, 1h)).get());
    EXPECT_FALSE(ask(*feed, question(3, 1h)).get());
    EXPECT_EQ(ask(*feed, question(std::nullopt, 1h)).get()->next, 2);
}

TEST_F(LinkChangeFeedTest, WhoWaitsIsToldThatTheStoreFails) {
    const auto feed = this->feed();
    auto waiting = ask(*feed, question(0, 1h));
    await_polls();
    changes_.fail(std::make_exception_ptr(std::runtime_error("away")));
    EXPECT_THROW(waiting.get(), std::runtime_error);
}

TEST_F(LinkChangeFeedTest, NoMoreThanSoManyWait) {
    const auto feed = this->feed(1);
    auto first = ask(*feed, question(0, 1h));
    EXPECT_FALSE(ask(*feed, question(0, 1h)).valid());
    changes_.add();
    EXPECT_EQ(first.get()->next, 1);
}

TEST_F(LinkChangeFeedTest, AStopEndsAllWaits) {
    std::stop_source stop;
    const auto feed = this->feed(1'000, stop.get_token());
    auto waiting = ask(*feed, question(0, 1h));
    await_polls();
    stop.request_stop();
    EXPECT_TRUE(waiting.get()->changes.empty());
    EXPECT_TRUE(ask(*feed, question(0, 1h)).get()->changes.empty()) << "nor does anybody begin to wait";
}

TEST_F(LinkChangeFeedTest, ItsEndAnswersAll) {
    auto feed = this->feed();
    auto waiting = ask(*feed, question(0, 1h));
    feed.reset();
    EXPECT_TRUE(waiting.get()->changes.empty());
}

}  // namespace
}  // namespace twinfleet::mirroring
