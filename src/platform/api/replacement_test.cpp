#include "platform/api/replacement.hpp"

#include <string>

#include <gtest/gtest.h>

namespace twinfleet::api {
namespace {

const FixedFields fixed{{"id", "a"}, {"number", 7}, {"gone_at", nullptr}};

std::string read_name(json::ObjectReader& reader) {
    return reader.optional_text("name").value_or("usual");
}

/// The name that was read, or the refusal.
std::string replaced(std::string_view body) {
    try {
        return read_replacement(body, fixed, read_name);
    } catch (const json::BadInput& bad) {
        return "bad " + bad.field();
    } catch (const Conflict& conflict) {
        return "conflict " + conflict.field();
    }
}

TEST(Replacement, TakesFixedFieldsAsTheyAre) {
    EXPECT_EQ(replaced(R"({"name": "n", "id": "a", "number": 7, "gone_at": null})"), "n");
    EXPECT_EQ(replaced(R"({"name": "n", "number": 7})"), "n");
    EXPECT_EQ(replaced(R"({"name": "n"})"), "n");
}

TEST(Replacement, GivesFieldsThatAreLeftOutTheirUsualValues) {
    EXPECT_EQ(replaced("{}"), "usual");
    EXPECT_EQ(replaced(R"({"id": "a"})"), "usual");
}

TEST(Replacement, RefusesOtherValuesOfFixedFields) {
    EXPECT_EQ(replaced(R"({"id": "b"})"), "conflict id");
    EXPECT_EQ(replaced(R"({"id": null})"), "conflict id");
    EXPECT_EQ(replaced(R"({"number": "7"})"), "conflict number");
    EXPECT_EQ(replaced(R"({"gone_at": "a"})"), "conflict gone_at");
}

TEST(Replacement, FindsWhatIsWrongByItselfBeforeWhatContradicts) {
    EXPECT_EQ(replaced(R"({"id": "b", "name": 7})"), "bad name");
    EXPECT_EQ(replaced(R"({"id": "b", "unknown": 7})"), "bad unknown");
    EXPECT_EQ(replaced("{"), "bad ");
}

}  // namespace
}  // namespace twinfleet::api
