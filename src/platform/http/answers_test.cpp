#include "platform/http/answers.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace twinfleet::http::detail {
namespace {

class AnswersTest : public ::testing::Test {
protected:
    std::shared_ptr<Exchange> waiting() {
        return std::make_shared<Exchange>(Exchange{.wake_up = [this] { ++woken_; }});
    }

    int scheduled_ = 0;
    int woken_ = 0;
    const std::shared_ptr<Answers> answers_ =
        std::make_shared<Answers>([this](const std::shared_ptr<Answers>&) { ++scheduled_; });
};

TEST_F(AnswersTest, OfOtherThreadsWaitUntilTheyAreHandedOn) {
    const auto first = waiting();
    const auto second = waiting();
    answers_->arrive(first, {.status = 201});
    answers_->arrive(second, {.status = 202});
    EXPECT_EQ(scheduled_, 1) << "one wake-up serves both";
    EXPECT_FALSE(first->answer);
    answers_->hand_on();
    EXPECT_EQ(woken_, 2);
    EXPECT_EQ(first->answer->status, 201);
    EXPECT_EQ(second->answer->status, 202);
    answers_->arrive(waiting(), {});
    EXPECT_EQ(scheduled_, 2);
}

TEST_F(AnswersTest, OfTheIoThreadItselfAreTakenAtOnce) {
    const auto exchange = waiting();
    std::jthread([&] {
        answers_->belong_to_this_thread();
        answers_->arrive(exchange, {.status = 201});
    }).join();
    EXPECT_EQ(scheduled_, 0);
    ASSERT_TRUE(exchange->answer);
    EXPECT_EQ(exchange->answer->status, 201);
}

TEST_F(AnswersTest, GoNowhereOnceTheConnectionHasEnded) {
    const auto exchange = waiting();
    answers_->arrive(exchange, {});
    { const ExchangeGuard guard(*exchange); }
    answers_->hand_on();
    EXPECT_EQ(woken_, 0);
    EXPECT_FALSE(exchange->answer);
}

TEST_F(AnswersTest, GoNowhereOnceTheServerHasEnded) {
    const auto exchange = waiting();
    answers_->arrive(exchange, {});
    answers_->close();
    answers_->arrive(exchange, {});
    answers_->hand_on();
    EXPECT_EQ(scheduled_, 1);
    EXPECT_EQ(woken_, 0);
}

}  // namespace
}  // namespace twinfleet::http::detail
