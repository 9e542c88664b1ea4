// The store against the real endpoints of access-control, over HTTP, on a real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/access_control/api/internal_http.hpp"
#include "capabilities/access_control/testing/api.hpp"
#include "capabilities/mirroring/stores/entity_store_access_control_http.hpp"
#include "capabilities/mirroring/testing/record_store_contract.hpp"
#include "platform/api/api_server.hpp"
#include "platform/api/testing/token_digest.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::string_view token = "token of the synchronizer";

/// The service, and what calls it.
class ServedAccessControl {
public:
    ServedAccessControl() {
        auto tokens = std::make_shared<const api::ServiceTokens>(std::vector<api::ServiceTokens::Entry>{
            {.name = "synchronizer", .sha256 = api::testing::token_digest(token), .endpoints = {"*"}}});
        server_.emplace(
            api::ApiSettings{.server = {.listen = {.host = "127.0.0.1", .port = 0}}},
            access_control::internal_routes(api_.pool, api_.child_parks), "openapi: 3.1.0", [tokens] { return tokens; },
            registry_, log_);
        client_ = client(std::string(token));
    }

    [[nodiscard]] std::unique_ptr<clients::AccessControl> client(const std::string& shown) const {
        return std::make_unique<clients::AccessControl>(
            http::JsonClientSettings{.client = {.base_url = "http://127.0.0.1:" + std::to_string(server_->port()),
                                                .bearer_token = shown,
                                                .peer_name = "access-control"}},
            clock_);
    }

    [[nodiscard]] const clients::AccessControl& client() const { return *client_; }
    void end() { server_.reset(); }
    [[nodiscard]] postgres::Pool& database() { return api_.pool; }

private:
    access_control::testing::ApiUnderTest api_;
    metrics::Registry registry_;
    log::NullLogger log_;
    std::optional<api::ApiServer> server_;
    platform::SystemClock clock_;
    std::unique_ptr<clients::AccessControl> client_;
};

class AccessControlStore : public ::testing::Test {
protected:
    static ChildInsert group(const std::string& id, const std::string& park = "child") {
        return {.document = bson::from_json(R"({"_id": ")" + id + R"(", "park_id": ")" + park +
                                            R"(", "name": "office", "grants": ["cars_view", "users_view"],
                    "is_super": false, "read_only": true, "is_enabled": true,
                    "created_date": {"$date": 1700000000123}, "modified_date": {"$date": -5}})"),
                .id = domain::ChildId(id)};
    }
    static ChildInsert user(const std::string& id, const std::string& login, const std::string& more) {
        return {.document = bson::from_json(R"({"_id": ")" + id + R"(", "park_id": "child", "login": ")" + login +
                                            R"(", "display_name": "Anna", "is_enabled": true, "is_superuser": false,
                    "created_date": {"$date": 1}, "modified_date": {"$date": 2})" +
                                            more + "}"),
                .id = domain::ChildId(id)};
    }
    static bson::Document only(const DocumentBatch& batch) {
        EXPECT_EQ(batch.size(), 1U);
        return batch.empty() ? bson::Document() : bson::Document(batch[0]);
    }
    static ChildVersion version_of(bson::View document) {
        const auto field = *document.find("updated_ts");
        return {.updated_ts = {field.whole.begin(), field.whole.end()}};
    }
    static std::vector<std::string> ids(DocumentStream& stream) {
        std::vector<std::string> found;
        DocumentBatch batch;
        while (stream.next(batch)) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
                found.emplace_back(batch[i].find("_id")->string());
            }
        }
        return found;
    }

    ServedAccessControl served_;
};

TEST_F(AccessControlStore, TellsWhatWasRemovedBehindATime) {
    UserStoreAccessControl store(served_.client());
    const std::vector<ChildInsert> wanted{user("u1", "anna", ""), user("u2", "berta", "")};
    EXPECT_THAT(store.insert(wanted), ElementsAre(WriteOutcome::written, WriteOutcome::written));
    for (const char* id : {"u1", "u2"}) {
        served_.database().transact([&](postgres::Transaction& transaction) {
            transaction.execute("DELETE FROM access_control.users WHERE id = $1", id);
        });
    }
    const auto all = store.removed_since(std::nullopt, 10);
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].id, "u1");
    EXPECT_THAT(store.removed_since(std::nullopt, 1), SizeIs(1));
    const auto behind = store.removed_since(all[0], 10);
    ASSERT_THAT(behind, SizeIs(1));
    EXPECT_EQ(behind[0].id, "u2");
    EXPECT_THAT(GroupStoreAccessControl(served_.client()).removed_since(std::nullopt, 10), IsEmpty());
}

TEST_F(AccessControlStore, WhatIsSettledWaitsForATransactionThatIsOpenForLongerThanTheOverlap) {
    using namespace std::chrono_literals;
    UserStoreAccessControl store(served_.client());
    const std::vector<ChildInsert> wanted{user("u1", "anna", "")};
    EXPECT_THAT(store.insert(wanted), ElementsAre(WriteOutcome::written));
    std::int64_t settled_ms = 0;
    served_.database().transact([&](postgres::Transaction& transaction) {
        transaction.execute("UPDATE access_control.users SET is_enabled = false");
        transaction.execute("SELECT pg_sleep(1.2)");
        settled_ms = store.settled_until_ms(100ms);
        EXPECT_LT(settled_ms, store.server_time_ms() - 1'000);
    });
    // Whoever goes on from there reads what has become visible since.
    const auto changes = store.changed_since({.timestamp = bson::timestamp_of(settled_ms)}, {}, {});
    EXPECT_THAT(ids(*changes), ElementsAre("u1"));
    EXPECT_GT(store.settled_until_ms(100ms), settled_ms);
}

TEST_F(AccessControlStore, AGroupComesBackAsItWasWritten) {
    GroupStoreAccessControl store(served_.client());
    const ChildInsert wanted = group("g1");
    EXPECT_THAT(store.insert(std::span(&wanted, 1)), ElementsAre(WriteOutcome::written));

    const bson::Document found = only(store.fetch(std::vector<std::string>{"g1", "g1", "none"}));
    for (const bson::Element& element : wanted.document.view()) {
        const auto field = found.view().find(element.key);
        ASSERT_TRUE(field) << element.key;
        EXPECT_TRUE(field->same_value(element)) << element.key;
    }
    const auto version = found.view().find("updated_ts");
    ASSERT_TRUE(version && version->type == bson::Type::timestamp);
    EXPECT_NEAR(static_cast<double>(version->timestamp().seconds), static_cast<double>(store.server_time_ms()) / 1000,
                5);
    EXPECT_THAT(store.insert(std::span(&wanted, 1)), ElementsAre(WriteOutcome::exists));
}

TEST_F(AccessControlStore, AUserWithoutPhoneAndGroupHasNoSuchFields) {
    GroupStoreAccessControl group_store(served_.client());
    UserStoreAccessControl store(served_.client());
    const ChildInsert of_users = group("g1");
    ASSERT_THAT(group_store.insert(std::span(&of_users, 1)), ElementsAre(WriteOutcome::written));
    const std::vector<ChildInsert> wanted{user("u1", "anna", ""),
                                          user("u2", "bob", R"(, "phone": "+70001112233", "group_id": "g1")"),
                                          user("u3", "anna", ""), user("u4", "carl", R"(, "group_id": "g2")")};
    EXPECT_THAT(store.insert(wanted), ElementsAre(WriteOutcome::written, WriteOutcome::written,
                                                  WriteOutcome::login_taken, WriteOutcome::refused));

    const bson::Document anna = only(store.fetch(std::vector<std::string>{"u1"}));
    EXPECT_FALSE(anna.view().find("phone"));
    EXPECT_FALSE(anna.view().find("group_id"));
    const bson::Document bob = only(store.fetch(std::vector<std::string>{"u2"}));
    EXPECT_EQ(bob.view().find("phone")->string(), "+70001112233");
    EXPECT_EQ(bob.view().find("group_id")->string(), "g1");

    ChildUpdate update{.id = domain::ChildId("u2"), .version = version_of(bob)};
    update.set = bson::from_json(R"({"display_name": "Robert", "is_enabled": false})");
    update.unset = {"group_id", "phone"};
    EXPECT_THAT(store.update(std::span(&update, 1)), ElementsAre(WriteOutcome::written));
    const bson::Document robert = only(store.fetch(std::vector<std::string>{"u2"}));
    EXPECT_EQ(robert.view().find("display_name")->string(), "Robert");
    EXPECT_FALSE(robert.view().find("is_enabled")->boolean());
    EXPECT_FALSE(robert.view().find("phone"));
    EXPECT_FALSE(robert.view().find("group_id"));
    EXPECT_THAT(store.update(std::span(&update, 1)), ElementsAre(WriteOutcome::moved_on)) << "that version is gone";
}

TEST_F(AccessControlStore, WhatARecordCannotHoldIsRefusedAlone) {
    GroupStoreAccessControl store(served_.client());
    std::vector<ChildInsert> wanted{group("g1"), group("g2")};
    wanted[0].document =
        bson::from_json(R"({"_id": "g1", "park_id": "child", "name": 7, "grants": [], "is_super": false,
        "read_only": true, "is_enabled": true, "created_date": {"$date": 0}, "modified_date": {"$date": 0}})");
    EXPECT_THAT(store.insert(wanted), ElementsAre(WriteOutcome::refused, WriteOutcome::written));
}

TEST_F(AccessControlStore, ReadsEverythingOrAParksShareOrWhatChangedSince) {
    GroupStoreAccessControl store(served_.client());
    std::vector<ChildInsert> wanted;
    for (int i = 0; i < 25; ++i) {
        wanted.push_back(group("g" + std::to_string(100 + i), i % 5 == 0 ? "first" : "second"));
    }
    EXPECT_THAT(store.insert(wanted), ::testing::Each(WriteOutcome::written));
    const BatchLimits limits{.documents_max = 4};

    EXPECT_THAT(ids(*store.all({}, limits)), SizeIs(25));
    const Scope first{.parks = {domain::ParentParkId("first"), domain::ParentParkId("elsewhere")}};
    EXPECT_THAT(ids(*store.all(first, limits)), ElementsAre("g100", "g105", "g110", "g115", "g120"));
    EXPECT_THAT(ids(*store.changed_since({}, {}, limits)), SizeIs(25));
    EXPECT_EQ(store.estimated_count() >= 0, true);
    EXPECT_THAT(store.presence(std::vector<std::string>{"g100", "none"}),
                ElementsAre(::testing::AllOf(::testing::Field(&EntityStore::Presence::id, "g100"),
                                             ::testing::Field(&EntityStore::Presence::park_id, "first"))));

    const bson::Document last = only(store.fetch(std::vector<std::string>{"g124"}));
    bson::ChangePosition cursor;
    cursor.timestamp = last.view().find("updated_ts")->timestamp();
    for (const auto& id : ids(*store.changed_since(cursor, {}, limits))) {
        EXPECT_NE(id, "g124") << "it is at the cursor, not behind it";
    }
    ChildUpdate update{.id = domain::ChildId("g124"), .version = version_of(last)};
    update.set = bson::from_json(R"({"name": "new"})");
    ASSERT_THAT(store.update(std::span(&update, 1)), ElementsAre(WriteOutcome::written));
    EXPECT_THAT(ids(*store.changed_since(cursor, {}, limits)), ElementsAre("g124"));
}

TEST_F(AccessControlStore, AServiceThatLetsUsNotInRefuses) {
    const auto stranger = served_.client("another token");
    GroupStoreAccessControl store(*stranger);
    EXPECT_THROW(static_cast<void>(store.server_time_ms()), platform::StoreRefused);
}

TEST_F(AccessControlStore, AServiceThatIsGoneIsUnavailable) {
    served_.end();
    GroupStoreAccessControl store(served_.client());
    EXPECT_THROW(static_cast<void>(store.fetch(std::vector<std::string>{"g1"})), platform::StoreUnavailable);
}

class ServedRecordStores final : public testing::RecordStoresUnderTest {
public:
    EntityStore& groups() override { return groups_; }
    EntityStore& users() override { return users_; }

private:
    ServedAccessControl served_;
    GroupStoreAccessControl groups_{served_.client()};
    UserStoreAccessControl users_{served_.client()};
};

std::unique_ptr<testing::RecordStoresUnderTest> make_served_stores() {
    return std::make_unique<ServedRecordStores>();
}

}  // namespace

namespace testing {
INSTANTIATE_TEST_SUITE_P(AccessControl, RecordStoreContract, ::testing::Values(make_served_stores));
}  // namespace testing

}  // namespace twinfleet::mirroring
