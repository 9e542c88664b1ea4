// The stores stop answering, or are started anew, while the fleet changes all the time; a replica sleeps for much
// longer than its lease lasts. Nothing that was acknowledged may be missing in the children afterwards.
//
// Outages take their time, so those that do not get in each other's way are in one test and happen at once.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/end_to_end/installation.hpp"
#include "tests/support/embedded_mongo.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::IsEmpty;

constexpr std::size_t parks = 3;
constexpr std::size_t drivers_of_a_park = 10;

// Passes follow each other closely, and full rounds run beside them all the time. The lease is the one that ships.
constexpr const char* short_intervals = R"(
pass: {batch_documents_max: 10}
jobs:
  parks: {incremental_interval_ms: 100, full_interval_s: 5}
  work_rules: {incremental_interval_ms: 100, full_interval_s: 5, full_shards: 2}
  cars: {incremental_interval_ms: 100, full_interval_s: 5, full_shards: 2}
  drivers: {incremental_interval_ms: 100, full_interval_s: 2, full_shards: 4}
)";

/// An installation whose fleet changes all the time, in a thread of its own, whatever becomes of the stores.
class ChangingFleet {
public:
    ChangingFleet(Installation::Stores stores, unsigned seed) : installation_(std::move(stores)), random_(seed) {
        EXPECT_THAT(installation_.run({"migrate"}), EndsWith(0));
        installation_.enable_cities({"Chicago"});
        Documents fleet;
        for (std::size_t index = 0; index < parks; ++index) {
            add(fleet, park_with_drivers(park("park-" + std::to_string(index), "Chicago"), drivers_of_a_park));
        }
        installation_.put(fleet);
        for (const char* entity : {"work_rules", "cars", "drivers"}) {
            for (const bson::Document& document : fleet.at(entity)) {
                documents_.emplace_back(entity, document.view().find("_id")->string());
            }
        }
        EXPECT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
        installation_.configure(short_intervals);
        services_.push_back(installation_.serve());
    }
    ~ChangingFleet() { stop_changing(); }
    ChangingFleet(const ChangingFleet&) = delete;
    ChangingFleet& operator=(const ChangingFleet&) = delete;

    void start_changing() {
        writer_ = std::jthread([this](const std::stop_token& stop) {
            for (int step = 1; platform::wait_for(stop, 20ms); ++step) {
                change_one();
                // Now and then somebody new logs in.
                if (step % 10 == 0) {
                    add_newcomer();
                    ask_for_a_child();
                }
            }
        });
    }
    void stop_changing() {
        if (writer_.joinable()) {
            writer_.request_stop();
            writer_.join();
        }
    }

    Installation& installation() { return installation_; }
    Installation::Service& service(std::size_t index = 0) { return services_.at(index); }
    void add_replica() { services_.push_back(installation_.serve()); }
    [[nodiscard]] int acknowledged() const { return acknowledged_; }

    /// The greatest version that a child driver has.
    [[nodiscard]] int newest_child() const {
        std::int64_t newest = 0;
        for (const bson::Document& child : installation_.documents("drivers")) {
            const auto version = child.view().find("version");
            if (child.view().find("parent_driver_id") && version) {
                newest = std::max(newest, version->integer().value_or(0));
            }
        }
        return static_cast<int>(newest);
    }
    /// Some change that is acknowledged from now on arrives in its child.
    [[nodiscard]] bool goes_on(std::size_t by, std::chrono::seconds within) {
        const int wanted = acknowledged_ + 1;
        return services_.at(by).program.reaches([&] { return newest_child() >= wanted; }, within);
    }

    /// The stream has ended: all of it is in the children, and every process ends as it should.
    void expect_nothing_lost() {
        stop_changing();
        EXPECT_GT(acknowledged(), 50);
        const auto all_have_children = [this] { return waiting_.empty() || (ask_for_a_child(), waiting_.empty()); };
        EXPECT_TRUE(services_.back().program.reaches(all_have_children, 30s)) << services_.back().program.error();
        const auto is_mirrored = [this] {
            return std::ranges::all_of(last_version_, [this](const auto& entry) {
                const auto& [key, version] = entry;
                const auto child = installation_.child(key.first, key.second);
                const auto found = child.view().find("version");
                return found && found->integer() == version;
            });
        };
        EXPECT_TRUE(services_.back().program.reaches(is_mirrored, 30s)) << services_.back().program.error();
        for (Installation::Service& service : services_) {
            EXPECT_TRUE(service.program.runs()) << service.program.error();
            service.program.signal(SIGTERM);
            EXPECT_THAT(service.program.wait(15s), EndsWith(0));
        }
        EXPECT_THAT(installation_.run({"verify"}), EndsWith(0));
        EXPECT_THAT(installation_.violations(), IsEmpty());
        EXPECT_THAT(installation_.quarantine(), IsEmpty());
        EXPECT_THAT(told_of_a_child_, ::testing::SizeIs(::testing::Gt(5U)));
        for (const auto& [parent_id, child_id] : told_of_a_child_) {
            EXPECT_EQ(installation_.child_id("drivers", parent_id), child_id);
            EXPECT_TRUE(installation_.document("drivers", child_id)) << parent_id;
        }
    }

private:
    using Key = std::pair<std::string, std::string>;

    void change_one() {
        const Key& key = documents_[std::uniform_int_distribution<std::size_t>(0, documents_.size() - 1)(random_)];
        const int version = ++version_;
        until_acknowledged(
            [&] { installation_.put(key.first, key.second, R"({"version": )" + std::to_string(version) + "}"); });
        last_version_[key] = version;
        acknowledged_ = version;
    }
    void add_newcomer() {
        const std::string id = "newcomer-" + std::to_string(++newcomers_);
        until_acknowledged(
            [&] { installation_.put("drivers", driver(id, "park-0", "park-0-car-1", "park-0-rule-1")); });
        waiting_.push_back(id);
    }
    /// For who has waited longest; he waits on when nobody answers, or when he is told to come again.
    void ask_for_a_child() {
        const std::string& id = waiting_.front();
        const auto answer = testing::http_request(
            services_.back().api_port, "POST", "/v1/children/drivers",
            {{"Authorization", std::string("Bearer ") + Installation::token}, {"Content-Type", "application/json"}},
            R"({"family":"vezet","parent_driver_id":")" + id + "\"}");
        if (!answer || answer->status == 503) {
            return;
        }
        EXPECT_THAT(answer->status, ::testing::AnyOf(200, 201)) << answer->body;
        told_of_a_child_[id] = text(testing::json_object(answer->body), "driver_id");
        waiting_.pop_front();
    }
    /// While the store is away nobody knows whether it was done; done twice it is the same.
    template <typename Write>
    static void until_acknowledged(const Write& write) {
        constexpr int attempts = 1'000;
        for (int attempt = 1;; ++attempt) {
            try {
                write();
                return;
            } catch (const platform::StoreUnavailable&) {
                if (attempt == attempts) {
                    throw;
                }
            }
            static_cast<void>(platform::wait_for({}, 50ms));
        }
    }

    Installation installation_;
    std::mt19937 random_;
    std::vector<Key> documents_;
    std::vector<Installation::Service> services_;
    std::atomic<int> acknowledged_ = 0;
    // The writer's, until it has ended.
    int version_ = 0;
    std::map<Key, int> last_version_;
    int newcomers_ = 0;
    std::deque<std::string> waiting_;
    std::map<std::string, std::string> told_of_a_child_;
    std::jthread writer_;
};

/// A folder for the data of a store; gone with the object.
class DataFolder {
public:
    DataFolder() {
        const testing::Ended made = testing::run({.program = "mktemp", .arguments = {"-d"}});
        path_ = made.out.substr(0, made.out.find('\n'));
    }
    ~DataFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    DataFolder(const DataFolder&) = delete;
    DataFolder& operator=(const DataFolder&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

TEST(StoreFaults, NothingThatWasAcknowledgedIsLostWhateverHappensToTheStores) {
    constexpr auto outage = 20s;
    constexpr auto sleep = 60s;
    const DataFolder data;
    testing::EmbeddedMongo restarted_mongo(data / "mongo.h2");
    testing::EmbeddedMongo paused_mongo;
    testing::EmbeddedMongo mongo_of_paused_postgres;
    testing::PostgresCluster restarted_postgres;
    testing::PostgresCluster paused_postgres;
    const testing::PostgresDatabase postgres_of_paused_mongo;
    const testing::PostgresDatabase postgres_of_replicas;

    ChangingFleet restarted({restarted_mongo.uri(), restarted_postgres.dsn()}, 1);
    ChangingFleet beside_mongo({paused_mongo.uri(), postgres_of_paused_mongo.dsn()}, 2);
    ChangingFleet beside_postgres({mongo_of_paused_postgres.uri(), paused_postgres.dsn()}, 3);
    ChangingFleet replicated({shared_mongo().uri(), postgres_of_replicas.dsn()}, 4);
    replicated.add_replica();
    for (ChangingFleet* fleet : {&restarted, &beside_mongo, &beside_postgres, &replicated}) {
        fleet->start_changing();
        EXPECT_TRUE(fleet->goes_on(0, 20s));
    }

    // The sleeper held the leases: the other had nothing to do but shards so far.
    replicated.service(0).program.pause();
    paused_mongo.pause();
    paused_postgres.pause();
    // Of each what was under way may still come through.
    const int acknowledged_by_mongo = beside_mongo.acknowledged() + 1;
    const int mirrored_without_postgres = beside_postgres.acknowledged() + 1;
    const auto began = std::chrono::steady_clock::now();
    const auto passes = [&](std::chrono::seconds since_then) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(began + since_then - std::chrono::steady_clock::now());
        static_cast<void>(replicated.service(1).program.ends_within(left));
    };

    restarted_mongo.restart();
    EXPECT_TRUE(restarted.goes_on(0, 20s)) << restarted.service().program.error();
    restarted_postgres.stop();
    restarted_postgres.start();
    EXPECT_TRUE(restarted.goes_on(0, 20s)) << restarted.service().program.error();

    passes(outage);
    EXPECT_LE(beside_mongo.acknowledged(), acknowledged_by_mongo);
    EXPECT_LE(beside_postgres.newest_child(), mirrored_without_postgres);
    EXPECT_GT(beside_postgres.acknowledged(), mirrored_without_postgres) << "the fleet changes all the while";
    paused_mongo.resume();
    paused_postgres.resume();
    EXPECT_TRUE(beside_mongo.goes_on(0, 20s)) << beside_mongo.service().program.error();
    EXPECT_TRUE(beside_postgres.goes_on(0, 20s)) << beside_postgres.service().program.error();
    // A lease lasts 15 s; by now the other has taken over.
    EXPECT_TRUE(replicated.goes_on(1, 20s)) << replicated.service(1).program.error();
    for (ChangingFleet* fleet : {&restarted, &beside_mongo, &beside_postgres}) {
        fleet->expect_nothing_lost();
    }

    passes(sleep);
    replicated.service(0).program.resume();
    EXPECT_TRUE(replicated.goes_on(1, 20s)) << replicated.service(1).program.error();
    replicated.expect_nothing_lost();
}

TEST(StoreFaults, TheMirrorAndItsApiGoOnWithThePostgresThatWasPromoted) {
    const testing::EmbeddedMongo mongo;
    testing::PostgresCluster first;
    testing::PostgresCluster second({.standby_of = &first});
    const std::string address = "127.0.0.1:";
    ChangingFleet fleet(
        {mongo.uri(), "postgresql://twinfleet@" + address + std::to_string(first.port()) + "," + address +
                          std::to_string(second.port()) + "/postgres?target_session_attrs=read-write"},
        5);
    fleet.start_changing();
    EXPECT_TRUE(fleet.goes_on(0, 20s));

    // Nobody takes writes from here on: both are standbys.
    first.demote();
    const auto is_ready = [&] {
        const auto answer = testing::http_get(fleet.service().monitor_port, "/ready");
        return answer && answer->status == 200;
    };
    EXPECT_TRUE(fleet.service().program.reaches([&] { return !is_ready(); }, 20s));
    second.promote();
    EXPECT_TRUE(fleet.service().program.reaches(is_ready, 20s)) << fleet.service().program.error();
    EXPECT_TRUE(fleet.goes_on(0, 30s)) << fleet.service().program.error();
    EXPECT_TRUE(fleet.service().program.reaches([&] { return fleet.acknowledged() > 100; }, 60s));
    fleet.expect_nothing_lost();
}

}  // namespace
}  // namespace twinfleet::end_to_end
