#pragma once

#include "platform/redis/client.hpp"
#include "platform/service_settings/section.hpp"

/// Apart from the other sections, so that only who uses Redis links its client.
namespace twinfleet::service_settings {

/// `uri`, `connections_max` and the timeouts.
void read_redis(Section section, redis::Settings& settings);

}  // namespace twinfleet::service_settings
