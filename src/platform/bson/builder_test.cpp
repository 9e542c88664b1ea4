#include "platform/bson/builder.hpp"

#include <bson/bson.h>
#include <gtest/gtest.h>

#include "platform/bson/testing/documents.hpp"

namespace twinfleet::bson {
namespace {

using testing::Buffer;
using testing::Written;

Buffer to_buffer(const Document& document) {
    const auto bytes = document.view().bytes();
    return {bytes.begin(), bytes.end()};
}

TEST(BsonBuilder, TheEmptyDocument) {
    EXPECT_EQ(Builder().take(), Document());
    EXPECT_EQ(to_buffer(Document()), (Buffer{5, 0, 0, 0, 0}));
}

TEST(BsonBuilder, WritesWhatLibbsonWrites) {
    Written expected;
    auto* bson = expected.get();
    bson_append_utf8(bson, "string", -1, "a\0b", 3);
    BSON_APPEND_INT32(bson, "int32", INT32_MIN);
    BSON_APPEND_INT64(bson, "int64", INT64_MAX);
    BSON_APPEND_DOUBLE(bson, "real", -0.1);
    BSON_APPEND_BOOL(bson, "true", true);
    BSON_APPEND_BOOL(bson, "false", false);
    BSON_APPEND_DATE_TIME(bson, "date", -1);
    BSON_APPEND_TIMESTAMP(bson, "timestamp", 4'000'000'000U, 7);
    BSON_APPEND_NULL(bson, "");
    bson_t inner;
    bson_t innermost;
    BSON_APPEND_DOCUMENT_BEGIN(bson, "document", &inner);
    BSON_APPEND_INT32(&inner, "a", 1);
    BSON_APPEND_ARRAY_BEGIN(&inner, "array", &innermost);
    BSON_APPEND_UTF8(&innermost, "0", "x");
    bson_append_array_end(&inner, &innermost);
    BSON_APPEND_INT32(&inner, "b", 2);
    bson_append_document_end(bson, &inner);
    Written other;
    BSON_APPEND_INT32(other.get(), "0", 5);
    BSON_APPEND_DOCUMENT(bson, "copied document", other.get());
    BSON_APPEND_ARRAY(bson, "copied array", other.get());

    const auto copied = Builder().int32("0", 5).take();
    const auto built = Builder()
                           .string("string", std::string_view("a\0b", 3))
                           .int32("int32", INT32_MIN)
                           .int64("int64", INT64_MAX)
                           .real("real", -0.1)
                           .boolean("true", true)
                           .boolean("false", false)
                           .date("date", -1)
                           .timestamp("timestamp", {.seconds = 4'000'000'000U, .increment = 7})
                           .null("")
                           .begin_document("document")
                           .int32("a", 1)
                           .begin_array("array")
                           .string("0", "x")
                           .end()
                           .int32("b", 2)
                           .end()
                           .document("copied document", copied)
                           .array("copied array", copied)
                           .take();
    EXPECT_EQ(to_buffer(built), expected.bytes());
}

TEST(BsonBuilder, CopiesFieldsOfEveryType) {
    const auto bytes = testing::every_type();
    Builder builder;
    for (const auto& element : View(bytes)) {
        builder.copy(element);
    }
    EXPECT_EQ(to_buffer(builder.take()), bytes);
    const auto fields = Bytes(bytes).subspan(4, bytes.size() - 5);
    EXPECT_EQ(to_buffer(Builder().copy(fields).take()), bytes);
}

TEST(BsonBuilder, CopiesAValueUnderAnotherKey) {
    const auto source = Builder().string("old", "value").take();
    const auto renamed = Builder().copy_as("new", source.view().find("old").value()).take();
    EXPECT_EQ(renamed, Builder().string("new", "value").take());
}

TEST(BsonBuilder, CanBeUsedAgainAfterTake) {
    Builder builder;
    builder.int32("a", 1);
    const auto first = builder.take();
    EXPECT_EQ(builder.take(), Document());
    EXPECT_EQ(builder.int32("a", 1).take(), first);
}

TEST(BsonBuilder, RefusesKeysWithNul) {
    Builder builder;
    EXPECT_THROW(builder.int32(std::string_view("a\0b", 3), 1), std::invalid_argument);
    EXPECT_THROW(builder.begin_document(std::string_view("\0", 1)), std::invalid_argument);
    EXPECT_EQ(builder.take(), Document());
}

TEST(BsonBuilder, RefusesUnbalancedNesting) {
    Builder builder;
    EXPECT_THROW(builder.end(), std::logic_error);
    builder.begin_document("a");
    EXPECT_THROW(static_cast<void>(builder.take()), std::logic_error);
    builder.end();
    EXPECT_EQ(to_extended_json(builder.take()), R"({"a":{}})");
}

TEST(BsonBuilder, StringArrayCountsItsKeys) {
    EXPECT_EQ(string_array({}), Document());
    std::vector<std::string> texts;
    texts.reserve(101);
    for (int index = 0; index < 101; ++index) {
        texts.push_back("id" + std::to_string(index));
    }
    const auto array = string_array({texts.begin(), texts.end()});
    std::size_t index = 0;
    for (const auto& element : array.view()) {
        EXPECT_EQ(element.key, std::to_string(index));
        EXPECT_EQ(element.string(), texts[index]);
        ++index;
    }
    EXPECT_EQ(index, texts.size());
}

TEST(BsonFromJson, ReadsCanonicalAndRelaxedJson) {
    const auto expected = Builder().int64("a", 5).begin_array("b").boolean("0", true).end().take();
    EXPECT_EQ(from_json(R"({"a": {"$numberLong": "5"}, "b": [true]})"), expected);
    EXPECT_EQ(from_json(R"({"a": 5, "b": {"$date": "1970-01-01T00:00:01Z"}})"),
              Builder().int32("a", 5).date("b", 1'000).take());
}

TEST(BsonFromJson, ReadsBackWhatWasWritten) {
    const auto bytes = testing::every_type();
    EXPECT_EQ(to_buffer(from_json(to_extended_json(View(bytes)))), bytes);
}

TEST(BsonFromJson, RefusesWhatIsNotJson) {
    for (const auto* json : {"", "{", "{]", "text", R"({"a": })", R"({"a": {"$date": 5, "b": 1}})"}) {
        EXPECT_THROW(static_cast<void>(from_json(json)), std::invalid_argument) << json;
    }
}

}  // namespace
}  // namespace twinfleet::bson
