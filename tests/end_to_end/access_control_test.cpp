// access-control as a process: over HTTP, with real stores.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "platform/api/api_server.hpp"
#include "platform/api/testing/token_digest.hpp"
#include "platform/http_client/client.hpp"
#include "tests/end_to_end/installation.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/json.hpp"
#include "tests/support/loopback_port.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* console_token = "token-of-the-console";
constexpr const char* reader_token = "token-of-a-reader";
constexpr const char* synchronizer_token = "token-of-the-synchronizer";
constexpr const char* own_token = "token-of-access-control";

std::string token_entry(const std::string& name, const std::string& token, const std::string& endpoints) {
    return "  - {name: " + name + ", sha256: " + api::testing::token_digest(token) + ", endpoints: [" + endpoints +
           "]}\n";
}

struct Answer {
    int status = 0;
    boost::json::object body;
    http::Headers headers;

    [[nodiscard]] std::string text(std::string_view name) const {
        const auto& value = body.at(name);
        return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
    }
};

/// The park `child` is one; shows what it was asked with.
class FakeSynchronizer {
public:
    FakeSynchronizer()
        : tokens_(std::make_shared<api::ServiceTokens>(std::vector<api::ServiceTokens::Entry>{
              {"access-control", api::testing::token_digest(own_token), {"GET /v1/links/*"}}})) {
        start();
    }
    void start() {
        const auto links = [](const api::Call& call) {
            const bool is_child = call.path_argument("id") == "child";
            return http::Response{.body = std::string(R"({"entity":"parks","id":"x","role":")") +
                                          (is_child ? "child" : "unlinked") + R"(","links":[]})"};
        };
        api::ApiSettings settings;
        settings.server.listen = {"127.0.0.1", port_};
        server_.emplace(
            settings,
            std::vector<api::Route>{
                {.method = "GET", .pattern = "/v1/links/parks/{id}", .handler = api::BlockingHandler(links)}},
            "", [tokens = tokens_] { return tokens; }, registry_, log_);
        port_ = server_->port();
    }
    void stop() { server_.reset(); }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    const std::shared_ptr<const api::ServiceTokens> tokens_;
    metrics::Registry registry_;
    log::NullLogger log_;
    std::uint16_t port_ = 0;
    std::optional<api::ApiServer> server_;
};

class AccessControl : public ::testing::Test {
protected:
    AccessControl() : folder_(std::filesystem::temp_directory_path() / ("access-control-" + postgres_.name())) {
        std::filesystem::create_directory(folder_);
        std::ofstream(folder_ / "tokens.yaml") << "tokens:\n"
                                               << token_entry("console", console_token, "\"*\"")
                                               << token_entry("reader", reader_token, "\"GET /v1/parks/*\"")
                                               << token_entry("synchronizer", synchronizer_token, "\"*\"");
        std::filesystem::permissions(folder_ / "tokens.yaml",
                                     std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    ~AccessControl() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    [[nodiscard]] testing::Command command(std::vector<std::string> arguments) const {
        return {.program = built_program("access-control"),
                .arguments = std::move(arguments),
                .environment = {{"FLEET_POSTGRES_DSN", postgres_.dsn()},
                                {"FLEET_MONGO_URI", "mongodb://127.0.0.1:1"},
                                {"FLEET_SYNCHRONIZER_URL", ""},
                                {"FLEET_LISTEN", ""},
                                {"FLEET_MONITOR_LISTEN", ""},
                                {"FLEET_SERVICE_TOKENS", folder_ / "tokens.yaml"},
                                {"FLEET_SERVICE_TOKEN", own_token}}};
    }

    struct Service {
        Program program;
        std::uint16_t port = 0;
        std::uint16_t monitor_port = 0;
    };

    [[nodiscard]] Service serve(const std::map<std::string, std::string>& environment) const {
        const Ended migrated = testing::run(command({"migrate"}));
        EXPECT_EQ(migrated.exit_code, 0) << migrated.error;
        const std::uint16_t port = testing::free_loopback_port();
        const std::uint16_t monitor_port = testing::free_loopback_port();
        testing::Command serving = command({"serve"});
        serving.environment["FLEET_LISTEN"] = "127.0.0.1:" + std::to_string(port);
        serving.environment["FLEET_MONITOR_LISTEN"] = "127.0.0.1:" + std::to_string(monitor_port);
        for (const auto& [name, value] : environment) {
            serving.environment[name] = value;
        }
        Program program(serving);
        const auto is_ready = [&] {
            const auto answer = testing::http_get(monitor_port, "/ready");
            return answer && answer->status == 200;
        };
        if (!program.reaches(is_ready, 20s)) {
            throw std::runtime_error("serve does not become ready; it said:\n" + program.out() + program.error());
        }
        return {.program = std::move(program), .port = port, .monitor_port = monitor_port};
    }

    static Answer call(const Service& service, const std::string& method, const std::string& target,
                       const std::string& body = {}, const std::string& token = console_token,
                       const http::Headers& headers = {}) {
        const http::Client client({.base_url = "http://127.0.0.1:" + std::to_string(service.port),
                                   .bearer_token = token,
                                   .peer_name = "access-control"});
        const http::Response response = client.request(method, target, body, headers);
        return {.status = response.status,
                .body = response.body.empty() ? boost::json::object() : testing::json_object(response.body),
                .headers = response.headers};
    }

    static std::string check(const Service& service, const std::string& park, const std::string& login,
                             const std::string& grant) {
        const Answer answer =
            call(service, "POST", "/v1/check",
                 R"({"park_id":")" + park + R"(","login":")" + login + R"(","grant":")" + grant + "\"}");
        if (answer.status != 200) {
            return std::to_string(answer.status);
        }
        return answer.text("allowed") == "true" ? "allowed" : answer.text("reason");
    }

    twinfleet::testing::PostgresDatabase postgres_;
    const std::filesystem::path folder_;
};

TEST_F(AccessControl, AnswersFromTheFirstGroupToTheCheck) {
    FakeSynchronizer synchronizer;
    auto service = serve({{"FLEET_SYNCHRONIZER_URL", synchronizer.url()}});

    const Answer group =
        call(service, "POST", "/v1/parks/park/groups", R"({"name":"Dispatchers","grants":["cars_edit"]})");
    ASSERT_EQ(group.status, 201);
    const Answer user = call(service, "POST", "/v1/parks/park/users",
                             R"({"login":"anna","phone":"+79990001122","group_id":")" + group.text("id") + "\"}");
    ASSERT_EQ(user.status, 201);
    EXPECT_EQ(call(service, "GET", "/v1/parks/park/users/" + user.text("id")).body, user.body);
    EXPECT_EQ(check(service, "park", "anna", "cars_edit"), "allowed");
    EXPECT_EQ(check(service, "park", "anna", "users_view"), "no_grant");
    EXPECT_EQ(call(service, "DELETE", "/v1/parks/park/groups/" + group.text("id")).text("code"), "group_in_use");
    EXPECT_EQ(call(service, "DELETE", "/v1/parks/park/users/" + user.text("id")).status, 204);
    EXPECT_EQ(call(service, "DELETE", "/v1/parks/park/groups/" + group.text("id")).status, 204);
    EXPECT_EQ(check(service, "park", "anna", "cars_edit"), "no_such_user");

    service.program.signal(SIGTERM);
    const Ended ended = service.program.wait(15s);
    EXPECT_EQ(ended.exit_code, 0) << ended.error;
    EXPECT_THAT(ended.error, Not(HasSubstr("9990001122")));
}

TEST_F(AccessControl, RefusesWhoMayNotAndWhatIsMalformed) {
    FakeSynchronizer synchronizer;
    const auto service = serve({{"FLEET_SYNCHRONIZER_URL", synchronizer.url()}});
    const std::string groups = "/v1/parks/park/groups";

    EXPECT_EQ(call(service, "GET", groups, "", "").text("code"), "unauthorized");
    EXPECT_EQ(call(service, "GET", groups, "", "another").status, 401);
    EXPECT_EQ(call(service, "GET", groups, "", reader_token).status, 200);
    EXPECT_EQ(call(service, "POST", groups, R"({"name":"a"})", reader_token).text("code"), "forbidden");
    EXPECT_EQ(call(service, "GET", "/v1/dances").status, 404);
    EXPECT_EQ(call(service, "PATCH", groups, "{}").status, 405);
    EXPECT_EQ(call(service, "POST", groups, "name=a", console_token, {{"Content-Type", "text/plain"}}).status, 415);
    EXPECT_EQ(call(service, "POST", groups, R"({"name":")" + std::string(1 << 20, 'x') + "\"}").status, 413);
    EXPECT_EQ(call(service, "GET", groups + "?dance=1").status, 400);
    EXPECT_EQ(call(service, "GET", groups + "/a?dance=1").status, 400);
    const Answer bad = call(service, "POST", groups, R"({"name":"a","grants":["cars_view","cars_drive"]})");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(bad.body.at("details").at("field"), "grants[1]");
    EXPECT_EQ(call(service, "POST", "/v1/internal/groups/write", R"({"operations":[]})").text("code"), "forbidden");
    // Encoded slashes and other letters are part of an id.
    EXPECT_EQ(call(service, "POST", "/v1/parks/a%2Fb%20%D0%98/groups", R"({"name":"a"})").text("park_id"), "a/b И");
}

TEST_F(AccessControl, AChildParkIsReadOnlyByFleetSynchronizer) {
    FakeSynchronizer synchronizer;
    const auto service = serve({{"FLEET_SYNCHRONIZER_URL", synchronizer.url()}});
    const std::string account = R"({"park_id":"child","login":"master","is_superuser":true})";

    EXPECT_EQ(call(service, "POST", "/v1/users", account).text("code"), "child_park_is_read_only");
    const Answer made = call(service, "POST", "/v1/users", account, synchronizer_token);
    ASSERT_EQ(made.status, 201);
    EXPECT_EQ(made.text("is_superuser"), "false");
    EXPECT_EQ(call(service, "POST", "/v1/users", account, synchronizer_token).status, 200);
    EXPECT_EQ(check(service, "child", "master", "cars_edit"), "child_park_is_read_only");
    EXPECT_EQ(check(service, "child", "master", "cars_view"), "no_grant");
}

TEST_F(AccessControl, GoesOnWithoutFleetSynchronizer) {
    FakeSynchronizer synchronizer;
    const std::map<std::string, std::string> environment{{"FLEET_SYNCHRONIZER_URL", synchronizer.url()}};
    const std::string master = R"(","login":"master","is_superuser":true})";
    {
        auto service = serve(environment);
        ASSERT_EQ(call(service, "POST", "/v1/users", R"({"park_id":"known)" + master).status, 201);
        ASSERT_EQ(call(service, "POST", "/v1/users", R"({"park_id":"child)" + master, synchronizer_token).status, 201);
        service.program.signal(SIGTERM);
        EXPECT_EQ(service.program.wait(15s).exit_code, 0);
    }
    synchronizer.stop();
    // A park that nobody has asked about, with rows of its own.
    pqxx::connection connection(postgres_.dsn());
    pqxx::work transaction(connection);
    transaction.exec(
        "INSERT INTO access_control.users (park_id, login, display_name, is_superuser) VALUES ('new', 'master', '', "
        "true)");
    transaction.commit();

    const auto service = serve(environment);
    EXPECT_EQ(check(service, "known", "master", "cars_edit"), "allowed");
    EXPECT_EQ(check(service, "child", "master", "cars_edit"), "child_park_is_read_only");
    EXPECT_EQ(check(service, "new", "master", "cars_view"), "allowed");
    EXPECT_EQ(check(service, "new", "master", "cars_edit"), "503");
    EXPECT_EQ(call(service, "POST", "/v1/parks/new/groups", R"({"name":"a"})").status, 503);

    synchronizer.start();
    const auto is_asked_again = [&] { return check(service, "new", "master", "cars_edit") == "allowed"; };
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!is_asked_again() && std::chrono::steady_clock::now() < deadline) {
    }
    EXPECT_TRUE(is_asked_again());
}

TEST_F(AccessControl, LooksAtTheParksThemselvesWithoutAnAddressOfFleetSynchronizer) {
    const mongo::Pool mongo({.uri = shared_mongo().uri()});
    const auto parks = mongo.collection("dbparks", "parks");
    parks.drop();
    auto bulk = parks.bulk();
    bulk.insert(bson::from_json(R"({"_id": "vezet-park", "fleet_type": "vezet"})"));
    bulk.insert(bson::from_json(R"({"_id": "main-park"})"));
    ASSERT_TRUE(bulk.execute().errors.empty());
    const auto service = serve({{"FLEET_MONGO_URI", shared_mongo().uri()}});

    EXPECT_EQ(call(service, "POST", "/v1/parks/main-park/groups", R"({"name":"a"})").status, 201);
    EXPECT_EQ(call(service, "POST", "/v1/parks/vezet-park/groups", R"({"name":"a"})").text("code"),
              "child_park_is_read_only");
}

TEST_F(AccessControl, TheMirrorReadsAndWritesRecords) {
    FakeSynchronizer synchronizer;
    const auto service = serve({{"FLEET_SYNCHRONIZER_URL", synchronizer.url()}});
    const Answer group = call(service, "POST", "/v1/parks/park/groups", R"({"name":"g","grants":["cars_edit"]})");
    const Answer changes =
        call(service, "POST", "/v1/internal/groups/changes", R"({"after":null,"limit":10})", synchronizer_token);
    ASSERT_EQ(changes.body.at("items").as_array().size(), 1U);
    boost::json::object record = changes.body.at("items").at(0).as_object();
    EXPECT_EQ(record.at("id"), group.body.at("id"));
    record.erase("updated_us");
    record["id"] = "copy";
    record["park_id"] = "new-child";
    const boost::json::object operations{{"operations", {{{"op", "insert"}, {"record", record}}}}};
    const Answer written =
        call(service, "POST", "/v1/internal/groups/write", boost::json::serialize(operations), synchronizer_token);
    EXPECT_EQ(written.text("outcomes"), R"(["written"])");
    const Answer copy = call(service, "GET", "/v1/parks/new-child/groups/copy");
    EXPECT_EQ(copy.text("grants"), R"(["cars_view"])");
    // Though fleet-synchronizer does not say so yet.
    EXPECT_EQ(call(service, "DELETE", "/v1/parks/new-child/groups/copy").text("code"), "child_park_is_read_only");
}

TEST_F(AccessControl, ShowsProbesMetricsAndItsDescription) {
    FakeSynchronizer synchronizer;
    const auto service = serve({{"FLEET_SYNCHRONIZER_URL", synchronizer.url()}});
    check(service, "park", "anna", "cars_view");
    EXPECT_EQ(testing::http_get(service.monitor_port, "/ping").value().status, 200);
    const std::string metrics = testing::http_get(service.monitor_port, "/metrics").value().body;
    EXPECT_THAT(metrics, HasSubstr(R"(access_control_checks_total{outcome="no_such_user"} 1)"));
    EXPECT_THAT(metrics,
                HasSubstr(R"(http_request_duration_seconds_count{code="200",handler="/v1/check",method="POST"} 1)"));
    EXPECT_THAT(metrics, HasSubstr(R"(store_pool_connections{state="open",store="postgresql"})"));
    const auto openapi = testing::http_get(service.port, "/openapi.yaml");
    ASSERT_TRUE(openapi);
    EXPECT_EQ(openapi->status, 200);
    EXPECT_THAT(openapi->body, HasSubstr("openapi: 3.1.0"));
    EXPECT_EQ(testing::http_get(service.port, "/metrics").value().status, 404);
}

TEST_F(AccessControl, NeedsItsSchema) {
    const Ended unmigrated = testing::run(command({"serve"}));
    EXPECT_EQ(unmigrated.exit_code, 2);
    EXPECT_THAT(unmigrated.error, HasSubstr("run access-control migrate"));
    EXPECT_EQ(testing::run(command({"migrate"})).exit_code, 0);
    const Ended again = testing::run(command({"migrate"}));
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_THAT(again.out, HasSubstr("up to date"));
}

TEST_F(AccessControl, SaysWhatIsWrongWithItsConfiguration) {
    std::ofstream(folder_ / "bad.yaml") << "api: {threads: many}\n";
    std::ofstream(folder_ / "good.yaml") << "api: {threads: 3}\n";
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"config", "check", folder_ / "bad.yaml"},
                                                      {"--config", folder_ / "bad.yaml", "serve"}}) {
        const Ended bad = testing::run(command(arguments));
        EXPECT_EQ(bad.exit_code, 2);
        EXPECT_THAT(bad.error, HasSubstr("api.threads"));
        EXPECT_THAT(bad.error, HasSubstr("bad.yaml"));
    }
    EXPECT_EQ(testing::run(command({"config", "check", folder_ / "good.yaml"})).exit_code, 0);
    testing::Command without_tokens = command({"config", "check", folder_ / "good.yaml"});
    without_tokens.environment["FLEET_SERVICE_TOKENS"] = folder_ / "missing.yaml";
    EXPECT_EQ(testing::run(without_tokens).exit_code, 2);
}

TEST_F(AccessControl, AStoreThatIsAwayIsSaidWithinTheTimeout) {
    testing::Command unreachable = command({"serve", "--timeout", "0.5"});
    unreachable.environment["FLEET_POSTGRES_DSN"] =
        "postgresql://someone:hidden-word@127.0.0.1:" + std::to_string(testing::free_loopback_port()) + "/x";
    const Ended ended = testing::run(unreachable);
    EXPECT_EQ(ended.exit_code, 3);
    EXPECT_THAT(ended.error, HasSubstr("PostgreSQL cannot be reached"));
    EXPECT_THAT(ended.error, Not(HasSubstr("hidden-word")));
}

}  // namespace
}  // namespace twinfleet::end_to_end
