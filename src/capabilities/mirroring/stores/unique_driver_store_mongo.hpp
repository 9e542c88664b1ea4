#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/stores/unique_driver_record.hpp"
#include "capabilities/mirroring/stores/unique_driver_store.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

class IdSource;

/// The collection of unique drivers in MongoDB. Safe to use from several threads.
///
/// However many processes place the same profile at once, its record holds it once: it is added as a member of a set,
/// and any other change of a list of profiles is written only while the list is the one that was read. A driver whose
/// licence was corrected is put into the new record first and taken out of the old one when he stands there, so he is
/// never without one; who is interrupted in between leaves him in both, and the next call for him finds that.
///
/// Records are found by `license`, which has a unique index, and by `profiles.driver_id`, which has an index, too
/// (indexes_mongo.hpp). Where the first one had to be made a plain one, two processes at once may make two records of
/// one licence.
class UniqueDriverStoreMongo final : public UniqueDriverStore {
public:
    struct Settings {
        std::string database = "dbtaxi";
        std::string collection = "unique_drivers";
        /// The most profiles in one query.
        std::size_t profiles_per_query = 1000;
        /// How often records are read again because somebody else has written them.
        std::size_t rounds_max = 10;
    };

    /// `pool` and `ids` outlive the store.
    UniqueDriverStoreMongo(const mongo::Pool& pool, IdSource& ids, const Settings& settings);

    std::vector<std::size_t> place_profiles(const domain::AppFamily& family,
                                            std::span<const DriverProfile> profiles) override;
    std::vector<ProfilePlace> find_profiles(const domain::AppFamily& family,
                                            std::span<const DriverProfile> profiles) override;

private:
    class Writes;

    /// Writes profiles with new ids, sorted by licence, without reading anything first. Returns those for which that
    /// was not enough.
    [[nodiscard]] ProfilePointers add_unread(const domain::AppFamily& family, ProfilePointers profiles);
    /// Returns the profiles that were refused.
    [[nodiscard]] ProfilePointers place_read(const domain::AppFamily& family, ProfilePointers profiles);
    [[nodiscard]] std::vector<UniqueDriverRecord> read_records(std::span<const DriverProfile* const> profiles) const;

    const mongo::Pool& pool_;
    IdSource& ids_;
    const Settings settings_;
    const mongo::Collection collection_;
    /// Whether most licences of the last profiles with new ids had a record already. Only a matter of speed.
    std::atomic<bool> expects_records_ = true;
};

}  // namespace twinfleet::mirroring
