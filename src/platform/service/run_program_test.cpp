#include "platform/service/run_program.hpp"

#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>

#include "platform/config/error.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::service {
namespace {

using process::ExitCode;

struct Ended {
    int code;
    std::string said;
};

template <typename Thrown>
Ended ended_by(Thrown thrown) {
    std::ostringstream error;
    const int code = run_program(
        "program", [&]() -> ExitCode { throw thrown; }, error);
    return {code, error.str()};
}

TEST(RunProgram, ReturnsTheCodeWithoutAWord) {
    std::ostringstream error;
    EXPECT_EQ(run_program(
                  "program", [] { return ExitCode::lease_is_held; }, error),
              4);
    EXPECT_EQ(error.str(), "");
}

TEST(RunProgram, ToldFailuresHaveTheirCodes) {
    const Ended configuration = ended_by(config::Error({{"a.yaml", 1, "key", "expected a number"}}));
    EXPECT_EQ(configuration.code, 2);
    EXPECT_EQ(configuration.said, "a.yaml:1: key: expected a number\n");
    const Ended away = ended_by(platform::StoreUnavailable("MongoDB", "nobody listens"));
    EXPECT_EQ(away.code, 3);
    EXPECT_EQ(away.said, "program: MongoDB cannot be reached: nobody listens\n");
    EXPECT_EQ(ended_by(platform::StoreRefused("MongoDB", 18, "no")).code, 3);
    EXPECT_EQ(ended_by(std::logic_error("a mistake")).code, 70);
}

}  // namespace
}  // namespace twinfleet::service
