#pragma once

#include <vector>

#include "apps/fleet_synchronizer/settings.hpp"
#include "platform/http/bounded_checks.hpp"

namespace twinfleet::fleet_synchronizer {

/// What /ready asks the stores. It has connections of its own: neither busy pools nor a store that hangs hold an answer
/// up for longer than about 2 s.
class Readiness {
public:
    explicit Readiness(const Settings& settings);

    [[nodiscard]] std::vector<http::Check> checks() { return checks_.answers(); }

private:
    const mongo::Pool mongo_;
    postgres::Pool postgres_;
    http::BoundedChecks checks_;
};

}  // namespace twinfleet::fleet_synchronizer
