#include "capabilities/mirroring/policy/reference_table.hpp"

#include <string>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

Link link_of(const std::string& parent, const std::string& park, LinkState state = LinkState::linked) {
    Link link;
    link.parent_id = domain::ParentId(parent);
    link.parent_park_id = domain::ParentParkId(park);
    link.child_id = domain::ChildId("child_" + parent);
    link.child_park_id = domain::ChildParkId("child_" + park);
    link.state = state;
    return link;
}

TEST(ReferenceTable, FindsWhatIsLinkedInTheSameParkOnly) {
    ReferenceTable references;
    references.add(entity("cars"), link_of("linked", "park"));
    references.add(entity("cars"), link_of("reserved", "park", LinkState::reserved));
    references.add(entity("cars"), link_of("retired", "park", LinkState::retired));
    const Link* found = references.find(entity("cars"), "linked", "park");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->child_id.value(), "child_linked");
    EXPECT_EQ(references.find(entity("cars"), "linked", "another"), nullptr);
    EXPECT_EQ(references.find(entity("work_rules"), "linked", "park"), nullptr);
    EXPECT_EQ(references.find(entity("cars"), "reserved", "park"), nullptr);
    EXPECT_EQ(references.find(entity("cars"), "retired", "park"), nullptr);
    EXPECT_EQ(references.find(entity("cars"), "unknown", "park"), nullptr);
}

TEST(ReferenceTable, TheLastLinkOfAParentCounts) {
    ReferenceTable references;
    references.add(entity("cars"), link_of("car", "park", LinkState::reserved));
    references.add(entity("cars"), link_of("car", "park"));
    EXPECT_NE(references.find(entity("cars"), "car", "park"), nullptr);
    references.clear();
    EXPECT_EQ(references.find(entity("cars"), "car", "park"), nullptr);
}

TEST(ReferenceTable, FindsEachOfVeryMany) {
    ReferenceTable references;
    constexpr int many = 1'000;
    for (int i = 0; i < many; ++i) {
        references.add(entity("cars"), link_of("car" + std::to_string(i), "park"));
    }
    for (int i = 0; i < many; ++i) {
        const Link* found = references.find(entity("cars"), "car" + std::to_string(i), "park");
        ASSERT_NE(found, nullptr) << i;
        EXPECT_EQ(found->child_id.value(), "child_car" + std::to_string(i));
    }
}

}  // namespace
}  // namespace twinfleet::mirroring
