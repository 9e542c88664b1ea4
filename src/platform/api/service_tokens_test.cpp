#include "platform/api/service_tokens.hpp"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/api/testing/token_digest.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/config/error.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::api {
namespace {

using namespace std::chrono_literals;
using std::filesystem::perms;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string entry(std::string_view name, std::string_view sha256, std::string_view endpoints = R"(["*"])") {
    return "  - {name: " + std::string(name) + ", sha256: \"" + std::string(sha256) +
           "\", endpoints: " + std::string(endpoints) + "}\n";
}

ServiceTokens tokens(std::vector<std::string> endpoints) {
    return ServiceTokens(
        {{.name = "caller", .sha256 = api::testing::sha256_of_one, .endpoints = std::move(endpoints)}});
}

bool allows(const ServiceTokens& tokens, std::string_view method, std::string_view path) {
    return tokens.caller("Bearer one", method, path).value().is_allowed;
}

std::string problems(std::string_view text) {
    try {
        (void)ServiceTokens::parse(text, "tokens.yaml");
    } catch (const config::Error& error) {
        return error.what();
    }
    return "none";
}

TEST(ServiceTokens, KnowsItsTokensAlone) {
    const auto tokens = ServiceTokens::parse(
        "tokens:\n" + entry("first", api::testing::sha256_of_one) + entry("second", api::testing::sha256_of_two),
        "tokens.yaml");
    EXPECT_EQ(tokens.caller("Bearer one", "GET", "/").value().name, "first");
    EXPECT_EQ(tokens.caller("bearer   two", "GET", "/").value().name, "second");
    EXPECT_FALSE(tokens.caller(std::nullopt, "GET", "/"));
    for (const auto* wrong : {"", "Bearer", "Bearer ", "Bearer three", "Bearer one ", "Bearer oneone", "Basic one",
                              "one", "Bearerone", "Bearer  ", api::testing::sha256_of_one}) {
        EXPECT_FALSE(tokens.caller(wrong, "GET", "/")) << wrong;
    }
    EXPECT_FALSE(ServiceTokens({}).caller("Bearer one", "GET", "/"));
}

TEST(ServiceTokens, KnowsATokenUntilItExpires) {
    const auto text = "tokens:\n  - {name: a, sha256: " + std::string(api::testing::sha256_of_one) +
                      ", endpoints: [\"*\"], expires_at: \"2030-01-31T00:00:00Z\"}\n";
    const auto tokens = ServiceTokens::parse(text, "tokens.yaml");
    const auto expires_at = platform::parse_time("2030-01-31T00:00:00Z").value();
    EXPECT_TRUE(tokens.caller("Bearer one", "GET", "/", expires_at - 1us));
    EXPECT_FALSE(tokens.caller("Bearer one", "GET", "/", expires_at));
    EXPECT_THAT(problems("tokens:\n  - {name: a, sha256: " + std::string(api::testing::sha256_of_one) +
                         ", endpoints: [\"*\"], expires_at: tomorrow}\n"),
                HasSubstr("tokens[0].expires_at: expected a time (RFC 3339)"));
}

TEST(ServiceTokens, LetsOneNameHaveSeveralTokens) {
    const ServiceTokens tokens({{.name = "same", .sha256 = api::testing::sha256_of_one, .endpoints = {"GET /a"}},
                                {.name = "same",
                                 .sha256 = "3FC4CCFE745870E2C0D99F71F30FF0656C8DEDD41CC1D7D3D376B0DBE685E2F3",
                                 .endpoints = {}}});
    EXPECT_TRUE(tokens.caller("Bearer one", "GET", "/a").value().is_allowed);
    EXPECT_EQ(tokens.caller("Bearer two", "GET", "/a").value().name, "same");
    EXPECT_FALSE(tokens.caller("Bearer two", "GET", "/a").value().is_allowed);
}

TEST(ServiceTokens, AllowsNoMoreThanItsEndpoints) {
    const auto some = tokens({"GET /v1/links/*", "POST /v1/runs", "DELETE /v1/runs*"});
    EXPECT_TRUE(allows(some, "GET", "/v1/links/cars/1"));
    EXPECT_TRUE(allows(some, "GET", "/v1/links/"));
    EXPECT_TRUE(allows(some, "POST", "/v1/runs"));
    EXPECT_TRUE(allows(some, "DELETE", "/v1/runs/1"));
    EXPECT_FALSE(allows(some, "GET", "/v1/links"));
    EXPECT_FALSE(allows(some, "GET", "/v1/link"));
    EXPECT_FALSE(allows(some, "POST", "/v1/links/cars"));
    EXPECT_FALSE(allows(some, "POST", "/v1/runs/1"));
    EXPECT_FALSE(allows(some, "GE", "/v1/links/cars"));
    EXPECT_FALSE(allows(some, "GET /v1/links/*", ""));
    EXPECT_FALSE(allows(tokens({}), "GET", "/"));
    EXPECT_TRUE(allows(tokens({"*"}), "PUT", "/anything"));
}

TEST(ServiceTokens, SaysWhereAFileIsWrong) {
    EXPECT_EQ(problems("tokens: []"), "none");
    EXPECT_THAT(problems(""), HasSubstr("tokens: expected a list of tokens"));
    EXPECT_THAT(problems("tokens: none"), HasSubstr("tokens.yaml:1: tokens: "));
    EXPECT_THAT(problems("token: []"), HasSubstr("token: "));
    const std::string text = "tokens:\n" + entry("a", api::testing::sha256_of_one) + entry("b", "secret") +
                             entry("c", api::testing::sha256_of_two, R"(["GET"])") +
                             "  - {sha256: 1, endpoints: [\"*\"], more: 1}\n";
    EXPECT_THAT(problems(text),
                AllOf(HasSubstr("tokens.yaml:3: tokens[1].sha256: expected 64 hex digits"),
                      HasSubstr("tokens.yaml:4: tokens[2].endpoints: expected endpoints like"),
                      HasSubstr("tokens[3].name: "), HasSubstr("tokens[3].more: "), Not(HasSubstr("secret"))));
    EXPECT_THAT(
        problems("tokens:\n" + entry("a", api::testing::sha256_of_one) + entry("b", api::testing::sha256_of_one)),
        HasSubstr("tokens.yaml:3: tokens[1].sha256: expected a token that no other entry has"));
    for (const auto* wrong : {"", " ", "get /a", "GET a", "GET /*/a", "GET  /a", "GET /a b", "/a", "**", "* /a"}) {
        EXPECT_THAT(problems("tokens:\n" + entry("a", api::testing::sha256_of_one, "[\"" + std::string(wrong) + "\"]")),
                    HasSubstr("tokens[0].endpoints"))
            << wrong;
        EXPECT_THROW(tokens({wrong}), std::invalid_argument) << wrong;
    }
    const std::vector<ServiceTokens::Entry> too_short = {{.name = "a", .sha256 = "12", .endpoints = {}}};
    EXPECT_THROW(ServiceTokens{too_short}, std::invalid_argument);
}

TEST(ServiceTokens, ShowsNoTokenThatWasTakenForAHash) {
    EXPECT_THAT(problems("tokens:\n  - {name: a, sha256: [my-secret-token], endpoints: [\"*\"]}\n"),
                Not(HasSubstr("my-secret-token")));
}

class ServiceTokensFileTest : public ::testing::Test {
protected:
    ServiceTokensFileTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "service_tokens_test_XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        path_ = folder_ / "tokens.yaml";
    }
    ~ServiceTokensFileTest() override { std::filesystem::remove_all(folder_); }

    void write(std::string_view text) const {
        std::ofstream(path_, std::ios::binary) << text;
        std::filesystem::permissions(path_, perms::owner_read | perms::owner_write);
    }

    template <typename Condition>
    static bool comes_true(const Condition& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            std::this_thread::yield();
        }
        return true;
    }

    std::filesystem::path folder_;
    std::filesystem::path path_;
    log::CapturingLogger log_;
};

TEST_F(ServiceTokensFileTest, TakesAChangeWithoutARestart) {
    write("tokens:\n" + entry("first", api::testing::sha256_of_one));
    const ServiceTokensFile file(path_, log_, 1ms);
    EXPECT_TRUE(file.snapshot()->caller("Bearer one", "GET", "/"));
    write("tokens:\n" + entry("second", api::testing::sha256_of_two));
    EXPECT_TRUE(comes_true([&] { return file.snapshot()->caller("Bearer two", "GET", "/").has_value(); }));
    EXPECT_FALSE(file.snapshot()->caller("Bearer one", "GET", "/"));
    EXPECT_TRUE(comes_true([&] { return log_.entries("service tokens changed").size() == 1; }));
}

TEST_F(ServiceTokensFileTest, KeepsTheOldWhileTheNewIsBroken) {
    write("tokens:\n" + entry("first", api::testing::sha256_of_one));
    const ServiceTokensFile file(path_, log_, 1ms);
    write("tokens:\n" + entry("second", "broken"));
    EXPECT_TRUE(
        comes_true([&] { return log_.entries("service tokens refused, the old ones stay in force").size() == 1; }));
    const auto reason = log_.entries().front().fields.at("reason");
    EXPECT_THAT(reason, HasSubstr("tokens.yaml:2: tokens[0].sha256: "));
    EXPECT_TRUE(file.snapshot()->caller("Bearer one", "GET", "/"));
}

TEST_F(ServiceTokensFileTest, TakesAFileThatOthersMayReadAsItHoldsDigests) {
    write("tokens:\n" + entry("first", api::testing::sha256_of_one));
    std::filesystem::permissions(path_, perms::others_read, std::filesystem::perm_options::add);
    EXPECT_NO_THROW(ServiceTokensFile(path_, log_));
}

TEST_F(ServiceTokensFileTest, RefusesAFileThatOthersMayChange) {
    write("tokens:\n" + entry("first", api::testing::sha256_of_one));
    std::filesystem::permissions(path_, perms::others_write, std::filesystem::perm_options::add);
    try {
        const ServiceTokensFile file(path_, log_);
        ADD_FAILURE() << "it was taken";
    } catch (const config::Error& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr(path_.string() + ": "), HasSubstr("chmod o-w ")));
    }
}

TEST_F(ServiceTokensFileTest, RefusesABrokenFileAtTheStart) {
    EXPECT_THROW(ServiceTokensFile(path_, log_), config::Error);
    write("tokens: 1");
    EXPECT_THROW(ServiceTokensFile(path_, log_), config::Error);
    write("tokens: []");
    EXPECT_THROW(ServiceTokensFile(path_, log_, 3s), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::api
