#include "platform/incremental_cache/record.hpp"

#include <variant>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::incremental_cache {
namespace {

using Field = std::variant<std::string, std::uint64_t, std::int64_t>;

rc::Gen<std::string> texts() {
    const auto digits = rc::gen::elementOf(std::string("0123456789abcdef"));
    return rc::gen::oneOf(
        rc::gen::arbitrary<std::string>(), rc::gen::container<std::string>(32, digits),
        rc::gen::container<std::string>(32, rc::gen::elementOf(std::string("0123456789abcdefABCDEFg"))));
}

rc::Gen<std::vector<Field>> records() {
    return rc::gen::container<std::vector<Field>>(
        rc::gen::oneOf(rc::gen::map(texts(), [](std::string text) { return Field(std::move(text)); }),
                       rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](auto value) { return Field(value); }),
                       rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](auto value) { return Field(value); })));
}

RecordWriter written(const std::vector<Field>& fields) {
    RecordWriter writer;
    for (const auto& field : fields) {
        if (const auto* text = std::get_if<std::string>(&field)) {
            writer.text(*text);
        } else if (const auto* number = std::get_if<std::uint64_t>(&field)) {
            writer.number(*number);
        } else {
            writer.signed_number(std::get<std::int64_t>(field));
        }
    }
    return writer;
}

std::vector<Field> read_like(const std::vector<Field>& fields, Bytes bytes) {
    RecordReader reader(bytes);
    std::vector<Field> found;
    for (const auto& field : fields) {
        if (std::holds_alternative<std::string>(field)) {
            found.emplace_back(reader.text());
        } else if (std::holds_alternative<std::uint64_t>(field)) {
            found.emplace_back(reader.number());
        } else {
            found.emplace_back(reader.signed_number());
        }
    }
    reader.finish();
    return found;
}

RC_GTEST_PROP(Record, WhatIsWrittenIsRead, ()) {
    const auto fields = *records();
    RC_ASSERT(read_like(fields, written(fields).bytes()) == fields);
}

RC_GTEST_PROP(Record, OneThatIsCutShortIsRefused, ()) {
    const auto fields = *rc::gen::nonEmpty(records());
    const auto writer = written(fields);
    const auto length = *rc::gen::inRange<std::size_t>(0, writer.bytes().size());
    RC_ASSERT_THROWS_AS(static_cast<void>(read_like(fields, writer.bytes().first(length))), MalformedRecord);
}

RC_GTEST_PROP(Record, TextsAreComparedInPlace, ()) {
    const auto text = *texts();
    const auto other = *texts();
    RecordWriter writer;
    writer.text(text);
    RC_ASSERT(RecordReader(writer.bytes()).text_is(text));
    RC_ASSERT(RecordReader(writer.bytes()).text_is(other) == (text == other));
}

TEST(Record, AnIdOfHexDigitsTakesHalf) {
    RecordWriter writer;
    writer.text("0123456789abcdef0123456789abcdef");
    EXPECT_EQ(writer.bytes().size(), 17U);
    writer.clear();
    writer.text("0123456789ABCDEF0123456789ABCDEF");
    EXPECT_EQ(RecordReader(writer.bytes()).text(), "0123456789ABCDEF0123456789ABCDEF");
}

}  // namespace
}  // namespace twinfleet::incremental_cache
