#include "platform/http/readiness_checks.hpp"

#include <atomic>
#include <latch>
#include <stdexcept>

#include <gtest/gtest.h>

namespace twinfleet::http {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Long enough for any answer that comes at all.
constexpr std::chrono::milliseconds ample{60'000};

TEST(ReadinessChecks, TellsWhatIsWrongInTheOrderOfTheQuestions) {
    ReadinessChecks checks({{"fine", [] { return std::string(); }},
                            {"wrong", [] { return std::string("it leaks"); }},
                            {"away", []() -> std::string { throw std::runtime_error("no route"); }}},
                           ample);
    const auto answers = checks.answers();
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0].name, "fine");
    EXPECT_TRUE(answers[0].ok);
    EXPECT_EQ(answers[0].detail, "");
    EXPECT_FALSE(answers[1].ok);
    EXPECT_EQ(answers[1].detail, "it leaks");
    EXPECT_FALSE(answers[2].ok);
    EXPECT_EQ(answers[2].detail, "no route");
}

TEST(ReadinessChecks, AsksAfreshEachTime) {
    int asked = 0;
    ReadinessChecks checks({{"counted", [&] { return std::to_string(++asked); }}}, ample);
    EXPECT_EQ(checks.answers()[0].detail, "1");
    EXPECT_EQ(checks.answers()[0].detail, "2");
}

TEST(ReadinessChecks, AQuestionThatHangsIsNotOkAndNotAskedTwice) {
    std::latch begun(1);
    std::latch released(1);
    std::atomic<int> asked = 0;
    ReadinessChecks checks({{"hangs",
                             [&] {
                                 if (++asked == 1) {
                                     begun.count_down();
                                 }
                                 released.wait();
                                 return std::string();
                             }},
                            {"fine", [] { return std::string(); }}},
                           100ms);
    for (int i = 0; i < 2; ++i) {
        const auto began = Clock::now();
        const auto answers = checks.answers();
        EXPECT_GE(Clock::now() - began, 100ms);
        EXPECT_FALSE(answers[0].ok);
        EXPECT_NE(answers[0].detail, "");
        begun.wait();
    }
    EXPECT_EQ(asked, 1);
    released.count_down();
    while (!checks.answers()[0].ok) {
    }
}

TEST(ReadinessChecks, QuestionsThatHangTakeOneLimitTogether) {
    // All have to be under way at once for any of them to come to its end.
    std::latch all_are_under_way(3);
    const auto meet = [&] {
        all_are_under_way.arrive_and_wait();
        return std::string();
    };
    ReadinessChecks checks({{"a", meet}, {"b", meet}, {"c", meet}}, ample);
    for (const Check& answer : checks.answers()) {
        EXPECT_TRUE(answer.ok) << answer.name;
    }
}

}  // namespace
}  // namespace twinfleet::http
