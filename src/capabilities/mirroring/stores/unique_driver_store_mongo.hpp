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
/// However many add the same profile at once, it stands there once: it is added as a member of a set, and anything else
/// that has to change in a list of profiles is written only over the list that was read. Records are found by
/// `license`, whose index is unique (see indexes_mongo.hpp): where it had to be made a plain one, two runners at once
/// may make two records of one licence.
class UniqueDriverStoreMongo final : public UniqueDriverStore {
public:
    struct Settings {
        std::string database = "dbtaxi";
        std::string collection = "unique_drivers";
        /// Licences in one query.
        std::size_t licenses_per_query = 1000;
        /// Times that a record is read anew because somebody else wrote it.
        std::size_t rounds_max = 10;
    };

    /// `pool` and `ids` must outlive the store.
    UniqueDriverStoreMongo(const mongo::Pool& pool, IdSource& ids, const Settings& settings);

    std::vector<std::size_t> add_profiles(const domain::AppFamily& family,
                                          std::span<const DriverProfile> profiles) override;

private:
    using Profiles = std::vector<const DriverProfile*>;
    struct Record;
    struct Group;

    /// Those that were refused.
    [[nodiscard]] Profiles add_batch(const domain::AppFamily& family, Profiles profiles);
    [[nodiscard]] std::vector<Record> find_records(const Profiles& profiles) const;
    [[nodiscard]] static std::vector<Group> group_by_record(const Profiles& profiles,
                                                            const std::vector<Record>& records);
    void append_new_record(mongo::Bulk& bulk, const domain::AppFamily& family, const Profiles& profiles,
                           std::int64_t now_ms);
    /// Nothing where nothing has to change; false when the record cannot take profiles. The record was read after that
    /// time.
    [[nodiscard]] static bool append_change(mongo::Bulk& bulk, const domain::AppFamily& family, const Group& group,
                                            std::int64_t read_after_ms);

    const mongo::Pool& pool_;
    IdSource& ids_;
    const Settings settings_;
    const mongo::Collection collection_;
};

}  // namespace twinfleet::mirroring
