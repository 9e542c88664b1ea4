#include <algorithm>
#include <array>
#include <sstream>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/links/link_reader_postgres.hpp"
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

constexpr std::array families{"a", "b", "vezet", "z"};
constexpr int links_of_a_family = 5'000;

/// What PostgreSQL did for a look-up of 1,000 ids, half of them parents' and half children's.
class PlanOfLinkLookup : public ::testing::Test {
protected:
    PlanOfLinkLookup() : connection_(stores_.database.dsn()), session_(connection_) {
        for (const char* family : families) {
            session_.exec_params(
                "INSERT INTO fleet_sync.cars (family, parent_id, parent_park_id, child_id, child_park_id, state)"
                " SELECT $1, 'parent-' || i, 'park-' || i % 100, $1 || '-child-' || i, $1 || '-park-' || i % 100,"
                " 'linked' FROM generate_series(1, $2::int) AS i",
                family, links_of_a_family);
        }
        // As the options of its sessions would.
        std::istringstream options(PostgresLinkLookup::session_options);
        for (std::string word; options >> word;) {
            if (word != "-c") {
                const auto equals = word.find('=');
                session_.exec("SET " + word.substr(0, equals) + " = " + word.substr(equals + 1));
            }
        }
        session_.exec("PREPARE look_up (text[]) AS " + PostgresLinkLookup::sql(entity("cars")));
    }

    boost::json::object explain() {
        std::string ids;
        for (int i = 1; i <= 500; ++i) {
            const std::string number = std::to_string(i * links_of_a_family / 500);
            ids += (ids.empty() ? "parent-" : ",parent-") + number + ",vezet-child-" + number;
        }
        const auto row = session_.exec1("EXPLAIN (FORMAT JSON, ANALYZE, BUFFERS) EXECUTE look_up ('{" + ids + "}')");
        return boost::json::parse(row[0].c_str()).at(0).at("Plan").as_object();
    }
    static void add_nodes(const boost::json::object& plan, std::vector<std::string>& nodes) {
        nodes.emplace_back(plan.at("Node Type").as_string());
        if (const auto* inner = plan.if_contains("Plans")) {
            for (const auto& each : inner->as_array()) {
                add_nodes(each.as_object(), nodes);
            }
        }
    }
    void expect_index(const char* when) {
        const boost::json::object plan = explain();
        std::vector<std::string> nodes;
        add_nodes(plan, nodes);
        EXPECT_EQ(std::ranges::count(nodes, "Seq Scan"), 0) << when << "\n" << boost::json::serialize(plan);
        EXPECT_EQ(plan.at("Actual Rows").to_number<int>(), 500 * static_cast<int>(families.size()) + 500);
        const auto pages =
            plan.at("Shared Hit Blocks").to_number<int>() + plan.at("Shared Read Blocks").to_number<int>();
        // Of each id as a parent's in every family, and as a child's: the way down the index, and the row.
        constexpr int pages_of_a_search = 3;
        EXPECT_LE(pages, 1'000 * (static_cast<int>(families.size()) + 1) * pages_of_a_search) << when;
    }

    FreshPostgresStores stores_;
    pqxx::connection connection_;
    pqxx::nontransaction session_;
};

TEST_F(PlanOfLinkLookup, GoesByIndexWhetherOrNotTheTableIsKnown) {
    expect_index("without statistics");
    session_.exec("ANALYZE fleet_sync.cars");
    session_.exec("DEALLOCATE look_up");
    session_.exec("PREPARE look_up (text[]) AS " + PostgresLinkLookup::sql(entity("cars")));
    expect_index("with statistics");
}

}  // namespace
}  // namespace twinfleet::mirroring
