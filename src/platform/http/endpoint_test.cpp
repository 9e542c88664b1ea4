#include "platform/http/endpoint.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/http/message.hpp"

namespace twinfleet::http {
namespace {

TEST(Endpoint, IsReadFromText) {
    EXPECT_EQ(parse_endpoint("127.0.0.1:8080"), (Endpoint{"127.0.0.1", 8080}));
    EXPECT_EQ(parse_endpoint("0.0.0.0:0"), (Endpoint{"0.0.0.0", 0}));
    EXPECT_EQ(parse_endpoint("fleet-1.example:65535"), (Endpoint{"fleet-1.example", 65535}));
    EXPECT_EQ(parse_endpoint("[::1]:80"), (Endpoint{"::1", 80}));
    EXPECT_EQ(parse_endpoint("[fe80::1%eth0]:80"), (Endpoint{"fe80::1%eth0", 80}));
}

TEST(Endpoint, RefusesWhatIsNoHostAndPort) {
    for (const auto* text :
         {"",           ":",        "8080",      ":8080",       "host",           "host:",        "host:http",
          "host:65536", "host:-1",  "host:+1",   "host: 1",     "host:1 ",        " host:1",      "::1:80",
          "[::1]",      "[]:80",    "[host]:80", "ho/st:80",    "http://host:80", "user@host:80", "a%41:80",
          "[v1.a]:80",  "[:::]:80", "[::1%]:80", "[::1%]0]:80", "[::1%e/h]:80",   "a!b:80"}) {
        EXPECT_THROW((void)parse_endpoint(text), std::invalid_argument) << text;
    }
}

TEST(Endpoint, SaysWhatWasExpectedAndFound) {
    try {
        (void)parse_endpoint("my\nhost");
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "expected host:port like 127.0.0.1:8080 or [::1]:8080, found \"my?host\"");
    }
}

TEST(Request, FindsHeadersWhateverTheirCase) {
    const Request request{.method = "GET",
                          .path = "/",
                          .query = "",
                          .headers = {{"X-Request-Id", "a"}, {"x-request-id", "b"}},
                          .body = ""};
    EXPECT_EQ(request.header("x-REQUEST-id"), "a");
    EXPECT_EQ(request.header("x-request"), std::nullopt);
}

TEST(ErrorResponse, IsJson) {
    const auto response = error_response(404, "not_found", "no \"such\" thing", {{"Retry-After", "1"}});
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, R"({"code":"not_found","message":"no \"such\" thing"})");
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_THAT(response.headers, ::testing::ElementsAre(::testing::Pair("Retry-After", "1")));
}

}  // namespace
}  // namespace twinfleet::http
