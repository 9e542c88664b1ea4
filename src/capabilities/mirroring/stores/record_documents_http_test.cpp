#include "capabilities/mirroring/stores/record_documents_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* group_text = R"({"_id": "g", "park_id": "p", "name": "office", "grants": ["a", "b"],
    "is_super": false, "read_only": true, "is_enabled": true, "created_date": {"$date": 1700000000123},
    "modified_date": {"$date": -5}})";
constexpr const char* user_text = R"({"_id": "u", "park_id": "p", "login": "anna", "display_name": "",
    "is_enabled": true, "is_superuser": false, "created_date": {"$date": 1}, "modified_date": {"$date": 2}})";

ChildInsert insert_of(const std::string& text) {
    return {.document = bson::from_json(text), .id = domain::ChildId("child")};
}

/// Of a child at version 2 s and 3 us.
ChildUpdate record_update_of(const std::string& set, std::vector<std::string> unset = {}) {
    const bson::Document version = bson::Builder().timestamp("updated_ts", {.seconds = 2, .increment = 3}).take();
    const auto field = *version.view().find("updated_ts");
    return {.id = domain::ChildId("child"),
            .version = {.updated_ts = {field.whole.begin(), field.whole.end()}},
            .set = bson::from_json(set),
            .unset = std::move(unset),
            .replacement = {}};
}

TEST(RecordDocuments, HoldTheFieldsOfTheRecord) {
    clients::Group group;
    ASSERT_TRUE(read_record(insert_of(group_text), group));
    EXPECT_EQ(group.id, "child") << "not what the document says";
    EXPECT_THAT(group.grants, ElementsAre("a", "b"));
    EXPECT_EQ(group.created_us, 1'700'000'000'123'000);
    EXPECT_EQ(group.modified_us, -5'000);
    group.id = "g";
    group.updated_us = 2'000'003;
    const bson::Document document = document_of(group);
    const bson::Document expected = bson::from_json(group_text);
    for (const bson::Element& element : expected.view()) {
        const auto field = document.view().find(element.key);
        ASSERT_TRUE(field) << element.key;
        EXPECT_TRUE(field->same_value(element)) << element.key;
    }
    const auto version = document.view().find("updated_ts")->timestamp();
    EXPECT_EQ(version.seconds, 2U);
    EXPECT_EQ(version.increment, 3U);
    EXPECT_EQ(microseconds(version), 2'000'003);
}

TEST(RecordDocuments, LeaveOutWhatIsNull) {
    clients::User user;
    ASSERT_TRUE(read_record(insert_of(user_text), user));
    EXPECT_EQ(user.phone, std::nullopt);
    EXPECT_FALSE(document_of(user).view().find("phone"));
    std::string text = user_text;
    text.insert(1, R"("phone": "+70001112233", "group_id": null, )");
    ASSERT_TRUE(read_record(insert_of(text), user));
    EXPECT_EQ(user.phone, "+70001112233");
    EXPECT_EQ(document_of(user).view().find("phone")->string(), "+70001112233");
    EXPECT_FALSE(document_of(user).view().find("group_id"));
}

TEST(RecordDocuments, AreRefusedWhereARecordCannotHoldThem) {
    const auto is_good = [](std::string text, const std::string& from, const std::string& to) {
        text.replace(text.find(from), from.size(), to);
        clients::Group group;
        return read_record(insert_of(text), group);
    };
    EXPECT_TRUE(is_good(group_text, "office", "office"));
    EXPECT_FALSE(is_good(group_text, R"("office")", "7"));
    EXPECT_FALSE(is_good(group_text, R"("office")", "null"));
    EXPECT_FALSE(is_good(group_text, R"(["a", "b"])", R"(["a", 1])"));
    EXPECT_FALSE(is_good(group_text, R"(["a", "b"])", R"("a")"));
    EXPECT_FALSE(is_good(group_text, R"("read_only": true)", R"("read_only": 1)"));
    EXPECT_FALSE(is_good(group_text, R"({"$date": -5})", "-5"));
    EXPECT_FALSE(is_good(group_text, R"("is_enabled": true, )", "")) << "missing";
}

TEST(RecordDocuments, UpdateOnlyWhatIsNamed) {
    clients::UserUpdate update;
    ASSERT_TRUE(read_update(record_update_of(R"({"login": "boris", "balance": 5})", {"group_id", "balance"}), update));
    EXPECT_EQ(update.id, "child");
    EXPECT_EQ(update.version_us, 2'000'003);
    EXPECT_EQ(update.changes.login, "boris");
    EXPECT_EQ(update.changes.display_name, std::nullopt);
    EXPECT_EQ(update.changes.phone, std::nullopt);
    ASSERT_TRUE(update.changes.group_id);
    EXPECT_EQ(*update.changes.group_id, std::nullopt) << "taken away";

    clients::GroupUpdate group;
    ASSERT_TRUE(read_update(record_update_of(R"({"grants": [], "modified_date": {"$date": 7}})"), group));
    ASSERT_TRUE(group.changes.grants);
    EXPECT_THAT(*group.changes.grants, IsEmpty());
    EXPECT_EQ(group.changes.modified_us, 7'000);
}

TEST(RecordDocuments, RefuseUpdatesThatTakeAwayWhatIsNeeded) {
    clients::UserUpdate update;
    EXPECT_FALSE(read_update(record_update_of("{}", {"login"}), update));
    EXPECT_FALSE(read_update(record_update_of(R"({"login": null})"), update));
    EXPECT_FALSE(read_update(record_update_of(R"({"phone": 7})"), update));
    ChildUpdate without_version = record_update_of(R"({"login": "boris"})");
    without_version.version.updated_ts.clear();
    EXPECT_FALSE(read_update(without_version, update));
}

}  // namespace
}  // namespace twinfleet::mirroring
