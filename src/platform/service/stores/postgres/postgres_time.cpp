#include "platform/service/stores/postgres/postgres_time.hpp"

namespace twinfleet::service {

TimeSource postgres_time(postgres::Pool& pool) {
    return {.store = "postgresql", .ask = [&pool] {
                static const postgres::Pool::Statement statement{"store_time",
                                                                 "SELECT extract(epoch FROM clock_timestamp())"};
                return pool.query(statement, {}).only_value<platform::Time>();
            }};
}

}  // namespace twinfleet::service
