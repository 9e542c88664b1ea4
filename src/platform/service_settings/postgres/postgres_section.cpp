#include "platform/service_settings/postgres/postgres_section.hpp"

#include <chrono>

namespace twinfleet::service_settings {

using std::chrono::milliseconds;
using std::chrono::seconds;

void read_postgres(Section section, postgres::Settings& settings) {
    section.read_secret("dsn", settings.dsn);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("connect_timeout_ms", settings.connect_timeout, {.min = milliseconds(1), .max = seconds(600)});
    section.read("statement_timeout_ms", settings.statement_timeout);
    section.check("dsn", [&] { const postgres::Pool pool(settings); });
}

}  // namespace twinfleet::service_settings
