// The API of `serve`.
#include <csignal>
#include <future>

#include "tests/end_to_end/installation.hpp"
#include "tests/support/http_client.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ApiTest : public EndToEndTest {
protected:
    using Headers = std::map<std::string, std::string>;

    struct Answer {
        int status = 0;
        boost::json::object body;
        Headers headers;
    };

    void serve() { service_.emplace(installation_.serve()); }

    static Answer ask(std::uint16_t port, const std::string& method, const std::string& target, const Headers& headers,
                      const std::string& body) {
        const auto answer = testing::http_request(port, method, target, headers, body);
        if (!answer) {
            return {};
        }
        const bool is_json = answer->headers.contains("content-type") &&
                             answer->headers.at("content-type").starts_with("application/json");
        return {answer->status, is_json ? testing::json_object(answer->body) : boost::json::object(), answer->headers};
    }
    static Headers with_token(const char* token = Installation::token) {
        return {{"Authorization", std::string("Bearer ") + token}};
    }
    static Headers with_json() {
        Headers headers = with_token();
        headers["Content-Type"] = "application/json";
        return headers;
    }
    [[nodiscard]] Answer get(const std::string& target) const {
        return ask(service_->api_port, "GET", target, with_token(), {});
    }
    [[nodiscard]] Answer post(const std::string& target, const std::string& body = "{}") const {
        return ask(service_->api_port, "POST", target, with_json(), body);
    }
    [[nodiscard]] Answer create(const std::string& parent_id) const {
        return post("/v1/children/drivers", R"({"family":"vezet","parent_driver_id":")" + parent_id + "\"}");
    }
    [[nodiscard]] std::string state_of_run(std::int64_t id) const {
        return text(get("/v1/runs/" + std::to_string(id)).body, "state");
    }
    static std::string details(const Answer& answer, std::string_view name) {
        const auto* details = answer.body.if_contains("details");
        return details == nullptr || !details->is_object() || !details->as_object().contains(name)
                   ? "none"
                   : text(details->as_object(), name);
    }

    static void expect_refused(const Answer& answer, int status, const std::string& code) {
        EXPECT_EQ(answer.status, status) << boost::json::serialize(answer.body);
        ASSERT_TRUE(answer.body.contains("code"));
        EXPECT_EQ(text(answer.body, "code"), code);
        EXPECT_TRUE(answer.body.contains("message"));
        EXPECT_TRUE(answer.headers.contains("x-request-id"));
    }
    static void expect_bad_field(const Answer& answer, const std::string& field) {
        expect_refused(answer, 400, "bad_request");
        EXPECT_EQ(details(answer, "field"), field);
    }

    /// `one`, mirrored, with three drivers.
    void mirror_a_park() {
        installation_.enable_cities({"Chicago"});
        installation_.put(park_with_drivers(park("one", "Chicago"), 3));
        ASSERT_THAT(installation_.run({"run", "parks", "work_rules"}), EndsWith(0));
    }

    std::optional<Installation::Service> service_;
};

TEST_F(ApiTest, TellsLinksInTheOrderOfTheIds) {
    mirror_a_park();
    serve();
    const std::string child = installation_.child_id("parks", "one");

    const Answer parent = get("/v1/links/parks/one");
    EXPECT_EQ(parent.status, 200);
    EXPECT_EQ(text(parent.body, "role"), "parent");
    const auto& link = parent.body.at("links").as_array().at(0).as_object();
    EXPECT_EQ(text(link, "family"), "vezet");
    EXPECT_EQ(text(link, "id"), child);
    EXPECT_EQ(text(link, "state"), "linked");

    const Answer many = post("/v1/links/parks", R"({"ids":["nobody","one",")" + child + R"(","one"]})");
    EXPECT_EQ(many.status, 200);
    std::string roles;
    for (const auto& item : many.body.at("items").as_array()) {
        roles += text(item.as_object(), "id") + "=" + text(item.as_object(), "role") + " ";
    }
    EXPECT_EQ(roles, "nobody=unlinked one=parent " + child + "=child one=parent ");
    const auto& back = many.body.at("items").as_array().at(2).as_object().at("links").as_array().at(0).as_object();
    EXPECT_EQ(text(back, "family"), "taximeter");
    EXPECT_EQ(text(back, "id"), "one");
}

TEST_F(ApiTest, FiftyWhoAskForOneDriverGetOneChild) {
    mirror_a_park();
    serve();
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < 50; ++i) {
        answers.push_back(std::async(std::launch::async, [this] { return create("one-driver-1"); }));
    }
    int made = 0;
    std::set<std::string> ids;
    for (auto& pending : answers) {
        const Answer answer = pending.get();
        EXPECT_THAT(answer.status, AnyOf(Eq(200), Eq(201)));
        made += answer.status == 201 ? 1 : 0;
        EXPECT_EQ(answer.body.at("created").as_bool(), answer.status == 201);
        ids.insert(text(answer.body, "driver_id"));
    }
    EXPECT_EQ(made, 1);
    EXPECT_THAT(ids, SizeIs(1));
    EXPECT_EQ(*ids.begin(), installation_.child_id("drivers", "one-driver-1"));
    EXPECT_EQ(create("one-driver-1").status, 200);
}

TEST_F(ApiTest, RefusesChildrenThatCannotBeAndSaysHowFarItCame) {
    mirror_a_park();
    installation_.put(park_with_drivers(park("unmirrored", "Paris"), 1));
    installation_.put("drivers", "one-driver-2", R"({"work_status": "fired"})");
    installation_.put("drivers", "one-driver-3", R"({"park_id": 7})");
    serve();
    expect_refused(create("nobody"), 404, "driver_not_found");
    const Answer unmirrored = create("unmirrored-driver-1");
    expect_refused(unmirrored, 409, "park_not_mirrored");
    EXPECT_EQ(details(unmirrored, "steps"),
              R"([{"step":"driver","outcome":"found"},{"step":"park","outcome":"refused"}])");
    expect_refused(create("one-driver-2"), 409, "driver_not_working");
    const Answer quarantined = create("one-driver-3");
    expect_refused(quarantined, 409, "driver_quarantined");
    EXPECT_EQ(details(quarantined, "reason"), "bad_field:park_id");
    ASSERT_EQ(create("one-driver-1").status, 201);
    expect_refused(create(installation_.child_id("drivers", "one-driver-1")), 409, "driver_is_child");
}

TEST_F(ApiTest, NamesTheFieldOfBadInput) {
    serve();
    expect_bad_field(post("/v1/links/cars", R"({"ids":["a")"), "");
    expect_bad_field(post("/v1/links/cars", "[]"), "");
    expect_bad_field(post("/v1/links/cars", "{}"), "ids");
    expect_bad_field(post("/v1/links/cars", R"({"ids":[]})"), "ids");
    expect_bad_field(post("/v1/links/cars", R"({"ids":["a",7]})"), "ids[1]");
    expect_bad_field(post("/v1/links/cars", R"({"ids":["a\u0000b"]})"), "ids[0]");
    expect_bad_field(post("/v1/links/cars", R"({"ids":["a"],"more":1})"), "more");
    expect_refused(post("/v1/links/cars", R"({"ids":["a"],"ids":["b"]})"), 400, "bad_request");
    expect_refused(post("/v1/links/cars", "{\"ids\":[\"\xff\"]}"), 400, "bad_request");
    expect_bad_field(post("/v1/children/drivers", R"({"family":7,"parent_driver_id":"a"})"), "family");
    expect_bad_field(post("/v1/children/drivers", R"({"family":"nope","parent_driver_id":"a"})"), "family");
    expect_bad_field(post("/v1/children/drivers", R"({"family":"vezet"})"), "parent_driver_id");
    expect_bad_field(post("/v1/jobs/cars/runs", R"({"full":"yes"})"), "full");
    expect_bad_field(post("/v1/jobs/cars/runs", R"({"verify_children":true})"), "verify_children");
    expect_bad_field(post("/v1/jobs/cars/runs", R"({"family":"nope"})"), "family");
    expect_bad_field(get("/v1/runs?limit=0"), "limit");
    expect_bad_field(get("/v1/runs?limit=1&limit=2"), "limit");
    expect_bad_field(get("/v1/runs?cursor=x"), "cursor");
    expect_bad_field(get("/v1/runs?colour=red"), "colour");
    expect_bad_field(get("/v1/runs/x"), "id");
    expect_bad_field(post("/v1/runs/1/cancel", R"({"why":"so"})"), "why");
}

TEST_F(ApiTest, WithstandsHostileIds) {
    serve();
    for (const char* id : {"'", "%22", "a'%20OR%20'1'%3D'1", "%5C", "%7Bx%7D", "%F0%9F%9A%95", "$where", "..%2F.."}) {
        const Answer answer = get(std::string("/v1/links/drivers/") + id);
        EXPECT_EQ(answer.status, 200) << id;
        EXPECT_EQ(text(answer.body, "role"), "unlinked");
    }
    EXPECT_EQ(get("/v1/links/drivers/a%00b").status, 400);
    EXPECT_EQ(get("/v1/links/drivers/%FF").status, 400);
    EXPECT_EQ(get("/v1/links/drivers/%zz").status, 400);
    EXPECT_THAT(get("/v1/links/drivers/" + std::string(10'000, 'a')).status, AnyOf(Eq(400), Eq(431)));
    expect_bad_field(get("/v1/links/drivers/" + std::string(2'000, 'a')), "id");
    expect_refused(create("' OR 1=1 --"), 404, "driver_not_found");
    expect_bad_field(post("/v1/links/drivers", R"({"ids":[")" + std::string(10'240, 'a') + "\"]}"), "ids[0]");
    expect_refused(get("/v1/parks/nobody'/mirror"), 404, "park_not_found");
    EXPECT_EQ(get("/v1/quarantine?park_id=%27%3B--").status, 200);
}

TEST_F(ApiTest, RefusesWhatIsNotThereAndWhatIsTooMuch) {
    serve();
    expect_refused(get("/v1/links/planes/1"), 404, "entity_not_found");
    expect_refused(post("/v1/links/planes", R"({"ids":["1"]})"), 404, "entity_not_found");
    expect_refused(post("/v1/jobs/planes/runs"), 404, "job_not_found");
    expect_refused(get("/v1/runs/9999999"), 404, "run_not_found");
    expect_refused(post("/v1/runs/9999999/cancel"), 404, "run_not_found");
    expect_refused(post("/v1/quarantine/9999999/retry"), 404, "entry_not_found");
    expect_refused(get("/v1/nowhere"), 404, "not_found");
    const Answer deleted = ask(service_->api_port, "DELETE", "/v1/jobs", with_token(), {});
    expect_refused(deleted, 405, "method_not_allowed");
    EXPECT_THAT(deleted.headers.at("allow"), HasSubstr("GET"));
    Headers plain = with_token();
    plain["Content-Type"] = "text/plain";
    expect_refused(ask(service_->api_port, "POST", "/v1/links/cars", plain, R"({"ids":["a"]})"), 415,
                   "unsupported_media_type");
    std::string ids = R"({"ids":["a")";
    for (int i = 0; i < 1'000; ++i) {
        ids += R"(,"b")";
    }
    expect_bad_field(post("/v1/links/cars", ids + "]}"), "ids");
    EXPECT_EQ(post("/v1/links/cars", R"({"ids":[")" + std::string(1'100'000, 'a') + "\"]}").status, 413);
}

TEST_F(ApiTest, LetsInOnlyTheTokensOfItsFile) {
    serve();
    const auto with = [&](const std::string& target, const Headers& headers) {
        return ask(service_->api_port, "GET", target, headers, {});
    };
    expect_refused(with("/v1/jobs", {}), 401, "unauthorized");
    expect_refused(with("/v1/jobs", {{"Authorization", "Bearer wrong"}}), 401, "unauthorized");
    expect_refused(with("/v1/jobs", with_token(Installation::token_for_links)), 403, "forbidden");
    EXPECT_EQ(with("/v1/links/cars/a", with_token(Installation::token_for_links)).status, 200);
    const auto description = testing::http_get(service_->api_port, "/openapi.yaml").value();
    EXPECT_EQ(description.status, 200);
    EXPECT_THAT(description.body, HasSubstr("openapi: 3.1.0"));
    EXPECT_EQ(ask(service_->api_port, "GET", "/v1/jobs", {{"X-Request-Id", "abc-1"}}, {}).headers.at("x-request-id"),
              "abc-1");
}

TEST_F(ApiTest, RunsAJobBesideThePeriodicPassesAndTellsWhatItDid) {
    mirror_a_park();
    serve();
    const Answer launched = post("/v1/jobs/drivers/runs", R"({"create_missing":true,"parks":["one"]})");
    ASSERT_EQ(launched.status, 202);
    const std::int64_t id = count(launched.body, "run_id");
    EXPECT_EQ(launched.headers.at("location"), "/v1/runs/" + std::to_string(id));
    EXPECT_TRUE(service_->program.reaches([&] { return state_of_run(id) == "done"; }, 30s)) << state_of_run(id);
    const Answer run = get("/v1/runs/" + std::to_string(id));
    EXPECT_EQ(count(run.body, "created"), 3);
    EXPECT_EQ(text(run.body, "options"), "--family vezet --park one --create-missing");

    const Answer jobs = get("/v1/jobs");
    EXPECT_EQ(jobs.status, 200);
    EXPECT_THAT(jobs.body.at("items").as_array(), SizeIs(5));
    const Answer page = get("/v1/runs?job=drivers&limit=1");
    EXPECT_THAT(page.body.at("items").as_array(), SizeIs(1));
}

TEST_F(ApiTest, ADryRunWritesNothing) {
    mirror_a_park();
    serve();
    const Answer launched = post("/v1/jobs/drivers/runs", R"({"create_missing":true,"dry_run":true})");
    ASSERT_EQ(launched.status, 202);
    const std::int64_t id = count(launched.body, "run_id");
    EXPECT_TRUE(service_->program.reaches([&] { return state_of_run(id) == "done"; }, 30s));
    EXPECT_EQ(count(get("/v1/runs/" + std::to_string(id)).body, "created"), 3);
    EXPECT_EQ(installation_.child_id("drivers", "one-driver-1"), "");
}

TEST_F(ApiTest, ARunIsCancelledFromAnotherReplica) {
    serve();
    // Another process holds the lease, so the run waits until it is cancelled.
    pqxx::connection connection(postgres_.dsn());
    pqxx::work transaction(connection);
    transaction.exec(
        "INSERT INTO fleet_sync.job_leases AS lease (job, family, token, holder, acquired_at, expires_at)"
        " VALUES ('cars', 'vezet', 1000, 'a test', now(), now() + interval '1 hour')"
        " ON CONFLICT (job, family) DO UPDATE SET token = lease.token + 1000, holder = excluded.holder,"
        " acquired_at = excluded.acquired_at, expires_at = excluded.expires_at");
    transaction.commit();
    auto other = installation_.serve();

    const Answer launched = post("/v1/jobs/cars/runs", R"({"full":true})");
    ASSERT_EQ(launched.status, 202);
    const std::int64_t id = count(launched.body, "run_id");
    EXPECT_EQ(state_of_run(id), "waiting");
    const auto at_other = [&](const std::string& target) {
        return ask(other.api_port, "POST", target, with_json(), "{}");
    };
    const Answer second = at_other("/v1/jobs/cars/runs");
    expect_refused(second, 409, "job_is_running");
    EXPECT_EQ(details(second, "run_id"), std::to_string(id));

    const std::string cancel = "/v1/runs/" + std::to_string(id) + "/cancel";
    EXPECT_EQ(at_other(cancel).status, 202);
    EXPECT_EQ(state_of_run(id), "interrupted");
    expect_refused(at_other(cancel), 409, "run_has_ended");
    EXPECT_EQ(ask(other.api_port, "POST", "/v1/jobs/cars/runs", with_json(), R"({"dry_run":true})").status, 202);
}

TEST_F(ApiTest, ShowsAParkAndItsQuarantineAndTriesAgain) {
    mirror_a_park();
    installation_.put("work_rules", work_rule("bad", "one", R"({"name": "bad"})"));
    installation_.put("work_rules", "bad", R"({"park_id": 7})");
    serve();
    const auto is_aside = [&] { return !get("/v1/quarantine").body.at("items").as_array().empty(); };
    ASSERT_TRUE(service_->program.reaches(is_aside, 10s));
    const auto entry = get("/v1/quarantine?entity=work_rules").body.at("items").as_array().at(0).as_object();
    EXPECT_EQ(text(entry, "reason"), "bad_field:park_id");

    const Answer again = post("/v1/quarantine/" + std::to_string(count(entry, "id")) + "/retry");
    EXPECT_EQ(again.status, 200) << boost::json::serialize(again.body);
    EXPECT_EQ(text(again.body, "outcome"), "still_quarantined");

    const Answer mirror = get("/v1/parks/one/mirror");
    ASSERT_EQ(mirror.status, 200);
    const auto& family = mirror.body.at("families").as_array().at(0).as_object();
    EXPECT_EQ(text(family.at("park").as_object(), "id"), installation_.child_id("parks", "one"));
    EXPECT_EQ(count(family.at("entities").as_array().at(1).as_object(), "linked"), 2);
    EXPECT_EQ(get("/v1/parks/" + installation_.child_id("parks", "one") + "/mirror").status, 409);
}

TEST_F(ApiTest, AnswersWhatIsUnderWayAndEndsInTime) {
    mirror_a_park();
    serve();
    auto pending = std::async(std::launch::async, [this] { return create("one-driver-1"); });
    const auto answer = pending.get();
    EXPECT_EQ(answer.status, 201);
    const auto began = std::chrono::steady_clock::now();
    service_->program.signal(SIGTERM);
    EXPECT_THAT(service_->program.wait(15s), EndsWith(0));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

}  // namespace
}  // namespace twinfleet::end_to_end
