#include "platform/log/logger.hpp"

#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/log/capturing_logger.hpp"
#include "platform/log/line.hpp"

namespace twinfleet::log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Pair;
using testing::SizeIs;

std::string json(std::string_view event, std::initializer_list<Field> fields) {
    return json_members(event, std::span(fields.begin(), fields.size()));
}

std::string console(std::string_view event, std::initializer_list<Field> fields) {
    return console_line(event, std::span(fields.begin(), fields.size()));
}

TEST(LogLine, WritesEveryTypeOfField) {
    const std::string job = "parks";
    const char* const mode = "full";
    EXPECT_EQ(json("pass finished", {{"job", job},
                                     {"mode", mode},
                                     {"family", std::string_view("vezet")},
                                     {"read", std::size_t{12}},
                                     {"left", -3},
                                     {"all", std::numeric_limits<std::uint64_t>::max()},
                                     {"least", std::numeric_limits<std::int64_t>::min()},
                                     {"lag_s", 0.1},
                                     {"large", 1e300},
                                     {"none", std::numeric_limits<double>::quiet_NaN()},
                                     {"endless", std::numeric_limits<double>::infinity()},
                                     {"dry_run", true}}),
              R"("event":"pass finished","job":"parks","mode":"full","family":"vezet","read":12,"left":-3,)"
              R"("all":18446744073709551615,"least":-9223372036854775808,"lag_s":0.1,"large":1e+300,)"
              R"("none":null,"endless":null,"dry_run":true)");
}

TEST(LogLine, IsReadableOnAConsole) {
    EXPECT_EQ(console("pass finished", {{"job", "parks"}, {"read", 12}, {"city", "Ижевск"}, {"ok", true}}),
              "pass finished job=parks read=12 city=Ижевск ok=true");
    EXPECT_EQ(console("store\nlost", {{"reason", "timed out\x1b[31m"}, {"empty", ""}, {"pair", "a=b"}}),
              R"(store\nlost reason="timed out\u001b[31m" empty="" pair="a=b")");
}

class StderrLogger : public testing::Test {
protected:
    static std::string lines_of(const Settings& settings, const std::function<void(Logger&)>& say) {
        testing::internal::CaptureStderr();
        const auto logger = make_stderr_logger(settings);
        say(*logger);
        return testing::internal::GetCapturedStderr();
    }
};

TEST_F(StderrLogger, WritesJsonLines) {
    const auto lines = lines_of({.program = "fleet-\"x\""}, [](Logger& logger) {
        logger.info("pass {} 100%", {{"job", "parks %v"}});
        logger.warning("second");
    });
    EXPECT_THAT(
        lines,
        MatchesRegex(
            R"(\{"time":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z","level":"info","program":"fleet-\\"x\\"","event":"pass \{\} 100%","job":"parks %v"\})"
            "\n"
            R"(\{"time":"[^"]*","level":"warning","program":"fleet-\\"x\\"","event":"second"\})"
            "\n"));
}

TEST_F(StderrLogger, WritesForTheConsole) {
    const auto lines = lines_of({.format = Format::console}, [](Logger& logger) {
        logger.error("store lost", {{"tries", 3}});
    });
    EXPECT_THAT(lines, MatchesRegex("[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} error   store lost tries=3\n"));
}

TEST_F(StderrLogger, KeepsToItsLevel) {
    EXPECT_EQ(lines_of({.level = Level::error},
                       [](Logger& logger) {
                           EXPECT_FALSE(logger.enabled(Level::warning));
                           EXPECT_TRUE(logger.enabled(Level::error));
                           logger.debug("a");
                           logger.info("b");
                           logger.warning("c");
                       }),
              "");
    EXPECT_EQ(lines_of({.level = Level::off}, [](Logger& logger) { logger.error("a"); }), "");
}

TEST_F(StderrLogger, KeepsLinesOfSeveralThreadsApart) {
    const auto lines = lines_of({}, [](Logger& logger) {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&logger] {
                for (int j = 0; j < 100; ++j) {
                    logger.info("line", {{"text", std::string(200, 'x')}});
                }
            });
        }
    });
    std::istringstream stream(lines);
    std::string line;
    int count = 0;
    while (std::getline(stream, line)) {
        ++count;
        EXPECT_TRUE(line.ends_with("\"event\":\"line\",\"text\":\"" + std::string(200, 'x') + "\"}")) << line;
    }
    EXPECT_EQ(count, 400);
}

TEST(CapturingLogger, KeepsWhatWasSaid) {
    CapturingLogger logger;
    logger.info("pass finished", {{"job", "parks"}, {"read", 12}});
    logger.warning("store lost");
    ASSERT_THAT(logger.entries(), SizeIs(2));
    const auto finished = logger.entries("pass finished");
    ASSERT_THAT(finished, SizeIs(1));
    EXPECT_EQ(finished[0].level, Level::info);
    EXPECT_THAT(finished[0].fields, ElementsAre(Pair("job", "parks"), Pair("read", "12")));
    EXPECT_THAT(logger.entries("something else"), IsEmpty());
}

TEST(NullLogger, IsNeverEnabled) {
    NullLogger logger;
    EXPECT_FALSE(logger.enabled(Level::error));
    logger.error("nobody hears");
}

}  // namespace
}  // namespace twinfleet::log
