#include "platform/api/query.hpp"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/json/bad_input.hpp"

namespace twinfleet::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

/// `field: what was expected`, or `nothing` when it is fine.
std::string query_refusal(const std::function<void()>& read) {
    try {
        read();
    } catch (const json::BadInput& bad) {
        return bad.field() + ": " + bad.what();
    }
    return "nothing";
}

Query query_of(std::string_view text) {
    return {text, {"name", "cursor", "limit"}};
}

TEST(ReadQuery, DecodesWhatIsAllowed) {
    EXPECT_THAT(read_query("", {}), IsEmpty());
    EXPECT_THAT(read_query("b=%D0%B0+c&a=&flag", {"a", "b", "flag"}),
                ElementsAre(Pair("b", "\xd0\xb0 c"), Pair("a", ""), Pair("flag", "")));
    EXPECT_THAT(read_query("&a=1=2&", {"a"}), ElementsAre(Pair("a", "1=2")));
}

TEST(ReadQuery, NamesWhatItRefuses) {
    const auto refusal = [](std::string_view query) {
        return query_refusal([query] { static_cast<void>(read_query(query, {"a"})); });
    };
    EXPECT_EQ(refusal("b=1"), "b: expected no such parameter");
    EXPECT_EQ(refusal("a=1&a=1"), "a: expected this parameter once");
    EXPECT_EQ(refusal("%ff=1"), ": expected no such parameter");
    EXPECT_EQ(refusal("=1"), ": expected no such parameter");
    for (const auto* query : {"a=%ff", "a=%00", "a=%", "a=%4"}) {
        EXPECT_EQ(refusal(query), "a: expected percent-encoded UTF-8 without NUL") << query;
    }
}

TEST(ReadQuery, TakesWhatAUrlShouldHaveEncoded) {
    EXPECT_THAT(read_query("a=\xd0\xb0|\"{}\"", {"a"}), ElementsAre(Pair("a", "\xd0\xb0|\"{}\"")));
}

TEST(Query, FindsTextsOfTheRightLength) {
    const Query query = query_of("name=abc");
    EXPECT_EQ(query.text("name"), "abc");
    EXPECT_EQ(query.text("cursor"), "");
    ASSERT_NE(query.find("name"), nullptr);
    EXPECT_EQ(query.find("limit"), nullptr);
    const std::string refusal = "name: expected 4 to 5 bytes of text without NUL";
    EXPECT_EQ(query_refusal([&] { static_cast<void>(query.text("name", {.bytes_min = 4, .bytes_max = 5})); }), refusal);
    EXPECT_NE(query_refusal([&] { static_cast<void>(query_of("name=").text("name")); }), "nothing");
}

TEST(Query, ReadsTheLimitOfAPage) {
    EXPECT_EQ(query_of("").limit(), 100U);
    EXPECT_EQ(query_of("limit=1").limit(), 1U);
    EXPECT_EQ(query_of("limit=1000").limit(), 1'000U);
    EXPECT_EQ(query_of("").limit({.usual = 5, .max = 7}), 5U);
    for (const char* text : {"limit=0", "limit=8", "limit=-1", "limit=", "limit=1.5", "limit=ten", "limit=1%20",
                             "limit=+1", "limit=99999999999999999999"}) {
        EXPECT_EQ(query_refusal([&] { static_cast<void>(query_of(text).limit({.usual = 5, .max = 7})); }),
                  "limit: expected a whole number from 1 to 7")
            << text;
    }
}

TEST(Query, ReadsACursorThatIsANumber) {
    EXPECT_EQ(query_of("").cursor_number(), 0);
    EXPECT_EQ(query_of("cursor=9223372036854775807").cursor_number(), 9'223'372'036'854'775'807);
    for (const char* text : {"cursor=0", "cursor=-1", "cursor=", "cursor=x", "cursor=9223372036854775808"}) {
        EXPECT_EQ(query_refusal([&] { static_cast<void>(query_of(text).cursor_number()); }),
                  "cursor: expected a cursor of an earlier page")
            << text;
    }
}

TEST(WithoutQuery, RefusesAnyParameter) {
    const auto handler = without_query([](const Call& call) { return http::Response{.body = call.request.body}; });
    EXPECT_EQ(handler({.request = {.body = "b"}}).body, "b");
    EXPECT_EQ(query_refusal([&] { static_cast<void>(handler({.request = {.query = "a=1"}})); }),
              "a: expected no such parameter");
}

TEST(RefuseBody, TakesNothingOrAnEmptyObject) {
    for (const char* body : {"", "{}", " {} "}) {
        EXPECT_EQ(query_refusal([&] { refuse_body({.request = {.body = body}}); }), "nothing") << body;
    }
    EXPECT_EQ(query_refusal([&] { refuse_body({.request = {.body = R"({"a":1})"}}); }), "a: expected no such field");
    EXPECT_NE(query_refusal([&] { refuse_body({.request = {.body = "[]"}}); }), "nothing");
}

}  // namespace
}  // namespace twinfleet::api
