#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http/readiness_checks.hpp"
#include "platform/metrics/pool_metrics.hpp"
#include "platform/service/stores/wait_for_stores.hpp"

namespace twinfleet::service {

/// A store that a service cannot begin without, of whatever kind: the service waits for it at the start, its
/// connections are in the metrics, and /ready asks it. What the functions refer to outlives this and all copies.
struct Store {
    /// The name of the store in metrics and /ready: `postgresql`.
    std::string name;
    /// Asks whether the store answers.
    Ping ping;
    /// The use of its connections, for the metrics.
    std::function<metrics::PoolUsage()> usage;
    /// Makes the questions of /ready to this store, with connections for them alone. `program` is the name of the
    /// service. Empty when /ready does not ask this store.
    std::function<std::vector<http::Question>(std::string_view program)> questions = {};
    /// Returns why the service cannot work with the schema that it finds, and what helps; an empty text when it can.
    /// The function is empty when the store has no schema.
    std::function<std::string(std::string_view program)> schema_problem = {};
    /// Does what `migrate` has to do with this store. `print` takes the results, for stdout; `say` takes what a person
    /// should know besides. Empty when there is nothing to do.
    std::function<void(const Say& print, const Say& say)> migrate = {};
    /// Whether the password for the store may travel without TLS to another machine, which the log tells then.
    bool may_send_password_in_plain = false;
};

/// The same store for a service that stays ready while this store is away.
[[nodiscard]] inline Store not_asked_when_ready(Store store) {
    store.questions = nullptr;
    return store;
}

/// The question whether a server answers, asked over the connections of `pool`.
template <typename Pool>
[[nodiscard]] http::Question ping_question(std::string name, std::shared_ptr<Pool> pool) {
    return {std::move(name), [pool = std::move(pool)] {
                pool->ping();
                return std::string();
            }};
}

}  // namespace twinfleet::service
