#include "platform/api/answering.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/api/conflict.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/json/bad_input.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class FailureResponse : public ::testing::Test {
protected:
    template <typename Thrown>
    http::Response to(const Thrown& thrown) {
        return failure_response(std::make_exception_ptr(thrown), "request-1", log_,
                                {.method = "PUT", .pattern = "/v1/cars/{id}"});
    }

    log::CapturingLogger log_;
};

TEST_F(FailureResponse, NamesTheFieldThatIsWrong) {
    const auto response = to(json::BadInput("ids[3]", "expected a text"));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body, R"({"code":"bad_request","message":"expected a text","details":{"field":"ids[3]"}})");
    EXPECT_THAT(log_.entries("a request failed"), IsEmpty());
}

TEST_F(FailureResponse, NamesTheFieldThatContradicts) {
    const auto response = to(Conflict("park_id", "expected another value"));
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.body, R"({"code":"conflict","message":"expected another value","details":{"field":"park_id"}})");
}

TEST_F(FailureResponse, AsksToComeLaterWhenAStoreIsAway) {
    const auto response = to(platform::StoreUnavailable("PostgreSQL", "inner reason"));
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.headers, ElementsAre(Pair("Retry-After", "1")));
    const auto entries = log_.entries("a request found a store unavailable");
    ASSERT_THAT(entries, SizeIs(1));
    EXPECT_EQ(entries[0].fields.at("request_id"), "request-1");
    EXPECT_EQ(entries[0].fields.at("method"), "PUT");
    EXPECT_EQ(entries[0].fields.at("handler"), "/v1/cars/{id}");
}

TEST_F(FailureResponse, TellsTheReasonOfAnythingElseToTheLogAlone) {
    for (const auto& response : {to(std::runtime_error("inner reason")), to(5)}) {
        EXPECT_EQ(response.status, 500);
        EXPECT_EQ(response.body, R"({"code":"internal","message":"The request could not be answered."})");
    }
    const auto entries = log_.entries("a request failed");
    ASSERT_THAT(entries, SizeIs(2));
    EXPECT_EQ(entries[0].fields.at("reason"), "inner reason");
    EXPECT_EQ(entries[1].fields.at("reason"), "something that is not an exception");
}

}  // namespace
}  // namespace twinfleet::api
