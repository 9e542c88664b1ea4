#include "platform/service/run.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "platform/concurrency/backoff.hpp"
#include "platform/service/settings/testing/settings_texts.hpp"

namespace twinfleet::service {
namespace {

using process::ExitCode;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct SmallSettings : CommonSettings {
    bool is_open = false;
};

const std::string small_configuration = [] {
    std::string text = testing::common_sections_text + "shop: {open: true}\n";
    // Any free port, so that tests may run side by side.
    for (const char* address : {"127.0.0.1:1", "127.0.0.1:2"}) {
        text.replace(text.find(address), std::string(address).size(), "127.0.0.1:0");
    }
    return text;
}();

void read_shop(Section& root, SmallSettings& settings) {
    root.section("shop").read("open", settings.is_open);
}

void refuse_a_closed_shop(const SmallSettings& settings, Findings& findings) {
    if (!settings.is_open) {
        findings.refuse("shop.open", "expected a shop that is open");
    }
}

/// A service with one store that is in memory.
class RunTest : public ::testing::Test {
protected:
    RunTest() : file_(std::filesystem::temp_directory_path() / ("run_test_" + std::to_string(getpid()) + ".yaml")) {
        write("");
    }
    ~RunTest() override { std::filesystem::remove(file_); }

    void write(std::string_view text) const { std::ofstream(file_) << text; }

    Store store() {
        return {.name = "shelf",
                .ping = [this] { ping_(); },
                .usage = [] { return metrics::PoolUsage{.open = 1, .in_use = 0, .max = 2}; },
                .questions =
                    [this](std::string_view) {
                        return std::vector<http::Question>{{"shelf", [this] { return shelf_problem_; }}};
                    },
                .schema_problem =
                    [this](std::string_view program) {
                        return schema_problem_.empty() ? "" : schema_problem_ + " of " + std::string(program);
                    },
                .migrate =
                    [](const Say& print, const Say& say) {
                        print("the shelf is in place");
                        say("it is a narrow one");
                    }};
    }
    ExitCode start(Host& host, const SmallSettings&) {
        if (const auto end = host.open({store()})) {
            return *end;
        }
        was_opened_ = true;
        return host.serve({.routes = {}, .openapi = "openapi: 3.0.0\n", .work = [&] {
                               metrics_text_ = host.metrics().text();
                               kill(getpid(), SIGTERM);
                               platform::wait_for_stop(host.stop());
                               at_the_end_();
                           }});
    }
    [[noreturn]] static void be_away() { throw platform::StoreUnavailable("shelf", "it is away"); }
    ExitCode run(std::vector<const char*> arguments) {
        out_.str("");
        error_.str("");
        arguments.insert(arguments.begin(), "example");
        const Layers<SmallSettings> layers{
            .shipped = small_configuration, .read_sections = read_shop, .check_for_serving = refuse_a_closed_shop};
        return static_cast<ExitCode>(service::run(
            program_, layers, [this](Host& host, const SmallSettings& settings) { return start(host, settings); },
            static_cast<int>(arguments.size()), arguments.data(),
            {.environment = testing::environment(variables_), .out = out_, .error = error_}));
    }
    ExitCode serve() { return run({"serve", "--config", file_.c_str(), "--timeout", "0"}); }
    ExitCode check() { return run({"config", "check", file_.c_str()}); }

    const std::filesystem::path file_;
    Program program_{.name = "example", .purpose = "Sells.", .version = "1", .migrates = "Put the shelf in place"};
    testing::Variables variables_;
    std::function<void()> ping_ = [] {};
    /// Called when a stop was requested.
    std::function<void()> at_the_end_ = [] {};
    std::string schema_problem_;
    std::string shelf_problem_;
    bool was_opened_ = false;
    std::string metrics_text_;
    std::ostringstream out_;
    std::ostringstream error_;
};

TEST_F(RunTest, ServesUntilAStop) {
    EXPECT_EQ(serve(), ExitCode::done) << error_.str();
    EXPECT_TRUE(was_opened_);
}

TEST_F(RunTest, MetricsTellOfTheProcessItsPoolsAndItsChecks) {
    shelf_problem_ = "it leans";
    EXPECT_EQ(serve(), ExitCode::done) << error_.str();
    EXPECT_THAT(metrics_text_, AllOf(HasSubstr("process_cpu_seconds_total"),
                                     HasSubstr(R"(store_pool_connections_max{store="shelf"} 2)"),
                                     HasSubstr(R"(service_check_ok{check="shelf"} 0)")));
}

TEST_F(RunTest, ACheckApprovesOfWhatServeBeginsWith) {
    EXPECT_EQ(check(), ExitCode::done);
    EXPECT_EQ(out_.str(), "ok\n");
    EXPECT_FALSE(was_opened_);
}

TEST_F(RunTest, ServeAndCheckRefuseAlike) {
    for (const char* wrong : {"shop: {open: false}", "shop: {opn: true}", "api: {listen: here}",
                              "api: {service_tokens_file: /no/such/tokens.yaml}", "log: {level: loud}"}) {
        write(wrong);
        EXPECT_EQ(serve(), ExitCode::wrong_usage) << wrong;
        const std::string said_by_serve = error_.str();
        EXPECT_EQ(check(), ExitCode::wrong_usage) << wrong;
        EXPECT_THAT(said_by_serve, Not(IsEmpty()));
        EXPECT_EQ(error_.str(), said_by_serve);
        EXPECT_EQ(out_.str(), "");
    }
    EXPECT_FALSE(was_opened_);
}

TEST_F(RunTest, WhatServeAloneNeedsDoesNotKeepOtherCommandsFromTheirWork) {
    variables_ = {{"FLEET_SERVICE_TOKENS", "/no/such/tokens.yaml"}};
    write("shop: {open: false}");
    EXPECT_EQ(run({"migrate", "--config", file_.c_str()}), ExitCode::done);
    EXPECT_EQ(out_.str(), "the shelf is in place\n");
    EXPECT_EQ(error_.str(), "it is a narrow one\n");
    EXPECT_FALSE(was_opened_);
}

TEST_F(RunTest, AStoreThatStaysAwayIsTold) {
    ping_ = be_away;
    EXPECT_EQ(serve(), ExitCode::store_unreachable);
    EXPECT_EQ(error_.str(), "example: shelf cannot be reached: it is away\n");
    EXPECT_FALSE(was_opened_);
}

TEST_F(RunTest, AStopEndsTheWaitForAStore) {
    ping_ = [] {
        kill(getpid(), SIGTERM);
        be_away();
    };
    EXPECT_EQ(run({"serve"}), ExitCode::done);
    EXPECT_EQ(run({"migrate"}), ExitCode::interrupted);
    EXPECT_FALSE(was_opened_);
}

TEST_F(RunTest, AStoreThatIsAwayWhenTheServiceStopsIsNoFailure) {
    at_the_end_ = be_away;
    EXPECT_EQ(serve(), ExitCode::done) << error_.str();
    EXPECT_TRUE(was_opened_);
}

TEST_F(RunTest, ASchemaThatTheProgramDoesNotKnowIsRefused) {
    schema_problem_ = "an older shelf";
    EXPECT_EQ(serve(), ExitCode::wrong_usage);
    EXPECT_EQ(error_.str(), "an older shelf of example\n");
    EXPECT_FALSE(was_opened_);
}

TEST_F(RunTest, AnAddressThatCannotBeListenedOnIsRefused) {
    write("monitor: {listen: \"192.0.2.1:1\"}\nlog: {level: \"off\"}");
    EXPECT_EQ(serve(), ExitCode::wrong_usage);
    EXPECT_TRUE(was_opened_);
    EXPECT_THAT(metrics_text_, IsEmpty());
}

}  // namespace
}  // namespace twinfleet::service
