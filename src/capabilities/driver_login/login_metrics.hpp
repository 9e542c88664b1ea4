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
/// driver_login_ceilings_total{ceiling} counts which limit a start or a code met that strangers can use up
/// (LoginLimits): `address` (also the network), `starts`, `wrong_guesses`, `phone`, `messages`.
///
/// Malformed requests are not counted here. MessageQueue and HttpTextMessages have metrics of their own.
class LoginMetrics {
public:
    explicit LoginMetrics(metrics::Registry& registry)
        : starts(registry.counters("driver_login_starts_total", "Starts of logins.", {"family", "outcome"})),
          verifications(registry.counters("driver_login_verifications_total", "Codes that came back from drivers.",
                                          {"family", "outcome"})),
          parks(
              registry.counters("driver_login_parks_total", "Parks chosen after a right code.", {"family", "outcome"})),
          ceilings(registry.counters("driver_login_ceilings_total",
                                     "Steps of logins that met a limit which strangers can use up.", {"ceiling"})) {}

    metrics::Family<metrics::Counter>& starts;
    metrics::Family<metrics::Counter>& verifications;
    metrics::Family<metrics::Counter>& parks;
    metrics::Family<metrics::Counter>& ceilings;
};

}  // namespace twinfleet::driver_login
