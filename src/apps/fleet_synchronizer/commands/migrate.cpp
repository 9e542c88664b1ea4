#include "apps/fleet_synchronizer/commands/migrate.hpp"

#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "capabilities/mirroring/memory/schema/schema_postgres.hpp"
#include "capabilities/mirroring/stores/indexes_mongo.hpp"

namespace twinfleet::fleet_synchronizer {

process::ExitCode migrate(const mongo::Pool& mongo, postgres::Pool& postgres, Console& console) {
    const std::size_t steps = mirroring::migrate_schema(postgres);
    console.print(steps == 0 ? "the PostgreSQL schema is up to date"
                             : "the PostgreSQL schema was brought up to date in " + grouped(steps) + " steps");
    for (const std::string& index : mirroring::make_indexes(mongo)) {
        console.say("the index " + index +
                    " could not be made a unique one (two documents are alike in it, or the collection is sharded by "
                    "another key); it is a plain one");
    }
    console.print("the MongoDB indexes are in place");
    return process::ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer
