#include "platform/typed_config/typed_configs.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::typed_config {
namespace {

struct FeatureEnabled {
    bool enabled = false;
};

/// What is known about a case.
using Known = std::vector<Argument>;

struct Configs {
    Registry registry{{"region", "account_id"}};
    Handle<FeatureEnabled> feature = registry.add<FeatureEnabled>(
        "feature_enabled", [](config::Reader value) { return FeatureEnabled{value.required<bool>("enabled")}; });
    Handle<int> limit = registry.add<int>(
        "limit", [](config::Reader value) { return value.itself<int>({.min = 0, .max = 10}); }, 3);

    Configs() { registry.allow("of_another_program"); }

    [[nodiscard]] auto parse(std::string_view text) const {
        return TypedConfigs::parse(registry, text, "configs.yaml");
    }
    [[nodiscard]] std::string refusal(std::string_view text) const {
        try {
            (void)parse(text);
        } catch (const config::Error& error) {
            return error.what();
        }
        return "";
    }
};

constexpr std::string_view pilot = R"(feature_enabled:
  default: {enabled: false}
  clauses:
    - title: never this account
      predicate: {type: eq, arg: account_id, value: a9}
      value: {enabled: false}
    - title: pilot regions
      predicate: {type: in_set, arg: region, set: [север, north]}
      value: {enabled: true}
of_another_program: {whatever: [1, 2]}
)";

TEST(TypedConfigs, FirstClauseThatMatchesWins) {
    const Configs configs;
    const auto snapshot = configs.parse(pilot);
    EXPECT_TRUE(snapshot->evaluate(configs.feature, Known{{"region", "север"}}).enabled);
    EXPECT_FALSE(snapshot->evaluate(configs.feature, Known{{"region", "юг"}}).enabled);
    EXPECT_FALSE(snapshot->evaluate(configs.feature, Known{{"region", "north"}, {"account_id", "a9"}}).enabled);
    EXPECT_FALSE(snapshot->evaluate(configs.feature, {}).enabled);
}

TEST(TypedConfigs, TellWhichClauseMatched) {
    const Configs configs;
    const auto snapshot = configs.parse(pilot);
    EXPECT_EQ(snapshot->explain(configs.feature, Known{{"region", "север"}}).clause, "pilot regions");
    EXPECT_EQ(snapshot->explain(configs.feature, Known{{"region", "north"}, {"account_id", "a9"}}).clause,
              "never this account");
    EXPECT_EQ(snapshot->explain(configs.feature, {}).clause, std::nullopt);
    EXPECT_TRUE(snapshot->explain(configs.feature, Known{{"region", "север"}}).value.enabled);
}

TEST(TypedConfigs, ConfigThatIsAbsentHasTheProgramsOwnValue) {
    const Configs configs;
    EXPECT_EQ(configs.parse(pilot)->evaluate(configs.limit, {}), 3);
    const auto snapshot = configs.parse("limit: {default: 7}\n");
    EXPECT_EQ(snapshot->evaluate(configs.limit, {}), 7);
    EXPECT_FALSE(snapshot->evaluate(configs.feature, Known{{"region", "north"}}).enabled);
}

TEST(TypedConfigs, RefuseUnknownNames) {
    const Configs configs;
    EXPECT_EQ(configs.refusal("feature_enabld: {default: {enabled: true}}\n"),
              "configs.yaml:1: feature_enabld: unknown key; did you mean \"feature_enabled\"?");
}

TEST(TypedConfigs, RefuseValuesOfAnotherType) {
    const Configs configs;
    EXPECT_EQ(configs.refusal("feature_enabled:\n  default: {enabled: yes, enable: 1}\n"
                              "  clauses:\n"
                              "  - title: a\n"
                              "    predicate: {type: true}\n"
                              "    value: true\n"
                              "  - title: b\n"
                              "    predicate: {type: true}\n"
                              "    value: {}\n"
                              "limit: {default: 11}\n"),
              "configs.yaml:2: feature_enabled.default.enabled: expected true or false, found \"yes\"\n"
              "configs.yaml:2: feature_enabled.default.enable: unknown key; did you mean \"enabled\"?\n"
              "configs.yaml:6: feature_enabled.clauses[0].value: expected a section, found true\n"
              "configs.yaml:9: feature_enabled.clauses[1].value.enabled: expected true or false, found nothing\n"
              "configs.yaml:10: limit.default: expected a whole number from 0 to 10, found the number 11");
}

TEST(TypedConfigs, RefuseIncompleteConfigs) {
    const Configs configs;
    EXPECT_EQ(configs.refusal("limit:\n"), "configs.yaml:1: limit.default: expected a value, found nothing");
    EXPECT_EQ(configs.refusal("limit: 5\n"), "configs.yaml:1: limit: expected a section, found a number");
    EXPECT_EQ(configs.refusal("limit: {default: 1, clauses: {}}\n"),
              "configs.yaml:1: limit.clauses: expected a list, found a section");
    EXPECT_EQ(configs.refusal("limit: {default: 1, clause: []}\n"),
              "configs.yaml:1: limit.clause: unknown key; did you mean \"clauses\"?");
    EXPECT_EQ(configs.refusal("limit:\n  default: 1\n  clauses:\n  - {}\n  - title: ''\n    predicate: {type: true}\n"
                              "    value: 1\n"),
              "configs.yaml:4: limit.clauses[0].title: expected a text, found nothing\n"
              "configs.yaml:4: limit.clauses[0].predicate: expected a section, found nothing\n"
              "configs.yaml:4: limit.clauses[0].value: expected a value, found nothing\n"
              "configs.yaml:5: limit.clauses[1].title: expected a title that no other clause here has");
    EXPECT_EQ(configs.refusal("limit:\n  default: 1\n  clauses:\n"
                              "  - {title: a, predicate: {type: true}, value: 1}\n"
                              "  - {title: a, predicate: {type: true}, value: 1}\n"),
              "configs.yaml:5: limit.clauses[1].title: expected a title that no other clause here has");
}

TEST(TypedConfigs, RefuseAnEmptyFile) {
    const Configs configs;
    for (const auto* text : {"", "# all gone\n", "{}\n"}) {
        EXPECT_EQ(configs.refusal(text), "configs.yaml:1: expected named configs, found nothing");
    }
}

TEST(TypedConfigs, UnderstandWindowsLineEndsAndAnchors) {
    const Configs configs;
    const auto snapshot = configs.parse(
        "feature_enabled:\r\n"
        "  default: &off {enabled: false}\r\n"
        "  clauses:\r\n"
        "  - {title: a, predicate: &region {type: eq, arg: region, value: north}, value: {enabled: true}}\r\n"
        "limit:\r\n"
        "  default: 1\r\n"
        "  clauses:\r\n"
        "  - {title: a, predicate: *region, value: 2}\r\n");
    EXPECT_TRUE(snapshot->evaluate(configs.feature, Known{{"region", "north"}}).enabled);
    EXPECT_EQ(snapshot->evaluate(configs.limit, Known{{"region", "north"}}), 2);
}

TEST(TypedConfigs, BoundTheFile) {
    const Configs configs;
    EXPECT_THAT(configs.refusal("limit: {default: 1}\n" + std::string(1 << 20, '#')),
                testing::HasSubstr("expected at most 1048576 bytes, found more"));
}

TEST(TypedConfigs, FingerprintFollowsFromTheBytes) {
    const Configs configs;
    EXPECT_EQ(fingerprint_of("a: 1\n"), "d0b970de6740691aa906909481c490c8");
    EXPECT_EQ(configs.parse(pilot)->fingerprint(), fingerprint_of(pilot));
    EXPECT_NE(fingerprint_of(""), fingerprint_of(std::string_view("\0", 1)));
}

TEST(TypedConfigs, NamesAreRegisteredOnce) {
    Registry registry;
    registry.allow("name");
    EXPECT_THROW(registry.allow("name"), std::logic_error);
}

TEST(InMemorySource, ReplacesAllOrNothing) {
    const Configs configs;
    InMemorySource source(configs.registry, "limit: {default: 1}\n");
    const auto before = source.snapshot();
    EXPECT_THROW(source.replace("limit: {default: 100}\n"), config::Error);
    EXPECT_EQ(source.snapshot(), before);
    source.replace("limit: {default: 2}\n");
    EXPECT_EQ(source.snapshot()->evaluate(configs.limit, {}), 2);
    EXPECT_EQ(before->evaluate(configs.limit, {}), 1);
}

}  // namespace
}  // namespace twinfleet::typed_config
