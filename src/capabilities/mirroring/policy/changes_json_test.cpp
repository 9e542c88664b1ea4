#include "capabilities/mirroring/policy/changes_json.hpp"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "platform/bson/builder.hpp"

namespace twinfleet::mirroring {
namespace {

class ChangesJson : public ::testing::Test {
protected:
    void add(const std::string& name, const std::optional<std::string>& from, const std::optional<std::string>& to) {
        const auto element = [&](const std::optional<std::string>& json) -> std::optional<bson::Element> {
            if (!json) {
                return std::nullopt;
            }
            documents_.push_back(std::make_unique<bson::Document>(bson::from_json("{\"v\": " + *json + "}")));
            return *documents_.back()->view().find("v");
        };
        difference_.fields.push_back({name, element(from), element(to)});
    }
    void add_text(const std::string& name, const std::string& text) {
        bson::Builder builder;
        builder.string("v", text);
        documents_.push_back(std::make_unique<bson::Document>(builder.take()));
        difference_.fields.push_back({name, *documents_.back()->view().find("v"), std::nullopt});
    }

    Difference difference_;
    std::vector<std::unique_ptr<bson::Document>> documents_;
};

TEST_F(ChangesJson, TellsWhatWasAndWhatBecame) {
    add("color", R"("red")", R"("white")");
    add("note", R"({"$numberInt": "1"})", std::nullopt);
    add("a\"b", std::nullopt, "[true, null]");
    EXPECT_EQ(changes_json(difference_), R"({"color":{"was":"red","became":"white"},"note":{"was":{"$numberInt":"1"}},)"
                                         R"("a\"b":{"became":[true,null]}})");
    EXPECT_EQ(changes_json({}), "{}");
}

TEST_F(ChangesJson, LongValuesAreToldByTheirSize) {
    add_text("long", std::string(recorded_value_bytes_max, 'x'));
    EXPECT_EQ(changes_json(difference_), R"({"long":{"was_bytes":16389}})");
}

TEST_F(ChangesJson, OnceThereIsMuchFurtherValuesAreToldByTheirSize) {
    for (int i = 0; i < 10; ++i) {
        add_text("f" + std::to_string(i), std::string(10'000, 'x'));
    }
    const std::string json = changes_json(difference_);
    EXPECT_LT(json.size(), 70'000U);
    EXPECT_NE(json.find(R"("f5":{"was":"x)"), std::string::npos);
    EXPECT_NE(json.find(R"("f6":{"was_bytes":10005})"), std::string::npos);
}

TEST_F(ChangesJson, ManyFieldsAreCounted) {
    for (std::size_t i = 0; i < recorded_fields_max + 7; ++i) {
        add("f" + std::to_string(i), "true", "false");
    }
    EXPECT_TRUE(changes_json(difference_).ends_with(R"(,"":{"fields":7}})"));
}

TEST_F(ChangesJson, WhatJsonbCannotHoldIsToldByItsSize) {
    using namespace std::string_literals;
    add_text("nul", "a\0b"s);
    add_text("latin", "\xe9t\xe9");
    add_text("surrogate", "\xed\xa0\x80");
    add_text("spelt out", "\\u0000");
    EXPECT_EQ(changes_json(difference_),
              R"({"nul":{"was_bytes":8},"latin":{"was_bytes":8},"surrogate":{"was_bytes":8},)"
              R"("spelt out":{"was":"\\u0000"}})");
}

}  // namespace
}  // namespace twinfleet::mirroring
