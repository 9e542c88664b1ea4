#pragma once

#include <string_view>

#include "platform/metrics/registry.hpp"

namespace twinfleet::driver_login {

/// Counts how the steps of logins end. `outcome` is the name of a LoginRefusal, `store_unavailable`, or the name of
/// success, which is given on the right:
///
///     driver_login_starts_total{family,outcome}           started
///     driver_login_verifications_total{family,outcome}    verified
///     driver_login_parks_total{family,outcome}            logged_in
///
/// Malformed requests are not counted here. MessageQueue and HttpTextMessages have metrics of their own.
class LoginMetrics {
public:
    explicit LoginMetrics(metrics::Registry& registry)
        : starts(registry.counters("driver_login_starts_total", "Starts of logins.", {"family", "outcome"})),
          verifications(registry.counters("driver_login_verifications_total", "Codes that came back from drivers.",
                                          {"family", "outcome"})),
          parks(registry.counters("driver_login_parks_total", "Parks chosen after a right code.",
                                  {"family", "outcome"})) {}

    metrics::Family<metrics::Counter>& starts;
    metrics::Family<metrics::Counter>& verifications;
    metrics::Family<metrics::Counter>& parks;
};

}  // namespace twinfleet::driver_login
