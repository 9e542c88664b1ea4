#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http/bounded_checks.hpp"
#include "platform/metrics/pool_metrics.hpp"
#include "platform/service/stores/wait_for_stores.hpp"

namespace twinfleet::service {

/// A store that a service cannot begin without, whatever kind it is of: it is waited for at the start, its pool of
/// connections shows in the metrics, and /ready asks it. What the functions refer to outlives this and all copies.
struct Store {
    /// As metrics and /ready name it: `postgresql`.
    std::string name;
    Ping ping;
    std::function<metrics::PoolUsage()> usage;
    /// Gives what /ready asks, over connections that are made for it alone. `program` is the name of the service.
    /// Empty: /ready does not ask this store.
    std::function<std::vector<http::Question>(std::string_view program)> questions = {};
    /// Why the service cannot work with the schema that it finds, and what helps; an empty text when it can. Empty: the
    /// store has no schema.
    std::function<std::string(std::string_view program)> schema_problem = {};
    /// Does the store's share of `migrate`. `print` takes the results for stdout, `say` what a person should know
    /// besides. Empty: there is nothing to do.
    std::function<void(const Say& print, const Say& say)> migrate = {};
};

/// For a service that stays ready while this store is away.
[[nodiscard]] inline Store not_asked_when_ready(Store store) {
    store.questions = nullptr;
    return store;
}

/// A question whether a server answers, by connections of `pool` alone.
template <typename Pool>
[[nodiscard]] http::Question ping_question(std::string name, std::shared_ptr<Pool> pool) {
    return {std::move(name), [pool = std::move(pool)] {
                pool->ping();
                return std::string();
            }};
}

}  // namespace twinfleet::service
