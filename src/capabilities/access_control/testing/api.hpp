#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "capabilities/access_control/api/audit_http.hpp"
#include "capabilities/access_control/api/check_http.hpp"
#include "capabilities/access_control/api/groups_http.hpp"
#include "capabilities/access_control/api/internal_http.hpp"
#include "capabilities/access_control/api/users_http.hpp"
#include "capabilities/access_control/child_parks/park_memory_postgres.hpp"
#include "capabilities/access_control/schema/schema_postgres.hpp"
#include "capabilities/access_control/testing/fake_parks.hpp"
#include "platform/api/answering.hpp"
#include "platform/log/capturing_logger.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::access_control::testing {

struct Answer {
    int status = 0;
    boost::json::object body;

    [[nodiscard]] std::string text(std::string_view name) const {
        const auto& value = body.at(name);
        return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
    }
    /// Of an error.
    [[nodiscard]] std::string code() const { return body.contains("code") ? text("code") : "none"; }
    /// Of an error that names one.
    [[nodiscard]] std::string field() const {
        const auto* details = body.if_contains("details");
        return details == nullptr ? "none" : std::string(details->as_object().at("field").as_string());
    }
};

inline std::ostream& operator<<(std::ostream& out, const Answer& answer) {
    return out << answer.status << ' ' << boost::json::serialize(answer.body);
}

/// All handlers over an empty database, called as functions; refusals as ApiServer makes them of exceptions.
class ApiUnderTest {
public:
    ApiUnderTest() {
        const auto add = [this](std::vector<api::Route> routes) {
            routes_.insert(routes_.end(), routes.begin(), routes.end());
        };
        add(group_routes({directory, child_parks, log}));
        add(user_routes({directory, child_parks, log}));
        add(check_routes(pool, child_parks, registry));
        add(audit_routes(trail));
        add(internal_routes(pool, child_parks));
    }

    [[nodiscard]] Answer call(const std::string& method, const std::string& target, const std::string& body = {},
                              const std::string& caller = "console", const http::Headers& headers = {}) {
        api::Call call{.request = {.method = method, .headers = headers, .body = body}, .caller = caller};
        const std::size_t end = std::min(target.find('?'), target.size());
        call.request.path = target.substr(0, end);
        call.request.query = end < target.size() ? target.substr(end + 1) : "";
        for (const api::Route& route : routes_) {
            auto arguments = match(route.pattern, call.request.path);
            if (route.method == method && arguments) {
                call.path_arguments = *std::move(arguments);
                const http::Response response = api::answer(std::get<api::BlockingHandler>(route.handler), call, log,
                                                            {.method = route.method, .pattern = route.pattern});
                return {response.status,
                        response.body.empty() ? boost::json::object() : boost::json::parse(response.body).as_object()};
            }
        }
        throw std::logic_error("no route for " + method + " " + target);
    }
    [[nodiscard]] Answer get(const std::string& target) { return call("GET", target); }
    [[nodiscard]] Answer post(const std::string& target, const std::string& body,
                              const std::string& caller = "console") {
        return call("POST", target, body, caller);
    }
    [[nodiscard]] Answer put(const std::string& target, const std::string& body,
                             const std::string& caller = "console") {
        return call("PUT", target, body, caller);
    }
    [[nodiscard]] Answer remove(const std::string& target, const std::string& caller = "console") {
        return call("DELETE", target, {}, caller);
    }
    /// The value of one field of the one row.
    [[nodiscard]] std::string stored(const std::string& sql) {
        return pool.transact(
            [&](postgres::Transaction& transaction) { return transaction.execute(sql).only_value<std::string>(); });
    }

    twinfleet::testing::PostgresDatabase database;
    postgres::Pool pool{{.dsn = database.dsn()}};
    const std::size_t steps = migrate_schema(pool);
    FakeParkSource source;
    PostgresParkMemory memory{pool};
    platform::SystemClock clock;
    log::CapturingLogger log;
    ChildParks child_parks{source, memory, clock, ChildParkSettings{}, log};
    PostgresDirectory directory{pool};
    AuditTrail trail{pool};
    metrics::Registry registry;

private:
    using Arguments = std::vector<std::pair<std::string, std::string>>;

    static std::vector<std::string> parts(std::string_view path) {
        std::vector<std::string> found;
        while (!path.empty()) {
            path.remove_prefix(1);
            const std::size_t end = std::min(path.find('/'), path.size());
            found.emplace_back(path.substr(0, end));
            path.remove_prefix(end);
        }
        return found;
    }

    static std::optional<Arguments> match(const std::string& pattern, const std::string& path) {
        const auto expected = parts(pattern);
        const auto given = parts(path);
        if (expected.size() != given.size()) {
            return std::nullopt;
        }
        Arguments arguments;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            if (expected[i].starts_with('{')) {
                arguments.emplace_back(expected[i].substr(1, expected[i].size() - 2), given[i]);
            } else if (expected[i] != given[i]) {
                return std::nullopt;
            }
        }
        return arguments;
    }

    std::vector<api::Route> routes_;
};

}  // namespace twinfleet::access_control::testing
