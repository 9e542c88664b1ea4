#include "platform/http_client/base_url.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What is wrong with a URL, or `nothing`.
std::string problem_of(std::string_view url) {
    try {
        (void)parse_base_url(url);
    } catch (const std::invalid_argument& problem) {
        return problem.what();
    }
    return "nothing";
}

TEST(BaseUrl, IsReadIntoItsParts) {
    const BaseUrl plain = parse_base_url("http://host");
    EXPECT_FALSE(plain.is_encrypted);
    EXPECT_EQ(plain.origin, "http://host");
    EXPECT_EQ(plain.path, "");
    const BaseUrl encrypted = parse_base_url("https://[::1]:8443/a/b//");
    EXPECT_TRUE(encrypted.is_encrypted);
    EXPECT_EQ(encrypted.origin, "https://[::1]:8443");
    EXPECT_EQ(encrypted.path, "/a/b");
    for (const auto* url : {"http://host:80/", "http://[::1]", "https://service.internal", "http://127.0.0.1:8080/a"}) {
        EXPECT_EQ(problem_of(url), "nothing") << url;
    }
}

TEST(BaseUrl, IsRefusedWithTheReason) {
    for (const auto* url : {"", "host:80", "ftp://host", "file:///etc/passwd", "HTTPS//host", "unix:/socket"}) {
        EXPECT_THAT(problem_of(url), HasSubstr("neither http:// nor https://")) << url;
    }
    for (const auto* url : {"http://", "https:///path", "http://?"}) {
        EXPECT_THAT(problem_of(url), HasSubstr("expected a URL like http://127.0.0.1:8080 or https://host")) << url;
    }
    for (const auto* url : {"http://:80", "http://host:port", "https://host:70000", "http://host:0", "http://::1",
                            "http://a b", "http://[::1", "http://[zz]:80", "http://host:80:90"}) {
        EXPECT_NE(problem_of(url), "nothing") << url;
    }
    EXPECT_THAT(problem_of("http://host:80/a?b"), HasSubstr("without a query"));
    EXPECT_THAT(problem_of("http://host:80/a#b"), HasSubstr("without a query or a fragment"));
    EXPECT_THAT(problem_of("http://host:80/a b"), HasSubstr("visible ASCII"));
    EXPECT_THAT(problem_of("https://user@host"), HasSubstr("without a user name"));
}

TEST(BaseUrl, IsNotRepeatedWhereItHoldsASecret) {
    for (const auto* url : {"http://user:hunter2@host", "https://hunter2@host:80/", "http://host?token=hunter2",
                            "ftp://user:hunter2@host", "http://user:hunter2@host?a", "http://user:hunter2%40host"}) {
        EXPECT_NE(problem_of(url), "nothing") << url;
    }
    for (const auto* url : {"http://user:hunter2@host", "https://hunter2@host:80/", "http://host?token=hunter2",
                            "ftp://user:hunter2@host", "http://user:hunter2@host?a", "http://user:hunter2%40host"}) {
        EXPECT_THAT(problem_of(url), Not(HasSubstr("hunter2"))) << url;
    }
}

}  // namespace
}  // namespace twinfleet::http
