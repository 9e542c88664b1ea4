#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/links/link_reader_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

TEST(PostgresLinkLookup, AnswersAsTheLinkStoreDoes) {
    FreshPostgresStores stores;
    const Entity& cars = entity("cars");
    std::vector<NewLink> links;
    std::vector<std::string> ids{"nobody", "'; --", "parent-7", "parent-7"};
    for (int i = 0; i < 50; ++i) {
        const std::string number = std::to_string(i);
        links.push_back({domain::ParentId("parent-" + number), domain::ParentParkId("park"),
                         domain::ChildId("child-" + number), domain::ChildParkId("child-park")});
        ids.push_back((i % 2 == 0 ? "parent-" : "child-") + number);
    }
    static_cast<void>(stores.links.reserve(nullptr, cars, {"vezet"}, links));
    links.resize(10);
    for (NewLink& link : links) {
        link.child_id = domain::ChildId("other-" + link.child_id.value());
    }
    static_cast<void>(stores.links.reserve(nullptr, cars, {"another"}, links));

    PostgresLinkLookup lookup({.dsn = stores.database.dsn()}, 1);
    // Twice: the second time the statement is prepared.
    for (int time = 0; time < 2; ++time) {
        const auto expected = look_up_links(stores.links, cars, ids);
        const auto found = lookup.look_up(cars, ids);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i].id, ids[i]);
            EXPECT_EQ(found[i].role, expected[i].role);
            ASSERT_EQ(found[i].links.size(), expected[i].links.size());
            for (std::size_t k = 0; k < found[i].links.size(); ++k) {
                const LinkedDocument& one = found[i].links[k];
                const LinkedDocument& other = expected[i].links[k];
                EXPECT_EQ(
                    std::tie(one.family, one.id, one.park_id, one.state, one.created_at, one.synced_at),
                    std::tie(other.family, other.id, other.park_id, other.state, other.created_at, other.synced_at));
            }
        }
    }
    EXPECT_EQ(lookup.look_up(cars, std::vector<std::string>{"parent-7"}).front().links.size(), 2U);
    EXPECT_EQ(lookup.look_up(entity("parks"), std::vector<std::string>{"parent-7"}).front().role, LinkRole::unlinked);
}

}  // namespace
}  // namespace twinfleet::mirroring
