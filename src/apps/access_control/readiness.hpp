#pragma once

#include <vector>

#include "apps/access_control/settings.hpp"
#include "platform/http/bounded_checks.hpp"

namespace twinfleet::access_control_app {

/// What /ready asks: PostgreSQL and its schema, through connections of its own, so that neither a busy pool nor a
/// server that hangs holds an answer up for longer than about 2 s. Who tells which parks are children is not asked:
/// without him the service goes on with what it knows.
class Readiness {
public:
    explicit Readiness(const Settings& settings);

    [[nodiscard]] std::vector<http::Check> checks() { return checks_.answers(); }

private:
    postgres::Pool postgres_;
    http::BoundedChecks checks_;
};

}  // namespace twinfleet::access_control_app
