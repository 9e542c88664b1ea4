#include "apps/fleet_synchronizer/output/progress.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace std::chrono_literals;

const std::string wipe = "\r\x1b[K";

TEST(ProgressText, TellsShareRateAndTimeLeft) {
    EXPECT_EQ(progress_text(1'000, 4'000, 2s), "25 %  1,000 of 4,000  500/s  0:06 left");
    EXPECT_EQ(progress_text(1, 3'601, 1s), "0 %  1 of 3,601  1/s  1:00:00 left");
}

TEST(ProgressText, LeavesOutWhatCannotBeTold) {
    EXPECT_EQ(progress_text(1'000, 0, 2s), "1,000 read  500/s");
    EXPECT_EQ(progress_text(0, 4'000, 2s), "0 %  0 of 4,000");
    EXPECT_EQ(progress_text(5, 0, 0s), "5 read");
}

TEST(ProgressText, SourceThatGrewIsNotReadToItsEndBeforeTheRunSaysSo) {
    EXPECT_EQ(progress_text(5'000, 4'000, 5s), "99 %  5,000 of 4,000  1,000/s");
    EXPECT_EQ(progress_bar(5'000, 4'000), "[#########-]");
    EXPECT_EQ(progress_bar(0, 4'000), "[----------]");
    EXPECT_EQ(progress_bar(1'000, 4'000), "[##--------]");
}

TEST(ProgressText, FitsIntoEightyColumns) {
    const std::string line =
        "work_rules (vezet)  " + progress_bar(123'456, 999'999) + "  " + progress_text(123'456, 999'999, 10s);
    EXPECT_LE(line.size(), 79U);
}

class ProgressTest : public ::testing::Test {
protected:
    std::string said() {
        std::string text = error_.str();
        error_.str("");
        return text;
    }

    platform::testing::ManualClock clock_;
    std::ostringstream out_;
    std::ostringstream error_;
};

TEST_F(ProgressTest, TerminalGetsABarThatIsRedrawnTenTimesASecondAtMost) {
    Console console(out_, error_, [] { return std::size_t{80}; });
    {
        Progress progress(console, clock_, "cars (vezet)", 100);
        progress.tick();
        EXPECT_EQ(said(), "cars (vezet)  [----------]  0 %  0 of 100");
        progress.update(50);
        clock_.advance(99ms);
        progress.tick();
        EXPECT_EQ(said(), "");
        clock_.advance(1ms);
        progress.tick();
        EXPECT_EQ(said(), wipe + "cars (vezet)  [#####-----]  50 %  50 of 100  500/s  0:01 left");
    }
    EXPECT_EQ(said(), wipe);
}

TEST_F(ProgressTest, ElsewhereALineEveryTenSeconds) {
    Console console(out_, error_);
    Progress progress(console, clock_, "cars (vezet)", 100);
    progress.tick();
    clock_.advance(9'999ms);
    progress.tick();
    EXPECT_EQ(said(), "");
    progress.update(20);
    clock_.advance(1ms);
    progress.tick();
    EXPECT_EQ(said(), "cars (vezet): 20 %  20 of 100  2/s  0:40 left\n");
    clock_.advance(9'999ms);
    progress.tick();
    EXPECT_EQ(said(), "");
    clock_.advance(1ms);
    progress.tick();
    EXPECT_EQ(said(), "cars (vezet): 20 %  20 of 100  1/s  1:20 left\n");
}

TEST_F(ProgressTest, StatusMakesRoomForLinesAndComesBack) {
    Console console(out_, error_, [] { return std::size_t{10}; });
    console.show_status("0123456789");
    EXPECT_EQ(said(), "012345678");
    console.say("hello");
    EXPECT_EQ(said(), wipe + "hello\n012345678");
    console.print("result");
    EXPECT_EQ(out_.str(), "result\n");
    EXPECT_EQ(said(), wipe + "012345678");
    console.clear_status();
    console.say("bye");
    EXPECT_EQ(said(), wipe + "bye\n");
}

TEST_F(ProgressTest, LogsMakeRoomForThemselves) {
    Console console(out_, error_, [] { return std::size_t{10}; });
    log::CapturingLogger captured;
    ConsoleLogger logger(captured, console);
    console.show_status("status");
    said();
    logger.info("event", {{"key", "value"}});
    EXPECT_EQ(said(), wipe + "status");
    ASSERT_EQ(captured.entries("event").size(), 1U);
    EXPECT_EQ(captured.entries("event")[0].fields.at("key"), "value");
}

TEST_F(ProgressTest, StdoutThatTakesNoMoreIsAnError) {
    Console console(out_, error_);
    console.print("result");
    EXPECT_NO_THROW(console.flush());
    out_.setstate(std::ios::badbit);
    EXPECT_THROW(console.flush(), std::runtime_error);
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
