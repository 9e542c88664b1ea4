#include "capabilities/mirroring/source/source_guard.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/clock/testing/manual_clock.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MarkedCluster final : public MarkedSource {
public:
    std::optional<std::string> marker() override {
        ++looks;
        return bears;
    }
    std::string leave(const std::string& marker) override {
        if (!bears) {
            bears = marker;
        }
        return *bears;
    }
    void replace(const std::string& marker) override { bears = marker; }
    std::size_t count_existing(const Entity& of, std::span<const std::string> ids) override {
        return of.name != "drivers" ? 0
                                    : static_cast<std::size_t>(std::ranges::count_if(
                                          ids, [&](const std::string& id) { return drivers.contains(id); }));
    }
    bool has_child_parks() override { return has_children; }

    std::optional<std::string> bears;
    std::set<std::string> drivers;
    bool has_children = false;
    int looks = 0;
};

class RememberedMarker final : public RememberedSource {
public:
    std::optional<std::string> marker() override { return remembers; }
    std::string remember(const std::string& marker) override {
        if (!remembers) {
            remembers = marker;
        }
        return *remembers;
    }
    void replace(const std::string& marker) override { remembers = marker; }
    std::vector<std::string> sample_of_children(const Entity& of, std::size_t) override {
        return of.name == "drivers" ? linked : std::vector<std::string>();
    }

    std::optional<std::string> remembers;
    std::vector<std::string> linked;
};

class SourceGuardTest : public ::testing::Test {
protected:
    SourceGuard guard(MarkedCluster& cluster, SourceGuard::TakingUp taking_up = SourceGuard::TakingUp::allowed) {
        return {cluster, memory_, ids_, clock_, log_, taking_up};
    }
    [[nodiscard]] std::string problem(SourceGuard& of) { return of.problem(0ms); }

    MarkedCluster cluster_;
    RememberedMarker memory_;
    RandomIdSource ids_;
    platform::testing::ManualClock clock_;
    log::CapturingLogger log_;
};

TEST_F(SourceGuardTest, TheFirstClusterIsTakenUpAndNoOtherOneAfterwards) {
    SourceGuard first = guard(cluster_);
    EXPECT_EQ(problem(first), "");
    EXPECT_TRUE(cluster_.bears);
    EXPECT_EQ(cluster_.bears, memory_.remembers);
    EXPECT_THAT(*cluster_.bears, SizeIs(32));

    MarkedCluster empty;
    SourceGuard second = guard(empty);
    EXPECT_THAT(problem(second), HasSubstr("MongoDB is not the cluster that PostgreSQL belongs to"));
    EXPECT_THAT(problem(second), HasSubstr("cluster adopt"));
    EXPECT_FALSE(empty.bears) << "another cluster is not written to";

    MarkedCluster other;
    other.bears = "other";
    SourceGuard third = guard(other);
    EXPECT_THAT(problem(third), HasSubstr("marker of another mirror"));
}

TEST_F(SourceGuardTest, WhoOnlyReadsTakesNothingUp) {
    SourceGuard reading = guard(cluster_, SourceGuard::TakingUp::not_allowed);
    EXPECT_EQ(problem(reading), "");
    EXPECT_FALSE(cluster_.bears);
    EXPECT_FALSE(memory_.remembers);
}

TEST_F(SourceGuardTest, OlderLinksAreTakenAlongOnlyIntoAClusterThatHasTheirChildren) {
    memory_.linked = {"a", "b", "c"};
    MarkedCluster empty;
    SourceGuard at_empty = guard(empty);
    EXPECT_THAT(problem(at_empty), HasSubstr("children"));
    EXPECT_FALSE(empty.bears);
    EXPECT_FALSE(memory_.remembers);

    cluster_.drivers = {"a", "c", "x"};
    SourceGuard at_home = guard(cluster_);
    EXPECT_EQ(problem(at_home), "") << "one may have been removed by others";
    EXPECT_EQ(memory_.remembers, cluster_.bears);
}

TEST_F(SourceGuardTest, AMarkerThatWasLeftBeforeACrashIsTakenUp) {
    cluster_.bears = "left";
    SourceGuard guard = this->guard(cluster_);
    EXPECT_EQ(problem(guard), "");
    EXPECT_EQ(memory_.remembers, "left");
}

TEST_F(SourceGuardTest, AnEmptyMemoryIsNotPointedAtTheChildrenOfAnotherMirror) {
    cluster_.bears = "of production";
    cluster_.has_children = true;
    SourceGuard guard = this->guard(cluster_);
    EXPECT_THAT(problem(guard), HasSubstr("children that PostgreSQL has no links of"));
    EXPECT_FALSE(memory_.remembers);
}

TEST_F(SourceGuardTest, AMarkerThatGoesMissingIsNoticedAndItsReturnAsWell) {
    SourceGuard guard = this->guard(cluster_);
    ASSERT_EQ(problem(guard), "");
    const auto marker = std::exchange(cluster_.bears, std::nullopt);
    EXPECT_NE(problem(guard), "") << "the database was dropped, or is being restored";
    EXPECT_NE(problem(guard), "");
    EXPECT_EQ(guard.last_problem(), problem(guard));
    EXPECT_THAT(log_.entries("MongoDB is another cluster"), SizeIs(1)) << "said once";
    cluster_.bears = marker;
    EXPECT_EQ(problem(guard), "");
    EXPECT_EQ(guard.last_problem(), "");
    EXPECT_THAT(log_.entries("MongoDB is the right cluster again"), SizeIs(1));
}

TEST_F(SourceGuardTest, AnAnswerServesForAsLongAsItsCallersAllow) {
    SourceGuard guard = this->guard(cluster_);
    EXPECT_THAT(guard.last_problem(), HasSubstr("nobody has looked yet"));
    EXPECT_EQ(guard.problem(1s), "");
    const int looks = cluster_.looks;
    EXPECT_EQ(guard.problem(1s), "");
    EXPECT_EQ(cluster_.looks, looks);
    clock_.advance(1s);
    EXPECT_EQ(guard.problem(1s), "");
    EXPECT_GT(cluster_.looks, looks);
}

TEST_F(SourceGuardTest, AnAdoptedClusterGetsANewMarkerSoThatItsCopyIsAnother) {
    SourceGuard guard = this->guard(cluster_);
    ASSERT_EQ(problem(guard), "");
    MarkedCluster copy;
    copy.bears = cluster_.bears;
    memory_.linked = {"a", "b"};
    copy.drivers = {"a", "b"};
    SourceGuard at_copy = this->guard(copy);
    ASSERT_EQ(problem(at_copy), "");

    const auto outcome = at_copy.adopt(false);
    ASSERT_TRUE(std::holds_alternative<SourceGuard::Adopted>(outcome));
    EXPECT_EQ(std::get<SourceGuard::Adopted>(outcome).marker, memory_.remembers);
    EXPECT_EQ(std::get<SourceGuard::Adopted>(outcome).before.remembered, cluster_.bears);
    EXPECT_EQ(problem(at_copy), "");
    EXPECT_NE(copy.bears, cluster_.bears);
    SourceGuard at_old = this->guard(cluster_);
    EXPECT_NE(problem(at_old), "");
    EXPECT_NE(problem(guard), "") << "a replica that runs on the old one stops";
}

TEST_F(SourceGuardTest, AClusterWithoutTheChildrenIsAdoptedOnlyOnInsistence) {
    memory_.remembers = "old";
    memory_.linked = {"a", "b", "c"};
    cluster_.drivers = {"a"};
    SourceGuard guard = this->guard(cluster_);
    const auto outcome = guard.adopt(false);
    ASSERT_TRUE(std::holds_alternative<SourceGuard::ChildrenMissing>(outcome));
    EXPECT_EQ(std::get<SourceGuard::ChildrenMissing>(outcome).findings.children_there, 1U);
    EXPECT_EQ(memory_.remembers, "old");
    EXPECT_FALSE(cluster_.bears);
    EXPECT_TRUE(std::holds_alternative<SourceGuard::Adopted>(guard.adopt(true)));
    EXPECT_EQ(memory_.remembers, cluster_.bears);
    EXPECT_EQ(problem(guard), "");
}

}  // namespace
}  // namespace twinfleet::mirroring
