#pragma once

#include <chrono>
#include <vector>

#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/stores/store.hpp"

namespace twinfleet::fleet_synchronizer {

/// The databases of the mirror: MongoDB with the documents, PostgreSQL with what the mirror remembers. Neither is
/// connected to before it is asked for something.
class Databases {
public:
    /// The settings outlive this. A MongoDB that is away is noticed within `timeout` (`--timeout`).
    Databases(const mongo::Settings& mongo_settings, const postgres::Settings& postgres_settings,
              std::chrono::milliseconds timeout);

    [[nodiscard]] const mongo::Pool& mongo() const noexcept { return mongo_; }
    [[nodiscard]] postgres::Pool& postgres() noexcept { return postgres_; }

    /// For Host::open(): PostgreSQL with the schema of the mirror and, if documents are needed, MongoDB with its
    /// indexes. `migrate` throws mirroring::SourceIsAnother when MongoDB is not the cluster that PostgreSQL belongs to.
    /// This outlives what is returned.
    [[nodiscard]] std::vector<service::Store> stores(bool are_documents_needed);

private:
    const mongo::Settings& mongo_settings_;
    const postgres::Settings& postgres_settings_;
    const mongo::Pool mongo_;
    postgres::Pool postgres_;
};

}  // namespace twinfleet::fleet_synchronizer
