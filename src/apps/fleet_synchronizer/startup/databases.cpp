#include "apps/fleet_synchronizer/startup/databases.hpp"

#include <algorithm>
#include <string>

#include "capabilities/mirroring/memory/schema/schema_postgres.hpp"
#include "capabilities/mirroring/memory/source/remembered_source_postgres.hpp"
#include "capabilities/mirroring/source/source_guard.hpp"
#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "capabilities/mirroring/stores/marked_source_mongo.hpp"
#include "capabilities/mirroring/stores/unique_driver_rekeying_mongo.hpp"
#include "platform/clock/clock.hpp"
#include "platform/log/logger.hpp"
#include "platform/service/stores/mongo/mongo_store.hpp"
#include "platform/service/stores/postgres/postgres_store.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

mongo::Settings within(mongo::Settings settings, std::chrono::milliseconds timeout) {
    settings.server_selection_timeout =
        std::min(settings.server_selection_timeout, std::max(timeout, std::chrono::milliseconds(100)));
    return settings;
}

/// Another cluster gets no indexes either.
void require_source(const mongo::Pool& mongo, postgres::Pool& postgres) {
    mirroring::MarkedSourceMongo source(mongo, {});
    mirroring::PostgresRememberedSource memory(postgres);
    mirroring::RandomIdSource ids;
    const platform::SystemClock clock;
    log::NullLogger log;
    mirroring::SourceGuard guard(source, memory, ids, clock, log, mirroring::SourceGuard::TakingUp::allowed);
    if (const std::string problem = guard.problem(std::chrono::milliseconds(0)); !problem.empty()) {
        throw mirroring::SourceIsAnother(problem);
    }
}

void make_indexes(const mongo::Pool& mongo, const service::Say& print, const service::Say& say) {
    for (const std::string& index : mirroring::make_indexes(mongo)) {
        say("the index " + index +
            " could not be made a unique one (two documents are alike in it, or the collection is sharded by another "
            "key); it is a plain one");
    }
    print("the MongoDB indexes are in place");
}

void rekey_unique_drivers(const mongo::Pool& mongo, const service::Say& print, const service::Say& say) {
    const mirroring::Rekeying done = mirroring::rekey_unique_drivers(mongo);
    if (done.renamed + done.merged > 0) {
        print("records of unique drivers: " + std::to_string(done.renamed) +
              " have their licence in normal form now, " + std::to_string(done.merged) +
              " were merged with that of the same licence");
    }
    if (done.left > 0) {
        std::string ids;
        for (const std::string& id : done.left_ids) {
            ids += ids.empty() ? id : ", " + id;
        }
        say(std::to_string(done.left) +
            " records of unique drivers could not be brought into the normal form of their licence: " + ids +
            (done.left > done.left_ids.size() ? ", ..." : ""));
    }
}

}  // namespace

Databases::Databases(const mongo::Settings& mongo_settings, const postgres::Settings& postgres_settings,
                     std::chrono::milliseconds timeout)
    : mongo_settings_(mongo_settings),
      postgres_settings_(postgres_settings),
      mongo_(within(mongo_settings, timeout)),
      postgres_(postgres_settings) {}

std::vector<service::Store> Databases::stores(bool are_documents_needed) {
    std::vector<service::Store> stores{service::postgres_store(
        postgres_, postgres_settings_, {.migrate = mirroring::migrate_schema, .state = mirroring::schema_state})};
    if (are_documents_needed) {
        stores.push_back(
            service::mongo_store(mongo_, mongo_settings_, [this](const service::Say& print, const service::Say& say) {
                // The schema of PostgreSQL is there by now.
                require_source(mongo_, postgres_);
                make_indexes(mongo_, print, say);
                // By the index of licences.
                rekey_unique_drivers(mongo_, print, say);
            }));
    }
    return stores;
}

}  // namespace twinfleet::fleet_synchronizer
