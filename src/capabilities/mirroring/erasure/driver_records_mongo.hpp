#pragma once

#include <string>

#include "capabilities/mirroring/erasure/driver_records.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// The collection of unique drivers in MongoDB (contract, section 1), whose records are found by `profiles.driver_id`
/// (stores/indexes_mongo.hpp).
class MongoDriverRecords final : public DriverRecords {
public:
    struct Settings {
        std::string database = "dbtaxi";
        std::string collection = "unique_drivers";
    };
    /// `pool` outlives this.
    MongoDriverRecords(const mongo::Pool& pool, const Settings& settings);

    [[nodiscard]] Erased erase(std::span<const std::string> driver_ids) override;

private:
    /// One look at the records. Not complete when one that was to be removed had changed since it was read.
    [[nodiscard]] Erased erase_once(std::span<const std::string> driver_ids) const;

    const mongo::Collection collection_;
};

}  // namespace twinfleet::mirroring
