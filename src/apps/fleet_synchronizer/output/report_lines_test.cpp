#include "apps/fleet_synchronizer/output/report_lines.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/bson/builder.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;
using ::testing::HasSubstr;

const domain::AppFamily vezet{"vezet"};

Time at(std::int64_t milliseconds) {
    return Time(std::chrono::milliseconds(milliseconds));
}

RunReport report() {
    RunReport report;
    report.job = "cars";
    report.family = "vezet";
    report.mode = Mode::full;
    report.counts = {.read = 12'345,
                     .created = 2,
                     .created_with = {{"work_rules", 1'000}, {"cars", 234}},
                     .updated = 3,
                     .unchanged = 4,
                     .skipped = 5,
                     .retired = 6,
                     .quarantined = 7,
                     .dangling_references = 8,
                     .retirements_held_back = 9};
    report.duration_seconds = 2;
    report.cpu_seconds = 0.5;
    report.lag_seconds = 2.25;
    return report;
}

TEST(ReportLines, JobHasTheKeysOfTheContract) {
    EXPECT_EQ(job_json(report()),
              R"({"job":"cars","family":"vezet","mode":"full","dry_run":false,"read":12345,"created":2,)"
              R"("created_with":{"cars":234,"work_rules":1000},"updated":3,"unchanged":4,"skipped":5,"retired":6,)"
              R"("quarantined":7,"dangling_references":8,"duration_s":2.000,)"
              R"("docs_per_s":6172.500,"cpu_s":0.500,"lag_s":2.250})");
}

TEST(ReportLines, JobThatTookNoTimeHasNoRate) {
    RunReport instant = report();
    instant.duration_seconds = 0;
    EXPECT_THAT(job_json(instant), HasSubstr(R"("docs_per_s":0.000)"));
}

TEST(ReportLines, SecondsHaveThreeDecimalsHoweverLargeAndAreNullWhereThereIsNoNumber) {
    RunReport odd = report();
    odd.duration_seconds = 0.0004;
    odd.cpu_seconds = std::numeric_limits<double>::quiet_NaN();
    odd.lag_seconds = std::numeric_limits<double>::infinity();
    EXPECT_THAT(job_json(odd), HasSubstr(R"("duration_s":0.000,"docs_per_s":30862500.000,"cpu_s":null,"lag_s":null})"));
    odd.lag_seconds = 1'234'567'890'123'456'789.0;
    EXPECT_THAT(job_json(odd), HasSubstr(R"("lag_s":1234567890123456768.000})"));
    odd.lag_seconds = std::numeric_limits<double>::lowest();
    const std::string line = job_json(odd);
    EXPECT_EQ(line.size() - line.find("lag_s"), std::string_view(R"(lag_s":-.000})").size() + 309);
}

TEST(ReportLines, CountsAreWrittenToTheLastDigit) {
    RunReport large = report();
    large.counts.read = std::numeric_limits<std::uint64_t>::max();
    EXPECT_THAT(job_json(large), HasSubstr(R"("read":18446744073709551615,)"));
}

TEST(ReportLines, TextsMayHoldAnyBytes) {
    const QuarantineEntry entry{-1, "cars", "vezet", {"a\xff\n\x1b\"\\/\u009b", "\U0001F695", "Ижевск"}, at(0), at(0)};
    EXPECT_THAT(quarantine_json(entry), HasSubstr("{\"id\":-1,\"entity\":\"cars\",\"family\":\"vezet\","
                                                  "\"parent_id\":\"a\uFFFD\\n\\u001b\\\"\\\\/\\u009b\","
                                                  "\"parent_park_id\":\"\U0001F695\",\"reason\":\"Ижевск\","));
}

TEST(ReportLines, RowsAreAsWideAsTheirHeader) {
    EXPECT_EQ(job_table_row(report()).size(), job_table_header().size());
    EXPECT_THAT(job_table_row(report()), HasSubstr(" 12,345 "));
    EXPECT_THAT(job_table_row(report()), HasSubstr(" 1,234 ")) << "what was created with them, in all";
}

class OperationLines : public ::testing::Test {
protected:
    OperationReport operation(OperationReport::Kind kind) {
        return {kind, &entity("cars"), &vezet, &parent_id_, &child_id_, &difference_};
    }
    void differ(std::string name, std::optional<bson::Element> from, std::optional<bson::Element> to) {
        difference_.fields.push_back({std::move(name), from, to});
    }
    bson::Element value(std::string_view key) { return *values_.view().find(key); }

    domain::ParentId parent_id_{"p"};
    domain::ChildId child_id_{"c"};
    Difference difference_;
    bson::Document values_ = bson::from_json(R"({"five": 5, "text": "a\u001bb"})");
};

TEST_F(OperationLines, UpdateTellsBothSidesInExtendedJson) {
    differ("year", value("five"), value("text"));
    differ("new", std::nullopt, value("five"));
    differ("a\"b", value("five"), std::nullopt);
    EXPECT_EQ(operation_json(operation(OperationReport::Kind::update)),
              R"({"op":"update","entity":"cars","family":"vezet","parent_id":"p","child_id":"c","diff":{)"
              R"("year":{"from":{"$numberInt":"5"},"to":"a\u001bb"},)"
              R"("new":{"from":null,"to":{"$numberInt":"5"}},)"
              R"("a\"b":{"from":{"$numberInt":"5"},"to":null}}})");
    EXPECT_EQ(operation_text(operation(OperationReport::Kind::update)),
              "update cars (vezet) p -> c\n"
              "    year: {\"$numberInt\":\"5\"} -> \"a\\u001bb\"\n"
              "    new: (none) -> {\"$numberInt\":\"5\"}\n"
              "    \"a\\\"b\": {\"$numberInt\":\"5\"} -> (none)");
}

TEST_F(OperationLines, ChildThatIsNotYetMadeHasNoId) {
    child_id_ = domain::ChildId("(new child 1)");
    EXPECT_EQ(operation_json(operation(OperationReport::Kind::create)),
              R"({"op":"create","entity":"cars","family":"vezet","parent_id":"p","child_id":null,"diff":{}})");
    EXPECT_EQ(operation_text(operation(OperationReport::Kind::create)), "create cars (vezet) p -> (new)");
}

TEST_F(OperationLines, ValuesAreWrittenAsExtendedJsonWritesThem) {
    bson::Document nested = bson::from_json(R"({"v": {"a": [1.5, true, null, {"b c": "\u009b/"}], "a": 2}})");
    difference_.fields.push_back({"\x1b", nested.view().find("v"), std::nullopt});
    EXPECT_EQ(operation_json(operation(OperationReport::Kind::retire)),
              "{\"op\":\"retire\",\"entity\":\"cars\",\"family\":\"vezet\",\"parent_id\":\"p\",\"child_id\":\"c\","
              "\"diff\":{\"\\u001b\":{\"from\":" +
                  bson::to_extended_json(*nested.view().find("v")) + ",\"to\":null}}}");
}

TEST_F(OperationLines, RetirementHasItsName) {
    EXPECT_THAT(operation_json(operation(OperationReport::Kind::retire)), HasSubstr(R"("op":"retire")"));
}

TEST(ReportLines, DifferenceHasTheKeysOfTheContract) {
    FoundDifference difference{&entity("drivers"), "vezet", "p", "c", DifferenceType::content, {"a", "b"}, 1.5};
    EXPECT_EQ(difference_json(difference),
              R"({"entity":"drivers","family":"vezet","parent_id":"p","child_id":"c","type":"content",)"
              R"("fields":["a","b"],"age_s":1.500})");
    EXPECT_EQ(difference_text(difference), "drivers (vezet) parent p, child c: content in a, b, for up to 1.5 s");
}

TEST(ReportLines, WhatIsNotKnownOfADifferenceIsNull) {
    FoundDifference difference{&entity("drivers"), "vezet", "", "", DifferenceType::missing, {}, std::nullopt};
    EXPECT_EQ(difference_json(difference),
              R"({"entity":"drivers","family":"vezet","parent_id":null,"child_id":null,"type":"missing",)"
              R"("fields":[],"age_s":null})");
}

TEST(ReportLines, LinksHaveTheKeysOfTheContract) {
    const LinkAnswer answer{"p", LinkRole::parent, {{"vezet", "c", "cp", LinkState::linked, at(0), at(1'500)}}};
    EXPECT_EQ(links_json("cars", answer),
              R"({"entity":"cars","id":"p","role":"parent","links":[{"family":"vezet","id":"c","park_id":"cp",)"
              R"("state":"linked","created_at":"1970-01-01T00:00:00.000Z","synced_at":"1970-01-01T00:00:01.500Z"}]})");
    EXPECT_EQ(links_json("cars", {"x", LinkRole::unlinked, {}}),
              R"({"entity":"cars","id":"x","role":"unlinked","links":[]})");
}

TEST(ReportLines, QuarantineEntryHasTheKeysOfTheContract) {
    const QuarantineEntry entry{7, "cars", "vezet", {R"({"$oid":"x"})", "", "bad_id"}, at(0), at(1)};
    EXPECT_EQ(quarantine_json(entry),
              R"({"id":7,"entity":"cars","family":"vezet","parent_id":"{\"$oid\":\"x\"}","parent_park_id":null,)"
              R"("reason":"bad_id","since":"1970-01-01T00:00:00.000Z","last_try_at":"1970-01-01T00:00:00.001Z"})");
}

TEST(ReportLines, ChildDriverIsToldAsByTheApi) {
    ChildDriver child{vezet, domain::ChildId("d"), domain::ChildParkId("p"), domain::ChildId("c"), std::nullopt, true};
    EXPECT_EQ(child_driver_json(child),
              R"({"family":"vezet","driver_id":"d","park_id":"p","car_id":"c","rule_id":null,"created":true})");
    EXPECT_EQ(refusal_json({CreationRefusal::driver_quarantined, "too_large"}),
              R"({"code":"driver_quarantined","message":"The driver cannot be mirrored and is in quarantine.",)"
              R"("details":{"reason":"too_large"}})");
    EXPECT_EQ(
        refusal_json({CreationRefusal::park_not_mirrored, ""}),
        R"({"code":"park_not_mirrored","message":"The driver's park is not mirrored into this family.","details":{}})");
}

TEST(ReportLines, LargeNumbersAreGrouped) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'000), "1,000");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
