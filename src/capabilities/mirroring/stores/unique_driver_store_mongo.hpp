#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

class IdSource;

/// The collection of unique drivers in MongoDB. Safe to use from several threads.
///
/// However many processes add the same profile at once, the record holds it once: it is added as a member of a set, and
/// any other change of a list of profiles is written only while the list is the one that was read. Records are found by
/// `license`, which has a unique index (indexes_mongo.hpp). Where that index had to be made a plain one, two processes
/// at once may make two records of one licence.
class UniqueDriverStoreMongo final : public UniqueDriverStore {
public:
    struct Settings {
        std::string database = "dbtaxi";
        std::string collection = "unique_drivers";
        /// The most licences in one query.
        std::size_t licenses_per_query = 1000;
        /// How often a record is read again because somebody else has written it.
        std::size_t rounds_max = 10;
    };

    /// `pool` and `ids` outlive the store.
    UniqueDriverStoreMongo(const mongo::Pool& pool, IdSource& ids, const Settings& settings);

    std::vector<std::size_t> add_profiles(const domain::AppFamily& family,
                                          std::span<const DriverProfile> profiles) override;

private:
    using Profiles = std::vector<const DriverProfile*>;
    struct Record;
    struct Group;

    /// Returns the profiles that were refused.
    [[nodiscard]] Profiles add_batch(const domain::AppFamily& family, Profiles profiles);
    [[nodiscard]] std::vector<Record> find_records(const Profiles& profiles) const;
    [[nodiscard]] static std::vector<Group> group_by_record(const Profiles& profiles,
                                                            const std::vector<Record>& records);
    void append_new_record(mongo::Bulk& bulk, const domain::AppFamily& family, const Profiles& profiles,
                           std::int64_t now_ms);
    /// Appends the change of one record to the bulk, if anything has to change. Returns false when the record cannot
    /// take profiles. The record was read after the time `read_after_ms`.
    [[nodiscard]] static bool append_change(mongo::Bulk& bulk, const domain::AppFamily& family, const Group& group,
                                            std::int64_t read_after_ms);

    const mongo::Pool& pool_;
    IdSource& ids_;
    const Settings settings_;
    const mongo::Collection collection_;
};

}  // namespace twinfleet::mirroring
