#include "clients/access_control/access_control.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/server.hpp"

namespace twinfleet::clients {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Texts = std::vector<std::string>;
using Asked = std::vector<std::pair<std::string, std::string>>;

class AccessControlClient : public ::testing::Test {
protected:
    void will_answer(int status, std::string body) {
        answer_.with([&](auto& next) { next = {.status = status, .body = std::move(body)}; });
    }
    /// What was asked since the last look: method and path, and the body.
    [[nodiscard]] Asked asked() {
        return asked_.with([](auto& requests) { return std::exchange(requests, {}); });
    }

    platform::SystemClock clock_;
    platform::Guarded<http::Response> answer_;
    platform::Guarded<Asked> asked_;
    http::Server server_{
        {.listen = {"127.0.0.1", 0}}, {.handle = [this](const http::Request& request, const http::Reply& reply) {
            asked_.with(
                [&](auto& requests) { requests.emplace_back(request.method + ' ' + request.path, request.body); });
            reply.send(answer_.with([](const auto& next) { return next; }));
        }}};
    const AccessControl client_{
        {.client = {.base_url = "http://127.0.0.1:" + std::to_string(server_.port()), .peer_name = "access-control"}},
        clock_};
};

constexpr const char* group_json =
    R"({"id":"g","park_id":"p","name":"office","grants":["cars_view","users_view"],"is_super":true,"read_only":false,
        "is_enabled":true,"created_us":1700000000000001,"modified_us":-5,"updated_us":3,"new_field":{}})";
constexpr const char* user_json =
    R"({"id":"u","park_id":"p","login":"anna","display_name":"","phone":null,"group_id":"g","is_enabled":false,
        "is_superuser":true,"created_us":1,"modified_us":2,"updated_us":3})";

TEST_F(AccessControlClient, ReadsWhatChangedInItsOrder) {
    will_answer(200, std::string(R"({"items":[)") + group_json + "]}");
    const auto groups = client_.changes<Group>(std::nullopt, {}, 10);
    ASSERT_THAT(groups, SizeIs(1));
    EXPECT_EQ(groups[0].id + groups[0].park_id + groups[0].name, "gpoffice");
    EXPECT_THAT(groups[0].grants, ElementsAre("cars_view", "users_view"));
    EXPECT_TRUE(groups[0].is_super && !groups[0].read_only && groups[0].is_enabled);
    EXPECT_EQ(groups[0].created_us, 1'700'000'000'000'001);
    EXPECT_EQ(groups[0].modified_us, -5);
    EXPECT_EQ(groups[0].updated_us, 3);
    EXPECT_THAT(asked(), ElementsAre(std::pair("POST /v1/internal/groups/changes", R"({"limit":10,"after":null})")));

    will_answer(200, std::string(R"({"items":[)") + user_json + "]}");
    const auto users = client_.changes<User>(ChangePosition{.updated_us = 3, .id = "u"}, Texts{"p", "q"}, 1'000);
    ASSERT_THAT(users, SizeIs(1));
    EXPECT_EQ(users[0].login, "anna");
    EXPECT_EQ(users[0].display_name, "");
    EXPECT_EQ(users[0].phone, std::nullopt);
    EXPECT_EQ(users[0].group_id, "g");
    EXPECT_TRUE(!users[0].is_enabled && users[0].is_superuser);
    EXPECT_THAT(asked(),
                ElementsAre(std::pair("POST /v1/internal/users/changes",
                                      R"({"limit":1000,"park_ids":["p","q"],"after":{"updated_us":3,"id":"u"}})")));
}

TEST_F(AccessControlClient, ReadsEverythingById) {
    will_answer(200, R"({"items":[]})");
    EXPECT_THAT(client_.all<User>(std::nullopt, {}, 5), IsEmpty());
    EXPECT_THAT(client_.all<Group>("g", Texts{"p"}, 5), IsEmpty());
    EXPECT_THAT(asked(), ElementsAre(std::pair("POST /v1/internal/users/all", R"({"limit":5,"after_id":null})"),
                                     std::pair("POST /v1/internal/groups/all",
                                               R"({"limit":5,"park_ids":["p"],"after_id":"g"})")));
}

TEST_F(AccessControlClient, RetrievesAsManyInARequestAsTheServiceTakes) {
    will_answer(200, std::string(R"({"items":[)") + user_json + "]}");
    const std::string id = "u";
    EXPECT_THAT(client_.retrieve<User>(std::vector<std::string_view>(2'001, id)), SizeIs(3));
    const auto requests = asked();
    ASSERT_THAT(requests, SizeIs(3));
    EXPECT_EQ(requests[2].first, "POST /v1/internal/users/retrieve");
    EXPECT_EQ(requests[2].second, R"({"ids":["u"]})");
    EXPECT_THAT(client_.retrieve<Group>({}), IsEmpty());
    EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(AccessControlClient, WritesRecordsAndWhatIsToChange) {
    will_answer(200, R"({"outcomes":["written"]})");
    const Group group{.id = "g", .park_id = "p", .name = "office", .grants = {"a"}, .read_only = true, .created_us = 7};
    EXPECT_THAT(client_.insert(std::span(&group, 1)), ElementsAre(RecordWriteOutcome::written));
    const User user{.id = "u", .park_id = "p", .login = "anna", .phone = "+70001112233", .is_enabled = true};
    EXPECT_THAT(client_.insert(std::span(&user, 1)), ElementsAre(RecordWriteOutcome::written));
    GroupUpdate group_update{.id = "g", .version_us = 9, .changes = {}};
    group_update.changes.grants = Texts{};
    EXPECT_THAT(client_.update(std::span(&group_update, 1)), ElementsAre(RecordWriteOutcome::written));
    UserUpdate user_update{.id = "u", .version_us = 10, .changes = {}};
    user_update.changes.phone.emplace();
    user_update.changes.group_id.emplace("h");
    EXPECT_THAT(client_.update(std::span(&user_update, 1)), ElementsAre(RecordWriteOutcome::written));
    EXPECT_THAT(
        asked(),
        ElementsAre(
            std::pair(
                "POST /v1/internal/groups/write",
                R"({"operations":[{"op":"insert","record":{"id":"g","park_id":"p","name":"office","grants":["a"],)"
                R"("is_super":false,"read_only":true,"is_enabled":false,"created_us":7,"modified_us":0}}]})"),
            std::pair("POST /v1/internal/users/write",
                      R"({"operations":[{"op":"insert","record":{"id":"u","park_id":"p","login":"anna",)"
                      R"("display_name":"","phone":"+70001112233","group_id":null,"is_enabled":true,)"
                      R"("is_superuser":false,"created_us":0,"modified_us":0}}]})"),
            std::pair("POST /v1/internal/groups/write",
                      R"({"operations":[{"op":"update","id":"g","version":9,"record":{"grants":[]}}]})"),
            std::pair("POST /v1/internal/users/write", R"({"operations":[{"op":"update","id":"u","version":10,)"
                                                       R"("record":{"phone":null,"group_id":"h"}}]})")));
}

TEST_F(AccessControlClient, TellsWhatBecameOfEachWrite) {
    will_answer(200, R"({"outcomes":["written","exists","moved_on","login_taken","refused","something_new"]})");
    const std::vector<Group> groups(6);
    EXPECT_THAT(client_.insert(groups),
                ElementsAre(RecordWriteOutcome::written, RecordWriteOutcome::exists, RecordWriteOutcome::moved_on,
                            RecordWriteOutcome::login_taken, RecordWriteOutcome::refused, RecordWriteOutcome::refused));
    const std::vector<User> users(5);
    EXPECT_THROW((void)client_.insert(users), platform::StoreRefused) << "five writes, six outcomes";
    EXPECT_THAT(client_.insert(std::span<const User>()), IsEmpty());
}

TEST_F(AccessControlClient, ReadsWhatWasRemoved) {
    will_answer(200, R"({"items":[{"id":"u","park_id":"p","removed_us":7}]})");
    const auto removed = client_.removals<User>(ChangePosition{.updated_us = 3, .id = ""}, {}, 10);
    ASSERT_THAT(removed, SizeIs(1));
    EXPECT_EQ(removed[0].id + removed[0].park_id, "up");
    EXPECT_EQ(removed[0].removed_us, 7);
    EXPECT_THAT(asked(), ElementsAre(std::pair("POST /v1/internal/users/removals",
                                               R"({"limit":10,"after":{"updated_us":3,"id":""}})")));
}

TEST_F(AccessControlClient, AsksWhoHasLoginsAThousandAtATime) {
    will_answer(200, R"({"items":[{"park_id":"p","login":"anna","id":"u"}]})");
    const std::vector<ParkLogin> logins(1'001, {.park_id = "p", .login = "anna"});
    const auto holders = client_.login_holders(logins);
    ASSERT_THAT(holders, SizeIs(2)) << "one of each answer";
    EXPECT_EQ(holders[0].park_id + holders[0].login + holders[0].user_id, "pannau");
    const Asked requests = asked();
    ASSERT_THAT(requests, SizeIs(2));
    EXPECT_EQ(requests[1], std::pair(std::string("POST /v1/internal/users/holders"),
                                     std::string(R"({"logins":[{"park_id":"p","login":"anna"}]})")));
}

TEST_F(AccessControlClient, ReadsClockAndCount) {
    will_answer(200, R"({"now_us":1700000000000001,"settled_us":1699999999999999})");
    const AccessControl::Clock clock = client_.clock();
    EXPECT_EQ(clock.now_us, 1'700'000'000'000'001);
    EXPECT_EQ(clock.settled_us, 1'699'999'999'999'999);
    will_answer(200, R"({"count":12})");
    EXPECT_EQ(client_.count<User>(), 12);
    EXPECT_EQ(client_.count<Group>(), 12);
    EXPECT_THAT(asked(),
                ElementsAre(std::pair("GET /v1/internal/clock", ""), std::pair("GET /v1/internal/users/count", ""),
                            std::pair("GET /v1/internal/groups/count", "")));
}

TEST_F(AccessControlClient, MakesAUserOnce) {
    will_answer(201, "{}");
    EXPECT_TRUE(client_.make_user("p", "head-office", "Head office"));
    will_answer(200, "{}");
    EXPECT_FALSE(client_.make_user("p", "head-office", "Head office"));
    EXPECT_EQ(asked()[0],
              std::pair(std::string("POST /v1/users"),
                        std::string(R"({"park_id":"p","login":"head-office","display_name":"Head office"})")));
    will_answer(409, R"({"code":"login_taken","message":"anna"})");
    try {
        client_.make_user("p", "anna", "Anna");
        FAIL() << "it was refused";
    } catch (const platform::StoreRefused& refused) {
        EXPECT_THAT(refused.what(), HasSubstr("login_taken"));
        EXPECT_THAT(refused.what(), ::testing::Not(HasSubstr("anna")));
    }
    will_answer(503, "");
    EXPECT_THROW(client_.make_user("p", "anna", "Anna"), platform::StoreUnavailable);
}

TEST_F(AccessControlClient, TakesAnAnswerThatIsNotAsAgreedForNone) {
    for (const auto* body : {"{}", R"({"items":[{"id":"g"}]})", R"({"items":{}})", R"({"items":["g"]})"}) {
        will_answer(200, body);
        // Only answers that are no JSON at all count against the circuit.
        EXPECT_THROW((void)client_.all<Group>(std::nullopt, {}, 5), platform::StoreUnavailable) << body;
    }
    will_answer(200, R"({"now_us":"soon"})");
    EXPECT_THROW((void)client_.clock(), platform::StoreUnavailable);
    will_answer(200, R"({"outcomes":[1]})");
    EXPECT_THROW((void)client_.insert(std::vector<User>(1)), platform::StoreUnavailable);
}

}  // namespace
}  // namespace twinfleet::clients
