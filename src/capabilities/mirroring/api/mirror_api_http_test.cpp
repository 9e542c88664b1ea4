// What all endpoints have in common. What each makes of its input stands beside it: links_http_test.cpp and the others.
#include "capabilities/mirroring/api/mirror_api_http.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::HasSubstr;

struct Endpoint {
    std::string method;
    /// As the description of the API names it.
    std::string path;
    /// One that it answers with success.
    std::string target;
    std::string body = {};
    /// Whether it cannot do without the body.
    bool takes_body = false;
};

const std::vector<Endpoint>& endpoints() {
    static const std::vector<Endpoint> all{
        {"GET", "/v1/links/{entity}/{id}", "/v1/links/parks/park"},
        {"POST", "/v1/links/{entity}", "/v1/links/parks", R"({"ids": ["park"]})", true},
        {"GET", "/v1/links/{entity}/changes", "/v1/links/parks/changes"},
        {"POST", "/v1/children/drivers", "/v1/children/drivers", R"({"family": "vezet", "parent_driver_id": "driver"})",
         true},
        {"GET", "/v1/jobs", "/v1/jobs"},
        {"POST", "/v1/jobs/{job}/runs", "/v1/jobs/parks/runs", R"({"dry_run": true})", true},
        {"GET", "/v1/runs", "/v1/runs"},
        {"GET", "/v1/runs/{id}", "/v1/runs/1"},
        {"POST", "/v1/runs/{id}/cancel", "/v1/runs/1/cancel"},
        {"GET", "/v1/parks/{id}/mirror", "/v1/parks/park/mirror"},
        {"GET", "/v1/quarantine", "/v1/quarantine"},
        {"POST", "/v1/quarantine/{id}/retry", "/v1/quarantine/1/retry"},
        {"GET", "/v1/foreign-edits", "/v1/foreign-edits"},
    };
    return all;
}

class MirrorApiTest : public ::testing::Test {
protected:
    MirrorApiTest() {
        // What the endpoints that need something to be there refer to.
        RunReport report;
        report.job = "cars";
        report.family = "vezet";
        static_cast<void>(api_.jobs.runs.begin(report, ""));
        api_.jobs.world.atomically([](testing::FakeWorld::Data& data) {
            data.quarantine[1] = {1, "work_rules", "vezet", {"rule", "park", "too_large"}, {}, {}};
        });
    }
    testing::ApiRequest request_to(const Endpoint& endpoint) const {
        testing::ApiRequest request{.method = endpoint.method, .target = endpoint.target};
        if (endpoint.method == "POST") {
            request.body = endpoint.body;
        }
        return request;
    }

    testing::ApiOverFakes api_;
};

TEST_F(MirrorApiTest, EveryEndpointAnswersAndReturnsTheIdOfTheRequest) {
    for (const Endpoint& endpoint : endpoints()) {
        const auto answer = api_.ask(request_to(endpoint));
        EXPECT_GE(answer.status, 200) << endpoint.path;
        EXPECT_LT(answer.status, 300) << endpoint.path << ": " << answer;
        EXPECT_EQ(answer.headers.at("x-request-id"), "request-1") << endpoint.path;
    }
}

TEST_F(MirrorApiTest, EveryEndpointNeedsAServiceTokenThatAllowsIt) {
    for (const Endpoint& endpoint : endpoints()) {
        auto request = request_to(endpoint);
        request.token.clear();
        const auto nobody = api_.ask(request);
        EXPECT_EQ(nobody.outcome(), "401 unauthorized") << endpoint.path;
        EXPECT_EQ(nobody.headers.at("www-authenticate"), "Bearer") << endpoint.path;
        request.token = "unknown";
        EXPECT_EQ(api_.ask(request).outcome(), "401 unauthorized") << endpoint.path;
        request.token = "token of few";
        EXPECT_EQ(api_.ask(request).outcome(), "403 forbidden") << endpoint.path;
    }
}

TEST_F(MirrorApiTest, AnotherMethodIs405AndTellsWhichAreTaken) {
    for (const Endpoint& endpoint : endpoints()) {
        const auto answer = api_.ask({.method = "DELETE", .target = endpoint.target});
        EXPECT_EQ(answer.outcome(), "405 method_not_allowed") << endpoint.path;
        EXPECT_THAT(answer.headers.at("allow"), HasSubstr(endpoint.method)) << endpoint.path;
    }
}

TEST_F(MirrorApiTest, APathThatThereIsNotIs404) {
    for (const auto* target : {"/", "/v1", "/v1/links", "/v1/links/parks/park/more", "/v1/runs/", "/v2/jobs"}) {
        EXPECT_EQ(api_.get(target).outcome(), "404 not_found") << target;
    }
}

TEST_F(MirrorApiTest, ABodyThatIsNoJsonByItsTypeIs415) {
    for (const Endpoint& endpoint : endpoints()) {
        if (endpoint.takes_body) {
            auto request = request_to(endpoint);
            for (const auto* type : {"", "text/plain", "application/json; charset=latin1"}) {
                request.content_type = type;
                EXPECT_EQ(api_.ask(request).outcome(), "415 unsupported_media_type") << endpoint.path << type;
            }
            request.content_type = "Application/JSON; charset=UTF-8";
            EXPECT_LT(api_.ask(request).status, 300) << endpoint.path;
        }
    }
}

TEST_F(MirrorApiTest, ABodyOverOneMebibyteIs413) {
    for (const Endpoint& endpoint : endpoints()) {
        if (endpoint.takes_body) {
            auto request = request_to(endpoint);
            request.body->append((std::size_t{1} << 20U) + 1 - request.body->size(), ' ');
            EXPECT_EQ(api_.ask(request).status, 413) << endpoint.path;
        }
    }
}

TEST_F(MirrorApiTest, APathThatIsNoUtf8OrHoldsNulIs400) {
    for (const auto* id : {"%FF", "%00", "%C0%AF", "%4", "%zz"}) {
        EXPECT_EQ(api_.get(std::string("/v1/links/cars/") + id).outcome(), "400 bad_request") << id;
        EXPECT_EQ(api_.get(std::string("/v1/parks/") + id + "/mirror").outcome(), "400 bad_request") << id;
    }
}

TEST_F(MirrorApiTest, WhatAQueryMayNotHoldIsNamed) {
    for (const Endpoint& endpoint : endpoints()) {
        auto request = request_to(endpoint);
        request.target += "?stranger=1";
        EXPECT_EQ(api_.ask(request).bad_field(), "400 stranger") << endpoint.path;
    }
}

TEST_F(MirrorApiTest, TheDescriptionIsOpenAndNamesEveryEndpoint) {
    const auto description = api_.ask({.target = "/openapi.yaml", .token = ""});
    EXPECT_EQ(description.status, 200);
    EXPECT_EQ(description.headers.at("content-type"), "application/yaml");
    EXPECT_EQ(description.text, mirror_openapi());
    std::size_t operations = 0;
    for (std::size_t at = 0; (at = description.text.find("\n      operationId: ", at)) != std::string::npos; ++at) {
        ++operations;
    }
    // And this one.
    EXPECT_EQ(operations, endpoints().size() + 1);
    for (const Endpoint& endpoint : endpoints()) {
        EXPECT_THAT(description.text, HasSubstr("\n  " + endpoint.path + ":\n")) << endpoint.path;
    }
}

}  // namespace
}  // namespace twinfleet::mirroring
