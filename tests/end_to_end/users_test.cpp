// Groups and users of mirrored parks, between the two real services.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/api/testing/token_digest.hpp"
#include "platform/http_client/client.hpp"
#include "tests/end_to_end/installation.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/json.hpp"
#include "tests/support/loopback_port.hpp"

namespace twinfleet::end_to_end {
namespace {

constexpr const char* synchronizer_token = "token-of-the-synchronizer";
constexpr const char* console_token = "token-of-the-console";

std::string entry(const std::string& name, std::string_view token) {
    return "  - {name: " + name + ", sha256: " + api::testing::token_digest(token) + ", endpoints: [\"*\"]}\n";
}

class Users : public EndToEndTest {
protected:
    Users() {
        const auto tokens = installation_.folder() / "access-control-tokens.yaml";
        std::ofstream(tokens) << "tokens:\n"
                              << entry("synchronizer", synchronizer_token) << entry("console", console_token);
        std::filesystem::permissions(tokens, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        testing::Command command{.program = built_program("access-control"),
                                 .arguments = {"migrate"},
                                 .environment = {{"FLEET_POSTGRES_DSN", installation_.stores().postgres_dsn},
                                                 {"FLEET_MONGO_URI", installation_.stores().mongo_uri},
                                                 {"FLEET_SYNCHRONIZER_URL", ""},
                                                 {"FLEET_SERVICE_TOKENS", tokens},
                                                 {"FLEET_SERVICE_TOKEN", ""}}};
        EXPECT_THAT(testing::run(command), EndsWith(0));
        port_ = testing::free_loopback_port();
        const auto monitor_port = testing::free_loopback_port();
        command.arguments = {"serve"};
        command.environment["FLEET_LISTEN"] = "127.0.0.1:" + std::to_string(port_);
        command.environment["FLEET_MONITOR_LISTEN"] = "127.0.0.1:" + std::to_string(monitor_port);
        access_control_.emplace(command);
        const bool is_ready = access_control_->reaches(
            [&] {
                const auto answer = testing::http_get(monitor_port, "/ready");
                return answer && answer->status == 200;
            },
            20s);
        EXPECT_TRUE(is_ready) << access_control_->error();
        installation_.enable_cities({"Chicago"});
        installation_.put("parks", "p1", R"({"login": "one", "city_id": "Chicago", "is_active": true})");
    }

    [[nodiscard]] Ended run(std::vector<std::string> arguments) const {
        testing::Command command = installation_.command(std::move(arguments));
        command.environment["FLEET_ACCESS_CONTROL_URL"] = "http://127.0.0.1:" + std::to_string(port_);
        command.environment["FLEET_SERVICE_TOKEN"] = synchronizer_token;
        return testing::run(command);
    }

    /// The body of an answer that is no refusal.
    boost::json::object call(const std::string& method, const std::string& target, const std::string& body = {}) const {
        const http::Client client({.base_url = "http://127.0.0.1:" + std::to_string(port_),
                                   .bearer_token = console_token,
                                   .peer_name = "access-control"});
        const http::Response answer = client.request(method, target, body, {{"Content-Type", "application/json"}});
        EXPECT_LT(answer.status, 300) << method << ' ' << target << ": " << answer.body;
        return answer.body.empty() ? boost::json::object() : testing::json_object(answer.body);
    }
    std::string make_group(const std::string& fields) const {
        return text(call("POST", "/v1/parks/p1/groups", fields), "id");
    }
    std::string make_user(const std::string& fields) const {
        return text(call("POST", "/v1/parks/p1/users", fields), "id");
    }
    [[nodiscard]] std::string check(const std::string& park, const std::string& login, const std::string& grant) const {
        const auto answer =
            call("POST", "/v1/check",
                 R"({"park_id": ")" + park + R"(", "login": ")" + login + R"(", "grant": ")" + grant + "\"}");
        return answer.at("allowed").as_bool() ? "allowed" : text(answer, "reason");
    }
    [[nodiscard]] boost::json::object child_user(const std::string& parent_id) const {
        return call("GET", "/v1/parks/" + child_park() + "/users/" + installation_.child_id("users", parent_id));
    }
    [[nodiscard]] std::string child_park() const { return installation_.child_id("parks", "p1"); }

    std::uint16_t port_ = 0;
    std::optional<Program> access_control_;
};

TEST_F(Users, OfALinkedParkAreMirroredReadOnly) {
    const std::string office =
        make_group(R"({"name": "Office", "grants": ["cars_edit", "drivers_view"], "is_super": true})");
    const std::string anna = make_user(R"({"login": "anna", "display_name": "Anna", "group_id": ")" + office +
                                       R"(", "phone": "+79990001122"})");
    const std::string boss = make_user(R"({"login": "boss", "display_name": "Boss", "is_superuser": true})");

    const Ended first = run({"run", "all", "--json"});
    ASSERT_THAT(first, EndsWith(0));
    const auto jobs = by_job(first.out);
    EXPECT_EQ(count(jobs.at("users"), "created"), 3) << "a group and two users, in one line";
    EXPECT_FALSE(jobs.contains("groups"));

    const auto child = child_user(anna);
    EXPECT_EQ(text(child, "login"), "anna");
    EXPECT_EQ(text(child, "phone"), "+79990001122");
    EXPECT_EQ(text(child, "group_id"), installation_.child_id("groups", office));
    const auto group = call("GET", "/v1/parks/" + child_park() + "/groups/" + text(child, "group_id"));
    EXPECT_EQ(boost::json::serialize(group.at("grants")), R"(["cars_view","drivers_view"])");
    EXPECT_FALSE(group.at("is_super").as_bool());
    EXPECT_TRUE(group.at("read_only").as_bool());
    EXPECT_FALSE(child_user(boss).at("is_superuser").as_bool());
    EXPECT_EQ(check("p1", "anna", "cars_edit"), "allowed");
    EXPECT_EQ(check(child_park(), "anna", "cars_view"), "allowed");
    EXPECT_EQ(check(child_park(), "anna", "cars_edit"), "child_park_is_read_only");
    EXPECT_EQ(check(child_park(), "boss", "cars_edit"), "child_park_is_read_only");

    const auto again = by_job(run({"run", "users", "--json", "--full"}).out);
    EXPECT_EQ(count(again.at("users"), "unchanged"), 3);
    EXPECT_EQ(count(again.at("users"), "updated") + count(again.at("users"), "created"), 0);
    EXPECT_THAT(run({"verify"}), EndsWith(0));
}

TEST_F(Users, FollowTheirOriginals) {
    const std::string anna = make_user(R"({"login": "anna", "display_name": "Anna"})");
    ASSERT_THAT(run({"run", "all"}), EndsWith(0));

    const std::string office = make_group(R"({"name": "Office", "grants": ["orders_edit"]})");
    call("PUT", "/v1/parks/p1/users/" + anna,
         R"({"login": "anna2", "display_name": "Anne", "phone": null, "group_id": ")" + office +
             R"(", "is_enabled": true, "is_superuser": false})");
    ASSERT_THAT(run({"run", "users"}), EndsWith(0));
    EXPECT_EQ(text(child_user(anna), "login"), "anna2");
    EXPECT_EQ(text(child_user(anna), "group_id"), installation_.child_id("groups", office));
    EXPECT_EQ(check(child_park(), "anna2", "orders_view"), "allowed");

    // Who is removed is disabled, not removed; a successor of that login finds it free. No full pass is needed.
    call("DELETE", "/v1/parks/p1/users/" + anna);
    ASSERT_THAT(run({"run", "users"}), EndsWith(0));
    EXPECT_FALSE(child_user(anna).at("is_enabled").as_bool());
    EXPECT_EQ(check(child_park(), "anna2", "orders_view"), "disabled");
    const std::string successor =
        make_user(R"({"login": "anna2", "display_name": "Another", "group_id": ")" + office + "\"}");
    ASSERT_THAT(run({"run", "users"}), EndsWith(0));
    EXPECT_EQ(text(child_user(successor), "login"), "anna2");
    EXPECT_EQ(check(child_park(), "anna2", "orders_view"), "allowed");
}

TEST_F(Users, WhoExchangeTheirLoginsDoSoInTheChildPark) {
    const auto rename = [this](const std::string& id, const std::string& login) {
        call(
            "PUT", "/v1/parks/p1/users/" + id,
            R"({"login": ")" + login +
                R"(", "display_name": "Somebody", "phone": null, "group_id": null, "is_enabled": true, "is_superuser": false})");
    };
    const std::string anna = make_user(R"({"login": "anna", "display_name": "Anna"})");
    const std::string bob = make_user(R"({"login": "bob", "display_name": "Bob"})");
    ASSERT_THAT(run({"run", "all"}), EndsWith(0));
    rename(anna, "meanwhile");
    rename(bob, "anna");
    rename(anna, "bob");
    ASSERT_THAT(run({"run", "users"}), EndsWith(0));
    EXPECT_EQ(text(child_user(anna), "login"), "bob");
    EXPECT_EQ(text(child_user(bob), "login"), "anna");
    EXPECT_THAT(run({"verify"}), EndsWith(0));
}

TEST_F(Users, AChildParkGetsTheMasterAccountThatItsCityWants) {
    installation_.write_typed_configs(R"(
fleet_mirror_enabled:
  default: {enabled: true}
fleet_mirror_master_account:
  default: {enabled: false}
  clauses:
    - title: Chicago
      predicate: {type: eq, arg: city_id, value: Chicago}
      value: {enabled: true, login: head-office}
)");
    installation_.put("parks", "p2", R"({"login": "two", "city_id": "Boston", "is_active": true})");
    ASSERT_THAT(run({"run", "all"}), EndsWith(0));
    const auto users_of = [&](const std::string& parent_park) {
        return boost::json::serialize(
            call("GET", "/v1/parks/" + installation_.child_id("parks", parent_park) + "/users").at("items"));
    };
    EXPECT_THAT(users_of("p1"), ::testing::HasSubstr(R"("login":"head-office")"));
    EXPECT_EQ(users_of("p2"), "[]");
    EXPECT_THAT(run({"run", "users", "--full"}), EndsWith(0));
    EXPECT_THAT(run({"verify"}), EndsWith(0)) << "it is no copy of anybody, and wanted";
}

TEST_F(Users, ASuccessorGetsTheLoginOfARemovedUserInTheSamePass) {
    const std::string office = make_group(R"({"name": "Office", "grants": ["payments_view"]})");
    const std::string anna = make_user(R"({"login": "anna", "group_id": ")" + office + "\"}");
    ASSERT_THAT(run({"run", "all"}), EndsWith(0));
    EXPECT_EQ(check(child_park(), "anna", "payments_view"), "allowed");
    call("DELETE", "/v1/parks/p1/users/" + anna);
    const std::string successor = make_user(R"({"login": "anna"})");
    ASSERT_THAT(run({"run", "users"}), EndsWith(0));
    EXPECT_EQ(text(child_user(successor), "login"), "anna");
    EXPECT_FALSE(child_user(anna).at("is_enabled").as_bool());
    EXPECT_EQ(check(child_park(), "anna", "payments_view"), "no_grant") << "she has not what the other had";
}

TEST_F(Users, AMasterAccountKeepsItsLoginAndWhoeverTakesItIsNamedInQuarantine) {
    installation_.write_typed_configs(R"(
fleet_mirror_enabled:
  default: {enabled: true}
fleet_mirror_master_account:
  default: {enabled: true, login: head-office}
)");
    const std::string anna = make_user(R"({"login": "anna"})");
    ASSERT_THAT(run({"run", "all"}), EndsWith(0));
    call("PUT", "/v1/parks/p1/users/" + anna, R"({"login": "head-office", "display_name": "Anna"})");
    EXPECT_THAT(run({"run", "users"}), EndsWith(1));
    EXPECT_EQ(text(child_user(anna), "login"), "anna");
    EXPECT_EQ(text(child_user(anna), "display_name"), "Anna") << "all but the login is in step";
    EXPECT_THAT(run({"quarantine", "list", "--json"}).out, ::testing::HasSubstr(R"("reason":"login_taken:)"));

    call("PUT", "/v1/parks/p1/users/" + anna, R"({"login": "anna2"})");
    EXPECT_THAT(run({"run", "users"}), EndsWith(0));
    EXPECT_EQ(text(child_user(anna), "login"), "anna2");
    EXPECT_EQ(run({"quarantine", "list", "--json"}).out, "");
}

TEST_F(Users, EveryChangeIsInTheAuditOfItsPark) {
    const std::string anna = make_user(R"({"login": "anna", "phone": "+79990001122"})");
    ASSERT_THAT(run({"run", "all"}), EndsWith(0));
    const auto audit = [this](const std::string& park) {
        return boost::json::serialize(call("GET", "/v1/parks/" + park + "/audit").at("items"));
    };
    EXPECT_THAT(audit("p1"), ::testing::HasSubstr(R"("caller":"console")"));
    EXPECT_THAT(audit(child_park()), ::testing::HasSubstr(R"("caller":"synchronizer")"));
    EXPECT_THAT(audit(child_park()), ::testing::Not(::testing::HasSubstr("79990001122")));
}

TEST_F(Users, AServiceThatIsAwayHoldsUpNoOtherJob) {
    access_control_->signal(SIGKILL);
    static_cast<void>(access_control_->wait(10s));
    EXPECT_THAT(run({"run", "parks", "work_rules", "cars", "drivers"}), EndsWith(0));
    const Ended users = run({"--timeout", "1", "run", "users"});
    EXPECT_THAT(users, EndsWith(3));
    EXPECT_THAT(users.error, ::testing::HasSubstr("access-control cannot be reached"));
}

}  // namespace
}  // namespace twinfleet::end_to_end
