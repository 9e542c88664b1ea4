#include "capabilities/mirroring/passes/untaught_references.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UntaughtReferencesTest : public ::testing::Test {
protected:
    UntaughtReferencesTest() {
        fakes_.put("cars", R"("_id": "spare car", "park_id": "park")");
        fakes_.put("cars", R"("_id": "spare-car", "park_id": "park")");
        fakes_.environment.on_untaught_reference = [this](const Entity& of, std::string_view field) {
            told_.push_back(std::string(of.name) + "." + std::string(field));
        };
        fakes_.world.interfere([this](const testing::Step&) {
            ++steps_;
            return testing::Delivery::once;
        });
    }
    /// A batch of one car with these fields.
    void watch(const std::string& fields, MirrorBatch::Result result = MirrorBatch::Result::created) {
        const bson::Document document = bson::from_json(R"({"_id": "car", "park_id": "park", )" + fields + "}");
        const BatchContext context(fakes_.environment, entity("cars"), fakes_.family, {});
        MirrorBatch batch;
        batch.items.resize(1);
        batch.items.front().parent = context.projector.inspect(document);
        batch.items.front().result = result;
        UntaughtReferences(context).watch(batch);
    }

    testing::FakeEnvironment fakes_;
    std::vector<std::string> told_;
    int steps_ = 0;
};

TEST_F(UntaughtReferencesTest, AFieldWithoutAPolicyThatHoldsAnIdIsTold) {
    watch(R"("spare": "spare-car")");
    EXPECT_THAT(told_, ElementsAre("cars.spare"));
}

TEST_F(UntaughtReferencesTest, AFieldWithAPolicyOrAValueThatIsNoIdIsNot) {
    watch(R"("color": "spare-car", "note": "nobody", "remark": "spare car")");
    EXPECT_THAT(told_, IsEmpty());
}

TEST_F(UntaughtReferencesTest, OnlyWhatWasWrittenIsLookedAt) {
    watch(R"("spare": "spare-car")", MirrorBatch::Result::unchanged);
    EXPECT_THAT(told_, IsEmpty());
    EXPECT_EQ(steps_, 0) << "no store was asked";
}

TEST_F(UntaughtReferencesTest, NobodyIsAskedWhereNobodyListens) {
    fakes_.environment.on_untaught_reference = {};
    watch(R"("spare": "spare-car")");
    EXPECT_EQ(steps_, 0);
}

}  // namespace
}  // namespace twinfleet::mirroring
