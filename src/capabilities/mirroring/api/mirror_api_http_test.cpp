// What each handler of the API makes of good input, bad input and refusals, over stores in memory. Routing, tokens,
// limits and the wire are the server's (platform/http).
#include "capabilities/mirroring/api/mirror_api_http.hpp"

#include <algorithm>
#include <future>
#include <optional>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/jobs_over_fakes.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/json/bad_input.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class FakeOverview final : public Overview {
public:
    std::vector<JobState> jobs() override { return job_states; }
    ParkState park(const domain::ParentParkId& id) override {
        const auto found = parks.find(id.value());
        return found == parks.end() ? ParkState{} : found->second;
    }
    Time now() override { return Time(1'000s); }

    std::vector<JobState> job_states;
    std::map<std::string, ParkState> parks;
};

class FakeForeignEditStore final : public ForeignEditStore {
public:
    std::vector<ForeignEditRecord> list(const ForeignEditFilter& filter) override {
        std::vector<ForeignEditRecord> found;
        for (const ForeignEditRecord& record : records) {
            const bool is_asked_for = record.id > filter.after_id &&
                                      (filter.entity.empty() || filter.entity == record.entity) &&
                                      (filter.park_id.empty() || filter.park_id == record.edit.parent_park_id.value());
            if (is_asked_for && found.size() < filter.limit) {
                found.push_back(record);
            }
        }
        return found;
    }
    std::size_t prune(std::chrono::hours, std::size_t) override { return 0; }

    std::vector<ForeignEditRecord> records;
};

struct Answer {
    int status = 0;
    boost::json::object body;
    http::Headers headers;

    [[nodiscard]] std::string at(std::string_view name) const {
        const auto& value = body.at(name);
        return value.is_string() ? std::string(value.as_string()) : json::to_text(value);
    }
    [[nodiscard]] std::string detail(std::string_view name) const {
        return json::to_text(body.at("details").as_object().at(name));
    }
    [[nodiscard]] const boost::json::object& item(std::size_t index) const {
        return body.at("items").as_array().at(index).as_object();
    }
};

class MirrorApiTest : public ::testing::Test {
protected:
    using PathArguments = std::vector<std::pair<std::string, std::string>>;

    MirrorApiTest() {
        jobs_.put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
        jobs_.put("work_rules", R"("_id": "rule", "park_id": "park")");
        // From now on a creation comes to this.
        creation_ = [](std::span<const domain::ParentId> ids) {
            return std::vector<CreationAnswer>(ids.size(), ChildDriver{.family = domain::AppFamily{"vezet"},
                                                                       .driver_id = domain::ChildId("d"),
                                                                       .park_id = domain::ChildParkId("p"),
                                                                       .car_id = domain::ChildId("c"),
                                                                       .rule_id = std::nullopt,
                                                                       .created = true});
        };
    }

    /// As the server calls it: path arguments in the order of the pattern. What a handler throws comes through.
    Answer ask(const std::string& method, const std::string& pattern, PathArguments arguments = {},
               const std::string& query = {}, const std::string& body = {}) {
        const auto route = std::ranges::find_if(
            routes_, [&](const api::Route& known) { return known.method == method && known.pattern == pattern; });
        if (route == routes_.end()) {
            throw std::logic_error("no such route");
        }
        const api::Call call{.request = {.method = method, .path = pattern, .query = query, .body = body},
                             .request_id = "request-1",
                             .caller = "a test",
                             .path_arguments = std::move(arguments)};
        http::Response response;
        if (const auto* blocking = std::get_if<api::BlockingHandler>(&route->handler)) {
            response = (*blocking)(call);
        } else {
            std::promise<http::Response> promise;
            std::get<api::AsynchronousHandler>(route->handler)(
                call, http::Reply([&promise](http::Response sent) { promise.set_value(std::move(sent)); }));
            response = promise.get_future().get();
        }
        return {response.status, boost::json::parse(response.body).as_object(), response.headers};
    }
    Answer launch(const std::string& job, const std::string& body = "{}") {
        return ask("POST", "/v1/jobs/{job}/runs", {{"job", job}}, {}, body);
    }
    Answer create(const std::string& body) { return ask("POST", "/v1/children/drivers", {}, {}, body); }
    Answer links(const std::string& entity, const std::string& body) {
        return ask("POST", "/v1/links/{entity}", {{"entity", entity}}, {}, body);
    }
    /// The field that a handler finds fault with; "accepted" when it does not.
    template <typename Ask>
    static std::string bad_field(const Ask& asks) {
        try {
            static_cast<void>(asks());
        } catch (const json::BadInput& bad) {
            return bad.field();
        }
        return "accepted";
    }
    static void expect_refused(const Answer& answer, int status, const std::string& code) {
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.at("code"), code);
        EXPECT_THAT(answer.at("message"), Not(IsEmpty()));
    }
    RunRecord run(const std::string& job, const std::string& body = R"({"full": true})") {
        return jobs_.runs.await_end(std::stoll(launch(job, body).at("run_id")));
    }

    testing::JobsOverFakes jobs_;
    std::function<std::vector<CreationAnswer>(std::span<const domain::ParentId>)> creation_;
    FakeOverview overview_;
    FakeForeignEditStore foreign_edits_;
    std::vector<domain::AppFamily> families_{{"vezet"}};
    std::map<std::string, JobSchedule> schedules_{{"groups", {.incremental_interval = 7s}},
                                                  {"users", {.incremental_interval = 8s}}};
    LinkReader link_reader_{[this](const Entity& entity, std::span<const std::string> ids) {
        return look_up_links(jobs_.links, entity, ids);
    }};
    ChildCreator child_creator_{
        [this](const domain::AppFamily&, std::span<const domain::ParentId> ids) { return creation_(ids); }};
    RunLauncher launcher_{jobs_.runner,
                          jobs_.dependencies,
                          jobs_.wishes,
                          {.lease = {.holder = "us"}, .lease_wait = 10s, .retry_lease_wait = 20ms, .runs_max = 2}};
    std::vector<api::Route> routes_ = mirror_routes({.link_reader = link_reader_,
                                                     .child_creator = child_creator_,
                                                     .launcher = launcher_,
                                                     .runs = jobs_.runs,
                                                     .quarantine = jobs_.quarantine,
                                                     .foreign_edits = foreign_edits_,
                                                     .links = jobs_.links,
                                                     .overview = overview_,
                                                     .stores = jobs_.stores,
                                                     .families = families_,
                                                     .schedules = schedules_,
                                                     .log = jobs_.log});
};

// Links.

TEST_F(MirrorApiTest, LinksOfAParentAreItsChildrenAndOfAChildItsParent) {
    ASSERT_EQ(run("parks").state, RunState::done);
    const std::string child = jobs_.child_id("parks", "park");
    const Answer parent = ask("GET", "/v1/links/{entity}/{id}", {{"entity", "parks"}, {"id", "park"}});
    EXPECT_EQ(parent.status, 200);
    EXPECT_EQ(parent.at("role"), "parent");
    EXPECT_THAT(parent.at("links"), HasSubstr(R"("family":"vezet","id":")" + child + "\""));

    const Answer many = links("parks", R"({"ids": ["nobody", ")" + child + R"(", "park", "nobody"]})");
    EXPECT_EQ(many.status, 200);
    std::string roles;
    for (const auto& item : many.body.at("items").as_array()) {
        roles += std::string(item.as_object().at("role").as_string()) + " ";
    }
    EXPECT_EQ(roles, "unlinked child parent unlinked ");
    EXPECT_THAT(json::to_text(many.item(1)), HasSubstr(R"("family":"taximeter","id":"park")"));
}

TEST_F(MirrorApiTest, LinksRefuseWhatIsNoList) {
    expect_refused(links("planes", R"({"ids": ["a"]})"), 404, "entity_not_found");
    expect_refused(ask("GET", "/v1/links/{entity}/{id}", {{"entity", "planes"}, {"id", "a"}}), 404, "entity_not_found");
    EXPECT_EQ(bad_field([&] { return links("cars", "{}"); }), "ids");
    EXPECT_EQ(bad_field([&] { return links("cars", R"({"ids": []})"); }), "ids");
    EXPECT_EQ(bad_field([&] { return links("cars", R"({"ids": "a"})"); }), "ids");
    EXPECT_EQ(bad_field([&] { return links("cars", R"({"ids": ["a", 7]})"); }), "ids[1]");
    EXPECT_EQ(bad_field([&] { return links("cars", R"({"ids": [""]})"); }), "ids[0]");
    EXPECT_EQ(bad_field([&] { return links("cars", R"({"ids": ["a"], "more": 1})"); }), "more");
    EXPECT_EQ(bad_field([&] { return links("cars", "no JSON"); }), "");
    std::string many = "\"a\"";
    for (int i = 0; i < 1'000; ++i) {
        many += ",\"a\"";
    }
    EXPECT_EQ(bad_field([&] { return links("cars", "{\"ids\": [" + many + "]}"); }), "ids");
    EXPECT_EQ(bad_field([&] {
                  return ask("GET", "/v1/links/{entity}/{id}", {{"entity", "cars"}, {"id", std::string(1'025, 'a')}});
              }),
              "id");
    EXPECT_EQ(bad_field([&] {
                  return ask("GET", "/v1/links/{entity}/{id}", {{"entity", "cars"}, {"id", "a"}}, "family=vezet");
              }),
              "family");
}

TEST_F(MirrorApiTest, LinksAnswer503WhileTheStoreIsAwayAndSayNothingOfAFailure) {
    jobs_.world.interfere([](const testing::Step& step) -> testing::Delivery {
        if (step.call.starts_with("links.find")) {
            throw platform::StoreUnavailable("postgresql", "secret address");
        }
        return testing::Delivery::once;
    });
    const Answer away = links("parks", R"({"ids": ["park"]})");
    expect_refused(away, 503, "unavailable");
    EXPECT_EQ(away.headers, (http::Headers{{"Retry-After", "1"}}));
    jobs_.world.interfere([](const testing::Step&) -> testing::Delivery { throw std::runtime_error("secret"); });
    const Answer failed = links("parks", R"({"ids": ["park"]})");
    expect_refused(failed, 500, "internal");
    EXPECT_THAT(json::to_text(failed.body), Not(HasSubstr("secret")));
    EXPECT_EQ(jobs_.log.entries("a request failed").at(0).fields.find("request_id")->second, "request-1");
}

// Children.

constexpr auto driver_of_vezet = R"({"family": "vezet", "parent_driver_id": "driver"})";

TEST_F(MirrorApiTest, AChildThatIsMadeIs201AndOneThatWasThere200) {
    const Answer made = create(driver_of_vezet);
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(json::to_text(made.body),
              R"({"family":"vezet","driver_id":"d","park_id":"p","car_id":"c","rule_id":null,"created":true})");
    creation_ = [](std::span<const domain::ParentId> ids) {
        return std::vector<CreationAnswer>(ids.size(), ChildDriver{.created = false});
    };
    EXPECT_EQ(create(driver_of_vezet).status, 200);
}

TEST_F(MirrorApiTest, ARefusedCreationSaysWhyAndHowFarItCame) {
    const auto refuse_with = [this](CreationRefusal refusal, const std::string& reason) {
        creation_ = [refusal, reason](std::span<const domain::ParentId> ids) {
            return std::vector<CreationAnswer>(
                ids.size(), CreationRefused{refusal, reason, {{"driver", "found"}, {"park", "refused"}}});
        };
        return create(driver_of_vezet);
    };
    expect_refused(refuse_with(CreationRefusal::driver_not_found, ""), 404, "driver_not_found");
    expect_refused(refuse_with(CreationRefusal::driver_is_child, ""), 409, "driver_is_child");
    expect_refused(refuse_with(CreationRefusal::park_not_mirrored, ""), 409, "park_not_mirrored");
    expect_refused(refuse_with(CreationRefusal::driver_not_working, ""), 409, "driver_not_working");
    const Answer quarantined = refuse_with(CreationRefusal::driver_quarantined, "too_large");
    expect_refused(quarantined, 409, "driver_quarantined");
    EXPECT_EQ(quarantined.detail("reason"), R"("too_large")");
    EXPECT_EQ(quarantined.detail("steps"),
              R"([{"step":"driver","outcome":"found"},{"step":"park","outcome":"refused"}])");
}

TEST_F(MirrorApiTest, ACreationNamesTheFieldThatIsWrong) {
    EXPECT_EQ(bad_field([&] { return create("{}"); }), "family");
    EXPECT_EQ(bad_field([&] { return create(R"({"family": "other", "parent_driver_id": "d"})"); }), "family");
    EXPECT_EQ(bad_field([&] { return create(R"({"family": "vezet"})"); }), "parent_driver_id");
    EXPECT_EQ(bad_field([&] { return create(R"({"family": "vezet", "parent_driver_id": 7})"); }), "parent_driver_id");
    EXPECT_EQ(bad_field([&] { return create(R"({"family": "vezet", "parent_driver_id": ""})"); }), "parent_driver_id");
    EXPECT_EQ(bad_field([&] { return create(R"({"family": "vezet", "parent_driver_id": "d", "x": 1})"); }), "x");
    EXPECT_EQ(bad_field([&] { return create("[]"); }), "");
}

TEST_F(MirrorApiTest, ACreationWhoseStoreIsAwayIs503) {
    creation_ = [](std::span<const domain::ParentId>) -> std::vector<CreationAnswer> {
        throw platform::StoreUnavailable("mongodb", "gone");
    };
    expect_refused(create(driver_of_vezet), 503, "unavailable");
}

// Jobs and runs.

TEST_F(MirrorApiTest, AJobTellsOfEveryEntityThatItMirrors) {
    overview_.job_states = {{.job = "groups",
                             .family = "vezet",
                             .lease = LeaseState{"host a", Time(10s), Time(25s)},
                             .cursor = CursorState{Time(900s), Time(950s)}},
                            {.job = "users", .family = "vezet", .lease = LeaseState{"host b", Time(11s), Time(26s)}}};
    ASSERT_EQ(run("parks").state, RunState::done);
    const Answer jobs = ask("GET", "/v1/jobs");
    ASSERT_THAT(jobs.body.at("items").as_array(), SizeIs(5));
    EXPECT_EQ(jobs.item(0).at("job"), "parks");
    EXPECT_EQ(jobs.item(0).at("last_run").at("state"), "done");
    const auto& users = jobs.item(4);
    EXPECT_EQ(users.at("job"), "users");
    EXPECT_TRUE(users.at("last_run").is_null());
    ASSERT_THAT(users.at("entities").as_array(), SizeIs(2));
    const auto& of_groups = users.at("entities").at(0);
    EXPECT_EQ(of_groups.at("entity"), "groups");
    EXPECT_EQ(of_groups.at("schedule").at("incremental_interval_ms"), 7'000);
    EXPECT_EQ(of_groups.at("lease").at("holder"), "host a");
    EXPECT_EQ(of_groups.at("cursor").at("age_s"), 100);
    const auto& of_users = users.at("entities").at(1);
    EXPECT_EQ(of_users.at("entity"), "users");
    EXPECT_EQ(of_users.at("schedule").at("incremental_interval_ms"), 8'000);
    EXPECT_EQ(of_users.at("lease").at("holder"), "host b");
    EXPECT_TRUE(of_users.at("cursor").is_null());
}

TEST_F(MirrorApiTest, ARunIsLaunchedAndCanBeLookedAt) {
    const Answer launched = launch("parks", R"({"full": true, "verify_children": true, "cities": ["Chicago"]})");
    EXPECT_EQ(launched.status, 202);
    const std::string id = launched.at("run_id");
    EXPECT_EQ(launched.headers, (http::Headers{{"Location", "/v1/runs/" + id}}));
    static_cast<void>(jobs_.runs.await_end(std::stoll(id)));
    const Answer run = ask("GET", "/v1/runs/{id}", {{"id", id}});
    EXPECT_EQ(run.status, 200);
    EXPECT_EQ(run.at("state"), "done");
    EXPECT_EQ(run.at("created"), "1");
    EXPECT_EQ(run.at("options"), "--family vezet --city Chicago --full --verify-children");
    EXPECT_EQ(run.at("error"), "null");
}

TEST_F(MirrorApiTest, ARunNamesTheFieldThatIsWrong) {
    EXPECT_EQ(bad_field([&] { return launch("cars", R"({"full": "yes"})"); }), "full");
    EXPECT_EQ(bad_field([&] { return launch("cars", R"({"verify_children": true})"); }), "verify_children");
    EXPECT_EQ(bad_field([&] { return launch("cars", R"({"family": "other"})"); }), "family");
    EXPECT_EQ(bad_field([&] { return launch("cars", R"({"parks": ["p", 1]})"); }), "parks[1]");
    EXPECT_EQ(bad_field([&] { return launch("cars", R"({"cities": "Chicago"})"); }), "cities");
    EXPECT_EQ(bad_field([&] { return launch("cars", R"({"speed": 1})"); }), "speed");
    families_.push_back({"another"});
    EXPECT_EQ(bad_field([&] { return launch("cars"); }), "family") << "there are several";
    EXPECT_THAT(jobs_.runs.list({}), IsEmpty());
}

TEST_F(MirrorApiTest, WhatCannotRunIsRefused) {
    expect_refused(launch("planes"), 404, "job_not_found");
    expect_refused(launch("groups"), 404, "job_not_found");
    jobs_.stores.erase("users");
    expect_refused(launch("users"), 409, "access_control_not_configured");

    const Lease held = jobs_.take_lease("parks");
    const std::string id = launch("parks").at("run_id");
    const Answer second = launch("parks");
    expect_refused(second, 409, "job_is_running");
    EXPECT_EQ(second.detail("run_id"), id);
    const Lease of_rules = jobs_.take_lease("work_rules");
    EXPECT_EQ(launch("work_rules").status, 202);
    const Answer third = launch("cars");
    expect_refused(third, 503, "overloaded");
    EXPECT_EQ(third.headers, (http::Headers{{"Retry-After", "1"}}));
}

TEST_F(MirrorApiTest, ARunThatWaitsTellsSoAndIsCancelled) {
    const Lease held = jobs_.take_lease("parks");
    const std::string id = launch("parks").at("run_id");
    const auto look = [&] { return ask("GET", "/v1/runs/{id}", {{"id", id}}); };
    EXPECT_EQ(look().at("state"), "waiting");
    EXPECT_EQ(look().at("duration_s"), "0");
    const auto cancel = [&](const std::string& which) {
        return ask("POST", "/v1/runs/{id}/cancel", {{"id", which}}, {}, "{}");
    };
    const Answer cancelled = cancel(id);
    EXPECT_EQ(cancelled.status, 202);
    EXPECT_EQ(cancelled.at("cancel_requested"), "true");
    EXPECT_EQ(look().at("state"), "interrupted");
    expect_refused(cancel(id), 409, "run_has_ended");
    expect_refused(cancel("77"), 404, "run_not_found");
    EXPECT_EQ(bad_field([&] { return cancel("0"); }), "id");
    EXPECT_EQ(bad_field([&] { return cancel("1x"); }), "id");
    EXPECT_EQ(bad_field([&] { return cancel("99999999999999999999"); }), "id");
    EXPECT_EQ(bad_field([&] {
                  return ask("POST", "/v1/runs/{id}/cancel", {{"id", id}}, {}, R"({"why": "so"})");
              }),
              "why");
    expect_refused(ask("GET", "/v1/runs/{id}", {{"id", "77"}}), 404, "run_not_found");
}

TEST_F(MirrorApiTest, RunsComeInPagesNewestFirst) {
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(run("parks").state, RunState::done);
    }
    const Answer first = ask("GET", "/v1/runs", {}, "job=parks&limit=2");
    ASSERT_THAT(first.body.at("items").as_array(), SizeIs(2));
    EXPECT_EQ(first.item(0).at("run_id"), 3);
    EXPECT_EQ(first.at("next_cursor"), "2");
    const Answer second = ask("GET", "/v1/runs", {}, "job=parks&limit=2&cursor=2");
    ASSERT_THAT(second.body.at("items").as_array(), SizeIs(1));
    EXPECT_EQ(second.at("next_cursor"), "null");
    EXPECT_THAT(ask("GET", "/v1/runs", {}, "job=cars").body.at("items").as_array(), IsEmpty());
    for (const auto& [query, field] :
         {std::pair("limit=0", "limit"), std::pair("limit=1001", "limit"), std::pair("limit=x", "limit"),
          std::pair("cursor=-1", "cursor"), std::pair("cursor=", "cursor"), std::pair("jobs=cars", "jobs"),
          std::pair("job=a&job=b", "job"), std::pair("job=", "job")}) {
        EXPECT_EQ(bad_field([&, query = query] { return ask("GET", "/v1/runs", {}, query); }), field) << query;
    }
}

// Parks.

TEST_F(MirrorApiTest, AParkShowsItsLinksEntitiesAndQuarantine) {
    jobs_.put("work_rules", R"("_id": "bad", "park_id": "park", "poison": true)");
    jobs_.world.refuse_documents([](bson::View document) { return document.find("poison").has_value(); });
    ASSERT_EQ(run("parks").state, RunState::done);
    ASSERT_EQ(run("work_rules").report.counts.quarantined, 1U);
    overview_.parks["park"] = {.entities = {{.family = "vezet",
                                             .entity = "work_rules",
                                             .reserved = 1,
                                             .linked = 2,
                                             .retired = 3,
                                             .last_synced_at = Time(5s)}},
                               .quarantined = 1};
    overview_.job_states = {
        {.job = "work_rules", .family = "vezet", .cursor = CursorState{Time(900s), Time(995s), Time(990s)}}};
    const auto look = [&](const std::string& id) { return ask("GET", "/v1/parks/{id}/mirror", {{"id", id}}); };
    const Answer park = look("park");
    ASSERT_EQ(park.status, 200);
    const auto& family = park.body.at("families").at(0);
    EXPECT_EQ(family.at("park").at("id"), boost::json::value(jobs_.child_id("parks", "park")));
    ASSERT_THAT(family.at("entities").as_array(), SizeIs(6));
    EXPECT_EQ(json::to_text(family.at("entities").at(1)),
              R"({"entity":"work_rules","linked":2,"reserved":1,"retired":3,)"
              R"("last_synced_at":"1970-01-01T00:00:05.000Z","lag_s":10})");
    EXPECT_TRUE(family.at("entities").at(2).at("lag_s").is_null());
    EXPECT_EQ(park.body.at("quarantine").at("count"), 1);
    EXPECT_EQ(park.body.at("quarantine").at("items").at(0).at("parent_id"), "bad");

    const Answer child = look(jobs_.child_id("parks", "park"));
    expect_refused(child, 409, "park_is_child");
    EXPECT_EQ(child.detail("parent_park_id"), R"("park")");
    expect_refused(look("nowhere"), 404, "park_not_found");
    jobs_.put("parks", R"("_id": "new", "login": "new")");
    EXPECT_EQ(look("new").status, 200) << "it is there, and not mirrored";
    EXPECT_TRUE(look("new").body.at("families").at(0).at("park").is_null());
}

// Quarantine and foreign edits.

TEST_F(MirrorApiTest, AnEntryOfTheQuarantineIsTriedAgain) {
    jobs_.put("work_rules", R"("_id": "bad", "park_id": 7)");
    ASSERT_EQ(run("parks").state, RunState::done);
    ASSERT_EQ(run("work_rules").report.counts.quarantined, 1U);
    const Answer page = ask("GET", "/v1/quarantine", {}, "entity=work_rules&limit=1");
    ASSERT_THAT(page.body.at("items").as_array(), SizeIs(1));
    EXPECT_EQ(page.item(0).at("reason"), "bad_field:park_id");
    EXPECT_EQ(page.at("next_cursor"), "null");
    const std::string id = json::to_text(page.item(0).at("id"));
    const auto retry = [&](const std::string& which) {
        return ask("POST", "/v1/quarantine/{id}/retry", {{"id", which}}, {}, "");
    };
    const Answer still = retry(id);
    EXPECT_EQ(still.at("outcome"), "still_quarantined");
    EXPECT_EQ(still.body.at("entry").at("parent_id"), "bad");

    const Lease held = jobs_.take_lease("work_rules");
    expect_refused(retry(id), 409, "job_is_running");
    jobs_.leases.release(held);
    jobs_.put("work_rules", R"("_id": "bad", "park_id": "park")");
    const Answer released = retry(id);
    EXPECT_EQ(released.at("outcome"), "released");
    EXPECT_EQ(released.at("entry"), "null");
    expect_refused(retry(id), 404, "entry_not_found");
    EXPECT_EQ(bad_field([&] { return retry("one"); }), "id");
    EXPECT_EQ(bad_field([&] { return ask("GET", "/v1/quarantine", {}, "reason=x"); }), "reason");
}

TEST_F(MirrorApiTest, ForeignEditsComeInPages) {
    for (int i = 1; i <= 3; ++i) {
        foreign_edits_.records.push_back(
            {.id = i,
             .entity = i == 3 ? "cars" : "drivers",
             .family = "vezet",
             .edit = {.parent_park_id = domain::ParentParkId("park"), .fields = R"({"name":{"from":"a","to":"b"}})"},
             .found_at = Time(3s)});
    }
    const Answer first = ask("GET", "/v1/foreign-edits", {}, "park_id=park&limit=2");
    ASSERT_THAT(first.body.at("items").as_array(), SizeIs(2));
    EXPECT_EQ(first.at("next_cursor"), "2");
    EXPECT_EQ(first.item(0).at("fields").at("name").at("to"), "b");
    EXPECT_EQ(first.item(0).at("found_at"), "1970-01-01T00:00:03.000Z");
    EXPECT_THAT(ask("GET", "/v1/foreign-edits", {}, "cursor=2").body.at("items").as_array(), SizeIs(1));
    EXPECT_THAT(ask("GET", "/v1/foreign-edits", {}, "park_id=other").body.at("items").as_array(), IsEmpty());
    EXPECT_EQ(bad_field([&] { return ask("GET", "/v1/foreign-edits", {}, "since=now"); }), "since");
}

}  // namespace
}  // namespace twinfleet::mirroring
