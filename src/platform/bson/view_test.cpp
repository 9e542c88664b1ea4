#include "platform/bson/view.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "platform/bson/builder.hpp"
#include "platform/bson/testing/documents.hpp"

namespace twinfleet::bson {
namespace {

using testing::Buffer;
using testing::every_type;
using testing::nested;
using testing::RandomDocuments;

Element field(View document, std::string_view key) {
    const auto element = document.find(key);
    if (!element) {
        throw std::out_of_range(std::string(key));
    }
    return *element;
}

Buffer to_buffer(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

void walk(View document) {
    for (const auto& element : document) {
        if (element.type == Type::document || element.type == Type::array) {
            walk(element.document());
        }
    }
}

/// A document of one field "k", its length prefix set right.
Buffer one_field(std::uint8_t type, const Buffer& value) {
    Buffer bytes{0, 0, 0, 0, type, 'k', 0};
    bytes.insert(bytes.end(), value.begin(), value.end());
    bytes.push_back(0);
    bytes[0] = static_cast<std::uint8_t>(bytes.size());
    return bytes;
}

void expect_malformed(const Buffer& bytes) {
    EXPECT_THROW(walk(View(bytes)), Malformed);
    EXPECT_THROW(View(bytes).validate(), Malformed);
}

TEST(BsonView, AValueIsReadAsWhatItIsOrNotAtAll) {
    const Buffer document = every_type();
    for (const Element& element : View(document)) {
        const auto expect = [&](bool is_that, const auto& read) {
            if (is_that) {
                EXPECT_NO_THROW(read()) << element.key;
            } else {
                EXPECT_THROW(read(), WrongType) << element.key;
            }
        };
        expect(element.type == Type::utf8, [&] { (void)element.string(); });
        expect(element.type == Type::document || element.type == Type::array, [&] { (void)element.document(); });
        expect(element.type == Type::timestamp, [&] { (void)element.timestamp(); });
        expect(element.type == Type::date, [&] { (void)element.date_ms(); });
        expect(element.type == Type::boolean, [&] { (void)element.boolean(); });
    }
}

TEST(BsonView, FindsATextWhereThereIsOne) {
    const auto document = from_json(R"({"text": "t", "empty": "", "number": 5, "null": null})");
    EXPECT_EQ(find_text(document, "text"), "t");
    EXPECT_EQ(find_text(document, "empty"), "");
    EXPECT_EQ(find_text(document, "number"), std::nullopt);
    EXPECT_EQ(find_text(document, "null"), std::nullopt);
    EXPECT_EQ(find_text(document, "missing"), std::nullopt);
}

TEST(BsonView, KnowsFieldsThatSayNothing) {
    const auto document =
        from_json(R"({"null": null, "undefined": {"$undefined": true}, "empty": "", "blank": " ", "zero": 0,
                      "false": false, "list": [], "document": {}})");
    for (const char* nothing : {"null", "undefined", "empty", "missing"}) {
        EXPECT_TRUE(says_nothing(document.view().find(nothing))) << nothing;
    }
    for (const char* something : {"blank", "zero", "false", "list", "document"}) {
        EXPECT_FALSE(says_nothing(document.view().find(something))) << something;
    }
}

TEST(BsonView, EmptyDocumentHasNoFields) {
    const View view;
    EXPECT_TRUE(view.empty());
    EXPECT_EQ(view.size_bytes(), 5U);
    EXPECT_EQ(view.begin(), view.end());
    EXPECT_EQ(view.find(""), std::nullopt);
    view.validate();
}

TEST(BsonView, YieldsEveryTypeInOrder) {
    const auto bytes = every_type();
    std::vector<std::pair<std::string, Type>> seen;
    for (const auto& element : View(bytes)) {
        seen.emplace_back(element.key, element.type);
    }
    const std::vector<std::pair<std::string, Type>> expected{
        {"double", Type::double_},
        {"string", Type::utf8},
        {"document", Type::document},
        {"array", Type::array},
        {"binary0", Type::binary},
        {"binary2", Type::binary},
        {"binary5", Type::binary},
        {"binary128", Type::binary},
        {"binaryEmpty", Type::binary},
        {"undefined", Type::undefined},
        {"objectId", Type::object_id},
        {"true", Type::boolean},
        {"false", Type::boolean},
        {"date", Type::date},
        {"null", Type::null},
        {"regex", Type::regex},
        {"dbPointer", Type::db_pointer},
        {"code", Type::code},
        {"symbol", Type::symbol},
        {"codeWithScope", Type::code_with_scope},
        {"int32", Type::int32},
        {"timestamp", Type::timestamp},
        {"int64", Type::int64},
        {"decimal128", Type::decimal128},
        {"minKey", Type::min_key},
        {"maxKey", Type::max_key},
    };
    EXPECT_EQ(seen, expected);
    View(bytes).validate();
}

TEST(BsonView, ReadsValues) {
    const auto bytes = every_type();
    const View view(bytes);
    EXPECT_EQ(field(view, "string").string(), std::string_view("a\0b\xd1\x8f", 5));
    EXPECT_EQ(field(field(view, "document").document(), "0").integer(), 7);
    EXPECT_EQ(field(field(view, "array").document(), "0").integer(), 7);
    EXPECT_EQ(field(view, "date").date_ms(), -1234567890123);
    EXPECT_EQ(field(view, "timestamp").timestamp(), (Timestamp{.seconds = 1700000000, .increment = 42}));
    EXPECT_TRUE(field(view, "true").boolean());
    EXPECT_FALSE(field(view, "false").boolean());
    EXPECT_EQ(field(view, "int32").integer(), -32);
    EXPECT_EQ(field(view, "int64").integer(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(field(view, "double").integer(), -1);
    EXPECT_EQ(field(view, "decimal128").integer(), std::nullopt);
    EXPECT_EQ(field(view, "string").integer(), std::nullopt);
}

TEST(BsonView, TimestampsOrderBySecondsFirst) {
    EXPECT_LT((Timestamp{.seconds = 1, .increment = 9}), (Timestamp{.seconds = 2, .increment = 0}));
    EXPECT_LT((Timestamp{.seconds = 1, .increment = 1}), (Timestamp{.seconds = 1, .increment = 2}));
}

TEST(BsonView, IntegerRefusesDoublesOutOfRange) {
    const auto integer_of = [](double value) { return field(Builder().real("k", value).take(), "k").integer(); };
    EXPECT_EQ(integer_of(-9223372036854775808.0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(integer_of(9223372036854775808.0), std::nullopt);
    EXPECT_EQ(integer_of(-9223372036854777856.0), std::nullopt);
    EXPECT_EQ(integer_of(std::nan("")), std::nullopt);
    EXPECT_EQ(integer_of(std::numeric_limits<double>::infinity()), std::nullopt);
    EXPECT_EQ(integer_of(2.99), 2);
}

TEST(BsonView, FindTakesTheFirstOfEqualKeys) {
    const auto document = Builder().int32("a", 1).int32("a", 2).take();
    EXPECT_EQ(field(document, "a").integer(), 1);
    EXPECT_EQ(document.view().find("A"), std::nullopt);
    EXPECT_EQ(document.view().find(""), std::nullopt);
}

TEST(BsonView, WholeAndValueCoverTheFieldExactly) {
    const auto bytes = every_type();
    std::size_t offset = 4;
    for (const auto& element : View(bytes)) {
        EXPECT_EQ(element.whole.data(), bytes.data() + offset) << element.key;
        EXPECT_EQ(element.whole[0], static_cast<std::uint8_t>(element.type));
        EXPECT_EQ(element.value.data(), element.whole.data() + 1 + element.key.size() + 1);
        EXPECT_EQ(element.whole.size(), 1 + element.key.size() + 1 + element.value.size());
        offset += element.whole.size();
    }
    EXPECT_EQ(offset, bytes.size() - 1);
}

TEST(BsonView, ValueSizesAreThoseOfTheSpecification) {
    const auto bytes = every_type();
    const std::map<std::string_view, std::size_t> expected{
        {"double", 8},      {"string", 4 + 5 + 1},
        {"document", 12},   {"array", 12},
        {"binary0", 5 + 5}, {"binary2", 5 + 4 + 5},
        {"binary5", 5 + 5}, {"binary128", 5 + 5},
        {"binaryEmpty", 5}, {"undefined", 0},
        {"objectId", 12},   {"true", 1},
        {"false", 1},       {"date", 8},
        {"null", 0},        {"regex", 7 + 3},
        {"int32", 4},       {"dbPointer", 4 + 14 + 12},
        {"code", 4 + 10},   {"symbol", 4 + 4},
        {"timestamp", 8},   {"codeWithScope", 4 + 4 + 10 + 12},
        {"int64", 8},       {"decimal128", 16},
        {"minKey", 0},      {"maxKey", 0},
    };
    for (const auto& element : View(bytes)) {
        EXPECT_EQ(element.value.size(), expected.at(element.key)) << element.key;
    }
}

TEST(BsonView, SameValueComparesTypeAndBytesButNotTheKey) {
    const auto document =
        Builder().int32("a", 1).int32("b", 1).int32("c", 2).int64("d", 1).null("e").null("f").string("g", "").take();
    EXPECT_TRUE(field(document, "a").same_value(field(document, "b")));
    EXPECT_FALSE(field(document, "a").same_value(field(document, "c")));
    EXPECT_FALSE(field(document, "a").same_value(field(document, "d")));
    EXPECT_TRUE(field(document, "e").same_value(field(document, "f")));
    EXPECT_FALSE(field(document, "e").same_value(field(document, "g")));

    const auto bytes = every_type();
    for (const auto& left : View(bytes)) {
        for (const auto& right : View(bytes)) {
            const auto same =
                left.key == right.key || (left.type == right.type && to_buffer(left.value) == to_buffer(right.value));
            EXPECT_EQ(left.same_value(right), same) << left.key << " and " << right.key;
        }
    }
}

TEST(BsonView, RefusesBytesWhoseFrameIsWrong) {
    EXPECT_THROW(View(Bytes{}), Malformed);
    EXPECT_THROW(View(Buffer({5, 0, 0, 0})), Malformed);
    EXPECT_THROW(View(Buffer({6, 0, 0, 0, 0})), Malformed);
    EXPECT_THROW(View(Buffer({4, 0, 0, 0, 0})), Malformed);
    EXPECT_THROW(View(Buffer({5, 0, 0, 0, 1})), Malformed);
    EXPECT_THROW(View(Buffer({5, 0, 0, 0, 0, 0})), Malformed);
    EXPECT_THROW(View(Buffer({5, 0, 0, 128, 0})), Malformed);
}

TEST(BsonView, RefusesBrokenValues) {
    expect_malformed(one_field(0x14, {}));                              // no such type
    expect_malformed(one_field(0x00, {}));                              // a terminator before the end
    expect_malformed(one_field(0x08, {2}));                             // neither true nor false
    expect_malformed(one_field(0x08, {}));                              // cut off
    expect_malformed(one_field(0x10, {1, 0, 0}));                       // cut off
    expect_malformed(one_field(0x13, Buffer(15)));                      // cut off
    expect_malformed(one_field(0x02, {0, 0, 0, 0}));                    // a string without room for its terminator
    expect_malformed(one_field(0x02, {2, 0, 0, 0, 'a', 'b'}));          // a string without its terminator
    expect_malformed(one_field(0x02, {9, 0, 0, 0, 'a', 0}));            // a string beyond the end
    expect_malformed(one_field(0x02, {255, 255, 255, 255, 'a', 0}));    // a negative length
    expect_malformed(one_field(0x02, {1, 0, 0}));                       // a length cut off
    expect_malformed(one_field(0x05, {9, 0, 0, 0, 0, 1}));              // a binary beyond the end
    expect_malformed(one_field(0x05, {255, 255, 255, 255, 0, 1}));      // a negative length
    expect_malformed(one_field(0x05, {0, 0, 0, 0}));                    // a binary without its subtype
    expect_malformed(one_field(0x05, {1, 0, 0, 0, 2, 1}));              // an old binary without its second length
    expect_malformed(one_field(0x05, {5, 0, 0, 0, 2, 2, 0, 0, 0, 1}));  // an old binary with two lengths
    expect_malformed(one_field(0x0b, {'a', 0, 'i'}));                   // options without a terminator
    expect_malformed(one_field(0x0b, {'a'}));                           // a pattern without a terminator
    expect_malformed(one_field(0x0c, {1, 0, 0, 0, 0, 1, 2, 3}));        // an object id cut off
    expect_malformed(one_field(0x03, {4, 0, 0, 0, 0}));                 // a document shorter than the empty one
    expect_malformed(one_field(0x03, {5, 0, 0, 0, 1}));                 // a document without its terminator
    expect_malformed(one_field(0x04, {6, 0, 0, 0, 0}));                 // an array beyond the end
    // Code with scope: total, code, document.
    expect_malformed(one_field(0x0f, {15, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0}));
    expect_malformed(one_field(0x0f, {13, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0}));
    expect_malformed(one_field(0x0f, {14, 0, 0, 0, 9, 0, 0, 0, 0, 5, 0, 0, 0, 0}));
    expect_malformed(one_field(0x0f, {15, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0}));
    walk(View(one_field(0x0f, {14, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0})));
}

TEST(BsonView, RefusesAKeyWithoutItsTerminator) {
    // The terminator of the document must not pass for that of the key.
    expect_malformed({7, 0, 0, 0, 0x0a, 'k', 0});
    expect_malformed({6, 0, 0, 0, 0x0a, 0});
}

TEST(BsonView, ValidateLooksIntoNestedDocuments) {
    // {"k": {"k": true}} with the boolean made 3; the outer fields alone are in order.
    const auto inner = one_field(0x08, {3});
    for (const std::uint8_t type : {0x03, 0x04}) {
        const auto outer = one_field(type, inner);
        EXPECT_NO_THROW(static_cast<void>(View(outer).find("k")));
        EXPECT_THROW(View(outer).validate(), Malformed);
    }
    Buffer code_with_scope{static_cast<std::uint8_t>(4 + 5 + inner.size()), 0, 0, 0, 1, 0, 0, 0, 0};
    code_with_scope.insert(code_with_scope.end(), inner.begin(), inner.end());
    const auto outer = one_field(0x0f, code_with_scope);
    EXPECT_NO_THROW(static_cast<void>(View(outer).find("k")));
    EXPECT_THROW(View(outer).validate(), Malformed);
}

TEST(BsonView, ValidateBoundsTheDepth) {
    const auto three_levels = nested(3);
    View(three_levels).validate(3);
    EXPECT_THROW(View(three_levels).validate(2), Malformed);
    EXPECT_THROW(View().validate(0), Malformed);
    const auto many_levels = nested(5'000);
    EXPECT_THROW(View(many_levels).validate(), Malformed);
    View(many_levels).validate(5'000);
}

TEST(ExtendedJson, WritesEveryTypeCanonically) {
    const auto bytes = every_type();
    const std::map<std::string_view, std::string_view> expected{
        {"double", R"({"$numberDouble":"-1.5"})"},
        {"string", "\"a\\u0000b\xd1\x8f\""},
        {"document", R"({"0":{"$numberInt":"7"}})"},
        {"array", R"([{"$numberInt":"7"}])"},
        {"binary0", R"({"$binary":{"base64":"AAEC/v8=","subType":"00"}})"},
        {"binary2", R"({"$binary":{"base64":"AAEC/v8=","subType":"02"}})"},
        {"binary5", R"({"$binary":{"base64":"AAEC/v8=","subType":"05"}})"},
        {"binary128", R"({"$binary":{"base64":"AAEC/v8=","subType":"80"}})"},
        {"binaryEmpty", R"({"$binary":{"base64":"","subType":"00"}})"},
        {"undefined", R"({"$undefined":true})"},
        {"objectId", R"({"$oid":"5f1e0a0b0c0d0e0f10111213"})"},
        {"true", "true"},
        {"false", "false"},
        {"date", R"({"$date":{"$numberLong":"-1234567890123"}})"},
        {"null", "null"},
        {"regex", R"({"$regularExpression":{"pattern":"^a.*b$","options":"im"}})"},
        {"dbPointer", R"({"$dbPointer":{"$ref":"dbparks.parks","$id":{"$oid":"5f1e0a0b0c0d0e0f10111213"}}})"},
        {"code", R"({"$code":"return 1;"})"},
        {"symbol", R"({"$symbol":"sym"})"},
        {"codeWithScope", R"({"$code":"return x;","$scope":{"0":{"$numberInt":"7"}}})"},
        {"int32", R"({"$numberInt":"-32"})"},
        {"timestamp", R"({"$timestamp":{"t":1700000000,"i":42}})"},
        {"int64", R"({"$numberLong":"-9223372036854775808"})"},
        {"decimal128", R"({"$numberDecimal":"12.50"})"},
        {"minKey", R"({"$minKey":1})"},
        {"maxKey", R"({"$maxKey":1})"},
    };
    for (const auto& element : View(bytes)) {
        EXPECT_EQ(to_extended_json(element), expected.at(element.key)) << element.key;
    }
}

TEST(ExtendedJson, KeepsBlanksAndQuotesInsideStrings) {
    const auto document = Builder().string("a b", R"( "x" : \" , \)").take();
    EXPECT_EQ(to_extended_json(document), R"({"a b":" \"x\" : \\\" , \\"})");
    EXPECT_EQ(from_json(to_extended_json(document)), document);
}

TEST(ExtendedJson, WritesNestingUpToTheBound) {
    const auto deepest = nested(200);
    const auto json = to_extended_json(View(deepest));
    EXPECT_EQ(json.find("..."), std::string::npos);
    EXPECT_EQ(std::ranges::count(json, '{'), 200);
}

TEST(ExtendedJson, PutsAPlaceholderForWhatItCannotWrite) {
    const auto too_deep = nested(5'000);
    EXPECT_EQ(to_extended_json(View(too_deep)), unwritable_json);
    EXPECT_EQ(to_extended_json(field(View(too_deep), "a")), unwritable_json);
    EXPECT_EQ(to_extended_json(Builder().string("k", "\xff\xfe").take()), unwritable_json);
    EXPECT_EQ(to_extended_json(Builder().string("\xff", "text").take()), unwritable_json);
    EXPECT_EQ(to_extended_json(View(one_field(0x03, one_field(0x08, {3})))), unwritable_json);
}

RC_GTEST_PROP(BsonViewProperty, CopyingAllFieldsYieldsTheSameBytes, (std::uint64_t seed)) {
    const auto bytes = RandomDocuments(seed).next();
    Builder by_field;
    Builder by_value;
    for (const auto& element : View(bytes)) {
        by_field.copy(element);
        by_value.copy_as(element.key, element);
    }
    RC_ASSERT(to_buffer(by_field.take().view().bytes()) == bytes);
    RC_ASSERT(to_buffer(by_value.take().view().bytes()) == bytes);
}

/// Whether libbson can step through every field of every level.
bool libbson_steps_through(Bytes bytes) {
    bson_t document;
    bson_iter_t iterator;
    if (!bson_init_static(&document, bytes.data(), bytes.size()) || !bson_iter_init(&iterator, &document)) {
        return false;
    }
    while (bson_iter_next(&iterator)) {
        std::uint32_t size = 0;
        const std::uint8_t* data = nullptr;
        switch (bson_iter_type(&iterator)) {
            case BSON_TYPE_DOCUMENT:
                bson_iter_document(&iterator, &size, &data);
                break;
            case BSON_TYPE_ARRAY:
                bson_iter_array(&iterator, &size, &data);
                break;
            case BSON_TYPE_CODEWSCOPE: {
                std::uint32_t code_length = 0;
                const auto* code = bson_iter_codewscope(&iterator, &code_length, &size, &data);
                if (code[code_length] != 0) {
                    return false;  // libbson does not look at this one.
                }
                break;
            }
            default:
                continue;
        }
        if (!libbson_steps_through({data, size})) {
            return false;
        }
    }
    return iterator.err_off == 0;
}

/// Everything a reader may do with a document; throws nothing but Malformed.
bool reads(Bytes bytes) {
    try {
        const View view(bytes);
        walk(view);
        view.validate();
        for (const auto& element : view) {
            static_cast<void>(element.integer());
            static_cast<void>(to_extended_json(element));
        }
        static_cast<void>(to_extended_json(view));
        return true;
    } catch (const Malformed&) {
        return false;
    }
}

TEST(BsonViewFuzz, DamagedDocumentsAreReadOrRefusedAsLibbsonDoes) {
    constexpr int rounds = 100'000;
    constexpr std::uint64_t seed = 20;
    RandomDocuments random(seed);
    int readable = 0;
    for (int round = 0; round < rounds; ++round) {
        auto original = round % 4 == 0 ? every_type() : random.next();
        for (auto damages = random.below(3) + 1; damages > 0; --damages) {
            original[random.below(original.size())] =
                static_cast<std::uint8_t>(random.below(2) == 0 ? random.below(256) : random.below(24));
        }
        auto size = original.size();
        if (random.below(4) == 0) {
            size = random.below(size + 1);
        }
        if (random.below(2) == 0 && size >= 4) {
            // Lets the damage get past the outermost frame.
            const auto length = static_cast<std::uint32_t>(size);
            std::memcpy(original.data(), &length, sizeof length);
            original[size - 1] = 0;
        }
        // Of the exact size, so that the address sanitizer sees one byte too far.
        const auto exact = std::make_unique<std::uint8_t[]>(size);
        std::copy_n(original.begin(), size, exact.get());
        const Bytes bytes(exact.get(), size);
        const auto read = reads(bytes);
        readable += read ? 1 : 0;
        ASSERT_EQ(read, libbson_steps_through(bytes)) << "round " << round;
    }
    // Both kinds must be there, or the test looks at nothing.
    EXPECT_GT(readable, rounds / 20);
    EXPECT_LT(readable, rounds - rounds / 20);
}

}  // namespace
}  // namespace twinfleet::bson
