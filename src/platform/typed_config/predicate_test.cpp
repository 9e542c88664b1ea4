#include "platform/typed_config/predicate.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::typed_config {
namespace {

using testing::HasSubstr;

const std::vector<std::string> argument_names{"plan", "region", "language", "account_id"};

/// What is known about a case.
using Known = std::vector<Argument>;

Predicate predicate(const std::string& flow) {
    auto root = config::Reader::from_text("predicate: " + flow + "\n", "configs.yaml");
    auto parsed = Predicate::parse(root.section("predicate"), argument_names);
    root.finish();
    return parsed;
}

std::string refusal(const std::string& flow) {
    try {
        (void)predicate(flow);
    } catch (const config::Error& error) {
        return error.what();
    }
    return "";
}

std::string percent(std::string_view figure, std::string_view salt = "pilot") {
    return "{type: percent, arg: account_id, percent: " + std::string(figure) + ", salt: \"" + std::string(salt) +
           "\"}";
}

const Known north{{"plan", "basic"}, {"region", "north"}, {"language", "en"}, {"account_id", "a1"}};
const Known nothing_known;

TEST(Predicate, TrueHoldsForEverybody) {
    EXPECT_TRUE(predicate("{type: true}").matches(north));
    EXPECT_TRUE(predicate("{type: 'true'}").matches(nothing_known));
}

TEST(Predicate, EqComparesOneArgument) {
    EXPECT_TRUE(predicate("{type: eq, arg: region, value: north}").matches(north));
    EXPECT_FALSE(predicate("{type: eq, arg: region, value: North}").matches(north));
    EXPECT_TRUE(predicate("{type: eq, arg: plan, value: basic}").matches(north));
    EXPECT_TRUE(predicate("{type: eq, arg: language, value: en}").matches(north));
    EXPECT_TRUE(predicate("{type: eq, arg: account_id, value: a1}").matches(north));
    EXPECT_FALSE(predicate("{type: eq, arg: account_id, value: north}").matches(north));
}

TEST(Predicate, InSetKnowsItsMembers) {
    const auto regions = predicate("{type: in_set, arg: region, set: [север, north, север, 'NO']}");
    EXPECT_TRUE(regions.matches(north));
    EXPECT_TRUE(regions.matches(Known{{"region", "север"}}));
    EXPECT_TRUE(regions.matches(Known{{"region", "NO"}}));
    EXPECT_FALSE(regions.matches(Known{{"region", "юг"}}));
    EXPECT_FALSE(regions.matches(Known{{"region", ""}}));
    EXPECT_FALSE(predicate("{type: in_set, arg: region, set: []}").matches(north));
}

TEST(Predicate, TextsThatLookAlikeAreTheSame) {
    const std::string composed = "Йошкар-Ола";
    const std::string decomposed = "И\u0306ошкар-Ола";
    for (const std::string& written : {composed, decomposed}) {
        for (const std::string& found : {composed, decomposed}) {
            const std::vector<Argument> region{{"region", found}};
            EXPECT_TRUE(predicate("{type: eq, arg: region, value: " + written + "}").matches(region));
            EXPECT_TRUE(predicate("{type: in_set, arg: region, set: [north, " + written + "]}").matches(region));
            const auto is_among_the_first = [&](std::uint32_t places) {
                const std::string digits = std::to_string(1'000'000 + places).substr(1);
                return predicate("{type: percent, arg: region, percent: " + digits.substr(0, 2) + "." +
                                 digits.substr(2) + ", salt: pilot}")
                    .matches(region);
            };
            EXPECT_TRUE(is_among_the_first(percent_bucket("pilot", composed) + 1));
            EXPECT_FALSE(is_among_the_first(percent_bucket("pilot", composed)));
        }
    }
    const std::vector<Argument> another{{"region", "Иошкар-Ола"}};
    EXPECT_FALSE(predicate("{type: eq, arg: region, value: " + decomposed + "}").matches(another));
}

TEST(Predicate, CombinesOthers) {
    const std::string yes = "{type: true}";
    const std::string no = "{type: not, predicate: {type: true}}";
    EXPECT_FALSE(predicate(no).matches(north));
    EXPECT_TRUE(predicate("{type: all_of, predicates: [" + yes + ", " + yes + "]}").matches(north));
    EXPECT_FALSE(predicate("{type: all_of, predicates: [" + yes + ", " + no + "]}").matches(north));
    EXPECT_TRUE(predicate("{type: any_of, predicates: [" + no + ", " + yes + "]}").matches(north));
    EXPECT_FALSE(predicate("{type: any_of, predicates: [" + no + "]}").matches(north));
}

TEST(Predicate, AbsentArgumentMatchesNothing) {
    EXPECT_FALSE(predicate("{type: eq, arg: region, value: ''}").matches(nothing_known));
    EXPECT_FALSE(predicate("{type: in_set, arg: region, set: ['']}").matches(nothing_known));
    EXPECT_FALSE(predicate(percent("100")).matches(nothing_known));
    EXPECT_TRUE(predicate("{type: not, predicate: {type: eq, arg: region, value: x}}").matches(nothing_known));
}

TEST(Predicate, PercentFollowsTheDocumentedFormula) {
    // As Python's hashlib.blake2b computes them.
    EXPECT_EQ(percent_bucket("pilot", "account-1"), 113'651U);
    EXPECT_EQ(percent_bucket("", ""), 583'600U);
    EXPECT_EQ(percent_bucket("соль", "север"), 855'553U);
    EXPECT_EQ(percent_bucket("a", "b"), 350'469U);
    EXPECT_EQ(percent_bucket("pilot", "0123456789abcdef0123456789abcdef"), 393'093U);

    const Known account{{"account_id", "account-1"}};
    EXPECT_FALSE(predicate(percent("11.3651")).matches(account));
    EXPECT_TRUE(predicate(percent("11.3652")).matches(account));
    EXPECT_FALSE(predicate(percent("0")).matches(account));
    EXPECT_TRUE(predicate(percent("100")).matches(account));
}

TEST(Predicate, PercentDividesAboutSo) {
    const auto tenth = predicate(percent("10"));
    const auto other_tenth = predicate(percent("10", "another"));
    int in = 0;
    int in_both = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto id = std::to_string(i);
        const bool matches = tenth.matches(Known{{"account_id", id}});
        in += matches ? 1 : 0;
        in_both += matches && other_tenth.matches(Known{{"account_id", id}}) ? 1 : 0;
    }
    // 5 standard deviations of a fair draw; the hash is fixed, so this does not vary.
    EXPECT_NEAR(in, 2'000, 212);
    EXPECT_NEAR(in_both, 200, 71);
}

RC_GTEST_PROP(PredicateProperty, WhoeverIsInStaysInWhenTheFigureGrows, (const std::string& account)) {
    const auto lower = *rc::gen::inRange(0, 1'000'001);
    const auto higher = *rc::gen::inRange(lower, 1'000'001);
    const auto figure = [](int parts) {
        auto decimals = std::to_string(parts % 10'000);
        return std::to_string(parts / 10'000) + "." + std::string(4 - decimals.size(), '0') + decimals;
    };
    const Known arguments{{"account_id", account}};
    const bool in_lower = predicate(percent(figure(lower))).matches(arguments);
    const bool in_higher = predicate(percent(figure(higher))).matches(arguments);
    RC_ASSERT(!in_lower || in_higher);
    RC_ASSERT(in_lower == (percent_bucket("pilot", account) < static_cast<std::uint32_t>(lower)));
}

TEST(Predicate, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(refusal("{type: near, arg: region, value: x}"),
              "configs.yaml:1: predicate.type: expected one of true, eq, in_set, not, all_of, any_of, percent, found "
              "\"near\"");
    EXPECT_EQ(refusal("{type: eq, arg: town, value: x}"),
              "configs.yaml:1: predicate.arg: expected one of plan, region, language, account_id, found \"town\"");
    EXPECT_EQ(refusal("{type: eq, arg: region, value: x, set: [y]}"), "configs.yaml:1: predicate.set: unknown key");
    EXPECT_EQ(refusal("{arg: region}"),
              "configs.yaml:1: predicate.type: expected one of true, eq, in_set, not, all_of, any_of, percent, found "
              "nothing");
}

TEST(Predicate, RefusesWrongParts) {
    EXPECT_THAT(refusal("{type: eq, arg: region}"), HasSubstr("predicate.value: expected a text, found nothing"));
    EXPECT_THAT(refusal("{type: eq, arg: region, value: 5}"),
                HasSubstr("predicate.value: expected a text, found the number 5"));
    EXPECT_THAT(refusal("{type: in_set, arg: region, set: x}"), HasSubstr("predicate.set: expected a list of texts"));
    EXPECT_THAT(refusal("{type: in_set, arg: region, set: [a, 1]}"), HasSubstr("predicate.set[1]: expected a text"));
    EXPECT_THAT(refusal("{type: not}"), HasSubstr("predicate.predicate: expected a section, found nothing"));
    EXPECT_THAT(refusal("{type: not, predicate: [a]}"),
                HasSubstr("predicate.predicate: expected a section, found a list"));
    EXPECT_THAT(refusal("{type: all_of}"),
                HasSubstr("predicate.predicates: expected a list of at least one predicate"));
    EXPECT_THAT(refusal("{type: any_of, predicates: []}"), HasSubstr("expected a list of at least one predicate"));
    EXPECT_THAT(refusal("{type: any_of, predicates: [5]}"), HasSubstr("predicate.predicates[0]: expected a section"));
    EXPECT_THAT(refusal(percent("101")),
                HasSubstr("predicate.percent: expected a number from 0 to 100, found the number 101"));
    EXPECT_THAT(refusal(percent("-1")), HasSubstr("expected a number from 0 to 100"));
    EXPECT_THAT(refusal(percent("0.00001")), HasSubstr("expected at most 4 decimals"));
    EXPECT_THAT(refusal(percent("5", "a\\0b")), HasSubstr("predicate.salt: expected a text without zero bytes"));
    EXPECT_THAT(refusal("{type: percent, arg: region, percent: 5}"),
                HasSubstr("predicate.salt: expected a text, found nothing"));
}

TEST(Predicate, BoundsNesting) {
    const auto nested = [](int levels) {
        std::string flow = "{type: true}";
        for (int i = 1; i < levels; ++i) {
            flow = "{type: not, predicate: " + flow + "}";
        }
        return flow;
    };
    EXPECT_EQ(refusal(nested(predicate_depth_max)), "");
    EXPECT_THAT(refusal(nested(predicate_depth_max + 1)),
                HasSubstr("expected at most 32 predicates within each other"));
}

}  // namespace
}  // namespace twinfleet::typed_config
