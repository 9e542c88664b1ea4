// A source that is another one, or emptied: nobody's child is switched off for it. And commands beside a `serve`.
#include <csignal>

#include "tests/end_to_end/installation.hpp"
#include "tests/support/http_client.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SourceTest : public EndToEndTest {
protected:
    SourceTest() {
        installation_.enable_cities({"Chicago"});
        installation_.put(park_with_drivers(park("one", "Chicago"), 3));
        installation_.put(park_with_drivers(park("two", "Chicago"), 1));
        const Ended ended = installation_.run({"run", "all", "--create-missing"});
        EXPECT_THAT(ended, EndsWith(0));
    }

    [[nodiscard]] Ended run_at(const std::string& mongo_uri, std::vector<std::string> arguments) const {
        testing::Command command = installation_.command(std::move(arguments));
        command.environment["FLEET_MONGO_URI"] = mongo_uri;
        return testing::run(command);
    }
    /// How many of the collections hold a document. (The embedded server makes a database when it is asked for one.)
    [[nodiscard]] static std::size_t written_at(const std::string& mongo_uri) {
        const mongo::Pool pool({.uri = mongo_uri});
        std::size_t count = 0;
        for (const auto& [database, collection] :
             std::vector<std::pair<std::string, std::string>>{{"dbparks", "parks"},
                                                              {"dbparks", "work_rules"},
                                                              {"dbparks", "fleet_sync_cluster"},
                                                              {"dbcars", "cars"},
                                                              {"dbdrivers", "drivers"},
                                                              {"dbtaxi", "unique_drivers"}}) {
            count += pool.collection(database, collection).find_one(bson::Document()) ? 1 : 0;
        }
        return count;
    }
    [[nodiscard]] std::vector<std::string> states() const {
        std::vector<std::string> all;
        for (const auto& [entity, id] : std::vector<std::pair<std::string, std::string>>{
                 {"parks", "one"}, {"parks", "two"}, {"work_rules", "one-rule-1"}, {"drivers", "one-driver-1"}}) {
            all.push_back(installation_.link_state(entity, id));
        }
        return all;
    }
};

TEST_F(SourceTest, AnotherClusterIsNeitherBelievedNorWrittenTo) {
    const testing::EmbeddedMongo other;
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"run", "parks", "--full", "--json"},
             {"run", "all", "--full", "--verify-children"},
             {"run", "all", "--dry-run"},
             {"verify", "--json"},
             {"verify", "--repair"},
             {"quarantine", "retry"},
             {"create-child", "driver", "--family", "vezet", "--parent-id", "one-driver-1"},
             {"migrate"}}) {
        const Ended refused = run_at(other.uri(), arguments);
        EXPECT_THAT(refused, EndsWith(2)) << arguments.front();
        EXPECT_THAT(refused.error, HasSubstr("MongoDB is not the cluster that PostgreSQL belongs to"));
        EXPECT_THAT(refused.error, HasSubstr("cluster adopt"));
    }
    const Ended shown = run_at(other.uri(), {"cluster", "show", "--json"});
    EXPECT_THAT(shown, EndsWith(1));
    EXPECT_THAT(shown.out, HasSubstr(R"("standing":"without_marker")"));
    EXPECT_THAT(shown.out, HasSubstr(R"("children_there":0)"));
    EXPECT_THAT(run_at(other.uri(), {"cluster", "adopt"}), EndsWith(1));
    EXPECT_EQ(written_at(other.uri()), 0U);
    EXPECT_THAT(states(), ::testing::Each("linked"));

    EXPECT_THAT(installation_.run({"cluster", "show"}), EndsWith(0));
    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(SourceTest, AMoveIsSaidOnceAndTheOldClusterIsAnotherOneFromThenOn) {
    testing::EmbeddedMongo other;
    EXPECT_THAT(run_at(other.uri(), {"cluster", "adopt", "--force", "--json"}), EndsWith(0));
    EXPECT_THAT(run_at(other.uri(), {"migrate"}), EndsWith(0));
    EXPECT_THAT(run_at(other.uri(), {"run", "all", "--dry-run"}), EndsWith(0));
    EXPECT_THAT(installation_.run({"run", "parks"}), EndsWith(2));

    EXPECT_THAT(installation_.run({"cluster", "adopt"}), EndsWith(0)) << "the children are there";
    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(SourceTest, AnInstallationFromBeforeTheMarkerIsTakenAlongWhereItsChildrenAre) {
    const mongo::Pool pool({.uri = installation_.stores().mongo_uri});
    pool.collection("dbparks", "fleet_sync_cluster").drop();
    pqxx::connection connection(postgres_.dsn());
    pqxx::nontransaction(connection).exec("DELETE FROM fleet_sync.source_cluster");
    const testing::EmbeddedMongo other;
    EXPECT_THAT(run_at(other.uri(), {"run", "all", "--full"}), EndsWith(2));
    EXPECT_EQ(written_at(other.uri()), 0U);
    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_THAT(run_at(other.uri(), {"run", "all", "--full"}), EndsWith(2));
    const Ended shown = installation_.run({"cluster", "show", "--json"});
    EXPECT_THAT(shown.out, HasSubstr(R"("standing":"known")"));
}

TEST_F(SourceTest, ASourceWithoutAnyParentLeftRetiresNobodyAndSaysSo) {
    const std::vector<bson::Document> parks{installation_.document("parks", "one").value(),
                                            installation_.document("parks", "two").value()};
    installation_.remove("parks", "one");
    installation_.remove("parks", "two");

    const Ended ended = installation_.run({"run", "parks", "--full", "--json"});
    EXPECT_THAT(ended, EndsWith(1));
    EXPECT_EQ(count(by_job(ended.out).at("parks"), "retired"), 0);
    EXPECT_THAT(ended.error, HasSubstr("2 children of parks (vezet) whose parents are gone were not retired: not one"));
    EXPECT_THAT(states(), ::testing::Each("linked"));
    const Ended verified = installation_.run({"verify", "--json"});
    EXPECT_THAT(verified, EndsWith(1));
    EXPECT_THAT(verified.out, HasSubstr(R"("type":"extra")"));

    for (const bson::Document& document : parks) {
        installation_.put_as_is("parks", document);
    }
    EXPECT_THAT(installation_.run({"run", "parks", "--full"}), EndsWith(0));
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(SourceTest, AServeWaitsWhileTheClusterHasNoMarkerAndGoesOnByItself) {
    auto service = installation_.serve();
    const auto answer = [&] {
        const auto ready = testing::http_get(service.monitor_port, "/ready");
        return ready ? std::to_string(ready->status) + " " + ready->body : std::string();
    };
    const mongo::Pool pool({.uri = installation_.stores().mongo_uri});
    const auto markers = pool.collection("dbparks", "fleet_sync_cluster");
    const auto marker = markers.find_one(bson::Document()).value();
    markers.drop();
    EXPECT_TRUE(service.program.reaches([&] { return answer().starts_with("503"); }, 20s));
    EXPECT_THAT(answer(), HasSubstr("MongoDB is not the cluster"));
    EXPECT_TRUE(service.program.reaches(
        [&] { return service.program.error().find("MongoDB is another cluster") != std::string::npos; }, 10s));
    // Nothing is made while it waits: the command, which is refused too, tells that no job holds a lease.
    installation_.put("work_rules", work_rule("one-rule-9", "one"));
    EXPECT_THAT(installation_.run({"run", "work_rules"}), EndsWith(2));
    EXPECT_EQ(installation_.link_state("work_rules", "one-rule-9"), "");

    auto bulk = markers.bulk();
    bulk.insert(marker.view());
    ASSERT_THAT(bulk.execute().errors, IsEmpty());
    EXPECT_TRUE(
        service.program.reaches([&] { return installation_.link_state("work_rules", "one-rule-9") == "linked"; }, 20s));
    EXPECT_TRUE(service.program.reaches([&] { return answer().starts_with("200"); }, 10s));
    service.program.signal(SIGTERM);
    EXPECT_THAT(service.program.wait(15s), EndsWith(0));
}

TEST_F(SourceTest, CommandsOfTheRunbooksDoTheirWorkBesideAServe) {
    installation_.configure("lease: {wait_ms: 10000}\n");
    installation_.put("work_rules", work_rule("bad", "one", R"({"park_id": 7})"));
    auto service = installation_.serve();
    const auto has_leases = [&] {
        const auto metrics = testing::http_get(service.monitor_port, "/metrics");
        return metrics &&
               metrics->body.find(R"(fleet_sync_lease_held{family="vezet",job="drivers"} 1)") != std::string::npos;
    };
    ASSERT_TRUE(service.program.reaches(has_leases, 20s));
    const std::string child = installation_.child_id("drivers", "one-driver-1");
    installation_.edit("drivers", child, R"({"first_name": "Foreign"})");
    for (const auto& [arguments, code] :
         std::vector<std::pair<std::vector<std::string>, int>>{{{"run", "parks", "--full"}, 0},
                                                               {{"verify", "--repair", "--park", "one"}, 0},
                                                               {{"run", "all", "--create-missing", "--park", "one"}, 0},
                                                               {{"quarantine", "retry"}, 1}}) {
        EXPECT_THAT(installation_.run(arguments), EndsWith(code)) << arguments.front();
    }
    EXPECT_NE(field(installation_.child("drivers", "one-driver-1"), "first_name"), R"("Foreign")");
    EXPECT_TRUE(service.program.reaches(has_leases, 20s)) << "it goes on afterwards";
    service.program.signal(SIGTERM);
    EXPECT_THAT(service.program.wait(15s), EndsWith(0));
}

}  // namespace
}  // namespace twinfleet::end_to_end
