#include "clients/fleet_synchronizer/fleet_synchronizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/server.hpp"

namespace twinfleet::clients {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class FleetSynchronizerClient : public ::testing::Test {
protected:
    void will_answer(int status, std::string body) {
        answer_.with([&](auto& next) { next = {.status = status, .body = std::move(body)}; });
    }
    [[nodiscard]] http::Request asked() const {
        return asked_.with([](const auto& last) { return last; });
    }
    /// One whose circuit is closed.
    [[nodiscard]] FleetSynchronizer client() const {
        return FleetSynchronizer({.client = {.base_url = "http://127.0.0.1:" + std::to_string(server_.port()),
                                             .peer_name = "fleet-synchronizer"}},
                                 clock_);
    }
    [[nodiscard]] std::string refusal_of(int status, const std::string& code) {
        will_answer(status, R"({"code":")" + code + R"(","message":"m"})");
        return std::string(to_string(std::get<ChildDriverRefusal>(client().create_child_driver("vezet", "d"))));
    }

    platform::SystemClock clock_;
    platform::Guarded<http::Response> answer_;
    platform::Guarded<http::Request> asked_;
    http::Server server_{{.listen = {"127.0.0.1", 0}},
                         {.handle = [this](const http::Request& request, const http::Reply& reply) {
                             asked_.with([&](auto& last) { last = request; });
                             reply.send(answer_.with([](const auto& next) { return next; }));
                         }}};
};

constexpr const char* child_answer =
    R"({"entity":"parks","id":"c","role":"child","new_field":1,"links":[{"family":"taximeter","id":"p","park_id":"p",
        "state":"linked","created_at":"2026-01-01T00:00:00.000Z","synced_at":null}]})";

TEST_F(FleetSynchronizerClient, ReadsTheLinksOfAnId) {
    will_answer(200, child_answer);
    const LinksOfId child = client().links("parks", "c/ \u00e9");
    EXPECT_EQ(asked().method + ' ' + asked().path, "GET /v1/links/parks/c%2F%20%C3%A9");
    EXPECT_EQ(child.id, "c");
    EXPECT_EQ(child.role, Role::child);
    ASSERT_THAT(child.links, SizeIs(1));
    EXPECT_EQ(child.links[0].family, "taximeter");
    EXPECT_EQ(child.links[0].id, "p");
    EXPECT_EQ(child.links[0].park_id, "p");
    EXPECT_EQ(child.links[0].state, "linked");

    will_answer(200, R"({"entity":"parks","id":"p","role":"parent","links":[]})");
    EXPECT_EQ(client().links("parks", "p").role, Role::parent);
    will_answer(200, R"({"entity":"parks","id":"p","role":"unlinked","links":[]})");
    EXPECT_THAT(client().links("parks", "p").links, IsEmpty());
}

TEST_F(FleetSynchronizerClient, ReadsTheLinksOfManyIds) {
    will_answer(200, std::string(R"({"items":[{"id":"p","role":"unlinked","links":[]},)") + child_answer + "]}");
    const auto links = client().links("cars", std::vector<std::string>{"p", "c"});
    EXPECT_EQ(asked().method + ' ' + asked().path, "POST /v1/links/cars");
    EXPECT_EQ(asked().body, R"({"ids":["p","c"]})");
    ASSERT_THAT(links, SizeIs(2));
    EXPECT_EQ(links[0].role, Role::unlinked);
    EXPECT_EQ(links[1].role, Role::child);
    EXPECT_THROW((void)client().links("cars", std::vector<std::string>{"p"}), platform::StoreUnavailable);
}

TEST_F(FleetSynchronizerClient, CreatesAChildDriver) {
    for (const int status : {200, 201}) {
        will_answer(status, R"({"family":"vezet","driver_id":"c","park_id":"p","car_id":null,"created":true})");
        const auto made = std::get<ChildDriver>(client().create_child_driver("vezet", "driver \"1\""));
        EXPECT_EQ(made.driver_id, "c");
        EXPECT_EQ(made.park_id, "p");
    }
    EXPECT_EQ(asked().method + ' ' + asked().path, "POST /v1/children/drivers");
    EXPECT_EQ(asked().body, R"({"family":"vezet","parent_driver_id":"driver \"1\""})");
}

TEST_F(FleetSynchronizerClient, TellsWhyADriverGetsNoChild) {
    EXPECT_EQ(refusal_of(404, "driver_not_found"), "driver_not_found");
    for (const auto* code : {"driver_not_working", "driver_is_child", "driver_quarantined", "park_not_mirrored"}) {
        EXPECT_EQ(refusal_of(409, code), code);
    }
    will_answer(409, R"({"code":"driver_is_tired","message":"m"})");
    EXPECT_THROW((void)client().create_child_driver("vezet", "d"), platform::StoreRefused);
    will_answer(404, R"({"code":"not_found","message":"m"})");
    EXPECT_THROW((void)client().create_child_driver("vezet", "d"), platform::StoreRefused) << "a wrong URL";
}

TEST_F(FleetSynchronizerClient, TakesAnAnswerThatIsNotAsAgreedForNone) {
    for (const auto* body : {R"({"id":"p","role":"grandchild","links":[]})", R"({"id":"p","role":"child"})",
                             R"({"id":"p","links":[]})", R"({"id":1,"role":"child","links":[]})",
                             R"({"id":"p","role":"child","links":[1]})", R"({"id":"p","role":"child","links":[{}]})"}) {
        will_answer(200, body);
        EXPECT_THROW((void)client().links("parks", "p"), platform::StoreUnavailable) << body;
    }
    for (const auto* body : {"{}", R"({"driver_id":"","park_id":"p"})", R"({"driver_id":"d","park_id":null})"}) {
        will_answer(200, body);
        EXPECT_THROW((void)client().create_child_driver("vezet", "d"), platform::StoreUnavailable) << body;
    }
}

}  // namespace
}  // namespace twinfleet::clients
