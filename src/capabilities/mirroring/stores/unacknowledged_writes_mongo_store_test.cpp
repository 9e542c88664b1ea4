// A server that writes and does not say so: writes that a majority of the replica set does not have, and answers that
// never come. A proxy before the embedded server lets it look like a member of a replica set.
#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/stores/entity_store_mongo.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/support/mongo_proxy.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

using platform::StoreRefused;
using platform::StoreUnavailable;
using ::testing::AnyOf;
using ::testing::Each;
using twinfleet::testing::MongoProxy;
using Verdict = MongoProxy::Verdict;
using namespace std::chrono_literals;

std::uint16_t port_in(const std::string& uri) {
    return static_cast<std::uint16_t>(std::stoi(uri.substr(uri.rfind(':') + 1)));
}

bool is_write(std::string_view command) {
    return command == "insert" || command == "update";
}

std::string read_concern_of(bson::View command) {
    const auto concern = command.find("readConcern");
    const auto level = concern ? concern->document().find("level") : std::nullopt;
    return level ? std::string(level->string()) : "";
}

class UnacknowledgedWrites : public ::testing::Test {
protected:
    UnacknowledgedWrites() { be_well(); }

    void follow(const std::function<Verdict(const MongoProxy::Command&)>& script) {
        proxy_.follow([script, hello = proxy_.primary_of_a_set()](const MongoProxy::Command& command) {
            return command.name == "hello" ? Verdict{.with = hello} : script(command);
        });
    }
    void be_well() {
        follow([](const MongoProxy::Command&) { return Verdict(); });
    }
    void acknowledge_nothing() {
        follow([](const MongoProxy::Command& command) {
            return is_write(command.name) ? Verdict{.with = twinfleet::testing::write_concern_error()} : Verdict();
        });
    }

    static std::vector<ChildInsert> children(int count, const std::string& more = R"("n": 1)") {
        std::vector<ChildInsert> inserts;
        for (int i = 0; i < count; ++i) {
            const std::string id = "child" + std::to_string(i);
            inserts.push_back(
                {.document = bson::from_json("{\"_id\": \"" + id + "\", " + more + "}"), .id = domain::ChildId(id)});
        }
        return inserts;
    }
    [[nodiscard]] std::vector<ChildUpdate> updates_of(const std::vector<ChildInsert>& those) const {
        std::vector<ChildUpdate> updates;
        for (const ChildInsert& child : those) {
            ChildUpdate update{
                .id = child.id, .version = {}, .set = bson::from_json(R"({"n": 2})"), .unset = {}, .replacement = {}};
            const auto found = collection_.find_one(bson::Builder().string("_id", child.id.value()).take());
            const auto version = found ? found->view().find("updated_ts") : std::nullopt;
            if (version) {
                update.version.updated_ts.assign(version->whole.begin(), version->whole.end());
            }
            updates.push_back(std::move(update));
        }
        return updates;
    }
    [[nodiscard]] std::size_t count(const char* filter) const {
        auto cursor = collection_.find(bson::from_json(filter));
        std::size_t documents = 0;
        while (cursor.next()) {
            ++documents;
        }
        return documents;
    }
    [[nodiscard]] Entity entity_of(std::string_view name) const {
        Entity row = entity(name);
        row.database = database_;
        return row;
    }

    const twinfleet::testing::TestMongo mongo_;
    const std::string database_ = mongo_.database_name("fleet");
    const mongo::Collection collection_ = mongo_.pool().collection(database_, "cars");
    MongoProxy proxy_{port_in(mongo_.uri())};
    const mongo::Pool pool_{{.uri = proxy_.uri(), .server_selection_timeout = 5s, .socket_timeout = 2s}};
    const Entity cars_entity_ = entity_of("cars");
    EntityStoreMongo cars_{pool_, cars_entity_, {}};
};

TEST_F(UnacknowledgedWrites, OfInsertsBlameNobodyAndAreFoundWhenRepeated) {
    // What the server stamps is known by then.
    static_cast<void>(cars_.insert(children(1)));
    acknowledge_nothing();
    const auto before = proxy_.commands("insert").size();
    EXPECT_THROW(static_cast<void>(cars_.insert(children(97))), StoreUnavailable);
    EXPECT_EQ(proxy_.commands("insert").size(), before + 1) << "sent once, as a whole";
    EXPECT_EQ(count("{}"), 97U) << "all have been written";
    be_well();
    EXPECT_THAT(cars_.insert(children(97)), Each(WriteOutcome::exists));
}

TEST_F(UnacknowledgedWrites, OfUpdatesBlameNobodyAndAreFoundWhenRepeated) {
    const auto all = children(97);
    EXPECT_THAT(cars_.insert(all), Each(WriteOutcome::written));
    const auto updates = updates_of(all);
    acknowledge_nothing();
    const auto before = proxy_.commands("update").size();
    EXPECT_THROW(static_cast<void>(cars_.update(updates)), StoreUnavailable);
    EXPECT_EQ(proxy_.commands("update").size(), before + 1);
    EXPECT_EQ(count(R"({"n": 2})"), 97U);
    be_well();
    // The embedded server's versions of one second are alike: a guard may find the same one once more.
    EXPECT_THAT(cars_.update(updates), Each(AnyOf(WriteOutcome::moved_on, WriteOutcome::written)));
}

TEST_F(UnacknowledgedWrites, ThatHangAreSentOnce) {
    static_cast<void>(cars_.insert(children(1)));
    const auto before = proxy_.commands("insert").size();
    const auto updates_before = proxy_.commands("update").size();
    follow([](const MongoProxy::Command& command) { return Verdict{.is_never_answered = is_write(command.name)}; });
    EXPECT_THROW(static_cast<void>(cars_.insert(children(30))), StoreUnavailable);
    EXPECT_EQ(proxy_.commands("insert").size(), before + 1);
    EXPECT_EQ(proxy_.commands("update").size(), updates_before) << "silence is no reason for a suspicion";
    be_well();
    EXPECT_THAT(cars_.insert(children(30)), Each(WriteOutcome::exists));
}

TEST_F(UnacknowledgedWrites, AreSuspectedOfNothingWhileTheStoreTakesNone) {
    static_cast<void>(cars_.insert(children(1)));
    // Reads go on all the while.
    follow([](const MongoProxy::Command& command) { return Verdict{.is_cut_off = is_write(command.name)}; });
    EXPECT_THROW(static_cast<void>(cars_.insert(children(30))), StoreUnavailable);
    const auto no_such_concern = bson::from_json(
        R"({"ok": 0, "code": 79, "codeName": "UnknownReplWriteConcern", "errmsg": "No write concern mode named x"})");
    const auto bad_value = bson::from_json(
        R"({"ok": 0, "code": 2, "codeName": "BadValue", "errmsg": "cannot use 'w' > 1 when a host is not replicated"})");
    for (const auto& answer : {no_such_concern, bad_value}) {
        follow([answer](const MongoProxy::Command& command) {
            return is_write(command.name) ? Verdict{.answer = answer} : Verdict();
        });
        EXPECT_THROW(static_cast<void>(cars_.insert(children(30))), StoreRefused);
    }
}

TEST_F(UnacknowledgedWrites, ALonePoisonIsFoundWhereOthersAreWritten) {
    static_cast<void>(cars_.insert(children(1)));
    auto all = children(30);
    all[7].document =
        bson::from_json(R"({"_id": "child7", "b": {"$binary": {"base64": "AgAAAAEC", "subType": "02"}}})");
    const auto outcomes = cars_.insert(all);
    EXPECT_EQ(outcomes[7], WriteOutcome::refused);
    EXPECT_EQ(std::ranges::count(outcomes, WriteOutcome::written), 28);
    EXPECT_EQ(outcomes[0], WriteOutcome::exists);
}

TEST_F(UnacknowledgedWrites, ADuplicateThatNoMajorityHasIsLookedForAgain) {
    EXPECT_THAT(cars_.insert(children(5)), Each(WriteOutcome::written));
    std::atomic<int> uncommitted_reads = 0;
    follow([&](const MongoProxy::Command& command) {
        if (command.name == "find" && read_concern_of(command.body) == "majority") {
            return Verdict{.answer = bson::from_json(
                               R"({"cursor": {"id": {"$numberLong": "0"}, "ns": "fleet.cars", "firstBatch": []},
                                   "ok": 1})")};
        }
        uncommitted_reads += command.name == "find" ? 1 : 0;
        return Verdict();
    });
    EXPECT_THROW(static_cast<void>(cars_.insert(children(5))), StoreUnavailable);
    EXPECT_GT(uncommitted_reads, 0);
    be_well();
    EXPECT_THAT(cars_.insert(children(5)), Each(WriteOutcome::exists));
}

TEST_F(UnacknowledgedWrites, OfOthersAreSeenWhereAGuardHasSeenThem) {
    const auto all = children(3);
    EXPECT_THAT(cars_.insert(all), Each(WriteOutcome::written));
    const auto updates = updates_of(all);
    // A majority has them as they were when they were read; the primary has the write of somebody else.
    auto others = collection_.bulk();
    others.update_many(bson::from_json("{}"),
                       bson::from_json(R"({"$set": {"updated_ts": {"$timestamp": {"t": 101, "i": 1}}}})"));
    static_cast<void>(others.execute());
    EXPECT_THAT(cars_.update(updates), Each(WriteOutcome::moved_on));
    EXPECT_EQ(read_concern_of(proxy_.last_command("find")), "local");
}

TEST_F(UnacknowledgedWrites, GuardsAreReadFromThePrimary) {
    static_cast<void>(cars_.fetch(std::vector<std::string>{"child0"}));
    const auto asked = proxy_.last_command("find");
    EXPECT_EQ(read_concern_of(asked), "majority");
    const auto preference = asked.view().find("$readPreference");
    EXPECT_TRUE(!preference || preference->document().find("mode")->string() != "secondaryPreferred")
        << bson::to_extended_json(asked);
}

}  // namespace
}  // namespace twinfleet::mirroring
