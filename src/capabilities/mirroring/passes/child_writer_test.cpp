#include "capabilities/mirroring/passes/child_writer.hpp"

#include <functional>
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
using ::testing::SizeIs;

/// Gives each child another name, and remembers what came of it.
class Renaming final : public ChildChange {
public:
    explicit Renaming(std::vector<Link> links) : links_(std::move(links)) {}

    const Link& link_at(std::size_t position) const override { return links_[position]; }
    ChildWrites decide(std::span<const std::size_t> positions, ChildrenRead& read) override {
        ++attempts;
        contended = read.contended.size();
        parents_read = read.parents->size();
        ChildWrites writes;
        for (const std::size_t position : positions) {
            const auto child = read.child_by_id.find(links_[position].child_id.value());
            if (child == read.child_by_id.end()) {
                continue;
            }
            ChildUpdate update = guarded_update(links_[position].child_id, child->second);
            if (is_touch) {
                writes.touch(position, std::move(update));
            } else {
                update.set = bson::Builder().string("name", "New").take();
                writes.update(position, std::move(update));
            }
        }
        when_decided();
        return writes;
    }
    bool take(std::size_t, ChildWriteKind kind, WriteOutcome outcome) override {
        EXPECT_EQ(kind, is_touch ? ChildWriteKind::touch : ChildWriteKind::update);
        outcomes.push_back(outcome);
        return outcome == WriteOutcome::moved_on;
    }

    bool is_touch = false;
    std::function<void()> when_decided = [] {};
    int attempts = 0;
    std::size_t contended = 0;
    std::size_t parents_read = 0;
    std::vector<WriteOutcome> outcomes;

private:
    const std::vector<Link> links_;
};

class ChildWriterTest : public ::testing::Test {
protected:
    ChildWriterTest() {
        for (const std::string id : {"r1", "r2"}) {
            Link link;
            link.parent_id = domain::ParentId(id);
            link.parent_park_id = domain::ParentParkId("park");
            link.child_id = domain::ChildId("child of " + id);
            link.child_park_id = domain::ChildParkId("child park");
            link.state = LinkState::linked;
            fakes_.link("work_rules", link, fakes_.family);
            fakes_.put("work_rules", R"("_id": ")" + id + R"(", "park_id": "park", "name": "Rule")");
            put_child(id);
            links_.push_back(link);
        }
        fakes_.world.interfere([this](const testing::Step& step) {
            if (step.phase == testing::Phase::before) {
                calls_.emplace_back(step.call);
            }
            return testing::Delivery::once;
        });
    }

    void put_child(const std::string& parent_id) {
        fakes_.put("work_rules", R"("_id": "child of )" + parent_id + R"(", "park_id": "child park", "name": "Old")");
    }
    std::string name_of(const std::string& id) {
        return std::string(fakes_.world.document("work_rules", testing::id_key(id))->view().find("name")->string());
    }
    std::vector<std::size_t> write(Renaming& renaming) {
        const BatchContext context(fakes_.environment, entity("work_rules"), fakes_.family,
                                   {.assert_lease = [this] { assert_lease_(); }});
        return ChildWriter(context).write(renaming, {0, 1});
    }

    testing::FakeEnvironment fakes_;
    std::vector<Link> links_;
    std::vector<std::string> calls_;
    std::function<void()> assert_lease_ = [] {};
};

TEST_F(ChildWriterTest, ReadsTheChildrenThenBeginsThenReadsTheParentsThenWrites) {
    Renaming renaming(links_);
    EXPECT_THAT(write(renaming), IsEmpty());
    EXPECT_THAT(calls_, ElementsAre("work_rules.fetch", "links.begin_write", "work_rules.fetch", "work_rules.update"));
    EXPECT_EQ(renaming.parents_read, 2U);
    EXPECT_EQ(name_of("child of r1"), "New");
    EXPECT_EQ(name_of("child of r2"), "New");
    EXPECT_EQ(name_of("r1"), "Rule");
}

TEST_F(ChildWriterTest, AChildThatSomebodyWroteMeanwhileIsReadAndTriedAgain) {
    Renaming renaming(links_);
    renaming.when_decided = [&] {
        if (renaming.attempts == 1) {
            put_child("r2");
        }
    };
    EXPECT_THAT(write(renaming), IsEmpty());
    EXPECT_THAT(renaming.outcomes, ElementsAre(WriteOutcome::written, WriteOutcome::moved_on, WriteOutcome::written));
    EXPECT_EQ(name_of("child of r2"), "New");
}

TEST_F(ChildWriterTest, GivesUpOnAChildThatSomebodyKeepsWriting) {
    Renaming renaming(links_);
    renaming.when_decided = [&] { put_child("r2"); };
    EXPECT_THAT(write(renaming), ElementsAre(1));
    EXPECT_GT(renaming.attempts, 1);
    EXPECT_EQ(name_of("child of r1"), "New");
    EXPECT_EQ(name_of("child of r2"), "Old");
}

TEST_F(ChildWriterTest, WhateverNobodyWantsWrittenIsDoneWith) {
    fakes_.world.erase("work_rules", testing::id_key("child of r1"));
    Renaming renaming(links_);
    EXPECT_THAT(write(renaming), IsEmpty());
    EXPECT_THAT(renaming.outcomes, SizeIs(1));
}

TEST_F(ChildWriterTest, TellsWhoseWriteIsStillOpen) {
    const std::vector<domain::ParentId> begun{links_.front().parent_id};
    (void)fakes_.stores.links.begin_write(nullptr, entity("work_rules"), fakes_.family, begun);
    Renaming renaming(links_);
    EXPECT_THAT(write(renaming), IsEmpty());
    EXPECT_EQ(renaming.contended, 1U);
}

TEST_F(ChildWriterTest, ATouchMakesANewVersionAndChangesNothingElse) {
    const auto before = fakes_.world.document("work_rules", testing::id_key("child of r1"));
    Renaming renaming(links_);
    renaming.is_touch = true;
    EXPECT_THAT(write(renaming), IsEmpty());
    EXPECT_THAT(calls_, ElementsAre("work_rules.fetch", "links.begin_write", "work_rules.fetch", "work_rules.update",
                                    "work_rules.update"))
        << "one by one";
    const auto after = fakes_.world.document("work_rules", testing::id_key("child of r1"));
    EXPECT_EQ(name_of("child of r1"), "Old");
    EXPECT_FALSE(before->view().find("updated_ts")->same_value(*after->view().find("updated_ts")));
}

TEST(GuardedUpdate, ReplacesWhatCannotBeSetAndLeavesOutWhatNoReplacementMayHave) {
    const auto child = bson::Builder()
                           .string("_id", "c")
                           .int32("a.b", 1)
                           .int32("$price", 5)
                           .string("status", "working")
                           .timestamp("updated_ts", {1, 1})
                           .take();
    const auto off = bson::Builder().string("status", "not_working").take();
    const ChildUpdate update = guarded_update(domain::ChildId("c"), child, *off.view().find("status"));
    ASSERT_TRUE(update.replacement);
    EXPECT_EQ(bson::to_extended_json(*update.replacement),
              R"({"_id":"c","a.b":{"$numberInt":"1"},"status":"not_working"})");
}

TEST(TouchingUpdate, ReplacesWhatCannotBeSetAndLeavesOutWhatNoReplacementMayHave) {
    const auto child = bson::Builder()
                           .string("_id", "c")
                           .int32("a.b", 1)
                           .int32("$price", 5)
                           .string("status", "working")
                           .timestamp("updated_ts", {1, 1})
                           .take();
    const ChildUpdate update = touching_update(domain::ChildId("c"), child);
    ASSERT_TRUE(update.replacement);
    EXPECT_EQ(bson::to_extended_json(*update.replacement),
              R"({"_id":"c","a.b":{"$numberInt":"1"},"status":"working"})");
}

TEST_F(ChildWriterTest, WritesNothingOnceTheLeaseIsLost) {
    Renaming renaming(links_);
    renaming.when_decided = [&] { assert_lease_ = [] { throw LeaseLost(); }; };
    EXPECT_THROW((void)write(renaming), LeaseLost);
    EXPECT_EQ(name_of("child of r1"), "Old");
}

}  // namespace
}  // namespace twinfleet::mirroring
